"""What a scan says of itself, typed by a person who looks at its pages: a new version with the same file, before it is proposed.

1. Only of a version whose text could not be read, and while nobody has proposed or approved it.
2. What was typed is never told as printed: the version's reading names the parts that a person typed, and the entry who that was.
   The words themselves stand in the entry's private part.
3. Grade and audience are not typed here: they are proposed, by somebody who has looked, and approved by somebody else.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.rules.errors import N_, Conflict, Fault, Invalid, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.parsing.texts import faults_of, faults_of_optional
from gatekeeper.rules.reading.file_findings import SCANNED
from gatekeeper.rules.roles import Permission
from gatekeeper.rules.wording.findings import CERTIFICATE
from gatekeeper.store import proposals
from gatekeeper.store.accounts import sessions
from gatekeeper.store.publishing import findings, library, versions

_NOTHING = N_("There is no such report.")
_READ = N_("This version was read from its file; what it says of itself is not typed. Bring in a corrected file instead.")
_LATE = N_("This version has been proposed or approved, or a newer one has come in. Nothing was changed.")
_CERTIFICATE = N_("The certificate number %(certificate)s is not an S followed by 13 digits.")
_SAME = N_("This is what stands there already.")
_LINE = re.compile(r"(?P<name>.+?)(?:[\s,，、:：]+(?P<certificate>[A-Za-z]?\d{6,24}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What a person typed. ``analysts`` has a line for each: the name, and the certificate number after it."""

    title: str
    issuer: str
    kind: str = ""
    industry: str = ""
    analysts: str = ""
    published_on: date | None = None


def may_type(file: Any) -> bool:
    """Whether what the pages say may be typed: of a version that could not be read, and that nobody has proposed or approved."""
    is_newest = file.known[0].version == file.version.version
    unread = any(each.code == SCANNED for each in file.findings)
    return bool(unread and is_newest and file.version.approved_at is None and not file.waiting)


def type_report(connection: Connection, caller: Caller, report: str, typed: Typed, now: datetime) -> str:
    """Write what the pages of a report's newest version say, as a version with the same file; return the entry's code."""
    sessions.require(connection, caller.person, caller.session, Permission.CHANGE_REPORTS, now)
    version = library.one_for_staff(connection, report, now) if library.lock_report(connection, report) else None
    if version is None:
        raise NotFound(_NOTHING)
    if not any(each.code == SCANNED for each in findings.open_in(connection, [version.version], now)):
        raise Conflict(_READ)
    number = versions.newest_number(connection, report) + 1
    waits = proposals.about(connection, version=version.version)
    if version.approved_at is not None or waits or version.number != number - 1:
        raise Conflict(_LATE)
    if faults := list(_faults(typed)):
        raise Invalid(*faults)
    words = _words(typed)
    if all(getattr(version, name) == words[name] for name in ("title", "issuer", "kind", "industry", "analysts", "published_on")):
        raise Conflict(_SAME)
    said = {name: str(value) for name, value in words.items() if name != "search_words" and value}
    event = caller.event(
        Kind.REPORT_TYPED,
        now,
        person=None,
        report=report,
        data={"number": number, "of": version.version, "parts": sorted(said)},
        private={"typed": json.dumps(said, ensure_ascii=False, sort_keys=True)},
    )
    reading = {**library.reading_of(version), "typed": sorted(said)}
    words["reading"] = json.dumps(reading, ensure_ascii=False, sort_keys=True)
    versions.copy(connection, version.version, number, append(connection, event), now, changed=words)
    return event.code


def _faults(typed: Typed) -> Iterator[Fault]:
    yield from faults_of(title=typed.title, issuer=typed.issuer)
    yield from faults_of_optional(report_kind=typed.kind, industry=typed.industry, analysts=typed.analysts)
    for each in _analysts(typed.analysts):
        if each["certificate"] and not CERTIFICATE.fullmatch(each["certificate"]):
            yield Fault(_CERTIFICATE, field="analysts", certificate=each["certificate"])


def _analysts(lines: str) -> list[dict[str, str | None]]:
    found = (_LINE.fullmatch(line.strip()) for line in lines.splitlines())
    return [{"name": each["name"], "certificate": each["certificate"], "email": None} for each in found if each]


def _words(typed: Typed) -> dict[str, Any]:
    """The columns of the version that a person typed."""
    title, issuer, kind, industry = (" ".join(each.split()) for each in (typed.title, typed.issuer, typed.kind, typed.industry))
    analysts = _analysts(typed.analysts)
    names = [title, issuer, kind, *(each["name"] or "" for each in analysts), industry]
    return {
        "title": title,
        "issuer": issuer,
        "kind": kind,
        "industry": industry,
        "published_on": typed.published_on,
        "analysts": json.dumps(analysts, ensure_ascii=False, sort_keys=True),
        "search_words": " ".join(filter(None, names)).casefold(),
    }
