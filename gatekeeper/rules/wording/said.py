"""Everything that the sentences of a report say together about its grade and its readers.

1. The notice block (特别声明, 重要提示, 法律声明) speaks for the report. Elsewhere only sentences count that speak of the report.
2. An empty line ends a sentence, unless what stands before it opened a clause that did not end: PDF text breaks anywhere.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gatekeeper.rules.wording.categories import CategoryClause
from gatekeeper.rules.wording.clauses import SILENCE, Clauses, is_open, read_sentence
from gatekeeper.rules.wording.grades import GradeClause, Where, grades_in_cells
from gatekeeper.rules.wording.printed import Block, Evidence, Part, blocks, fold, sentences, trace

_SHORTEST = 4  # characters that a clause needs at least
_WHERE = {
    Part.NOTICE: Where.NOTICE,
    Part.PREFACE: Where.COVER,
    Part.IMPRINT: Where.COVER,
    Part.SECTION: Where.BODY,
    Part.RISK: Where.BODY,
}
_ENDED = re.compile(r"[。｡；;！!？?.．)）\]】》”\"]$")
_BEGINS_ANEW = re.compile(r"[●•■◆▶▪◼▌#|]|\d{1,2}[.、]|[一二三四五六七八九十]{1,2}、")
_LONGEST_LEAD = 3
_MOST_JOINED = 600


@dataclass(frozen=True, slots=True)
class _Sentence:
    start: int
    end: int
    block: tuple[int, int] | None
    clauses: Clauses


class Said:
    """What a text says."""

    def __init__(self, text: str) -> None:
        self.text = text
        parts = blocks(text)
        read = tuple(_read(text, parts))
        self.telling = [sentence for sentence in read if sentence.clauses.says_something]
        self.notices = list(dict.fromkeys(sentence.block for sentence in read if sentence.block))
        heard = [sentence.clauses for sentence in read]
        self.grades: list[GradeClause] = _own_grades(text, parts, [grade for clauses in heard for grade in clauses.grades.own])
        self.grades_elsewhere = [grade for clauses in heard for grade in clauses.grades.elsewhere]
        self.unread_grades = [found for clauses in heard for found in clauses.grades.unread]
        self.loose_grades = [found for clauses in heard for found in clauses.grades.loose]
        self.professional = [found for clauses in heard for found in clauses.professional]
        self.categories: list[CategoryClause] = [found for clauses in heard for found in clauses.categories]
        self.clients = [found for clauses in heard for found in clauses.clients]
        self.contract_clients = [found for clauses in heard for found in clauses.contract_clients]
        self.denied_categories = [found for clauses in heard for found in clauses.denied_categories]
        self.denied_others = [found for clauses in heard for found in clauses.denied_others]
        self.loose = [found for clauses in heard for found in clauses.loose_categories]
        self.unread = [found for clauses in heard for found in clauses.unread]
        self.mentions = [found for clauses in heard for found in clauses.mentions]
        # A whole report says 使用 and 转发 of other things too; where its notice denies acts, those are the ones.
        inside = [denied for sentence in self.telling if sentence.block for denied in sentence.clauses.denied_actions]
        self.denied_actions = inside or [found for clauses in heard for found in clauses.denied_actions]
        self.codes = list(dict.fromkeys(code for grade in self.grades for code in grade.codes))
        self.labels = list(dict.fromkeys(label_word(grade.label) for grade in self.grades if grade.label))

    @property
    def evidence(self) -> list[Evidence]:
        """Every piece of printed text that a field was read from."""
        categories = [clause.evidence for clause in (*self.categories, *self.denied_categories)]
        return [
            *(grade.evidence for grade in self.grades),
            *(piece for _, piece in self.professional),
            *categories,
            *self.clients,
            *self.contract_clients,
            *(piece for _, piece in self.denied_actions),
        ]

    def statement(self) -> str:
        """The notice as printed: its block, or without one the sentences that carry its clauses."""
        text = self.text
        telling = list(dict.fromkeys(sentence.block for sentence in self.telling if sentence.block))
        if not self.telling or telling:
            return "\n\n".join(text[start:end].strip() for start, end in telling or self.notices).strip()
        joined: list[tuple[int, int]] = []
        for sentence in self.telling:
            if joined and not text[joined[-1][1] : sentence.start].strip():
                joined[-1] = (joined[-1][0], sentence.end)
            else:
                joined.append((sentence.start, sentence.end))
        return "\n".join(text[start:end] for start, end in joined)


def label_word(label: str) -> str:
    """The label in one spelling: 中高, ``mediumhigh``."""
    return label.lower().removesuffix("风险").removesuffix("risk").replace("-", "")


def _own_grades(text: str, parts: tuple[Block, ...], said: list[GradeClause]) -> list[GradeClause]:
    """What sentences say, and what stands in cells of the cover, each place once."""
    covers = [block for block in parts if _WHERE.get(block.part) is Where.COVER]
    celled = [grade for block in covers for grade in grades_in_cells(text, block.body, block.end)]
    known = {place for grade in said for place in range(grade.evidence.start, grade.evidence.end)}
    return [*said, *(grade for grade in celled if grade.evidence.start not in known)]


def _read(text: str, parts: tuple[Block, ...]) -> Iterator[_Sentence]:
    continued = False
    for block in parts:
        place = (block.body, block.end) if block.part is Part.NOTICE else None
        where = _WHERE.get(block.part, Where.BEHIND)
        for begin, stop in ((block.start, block.body), (block.body, block.end)):
            for start, end in _whole_sentences(text, begin, stop):
                if end - start < _SHORTEST:
                    continue
                clauses = read_sentence(trace(text, start, end), where, continued=continued)
                continued = clauses.says_something
                if place or clauses is not SILENCE:
                    yield _Sentence(start, end, place, clauses)


def _whole_sentences(text: str, begin: int, stop: int) -> Iterator[tuple[int, int]]:
    """Sentences, those put together again that an empty line tears."""
    held: tuple[int, int] | None = None
    for start, end in sentences(text, begin, stop):
        if held and _is_torn(text, held) and not _BEGINS_ANEW.match(text, start):
            held = held[0], end
            continue
        if held:
            yield held
        held = start, end
    if held:
        yield held


def _is_torn(text: str, held: tuple[int, int]) -> bool:
    start, end = held
    if end - start > _MOST_JOINED or _ENDED.search(text, end - 1, end):
        return False
    words = fold(text[start:end])
    return len(words) <= _LONGEST_LEAD or is_open(words)
