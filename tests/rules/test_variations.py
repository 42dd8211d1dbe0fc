"""The same notice printed otherwise: spaces, lines, width, separators, traditional characters, radicals. Nothing may widen.

A variation is read as the notice itself, or goes to a person. It never comes out with a lower grade, nor with a wider audience
that nobody is asked about.
"""

import random
import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatekeeper.rules.notice import NoticeReading, read_notice
from gatekeeper.rules.risk import widens
from gatekeeper.rules.wording import printed
from gatekeeper.rules.wording.document import read_document
from gatekeeper.rules.wording.findings import find_findings

NOTICES = [
    (
        "本报告的风险等级为R3（中风险），仅适用于专业投资者及风险承受能力为C3、C4、C5的普通投资者。"
        "若您为风险承受能力低于C3的普通投资者，请勿阅读、收藏、接收或使用本报告。"
    ),
    "本报告仅供明澈证券客户使用，风险等级为R4（中高风险），适用于专业投资者以及C4、C5类普通投资者，非明澈证券客户请勿转发。",
    "仅面向明澈证券客户中的机构类专业投资者。非机构类专业投资者，请勿订阅、接收或使用本订阅号中的任何信息。",
    "特别声明\n本研究报告风险评级：中低风险（R2）\n适用对象：专业投资者及C2、C3、C4、C5的普通投资者\n本资料仅供签约客户参考",
    (
        "This report is rated R3 (medium risk) and is intended only for professional investors and ordinary investors of "
        "categories C3, C4, C5. If you are an ordinary investor below C3, do not read, bookmark, receive or use this report."
    ),
]


def is_the_same_or_for_a_person(original: str, varied: str) -> None:
    """Hold a variation against its notice. Where no notice is found at all, that is a finding of its own (``no_notice``)."""
    before, after = read_notice(original), read_notice(varied)
    if proposed(before) == proposed(after):
        return
    is_asked = bool(after.conflicts) or not after.statement
    assert after.grade in (None, before.grade), varied
    assert is_asked or not widens(before.audience, after.audience), varied
    assert is_asked or after.grade == before.grade or not after.evidence_for("grade"), varied


def proposed(reading: NoticeReading) -> tuple[object, ...]:
    return reading.grade, reading.audience, reading.conflicts != ()


INVERSE = {
    "traditional": {simple: other for other, simple in zip(printed._TRADITIONAL[::2], printed._TRADITIONAL[1::2], strict=True)},
    "radicals": {
        **{simple: radical for radical, simple in zip(printed._RADICALS[::2], printed._RADICALS[1::2], strict=True)},
        **{unicodedata.normalize("NFKC", chr(code)): chr(code) for code in range(0x2F00, 0x2FD6)},
    },
    "full width": {chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)},
    "half width": {"，": ",", "（": "(", "）": ")", "：": ":", "；": ";"},
    "other separators": {"、": "，"},
    "slashes": {"、": "/"},
}
SPACES = ["\u3000", " ", "\u00a0", "\t", "\n", "\r\n", "\n\n", "\n \n", "\u200b", "\ufeff", "\u00ad", "\ufffe"]
notices = st.sampled_from(NOTICES)
calmly = settings(deadline=None)  # the machine may be busy


@pytest.mark.parametrize("form", INVERSE)
@calmly
@given(notice=notices, data=st.data())
def test_other_forms_of_the_same_characters(form: str, notice: str, data: st.DataObject) -> None:
    seed = data.draw(st.integers(0, 2**16))
    share = data.draw(st.sampled_from([0.1, 0.5, 1.0]))
    chance = random.Random(seed)
    table = INVERSE[form]

    varied = "".join(table.get(each, each) if chance.random() < share else each for each in notice)

    is_the_same_or_for_a_person(notice, varied)
    assert "separators" in form or "slashes" in form or proposed(read_notice(varied)) == proposed(read_notice(notice))


@calmly
@given(notices, st.lists(st.tuples(st.integers(0, 200), st.sampled_from(SPACES)), min_size=1, max_size=12))
def test_white_space_and_breaks_anywhere(notice: str, insertions: list[tuple[int, str]]) -> None:
    varied = notice
    for place, space in insertions:
        varied = varied[: place % (len(varied) + 1)] + space + varied[place % (len(varied) + 1) :]

    is_the_same_or_for_a_person(notice, varied)


@calmly
@given(notices, st.integers(8, 60))
def test_lines_broken_at_a_width_as_pdf_text_is(notice: str, width: int) -> None:
    lines = [notice[start : start + width] for start in range(0, len(notice), width)]

    is_the_same_or_for_a_person(notice, "\n".join(lines))
    is_the_same_or_for_a_person(notice, "\n\n".join(lines))


@calmly
@given(notices, st.integers(0, 400), st.integers(1, 3))
def test_a_piece_that_is_lost_never_lowers_the_grade(notice: str, place: int, length: int) -> None:
    place %= len(notice)

    varied = notice[:place] + notice[place + length :]

    before, after = read_notice(notice), read_notice(varied)
    assert after.grade in (None, before.grade)


@calmly
@given(notices, st.integers(0, 400), st.integers(1, 4))
def test_letters_that_the_text_layer_has_lost_are_for_a_person(notice: str, place: int, length: int) -> None:
    place %= len(notice)

    varied = notice[:place] + "\ufffd" * length + notice[place + length :]

    is_the_same_or_for_a_person(notice, varied)


SAME_LISTS = [
    "C3、C4、C5",
    "C3及以上",
    "C3（含）以上",
    "C3-C5",
    "C3至C5",
    "C3, C4和C5",
    "C3/C4/C5",
    "不低于C3",
    "C3(稳健型)及以上",
    "≥C3",
]


@calmly
@given(st.sampled_from(SAME_LISTS), st.sampled_from(SAME_LISTS), st.sampled_from(SPACES[:5]))
def test_a_list_a_range_and_a_bound_say_the_same(one: str, other: str, space: str) -> None:
    text = "本报告的风险等级为R3（中风险），仅适用于专业投资者及风险承受能力为{}的普通投资者。"

    assert proposed(read_notice(text.format(one))) == proposed(read_notice(text.format(space.join(other))))


@calmly
@given(st.lists(notices, min_size=2, max_size=3))
def test_two_notices_in_one_report_never_admit_more_than_each(several: list[str]) -> None:
    together = read_notice("\n\n".join(several))

    for each in map(read_notice, several):
        assert not widens(each.audience, together.audience)
        assert together.grade in (None, each.grade)


WORDS = [
    *"本报告风险等级为R3（中高）仅供适用于专业投资者C1C5及以上低于不请勿阅读非机构、，。：|\n -—●#",
    *SPACES,
    "特别声明\n",
    "risk",
    "rating",
]


@calmly
@given(st.one_of(st.text(max_size=400), st.lists(st.sampled_from(WORDS), max_size=200).map("".join), st.binary().map(repr)))
def test_no_text_makes_the_reading_fail(text: str) -> None:
    reading = read_notice(text)

    assert reading.grade is None or not reading.conflicts
    for piece in (*reading.evidence, *(piece for conflict in reading.conflicts for piece in conflict.pieces)):
        assert text[piece.start : piece.end] == piece.quote


@pytest.mark.parametrize("seed", range(4))
def test_a_report_with_twenty_thousand_mutations_is_read(seed: int) -> None:
    chance = random.Random(seed)
    text = list("\n".join(NOTICES) * 40)
    for _ in range(20_000):
        text[chance.randrange(len(text))] = chance.choice(
            [*WORDS, chr(chance.randrange(0x20, 0xD800)), chr(chance.randrange(0x2E80, 0x2FE0))]
        )
    varied = "".join(text)

    assert find_findings(read_document(varied), varied)


HOSTILE = [
    "不适合C3、请勿，",
    "C3C3",
    "风险等级(",
    "仅供专业投资者，请勿",
    "（含C3）",
    "风险等级 R3\n",
    "稳健型(C3",
    "若您并非",
    "-\na",
    "本报告",
    "分为R1",
]


@pytest.mark.parametrize("unit", HOSTILE)
def test_a_text_of_anything_is_read_in_bounded_time(unit: str) -> None:
    text = unit * (120_000 // len(unit))
    begun = time.process_time()

    read_notice(text)

    assert time.process_time() - begun < 12  # a third of the largest text; quadratic time would be minutes
