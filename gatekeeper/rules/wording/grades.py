"""Grades as they are printed: R and a number after words that announce it, beside them or in the cell below.

1. A grade is the report's own where the sentence speaks of this report, stands in the notice, or labels the cover.
   产品风险等级 is the grade of a product.
2. Investment ratings (推荐), credit ratings (AA+) and 风险提示 are not grades.
3. A label that stands elsewhere, words that announce a grade without its code, and a code that is denied, changed or one end of a
   range are reported as not read: a person decides.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from itertools import pairwise

from gatekeeper.rules.wording.printed import Evidence, Folded, tidy, trace

OWN = re.compile(
    r"[本此](?:[篇份期])?(?:证券|研究|投资|深度|行业|公司|微信)*(?:报告|研报|研究|资料|材料|文件|订阅号|公众号|平台|邮件|基金)"
    r"|所载的?(?:全部)?(?:内容|信息|资料)|this(?:securities|equity|research)*(?:report|material|document|publication|note)",
    re.IGNORECASE,
)
"""Words by which a text speaks of itself."""

_ZH = "中低|中高|中等?|低|高"
_EN = "(?:medium-?low|low-?medium|medium-?high|medium|moderate|low|high)"
_LABEL = rf"(?:{_ZH})风险|{_EN}(?:-?risk)?(?=[^a-z]|$)"
_WORDS = r"风险(?:等级|评级|级别)|适当性(?:风险)?(?:等级|评级)|risk(?:grade|rating|level|classification)"
_FILLER = (
    r"(?:评定|评估|判定|定级|结果|核定|划分|认定|确定|[被定评级为是系属于:=(“\"【\[「『|\-]"
    r"|of(?:this)?(?:research)?(?:report|material|note)|is(?:assessedas)?|as|of)"
)
_GRADE = re.compile(
    rf"(?:(?P<words>{_WORDS}){_FILLER}{{0,8}}"
    r"|[本此](?:篇|份)?(?:研究)?(?:报告|研报)(?:评定|评级|被)?(?:为|属于)"
    r"|this(?:research)?(?:report|note)is(?:graded|rated|classified|assessed)?(?:as)?)"
    rf"(?:(?P<before>(?:{_ZH})(?:风险)?|{_EN}(?:-?risk)?|[^()。,]{{1,6}}?风险(?=\())[(,即“\"【\[「]{{0,2}})?"
    r"(?P<code>R\d+)级?[)”\"】\]」』]?"
    rf"(?:(?:[(:\-|]|,?即)(?P<after>{_LABEL}|(?:{_ZH})(?=\)))|(?P<near>(?:{_ZH})风险)"
    r"|\((?P<odd>[^()。,]{1,12}?)(?:风险|risk)\))?[)”\"】\]」』]?级?"
    rf"(?P<more>(?:(?:[、,/~和及或\-至到]|调整为|to|and|or){{1,2}}(?:(?:{_ZH})风险\(?)?R\d+\)?(?:\((?:{_LABEL})\))?)*)"
    r"(?P<other>(?:及|或|含|\(含\))*(?:以[上下]|更[高低])|(?:or|and)(?:above|below|higher|lower)|的(?:理财|金融|基金)?(?:产品|服务|基金|债券))?",
    re.IGNORECASE,
)
_UNREAD = re.compile(
    rf"(?:{_WORDS})(?:评定|结果|核定|[被定评为是系属于:=]|is(?:assessedas)?|as){{0,6}}"
    rf"(?:(?P<code>[^。,;:]{{0,8}}?R\d)|(?P<name>(?:{_LABEL})|(?:{_ZH})(?=[。,;)]|$)|[一二三四五1-5]级|R[IV]+))",
    re.IGNORECASE,
)
_CODE = re.compile(r"R\d+", re.IGNORECASE)
_SCALE = re.compile(r"(?:分为|划分为|由低到高|依次为|rangesfrom)[^。;本此]{0,40}?R\d+(?:[^R。;本此]{0,12}R\d+)*", re.IGNORECASE)
_FOREIGN = re.compile(
    r"(?<![本此])(?:产品|服务|理财|基金|计划|信托|债券|标的|客户|投资者|组合|策略|(?:product|fund|bond)(?:['’]?s)?)的?$",
    re.IGNORECASE,
)
_OTHERS = re.compile(r"产品|基金|理财|信托|客户的风险|其他报告", re.IGNORECASE)
_ANNOUNCED = re.compile(_WORDS, re.IGNORECASE)
_READERS = re.compile(r"[请切]勿|专业投资者|普通投资者")
_TITLE = re.compile(r"(?:研究?报告|研报)$")
_CELLS = re.compile(r"[|｜丨│\t]|[^\S\n]{2,}")
_HEAD = re.compile(r"(?:(?:研究?报告|研报)的?)?(?:风险(?:等级|评级|级别)|risk ?(?:grade|rating|level))[:：]?", re.IGNORECASE)
_VALUE = re.compile(
    rf"(?P<before>(?:{_ZH})风险)?\(?(?P<code>R\d+)级?(?:\)|\((?P<after>{_LABEL})\)|(?P<near>(?:{_ZH})风险))?", re.IGNORECASE
)
_RULE = re.compile(r"[\s|｜:\-─—+]+")
_FARTHEST = 60
_LONG_LINE = 30


class Where(Enum):
    """Where in the report a sentence stands: what a label says depends on it."""

    NOTICE = auto()
    COVER = auto()
    BODY = auto()
    BEHIND = auto()


@dataclass(frozen=True, slots=True)
class GradeClause:
    """A grade as printed: its codes (more than one if a list is printed) and the word beside it, such as 中 or ``medium-low``."""

    codes: tuple[str, ...]
    label: str | None
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Grades:
    """What one sentence says of grades: the report's own, labels that may be something else's, and words that were not read.

    ``loose`` are codes of the notice that nothing announces, and of the cover that something announces from afar.
    """

    own: tuple[GradeClause, ...] = ()
    elsewhere: tuple[GradeClause, ...] = ()
    unread: tuple[Evidence, ...] = ()
    loose: tuple[Evidence, ...] = ()


NO_GRADES = Grades()


def read_grades(sentence: Folded, where: Where) -> Grades:
    """Read the grades of one sentence."""
    text = sentence.text
    if "R" not in text and "r" not in text and "风险" not in text:
        return NO_GRADES
    own: list[GradeClause] = []
    elsewhere: list[GradeClause] = []
    unread: list[Evidence] = []
    done = bytearray(len(text) + 1)
    for scale in _SCALE.finditer(text):
        _mark(done, scale)
    for match in _GRADE.finditer(text):
        if done[match.start("code")] or (match["words"] and _is_foreign(sentence, match.start())):
            continue
        _mark(done, match)
        if match["other"]:
            unread += [sentence.evidence("grade", *match.span())] if _speaks_of_this(sentence, match) else []
        elif where is Where.NOTICE or _announces_own_grade(sentence, match, where):
            own.append(_clause(sentence, match))
        elif _is_label(sentence, match):
            elsewhere.append(_clause(sentence, match))
    unread += _unread(sentence, where, done)
    loose = _loose(sentence, where, done) if not own and not elsewhere else ()
    return Grades(tuple(own), tuple(elsewhere), tuple(unread), tuple(loose))


def _mark(done: bytearray, match: re.Match[str]) -> None:
    done[match.start() : match.end()] = b"1" * (match.end() - match.start())


def _unread(sentence: Folded, where: Where, done: bytearray) -> Iterator[Evidence]:
    """Yield the words that announce a grade of this report and were not read as one."""
    for match in _UNREAD.finditer(sentence.text):
        if done[match.end() - 1] or _is_foreign(sentence, match.start()):
            continue
        if _own_before(sentence, match.start()) or (where is Where.NOTICE and sentence.begins_line(match.start())):
            yield sentence.evidence("grade", *match.span())


def _loose(sentence: Folded, where: Where, done: bytearray) -> Iterator[Evidence]:
    """Yield the codes of a notice, and those of a cover that stand somewhere behind words that announce a grade."""
    text = sentence.text
    if where not in {Where.NOTICE, Where.COVER} or _OTHERS.search(text):
        return
    for match in _CODE.finditer(text):
        announced = where is Where.NOTICE or _ANNOUNCED.search(text, max(match.start() - _FARTHEST, 0), match.start())
        if announced and not done[match.start()] and sentence.stands_alone(*match.span()):
            yield sentence.evidence("grade", *match.span())


def _is_label(sentence: Folded, match: re.Match[str]) -> bool:
    """Whether a grade outside notice and cover might yet be the report's: a label by itself, or in a sentence about readers."""
    labelled = sentence.begins_line(match.start()) and ":" in match[0]
    return labelled or bool(_READERS.search(sentence.text, max(match.start() - _FARTHEST, 0), match.end() + 2 * _FARTHEST))


def _clause(sentence: Folded, match: re.Match[str]) -> GradeClause:
    label = match["before"] or match["after"] or match["near"] or match["odd"]
    codes = tuple(dict.fromkeys(code.upper() for code in _CODE.findall(match["code"] + match["more"])))
    return GradeClause(codes, label, sentence.evidence("grade", match.start(), match.end()))


def _is_foreign(sentence: Folded, start: int) -> bool:
    return bool(_FOREIGN.search(sentence.text[max(start - 16, 0) : start]))


def _own_before(sentence: Folded, start: int) -> bool:
    return bool(OWN.search(sentence.text, max(start - _FARTHEST, 0), start))


def _speaks_of_this(sentence: Folded, match: re.Match[str]) -> bool:
    return not match["words"] or _own_before(sentence, match.start()) or bool(OWN.search(match[0]))


def _announces_own_grade(sentence: Folded, match: re.Match[str], where: Where) -> bool:
    """Whether the sentence speaks of this report, or is a label such as 风险等级：R3 at the start of a line of the cover."""
    if _speaks_of_this(sentence, match):
        return True
    if where is Where.BODY:
        return False
    text, on_cover = sentence.text, where is Where.COVER
    titled = _TITLE.search(text, max(match.start() - 4, 0), match.start())
    start = _without_marks(sentence, titled.start() if titled else match.start())
    announced = text[match.end("words") : match.start("code")]
    if not sentence.begins_line(start):
        return on_cover and titled is not None
    return is_bare(text, start) or (on_cover and any(mark in announced for mark in ":|-") and not _runs_on(sentence, start))


def _without_marks(sentence: Folded, place: int) -> int:
    """Where the marks begin that stand before a place in its line, such as the bar of a table."""
    while place and not sentence.text[place - 1].isalnum() and not sentence.begins_line(place):
        place -= 1
    return place


def _runs_on(sentence: Folded, start: int) -> bool:
    """Whether the line before a label is a full line of running text, so that the label may be the middle of a sentence."""
    before = sentence.source[max(sentence.positions[start] - _FARTHEST * 4, 0) : sentence.positions[start]].rstrip()
    line = before.rsplit("\n", 1)[-1].strip()
    return len(line) > _LONG_LINE and (line[-1].isalnum() or line[-1] in "，,、")


def is_bare(text: str, end: int) -> bool:
    """Whether nothing but marks stands before this place."""
    return not any(character.isalnum() for character in text[max(end - 12, 0) : end])


def grades_in_cells(text: str, start: int, end: int) -> Iterator[GradeClause]:
    """Yield the grades of a cover that stand in a cell: below the words that announce them, in the same column."""
    lines = [(place, line) for place, line in _lines(text, start, end) if not _RULE.fullmatch(line)]
    for (_, heads), (place, values) in pairwise(lines):
        for head, value in zip(*_columns(heads, values), strict=False):
            match = _VALUE.fullmatch("".join(tidy(value[1]).split())) if _HEAD.fullmatch(tidy(head[1])) else None
            if match:
                first = place + value[0]
                cell = trace(text, first, first + len(value[1]))
                label = match["before"] or match["after"] or match["near"]
                yield GradeClause((match["code"].upper(),), label, cell.evidence("grade", 0, len(cell.text)))


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    for line in re.finditer(r"[^\n]+", text[start:end]):
        if line[0].strip() and len(line[0]) <= _FARTHEST * 4:
            yield start + line.start(), line[0]


def _columns(heads: str, values: str) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """The cells of two lines, where both have as many: parted by bars, tabs or wide gaps, else by single spaces."""
    for parting in (_CELLS, re.compile(r"\s+")):
        above, below = _cells(heads, parting), _cells(values, parting)
        if len(above) == len(below):
            return above, below
    return [], []


def _cells(line: str, parting: re.Pattern[str]) -> list[tuple[int, str]]:
    found, begin = [], 0
    for gap in [*parting.finditer(line), None]:
        cell = line[begin : gap.start() if gap else len(line)]
        if cell.strip():
            found.append((begin + len(cell) - len(cell.lstrip()), cell.strip()))
        begin = gap.end() if gap else len(line)
    return found
