"""A report's text, taken apart: who issued it, what it is called, who signed it, its sections and what stands after them.

1. Every field is what the text prints; what is not printed is None, and nothing is guessed from the file's name.
2. A date counts as the publication date only where it is labelled as one, or stands alone in the head or beside the analysts.
   Dates of events and of related reports are not it.
3. The investment rating (推荐（维持评级）) is metadata, never the risk grade; definitions of the rating system are no rating.
4. A certificate is kept as printed, right or wrong; ``findings`` judges it.
5. Nothing fails: a text without any form is a document of which nothing is known.
"""

import re
from bisect import bisect
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from gatekeeper.rules.notice import Evidence, NoticeReading, read_notice
from gatekeeper.rules.wording.dates import DATE, read_date
from gatekeeper.rules.wording.printed import Block, Part, blocks, fold, tidy
from gatekeeper.rules.wording.tables import Table, read_table


@dataclass(frozen=True, slots=True)
class Analyst:
    """Who signed the report, with the certificate number as printed."""

    name: str
    certificate: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class RelatedReport:
    """An earlier report that this one refers to."""

    title: str
    published_on: date | None


@dataclass(frozen=True, slots=True)
class RatingParts:
    """The investment rating and what changed about it: 推荐 and 维持评级."""

    rating: str
    rating_change: str | None


@dataclass(frozen=True, slots=True)
class Section:
    """A headed piece of the report's own text: paragraphs, and tables among them."""

    heading: str
    paragraphs: tuple[str | Table, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """What a report's text says about itself.

    ``issuer`` is the short name (某某证券), ``company`` the full one. ``rating`` is verbatim. ``clients_only`` is where the
    disclaimer keeps the report to the firm's clients; the audience in ``notice`` includes it.
    """

    issuer: str | None
    company: str | None
    title: str | None
    subtitle: str | None
    kind: str | None
    language: str
    published_on: date | None
    analysts: tuple[Analyst, ...]
    rating: str | None
    rating_parts: RatingParts | None
    related: tuple[RelatedReport, ...]
    sections: tuple[Section, ...]
    risk_notice: str | None
    special_statement: str | None
    rating_definitions: str | None
    disclaimer: str | None
    analyst_statement: str | None
    contact: str | None
    clients_only: Evidence | None
    notice: NoticeReading


def read_document(text: str) -> Document:
    """Take a report's text apart. Understands Chinese and English reports, plain and in Markdown."""
    parts = blocks(text)
    notice = read_notice(text)
    company, issuer = _issuer(text, parts)
    title, subtitle, kind = _names(_lines(text, parts, Part.PREFACE))
    printed, rating = _rating(_lines(text, parts, Part.PREFACE, Part.IMPRINT))
    disclaimers = [block for block in parts if block.part is Part.DISCLAIMER]
    return Document(
        issuer=issuer,
        company=company,
        title=title,
        subtitle=subtitle,
        kind=kind,
        language=_language(text),
        published_on=_published_on(text, parts),
        analysts=tuple(_analysts(_lines(text, parts, Part.PREFACE, Part.IMPRINT, Part.OTHER, Part.ANALYSTS))),
        rating=printed,
        rating_parts=rating,
        related=tuple(_related(_lines(text, parts, Part.RELATED, Part.IMPRINT))),
        sections=tuple(_sections(text, parts)),
        risk_notice=_body(text, parts, Part.RISK),
        special_statement=_body(text, parts, Part.NOTICE),
        rating_definitions=_body(text, parts, Part.RATINGS),
        disclaimer=_body(text, parts, Part.DISCLAIMER),
        analyst_statement=_body(text, parts, Part.ANALYSTS),
        contact=_body(text, parts, Part.CONTACT),
        clients_only=_within(notice.evidence_for("clients_only"), disclaimers),
        notice=notice,
    )


def _lines(text: str, parts: Iterable[Block], *wanted: Part) -> list[str]:
    """The lines of some parts as printed, without blank ones."""
    bodies = (text[block.body : block.end] for block in parts if block.part in wanted)
    return [line.strip() for body in bodies for line in body.split("\n") if line.strip()]


def _body(text: str, parts: Iterable[Block], wanted: Part) -> str | None:
    bodies = (text[block.body : block.end].strip() for block in parts if block.part is wanted)
    return "\n\n".join(body for body in bodies if body) or None


def _within(pieces: Iterable[Evidence], around: list[Block]) -> Evidence | None:
    starts = [0, *(block.body for block in around)]
    ends = [0, *(block.end for block in around)]
    return next((piece for piece in pieces if piece.start < ends[bisect(starts, piece.start) - 1]), None)


def _sections(text: str, parts: tuple[Block, ...]) -> Iterator[Section]:
    """The headed sections; a report without headings is one section of whatever in front is long enough to be a sentence."""
    headed = [block for block in parts if block.part is Part.SECTION]
    for block in headed:
        yield Section(block.heading, tuple(read_table(words) or words for words in _paragraphs(text[block.body : block.end])))
    running = tuple(words for words in _paragraphs(text[: parts[0].end]) if len(words) > _LONGEST_TITLE // 5)
    if running and not headed:
        yield Section("", tuple(read_table(words) or words for words in running))


def _paragraphs(body: str) -> tuple[str, ...]:
    return tuple(words for paragraph in re.split(r"\n[^\S\n]*(?=\n)", body) if (words := paragraph.strip()))


def _language(text: str) -> str:
    """Zh or en. One Chinese character weighs as much as two letters, so that codes and names do not tip the scale."""
    chinese = len(re.findall(r"[\u3400-\u9fff]", text))
    latin = len(re.findall(r"[A-Za-z]", text))
    return "zh" if chinese * 2 > latin else "en"


# ------------------------------------------------------------------------------------------------------------- head of the report

_DECORATION = "#* \t\u3000\u00a0"
_CELLS = re.compile(r"[|｜丨│]")
_KIND = re.compile(
    r"[\u4e00-\u9fffA-Za-z]{0,8}"
    r"(?:点评|快评|简评|评论|研究|报告|周报|日报|月报|季报|年报|跟踪|专题|动态|策略|晨会|简报|纪要|覆盖|深度)"
    r"|(?:industry|sector|company|equity|strategy|macro|credit|market|economics|fixed ?income)"
    r" (?:comment|commentary|note|update|report|research|review|weekly|daily|monthly|flash|initiation|focus)",
    re.IGNORECASE,
)
_NOT_A_TITLE = re.compile(
    r"证券研究报告|securitiesresearchreport|请务必|风险等级|riskgrade|\([^()]*\)$|[^,。:]{0,40}(?:有限公司|研究所|研究院|研究部)$"
    r"|[^,。]{0,8}(?:日期|时间|编号|电话|邮箱|评级|分析师):|(?:analysts?|rating|date|published(?:on)?|e-?mail):|published"
    r"|.{2,24}\([^()]{0,4}(?:分析师|研究助理|analyst)\)|[^\w]+$",
    re.IGNORECASE,
)
_LONGEST_TITLE = 200


def _names(lines: Iterable[str]) -> tuple[str | None, str | None, str | None]:
    """Title, subtitle and kind. A short line such as 行业点评 is the kind, unless there is nothing else to be the title."""
    cells = [cell.strip(_DECORATION) for line in lines for cell in _CELLS.split(line)]
    names = [cell for cell in cells if _may_name(cell)]
    subtitle = next((cell.lstrip("—–―-─ ") for cell in names if _is_subtitle(cell)), None)
    names = [cell for cell in names if not _is_subtitle(cell)]
    kinds = dict.fromkeys(cell for cell in names if _KIND.fullmatch(tidy(cell)))
    title = next((cell for cell in names if cell not in kinds), names[0] if names else None)
    return title, subtitle, next((cell for cell in kinds if cell != title), None)


def _may_name(cell: str) -> bool:
    folded = fold(cell[: _LONGEST_TITLE + 1])
    return 0 < len(cell) <= _LONGEST_TITLE and not _NOT_A_TITLE.match(folded) and not DATE.fullmatch(folded) and "@" not in cell


def _is_subtitle(cell: str) -> bool:
    return cell.startswith(("——", "—", "--", "――", "──"))


_LABELLED = re.compile(
    rf"(?:(?:报告|发布|出版)*(?:日期|时间):|(?:date|published|released)(?:on|ofpublication)?:?|(?:publication|report|release)date:"
    rf"|[^。,]{{0,30}}(?:研究所|研究院|证券研究报告|securitiesresearchreport)[^\w]?)?(?P<date>{DATE.pattern})(?:发布|出版)?",
    re.IGNORECASE,
)
_IN_WORDS = re.compile(rf"本(?:报告|研报)于(?P<date>{DATE.pattern})(?:首次)?(?:发布|出版)")


def _published_on(text: str, parts: Iterable[Block]) -> date | None:
    """The first date that is labelled as that of the report, or stands alone in its head or beside the analysts."""
    lines = _lines(text, parts, Part.PREFACE, Part.IMPRINT, Part.OTHER, Part.CONTACT)
    cells = [fold(cell) for line in lines for cell in _CELLS.split(line[:_LONGEST_TITLE])]
    for cell in cells:
        match = _LABELLED.fullmatch(cell)
        found = read_date(match["date"]) if match else None
        if found:
            return found
    told = _IN_WORDS.search(fold(text))
    return read_date(told["date"]) if told else None


# ------------------------------------------------------------------------------------------------------- beside the report's text

_RATING = re.compile(
    r"(?P<label>(?:投资|行业|公司|股票)?评级:|(?:investment )?rating:)? ?(?P<rating>[^\W\d_]{2,16}(?: [A-Za-z]{2,12})?)"
    r"(?: ?\( ?(?P<change>(?:维持|首次|上调|下调|调高|调低|maintain|initiat|reiterat|upgrad|downgrad)[^()]{0,20}?) ?\))?",
    re.IGNORECASE,
)


def _rating(lines: Iterable[str]) -> tuple[str | None, RatingParts | None]:
    """The rating line as printed, with its parts. Without a label it must say what changed, as 推荐（维持评级） does."""
    for line in lines:
        match = _RATING.fullmatch(tidy(line)) if len(line) <= _LONGEST_TITLE else None
        if match and (match["label"] or match["change"]):
            printed = re.split(r"[:：]", line, maxsplit=1)[-1].strip() if match["label"] else line
            return printed, RatingParts(match["rating"], match["change"])
    return None, None


_NAME = r"[A-Z][A-Za-z.'-]{0,20}(?: [A-Z][A-Za-z.'-]{0,20}){1,3}"
_PERSON = re.compile(
    rf"(?P<before>[\u4e00-\u9fff·]{{2,6}}|{_NAME}) ?\([^()]{{0,12}}?(?P<role>分析师|研究助理|联系人|[Aa]nalyst|[Aa]ssociate)\)"
    r"|(?P<label>分析师|研究助理|联系人|[Aa]nalysts?|[Aa]ssociates?)(?:: ?| (?=[\u4e00-\u9fff]))"
    rf"(?P<after>(?:[\u4e00-\u9fff·]{{2,4}}|{_NAME})(?:(?:[、,] ?| and )(?:[\u4e00-\u9fff·]{{2,4}}|{_NAME})){{0,8}})"
    r"|(?:证书编号|证书编码|执业编号|登记编号|SAC ?No\.?|[Cc]ertificate(?: (?:[Nn]o\.?|[Nn]umber))?) ?:? ?"
    r"(?P<certificate>[A-Za-z0-9]{4,24})"
    r"|(?P<bare>S\d{13})(?!\d)|(?P<email>[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,63}){1,5})"
)


def _analysts(lines: Iterable[str]) -> Iterator[Analyst]:
    """Who signed. Details belong to the names before them: to one after another where several names come first."""
    people: list[dict[str, str]] = []
    group: list[dict[str, str]] = []
    detailed = False
    for match in (match for line in lines for match in _PERSON.finditer(tidy(line))):
        names = match["before"] or match["after"]
        if names:
            group = [] if detailed else group
            detailed = False
            named = [{"name": name.strip(), "role": match["role"] or match["label"]} for name in re.split("[、,]| and ", names)]
            people += named
            group += named
            continue
        detailed = True
        what = "email" if match["email"] else "certificate"
        lacking = next((person for person in group if what not in person), None)
        if lacking is not None:
            lacking[what] = match["email"] or match["certificate"] or match["bare"]
    for person in people:
        if person["role"].lower().startswith(("分析师", "analyst")):
            yield Analyst(person["name"], person.get("certificate"), person.get("email"))


_QUOTED = re.compile(r"《(.{1,200})》|[“\"]([^”\"]{1,200})[”\"]")


def _related(lines: Iterable[str]) -> Iterator[RelatedReport]:
    for line in lines:
        titled = _QUOTED.search(line) if len(line) <= _LONGEST_TITLE * 2 else None
        if titled:
            yield RelatedReport(titled[1] or titled[2], read_date(fold(line[titled.end() :])))


# --------------------------------------------------------------------------------------------------------------------- the issuer

_COMPANY = re.compile(r"[\u4e00-\u9fff]{4,24}?有限(?:责任)?公司")
_LEAD = re.compile(r".*(?:本报告|本公司|使用|提供|[由是为供与向及的归属经])")
_TRADE = re.compile(r"证券|金融|国际|期货|资本|Securities|Capital|Financial|International|Research")
_ENGLISH = re.compile(
    r"[A-Z][A-Za-z&'-]{1,20}(?: [A-Z&][A-Za-z&'-]{0,20}){0,5},? "
    r"(?:Co\.,? ?Ltd\.?|Company Limited|Limited|Ltd\.?|Inc\.?|LLC|plc|Corporation)"
)
_LEGAL_FORM = re.compile(
    r"(?:股份|控股)?有限(?:责任)?公司$|,? (?:Co\.,? ?Ltd\.?|Company Limited|Limited|Ltd\.?|Inc\.?|LLC|plc|Corporation)$"
)
_ALIAS = re.compile(
    r" ?\((?:以下|下)?统?(?:简称|称)为?:?[“\"「]?([^”\"」()]{2,20})[”\"」]?\)| ?\((?:hereinafter )?[“\"]([^”\"()]{2,40})[”\"]\)"
)
_OURSELVES = frozenset({"本公司", "我公司", "公司", "我司", "客户", "the Company", "we"})
_SHORT = re.compile(r"[\u4e00-\u9fff]{2,10}?证券(?=评定|客户|研究所|研究院|专业投资者)")


def _issuer(text: str, parts: tuple[Block, ...]) -> tuple[str | None, str | None]:
    """The full and the short name, from where a firm speaks of itself; companies in the body are what it writes about."""
    lines = _lines(text, parts, Part.DISCLAIMER, Part.CONTACT, Part.NOTICE, Part.ANALYSTS)
    lines += [line for line in _lines(text, parts, Part.PREFACE) if len(line) <= _LONGEST_TITLE]
    words = [tidy(line) for line in lines]
    companies = Counter(name for line in words for name in _companies(line) if _TRADE.search(name))
    if companies:
        company = companies.most_common(1)[0][0]
        return company, _alias(company, words) or _LEGAL_FORM.sub("", company)
    short = next((found for line in words for found in _SHORT.findall(fold(line))), None)
    return None, _LEAD.sub("", short) if short else None


def _companies(line: str) -> Iterator[str]:
    for match in _COMPANY.finditer(fold(line)):
        yield _LEAD.sub("", match[0])
    for match in _ENGLISH.finditer(line):
        yield match[0]


def _alias(company: str, lines: Iterable[str]) -> str | None:
    """What the text calls the company from here on: …公司（以下简称某某证券）."""
    for line in lines:
        place = line.find(company)
        match = _ALIAS.match(line, place + len(company)) if place >= 0 else None
        alias = (match[1] or match[2]) if match else None
        if alias and alias not in _OURSELVES:
            return alias
    return None
