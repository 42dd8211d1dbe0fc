"""Tables as files: CSV, XLSX and JSON lines, row by row, harmless in a spreadsheet program and without loss of a digit.

1. A spreadsheet takes text that looks like a formula for one, and rounds long numbers, drops leading zeros, makes dates of
   fractions. In CSV such a text gets an apostrophe in front, and so does one that begins with an apostrophe: whoever reads the
   file takes exactly one away and has the value. In XLSX every cell is text by its type.
2. Control characters and line ends become a space in both; JSON lines keeps them.
3. A file holds its rows and nothing else. What explains it stands on a sheet of its own (XLSX) or on the page it came from.
"""

import csv
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import TextIOWrapper
from typing import IO, Any

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name for programs, its title and meaning for people, its width in characters.

    ``is_plain`` says that its values are made here, and never by anybody outside.
    """

    key: str
    title: str
    meaning: str
    width: int = 18
    is_plain: bool = False


_BEGINS_FORMULA = frozenset("=+-@|%'\"\u2212")
_MONTH = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    "sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
_NUMBER = re.compile(
    r"(?=\D*\d)(?:[\d\s.,:/()+\-%$¥€£年月日时分秒上下午]+(?:e[+\-]?\d+|[ap]\.?m\.?)?"
    rf"|(?:\d+[\s/.,-]*)?(?:{_MONTH})(?:[\s/.,-]*\d+)*)",
    re.IGNORECASE,
)
_BLANK = frozenset({"Cc", "Zl", "Zp", "Cs"})
_NO_CHARACTER = 0xFFFE


def printable(text: str) -> str:
    """A text without control characters, line ends and what no XML file may hold."""
    if text.isprintable():
        return text
    return "".join(
        " " if unicodedata.category(each) in _BLANK or ord(each) & _NO_CHARACTER == _NO_CHARACTER else each for each in text
    )


@lru_cache(maxsize=8192)
def harmless(text: str) -> str:
    """A text as it may stand in a CSV file that a spreadsheet program opens."""
    text = printable(text)
    seen = unicodedata.normalize("NFKC", text)
    while seen and unicodedata.category(seen[0])[0] in "ZC":  # programs skip spaces and what cannot be seen
        seen = seen[1:]
    is_risky = bool(seen) and (seen[0] in _BEGINS_FORMULA or _NUMBER.fullmatch(seen.rstrip()) is not None)
    return f"'{text}" if is_risky else text


About = Callable[[], Sequence[tuple[str, str]]]
"""What a file says of itself once its rows are written: labels with values."""
Write = Callable[[IO[bytes], Sequence[Column], Iterable[Values], About], None]


def write_csv(file: IO[bytes], columns: Sequence[Column], rows: Iterable[Values], _about: About) -> None:
    """UTF-8 with a byte-order mark, as spreadsheet programs expect it; comma, CRLF, one heading."""
    text = TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=False)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([column.title for column in columns])
    for row in rows:
        writer.writerow([_cell(column, row[column.key]) for column in columns])
    text.flush()
    text.detach()


def _cell(column: Column, value: Any) -> str:
    if value is None:
        return ""
    return str(value) if column.is_plain else harmless(str(value))


def write_jsonl(file: IO[bytes], columns: Sequence[Column], rows: Iterable[Values], _about: About) -> None:
    """One object a line, members named as the columns' keys, values exactly as they are kept."""
    keys = [column.key for column in columns]
    for row in rows:
        line = json.dumps({key: row[key] for key in keys}, ensure_ascii=False, separators=(",", ":"), default=str)
        file.write(line.encode("utf-8", "backslashreplace") + b"\n")


def write_xlsx(file: IO[bytes], columns: Sequence[Column], rows: Iterable[Values], about: About) -> None:
    """Two sheets: the rows, every cell of them text, under a heading that stays; and what the file is and its columns mean."""
    safe = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(file, {"constant_memory": True, **safe}) as book:
        head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        text = book.add_format({"num_format": "@"})
        sheet = book.add_worksheet("log")
        for number, column in enumerate(columns):
            sheet.set_column(number, number, column.width, text)
        sheet.freeze_panes(1, 2)
        _put(sheet, 0, [column.title for column in columns], head)
        last = 0
        for last, row in enumerate(rows, 1):
            _put(sheet, last, [row[column.key] for column in columns], text)
        sheet.autofilter(0, 0, last, len(columns) - 1)
        _explain(book.add_worksheet("about"), columns, about(), head, text)


def _explain(sheet: Worksheet, columns: Sequence[Column], about: Sequence[tuple[str, str]], head: Any, text: Any) -> None:
    sheet.set_column(0, 0, 30, text)
    sheet.set_column(1, 1, 100, text)
    lines = [*about, ("", ""), *((column.title, column.meaning) for column in columns)]
    for number, (label, meaning) in enumerate(lines):
        _put(sheet, number, [label], head)
        if meaning:
            sheet.write_string(number, 1, printable(meaning), text)


def _put(sheet: Worksheet, row: int, values: Sequence[Any], look: Any) -> None:
    for number, value in enumerate(values):
        if value not in (None, ""):
            sheet.write_string(row, number, printable(str(value)), look)


FORMATS: dict[str, tuple[Write, str]] = {
    "csv": (write_csv, "text/csv; charset=utf-8"),
    "xlsx": (write_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "jsonl": (write_jsonl, "application/jsonl; charset=utf-8"),
}
"""Each format by the ending of its file's name: how it is written, and what it is to a browser."""
