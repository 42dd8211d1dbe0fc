"""Receipts on paper: the font travels with the product, and what it lacks is seen."""

import re
import zlib
from base64 import a85decode

import pytest

from gatekeeper.files import lettering
from gatekeeper.files.made.receipt import Paper, pdf
from gatekeeper.paths import FONTS


def paper(**parts):
    rows = (("时间", "2026-11-23 10:00:00 (Asia/Shanghai)"), ("Who", "张*喆 / 远***司"))
    return Paper(**{"firm": "明澈证券", "title": "记录凭证", "rows": rows, "notes": ("To be checked with 上海营业部.",), **parts})


def written(document: bytes) -> str:
    """What a reader of the file finds written in it, by the fonts' own maps from glyphs to characters."""
    streams = [_unpacked(each) for each in re.findall(rb"stream\r?\n(.*?)endstream", document, re.DOTALL)]
    return "".join(
        chr(int(code, 16))
        for stream in streams
        if b"beginbfchar" in stream
        for code in re.findall(r"<([0-9A-F]{4})>", stream.decode("latin-1"))
    )


def _unpacked(stream: bytes) -> bytes:
    for body in (stream, b"".join(stream.split())):
        try:
            return zlib.decompress(body if body is stream else a85decode(body.removesuffix(b"~>")))
        except (ValueError, zlib.error):
            continue
    return b""


def test_a_receipt_is_the_same_bytes_for_the_same_words():
    assert pdf(paper()) == pdf(paper()) != pdf(paper(title="其他"))


def test_every_font_is_in_the_file():
    document = pdf(paper())

    fonts = re.findall(rb"/BaseFont /([\w+-]+)", document)
    assert fonts
    assert all(b"+GatekeeperSansSC" in name for name in fonts)
    assert document.count(b"/FontFile2") == len(fonts)


def test_what_is_written_can_be_read_out_of_the_file():
    assert set("记录凭证时间张喆上海营业部AsiaShanghai*") <= set(written(pdf(paper())))


def test_a_character_that_the_font_lacks_is_marked_and_never_a_gap():
    assert lettering.printable("张𪚥\x07😀") == "张〓〓〓"
    assert "〓" in written(pdf(paper(title="张𪚥")))


@pytest.mark.parametrize(
    "text", ["", " ", "<b>&amp;</i><para>", "长" * 3000, "word " * 2000, "x" * 3000, "\n\n\t\r\n", "((\\)", "%PDF-"]
)
def test_whatever_is_to_be_printed_is_printed(text):
    rows = (("label", text[:1000]),)

    assert (
        pdf(paper(title=text[:200] or "x", rows=rows, notes=(text,), words_title="w", words=text, foot=text[:40]))[:5] == b"%PDF-"
    )


def test_long_words_go_on_over_pages():
    document = pdf(paper(words_title="全文", words="投资者应当充分了解风险。\n" * 400))

    assert len(re.findall(rb"/Type /Page\b", document)) > 5


def test_the_font_comes_with_its_licence_and_under_a_name_of_its_own():
    font = (FONTS / "GatekeeperSansSC-Regular.ttf").read_bytes()

    assert "SIL OPEN FONT LICENSE" in (FONTS / "OFL.txt").read_text("utf-8").upper()
    assert "Gatekeeper Sans SC".encode("utf-16-be") in font
    assert len(font) < 3_000_000
