"""What is different between two texts, paragraph by paragraph and then word by word; in Chinese character by character."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

_MOST_WORDS = 4000
"""A longer paragraph is told as changed in the whole: comparing it word by word takes the square of its length."""
_WORD = re.compile(r"[A-Za-z0-9'’-]+|\s+|.", re.DOTALL)

Part = tuple[bool, str]
"""A piece of a paragraph, and whether it is different on the other side."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph before and after; no parts where it is not there."""

    old: tuple[Part, ...]
    new: tuple[Part, ...]

    @property
    def is_same(self) -> bool:
        """Whether nothing has changed in it."""
        return self.old == self.new


def compare(old: str, new: str) -> list[Paragraph]:
    """The paragraphs of both texts side by side, in their order."""
    before, after = _paragraphs(old), _paragraphs(new)
    found = []
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        left, right = before[a:b], after[c:d]
        for place in range(max(len(left), len(right))):
            one = left[place] if place < len(left) else None
            other = right[place] if place < len(right) else None
            found.append(_paragraph(one, other) if tag != "equal" else Paragraph(((False, one or ""),), ((False, other or ""),)))
    return found


def _paragraphs(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _paragraph(old: str | None, new: str | None) -> Paragraph:
    if old is None or new is None:
        return Paragraph(((True, old),) if old else (), ((True, new),) if new else ())
    before, after = _WORD.findall(old), _WORD.findall(new)
    if max(len(before), len(after)) > _MOST_WORDS:
        return Paragraph(((True, old),), ((True, new),))
    left: list[Part] = []
    right: list[Part] = []
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        left += [(tag != "equal", "".join(before[a:b]))] if b > a else []
        right += [(tag != "equal", "".join(after[c:d]))] if d > c else []
    return Paragraph(tuple(left), tuple(right))
