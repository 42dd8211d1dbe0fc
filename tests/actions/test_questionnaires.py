"""A questionnaire is proposed by one officer, approved by another, asked from its day on, and never beside another one."""

from datetime import timedelta

import pytest

from gatekeeper import installing
from gatekeeper.actions import proposals
from gatekeeper.actions.suitability import assessments, questionnaires
from gatekeeper.rules.changes import QuestionnaireChange, from_data, to_data
from gatekeeper.rules.errors import Conflict, Invalid, NotFound, NotPermitted
from gatekeeper.rules.risk import InvestorKind, RiskCategory
from gatekeeper.store.suitability import questionnaires as store
from gatekeeper.store.suitability.assessments import State
from tests import assessed
from tests.actions.test_assessments import latest
from tests.world import ZONE

DAY = timedelta(days=1)
FIRST, INSTITUTION = installing.questionnaires()
TODAY = "2026-11-23"


def version(text, number=2, day=TODAY):
    """A text under another number and day."""
    return text.replace("version = 1", f"version = {number}", 1).replace("effective = 2026-01-01", f"effective = {day}", 1)


def asking(text, *kinds):
    """A text for other kinds of investors."""
    return text.replace('kinds = ["INSTITUTION"]', f"kinds = {list(kinds)}")


SECOND = version(FIRST).replace("您的年龄是？", "您今年多大年龄？")


@pytest.fixture
def asked(world):
    assessed.install(world)
    return world


def propose(world, text, by="compliance"):
    arguments = (world.caller(by), text, "年度复核", world.now, ZONE)
    return world.database.transact(questionnaires.propose_questionnaire, *arguments).id


def approve(world, proposal, by="compliance-2"):
    return world.database.transact(proposals.approve, world.caller(by), proposal, "同意", world.now)


def in_force(world, kind=InvestorKind.INDIVIDUAL):
    with world.database.reading() as connection:
        return store.questionnaire_for(connection, kind, world.now)[1]


def faults(world, text):
    with pytest.raises(Invalid) as refused:
        propose(world, text)
    assert {each.field for each in refused.value.faults} == {"text"}
    return [str(each) for each in refused.value.faults]


def test_nothing_changes_before_the_second_officer_and_everything_at_the_approval(asked):
    proposal = propose(asked, SECOND)
    for who in ("compliance", "clients", "staff-admin"):
        with pytest.raises(NotPermitted):
            approve(asked, proposal, by=who)
    assert in_force(asked).version == 1

    approve(asked, proposal)

    assert (in_force(asked).version, in_force(asked).questions[0].words.zh) == (2, "您今年多大年龄？")
    assert in_force(asked, InvestorKind.INSTITUTION).id == "institution"


def test_an_admin_proposes_none_and_what_is_altered_or_withdrawn_is_approved_by_nobody(asked):
    with pytest.raises(NotPermitted):
        propose(asked, SECOND, by="clients")
    withdrawn = propose(asked, SECOND)
    asked.database.transact(proposals.withdraw, asked.caller("compliance"), withdrawn, "", asked.now)

    with pytest.raises(Conflict):
        approve(asked, withdrawn)
    assert in_force(asked).version == 1


def test_it_is_asked_from_the_beginning_of_its_day_in_the_firms_zone(asked):
    approve(asked, propose(asked, version(FIRST, day="2026-11-26")))
    begins = asked.clock.moment.replace(day=25, hour=16, minute=0, second=0, microsecond=0)

    with asked.database.reading() as connection:
        numbers = [
            store.questionnaire_for(connection, InvestorKind.INDIVIDUAL, moment)[1].version
            for moment in (begins - timedelta(microseconds=1), begins)
        ]
    assert numbers == [1, 2]


def test_one_whose_day_came_before_its_approval_is_asked_from_then_on(asked):
    proposal = propose(asked, version(FIRST, day="2026-11-24"))
    asked.clock.forward(2 * DAY)

    approve(asked, proposal)

    assert in_force(asked).version == 2


def test_going_back_is_the_older_text_under_a_higher_number(asked):
    approve(asked, propose(asked, SECOND))
    shelf = asked.database.record(questionnaires.shelf, asked.caller("compliance"), asked.now)
    oldest = shelf.tracks["individual"][-1].version.code
    text = asked.database.record(questionnaires.draft, asked.caller("compliance"), oldest, asked.now, ZONE)

    approve(asked, propose(asked, text))

    found = in_force(asked)
    assert (found.version, found.questions[0].words.zh) == (3, "您的年龄是？")


def test_whoever_began_under_the_older_version_begins_again_and_nobody_loses_a_score(asked):
    asked.client("done", RiskCategory.C2)
    asked.client("half", RiskCategory.C2)
    assert assessed.assess(asked, "done", assessed.answers(RiskCategory.C3)) is State.DONE
    assessed.fill(asked, "half", assessed.answers(RiskCategory.C3))
    before = latest(asked, "done")

    approve(asked, propose(asked, SECOND))

    overview = asked.database.record(assessments.overview, asked.caller("half"), asked.now, ZONE)
    assert (overview.state, overview.replaced) == (State.NONE, True)
    with pytest.raises(Conflict):
        asked.database.transact(assessments.hand_in, asked.caller("half"), asked.now, ZONE, declared=True)
    assert latest(asked, "done") == before


def test_of_two_proposed_against_the_same_version_the_second_is_stale(asked):
    first, second = propose(asked, SECOND), propose(asked, version(FIRST, 3))
    approve(asked, first)

    with pytest.raises(Conflict):
        approve(asked, second)
    assert in_force(asked).version == 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ["Please fill in this field."]),
        ("x = [", ["The questionnaire is not valid TOML"]),
        (version(FIRST).replace("to = 19", "to = 18").replace("jump = 2", "jump = 9"), ["review.jump", "bands"]),
        (FIRST, ["version must be higher than 1, the newest version of “individual”.", "effective: this day has passed."]),
        (version(FIRST, day="2026-11-22"), ["effective: this day has passed. Give 2026-11-23 or a later day."]),
        (version(FIRST).replace('["INDIVIDUAL"]', '["INDIVIDUAL", "INSTITUTION"]'), ["INSTITUTION is asked by another"]),
        (version(FIRST) + "# " + "长" * 20_001, ["at most 60000 fit into one entry."]),
    ],
    ids=["empty", "no TOML", "bands and jump", "number and day", "day", "kind of another", "too long"],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_fault_of_a_text_is_told_at_once_with_its_place(asked, text, told):
    found = faults(asked, text)

    assert all(any(each in sentence for sentence in found) for each in told), found


def test_a_kind_may_change_its_questionnaire_only_after_the_other_has_left_it(asked):
    of_its_own = asking(version(INSTITUTION).replace('id = "institution"', 'id = "fund"', 1), "INSTITUTION", "PRODUCT")
    assert "INSTITUTION is asked by another questionnaire already: institution" in faults(asked, of_its_own)[0]

    approve(asked, propose(asked, asking(version(INSTITUTION), "FINANCIAL_INSTITUTION")))
    moved = propose(asked, of_its_own)
    back = propose(asked, version(INSTITUTION, 3))
    approve(asked, moved)

    assert in_force(asked, InvestorKind.INSTITUTION).id == in_force(asked, InvestorKind.PRODUCT).id == "fund"
    with pytest.raises(Conflict, match="Each kind of investor has one"):
        approve(asked, back)


def test_trying_out_shows_the_form_and_whom_nobody_would_ask_and_is_recorded(asked):
    text = asking(version(INSTITUTION), "PRODUCT")

    tried = asked.database.record(questionnaires.try_out, asked.caller("compliance"), text, asked.now, ZONE)

    assert (tried.questionnaire.version, tried.left_out) == (2, [InvestorKind.INSTITUTION])
    proposal = propose(asked, text)
    seen = asked.database.record(questionnaires.proposed, asked.caller("compliance-2"), proposal, asked.now)
    assert seen.questionnaire == tried.questionnaire
    with pytest.raises(NotFound):
        asked.database.record(questionnaires.proposed, asked.caller("compliance-2"), "0" * 26, asked.now)
    with asked.database.reading() as connection:
        kinds = connection.exec_driver_sql("SELECT kind FROM ledger_entry ORDER BY id DESC LIMIT 3").scalars().all()
    assert kinds == ["questionnaire.viewed", "questionnaire.proposed", "questionnaire.viewed"]


def test_a_proposal_keeps_the_whole_text():
    change = QuestionnaireChange(track="individual", version=2, text=SECOND)

    assert from_data(to_data(change)) == change
