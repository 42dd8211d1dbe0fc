"""A file of people, whatever its form: its headings held against the columns that are known, then its rows one by one."""

from collections.abc import Generator
from contextlib import closing
from itertools import islice
from pathlib import Path

from gatekeeper.files.importing import csv_file, xlsx_file
from gatekeeper.files.importing.csv_file import Raw
from gatekeeper.rules.errors import N_, Fault, Invalid
from gatekeeper.rules.importing.cells import Odd, Row
from gatekeeper.rules.importing.columns import keys_of, place_of

MOST_BYTES = 50_000_000
MOST_ROWS = 200_000
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_TOO_LARGE = N_("The file is too large: at most %(most)s MB are read.")
_TOO_LONG = N_("The file has more than %(most)s rows. Please divide it.")
_EMPTY = N_("The file has no row below its headings.")
_OLD = N_("This is an old Excel workbook (XLS), or one with a password. Save it as XLSX without a password, or as CSV UTF-8.")


def refuse_large(size: int) -> None:
    """Raise ``Invalid`` for a file that is larger than any that is read."""
    if size > MOST_BYTES:
        raise Invalid(Fault(_TOO_LARGE, field="file", most=MOST_BYTES // 1_000_000))


def check(path: Path) -> None:
    """Look at a file's form, headings and first row; raise ``Invalid`` with everything that is wrong with them."""
    with closing(rows(path)) as found:
        if not list(islice(found, 1)):
            raise Invalid(Fault(_EMPTY, field="file"))


def rows(path: Path) -> Generator[Row]:
    """The rows of a file that have any cell, with their numbers; raise ``Invalid`` for what cannot be read."""
    refuse_large(path.stat().st_size)
    with closing(records(path)) as raw:
        _, first = next(raw, (0, []))
        keys, faults = keys_of([text for text, _ in first])
        if faults:
            raise Invalid(*faults)
        count = 0
        for number, cells in raw:
            row = _row(number, cells, keys)
            if row is None:
                continue
            count += 1
            if count > MOST_ROWS:
                raise Invalid(Fault(_TOO_LONG, field="file", most=f"{MOST_ROWS:,}"))
            yield row


def records(path: Path) -> Generator[Raw]:
    """The records of a file of either form, the headings first, as they come; raise ``Invalid`` for what cannot be read."""
    with path.open("rb") as file:
        head = file.read(4)
    if head == _OLE:
        raise Invalid(Fault(_OLD, field="file"))
    return xlsx_file.read(path) if head == _ZIP else csv_file.read(path)


def _row(number: int, cells: list[tuple[str, Odd | None]], keys: list[str | None]) -> Row | None:
    """One row by its columns; None where no cell holds anything."""
    if not any(text.strip() for text, _ in cells):
        return None
    named = [(key, place, text, odd) for place, (key, (text, odd)) in enumerate(zip(keys, cells, strict=False), start=1) if key]
    beyond = any(text.strip() for text, _ in cells[len(keys) :]) or any(
        text.strip() for key, (text, _) in zip(keys, cells, strict=False) if not key
    )
    marked = [(key, place, odd) for key, place, _, odd in named if odd is not None]
    return Row(
        number,
        {key: text for key, _, text, _ in named},
        {key: odd for key, _, odd in marked},
        {key: f"{place_of(place)}{number}" for key, place, _ in marked},
        beyond,
    )
