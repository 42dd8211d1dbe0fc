"""Filling a demonstration's database, once."""

from datetime import datetime, timedelta

from gatekeeper import installing
from gatekeeper.database import Database
from gatekeeper.demo import story
from gatekeeper.passwords import Passwords
from gatekeeper.settings import Settings

_MARGIN = timedelta(minutes=2)
"""The story ends a little before the present, so that no act in it lies ahead."""


def make(settings: Settings, now: datetime) -> None:
    """Create the tables and play the story up to the present."""
    present = now - _MARGIN
    installing.make_ready(settings.database_url, settings.log_origin, story.begun(present))
    database = Database(settings.database_url, threads=2)
    try:
        story.tell(database, Passwords(settings.password_rounds), settings.time_zone, present)
    finally:
        database.dispose()
