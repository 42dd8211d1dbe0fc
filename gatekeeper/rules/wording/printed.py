"""Printed text, made comparable: one folded form that remembers its places, sentences, and the blocks that headings make.

1. Folding takes away what printing and extraction add: white space, width, radical code points, traditional forms, kinds of dash.
2. Every folded character knows its place in the original, so that evidence quotes what is printed and nothing else.
3. A sentence ends at a full stop, a semicolon or an empty line. A mere line break does not end it: PDF text is full of them.
4. A heading is a line of its own, or what stands before a colon at the start of a line. A bullet opens a section, unless it is
   an item of the headed block it stands in.
5. Every pattern is linear in the length of the text, and no text makes these functions fail.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

# CJK Radicals Supplement: what PDF text layers carry in place of the ordinary character. NFKC folds Kangxi radicals, not these.
_RADICALS = (
    "⺁厂⺄乙⺈刀⺊卜⺋卩⺌小⺎尢⺒巳⺕彐⺗心⺘扌⺙攵⺝月⺞歹⺟母⺠民⺡氵⺢水⺣灬⺥爫⺦丬⺧牛⺨犭⺩王⺪疋⺫目⺬示⺭礻⺮竹⺰纟⺱网"
    "⺳网⺶羊⺷羊⺸羊⺹耂⺺聿⺻聿⺼月⺽臼⺾艹⺿艹⻀艹⻁虎⻂衤⻃西⻄西⻅见⻆角⻇角⻈讠⻉贝⻊足⻋车⻌辶⻍辶⻎辶⻏阝⻐钅⻑长⻓长⻔门⻖阝"
    "⻗雨⻘青⻙韦⻚页⻛风⻜飞⻝食⻞食⻟食⻠饣⻡首⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻪黾⻬齐⻮齿⻰龙⻳龟⻱龟⻲龟⻯龙⻭齿⻫齐⻒长⻕阝⺅亻⺉刂⺖忄⺜日"
)
# Traditional characters of the kind that notices, headings and disclaimers are written with.
_TRADITIONAL = (
    "風风險险級级適适專专業业資资機机構构報报類类僅仅給给為为爲为與与屬属於于別别個个評评該该請请閱阅讀读轉转發发訂订關关內内"
    "應应當当對对點点導导義义務务簽签約约戶户團团國国書书師师學学員员碼码編编號号產产會会監监備备諮咨詢询進进謹谨穩稳極极積积"
    "標标準准維维調调買买賣卖強强減减規规辦办試试實实據据範范條条許许傳传複复製制較较體体變变覽览聯联繫系係系電电話话郵邮網网"
    "說说審审獨独們们無无將将歸归這这證证聲声質质財财貨货負负責责購购達达過过開开門门間间領领題题顯显顧顾須须並并後后從从時时"
    "來来確确認认識识議议護护讓让還还選选連连運运滿满滬沪灣湾營营獲获現现環环種种稱称組组結结統统經经終终績绩續续總总長长際际"
    "陸陆階阶隨随雙双離离難难額额費费賬账賺赚賠赔贈赠跡迹輕轻載载輔辅輸输農农遞递遠远遲迟邊边鄰邻釋释錄录錯错鐘钟鑒鉴閉闭閣阁"
    "頁页預预頻频願愿馬马驗验齊齐齡龄龍龙優优億亿價价倫伦傑杰側侧兩两冊册況况劃划動动勞劳勢势區区協协單单參参啟启喪丧圍围執执"
    "場场塊块塗涂壓压夠够奪夺寫写尋寻層层歲岁幣币幾几庫库廠厂廣广張张徑径徵征復复恆恒態态慣惯憑凭懷怀戰战擇择擔担擬拟擴扩數数"
    "斷断舊旧術术權权檔档檢检歐欧歷历殘残決决沒没測测漲涨潛潜澤泽濟济烏乌熱热狀状獎奖佈布週周佔占臺台衝冲訊讯"
)
# Letters of other alphabets that look like those of the codes: С3 with a Cyrillic С reads C3 on paper.
_LOOK_ALIKES = "СCсcϹCϲc"
_DASHES = "‐-‑-‒-–-—-―-−-⁃-〜~∼~"
_PAIRS = (_RADICALS, _TRADITIONAL, _DASHES, _LOOK_ALIKES)
_TABLE = {pairs[place]: pairs[place + 1] for pairs in _PAIRS for place in range(0, len(pairs), 2)}
_LONGEST_FORM = 4
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"})
_NONCHARACTERS = "\ufffe\uffff"  # PDFium's sign for a hyphen that only parts a line
_TORN = re.compile(r"(?<=[a-z])-[^\S\n]*\n\s*(?=[a-z])")
_SENTENCE_END = re.compile(
    r"[。｡；;！!？?﹔﹗﹖]+|(?<!\s\d)[.．](?=\s)(?!(?:(?<=Co\.)|(?<=Ltd\.)|(?<=Inc\.)|(?<=No\.))\s{1,4}(?:[a-z(\d]|Ltd))|\n[^\S\n]*(?=\n)"
)


@lru_cache(maxsize=16384)
def _form(character: str) -> str:
    """What one character is folded to: nothing, itself, or another spelling of it."""
    wide = unicodedata.normalize("NFKC", _TABLE.get(character, character))
    # A few ligatures stand for whole phrases; taken apart they would make a small file a very large one.
    folded = (_TABLE.get(part, part) for part in (wide if len(wide) <= _LONGEST_FORM else character))
    return "".join(part for part in folded if not part.isspace() and _is_seen(part))


def _is_seen(character: str) -> bool:
    """Whether a character shows. Variation selectors choose a glyph and say nothing."""
    if unicodedata.category(character) in _UNSEEN or character in _NONCHARACTERS:
        return False
    return not unicodedata.name(character, "").startswith("VARIATION SELECTOR")


@dataclass(frozen=True, slots=True)
class Evidence:
    """Words in the original text that something was read from: ``quote`` is ``text[start:end]``."""

    what: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded stretch of ``source``. ``positions[i]`` is where the folded character ``text[i]`` stands in the original."""

    text: str
    positions: tuple[int, ...]
    source: str

    def evidence(self, what: str, start: int, end: int) -> Evidence:
        """Quote the original words of ``text[start:end]``, which must not be empty."""
        first, last = self.positions[start], self.positions[end - 1] + 1
        return Evidence(what, first, last, self.source[first:last])

    def begins_line(self, place: int) -> bool:
        """Whether the original has a line break, or nothing at all, before this folded character."""
        return place == 0 or "\n" in self.source[self.positions[place - 1] + 1 : self.positions[place]]

    def stands_alone(self, start: int, end: int) -> bool:
        """Whether ``text[start:end]`` is no piece of a longer Latin word or number in the original, where spaces part words."""
        first, last = self.positions[start], self.positions[end - 1] + 1
        return not (_is_latin(self.source[max(first - 1, 0) : first]) or _is_latin(self.source[last : last + 1]))


def _is_latin(neighbour: str) -> bool:
    return neighbour.isascii() and neighbour.isalnum()


def fold(text: str) -> str:
    """Return the one form that two printings of the same words share."""
    return "".join(map(_form, _joined(text)))


def _joined(text: str) -> str:
    """Words that a hyphen tears at the end of a line, whole again: the hyphen becomes a space, so that places stay the same."""
    return _TORN.sub(lambda torn: " " + torn[0][1:], text)


def tidy(line: str) -> str:
    """Fold a line, but keep one space wherever the original has white space."""
    return " ".join(fold(word) for word in line.split())


def trace(source: str, start: int = 0, end: int | None = None) -> Folded:
    """Fold ``source[start:end]`` and remember where every folded character came from."""
    forms = [_form(character) for character in _joined(source[start:end])]
    places = tuple(place for place, form in enumerate(forms, start) for _ in form)
    return Folded("".join(forms), places, source)


def sentences(source: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield where the sentences between two places begin and end, without the white space around them."""
    begin = start
    for stop in _SENTENCE_END.finditer(source, start, end):
        yield from _trimmed(source, begin, stop.end())
        begin = stop.end()
    yield from _trimmed(source, begin, end)


def _trimmed(source: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    words = source[start:end].strip()
    if words:
        first = source.index(words[0], start)
        yield first, first + len(words)


class Part(StrEnum):
    """What a block of a report is there for."""

    PREFACE = "PREFACE"
    SECTION = "SECTION"
    RISK = "RISK"
    IMPRINT = "IMPRINT"
    RELATED = "RELATED"
    NOTICE = "NOTICE"
    ANALYSTS = "ANALYSTS"
    RATINGS = "RATINGS"
    DISCLAIMER = "DISCLAIMER"
    CONTACT = "CONTACT"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True)
class Block:
    """A heading and what follows it: the heading line runs from ``start`` to ``body``, the body from there to ``end``."""

    part: Part
    heading: str
    start: int
    body: int
    end: int


_HEADINGS = {
    Part.NOTICE: r"(?:特别|重要|法律|郑重|适当性|风险等级)(?:声明|提示|说明|告知)"
    r"|(?:投资者)?适当性(?:管理)?(?:声明|提示|说明|要求|匹配意见)?"
    r"|(?:important|special|legal|suitability)(?:notice|statement|information)",
    Part.RISK: r"(?:主要|投资)?风险(?:提示|因素|分析|揭示)"
    r"|(?:key|investment|main)?risks?(?:factors?|warnings?|notice|disclosure)?",
    Part.RELATED: r"(?:相关|近期|往期)(?:研究)?报告|(?:related|recent)(?:reports?|research)",
    Part.ANALYSTS: r"(?:证券)?分析师(?:声明|承诺|保证)|analysts?(?:['’]?s['’]?)?(?:certification|statement|declaration)",
    Part.RATINGS: r"[^,。:]{0,8}评级(?:说明|定义|标准|体系|释义|系统)[^,。:]{0,6}"
    r"|(?:investment)?ratings?(?:definitions?|system|guide|explained)",
    Part.DISCLAIMER: r"(?:一般)?(?:免责|免责条款|责任)(?:声明|条款|说明)|(?:general|legal)?disclaimers?",
    Part.CONTACT: r"联系(?:我们|方式)|contacts?(?:us|details)?",
    Part.OTHER: r"[^,。:]{2,14}(?:声明|说明|披露|须知|走势|走势图)|(?:disclosures?|methodology)",
}
_HEADING = re.compile(
    r"[^\w(《“]*(?:[一二三四五六七八九十]{1,2}、|\d{1,2}[.、])?[*\[【]*(?:"
    + "|".join(f"(?P<{part}>{names})" for part, names in _HEADINGS.items())
    + r")[*\]】]*(?P<colon>:)?[*#]*(?P<rest>.?)",
    re.IGNORECASE,
)
_BULLET = re.compile(r"[^\S\n]*[●•■◆▶▪◼▌]")
_MARKDOWN = re.compile(r"[^\S\n]*(#{1,6})[^\S\n]")
_MARKS = "●•■◆▶▪◼▌#* \t\u3000\u00a0"
# A rating with its change in brackets, a signing analyst, a certificate: the column beside the text, wherever extraction put it.
_IMPRINT = re.compile(
    r"(?:投资)?(?:评级:)?[^\W\d]{2,12}\((?:维持|首次|上调|下调|调高|调低|maintain|reiterat|initiat|upgrad|downgrad)[^()]{0,16}\)$"
    r"|.{2,24}\([^()]{0,4}(?:分析师|研究助理|analyst)\)|[^,。:]{0,6}(?:证书|执业|登记)编号|(?:证券)?分析师:|analysts?:",
    re.IGNORECASE,
)
_LONGEST_HEADING = 60


def blocks(text: str) -> tuple[Block, ...]:
    """Divide a report at its headings. The blocks cover the text in order; the first is what stands before any heading."""
    found = [_Opening(Part.PREFACE, "", 0, 0)]
    listing = False
    for line in re.finditer(r"[^\n]+", text):
        words = line[0].strip()
        if not words:
            continue
        opening = _opening(line[0], line.start(), found[-1], listing=listing)
        if opening:
            found.append(opening)
        listing = words[-1] in ":：" or (bool(_BULLET.match(line[0])) if not opening else not opening.bullet)
    ends = [opening.start for opening in found[1:]] + [len(text)]
    return tuple(Block(one.part, one.heading, one.start, one.body, end) for one, end in zip(found, ends, strict=True))


@dataclass(frozen=True, slots=True)
class _Opening:
    part: Part
    heading: str
    start: int
    body: int
    bullet: bool = False
    level: int = 0


def _opening(line: str, start: int, current: _Opening, *, listing: bool) -> _Opening | None:
    """What block a line opens, if any. ``listing`` says that a bullet here would be an item of what was just introduced."""
    bullet, markdown = bool(_BULLET.match(line)), _MARKDOWN.match(line)
    level = len(markdown[1]) if markdown else 0
    is_item = bullet and listing and not current.bullet and current.part not in {Part.PREFACE, Part.IMPRINT}
    known = None if is_item else _known_heading(line, start, current, bullet=bullet, level=level)
    if known or is_item:
        return known
    is_title = level == 1 and current.part is Part.PREFACE
    is_deeper = level and current.level and level > current.level and current.part is not Part.SECTION
    if (bullet or level) and not is_title and not is_deeper:
        return _Opening(Part.SECTION, line.strip(_MARKS).rstrip(":："), start, start + len(line), bullet, level)
    if current.part in {Part.SECTION, Part.RISK} and _IMPRINT.match(fold(line[:_LONGEST_HEADING])):
        return _Opening(Part.IMPRINT, "", start, start)
    return None


def _known_heading(line: str, start: int, current: _Opening, *, bullet: bool, level: int) -> _Opening | None:
    head = trace(line, 0, _LONGEST_HEADING)
    match = _HEADING.match(head.text)
    if match is None or match.lastgroup is None:
        return None
    part = next(part for part in _HEADINGS if match[part])
    alone = not match["rest"] and len(line.strip()) <= _LONGEST_HEADING
    if not alone and (not match["colon"] or part in {Part.OTHER, Part.RATINGS}):
        return None
    if part is Part.OTHER and current.part is Part.PREFACE:
        return None  # a title may well end in 说明
    body = start + (len(line) if alone else head.positions[match.end("colon") - 1] + 1)
    return _Opening(part, line[: body - start].strip(_MARKS + ":：【】[]"), start, body, bullet, level)
