"""What a printed notice is read as: tables of wordings, the conflicts, and what must not change the reading."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.rules.notice import LOWEST_CATEGORY, Confidence, NoticeReading, fold, read_notice, trace
from gatekeeper.rules.risk import Audience, ProfessionalClause, RiskCategory, RiskGrade

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"
NOTICE = (
    "本报告的风险等级为R3（中风险），仅适用于专业投资者及风险承受能力为C3、C4、C5的普通投资者。"
    "若您为风险承受能力低于C3的普通投资者，请勿阅读、收藏、接收或使用本报告。"
)
ANY, INSTITUTION, FINANCIAL = ProfessionalClause


def categories(text: str) -> str | None:
    """The categories that a notice admits, in one word: «3 4 5», an empty word for nobody, None for unprinted."""
    admitted = read_notice(text).audience.categories
    return None if admitted is None else " ".join(str(category.value) for category in sorted(admitted))


def codes(reading: NoticeReading) -> list[str]:
    return [conflict.code for conflict in reading.conflicts]


GRADES = {
    "plain": ("本报告的风险等级为R2。", "R2", None),
    "with its label": ("本报告的风险等级为R2（中低风险）。", "R2", "中低风险"),
    "label first": ("本报告的风险等级为中高风险（R4）。", "R4", "中高风险"),
    "label first, without the word grade": ("本研报为高风险（R5）。", "R5", "高风险"),
    "rating for grade": ("本报告风险评级为R3。", "R3", None),
    "level for grade": ("本报告风险级别：R1（低风险）。", "R1", "低风险"),
    "assessed": ("经公司评定，此研报的风险等级评定为R3（中等风险）。", "R3", "中等风险"),
    "a label on the cover": ("行业点评\n风险等级：R3（中风险）\n分析师：王五", "R3", "中风险"),
    "a scale beside it": ("风险等级由低到高分为R1、R2、R3、R4、R5。本报告风险等级为R3。", "R3", None),
    "traditional": ("本報告風險等級為R3（中風險）。", "R3", "中风险"),
    "Kangxi and supplement radicals": ("本报告⻛险等级为R3（中⾵险）。", "R3", "中风险"),
    "full width": ("本报告风险等级为Ｒ３（中风险）。", "R3", "中风险"),
    "english": ("Risk grade: R2 (medium-low risk).", "R2", "medium-low risk"),
    "english sentence": ("This report is rated R4 (medium-high risk).", "R4", "medium-high risk"),
    "a product's grade": ("产品风险等级为R4，适合稳健的客户。", None, None),
    "a fund's grade in the body": ("该基金的风险等级为R5，波动较大。", None, None),
    "a product's grade in the notice": ("特别声明\n您持有的产品风险等级为R4。", None, None),
    "reports of a grade": ("特别声明\n您还可以阅读风险等级为R2及以下的报告。", None, None),
    "investment rating": ("推荐（维持评级）。投资评级：买入。", None, None),
    "credit rating": ("主体信用评级AA+，展望稳定。", None, None),
    "risk warning": ("风险提示：R3芯片研发不及预期。", None, None),
    "nothing": ("", None, None),
}


@pytest.mark.parametrize(("text", "grade", "label"), GRADES.values(), ids=GRADES)
def test_a_grade_is_read_where_the_report_announces_its_own(text: str, grade: str | None, label: str | None) -> None:
    reading = read_notice(text)

    assert (reading.grade and reading.grade.name, reading.label, reading.conflicts) == (grade, label, ())


AUDIENCES = {
    "unprinted": ("本报告的风险等级为R3。", None, None),
    "professional only": ("仅面向专业投资者。", ANY, ""),
    "institutional": ("本资料仅供机构类专业投资者参考。", INSTITUTION, ""),
    "institutions among professionals": ("本资料仅面向专业投资者中的机构投资者。", INSTITUTION, ""),
    "financial institutions": ("本资料仅面向金融机构专业投资者。", FINANCIAL, ""),
    "denied class after the admitted one": ("本资料仅面向专业投资者，非专业投资者请勿订阅。", ANY, ""),
    "denied class before the admitted one": ("若您并非专业投资者，请取消关注，本资料仅面向机构类专业投资者。", INSTITUTION, ""),
    "list": ("本报告适用于专业投资者及C3、C4、C5的普通投资者。", ANY, "3 4 5"),
    "list with other separators": ("本报告适用于C3, C4和C5的普通投资者。", None, "3 4 5"),
    "list with and": ("本报告适用于C4及C5的普通投资者。", None, "4 5"),
    "list with names": ("本报告仅限专业投资者及C3（稳健型）、C4（积极型）、C5（激进型）投资者。", ANY, "3 4 5"),
    "list with the lowest category": ("本报告适用于C1（含风险承受能力最低类别）、C2的普通投资者。", None, "1 2"),
    "from here up": ("本报告适用于C3及以上投资者。", None, "3 4 5"),
    "from here up, included": ("本报告适用于C3（含）以上投资者。", None, "3 4 5"),
    "from here up, included behind": ("本报告适用于C4以上（含C4）投资者。", None, "4 5"),
    "range": ("本报告适用于C3-C5投资者。", None, "3 4 5"),
    "range in words": ("本报告适用于C2至C5投资者。", None, "2 3 4 5"),
    "range with a wave": ("本报告适用于C2～C4投资者。", None, "2 3 4"),
    "not below": ("本报告适用于风险承受能力不低于C4的普通投资者。", None, "4 5"),
    "above": ("本报告适用于风险承受能力高于C3的普通投资者。", None, "4 5"),
    "the same said twice": ("本报告适用于C3及以上（C3、C4、C5）投资者。", None, "3 4 5"),
    "confirmed by what is denied": ("本报告适用于C3及以上。C2及以下的普通投资者请勿阅读本报告。", None, "3 4 5"),
    "who is not meant by a denial": ("本报告适用于C3及以上。若您风险承受能力并非不低于C3，请勿阅读本报告。", None, "3 4 5"),
    "an aircraft": ("本报告适用于C3及以上投资者。特别声明：ARJ21、XC3与本报告无关。", None, "3 4 5"),
    "a product's audience": ("本报告讨论的私募产品仅面向专业投资者发行。", None, None),
    "english range": (
        "This report is intended only for professional investors and investors of categories C2 to C5.",
        ANY,
        "2 3 4 5",
    ),
    "english class": ("This report is intended solely for institutional professional investors.", INSTITUTION, ""),
    "english from here up": ("Important notice\nSuitable for ordinary investors of category C3 or above.", None, "3 4 5"),
}


@pytest.mark.parametrize(("text", "professional", "admitted"), AUDIENCES.values(), ids=AUDIENCES)
def test_the_audience_comes_from_the_positive_clause(
    text: str, professional: ProfessionalClause | None, admitted: str | None
) -> None:
    reading = read_notice(text)

    assert (reading.audience.professional, categories(text), reading.conflicts) == (professional, admitted, ())


CLIENTS = {
    "clients": ("本报告仅供本公司客户使用。", True, False),
    "clients under contract": ("所载内容仅面向研究服务签约客户。", True, True),
    "who else": ("本报告由我们撰写，只有本公司客户才能参考或使用。", True, False),
    "english": ("This report is intended solely for clients of the firm.", True, False),
    "no promise to clients": ("不保证本报告的内容适合客户。", False, False),
    "not regarded as a client": ("不会因接收人收到本报告而视其为客户。", False, False),
}


@pytest.mark.parametrize(("text", "clients", "contract"), CLIENTS.values(), ids=CLIENTS)
def test_clients_are_meant_where_others_are_kept_out(text: str, clients: object, contract: object) -> None:
    audience = read_notice(text).audience

    assert (audience.clients_only, audience.contract_clients_only) == (clients, contract)


DENIED = {
    "all four": ("请勿阅读、收藏、接收或使用本报告。", "READ BOOKMARK RECEIVE USE"),
    "in printed order": ("请勿订阅、接收或使用本订阅号的信息。", "SUBSCRIBE RECEIVE USE"),
    "forwarding": ("请勿对本资料进行任何形式的转发。", "FORWARD"),
    "unfollowing is no denial of following": ("本资料仅面向专业投资者。请取消关注，请勿订阅。", "SUBSCRIBE"),
    "following": ("非专业投资者请勿关注本公众号。", "FOLLOW"),
    "by leave only": ("未经书面授权，任何人不得转发本报告。", ""),
    "of other things": ("投资者请勿使用杠杆。", ""),
    "english": ("If you are below C3, do not read, save or use this report because others use it.", "READ USE"),
    "already": ("You must not have already forwarded this report.", ""),
}


@pytest.mark.parametrize(("text", "actions"), DENIED.values(), ids=DENIED)
def test_denied_actions_are_the_verbs_after_the_denial(text: str, actions: str) -> None:
    assert " ".join(read_notice(text).denied_actions) == actions


CONFLICTS = {
    "label of another grade": ("本报告风险等级为R3（高风险）。", ["label_mismatch"]),
    "label of no grade": ("本报告风险等级为R4（较高风险）。", ["unknown_label"]),
    "two grades": ("本报告风险等级为R3。\n\n重要提示\n本报告风险等级为R4。", ["several_grades"]),
    "a range of grades": ("本报告风险等级为R2-R3。", ["several_grades"]),
    "no such grade": ("本报告风险等级为R6。", ["unknown_grade"]),
    "categories below the grade": ("本报告风险等级为R4，适用于C3、C4、C5的普通投资者。", ["categories_below_grade"]),
    "list against range": ("本报告风险等级为R3，适用于C3及以上（C4、C5）投资者。", ["categories_disagree"]),
    "list against denial": ("本报告风险等级为R3，适用于C3、C4、C5。低于C4的请勿阅读本报告。", ["denial_disagrees"]),
    "admitted and denied": ("本报告风险等级为R3，适用于C3、C4、C5。C3投资者请勿阅读本报告。", ["denial_disagrees"]),
    "no such category": ("本报告风险等级为R3，适用于C5、C6投资者。", ["unknown_category"]),
    "category by name": ("本报告风险等级为R3，仅供风险承受能力为稳健型及以上的客户使用。", ["categories_unread"]),
    "category outside any clause": ("特别声明\n风险等级R3，仅面向专业投资者。C3投资者亦可。", ["categories_unread"]),
    "two classes": ("本报告风险等级为R3，仅面向专业投资者。本报告仅供机构类专业投资者参考。", ["professional_disagrees"]),
    "unknown class": ("本报告风险等级为R3，仅面向合格投资者。", ["audience_unread"]),
    "denial alone": ("本报告风险等级为R3。非专业投资者请勿阅读本报告。", ["audience_unread"]),
}


@pytest.mark.parametrize(("text", "expected"), CONFLICTS.values(), ids=CONFLICTS)
def test_words_that_disagree_leave_the_grade_to_a_person(text: str, expected: list[str]) -> None:
    reading = read_notice(text)

    assert codes(reading) == expected
    assert (reading.grade, reading.label) == (None, None)
    assert reading.evidence_for("grade")
    assert Confidence.DISPUTED in reading.confidence.values()
    assert all(conflict.message % dict(conflict.values) and conflict.cited for conflict in reading.conflicts)


@pytest.mark.parametrize("grade", RiskGrade)
@pytest.mark.parametrize("lowest", RiskCategory)
def test_a_list_that_begins_below_the_diagonal_is_a_conflict(grade: RiskGrade, lowest: RiskCategory) -> None:
    reading = read_notice(f"本报告风险等级为{grade.name}，适用于{lowest.name}及以上投资者。")

    assert codes(reading) == (["categories_below_grade"] if lowest < LOWEST_CATEGORY[grade] else [])


def test_a_conflict_never_widens_the_audience() -> None:
    reading = read_notice("本报告仅面向专业投资者及C3及以上投资者。本报告仅面向机构类专业投资者及C4、C5投资者。")

    assert reading.audience == Audience(INSTITUTION, frozenset({RiskCategory.C4, RiskCategory.C5}))


def test_the_notice_block_is_kept_verbatim_without_its_heading() -> None:
    block = f"{NOTICE}\n\n　由此带来不便，敬请谅解。"
    text = f"标题\n\n● 事件：产品风险等级为R5。\n\n正文。\n\n特别声明\n\n{block}\n\n分析师声明\n\n本人独立。\n"

    reading = read_notice(text)

    assert reading.statement == block
    assert reading.grade is RiskGrade.R3


def test_without_a_block_the_statement_is_the_sentences_that_carry_the_clauses() -> None:
    text = "正文一。本报告的风险等级为R3。仅面向专业投资者。正文二。\n\n免责声明\n\n本报告仅供本公司客户使用。其他。"

    assert read_notice(text).statement == "本报告的风险等级为R3。仅面向专业投资者。\n本报告仅供本公司客户使用。"


def test_evidence_quotes_the_original() -> None:
    text = "本报告的风 险 等 级 为 Ｒ３（中风险），适用于 C３、 C4 投资者。"

    reading = read_notice(text)

    assert [piece.quote for piece in reading.evidence] == ["风 险 等 级 为 Ｒ３（中风险）", "C３、 C4"]
    assert all(text[piece.start : piece.end] == piece.quote for piece in reading.evidence)


def test_what_is_printed_twice_and_agrees_is_confirmed() -> None:
    assert read_notice(NOTICE).confidence == {
        "grade": Confidence.CONFIRMED,
        "professional": Confidence.STATED,
        "categories": Confidence.CONFIRMED,
        "clients_only": Confidence.ABSENT,
        "denied_actions": Confidence.STATED,
    }


# ------------------------------------------------------------------------------------- what must not change the reading

TRADITIONAL = str.maketrans("风险级适专业资构报类仅为与于评请阅读", "風險級適專業資構報類僅為與於評請閱讀")
WIDE = str.maketrans({character: chr(ord(character) + 0xFEE0) for character in "RC12345(),"})


def proposal(text: str) -> tuple[object, ...]:
    reading = read_notice(text)
    return reading.grade, reading.label, reading.audience, reading.denied_actions, codes(reading)


@given(st.lists(st.tuples(st.integers(0, len(NOTICE)), st.sampled_from(" \t\u3000\u00a0\u200b\ufeff")), max_size=30))
def test_white_space_changes_nothing(insertions: list[tuple[int, str]]) -> None:
    text = NOTICE
    for place, space in insertions:
        text = text[:place] + space + text[place:]

    assert proposal(text) == proposal(NOTICE)


@given(st.sets(st.integers(0, len(NOTICE) - 1)), st.sampled_from([TRADITIONAL, WIDE]))
def test_width_and_traditional_characters_change_nothing(places: set[int], table: dict[int, Any]) -> None:
    text = "".join(character.translate(table) if place in places else character for place, character in enumerate(NOTICE))

    assert proposal(text) == proposal(NOTICE)


@given(st.sampled_from(["，", ",", "、", "/", "和", "及", "与", " 、 "]))
def test_separators_of_a_list_change_nothing(separator: str) -> None:
    assert proposal(NOTICE.replace("、", separator)) == proposal(NOTICE)


@given(st.sampled_from(["C3及以上", "C3（含）以上", "C3以上", "C3-C5", "C3至C5", "C3、C4及C5", "C3、C4及以上"]))
def test_a_range_says_the_same_as_its_list(printed: str) -> None:
    assert proposal(NOTICE.replace("C3、C4、C5", printed)) == proposal(NOTICE)


@given(st.text())
def test_folding_twice_is_folding_once_and_positions_lead_back(text: str) -> None:
    folded = trace(text)

    assert fold(text) == folded.text == fold(folded.text)
    assert list(folded.positions) == sorted(folded.positions)
    assert all(character in fold(text[place]) for character, place in zip(folded.text, folded.positions, strict=True))


PIECES = [
    "本报告",
    "风险等级为",
    "R3",
    "R9",
    "（高风险）",
    "仅供",
    "不",
    "专业投资者",
    "C3",
    "C",
    "及以上",
    "低于",
    "请勿",
    "\n",
    "。",
    "●",
    "特别声明",
    "：",
    "-",
]


@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join)))
def test_no_text_makes_the_reading_fail(text: str) -> None:
    reading = read_notice(text)

    assert reading.grade is None or not reading.conflicts
    assert all(text[piece.start : piece.end] == piece.quote for piece in reading.evidence)


@pytest.mark.parametrize(
    "unit", ["仅供", "C3、", "风险等级被评定为是", "请勿阅读，", "\n", ". ", "● a\n", "不", "C1(", "本证券研究", "ﷺ"]
)
def test_a_long_text_of_anything_is_read_in_linear_time(unit: str) -> None:
    def seconds(size: int) -> float:
        text = unit * (size // len(unit))
        begun = time.process_time()
        read_notice(text)
        return time.process_time() - begun

    small, large = seconds(25_000), seconds(400_000)

    assert large < 60 * max(small, 0.02)  # sixteen times the text; quadratic time would be 256 times


# ------------------------------------------------------------------------------------------------------- the real samples

PRINTED = {"any": ANY, "institution": INSTITUTION, "financial_institution": FINANCIAL, None: None}


def samples() -> list[Any]:
    path = SAMPLES / "notices.jsonl"
    if not path.exists():
        return [pytest.param(None, marks=pytest.mark.skip(reason="../shared/samples is absent"), id="absent")]
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [pytest.param(row, id=row["issuer"]) for row in rows]


@pytest.mark.parametrize("row", samples())
def test_the_real_notices_are_read_as_a_person_read_them(row: dict[str, Any]) -> None:
    expected = row["expected"]
    printed = expected["categories"]

    reading = read_notice(row["text"])

    assert (reading.grade and reading.grade.name) == expected["grade"]
    assert reading.label == expected["label"]
    assert list(reading.denied_actions) == expected["denied_actions"]
    assert reading.audience == Audience(
        professional=PRINTED[expected["professional"]],
        categories=None if printed is None else frozenset(RiskCategory[name] for name in printed),
        clients_only=bool(expected["clients_only"]),
        contract_clients_only=bool(expected.get("contract_clients_only")),
    )
    assert (reading.conflicts, reading.statement) == ((), row["text"])
