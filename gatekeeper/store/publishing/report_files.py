"""The files that reports came as: what they are, never what is in them."""

from typing import Any

from sqlalchemy import Connection, insert, select

from gatekeeper.store.publishing.reports import ReportFile


def put(connection: Connection, **columns: Any) -> None:
    """Write which file a version came as."""
    connection.execute(insert(ReportFile).values(**columns))


def of_version(connection: Connection, version: str) -> Any:
    """The file of a version, or None for one from before files were described: it came as text."""
    return connection.execute(select(ReportFile.__table__).where(ReportFile.version_id == version)).first()
