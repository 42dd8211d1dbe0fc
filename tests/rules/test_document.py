"""A report taken apart, and what a careful person would raise about it."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.rules.risk import Audience, ProfessionalClause, RiskCategory, RiskGrade
from gatekeeper.rules.wording.document import Analyst, RatingParts, RelatedReport, Section, read_document
from gatekeeper.rules.wording.findings import Finding, find_findings, settlement_key

SAMPLE = Path(__file__).parents[3] / "shared" / "samples" / "000_cf454c4bef53ffae.txt"

CHINESE = """证券研究报告｜公司点评

远帆重工：海风订单回升，毛利率见底

——三季报点评

发布日期：2026年10月30日

● 事件：公司发布三季报。

前三季度收入同比增长12%。

第三季度毛利率为21%。

● 订单：海风占比过半。

截止日期：2026年9月30日，在手订单38亿元。

● 风险提示：

海风审批放缓；原材料涨价。

增持（首次评级）

陈默言（分析师）

chenmoyan@example.com

证书编号：S0998526010001

何之洲（研究助理）

hezhizhou@example.com

相关报告

《海风平价之路》2026-08-02

《读《海上风电规划》有感》2026-05-18

《风电年鉴》

特别声明

北屿证券评定此研报的风险等级为 R3（中风险），适用的投资者类别仅限定为专业投资者及风险承受能力为 C3、C4、C5 的普通投资者。

分析师声明

本报告署名分析师具有证券投资咨询执业资格。

投资评级说明

增持：未来六个月，预计股价强于基准（维持在5%以上）。

免责声明

北屿证券股份有限公司（以下简称“北屿证券”）具备证券投资咨询业务资格。本报告依据公开资料撰写，仅供北屿证券客户使用。

联系我们

北屿证券股份有限公司 研究所
"""

ENGLISH = """# Offshore wind: orders return

Company update

Published: 30 October 2026

Analyst: Mara Lindqvist, Jon Abara
Certificate No. S0998526010001 mara@example.com
Certificate No. S0998526010002 jon@example.com
Rating: Buy (maintained)

## Orders are back

Wind makes up half of the backlog.

## Risks

Permits may be late.

## Important notice

Risk grade: R2 (medium-low risk). This securities research report is intended only for professional investors and ordinary
investors of categories C2 to C5. If you are an ordinary investor below C2, do not read, bookmark, receive or use this report.

## Related reports

“The price of wind”, 2 August 2026

## Disclaimer

Northisle Securities Co., Ltd. (“Northisle”) is licensed for securities investment consulting. This report rests on
public information and is intended solely for clients of Northisle.
"""


def raised(text: str) -> list[str]:
    return [finding.code for finding in find_findings(read_document(text), text)]


def test_a_chinese_report_is_taken_apart() -> None:
    document = read_document(CHINESE)

    assert (document.issuer, document.company) == ("北屿证券", "北屿证券股份有限公司")
    assert (document.title, document.subtitle) == ("远帆重工：海风订单回升，毛利率见底", "三季报点评")
    assert (document.kind, document.language, document.published_on) == ("公司点评", "zh", date(2026, 10, 30))
    assert document.analysts == (Analyst("陈默言", "S0998526010001", "chenmoyan@example.com"),)
    assert (document.rating, document.rating_parts) == ("增持（首次评级）", RatingParts("增持", "首次评级"))
    assert document.related == (
        RelatedReport("海风平价之路", date(2026, 8, 2)),
        RelatedReport("读《海上风电规划》有感", date(2026, 5, 18)),
        RelatedReport("风电年鉴", None),
    )
    assert document.sections == (
        Section("事件：公司发布三季报。", ("前三季度收入同比增长12%。", "第三季度毛利率为21%。")),
        Section("订单：海风占比过半。", ("截止日期：2026年9月30日，在手订单38亿元。",)),
    )
    assert document.risk_notice == "海风审批放缓；原材料涨价。"
    assert document.special_statement == document.notice.statement
    assert document.rating_definitions == "增持：未来六个月，预计股价强于基准（维持在5%以上）。"
    assert document.analyst_statement == "本报告署名分析师具有证券投资咨询执业资格。"
    assert document.disclaimer is not None
    assert document.disclaimer.startswith("北屿证券股份有限公司（以下简称")
    assert document.contact == "北屿证券股份有限公司 研究所"
    assert raised(CHINESE) == []


def test_the_clients_clause_of_the_disclaimer_joins_the_audience_of_the_notice() -> None:
    document = read_document(CHINESE)

    assert document.notice.audience == Audience(
        ProfessionalClause.ANY, frozenset({RiskCategory.C3, RiskCategory.C4, RiskCategory.C5}), clients_only=True
    )
    assert document.clients_only is not None
    assert document.clients_only.quote == "仅供北屿证券客户"


def test_an_english_report_in_markdown_is_taken_apart() -> None:
    document = read_document(ENGLISH)

    assert (document.issuer, document.company) == ("Northisle", "Northisle Securities Co., Ltd.")
    assert (document.title, document.kind, document.language) == ("Offshore wind: orders return", "Company update", "en")
    assert document.published_on == date(2026, 10, 30)
    assert document.analysts == (
        Analyst("Mara Lindqvist", "S0998526010001", "mara@example.com"),
        Analyst("Jon Abara", "S0998526010002", "jon@example.com"),
    )
    assert (document.rating, document.rating_parts) == ("Buy (maintained)", RatingParts("Buy", "maintained"))
    assert document.related == (RelatedReport("The price of wind", date(2026, 8, 2)),)
    assert document.sections == (Section("Orders are back", ("Wind makes up half of the backlog.",)),)
    assert document.risk_notice == "Permits may be late."
    assert (document.notice.grade, document.notice.label) == (RiskGrade.R2, "medium-low risk")
    assert document.notice.audience.clients_only
    assert document.notice.denied_actions == ("READ", "BOOKMARK", "RECEIVE", "USE")
    assert raised(ENGLISH) == []


ANALYSTS = {
    "name and role": ("李四（首席分析师）\n证书编号：S0998526010001", [("李四", "S0998526010001", None)]),
    "on one line": (
        "分析师：李四 执业证书编号：S0998526010001 lisi@example.com",
        [("李四", "S0998526010001", "lisi@example.com")],
    ),
    "several names first": (
        "分析师：李四、王小五\n证书编号：S0998526010001\n证书编号：S0998526010002",
        [("李四", "S0998526010001", None), ("王小五", "S0998526010002", None)],
    ),
    "one after another": (
        "李四（分析师）\nlisi@example.com\n王小五（分析师）\n证书编号：S0998526010002",
        [("李四", None, "lisi@example.com"), ("王小五", "S0998526010002", None)],
    ),
    "one certificate too many": (
        "李四（分析师）\n证书编号：S0998526010001\n证书编号：S0998526010002",
        [("李四", "S0998526010001", None)],
    ),
    "assistants do not sign": ("李四（研究助理）\n证书编号：S0998526010001", []),
    "nobody": ("某公司的分析师认为行业向好。", []),
}


@pytest.mark.parametrize(("imprint", "people"), ANALYSTS.values(), ids=ANALYSTS)
def test_certificates_belong_to_the_analysts_before_them(imprint: str, people: list[tuple[str, str | None, str | None]]) -> None:
    assert read_document(f"标题\n\n{imprint}\n").analysts == tuple(Analyst(*person) for person in people)


DATES = {
    "labelled": ("发布日期：2026年1月5日", date(2026, 1, 5)),
    "with dashes": ("报告日期: 2026-01-05", date(2026, 1, 5)),
    "alone": ("2026/1/5", date(2026, 1, 5)),
    "beside the firm": ("北屿证券研究所 2026年1月5日", date(2026, 1, 5)),
    "in a cell": ("证券研究报告 | 2026年01月05日", date(2026, 1, 5)),
    "in words": ("本报告于2026年1月5日发布。", date(2026, 1, 5)),
    "english": ("January 5, 2026", date(2026, 1, 5)),
    "english, day first": ("Date: 5 January 2026", date(2026, 1, 5)),
    "a day that does not exist": ("发布日期：2026年2月30日", None),
    "of an event": ("公司于2026年1月5日公告。", None),
    "of the data": ("数据截止日期：2026年1月5日", None),
    "without a year": ("1月5日", None),
}


@pytest.mark.parametrize(("line", "published_on"), DATES.values(), ids=DATES)
def test_only_the_date_of_the_report_is_its_publication_date(line: str, published_on: date | None) -> None:
    assert read_document(f"标题\n\n{line}\n\n● 事件：略。\n").published_on == published_on


TITLES = {
    "title, then kind": ("海风订单回升\n行业点评\n", ("海风订单回升", None, "行业点评")),
    "kind, then title": ("行业点评\n海风订单回升\n——海风系列之三\n", ("海风订单回升", "海风系列之三", "行业点评")),
    "a title that looks like a kind": ("海上风电投资策略\n", ("海上风电投资策略", None, None)),
    "after the firm's own line": ("北屿证券股份有限公司\n证券研究报告\n海风订单回升\n", ("海风订单回升", None, None)),
    "a title that looks like a heading": ("海风补贴说明\n", ("海风补贴说明", None, None)),
    "in Markdown": ("# **海风订单回升**\n\n## 事件\n", ("海风订单回升", None, None)),
    "a paragraph is no title": ("海风订单回升。" * 40 + "\n", (None, None, None)),
}


@pytest.mark.parametrize(("text", "names"), TITLES.values(), ids=TITLES)
def test_title_subtitle_and_kind_come_from_the_head(text: str, names: tuple[str | None, str | None, str | None]) -> None:
    document = read_document(text)

    assert (document.title, document.subtitle, document.kind) == names


ISSUERS = {
    "with a short name": ("北屿证券股份有限公司（以下简称“北屿”）依法设立。", ("北屿", "北屿证券股份有限公司")),
    "calling itself the company": ("北屿证券有限责任公司（以下简称“本公司”）依法设立。", ("北屿证券", "北屿证券有限责任公司")),
    "with a place in brackets": ("北屿证券股份有限公司（中国）依法设立。", ("北屿证券", "北屿证券股份有限公司")),
    "inside a sentence": ("本报告由北屿国际金融股份有限公司制作。", ("北屿国际金融", "北屿国际金融股份有限公司")),
    "short name only": ("仅面向北屿证券专业投资者客户。", ("北屿证券", None)),
    "another company": ("远帆重工股份有限公司是一家风电企业。", (None, None)),
}


@pytest.mark.parametrize(("sentence", "issuer"), ISSUERS.values(), ids=ISSUERS)
def test_the_issuer_is_the_firm_of_the_disclaimer(sentence: str, issuer: tuple[str | None, str | None]) -> None:
    document = read_document(f"标题\n\n● 事件：鲸岸证券股份有限公司公告。\n\n免责声明\n\n{sentence}\n")

    assert (document.issuer, document.company) == issuer


def test_items_under_a_heading_stay_with_it() -> None:
    text = "标题\n\n特别声明\n● 风险等级：R3（中风险）\n● 仅面向专业投资者\n\n免责声明\n\n略。\n"

    document = read_document(text)

    assert document.sections == ()
    assert (document.notice.grade, document.notice.audience.professional) == (RiskGrade.R3, ProfessionalClause.ANY)


def test_a_report_without_headings_is_one_section() -> None:
    paragraph = "前三季度收入同比增长百分之十二，第三季度毛利率环比改善，在手订单处于历史高位，海上风电占比首次过半。"

    assert read_document(f"标题\n\n{paragraph}\n").sections == (Section("", (paragraph,)),)


# ------------------------------------------------------------------------------------------------------------- findings

WITHOUT = {
    "no_research_words": ("证券研究报告｜", ""),
    "no_title": ("远帆重工：海风订单回升，毛利率见底\n\n——三季报点评\n", "\n"),
    "no_publication_date": ("发布日期：2026年10月30日", ""),
    "no_licence_statement": ("具备证券投资咨询业务资格", "成立多年"),
    "no_sources": ("依据公开资料撰写，", ""),
    "no_certificate": ("证书编号：S0998526010001", ""),
    "bad_certificate": ("S0998526010001", "S099852601"),
    "no_grade": ("风险等级为 R3（中风险）", "风险不低"),
}


@pytest.mark.parametrize("code", WITHOUT)
def test_each_item_of_the_checklist_is_missed_by_itself(code: str) -> None:
    text = CHINESE.replace("｜公司点评", "｜", 1) if code == "no_title" else CHINESE

    assert code in raised(text.replace(*WITHOUT[code]))
    assert [missed for missed in raised(text.replace(*WITHOUT[code])) if missed != code] == []


def test_an_empty_text_misses_everything() -> None:
    assert raised("") == [
        "no_research_words",
        "no_issuer",
        "no_title",
        "no_publication_date",
        "no_licence_statement",
        "no_sources",
        "no_risk_notice",
        "no_disclaimer",
        "no_analyst",
        "no_notice",
        "no_grade",
    ]


DENIALS = {
    "no action": ("本公司不需要采取任何行动以确保本报告内容适合于客户。", True),
    "no duty": ("本公司没有义务核实本报告是否适合接收人。", True),
    "english": ("The firm is not required to take any action to ensure that this report is suitable for its readers.", True),
    "not regarded as a client": ("本公司无需因接收人收到本报告而视其为客户。", False),
    "no duty to update": ("本公司没有义务和责任去及时更新本报告。", False),
    "accuracy": ("本公司不保证信息的准确性。", False),
    "the duty stands": ("本公司依法履行适当性义务，该义务不因本声明而免除。", False),
}


@pytest.mark.parametrize(("sentence", "denies"), DENIALS.values(), ids=DENIALS)
def test_a_disclaimer_that_denies_suitability_is_cited(sentence: str, denies: object) -> None:
    text = CHINESE.replace("联系我们", f"{sentence}\n\n联系我们")

    cited = [finding.cited for finding in find_findings(read_document(text), text)]

    assert cited == ([sentence] if denies else [])


def test_research_words_count_only_as_a_label() -> None:
    text = CHINESE.replace("证券研究报告｜", "").replace("具备证券", "依据《发布证券研究报告暂行规定》具备证券")

    assert raised(text) == ["no_research_words"]


def test_a_conflict_of_the_notice_blocks() -> None:
    text = CHINESE.replace("R3（中风险）", "R4（中风险）")

    findings = find_findings(read_document(text), text)

    assert [(finding.code, finding.values["conflict"], finding.blocking) for finding in findings] == [
        ("notice_conflict", "label_mismatch", True),
        ("notice_conflict", "categories_below_grade", True),
    ]
    assert all(finding.message % dict(finding.values) for finding in findings)


def test_a_settlement_recognises_the_same_words_in_another_printing() -> None:
    printed, reprinted = (Finding("x", "", cited=words) for words in ("不需要 采取任何行动，（略）", "不需要采取\n任何行动,(略)"))

    assert settlement_key(printed) == settlement_key(reprinted)


PIECES = [
    "《",
    "》",
    "2026-1-5",
    "分析师：",
    "（分析师）",
    "证书编号：",
    "S0998",
    "有限公司",
    "证券",
    "# ",
    "● ",
    "\n",
    "免责声明",
    "——",
    "评级：",
    "@a.b",
]


@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join)))
def test_no_text_makes_the_reading_fail(text: str) -> None:
    document = read_document(text)

    assert all(str(finding.message % dict(finding.values)) for finding in find_findings(document, text))


@pytest.mark.parametrize(
    "unit", ["a", "证券", "《", "“a", "a@", "1.", "分析师：李四、", "A B ", "证书编号", "2026-1-", "有限公司", "(", "没有义务"]
)
def test_a_long_line_of_anything_is_read(unit: str) -> None:
    text = "标题\n\n" + unit * (100_000 // len(unit)) + "\n\n免责声明\n\n" + unit * (100_000 // len(unit))

    assert find_findings(read_document(text), text)


@pytest.mark.skipif(not SAMPLE.exists(), reason="../shared/samples is absent")
def test_the_real_report_yields_its_fields_and_three_findings() -> None:
    text = SAMPLE.read_text(encoding="utf-8")

    document = read_document(text)

    assert (document.issuer, document.kind, document.language, document.published_on) == ("诚通证券", "行业点评", "zh", None)
    [analyst] = document.analysts
    assert f"{analyst.name}（分析师）" in text
    assert f"证书编号：{analyst.certificate}" in text
    assert f"\n{analyst.email}\n" in text
    assert document.rating_parts == RatingParts("推荐", "维持评级")
    assert (len(document.sections), len(document.related)) == (5, 5)
    assert (document.notice.grade, document.notice.label) == (RiskGrade.R3, "中风险")
    assert document.notice.audience.clients_only
    assert raised(text) == ["no_research_words", "no_publication_date", "disclaimer_denies_suitability"]
