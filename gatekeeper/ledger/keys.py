"""The log's own key: an Ed25519 key in a file that nobody else may read, and beside it the public keys.

``<path>`` holds the private key (PEM, PKCS #8), ``<path>.vkeys`` one public key a line, the newest last. Keys are only ever added
there: what an old key signed must be checked in twenty years. A key bears the log's origin as its name.

When the key is changed the old one stays in ``<path>.before`` and signs as well, until somebody deletes it: whoever checks has
time to get the new public key. ``<path>.next`` is there only while that is going on.
"""

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from gatekeeper.rules.errors import N_, Conflict, Fault, Invalid, Unavailable
from gatekeeper.rules.note import ED25519, BadNote, Verifier, is_name, key_id

_MISSING = N_("There is no signing key in %(path)s. Run: gatekeeper ledger keygen")
_READABLE = N_("The signing key %(path)s can be read by others than its owner. Run: chmod 600 %(path)s")
_NOT_A_KEY = N_("%(path)s is not an Ed25519 key in PEM, PKCS 8.")
_EXISTS = N_("%(path)s is there already. A signing key is never overwritten.")
_NOT_LISTED = N_("The public key of %(path)s does not stand in %(vkeys)s under %(name)s. Run: gatekeeper ledger keygen --list")
_BAD_LINE = N_("Line %(line)s of %(path)s is not a public key.")
_UNREADABLE = N_("%(path)s cannot be read or written: %(detail)s")
_STILL_BEFORE = N_("The key before still signs too. When everybody has the new public key, delete %(path)s first.")
_NO_NAME = N_("A key cannot be called %(name)s.")


@dataclass(frozen=True, slots=True)
class Ed25519Signer:
    """A private key, the name that it signs under, and what it signs: notes as they are, or as a witness does."""

    name: str
    private: Ed25519PrivateKey
    algorithm: int = ED25519

    @property
    def public(self) -> bytes:
        """The public key, 32 bytes."""
        return self.private.public_key().public_bytes_raw()

    @property
    def key_id(self) -> bytes:
        """The key's id, four bytes."""
        return key_id(self.name, self.algorithm, self.public)

    def sign(self, text: bytes, /) -> bytes:
        """The signature over a text."""
        return self.private.sign(text)

    def verifier(self) -> Verifier:
        """The public half, to check what this one signed."""
        return Verifier(self.name, self.algorithm, self.public, is_signature)


def is_signature(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether an Ed25519 signature is good."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def generate(path: Path, name: str, algorithm: int = ED25519) -> Ed25519Signer:
    """Make a key, write it where nobody else can read it, and list its public half."""
    if not is_name(name):
        raise Invalid(Fault(_NO_NAME, name=name))
    signer = Ed25519Signer(name, _make(path), algorithm)
    put_on_list(path, signer)
    return signer


def load(path: Path, name: str, algorithm: int = ED25519, *, listed: Path | None = None) -> Ed25519Signer:
    """The key in a file, to sign as ``name``. Refused where others may read it, or where nobody could check what it signs."""
    signer, vkeys = Ed25519Signer(name, _private(path), algorithm), vkeys_path(listed or path)
    if signer.verifier().vkey() not in _lines(vkeys):
        raise Unavailable(_NOT_LISTED, path=path, vkeys=vkeys, name=name)
    return signer


def signers(path: Path, name: str) -> list[Ed25519Signer]:
    """All who sign: the key, and for a while after a change the one before it."""
    before = _beside(path, "before")
    return [load(path, name), *([load(before, name, listed=path)] if before.exists() else [])]


def prepare_change(path: Path, name: str) -> tuple[Ed25519Signer, Ed25519Signer]:
    """Make the next key and list it; return the one that signs now and the next. Nothing signs with it yet."""
    now, following = load(path, name), _beside(path, "next")
    if _beside(path, "before").exists():
        raise Conflict(_STILL_BEFORE, path=_beside(path, "before"))
    if not following.exists():
        _make(following)
    signer = Ed25519Signer(name, _private(following))
    put_on_list(path, signer)
    return now, signer


def change(path: Path) -> None:
    """Put the next key in its place. The one before stays beside it."""
    try:
        path.rename(_beside(path, "before"))
        _beside(path, "next").rename(path)
    except OSError as error:
        raise Unavailable(_UNREADABLE, path=path, detail=error.strerror) from error


def put_on_list(path: Path, signer: Ed25519Signer) -> None:
    """Add the public half of a key to the list beside it, if it does not stand there."""
    listed, vkey = vkeys_path(path), signer.verifier().vkey()
    if vkey in _lines(listed):
        return
    try:
        with listed.open("a+b") as file:
            file.seek(0)
            whole = file.read()
            file.write(b"" if not whole or whole.endswith(b"\n") else b"\n")  # somebody may have typed the last line
            file.write(f"{vkey}\n".encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise Unavailable(_UNREADABLE, path=listed, detail=error.strerror) from error


def list_again(path: Path, name: str) -> Ed25519Signer:
    """List the public half of a key that is there, under this name: a log that was opened anew has a name of its own."""
    if (before := _beside(path, "before")).exists():
        put_on_list(path, Ed25519Signer(name, _private(before)))
    signer = Ed25519Signer(name, _private(path))
    put_on_list(path, signer)
    return signer


def vkeys_path(path: Path) -> Path:
    """Where the public keys stand."""
    return _beside(path, "vkeys")


def verifiers(path: Path) -> list[Verifier]:
    """Every public key beside a private one, the newest last; none where there is no list."""
    return parse_vkeys(_lines(vkeys_path(path)), vkeys_path(path))


def parse_vkeys(lines: Sequence[str], path: Path | str) -> list[Verifier]:
    """Public keys from their words; empty lines and those that begin with # say nothing."""
    found = []
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.startswith("#"):
            try:
                found.append(Verifier.parse(line.strip(), is_signature))
            except BadNote as error:
                raise Invalid(Fault(_BAD_LINE, line=number, path=path)) from error
    return found


def fingerprint(verifier: Verifier) -> str:
    """The key's id as people compare it: eight hex digits."""
    return verifier.key_id.hex()


def _beside(path: Path, what: str) -> Path:
    return path.with_name(f"{path.name}.{what}")


def _make(path: Path) -> Ed25519PrivateKey:
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_new(path, pem)
    except FileExistsError as error:
        raise Conflict(_EXISTS, path=path) from error
    except OSError as error:
        raise Unavailable(_UNREADABLE, path=path, detail=error.strerror) from error
    return private


def _private(path: Path) -> Ed25519PrivateKey:
    try:
        with path.open("rb") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise Unavailable(_READABLE, path=path)
            content = file.read()
    except FileNotFoundError as error:
        raise Unavailable(_MISSING, path=path) from error
    except OSError as error:
        raise Unavailable(_UNREADABLE, path=path, detail=error.strerror) from error
    try:
        private = load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Unavailable(_NOT_A_KEY, path=path) from error
    if not isinstance(private, Ed25519PrivateKey):
        raise Unavailable(_NOT_A_KEY, path=path)
    return private


def _write_new(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("ascii").splitlines()
    except FileNotFoundError:
        return []
    except UnicodeDecodeError as error:
        raise Invalid(Fault(_BAD_LINE, line=1, path=path)) from error
    except OSError as error:
        raise Unavailable(_UNREADABLE, path=path, detail=error.strerror) from error
