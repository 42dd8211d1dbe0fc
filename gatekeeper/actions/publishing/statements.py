"""The statement that readers accept: its versions, and proposing a new one.

A statement is proposed by one compliance officer and approved by another; it is in force from its approval, and then everybody is
asked anew.
"""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.acts.propose import Proposed, propose
from gatekeeper.ledger.acts.versions import NO_VERSION, Version, versions_of
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked
from gatekeeper.rules.changes import StatementChange
from gatekeeper.rules.errors import N_, Conflict, Fault, Invalid, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.parsing.texts import faults_of
from gatekeeper.rules.roles import Permission
from gatekeeper.store import proposals
from gatekeeper.store.accounts import sessions
from gatekeeper.store.reading import words

LONGEST = 6000
"""The most characters of a statement in one language: both, twice as long in UTF-8 and quoted in an entry, still fit a leaf."""
_LINES = 3


@dataclass(frozen=True, slots=True)
class Versions:
    """All versions, newest first, and the proposals that wait."""

    rows: list[Version]
    waiting: list[Any]


def versions(connection: Connection, caller: Caller, now: datetime) -> Asked[Versions]:
    """The versions of the statement; who looked is recorded."""
    sessions.require(connection, caller.person, caller.session, Permission.SEE_STATEMENTS, now)
    rows = versions_of(connection, words.statements(connection))
    found = Versions(rows, proposals.listed(connection, ["statement"], waiting=True, after=None, limit=20))
    return Asked(found, (_looked(caller, Kind.STATEMENTS_VIEWED, [rows[0].row.id] if rows else [], now),))


def _looked(caller: Caller, kind: Kind, ids: list[int], now: datetime) -> Any:
    return caller.event(kind, now, person=None, investor=None, data={"versions": ids})


@dataclass(frozen=True, slots=True)
class Pair:
    """Two versions to be compared, and all that there are."""

    old: Version
    new: Version
    rows: list[Version]


def compare(connection: Connection, caller: Caller, old: str, new: str, now: datetime) -> Asked[Pair]:
    """Two versions by their codes; without any, the newest beside the one before it."""
    sessions.require(connection, caller.person, caller.session, Permission.SEE_STATEMENTS, now)
    rows = versions_of(connection, words.statements(connection))
    by_code = {version.code: version for version in rows}
    newest, second = rows[0], rows[1] if len(rows) > 1 else rows[0]
    if (old and old not in by_code) or (new and new not in by_code):
        raise NotFound(NO_VERSION)
    pair = Pair(by_code.get(old, second), by_code.get(new, newest), rows)
    return Asked(pair, (_looked(caller, Kind.STATEMENTS_VIEWED, [pair.old.row.id, pair.new.row.id], now),))


def propose_statement(connection: Connection, caller: Caller, text_zh: str, text_en: str, reason: str, now: datetime) -> Proposed:
    """Propose a new version of the statement; another compliance officer approves it."""
    sessions.require(connection, caller.person, caller.session, Permission.CHANGE_STATEMENTS, now)
    wanted = StatementChange(text_zh=_tidy(text_zh), text_en=_tidy(text_en))
    faults = _faults(wanted.text_zh, "text_zh") + _faults(wanted.text_en, "text_en") + faults_of(reason=reason)
    if faults:
        raise Invalid(*faults)
    in_force = words.statement(connection, now)
    if in_force is not None and (_tidy(in_force.text_zh), _tidy(in_force.text_en)) == (wanted.text_zh, wanted.text_en):
        raise Conflict(N_("This is the statement in force already; nothing was proposed."))
    return propose(connection, caller, "statement", [wanted], {}, reason, "", now)


def _tidy(text: str) -> str:
    """The text with one kind of line ends, nothing before the first line and one line end after the last."""
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    tidied = "\n".join(lines).strip("\n")
    return f"{tidied}\n" if tidied.strip() else ""


def _faults(text: str, field: str) -> list[Fault]:
    if not text:
        return [Fault(N_("Please fill in this field."), field=field)]
    if len(text) > LONGEST:
        return [Fault(N_("At most %(most)s characters fit here."), field=field, most=LONGEST)]
    if any(unicodedata.category(each) in {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"} and each not in "\n\t" for each in text):
        return [Fault(N_("This text has characters that cannot be printed."), field=field)]
    if len([line for line in text.split("\n") if line.strip()]) < _LINES:
        return [
            Fault(
                N_("A statement has a title, a key sentence, and the words themselves, each on a line of its own."), field=field
            )
        ]
    return []


def draft(connection: Connection, caller: Caller, now: datetime) -> Asked[Any]:
    """The statement in force, to begin a new one with."""
    sessions.require(connection, caller.person, caller.session, Permission.CHANGE_STATEMENTS, now)
    row = words.statement(connection, now)
    return Asked(row, (_looked(caller, Kind.STATEMENTS_VIEWED, [row.id] if row else [], now),))
