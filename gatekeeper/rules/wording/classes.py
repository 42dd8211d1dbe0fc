"""Classes of investors as they are printed: professional investors, institutions among them, clients, and words of no class.

1. The longest class wins: 金融机构专业投资者 before 机构类专业投资者 before 专业投资者; 签约客户 before 客户.
2. A class with a word before or behind it that narrows it (个人, A类, 不含…) is not the class: it is reported as not read.
"""

import re
from collections.abc import Iterable, Iterator

from gatekeeper.rules.risk import ProfessionalClause
from gatekeeper.rules.wording.printed import Evidence, Folded

PROFESSIONAL = re.compile(
    r"(?P<FINANCIAL_INSTITUTION>金融机构(?:投资者|客户)?(?:中的?|[类型])?的?专业投资者|专业投资者(?:中的?|\()金融机构(?:投资者)?"
    r"|financialinstitution(?:s|al)?(?:thatare|whoare)?professional|professionalfinancialinstitution)"
    r"|(?P<INSTITUTION>机构(?:投资者|客户)?(?:中的?|[类型])?的?专业投资者|专业机构投资者|专业投资者(?:中的?|\()机构(?:[类型]的?)?(?:投资者)?"
    r"|institutionalprofessional|professionalinstitution(?:al)?)"
    r"|(?P<ANY>专业投资者|professional(?:investor|client)s?)",
    re.IGNORECASE,
)
CONTRACT = re.compile(r"(?:签约|协议)客户|contract(?:ed)?clients?|clientsundercontract", re.IGNORECASE)
CLIENT = re.compile(r"客户(?!经理)|(?<!professional)(?<!retail)clients?", re.IGNORECASE)
ORDINARY = re.compile(r"(?<!的)普通(?:机构|个人)?投资者|(?:ordinary|retail)(?:investor|client)s?", re.IGNORECASE)
MENTION = re.compile(
    r"专业投资者|普通投资者|合格投资者|机构投资者|风险承受能力(?:等级|级别)?(?:[为达]|不低于|低于)"
    r"|(?:professional|ordinary|retail|institutional)(?:investor|client)",
    re.IGNORECASE,
)
_UNKNOWN = re.compile(
    r"合格投资者|机构(?:[类型]的?)?(?:投资者|客户)|高净值|(?:个人|自然人|法人)(?:[类型])?的?(?=专业)|(?:所有|全部|全体|各类|任何)的?(?:投资者|客户)"
    r"|(?:个人|自然人|法人)(?:投资者|客户)|普通(?:机构|个人)投资者|私募基金管理人|监管机构|eligiblecounterpart(?:y|ies)"
    r"|(?:qualified|accredited|institutional|individual|all|any)(?:investor|client)s?",
    re.IGNORECASE,
)
_NARROWED = re.compile(
    r"(?:[A-C甲乙丙][类型]|第?[一二三12]类|个人|自然人|法人|当然|认定|申请|特定|部分|境内|境外|产品|非机构|非金融|私募|公募|国有)(?:类|型)?的?$"
)
_NARROWING = re.compile(
    r"(?:之中|中的?|里的?|\()(?:不含|不包括|除|仅限?|非|个人|自然人|法人|产品|[A-C甲乙丙][类型]|第?[一二三]类)|[,(]?(?:但|且)?(?:不含|不包括|除外)"
)
NAMED = re.compile(
    r"(?:保守|谨慎|稳健|平衡|成长|积极|进取|激进)型|风险(?:承受能力|偏好|测评)(?:等级|级别|类型|结果)?(?:[为达在]|不低于|高于|与[^,。]{0,12}匹配|匹配|相匹配)"
)
_MOST_BEFORE = 8


def professional_in(sentence: Folded, spans: Iterable[tuple[int, int]]) -> list[re.Match[str]]:
    """Every class of professional investors between these places."""
    return [match for start, end in spans for match in PROFESSIONAL.finditer(sentence.text, start, end)]


def clause_of(match: re.Match[str]) -> ProfessionalClause:
    """The class that was found."""
    return ProfessionalClause(str(match.lastgroup))


def unread_in(sentence: Folded, spans: Iterable[tuple[int, int]], read: list[re.Match[str]]) -> Iterator[Evidence]:
    """Yield words about the audience that are no class, and classes that something beside them narrows."""
    covered = {place for match in read for place in range(match.start(), match.end())}
    for start, end in spans:
        for match in _UNKNOWN.finditer(sentence.text, start, end):
            if match.start() not in covered:
                yield sentence.evidence("audience", match.start(), match.end())
    for match in read:
        before = _NARROWED.search(sentence.text, max(match.start() - _MOST_BEFORE, 0), match.start())
        after = _NARROWING.match(sentence.text, match.end())
        if before or after:
            yield sentence.evidence(
                "audience", before.start() if before else match.start(), after.end() if after else match.end()
            )
