"""The catalogue: which grade a report has at least, by what it covers; and reading what it covers from its words."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.rules import policy
from gatekeeper.rules.errors import Invalid
from gatekeeper.rules.grading.instruments import Instrument, read_instruments
from gatekeeper.rules.risk import RiskGrade
from tests.world import POLICIES

TEXT = (POLICIES / "suitability.toml").read_text("utf-8")
CATALOGUE = policy.parse(TEXT).catalogue

# The public catalogue of DOMAIN 2.7, in words that a report uses; the grade that it asks for at least.
FLOORS = [
    ("国债周报", {"TREASURY_BOND"}, "R1"),
    ("公开市场逆回购与货币市场基金", {"REVERSE_REPO", "MONEY_FUND"}, "R1"),
    ("地方政府债月报", {"LOCAL_GOVERNMENT_BOND"}, "R2"),
    ("政策性金融债季度观察", {"POLICY_BANK_BOND"}, "R2"),
    ("AA+及以上信用债策略", {"CREDIT_BOND_AA_PLUS"}, "R2"),
    ("行业点评：储能", {"A_SHARE"}, "R3"),
    ("B股市场回顾", {"B_SHARE"}, "R3"),
    ("AA信用债怎么选", {"CREDIT_BOND_AA"}, "R3"),
    ("可转债周报", {"CONVERTIBLE_BOND"}, "R3"),
    ("备兑开仓策略", {"COVERED_CALL"}, "R3"),
    ("港股通周报", {"STOCK_CONNECT"}, "R4"),
    ("科创板深度研究", {"STAR_MARKET"}, "R4"),
    ("公司点评（688981.SH）", {"A_SHARE", "STAR_MARKET"}, "R4"),
    ("创业板（300750.SZ）", {"CHINEXT"}, "R4"),
    ("北交所新股", {"BEIJING_EXCHANGE"}, "R4"),
    ("风险警示股与退市整理期", {"RISK_WARNING", "DELISTING"}, "R4"),
    ("新三板创新层", {"NEEQ"}, "R4"),
    ("融资融券业务与股指期权", {"MARGIN_TRADING", "OPTION"}, "R4"),
    ("结构化产品与场外衍生品", {"STRUCTURED_PRODUCT", "OTC_DERIVATIVE"}, "R5"),
    ("高收益债策略", {"CREDIT_BOND_BELOW_AA"}, "R5"),
    ("AA-及以下城投债", {"CREDIT_BOND_BELOW_AA"}, "R5"),
    ("宏观周报：出口与物价", set(), None),
    ("国债期货日报", set(), None),
]


@pytest.mark.parametrize(("title", "covers", "floor"), FLOORS, ids=[each[0] for each in FLOORS])
def test_what_a_title_covers_and_the_grade_that_asks_for(title: str, covers: set[str], floor: str | None) -> None:
    found = read_instruments([title, None], "")
    kind = CATALOGUE.highest(found)

    assert set(found) == covers
    assert (CATALOGUE.floors[kind].name if kind else None) == floor


def test_a_word_counts_in_the_text_where_it_comes_again_and_again() -> None:
    assert not read_instruments(["储能跟踪"], "科创板公司。科创板指数。")
    assert set(read_instruments(["储能跟踪"], "科创板公司。科创板指数。科创板。")) == {Instrument.STAR_MARKET}


def test_the_catalogue_that_comes_with_the_product_knows_every_kind_and_says_what_it_rests_on() -> None:
    assert set(CATALOGUE.floors) == set(Instrument)
    assert CATALOGUE.dated == date(2020, 11, 23)
    assert CATALOGUE.source


@given(st.frozensets(st.sampled_from(Instrument)), st.sampled_from(RiskGrade))
def test_no_grade_below_the_highest_floor_passes(covers: frozenset[Instrument], grade: RiskGrade) -> None:
    highest = max((CATALOGUE.floors[each] for each in covers), default=RiskGrade.R1)

    assert (CATALOGUE.fault(covers, grade) is None) == (grade >= highest)


def test_the_refusal_names_kind_floor_and_what_it_rests_on() -> None:
    said = CATALOGUE.fault({Instrument.A_SHARE, Instrument.STAR_MARKET}, RiskGrade.R3)

    assert (said.values["kind"], said.values["grade"], said.values["dated"]) == (Instrument.STAR_MARKET, "R4", "2020-11-23")
    assert "cczq.com" in said.values["source"]


def test_a_kind_of_which_the_catalogue_says_nothing_has_no_grade() -> None:
    text = TEXT.replace('"MARGIN_TRADING", ', "")
    found = policy.parse(text).catalogue

    assert found.fault({Instrument.MARGIN_TRADING}, RiskGrade.R5) is not None
    assert found.fault({Instrument.A_SHARE}, RiskGrade.R3) is None


WRONG = [
    ('R1 = ["TREASURY_BOND"', 'R1 = ["TREASURE"', "one of"),
    ('R1 = ["TREASURY_BOND", ', 'R1 = ["A_SHARE", "TREASURY_BOND", ', "another grade too"),
    ("dated = 2020-11-23", 'dated = "2020"', "day"),
    ("dated = 2020-11-23\n", "", "missing"),
    ("[catalogue.floors]", "[catalogue.floors]\nR6 = []", "not known"),
]


@pytest.mark.parametrize(("old", "new", "why"), WRONG)
def test_a_catalogue_that_is_not_understood_is_refused_as_a_whole(old: str, new: str, why: str) -> None:
    assert old in TEXT
    with pytest.raises(Invalid, match=why):
        policy.parse(TEXT.replace(old, new))


def test_a_policy_without_a_catalogue_holds_no_grade_against_what_is_covered() -> None:
    assert policy.parse(TEXT[: TEXT.index("\n[catalogue]")]).catalogue is None
