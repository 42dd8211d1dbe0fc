"""Papers for tests: scans that wait, and what is typed from them."""

from collections.abc import Mapping, Sequence
from datetime import date
from hashlib import sha256

from gatekeeper.actions.suitability import paper_scans, papers
from gatekeeper.actions.suitability.papers import Entered, Typed
from gatekeeper.rules.roles import Grant, Role
from gatekeeper.store.clients.evidence_files import Described
from gatekeeper.store.suitability import papers as store
from tests import assessed
from tests.world import ZONE, World

TYPIST = "typist"
INSTALLED = date(2026, 11, 23)
TODAY = date(2026, 12, 13)


def furnish(world: World) -> World:
    """Question sets in force for twenty days, and an admin who types papers."""
    assessed.install(world)
    world.clock.forward(TODAY - INSTALLED)
    world.staff(TYPIST, Role.ADMIN, Grant.ASSESSMENTS)
    return world


def described(name: str = "scan-1.pdf", pages: int = 2) -> Described:
    """A scan as it was checked; its bytes don't matter here."""
    digest = sha256(name.encode()).hexdigest()
    return Described(name=name, media_type="application/pdf", size=1000, pages=pages, sha256=digest)


def receive(world: World, *names: str, by: str = TYPIST) -> list[str]:
    """Scans handed in at once; return the ids of all that wait now."""
    world.database.transact(paper_scans.receive, world.caller(by), [described(name) for name in names], world.now)
    with world.database.reading() as connection:
        return [row.id for row in store.waiting(connection, 200)]


def enter(
    world: World,
    name: str,
    answers: Mapping[str, Sequence[str]],
    *,
    signed_on: date = TODAY,
    scan: str | None = "",
    by: str = TYPIST,
) -> Entered:
    """A paper of somebody, typed; ``scan`` None is a paper without one, empty lets one be handed in first."""
    if scan == "":
        scan = receive(world, f"{name} {signed_on}.pdf", by=by)[-1]
    typed = Typed(investor=world.investors[name], signed_on=signed_on, answers=answers, scan=scan or "")
    return world.database.transact(papers.enter, world.caller(by), typed, world.now, ZONE, "zh_CN")
