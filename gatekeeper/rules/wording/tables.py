"""A table in a report's text: rows of cells between upright bars under a caption. One whose caption says figure may be drawn.

1. A table is a paragraph whose lines all begin and end with a bar, but for one caption line before them. The first row names the
   columns; a row of dashes below it is left out.
2. Every row has as many cells as the first. What does not keep to this stays the paragraph that it was: nothing is guessed.
3. A figure is a table whose caption begins with 图, Figure or Chart and whose cells after the first of each row are numbers; more
   points or series than a small picture can show stay a table.
"""

import re
import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """A table as printed. ``is_figure`` says that its caption calls it a figure and that its numbers can be drawn."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    is_figure: bool = False


MOST_POINTS = 24
MOST_SERIES = 4
_FEWEST_COLUMNS = 2
_FEWEST_POINTS = 2
_BARS = "|｜"
_RULE = re.compile(r":?-{2,}:?|-")
_FIGURE = re.compile(r"图|figure\b|chart\b", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d{1,15})(?:\.\d{1,10})?")


def read_table(paragraph: str) -> Table | None:
    """The table that a paragraph is, or None if it is running text."""
    caption, lines = _parted([line.strip() for line in paragraph.split("\n")])
    if len(lines) < _FEWEST_POINTS or not all(_is_row(line) for line in lines):
        return None
    cells = [tuple(cell.strip() for cell in re.split(f"[{_BARS}]", line[1:-1])) for line in lines]
    columns, rows = cells[0], [row for place, row in enumerate(cells[1:]) if place or not all(map(_RULE.fullmatch, row))]
    if len(columns) < _FEWEST_COLUMNS or not rows or any(len(row) != len(columns) for row in rows):
        return None
    table = Table(caption, columns, tuple(rows))
    return Table(caption, columns, tuple(rows), is_figure=_may_be_drawn(table))


def number_of(cell: str) -> float | None:
    """The number in a cell, with or without a percent sign; None where it says something else."""
    plain = unicodedata.normalize("NFKC", cell).replace("−", "-").strip().removesuffix("%").strip()
    return float(plain.replace(",", "")) if _NUMBER.fullmatch(plain) else None


def _parted(lines: list[str]) -> tuple[str, list[str]]:
    """The caption, which is the one line without bars in front, and the rest."""
    return ("", lines) if _is_row(lines[0]) else (lines[0], lines[1:])


def _is_row(line: str) -> bool:
    return len(line) > _FEWEST_POINTS and line[0] in _BARS and line[-1] in _BARS


def _may_be_drawn(table: Table) -> bool:
    fits = _FEWEST_POINTS <= len(table.rows) <= MOST_POINTS and len(table.columns) - 1 <= MOST_SERIES
    return (
        fits and bool(_FIGURE.match(table.caption)) and all(number_of(cell) is not None for row in table.rows for cell in row[1:])
    )
