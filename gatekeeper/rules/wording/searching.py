"""Searching a report's words: one way to take text apart, for what is kept and for what is asked, so that every database agrees.

1. Text is folded as ``wording.printed`` folds it, and small letters stand for capitals. Accents that were typed apart are joined.
2. Chinese has no spaces: each of its characters is a unit, and white space between two of them is printing, not writing. A word
   of letters and digits is one unit (600519, R3, storage); a plural is its singular.
3. A sentence's units are written as one line: characters side by side, a space on both sides of each word, and one where
   punctuation parts two characters. What is sought is written in the same way, and is found where its line stands in the other.
4. Terms are what a database looks up: words, characters, and pairs of neighbouring characters. They leave nothing out; where one
   thing sought has several terms, the line decides.
5. Everything a person types is text. Several words must all be there; quotes hold words together; nothing is an operator.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from gatekeeper.rules.wording.printed import fold

MOST_WORDS = 8
LONGEST = 100
"""The longest search, in characters: more than a person types."""

_UNIT = re.compile(r"(?:(?![\u2e80-\U0010ffff])[^\W_])+|[^\W_]")
_FIRST_CHARACTER = "\u2e80"
"""Scripts written without spaces begin here."""
_QUOTES = str.maketrans(dict.fromkeys("“”„«»「」『』＂", '"'))
_ASKED = re.compile(r'"([^"]+)"|([^\s"]+)')
_SHORTEST_PLURAL = 4
_BEFORE, _LONGEST_PASSAGE = 36, 150
_PARTS = ("risk_notice", "special_statement", "analyst_statement", "rating_definitions", "disclaimer", "contact")


class _Forms(dict[int, str]):
    """What each character is folded to, found out once; all white space is one space."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        form = self[code] = " " if character.isspace() else fold(character).casefold()
        return form


_FORMS = _Forms()


class _Unit(NamedTuple):
    """A word or a character, where it stands in the original, and whether punctuation parts it from the one before."""

    text: str
    start: int
    end: int
    parted: bool

    @property
    def is_word(self) -> bool:
        return self.text[0] < _FIRST_CHARACTER


@dataclass(frozen=True, slots=True)
class Sought:
    """Words that must stand together: their line, and the terms without which they stand nowhere."""

    line: str
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Indexed:
    """What is kept of a text: the line of each passage, below each other, and every term."""

    lines: str
    terms: frozenset[str]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a passage, and whether it is what was sought."""

    text: str
    is_found: bool = False


def sought(query: str) -> tuple[Sought, ...]:
    """What a person's words ask for. Nothing where they typed only punctuation, which stands nowhere."""
    found: dict[str, Sought] = {}
    for quoted, bare in _ASKED.findall(query[:LONGEST].translate(_QUOTES)):
        units = list(_units(quoted or bare))
        for together in [units] if quoted else _divided(units):
            line = "".join(_written(together))
            if line:
                found.setdefault(line, Sought(line, tuple(sorted(_terms(together)))))
    return tuple(found.values())[:MOST_WORDS]


def indexed(texts: Iterable[str]) -> Indexed:
    """What is kept of these passages. Nothing is found that begins in one and ends in the next."""
    lines, terms = [], set()
    for text in texts:
        units = list(_units(text))
        lines.append("".join(_written(units)))
        terms |= _terms(units)
        terms |= {unit.text for unit in units}
    return Indexed("\n".join(lines), frozenset(terms))


def passages(body: Mapping[str, Any]) -> Iterator[str]:
    """What a report's page shows of its stored body, in that order. Titles of related reports are other reports' content."""
    for section in body.get("sections", ()):
        yield section["heading"] or ""
        for piece in section["paragraphs"]:
            yield from [piece] if isinstance(piece, str) else _rows(piece)
    for part in _PARTS:
        yield from (body.get(part) or "").splitlines()


def best(lines: str, wanted: Sequence[Sought]) -> int | None:
    """The number of the passage that holds most of what is sought, the first of several; None where none holds any."""
    held = [sum(each.line in line for each in wanted) for line in lines.split("\n")]
    most = max(held)
    return held.index(most) if most else None


def marked(passage: str, wanted: Sequence[Sought]) -> tuple[Piece, ...]:
    """A passage around the first thing found in it, with everything in it that was sought."""
    text = unicodedata.normalize("NFC", passage)
    spans = _spans(text, wanted)
    if not spans:
        return ()
    start = _beginning(text, max(0, spans[0][0] - _BEFORE))
    end = min(len(text), max(start + _LONGEST_PASSAGE, spans[0][1]))
    pieces, place = [Piece("…")] if start else [], start
    for first, last in spans:
        if last <= end:
            pieces += [Piece(text[place:first]), Piece(text[first:last], is_found=True)]
            place = last
    pieces.append(Piece(text[place:end] + ("…" if end < len(text) else "")))
    return tuple(piece for piece in pieces if piece.text)


def _rows(table: Mapping[str, Any]) -> Iterator[str]:
    yield table["caption"]
    for row in (table["columns"], *table["rows"]):
        yield " | ".join(row)


def _beginning(text: str, start: int) -> int:
    """Where a passage may begin: not within a word."""
    while start > 0 and text[start - 1].isalnum() and text[start - 1] < _FIRST_CHARACTER:
        start -= 1
    return start


def _spans(text: str, wanted: Sequence[Sought]) -> list[tuple[int, int]]:
    """Where what is sought stands in a text, in order and without overlaps."""
    units = list(_units(text))
    line = "".join(_written(units))
    owners = [number for number, piece in enumerate(_written(units)) for _ in piece]
    found = []
    for each in wanted:
        before, length = len(each.line) - len(each.line.lstrip(" ")), len(each.line.rstrip(" "))
        for place in _places_of(each.line, line):
            first, last = units[owners[place + before]], units[owners[place + length - 1]]
            found.append((first.start, last.end))
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _places_of(part: str, line: str) -> Iterator[int]:
    place = line.find(part)
    while place >= 0:
        yield place
        place = line.find(part, place + 1)


def _units(text: str) -> Iterator[_Unit]:
    """The units of a text. Places are those of the text with its accents joined."""
    text = unicodedata.normalize("NFC", text)
    folded = text.translate(_FORMS)
    is_same = all(len(_FORMS[code]) == 1 for code in set(map(ord, text)))
    places = None if is_same else [place for place, character in enumerate(text) for _ in _FORMS[ord(character)]]
    last = 0
    for match in _UNIT.finditer(folded):
        start, end = match.span()
        parted = last < start and not folded[last:start].isspace()
        first, final = (start, end) if places is None else (places[start], places[end - 1] + 1)
        yield _Unit(_singular(match[0]), first, final, parted)
        last = end


def _written(units: Iterable[_Unit]) -> Iterator[str]:
    """What each unit adds to the line of all."""
    last = ""
    for unit in units:
        if unit.is_word:
            piece = f"{unit.text} " if last == " " else f" {unit.text} "
        else:
            piece = f" {unit.text}" if unit.parted and last not in ("", " ") else unit.text
        last = piece[-1]
        yield piece


def _terms(units: Sequence[_Unit]) -> set[str]:
    """Words, pairs of neighbouring characters, and characters that have no neighbour."""
    found, paired = set(), False
    for number, unit in enumerate(units):
        following = units[number + 1] if number + 1 < len(units) else None
        if unit.is_word:
            found.add(unit.text)
        elif following and not following.parted and not following.is_word:
            found.add(unit.text + following.text)
            paired = True
            continue
        elif not paired:
            found.add(unit.text)
        paired = False
    return found


def _divided(units: Sequence[_Unit]) -> Iterator[list[_Unit]]:
    """What was typed without a space between: punctuation divides it beside a character, and holds words together (mid-cap)."""
    together: list[_Unit] = []
    for unit in units:
        if together and unit.parted and not (unit.is_word and together[-1].is_word):
            yield together
            together = []
        together.append(unit)
    if together:
        yield together


def _singular(word: str) -> str:
    """An English plural without its ending; another word that ends so loses it wherever it stands."""
    if len(word) < _SHORTEST_PLURAL or not (word.isascii() and word.isalpha()) or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    return word.removesuffix("s")
