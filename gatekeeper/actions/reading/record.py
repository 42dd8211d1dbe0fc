"""What a person may see of their own record: the investor's file, what they read, were refused and accepted, the words, receipts.

Looking at it is recorded as any search of the ledger is.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gatekeeper.ledger import evidence
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked
from gatekeeper.rules import consent
from gatekeeper.rules.errors import N_, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.merkle import leaf_hash
from gatekeeper.rules.policy import last_day_after, valid_before
from gatekeeper.rules.risk import Action
from gatekeeper.rules.suitability import UNDISCLOSED, Eligibility, Outcome, Reason, eligibility
from gatekeeper.store.clients import corrections
from gatekeeper.store.clients.corrections import Told as Corrected
from gatekeeper.store.clients.investors import mandates_of
from gatekeeper.store.proof import entries, several
from gatekeeper.store.publishing import library
from gatekeeper.store.reading import access as facts
from gatekeeper.store.reading import history, words
from gatekeeper.store.reading.access import Case

PAGE = 20
_TOLD_FOR = timedelta(days=365)
"""For how long a client reads that an error in the file was corrected."""
_NO_RECEIPT = N_("There is no entry with this code in your record.")
_NAMED = frozenset(
    {
        Kind.READING_ENDED,
        Kind.REPORT_COPIED,
        Kind.REPORT_DISTRIBUTED,
        Kind.REPORT_OPENED,
        Kind.REPORT_WITHHELD,
        Kind.STATEMENT_ACCEPTED,
    }
)
_KINDS = (
    Kind.READING_ENDED,
    Kind.REPORT_COPIED,
    Kind.REPORT_DISTRIBUTED,
    Kind.REPORT_OPENED,
    Kind.REPORT_REFUSED,
    Kind.REPORT_WITHHELD,
    Kind.STATEMENT_ACCEPTED,
    Kind.STATEMENT_DECLINED,
)


@dataclass(frozen=True, slots=True)
class Past:
    """One thing that the person did or was refused. Report, title, version: only where the person lawfully opened it.

    ``seen`` says of the end of a reading which pages were shown, of how many, and whether that was all; ``is_sent`` of a report
    sent to many whether it came to this person.
    """

    at: datetime
    kind: Kind
    code: str
    reason: Reason | None
    report: str | None
    title: str | None
    version: int | None
    serving: str | None
    seen: tuple[str, int | None, bool] | None = None
    is_sent: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """The investor's file as it stands, and a page of the person's own history."""

    case: Case
    eligible: Eligibility | None
    past: tuple[Past, ...]
    following: str | None
    may_choose: bool
    shut_since: Mapping[Reason, datetime]
    acceptances: "Acceptances | None"
    corrected: tuple[Corrected, ...]


@dataclass(frozen=True, slots=True)
class Acceptances:
    """The acceptances that serve now: of how many report versions, until when the first of them does, and for how many months."""

    count: int
    first_before: datetime | None
    months: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """One entry of the caller's own, as they may keep it. ``words`` are those accepted.

    ``accepted_under`` is the code of the acceptance under which a report was opened, ``fingerprint`` the leaf's RFC 6962 hash.
    ``proof`` shows once it is sealed that the log holds a leaf of this hash; the leaf itself says more than a reader may know.
    """

    past: Past
    log: str
    recorded_at: datetime
    action: Action | None
    outcome: str | None
    policy: str | None
    words_sha256: str | None
    words: Any
    accepted_under: str | None
    fingerprint: str
    proof: str | None
    case: Case


def view(connection: Connection, caller: Caller, now: datetime, zone: ZoneInfo, *, after: str = "") -> Asked[Record]:
    """The caller's own record; ``after`` is the code of the last entry of the page before."""
    person = caller.person or ""
    case = facts.load(connection, person=person, investor=caller.investor, report=None, zone=zone, now=now)
    found = case.facts
    eligible = eligibility(found.investor, found.policy, now) if found.investor else None
    rows = history.of_person(
        connection,
        person,
        [kind.value for kind in _KINDS],
        PAGE + 1,
        investor=caller.investor,
        position=_position(connection, person, after),
    )
    more, rows = len(rows) > PAGE, rows[:PAGE]
    told = [each for row in rows for each in several.told(row, person=person, investor=caller.investor)]
    event = caller.event(
        Kind.LEDGER_SEARCHED,
        now,
        data={
            "own": True,
            "facts": case.used,
            "rows": len(rows),
            "first": rows[0].code if rows else None,
            "last": rows[-1].code if rows else None,
        },
    )
    record = Record(
        case=case,
        eligible=eligible,
        past=tuple(_past(connection, caller, told)),
        following=rows[-1].code if more else None,
        may_choose=len(mandates_of(connection, now, person=person)) > 1,
        shut_since=history.shut_since(connection, case.investor, now) if eligible and eligible.reasons else {},
        acceptances=_acceptances(connection, person, case, eligible, now),
        corrected=tuple(corrections.told(connection, caller.investor, person, now - _TOLD_FOR))
        if found.investor and caller.investor
        else (),
    )
    return Asked(record, (event,))


def _acceptances(
    connection: Connection, person: str, case: Case, eligible: Eligibility | None, now: datetime
) -> Acceptances | None:
    """What ``consent.is_good`` says of all of a person's acceptances at once; None where nothing can be accepted at present."""
    found = case.facts
    if eligible is None or eligible.admission is None or found.policy is None or found.statement_id is None:
        return None
    months, today = found.policy.acknowledgement_months, now.astimezone(found.zone).date()
    first_day = consent.first_day_serving(today, months)
    since = datetime.combine(first_day, time(), found.zone)
    profile = eligible.admission.profile
    count, earliest = words.serving_now(connection, person, case.investor or "", found.statement_id, profile, since, now)
    before = valid_before(last_day_after(earliest.astimezone(found.zone).date(), months), found.zone) if earliest else None
    return Acceptances(count, before, months)


def receipt(
    connection: Connection, caller: Caller, code: str, now: datetime, zone: ZoneInfo, *, file: str | None = None
) -> Asked[Receipt]:
    """One entry of the caller's own, made for the investor for whom they act now. ``file`` says as what it is taken away."""
    wanted = {kind.value for kind in _KINDS}
    person, investor = caller.person, caller.investor
    told = [each for row in entries.by_code(connection, code) for each in several.told(row, person=person, investor=investor)]
    row, data = next((each for each in told if (each[0].person, each[0].investor) == (person, investor)), (None, {}))
    if row is None or row.kind not in wanted:
        raise NotFound(_NO_RECEIPT)
    case = facts.load(connection, person=person or "", investor=investor, report=None, zone=zone, now=now)
    [past] = _past(connection, caller, [(row, data)])
    found = Receipt(
        past=past,
        log=row.log,
        recorded_at=row.recorded_at,
        action=Action(row.action) if row.action else None,
        outcome=row.outcome,
        policy=row.policy,
        words_sha256=data.get("words"),
        words=words.accepted(connection, past.serving) if past.serving else None,
        accepted_under=_accepted_under(connection, data) if past.kind is Kind.REPORT_OPENED else None,
        fingerprint=b64encode(leaf_hash(row.leaf)).decode(),
        proof=evidence.proof(connection, row, with_leaf=False),
        case=case,
    )
    said = {"own": True, "entries": [row.code]}
    if file is None:
        return Asked(found, (caller.event(Kind.ENTRY_READ, now, data=said),))
    return Asked(found, (caller.event(Kind.RECEIPT_DOWNLOADED, now, data={**said, "file": file}),))


def _accepted_under(connection: Connection, data: Mapping[str, Any]) -> str | None:
    """The code of the acceptance that an opening names."""
    acceptance = data.get("facts", {}).get("acceptance")
    return words.acceptance_code(connection, acceptance) if acceptance is not None else None


def accepted_words(connection: Connection, caller: Caller, serving: str, now: datetime) -> Asked[Any]:
    """One of the caller's own acceptances, with the words as they were accepted."""
    row = words.accepted(connection, serving)
    if row is None or (row.person_id, row.investor_id) != (caller.person, caller.investor):
        raise NotFound(N_("There is no such page. It may have moved, or the address is incomplete."))
    code = entries.by_id(connection, row.entry_id).code
    event = caller.event(Kind.ENTRY_READ, now, data={"own": True, "entries": [code], "words": row.words_sha256})
    return Asked((row, code), (event,))


def _position(connection: Connection, person: str, code: str) -> tuple[datetime, int] | None:
    """Where the page before ended. A code that is not one of the person's own begins at the newest."""
    rows = entries.by_code(connection, code) if code else []
    found = [row for each in rows for row, _ in several.told(each, person=person) if row.person == person]
    return (found[-1].at, found[-1].id) if found else None


def _past(connection: Connection, caller: Caller, told: Sequence[tuple[Any, Mapping[str, Any]]]) -> list[Past]:
    rows, said = [row for row, _ in told], {row.id: data for row, data in told}
    versions = {id_: str(data.get("facts", {}).get("version") or data.get("version") or "") for id_, data in said.items()}
    named = {row.report for row in rows if row.kind in _NAMED}
    opened = history.versions_opened(connection, caller.person or "", caller.investor, named)
    seen = library.named(connection, [versions[row.id] for row in rows if versions[row.id] in opened])
    past = []
    for row in rows:
        shown = versions[row.id] in opened and row.kind in _NAMED
        which = seen.get(versions[row.id]) if shown else None
        past.append(
            Past(
                at=row.at,
                kind=Kind(row.kind),
                code=row.code,
                reason=_reason(row),
                report=row.report if shown else None,
                title=which.title if which else None,
                version=which.number if which else None,
                serving=said[row.id].get("serving") if row.kind == Kind.STATEMENT_ACCEPTED else None,
                seen=_seen(said[row.id]) if row.kind == Kind.READING_ENDED else None,
                is_sent=row.kind == Kind.REPORT_DISTRIBUTED and row.outcome == Outcome.PERMIT.value,
            )
        )
    return past


def _seen(data: Mapping[str, Any]) -> tuple[str, int | None, bool]:
    return data["pages"], data["of_pages"], data["completed"]


def _reason(row: Any) -> Reason | None:
    """Why it was refused. What a client must not tell apart is one and the same here too."""
    if row.kind not in (Kind.REPORT_DISTRIBUTED, Kind.REPORT_REFUSED) or row.reason is None:
        return None
    reason = Reason(row.reason)
    return Reason.REPORT_UNKNOWN if reason in UNDISCLOSED else reason
