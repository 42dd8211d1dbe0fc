"""An import does what it showed: what lowers at once, what raises after a second person, every row accounted for."""

import json
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from gatekeeper.actions import proposals
from gatekeeper.actions.clients import imports, investors
from gatekeeper.actions.reading import access
from gatekeeper.ledger.acts.importing import State
from gatekeeper.ledger.verify import Check, Wanted, verify
from gatekeeper.rules.changes import CategoryChange, MandateChange
from gatekeeper.rules.errors import Conflict, NotPermitted
from gatekeeper.rules.policy import valid_before
from gatekeeper.rules.risk import InvestorClass, RiskCategory, RiskGrade
from gatekeeper.rules.roles import Grant, Role
from gatekeeper.rules.suitability import Outcome, Reason
from gatekeeper.store.apply import apply
from gatekeeper.store.clients import imports as store
from gatekeeper.store.clients import investor_file
from gatekeeper.store.clients import investors as files
from gatekeeper.store.clients.imports import Step
from gatekeeper.store.messages import notices
from gatekeeper.store.proof.ledger import LedgerEntry
from tests.imported import Importer, csv_of, row
from tests.ledger.raw import opened
from tests.library import release
from tests.world import ZONE

C1, C2, C3, C4, C5 = RiskCategory
END = valid_before(date(2028, 11, 23), ZONE)
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def importer(world, tmp_path):
    return Importer(world, tmp_path)


def on_file(world, number):
    with world.database.reading() as connection:
        found = files.investor_by_number(connection, number)
        return files.overview(connection, found.id, world.now) if found else None


def test_a_file_goes_from_hand_to_hand(importer, world):
    for name, category in (("same", C3), ("low", C4), ("up", C2), ("mixed", C4)):
        world.client(name, category)
    until = {"category_until": "2028-11-23", "evidence": "档案 2"}
    file = [
        row(),
        {"client_number": "N-same", "category": "C3"},
        {"client_number": "N-low", "category": "C2", **until},
        {"client_number": "N-up", "category": "C3", **until},
        {"client_number": "N-mixed", "category": "C3", "category_until": "2029-11-23", "evidence": "档案 3"},
        {"client_number": "N-none", "category": "C9"},
    ]

    id_ = importer.check(file)

    verdicts = {2: "NEW", 3: "UNCHANGED", 4: "CHANGED", 5: "CHANGED", 6: "CHANGED", 7: "REFUSED"}
    assert importer.verdicts(id_) == verdicts
    assert importer.progress(id_).state is State.CHECKED
    assert on_file(world, "N-low").category is C4, "nothing acts before it is confirmed"
    proposal = importer.confirm(id_)
    assert importer.progress(id_).state is State.WAITING
    assert [on_file(world, f"N-{name}").category for name in ("low", "up", "mixed")] == [C2, C2, C3]
    assert on_file(world, "000123") is None
    importer.approve(proposal)
    assert importer.progress(id_).state is State.FINISHED
    assert [on_file(world, f"N-{name}").category for name in ("low", "up", "mixed")] == [C2, C3, C3]
    assert on_file(world, "000123").category is C3
    assert str(on_file(world, "N-mixed").category_before) == "2029-11-23 16:00:00+00:00"
    applied = {(2, "RAISE"), (4, "LOWER"), (5, "RAISE"), (6, "LOWER"), (6, "RAISE")}
    assert importer.outcomes(id_) == dict.fromkeys(applied, "APPLIED")


def lines_of(world, id_):
    """The faults of refused rows, in the order of the file."""
    with world.database.reading() as connection:
        rows = store.rows(connection, id_, after=0, limit=1000, only="refused")
    return {each.number: [message % values for message, _, values in json.loads(each.content)["faults"]] for each in rows}


@sqlite
def test_a_client_number_that_comes_again_is_another_person_with_the_same_facts_or_it_is_refused(importer, world):
    file = [
        row(),
        row(login="second", person="江北", capacity="配偶"),
        row(login="third", person="江东", category="C4"),
        row(),
        row(login=""),
        row(client_number="9", login="", name="", kind=""),
        row(client_number="9", login="later"),
    ]

    id_ = importer.check(file)

    assert importer.verdicts(id_) == {
        2: "NEW",
        3: "CHANGED",
        4: "REFUSED",
        5: "REFUSED",
        6: "REFUSED",
        7: "REFUSED",
        8: "REFUSED",
    }
    told = lines_of(world, id_)
    assert "Row 2 states something else" in told[4][0]
    assert "Row 2 is about the same person" in told[5][0]
    assert "needs a login name" in told[6][0]
    assert "Row 7" in told[8][0]
    proposal = importer.confirm(id_)
    importer.approve(proposal)
    with world.database.reading() as connection:
        found = files.investor_by_number(connection, "000123")
        acting = files.mandates_of(connection, world.now, investor=found.id)
    assert sorted((each.login, each.capacity) for each in acting) == [("jiangnan", "本人"), ("second", "配偶")]


@sqlite
def test_whoever_is_on_file_is_never_renamed_or_taken_for_another(importer, world):
    world.client("c3", C3)
    file = [
        {"client_number": "N-c3", "name": "别人"},
        {"client_number": "N-c3", "kind": "产品"},
        row(client_number="1", login="c3", name="别人"),
        row(client_number="2", login="compliance", person="compliance"),
        row(client_number="3", login="new", name="甲"),
        row(client_number="4", login="NEW", name="乙"),
        row(client_number="5", login="new", name="甲"),
    ]

    told = lines_of(world, importer.check(file))

    assert "under another name" in told[2][0]
    assert any("another kind" in each for each in told[3])
    assert "belongs to somebody of another name" in told[4][0]
    assert "belongs to staff" in told[5][0]
    assert "to somebody of another name" in told[7][0]
    assert set(told) == {2, 3, 4, 5, 7}


@sqlite
def test_one_new_person_may_act_for_several_new_investors(importer, world):
    file = [
        row(client_number=str(number), name=f"产品{number}", kind="产品", person="经办", capacity="经办人") for number in (1, 2)
    ]

    importer.all(file)

    with world.database.reading() as connection:
        person = files.person_by_login(connection, "jiangnan")
        assert len(files.mandates_of(connection, world.now, person=person.id)) == 2


@sqlite
@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"category_until": ""}, "needs its last valid day"),
        ({"category_until": "2020-01-01"}, "must not lie in the past"),
        ({"category_until": "2099-01-01"}, "more than ten years"),
        ({"evidence": ""}, "where its evidence is kept"),
        ({"class_": "专业投资者A"}, "needs its ground"),
        ({"ground": "第八条", "class_": ""}, "needs the class beside it"),
        ({"category": "", "category_until": "2028-01-01"}, "needs the category beside it"),
        ({"lowest": "是"}, "lies within C1"),
        ({"contract_to": "2028-01-01"}, "also begins on a day"),
        ({"kind": "机构"}, "as what the person acts"),
        ({"kind": ""}, "A new investor needs this"),
        ({"login": "two words"}, "has no spaces"),
        ({"name": "a" * 101}, "At most 100 characters"),
        ({"lowest": "也许"}, "neither yes nor no"),
    ],
)
def test_a_row_that_cannot_be_meant_is_refused_with_the_reason(importer, world, changed, said):
    told = lines_of(world, importer.check([row(**changed)]))

    assert said in " ".join(told[2])


@sqlite
def test_the_lowest_category_holds_whatever_a_file_brings(importer, world):
    world.client("low", C1, lowest=True)
    report = release(world, RiskGrade.R2)
    rise = {"category": "C5", "category_until": "2028-11-23", "evidence": "档案 9"}
    turn = {"class_": "专业投资者A", "ground": "第八条", "class_until": "2027-11-23"}
    file = [{"client_number": "N-low", **rise, **turn}]

    importer.all(file)

    overview = on_file(world, "N-low")
    assert (overview.category, overview.investor_class, overview.lowest) == (C5, InvestorClass.PROFESSIONAL_A, True)
    answer = world.database.record(access.open_report, world.caller("low"), report, world.now, ZONE)
    assert (answer.decision.outcome, answer.decision.reason) == (Outcome.DENY, Reason.LOWEST_CATEGORY)


@sqlite
def test_leaving_the_lowest_category_and_a_rise_of_two_are_looked_at_singly(importer, world):
    world.client("low", C1, lowest=True)
    world.client("c2", C2)
    until = {"category_until": "2028-11-23", "evidence": "档案 2"}
    file = [
        {"client_number": "N-low", "lowest": "否", "evidence": "档案 1"},
        {"client_number": "N-c2", "category": "C4", **until},
    ]

    id_ = importer.check([*file, row()])

    with world.database.reading() as connection:
        assert [each.number for each in store.rows(connection, id_, after=0, limit=9, only="apart")] == [2, 3]
    told = importer.progress(id_).told(Step.CHECKED)
    assert told["moves"] == {"category": {"->C3": 1, "C2>C4": 1}, "class": {"->ORDINARY": 1}, "lowest": {"True>False": 1}}


@sqlite
def test_a_row_whose_file_moved_meanwhile_is_left_out_and_told_and_the_others_apply(importer, world):
    for name in ("moved", "still", "lowered"):
        world.client(name, C3)
    until = {"category_until": "2028-12-31", "evidence": "档案 2"}
    file = [{"client_number": f"N-{name}", "category": "C4", **until} for name in ("moved", "still")]
    file += [{"client_number": "N-lowered", "category": "C2", **until}, row(login="taken")]
    id_ = importer.check(file)
    world.change("lowered", CategoryChange(investor=world.investors["lowered"], category=C1, before=END))
    proposal = importer.confirm(id_)
    world.change("moved", CategoryChange(investor=world.investors["moved"], category=C2, before=END))
    world.people["x"] = world.database.transact(investors.create_person, world.caller("clients"), "江南", "taken", world.now)

    importer.approve(proposal)

    assert [on_file(world, f"N-{name}").category for name in ("moved", "still", "lowered")] == [C2, C4, C1]
    outcomes = {(2, "RAISE"): "LEFT_OUT", (3, "RAISE"): "APPLIED", (4, "LOWER"): "LEFT_OUT", (4, "RAISE"): "LEFT_OUT"}
    assert importer.outcomes(id_) == outcomes | {(5, "RAISE"): "LEFT_OUT"}
    assert on_file(world, "000123") is None
    assert importer.progress(id_).state is State.FINISHED


@sqlite
def test_what_lapses_before_it_is_approved_is_left_out(importer, world):
    id_ = importer.check([row(category_until="2026-11-25"), row(client_number="2", login="b")])
    proposal = importer.confirm(id_)
    world.clock.forward(timedelta(days=5))

    importer.approve(proposal)

    assert importer.outcomes(id_) == {(2, "RAISE"): "LEFT_OUT", (3, "RAISE"): "APPLIED"}


@sqlite
def test_what_was_rejected_never_acts(importer, world):
    id_ = importer.check([row()])
    proposal = importer.confirm(id_)

    world.database.transact(proposals.reject, world.caller("compliance"), proposal, "缺少证明", world.now)
    importer.work()

    assert importer.progress(id_).state is State.REJECTED
    assert on_file(world, "000123") is None
    assert importer.outcomes(id_) == {}


@sqlite
def test_proposer_approver_and_everybody_in_the_file_are_different_people(importer, world):
    world.client("c3", C3)
    id_ = importer.check([{"client_number": "N-c3", "category": "C4", "category_until": "2028-11-23", "evidence": "1"}])
    proposal = importer.confirm(id_)
    world.staff("clients-2", Role.ADMIN, Grant.CLIENTS)
    acting(world, "clients-2", "c3")

    for name in ("clients", "clients-2", "reports"):
        with pytest.raises(NotPermitted):
            world.database.transact(proposals.approve, world.caller(name), proposal, "", world.now)
    importer.approve(proposal, "compliance-2")

    assert on_file(world, "N-c3").category is C4


def acting(world, person, investor):
    """A mandate as no page would write it: of staff."""
    change = MandateChange(investor=world.investors[investor], person=world.people[person], capacity="亲属")

    def write(connection, now):
        entry = connection.exec_driver_sql("SELECT max(id) FROM ledger_entry").scalar_one()
        apply(connection, change, entry, now)

    world.database.transact(write, world.now)


@sqlite
def test_whoever_hands_a_file_in_changes_nothing_about_whom_he_acts_for(importer, world):
    world.client("c3", C3)
    acting(world, "clients", "c3")
    lower = [{"client_number": "N-c3", "category": "C1", "category_until": "2028-11-23", "evidence": "1"}]

    told = lines_of(world, importer.check([*lower, row(client_number="7", login="clients", person="clients")]))

    assert "You act for this investor yourself" in told[2][0]
    assert "belongs to staff" in told[3][0]


@sqlite
def test_only_admins_of_clients_hand_files_in_and_only_their_own_are_theirs_to_confirm(importer, world):
    id_ = importer.check([row()])
    world.staff("clients-2", Role.ADMIN, Grant.CLIENTS)

    for name in ("compliance", "reports"):
        with pytest.raises(NotPermitted):
            Importer(world, importer.office.settings.data_dir, name).hand_in([row()])
    with pytest.raises(NotPermitted):
        world.database.transact(imports.confirm, world.caller("clients-2"), id_, world.now)


@sqlite
def test_confirming_twice_or_after_discarding_is_refused(importer, world):
    confirmed, discarded = importer.check([row()]), importer.check([row(client_number="2", login="b")])
    importer.confirm(confirmed)
    world.database.transact(imports.discard, world.caller("clients"), discarded, world.now)

    for id_ in (confirmed, discarded):
        for act in (imports.confirm, imports.discard):
            with pytest.raises(Conflict):
                world.database.transact(act, world.caller("clients"), id_, world.now)
    with pytest.raises(Conflict):
        importer.confirm(importer.check([{"client_number": "9", "category": "C9"}]))


@sqlite
def test_rows_that_were_written_over_are_approved_by_nobody_or_left_out(importer, world, database_url):
    id_ = importer.check([row(), row(client_number="2", login="b")])
    proposal = importer.confirm(id_)
    with opened(database_url[0]) as raw:
        raw.execute("DROP TRIGGER guard_import_row_update")
        raw.execute("UPDATE import_row SET content = replace(content, 'C3', 'C5') WHERE number = 2")
    world.database.transact(proposals.approve, world.caller("compliance"), proposal, "", world.now)
    with opened(database_url[0]) as raw:
        raw.execute("UPDATE import_row SET digest = 'x' WHERE number = 3")
    importer.work()

    assert importer.outcomes(id_) == {(2, "RAISE"): "LEFT_OUT", (3, "RAISE"): "LEFT_OUT"}
    other = importer.check([row(client_number="4", login="d")])
    proposal = importer.confirm(other)
    with opened(database_url[0]) as raw:
        raw.execute("UPDATE import_row SET digest = 'y' WHERE client_number = '4'")
    with pytest.raises(Conflict):
        world.database.transact(proposals.approve, world.caller("compliance"), proposal, "", world.now)


@sqlite
def test_a_file_that_breaks_off_in_the_middle_fails_as_a_whole(importer, world):
    id_ = importer.check(csv_of([row()]) + b'"open,\n')

    found = importer.progress(id_)

    assert found.state is State.FAILED
    assert "quotation mark" in found.told(Step.FAILED)["faults"][0][0]
    with pytest.raises(Conflict):
        importer.confirm(id_)


@sqlite
def test_investors_are_told_once_each_of_what_a_file_changed(importer, world):
    world.client("mixed", C4)
    before = notices_of(world, "mixed")
    file = [{"client_number": "N-mixed", "category": "C3", "category_until": "2029-11-23", "evidence": "档案 3"}]

    importer.all(file)

    assert len(notices_of(world, "mixed")) == len(before) + 2, "once when it was lowered, once when it was raised"


def notices_of(world, name):
    with world.database.reading() as connection:
        return notices.of_investor(connection, world.investors[name], 20)


@sqlite
def test_the_log_holds_no_name_login_or_client_number_of_a_file_and_is_without_findings(importer, world):
    importer.all([row(), {"client_number": "77777", "category": "C9"}])

    with world.database.reading() as connection:
        leaves = connection.execute(select(LedgerEntry.kind, LedgerEntry.leaf).where(LedgerEntry.kind.contains("import")))
        found = {kind: json.loads(leaf)["data"] for kind, leaf in leaves}
        report = verify(connection, Wanted(), world.now)
    assert "investor.imported" in found
    assert not any(
        word in json.dumps(found, ensure_ascii=False) for word in ("江南", "jiangnan", "000123", "77777", "people.csv")
    )
    assert not {Check.ACT_OF_OTHER_KIND, Check.ACT_ABOUT_OTHER, Check.ACT_WITHOUT_ENTRY} & set(report.findings.counts)


@sqlite
def test_the_files_history_says_who_proposed_and_who_approved(importer, world):
    importer.all([row()])

    found = on_file(world, "000123")
    with world.database.reading() as connection:
        [step] = investor_file.history(connection, found.id)
    assert len(step.changes) == 4
    assert (step.written.actor, step.written.proposed_by) == (f"person:{world.people['compliance']}", world.people["clients"])
    assert (step.written.reason, step.written.evidence) == ("年度批量更新", "档案 1")
