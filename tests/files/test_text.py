"""Bytes in, clean text out, or a sentence that says what to do instead."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.files.text import MOST_BYTES, decode_report
from gatekeeper.rules.errors import Invalid

REPORT = "海风订单回升\n\n● 风险提示：审批放缓，原材料涨价。\n\n特别声明\n\n本报告的风险等级为 R3（中风险），仅面向专业投资者。\n"

ENCODED = {
    "UTF-8": REPORT.encode(),
    "UTF-8 with its mark": REPORT.encode("utf-8-sig"),
    "UTF-16, little end first": b"\xff\xfe" + REPORT.encode("utf-16-le"),
    "UTF-16, big end first": b"\xfe\xff" + REPORT.encode("utf-16-be"),
    "GB18030": REPORT.encode("gb18030"),
    "GBK": REPORT.encode("gbk"),
    "line ends of Windows": REPORT.replace("\n", "\r\n").encode(),
    "line ends of old": REPORT.replace("\n", "\r").encode(),
    "line separators": REPORT.replace("\n", "\u2028").encode(),
}


@pytest.mark.parametrize("data", ENCODED.values(), ids=ENCODED)
def test_every_encoding_that_can_be_told_gives_the_same_text(data: bytes) -> None:
    assert decode_report(data, "report.bin") == REPORT


REFUSED = {
    "nothing": (b"", "is empty"),
    "white space": ("\ufeff \n\u3000".encode(), "is empty"),
    "50 MB": (b"a" * 50_000_000, "has 47.7 MiB; a report may have at most 1 MiB"),
    "one byte too many": (b"a" * (MOST_BYTES + 1), "at most 1 MiB"),
    "open document": (b"PK\x03\x04\x14\x00mimetypeapplication/vnd.oasis.opendocument.text", "is an Office document"),
    "rich text": (b"{\\rtf1\\ansi}", "is an Office document"),
    "archive": (b"PK\x03\x04\x14\x00report.txt", "is an archive"),
    "picture": (b"\x89PNG\r\n\x1a\n", "is a picture"),
    "zero bytes": (b"text\x00text", "contains zero bytes"),
    "UTF-16 without its mark": ("风险R3".encode("utf-16-le"), "contains zero bytes"),
    "zero bytes in UTF-16": ("\ufeffa\0b".encode("utf-16-le"), "contains zero bytes"),
    "half a character of UTF-16": (b"\xff\xfea\x00\x3d\xd8", "breaks off at byte 4"),
    "broken UTF-8": (REPORT.encode()[:60] + b"\xff" + REPORT.encode()[60:], "breaks at byte 60"),
    "broken UTF-8 with its mark": (b"\xef\xbb\xbf" + b"abc\xff", "breaks at byte 6"),
    "cut UTF-8": (REPORT.encode()[:40], "breaks at byte 39"),
    "western European": ("Prix de l'énergie élevé".encode("latin-1"), "breaks at byte 10"),
    "user-defined characters": ((REPORT + "\ue000").encode("gb18030"), "nor GB18030"),
    "control characters": ((REPORT + "\x1b[0m").encode("gb18030"), "nor GB18030"),
}


@pytest.mark.parametrize(("data", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_text_is_refused_with_what_to_do(data: bytes, sentence: str) -> None:
    with pytest.raises(Invalid, match=re.escape(sentence)) as refusal:
        decode_report(data, "报告.txt")

    assert [fault.field for fault in refusal.value.faults] == ["file"]
    assert "报告.txt" in str(refusal.value)


def test_the_name_decides_nothing() -> None:
    assert decode_report(REPORT.encode(), "report.pdf") == REPORT


@given(st.text("风险等级适用于专业投资者承受能力为的普通报告、。（）R345C ", min_size=8))
def test_chinese_text_survives_gb18030(text: str) -> None:
    words = f"风险等级{text}。"

    assert decode_report(words.encode("gb18030"), "r") == words


@given(st.text("风险等级适用于专业投资者承受能力为的普通报告", min_size=20), st.data())
def test_utf_8_that_lost_a_byte_is_not_taken_for_gb18030(text: str, data: st.DataObject) -> None:
    encoded = text.encode()
    place = data.draw(st.integers(0, len(encoded) - 1))

    with pytest.raises(Invalid):
        decode_report(encoded[:place] + encoded[place + 1 :], "r")


@given(st.binary(max_size=400))
def test_no_bytes_make_the_decoding_fail_otherwise(data: bytes) -> None:
    try:
        text = decode_report(data, "r")
    except Invalid as refusal:
        text = str(refusal)

    assert text
    assert "\r" not in text
