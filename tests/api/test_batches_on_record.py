"""A batch stands in the history of each whom it is about, and of each with that one's own answers."""

import json

from gatekeeper.actions.clients import dispute_packs, timelines
from gatekeeper.actions.clients.dispute_packs import Wanted
from gatekeeper.gkverify import agrees, answers_of
from gatekeeper.ledger import verify
from gatekeeper.ledger.verify import Check, Mode
from gatekeeper.rules.events import Kind
from gatekeeper.rules.risk import RiskCategory, RiskGrade
from gatekeeper.store.proof import entries
from tests.api.asking import evaluation
from tests.library import release


def test_a_batch_is_found_by_each_whom_it_is_about(world, api, service):
    world.client("c3", RiskCategory.C3)
    world.client("c1", RiskCategory.C1)
    report = release(world, RiskGrade.R3)
    service()
    items = [evaluation(f"N-{name}", report, "bookmark") for name in ("c3", "c1", "nobody")]
    answer = api.post("/access/v1/evaluations", {"evaluations": items})
    assert [each["decision"] for each in answer.get_json()["evaluations"]] == [True, False, False]
    code, officer = answer.headers["X-Decision-Id"], world.caller("compliance")

    for name, outcome in (("c3", "PERMIT"), ("c1", "DENY")):
        told = world.database.record(timelines.view, officer, "investor", world.investors[name], world.now)
        [event] = [each for each in told.events if each.row.kind == Kind.DECISIONS_ASKED]
        assert (event.row.code, event.row.outcome, event.row.person) == (code, outcome, world.people[name])
    wanted = Wanted(investor=world.investors["c1"], moment=world.now)
    with world.database.snapshot() as connection:
        asked = dispute_packs.question(connection, officer, wanted, world.now)
        parts = dispute_packs.gather(lambda piece: piece(connection), asked)
        [entry] = entries.by_code(connection, code)
        found = verify.verify(connection, verify.Wanted(mode=Mode.FULL), world.now).findings.counts
    [decision] = parts["decisions"]["decisions"]
    assert [agrees(decision["answer"], each) for each in answers_of(json.loads(entry.leaf))] == [False, True, False]
    assert world.people["c3"] not in json.dumps(parts)
    assert found[Check.ANSWERS_DIFFER] == found[Check.ANSWER_WITHOUT_ENTRY] == 0
