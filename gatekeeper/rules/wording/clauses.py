"""The clauses of a printed notice: what one sentence says about the grade, the audience, and what others must not do.

1. Only a positive clause (仅面向, 仅供, 适用于, intended for) admits anyone. What 非, 若您, 请勿 or ``not`` opens admits nobody.
   Nor does what stands before 请勿 in the same part of the sentence, nor a clause that is itself denied (并非仅面向).
2. What a sentence denies confirms or contradicts; it is never turned round into a permission.
3. Words about the audience that no clause explains are reported as not read.
"""

import re
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from gatekeeper.rules.risk import ProfessionalClause, RiskCategory
from gatekeeper.rules.wording import classes
from gatekeeper.rules.wording.categories import ITEM, CategoryClause, codes, read_categories
from gatekeeper.rules.wording.grades import NO_GRADES, OWN, Grades, Where, is_bare, read_grades
from gatekeeper.rules.wording.printed import Evidence, Folded

_TOKEN = re.compile(
    r"(?P<weak>不[仅只单](?:仅|只|是)?(?:适[合用]于?|面向|提供给|供|限于)|也(?:适[合用]于?|面向|提供给)"
    r"|适[合用](?:的?(?:投资者|客户|对象)(?:类别|范围|类型)?)?[于为:]?|面向|提供给|suitablefor"
    r"|for(?=professional(?!investorsonly)|ordinary|categor))"
    r"|(?P<negative>不(?!低于|少于|小于|高于|超过|含|包[含括])(?:[仅只]?(?:适[合用]|面向|供|限))?|[非勿]|禁止|严禁|谢绝|若(?!干)|如(?:您|果|贵|阁下|接收)|除(?!非)"
    r"|(?:are|is|do|must|may|should|shall|can)not(?!lower|less|below|higher|more|above)(?:(?:suitable|intended|meant)?for)?"
    r"|not(?:suitable|intended|meant)?for|ifyou|unless|otherthan|except)"
    r"|(?P<strong>[仅只](?:面向|限定?[于为在]?|供|适[合用]于?|向|对|提供给|发送给|有|为)|限定[为于在]|专供|限于|限制在"
    r"|(?:intended|meant|available|addressed|suitable)?(?:solely|exclusively|only)(?:intended|meant|available|suitable)?(?:for|to|at)"
    r"|(?:intended|meant)for|(?:restricted|limited|addressed)to|forthe(?:sole|exclusive)useof"
    r"|for(?=(?:professional|institutional|qualified)(?:investors|clients)only))",
    re.IGNORECASE,
)
_FORBID = re.compile(
    r"[请切]勿|不得|不应|请不要|禁止|严禁|谢绝|donot|(?:must|may|should|shall)not|not(?:suitable|intended|meant)?for|不适[合用]|不(?:面向|提供给)",
    re.IGNORECASE,
)
_BY_LEAVE = re.compile(r"未经|未获|without(?:the)?(?:prior|express|written|consent)", re.IGNORECASE)
_TURN = re.compile(r",(?:若|如|本公司|我|谢|烦|因|以免|否则)")
_PARTS = ",:;"
_VERB = re.compile(
    r"(?P<READ>阅读|阅览|浏览|read)|(?P<BOOKMARK>收藏|bookmark)|(?P<RECEIVE>接收|receive)|(?P<USE>使用|use)"
    r"|(?P<FORWARD>转发|forward)|(?P<SUBSCRIBE>订阅|subscribe)|(?P<FOLLOW>(?<!取消)关注|follow)",
    re.IGNORECASE,
)
_LOST = re.compile("\ufffd+")
_SOMEBODY = re.compile(r"投资者|投资人|客户|风险承受|investor|client|categor", re.IGNORECASE)
_OTHER = re.compile(r"(?:推荐|讨论|涉及|分析|提及|所述|介绍)的?|(?:产品|基金|理财|计划|信托|债券)的?(?:风险|仅|只|适[合用])")
_TITLE = re.compile(r"(?:研究?报告|研报)")
_LONGEST_TITLE = 4
_LABEL = re.compile(r"适当性|(?:适用|目标)?(?:投资者|客户|对象)[^。;]{0,12}[:为]|suitab|investors?[^.;]{0,12}:", re.IGNORECASE)
_CONTENTS = re.compile(
    r"(?:所?(?:发布|刊载|载|提供|包含|传播|推送)的?|[的之]?(?:全部|任何)?(?:观点|内容|信息|资料|研究成果)|[和及与、]){1,5}|is(?:directed|made|available|provided|issued|most|only){0,2}",
    re.IGNORECASE,
)
_NEAR = {"strong": 4, "weak": 1}
_FARTHEST = 60
_EVERYBODY = frozenset(int(each) for each in RiskCategory)


@dataclass(frozen=True, slots=True)
class Clauses:
    """What one sentence says. ``unread`` and ``loose_categories`` are words about the audience that no clause explains.

    ``denied_others`` are the classes to which one must belong not to be denied.
    """

    grades: Grades = NO_GRADES
    professional: tuple[tuple[ProfessionalClause, Evidence], ...] = ()
    categories: tuple[CategoryClause, ...] = ()
    clients: tuple[Evidence, ...] = ()
    contract_clients: tuple[Evidence, ...] = ()
    denied_categories: tuple[CategoryClause, ...] = ()
    denied_actions: tuple[tuple[str, Evidence], ...] = ()
    denied_others: tuple[tuple[ProfessionalClause, Evidence], ...] = ()
    loose_categories: tuple[Evidence, ...] = ()
    unread: tuple[Evidence, ...] = ()
    mentions: tuple[Evidence, ...] = ()

    @property
    def says_something(self) -> bool:
        """Whether the sentence carries any clause of a notice."""
        admitted = self.professional or self.categories or self.clients or self.contract_clients
        return bool(self.grades.own or admitted or self.denied_categories or self.denied_actions or self.unread)


SILENCE = Clauses()
"""What almost every sentence of a report says about who may read it."""


@dataclass(frozen=True, slots=True)
class _Span:
    kind: str
    opened: int
    start: int
    end: int

    @property
    def admits(self) -> bool:
        return self.kind in {"strong", "weak"}


@dataclass(slots=True)
class _Parted:
    """A sentence parted into what admits (strong: only; weak: suitable), what denies, and what comes before either."""

    spans: list[_Span] = field(default_factory=list)
    negated: list[tuple[int, int]] = field(default_factory=list)


def read_sentence(sentence: Folded, where: Where, *, continued: bool) -> Clauses:
    """Read one sentence; ``continued`` says that the one before it carried a clause."""
    text = sentence.text
    grades = read_grades(sentence, where)
    parted = _part(text)
    in_notice = where is Where.NOTICE
    of_itself = in_notice or bool(grades.own)
    admitting = [span for span in parted.spans if span.admits] if of_itself else list(_of_itself(sentence, parted.spans))
    forbids = bool(_FORBID.search(text)) and not _BY_LEAVE.search(text)
    speaks_of_itself = bool(OWN.search(text))
    concerned = forbids and (of_itself or continued or speaks_of_itself)
    negated = tuple(sentence.evidence("audience", start, end) for start, end in parted.negated if of_itself or speaks_of_itself)
    labels_cover = where is Where.COVER and (any(span.admits for span in parted.spans) or bool(_LABEL.search(text)))
    is_loose = in_notice or speaks_of_itself or labels_cover
    if not (of_itself or admitting or concerned):
        found = replace(
            SILENCE,
            grades=grades,
            loose_categories=_loose(sentence, of_cover=labels_cover) if is_loose else (),
            unread=negated,
            mentions=() if where is Where.BODY else tuple(_of_nothing(sentence, parted.spans)),
        )
        return SILENCE if found == SILENCE else found
    admitted = _admitted(sentence, admitting)
    loose = is_loose and not forbids and not any(clause.numbers for clause in admitted.categories)
    denied = _denied(sentence, [span for span in parted.spans if not span.admits]) if concerned else Clauses()
    limits = concerned or any(span.kind == "strong" for span in admitting)
    return replace(
        admitted,
        grades=grades,
        denied_categories=denied.denied_categories,
        denied_actions=denied.denied_actions,
        denied_others=denied.denied_others,
        loose_categories=_loose(sentence, of_cover=in_notice or labels_cover) if loose else (),
        unread=(*admitted.unread, *denied.unread, *negated, *_lost(sentence)),
        mentions=tuple(_mentions(sentence)) if of_itself or limits else (),
    )


def _part(text: str) -> _Parted:
    parted = _Parted()
    kind, opened, begin = "open", 0, 0
    for token in _TOKEN.finditer(text):
        found = token.lastgroup or kind
        if found == "weak" and kind == "negative" and text[token.start() - 1] not in _PARTS and token[0][0] not in "也不":
            continue  # 不保证适合: still the denial's own words
        parted.spans.append(_Span(kind, opened, begin, token.start()))
        if found != "negative" and kind == "negative" and text[begin : token.start()] in {"", "是", "为"}:
            parted.negated.append((opened, token.end()))  # 并非仅面向
            found = "negative"
        kind, opened, begin = found, token.start(), token.end()
    parted.spans.append(_Span(kind, opened, begin, len(text)))
    denied = _denied_parts(text)
    parted.spans = [piece for span in parted.spans for piece in _cut(span, denied)] if denied else parted.spans
    return parted


def _denied_parts(text: str) -> list[tuple[int, int]]:
    """The parts of a sentence that end in a denial and that nothing before it admits: C3以下投资者请勿阅读."""
    found = []
    for forbidden in _FORBID.finditer(text):
        nearest = max(forbidden.start() - _FARTHEST, 0)
        begin = max(text.rfind(mark, nearest, forbidden.start()) for mark in _PARTS) + 1
        if begin and not any(token.lastgroup != "negative" for token in _TOKEN.finditer(text, begin, forbidden.start())):
            found.append((begin, forbidden.start()))
    return found


def _cut(span: _Span, denied: list[tuple[int, int]]) -> Iterator[_Span]:
    """Take the denied parts out of what admits."""
    start, place = span.start, bisect(denied, (span.start, 0)) if span.admits else len(denied)
    while place < len(denied) and denied[place][0] < span.end:
        begin, end = denied[place]
        if start <= begin < end:
            yield _Span(span.kind, span.opened, start, begin)
            yield _Span("negative", begin, begin, min(end, span.end))
            start = min(end, span.end)
        place += 1
    yield _Span(span.kind, span.opened, start, span.end)


def _of_itself(sentence: Folded, spans: list[_Span]) -> Iterator[_Span]:
    """The admitting clauses that are about this report, and those that go on after such a one."""
    goes_on = False
    for span in spans:
        if span.admits and span.opened < len(sentence.text):
            before = sentence.text[span.opened - 1 : span.opened]
            goes_on = _speaks_of_itself(sentence, span) or (goes_on and (before in _PARTS or sentence.text[span.opened] == "也"))
            if goes_on:
                yield span


def _speaks_of_itself(sentence: Folded, span: _Span) -> bool:
    """Whether an admitting clause outside the notice is about this report: 本报告仅供…, or 仅供… at the start of a line.

    本报告讨论的产品仅面向专业投资者 is about a product, so the words must stand together, or a comma must part them.
    """
    text = sentence.text
    strong = span.kind == "strong"
    own = list(OWN.finditer(text, max(span.opened - _FARTHEST, 0), span.opened))
    if not own and span.opened <= _LONGEST_TITLE and _TITLE.fullmatch(text, 0, span.opened):
        return True
    if own:
        between = text[own[-1].end() : span.opened]
        if _OTHER.search(between):
            return False
        near = len(between) <= _NEAR[span.kind] or bool(_CONTENTS.fullmatch(between))
        return near or (strong and between.endswith((",", "is")))
    starts = sentence.begins_line(span.opened) or is_bare(text, span.opened)
    return starts and (strong or any(codes(sentence, span.start, span.end)))


def _admitted(sentence: Folded, spans: list[_Span]) -> Clauses:
    text = sentence.text
    places = [(span.start, span.end) for span in spans]
    professional = classes.professional_in(sentence, places)
    listed = [read_categories(sentence, *place) for place in places]
    categories = [clause for each in listed for clause in each.clauses]
    unread = [*classes.unread_in(sentence, places, professional), *(piece for each in listed for piece in each.unread)]
    named = [match for place in places for match in classes.NAMED.finditer(text, *place)]
    ordinary = [match for place in places for match in classes.ORDINARY.finditer(text, *place)]
    strong = [span for span in spans if span.kind == "strong"]
    contract = [(span, match) for span in strong if (match := classes.CONTRACT.search(text, span.start, span.end))]
    clients = [(span, match) for span in strong if (match := classes.CLIENT.search(text, span.start, span.end))]
    if not categories and (named or ordinary) and not any(each.unread for each in listed):
        unread += [sentence.evidence("categories", match.start(), match.end()) for match in named or ordinary]
    elif not ordinary or len(spans) > 1:
        categories += list(_professional_alone(sentence, spans, has_categories=bool(categories)))
    return Clauses(
        professional=tuple(
            (classes.clause_of(match), sentence.evidence("professional", match.start(), match.end())) for match in professional
        ),
        categories=tuple(categories),
        clients=tuple(sentence.evidence("clients_only", span.opened, match.end()) for span, match in clients),
        contract_clients=tuple(sentence.evidence("contract_clients_only", span.opened, match.end()) for span, match in contract),
        unread=tuple(unread),
    )


def _professional_alone(sentence: Folded, spans: list[_Span], *, has_categories: bool) -> Iterator[CategoryClause]:
    """Yield nobody for each clause that admits professional investors alone, unless another clause adds to it (也适用于)."""
    text = sentence.text
    adds = any(text[span.opened] in "也不" for span in spans)
    for span in spans:
        found = classes.PROFESSIONAL.search(text, span.start, span.end)
        if found is None or any(pattern.search(text, span.start, span.end) for pattern in (classes.ORDINARY, ITEM)):
            continue
        if not has_categories or (span.kind == "strong" and not adds):
            yield CategoryClause(frozenset(), sentence.evidence("categories", *found.span()))


def _denied(sentence: Folded, spans: list[_Span]) -> Clauses:
    text, actions = sentence.text, tuple(_denied_actions(sentence))
    if actions and all(action == "FORWARD" for action, _ in actions):
        return Clauses(denied_actions=actions)  # who must not pass it on may yet read it
    listed = [read_categories(sentence, span.start, span.end, denied=True) for span in spans]
    categories = [clause for each in listed for clause in each.clauses]
    places = [(span.start, span.end) for span in spans]
    outsiders = [match for match in classes.professional_in(sentence, places) if _is_outside(text, match.start())]
    if not any(each.clauses or each.unread for each in listed):
        ordinary = [match for place in places for match in classes.ORDINARY.finditer(text, *place)]
        pieces = [sentence.evidence("denied", match.start(), match.end()) for match in outsiders or ordinary]
        categories += [CategoryClause(_EVERYBODY, piece) for piece in pieces]
    return Clauses(
        denied_categories=tuple(categories),
        denied_actions=actions,
        denied_others=tuple(
            (classes.clause_of(match), sentence.evidence("denied", match.start(), match.end())) for match in outsiders
        ),
        unread=tuple(piece for each in listed for piece in each.unread),
    )


_OUTSIDE = re.compile(r"(?:非|不是|并非|不属于|not(?:a)?)[^,。非]{0,16}$", re.IGNORECASE)


def _is_outside(text: str, start: int) -> bool:
    """Whether those are meant who are not of the class that stands here."""
    return bool(_OUTSIDE.search(text, max(start - 20, 0), start))


def _denied_actions(sentence: Folded) -> Iterator[tuple[str, Evidence]]:
    text, done = sentence.text, 0
    for forbidden in _FORBID.finditer(text):
        if forbidden.start() < done:
            continue
        turn = _TURN.search(text, forbidden.end())
        end = turn.start() if turn else len(text)
        for verb in _VERB.finditer(text, forbidden.end(), end):
            if verb.lastgroup and (not verb[0].isascii() or sentence.stands_alone(verb.start(), verb.end())):
                yield verb.lastgroup, sentence.evidence("denied_actions", verb.start(), verb.end())
        done = end


def _lost(sentence: Folded) -> Iterator[Evidence]:
    """Yield the letters that a text layer has lost: what stands there may be anything."""
    for match in _LOST.finditer(sentence.text):
        yield sentence.evidence("audience", *match.span())


def _of_nothing(sentence: Folded, spans: list[_Span]) -> Iterator[Evidence]:
    """Yield the classes that a clause keeps something to without saying what: it may be this report."""
    for span in spans:
        if span.kind == "strong" and not _OTHER.search(sentence.text, max(span.opened - _FARTHEST, 0), span.opened):
            for match in classes.PROFESSIONAL.finditer(sentence.text, span.start, span.end):
                yield sentence.evidence("audience", *match.span())


def _mentions(sentence: Folded) -> Iterator[Evidence]:
    """Where the sentence speaks of classes or categories at all, read or not."""
    for match in classes.MENTION.finditer(sentence.text):
        yield sentence.evidence("audience", match.start(), match.end())
    yield from _all_codes(sentence)


def _all_codes(sentence: Folded) -> tuple[Evidence, ...]:
    found = codes(sentence, 0, len(sentence.text))
    return tuple(sentence.evidence("audience", match.start(), match.end()) for match in found)


def _loose(sentence: Folded, *, of_cover: bool) -> tuple[Evidence, ...]:
    """The codes of a sentence that speaks of this report; outside its notice and cover only if it speaks of somebody too."""
    return _all_codes(sentence) if of_cover or _SOMEBODY.search(sentence.text) else ()


def is_open(text: str) -> bool:
    """Whether folded words speak of the report or open a clause, so that what follows an empty line may belong to them."""
    return bool(OWN.search(text) or _TOKEN.search(text))
