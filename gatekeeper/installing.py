"""Making a database ready for this version: its tables, an open ledger, and the first policy, statement and privacy notice."""

from datetime import datetime

from gatekeeper import migrating
from gatekeeper.actions import setup
from gatekeeper.actions.accounts import privacy
from gatekeeper.actions.suitability import assessment_files
from gatekeeper.database import Database
from gatekeeper.paths import PACKAGE

_TEXTS = ("suitability.toml", "statement.zh.md", "statement.en.md")
_QUESTIONNAIRES = ("individual-1.toml", "institution-1.toml")
_PRIVACY = {"zh_CN": "privacy.zh.md", "en": "privacy.en.md"}


def make_ready(url: str, origin: str, now: datetime) -> list[str]:
    """Bring the tables to this version's and install what is missing; return what was installed."""
    migrating.upgrade(url)
    policy, statement_zh, statement_en = (_text(name) for name in _TEXTS)
    notice = {tag: _text(name) for tag, name in _PRIVACY.items()}
    database = Database(url, threads=1)
    try:
        done = database.transact(setup.install, origin, policy, statement_zh, statement_en, now)
        done += database.transact(privacy.install, notice, now)
        return done + database.transact(assessment_files.install, questionnaires(), now)
    finally:
        database.dispose()


def questionnaires() -> list[str]:
    """The question sets that come with this version."""
    return [(PACKAGE / "questionnaires" / name).read_text("utf-8") for name in _QUESTIONNAIRES]


def _text(name: str) -> str:
    return (PACKAGE / "policies" / name).read_text("utf-8")
