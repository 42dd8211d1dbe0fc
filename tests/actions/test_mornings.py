"""The morning: what came in and repeats what, released at the time that was proposed, settled for as long as two people say."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from gatekeeper.actions import proposals
from gatekeeper.actions.publishing import readers, reports, settlements
from gatekeeper.actions.reading import access, bookmarks
from gatekeeper.files.prepare import prepare, printed_audience, read_objectives
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.verify import acts
from gatekeeper.ledger.verify.findings import Findings
from gatekeeper.rules.errors import Conflict, Invalid, NotFound, NotPermitted
from gatekeeper.rules.events import Kind
from gatekeeper.rules.risk import RiskCategory, RiskGrade
from gatekeeper.store.proof.ledger import LedgerEntry
from gatekeeper.store.proposals import Proposal
from gatekeeper.store.publishing import library, settlement_lists, versions
from gatekeeper.store.publishing.duplicates import Likeness
from gatekeeper.store.publishing.reports import SettlementRow
from tests.mornings import TITLE, bring, look, row, text
from tests.plugins.live import demo_report
from tests.world import ZONE, World

UNDATED = "r2-high-grade-credit"


def propose(world: World, report: str, **changed: object) -> str:
    with world.database.reading() as connection:
        file = reports.view(connection, report, world.now)
    as_printed = {
        "grade": RiskGrade[file.reading["grade"]],
        "audience": printed_audience(file.reading),
        "about": read_objectives(file.reading),
        "settled_before": {each.id: world.now + timedelta(days=90) for each in file.open},
        "reason": "与印刷一致",
    }
    wish = reports.Wish(**{**as_printed, **changed})  # type: ignore[arg-type]  # a test's own words
    return world.database.transact(reports.propose_publication, world.caller("reports"), report, wish, world.now).id


def approve(world: World, proposal: str) -> None:
    world.database.transact(proposals.approve, world.caller("compliance"), proposal, "同意", world.now)


def approve_plain(world: World, proposal: str) -> None:
    world.database.transact(proposals.approve_plain, world.caller("compliance"), proposal, world.now)


def reasons(world: World, who: str, report: str) -> tuple[str, ...]:
    answer = world.database.record(access.open_report, world.caller(who), report, world.now, ZONE)
    return tuple(reason.value for reason in answer.decision.reasons)


def leaves(world: World, kind: Kind) -> list[dict]:
    query = select(LedgerEntry.leaf).where(LedgerEntry.kind == kind.value).order_by(LedgerEntry.id)
    with world.database.reading() as connection:
        return [json.loads(leaf) for leaf in connection.execute(query).scalars()]


def check_acts(world: World) -> None:
    """Every row names an entry of the right kind."""
    found = Findings()
    with world.database.reading() as connection:
        acts.check_acts(connection, found)
    assert found.first == []


# ------------------------------------------------------------------------------------------------------------- what came in


def test_the_table_tells_what_came_in_who_sent_it_and_what_it_repeats(world: World) -> None:
    first = bring(world, text("铜价回落"))
    spaced = bring(world, text("铜价回落").replace("储能".encode(), "储　能".encode()) + b"\n\n  ")
    titled = bring(world, text("铜价回落") + "补充一段。".encode())
    other = bring(world, text("铝价回落"))
    command = Caller(actor="operator", channel="cli", os_user="tests")
    unread = world.database.transact(
        reports.import_report, command, prepare(demo_report(UNDATED), "undated.txt"), world.now
    ).report

    morning = look(world)

    assert [each.version.report_id for each in morning.to_propose] == [unread, other, titled, spaced, first]
    assert [(each.likeness, each.report) for each in row(world, spaced).duplicates] == [(Likeness.TEXT, first)]
    assert {(each.likeness, each.report) for each in row(world, titled).duplicates} == {
        (Likeness.TITLE, first),
        (Likeness.TITLE, spaced),
    }
    assert row(world, first).duplicates == row(world, other).duplicates == ()
    assert [each.is_plain for each in morning.to_propose] == [False, True, False, False, True]
    assert [each.importer for each in morning.to_propose] == [None, *["reports"] * 4]
    assert [each.code for each in row(world, unread).open] == ["no_publication_date"]
    check_acts(world)


def test_the_same_title_counts_for_a_week_and_the_same_text_for_ever(world: World) -> None:
    first = bring(world, text("铜价回落"))
    world.clock.forward(timedelta(days=7, hours=1))

    titled = bring(world, text("铜价回落") + "补充一段。".encode())
    spaced = bring(world, text("铜价回落") + b"\n \n")

    assert row(world, titled).duplicates == ()
    assert [(each.likeness, each.report) for each in row(world, spaced).duplicates] == [
        (Likeness.TEXT, first),
        (Likeness.TITLE, titled),
    ]


def test_rows_move_from_what_came_in_to_what_is_on_its_way(world: World) -> None:
    report = bring(world, text("铜价回落"))
    at = world.now + timedelta(hours=2)
    proposal = propose(world, report, release_at=at)
    morning = look(world)
    assert morning.to_propose == []
    assert [(each.version.proposal, each.change.release_at) for each in morning.on_their_way] == [(proposal, at)]

    approve(world, proposal)
    [going] = look(world).on_their_way
    assert (going.version.proposal, going.version.state, going.version.released_at) == (None, "RELEASED", at)

    world.clock.forward(timedelta(days=5))
    assert look(world).on_their_way == []


# ------------------------------------------------------------------------------------------------------ out at the proposed time


def test_what_is_approved_in_time_is_out_at_the_proposed_instant_for_all(world: World) -> None:
    world.client("c3", RiskCategory.C3)
    world.client("c5", RiskCategory.C5)
    report = bring(world, text("铜价回落"))
    instant = world.now + timedelta(hours=1)
    approve_plain(world, propose(world, report, release_at=instant))

    assert reasons(world, "c3", report) == reasons(world, "c5", report) == ("report_embargoed",)
    world.clock.moment = instant - timedelta(milliseconds=2)
    assert reasons(world, "c3", report) == ("report_embargoed",)
    world.clock.moment = instant - timedelta(milliseconds=1)  # each look is a millisecond later
    assert reasons(world, "c3", report) == ("acknowledgement_required",)
    with pytest.raises(Conflict, match="published already"):
        world.database.transact(reports.publish, world.caller("reports"), report, None, world.now)
    [approval] = leaves(world, Kind.PUBLICATION_APPROVED)
    assert approval["data"]["changes"][0]["release_at"] == instant.isoformat()
    check_acts(world)


def test_what_is_approved_too_late_is_out_at_the_approval(world: World) -> None:
    world.client("c3", RiskCategory.C3)
    report = bring(world, text("铜价回落"))
    proposal = propose(world, report, release_at=world.now + timedelta(minutes=5))
    world.clock.forward(timedelta(hours=1))

    approve(world, proposal)

    assert reasons(world, "c3", report) == ("acknowledgement_required",)
    with world.database.reading() as connection:
        version = library.one_for_staff(connection, report, world.now)
    assert version.released_at == version.approved_at


def test_a_time_that_has_passed_cannot_be_proposed_and_nobody_changes_it_later(world: World) -> None:
    report = bring(world, text("铜价回落"))
    with pytest.raises(Invalid, match="past"):
        propose(world, report, release_at=world.now - timedelta(seconds=1))
    proposal = propose(world, report, release_at=world.now + timedelta(hours=1))

    def forge(connection) -> None:
        payload = json.loads(connection.execute(select(Proposal.payload).where(Proposal.id == proposal)).scalar_one())
        payload[0]["release_at"] = world.now.isoformat()
        connection.execute(Proposal.__table__.update().where(Proposal.id == proposal).values(payload=json.dumps(payload)))

    world.database.transact(forge)
    with pytest.raises(Conflict, match="not the one that was recorded"):
        approve(world, proposal)


def test_what_repeats_another_is_never_approved_among_many(world: World) -> None:
    first = propose(world, bring(world, text("铜价回落")))
    again = propose(world, bring(world, text("铜价回落") + b"\n \n"))

    approve_plain(world, first)
    with pytest.raises(Conflict, match="came in before"):
        approve_plain(world, again)
    approve(world, again)


# ------------------------------------------------------------------------------------------------------------- accepted findings


def settled(world: World, title: str = "高等级信用债周报") -> int:
    """A report of the undated template goes out with its finding accepted for ninety days; the settlement's id."""
    approve(world, propose(world, bring(world, demo_report(UNDATED) + title.encode())))
    with world.database.reading() as connection:
        return connection.execute(select(SettlementRow.id).order_by(SettlementRow.id.desc()).limit(1)).scalar_one()


def listed(world: World, *, over: bool = False) -> list:
    with world.database.reading() as connection:
        return settlement_lists.listed(connection, world.now, None, 30, over=over)


@pytest.mark.parametrize("who", ["compliance", "reports"])
def test_one_person_ends_an_acceptance_and_the_finding_is_open_at_once(world: World, who: str) -> None:
    accepted = settled(world)
    report = bring(world, demo_report(UNDATED) + "第二期".encode())
    assert row(world, report).open == []
    plain, later = propose(world, report), bring(world, demo_report(UNDATED) + "第三期".encode())

    world.database.transact(settlements.end, world.caller(who), accepted, "模板已改", world.now)

    assert [each.code for each in row(world, later).open] == ["no_publication_date"]
    with pytest.raises(Conflict, match="open finding"):
        approve(world, plain)
    with pytest.raises(Conflict, match="over already"):
        world.database.transact(settlements.end, world.caller(who), accepted, "再次", world.now)
    assert listed(world) == []
    assert [(each.id, each.ended_by) for each in listed(world, over=True)] == [(accepted, who)]
    [entry] = leaves(world, Kind.SETTLEMENT_ENDED)
    assert entry["data"]["settlements"] == [accepted]
    assert "模板已改" not in json.dumps(entry, ensure_ascii=False)
    check_acts(world)


def test_that_it_goes_on_takes_two_people(world: World) -> None:
    accepted, longer = settled(world), world.now + timedelta(days=400)
    call = (world.caller("reports"), accepted, longer, "月报惯例", world.now)
    proposed = world.database.transact(settlements.renew, *call)
    [before] = listed(world)
    with pytest.raises(NotPermitted):
        world.database.transact(proposals.approve, world.caller("reports"), proposed.id, "", world.now)
    with pytest.raises(Conflict, match="Read them first"):
        approve_plain(world, proposed.id)

    approve(world, proposed.id)

    assert [each.valid_before for each in listed(world)] == [before.valid_before, longer]
    world.clock.forward(timedelta(days=200))
    assert row(world, bring(world, demo_report(UNDATED) + "半年后".encode())).open == []
    world.database.transact(settlements.end, world.caller("reports"), accepted, "都不再适用", world.now)
    assert row(world, bring(world, demo_report(UNDATED) + "次日".encode())).open != []
    check_acts(world)


def test_a_renewal_is_refused_that_is_none_and_lapses_with_what_it_renews(world: World) -> None:
    accepted = settled(world)
    [now_] = listed(world)
    for before, said in ((now_.valid_before, "as long already"), (world.now, "past")):
        with pytest.raises(Invalid, match=said):
            world.database.transact(settlements.renew, world.caller("reports"), accepted, before, "理由", world.now)
    with pytest.raises(NotFound):
        world.database.transact(settlements.renew, world.caller("reports"), 10**9, now_.valid_before, "理由", world.now)
    for act, who in ((settlements.renew, "compliance"), (settlements.renew, "clients")):
        with pytest.raises(NotPermitted):
            world.database.transact(act, world.caller(who), accepted, world.now + timedelta(days=500), "理由", world.now)
    with pytest.raises(NotPermitted):
        world.database.transact(settlements.end, world.caller("clients"), accepted, "理由", world.now)
    wanted = (accepted, world.now + timedelta(days=500), "理由", world.now)
    proposed = world.database.transact(settlements.renew, world.caller("reports"), *wanted)
    world.database.transact(settlements.end, world.caller("compliance"), accepted, "先停", world.now)

    with pytest.raises(Conflict, match="has changed since"):
        approve(world, proposed.id)


def test_the_list_says_how_many_reports_an_acceptance_let_through_and_what_ends_soon(world: World) -> None:
    settled(world)
    for number in range(2):
        approve(world, propose(world, bring(world, demo_report(UNDATED) + f"第{number}期".encode())))
    bring(world, demo_report(UNDATED) + "未提议".encode())

    [only] = listed(world)
    assert (only.covered, only.proposed_by, only.approved_by) == (3, "reports", "compliance")
    assert look(world).ending == 0
    world.clock.forward(timedelta(days=31))
    assert look(world).ending == 1, "the policy tells sixty days ahead"
    world.clock.forward(timedelta(days=60))
    assert (look(world).ending, listed(world), len(listed(world, over=True))) == (0, [], 1)


# -------------------------------------------------------------------------------------------------- stopped, and who was given it


def test_compliance_stops_too_and_whoever_may_stop_sees_who_was_given_it(world: World) -> None:
    for name in ("c3", "c5"):
        world.client(name, RiskCategory[name.upper()])
    report = bring(world, text("铜价回落"))
    approve(world, propose(world, report, release_at=world.now + timedelta(minutes=1)))
    world.clock.forward(timedelta(minutes=2))
    world.database.transact(bookmarks.add, world.caller("c3"), report, world.now, ZONE)
    reasons(world, "c5", report)

    world.database.transact(reports.stop, world.caller("compliance"), report, "数据有误", world.now)

    assert reasons(world, "c5", report) == ("report_withdrawn",)
    found = world.database.record(readers.view, world.caller("reports"), report, None, world.now)
    assert [(each.kind, each.entries, each.people) for each in found.counts] == [
        (Kind.REPORT_OPENED, 0, 0),
        (Kind.REPORT_COPIED, 0, 0),
        (Kind.REPORT_RECEIVED, 0, 0),
        (Kind.REPORT_DISTRIBUTED, 0, 0),
        (Kind.REPORT_BOOKMARKED, 1, 1),
    ]
    assert [found.piece.names[each.person] for each in found.piece.rows] == ["c3"]
    [looked] = leaves(world, Kind.READERS_VIEWED)
    assert (looked["report"], looked["data"]["rows"], looked["actor"]) == (report, 1, f"person:{world.people['reports']}")
    for who in ("clients", "staff-admin", "c3"):
        with pytest.raises(NotPermitted):
            world.database.record(readers.view, world.caller(who), report, None, world.now)
    with pytest.raises(NotFound):
        world.database.record(readers.view, world.caller("compliance"), "x" * 26, None, world.now)
    assert TITLE not in json.dumps(looked, ensure_ascii=False)


# ------------------------------------------------------------------------------------------------------- a new version on its way


def corrected(world: World, report: str) -> None:
    """The corrected file of a report has come in."""
    prepared = prepare(text("铜价回落（更正）"), "corrected.txt")
    world.database.transact(reports.import_report, world.caller("reports"), prepared, world.now, corrects=report)


def version_out(world: World, report: str) -> int:
    with world.database.reading() as connection:
        return versions.out(connection, report, world.now).number


def test_a_new_version_takes_the_place_of_the_old_one_at_the_proposed_instant(world: World) -> None:
    world.client("c3", RiskCategory.C3)
    report = bring(world, text("铜价回落"))
    approve(world, propose(world, report, release_at=world.now + timedelta(minutes=1)))
    world.clock.forward(timedelta(minutes=2))
    assert reasons(world, "c3", report) == ("acknowledgement_required",)

    corrected(world, report)
    assert [each.version.number for each in look(world).to_propose] == [2]
    instant = world.now + timedelta(hours=1)
    approve(world, propose(world, report, release_at=instant))
    assert version_out(world, report) == 1
    assert [each.version.number for each in look(world).on_their_way] == [2, 1]

    world.clock.moment = instant - timedelta(milliseconds=1)  # each look is a millisecond later
    assert version_out(world, report) == 2
    assert [each.version.number for each in look(world).on_their_way] == [2]
    assert reasons(world, "c3", report) == ("acknowledgement_required",)


def test_what_was_proposed_before_its_report_was_stopped_does_not_bring_it_out_again(world: World) -> None:
    world.client("c3", RiskCategory.C3)
    report = bring(world, text("铜价回落"))
    approve(world, propose(world, report, release_at=world.now + timedelta(minutes=1)))
    world.clock.forward(timedelta(minutes=2))
    corrected(world, report)
    proposal = propose(world, report, release_at=world.now + timedelta(hours=1))
    world.database.transact(reports.stop, world.caller("reports"), report, "数据有误", world.now)

    for approval in (approve, approve_plain):
        with pytest.raises(Conflict, match="stopped after this was proposed"):
            approval(world, proposal)
    world.clock.forward(timedelta(hours=2))
    assert reasons(world, "c3", report) == ("report_withdrawn",)
    world.database.transact(proposals.withdraw, world.caller("reports"), proposal, "", world.now)
    approve(world, propose(world, report, release_at=world.now + timedelta(minutes=1)))
    world.clock.forward(timedelta(minutes=2))
    assert reasons(world, "c3", report) == ("acknowledgement_required",)
