"""Lines of pages put together, text that is none, the industry, and what a report says of itself with its words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.rules.notice import Confidence
from gatekeeper.rules.reading.industry import read_industry
from gatekeeper.rules.reading.legible import is_garbled, is_scanned
from gatekeeper.rules.reading.metadata import read_fields
from gatekeeper.rules.reading.pages import RUNNING, Line, Page, put_together
from gatekeeper.rules.wording.document import read_document
from gatekeeper.rules.wording.printed import blocks
from tests.rules.test_document import CHINESE

WIDE, HIGH, STEP = 8000, 130, 200


def page(*lines: str, head: str = "", foot: str = "", start: int = 1500) -> Page:
    """A page of lines one below the other; one that ends in > is as wide as the column, others as their words."""
    found = [Line(head, 1000, 200, 3000, 300)] if head else []
    found += [Line(foot, 1000, 9700, 3000, 9800)] if foot else []
    for place, line in enumerate(lines):
        words = line.removesuffix(">")
        top = start + STEP * place
        right = WIDE if line.endswith(">") else 1000 + min(150 * len(words), 5000)
        found.append(Line(words, 1000, top, right, top + HIGH))
    return Page(595, 842, tuple(line for line in found if line.text))


JOINED = {
    "a full line goes on": (["适用的投资者类别仅限定为专业投>", "资者。"], "适用的投资者类别仅限定为专业投资者。"),
    "a short line does not": (["正文写满了>", "一行", "证书编号"], "正文写满了一行\n证书编号"),
    "what ended a sentence does not": (["请勿使用本报告。>", "分析师声明"], "请勿使用本报告。\n分析师声明"),
    "English keeps its spaces": (["ordinary investors of>", "categories C2 to C5"], "ordinary investors of categories C2 to C5"),
    "a broken word is mended": (["suit\u00ad>", "ability of"], "suitability of"),
    "a bullet begins anew": (["算力链的投资机会>", "● 风险提示："], "算力链的投资机会\n\n● 风险提示："),
    "so does a caption": (["以上为测算结果>", "图1：价格走势"], "以上为测算结果\n\n图1：价格走势"),
    "a table stays under its caption": (
        ["图1：价格走势", "| 月份 | 价格 |", "| 4月 | 0.5 |"],
        "图1：价格走势\n| 月份 | 价格 |\n| 4月 | 0.5 |",
    ),
}


@pytest.mark.parametrize(("lines", "text"), JOINED.values(), ids=JOINED)
def test_lines_are_put_together_as_they_were_written(lines: list[str], text: str) -> None:
    assert put_together([page(*lines)]).text == text


def test_a_sentence_goes_on_overleaf_and_what_runs_along_does_not_break_it() -> None:
    pages = [
        page("本报告的风险等级为 R3，适用于风险承受>", head="某某证券 行业点评", foot="请务必阅读 第1页"),
        page("能力为 C3、C4、C5 的普通投资者。", head="某某证券 行业点评", foot="请务必阅读 第2页"),
        page("第三页。", head="某某证券 行业点评", foot="请务必阅读 第3页"),
    ]

    printed = put_together(pages)

    assert printed.text == (
        "本报告的风险等级为 R3，适用于风险承受能力为 C3、C4、C5 的普通投资者。\n\n第三页。\n\n"
        f"{RUNNING}\n某某证券 行业点评\n请务必阅读 第1页"
    )
    assert printed.pages() == ["本报告的风险等级为 R3，适用于风险承受", "能力为 C3、C4、C5 的普通投资者。", "第三页。"]


def test_page_numbers_go_and_a_title_that_runs_along_in_small_stays() -> None:
    title = Line("储能价格企稳", 1000, 700, 5000, 1000)
    first = page("正文。", foot="1 / 3")
    pages = [Page(595, 842, (title, *first.lines)), *(page(f"第{n}段。", head="储能价格企稳", foot=f"{n} / 3") for n in (2, 3))]

    text = put_together(pages).text

    assert text.startswith("储能价格企稳\n\n正文。")
    assert "/ 3" not in text


def test_every_word_knows_its_page_and_its_place() -> None:
    printed = put_together([page("第一行没有写完>", "就换行了。"), page("第二页。")])

    start = printed.text.index("就换行")
    place = printed.place(start, start + 3)
    assert place is not None
    assert (place.page, place.box) == (1, (1000, 1700, 1750, 1830))
    both = printed.place(0, start + 3)
    assert both is not None
    assert both.box == (1000, 1500, WIDE, 1830)
    last = printed.place(printed.text.index("第二页"), len(printed.text))
    assert last is not None
    assert last.page == 2
    assert printed.place(3, 3) is None


boxes = st.integers(-50, 10_050)
any_line = st.builds(Line, st.text(max_size=12).map(str.strip).filter(bool), boxes, boxes, boxes, boxes)
any_page = st.builds(Page, st.floats(0, 1e6), st.floats(0, 1e6), st.lists(any_line, max_size=8).map(tuple))


@given(st.lists(any_page, max_size=5))
def test_no_page_makes_it_fail_and_nothing_is_lost_but_numbers(pages: list[Page]) -> None:
    printed = put_together(pages)

    assert len(printed.pages()) == len(pages)
    for place in range(len(printed.text)):
        printed.place(place, place + 1)


SIMPLIFIED = (
    "本报告的风险等级为中风险，适用于专业投资者及风险承受能力较高的普通投资者，请仔细阅读以下各项内容并结合自身情况独立判断。"
)
GARBLED = {
    "Chinese": (SIMPLIFIED, False),
    "traditional Chinese": (
        "本報告的風險等級為中風險，適用於專業投資者及風險承受能力較高的普通投資者，請仔細閱讀以下各項內容並結合自身情況獨立判斷。",
        False,
    ),
    "English": ("This report is meant for professional investors and for ordinary investors of categories C3 to C5.", False),
    "numbers": ("2024 1,234.5 12% 2025 2,345.6 13% 2026 3,456.7 14% " * 3, False),
    "nothing": ("", False),
    "private signs": ("".join(chr(0xE000 + n) for n in range(80)), True),
    "no characters": ("\ufffd" * 20 + SIMPLIFIED, True),
    "rare characters": ("".join(chr(0x3400 + 7 * n) for n in range(80)), True),
    "another script": ("".join(chr(0x1400 + n) for n in range(80)), True),
}


@pytest.mark.parametrize(("text", "garbled"), GARBLED.values(), ids=GARBLED)
def test_letters_that_mean_others_are_told(text: str, garbled: bool) -> None:  # noqa: FBT001  (a table's column)
    assert is_garbled(text) is garbled


def test_a_scan_is_told_by_most_of_its_pages() -> None:
    assert is_scanned(["", "第2页", SIMPLIFIED])
    assert not is_scanned(["", SIMPLIFIED, SIMPLIFIED])
    assert is_scanned([""])


INDUSTRIES = {
    "under the title": ("储能价格企稳\n\n——储能行业跟踪报告\n\n行业点评", "储能"),
    "before the kind": ("价格企稳\n\n电力设备与新能源行业周报", "电力设备与新能源"),
    "a chain": ("低空物流先行\n\n——低空经济产业链深度研究", "低空经济"),
    "a label": ("价格企稳\n\n所属行业：医药生物", "医药生物"),
    "an English label": ("Prices hold\n\nIndustry: Semiconductors", "Semiconductors"),
    "beside the kind": ("价格企稳\n\n行业点评｜电子", "电子"),
    "alone in the head": ("价格企稳\n\n非银金融\n\n深度报告", "非银金融"),
    "at the analyst": ("价格企稳\n\n分析师声明：\n\n电子首席分析师：陈默言", None),
    "at the analyst in the head": ("价格企稳\n\n陈默言（电子行业首席分析师）", "电子"),
    "the kind alone": ("价格企稳\n\n行业点评", None),
    "no industry": ("价格企稳\n\n证券行业分析师\n\n本行业跟踪", None),
    "in the text": ("价格企稳\n\n● 事件：半导体行业报告发布。\n\n半导体行业景气。", None),
}


@pytest.mark.parametrize(("text", "industry"), INDUSTRIES.values(), ids=INDUSTRIES)
def test_the_industry_is_read_where_it_is_printed(text: str, industry: str | None) -> None:
    found = read_industry(text, blocks(text))

    assert (found.quote if found else None) == industry


def test_what_a_report_says_of_itself_stands_with_its_words() -> None:
    document = read_document(CHINESE)
    fields = read_fields(CHINESE, document, read_industry(CHINESE, blocks(CHINESE)))

    told = [(each.what, each.value.split("\n")[0][:24], each.confidence.value) for each in fields]
    assert told == [
        ("issuer", "北屿证券股份有限公司", "CONFIRMED"),
        ("title", "远帆重工：海风订单回升，毛利率见底", "STATED"),
        ("subtitle", "三季报点评", "STATED"),
        ("kind", "公司点评", "STATED"),
        ("industry", "", "ABSENT"),
        ("published_on", "2026-10-30", "STATED"),
        ("analyst", "陈默言 · S0998526010001", "CONFIRMED"),
        ("rating", "增持（首次评级）", "CONFIRMED"),
        ("related", "海风平价之路 2026-08-02", "STATED"),
        ("related", "读《海上风电规划》有感 2026-05-18", "STATED"),
        ("related", "风电年鉴", "STATED"),
        ("risk_notice", "海风审批放缓；原材料涨价。", "STATED"),
        ("special_statement", "北屿证券评定此研报的风险等级为 R3（中风险），", "STATED"),
        ("disclaimer", "北屿证券股份有限公司（以下简称“北屿证券”）具备", "STATED"),
    ]
    for each in fields:
        if each.confidence is not Confidence.ABSENT:
            assert each.evidence is not None, each.what
            assert CHINESE[each.evidence.start : each.evidence.end] == each.evidence.quote


DISPUTED = {
    "two dates": ("发布日期：2026年10月30日", "发布日期：2026年10月30日\n\n报告日期：2026年10月31日", "published_on"),
    "a certificate of another form": ("S0998526010001", "S09985260100", "analyst"),
}


@pytest.mark.parametrize(("old", "new", "what"), DISPUTED.values(), ids=DISPUTED)
def test_what_is_printed_in_two_ways_or_against_its_form_is_disputed(old: str, new: str, what: str) -> None:
    text = CHINESE.replace(old, new)

    fields = read_fields(text, read_document(text), None)

    assert next(each.confidence for each in fields if each.what == what) is Confidence.DISPUTED


def test_nothing_is_found_in_nothing() -> None:
    fields = read_fields("", read_document(""), None)

    assert {each.confidence for each in fields} == {Confidence.ABSENT}
    assert all(each.evidence is None for each in fields)


@given(st.text("证券研究报告发布日期：2026年10月3日分析师（）S0998526\n●《》|# "))
def test_no_text_makes_it_fail(text: str) -> None:
    fields = read_fields(text, read_document(text), read_industry(text, blocks(text)))

    assert all(each.evidence is None or text[each.evidence.start : each.evidence.end] == each.evidence.quote for each in fields)
