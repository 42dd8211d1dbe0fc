"""Files that a spreadsheet program opens: nothing runs, no digit is lost, and what was written is read back."""

import csv
import json
import re
import zipfile
from io import BytesIO, StringIO
from xml.etree import ElementTree as ET

import pytest

from gatekeeper.files.made.sheets import FORMATS, Column, harmless

COLUMNS = [
    Column("number", "Entry number", "counts", 10, is_plain=True),
    Column("name", "Name", "as it is", 20),
    Column("other", "=Title", "even a title", 21),
]
FORMULAS = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    "+49 21 5550",
    "-1+1",
    "@SUM(A1:A9)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "  =1+1",
    "\x00=1+1",
    "\x1b=1+1",
    "\u200b=1+1",
    "\ufeff=1+1",
    "\u3000=1+1",
    "\u202e=1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(1)",
    "﹦1+1",
    "\u22121",
    "|calc",
    "%0A=1",
    "'=1+1",
    '"=1+1"',
]
NUMBERS = [
    "007",
    "0",
    "123456789012345678",
    "000123456789012345678",
    "1e5",
    "12E4567",
    "3/4",
    "1-2",
    "2026-11-23",
    "10:30",
    "3月1日",
    "１２３",
    "1,234.50",
    "50%",
    "(12)",
    "MAR1",
    "1-Mar",
    "Sept 2026",
    "10:30 PM",
    " 42 ",
    "¥12",
]
PLAIN = [
    "",
    "王敏",
    "O'Neil, John",
    'the "best" fund',
    "N-12345",
    "C3",
    "a=b",
    "第一创业",
    "10ab23cd45ef",
    "Mariana",
    "May",
    "1号产品",
    "x\u00a0y",
]


@pytest.mark.parametrize("text", FORMULAS + NUMBERS, ids=ascii)
def test_what_a_spreadsheet_would_take_for_something_else_gets_an_apostrophe(text):
    written = harmless(text)

    assert written[0] == "'"
    assert not re.search(r"[\x00-\x1f\x7f]", written)
    assert len(written) == len(text) + 1, "nothing is dropped: one apostrophe taken away gives the text again"


@pytest.mark.parametrize("text", PLAIN, ids=ascii)
def test_everything_else_stays_as_it_is(text):
    assert harmless(text) == text


def test_no_text_takes_long():
    assert harmless("1" * 200_000 + "x") == "1" * 200_000 + "x"
    assert harmless("Mar" + " 1" * 50_000 + "x")[0] == "M"


def written(form: str, rows: list[dict[str, object]]) -> bytes:
    file = BytesIO()
    FORMATS[form][0](file, COLUMNS, iter(rows), lambda: [("Filter", "=none"), ("Entries", str(len(rows)))])
    return file.getvalue()


def table(values: list[str]) -> list[dict[str, object]]:
    return [{"number": str(n), "name": each, "other": None} for n, each in enumerate(values)]


NASTY = [*FORMULAS, *NUMBERS, *PLAIN, "line\r\nbreak", "tab\there", "nul\x00", "_x0041_", "\ufffe\uffff", "x" * 3000, "𠮷野家"]


def test_csv_is_read_back_row_by_row():
    content = written("csv", table(NASTY))

    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\xef\xbb\xbf") == 1 + sum("\ufeff" in each for each in NASTY)
    assert b"\x00" not in content
    text = content.decode("utf-8-sig")
    rows = list(csv.reader(StringIO(text, newline="")))
    assert rows[0] == ["Entry number", "Name", "=Title"]
    assert len(rows) == len(NASTY) + 1, "no row is broken in two, and there is no line with a total"
    assert text.count("\r\n") == len(NASTY) + 1
    for (number, name, other), value in zip(rows[1:], NASTY, strict=True):
        shown = name.removeprefix("'") if name != value else name
        assert re.sub(r"[\x00-\x1f\x7f\ufffe\uffff]", " ", value) == shown, (number, value)
        assert other == ""


def cells(content: bytes, sheet: int) -> list[list[tuple[str, str]]]:
    """Each cell's type and text, by nothing but a ZIP reader and an XML reader."""
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(BytesIO(content)) as book:
        assert book.testzip() is None
        tree = ET.fromstring(book.read(f"xl/worksheets/sheet{sheet}.xml"))  # noqa: S314  (our own file)

    def plain(text: str) -> str:
        return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), text)

    assert tree.find(f".//{space}f") is None, "no formula anywhere"
    return [
        [(cell.get("t", ""), plain("".join(part.text or "" for part in cell.iter(f"{space}t")))) for cell in row]
        for row in tree.iter(f"{space}row")
    ]


def test_xlsx_is_read_back_and_every_cell_is_text():
    content = written("xlsx", table([each or "-" for each in NASTY]))

    rows, about = cells(content, 1), cells(content, 2)
    assert [text for _, text in rows[0]] == ["Entry number", "Name", "=Title"]
    assert len(rows) == len(NASTY) + 1
    for row, value in zip(rows[1:], NASTY, strict=True):
        assert {kind for kind, _ in row} == {"inlineStr"}
        assert row[1][1] == re.sub(r"[\x00-\x1f\x7f\ufffe\uffff]", " ", value or "-")
    assert [text for _, text in about[0]] == ["Filter", "=none"]
    assert ["=Title", "even a title"] in [[text for _, text in row] for row in about]
    with zipfile.ZipFile(BytesIO(content)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        assert set(book.namelist()).isdisjoint({"xl/vbaProject.bin", "xl/externalLinks/externalLink1.xml"})
    assert re.search(r'<pane [^>]*ySplit="1"[^>]*state="frozen"', sheet)
    assert re.search(r"<autoFilter ", sheet)
    assert len(re.findall(r"<col ", sheet)) == len(COLUMNS)


def test_json_lines_hold_every_value_exactly():
    content = written("jsonl", table(NASTY))

    lines = content.decode().split("\n")
    assert lines.pop() == ""
    assert [json.loads(line)["name"] for line in lines] == NASTY
    assert json.loads(lines[0]) == {"number": "0", "name": "=1+1", "other": None}


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_without_rows_is_a_file(form):
    content = written(form, [])

    if form == "csv":
        assert content.decode("utf-8-sig") == "Entry number,Name,=Title\r\n"
    elif form == "xlsx":
        assert len(cells(content, 1)) == 1
    else:
        assert content == b""
