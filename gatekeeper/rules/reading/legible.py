"""Whether a page's text is text that somebody wrote: a scan has none, and some files draw letters that mean others.

Both go to a person. Nothing is read from such a text, not even what happens to look right.
"""

import unicodedata
from collections.abc import Sequence

_FEWEST = 20
"""A page with fewer characters than this that show says nothing by its text: a page number, a stamp."""
_MOST_EMPTY = 0.5
_MOST_UNWRITTEN = 0.05
_LEAST_COMMON = 0.7
_LEAST_WORDS = 0.4
_ENOUGH = 50
_UNWRITTEN = frozenset({"Cc", "Co", "Cn", "Cs"})


def is_common(character: str) -> bool:
    """Whether a character is of the first level of GB 2312, the 3,755 that nearly all simplified text is made of."""
    encoded = character.encode("gb2312", errors="ignore")
    return bool(encoded) and encoded[0] <= 0xD7  # noqa: PLR2004  (the last row of the first level)


def is_scanned(pages: Sequence[str]) -> bool:
    """Whether most pages hold no text to speak of."""
    empty = sum(sum(not character.isspace() for character in page) < _FEWEST for page in pages)
    return empty > _MOST_EMPTY * len(pages)


def is_garbled(text: str) -> bool:
    """Whether a text is made of characters that nobody writes: signs without meaning, or rare characters one after another."""
    seen = [character for character in text if not character.isspace()]
    if not seen:
        return False
    unwritten = sum(character == "\ufffd" or unicodedata.category(character) in _UNWRITTEN for character in seen)
    if unwritten > _MOST_UNWRITTEN * len(seen):
        return True
    chinese = [character for character in seen if "\u3400" <= character <= "\u9fff"]
    usual = sum(_is_usual(character) for character in chinese)
    words = sum(_is_word(character) for character in seen)
    return (len(chinese) >= _ENOUGH and usual < _LEAST_COMMON * len(chinese)) or (
        len(seen) >= _ENOUGH and words + len(chinese) < _LEAST_WORDS * len(seen)
    )


def _is_usual(character: str) -> bool:
    """Common in simplified or in traditional Chinese."""
    if is_common(character):
        return True
    encoded = character.encode("big5", errors="ignore")
    return bool(encoded) and 0xA4 <= encoded[0] <= 0xC6  # noqa: PLR2004  (the first level of Big5)


def _is_word(character: str) -> bool:
    """A letter or a digit of English, Greek or accented Latin, as it stands or at full width."""
    return character.isalnum() and (character < "\u0400" or "\uff00" <= character <= "\uffef")
