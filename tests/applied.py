"""Applications for professional status in a test's world, by the real actions."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from hashlib import sha256

from gatekeeper.actions.suitability import application_desk, application_steps, applications
from gatekeeper.files.made import conversion
from gatekeeper.rules.professional import GROUNDS, Amount, Application, Evidence, Registration
from gatekeeper.rules.risk import InvestorClass, InvestorKind
from gatekeeper.store.clients.evidence_files import Described
from tests.scans import picture
from tests.world import ZONE, World

ART_8_1, ART_8_2, ART_8_3 = GROUNDS[InvestorClass.PROFESSIONAL_A]
ART_8_4, ART_8_5 = GROUNDS[InvestorClass.PROFESSIONAL_B]
[ART_11] = GROUNDS[InvestorClass.PROFESSIONAL_C]
WAN = 10_000 * 100
"""万元, in fen."""
YEAR_END = date(2025, 12, 31)
_DATA = picture()
SCAN = Described(name="证明.png", media_type="image/png", size=len(_DATA), pages=1, sha256=sha256(_DATA).hexdigest())
"""A paper that a browser would have sent, described without a process that draws it; a test that shows it keeps ``picture()``."""


def today(world: World) -> date:
    """The firm's day."""
    return world.clock.moment.astimezone(ZONE).date()


def individual(world: World, ground: str, assets: int = 0, **other: object) -> Application:
    """What an individual states: assets as of today, and investing since 2020 if nothing else is said."""
    day = today(world)
    stated = Application(kind=InvestorKind.INDIVIDUAL, ground=ground, applied=day, experience_since=date(2020, 1, 1))
    amount = Amount(assets, day) if assets else None
    return replace(stated, **{"financial_assets": amount, **other})


def institution(world: World, ground: str, net_assets: int, assets: int, on: date = YEAR_END) -> Application:
    """What a company states."""
    day = today(world)
    amounts = {"net_assets": Amount(net_assets, on), "financial_assets": Amount(assets, on)}
    return Application(kind=InvestorKind.INSTITUTION, ground=ground, applied=day, experience_since=date(2020, 1, 1), **amounts)


def licensed(world: World, kind: InvestorKind = InvestorKind.FINANCIAL_INSTITUTION) -> Application:
    """What the firm states of a bank."""
    return Application(
        kind=kind, ground=ART_8_1, applied=today(world), registration=Registration("国家金融监督管理总局", "B0001")
    )


def hand_in(world: World, name: str, stated: Application, *, by: str | None = None, without: Iterable[Evidence] = ()) -> str:
    """An application with all its evidence, handed in by the client, or by a colleague for him; return its id."""
    act = world.database.transact
    caller = world.caller(by or name)
    begun = act(applications.begin, caller, world.investors[name] if by else None, stated.ground, world.now)
    which = begun if by else None
    act(applications.save, caller, which, stated, world.now)
    found = world.database.record(applications.fill, caller, which, today(world), world.now)
    for alternatives in found.lacking:
        if alternatives[0] not in without:
            act(applications.attach, caller, which, alternatives[0], [SCAN], world.now)
    return act(applications.hand_in, caller, which, today(world), world.now, declared=True)


def check(world: World, application: str, by: str = "clients") -> str | None:
    """The proofs are found in order; return the proposal's id where that is all."""
    return world.database.transact(application_desk.check, world.caller(by), application, "原件已核对", world.now, ZONE)


def right_answers(wrong: int = 0) -> dict[str, str]:
    """Answers to the test of knowledge, so many of them wrong."""
    found = {}
    for number, question in enumerate(conversion.knowledge_test().questions):
        found[question.id] = next(each.id for each in question.options if each.right is (number >= wrong))
    return found


def sit(world: World, name: str, wrong: int = 0) -> application_steps.Attempted:
    """An attempt at the test."""
    return world.database.transact(application_steps.answer, world.caller(name), right_answers(wrong), world.now, ZONE)


def warn(world: World, name: str, tag: str = "zh_CN") -> None:
    """The warning, acknowledged."""
    shown = world.database.record(application_steps.warning, world.caller(name), tag, world.now)
    world.database.transact(application_steps.acknowledge, world.caller(name), shown.sha256, world.now, ticked=True)


def propose(world: World, application: str, by: str = "clients") -> str:
    """Propose what has gone the whole way; return the proposal's id."""
    return world.database.transact(application_desk.propose, world.caller(by), application, "资料齐全", world.now, ZONE)


def converted(world: World, name: str, stated: Application) -> str:
    """Everything of class C up to the proposal; return its id."""
    application = hand_in(world, name, stated)
    check(world, application)
    sit(world, name)
    warn(world, name)
    return propose(world, application)
