"""Files of people that were imported: the file, what each row says and would change, how far it went, and what came of it.

All of it is written once. Which rows are done is told by the results that are there, so that work which was broken off goes on
where it stopped, and no row is done twice.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Boolean, Connection, ForeignKey, Index, String, case, exists, func, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from gatekeeper.rules.importing.judging import Verdict
from gatekeeper.store import jobs
from gatekeeper.store.accounts.people import Person
from gatekeeper.store.base import Base, Body, EntryId, Key, Serial, Sha256
from gatekeeper.store.proof.ledger import LedgerEntry
from gatekeeper.store.proposals import Proposal


class Step(StrEnum):
    """How far an import went; each at most once."""

    CHECKED = "CHECKED"
    FAILED = "FAILED"
    DISCARDED = "DISCARDED"
    CONFIRMED = "CONFIRMED"
    LOWERED = "LOWERED"
    FINISHED = "FINISHED"


class Part(StrEnum):
    """Which part of a row was done: what lowers, or what raises."""

    LOWER = "LOWER"
    RAISE = "RAISE"


class Outcome(StrEnum):
    """What came of a part: it applies, or it does not because something moved meanwhile."""

    APPLIED = "APPLIED"
    LEFT_OUT = "LEFT_OUT"


class PeopleImport(Base):
    """One file, and who handed it in. The file itself is kept by its SHA-256."""

    __tablename__ = "people_import"
    __table_args__ = (Index(None, "asked_at", "id"),)
    id: Mapped[Key] = mapped_column(primary_key=True)
    file_name: Mapped[str]
    sha256: Mapped[Sha256]
    size: Mapped[int]
    reason: Mapped[Body]
    asked_by: Mapped[Key] = mapped_column(ForeignKey("person.id"))
    asked_at: Mapped[datetime]
    entry_id: Mapped[EntryId]


class ImportRow(Base):
    """One row: what it says, the verdict, and as JSON what it would change beside what was on file when it was checked.

    ``investor_id`` and ``person_id`` are those of whom it is about, who need not be on file yet. ``digest`` covers all of it.
    """

    __tablename__ = "import_row"
    __table_args__ = (
        Index(None, "import_id", "verdict", "number"),
        Index(None, "import_id", "client_number", "number"),
        Index(None, "import_id", "login", "number"),
    )
    import_id: Mapped[Key] = mapped_column(ForeignKey("people_import.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    client_number: Mapped[str] = mapped_column(String(80))
    login: Mapped[str | None] = mapped_column(String(80))
    verdict: Mapped[str] = mapped_column(String(16))
    lowers: Mapped[bool] = mapped_column(Boolean)
    raises: Mapped[bool] = mapped_column(Boolean)
    apart: Mapped[bool] = mapped_column(Boolean)
    about_investor: Mapped[str | None] = mapped_column(String(26))
    about_person: Mapped[str | None] = mapped_column(String(26))
    content: Mapped[Body]
    digest: Mapped[Sha256]
    entry_id: Mapped[EntryId]


class ImportResult(Base):
    """What came of one part of one row, with the entry that says so. ``base`` names the rows on file afterwards."""

    __tablename__ = "import_result"
    import_id: Mapped[Key] = mapped_column(ForeignKey("people_import.id"), primary_key=True)
    part: Mapped[str] = mapped_column(String(8), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    outcome: Mapped[str] = mapped_column(String(16))
    why: Mapped[str | None] = mapped_column(String(300))
    base: Mapped[Body]
    entry_id: Mapped[EntryId]


class ImportStep(Base):
    """That an import reached a step, with what is told of it as JSON."""

    __tablename__ = "import_step"
    __table_args__ = (Index("uq_import_step_import_id_step", "import_id", "step", unique=True),)
    id: Mapped[Serial]
    import_id: Mapped[Key] = mapped_column(ForeignKey("people_import.id"))
    step: Mapped[str] = mapped_column(String(16))
    data: Mapped[Body]
    proposal_id: Mapped[str | None] = mapped_column(String(26), ForeignKey("proposal.id"))
    at: Mapped[datetime]
    entry_id: Mapped[EntryId]


CHECK, LOWER, RAISE = JOBS = ("import.check", "import.lower", "import.raise")
"""The kinds of job that an import has: reading and checking, letting lower, letting raise."""

_WAITS = {Part.LOWER: ImportRow.lowers, Part.RAISE: ImportRow.raises}


def put(connection: Connection, **columns: Any) -> None:
    """Write an import."""
    connection.execute(insert(PeopleImport).values(**columns))


def put_rows(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Write rows that were checked."""
    if rows:
        connection.execute(insert(ImportRow), list(rows))


def put_results(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Write what came of rows."""
    if rows:
        connection.execute(insert(ImportResult), list(rows))


def put_step(connection: Connection, **columns: Any) -> None:
    """Write that a step was reached."""
    connection.execute(insert(ImportStep).values(**columns))


def ask(connection: Connection, id_: str, kind: str, entry_id: int, now: datetime) -> None:
    """Have a job done about an import; whoever handed it in sees how far it is."""
    asked_by = select(PeopleImport.asked_by).where(PeopleImport.id == id_).scalar_subquery()
    jobs.put(connection, kind=kind, subject=id_, asked_by=asked_by, asked_at=now, entry_id=entry_id)


def get(connection: Connection, id_: str, *, for_update: bool = False) -> Any:
    """One import with the name of whoever handed it in, or None; held until the transaction ends if asked."""
    if not (id_.isascii() and id_.isalnum()):  # PostgreSQL would stumble over a NUL in an address
        return None
    query = _LISTED.where(PeopleImport.id == id_)
    return connection.execute(query.with_for_update(of=PeopleImport) if for_update else query).first()


_LISTED = (
    select(PeopleImport.__table__, Person.name.label("asked_by_name"), LedgerEntry.code)
    .join(Person, Person.id == PeopleImport.asked_by)
    .join(LedgerEntry, LedgerEntry.id == PeopleImport.entry_id)
)


def newest(connection: Connection, limit: int, before: tuple[datetime, str] | None = None) -> list[Any]:
    """The imports that were handed in last, before a position if one is given."""
    query = _LISTED
    if before is not None:
        at, id_ = before
        query = query.where((PeopleImport.asked_at < at) | ((PeopleImport.asked_at == at) & (PeopleImport.id < id_)))
    return list(connection.execute(query.order_by(PeopleImport.asked_at.desc(), PeopleImport.id.desc()).limit(limit)))


def beginning(connection: Connection, prefix: str, limit: int) -> list[str]:
    """The ids of imports that begin with these characters."""
    query = select(PeopleImport.id).where(PeopleImport.id.startswith(prefix, autoescape=True)).limit(limit)
    return list(connection.execute(query).scalars())


def steps(connection: Connection, imports: Collection[str]) -> dict[str, dict[Step, Any]]:
    """The steps of imports, with the state of the proposal that one may have made and the code of each entry."""
    found: dict[str, dict[Step, Any]] = {each: {} for each in imports}
    query = (
        select(ImportStep.__table__, Proposal.state.label("proposal_state"), LedgerEntry.code)
        .join(LedgerEntry, LedgerEntry.id == ImportStep.entry_id)
        .outerjoin(Proposal, Proposal.id == ImportStep.proposal_id)
        .where(ImportStep.import_id.in_(sorted(imports)))
    )
    for row in connection.execute(query):
        found[row.import_id][Step(row.step)] = row
    return found


def jobs_of(connection: Connection, imports: Collection[str]) -> dict[str, Any]:
    """The newest job of each import."""
    query = select(jobs.Job.__table__).where(jobs.Job.subject.in_(sorted(imports))).order_by(jobs.Job.id)
    return {row.subject: row for row in connection.execute(query)}


def last_number(connection: Connection, id_: str) -> int:
    """The number of the last row that was checked, 0 before any."""
    return connection.execute(select(func.max(ImportRow.number)).where(ImportRow.import_id == id_)).scalar_one() or 0


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows there are of each verdict, how many lower, raise, and are to be looked at by themselves."""

    by_verdict: dict[str, int]
    lowers: int
    raises: int
    apart: int

    @property
    def rows(self) -> int:
        """All of them."""
        return sum(self.by_verdict.values())


def counts(connection: Connection, id_: str) -> Counts:
    """Count an import's rows."""
    flags = [
        func.sum(case((flag, 1), else_=0)) for flag in (ImportRow.lowers, ImportRow.raises, ImportRow.apart & ImportRow.raises)
    ]
    query = select(ImportRow.verdict, func.count(), *flags).where(ImportRow.import_id == id_).group_by(ImportRow.verdict)
    by_verdict, sums = dict.fromkeys(map(str, Verdict), 0), [0, 0, 0]
    for verdict, number, *flagged in connection.execute(query):
        by_verdict[verdict] = number
        sums = [one + int(other) for one, other in zip(sums, flagged, strict=True)]
    return Counts(by_verdict, *sums)


def results(connection: Connection, id_: str) -> dict[tuple[str, str], int]:
    """How many rows of each part came to what."""
    columns = ImportResult.part, ImportResult.outcome
    query = select(*columns, func.count()).where(ImportResult.import_id == id_).group_by(*columns)
    return {(part, outcome): number for part, outcome, number in connection.execute(query)}


FILTERS: dict[str, Any] = {
    "refused": ImportRow.verdict == Verdict.REFUSED.value,
    "new": ImportRow.verdict == Verdict.NEW.value,
    "changed": ImportRow.verdict == Verdict.CHANGED.value,
    "lowers": ImportRow.lowers,
    "raises": ImportRow.raises,
    "apart": ImportRow.apart & ImportRow.raises,
    "unchanged": ImportRow.verdict == Verdict.UNCHANGED.value,
    "left-out": exists().where(
        ImportResult.import_id == ImportRow.import_id,
        ImportResult.part.in_(list(Part)),
        ImportResult.number == ImportRow.number,
        ImportResult.outcome == Outcome.LEFT_OUT.value,
    ),
}
"""What a page may show of an import's rows."""


def rows(connection: Connection, id_: str, *, after: int, limit: int, only: str | None = None) -> list[Any]:
    """Rows of an import in the order of the file."""
    query = select(ImportRow.__table__).where(ImportRow.import_id == id_, ImportRow.number > after)
    if only is not None:
        query = query.where(FILTERS[only])
    return list(connection.execute(query.order_by(ImportRow.number).limit(limit)))


def changing(connection: Connection, id_: str, after: int, limit: int) -> list[Any]:
    """The next rows that change something, in the order of the file."""
    query = select(ImportRow.__table__).where(ImportRow.import_id == id_, ImportRow.number > after)
    either = ImportRow.lowers | ImportRow.raises
    return list(connection.execute(query.where(either).order_by(ImportRow.number).limit(limit)))


def results_of(connection: Connection, id_: str, numbers: Sequence[int]) -> dict[tuple[int, str], Any]:
    """What came of these rows, by number and part, with the codes of the entries."""
    if not numbers:
        return {}
    query = select(ImportResult.__table__, LedgerEntry.code).join(LedgerEntry, LedgerEntry.id == ImportResult.entry_id)
    within = ImportResult.part.in_(list(Part)) & ImportResult.number.between(numbers[0], numbers[-1])
    wanted = frozenset(numbers)
    rows = connection.execute(query.where(ImportResult.import_id == id_, within))
    return {(row.number, row.part): row for row in rows if row.number in wanted}


def faults_of(row: Any) -> list[tuple[str, str | None, dict[str, str]]]:
    """Why a row was refused: sentences, each with the column it is about and its values."""
    return [(message, field, values) for message, field, values in json.loads(row.content)["faults"]]


def to_do(connection: Connection, id_: str, part: Part, limit: int) -> list[Any]:
    """The next rows of which a part waits to be done. They are done in the order of the file, so it is those after the last."""
    last = select(func.coalesce(func.max(ImportResult.number), 0))
    last = last.where(ImportResult.import_id == id_, ImportResult.part == part.value)
    waits = (ImportRow.import_id == id_, _WAITS[part], ImportRow.number > last.scalar_subquery())
    return list(connection.execute(select(ImportRow.__table__).where(*waits).order_by(ImportRow.number).limit(limit)))


def raising_digests(connection: Connection, id_: str) -> Any:
    """The digests of the rows that raise, in the order of the file."""
    query = select(ImportRow.digest).where(ImportRow.import_id == id_, ImportRow.raises).order_by(ImportRow.number)
    return connection.execute(query).scalars()


@dataclass(frozen=True, slots=True)
class Firsts:
    """Of the rows checked so far: the first of each client number, the first good one of each login, the first of each pair."""

    of_number: dict[str, Any]
    of_login: dict[str, Any]
    of_both: dict[tuple[str, str | None], int]


def firsts(connection: Connection, id_: str, numbers: Collection[str], logins: Collection[str]) -> Firsts:
    """Look up the first rows of these client numbers and login names."""
    first, mine = func.min(ImportRow.number), ImportRow.import_id == id_
    numbered = mine & ImportRow.client_number.in_(sorted(numbers))
    good = mine & ImportRow.login.in_(sorted(logins)) & (ImportRow.verdict != Verdict.REFUSED.value)
    pairs = (
        select(ImportRow.client_number, ImportRow.login, first).where(numbered).group_by(ImportRow.client_number, ImportRow.login)
    )
    return Firsts(
        {
            row.client_number: row
            for row in _first(connection, id_, select(first).where(numbered).group_by(ImportRow.client_number))
        },
        {row.login: row for row in _first(connection, id_, select(first).where(good).group_by(ImportRow.login))},
        {(number, login): least for number, login, least in connection.execute(pairs)},
    )


def _first(connection: Connection, id_: str, numbers: Any) -> list[Any]:
    query = select(ImportRow.__table__).where(ImportRow.import_id == id_, ImportRow.number.in_(numbers))
    return list(connection.execute(query))


def is_about(connection: Connection, id_: str, person: str, investors: Collection[str]) -> bool:
    """Whether any row that changes something is about this person, or about an investor among these."""
    query = select(ImportRow.number).where(ImportRow.import_id == id_, ImportRow.verdict.in_((Verdict.NEW, Verdict.CHANGED)))
    either = (ImportRow.about_person == person) | ImportRow.about_investor.in_(sorted(investors))
    return connection.execute(query.where(either).limit(1)).first() is not None
