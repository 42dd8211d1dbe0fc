"""Reports as Word documents: read as their text is; bombs, macros and documents that fetch are refused."""

import io
import json
import time
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatekeeper.files.prepare import Prepared, prepare
from gatekeeper.files.reading import docx, word
from gatekeeper.rules.errors import Invalid
from tests import docxs, pdfs
from tests.docxs import paragraph


def read(data: bytes) -> Prepared:
    return prepare(data, "report.docx")


@pytest.mark.parametrize("name", ["r3-energy-storage", "r3-toll-roads"])
def test_a_document_is_read_as_its_text_is(name: str) -> None:
    text = (pdfs.REPORTS / f"{name}.txt").read_text("utf-8")
    plain, document = prepare(text.encode(), name), read(docxs.report(text))

    for what in ("issuer", "title", "subtitle", "kind", "industry", "language", "published_on", "rating", "analysts", "notice"):
        assert document.metadata[what] == plain.metadata[what], what
    assert document.grade is plain.grade
    assert [each["code"] for each in document.findings] == [each["code"] for each in plain.findings]
    assert document.file["media_type"] == word.DOCX
    assert document.file["pages"] is None
    assert [each["heading"] for each in json.loads(document.body)["sections"]] == [
        each["heading"] for each in json.loads(plain.body)["sections"]
    ]


WRITTEN = {
    "headings": (
        paragraph("价格企稳", "a1") + paragraph("事件", "a1") + paragraph("细节", "a2"),
        "# 价格企稳\n\n## 事件\n\n### 细节",
    ),
    "a table of facts": (docxs.table(("月份", "价格"), ("4月", "0.5|6")), "| 月份 | 价格 |\n| 4月 | 0.5/6 |"),
    "a table that arranges": (docxs.table(("左栏" * 40, "特别声明")), "左栏" * 40 + "\n\n特别声明"),
    "a line break and a tab": ("<w:p><w:r><w:t>甲</w:t><w:br/><w:t>乙</w:t><w:tab/><w:t>丙</w:t></w:r></w:p>", "甲\n乙 丙"),
    "a text box": (
        "<w:p><w:r><mc:AlternateContent><mc:Choice><w:txbxContent>" + paragraph("框内") + "</w:txbxContent></mc:Choice>"
        "<mc:Fallback><w:txbxContent>" + paragraph("框内") + "</w:txbxContent></mc:Fallback></mc:AlternateContent></w:r>"
        "<w:r><w:t>框外</w:t></w:r></w:p>",
        "框内\n\n框外",
    ),
    "what was deleted or hidden": (
        "<w:p><w:del><w:r><w:delText>R1</w:delText><w:t>R1</w:t></w:r></w:del><w:ins><w:r><w:t>R3</w:t></w:r></w:ins></w:p>"
        + paragraph("R2", properties="<w:vanish/>")
        + paragraph("R4", properties='<w:vanish w:val="0"/>'),
        "R3\n\nR4",
    ),
    "an instruction": ("<w:p><w:r><w:instrText>PAGE</w:instrText></w:r><w:r><w:t>正文</w:t></w:r></w:p>", "正文"),
}


@pytest.mark.parametrize(("body", "text"), WRITTEN.values(), ids=WRITTEN)
def test_what_is_printed_is_read_and_no_more(body: str, text: str) -> None:
    assert docx.read(docxs.document(body)) == text


def test_notes_and_what_runs_along_come_last_and_once() -> None:
    notes = docxs._DOCUMENT.format(before="", body=paragraph("注：数据为样本。"))
    head = docxs._DOCUMENT.format(before="", body=paragraph("证券研究报告"))

    made = docxs.document(paragraph("正文"), word_footnotes_xml=notes, word_header1_xml=head, word_header2_xml=head)

    assert docx.read(made) == "正文\n\n脚注说明\n注：数据为样本。\n\n页眉页脚说明\n证券研究报告"


LAUGHS = "<!DOCTYPE w [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'>]>"
FETCHES = "<!DOCTYPE w [<!ENTITY a SYSTEM 'http://127.0.0.1:9/secret'>]>"
MACROS = docxs.MAIN.replace("openxmlformats-officedocument.wordprocessingml.document", "ms-word.document.macroEnabled")


def encrypted() -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500) + "EncryptedPackage".encode("utf-16-le")


def workbook() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return out.getvalue()


REFUSED = {
    "XML that grows": (lambda: docxs.document("<w:p><w:t>&b;</w:t></w:p>", before=LAUGHS), "document type"),
    "XML that fetches": (lambda: docxs.document("<w:p><w:t>&a;</w:t></w:p>", before=FETCHES), "document type"),
    "macros by its type": (lambda: docxs.document(paragraph("x"), main=MACROS), "holds macros"),
    "macros inside": (lambda: docxs.document(paragraph("x"), word_vbaProject_bin=b"x"), "holds macros"),
    "a part of 300 MB": (lambda: docxs.document("<w:p/>", word_footnotes_xml=bytes(300_000_000)), "more time or memory"),
    "a text of ten million characters": (lambda: docxs.document(paragraph("a" * 10_000_000)), "more time or memory"),
    "thousands of parts": (lambda: docxs.document("<w:p/>", **{f"x_{n}": b"" for n in range(5000)}), "more time or memory"),
    "broken XML": (lambda: docxs.document("<w:p>"), "no Word document"),
    "a workbook": (workbook, "no Word document"),
    "nothing written": (lambda: docxs.document("<w:p/>"), "no Word document"),
    "half of it": (lambda: docxs.report("x" * 400)[:-30], "no Word document"),
    "a password": (encrypted, "protected by a password"),
    "an old document": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "an old Office document"),
    "more bytes than are taken": (
        lambda: docxs.document("<w:p/>") + bytes(docx.MOST_BYTES),
        "at most 20 MiB are taken as DOCX",
    ),
}


@pytest.mark.parametrize(("make", "said"), REFUSED.values(), ids=REFUSED)
def test_what_is_dangerous_or_no_document_is_refused_in_plain_words(make, said: str) -> None:
    data, began = make(), time.monotonic()

    with pytest.raises(Invalid, match=said):
        read(data)

    assert time.monotonic() - began < 10


def test_elements_within_elements_do_no_harm() -> None:
    deep = 20_000

    assert docx.read(docxs.document("<w:sdt>" * deep + paragraph("深处") + "</w:sdt>" * deep)) == "深处"
    assert docx.read(docxs.document("<w:tbl><w:tr><w:tc>" * 500 + paragraph("深处") + "</w:tc></w:tr></w:tbl>" * 500)) == "深处"


@given(st.data())
@settings(deadline=None)
def test_a_document_with_any_bytes_changed_is_read_or_found_unusable(data: st.DataObject) -> None:
    broken = bytearray(docxs.document(paragraph("风险等级 R3") + docxs.table(("甲", "乙"), ("丙", "丁"))))
    for _ in range(data.draw(st.integers(1, 10))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = docx.read(bytes(broken))
    except docx.UnusableError as error:
        found = error.why

    assert isinstance(found, str)
