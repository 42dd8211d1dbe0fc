"""Filling a demonstration's database, once."""

from datetime import datetime, timedelta

from gatekeeper import installing
from gatekeeper.database import Database
from gatekeeper.demo import story
from gatekeeper.ledger import keys
from gatekeeper.ledger.keys import Ed25519Signer
from gatekeeper.ledger.seal import seal
from gatekeeper.passwords import Passwords
from gatekeeper.settings import Settings

_MARGIN = timedelta(minutes=2)
"""The story ends a little before the present, so that no act in it lies ahead."""

_SIGNED_EVERY = timedelta(days=1)


def make(settings: Settings, now: datetime) -> None:
    """Create the tables and play the story up to the present."""
    present = now - _MARGIN
    signer = _signer(settings)
    installing.make_ready(settings.database_url, settings.log_origin, story.begun(present))
    database = Database(settings.database_url, threads=2)
    try:
        story.tell(
            database,
            Passwords(settings.password_rounds),
            settings.time_zone,
            present,
            settings.data_dir,
            after=lambda moment: database.transact(seal, signer, moment, publish_every=_SIGNED_EVERY),
        )
        database.transact(seal, signer, present, publish_every=timedelta(0))
    finally:
        database.dispose()


def _signer(settings: Settings) -> list[Ed25519Signer]:
    """The folder's own key, made once: a demonstration that is made anew signs with it again."""
    path = settings.ledger_key
    if path is None:
        return []
    if path.exists():
        return [keys.list_again(path, settings.log_origin)]
    return [keys.generate(path, settings.log_origin)]
