"""The clauses of a printed notice: what one sentence says about the grade, the audience, and what others must not do.

1. A grade counts where the sentence speaks of this report, or stands in the notice. 产品风险等级 is the grade of a product.
2. Investment ratings (推荐), credit ratings (AA+) and 风险提示 are not grades: a grade is the letter R after words that announce
   it.
3. Only a positive clause (仅面向, 仅供, 适用于, intended for) admits anyone. What 非, 若您, 请勿 or ``not`` opens admits nobody.
4. The longest class wins: 金融机构专业投资者 before 机构类专业投资者 before 专业投资者; 签约客户 before 客户.
5. Categories are codes. Names such as 稳健型 mean different codes in different schemes, so they are reported as not read.
6. What a sentence denies confirms or contradicts; it is never turned round into a permission.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from gatekeeper.rules.risk import ProfessionalClause
from gatekeeper.rules.wording.printed import Evidence, Folded

_OWN = re.compile(
    r"[本此](?:[篇份期])?(?:证券|研究|投资|深度|行业|公司)*(?:报告|研报|研究|资料|材料|文件|订阅号|公众号|平台|邮件|基金)"
    r"|所载的?(?:全部)?(?:内容|信息|资料)|this(?:securities|equity|research)*(?:report|material|document|publication|note)",
    re.IGNORECASE,
)
"""Words by which a text speaks of itself."""

_ZH = "中低|中高|中等?|低|高"
_EN = "(?:medium-?low|low-?medium|medium-?high|medium|moderate|low|high)"
_LABEL = rf"(?:{_ZH})风险|{_EN}(?:-?risk)?(?=[^a-z]|$)"
_GRADE = re.compile(
    r"(?:(?P<words>风险(?:等级|评级|级别)|risk(?:grade|rating|level))"
    r"(?:评定|结果|核定|划分|认定|[被定评级为是系属于:=(“\"]|of(?:this)?(?:research)?(?:report|material|note)|is(?:assessedas)?|as){0,8}"
    r"|[本此](?:篇|份)?(?:研究)?(?:报告|研报)(?:评定|评级|被)?(?:为|属于)"
    r"|this(?:research)?(?:report|note)is(?:graded|rated|classified|assessed)?(?:as)?)"
    rf"(?:(?P<before>(?:{_ZH})(?:风险)?|{_EN}(?:-?risk)?|[^()。,]{{1,6}}?风险(?=\())[(,即“\"]{{0,2}})?"
    r"(?P<code>R\d+)级?[)”\"]?"
    rf"(?:(?:[(:\-]|,?即)(?P<after>{_LABEL}|(?:{_ZH})(?=\)))|(?P<near>(?:{_ZH})风险)"
    r"|\((?P<odd>[^()。,]{1,12}?)(?:风险|risk)\))?[)”\"]?"
    rf"(?P<more>(?:(?:[、,/~和及或\-至到]|to|and|or){{1,2}}(?:(?:{_ZH})风险\(?)?R\d+\)?(?:\((?:{_LABEL})\))?)*)"
    r"(?P<other>(?:及|或|含|\(含\))*以[上下]|的(?:理财|金融|基金)?(?:产品|服务|基金|债券))?",
    re.IGNORECASE,
)
_CODE = re.compile(r"R\d+", re.IGNORECASE)
_FOREIGN = re.compile(
    r"(?<![本此])(?:产品|服务|理财|基金|计划|信托|债券|标的|客户|投资者|组合|策略|(?:product|fund|bond)(?:['’]?s)?)的?$",
    re.IGNORECASE,
)

_TOKEN = re.compile(
    r"(?P<negative>不(?!低于|少于)(?:[仅只]?(?:适[合用]|面向|供|限))?|[非勿]|禁止|严禁|谢绝|若(?!干)|如(?:您|果|贵|阁下|接收)|除(?!非)"
    r"|(?:are|is|do|must|may|should|shall|can)not(?!lower|less|below)(?:(?:suitable|intended)?for)?|not(?:suitable|intended)for"
    r"|ifyou|unless|otherthan|except)"
    r"|(?P<strong>[仅只](?:面向|限定?[于为在]?|供|适[合用]于?|向|对|提供给|发送给|有|为)|限定[为于在]|专供|限于|限制在"
    r"|(?:intended|meant|available|addressed|suitable)?(?:solely|exclusively|only)(?:intended|meant|available|suitable)?(?:for|to)"
    r"|(?:intended|meant)for|(?:restricted|limited|addressed)to|forthe(?:sole|exclusive)useof)"
    r"|(?P<weak>适[合用](?:的?(?:投资者|客户|对象)(?:类别|范围|类型)?)?[于为:]?|面向|提供给|suitablefor"
    r"|for(?=professional|ordinary|categor))",
    re.IGNORECASE,
)
_FORBID = re.compile(
    r"[请切]勿|不得|不应|请不要|禁止|严禁|谢绝|donot|(?:must|may|should|shall)not|notsuitablefor|不适[合用]", re.IGNORECASE
)
_BY_LEAVE = re.compile(r"未经|未获|without(?:the)?(?:prior|express|written|consent)", re.IGNORECASE)
_TURN = re.compile(r",(?:若|如|本公司|我|谢|烦|因|以免|否则)")
_VERB = re.compile(
    r"(?P<READ>阅读|阅览|浏览|read)|(?P<BOOKMARK>收藏|bookmark)|(?P<RECEIVE>接收|receive)|(?P<USE>使用|use)"
    r"|(?P<FORWARD>转发|forward)|(?P<SUBSCRIBE>订阅|subscribe)|(?P<FOLLOW>(?<!取消)关注|follow)",
    re.IGNORECASE,
)

_PROFESSIONAL = re.compile(
    r"(?P<FINANCIAL_INSTITUTION>金融机构(?:投资者|客户)?(?:中的?|[类型])?的?专业投资者|专业投资者(?:中的?|\()金融机构"
    r"|financialinstitution(?:s|al)?(?:thatare|whoare)?professional|professionalfinancialinstitution)"
    r"|(?P<INSTITUTION>机构(?:投资者|客户)?(?:中的?|[类型])?的?专业投资者|专业机构投资者|专业投资者(?:中的?|\()机构(?:投资者)?"
    r"|institutionalprofessional|professionalinstitution(?:al)?)"
    r"|(?P<ANY>专业投资者|professional(?:investor|client)s?)",
    re.IGNORECASE,
)
_CONTRACT = re.compile(r"(?:签约|协议)客户|contract(?:ed)?clients?|clientsundercontract", re.IGNORECASE)
_CLIENT = re.compile(r"客户(?!经理)|(?<!professional)clients?", re.IGNORECASE)
_ORDINARY = re.compile(r"普通投资者|(?:ordinary|retail)(?:investor|client)s?", re.IGNORECASE)
_UNKNOWN = re.compile(
    r"合格投资者|机构(?:[类型]的?)?(?:投资者|客户)|高净值|(?:个人|自然人)的?(?=专业)|qualifiedinvestors?", re.IGNORECASE
)
_NAMED = re.compile(r"(?:保守|谨慎|稳健|平衡|成长|积极|激进)型|风险承受能力(?:等级|级别|类型)?(?:[为达在]|不低于|高于)")
_MENTION = re.compile(
    r"专业投资者|普通投资者|合格投资者|机构投资者|风险承受能力(?:等级|级别)?(?:[为达]|不低于|低于)|(?:professional|ordinary)investor",
    re.IGNORECASE,
)
_BESIDE = r"[级类型]?(?:\((?![^()]{0,24}C\d)[^()]{1,24}\))?[级类型]?"
_ITEM = re.compile(
    r"(?:(?P<least>不低于|至少为?|atleast|(?:not|no)(?:lowerthan|lessthan|below))|(?P<over>高于|higherthan|above)"
    r"|(?P<under>低于|不足|未达到?|小于|below|lowerthan|lessthan))?"
    rf"(?P<code>C(?P<first>\d+)){_BESIDE}"
    r"(?:(?P<up>(?:及其?|或|含|和|\(含\))*以上(?:\(含[^()]{0,4}\))?|\+|(?:and|or)(?:above|higher|over))"
    r"|(?P<down>(?:及其?|或|含|和|\(含\))*以下|(?:and|or)(?:below|lower|under))"
    rf"|(?:[\-~至到]|to|through)C?(?P<last>\d+){_BESIDE})?",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(r"(?:[、,/;和及与或&]|以及|and|or){1,2}", re.IGNORECASE)
_HIGHEST = 5
_NEAR = {"strong": 4, "weak": 1}


@dataclass(frozen=True, slots=True)
class GradeClause:
    """A grade as printed: its codes (more than one if a list is printed) and the word beside it, such as 中 or ``medium-low``."""

    codes: tuple[str, ...]
    label: str | None
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class CategoryClause:
    """Categories as one list or range prints them, by number. ``whole`` says that it names everything below a bound."""

    numbers: frozenset[int]
    evidence: Evidence
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Clauses:
    """What one sentence says. ``unread`` and ``loose_categories`` are words about the audience that no clause explains."""

    grades: tuple[GradeClause, ...] = ()
    professional: tuple[tuple[ProfessionalClause, Evidence], ...] = ()
    categories: tuple[CategoryClause, ...] = ()
    clients: tuple[Evidence, ...] = ()
    contract_clients: tuple[Evidence, ...] = ()
    denied_categories: tuple[CategoryClause, ...] = ()
    denied_actions: tuple[tuple[str, Evidence], ...] = ()
    denied_others: tuple[Evidence, ...] = ()
    loose_categories: tuple[Evidence, ...] = ()
    unread: tuple[Evidence, ...] = ()
    mentions: tuple[Evidence, ...] = ()

    @property
    def says_something(self) -> bool:
        """Whether the sentence carries any clause of a notice."""
        admitted = self.professional or self.categories or self.clients or self.contract_clients
        return bool(self.grades or admitted or self.denied_categories or self.denied_actions or self.unread)


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


def read_sentence(sentence: Folded, *, in_notice: bool, continued: bool) -> Clauses:
    """Read one sentence. ``in_notice`` says where it stands; ``continued`` that the sentence before it carried a clause."""
    text = sentence.text
    grades = tuple(_grades(sentence, in_notice=in_notice))
    spans = list(_spans(text))
    of_itself = in_notice or bool(grades)
    admitting = [span for span in spans if span.admits and (of_itself or _speaks_of_itself(sentence, span))]
    forbids = bool(_FORBID.search(text)) and not _BY_LEAVE.search(text)
    concerned = forbids and (of_itself or continued or bool(_OWN.search(text)))
    if not (of_itself or admitting or concerned):
        return SILENCE
    admitted = _admitted(sentence, admitting)
    loose = in_notice and not forbids and not any(clause.numbers for clause in admitted.categories)
    denied = _denied(sentence, [span for span in spans if not span.admits]) if concerned else Clauses()
    limits = concerned or any(span.kind == "strong" for span in admitting)
    return replace(
        admitted,
        grades=grades,
        denied_categories=denied.denied_categories,
        denied_actions=denied.denied_actions,
        denied_others=denied.denied_others,
        loose_categories=tuple(_all_codes(sentence)) if loose else (),
        mentions=tuple(_mentions(sentence)) if in_notice or limits else (),
    )


def _grades(sentence: Folded, *, in_notice: bool) -> Iterator[GradeClause]:
    for match in _GRADE.finditer(sentence.text):
        if match["other"] or not (in_notice or _announces_own_grade(sentence, match)):
            continue
        if match["words"] and _FOREIGN.search(sentence.text[max(match.start() - 16, 0) : match.start()]):
            continue
        label = match["before"] or match["after"] or match["near"] or match["odd"]
        codes = tuple(dict.fromkeys(code.upper() for code in _CODE.findall(match["code"] + match["more"])))
        yield GradeClause(codes, label, sentence.evidence("grade", match.start(), match.end()))


def _announces_own_grade(sentence: Folded, match: re.Match[str]) -> bool:
    """Whether the sentence speaks of this report, or is a label such as 风险等级：R3 at the start of a line."""
    start = match.start()
    if not match["words"] or _OWN.search(sentence.text, max(start - 60, 0), start):
        return True
    announced = sentence.text[match.end("words") : match.start("code")]
    return sentence.begins_line(start) and (_is_bare(sentence.text, start) or ":" in announced)


def _is_bare(text: str, end: int) -> bool:
    """Whether nothing but marks stands before this place."""
    return not any(character.isalnum() for character in text[max(end - 12, 0) : end])


def _spans(text: str) -> Iterator[_Span]:
    """Part a sentence into what admits (strong: only; weak: suitable), what denies, and what comes before either."""
    kind, opened, begin = "open", 0, 0
    for token in _TOKEN.finditer(text):
        found = token.lastgroup or kind
        if found == "weak" and kind == "negative" and text[token.start() - 1] not in ",:":
            continue  # 不保证适合: still the denial's own words
        yield _Span(kind, opened, begin, token.start())
        kind, opened, begin = found, token.start(), token.end()
    yield _Span(kind, opened, begin, len(text))


def _speaks_of_itself(sentence: Folded, span: _Span) -> bool:
    """Whether an admitting clause outside the notice is about this report: 本报告仅供…, or 仅供… at the start of a line.

    本报告讨论的产品仅面向专业投资者 is about a product, so the words must stand together, or a comma must part them.
    """
    text = sentence.text
    strong = span.kind == "strong"
    own = list(_OWN.finditer(text, max(span.opened - 60, 0), span.opened))
    if own:
        between = text[own[-1].end() : span.opened]
        return len(between) <= _NEAR[span.kind] or (strong and between.endswith((",", "is")))
    starts = sentence.begins_line(span.opened) or _is_bare(text, span.opened)
    return starts and (strong or bool(_ITEM.search(text, span.start, span.end)))


def _admitted(sentence: Folded, spans: list[_Span]) -> Clauses:
    text = sentence.text
    professional = [match for span in spans for match in _PROFESSIONAL.finditer(text, span.start, span.end)]
    categories = [clause for span in spans for clause in _categories(sentence, span)]
    named = [match for span in spans for match in _NAMED.finditer(text, span.start, span.end)]
    ordinary = any(_ORDINARY.search(text, span.start, span.end) for span in spans)
    strong = [span for span in spans if span.kind == "strong"]
    contract = [(span, match) for span in strong if (match := _CONTRACT.search(text, span.start, span.end))]
    clients = [(span, match) for span in strong if (match := _CLIENT.search(text, span.start, span.end))]
    covered = {place for match in professional for place in range(match.start(), match.end())}
    unknown = [match for span in spans for match in _UNKNOWN.finditer(text, span.start, span.end) if match.start() not in covered]
    unread = [sentence.evidence("audience", match.start(), match.end()) for match in unknown]
    if named and not categories:
        unread += [sentence.evidence("categories", match.start(), match.end()) for match in named]
    elif professional and not categories and not ordinary:
        nobody = sentence.evidence("categories", professional[0].start(), professional[0].end())
        categories = [CategoryClause(frozenset(), nobody)]
    return Clauses(
        professional=tuple(
            (ProfessionalClause(str(match.lastgroup)), sentence.evidence("professional", match.start(), match.end()))
            for match in professional
        ),
        categories=tuple(categories),
        clients=tuple(sentence.evidence("clients_only", span.opened, match.end()) for span, match in clients),
        contract_clients=tuple(sentence.evidence("contract_clients_only", span.opened, match.end()) for span, match in contract),
        unread=tuple(unread),
    )


def _denied(sentence: Folded, spans: list[_Span]) -> Clauses:
    text = sentence.text
    categories = [clause for span in spans for clause in _categories(sentence, span, denied=True)]
    others = [match for span in spans for match in _PROFESSIONAL.finditer(text, span.start, span.end)]
    return Clauses(
        denied_categories=tuple(categories),
        denied_actions=tuple(_denied_actions(sentence)),
        denied_others=tuple(sentence.evidence("denied", match.start(), match.end()) for match in others),
    )


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


def _mentions(sentence: Folded) -> Iterator[Evidence]:
    """Where the sentence speaks of classes or categories at all, read or not."""
    for match in _MENTION.finditer(sentence.text):
        yield sentence.evidence("audience", match.start(), match.end())
    yield from _all_codes(sentence)


def _all_codes(sentence: Folded) -> Iterator[Evidence]:
    for match in _codes(sentence, 0, len(sentence.text)):
        yield sentence.evidence("audience", match.start(), match.end())


def _codes(sentence: Folded, start: int, end: int) -> Iterator[re.Match[str]]:
    for match in _ITEM.finditer(sentence.text, start, end):
        if sentence.stands_alone(match.start("code"), match.end("code")):
            yield match


def _categories(sentence: Folded, span: _Span, *, denied: bool = False) -> Iterator[CategoryClause]:
    """Yield each list or range of categories; items parted by separators alone are one list."""
    what = "denied_categories" if denied else "categories"
    run: list[re.Match[str]] = []
    for item in _codes(sentence, span.start, span.end):
        if denied and (item["least"] or item["over"] or item["up"]):
            continue  # 不低于 C3 among denying words says who is not meant
        if run and not _SEPARATOR.fullmatch(sentence.text, run[-1].end(), item.start()):
            yield _run(sentence, run, what)
            run = []
        run.append(item)
    if run:
        yield _run(sentence, run, what)


def _run(sentence: Folded, run: list[re.Match[str]], what: str) -> CategoryClause:
    numbers = frozenset(number for item in run for number in _numbers(item))
    whole = any(item["under"] or item["down"] for item in run)
    return CategoryClause(numbers, sentence.evidence(what, run[0].start(), run[-1].end()), whole)


def _numbers(item: re.Match[str]) -> range:
    """The numbers one item stands for. A code that does not exist stays in, so that it is seen."""
    first = _number(item["first"])
    if item["under"]:
        return range(1, first)
    if item["down"]:
        return range(1, first + 1)
    if item["over"]:
        return range(first + 1, _HIGHEST + 1)
    if item["least"] or item["up"]:
        return range(first, max(first, _HIGHEST) + 1)
    last = _number(item["last"]) if item["last"] else first
    return range(min(first, last), max(first, last) + 1)


def _number(digits: str) -> int:
    return int(digits) if len(digits) == 1 else 0
