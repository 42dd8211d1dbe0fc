"""Where the next page of a search begins, as a token that only this server can read or make.

It belongs to one question of one caller, and is good for an hour. What stands in it is encrypted and signed by a key that is
derived from the installation's own (Fernet: AES-CBC with HMAC-SHA256).
"""

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from cryptography.fernet import Fernet, InvalidToken

from gatekeeper.rules.errors import N_, Fault, Invalid

SECONDS = 3600
"""So long a token is good. A walk through a million results takes minutes."""
_PURPOSE = b"gatekeeper: where the next page of a search begins"
_UNFIT = N_("%(member)s is not of this search, or too old. Send everything else as before, or search again without it.")


def make(secret: str, question: Any, place: Sequence[str], now: datetime) -> str:
    """A token for this place among the answers to a question."""
    said = json.dumps([_digest(question), *place]).encode()
    return _sealer(secret).encrypt_at_time(said, int(now.timestamp())).decode()


def read(secret: str, question: Any, token: str, now: datetime) -> list[str]:
    """The place that a token names; ``Invalid`` if it is not one of this question, or too old."""
    try:
        said = json.loads(_sealer(secret).decrypt_at_time(token.encode(), SECONDS, int(now.timestamp())))
    except (InvalidToken, UnicodeEncodeError):
        raise _unfit() from None
    digest, *place = said
    if not hmac.compare_digest(digest, _digest(question)):
        raise _unfit()
    return [str(each) for each in place]


def _unfit() -> Invalid:
    return Invalid(Fault(_UNFIT, field="#/page/token", member="page/token"))


def _sealer(secret: str) -> Fernet:
    return Fernet(urlsafe_b64encode(hmac.digest(secret.encode(), _PURPOSE, "sha256")))


def _digest(question: Any) -> str:
    """What a question is told from others by, however its members are ordered."""
    return sha256(json.dumps(question, sort_keys=True).encode()).hexdigest()
