"""Professional investors: each threshold met, one fen below not; dates, years, evidence; the steps, and the way back."""

from dataclasses import replace
from datetime import date
from itertools import product

import pytest

from gatekeeper.rules.assessing.conversion import Step, advance, next_steps, opt_down, steps_of
from gatekeeper.rules.assessing.money import fen, yuan
from gatekeeper.rules.errors import Conflict, Invalid
from gatekeeper.rules.policy import parse
from gatekeeper.rules.professional import (
    GROUNDS,
    Amount,
    Application,
    Evidence,
    Need,
    Registration,
    class_of,
    examine,
    grounds_for,
)
from gatekeeper.rules.risk import InvestorClass, InvestorKind
from tests.rules.facts import POLICY, POLICY_TEXT

ART_8_1, ART_8_2, ART_8_3 = GROUNDS[InvestorClass.PROFESSIONAL_A]
ART_8_4, ART_8_5 = GROUNDS[InvestorClass.PROFESSIONAL_B]
[ART_11] = GROUNDS[InvestorClass.PROFESSIONAL_C]
TODAY = date(2026, 7, 13)
YEAR_END = date(2025, 12, 31)
WAN = 10_000 * 100
"""万元, in fen."""


def institution(ground: str, net_assets: int, financial_assets: int, since: str) -> Application:
    return Application(
        kind=InvestorKind.INSTITUTION,
        ground=ground,
        applied=TODAY,
        net_assets=Amount(net_assets, YEAR_END),
        financial_assets=Amount(financial_assets, YEAR_END),
        experience_since=date.fromisoformat(since),
    )


def individual(ground: str, assets: int | None = None, since: str | None = None, **other) -> Application:
    return Application(
        kind=InvestorKind.INDIVIDUAL,
        ground=ground,
        applied=TODAY,
        financial_assets=Amount(assets, TODAY) if assets is not None else None,
        experience_since=date.fromisoformat(since) if since else None,
        **other,
    )


def incomes(*amounts: int, last: int = 2025) -> tuple[tuple[int, int], ...]:
    return tuple((last - back, amount) for back, amount in enumerate(amounts))


# ------------------------------------------------------------------------------------------------------------ the exact numbers

INSTITUTIONS = [
    # ground, net assets, financial assets, investing since, met, what is not
    (ART_8_4, 2000 * WAN, 1000 * WAN, "2024-07-13", True, set()),
    (ART_8_4, 2000 * WAN - 1, 1000 * WAN, "2024-07-13", False, {Need.NET_ASSETS}),
    (ART_8_4, 2000 * WAN, 1000 * WAN - 1, "2024-07-13", False, {Need.FINANCIAL_ASSETS}),
    (ART_8_4, 2000 * WAN, 1000 * WAN, "2024-07-14", False, {Need.EXPERIENCE}),
    (ART_8_4, -1, 0, "2026-07-13", False, {Need.NET_ASSETS, Need.FINANCIAL_ASSETS, Need.EXPERIENCE}),
    (ART_11, 1000 * WAN, 500 * WAN, "2025-07-13", True, set()),
    (ART_11, 1000 * WAN - 1, 500 * WAN, "2025-07-13", False, {Need.NET_ASSETS}),
    (ART_11, 1000 * WAN, 500 * WAN - 1, "2025-07-13", False, {Need.FINANCIAL_ASSETS}),
    (ART_11, 1000 * WAN, 500 * WAN, "2025-07-14", False, {Need.EXPERIENCE}),
]


@pytest.mark.parametrize(("ground", "net", "financial", "since", "met", "unmet"), INSTITUTIONS)
def test_an_institution_at_each_threshold_and_one_fen_or_day_below(
    ground: str, net: int, financial: int, since: str, met: bool, unmet: set[Need]  # noqa: FBT001
) -> None:  # fmt: skip
    verdict = examine(institution(ground, net, financial, since), POLICY)

    assert (verdict.met, {finding.need for finding in verdict.unmet}) == (met, unmet)


MEANS, WAYS = {Need.FINANCIAL_ASSETS, Need.INCOME}, {Need.EXPERIENCE, Need.WORK}
EVERY_WAY = WAYS | {Need.SENIOR_MANAGER, Need.QUALIFICATION}
INDIVIDUALS = [
    # Art. 8 (5): assets or income, with experience or work or post or qualification
    (individual(ART_8_5, 500 * WAN, "2024-07-13"), set()),
    (individual(ART_8_5, 500 * WAN - 1, "2024-07-13"), MEANS),
    (individual(ART_8_5, 500 * WAN, "2024-07-14"), EVERY_WAY),
    (individual(ART_8_5, since="2024-07-13", incomes=incomes(50 * WAN, 50 * WAN, 50 * WAN)), set()),
    (individual(ART_8_5, since="2024-07-13", incomes=incomes(150 * WAN, 0, 0)), set()),  # the mean counts
    (individual(ART_8_5, since="2024-07-13", incomes=incomes(50 * WAN, 50 * WAN, 50 * WAN - 1)), MEANS),
    (
        individual(ART_8_5, 499 * WAN, "2024-07-13", incomes=incomes(49 * WAN, 50 * WAN, 50 * WAN)),
        MEANS,
    ),  # two halves are no whole
    (individual(ART_8_5, 500 * WAN, work_since=date(2024, 7, 13)), set()),
    (individual(ART_8_5, 500 * WAN, work_since=date(2024, 7, 14)), EVERY_WAY),
    (individual(ART_8_5, 500 * WAN, senior_manager_of="某证券公司"), set()),
    (individual(ART_8_5, 500 * WAN, qualification="CPA 110001"), set()),
    (individual(ART_8_5, 500 * WAN, qualification=" "), EVERY_WAY),
    (individual(ART_8_5), MEANS | EVERY_WAY),
    # Art. 11: less of each, but no post or qualification in place of a year
    (individual(ART_11, 300 * WAN, "2025-07-13"), set()),
    (individual(ART_11, 300 * WAN - 1, "2025-07-13"), MEANS),
    (individual(ART_11, 300 * WAN, "2025-07-14"), WAYS),
    (individual(ART_11, since="2025-07-13", incomes=incomes(30 * WAN, 30 * WAN, 30 * WAN)), set()),
    (individual(ART_11, since="2025-07-13", incomes=incomes(30 * WAN, 30 * WAN, 30 * WAN - 1)), MEANS),
    (individual(ART_11, 300 * WAN, work_since=date(2025, 7, 13)), set()),
    (individual(ART_11, 300 * WAN, senior_manager_of="某证券公司", qualification="CPA"), WAYS),
]


@pytest.mark.parametrize(("application", "unmet"), INDIVIDUALS)
def test_an_individual_at_each_threshold_and_one_fen_or_day_below(application: Application, unmet: set[Need]) -> None:
    verdict = examine(application, POLICY)

    assert {finding.need for finding in verdict.unmet} == unmet
    assert verdict.met is not bool(unmet)


@pytest.mark.parametrize(
    ("years", "met"),
    [
        ((2023, 2024, 2025), True),
        ((2025, 2023, 2024), True),  # in any order
        ((2024, 2025), False),  # fewer
        ((2022, 2023, 2024, 2025), False),  # more
        ((2022, 2023, 2024), False),  # not the latest
        ((2024, 2025, 2026), False),  # this year is not over
        ((2023, 2025, 2025), False),  # one of them twice
        ((), False),
    ],
)
def test_income_is_the_mean_of_exactly_the_three_latest_years(years: tuple[int, ...], met: bool) -> None:  # noqa: FBT001
    application = individual(ART_8_5, since="2020-01-01", incomes=tuple((year, 9000 * WAN) for year in years))

    assert examine(application, POLICY).met is met


@pytest.mark.parametrize(
    ("applied", "on", "met"),
    [
        ("2026-07-13", "2025-12-31", True),
        ("2026-07-13", "2024-12-31", False),  # an older year-end
        ("2026-07-13", "2025-12-30", False),
        ("2026-07-13", "2026-06-30", False),  # no year-end
        ("2026-12-31", "2025-12-31", True),  # this year-end is not yet the latest one
        ("2027-01-01", "2025-12-31", False),
        ("2027-01-01", "2026-12-31", True),
    ],
)
def test_an_institutions_figures_are_those_of_the_latest_year_end(applied: str, on: str, met: bool) -> None:  # noqa: FBT001
    figure = Amount(9000 * WAN, date.fromisoformat(on))
    application = institution(ART_8_4, 0, 0, "2020-01-01")

    told = examine(replace(application, applied=date.fromisoformat(applied), net_assets=figure, financial_assets=figure), POLICY)

    assert told.met is met


@pytest.mark.parametrize(
    ("on", "met"), [("2026-07-13", True), ("2026-06-13", True), ("2026-06-12", False), ("2026-07-14", False)]
)
def test_an_individuals_statement_is_of_the_last_thirty_days(on: str, met: bool) -> None:  # noqa: FBT001
    application = replace(individual(ART_8_5, since="2020-01-01"), financial_assets=Amount(500 * WAN, date.fromisoformat(on)))

    assert examine(application, POLICY).met is met


@pytest.mark.parametrize(
    ("since", "applied", "met"),
    [
        ("2024-02-29", "2026-02-27", False),
        ("2024-02-29", "2026-02-28", True),  # clamped to the month
        ("2022-02-28", "2024-02-27", False),
        ("2022-02-28", "2024-02-28", True),
        ("2024-12-31", "2026-12-30", False),
        ("2024-12-31", "2026-12-31", True),
        ("2027-01-01", "2026-07-13", False),  # not yet begun
    ],
)
def test_years_are_full_on_the_same_day_number(since: str, applied: str, met: bool) -> None:  # noqa: FBT001
    day = date.fromisoformat(applied)
    application = replace(individual(ART_8_5, since=since), applied=day, financial_assets=Amount(500 * WAN, day))

    assert examine(application, POLICY).met is met


# ---------------------------------------------------------------------------------------------------- registration and kinds

LICENCE = Registration("中国证监会", "Z12345")
OPEN_OR_NOT = [ART_8_1, ART_8_2, ART_8_3, ART_8_4, ART_8_5, ART_11]
OPEN = {
    InvestorKind.INDIVIDUAL: {ART_8_5, ART_11},
    InvestorKind.INSTITUTION: {ART_8_3, ART_8_4, ART_11},
    InvestorKind.FINANCIAL_INSTITUTION: {ART_8_1, ART_8_3, ART_8_4, ART_11},
    InvestorKind.PRODUCT: {ART_8_2, ART_8_3},
}


@pytest.mark.parametrize(("kind", "ground"), list(product(InvestorKind, OPEN_OR_NOT)))
def test_a_ground_is_open_to_its_kinds_alone_whatever_else_is_stated(kind: InvestorKind, ground: str) -> None:
    rich = individual(ground, 10**15, "2000-01-01", incomes=incomes(10**12, 10**12, 10**12), registration=LICENCE, issuer=LICENCE)
    if kind is not InvestorKind.INDIVIDUAL and ground != ART_8_5:
        rich = replace(rich, net_assets=Amount(10**15, YEAR_END), financial_assets=Amount(10**15, YEAR_END))

    verdict = examine(replace(rich, kind=kind), POLICY)

    assert verdict.met is (ground in OPEN[kind]) is (ground in grounds_for(kind))
    assert verdict.investor_class is class_of(ground)


@pytest.mark.parametrize("ground", [ART_8_1, ART_8_2, ART_8_3])
@pytest.mark.parametrize(
    ("registration", "met"),
    [
        (LICENCE, True),
        (replace(LICENCE, last_day=TODAY), True),
        (replace(LICENCE, last_day=date(2026, 7, 12)), False),
        (replace(LICENCE, number=" "), False),
        (replace(LICENCE, authority=""), False),
        (None, False),
    ],
)
def test_class_a_goes_by_a_live_registration_and_needs_no_terms(ground: str, registration, met: bool) -> None:  # noqa: FBT001
    kind = InvestorKind.FINANCIAL_INSTITUTION if ground == ART_8_1 else InvestorKind.PRODUCT
    application = Application(kind=kind, ground=ground, applied=TODAY, registration=registration, issuer=LICENCE)

    assert examine(application, replace(POLICY, professional=None)).met is met


def test_a_product_is_professional_by_its_issuer_and_the_adviser_behind_it_is_not() -> None:
    fund = Application(kind=InvestorKind.PRODUCT, ground=ART_8_2, applied=TODAY, registration=LICENCE, issuer=LICENCE)

    assert examine(fund, POLICY).met
    assert [finding.need for finding in examine(replace(fund, issuer=None), POLICY).unmet] == [Need.ISSUER]
    assert [finding.need for finding in examine(replace(fund, kind=InvestorKind.INDIVIDUAL), POLICY).unmet] == [Need.KIND]


def test_a_status_is_valid_for_the_policys_months_and_no_longer_than_a_registration() -> None:
    bank = Application(kind=InvestorKind.FINANCIAL_INSTITUTION, ground=ART_8_1, applied=date(2024, 2, 29), registration=LICENCE)
    ending = replace(bank, registration=replace(LICENCE, last_day=date(2024, 9, 30)))

    assert examine(bank, POLICY).last_day == date(2025, 2, 28)
    assert examine(ending, POLICY).last_day == date(2024, 9, 30)


# --------------------------------------------------------------------------------------------------------- words and evidence


def test_each_finding_says_why_in_words() -> None:
    application = individual(ART_8_5, 500 * WAN - 1, "2024-07-14", incomes=incomes(50 * WAN))

    assert [(finding.need.name, str(finding.why)) for finding in examine(application, POLICY).unmet] == [
        ("FINANCIAL_ASSETS", "4,999,999.99 yuan; at least 5,000,000 yuan is needed."),
        ("INCOME", "The income of each of the years 2023 to 2025 is needed, and no other."),
        ("EXPERIENCE", "Since 2024-07-14; the years needed (2) are full on 2026-07-14."),
        ("WORK", "No first day is stated."),
        ("SENIOR_MANAGER", "Nothing of this kind is stated."),
        ("QUALIFICATION", "Nothing of this kind is stated."),
    ]


def test_evidence_is_demanded_for_what_the_application_rests_on() -> None:
    by_assets = examine(individual(ART_8_5, 500 * WAN, qualification="CPA"), POLICY)
    by_either = examine(individual(ART_11, 300 * WAN, "2020-01-01", incomes=incomes(*[30 * WAN] * 3)), POLICY)
    company = examine(institution(ART_8_4, 2000 * WAN, 1000 * WAN, "2020-01-01"), POLICY)

    assert by_assets.evidence == ((Evidence.IDENTITY,), (Evidence.ASSET_STATEMENT,), (Evidence.CERTIFICATE,))
    assert by_either.evidence == (
        (Evidence.WRITTEN_APPLICATION,),
        (Evidence.IDENTITY,),
        (Evidence.ASSET_STATEMENT, Evidence.INCOME_PROOF),
        (Evidence.TRADING_RECORD,),
    )
    assert company.evidence == ((Evidence.IDENTITY,), (Evidence.FINANCIAL_STATEMENTS,), (Evidence.TRADING_RECORD,))
    given = frozenset({Evidence.IDENTITY, Evidence.WRITTEN_APPLICATION, Evidence.INCOME_PROOF})
    assert by_either.lacking(given) == ((Evidence.TRADING_RECORD,),)


def test_an_unknown_ground_and_a_policy_without_terms_give_no_verdict() -> None:
    application = individual(ART_8_5, 500 * WAN, "2020-01-01")

    with pytest.raises(Invalid, match="There is no such ground"):
        examine(replace(application, ground="第九条"), POLICY)
    with pytest.raises(Conflict, match="no terms for professional investors"):
        examine(application, replace(POLICY, professional=None))


# --------------------------------------------------------------------------------------------------------- terms in the policy


def test_a_policy_without_terms_is_still_a_policy() -> None:
    older = parse(POLICY_TEXT[: POLICY_TEXT.index("[professional]")])

    assert older.professional is None
    assert (older.match, older.professional_months) == (POLICY.match, POLICY.professional_months)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("statement_days = 30", "statement_days = 0", "professional.statement_days must be a whole number from 1 to 366."),
        ("statement_days = 30", "", "professional.statement_days is missing."),
        (
            "income = 500_000",
            "income = 500_000.5",
            "professional.individual.income must be a whole number from 1 to 1000000000000.",
        ),
        ("net_assets = 20_000_000", "net_asset = 1", "professional.institution.net_asset is not known here."),
        ("net_assets = 20_000_000", "net_asset = 1", "professional.institution.net_assets is missing."),
        ("[professional.individual]", "[professional.person]", "professional.individual is missing."),
    ],
)
def test_a_fault_in_the_terms_refuses_the_policy(old: str, new: str, message: str) -> None:
    assert POLICY_TEXT.count(old) == 1

    with pytest.raises(Invalid) as refused:
        parse(POLICY_TEXT.replace(old, new))

    assert message in map(str, refused.value.faults)


# --------------------------------------------------------------------------------------------------------- the steps, both ways


@pytest.mark.parametrize("investor_class", [each for each in InvestorClass if each.is_professional])
def test_no_step_of_an_application_is_skipped(investor_class: InvestorClass) -> None:
    way = [step.name for step in steps_of(investor_class)]
    tested = ["KNOWLEDGE_TESTED", "WARNED"] if investor_class is InvestorClass.PROFESSIONAL_C else []

    assert way == ["APPLIED", "PROOFS_CHECKED", *tested, "APPROVED", "NOTIFIED"]
    for step, to in product(Step, Step):
        following = step.name in way[:-1] and to.name == way[way.index(step.name) + 1]
        rejected = to is Step.REJECTED and step.name in way[:-2]
        if following or rejected or (step, to) == (Step.REJECTED, Step.NOTIFIED):
            assert advance(investor_class, step, to) is to
        else:
            assert to not in next_steps(investor_class, step)
            with pytest.raises(Conflict):
                advance(investor_class, step, to)


def test_class_b_and_c_go_back_to_ordinary_and_class_a_may_not() -> None:
    assert opt_down(InvestorClass.PROFESSIONAL_B) is opt_down(InvestorClass.PROFESSIONAL_C) is InvestorClass.ORDINARY
    for stays in (InvestorClass.PROFESSIONAL_A, InvestorClass.ORDINARY):
        with pytest.raises(Conflict):
            opt_down(stays)


# ------------------------------------------------------------------------------------------------------------- amounts in yuan


@pytest.mark.parametrize(
    ("text", "amount"),
    [("5000000", 500 * WAN), ("5,000,000", 500 * WAN), ("4999999.99", 500 * WAN - 1), ("0.5", 50), (" 7 ", 700), ("-1.01", -101)],
)
def test_an_amount_in_yuan_is_exact_in_fen(text: str, amount: int) -> None:
    assert fen(text) == amount
    assert fen(yuan(amount)) == amount


@pytest.mark.parametrize("text", ["", "5 000", "1e6", "1.005", "50,00", "５００", "500万", "¥5", "nan", ".5", "1."])
def test_what_is_not_exactly_an_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        fen(text)
