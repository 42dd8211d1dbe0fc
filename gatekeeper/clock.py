"""The one place that reads the time. For the doors only: below them ``now`` is an argument."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)
