"""A report's versions in words: where each came from, when it was out, and what is other about it than about the one before."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gatekeeper.actions.publishing.reports import File
from gatekeeper.files.prepare import read_covers
from gatekeeper.rules.errors import N_
from gatekeeper.rules.events import Kind
from gatekeeper.store.publishing import floors, versions
from gatekeeper.store.publishing.versions import Period
from gatekeeper.store.reading import access
from gatekeeper.web import context, covers_told, telling

Tag = tuple[str, str]
_LABELS = {
    "title": N_("Title"),
    "subtitle": N_("Subtitle"),
    "issuer": N_("Issuer"),
    "kind": N_("Kind"),
    "published_on": N_("Published on"),
    "rating": N_("Investment rating (not the grade)"),
    "analysts": N_("Analysts"),
    "notice": N_("Printed notice"),
}
_GRADED = {
    "grade": N_("Grade"),
    "professional": N_("Professional investors"),
    "categories": N_("Ordinary investors of category"),
    "clients_only": N_("Clients only"),
    "contract_clients_only": N_("Contract clients only"),
    "term": N_("Term of investment"),
    "varieties": N_("Kinds of investment"),
    "covers": N_("Covers"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One version: where it stands, what made it, from when until when it was out, and what changed (label, before, after)."""

    number: int
    title: str
    is_shown: bool
    state: Tag
    made: str
    made_at: Any
    code: Any
    grade: Any
    out: list[str]
    changed: list[tuple[str, str, str]]
    before: int | None


def lines(file: File) -> list[Line]:
    """Every version, newest first."""
    out = versions.periods(file.decided)
    return [_line(file, place, out) for place in range(len(file.known))]


def floor(file: File) -> dict[str, Any]:
    """What the version shown covers, as read and as confirmed, and the lowest grade that the catalogue of today asks for."""
    confirmed, read = floors.covers_of(file.version), read_covers(file.reading)
    covers = confirmed if confirmed is not None else read or frozenset()
    kind = file.catalogue.highest(covers) if file.catalogue else None
    least = file.catalogue.floors[kind] if file.catalogue and kind else None
    grade = file.version.grade
    return {
        "read": covers_told.instruments(read),
        "confirmed": covers_told.instruments(confirmed),
        "kind": telling.named(kind) if kind else None,
        "least": least,
        "source": f"{file.catalogue.source}, {file.catalogue.dated}" if file.catalogue else None,
        "below": least is not None and grade is not None and grade < least,
    }


def _line(file: File, place: int, out: list[Period]) -> Line:
    row = file.known[place]
    before = file.known[place + 1] if place + 1 < len(file.known) else None
    return Line(
        number=row.number,
        title=row.title,
        is_shown=row.version == file.version.version,
        state=_state(row, out),
        made=_made(row),
        made_at=row.created_at,
        code=telling.code(row.code),
        grade=row.grade,
        out=[_said(each) for each in out if each.row.version_id == row.version and each.row.state == "RELEASED"],
        changed=list(_changed(before, row)) if before else [],
        before=before.number if before else None,
    )


def _made(row: Any) -> str:
    if row.made_by == Kind.REPORT_REGRADED.value:
        return context.translated(N_("The file of version %(number)s, regraded"), number=row.copy_of)
    if row.made_by == Kind.REPORT_TYPED.value:
        return context.translated(N_("The file of version %(number)s, its title and issuer typed"), number=row.copy_of)
    return context.translated(N_("A file of its own"))


def _state(row: Any, out: list[Period]) -> Tag:
    """Where a version stands now."""
    holds = [each for each in out if each.row.version_id == row.version and each.row.state == "RELEASED"]
    if not holds:
        if row.state == "RELEASED":  # it was to come out and something else was decided before
            return context.translated(N_("Did not come out")), "warn"
        return (
            (context.translated(N_("Approved")), "info") if row.approved_at else (context.translated(N_("To be graded")), "warn")
        )
    now, last = context.now(), holds[-1]
    if last.since > now:
        return context.translated(N_("Scheduled")), "info"
    if last.before is None or last.before > now:
        return context.translated(N_("Out")), "good"
    stopped = any(each.since == last.before and each.row.state == "WITHDRAWN" for each in out)
    return (context.translated(N_("Stopped")), "bad") if stopped else (context.translated(N_("Superseded")), "")


def _said(period: Period) -> str:
    since, before = telling.seconds(period.since), telling.seconds(period.before)
    if before is None:
        return context.translated(N_("from %(since)s on"), since=since)
    return context.translated(N_("from %(since)s to %(before)s"), since=since, before=before)


def _changed(old: Any, new: Any) -> Iterator[tuple[str, str, str]]:
    """What is said differently, and what is confirmed differently where both are confirmed."""
    for name, label in _LABELS.items():
        was, is_ = (_value(name, getattr(row, name)) for row in (old, new))
        if was != is_:
            yield context.translated(label), was, is_
    if (old.copy_of or old.number) != (new.copy_of or new.number):
        yield context.translated(N_("File")), str(old.copy_of or old.number), str(new.copy_of or new.number)
    if old.grade is not None and new.grade is not None:
        was_graded, is_graded = _graded(old), _graded(new)
        for name, label in _GRADED.items():
            if was_graded[name] != is_graded[name]:
                yield context.translated(label), was_graded[name], is_graded[name]


def _value(name: str, value: Any) -> str:
    if name == "analysts":
        return "、".join(each["name"] for each in json.loads(value)) or "—"
    if name == "published_on":
        return telling.day(value) or "—"
    return str(value).strip() or "—"


def _graded(row: Any) -> Mapping[str, str]:
    """What is confirmed, each value in words."""
    about = access.objectives(row.term, row.varieties)
    told = telling.audience(row.grade, access.audience(row), about, floors.covers_of(row))
    return dict(zip(_GRADED, (str(value) if value is not None else "—" for _, value in told), strict=True))
