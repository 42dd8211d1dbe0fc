"""The log's own key: an Ed25519 key in a file that nobody else may read, and beside it the public keys.

``<path>`` holds the private key (PEM, PKCS #8), ``<path>.vkeys`` one public key a line, the newest last. Keys are only ever added
there: what an old key signed must be checked in twenty years. A key bears the log's origin as its name.

When the key is changed the old one stays in ``<path>.before`` and signs as well, until somebody deletes it: whoever checks has
time to get the new public key. ``<path>.next`` is there only while that is going on.

Where ``<path>.mldsa`` is there, it holds a second key (ML-DSA-44), which signs every checkpoint as well; ``<path>.before.mldsa``
and ``<path>.next.mldsa`` belong to those. It never signs alone; where the library cannot use it, the first goes on without it.
"""

import logging
import os
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from gatekeeper.ledger import ml_dsa
from gatekeeper.ledger.ml_dsa import MLDSASigner, PrivateKey
from gatekeeper.rules.errors import N_, Conflict, Fault, Invalid, Unavailable
from gatekeeper.rules.note import ED25519, BadNote, Signer, Verifier, is_name, key_id

_LOG = logging.getLogger(__name__)

NO_ML_DSA = N_("The cryptography library of this machine knows no ML-DSA-44: it is too old, or was built without it.")
_MISSING = N_("There is no signing key in %(path)s. Run: gatekeeper ledger keygen")
_READABLE = N_("The signing key %(path)s can be read by others than its owner. Run: chmod 600 %(path)s")
_NOT_A_KEY = N_("%(path)s is not an Ed25519 key in PEM, PKCS 8.")
_EXISTS = N_("%(path)s is there already. A signing key is never overwritten.")
_NOT_ML_DSA = N_("%(path)s is not an ML-DSA-44 key in PEM, PKCS 8.")
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
    _check_name(name)
    signer = Ed25519Signer(name, _make(path), algorithm)
    put_on_list(path, signer.verifier())
    return signer


def generate_second(path: Path, name: str) -> Verifier:
    """Make the second key beside a first one, and list its public half, which is returned."""
    _check_name(name)
    if not ml_dsa.available():
        raise Unavailable(NO_ML_DSA)
    return _make_second(path, name, listed=path)


def load(path: Path, name: str, algorithm: int = ED25519, *, listed: Path | None = None) -> Ed25519Signer:
    """The key in a file, to sign as ``name``. Refused where others may read it, or where nobody could check what it signs."""
    signer = Ed25519Signer(name, _private(path), algorithm)
    _check_listed(path, signer.verifier(), listed or path)
    return signer


def second(path: Path, name: str) -> Verifier | None:
    """The public half of the second key that signs; None where there is none. ``Unavailable`` where it cannot be used."""
    if not second_path(path).exists():
        return None
    if not ml_dsa.available():
        raise Unavailable(NO_ML_DSA)
    found = ml_dsa.verifier(name, _private_second(second_path(path)))
    _check_listed(second_path(path), found, path)
    return found


def signers(path: Path, name: str, now: Callable[[], datetime]) -> list[Signer]:
    """All who sign: the key, and for a while after a change the one before it; then of each the second, where it can be used."""
    first = [path, *([before] if (before := _beside(path, "before")).exists() else [])]
    found: list[Signer] = [load(each, name, listed=path) for each in first]
    for each in (second_path(each) for each in first):
        if not each.exists():
            continue
        if not ml_dsa.available():
            _say_left_out(each)
            continue
        private = _private_second(each)
        _check_listed(each, ml_dsa.verifier(name, private), path)
        found.append(MLDSASigner(name, private, now))
    return found


@cache
def _say_left_out(path: Path) -> None:
    """Once for each process, not every second."""
    _LOG.warning("signing.ml_dsa_left_out", extra={"key": str(path), "reason": NO_ML_DSA})


def prepare_change(path: Path, name: str) -> list[tuple[Verifier, Verifier]]:
    """Make the next key and list it; the one that signs now and the next. Nothing signs with it yet.

    If there is a second key that can be used, the same follows for it. If it cannot be used it stays as it is.
    """
    now, before, following = load(path, name), _beside(path, "before"), _beside(path, "next")
    for each in (before, second_path(before)):
        if each.exists():
            raise Conflict(_STILL_BEFORE, path=each)
    changing = second(path, name) if ml_dsa.available() else None
    if not following.exists():
        _make(following)
    pairs = [(now.verifier(), Ed25519Signer(name, _private(following)).verifier())]
    put_on_list(path, pairs[0][1])
    if changing is not None:
        made = second_path(following)
        after = ml_dsa.verifier(name, _private_second(made)) if made.exists() else _make_second(following, name, listed=path)
        put_on_list(path, after)
        pairs.append((changing, after))
    return pairs


def change(path: Path) -> None:
    """Put the next key in its place, and the next second one if there is one. Those before stay beside them."""
    before, following = _beside(path, "before"), _beside(path, "next")
    try:
        if second_path(following).exists():
            second_path(path).rename(second_path(before))
            second_path(following).rename(second_path(path))
        path.rename(before)
        following.rename(path)
    except OSError as error:
        raise Unavailable(_UNREADABLE, path=path, detail=error.strerror) from error


def put_on_list(path: Path, verifier: Verifier) -> None:
    """Add a public key to the list beside the private one, if it does not stand there."""
    listed, vkey = vkeys_path(path), verifier.vkey()
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
    signer = Ed25519Signer(name, _private(path))
    for each in (_beside(path, "before"), path):
        if each.exists():
            put_on_list(path, Ed25519Signer(name, _private(each)).verifier())
        if second_path(each).exists() and ml_dsa.available():
            put_on_list(path, ml_dsa.verifier(name, _private_second(second_path(each))))
    return signer


def second_path(path: Path) -> Path:
    """Where the second key stands, if there is one."""
    return _beside(path, "mldsa")


def vkeys_path(path: Path) -> Path:
    """Where the public keys stand."""
    return _beside(path, "vkeys")


def verifiers(path: Path) -> list[Verifier]:
    """Every public key beside a private one, the newest last; none where there is no list. Some may not be checked here."""
    return parse_vkeys(_lines(vkeys_path(path)), vkeys_path(path))


def parse_vkeys(lines: Sequence[str], path: Path | str) -> list[Verifier]:
    """Public keys from their words; empty lines and those that begin with # say nothing."""
    found = []
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.startswith("#"):
            try:
                found.append(parse_vkey(line.strip()))
            except BadNote as error:
                raise Invalid(Fault(_BAD_LINE, line=number, path=path)) from error
    return found


def parse_vkey(vkey: str) -> Verifier:
    """One public key from its word, to be checked with what this machine's library knows; ``BadNote`` if it is none."""
    return Verifier.parse(vkey, is_signature, ml_dsa.is_signature if ml_dsa.available() else None)


def fingerprint(verifier: Verifier) -> str:
    """The key's id as people compare it: eight hex digits."""
    return verifier.key_id.hex()


def _beside(path: Path, what: str) -> Path:
    return path.with_name(f"{path.name}.{what}")


def _check_name(name: str) -> None:
    if not is_name(name):
        raise Invalid(Fault(_NO_NAME, name=name))


def _check_listed(path: Path, verifier: Verifier, listed: Path) -> None:
    if verifier.vkey() not in _lines(vkeys_path(listed)):
        raise Unavailable(_NOT_LISTED, path=path, vkeys=vkeys_path(listed), name=verifier.name)


def _make(path: Path) -> Ed25519PrivateKey:
    private = Ed25519PrivateKey.generate()
    _keep(path, private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return private


def _make_second(path: Path, name: str, *, listed: Path) -> Verifier:
    private = ml_dsa.generate()
    _keep(second_path(path), private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    made = ml_dsa.verifier(name, private)
    put_on_list(listed, made)
    return made


def _private(path: Path) -> Ed25519PrivateKey:
    private = _read(path, _NOT_A_KEY)
    if not isinstance(private, Ed25519PrivateKey):
        raise Unavailable(_NOT_A_KEY, path=path)
    return private


def _private_second(path: Path) -> PrivateKey:
    private = _read(path, _NOT_ML_DSA)
    if not ml_dsa.is_private(private):
        raise Unavailable(_NOT_ML_DSA, path=path)
    return private


def _keep(path: Path, pem: bytes) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_new(path, pem)
    except FileExistsError as error:
        raise Conflict(_EXISTS, path=path) from error
    except OSError as error:
        raise Unavailable(_UNREADABLE, path=path, detail=error.strerror) from error


def _read(path: Path, otherwise: str) -> object:
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
        return load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Unavailable(otherwise, path=path) from error


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
