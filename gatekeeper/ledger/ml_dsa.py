"""ML-DSA-44 (FIPS 204) as a second signature under the log's checkpoints, where the library of this machine has it.

Whoever can break Ed25519 in twenty years, with a quantum computer, could sign a checkpoint with another history then. They cannot
sign it with this. C2SP knows it in one form only, that of tlog-cosignature: see ``gatekeeper.rules.note``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TypeAlias, TypeGuard

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from gatekeeper.rules.note import ML_DSA_44, Verifier, key_id, subtree

try:
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey
except ImportError:  # pragma: no cover  (a library from before there was any)
    _HAS_MODULE = False
else:
    _HAS_MODULE = True

PrivateKey: TypeAlias = "MLDSA44PrivateKey"


@cache
def available() -> bool:
    """Whether this machine's library can make and check such signatures: it may be too old, or built without."""
    if not _HAS_MODULE:
        return False
    try:
        MLDSA44PrivateKey.generate()
    except UnsupportedAlgorithm:
        return False
    return True


@dataclass(frozen=True, slots=True)
class MLDSASigner:
    """A private key, the name that it signs under, and the clock that says when."""

    name: str
    private: PrivateKey
    now: Callable[[], datetime]

    @property
    def public(self) -> bytes:
        """The public key, 1,312 bytes."""
        return self.private.public_key().public_bytes_raw()

    @property
    def key_id(self) -> bytes:
        """The key's id, four bytes."""
        return key_id(self.name, ML_DSA_44, self.public)

    def sign(self, text: bytes, /) -> bytes:
        """The time in eight bytes, and the signature over it and the checkpoint."""
        at = int(self.now().timestamp())
        return at.to_bytes(8) + self.private.sign(subtree(self.name, text, at))


def verifier(name: str, private: PrivateKey) -> Verifier:
    """The public half, to check what the private one signed."""
    return Verifier(name, ML_DSA_44, private.public_key().public_bytes_raw(), is_signature)


def generate() -> PrivateKey:
    """A new private key. Only where ``available``."""
    return MLDSA44PrivateKey.generate()


def is_private(key: object) -> TypeGuard[PrivateKey]:
    """Whether a key that was read from a file is one of this kind."""
    return _HAS_MODULE and isinstance(key, MLDSA44PrivateKey)


def is_signature(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether a signature is good."""
    try:
        MLDSA44PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
