"""The completeness checklist: each item with the printed words, or with the finding that says it is missing."""

from pathlib import Path

import pytest

from gatekeeper.rules.publishing.audiences import AS_READ, PROFESSIONAL, usual
from gatekeeper.rules.risk import Audience, ProfessionalClause, RiskCategory, has_gap, widens
from gatekeeper.rules.wording.checklist import FINDINGS, Item, found
from gatekeeper.rules.wording.document import read_document
from gatekeeper.rules.wording.findings import find_findings

SAMPLE = Path(__file__).parents[3] / "shared" / "samples" / "000_cf454c4bef53ffae.txt"
COMPLETE = """证券研究报告
明澈证券股份有限公司
铜价回落
行业点评
发布日期：2026年11月20日
事件：铜价回落。数据来源：交易所。
风险提示：需求低于预期的风险。
分析师：方启铭
执业证书编号：S0999525030003
免责声明
明澈证券股份有限公司已具备证券投资咨询业务资格。
"""
WITHOUT = {
    Item.RESEARCH_WORDS: ("证券研究报告\n", ""),
    Item.ISSUER: ("明澈证券股份有限公司", "本机构"),
    Item.LICENCE: ("已具备证券投资咨询业务资格", "从事研究"),
    Item.ANALYSTS: ("分析师：方启铭\n执业证书编号：S0999525030003\n", ""),
    Item.PUBLICATION_DATE: ("发布日期：2026年11月20日\n", ""),
    Item.SOURCES: ("数据来源：交易所。", ""),
    Item.RISK_NOTICE: ("风险提示：需求低于预期的风险。\n", ""),
}
"""What to take out of a complete report so that one item is gone."""


def listed(text: str) -> tuple[dict[Item, str], set[str]]:
    document = read_document(text)
    return found(document, text), {each.code for each in find_findings(document, text)}


def missing(text: str) -> set[Item]:
    """The items whose finding was raised."""
    codes = listed(text)[1]
    return {item for item, of in FINDINGS.items() if codes & set(of)}


def test_a_complete_report_shows_where_each_item_stands():
    quotes, codes = listed(COMPLETE)

    assert set(quotes) == set(Item)
    assert missing(COMPLETE) == set()
    assert quotes[Item.ANALYSTS] == "执业证书编号：S0999525030003"
    assert quotes[Item.PUBLICATION_DATE] == "发布日期：2026年11月20日"
    assert "数据来源" in quotes[Item.SOURCES]
    assert "no_sources" not in codes


@pytest.mark.parametrize("item", Item)
def test_what_is_taken_out_is_a_finding_and_no_other_item_is(item):
    old, new = WITHOUT[item]
    text = COMPLETE.replace(old, new)
    assert text != COMPLETE

    quotes, _ = listed(text)

    assert item not in quotes
    assert missing(text) == {item}


def test_every_item_is_in_each_table():
    assert set(FINDINGS) == set(WITHOUT) == set(Item)


SOURCES = [
    ("资料来源：Wind，本公司整理", True),
    ("数据来自交易所公告", True),
    ("本报告基于公开资料撰写", True),
    ("based on publicly available information", True),
    ("Source: exchange filings", True),
    ("公开市场操作投放逆回购", False),
    ("sources of water grow", False),
]


@pytest.mark.parametrize(("said", "counts"), SOURCES)
def test_sources_are_named_in_many_ways(said, counts):
    text = COMPLETE.replace("数据来源：交易所。", said)

    assert (Item.SOURCES in listed(text)[0]) is counts


def test_a_long_line_is_shortened_and_begins_with_its_sentence():
    text = COMPLETE.replace("数据来源：交易所。", "前一句。" + "数据来源：交易所与" + "某" * 300)

    quote = listed(text)[0][Item.SOURCES]

    assert quote.startswith("数据来源")
    assert len(quote) <= 121


@pytest.mark.skipif(not SAMPLE.exists(), reason="../shared/samples is absent")
def test_the_sample_lacks_exactly_two_items():
    """The third finding is none of the checklist: a sentence of the disclaimer denies the duty of suitability."""
    text = SAMPLE.read_text("utf-8")

    quotes, codes = listed(text)

    assert set(Item) - set(quotes) == {Item.RESEARCH_WORDS, Item.PUBLICATION_DATE} == missing(text)
    assert codes == {"no_research_words", "no_publication_date", "disclaimer_denies_suitability"}


# ------------------------------------------------------------------------------------------------------------ the usual audiences

PRINTED = [
    Audience(),
    Audience(clients_only=True),
    Audience(ProfessionalClause.ANY, frozenset({RiskCategory.C3, RiskCategory.C4, RiskCategory.C5}), clients_only=True),
    Audience(ProfessionalClause.ANY, frozenset()),
    Audience(ProfessionalClause.INSTITUTION),
    Audience(ProfessionalClause.FINANCIAL_INSTITUTION, frozenset({RiskCategory.C5})),
    Audience(None, frozenset({RiskCategory.C2, RiskCategory.C5})),
]


@pytest.mark.parametrize("printed", PRINTED)
def test_no_usual_audience_is_wider_than_the_printed_one(printed):
    choices = usual(printed)

    assert choices
    for audience in choices.values():
        assert not widens(printed, audience)
        assert not has_gap(audience)
        assert audience.clients_only == printed.clients_only


def test_the_first_choice_is_what_is_printed_where_that_can_be_confirmed():
    assert [next(iter(usual(printed))) for printed in PRINTED] == [
        *[AS_READ] * 4,
        *[PROFESSIONAL] * 2,
        PROFESSIONAL,
    ]
    assert list(usual(PRINTED[2])) == [AS_READ, PROFESSIONAL, "C4", "C5"]
