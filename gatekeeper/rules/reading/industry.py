"""The industry that a report is about, where it prints one: beside its head, in the line under its title, or at its analysts.

1. Only what is printed counts: 行业点评 alone names no industry, and nothing is concluded from companies or the text.
2. A label (行业：电子) comes first, then a name with 行业 or 产业链 after it in the head, then a name of the usual
   classification that stands alone there, then what the analysts are analysts of.
"""

import re
from collections.abc import Iterable, Iterator

from gatekeeper.rules.wording.printed import Block, Evidence, Folded, Part, trace

_NAMES = (
    "农林牧渔 基础化工 钢铁 有色金属 电子 家用电器 食品饮料 纺织服饰 轻工制造 医药生物 公用事业 交通运输 房地产 商贸零售"
    " 社会服务 银行 非银金融 建筑材料 建筑装饰 电力设备 机械设备 国防军工 计算机 传媒 通信 煤炭 石油石化 环保 美容护理 汽车"
    " 半导体 消费电子"
)
"""Names that mean an industry even where they stand alone: the first level of the usual classification, and two more."""
_ALONE = re.compile("|".join(_NAMES.split()))
_NAME = r"(?P<name>[\u4e00-\u9fff]{2,10}?)"
_LABELLED = re.compile(
    r"(?:所属)?行业(?:分类|名称|类别)?:(?P<zh>[\u4e00-\u9fff、/]{2,16})|(?:industry|sector):(?P<en>.{2,40})", re.IGNORECASE
)
_NAMED = re.compile(
    rf"{_NAME}(?:行业|产业链|板块)(?=$|[^\u4e00-\u9fff]|(?:动态|研究|跟踪|点评|快评|简评|评论|深度|专题|周报|日报|月报|季报|半?年报|周度|月度|季度"
    r"|年度|中期|策略|投资策略|报告|观察|首席|分析师))"
)
_ANALYST = re.compile(rf"(?:^|[(（、,:]){_NAME}(?:行业)?(?:首席|联席首席|高级|资深)?分析师")
_OTHERS = (
    "本 该 各 全 所属 所在 上市公司 整个 相关 细分 其他 其它 有关 我国 中国 全球 国内 海外 多个 下游 上游 传统 新兴 证券 热点"
    " 重点 首席 高级 资深 联席 署名 注册 投资 策略 宏观"
)
_GENERIC = frozenset(_OTHERS.split())
"""What stands before 行业 or 分析师 and names no industry."""
_CELL = re.compile(r"[^|｜丨│/·\n]+")
_LONGEST = 120


def read_industry(text: str, parts: Iterable[Block]) -> Evidence | None:
    """The words that name the industry, or None."""
    parts = tuple(parts)
    head = list(_cells(text, parts, Part.PREFACE))
    beside = list(_cells(text, parts, Part.IMPRINT, Part.OTHER, Part.CONTACT))
    for pattern, cells in ((_LABELLED, (*head, *beside)), (_NAMED, head), (_ALONE, head), (_ANALYST, (*head, *beside))):
        for cell in cells:
            found = _in(pattern, cell)
            if found is not None:
                return found
    return None


def _cells(text: str, parts: Iterable[Block], *wanted: Part) -> Iterator[Folded]:
    for block in parts:
        if block.part in wanted:
            for cell in _CELL.finditer(text, block.body, block.end):
                if len(cell[0]) <= _LONGEST:
                    yield trace(text, cell.start(), cell.end())


def _in(pattern: re.Pattern[str], cell: Folded) -> Evidence | None:
    match = pattern.fullmatch(cell.text) if pattern in (_LABELLED, _ALONE) else pattern.search(cell.text)
    if match is None:
        return None
    group = match.lastgroup or 0
    return None if match[group] in _GENERIC else cell.evidence("industry", match.start(group), match.end(group))
