"""Question sets as they are kept: every version of each track, and those in force."""

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Index, String, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from gatekeeper.rules.assessing.questionnaire import Questionnaire
from gatekeeper.rules.assessing.questionnaire_text import parse
from gatekeeper.rules.risk import InvestorKind
from gatekeeper.store.base import Base, Body, Dated, Sha256, current_row, period_check, versions


class QuestionnaireRow(Dated, Base):
    """A version of a question set. ``track`` is the set's own id: of each track the newest version in force counts."""

    __tablename__ = "questionnaire"
    __table_args__ = (period_check(), Index(None, "track", "id"))
    track: Mapped[str] = mapped_column(String(32))
    version: Mapped[int]
    text: Mapped[Body]
    sha256: Mapped[Sha256]


LONGEST_TRACK = 32
"""The most characters of a track's name."""


@lru_cache(maxsize=16)
def parsed(text: str) -> Questionnaire:
    """A question set by its text, which was checked when it was installed."""
    return parse(text)


def put_questionnaire(connection: Connection, **columns: Any) -> None:
    """Write a version of a question set, in force from its ``valid_from``."""
    connection.execute(insert(QuestionnaireRow).values(**columns))


def questionnaires(connection: Connection, now: datetime) -> list[tuple[int, Questionnaire]]:
    """The question sets in force, with their rows' ids."""
    tracks = connection.execute(select(QuestionnaireRow.track).distinct().order_by(QuestionnaireRow.track)).scalars().all()
    rows = [current_row(connection, QuestionnaireRow, now, track=track) for track in tracks]
    return [(row.id, parsed(row.text)) for row in rows if row is not None]


def questionnaire_for(connection: Connection, kind: InvestorKind, now: datetime) -> tuple[int, Questionnaire] | None:
    """The question set for an investor of this kind, with its row's id; None where the firm has none."""
    return next((each for each in questionnaires(connection, now) if kind in each[1].kinds), None)


def questionnaire(connection: Connection, id_: int) -> Questionnaire:
    """One version of a question set."""
    return parsed(connection.execute(select(QuestionnaireRow.text).where(QuestionnaireRow.id == id_)).scalar_one())


def of_ids(connection: Connection, ids: Collection[int]) -> dict[int, Questionnaire]:
    """Versions of question sets by their rows' ids."""
    found = select(QuestionnaireRow.id, QuestionnaireRow.text).where(QuestionnaireRow.id.in_(sorted(ids)))
    return {row.id: parsed(row.text) for row in connection.execute(found)} if ids else {}


def all_versions(connection: Connection) -> list[Any]:
    """Every version of every question set that is not in error, newest first."""
    return versions(connection, QuestionnaireRow)


def newest(connection: Connection, track: str) -> Any:
    """The newest version of a track, in force or still to begin; None where there is none."""
    return next((row for row in all_versions(connection) if row.track == track), None)


def taken(connection: Connection, track: str, now: datetime) -> Mapping[InvestorKind, str]:
    """The kinds of investors whom other tracks ask, by what is in force or still to begin, with those tracks."""
    others = [row for row in all_versions(connection) if row.track != track]
    latest = {row.track: row for row in reversed(others)}
    asked = {each: found.id for _, found in questionnaires(connection, now) if found.id != track for each in found.kinds}
    return asked | {kind: name for name, row in latest.items() for kind in parsed(row.text).kinds}


def lock_questionnaires(connection: Connection) -> None:
    """Hold the newest version until the transaction ends: of two proposals approved at once, the second finds it replaced."""
    connection.execute(select(QuestionnaireRow.id).order_by(QuestionnaireRow.id.desc()).limit(1).with_for_update()).first()
