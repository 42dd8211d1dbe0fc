"""The languages: negotiation, the names of things, and how times, days and numbers are written."""

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from zoneinfo import ZoneInfo

import pytest

from gatekeeper import language
from gatekeeper.rules.risk import Action, Initiative, InvestorClass, InvestorKind, ProfessionalClause, RiskCategory, RiskGrade

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 6, 8, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "tag"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh_CN"),
        ("zh", "zh_CN"),
        ("zh-Hans-CN", "zh_CN"),
        ("zh-TW", "zh_CN"),
        ("ZH-cn", "zh_CN"),
        ("en", "en"),
        ("en-GB,en;q=0.8", "en"),
        ("en;q=0.5,zh;q=0.4", "en"),
        ("en;q=0.4, zh;q=0.5", "zh_CN"),
        ("en,zh", "en"),
        ("zh,en", "zh_CN"),
        ("fr-FR,en;q=0.3", "en"),
        ("fr", "zh_CN"),
        ("", "zh_CN"),
        ("*", "zh_CN"),
        ("en;q=0.5, *;q=0.1", "en"),
        ("zh;q=0, *", "en"),
        ("zh;q=0, en;q=0", "zh_CN"),
        ("en;q=nan", "zh_CN"),
        ("en;q=7", "zh_CN"),
        ("en;q=high", "zh_CN"),
        ("en;level=1", "zh_CN"),
        (",;,=;q", "zh_CN"),
        ("fr," * 1000 + "en", "zh_CN"),
    ],
)
def test_the_header_chooses_the_language(header, tag):
    assert language.negotiate(header) == tag


NAMES = {
    RiskCategory.C1: ("C1 保守型", "C1 Conservative"),
    RiskCategory.C2: ("C2 谨慎型", "C2 Cautious"),
    RiskCategory.C3: ("C3 稳健型", "C3 Steady"),
    RiskCategory.C4: ("C4 积极型", "C4 Active"),
    RiskCategory.C5: ("C5 激进型", "C5 Aggressive"),
}
GRADES = {
    RiskGrade.R1: ("R1 低风险", "R1 Low risk"),
    RiskGrade.R2: ("R2 中低风险", "R2 Medium-low risk"),
    RiskGrade.R3: ("R3 中风险", "R3 Medium risk"),
    RiskGrade.R4: ("R4 中高风险", "R4 Medium-high risk"),
    RiskGrade.R5: ("R5 高风险", "R5 High risk"),
}
OTHERS = {
    InvestorKind.INDIVIDUAL: ("自然人", "Individual"),
    InvestorKind.INSTITUTION: ("机构", "Institution"),
    InvestorKind.FINANCIAL_INSTITUTION: ("金融机构", "Financial institution"),
    InvestorKind.PRODUCT: ("金融产品", "Financial product"),
    InvestorClass.ORDINARY: ("普通投资者", "Ordinary investor"),
    InvestorClass.PROFESSIONAL_A: ("专业投资者（A类）", "Professional investor, class A"),
    InvestorClass.PROFESSIONAL_B: ("专业投资者（B类）", "Professional investor, class B"),
    InvestorClass.PROFESSIONAL_C: ("专业投资者（C类）", "Professional investor, class C"),
    ProfessionalClause.ANY: ("专业投资者", "Professional investors"),
    Action.READ: ("阅读", "Read"),
    Action.BOOKMARK: ("收藏", "Bookmark"),
    Action.RECEIVE: ("接收", "Receive"),
    Action.USE: ("使用", "Use"),
    Initiative.PULL: ("投资者主动要求", "Asked for by the investor"),
    Initiative.PUSH: ("公司主动推送", "Sent by the firm"),
}


@pytest.mark.parametrize(("value", "names"), [*NAMES.items(), *GRADES.items(), *OTHERS.items()])
def test_a_value_is_shown_by_its_name(value, names):
    assert (language.name_of("zh_CN", value), language.name_of("en", value)) == names


@pytest.mark.parametrize("enum", language.TITLES, ids=lambda enum: enum.__name__)
def test_every_member_of_a_titled_enum_has_a_title_and_a_chinese_name(enum):
    chinese = language.translations("zh_CN")

    assert set(language.TITLES[enum]) == set(enum)
    for title in language.TITLES[enum].values():
        assert chinese.gettext(title) != title


def test_what_has_no_titles_has_no_name():
    class Colour(Enum):
        RED = "RED"

    for value in (Colour.RED, 3, "C3", None):
        with pytest.raises(KeyError):
            language.name_of("zh_CN", value)


def test_a_sentence_is_translated_and_filled():
    assert language.translate("zh_CN", "Questions: %(contact)s", contact="营业部") == "如有疑问，请联系：营业部"
    assert language.translate("en", "Questions: %(contact)s", contact="branch") == "Questions: branch"


def test_a_sentence_without_a_translation_is_shown_in_english():
    assert language.translate("zh_CN", "Nobody ever translated this: %(what)s", what="x") == "Nobody ever translated this: x"


def test_a_sentence_without_values_keeps_its_percent_signs():
    assert language.translate("zh_CN", "100% of them") == "100% of them"


def test_an_empty_sentence_is_not_the_header_of_the_catalogue():
    assert language.translate("zh_CN", "") == ""


def test_an_enum_member_in_a_sentence_is_written_by_its_name():
    assert (
        language.translate("zh_CN", "%(category)s / %(grade)s", category=RiskCategory.C3, grade=RiskGrade.R3)
        == "C3 稳健型 / R3 中风险"
    )


@pytest.mark.parametrize("tag", ["zh_TW", "fr", "", "../en"])
def test_only_supported_languages_have_a_catalogue(tag):
    with pytest.raises(ValueError, match="not a supported language"):
        language.translations(tag)


@pytest.mark.parametrize("tag", language.SUPPORTED)
def test_times_and_days_are_written_year_first_in_the_firms_zone(tag):
    late = datetime(2026, 12, 31, 16, 0, tzinfo=UTC)

    assert language.format_time(tag, NOW, SHANGHAI) == "2026-11-23 14:08:31"
    assert language.format_time(tag, NOW, SHANGHAI, seconds=False) == "2026-11-23 14:08"
    assert language.format_time(tag, late, SHANGHAI) == "2027-01-01 00:00:00"
    assert language.format_date(tag, late, SHANGHAI) == "2027-01-01"
    assert language.format_date(tag, date(2027, 3, 1), SHANGHAI) == "2027-03-01"


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="without a zone"):
        language.format_time("en", NOW.replace(tzinfo=None), SHANGHAI)


@pytest.mark.parametrize("tag", language.SUPPORTED)
def test_numbers_are_grouped(tag):
    assert language.format_number(tag, 1234567) == "1,234,567"
    assert language.format_number(tag, Decimal("12345.5")) == "12,345.5"
