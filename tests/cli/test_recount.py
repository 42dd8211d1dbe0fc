"""``gatekeeper ledger recount``."""

from gatekeeper.rules.suitability import Outcome
from gatekeeper.work import counting
from tests.ledger.raw import ON_SQLITE, asking, event, opened
from tests.world import NOW, ZONE


@ON_SQLITE
def test_the_sums_are_made_again_and_the_log_says_so(gk, world, database_url):
    world.database.record(asking(event(at=NOW, outcome=Outcome.DENY, reason="not_assessed", data={"facts": {}})))
    gk("ledger", "seal")
    first = gk("ledger", "recount").out
    assert first.startswith("0 entries give 0 sums; 0 stood otherwise and were put right. Entry ")
    counting.count_all(world.database, ZONE)
    with opened(database_url[0]) as raw:
        raw.execute("UPDATE ledger_daily SET number = 1000")

    told = gk("ledger", "recount", "--json").json

    assert (told["sums"], told["differing"]) == (1, 1)
    [last] = gk("ledger", "search", "--kind", "figures.recounted", "--limit", "1", "--json").json["entries"]
    assert (last["code"], last["actor"]) == (told["code"], "operator")
