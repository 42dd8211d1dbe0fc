"""Leaf v1: the canonical bytes that are the evidence of one entry. The format is for twenty years.

1. The bytes are JSON in the profile of RFC 8785 that needs no library: keys in ASCII, no floats, whole numbers below 2^53, no
   lone surrogates, UTF-8, members sorted, no spaces. What is outside the profile is refused, never rounded.
2. A leaf always has exactly the members of ``MEMBERS``, null where they do not apply. Times are UTC with six decimals.
3. What must be erasable is not in the leaf: there stands a salted commitment to it, and the value elsewhere.
4. ``w`` names the writer (one database connection), ``ws`` counts its leaves from 0 and ``wp`` is the RFC 6962 hash of its
   previous leaf, so that an entry deleted before it is sealed leaves a gap.
5. The bytes stored are the bytes hashed; nothing is ever serialised again to be checked.
"""

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

_TEXT = (str,)
_TEXT_OR_NULL = (str, type(None))

MEMBERS: dict[str, tuple[type, ...]] = {
    "v": (int,),
    "log": _TEXT,
    "code": _TEXT,
    "at": _TEXT,
    "recorded_at": _TEXT,
    "kind": _TEXT,
    "actor": _TEXT,
    "person": _TEXT_OR_NULL,
    "investor": _TEXT_OR_NULL,
    "report": _TEXT_OR_NULL,
    "action": _TEXT_OR_NULL,
    "outcome": _TEXT_OR_NULL,
    "reason": _TEXT_OR_NULL,
    "policy": _TEXT_OR_NULL,
    "request_id": _TEXT_OR_NULL,
    "data": (dict,),
    "private": (dict,),
    "w": _TEXT,
    "ws": (int,),
    "wp": _TEXT_OR_NULL,
}
"""Every member of leaf v1, and of what type it is."""

MAX_LEAF = 65_535
"""The most bytes a leaf may have: C2SP tiles count an entry's length in sixteen bits."""

_MAX_INT = 2**53
_ENDLESS = "a leaf cannot hold what nests without end"
_JSON = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical(value: object) -> bytes:
    """The one spelling of a value; raise ``ValueError`` for what the profile does not admit."""
    _check(value)
    try:
        return _JSON.encode(value).encode()
    except RecursionError:
        raise ValueError(_ENDLESS) from None


def timestamp(moment: datetime) -> str:
    """A time as a leaf spells it: UTC, six decimals, fixed width."""
    if moment.tzinfo is None:
        message = "a time without a zone has no place in a leaf"
        raise ValueError(message)
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def commitment(field: str, salt: bytes, value: str) -> str:
    """What a leaf says in place of a private value: base64 of a salted SHA-256."""
    return b64encode(sha256(b"gk-pii-v1\x00" + field.encode() + b"\x00" + salt + value.encode()).digest()).decode()


def encode(members: Mapping[str, object]) -> bytes:
    """The canonical bytes of a leaf; raise ``ValueError`` if its members or its size are wrong."""
    if members.keys() != MEMBERS.keys():
        message = f"a leaf has exactly its members; these differ: {sorted(members.keys() ^ MEMBERS.keys())}"
        raise ValueError(message)
    wrong = [name for name, types in MEMBERS.items() if not isinstance(members[name], types)]
    if wrong:
        message = f"these members of a leaf are of the wrong type: {wrong}"
        raise ValueError(message)
    leaf = canonical(dict(members))
    if len(leaf) > MAX_LEAF:
        message = f"a leaf has at most {MAX_LEAF} bytes, this one {len(leaf)}"
        raise ValueError(message)
    return leaf


def _check(value: object) -> None:
    """Refuse what the profile does not admit. Lone surrogates are left to the encoding of the whole, which refuses them.

    In one loop, and what most values are is seen at once: an entry of a hundred answers holds some thousand.
    """
    waiting = [value]
    for _ in range(MAX_LEAF):  # whatever holds something takes two bytes at least
        if not waiting:
            return
        for inner in _inside(waiting.pop()):
            kind = type(inner)
            if kind is not str and inner is not None and not (kind is int and -_MAX_INT < inner < _MAX_INT):
                waiting.append(inner)
    raise ValueError(_ENDLESS)


def _inside(value: object) -> Iterable[Any]:
    """What a value holds, if it is one that a leaf may hold."""
    if isinstance(value, dict):
        if not _are_ascii(value):
            message = "a key in a leaf is an ASCII string"
            raise ValueError(message)
        return value.values()
    if isinstance(value, (list, tuple)):
        return value
    if value is not None and not isinstance(value, str) and (not isinstance(value, int) or abs(value) >= _MAX_INT):
        message = f"a leaf holds whole numbers below 2^53, text, lists and objects, but no {type(value).__name__} like this"
        raise ValueError(message)
    return ()


def _are_ascii(keys: Iterable[Any]) -> bool:
    try:
        return all(map(str.isascii, keys))
    except TypeError:  # not even text
        return False
