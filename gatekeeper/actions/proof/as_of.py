"""Looking back: who could have read a report at an instant gone by, and what a person could read then, each with the reasons.

1. Asked is what the rules allowed. Whether somebody could sign in is another matter, and what was opened stands in the log.
2. Decided is by ``decide`` with the facts as of then. Where a row was marked as entered in error only later, the answer follows
   the file as corrected, and what was known at the time is told beside it.
3. Each page, count and file is an entry before anybody sees it.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked
from gatekeeper.rules.consent import Acceptance
from gatekeeper.rules.errors import N_, Fault, Invalid, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.facts import Facts, ReportFacts
from gatekeeper.rules.risk import Action
from gatekeeper.rules.roles import Permission
from gatekeeper.rules.suitability import Admission, Decision, decide, eligibility
from gatekeeper.store.accounts import sessions
from gatekeeper.store.proof import as_of, entries
from gatekeeper.store.proof.as_of import Key, View, Wanted
from gatekeeper.store.reading import access
from gatekeeper.store.reading.access import Case, investor_facts

PAGE, PIECE = 50, 500


@dataclass(frozen=True, slots=True)
class Reader:
    """One person for one investor: their file and the answer, or None where they did not act for the investor.

    ``then`` is the answer on what was known at the time, with its own file, where that was something else.
    """

    row: Any
    decision: Decision | None
    then_row: Any = None
    then: Decision | None = None
    was_corrected: bool = False

    @property
    def any_row(self) -> Any:
        """A row that names person and investor."""
        return self.row if self.row is not None else self.then_row


@dataclass(frozen=True, slots=True)
class Subject:
    """The report as it stood at the instant: what is asked about each reader."""

    report: entries.Match
    moment: datetime
    case: Case


@dataclass(frozen=True, slots=True)
class Readers:
    """A page of who could have read a report, or could not, and after whom the next one begins."""

    subject: Subject
    readers: tuple[Reader, ...]
    following: tuple[str, str] | None
    counts: Mapping[str, int] | None
    code: str


def admit(connection: Connection, caller: Caller, moment: datetime, now: datetime) -> None:
    """Check the reader again; an operator reads without a person of ours. Nothing can be said of a time that has not come."""
    if caller.person:
        sessions.require(connection, caller.person, caller.session, Permission.SEARCH_LEDGER, now)
    if moment > now:
        raise Invalid(Fault(N_("Please choose a day that has come already."), field="at"))


def subject(connection: Connection, report: str, moment: datetime, zone: ZoneInfo) -> Subject:
    """A report with everything about it that decided at an instant."""
    found = entries.report_of(connection, report)
    if found is None:
        raise NotFound(N_("There is no such report."))
    case = access.load(connection, person="", investor=None, report=report, zone=zone, now=moment)
    if not as_of.was_there(connection, report, moment):
        case = replace(case, version=None, facts=replace(case.facts, report=None))
    return Subject(found, moment, case)


def who_could(
    connection: Connection,
    caller: Caller,
    report: str,
    moment: datetime,
    now: datetime,
    zone: ZoneInfo,
    *,
    after: tuple[str, str] | None = None,
    counts: Mapping[str, int] | None = None,
) -> Asked[Readers]:
    """A page of everybody who acted for an investor at that instant, each with the answer and why.

    It begins after an investor and a person, by their ids.
    """
    admit(connection, caller, moment, now)
    asked = subject(connection, report, moment, zone)
    found = readers(connection, asked, _place(connection, after), PAGE + 1)
    shown = found[:PAGE]
    data = {"as_of": moment.isoformat(), "rows": len(shown), **({"counts": dict(counts)} if counts is not None else {})}
    event = caller.event(Kind.ACCESS_LOOKED_BACK, now, person=None, investor=None, report=report, action=Action.READ, data=data)
    following = (shown[-1].any_row.investor, shown[-1].any_row.person) if len(found) > PAGE else None
    return Asked(Readers(asked, tuple(shown), following, counts, event.code), (event,))


def _place(connection: Connection, after: tuple[str, str] | None) -> Key | None:
    """The place in the list of a person who acts for an investor; one that there is not begins it anew."""
    number = entries.client_numbers(connection, [after[0]]).get(after[0]) if after else None
    return (number, after[1]) if number is not None and after else None


def readers(connection: Connection, asked: Subject, after: Key | None, limit: int) -> list[Reader]:
    """The next readers by client number. Nothing of it may be shown without an entry: ``who_could`` or ``looked_back``."""
    rows = as_of.people(connection, View(moment=asked.moment), asked.case.version, after, limit)
    if not as_of.was_corrected_since(connection, asked.moment):
        return [Reader(row, _decided(asked, row)) for row in rows]
    both = rows, as_of.people(connection, View(moment=asked.moment, known_then=True), asked.case.version, after, limit)
    corrected, known = ({as_of.key(row): row for row in rows} for rows in both)
    keys = list(corrected) if corrected.keys() == known.keys() else as_of.in_order(connection, {*corrected, *known})
    return [_reader(asked, corrected.get(key), known.get(key)) for key in keys[:limit]]


def _reader(asked: Subject, row: Any, then_row: Any) -> Reader:
    decision = _decided(asked, row)
    if row is not None and then_row is not None and as_of.ids(row) == as_of.ids(then_row):
        return Reader(row, decision)
    return Reader(row, decision, then_row, _decided(asked, then_row), was_corrected=True)


def _decided(asked: Subject, row: Any) -> Decision | None:
    return decide(_facts(asked.case.facts, row, asked.case.facts.report, row), asked.moment) if row is not None else None


def _facts(policy: Facts, person: Any, report: ReportFacts | None, accepted: Any) -> Facts:
    """Facts of one decision: policy and statement from ``policy``, the rest from rows of ``store.as_of``."""
    acceptance = (
        None
        if accepted.acceptance is None
        else Acceptance(accepted.acceptance, accepted.accepted_at, accepted.accepted_statement, accepted.profile)
    )
    return replace(
        policy, investor=investor_facts(person, person.standing), report=report, acceptance=acceptance, action=Action.READ
    )


Piece = TypeVar("Piece")
Pieces = Callable[[Callable[[Connection], Piece]], Piece]
"""Reads one piece on a connection of its own: gives a function a connection and hands back what it returned."""


def each_reader(read: Pieces[list[Reader]], asked: Subject) -> Iterator[list[Reader]]:
    """All readers, a piece at a time."""
    after: Key | None = None
    while True:
        found = read(partial(readers, asked=asked, after=after, limit=PIECE))
        if found:
            yield found
        if len(found) < PIECE:
            return
        after = as_of.key(found[-1].any_row)


NOBODY = "NOBODY"
"""In a count: investors for whom, as the file is corrected, nobody acted."""


def counts(connection: Connection, asked: Subject) -> Counter[str]:
    """How many get which answer, as the files are corrected; decided once for all who are alike in what a decision reads."""
    found: Counter[str] = Counter()
    for row in as_of.people_alike(connection, asked.moment, asked.case.version):
        decision = decide(_facts(asked.case.facts, row, asked.case.facts.report, row), asked.moment)
        found[decision.outcome.value] += row.number
    if gone := as_of.left_since(connection, asked.moment):
        found[NOBODY] = gone
    return found


def counted(found: Counter[str], piece: list[Reader]) -> None:
    """Add the answers of a piece to a count by outcome."""
    found.update(each.decision.outcome.value if each.decision else NOBODY for each in piece)


@dataclass(frozen=True, slots=True)
class Reading:
    """One report that was out: its row and the answer; ``then`` is the answer on what was known at the time, if another."""

    row: Any
    decision: Decision
    then: Decision | None = None


@dataclass(frozen=True, slots=True)
class Readings:
    """A page of what a person could read for an investor, what was on file, and how many reports were out and readable.

    ``choices`` are the investors for whom the person acted; with several and none chosen there is no answer yet. ``file`` is None
    where the person did not act for the investor.
    """

    person: entries.Match
    moment: datetime
    choices: tuple[Any, ...]
    file: Any
    then_file: Any
    was_corrected: bool
    facts: Facts
    readings: tuple[Reading, ...]
    out: int
    readable: int
    following: tuple[datetime, str] | None
    everything: bool
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked about a person: for which investor, whether refused reports are shown too, and where the page begins."""

    person: str
    investor: str | None = None
    everything: bool = False
    after: tuple[datetime, str] | None = None
    limit: int = PAGE


def what_could(
    connection: Connection, caller: Caller, question: Question, moment: datetime, now: datetime, zone: ZoneInfo
) -> Asked[Readings]:
    """What a person could read for an investor at an instant, newest report first."""
    admit(connection, caller, moment, now)
    found = readings(connection, question, moment, zone)
    event = caller.event(
        Kind.ACCESS_LOOKED_BACK,
        now,
        person=question.person,
        investor=found.file.investor if found.file is not None else question.investor,
        action=Action.READ,
        data={"as_of": moment.isoformat(), "rows": len(found.readings), "out": found.out, "readable": found.readable},
    )
    return Asked(replace(found, code=event.code), (event,))


def readings(connection: Connection, question: Question, moment: datetime, zone: ZoneInfo) -> Readings:
    """One page of it. Nothing may be shown without an entry: ``what_could`` or ``looked_back``."""
    person = entries.person_of(connection, question.person)
    if person is None:
        raise NotFound(N_("There is no such person."))
    files = [as_of.of_person(connection, View(moment=moment, known_then=known), question.person) for known in (False, True)]
    choices = {row.investor: row for row in (*files[1], *files[0])}
    chosen = question.investor or (next(iter(choices)) if len(choices) == 1 else None)
    file, then_file = (next((row for row in rows if row.investor == chosen), None) for rows in files)
    case = access.load(connection, person="", investor=None, report=None, zone=zone, now=moment)
    found = _Found(connection, case.facts, moment, file, then_file)
    out, readable = as_of.counts(connection, moment, found.admissions[0])
    rows = found.rows(question) if file is not None or then_file is not None else []
    shown = rows[: question.limit]
    return Readings(
        person=person,
        moment=moment,
        choices=tuple(choices.values()),
        file=file,
        then_file=then_file,
        was_corrected=found.was_corrected,
        facts=case.facts,
        readings=tuple(shown),
        out=out,
        readable=readable,
        following=(shown[-1].row.released_at, shown[-1].row.report) if len(rows) > question.limit else None,
        everything=question.everything,
        code="",
    )


@dataclass(slots=True)
class _Found:
    """The investor's side of a page of reports, in both views."""

    connection: Connection
    policy: Facts
    moment: datetime
    file: Any
    then_file: Any
    was_corrected: bool = field(init=False)
    admissions: tuple[Admission | None, Admission | None] = field(init=False)

    def __post_init__(self) -> None:
        both = (self.file, self.then_file)
        self.was_corrected = None in both and both != (None, None)
        self.was_corrected |= None not in both and as_of.ids(self.file) != as_of.ids(self.then_file)
        self.admissions = self._admission(self.file), self._admission(self.then_file)

    def _admission(self, file: Any) -> Admission | None:
        if file is None or self.policy.policy is None or self.policy.statement_id is None:
            return None
        return eligibility(investor_facts(file, file.standing), self.policy.policy, self.moment).open_admission

    def rows(self, question: Question) -> list[Reading]:
        admitted = None if question.everything else tuple(each for each in self.admissions if each is not None)
        whose = (self.file if self.file is not None else self.then_file).investor
        wanted = Wanted(admitted=admitted, after=question.after, limit=question.limit + 1)
        rows = as_of.reports(self.connection, self.moment, question.person, whose, wanted)
        return [self._reading(row) for row in rows]

    def _reading(self, row: Any) -> Reading:
        report = access.released(row)
        decision = self._decided(self.file, report, row)
        return Reading(row, decision, self._decided(self.then_file, report, row) if self.was_corrected else None)

    def _decided(self, file: Any, report: ReportFacts, accepted: Any) -> Decision:
        if file is None:
            return decide(replace(self.policy, investor=None, report=report), self.moment)
        return decide(_facts(self.policy, file, report, accepted), self.moment)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A finished file or list: about what, as of when, and what it holds."""

    moment: datetime
    rows: int
    person: str | None = None
    investor: str | None = None
    report: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    form: str | None = None
    sha256: str | None = None


def looked_back(connection: Connection, caller: Caller, looked: Looked, now: datetime) -> Asked[str]:
    """Record a list that is made and waits; return the entry's code. Nothing of it may leave before it is durable."""
    admit(connection, caller, looked.moment, now)
    data: dict[str, Any] = {"as_of": looked.moment.isoformat(), "rows": looked.rows, "counts": dict(looked.counts)}
    data |= {"format": looked.form, "sha256": looked.sha256} if looked.form else {}
    about: dict[str, Any] = {"person": looked.person, "investor": looked.investor, "report": looked.report}
    event = caller.event(Kind.ACCESS_LOOKED_BACK, now, action=Action.READ, data=data, **about)
    return Asked(event.code, (event,))
