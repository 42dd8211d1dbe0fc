"""What the cells of one row say: text becomes days, categories and answers, or a fault that says what to do.

An empty cell states nothing. Client numbers and login names are text and stay it: what a spreadsheet made a number of may have
lost its zeros, so it is refused, and so are full-width characters in them, of which nobody knows whether they are meant.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from gatekeeper.rules.errors import N_, Fault
from gatekeeper.rules.importing.columns import folded
from gatekeeper.rules.parsing.texts import faults_of, faults_of_login, faults_of_optional
from gatekeeper.rules.risk import InvestorClass, InvestorKind, RiskCategory


class Odd(StrEnum):
    """What is odd about a cell, beyond its text."""

    FORMULA = "FORMULA"
    NUMBER = "NUMBER"
    ERROR = "ERROR"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file: its number as a spreadsheet counts, the texts of its cells by column, and what is odd about some.

    ``places`` holds the cells' names; ``beyond`` says that there are cells right of the last heading.
    """

    number: int
    cells: Mapping[str, str]
    odd: Mapping[str, Odd] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    beyond: bool = False


@dataclass(slots=True)
class Stated:
    """What a row states. None is nothing at all: what is on file stays."""

    client_number: str | None = None
    kind: InvestorKind | None = None
    name: str | None = None
    person: str | None = None
    login: str | None = None
    capacity: str | None = None
    class_: InvestorClass | None = None
    ground: str | None = None
    class_until: date | None = None
    category: RiskCategory | None = None
    category_until: date | None = None
    lowest: bool | None = None
    client: bool | None = None
    profile_complete: bool | None = None
    contract_from: date | None = None
    contract_to: date | None = None
    branch: str | None = None
    contact: str | None = None
    evidence: str | None = None


_OF_THE_PERSON = frozenset({"client_number", "person", "login", "capacity", "evidence"})
FACTS = tuple(each.name for each in fields(Stated) if each.name not in _OF_THE_PERSON)
"""What is about the investor, and the same in every row of one client number."""

_FORMULA = N_("Cell %(cell)s holds a formula. Formulas are never worked out here: put in the value itself.")
_ERROR = N_("Cell %(cell)s holds an error of the spreadsheet program (%(value)s).")
_NUMBER = N_("Cell %(cell)s is a number, so leading zeros may be lost. Make the column text and type the value again.")
_WIDE = N_("“%(value)s” has full-width characters. Type %(narrow)s if that is meant.")
_KIND = N_("“%(value)s” is no kind of investor. Write individual, institution, financial institution or product.")
_CLASS = N_("“%(value)s” is no class. Write ordinary, professional A, professional B or professional C.")
_CATEGORY = N_("“%(value)s” is no category. Write C1 to C5; whether it is the lowest category stands in a column of its own.")
_ANSWER = N_("“%(value)s” is neither yes nor no.")
_DAY = N_("“%(value)s” is no day. Write it like 2027-11-23.")
_SERIAL = N_("“%(value)s” is how a spreadsheet counts days; %(day)s may be meant. Format the column as a date or write the day.")
_BEYOND = N_("The row has more cells than there are headings. Is a separator among the text?")

_KINDS = {
    InvestorKind.INDIVIDUAL: ("个人", "自然人", "individual", "person"),
    InvestorKind.INSTITUTION: ("机构", "普通机构", "一般机构", "institution", "company"),
    InvestorKind.FINANCIAL_INSTITUTION: ("金融机构", "financial institution"),
    InvestorKind.PRODUCT: ("产品", "金融产品", "product", "fund"),
}
_PROFESSIONAL = ("专业投资者#", "专业投资者#类", "#类专业投资者", "专业#类", "professional #")
_CLASSES = {
    InvestorClass.ORDINARY: ("普通投资者", "普通", "ordinary", "ordinary investor", "retail"),
    **{
        kind: tuple(each.replace("#", letter) for each in _PROFESSIONAL)
        for kind, letter in zip(list(InvestorClass)[1:], "ABC", strict=True)
    },
}
_ANSWERS = {True: ("是", "有", "y", "yes", "true", "1", "√"), False: ("否", "无", "没有", "n", "no", "false", "0", "×")}


def _words(table: Mapping[Any, tuple[str, ...]]) -> dict[str, Any]:
    return {folded(word): value for value, words in table.items() for word in (*words, getattr(value, "value", ""))}


_WORDS = {"kind": (_words(_KINDS), _KIND), "class_": (_words(_CLASSES), _CLASS)}
_YES_NO = {folded(word): value for value, words in _ANSWERS.items() for word in words}
_CODES = frozenset({"client_number", "login"})
_TEXTS = frozenset({"name", "person", "capacity", "ground", "branch", "contact", "evidence"})
_DAYS = frozenset({"class_until", "category_until", "contract_from", "contract_to"})
_LIMIT = {"person": "name"}
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]00:00(?::00)?)?|(\d{4})(\d{2})(\d{2})")
_FIRST_DAY = date(1899, 12, 30)
_SERIALS = range(20_000, 110_000)
_YEARS = range(1950, 2200)


def read(row: Row) -> tuple[Stated, list[Fault]]:
    """What a row states, and everything that keeps it from being read."""
    stated, faults = Stated(), [Fault(_BEYOND)] if row.beyond else []
    for key, raw in row.cells.items():
        text = raw.strip()
        if fault := _odd(key, row):
            faults.append(fault)
        elif text:
            value, found = _value(key, text)
            faults += found
            setattr(stated, key, value)
    if stated.client_number is None and "client_number" not in {fault.field for fault in faults}:
        faults.insert(0, Fault(N_("The row has no client number."), field="client_number"))
    return stated, faults


def _odd(key: str, row: Row) -> Fault | None:
    cell = row.places.get(key, "")
    match row.odd.get(key):
        case Odd.FORMULA:
            return Fault(_FORMULA, field=key, cell=cell)
        case Odd.ERROR:
            return Fault(_ERROR, field=key, cell=cell, value=row.cells[key][:20])
        case Odd.NUMBER if key in _CODES:
            return Fault(_NUMBER, field=key, cell=cell)
        case _:
            return None


def _value(key: str, text: str) -> tuple[Any, list[Fault]]:
    if key in _CODES:
        return _code(key, text)
    if key in _TEXTS:
        limit = _LIMIT.get(key, key)
        return text, _about(key, faults_of_optional(**{limit: text}))
    plain = unicodedata.normalize("NFKC", text)
    if key in _DAYS:
        return _day(key, plain)
    if key == "category":
        return _category(plain)
    words, message = _WORDS.get(key, (_YES_NO, _ANSWER))
    value = words.get(folded(plain))
    return value, [Fault(message, field=key, value=text[:40])] if value is None else []


def _code(key: str, text: str) -> tuple[str | None, list[Fault]]:
    narrow = unicodedata.normalize("NFKC", text)
    if narrow != text and narrow.isascii():
        return None, [Fault(_WIDE, field=key, value=text[:80], narrow=narrow[:80])]
    check: Callable[[], list[Fault]] = (lambda: faults_of_login(text)) if key == "login" else lambda: faults_of(**{key: text})
    faults = _about(key, check())
    return (None if faults else text.casefold() if key == "login" else text), faults


def _category(text: str) -> tuple[RiskCategory | None, list[Fault]]:
    found = re.match(r"\s*C([1-5])(?![0-9A-Za-z])", text, re.IGNORECASE)
    if found is None:
        return None, [Fault(_CATEGORY, field="category", value=text[:40])]
    return RiskCategory(int(found[1])), []


def _day(key: str, text: str) -> tuple[date | None, list[Fault]]:
    found = _DATE.fullmatch(text.replace(" ", "") if "年" in text else text)
    if found:
        try:
            day = date(*(int(part) for part in found.groups() if part is not None))
        except ValueError:
            day = None
        if day is not None and day.year in _YEARS:
            return day, []
    elif text.isdecimal() and len(text) <= 6 and int(text) in _SERIALS:  # noqa: PLR2004  (as many digits as such a number has)
        meant = _FIRST_DAY + timedelta(days=int(text))
        return None, [Fault(_SERIAL, field=key, value=text, day=meant.isoformat())]
    return None, [Fault(_DAY, field=key, value=text[:40])]


def _about(key: str, faults: list[Fault]) -> list[Fault]:
    return [Fault(fault.message, field=key, **fault.values) for fault in faults]
