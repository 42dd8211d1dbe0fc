"""CSV, a record at a time: UTF-8 with or without a byte-order mark, UTF-16 with one, GB18030; comma, semicolon or tab.

Our own files have an apostrophe in front of what a spreadsheet program would misread; exactly one is taken away again.
"""

import codecs
import csv
from collections.abc import Generator
from pathlib import Path

from gatekeeper.rules.errors import N_, Fault, Invalid
from gatekeeper.rules.importing.cells import Odd

Raw = tuple[int, list[tuple[str, Odd | None]]]
"""A record: its number as a spreadsheet counts, and its cells with what is odd about them."""

_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_SEPARATORS = ",;\t"
_CHUNK = 1 << 20
_ENCODING = N_("The file is neither UTF-8 nor GB18030 text: line %(line)s cannot be read. Save it as CSV UTF-8 or as XLSX.")
_UTF16 = N_("The file is not the UTF-16 text that it says it is: line %(line)s. Save it as CSV UTF-8 or as XLSX.")
_NUL = N_("The file holds characters that no text has. If it is UTF-16, save it as CSV UTF-8 or as XLSX.")
_BROKEN = N_("Row %(row)s cannot be read. Is a quotation mark not closed?")


def read(path: Path) -> Generator[Raw]:
    """The records of a file, the headings first; raise ``Invalid`` for what is no CSV."""
    encoding = _encoding(path)
    with path.open(encoding=encoding, newline="") as file:
        separator = _separator(file.readline())
        file.seek(0)
        reader = csv.reader(file, delimiter=separator, strict=True)
        number = 0
        try:
            for number, record in enumerate(reader, start=1):
                yield number, [_cell(text) for text in record]
        except csv.Error as error:
            raise Invalid(Fault(_BROKEN, field="file", row=number + 1)) from error


def _cell(text: str) -> tuple[str, Odd | None]:
    if text.startswith("'"):
        return text[1:], None
    return text, Odd.FORMULA if text.lstrip().startswith("=") else None


def _separator(line: str) -> str:
    return max(_SEPARATORS, key=lambda each: (line.count(each), each == ","))


def _encoding(path: Path) -> str:
    """The encoding in which all of the file can be read; a piece at a time, for the file may be large."""
    with path.open("rb") as file:
        head = file.read(4)
    marked = next((encoding for mark, encoding in _MARKS.items() if head.startswith(mark)), None)
    if marked is not None:
        if bad := _first_bad_line(path, marked):
            raise Invalid(Fault(_UTF16 if marked == "utf-16" else _ENCODING, field="file", line=bad))
        return marked
    lines = {encoding: _first_bad_line(path, encoding) for encoding in ("utf-8", "gb18030")}
    fit = next((encoding for encoding, line in lines.items() if line is None), None)
    if fit is None:
        raise Invalid(Fault(_ENCODING, field="file", line=max(line or 1 for line in lines.values())))
    return fit


def _first_bad_line(path: Path, encoding: str) -> int | None:
    """The line at which an encoding fails, None where it does not."""
    decoder, line = codecs.getincrementaldecoder(encoding)(), 1
    with path.open("rb") as file:
        try:
            while chunk := file.read(_CHUNK):
                text = decoder.decode(chunk)
                if "\0" in text:
                    raise Invalid(Fault(_NUL, field="file"))
                line += text.count("\n")
            decoder.decode(b"", final=True)
        except UnicodeError:
            return line
    return None
