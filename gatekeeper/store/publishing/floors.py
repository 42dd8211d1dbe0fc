"""A grade held against the catalogue of the policy in force, by what a report covers."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.rules.errors import Fault
from gatekeeper.rules.grading.catalogue import Catalogue
from gatekeeper.rules.grading.instruments import Instrument
from gatekeeper.rules.risk import RiskGrade
from gatekeeper.store.reading.access import current_policy


def covers_of(version: Any) -> frozenset[Instrument] | None:
    """The kinds of instruments that were confirmed with a version's grade; None where that was not asked."""
    return None if version.covers is None else frozenset(map(Instrument, version.covers.split()))


def catalogue(connection: Connection, now: datetime) -> Catalogue | None:
    """The catalogue of the policy in force, or None."""
    found = current_policy(connection, now)
    return found[1].catalogue if found else None


def fault(connection: Connection, covers: Collection[Instrument], grade: RiskGrade, now: datetime) -> Fault | None:
    """What the catalogue has against this grade for a report that covers these; None if nothing."""
    listed = catalogue(connection, now)
    return listed.fault(covers, grade) if listed else None
