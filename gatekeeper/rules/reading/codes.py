"""Codes of entries as people copy them: by hand, from a picture, over the telephone."""

from collections.abc import Iterator

CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
"""The characters of a code: none is easily taken for another."""
LENGTH = 12

_READ_AS = str.maketrans("oil", "011", "-\u2010\u2011\u2013 \u3000\t")


def plain(typed: str) -> str:
    """What was typed, in any case and in groups, with o for 0 and i or l for 1."""
    return typed.strip().lower().translate(_READ_AS)


def code_of(typed: str) -> str | None:
    """An entry's code as it is kept, from what a person typed; None if that is no code."""
    code = plain(typed)
    return code if len(code) == LENGTH and set(code) <= set(CROCKFORD) else None


def foreign(typed: str) -> str:
    """The characters of what was typed that occur in no code, each once."""
    return "".join(dict.fromkeys(each for each in plain(typed) if each not in CROCKFORD))


def near(typed: str) -> Iterator[str]:
    """The codes that may be meant where one character is wrong, missing or too many, or two neighbours changed places."""
    code = "".join(each if each in CROCKFORD else "?" for each in plain(typed))
    tried = {code}
    for each in _changed(code):
        if len(each) == LENGTH and "?" not in each and each not in tried:
            tried.add(each)
            yield each


def _changed(code: str) -> Iterator[str]:
    if len(code) not in (LENGTH - 1, LENGTH, LENGTH + 1):
        return
    for place in range(len(code) + 1):
        before, after = code[:place], code[place:]
        yield from (before + each + after for each in CROCKFORD)
        yield before + after[1:]
        yield from (before + each + after[1:] for each in CROCKFORD)
        yield before + after[1:2] + after[:1] + after[2:]
