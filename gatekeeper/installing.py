"""Making a database ready for this version: its tables, then an open ledger and the first policy and statement."""

from datetime import datetime

from gatekeeper import migrating
from gatekeeper.actions import setup
from gatekeeper.database import Database
from gatekeeper.paths import PACKAGE

_TEXTS = ("suitability.toml", "statement.zh.md", "statement.en.md")


def make_ready(url: str, origin: str, now: datetime) -> list[str]:
    """Bring the tables to this version's and install what is missing; return what was installed."""
    migrating.upgrade(url)
    policy, statement_zh, statement_en = ((PACKAGE / "policies" / name).read_text("utf-8") for name in _TEXTS)
    database = Database(url, threads=1)
    try:
        return database.transact(setup.install, origin, policy, statement_zh, statement_en, now)
    finally:
        database.dispose()
