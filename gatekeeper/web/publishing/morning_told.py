"""The rows of the morning table in words: what was read, what was found, what a report repeats, and how far it is."""

import json
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from flask import url_for
from werkzeug.datastructures import MultiDict

from gatekeeper.actions.publishing.mornings import Row
from gatekeeper.files.prepare import lowest_grade, printed_audience, printed_grade
from gatekeeper.rules.errors import N_, Fault
from gatekeeper.rules.publishing.audiences import AS_READ, PROFESSIONAL, usual
from gatekeeper.rules.reading.file_findings import ONCE
from gatekeeper.rules.risk import RiskGrade
from gatekeeper.rules.wording.findings import NOTICE_UNREAD
from gatekeeper.store.publishing.duplicates import Duplicate, Likeness
from gatekeeper.web import context, telling

_LIKENESS = {
    Likeness.TEXT: N_("The same text"),
    Likeness.TITLE: N_("The same title and issuer within a week"),
}
_SETTLED_FOR = timedelta(days=365)
Typed = MultiDict[str, str] | None


def coming(row: Row, typed: Typed, errors: Sequence[str]) -> dict[str, Any]:
    """A report that is to be proposed, with its fields as they were typed or as it was read."""
    report, printed = row.version.report_id, printed_audience(row.reading)
    grade, floor, audiences = printed_grade(row.reading), lowest_grade(row.reading), usual(printed)
    ticked = report in typed.getlist("report") if typed is not None else row.is_plain
    chosen = typed.get(f"grade-{report}", "") if typed is not None else grade.name if grade else ""
    to_whom = typed.get(f"audience-{report}", "") if typed is not None else next(iter(audiences))
    return {
        **_common(row),
        "errors": errors,
        "ticked": ticked,
        "grades": [(each.name, each.name) for each in RiskGrade if floor is None or each >= floor],
        "grade": chosen,
        "audiences": [(name, _said(name)) for name in audiences],
        "audience": to_whom,
        "printed": printed,
        "conflict": row.version.conflict,
        "findings": [_finding(each, typed) for each in row.findings],
        "open": len(row.open),
        "duplicates": repeated(row.duplicates),
        "importer": row.importer or context.translated(N_("Without a person")),
        "at": row.version.created_at,
    }


def going(row: Row, typed: Typed, errors: Sequence[str]) -> dict[str, Any]:
    """A report that is on its way, or came out or was stopped of late."""
    version, change = row.version, row.change
    return {
        **_common(row),
        "errors": errors,
        "ticked": typed is not None and version.report_id in typed.getlist("out"),
        "version": version,
        "grade": version.grade or (change.grade if change else None),
        "proposal": version.proposal,
        "out_at": version.released_at or (change.release_at if change else None),
        "is_out": version.state == "RELEASED",
        "was_out": version.state is not None,
        "is_open": bool(row.open or row.duplicates),
    }


def repeated(found: Iterable[Duplicate]) -> list[dict[str, Any]]:
    """The earlier reports that one repeats: how much alike, which, and since when they are here."""
    return [
        {
            "how": context.translated(_LIKENESS[each.likeness]),
            "title": each.title,
            "at": each.imported_at,
            "address": url_for("reports.show", report=each.report),
        }
        for each in found
    ]


def _common(row: Row) -> dict[str, Any]:
    version = row.version
    analysts = [each["name"] for each in json.loads(version.analysts)]
    return {
        "report": version.report_id,
        "title": version.title,
        "issuer": version.issuer,
        "analysts": context.translated(N_("; ")).join(analysts),
        "address": url_for("reports.show", report=version.report_id),
    }


def _said(name: str) -> str:
    """One of the usual audiences in a few words; what was read stands beside it."""
    if name == AS_READ:
        return context.translated(N_("As read"))
    if name == PROFESSIONAL:
        return telling.category_list(frozenset())
    return context.translated(N_("%(category)s and above"), category=name)


def _finding(found: Any, typed: Typed) -> dict[str, Any]:
    """One finding: the sentence, what is printed, and whether and until when it is accepted."""
    zone, now = context.services().settings.time_zone, context.now()
    next_year = (now.astimezone(zone).date() + _SETTLED_FOR).isoformat()
    return {
        "id": found.id,
        "sentence": context.told(Fault(found.message, **json.loads(found.details))),
        "cited": found.cited,
        "is_once": found.code in ONCE,
        "is_unread": found.code == NOTICE_UNREAD,
        "is_blocking": found.blocking,
        "settled": telling.last_day(found.settled),
        "accepted": typed is not None and bool(typed.get(f"accept-{found.id}")),
        "until": typed.get(f"settled-{found.id}", next_year) if typed is not None else next_year,
    }
