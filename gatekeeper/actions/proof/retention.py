"""What happens once the years of keeping are over: private values are erased, unless somebody's matter is on hold.

1. Nothing is erased before its time, which no setting can make shorter than ``FLOOR_YEARS`` from the entry on.
2. What a legal hold covers is not erased, however old it is.
3. An erasure is an entry, and so is one that was refused. The leaves stand as they were: all proofs hold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.leaf import timestamp
from gatekeeper.ledger.record import Event, append, database_now
from gatekeeper.rules.errors import N_, Conflict, Fault, Invalid
from gatekeeper.rules.events import Kind
from gatekeeper.store.proof import retention
from gatekeeper.store.proof.retention import Wanted

FLOOR_YEARS = 20
"""Article 32 of the measures: what was decided and told is kept for twenty years at the least."""
BATCH = 1000
_CLOCK_OFF = timedelta(minutes=5)
_TRIALS = ("/demo", "/test")
_LONGEST = 2000


class Refusal(StrEnum):
    """Why nothing was erased."""

    RETENTION = "retention"
    LEGAL_HOLD = "legal_hold"
    NOTHING = "nothing"
    CLOCK = "clock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What one piece of an erasure did: so many entries lost so many private values; ``more`` if others wait."""

    entries: int
    values: int
    held: int
    more: bool
    before: datetime
    refusal: Refusal | None = None


def kept_since(now: datetime, years: int) -> datetime:
    """Entries from this moment on are still kept. On 29 February it is the day before, so that nothing goes too early."""
    year = now.year - max(years, FLOOR_YEARS)
    try:
        return now.replace(year=year)
    except ValueError:
        return now.replace(year=year, day=28)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What is to be erased: of one person or of everybody, before a moment or all whose time is over; and why."""

    reason: str
    years: int = FLOOR_YEARS
    person: str | None = None
    before: datetime | None = None


def erase(connection: Connection, caller: Caller, asking: Asking, now: datetime, *, begun: bool = False) -> Erased:
    """Erase the oldest private values that are asked for, a thousand entries at a time; or refuse, which is an entry too.

    ``begun`` says that earlier pieces of the same erasure are done: nothing more to do is then no refusal.
    """
    _require_reason(asking.reason)
    retention.wait_for_turn(connection)
    floor = kept_since(now, asking.years)
    wanted = Wanted(before=min(asking.before or floor, floor), person=asking.person)
    refusal = _refusal(connection, asking, floor, now)
    ids = [] if refusal else retention.erasable(connection, wanted, now, BATCH)
    held = 0 if refusal or len(ids) == BATCH else retention.held_count(connection, wanted, now)
    if not ids and refusal is None and not begun:
        refusal = Refusal.LEGAL_HOLD if held else Refusal.NOTHING
    done = Erased(entries=len(ids), values=0, held=held, more=len(ids) == BATCH, before=wanted.before, refusal=refusal)
    if refusal is not None:
        data = {"refusal": refusal.value, "older_than": timestamp(asking.before or floor), "kept_since": timestamp(floor)}
        append(connection, _event(caller, Kind.ERASURE_REFUSED, asking, data, now))
        return done
    return _erase(connection, caller, asking, done, ids, now) if ids else done


def _refusal(connection: Connection, asking: Asking, floor: datetime, now: datetime) -> Refusal | None:
    is_trial = retention.origin(connection).endswith(_TRIALS)
    if not is_trial and abs(database_now(connection) - now) > _CLOCK_OFF:
        return Refusal.CLOCK
    if asking.before is not None and asking.before > floor:
        return Refusal.RETENTION
    if asking.person is not None and retention.is_covered(connection, asking.person, now):
        return Refusal.LEGAL_HOLD
    return None


def _erase(connection: Connection, caller: Caller, asking: Asking, done: Erased, ids: Sequence[int], now: datetime) -> Erased:
    values = retention.count_values(connection, ids)
    data = {
        "older_than": timestamp(done.before),
        "erased_entries": len(ids),
        "erased_values": values,
        "erased": spans(ids),
        "held": done.held,
    }
    entry_id = append(connection, _event(caller, Kind.PRIVACY_ERASED, asking, data, now))
    retention.erase(connection, ids, entry_id, now)
    return Erased(entries=len(ids), values=values, held=done.held, more=done.more, before=done.before)


def _event(caller: Caller, kind: Kind, asking: Asking, data: Mapping[str, object], now: datetime) -> Event:
    private = {"reason": asking.reason}
    return caller.event(kind, now, person=asking.person, data=data, private=private)


def spans(ids: Sequence[int]) -> str:
    """Numbers in order as few words: 1-5, 7."""
    found: list[list[int]] = []
    for each in ids:
        if found and found[-1][1] == each - 1:
            found[-1][1] = each
        else:
            found.append([each, each])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in found)


def set_hold(connection: Connection, caller: Caller, subject: tuple[str, str], reason: str, now: datetime) -> None:
    """Keep what concerns a person, an investor or a report until the hold is lifted."""
    _change_hold(connection, caller, subject, reason, now, live=True)


def lift_hold(connection: Connection, caller: Caller, subject: tuple[str, str], reason: str, now: datetime) -> None:
    """Let the ordinary years of keeping apply again."""
    _change_hold(connection, caller, subject, reason, now, live=False)


def _change_hold(
    connection: Connection, caller: Caller, subject: tuple[str, str], reason: str, now: datetime, *, live: bool
) -> None:
    _require_reason(reason)
    retention.wait_for_turn(connection)
    what, id_ = subject
    if retention.is_held(connection, what, id_, now) is live:
        raise Conflict(N_("This is on hold already; nothing was changed.") if live else N_("This is not on hold."))
    members = {"person": None, "investor": None, "report": None, what: id_}
    kind = Kind.LEGAL_HOLD_SET if live else Kind.LEGAL_HOLD_LIFTED
    entry_id = append(connection, caller.event(kind, now, private={"reason": reason}, **members))
    retention.put_hold(connection, what, id_, live=live, valid_from=now, entry_id=entry_id)


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise Invalid(Fault(N_("Please give a reason."), field="reason"))
    if len(reason) > _LONGEST:
        raise Invalid(Fault(N_("At most %(most)s characters fit here."), field="reason", most=_LONGEST))
