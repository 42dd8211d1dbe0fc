"""The privacy notice: what a client reads and answers before anything else opens, and again only when its words change."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked, append
from gatekeeper.rules.errors import N_, Conflict, Fault, Invalid, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.roles import Permission
from gatekeeper.store.accounts import privacy, sessions
from gatekeeper.store.reading import words

SETUP = Caller(actor="system", channel="setup")
LONGEST = 20_000
_COLUMNS = {"zh_CN": "zh_sha256", "en": "en_sha256"}


def install(connection: Connection, texts: Mapping[str, str], now: datetime) -> list[str]:
    """Put the first notice in force where there is none; return what was done."""
    if privacy.notice(connection, now) is not None:
        return []
    digests = _put(connection, SETUP, texts, "", now)
    return [f"privacy notice {digests['zh_CN'][:12]}"]


def replace(connection: Connection, caller: Caller, texts: Mapping[str, str], reason: str, now: datetime) -> dict[str, str]:
    """Put new words in force; return their hashes. Whoever has not met them is asked at the next click."""
    sessions.require(connection, caller.person, caller.session, Permission.CHANGE_STATEMENTS, now)
    faults = (
        [Fault(N_("The notice needs its text in both languages."))] if not all(each.strip() for each in texts.values()) else []
    )
    if any(len(each) > LONGEST for each in texts.values()):
        faults.append(Fault(N_("At most %(most)s characters fit here."), most=LONGEST))
    if faults:
        raise Invalid(*faults)
    found = privacy.notice(connection, now)
    if found is not None and {_digest(each) for each in texts.values()} == {found.zh_sha256, found.en_sha256}:
        raise Conflict(N_("This is on file already; nothing was changed."))
    digests = _put(connection, caller, texts, reason, now)
    privacy.ask_again(connection, privacy.notice(connection, now))
    return digests


def _put(connection: Connection, caller: Caller, texts: Mapping[str, str], reason: str, now: datetime) -> dict[str, str]:
    digests = {tag: _digest(text) for tag, text in texts.items()}
    event = caller.event(Kind.PRIVACY_NOTICE_INSTALLED, now, data={"sha256": digests}, private={"reason": reason})
    entry_id = append(connection, event)
    for tag, text in texts.items():
        words.keep_words(connection, digests[tag], tag, text)
    columns = {column: digests[tag] for tag, column in _COLUMNS.items()}
    privacy.put_notice(connection, **columns, valid_from=now, entry_id=entry_id)
    return digests


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Shown:
    """The notice as somebody sees it: its text and that text's name, and when this person accepted it; None while it waits."""

    text: str
    sha256: str
    since: datetime
    accepted_at: datetime | None


def serve(connection: Connection, caller: Caller, tag: str, now: datetime) -> Asked[Shown | None]:
    """Show the notice in force in a language; None where the firm has none."""
    sessions.require(connection, caller.person, caller.session, Permission.READ_AS_CLIENT, now)
    found = privacy.notice(connection, now)
    digest = getattr(found, _COLUMNS[tag]) if found is not None else None
    event = caller.event(Kind.PRIVACY_NOTICE_SERVED, now, data={"words": digest, "language": tag})
    if found is None or digest is None:
        return Asked(None, (event,))
    accepted = privacy.accepted(connection, caller.person or "", found)
    shown = Shown(privacy.text(connection, digest), digest, found.valid_from, accepted.accepted_at if accepted else None)
    return Asked(shown, (event,))


def accept(connection: Connection, caller: Caller, digest: str, now: datetime) -> None:
    """Record that the caller accepts the words that were on the screen; if they have changed since, nothing is done."""
    sessions.require(connection, caller.person, caller.session, Permission.READ_AS_CLIENT, now)
    person = caller.person or ""
    found = _same_words(connection, digest, now)
    if privacy.accepted(connection, person, found) is not None:  # pressed twice, or in two windows
        return
    event = caller.event(Kind.PRIVACY_NOTICE_ACCEPTED, now, data={"words": digest, "notice": found.id})
    entry_id = append(connection, event)
    privacy.put_acceptance(
        connection, person_id=person, notice_id=found.id, words_sha256=digest, accepted_at=now, entry_id=entry_id
    )


def decline(connection: Connection, caller: Caller, digest: str, now: datetime) -> None:
    """Record that the caller does not accept, and end the session: nothing opens without."""
    sessions.require(connection, caller.person, caller.session, Permission.READ_AS_CLIENT, now)
    found = _same_words(connection, digest, now)
    append(connection, caller.event(Kind.PRIVACY_NOTICE_DECLINED, now, data={"words": digest, "notice": found.id}))
    if caller.session is not None:
        sessions.end(connection, now, session=caller.session)


def _same_words(connection: Connection, digest: str, now: datetime) -> Any:
    found = privacy.notice(connection, now)
    if found is None:
        raise NotFound(N_("There is no privacy notice at present."))
    if digest not in (found.zh_sha256, found.en_sha256):
        raise Conflict(N_("The privacy notice has changed meanwhile. Please read it again."))
    return found
