"""The files that reports came as: what they are, never what is in them."""

from typing import Any

from sqlalchemy import Connection, insert, select

from gatekeeper.rules.suitability import Permit
from gatekeeper.store.publishing.reports import ReportFile


def put(connection: Connection, **columns: Any) -> None:
    """Write which file a version came as."""
    connection.execute(insert(ReportFile).values(**columns))


def original(connection: Connection, permit: Permit) -> Any:
    """Where the bytes lie that this permit gives: the file of its version, or None. Nothing else leads a reader to them."""
    return of_version(connection, permit.version)


def of_version(connection: Connection, version: str) -> Any:
    """The file of a version, or None for one from before files were described: it came as text."""
    return connection.execute(select(ReportFile.__table__).where(ReportFile.version_id == version)).first()
