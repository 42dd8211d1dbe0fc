"""Rehearsing a policy: what is told beforehand is what its activation then does, one investor and one report at a time."""

import json
import time
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select

from gatekeeper.actions.suitability import rehearsal
from gatekeeper.actions.suitability.rehearsal import Found, Question
from gatekeeper.ledger.caller import Caller
from gatekeeper.rules.changes import CategoryChange, LowestChange, MandateChange
from gatekeeper.rules.errors import Invalid, NotPermitted
from gatekeeper.rules.risk import (
    InvestorClass,
    InvestorKind,
    Objectives,
    ProfessionalClause,
    RiskCategory,
    RiskGrade,
    Term,
    Variety,
)
from gatekeeper.rules.suitability import decide, eligibility
from gatekeeper.store.accounts.people import Classification, Investor, Mandate, ObjectivesRow, StandingRow
from gatekeeper.store.base import new_id
from gatekeeper.store.proof import as_of, entries
from gatekeeper.store.proof.ledger import LedgerEntry
from gatekeeper.store.publishing.reports import Grading, Release, Report, ReportVersion
from gatekeeper.store.reading import lost_readings
from gatekeeper.store.reading.access import current_policy, investor_facts, load
from gatekeeper.store.suitability import rehearsal as store
from gatekeeper.store.suitability.rehearsal import Page
from tests.ledger.test_replay import END, correct, install, mistaken, read
from tests.library import release, withdraw
from tests.world import NOW, POLICIES, ZONE, World

OPERATOR = Caller(actor="operator", channel="test")
DEFAULT = (POLICIES / "suitability.toml").read_text("utf-8")
SHIFTED = DEFAULT.replace('C2 = ["R1", "R2"]', 'C2 = ["R1", "R2", "R3"]').replace(
    'C4 = ["R1", "R2", "R3", "R4"]', 'C4 = ["R1", "R2", "R3"]'
)
"""C2 gains R3, C4 loses R4."""
CLOSED = DEFAULT
for _row in ("C1", "C2", "C3", "C4", "C5", "LOWEST", "PROFESSIONAL"):
    CLOSED = "\n".join(f"{_row} = []" if line.startswith(f"{_row} = ") else line for line in CLOSED.splitlines())
MATCHED = DEFAULT.replace('pull = "warn"', 'pull = "deny"')
"""Term and variety deny whoever asks."""
WAITING = f"{DEFAULT}\n[cool_off]\nhours = 50\ncategories = 2\n"
"""A rise of two waits for a little more than two days, as long as those here are old."""
STRICT = f"{MATCHED}\n[cool_off]\nhours = 49\ncategories = 1\n"
OVER = f"{DEFAULT}\n[cool_off]\nhours = 47\ncategories = 1\n"
"""Every rise waits, but not as long as those here are old."""
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def mixed(world: World) -> tuple[World, list[str]]:
    """Investors and reports of every kind that decides otherwise than another."""
    day = timedelta(days=1)
    for category in RiskCategory:
        world.client(category.name.lower(), category)
    world.client("lowest", RiskCategory.C1, lowest=True)
    world.client("professional", None, investor_class=InvestorClass.PROFESSIONAL_B)
    world.client("bank", None, investor_class=InvestorClass.PROFESSIONAL_A, kind=InvestorKind.FINANCIAL_INSTITUTION)
    world.client("lowest-pro", None, investor_class=InvestorClass.PROFESSIONAL_C, lowest=True)
    world.client("lapsed-pro", RiskCategory.C4, investor_class=InvestorClass.PROFESSIONAL_C, class_last_day=NOW.date())
    world.client("lapsed", RiskCategory.C4, last_day=NOW.date())
    world.client("unassessed", None)
    world.client("incomplete", RiskCategory.C4, complete=False)
    world.client("suspended", RiskCategory.C4, suspended=True)
    world.client("contract", RiskCategory.C4, contract_from=NOW, contract_before=NOW + 90 * day)
    world.client("contract-over", RiskCategory.C4, contract_from=NOW, contract_before=NOW + day)
    for name, term, kinds in (("short", Term.SHORT, [Variety.EQUITY]), ("long", Term.LONG, list(Variety))):
        world.client(name, RiskCategory.C4)
        world.wish(name, term, *kinds)
    for name, was, to in (("risen", RiskCategory.C1, RiskCategory.C4), ("step", RiskCategory.C3, RiskCategory.C4)):
        world.client(name, was)
        world.change(name, CategoryChange(investor=world.investors[name], category=to, before=END))
    world.client("lifted", RiskCategory.C3, lowest=True)
    world.change("lifted", LowestChange(investor=world.investors["lifted"], lowest=False))
    world.client("nobody", RiskCategory.C4)
    ended = MandateChange(investor=world.investors["nobody"], person=world.people["nobody"], capacity="本人", live=False)
    world.change("nobody", ended)
    world.change("c4", MandateChange(investor=world.investors["c4"], person=world.people["c2"], capacity="代理人"))
    wrong = mistaken(world, "c2", CategoryChange(investor=world.investors["c2"], category=RiskCategory.C5, before=END))
    correct(world, "c2", wrong)
    reports = [release(world, grade, title=grade.name) for grade in RiskGrade]
    reports += [
        release(world, RiskGrade.R3, categories=(RiskCategory.C3, RiskCategory.C4)),
        release(world, RiskGrade.R4, categories=()),
        release(world, RiskGrade.R4, professional=ProfessionalClause.FINANCIAL_INSTITUTION),
        release(world, RiskGrade.R4, contract_clients_only=True, professional=None),
        release(world, RiskGrade.R4, clients_only=True),
        release(world, RiskGrade.R2, about=Objectives(Term.MEDIUM, frozenset({Variety.EQUITY}))),
        release(world, RiskGrade.R3, about=Objectives(None, frozenset({Variety.EQUITY, Variety.DERIVATIVE}))),
        release(world, RiskGrade.R4, conflict=True),
        release(world, RiskGrade.R4, released=False),
        release(world, None, released=False),
        release(world, RiskGrade.R4, at=world.now + 90 * day),
        release(world, RiskGrade.R4, title="withdrawn"),
    ]
    withdraw(world, reports[-1])
    read(world, "professional", reports[0])
    world.clock.forward(2 * day)
    return world, reports


def rehearse(world: World, text: str, **how: Any) -> Found:
    now = world.now
    with world.database.reading() as connection:
        return rehearsal.try_out(connection, OPERATOR, Question(text=text, moment=how.pop("moment", now), **how), now, ZONE)


def walk(world: World, reports: list[str]) -> set[tuple[str, str]]:
    """Who may read what, asked one by one of the decision that everybody asks: investor and report."""
    found = set()
    acting = [(name, name) for name in world.investors] + [("c2", "c4")]
    with world.database.reading() as connection:
        for person, investor in acting:
            for report in reports:
                case = load(
                    connection,
                    person=world.people[person],
                    investor=world.investors[investor],
                    report=report,
                    zone=ZONE,
                    now=world.clock.moment,
                )
                if decide(case.facts, world.clock.moment).outcome.value != "DENY":
                    found.add((world.investors[investor], report))
    return found


def everything(world: World, found: Found, listed: Any, *, gained: bool, key: str) -> list[Any]:
    """A whole list, in pages of two."""
    rows, after = [], ""
    while True:
        with world.database.reading() as connection:
            page = listed(connection, found.rehearsal, Page(gained=gained, after=after, limit=2))
        rows += page
        if not page:
            return rows
        after = getattr(page[-1], key)


def test_a_rehearsal_tells_what_activation_then_does_to_each_investor_and_report(mixed):
    world, reports = mixed
    changes = Counter[bool]()

    for text in (DEFAULT, SHIFTED, CLOSED, WAITING, STRICT, OVER, DEFAULT):
        found = rehearse(world, text)
        lists = {
            (what, gained): {row.id for row in everything(world, found, listed, gained=gained, key=key)}
            for gained in (True, False)
            for what, listed, key in (("investors", store.investors, "client_number"), ("reports", store.reports, "id"))
        }
        assert (found.readings, found.readers) == ((1, 1) if text == CLOSED else (0, 0))
        before = walk(world, reports)
        install(world, text)
        after = walk(world, reports)
        for gained, pairs in ((True, after - before), (False, before - after)):
            assert found.rehearsal.count(gained=gained) == len(pairs)
            assert lists["investors", gained] == {investor for investor, _ in pairs}
            assert lists["reports", gained] == {report for _, report in pairs}
            assert found.rehearsal.investors_touched(gained=gained) == len(lists["investors", gained])
            assert found.rehearsal.reports_touched(gained=gained) == len(lists["reports", gained])
            changes[gained] += len(pairs)
        if text == SHIFTED and not after - before:
            assert {(each.row, each.grade) for each in found.rehearsal.table()} == {("C2", "R3"), ("C4", "R4")}
    assert changes[True]
    assert changes[False]
    assert (found.rehearsal.investors, found.rehearsal.reports) == (len(world.investors) - 1, 13)  # for one nobody acts


@sqlite
def test_past_readings_are_those_that_the_new_policy_alone_would_refuse(world):
    world.client("c3")
    world.client("c4", RiskCategory.C4)
    world.client("gone", RiskCategory.C4)
    r2, r4 = release(world, RiskGrade.R2), release(world, RiskGrade.R4, title="四级")
    old = read(world, "c4", r4)
    world.clock.forward(timedelta(days=40))
    code = read(world, "c4", r4)
    read(world, "gone", r4)
    for name in ("c3", "c4"):
        read(world, name, r2)
    read(world, "c3", r4)  # refused then: no reading
    ended = MandateChange(investor=world.investors["gone"], person=world.people["gone"], capacity="本人", live=False)
    world.change("gone", ended)  # refused today under either policy

    found = rehearse(world, SHIFTED, days=30)

    assert (found.readings, found.readers) == (1, 1)
    with world.database.reading() as connection:
        [row] = lost_readings.listed(connection, found.rehearsal, found.since, before=None, limit=9)
        assert (row.code, row.client_number, row.title, row.grade) == (code, "N-c4", "四级", RiskGrade.R4)
        assert lost_readings.listed(connection, found.rehearsal, found.since, before=row.id, limit=9) == []
        longer = rehearse(world, SHIFTED, days=90)
        rows = lost_readings.listed(connection, longer.rehearsal, longer.since, before=None, limit=9)
    assert [each.code for each in rows if each.kind == "report.opened"][-1] == old
    assert longer.readings == len(rows) == 2
    same = rehearse(world, DEFAULT, days=90)
    assert set(same.counts.values()) == {2, 0}  # two investors and two reports, and nothing changes
    table = [(each.row, each.grade, each.gained, each.lost) for each in longer.rehearsal.table()]
    assert table == [("C4", "R4", 0, 1)]


@sqlite
def test_a_policy_is_rehearsed_as_of_when_it_would_begin(world):
    world.client("c4", RiskCategory.C4, last_day=(NOW + timedelta(days=10)).date())
    release(world, RiskGrade.R4)
    release(world, RiskGrade.R4, at=world.now + timedelta(days=5))

    lost = {
        days: rehearse(world, SHIFTED, moment=world.now + timedelta(days=days)).rehearsal.count(gained=False)
        for days in (1, 6, 20)
    }

    assert lost == {1: 1, 6: 2, 20: 0}  # one report is out, then two; then the assessment has lapsed anyway


@sqlite
def test_the_floor_of_the_lowest_category_cannot_be_rehearsed_away(world):
    wider = DEFAULT.replace('LOWEST = ["R1"]', 'LOWEST = ["R1", "R2"]')

    with pytest.raises(Invalid, match="never be given more than R1"):
        rehearse(world, wider)


@sqlite
def test_a_rehearsal_is_for_compliance_and_is_in_the_log_with_its_counts(world):
    world.client("c4", RiskCategory.C4)
    release(world, RiskGrade.R4)
    question = Question(text=SHIFTED, moment=world.now + timedelta(days=1))
    for name in ("reports", "clients", "c4"):
        with world.database.reading() as connection, pytest.raises(NotPermitted):
            rehearsal.try_out(connection, world.caller(name), question, world.now, ZONE)
    for wrong in (Question(text=SHIFTED, moment=NOW - timedelta(days=1)), Question(text=SHIFTED, moment=question.moment, days=0)):
        with world.database.reading() as connection, pytest.raises(Invalid):
            rehearsal.try_out(connection, OPERATOR, wrong, world.now, ZONE)

    caller = world.caller("compliance")
    with world.database.reading() as connection:
        found = rehearsal.try_out(connection, caller, question, world.now, ZONE)
    code = world.database.record(rehearsal.rehearsed, caller, found, 3, world.now)

    with world.database.reading() as connection:
        [entry] = entries.by_code(connection, code)
    data = json.loads(entry.leaf)["data"]
    assert (entry.kind, entry.actor, entry.policy) == ("policy.rehearsed", caller.actor, found.rehearsal.old)
    assert (data["candidate"], data["counts"], data["rows"]) == (found.candidate.digest, found.counts, 3)
    assert found.counts == {
        "investors": 1,
        "reports": 1,
        "pairs_gained": 0,
        "pairs_lost": 1,
        "investors_gained": 0,
        "investors_lost": 1,
        "reports_gained": 0,
        "reports_lost": 1,
        "readings_lost": 0,
        "readers_lost": 0,
    }


def crowd(world: World, investors: int, reports: int) -> None:
    """So many investors and reports, written row by row: category, grade and what else decides follow from the number."""
    world.client("first")
    release(world, RiskGrade.R1)
    ids, report_ids, versions = ([new_id() for _ in range(many)] for many in (investors, reports, reports))

    def write(connection: Connection) -> None:
        entry, at = connection.execute(select(LedgerEntry.id, LedgerEntry.at).order_by(LedgerEntry.id.desc()).limit(1)).one()
        made, dated = {"created_at": at, "entry_id": entry}, {"valid_from": at, "entry_id": entry}
        person, end = world.people["first"], NOW + timedelta(days=700)
        version = dict(connection.execute(select(ReportVersion.__table__)).mappings().first() or {})
        rows: list[tuple[Any, Any]] = [
            (
                Investor,
                (
                    {"id": id_, "kind": InvestorKind.INDIVIDUAL, "name": "张", "client_number": f"Z{n:06}", **made}
                    for n, id_ in enumerate(ids)
                ),
            ),
            (Mandate, ({"investor_id": id_, "person_id": person, "capacity": "本人", "live": True, **dated} for id_ in ids)),
            (StandingRow, ({"investor_id": id_, **STANDING, "suspended": n % 10 == 9, **dated} for n, id_ in enumerate(ids))),
            (
                Classification,
                ({"investor_id": id_, "aspect": "CLASS", "investor_class": InvestorClass.ORDINARY, **dated} for id_ in ids),
            ),
            (
                Classification,
                (
                    {"investor_id": id_, "aspect": "CATEGORY", "category": RiskCategory(n % 5 + 1), "valid_before": end, **dated}
                    for n, id_ in enumerate(ids)
                ),
            ),
            (
                ObjectivesRow,
                (
                    {"investor_id": id_, "term": TERMS[n % 3], "varieties": n % 7 + 1, **dated}
                    for n, id_ in enumerate(ids)
                    if n % 4
                ),
            ),
            (Report, ({"id": id_, **made} for id_ in report_ids)),
            (
                ReportVersion,
                (
                    {**version, "id": id_, "report_id": report, "source_sha256": f"{n:064}"}
                    for n, (id_, report) in enumerate(zip(versions, report_ids, strict=True))
                ),
            ),
            (
                Grading,
                (
                    {
                        "version_id": id_,
                        "grade": RiskGrade(n % 5 + 1),
                        "clients_only": False,
                        "contract_clients_only": False,
                        "term": [None, *TERMS][n % 4],
                        "varieties": [None, 1, 2, 6][n % 4],
                        **dated,
                    }
                    for n, id_ in enumerate(versions)
                ),
            ),
            (
                Release,
                (
                    {"report_id": report, "version_id": id_, "state": "RELEASED", **dated}
                    for id_, report in zip(versions, report_ids, strict=True)
                ),
            ),
        ]
        for table, values in rows:
            connection.execute(insert(table), list(values))
        if not world.database.is_sqlite:
            connection.exec_driver_sql("ANALYZE")  # as autovacuum does; else PostgreSQL takes the tables for nearly empty

    world.database.transact(write)


TERMS = tuple(Term)
STANDING = {"client": True, "profile_complete": True, "closed": False, "branch": "", "contact": ""}


def readable(world: World) -> Counter[str]:
    """How many reports the lists of all investors hold together, by what decides of them: by the condition in SQL."""
    found: Counter[str] = Counter()
    with world.database.reading() as connection:
        moment = world.now
        policy = current_policy(connection, moment)
        for row in as_of.people_alike(connection, moment, None):
            facts = investor_facts(row, row.standing)
            admitted = eligibility(facts, policy[1] if policy else None, moment).open_admission
            found[f"{row.category} {row.suspended} {row.term} {row.varieties}"] += (
                row.number * as_of.counts(connection, moment, admitted)[1]
            )
    return found


@pytest.mark.takes_long
@pytest.mark.parametrize(
    ("investors", "reports", "seconds"), [(2_000, 100, None), pytest.param(100_000, 1_000, 15.0, marks=pytest.mark.long)]
)
def test_a_crowd_is_rehearsed_at_once_and_the_counts_are_what_activation_then_does(world, investors, reports, seconds):
    crowd(world, investors, reports)
    before = readable(world)

    start = time.perf_counter()
    found = rehearse(world, SHIFTED)
    taken = time.perf_counter() - start

    fifth, of_grade = investors // 5, reports // 5
    assert found.rehearsal.count(gained=True) == fifth * of_grade  # every tenth is suspended, and those are all C5
    assert found.rehearsal.count(gained=False) == fifth * of_grade
    assert found.rehearsal.investors_touched(gained=True) == found.rehearsal.investors_touched(gained=False) == fifth
    assert (found.rehearsal.investors, found.rehearsal.reports) == (investors + 1, reports + 1)
    assert seconds is None or taken < seconds, taken
    install(world, SHIFTED)
    after = readable(world)
    changes = [after[each] - before[each] for each in {*before, *after}]
    assert sum(each for each in changes if each > 0) == found.rehearsal.count(gained=True)
    assert -sum(each for each in changes if each < 0) == found.rehearsal.count(gained=False)
    assert rehearse(world, SHIFTED).rehearsal.pairs == ()
    assert rehearse(world, DEFAULT).rehearsal.count(gained=False) == found.rehearsal.count(gained=True)

    start = time.perf_counter()
    strict = rehearse(world, SHIFTED.replace('pull = "warn"', 'pull = "deny"'))  # some hundred sorts of investors and reports
    assert seconds is None or time.perf_counter() - start < seconds * 2
    install(world, SHIFTED.replace('pull = "warn"', 'pull = "deny"'))
    assert sum(after.values()) - sum(readable(world).values()) == strict.rehearsal.count(gained=False) > 0
