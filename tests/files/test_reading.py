"""Reports as PDF: read as their text is, from whatever made them; scans, traps and bombs told or refused within bounds."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatekeeper.files.prepare import Prepared, prepare
from gatekeeper.files.reading import active, pdf, source
from gatekeeper.rules.errors import Invalid
from tests import pdfs

STORAGE = "r3-energy-storage"


def told(data: bytes) -> str:
    """What becomes of a file: its digest, or the sentence with which it is refused. Anything else is a failure."""
    try:
        return read(data).sha256
    except Invalid as error:
        return str(error)


def read(data: bytes) -> Prepared:
    return prepare(data, "report.pdf")


def reading(prepared: Prepared) -> dict[str, object]:
    """What was read, without where it stands."""
    found = json.loads(prepared.metadata["reading"])
    fields = [(each["what"], "".join(each["value"].split()), each["confidence"]) for each in found.pop("fields")]
    evidence = [(each["what"], "".join(each["quote"].split())) for each in found.pop("evidence")]
    found["checklist"] = list(found["checklist"])  # the line around each item is as long as it is printed
    found["notice"] = [end - start for start, end in found["notice"]]
    return {**found, "fields": fields, "evidence": evidence}


@pytest.mark.parametrize("font", [pdfs.EMBEDDED, pdfs.NOT_EMBEDDED])
@pytest.mark.parametrize("name", [STORAGE, "r2-water-utilities-en"])
def test_a_pdf_is_read_as_its_text_is(name: str, font: str) -> None:
    text = prepare((pdfs.REPORTS / f"{name}.txt").read_bytes(), name)
    printed = read(pdfs.demo(name, font=font))

    assert reading(printed) == reading(text)
    assert [each["code"] for each in printed.findings] == [each["code"] for each in text.findings]
    for what in ("issuer", "title", "subtitle", "kind", "industry", "language", "published_on", "rating", "analysts"):
        assert printed.metadata[what] == text.metadata[what], what
    assert printed.file["media_type"] == source.PDF
    assert printed.file["pages"] == len(json.loads(printed.body)["pages"]) > 1


def test_each_piece_of_evidence_names_its_page_and_its_place_there() -> None:
    prepared = read(pdfs.demo(STORAGE))
    fields = {each["what"]: each for each in json.loads(prepared.metadata["reading"])["fields"]}

    title, disclaimer = fields["title"], fields["disclaimer"]
    assert title["page"] == 1
    assert disclaimer["page"] == prepared.file["pages"]
    left, top, right, bottom = title["box"]
    assert 0 < left < right < 10_000
    assert 0 < top < bottom < 2000, "it stands at the top"
    assert prepared.text[title["start"] : title["end"]] == title["quote"] == title["value"]


UNREAD = {
    "a scan": (lambda: pdfs.scanned(pdfs.demo(STORAGE)), "pictures without text"),
    "pages with nothing but their numbers": (lambda: pdfs.lines("1"), "pictures without text"),
    "letters that mean others": (lambda: pdfs.lines(*["\u00a4\u00b6\u00a7\u00d7\u00f7" * 12] * 3), "not what its pages show"),
}


@pytest.mark.parametrize(("make", "said"), UNREAD.values(), ids=UNREAD)
def test_what_cannot_be_read_comes_in_unread_and_goes_to_a_person(make, said: str) -> None:
    prepared = read(make())

    assert [each["code"] for each in prepared.findings] == ["scanned"]
    assert said in prepared.findings[0]["message"]
    assert not prepared.findings[0]["blocking"], "a person reads the pages, grades it, and says so"
    assert (prepared.grade, prepared.text, prepared.metadata["title"]) == (None, "", "report.pdf")
    assert prepared.file["pages"] > 0


def test_a_scan_that_was_settled_settles_no_other_scan() -> None:
    one, other = (read(pdfs.lines(number)).findings[0]["key"] for number in "12")

    assert one != other


CARRIED = {
    "nothing": (pdfs.page(b"BT (/JavaScript /JS) Tj ET"), []),
    "a script": (pdfs.page(catalogue=b"/OpenAction << /S /JavaScript /JS (app.alert(1)) >>"), ["script"]),
    "a script in disguise": (pdfs.page(catalogue=b"/OpenAction << /S /J#61vaScript /J#53 (app.alert(1)) >>"), ["script"]),
    "a script in a packed object": (pdfs.page(others=[pdfs.packed_objects(b"<< /S /JavaScript /JS (x) >>")]), ["script"]),
    "a program": (pdfs.page(extra=b"/AA << /O << /S /Launch /F (cmd.exe) >> >>"), ["program"]),
    "a file inside": (pdfs.page(others=[b"<< /Type /Filespec /F (a.exe) /EF << /F 7 0 R >> >>", pdfs.stream(b"MZ")]), ["files"]),
    "a form that is sent": (pdfs.page(catalogue=b"/AcroForm << /XFA 6 0 R >>", others=[pdfs.stream(b"<xdp/>")]), ["form"]),
    "a film": (pdfs.page(extra=b"/Annots [<< /Subtype /RichMedia >>]"), ["media"]),
    "too much to look through": (
        pdfs.page(others=[pdfs.stream(bytes(active.MOST_UNPACKED + 1), b"/Type /ObjStm /N 1 /First 4", packed=True)]),
        ["more"],
    ),
}


@pytest.mark.parametrize(("data", "carried"), CARRIED.values(), ids=CARRIED)
def test_what_a_pdf_carries_beside_its_pages_is_told(data: bytes, carried: list[str]) -> None:
    assert list(active.carried(data)) == carried


def test_a_person_is_told_what_the_pdf_carries_and_the_report_comes_in() -> None:
    data = pdfs.demo(STORAGE).replace(b"/Type /Catalog", b"/OpenAction << /S /JavaScript /JS (x) >> /Type /Catalog")

    prepared = read(data)

    assert [each["code"] for each in prepared.findings] == ["active_content"]
    assert prepared.grade is not None
    assert pdf.read(data, "a.pdf").carries == ("script",)


REFUSED = {
    "with a password": (lambda: pdfs.encrypted("secret"), "protected by a password"),
    "cut off": (lambda: pdfs.demo(STORAGE)[:4000], "is damaged"),
    "a mark and nothing more": (lambda: b"%PDF-1.7 ...", "is damaged"),
    "2,000 pages": (lambda: pdfs.many_pages(2000), "has 2000 pages; a report may have at most 500"),
    "pages that hold themselves": (
        lambda: pdfs.raw(b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Count 9000 /Kids [2 0 R 2 0 R] >>"),
        "has 9000 pages",
    ),
    "no page": (
        lambda: pdfs.raw(b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Count 0 /Kids [] >>"),
        "is damaged",
    ),
    "a byte more than is taken": (lambda: b"%PDF-1.7" + bytes(source.MOST_BYTES), "at most 50 MiB"),
}


@pytest.mark.parametrize(("make", "said"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_pdf_of_a_report_is_refused_in_plain_words(make, said: str) -> None:
    with pytest.raises(Invalid, match=said) as refusal:
        read(make())

    assert [fault.field for fault in refusal.value.faults] == ["file"]


BOMBS = {
    "a page that unpacks to 60 MB": lambda: pdfs.bomb(60),
    "a form drawn a billion times": pdfs.laughs,
}


@pytest.mark.parametrize("make", BOMBS.values(), ids=BOMBS)
def test_a_bomb_takes_no_more_time_than_a_file_may(make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "SECONDS", 2)
    data, began = make(), time.monotonic()

    with pytest.raises(Invalid, match="takes more time or memory"):
        read(data)

    assert time.monotonic() - began < 10


HARMLESS = {
    "a page as large as a country": lambda: pdfs.raw(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 1e9 1e9] >>",
    ),
    "a list in a list, 100,000 deep": lambda: pdfs.page(catalogue=b"/X " + b"[" * 100_000 + b"]" * 100_000),
    "white space before its mark": lambda: b"\xef\xbb\xbf\r\n" + pdfs.lines("1"),
}


@pytest.mark.parametrize("make", HARMLESS.values(), ids=HARMLESS)
def test_what_only_looks_dangerous_is_taken(make) -> None:
    assert read(make()).file["pages"] == 1


SMALL = pdfs.lines("Risk grade: R2", "Published: 1 October 2026")


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_a_pdf_with_any_bytes_changed_is_read_or_refused_with_a_sentence(data: st.DataObject) -> None:
    broken = bytearray(SMALL)
    for _ in range(data.draw(st.integers(1, 20))):
        broken[data.draw(st.integers(8, len(broken) - 1))] = data.draw(st.integers(0, 255))
    assert told(bytes(broken))


@given(st.binary(max_size=300), st.sampled_from([b"", b"%PDF-", b"PK\x03\x04", b"\xef\xbb\xbf", b"\xff\xfe"]))
@settings(max_examples=30, deadline=None)
def test_any_bytes_are_read_or_refused_with_a_sentence(data: bytes, beginning: bytes) -> None:
    assert told(beginning + data)
