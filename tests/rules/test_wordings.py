"""How the trade words its notices, and what each wording is read as: one row each, for people who write them.

A reading is written «R3 professional 345 clients»: grade, class, categories, whose clients; a dash for what is not printed, 0 for
no ordinary investor. «a person» means that nothing is proposed until a person has said what the words mean.
"""

import pytest

from gatekeeper.rules.notice import NoticeReading, read_notice
from gatekeeper.rules.risk import ProfessionalClause
from gatekeeper.rules.wording.document import read_document
from gatekeeper.rules.wording.findings import NOTICE_UNREAD, find_findings

CLASSES = {
    None: "-",
    ProfessionalClause.ANY: "professional",
    ProfessionalClause.INSTITUTION: "institutions",
    ProfessionalClause.FINANCIAL_INSTITUTION: "financial",
}
A_PERSON = "a person"


def said(reading: NoticeReading) -> str:
    audience = reading.audience
    admitted = audience.categories
    categories = "-" if admitted is None else "".join(str(each.value) for each in sorted(admitted)) or "0"
    clients = " contract" if audience.contract_clients_only else " clients" if audience.clients_only else ""
    return f"{reading.grade.name if reading.grade else '-'} {CLASSES[audience.professional]} {categories}{clients}"


GRADES = [
    ("本报告的风险等级为：中风险（R3）", "R3 - -"),
    ("本研究报告风险等级：R3-中风险。", "R3 - -"),
    ("本报告风险等级为R3级（中风险）。", "R3 - -"),
    ("本报告风险等级为R3(中风险)级。", "R3 - -"),
    ("本报告风险等级为【R3】。", "R3 - -"),
    ("本报告风险等级为「R3」。", "R3 - -"),
    ("本报告适当性评级为R3。", "R3 - -"),
    ("本研报评定的风险等级为 R 3 （中 风 险）。", "R3 - -"),
    ("特别声明\n研报风险等级R3", "R3 - -"),
    ("本报告的⻛险等级为R3（中⻛险）。", "R3 - -"),
    ("风险等级：R3\n本报告风险等级为R3。风险等级为R5的产品波动更大。", "R3 - -"),
    (
        "本报告风险等级：R3。产品风险等级分为R1（低风险）、R2（中低风险）、R3（中风险）、R4（中高风险）、R5（高风险）五级。",
        "R3 - -",
    ),
    ("特别声明\n研究报告风险等级划分为R1、R2、R3、R4、R5，本报告为R3。", "R3 - -"),
    ("特别声明\n本报告所涉及的产品风险等级为R5，本报告的风险等级为R3。", "R3 - -"),
    ("行业点评\n研报风险等级：中风险R3\n", "R3 - -"),
    ("行业点评\n| 风险等级 | R3（中风险） |\n| 分析师 | 王五 |\n", "R3 - -"),
    ("行业点评\n| 风险等级 | 投资评级 | 分析师 |\n|---|---|---|\n| R3 | 推荐 | 王五 |\n", "R3 - -"),
    ("行业点评\n风险等级  投资评级  分析师\nR3（中风险）  推荐  王五\n", "R3 - -"),
    ("行业点评\n风险等级\nR3（中风险）\n投资评级\n推荐\n", "R3 - -"),
    ("标题\n\n● 理财产品\n| 产品 | 风险等级 |\n|---|---|\n| 甲 | R2 |\n\n特别声明\n\n本报告风险等级为R3。\n", "R3 - -"),
    ("标题\n\n● 产品\n\n风险等级：R5\n\n特别声明\n\n本报告风险等级为R3。\n", "R3 - -"),
    ("标题\n\n● 产品\n\n该产品的\n风险等级：R1，期限一年。\n\n特别声明\n\n本报告风险等级为R3。\n", "R3 - -"),
    ("本报告所涉基金的风险等级为R5。", "- - -"),
    ("This report carries a risk rating of R3.", "R3 - -"),
    ("This report has been assigned a risk rating of R3 (medium risk).", "R3 - -"),
    ("The risk level of this report is R3 (Moderate).", "R3 - -"),
    ("Risk Rating: Medium (R3)", "R3 - -"),
    ("Risk rating - R3", "R3 - -"),
    ("本报告的风险等级定级为R3。", "R3 - -"),
    ("本报告的风险等级评估为R3。", "R3 - -"),
    ("特别声明\n本报告适用于C4及以上的投资者，R4等级。", A_PERSON),
    ("储能深度\n\n风险等级 投资评级 分析师R3（中风险） 推荐 王五\n\n正文", A_PERSON),
    ("本报告风险等级为中高风险。", A_PERSON),
    ("本报告风险等级为三级。", A_PERSON),
    ("本报告风险等级为RIII。", A_PERSON),
    ("本报告风险等级为三级（R4）。", A_PERSON),
    ("本报告的风险等级不是R3。", A_PERSON),
    ("本报告风险等级并非R3，而是R4。", A_PERSON),
    ("本报告风险等级由R3调整为R4。", A_PERSON),
    ("本报告风险等级为R3以上。", A_PERSON),
    ("本报告风险等级为R3及以下。", A_PERSON),
    ("本报告风险等级为R3或R4。", A_PERSON),
    ("标题\n风险等级：R4\n\n● 事件\n\n略。\n\n特别声明\n\n本报告风险等级为R3。\n", A_PERSON),
    ("标题\n\n● 产品\n\n风险等级：R5\n\n特别声明\n\n本报告仅面向专业投资者。\n", A_PERSON),
]

CATEGORIES = [
    ("本报告仅适用于C3(含C3)以上的普通投资者。", "- - 345"),
    ("本报告仅适用于C3级及以上的普通投资者。", "- - 345"),
    ("本报告仅适用于C3等级及以上的投资者。", "- - 345"),
    ("本报告面向本公司适当性评级为C3及以上等级的投资者。", "- - 345"),
    ("本报告适用于C3及C3以上的投资者。", "- - 345"),
    ("本报告适用于C3或更高的投资者。", "- - 345"),
    ("本报告适用于C3以上（不含C3）的投资者。", "- - 45"),
    ("本报告适用于C3以上（不含）的投资者。", "- - 45"),
    ("本报告仅供风险承受能力为C3（稳健型）及以上的投资者。", "- - 345"),
    ("本报告仅供风险承受能力为稳健型（C3）及以上的投资者。", "- - 345"),
    ("本报告仅供风险承受能力为稳健型（C3）、积极型（C4）、激进型（C5）的投资者。", "- - 345"),
    ("本报告仅供风险承受能力大于等于C3的投资者。", "- - 345"),
    ("本报告仅供风险承受能力≥C3的投资者。", "- - 345"),
    ("本报告仅供风险承受能力>C3的投资者。", "- - 45"),
    ("本报告仅供风险承受能力超过C3的投资者。", "- - 45"),
    ("本报告仅供风险承受能力最低为C3的投资者。", "- - 345"),
    ("本报告仅供C3—C5的投资者。", "- - 345"),
    ("本报告仅供C3～C5的投资者。", "- - 345"),
    ("本报告仅供C3到C5的投资者。", "- - 345"),
    ("本报告适用于C5-C3的普通投资者。", "- - 345"),
    ("本报告仅供C3/C4/C5的投资者。", "- - 345"),
    ("本报告仅供C3 C4 C5的投资者。", "- - 345"),
    ("本报告仅供C3·C4·C5的投资者。", "- - 345"),
    ("本报告仅供C3、C4以及C5的投资者。", "- - 345"),
    ("本报告适用于“C3”、“C4”、“C5”投资者。", "- - 345"),
    ("本报告适用于【C3、C4、C5】投资者。", "- - 345"),
    ("本报告适用于C3类、C4类和C5类投资者。", "- - 345"),
    ("本报告适用于 C\n3 、 C 4 、\nC 5 的投资者。", "- - 345"),
    ("本报告适用于С3、С4、С5的投资者（西里尔字母）。", "- - 345"),
    ("本报告仅供C3及以上投资者，C3以下投资者请勿阅读。", "- - 345"),
    ("本报告仅适合专业投资者及不低于C3的普通投资者，不适合C1、C2。", "- professional 345"),
    ("本报告适用于C3、C4、C5类普通投资者和专业投资者。", "- professional 345"),
    ("本报告仅面向专业投资者，也适用于C4、C5的普通投资者。", "- professional 45"),
    ("本报告不仅适用于专业投资者，也适用于C3、C4、C5的普通投资者。", "- professional 345"),
    ("This report is suitable for investors with a risk tolerance of C3 or higher.", "- - 345"),
    ("This report is suitable for C3+ investors.", "- - 345"),
    ("This report is only for C3 through C5 investors.", "- - 345"),
    ("This report is only for retail investors rated C3, C4 or C5.", "- - 345"),
    ("本报告仅供C3、4、5的投资者。", A_PERSON),
    ("本报告仅供C3起的投资者。", A_PERSON),
    ("本报告适用于C2以上C4以下的投资者。", A_PERSON),
    ("本报告适用于C3以下的投资者。", A_PERSON),
    ("本报告适用于C2至C3投资者及C5投资者。", A_PERSON),
    ("本报告不适合C1、C2的普通投资者。", A_PERSON),
    ("本报告仅供除C1、C2以外的投资者。", A_PERSON),
    ("本报告不适合风险承受能力低于C3的普通投资者。", A_PERSON),
    ("本公司适当性评级为C3及以上等级的投资者可阅读本报告。", A_PERSON),
    ("本报告适用于C3、C4、C5的普通投资者，不适用于C3的普通投资者。", A_PERSON),
    ("本报告适用于C3、C4、C5的普通投资者。普通投资者请勿阅读本报告。", A_PERSON),
    ("本报告适用于专业投资者及C3、C4、C5的普通投资者。非专业投资者请勿阅读本报告。", A_PERSON),
    ("本报告仅供 C3 稳健型、C4 积极型、C5 激进型投资者使用", "- - 345"),
    ("本报告仅限C3（含）-C5（含）投资者", "- - 345"),
    ("本报告仅面向专业投资者及风险承受能力匹配（C3及以上）的普通投资者", "- professional 345"),
    ("本报告適用於C3級以上之投資人，非專業投資者請勿轉發", "- - 345"),
    ("行业点评\n风险等级：R3\n适用投资者：C3、C4、C5\n", "R3 - 345"),
    ("行业点评\n风险评级：R3 适当性：C3-C5\n", A_PERSON),
    ("Risk level: R3\nTarget investors: Professional investors; C3-C5", A_PERSON),
    ("Suitability: C3 and above", A_PERSON),
    ("本报告风险等级为R3（中风险）；投资者风险承受能力须为C3-C5", A_PERSON),
    ("本报告适用于专业投资者和普通投资者。", A_PERSON),
    ("本报告仅供专业投资者和风险承受能力匹配的普通投资者阅读。", A_PERSON),
    ("本报告风险等级为R4，适用于C3、C4、C5的普通投资者。", A_PERSON),
    ("R3 (Medium Risk) — suitable for C3 and above.", A_PERSON),
    ("This report is not intended for investors below C3.", A_PERSON),
    ("This report is intended for investors other than C1 and C2.", A_PERSON),
]

READERS = [
    ("本报告仅面向机构类的专业投资者。", "- institutions 0"),
    ("本报告仅面向专业机构投资者。", "- institutions 0"),
    ("本报告仅面向机构投资者中的专业投资者。", "- institutions 0"),
    ("本报告仅面向金融机构类专业投资者。", "- financial 0"),
    ("本报告仅面向专业投资者中的金融机构投资者。", "- financial 0"),
    ("本报告仅面向专业投资者（金融机构）。", "- financial 0"),
    ("本报告仅面向专业投资者客户，仅供内部使用。", "- professional 0 clients"),
    ("本報告僅限專業投資者中的機構投資者參閱", "- institutions 0"),
    ("本研究報告風險評級為中高風險（R4），僅供C4及以上級別之客戶參考", "R4 - 45 clients"),
    ("This report is for professional investors only.", "- professional 0"),
    ("For professional investors only.", "- professional 0"),
    (
        "This report is only for clients of Foo Securities Co. Ltd. who are institutional professional investors.",
        "- institutions 0 clients",
    ),
    ("标题\n\n● 产品\n\n本报告推荐的基金仅适合C5投资者。\n\n特别声明\n\n本报告适用于C3、C4、C5。\n", "- - 345"),
    ("通过本微信订阅号发布的观点和信息仅供某某证券的专业投资者参考。", "- professional 0"),
    ("This document is directed only at Professional Clients.", "- professional 0"),
    ("This document is directed only at Professional Clients and Eligible Counterparties.", A_PERSON),
    ("本报告仅供本公司签约机构客户使用。", A_PERSON),
    ("除专业投资者外，任何人不得阅读本报告", A_PERSON),
    ("若您不是C3、C4、C5的普通投资者或专业投资者，请勿阅读本报告", A_PERSON),
    ("本报告仅面向个人专业投资者。", A_PERSON),
    ("本报告仅面向A类专业投资者。", A_PERSON),
    ("本报告仅面向第一类专业投资者。", A_PERSON),
    ("本报告仅面向当然专业投资者。", A_PERSON),
    ("本报告仅面向专业投资者（不含个人）。", A_PERSON),
    ("本报告仅面向非专业投资者。", A_PERSON),
    ("本报告并非仅面向专业投资者。", A_PERSON),
    ("本报告仅面向机构客户。", A_PERSON),
    ("本报告仅面向普通机构投资者。", A_PERSON),
    ("本报告仅面向高净值客户。", A_PERSON),
    ("本报告适用于所有投资者。", A_PERSON),
    ("本报告仅面向专业投资者。非机构类专业投资者请勿阅读本报告。", A_PERSON),
    ("本报告不面向普通投资者。", A_PERSON),
    ("普通投资者请勿阅读本报告。", A_PERSON),
    ("For institutional investors only.", A_PERSON),
]


@pytest.mark.parametrize(("printed", "read"), [*GRADES, *CATEGORIES, *READERS])
def test_each_wording_is_read_as_a_careful_person_reads_it(printed: str, read: str) -> None:
    reading = read_notice(printed)

    if read == A_PERSON:
        assert (bool(reading.conflicts), reading.grade) == (True, None)
    else:
        assert (said(reading), [conflict.code for conflict in reading.conflicts]) == (read, [])


DOUBTS = {
    "grade_unread": "本报告风险等级为中高风险。",
    "grade_elsewhere": "标题\n\n● 产品\n\n风险等级：R5\n\n特别声明\n\n本报告仅面向专业投资者。\n",
    "categories_unread": "本报告风险等级为R3，适用于专业投资者和普通投资者。",
    "audience_unread": "本报告风险等级为R3，仅面向合格投资者。",
}


@pytest.mark.parametrize(("code", "printed"), DOUBTS.items(), ids=DOUBTS)
def test_what_cannot_be_read_is_for_a_person_and_what_contradicts_itself_goes_back(code: str, printed: str) -> None:
    reading = read_notice(printed)

    [conflict] = reading.conflicts
    assert (conflict.code, conflict.is_doubt, reading.contradicts_itself) == (code, True, False)
    assert all(printed[piece.start : piece.end] == piece.quote for piece in conflict.pieces)
    [finding] = [each for each in find_findings(read_document(printed), printed) if each.values.get("conflict") == code]
    assert (finding.code, finding.blocking, finding.cited) == (NOTICE_UNREAD, False, conflict.cited)


@pytest.mark.parametrize(
    ("printed", "floor"),
    [
        ("本报告风险等级为R4，仅面向合格投资者。", "R4"),
        ("本报告风险等级为R3。\n\n重要提示\n本报告风险等级为R4。", "R4"),
        ("本报告风险等级为R4（高风险）。", "R4"),
        ("本报告风险等级为中高风险。", None),
    ],
)
def test_nobody_goes_below_the_highest_grade_that_is_printed(printed: str, floor: str | None) -> None:
    reading = read_notice(printed)

    assert (reading.grade, reading.floor and reading.floor.name) == (None, floor)
