"""What a list shows is what the same person would be given, one by one: the SQL condition and ``decide`` are one rule."""

import ast
import random
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from gatekeeper.actions.reading import access
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.rules.events import Kind
from gatekeeper.rules.policy import parse
from gatekeeper.rules.risk import InvestorClass, InvestorKind, ProfessionalClause, RiskCategory, RiskGrade, Term
from gatekeeper.rules.suitability import Outcome, Reason
from gatekeeper.store.accounts.people import Classification, Investor, Mandate, ObjectivesRow, Person, StandingRow
from gatekeeper.store.base import new_id
from gatekeeper.store.publishing import library
from gatekeeper.store.publishing.reports import Grading, Release
from gatekeeper.store.reading.words import put_policy
from tests.operators import ask_for
from tests.product import nodes
from tests.world import POLICIES, ZONE, World

WORD = "芯片"
LATER = timedelta(days=450)
"""By then a policy is in force under which term and variety deny whoever asks, and a rise of two waits."""
STRICTER = (POLICIES / "suitability.toml").read_text("utf-8").replace('pull = "warn"', 'pull = "deny"')
STRICTER += "\n[cool_off]\nhours = 24\ncategories = 2\n"


def some(random_: random.Random, *choices: Any) -> Any:
    return random_.choice(choices)


def put_investor(connection: Connection, r: random.Random, number: int, entry: int, now: datetime) -> tuple[str, str]:
    """An investor with a random file, some of it missing, lapsed, future, or entered in error; and its person."""
    person, investor = new_id(), new_id()
    connection.execute(insert(Person).values(id=person, name=f"p{number}", login=f"p{number}", created_at=now, entry_id=entry))
    connection.execute(
        insert(Investor).values(
            id=investor, kind=r.choice(list(InvestorKind)), name="i", client_number=f"R{number}", created_at=now, entry_id=entry
        )
    )
    dated = {"valid_from": now, "entry_id": entry}
    connection.execute(
        insert(Mandate).values(
            person_id=person,
            investor_id=investor,
            capacity="x",
            live=r.random() < 0.95,
            valid_before=some(r, None, None, now + timedelta(days=1), now + timedelta(seconds=1)),
            **dated,
        )
    )
    if r.random() < 0.95:
        lapsed = (now - timedelta(9), now - timedelta(1))
        contract = some(r, (None, None), (now, None), (now, now + timedelta(days=9)), lapsed)
        connection.execute(
            insert(StandingRow).values(
                investor_id=investor,
                client=r.random() < 0.9,
                profile_complete=r.random() < 0.9,
                suspended=r.random() < 0.1,
                closed=r.random() < 0.05,
                contract_from=contract[0],
                contract_before=contract[1],
                branch="",
                contact="",
                **dated,
            )
        )
    put_classification(connection, r, investor, dated, now)
    return person, investor


def put_classification(connection: Connection, r: random.Random, investor: str, dated: dict[str, Any], now: datetime) -> None:
    ends = (now + timedelta(seconds=2), now + timedelta(days=400))
    for _ in range(r.choice([0, 1, 1, 2])):
        class_ = r.choice([InvestorClass.ORDINARY, InvestorClass.ORDINARY, *InvestorClass])
        before = None if class_ is InvestorClass.ORDINARY else r.choice(ends)
        row = {
            "investor_id": investor,
            "aspect": "CLASS",
            "investor_class": class_,
            "ground": "x",
            **dated,
            "valid_before": before,
        }
        key = connection.execute(insert(Classification).values(**row)).inserted_primary_key[0]
        if r.random() < 0.15:
            connection.execute(insert(Classification).values(**row, corrects_id=key))
    for _ in range(r.choice([0, 1, 1, 1, 2])):
        connection.execute(
            insert(Classification).values(
                investor_id=investor,
                aspect="CATEGORY",
                category=r.choice(list(RiskCategory)),
                **{**dated, "valid_from": now if r.random() < 0.9 else now + timedelta(days=500)},
                valid_before=now + timedelta(days=600) if r.random() < 0.8 else now + timedelta(days=501),
                rose_from=some(r, None, *RiskCategory),
                rose_at=some(r, None, now, now + LATER - timedelta(hours=3)),
            )
        )
    if r.random() < 0.3:
        rose_at = some(r, None, now + LATER - timedelta(hours=9))
        flag = {"aspect": "LOWEST", "lowest": r.random() < 0.6, "rose_at": rose_at}
        connection.execute(insert(Classification).values(investor_id=investor, **flag, **dated))
    for _ in range(r.choice([0, 1, 1, 1, 2])):
        wish = {"term": some(r, Term.LONG, *Term), "varieties": some(r, 0b11111, 0b11111, r.randrange(32))}
        key = connection.execute(insert(ObjectivesRow).values(investor_id=investor, **wish, **dated)).inserted_primary_key[0]
        if r.random() < 0.15:
            connection.execute(insert(ObjectivesRow).values(investor_id=investor, **wish, **dated, corrects_id=key))


def put_report(connection: Connection, r: random.Random, number: int, entry: int, now: datetime) -> str:
    """A report with a random state, grade and audience."""
    report, version = new_id(), new_id()
    written = {"created_at": now, "entry_id": entry}
    metadata = {
        "issuer": "明澈证券",
        "title": f"{number} {WORD if number % 2 else '债券'} 100%",
        "subtitle": "",
        "kind": "点评",
        "language": "zh",
        "published_on": None,
        "rating": "",
        "analysts": "[]",
        "notice": "",
        "reading": "{}",
        "conflict": r.random() < 0.05,
        "search_words": f"{number} {WORD if number % 2 else '债券'} 100%",
        "source_sha256": f"{number:064}",
    }
    library.put_report(
        connection,
        {"id": report, **written},
        {"id": version, "report_id": report, "number": 1, **metadata, **written},
        {"version_id": version, "body": "{}", "source": ""},
    )
    dated = {"valid_from": now, "entry_id": entry}
    if r.random() < 0.95:
        connection.execute(
            insert(Grading).values(
                version_id=version,
                grade=r.choice(list(RiskGrade)),
                professional=some(r, None, None, *ProfessionalClause),
                categories=some(r, None, 0, 0b11100, r.randrange(32)),
                clients_only=r.random() < 0.5,
                contract_clients_only=r.random() < 0.2,
                term=some(r, None, None, None, *Term),
                varieties=some(r, None, None, 0b00010, r.randrange(32)),
                **dated,
            )
        )
    for state in some(r, [], ["RELEASED"], ["RELEASED"], ["RELEASED"], ["RELEASED", "WITHDRAWN"], ["LATER"]):
        valid_from = now + timedelta(days=1) if state == "LATER" else now
        connection.execute(
            insert(Release).values(
                report_id=report,
                version_id=version,
                state="RELEASED" if state == "LATER" else state,
                valid_from=valid_from,
                entry_id=entry,
            )
        )
    return report


def test_a_list_shows_exactly_what_would_be_given_one_by_one(world: World) -> None:
    r, now = random.Random(20261123), world.now

    def fill(connection: Connection) -> tuple[list[tuple[str, str]], list[str]]:
        entry = append(connection, Caller(actor="system").event(Kind.LOG_STARTED, now))
        begins = {"valid_from": now + timedelta(days=100), "entry_id": entry}
        put_policy(connection, text=STRICTER, sha256=parse(STRICTER).digest, **begins)
        people = [put_investor(connection, r, number, entry, now) for number in range(40)]
        return people, [put_report(connection, r, number, entry, now) for number in range(30)]

    people, reports = world.database.transact(fill)
    seen, told = 0, set[Reason]()
    for (person, investor), later in product(people, (timedelta(seconds=1.5), LATER)):
        caller, then = Caller(actor=f"person:{person}", person=person, investor=investor), now + later
        with world.database.reading() as connection:
            answers = {
                each: ask_for(connection, caller, person, investor, each, then, ZONE).answer.answered.decision for each in reports
            }
            opened = reports[len(told) % len(reports)]  # opening a report costs more, for it says what else may be read
            assert access.open_report(connection, caller, opened, then, ZONE).answer.decision == answers[opened]
            given = {report for report, decision in answers.items() if decision.outcome is not Outcome.DENY}
            told |= {reason for decision in answers.values() for reason in (*decision.reasons, *decision.warnings)}
            listed, following = set(), None
            while True:
                page = access.list_reports(connection, caller, then, ZONE, after=following).answer
                listed |= {each.report for each in page.reports}
                following = page.following
                if following is None:
                    break
            found = access.list_reports(connection, caller, then, ZONE, words=WORD).answer
        assert listed == given
        assert {each.report for each in found.reports} <= given
        assert all(WORD in each.title for each in found.reports)
        assert found.hidden == page.hidden, "the count of hidden reports ignores search"
        seen += len(given)
    assert seen > 80, "the world must be rich enough to prove something"
    assert told >= {Reason.COOLING_OFF, Reason.TERM_MISMATCH, Reason.VARIETY_MISMATCH}


@pytest.mark.parametrize("words", ["%", "_", "\\", "100%"])
def test_signs_that_sql_reads_otherwise_are_only_themselves_in_a_search(world: World, words: str) -> None:
    world.client("c5", RiskCategory.C5)
    r, now = random.Random(1), world.now

    def fill(connection: Connection) -> None:
        entry = append(connection, Caller(actor="system").event(Kind.LOG_STARTED, now))
        for number in range(20):
            put_report(connection, r, number, entry, now)

    world.database.transact(fill)
    page = world.database.record(access.list_reports, world.caller("c5"), world.now, ZONE, words=words)

    assert bool(page.reports) == (words == "100%"), "punctuation alone stands nowhere"


def test_a_permit_is_made_in_one_place_alone() -> None:
    makers = {
        name
        for name, node in nodes()
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", None)) == "Permit"
    }
    assert makers == {"actions/reading/access.py"}


def test_content_is_read_against_a_permit_alone() -> None:
    readers = {
        (name, getattr(node, "name", "a statement made ahead"))
        for name, node in nodes()
        if isinstance(node, ast.FunctionDef | ast.Assign | ast.AnnAssign)
        and not {"ReportContent", "ReportIndex", "_CONTENT"}.isdisjoint(
            each.id for each in ast.walk(node) if isinstance(each, ast.Name)
        )
    }
    assert readers == {
        ("store/publishing/report_index.py", "a statement made ahead"),
        ("store/publishing/report_index.py", "next_without"),  # what a row of the index is made of, for the work process alone
        ("store/publishing/report_index.py", "put"),
        ("store/publishing/search.py", "a statement made ahead"),
        ("store/publishing/search.py", "_has"),
        ("store/publishing/search.py", "find"),  # ids and metadata of what the policy admits; no words of the index
        ("store/publishing/search.py", "named"),  # a condition on metadata, for staff
        ("store/publishing/search.py", "passages"),  # takes permits
        ("store/publishing/library.py", "a statement made ahead"),
        ("store/publishing/library.py", "content"),
        ("store/publishing/library.py", "put_report"),
        ("store/publishing/library.py", "source"),
        ("store/publishing/versions.py", "copy"),  # by the database, from row to row: nothing of it is handed out
    }
