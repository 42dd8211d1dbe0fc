"""What a report is about, read from its text as a proposal: the horizon of its rating, and the kinds of investment.

A person confirms both with the grade. What is not said is not read: a report without a horizon has no term.

The horizon is the longest that the definitions of the rating print; a rating held against an index or a share price is one of
equities. The kinds are read from title, kind and the report's own
text, never from the disclaimers, which name every market there is. A word counts in title or kind, or where it comes again.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gatekeeper.rules.risk import Objectives, Term, Variety
from gatekeeper.rules.wording.printed import fold

_HORIZON = re.compile(
    r"(?:未来|其后|日后|日起|之后)的?(?:\d{1,3}[-至到])?(?P<zh>\d{1,3})个?(?P<unit>月|年)"
    r"|(?:next|following|coming|over|within)(?:\d{1,3}(?:-|to))?(?P<en>\d{1,3})-?(?P<en_unit>months?|years?)",
    re.IGNORECASE,
)
_WORDS = {
    Variety.FIXED_INCOME: r"债券|信用债|利率债|国债|转债|金融债|固定收益|货币基金|存单|存款|treasur(?:y|ies)|bonds?\b",
    Variety.EQUITY: r"行业点评|公司点评|A股|股票|个股|股价|行业指数|科创板|创业板|equit(?:y|ies)|\bshares?\b|\bstocks?\b",
    Variety.CROSS_BORDER: r"港股|美股|境外|离岸|海外债|恒生|中资美元债|offshore|Hong Kong",
    Variety.DERIVATIVE: r"期货|期权|衍生品|雪球|互换|futures|options\b|derivatives?|autocall",
    Variety.OTHER: r"结构化产品|结构性产品|收益凭证|另类投资|REITs?\b|structured (?:notes?|products?)",
}
_PATTERNS = {variety: re.compile(words, re.IGNORECASE) for variety, words in _WORDS.items()}
_MEASURE = re.compile(r"(?:行业|板块|大盘|市场基准)指数|股价|sectorindex|shareprice", re.IGNORECASE)
_AGAIN = 3
_YEAR, _FIVE_YEARS = 12, 60


@dataclass(frozen=True, slots=True)
class Subject:
    """What was read, and for each part the printed words it was read from."""

    about: Objectives
    evidence: tuple[tuple[str, str], ...]


def read_subject(names: Iterable[str | None], body: str, ratings: str | None) -> Subject:
    """Read the title with its subtitle and kind, the report's own text, and the definitions of its rating."""
    horizon = max(_horizons(ratings or ""), default=None)
    found = dict(_varieties(" ".join(filter(None, names)), body))
    if measure := _MEASURE.search(fold(ratings or "")):
        found.setdefault(Variety.EQUITY, (measure[0],))
    evidence = [("term", horizon[1])] if horizon else []
    evidence += [("varieties", "、".join(words)) for words in found.values()]
    about = Objectives(_term(horizon[0]) if horizon else None, frozenset(found) or None)
    return Subject(about, tuple(evidence))


def _term(months: int) -> Term:
    if months <= _YEAR:
        return Term.SHORT
    return Term.MEDIUM if months <= _FIVE_YEARS else Term.LONG


def _horizons(ratings: str) -> Iterator[tuple[int, str]]:
    for match in _HORIZON.finditer(fold(ratings)):
        number, unit = int(match["zh"] or match["en"]), match["unit"] or match["en_unit"]
        yield number * (_YEAR if unit.lower().startswith(("年", "year")) else 1), match[0]


def _varieties(names: str, body: str) -> Iterator[tuple[Variety, tuple[str, ...]]]:
    for variety, pattern in _PATTERNS.items():
        words = pattern.findall(names)
        again = pattern.findall(body)
        if words or len(again) >= _AGAIN:
            yield variety, tuple(dict.fromkeys(words or again))
