"""The questionnaires' own life: their versions, trying a text out, and proposing one, which another compliance officer approves.

1. A version is asked from the beginning of the day that it names, never before its approval. What is decided last counts.
2. Version numbers rise. Going back to an older version is proposing its text again under a higher number.
3. Each kind of investor is asked by one questionnaire at most. Another ``id`` begins a questionnaire of its own.
4. Whoever began to answer an older version begins again; what was handed in under it keeps its score.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gatekeeper.ledger.acts.propose import Proposed, propose
from gatekeeper.ledger.acts.second_person import TAKEN
from gatekeeper.ledger.acts.versions import NO_VERSION, Version, text_proposed, versions_of
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked, Event
from gatekeeper.rules.assessing.questionnaire import Questionnaire
from gatekeeper.rules.assessing.questionnaire_text import parse
from gatekeeper.rules.changes import QuestionnaireChange
from gatekeeper.rules.errors import N_, Fault, Invalid, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.parsing.texts import faults_of, tidy
from gatekeeper.rules.risk import InvestorKind
from gatekeeper.rules.roles import Permission
from gatekeeper.store import proposals
from gatekeeper.store.accounts import sessions
from gatekeeper.store.suitability import questionnaires

LONGEST = 60_000
"""The most bytes of a text as an entry quotes it: with the rest of the entry it still fits a leaf."""
_VERSION, _EFFECTIVE = re.compile(r"(?m)^version\s*=.*$"), re.compile(r"(?m)^effective\s*=.*$")


@dataclass(frozen=True, slots=True)
class Kept:
    """One version of a questionnaire with what it says."""

    version: Version
    questionnaire: Questionnaire


@dataclass(frozen=True, slots=True)
class Shelf:
    """Every questionnaire with its versions, newest first, and the proposals that wait."""

    tracks: dict[str, list[Kept]]
    waiting: list[Any]


def shelf(connection: Connection, caller: Caller, now: datetime) -> Asked[Shelf]:
    """All questionnaires; who looked is recorded."""
    sessions.require(connection, caller.person, caller.session, Permission.SEE_STATEMENTS, now)
    tracks = _tracks(connection)
    waiting = proposals.listed(connection, ["questionnaire"], waiting=True, after=None, limit=20)
    return Asked(Shelf(tracks, waiting), (_looked(caller, [kept[0].version.row.id for kept in tracks.values()], now),))


def view(connection: Connection, caller: Caller, code: str, now: datetime) -> Asked[Kept]:
    """The version that an entry installed."""
    sessions.require(connection, caller.person, caller.session, Permission.SEE_STATEMENTS, now)
    found = _kept(connection, code)
    return Asked(found, (_looked(caller, [found.version.row.id], now),))


def draft(connection: Connection, caller: Caller, code: str, now: datetime, zone: ZoneInfo) -> Asked[str]:
    """The text of a version to begin a new one with: its number is the next one, its day is today."""
    sessions.require(connection, caller.person, caller.session, Permission.CHANGE_STATEMENTS, now)
    row = _kept(connection, code).version.row
    newest = questionnaires.newest(connection, row.track)
    text = _VERSION.sub(f"version = {newest.version + 1}", row.text, count=1)
    text = _EFFECTIVE.sub(f"effective = {now.astimezone(zone).date().isoformat()}", text, count=1)
    return Asked(text, (_looked(caller, [row.id], now),))


@dataclass(frozen=True, slots=True)
class Tried:
    """What a text would ask, and the kinds of investors whom nobody would ask any more."""

    questionnaire: Questionnaire
    left_out: Sequence[InvestorKind]


def try_out(connection: Connection, caller: Caller, text: str, now: datetime, zone: ZoneInfo) -> Asked[Tried]:
    """The form as investors would see it; what keeps the text from being a questionnaire is raised at once."""
    sessions.require(connection, caller.person, caller.session, Permission.CHANGE_STATEMENTS, now)
    wanted = tidy(text)
    if faults := faults_of_text(connection, wanted, now, zone):
        raise Invalid(*faults)
    return _tried(connection, caller, parse(wanted), now)


def proposed(connection: Connection, caller: Caller, id_: str, now: datetime) -> Asked[Tried]:
    """The form as a proposal would have it."""
    sessions.require(connection, caller.person, caller.session, Permission.SEE_STATEMENTS, now)
    return _tried(connection, caller, parse(text_proposed(connection, id_, QuestionnaireChange).text), now)


def propose_questionnaire(
    connection: Connection, caller: Caller, text: str, reason: str, now: datetime, zone: ZoneInfo
) -> Proposed:
    """Propose a new version of a questionnaire; another compliance officer approves it."""
    sessions.require(connection, caller.person, caller.session, Permission.CHANGE_STATEMENTS, now)
    wanted = tidy(text)
    if faults := faults_of_text(connection, wanted, now, zone) + faults_of(reason=reason):
        raise Invalid(*faults)
    found = parse(wanted)
    begins = datetime.combine(found.effective, time(), zone).astimezone(UTC)
    effective = begins if begins > now else None
    change = QuestionnaireChange(track=found.id, version=found.version, text=wanted, effective=effective)
    return propose(connection, caller, "questionnaire", [change], {}, reason, "", now)


def faults_of_text(connection: Connection, text: str, now: datetime, zone: ZoneInfo) -> list[Fault]:
    """Everything that keeps a text from being the next version of a questionnaire."""
    if not text:
        return [Fault(N_("Please fill in this field."), field="text")]
    length = len(json.dumps(text, ensure_ascii=False).encode())
    if length > LONGEST:
        told = N_("This text has %(length)s bytes; at most %(most)s fit into one entry.")
        return [Fault(told, field="text", length=length, most=LONGEST)]
    try:
        found = parse(text)
    except Invalid as error:
        return [Fault(each.message, field="text", **each.values) for each in error.faults]
    return [*_faults_beside(connection, found, now), *_faults_of_day(found, now, zone)]


def _faults_beside(connection: Connection, found: Questionnaire, now: datetime) -> list[Fault]:
    """What doesn't go together with the versions there are."""
    faults = []
    if len(found.id) > questionnaires.LONGEST_TRACK:
        faults.append(Fault(N_("id: at most %(most)s characters."), field="text", most=questionnaires.LONGEST_TRACK))
    newest = questionnaires.newest(connection, found.id)
    if newest is not None and found.version <= newest.version:
        told = N_("version must be higher than %(newest)s, the newest version of “%(track)s”.")
        faults.append(Fault(told, field="text", newest=newest.version, track=found.id))
    taken = questionnaires.taken(connection, found.id, now)
    return faults + [Fault(TAKEN, field="text", kind=kind, track=taken[kind]) for kind in sorted(found.kinds & set(taken))]


def _faults_of_day(found: Questionnaire, now: datetime, zone: ZoneInfo) -> list[Fault]:
    today = now.astimezone(zone).date()
    if found.effective < today:
        return [
            Fault(N_("effective: this day has passed. Give %(today)s or a later day."), field="text", today=today.isoformat())
        ]
    return []


def _tried(connection: Connection, caller: Caller, found: Questionnaire, now: datetime) -> Asked[Tried]:
    replaced = questionnaires.newest(connection, found.id)
    left_out = sorted(questionnaires.parsed(replaced.text).kinds - found.kinds) if replaced is not None else []
    data = {"track": found.id, "version": found.version, "tried": found.digest}
    event = caller.event(Kind.QUESTIONNAIRE_VIEWED, now, person=None, investor=None, data=data)
    return Asked(Tried(found, left_out), (event,))


def _tracks(connection: Connection) -> dict[str, list[Kept]]:
    rows = questionnaires.all_versions(connection)
    tracks = sorted({row.track for row in rows})
    return {track: [*map(_with_text, versions_of(connection, [row for row in rows if row.track == track]))] for track in tracks}


def _with_text(version: Version) -> Kept:
    return Kept(version, questionnaires.parsed(version.row.text))


def _kept(connection: Connection, code: str) -> Kept:
    for kept in _tracks(connection).values():
        for each in kept:
            if each.version.code == code:
                return each
    raise NotFound(NO_VERSION)


def _looked(caller: Caller, ids: Sequence[int], now: datetime) -> Event:
    data = {"versions": list(ids)}
    return caller.event(Kind.QUESTIONNAIRE_VIEWED, now, person=None, investor=None, data=data)
