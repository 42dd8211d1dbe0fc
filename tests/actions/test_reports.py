"""A report on its way out: imported, proposed, approved, published, stopped; and every step that is refused."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
from sqlalchemy import func, select

from gatekeeper.actions import proposals
from gatekeeper.actions.publishing import reports
from gatekeeper.actions.reading import access
from gatekeeper.files.prepare import Prepared, prepare, printed_audience, read_objectives
from gatekeeper.rules.errors import Conflict, GatekeeperError, Invalid, NotPermitted
from gatekeeper.rules.risk import Audience, ProfessionalClause, RiskCategory, RiskGrade
from gatekeeper.store.publishing.reports import Release, ReportVersion
from tests.world import ZONE, World

DEMO = Path(__file__).parents[2] / "gatekeeper" / "demo" / "reports"


def demo(name: str) -> Prepared:
    return prepare((DEMO / name).read_bytes(), name)


def imported(world: World, name: str = "r3-energy-storage.txt") -> reports.Imported:
    return world.database.transact(reports.import_report, world.caller("reports"), demo(name), world.now)


def wish(world: World, report: str, **changed: object) -> reports.Wish:
    with world.database.reading() as connection:
        file = reports.view(connection, report, world.now)
    as_printed = {
        "grade": RiskGrade[file.reading["grade"]],
        "audience": printed_audience(file.reading),
        "about": read_objectives(file.reading),
        "settled_before": {each.id: world.now + timedelta(days=90) for each in file.open},
        "reason": "与印刷一致",
    }
    return reports.Wish(**{**as_printed, **changed})  # type: ignore[arg-type]  # a test's own words


def propose(world: World, report: str, **changed: object) -> str:
    wanted = wish(world, report, **changed)
    return world.database.transact(reports.propose_publication, world.caller("reports"), report, wanted, world.now).id


def approved(world: World, name: str = "r3-energy-storage.txt") -> str:
    report = imported(world, name).report
    proposal = propose(world, report)
    world.database.transact(proposals.approve, world.caller("compliance"), proposal, "同意", world.now)
    return report


def published(world: World, name: str = "r3-energy-storage.txt") -> str:
    report = approved(world, name)
    world.database.transact(reports.publish, world.caller("reports"), report, None, world.now)
    return report


def reasons(world: World, who: str, report: str) -> tuple[str, ...]:
    answer = world.database.record(access.open_report, world.caller(who), report, world.now, ZONE)
    return tuple(reason.value for reason in answer.decision.reasons)


def test_a_report_goes_out_by_two_people_and_then_only_to_whom_it_suits(world: World) -> None:
    world.client("c2", RiskCategory.C2)
    world.client("c3", RiskCategory.C3)

    report = published(world)

    assert reasons(world, "c3", report) == ("acknowledgement_required",)
    assert reasons(world, "c2", report) == ("category_below_grade",)


def test_each_step_before_publication_keeps_the_report_shut(world: World) -> None:
    world.client("c5", RiskCategory.C5)
    report = imported(world).report
    assert reasons(world, "c5", report) == ("report_not_released", "report_ungraded")

    proposal = propose(world, report)
    assert reasons(world, "c5", report) == ("report_not_released", "report_ungraded")

    world.database.transact(proposals.approve, world.caller("compliance"), proposal, "同意", world.now)
    assert reasons(world, "c5", report) == ("report_not_released",)

    instant = world.now + timedelta(hours=1)
    world.database.transact(reports.publish, world.caller("reports"), report, instant, world.now)
    assert reasons(world, "c5", report) == ("report_embargoed",)

    world.clock.moment = instant - timedelta(milliseconds=2)
    assert reasons(world, "c5", report) == ("report_embargoed",)
    world.clock.moment = instant
    assert reasons(world, "c5", report) == ("acknowledgement_required",)

    world.database.transact(reports.stop, world.caller("reports"), report, "内容有误", world.now)
    assert reasons(world, "c5", report) == ("report_withdrawn",)


def test_a_report_stopped_before_its_time_never_comes_out(world: World) -> None:
    world.client("c5", RiskCategory.C5)
    report = approved(world)
    instant = world.now + timedelta(hours=1)
    world.database.transact(reports.publish, world.caller("reports"), report, instant, world.now)

    world.database.transact(reports.stop, world.caller("reports"), report, "撤回", world.now)
    world.clock.moment = instant + timedelta(hours=1)

    assert reasons(world, "c5", report) == ("report_withdrawn",)


def test_the_proposer_cannot_approve(world: World) -> None:
    report = imported(world).report
    proposal = propose(world, report)

    for who in ("reports", "clients", "staff-admin"):
        with pytest.raises(NotPermitted):
            world.database.transact(proposals.approve, world.caller(who), proposal, "", world.now)


STEPS = [
    (step, who)
    for step in ("import", "propose", "publish", "stop")
    for who in ("clients", "compliance", "staff-admin", "c3")
    if (step, who) != ("stop", "compliance")  # whoever may approve a report may stop it
]


@pytest.mark.parametrize(("step", "who"), STEPS)
def test_only_a_reports_admin_brings_reports_out(world: World, who: str, step: str) -> None:
    world.client("c3")
    report = approved(world) if step in ("publish", "stop") else imported(world).report
    caller, now = world.caller(who, "c3"), world.now

    steps = {
        "import": lambda: world.database.transact(reports.import_report, caller, demo("r1-treasury-market.txt"), now),
        "propose": lambda: world.database.transact(reports.propose_publication, caller, report, wish(world, report), now),
        "publish": lambda: world.database.transact(reports.publish, caller, report, None, now),
        "stop": lambda: world.database.transact(reports.stop, caller, report, "x", now),
    }

    with pytest.raises(NotPermitted):
        steps[step]()


WIDER = [
    pytest.param({"grade": RiskGrade.R2}, "R3", id="a grade below the printed one"),
    pytest.param({"audience": Audience(categories=frozenset(RiskCategory), clients_only=True)}, "wider", id="more categories"),
    pytest.param({"audience": Audience(clients_only=True)}, "wider", id="no list of categories"),
    pytest.param({"audience": Audience(categories=frozenset({RiskCategory.C5}))}, "wider", id="not clients only"),
    pytest.param({"audience": Audience(categories=frozenset({RiskCategory.C3, RiskCategory.C5}))}, "higher", id="a gap"),
    pytest.param(
        {"audience": Audience(ProfessionalClause.INSTITUTION, frozenset({RiskCategory.C4, RiskCategory.C5}), clients_only=True)},
        "institutions alone",
        id="institutions, and ordinary investors",
    ),
    pytest.param({"reason": " "}, "fill in", id="no reason"),
]


@pytest.mark.parametrize(("changed", "said"), WIDER)
def test_a_proposal_is_never_wider_than_what_is_printed(world: World, changed: dict[str, object], said: str) -> None:
    report = imported(world).report

    with pytest.raises(Invalid, match=said):
        propose(world, report, **changed)


def test_a_stricter_grade_and_audience_may_be_proposed(world: World) -> None:
    report = imported(world).report
    audience = Audience(categories=frozenset({RiskCategory.C5}), professional=None, clients_only=True)
    with world.database.reading() as connection:
        printed = printed_audience(reports.view(connection, report, world.now).reading)

    propose(world, report, grade=RiskGrade.R4, audience=Audience(printed.professional, audience.categories, clients_only=True))


def test_a_finding_must_be_settled_and_then_covers_its_template(world: World) -> None:
    report = imported(world, "r2-high-grade-credit.txt").report
    with pytest.raises(Invalid, match="settled"):
        propose(world, report, settled_before={})
    with pytest.raises(Invalid, match="past"):
        propose(world, report, settled_before={1: world.now, 2: world.now, 3: world.now})

    proposal = propose(world, report)
    world.database.transact(proposals.approve, world.caller("compliance"), proposal, "同意", world.now)
    text = (DEMO / "r2-high-grade-credit.txt").read_text("utf-8") + "\n第二期。\n"
    second = world.database.transact(
        reports.import_report, world.caller("reports"), prepare(text.encode(), "second.txt"), world.now
    )

    with world.database.reading() as connection:
        assert reports.view(connection, second.report, world.now).open == []
        world.clock.forward(timedelta(days=91))
        assert [each.code for each in reports.view(connection, second.report, world.now).open] == ["no_publication_date"]


def test_a_contradictory_notice_blocks(world: World) -> None:
    text = (DEMO / "r3-energy-storage.txt").read_text("utf-8").replace("R3（中风险）", "R3（高风险）")
    report = world.database.transact(
        reports.import_report, world.caller("reports"), prepare(text.encode(), "conflict.txt"), world.now
    ).report

    with pytest.raises(Invalid, match="contradicts"):
        world.database.transact(
            reports.propose_publication,
            world.caller("reports"),
            report,
            reports.Wish(grade=RiskGrade.R5, audience=Audience(), settled_before={}, reason="x"),
            world.now,
        )


def test_the_same_file_comes_in_once(world: World) -> None:
    imported(world)

    with pytest.raises(Conflict):
        imported(world)


def test_a_second_press_does_nothing_more(world: World) -> None:
    report = imported(world).report
    propose(world, report)
    with pytest.raises(Conflict):
        propose(world, report)

    other = published(world, "r1-treasury-market.txt")
    with pytest.raises(Conflict):
        world.database.transact(reports.publish, world.caller("reports"), other, None, world.now)
    world.database.transact(reports.stop, world.caller("reports"), other, "x", world.now)
    with pytest.raises(Conflict):
        world.database.transact(reports.stop, world.caller("reports"), other, "x", world.now)
    with pytest.raises(Conflict):
        world.database.transact(reports.publish, world.caller("reports"), other, None, world.now)


def test_two_who_publish_at_once_publish_once(world: World) -> None:
    report = approved(world)
    answers = together(world, lambda now: world.database.transact(reports.publish, world.caller("reports"), report, None, now))

    with world.database.reading() as connection:
        rows = connection.execute(select(func.count()).select_from(Release).where(Release.report_id == report)).scalar_one()
    assert rows == 1
    assert sorted(type(each).__name__ for each in answers) == ["Conflict", "str"]


def test_two_who_import_one_file_at_once_import_it_once(world: World) -> None:
    prepared = demo("r1-treasury-market.txt")
    answers = together(world, lambda now: world.database.transact(reports.import_report, world.caller("reports"), prepared, now))

    with world.database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(ReportVersion)).scalar_one() == 1
    assert sorted(type(each).__name__ for each in answers) == ["Conflict", "Imported"]


def together(world: World, act: Callable[[datetime], object]) -> list[object]:
    """What two threads get that do the same at one moment."""
    now, start = world.now, Barrier(2)
    answers: list[object] = []

    def run() -> None:
        start.wait()
        try:
            answers.append(act(now))
        except GatekeeperError as error:
            answers.append(error)

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
