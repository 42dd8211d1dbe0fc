"""XLSX, a row at a time, by openpyxl's streaming reader: it sees formulas, and keeps no more than the strings in memory.

Before it is read, the archive is looked at as a stranger's: what it would unpack to, macros, a document type (with which XML can
be made to grow), and merged cells, which hide from a reader what they cover.
"""

import re
import warnings
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import closing
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError  # (an error's name; openpyxl parses)

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from gatekeeper.files.importing.csv_file import Raw
from gatekeeper.rules.errors import N_, Fault, Invalid
from gatekeeper.rules.importing.cells import Odd

MOST_UNPACKED = 1 << 30
"""The most bytes that the parts of a workbook may have unpacked, as its directory says; no more than that is ever unpacked."""
_MOST_PARTS = 2000
_MOST_COLUMNS = 64
_MOST_EMPTY = 10_000
_CHUNK, _OVERLAP = 1 << 20, 400
_PROLOG = 1 << 16
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=[\"']([A-Z]+[0-9]+:[A-Z]+[0-9]+)")
_ROOT = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*<(?:[^!]|!--)")
_TYPE = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_SHOWN = 3

_NO_WORKBOOK = N_("The file is no XLSX workbook that can be read. Save it anew as XLSX or as CSV UTF-8.")
_LARGE = N_("Unpacked, the workbook is larger than any of this many rows. Save the sheet alone, as XLSX or CSV UTF-8.")
_MACROS = N_("The workbook holds macros. Save it as XLSX without macros, or as CSV UTF-8.")
_ENTITIES = N_("The workbook holds a document type, which no spreadsheet program writes. It is not read.")
_MERGED_CELLS = N_("The sheet has merged cells (%(cells)s). Undo the merging: each row needs its own cells.")
_FAR_DOWN = N_("More than %(most)s empty rows follow row %(row)s. Delete them, or copy the rows into a new sheet.")
_NO_SHEET = N_("The workbook has no sheet with cells.")
_FAILURES = (
    *(zipfile.BadZipFile, zlib.error, ParseError, InvalidFileException, EOFError, OSError, NotImplementedError),
    *(KeyError, IndexError, ValueError, TypeError, AttributeError, OverflowError, RuntimeError),
)


def read(path: Path) -> Generator[Raw]:
    """The rows of the first sheet, the headings first; raise ``Invalid`` for what is no plain workbook."""
    try:
        _look(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of what it leaves out, of which nothing is wanted here
            with path.open("rb") as file, closing(load_workbook(file, read_only=True, keep_links=False)) as book:
                if not book.worksheets:
                    raise Invalid(Fault(_NO_SHEET, field="file"))
                sheet: Any = book.worksheets[0]
                _refuse_merged(path, sheet._worksheet_path)  # noqa: SLF001  (it has no public name)
                sheet.reset_dimensions()  # they are what a file says of itself
                yield from _rows(sheet)
    except _FAILURES as error:
        raise Invalid(Fault(_NO_WORKBOOK, field="file")) from error


def _rows(sheet: Any) -> Iterator[Raw]:
    last = 0
    for number, raw in enumerate(sheet.iter_rows(max_col=_MOST_COLUMNS), start=1):
        cells = [_cell(cell) for cell in raw]
        if any(text for text, _ in cells):
            last = number
        elif number - last > _MOST_EMPTY:  # a cell may say that it is anywhere, and the reader fills up all that is above it
            raise Invalid(Fault(_FAR_DOWN, field="file", row=last, most=f"{_MOST_EMPTY:,}"))
        yield number, cells


def _cell(cell: Any) -> tuple[str, Odd | None]:
    value = cell.value
    if value is None:
        return "", None
    if cell.data_type == "f" or not isinstance(value, str | int | float | datetime | date | time):
        return str(value), Odd.FORMULA
    if isinstance(value, str):
        return value, Odd.ERROR if cell.data_type == "e" else None
    return _written(value), Odd.NUMBER


def _written(value: float | datetime | date | time) -> str:
    """A number without what a computer adds to it, a day without the midnight that it begins with."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    return str(value)


def _look(path: Path) -> None:
    """Refuse what is dangerous or useless before anything of it is parsed."""
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
            raise Invalid(Fault(_LARGE, field="file"))
        if any(part.filename.casefold().endswith("vbaproject.bin") for part in parts):
            raise Invalid(Fault(_MACROS, field="file"))
        for part in parts:
            if part.filename.casefold().endswith((".xml", ".rels")):
                with archive.open(part) as file:
                    head = file.read(_PROLOG)
                if head and (not _ROOT.match(head) or _TYPE.search(head)):
                    raise Invalid(Fault(_ENTITIES, field="file"))


def _refuse_merged(path: Path, part: str) -> None:
    """They stand behind the last row, so all of the sheet is looked through."""
    found: list[str] = []
    with zipfile.ZipFile(path) as archive, archive.open(part.lstrip("/")) as file:
        rest = b""
        while chunk := file.read(_CHUNK):
            found += [name.decode() for name in _MERGED.findall(rest + chunk)]
            rest = chunk[-_OVERLAP:]
    if found:
        cells = ", ".join(list(dict.fromkeys(found))[:_SHOWN])
        raise Invalid(Fault(_MERGED_CELLS, field="file", cells=cells))
