"""What a report repeats: the same text, however it is spaced, or the same title of the same firm within some days.

The same bytes never come in twice; whoever sends them is told which report they are. What is found here a person compares.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, and_, insert, or_, select
from sqlalchemy.orm import aliased

from gatekeeper.store.publishing.reports import ReportFingerprint, ReportVersion

WITHIN = timedelta(days=7)
"""A daily or weekly report bears its title again; what is sent twice by mistake comes within some days. This decides nothing."""
_MOST = 500


class Likeness(StrEnum):
    """How much two reports are alike, the strongest first."""

    TEXT = "TEXT"
    TITLE = "TITLE"


@dataclass(frozen=True, slots=True)
class Duplicate:
    """An earlier report that one repeats."""

    likeness: Likeness
    report: str
    title: str
    imported_at: datetime


def put(connection: Connection, version: str, text_sha256: str, entry_id: int) -> None:
    """Write by what a version's text is told from others."""
    connection.execute(insert(ReportFingerprint).values(version_id=version, text_sha256=text_sha256, entry_id=entry_id))


def of(connection: Connection, versions: Collection[str]) -> dict[str, list[Duplicate]]:
    """The earlier reports that versions repeat, the strongest likeness and the newest report first: two statements for all."""
    found: dict[str, dict[str, Duplicate]] = {}
    if not versions:
        return {}
    for likeness, query in ((Likeness.TEXT, _SAME_TEXT), (Likeness.TITLE, _SAME_TITLE)):
        for row in connection.execute(query.where(_mine.id.in_(versions)).limit(_MOST)):
            if likeness is Likeness.TEXT or row.mine_at - row.imported_at <= WITHIN:
                duplicate = Duplicate(likeness, row.report, row.title, row.imported_at)
                found.setdefault(row.version, {}).setdefault(row.report, duplicate)
    return {version: list(each.values()) for version, each in found.items()}


_mine, _other = aliased(ReportVersion, name="mine"), aliased(ReportVersion, name="other")
_is_earlier = and_(
    _other.report_id != _mine.report_id,
    or_(_other.created_at < _mine.created_at, and_(_other.created_at == _mine.created_at, _other.id < _mine.id)),
)


def _same_text() -> Any:
    my_text, their_text = aliased(ReportFingerprint, name="my_text"), aliased(ReportFingerprint, name="their_text")
    return (
        _columns()
        .join(my_text, my_text.version_id == _mine.id)
        .join(their_text, their_text.text_sha256 == my_text.text_sha256)
        .join(_other, and_(_other.id == their_text.version_id, _is_earlier))
        .order_by(_other.created_at.desc())
    )


def _same_title() -> Any:
    same = and_(_other.title == _mine.title, _other.issuer == _mine.issuer, _other.issuer != "", _is_earlier)
    return _columns().join(_other, same).order_by(_other.created_at.desc())


def _columns() -> Any:
    return select(
        _mine.id.label("version"),
        _mine.created_at.label("mine_at"),
        _other.report_id.label("report"),
        _other.title,
        _other.created_at.label("imported_at"),
    ).select_from(_mine)


_SAME_TEXT, _SAME_TITLE = _same_text(), _same_title()
