"""What every research report must bear, item by item, each with the printed words in which it was found.

The items are those of the rules on publishing research (发布证券研究报告暂行规定, CSRC Announcement [2010] 28): the words
证券研究报告, the firm's name and licence, the signing analysts with their certificates, when it is published, where what it says
comes from, and the risks. What is not found is a finding, for a person: text that was lost in extraction is not found either.
"""

import re
from collections.abc import Iterator
from enum import StrEnum

from gatekeeper.rules.wording.dates import DATE, read_date
from gatekeeper.rules.wording.document import Document
from gatekeeper.rules.wording.printed import Folded, trace


class Item(StrEnum):
    """One thing that a report must bear, in the order of the rules."""

    RESEARCH_WORDS = "research_words"
    ISSUER = "issuer"
    LICENCE = "licence"
    ANALYSTS = "analysts"
    PUBLICATION_DATE = "publication_date"
    SOURCES = "sources"
    RISK_NOTICE = "risk_notice"


FINDINGS: dict[Item, tuple[str, ...]] = {
    Item.RESEARCH_WORDS: ("no_research_words",),
    Item.ISSUER: ("no_issuer",),
    Item.LICENCE: ("no_licence_statement",),
    Item.ANALYSTS: ("no_analyst", "no_certificate", "bad_certificate"),
    Item.PUBLICATION_DATE: ("no_publication_date",),
    Item.SOURCES: ("no_sources",),
    Item.RISK_NOTICE: ("no_risk_notice",),
}
"""The findings that say of an item that it is missing or not as it must be."""

# The words as a label of the report, not where rules or a business of that name are cited.
_RESEARCH_WORDS = re.compile(r"(?<!发布)证券研究报告(?!暂行规定|执业规范|业务)|securitiesresearchreport", re.IGNORECASE)
# 执业资格 is the analyst's; the firm's is 业务资格 or, since licences replaced it, 业务许可.
_LICENCE = re.compile(
    r"(?<!不具备)(?<!不具有)(?<!未取得)证券(?:、?期货)?投资咨询业务(?:资格|许可|牌照)|licen[sc]ed[^.]{0,60}securitiesinvestment(?:consult|advis)"
    r"|securitiesinvestment(?:consulting|advisory)(?:business)?(?:qualification|licen[sc]e)",
    re.IGNORECASE,
)
_SOURCES = re.compile(
    r"(?:资料|数据|信息|图表)(?:主要)?(?:均)?来(?:源|自)|(?:公开|合法|可靠|合规)的?(?:渠道的?)?(?:资料|信息|数据|渠道)"
    r"|(?:public|reliable)(?:lyavailable)?(?:information|data|sources?)|sources?:",
    re.IGNORECASE,
)
_LONGEST = 120
_BEFORE = 30


def found(document: Document, text: str) -> dict[Item, str]:
    """The items that a report bears, each with the line in which it stands, shortened where it is long."""
    folded = trace(text)
    return {item: _line(folded, *place) for item, place in _places(document, folded)}


def _places(document: Document, folded: Folded) -> Iterator[tuple[Item, tuple[int, int]]]:
    for item, pattern in ((Item.RESEARCH_WORDS, _RESEARCH_WORDS), (Item.LICENCE, _LICENCE), (Item.SOURCES, _SOURCES)):
        if match := pattern.search(folded.text):
            yield item, match.span()
    for item, printed in (
        (Item.ISSUER, document.company or document.issuer),
        (Item.ANALYSTS, next((each.certificate or each.name for each in document.analysts), None)),
        (Item.RISK_NOTICE, document.risk_notice),
    ):
        if printed and (place := _place(folded, printed)):
            yield item, place
    for match in DATE.finditer(folded.text) if document.published_on else ():
        if read_date(match[0]) == document.published_on:
            yield Item.PUBLICATION_DATE, match.span()
            return


def _place(folded: Folded, printed: str) -> tuple[int, int] | None:
    words = trace(printed).text
    start = folded.text.find(words)
    return (start, start + len(words)) if words and start >= 0 else None


def _line(folded: Folded, start: int, end: int) -> str:
    """The printed line around some folded characters; of a long one, the part in which they stand."""
    source, first, last = folded.source, folded.positions[start], folded.positions[end - 1] + 1
    begins = max(*(source.rfind(each, 0, first) + 1 for each in ("\n", "。")), first - _BEFORE)
    stops = source.find("\n", last)
    line = " ".join(source[begins : stops if stops >= 0 else len(source)].split())
    return line if len(line) <= _LONGEST else line[:_LONGEST] + "…"
