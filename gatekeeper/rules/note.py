"""Signed notes and checkpoints of C2SP (signed-note, tlog-checkpoint, tlog-cosignature). The cryptography is passed in.

1. A note is a text, an empty line, and lines of a dash, a key's name, and in base64 the key's four-byte id and the signature.
2. A key is known by name and id together. What an unknown key signed says nothing; a known key's bad signature spoils the note.
3. A checkpoint is a text of an origin, a size and a root: what a log promises never to take back.
4. A witness's signature is also over the time at which it saw the checkpoint, and begins with it.
5. ML-DSA-44 (FIPS 204, post-quantum) knows only that form, for logs and witnesses alike: a signature begins with a time, and is
   over the signer's name, that time, and a checkpoint's origin, size and root. Lines that follow a root are not under it.
"""

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

ED25519 = 0x01
COSIGNATURE = 0x04
ML_DSA_44 = 0x06
MAX_SIGNATURES = 100

_DASH = "\N{EM DASH} "
_ID_SIZE = 4
_KEY_SIZES = {ED25519: 32, COSIGNATURE: 32, ML_DSA_44: 1312}
_ROOT_SIZE = 32
_TIME_SIZE = 8
_MAX_TIME = 2**63 - 1
_MAX_NAME = 255
_MAX_DIGITS = 19
_SUBTREE = b"subtree/v1\n\0"
_SPACE = ord(" ")

Check = Callable[[bytes, bytes, bytes], bool]
"""``check(public_key, message, signature)``: whether a signature is good."""


class BadNote(ValueError):
    """A note, a checkpoint or a key that is not well formed, or that nobody known has signed."""


class Signer(Protocol):
    """Who signs a note's text."""

    @property
    def name(self) -> str:
        """The key's name."""

    @property
    def key_id(self) -> bytes:
        """The key's id, four bytes."""

    def sign(self, text: bytes, /) -> bytes:
        """The signature over a text."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says of itself: its name, how many leaves it has, and the root over them."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def body(self) -> str:
        """The text to be signed."""
        return "".join(f"{line}\n" for line in (self.origin, self.size, _base64(self.root), *self.extensions))

    @classmethod
    def parse(cls, body: str) -> "Checkpoint":
        """A checkpoint from its text. There is one way only to write each: what is spelled otherwise is ``BadNote``."""
        *lines, rest = body.split("\n")
        if len(lines) < len(("origin", "size", "root")) or not all(lines) or rest:
            raise BadNote("this is not a checkpoint: it has an origin, a size and a root, each on a line")
        origin, size, root, *extensions = lines
        if not (size.isascii() and size.isdigit() and len(size) <= _MAX_DIGITS):
            raise BadNote("the size of this checkpoint is not a number")
        found = cls(origin, int(size), _from_base64(root), tuple(extensions))
        if len(found.root) != _ROOT_SIZE or found.body() != body:
            raise BadNote("the size or the root of this checkpoint is not spelled as it should be")
        return found


@dataclass(frozen=True, slots=True)
class Verifier:
    """A key that is known: whose it is, what its signatures are over, and how one is checked.

    Where ``check`` is None no signature can be checked, so the key is as good as unknown: what it signed says nothing.
    """

    name: str
    algorithm: int
    public_key: bytes
    check: Check | None

    def __post_init__(self) -> None:
        if not is_name(self.name) or _KEY_SIZES.get(self.algorithm) != len(self.public_key):
            raise BadNote("this key has no name, or is of a kind that is not known here")

    @property
    def key_id(self) -> bytes:
        """The key's id, four bytes."""
        return key_id(self.name, self.algorithm, self.public_key)

    def vkey(self) -> str:
        """The key as one word, which is how people hand it on."""
        return f"{self.name}+{self.key_id.hex()}+{_base64(bytes([self.algorithm]) + self.public_key)}"

    @classmethod
    def parse(cls, vkey: str, check: Check, check_ml_dsa: Check | None = None) -> "Verifier":
        """A key from its word; ``BadNote`` if it is not one. The two kinds of signature are checked by code of their own."""
        name, _, rest = vkey.partition("+")
        identifier, _, encoded = rest.partition("+")
        key = _from_base64(encoded)
        algorithm = key[0] if key else 0
        found = cls(name, algorithm, key[1:], check_ml_dsa if algorithm == ML_DSA_44 else check)
        if found.key_id.hex() != identifier:
            raise BadNote("the id in this key is not that of the key: it was not copied whole")
        return found

    def verify(self, text: bytes, signature: bytes) -> bool:
        """Whether this key has signed a text so. Never, where that cannot be checked."""
        if self.check is None:
            return False
        if self.algorithm != ED25519:
            at, signature = int.from_bytes(signature[:_TIME_SIZE]), signature[_TIME_SIZE:]
            if self.algorithm == COSIGNATURE:
                text = cosigned(text, at)
            else:
                try:
                    text = subtree(self.name, text, at)
                except BadNote:
                    return False
        return self.check(self.public_key, text, signature)


def key_id(name: str, algorithm: int, public: bytes) -> bytes:
    """The four bytes by which, with its name, a key is told from others."""
    return sha256(name.encode() + b"\n" + bytes([algorithm]) + public).digest()[:_ID_SIZE]


def is_name(name: str) -> bool:
    """Whether a key may be called so."""
    return bool(name) and "+" not in name and not any(character.isspace() or character < " " for character in name)


def cosigned(text: bytes, at: int) -> bytes:
    """What a witness signs: the time, in seconds since 1970, and the text of a checkpoint."""
    return f"cosignature/v1\ntime {at}\n".encode() + text


def subtree(name: str, text: bytes, at: int) -> bytes:
    """What is signed with ML-DSA-44: who signs, the time, and the text's origin, size and root; ``BadNote`` for no checkpoint.

    It is the form for any part of a tree. A checkpoint is the part from the first leaf on.
    """
    tree = Checkpoint.parse(text.decode())
    signer, origin = name.encode(), tree.origin.encode()
    if not (0 <= at <= _MAX_TIME and 0 < len(signer) <= _MAX_NAME and 0 < len(origin) <= _MAX_NAME):
        raise BadNote("a name is too long, or the time too far away, to be signed with ML-DSA-44")
    parts = [_SUBTREE, bytes([len(signer)]), signer, at.to_bytes(8), bytes([len(origin)]), origin]
    return b"".join([*parts, bytes(8), tree.size.to_bytes(8), tree.root])


def sign(text: str, signers: Iterable[Signer]) -> str:
    """A note: the text and a line for each who signs it."""
    if not text.endswith("\n") or not _is_clean(text):
        raise BadNote("the text of a note ends in a newline and holds no other control character")
    lines = (f"{_DASH}{each.name} {_base64(each.key_id + each.sign(text.encode()))}\n" for each in signers)
    return "".join([text, "\n", *lines])


def open_note(note: str, verifiers: Iterable[Verifier]) -> tuple[str, list[str]]:
    """The text of a note and the names of the known keys that signed it; ``BadNote`` if there is none, or one is bad."""
    text, lines = _parted(note)
    known = {(each.name, each.key_id): each for each in verifiers}
    signed: list[str] = []
    for name, identifier, signature in lines:
        verifier = known.get((name, identifier))
        if verifier is None or verifier.check is None:
            continue
        if not verifier.verify(text.encode(), signature):
            raise BadNote(f"the signature of {name} under this note is not over this text")
        if name not in signed:
            signed.append(name)
    if not signed:
        raise BadNote("no known key has signed this note")
    return text, signed


def cosigned_at(note: str, witness: Verifier) -> int | None:
    """When a witness says to have seen this checkpoint, in seconds since 1970; None if it has not, or not with this key."""
    text, lines = _parted(note)
    for name, identifier, signature in lines:
        if (name, identifier) == (witness.name, witness.key_id) and witness.algorithm == COSIGNATURE:
            return int.from_bytes(signature[:_TIME_SIZE]) if witness.verify(text.encode(), signature) else None
    return None


def _parted(note: str) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    """The text, and of each signature the key's name, its id and what it signed."""
    text, separator, below = note.rpartition("\n\n")
    if not (separator and text and below.endswith("\n") and _is_clean(note)):
        raise BadNote("this is not a signed note: a text, an empty line, and signatures")
    lines = below.removesuffix("\n").split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise BadNote("this note has more signatures than anybody would need")
    return f"{text}\n", [_signature(line) for line in lines]


def _signature(line: str) -> tuple[str, bytes, bytes]:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    content = _from_base64(encoded)
    if not line.startswith(_DASH) or not is_name(name) or len(content) <= _ID_SIZE:
        raise BadNote("this is not a signed note: one of the lines below its text is no signature")
    return name, content[:_ID_SIZE], content[_ID_SIZE:]


def _is_clean(text: str) -> bool:
    return all(ord(character) >= _SPACE or character == "\n" for character in text)


def _base64(content: bytes) -> str:
    return b64encode(content).decode()


def _from_base64(text: str) -> bytes:
    """Bytes from base64 in its one spelling."""
    try:
        content = b64decode(text.encode(), validate=True)
    except (NotBase64, ValueError):
        content = b""
    if _base64(content) != text:
        raise BadNote("what should be base64 here is not")
    return content
