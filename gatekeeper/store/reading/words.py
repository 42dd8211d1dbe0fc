"""Statements as they are served and accepted."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from gatekeeper.store.base import current_row, insert_into, versions
from gatekeeper.store.proof.ledger import LedgerEntry
from gatekeeper.store.publishing.reports import ReportVersion
from gatekeeper.store.reading.consent import Acknowledgement, PolicyRow, ServedStatement, StatementRow, WordsRow


def statement(connection: Connection, now: datetime) -> Any:
    """The statement in force, or None."""
    return current_row(connection, StatementRow, now)


def statements(connection: Connection) -> list[Any]:
    """Every version of the statement that is not in error, newest first."""
    return versions(connection, StatementRow)


def policies(connection: Connection) -> list[Any]:
    """Every version of the policy that is not in error, newest first."""
    return versions(connection, PolicyRow)


def newest_policy(connection: Connection) -> Any:
    """The newest version of the policy, in force or still to begin; None where there is none."""
    return next(iter(policies(connection)), None)


def lock_policy(connection: Connection) -> None:
    """Hold the newest version until the transaction ends: of two proposals approved at once, the second finds it replaced."""
    connection.execute(select(PolicyRow.id).order_by(PolicyRow.id.desc()).limit(1).with_for_update()).first()


def lock_statement(connection: Connection) -> None:
    """Hold the newest version until the transaction ends: of two proposals approved at once, the second finds it replaced."""
    connection.execute(select(StatementRow.id).order_by(StatementRow.id.desc()).limit(1).with_for_update()).first()


def notice(connection: Connection, version: str) -> str:
    """A version's printed notice, verbatim."""
    return connection.execute(select(ReportVersion.notice).where(ReportVersion.id == version)).scalar_one()


def notices(connection: Connection, versions: Collection[str]) -> dict[str, str]:
    """The printed notices of some versions, verbatim."""
    query = select(ReportVersion.id, ReportVersion.notice).where(ReportVersion.id.in_(versions))
    return {row.id: row.notice for row in connection.execute(query)} if versions else {}


def words(connection: Connection, sha256: str) -> Any:
    """Stored words by their hash, or None."""
    return connection.execute(select(WordsRow.__table__).where(WordsRow.sha256 == sha256)).first()


def keep_words(connection: Connection, sha256: str, language: str, text: str) -> None:
    """Keep words under their hash, once; two requests may try at the same moment."""
    connection.execute(
        insert_into(connection, WordsRow).values(sha256=sha256, language=language, text=text).on_conflict_do_nothing()
    )


def accepted_before(connection: Connection, person: str, investor: str, sha256: str, profile: str) -> Any:
    """The newest acceptance of these very words by this person for this investor under this class and category."""
    return connection.execute(
        select(Acknowledgement.__table__)
        .where(
            Acknowledgement.person_id == person,
            Acknowledgement.investor_id == investor,
            Acknowledgement.words_sha256 == sha256,
            Acknowledgement.profile == profile,
        )
        .order_by(Acknowledgement.id.desc())
        .limit(1)
    ).first()


def serving(connection: Connection, id_: str, *, for_update: bool = False) -> Any:
    """One showing of the statement, or None."""
    query = select(ServedStatement.__table__, WordsRow.text, WordsRow.language, ReportVersion.report_id)
    query = (
        query.join(WordsRow, WordsRow.sha256 == ServedStatement.words_sha256)
        .join(ReportVersion, ReportVersion.id == ServedStatement.version_id)
        .where(ServedStatement.id == id_)
    )
    return connection.execute(query.with_for_update(of=ServedStatement) if for_update else query).first()


def put_serving(connection: Connection, **columns: Any) -> None:
    """Write one showing."""
    connection.execute(insert(ServedStatement).values(**columns))


def serving_now(
    connection: Connection, person: str, investor: str, statement_id: int, profile: str, since: datetime, now: datetime
) -> tuple[int, datetime | None]:
    """Of how many versions the newest acceptance is of this statement and profile and not older, and when the first was given."""
    newest = select(func.max(Acknowledgement.id)).where(
        Acknowledgement.person_id == person, Acknowledgement.investor_id == investor
    )
    row = connection.execute(
        select(func.count(), func.min(Acknowledgement.accepted_at)).where(
            Acknowledgement.id.in_(newest.group_by(Acknowledgement.version_id)),
            Acknowledgement.statement_id == statement_id,
            Acknowledgement.profile == profile,
            Acknowledgement.accepted_at >= since,
            Acknowledgement.accepted_at <= now,
        )
    ).one()
    return int(row[0]), row[1]


def acceptance_code(connection: Connection, id_: int) -> str | None:
    """The code of the entry in which an acceptance was given."""
    query = select(LedgerEntry.code).join(Acknowledgement, Acknowledgement.entry_id == LedgerEntry.id)
    return connection.execute(query.where(Acknowledgement.id == id_)).scalar()


def serving_of(connection: Connection, id_: int) -> str | None:
    """The showing whose words an acceptance took."""
    return connection.execute(select(Acknowledgement.serving_id).where(Acknowledgement.id == id_)).scalar()


def acceptance_of(connection: Connection, serving_id: str) -> Any:
    """The acceptance of one showing, or None."""
    return connection.execute(select(Acknowledgement.__table__).where(Acknowledgement.serving_id == serving_id)).first()


def accepted(connection: Connection, serving_id: str) -> Any:
    """One acceptance with the words as they were on the screen, or None."""
    return connection.execute(
        select(
            Acknowledgement.__table__,
            ServedStatement.asking,
            ServedStatement.served_at,
            WordsRow.text,
            WordsRow.language,
            StatementRow.valid_from.label("statement_from"),
            ReportVersion.report_id,
        )
        .join(ServedStatement, ServedStatement.id == Acknowledgement.serving_id)
        .join(WordsRow, WordsRow.sha256 == Acknowledgement.words_sha256)
        .join(StatementRow, StatementRow.id == Acknowledgement.statement_id)
        .join(ReportVersion, ReportVersion.id == Acknowledgement.version_id)
        .where(Acknowledgement.serving_id == serving_id)
    ).first()


def put_acceptance(connection: Connection, **columns: Any) -> None:
    """Write one acceptance."""
    connection.execute(insert(Acknowledgement).values(**columns))


def put_policy(connection: Connection, **columns: Any) -> None:
    """Write a policy, in force from its ``valid_from``."""
    connection.execute(insert(PolicyRow).values(**columns))


def put_statement(connection: Connection, **columns: Any) -> None:
    """Write a statement, in force from its ``valid_from``."""
    connection.execute(insert(StatementRow).values(**columns))


def has_policy(connection: Connection) -> bool:
    """Whether any policy was ever installed."""
    return bool(connection.execute(select(func.count()).select_from(PolicyRow)).scalar_one())
