"""What stands in an address: ids, and where a page of a list begins: a time and an id, never a number of rows."""

from datetime import UTC, datetime

_LONGEST_KEY = 64
_MOST_DIGITS = 18
"""What a database's id has at the most."""


def key(text: str) -> str:
    """An id or position as it stands in an address. What no database takes is left out, so that it finds nothing."""
    return "".join(filter(str.isprintable, text))[:_LONGEST_KEY]


def token(moment: datetime, key: object) -> str:
    """The position of one row."""
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%S%f}-{key}"


def position(text: str | None) -> tuple[datetime, str] | None:
    """The position that ``token`` wrote; anything else is the first page."""
    moment, _, key = (text or "").partition("-")
    try:
        return datetime.strptime(moment, "%Y%m%dT%H%M%S%f").replace(tzinfo=UTC), key
    except ValueError:
        return None


def numbered(text: str | None) -> tuple[datetime, int] | None:
    """A position in a list whose rows are numbered."""
    found = position(text)
    return (found[0], int(found[1])) if found and found[1].isdecimal() and len(found[1]) <= _MOST_DIGITS else None
