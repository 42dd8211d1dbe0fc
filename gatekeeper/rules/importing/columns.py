"""The columns of an import, and which column each heading of a file means.

A heading is taken however it is spaced, capitalised or typed in full width. One that is not known is refused, with the nearest
that is: a column that was silently left out would be a fact that somebody believes to be on file.
"""

import difflib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from gatekeeper.rules.errors import N_, Fault


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its key, its headings in both languages, further headings, and what stands in it."""

    key: str
    zh: str
    en: str
    meaning: str
    aliases: tuple[str, ...] = ()
    width: int = 16


COLUMNS = (
    Column(
        "client_number",
        "客户编号",
        "Client number",
        N_("The investor's number at the firm, as text. Needed in every row; leading zeros count."),
        ("客户号", "资金账号", "client no", "number"),
    ),
    Column(
        "kind",
        "投资者类型",
        "Kind",
        N_("Individual, institution, financial institution or product. Needed for a new investor."),
        ("客户类型", "investor kind", "type"),
    ),
    Column(
        "name",
        "投资者名称",
        "Name",
        N_("The investor's name. Needed for a new investor; for one on file it must be the same."),
        ("姓名或名称", "客户名称", "客户姓名", "姓名", "名称", "investor", "investor name"),
        24,
    ),
    Column(
        "person",
        "经办人姓名",
        "Person",
        N_("The name of the person who signs in. Empty: the investor's own name."),
        ("经办人", "person name", "persons name"),
    ),
    Column(
        "login",
        "登录名",
        "Login name",
        N_("With which the person signs in. Empty: nobody new acts for the investor."),
        ("用户名", "login", "user name"),
        20,
    ),
    Column(
        "capacity",
        "身份",
        "Capacity",
        N_("As what the person acts. Empty for an individual: 本人."),
        ("职务", "经办人身份", "acts as"),
    ),
    Column(
        "class_",
        "投资者分类",
        "Class",
        N_("Ordinary, or professional of class A, B or C."),
        ("投资者类别", "分类", "investor class"),
    ),
    Column(
        "ground",
        "认定依据",
        "Ground",
        N_("The article on which a professional status rests."),
        ("依据", "article"),
    ),
    Column(
        "class_until",
        "分类有效期至",
        "Class valid until",
        N_("The last valid day of a professional status, like 2027-11-23."),
        ("专业投资者有效期至", "class until"),
    ),
    Column(
        "category",
        "风险承受能力等级",
        "Category",
        N_("C1 to C5."),
        ("风险等级", "等级", "risk category"),
    ),
    Column(
        "category_until",
        "等级有效期至",
        "Category valid until",
        N_("The last valid day of the category. Needed wherever the category is new or another one."),
        ("测评有效期至", "category until"),
    ),
    Column(
        "lowest",
        "最低类别",
        "Lowest category",
        N_("Whether the investor is of the lowest category: yes or no. It lies within C1."),
        ("风险承受能力最低类别", "lowest"),
    ),
    Column("client", "是否客户", "Client", N_("Whether the investor is a client: yes or no."), ("客户",)),
    Column(
        "profile_complete",
        "资料是否完整",
        "Details complete",
        N_("Whether the details are complete: yes or no."),
        ("资料完整", "profile complete"),
    ),
    Column(
        "contract_from",
        "服务合同起始日",
        "Contract from",
        N_("The first day of a service contract."),
        ("合同起始日", "service contract from"),
    ),
    Column(
        "contract_to",
        "服务合同截止日",
        "Contract until",
        N_("The last day of a service contract."),
        ("合同截止日", "contract to", "service contract until"),
    ),
    Column("branch", "营业部", "Branch", N_("Whom the investor may turn to."), ("开户营业部",), 20),
    Column("contact", "营业部联系方式", "Contact", N_("How to reach the branch."), ("联系方式", "联系电话"), 20),
    Column(
        "evidence",
        "证明材料编号",
        "Evidence",
        N_("Where the evidence is kept. Needed wherever class, category or lowest category changes."),
        ("档案编号", "证明材料", "evidence reference"),
        20,
    ),
)
"""Every column, in the order of the template. An empty cell states nothing: what is on file stays."""

BY_KEY = {column.key: column for column in COLUMNS}
_NEEDED = BY_KEY["client_number"]
_DROPPED = frozenset(" \t\r\n　_-/()（）:：*'’.")
_CLOSE = 0.6
_MOST_SHOWN = 40

_UNKNOWN = N_("The heading “%(heading)s” (column %(place)s) is not known. Remove the column, or correct the heading.")
_NEAR = N_("The heading “%(heading)s” (column %(place)s) is not known. Is “%(nearest)s” meant?")
_TWICE = N_("The heading “%(heading)s” (column %(place)s) means the same as column %(first)s.")
_MISSING = N_("The heading “%(zh)s” (%(en)s) is missing. The first row must hold the headings; the template has them all.")
_ALONE = N_("Besides the client number there is no column. There is nothing to import.")


def folded(text: str) -> str:
    """A heading or a fixed word without what does not tell it from others."""
    return "".join(each for each in unicodedata.normalize("NFKC", text).casefold() if each not in _DROPPED)


_HEADINGS = {folded(text): column.key for column in COLUMNS for text in (column.key, column.zh, column.en, *column.aliases)}


def place_of(number: int) -> str:
    """The letters that a spreadsheet gives a column; the first is 1."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def keys_of(headings: Sequence[str]) -> tuple[list[str | None], list[Fault]]:
    """The column that each heading means, None for an empty one; and everything that is wrong with the headings."""
    keys: list[str | None] = []
    faults: list[Fault] = []
    for number, heading in enumerate(headings, start=1):
        key = _HEADINGS.get(folded(heading))
        if key is None and heading.strip():
            faults.append(_unknown(heading, number))
        elif key is not None and key in keys:
            faults.append(_told(_TWICE, heading, number, first=place_of(keys.index(key) + 1)))
        keys.append(key)
    if _NEEDED.key not in keys:
        faults.insert(0, Fault(_MISSING, field="file", zh=_NEEDED.zh, en=_NEEDED.en))
    elif len(set(filter(None, keys))) == 1 and not faults:
        faults.append(Fault(_ALONE, field="file"))
    return keys, faults


def _unknown(heading: str, number: int) -> Fault:
    near = difflib.get_close_matches(folded(heading), _HEADINGS, n=1, cutoff=_CLOSE)
    if not near:
        return _told(_UNKNOWN, heading, number)
    column = BY_KEY[_HEADINGS[near[0]]]
    return _told(_NEAR, heading, number, nearest=column.en if heading.isascii() else column.zh)


def _told(message: str, heading: str, number: int, **values: str) -> Fault:
    return Fault(message, field="file", heading=heading.strip()[:_MOST_SHOWN], place=place_of(number), **values)
