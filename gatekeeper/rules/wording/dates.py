"""Dates as reports print them: 2026年1月5日, 2026-01-05, 5 January 2026, January 5, 2026. All patterns are for folded text."""

import re
from datetime import date

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = rf"({'|'.join(_MONTHS)})[a-z]{{0,6}}\.?"
DATE = re.compile(
    r"((?:19|20)\d\d)[年/.\-](\d{1,2})[月/.\-](\d{1,2})日?"
    rf"|(\d{{1,2}})(?:st|nd|rd|th)?{_MONTH},?((?:19|20)\d\d)|{_MONTH}(\d{{1,2}})(?:st|nd|rd|th)?,?((?:19|20)\d\d)",
    re.IGNORECASE,
)
"""A date in folded text."""


def read_date(printed: str) -> date | None:
    """Read a date in one of the three printed orders; None for a day that does not exist."""
    match = DATE.search(printed)
    if match is None:
        return None
    if match[1]:
        year, month, day = match[1], int(match[2]), match[3]
    elif match[4]:
        year, month, day = match[6], _MONTHS.index(match[5].lower()) + 1, match[4]
    else:
        year, month, day = match[9], _MONTHS.index(match[7].lower()) + 1, match[8]
    try:
        return date(int(year), month, int(day))
    except ValueError:
        return None
