"""Files of people in every form in which they come, and every form that is refused, each with words that say what to do."""

import io
import zipfile
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook
from xlsxwriter import Workbook as Writer

from gatekeeper.files.importing import table, xlsx_file
from gatekeeper.rules.errors import Invalid
from gatekeeper.rules.importing.cells import Odd, read
from gatekeeper.rules.risk import InvestorClass, RiskCategory
from tests.imported import csv_of, row

ROWS = [row(name="欧阳靖远", branch="上海，浦东"), row(client_number="000124", login="b", name="多行\n名称")]


def read_all(tmp_path: Path, content: bytes):
    path = tmp_path / "file"
    path.write_bytes(content)
    return list(table.rows(path))


def refused(tmp_path: Path, content: bytes) -> str:
    with pytest.raises(Invalid) as caught:
        read_all(tmp_path, content)
    return " ".join(str(fault) for fault in caught.value.faults)


def xlsx(*rows, prepare=None) -> bytes:
    """A workbook with these rows as openpyxl writes them."""
    book = Workbook()
    sheet = book.active
    for each in rows:
        sheet.append(each)
    if prepare:
        prepare(sheet)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


HEADINGS = ["客户编号", "投资者名称", "Category", "等级有效期至"]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_csv_is_read_in_every_encoding_and_with_every_separator(tmp_path, encoding, separator):
    rows = read_all(tmp_path, csv_of(ROWS, encoding, separator))

    assert [each.number for each in rows] == [2, 3]
    assert [each.cells["client_number"] for each in rows] == ["000123", "000124"], "the zeros are kept"
    assert rows[0].cells["name"] == "欧阳靖远"
    assert rows[1].cells["name"] == "多行\n名称"


def test_an_apostrophe_that_our_own_files_put_in_front_is_taken_away_once(tmp_path):
    [found] = read_all(tmp_path, "客户编号,投资者名称\r\n'000123,''引号\r\n".encode())

    assert found.cells == {"client_number": "000123", "name": "'引号"}


def test_xlsx_is_read_with_days_and_text_as_they_are_and_numbers_where_they_lose_nothing(tmp_path):
    content = xlsx(HEADINGS, ["000123", "江南", "C3", date(2028, 11, 23)], [], ["000124", "江北", "C2", "2028/1/2"])

    rows = read_all(tmp_path, content)

    assert [each.number for each in rows] == [2, 4]
    stated, faults = read(rows[0])
    assert (stated.client_number, stated.category, str(stated.category_until), faults) == (
        "000123",
        RiskCategory.C3,
        "2028-11-23",
        [],
    )
    assert str(read(rows[1])[0].category_until) == "2028-01-02"


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["=1+1", "江南", "C3", None], "Cell A2 holds a formula"),
        (["1", "江南", "=C3", "2028-01-01"], "Cell C2 holds a formula"),
        ([123, "江南", "C3", None], "Cell A2 is a number"),
        (["1", "江南", "C3", 46000], "2025-12-09 may be meant"),
        (["１２３", "江南", "C3", None], "“１２３” has full-width characters. Type 123"),
        (["1", "江南", "C9", None], "“C9” is no category"),
        (["1", "江南", "C3", "明年"], "“明年” is no day"),
        (["1", "江南", "C3", "2028-02-30"], "“2028-02-30” is no day"),
        (["1", "江南", "C3", None, "更多"], "more cells than there are headings"),
        (["", "江南", "C3", None], "The row has no client number."),
        (["#N/A", "江南", "C3", None], "holds an error of the spreadsheet program"),
    ],
)
def test_a_cell_that_cannot_be_taken_is_told_with_its_name(tmp_path, cells, said):
    [found] = read_all(tmp_path, xlsx(HEADINGS, cells))

    assert said in " ".join(map(str, read(found)[1]))


def test_text_that_looks_like_a_formula_is_text_in_a_workbook_and_one_in_csv(tmp_path):
    file = io.BytesIO()
    with Writer(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for place, text in enumerate(HEADINGS[:2]):
            sheet.write_string(0, place, text)
        sheet.write_string(1, 0, "1")
        sheet.write_string(1, 1, "=cmd|' /C calc'!A0")
    [text] = read_all(tmp_path, file.getvalue())
    [formula] = read_all(tmp_path, "客户编号,姓名\n1,=cmd\n".encode())

    assert text.odd == {}
    assert formula.odd == {"name": Odd.FORMULA}


@pytest.mark.parametrize("word", ["专业投资者B", "B类专业投资者", "professional b", "PROFESSIONAL_B", "Ｂ类专业投资者"])
def test_a_class_is_known_by_each_of_its_names(tmp_path, word):
    [found] = read_all(tmp_path, f"client number,class\n1,{word}\n".encode())

    assert read(found)[0].class_ is InvestorClass.PROFESSIONAL_B


@pytest.mark.parametrize(
    ("headings", "said"),
    [
        ("投资者名称,等级", "The heading “客户编号” (Client number) is missing"),
        ("客户编号,风险承受能力等及", "Is “风险承受能力等级” meant?"),
        ("client number,categori", "Is “Category” meant?"),
        ("客户编号,手机型号", "The heading “手机型号” (column B) is not known"),
        ("客户编号,客户号,姓名", "(column B) means the same as column A"),
        ("客户编号", "Besides the client number there is no column"),
    ],
)
def test_wrong_headings_are_told_all_at_once_with_the_nearest(tmp_path, headings, said):
    assert said in refused(tmp_path, f"{headings}\n1,2,3\n".encode())


def test_headings_are_taken_however_they_are_typed(tmp_path):
    [found] = read_all(tmp_path, "ＣＬＩＥＮＴ  Number,投资者 名称,Risk_Category\n1,江南,C1\n".encode())

    assert list(found.cells) == ["client_number", "name", "category"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xff\xfe\x00", "neither UTF-8 nor GB18030"),
        ("客户编号,姓名\n1,江南\n".encode("utf-16-le"), "characters that no text has"),
        ('客户编号,姓名\n1,"江南\n2,江北\n'.encode(), "Is a quotation mark not closed?"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "an old Excel workbook (XLS), or one with a password"),
        (b"PK\x03\x04 is not a workbook", "no XLSX workbook that can be read"),
        (b"", "The heading “客户编号” (Client number) is missing"),
        ("客户编号,姓名\n1,江南\n".encode("utf-16")[:-1], "not the UTF-16 text that it says it is"),
    ],
)
def test_what_is_no_table_is_refused_in_words(tmp_path, content, said):
    assert said in refused(tmp_path, content)


def merge(sheet):
    sheet.merge_cells("A2:B2")


def changed(content: bytes, name: str, data: bytes) -> bytes:
    """A workbook with one part put in or replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            if part != name:
                new.writestr(part, old.read(part))
        new.writestr(name, data)
    return out.getvalue()


BOOK = xlsx(HEADINGS, ["1", "江南", "C3", "2028-01-01"])
ENTITIES = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (xlsx(HEADINGS, ["1", "江南"], prepare=merge), "The sheet has merged cells (A2:B2)"),
        (changed(BOOK, "xl/vbaProject.bin", b"x"), "The workbook holds macros"),
        (changed(BOOK, "xl/sharedStrings.xml", ENTITIES), "holds a document type"),
        (changed(BOOK, "xl/sharedStrings.xml", ENTITIES.decode().encode("utf-16")), "holds a document type"),
        (changed(BOOK, "xl/worksheets/sheet1.xml", b"<worksheet><broken"), "no XLSX workbook that can be read"),
        (changed(BOOK, "xl/worksheets/sheet1.xml", b""), "no XLSX workbook that can be read"),
    ],
)
def test_a_workbook_that_hides_something_is_refused(tmp_path, content, said):
    assert said in refused(tmp_path, content)


def test_a_workbook_that_would_unpack_to_more_than_any_has_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(xlsx_file, "MOST_UNPACKED", 2_000_000)

    assert "larger than any" in refused(tmp_path, changed(BOOK, "xl/media/bomb.xml", b"<" + bytes(3_000_000)))


def test_a_part_that_unpacks_to_more_than_it_says_is_read_no_further(tmp_path):
    content = bytearray(changed(BOOK, "xl/worksheets/sheet1.xml", b"<worksheet>" + b" " * 5_000_000))
    where = content.rindex(b"PK\x01\x02", 0, content.rindex(b"xl/worksheets/sheet1.xml"))
    content[where + 24 : where + 28] = (100).to_bytes(4, "little")

    assert "no XLSX workbook" in refused(tmp_path, bytes(content))


def test_a_row_that_says_it_is_far_down_the_sheet_does_not_keep_the_reader_busy(tmp_path):
    sheet = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    cell = '<c r="A%d" t="inlineStr"><is><t>客户编号</t></is></c><c r="B%d" t="inlineStr"><is><t>姓名</t></is></c>'
    sheet += (
        f'<row r="1">{cell % (1, 1)}</row><row r="99999999">{cell % (99999999, 99999999)}</row></sheetData></worksheet>'.encode()
    )

    assert "More than 10,000 empty rows follow row 1" in refused(tmp_path, changed(BOOK, "xl/worksheets/sheet1.xml", sheet))


def test_too_many_rows_and_too_large_a_file_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(table, "MOST_ROWS", 2)
    assert "more than 2 rows" in refused(tmp_path, csv_of([row() for _ in range(3)]))
    monkeypatch.setattr(table, "MOST_BYTES", 10)
    assert "too large" in refused(tmp_path, csv_of(ROWS))
