"""What is found by which words: a table, and properties held against another way of saying the same."""

import random
import unicodedata

import pytest

from gatekeeper.rules.wording import searching
from gatekeeper.rules.wording.printed import fold
from gatekeeper.rules.wording.searching import Piece, indexed, marked, sought

TEXT = "储能行业跟踪：招标放量，价格企稳。Energy storage companies in Q3 2026 — mid-cap (600519.SH), R3（中风险）。"


def finds(query: str, *texts: str) -> bool:
    """Whether every word stands in one of the texts."""
    kept = indexed(texts)
    wanted = sought(query)
    held = all(each.line in kept.lines for each in wanted)
    assert not held or all(kept.terms.issuperset(each.terms) for each in wanted), "no term may leave out what stands there"
    return bool(wanted) and held


FOUND = {
    "two characters": "储能",
    "one character": "储",
    "characters of two words": "业跟",
    "several words, in any order": "价格 储能",
    "a word and characters": "storage 储能",
    "a word in capitals": "ENERGY",
    "a word in full width": "ｓｔｏｒａｇｅ",
    "a plural": "company",
    "a singular": "storages",
    "a code": "600519",
    "a code with what follows it": "600519.SH",
    "a grade in lower case": "r3",
    "joined by a dash": "mid-cap",
    "parts of what a dash joins": "cap mid",
    "words that stand together": '"energy storage"',
    "words that stand together, in Chinese quotes": "“Energy Storage”",
    "characters that stand together": '"招标放量"',
    "over punctuation, in quotes": '"放量，价格"',
    "other punctuation": '"放量、价格"',
    "divided by punctuation": "放量，储能",
    "spaced out": '"储 能 行 业"',
    "a quote left open": '"企稳',
    "traditional characters": "價格 風險",
    "a Kangxi radical": "⾏业",
    "in brackets": "(储能)",
    "what others read as an operator": "储能 -价格",
    "a year": "2026",
}
NOT_FOUND = {
    "a part of a word": "stor",
    "a part of a code": "6005",
    "a word beside": "储能 光伏",
    "another order": '"storage energy"',
    "over punctuation, without quotes": "放量价格",
    "nothing": "",
    "punctuation": "!?% _ * ()",
    "an empty quote": '""',
    "an operator as a word": "储能 OR 光伏",
    "negation as a word": "储能 NOT 价格",
    "a prefix operator": "sto*",
    "a column": "title:储能",
    "characters beyond the next word": "q3中",
}


@pytest.mark.parametrize("query", FOUND.values(), ids=FOUND)
def test_what_is_found(query: str) -> None:
    assert finds(query, TEXT)


@pytest.mark.parametrize("query", NOT_FOUND.values(), ids=NOT_FOUND)
def test_what_is_not_found(query: str) -> None:
    assert not finds(query, TEXT)


def test_nothing_is_found_that_begins_in_one_passage_and_ends_in_the_next() -> None:
    assert finds("招标放量", "招标放量")
    assert not finds("招标放量", "招标", "放量")
    assert not finds('"energy storage"', "energy", "storage")
    assert finds("招标 放量", "招标", "放量")


def test_spaces_and_lines_that_printing_left_are_no_part_of_the_words() -> None:
    assert finds("储能行业", "储 能\n行\u3000业")
    assert finds("énergie", unicodedata.normalize("NFD", "énergie"))
    assert finds("储能", "储\u200b能")
    assert not finds("energystorage", "energy\nstorage")


def test_at_the_most_eight_words_and_a_hundred_characters_are_asked_for() -> None:
    assert len(sought(" ".join("甲乙丙丁戊己庚辛壬癸"))) == searching.MOST_WORDS
    assert sought("x" * 99 + " " + "储能") == sought("x" * 99)
    assert len(sought("储能 储能 “储能”")) == 1


def test_whatever_stands_in_a_text_is_found_by_its_own_characters() -> None:
    dice = random.Random(20261129)
    alphabet = "储能行业價格险ａＢr3 9.，\n、%_*\"'()储價\u3000-éﬁ①⾏"
    for _ in range(3000):
        text = "".join(dice.choice(alphabet) for _ in range(dice.randint(1, 40)))
        start = dice.randrange(len(text))
        part = text[start : start + dice.randint(1, 6)].replace('"', "")
        chinese = "".join(each for each in part if fold(each) >= "\u2e80" and each.isalnum())
        if chinese and chinese in text:
            assert finds(f'"{chinese}"', text), (text, chinese)
        pieces = marked(text, sought(part))
        joined = "".join(piece.text for piece in pieces).strip("…")
        assert joined in unicodedata.normalize("NFC", text)
        for piece in pieces:
            if piece.is_found:
                assert any(each.line.strip() in indexed([piece.text]).lines for each in sought(part)), (text, part, pieces)
        assert bool(pieces) == any(each.line in indexed([text]).lines for each in sought(part))


def test_a_passage_begins_before_what_was_found_and_marks_all_of_it() -> None:
    text = "前" * 100 + "，储能 system costs fell; 储 能价格企稳。" + "后" * 200
    pieces = marked(text, sought("储能 costs 企稳"))

    assert pieces[0] == Piece("…")
    assert [piece.text for piece in pieces if piece.is_found] == ["储能", "costs", "储 能", "企稳"]
    assert pieces[-1].text.endswith("后…")
    assert 100 < sum(len(piece.text) for piece in pieces) < 200
    assert marked(text, sought("光伏")) == ()


def test_a_passage_does_not_begin_within_a_word() -> None:
    assert marked("x" * 50 + " storage", sought("storage"))[0].text.startswith("x" * 50)


def test_the_passage_that_holds_most_is_taken_and_related_titles_are_in_none() -> None:
    table = {"caption": "表1", "columns": ["代码", "目标价"], "rows": [["600519", "1888"]], "is_figure": False}
    body = {
        "sections": [{"heading": "事件", "paragraphs": ["招标放量。", table, "招标放量而价格企稳。"]}],
        "risk_notice": "政策变化。\n\n价格波动。",
        "related": [{"title": "别的报告"}],
    }
    texts = list(searching.passages(body))
    lines = indexed(texts).lines

    assert texts == [
        "事件",
        "招标放量。",
        "表1",
        "代码 | 目标价",
        "600519 | 1888",
        "招标放量而价格企稳。",
        "政策变化。",
        "",
        "价格波动。",
    ]
    assert searching.best(lines, sought("价格 招标")) == 5
    assert searching.best(lines, sought("600519")) == 4
    assert searching.best(lines, sought("别的报告")) is None
    assert list(searching.passages({})) == []
