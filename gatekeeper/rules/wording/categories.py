"""Categories as they are printed: codes, lists and ranges of them, with the words that bound them.

1. Categories are codes. Names such as 稳健型 mean different codes in different schemes, so a name beside a code says nothing.
2. 以上 includes its bound, as it does in Chinese law, unless 不含 stands by it; 以下 before a denial may mean either, so that the
   bound itself is left open.
3. What cannot be read as a list or a range (C3、4、5; C3起) is reported as not read.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gatekeeper.rules.wording.printed import Evidence, Folded

_HIGHEST = 5
_NAME = "(?:保守|谨慎|稳健|平衡|成长|积极|进取|激进)型"
_OPENED, _CLOSED = r"[“\"'‘【\[「]", r"[”\"'’】\]」]"
_BOUND = r"(?:含|包含|包括)(?:本数|C\d[级类]?)?"
_INCLUDED, _EXCLUDED = rf"\({_BOUND}\)", rf"\(不{_BOUND}\)"
_BESIDE = rf"(?:{_NAME}|等级|级别|[级类型])?(?:\((?![^()]{{0,24}}C\d|不?{_BOUND}\))[^()]{{1,24}}\))?(?:等级|级别|[级类型])?"
ITEM = re.compile(
    r"(?:(?P<least>不低于|不少于|不小于|大于或?等于|高于或等于|至少为?|最低为|[≥≧]|>=|atleast|minimum(?:of)?|(?:not|no)(?:lowerthan|lessthan|below))"
    r"|(?P<most>不高于|不超过|小于或?等于|[≤≦]|<=|至多为?|atmost|(?:not|no)(?:higherthan|morethan|above))"
    r"|(?P<over>高于|大于|超过|>|higherthan|morethan|above|over)"
    r"|(?P<under>低于|不足|未达到?|小于|<|below|lowerthan|lessthan|under))?"
    rf"(?:(?P<named>{_NAME}\()|{_OPENED})?(?P<code>C(?P<first>\d+)){_BESIDE}{_CLOSED}?(?(named)\))"
    rf"(?:(?P<past>{_EXCLUDED}以上|(?:及其?|或)?以上{_EXCLUDED})"
    rf"|(?P<up>(?:{_INCLUDED}|及其?|或者?|含|和|(?P<same>C\d+)){{0,4}}(?:以上|更高)(?:{_INCLUDED})?|\+|(?:and|or)(?:above|higher|over|up)|upwards?)"
    rf"|(?P<down>(?:{_INCLUDED}|及其?|或者?|含|和){{1,4}}以下|以下{_INCLUDED}|(?:and|or)(?:below|lower|under))"
    r"|(?P<beneath>以下)"
    rf"|(?:{_INCLUDED})?(?:[\-~至到]|to|through)(?:(?P<named_too>{_NAME}\()|{_OPENED})?C?(?P<last>\d+){_BESIDE}{_CLOSED}?(?(named_too)\))(?:{_INCLUDED})?)?",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(r"(?:[、,/;和及与或&·•|+]|以及|或者|and|or){0,2}", re.IGNORECASE)
_TRAILING = re.compile(
    r"(?:[、,/和及与或](?:[1-5](?![\d.%年月日个家])|[一二三四五]级)){1,4}|起(?:的|$|[,。])|(?:及其?|或)?(?:往上|向上)|±",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class CategoryClause:
    """Categories as one list or range prints them, by number.

    ``whole`` says that it names everything below a bound; ``perhaps`` has the bound where it may be meant or not.
    """

    numbers: frozenset[int]
    evidence: Evidence
    whole: bool = False
    perhaps: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Listed:
    """The lists and ranges of one stretch of text, and what stands there that could not be read."""

    clauses: tuple[CategoryClause, ...]
    unread: tuple[Evidence, ...]


def codes(sentence: Folded, start: int, end: int) -> Iterator[re.Match[str]]:
    """Yield each code with the words that bound it."""
    for match in ITEM.finditer(sentence.text, start, end):
        if sentence.stands_alone(match.start("code"), match.end("code")):
            yield match


def read_categories(sentence: Folded, start: int, end: int, *, denied: bool = False) -> Listed:
    """Read each list or range between two places; items parted by separators alone are one list."""
    what = "denied_categories" if denied else "categories"
    clauses: list[CategoryClause] = []
    unread: list[Evidence] = []
    run: list[re.Match[str]] = []
    for item in [*codes(sentence, start, end), None]:
        if item and denied and (item["least"] or item["over"] or item["up"]):
            continue  # 不低于 C3 among denying words says who is not meant
        if run and (item is None or not _SEPARATOR.fullmatch(sentence.text, run[-1].end(), item.start())):
            trailing = _TRAILING.match(sentence.text, run[-1].end(), end)
            if trailing or (not denied and _is_unclear(run)):
                unread.append(sentence.evidence("categories", run[0].start(), trailing.end() if trailing else run[-1].end()))
            else:
                clauses.append(_run(sentence, run, what))
            run = []
        if item:
            run.append(item)
    return Listed(tuple(clauses), tuple(unread))


def _is_unclear(run: list[re.Match[str]]) -> bool:
    """Whether an admitting list has a bound from above, or two bounds that are no range: 以下, C2 以上 C4 以下, C3 及 C4 以上."""
    return any(item["beneath"] or (item["same"] and item["same"].upper() != item["code"].upper()) for item in run)


def _run(sentence: Folded, run: list[re.Match[str]], what: str) -> CategoryClause:
    numbers = frozenset(number for item in run for number in _numbers(item))
    whole = any(item["under"] or item["down"] or item["beneath"] or item["most"] for item in run)
    perhaps = frozenset(_number(item["first"]) for item in run if item["beneath"])
    return CategoryClause(numbers, sentence.evidence(what, run[0].start(), run[-1].end()), whole, perhaps)


def _numbers(item: re.Match[str]) -> range:
    """The numbers one item stands for. A code that does not exist stays in, so that it is seen."""
    first = _number(item["first"])
    if item["under"] or item["beneath"]:
        return range(1, first)
    if item["down"] or item["most"]:
        return range(1, first + 1)
    if item["over"] or item["past"]:
        return range(first + 1, _HIGHEST + 1)
    if item["least"] or item["up"]:
        return range(first, max(first, _HIGHEST) + 1)
    last = _number(item["last"]) if item["last"] else first
    return range(min(first, last), max(first, last) + 1)


def _number(digits: str) -> int:
    return int(digits) if len(digits) == 1 else 0
