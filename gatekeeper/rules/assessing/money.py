"""Amounts in fen, exact: what people write in yuan, and what they read."""

import re

_YUAN = re.compile(r"(-?)(\d{1,3}(?:,\d{3})*|\d{1,15})(?:\.(\d{1,2}))?")


def fen(text: str) -> int:
    """The amount of ``5000000``, ``5,000,000`` or ``5000000.05`` yuan; ``ValueError`` for what is not exactly that."""
    match = _YUAN.fullmatch(text.strip().replace("，", ","))
    if match is None or (not text.isascii() and "，" not in text):
        raise ValueError(f"not an amount in yuan: {text!r}")
    sign, whole, part = match.groups()
    amount = int(whole.replace(",", "")) * 100 + int((part or "").ljust(2, "0"))
    return -amount if sign else amount


def yuan(amount: int) -> str:
    """An amount in fen as people read it: ``5,000,000.05``; whole yuan without the point."""
    whole, part = divmod(abs(amount), 100)
    return f"{'-' if amount < 0 else ''}{whole:,}{f'.{part:02}' if part else ''}"
