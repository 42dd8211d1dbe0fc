"""Check evidence from a Gatekeeper log, by yourself: one file, Python 3.8 or later, nothing to install, no network.

    python3 gkverify.py evidence.zip --vkey 'NAME+HASH+KEY' [--known CHECKPOINT]... [--whole FIRST:LAST]
    python3 gkverify.py entry.tlog-proof --vkey '...' [--leaf FILE]
    python3 gkverify.py receipt.json --vkey '...' [--leaf FILE]
    python3 gkverify.py manifest.json --vkey '...'        (a dispute pack, unpacked; or the archive itself)

The log's key (--vkey) must come to you by another way than the evidence, for example printed in a contract or read out by
telephone: whoever forges evidence can put a matching key beside it. --known is a checkpoint that you kept from earlier; with
it, a log that has been rewritten since is found. --witness (with --quorum) demands signatures of witnesses that you know.
Signatures with ML-DSA-44 (post-quantum) are left aside: only Ed25519 is checked here.

Exit status: 0 it holds, 1 it does not hold, 2 it could not be checked. RFC 6962 (tree), RFC 8032 (signature) and the C2SP
texts signed-note, tlog-checkpoint, tlog-cosignature and tlog-proof are written out below. This program shares no code with
the one that makes the evidence, on purpose: a mistake would have to be made twice.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import itertools
import json
import re
import struct
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

MOST_SMALL = 1 << 20  # bytes of a member, or of a file that is no bundle, that is read at once
MOST_LEAF = 65535
MOST_PART = 1 << 28  # bytes of a part of a dispute pack
MOST_SQUEEZED = 100  # times a member may grow when unpacked; entries grow about ten times
SMALL = {"manifest.json", "checkpoint", "README.md", "gkverify.py"}
STREAMED = {"entries.ndjson", "index.txt", "proof.txt", "openings.ndjson"}
BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, ValueError, OverflowError, OSError)


class Refused(Exception):
    """The evidence does not hold."""


class Unchecked(Exception):
    """Nothing can be said about the evidence."""


# --- Ed25519, RFC 8032, section 5.1 (verification only; nothing here is secret, so time does not matter) --------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def _add(p: Any, q: Any) -> Any:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(number: int, p: Any) -> Any:
    found = (0, 1, 1, 0)
    while number:
        if number & 1:
            found = _add(found, p)
        p = _add(p, p)
        number >>= 1
    return found


def _x_of(y: int, odd: int) -> int | None:
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (x == 0 and odd):
        return None
    return P - x if x & 1 != odd else x


def _point(encoded: bytes) -> Any:
    number = int.from_bytes(encoded, "little")
    y, odd = number & ((1 << 255) - 1), number >> 255
    x = _x_of(y, odd)
    return None if x is None else (x, y, 1, x * y % P)


def _encoded(p: Any) -> bytes:
    inverse = pow(p[2], P - 2, P)
    x, y = int(p[0] * inverse % P), int(p[1] * inverse % P)
    return (y | (x & 1) << 255).to_bytes(32, "little")


_Y = 4 * pow(5, P - 2, P) % P
BASE = _point(_Y.to_bytes(32, "little"))


def signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether this is the key's signature of the message."""
    if len(public) != 32 or len(signature) != 64:
        return False
    key, s = _point(public), int.from_bytes(signature[32:], "little")
    if key is None or s >= ORDER:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    minus_key = (P - key[0], key[1], key[2], P - key[3])
    return _encoded(_add(_times(s, BASE), _times(challenge, minus_key))) == signature[:32]


# --- RFC 6962: the tree ------------------------------------------------------------------------------------------------------


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of an entry's bytes."""
    return hashlib.sha256(b"\0" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two parts of the tree."""
    return hashlib.sha256(b"\1" + left + right).digest()


def included(index: int, size: int, leaf: bytes, proof: list[bytes], root: bytes) -> bool:
    """Whether the leaf stands at this place of the tree with this root (RFC 9162, 2.1.3.2)."""
    node, last, found = index, size - 1, leaf
    if not 0 <= index < size:
        return False
    for each in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            found = node_hash(each, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, each)
        node, last = node >> 1, last >> 1
    return last == 0 and found == root


def continued(old: int, old_root: bytes, new: int, new_root: bytes, proof: list[bytes]) -> bool:
    """Whether the tree of the new size begins with the tree of the old one, unchanged (RFC 9162, 2.1.4.2)."""
    if old in {0, new}:
        return not proof and (old_root == new_root if old == new else old_root == hashlib.sha256(b"").digest())
    if not 0 < old < new or not proof:
        return False
    steps = proof if old & (old - 1) else [old_root, *proof]
    node, last = old - 1, new - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    first = second = steps[0]
    for each in steps[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            first, second = node_hash(each, first), node_hash(each, second)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            second = node_hash(second, each)
        node, last = node >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root


# --- C2SP: keys, signed notes, checkpoints -----------------------------------------------------------------------------------


class Key(NamedTuple):
    """A key that the checker was given. Kind 1 signs checkpoints, kind 4 is a witness and adds a time."""

    name: str
    id: bytes
    kind: int
    public: bytes


class Checkpoint(NamedTuple):
    """What the log has signed: at this size it had this root. Names: ``witnesses`` signed too, ``aside`` in a way not known."""

    origin: str
    size: int
    root: bytes
    witnesses: frozenset[str]
    aside: str


def unbase64(text: str, length: int | None = None) -> bytes:
    """Strict base64: one spelling for each value."""
    try:
        found = base64.b64decode(text, validate=True)
    except ValueError:
        raise Refused("Something that should be Base64 is not.") from None
    if base64.b64encode(found).decode() != text or length not in {None, len(found)}:
        raise Refused("Something in Base64 is not spelled as it must be, or has the wrong length.")
    return found


def decimal(text: str) -> int:
    """A number with one spelling."""
    if not re.fullmatch("0|[1-9][0-9]{0,18}", text):
        raise Refused(f"Something that should be a number is not: {text[:40]!r}")
    return int(text)


def key_of(vkey: str) -> Key:
    """Read a key as it is passed around: name+hash+base64."""
    try:
        name, id_, encoded = vkey.strip().split("+", 2)
        content = base64.b64decode(encoded, validate=True)
    except ValueError:
        raise Unchecked("The key given is not of the form NAME+HASH+KEY.") from None
    if content[:1] == b"\6":
        raise Unchecked(f"The key given for {name!r} is for ML-DSA-44. This program checks Ed25519 only: give that key.")
    expected = hashlib.sha256(name.encode() + b"\n" + content).digest()[:4]
    if len(content) != 33 or content[0] not in {1, 4} or expected.hex() != id_:
        raise Unchecked(f"The key given for {name!r} was mistyped, or is not an Ed25519 key.")
    return Key(name, expected, content[0], content[1:])


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("A text in the evidence is not UTF-8.") from None


def _signed_by(key: Key, body: bytes, signature: bytes) -> bool:
    if key.kind == 1:
        return signed(key.public, body, signature)
    moment = int.from_bytes(signature[:8], "big")
    return len(signature) == 72 and signed(key.public, f"cosignature/v1\ntime {moment}\n".encode() + body, signature[8:])


def _signers(line: str, body: bytes, keys: list[Key]) -> Iterator[Key]:
    found = re.fullmatch("\u2014 ([^ +]+) ([^ ]+)", line)
    if not found:
        raise Refused("The checkpoint has a line of signature that is none.")
    blob = unbase64(found.group(2))
    for key in keys:
        if (found.group(1), blob[:4]) == (key.name, key.id):
            if not _signed_by(key, body, blob[4:]):
                raise Refused(f"The checkpoint's signature by {key.name} is false.")
            yield key


def opened(note: bytes, keys: list[Key]) -> Checkpoint:
    """Read a checkpoint. One of the log's keys must have signed it, and no known key may stand there with a false signature."""
    text = _text(note)
    body, gap, lines = text.rpartition("\n\n")
    if not gap or not lines.endswith("\n") or re.search("[\0-\t\v-\x1f]", text):
        raise Refused("The checkpoint is not a signed note.")
    by = [key for line in lines[:-1].split("\n") for key in _signers(line, (body + "\n").encode(), keys)]
    parts = body.split("\n")
    if len(parts) < 3 or not parts[0]:
        raise Refused("The checkpoint does not say origin, size and root.")
    if not any(key.kind == 1 and key.name == parts[0] for key in by):
        raise Refused(f"The checkpoint is not signed by a key that you gave for the log {parts[0]}.")
    witnesses = frozenset(key.name for key in by if key.kind == 4)
    below = [line.split(" ") for line in lines[:-1].split("\n")]
    aside = ", ".join(sorted({name for _, name, blob in below if len(unbase64(blob)) == 4 + 8 + 2420}))  # as long as ML-DSA-44
    return Checkpoint(parts[0], decimal(parts[1]), unbase64(parts[2], 32), witnesses, aside)


def proof_of(content: bytes) -> tuple[bytes, int, list[bytes], bytes]:
    """Take a C2SP tlog-proof apart: extra data, index, hashes, and the checkpoint, which is not yet checked."""
    head, gap, note = content.partition(b"\n\n")
    lines = _text(head).split("\n")
    if not gap or lines[0] != "c2sp.org/tlog-proof@v1":
        raise Refused("This is not a C2SP tlog-proof.")
    extra = unbase64(lines.pop(1)[6:]) if len(lines) > 1 and lines[1].startswith("extra ") else b""
    if len(lines) < 2 or not lines[1].startswith("index "):
        raise Refused("The proof does not say at which place the entry stands.")
    return extra, decimal(lines[1][6:]), [unbase64(line, 32) for line in lines[2:]], note


# --- Evidence ----------------------------------------------------------------------------------------------------------------


class Stream:
    """A sequence whose next element can be looked at. Nothing of a bundle is ever held in memory as a whole."""

    def __init__(self, items: Iterable[Any]) -> None:
        self._items = iter(items)
        self.next: Any = next(self._items, None)

    def take(self) -> Any:
        """The next element; the one after it follows."""
        taken, self.next = self.next, next(self._items, None)
        return taken


class Tally:
    """What was met on the way through a bundle's entries."""

    def __init__(self) -> None:
        self.entries = self.opened = self.closed = 0
        self.first = self.last = -1


def members(bundle: zipfile.ZipFile) -> None:
    """Refuse what cannot be a bundle before anything of it is unpacked."""
    names = [each.filename for each in bundle.infolist()]
    strange = [name for name in names if name not in SMALL | STREAMED and not re.fullmatch(r"(tsa|consistency)/[\w.-]+", name)]
    if strange or len(set(names)) != len(names) or len(names) > 1000:
        raise Refused(f"The bundle holds members that it should not, or one name twice: {strange[:5]!a}")
    missing = (STREAMED - {"openings.ndjson"} | {"checkpoint", "manifest.json"}) - set(names)
    if missing:
        raise Refused("The bundle lacks {}.".format(", ".join(sorted(missing))))
    for each in bundle.infolist():
        if each.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED} or each.flag_bits & 1:
            raise Refused(f"The bundle's member {each.filename} is packed in a way that no bundle is.")
        is_large = each.file_size > MOST_SMALL
        if is_large and (each.filename not in STREAMED or each.file_size > MOST_SQUEEZED * each.compress_size):
            raise Refused(f"The bundle's member {each.filename} is too large.")
        if each.filename not in STREAMED:
            small(bundle, each.filename)  # reading to the end holds it against its checksum


def small(bundle: zipfile.ZipFile, name: str) -> bytes:
    """A member that is read at once."""
    with bundle.open(name) as file:
        return file.read(MOST_SMALL)


def lines(bundle: zipfile.ZipFile, name: str, most: int) -> Iterator[bytes]:
    """A member's lines, each of at most so many bytes."""
    if name not in bundle.namelist():
        return
    with io.BufferedReader(bundle.open(name), 1 << 16) as file:  # type: ignore[type-var]  # it reads as a raw file does
        while True:
            line = file.readline(most + 1)
            if not line:
                return
            if line[-1:] != b"\n":
                raise Refused(f"A line of {name} is too long, or does not end.")
            yield line[:-1]


def parsed(content: bytes, what: str) -> dict[str, Any]:
    """One JSON object."""
    try:
        found = json.loads(_text(content))
    except (ValueError, RecursionError):
        raise Refused(f"{what} is not JSON.") from None
    if not isinstance(found, dict):
        raise Refused(f"{what} is not a JSON object.")
    return found


def opening(line: bytes) -> tuple[int, str, str]:
    """A private value that is shown: at which entry, of which name, and the commitment that it must have there."""
    found = parsed(line, "An opening")
    index, name, salt, value = (found.get(each) for each in ("leaf", "field", "salt", "value"))
    if type(index) is not int or not all(isinstance(each, str) for each in (name, salt, value)):
        raise Refused("An opening does not say leaf, field, salt and value.")
    try:
        content = str(name).encode() + b"\0" + unbase64(str(salt), 32) + str(value).encode()
    except UnicodeEncodeError:
        raise Refused("An opening holds what is no text.") from None
    return index, str(name), base64.b64encode(hashlib.sha256(b"gk-pii-v1\0" + content).digest()).decode()


def leaves(bundle: zipfile.ZipFile, origin: str, tally: Tally) -> Iterator[tuple[int, bytes]]:
    """The bundle's entries by place and hash; on the way every opening is held against its entry."""
    openings = Stream(opening(line) for line in lines(bundle, "openings.ndjson", MOST_SMALL))
    indexes = lines(bundle, "index.txt", 20)
    for entry, number in itertools.zip_longest(lines(bundle, "entries.ndjson", MOST_LEAF + 1), indexes):
        if entry is None or number is None:
            raise Refused("The bundle has not as many entries as places for them.")
        index, leaf = decimal(_text(number)), parsed(entry, "An entry")
        committed = leaf.get("private")
        if leaf.get("log") != origin or not isinstance(committed, dict):
            raise Refused(f"The entry at place {index} is not of the log {origin}.")
        tally.first, tally.last = tally.first if tally.entries else index, index
        tally.entries, tally.closed = tally.entries + 1, tally.closed + len(committed)
        while openings.next is not None and openings.next[0] == index:
            _, name, commitment = openings.take()
            if committed.pop(name, None) != commitment:
                raise Refused(f"The value shown for {name!a} at place {index} is not the one recorded.")
            tally.opened += 1
        yield index, leaf_hash(entry)
    if openings.next is not None:
        raise Refused("The bundle shows a private value of an entry that it does not hold, or shows it out of order.")


def ranges(bundle: zipfile.ZipFile) -> Iterator[tuple[int, int, bytes]]:
    """The hashes that stand for what the bundle does not hold."""
    for line in lines(bundle, "proof.txt", 100):
        parts = _text(line).split(" ")
        if len(parts) != 3:
            raise Refused("A line of proof.txt is not a range with its hash.")
        yield decimal(parts[0]), decimal(parts[1]), unbase64(parts[2], 32)


def root_of(low: int, high: int, entries: Stream, others: Stream) -> bytes:
    """The hash over the places from ``low`` to before ``high``, from entries where they are and from the proof where not."""
    if others.next is not None and others.next[:2] == (low, high):
        return bytes(others.take()[2])
    if high - low > 1:
        middle = low + (1 << ((high - low - 1).bit_length() - 1))
        return node_hash(root_of(low, middle, entries, others), root_of(middle, high, entries, others))
    if entries.next is None or entries.next[0] != low:
        raise Refused(f"What stands at place {low} is neither in the bundle nor accounted for by its proof.")
    return bytes(entries.take()[1])


def compare(path: str, checkpoint: Checkpoint, keys: list[Key], bundle: zipfile.ZipFile | None) -> str:
    """Hold the evidence against a checkpoint that the checker kept."""
    try:
        known = opened(content_of(path), keys)
    except Refused as error:
        raise Unchecked(f"{path}, which you keep: {error}") from None
    if known.origin != checkpoint.origin:
        raise Unchecked(f"The checkpoint {path} is of another log: {known.origin}")
    if known.size > checkpoint.size:
        sizes = f"You know the log at {known.size} entries, this evidence stops at {checkpoint.size}."
        raise Refused(f"{sizes} A log never shrinks: ask for evidence made today.")
    name, proof = f"consistency/{known.size}", []
    if bundle and 0 < known.size < checkpoint.size and name in bundle.namelist():
        proof = [unbase64(line, 32) for line in _text(small(bundle, name)).split()]
    if not continued(known.size, known.root, checkpoint.size, checkpoint.root, proof):
        what = f"It is not proven that the log still begins with the {known.size} entries that you know of."
        raise Refused(f"{what} Ask for evidence made with --known and this checkpoint; if that fails too, the log was rewritten.")
    return f"The log still begins with the {known.size} entries of the checkpoint {path} that you kept, unchanged."


def content_of(path: str) -> bytes:
    """A file that is no bundle."""
    with Path(path).open("rb") as file:
        content = file.read(MOST_SMALL + 1)
    if len(content) > MOST_SMALL:
        raise Unchecked(f"{path} is too large to be a checkpoint, a proof, a receipt or an entry.")
    return content


def check_bundle(path: Any, asked: argparse.Namespace, keys: list[Key]) -> list[str]:
    """Check a bundle; return what holds."""
    with zipfile.ZipFile(path) as bundle:
        members(bundle)
        manifest, tally = parsed(small(bundle, "manifest.json"), "manifest.json"), Tally()
        checkpoint = opened(small(bundle, "checkpoint"), keys)
        entries, others = Stream(leaves(bundle, checkpoint.origin, tally)), Stream(ranges(bundle))
        root = root_of(0, checkpoint.size, entries, others) if checkpoint.size else hashlib.sha256(b"").digest()
        if root != checkpoint.root or entries.next is not None or others.next is not None:
            raise Refused("The entries do not lead to the root that the log has signed: they were changed, or not all are here.")
        said = [manifest.get(name) for name in ("format", "log", "size", "entries")]
        if said != ["gatekeeper-evidence-1", checkpoint.origin, checkpoint.size, tally.entries]:
            raise Refused("manifest.json says something else than what the bundle holds.")
        holds = [signature_of(checkpoint, asked), f"Its {tally.entries} entries stand in this log exactly as in entries.ndjson."]
        holds.append(completeness(manifest.get("whole"), asked.whole, tally))
        if tally.closed:
            holds.append(f"{tally.opened} of {tally.closed} private values are shown, each as recorded; the rest stay sealed.")
        return holds + [compare(known, checkpoint, keys, bundle) for known in asked.known]


PACK = "gatekeeper-dispute-pack-1"
CLAIMED = ("at", "kind", "actor", "person", "investor", "report", "action", "outcome", "reason", "policy", "recorded_at")
OF_EACH = ("mandate", "standing", "class", "category", "lowest", "objectives", "acceptance")
CLAIMED_OF_DATA = ("changes", "reasons", "warnings", "facts", "score", "category", "lowest")


def check_pack(
    manifest: bytes, names: list[str], read: Callable[[str], Any], asked: argparse.Namespace, keys: list[Key]
) -> list[str]:
    """Check a dispute pack: its files, the evidence in it, and what its parts say of entries and words."""
    said = parsed(manifest, "manifest.json")
    files, parts = said.get("files"), said.get("parts")
    if not isinstance(files, dict) or not isinstance(parts, list) or not all(isinstance(each, dict) for each in parts):
        raise Refused("manifest.json does not name the pack's parts and files.")
    if set(names) - {"manifest.json"} != set(files) or len(set(names)) != len(names):
        odd = sorted(set(files).symmetric_difference(set(names) - {"manifest.json"}))
        raise Refused(f"The pack holds other files than its manifest names: {odd[:5]!a}")
    claims: dict[str, list[Any]] = {}
    for name, digest in sorted(files.items()):
        unchanged(name, digest, read, claims)
    holds = [f"The pack's {len(files)} files are those that its manifest names, unchanged."]
    holds += [f"MISSING, as the pack says: part {each.get('number')}, {each.get('title')}" for each in parts if "missing" in each]
    if "evidence.zip" not in files:
        raise Unchecked(
            "The pack holds no evidence of the log, so nothing in it can be held against the log. Its files are whole."
        )
    with tempfile.TemporaryFile() as bundle:
        with read("evidence.zip") as file:
            for piece in iter(lambda: file.read(1 << 20), b""):
                bundle.write(piece)
        holds += check_bundle(bundle, asked, keys)
        return [*holds, compared(bundle, claims)]


def unchanged(name: str, digest: Any, read: Callable[[str], Any], claims: dict[str, list[Any]]) -> None:
    """Refuse a file that is not the one with this SHA-256; of a part, collect what it says of entries."""
    taken, content = hashlib.sha256(), b""
    with read(name) as file:
        for piece in iter(lambda: file.read(1 << 20), b""):
            taken.update(piece)
            content += piece if name.endswith(".json") and len(content) < MOST_PART else b""
    if taken.hexdigest() != digest:
        raise Refused(f"The file {name!a} is not the one that the manifest names: it was changed.")
    if name.endswith(".json"):
        claimed(parsed(content, name), claims)


def claimed(found: Any, claims: dict[str, list[Any]]) -> None:
    """Collect what a part says under an entry's code; and hold words against the hash under which they stand."""
    if isinstance(found, list):
        for each in found:
            claimed(each, claims)
    if not isinstance(found, dict):
        return
    if isinstance(found.get("code"), str):
        claims.setdefault(found["code"], []).append(found)
    for digest, words in found.items():
        text = words.get("text") if isinstance(words, dict) and len(digest) == 64 else None
        hold_words(text, digest)
        claimed(words, claims)
    hold_words(found.get("text"), found.get("letter_sha256"))


def hold_words(text: Any, digest: Any) -> None:
    """Refuse words that are not those of this SHA-256."""
    if isinstance(text, str) and digest and hashlib.sha256(text.encode("utf-8", "replace")).hexdigest() != digest:
        raise Refused(f"The words under {str(digest)[:16]!a} are not those that this SHA-256 is of.")


def differing(claim: dict[str, Any], leaf: dict[str, Any]) -> list[str]:
    """In what a part differs from the entry whose code it gives."""
    data, letters = leaf["data"], leaf["data"].get("letters") or {}
    wrong = [name for name in CLAIMED if name in claim and claim[name] != leaf.get(name)]
    wrong += [name for name in CLAIMED_OF_DATA if name in claim and claim[name] != data.get(name)]
    wrong += ["words"] if "words_sha256" in claim and claim["words_sha256"] != data.get("words") else []
    wrong += ["answer"] if "answer" in claim and not any(agrees(claim["answer"], each) for each in answers_of(leaf)) else []
    return wrong + (["letter"] if claim.get("letter_sha256", "") not in {"", *letters.values()} else [])


def answers_of(leaf: dict[str, Any]) -> list[dict[str, Any]]:
    """Each of the answers of an entry that holds several: about whom and what, and how it came out."""
    data, found = leaf["data"], []
    try:
        if "people" in data:
            return [answered(leaf, *each) for each in data["answers"]]
        for _, person, investor, place, ids in data["answers"]:
            initiative, outcome, reasons, warnings = data["verdicts"][place][:4]
            used = {OF_EACH[number]: each for number, each in enumerate(ids) if each is not None}
            whose = {"person": person, "investor": investor, "report": leaf["report"], "action": leaf["action"]}
            how = {"outcome": outcome, "reason": reasons[0] if reasons else None, "reasons": reasons, "warnings": warnings}
            found.append(
                {**whose, **how, "initiative": initiative, "facts": {**data["facts"], **used}, "channel": data["channel"]}
            )
    except (ArithmeticError, LookupError, TypeError, ValueError):
        raise Refused(f"The answers of the entry {leaf['code']} cannot be read.") from None
    return found


def answered(leaf: dict[str, Any], _: int, whom: int, about: int, which: int, acceptance: Any) -> dict[str, Any]:
    """One answer to another system, of the many in an entry."""
    data, names = leaf["data"], (*OF_EACH[:-1], "release", "version", "grading", "acceptance")
    (person, investor, mine), (report, _state, its) = data["people"][whom], data["reports"][about]
    initiative, outcome, reasons, warnings, _obligations, action = data["verdicts"][which]
    used = {names[number]: each for number, each in enumerate([*mine, *its, acceptance]) if each is not None}
    whose = {"person": person, "investor": investor, "report": report, "action": action, "initiative": initiative}
    how = {"outcome": outcome, "reason": reasons[0] if reasons else None, "reasons": reasons, "warnings": warnings}
    return {**whose, **how, "facts": {**data["facts"], **used}, "channel": data["channel"]}


def agrees(claim: Any, answer: dict[str, Any]) -> bool:
    """Whether what a part says of one answer is what the log says of it."""
    return isinstance(claim, dict) and all(name in answer and answer[name] == value for name, value in claim.items())


def compared(bundle: Any, claims: dict[str, list[Any]]) -> str:
    """Hold what the parts say of entries against the entries themselves."""
    met = 0
    with zipfile.ZipFile(bundle) as evidence:
        for line in lines(evidence, "entries.ndjson", MOST_LEAF + 1):
            leaf = parsed(line, "An entry")
            for claim in claims.pop(str(leaf.get("code")), ()):
                wrong, met = differing(claim, leaf), met + 1
                if wrong:
                    raise Refused(f"What a part says of the entry {leaf['code']} is not what the log says: {', '.join(wrong)}")
    left = f" NOT proven: {len(claims)} entries that the parts tell of and the evidence does not hold." if claims else ""
    return f"What the parts say of entries, {met} times, is what the log says.{left}"


def completeness(said: Any, wanted: str | None, tally: Tally) -> str:
    """Whether nothing is left out between two places, where that was promised or asked for."""
    if said is None and wanted is None:
        return "NOT proven: that these are all. A selection shows what is there, never that nothing else is (see --whole)."
    first, last = tally.first, tally.last
    for each in (said, wanted and [int(part) for part in wanted.split(":")]):
        if each is not None and (each != [first, last] or tally.entries != last - first + 1):
            raise Refused(f"The bundle is not the whole range that it should be: {ascii(each)[:60]}.")
    return f"It holds every entry from place {first} to place {last}; nothing was left out between them."


def signature_of(checkpoint: Checkpoint, asked: argparse.Namespace) -> str:
    """Who has signed; refuse if too few of the witnesses did."""
    quorum = len(asked.witness) if asked.quorum is None else asked.quorum
    if len(checkpoint.witnesses) < quorum:
        raise Refused(f"{len(checkpoint.witnesses)} witnesses have signed the checkpoint, and {quorum} must.")
    by = ", ".join(["your key", *sorted(checkpoint.witnesses)])
    more = checkpoint.aside and f" A signature of a kind that this program cannot check was left aside: {checkpoint.aside}."
    return f"The checkpoint of {checkpoint.origin} over {checkpoint.size} entries is signed ({by}).{more}"


def check_proof(content: bytes, asked: argparse.Namespace, keys: list[Key], hash_: bytes | None = None) -> list[str]:
    """Check a proof of one entry, whose bytes stand in a file or in the proof; of a receipt's only the hash is known."""
    extra, index, proof, note = proof_of(content)
    leaf = content_of(asked.leaf) if asked.leaf else extra
    if leaf and hash_ not in {None, leaf_hash(leaf), leaf_hash(leaf.rstrip(b"\n"))}:
        raise Refused("The entry given is not the one of this receipt.")
    if not leaf and hash_ is None:
        raise Unchecked("The proof does not hold the entry itself: give it with --leaf FILE.")
    checkpoint = opened(note, keys)
    hashes = [hash_] if hash_ else [leaf_hash(leaf), leaf_hash(leaf.rstrip(b"\n"))]
    if not any(included(index, checkpoint.size, each, proof, checkpoint.root) for each in hashes):
        raise Refused(f"The log that was signed does not hold this entry at place {index}.")
    holds = [signature_of(checkpoint, asked), f"The entry stands in this log at place {index}, unchanged."]
    return holds + [compare(known, checkpoint, keys, None) for known in asked.known]


def check_receipt(content: bytes, asked: argparse.Namespace, keys: list[Key]) -> list[str]:
    """Check a receipt: the entry's hash and, once it is sealed, the proof that the log holds it."""
    receipt = parsed(content, "The receipt")
    proof, hash_ = receipt.get("tlog_proof"), receipt.get("fingerprint_rfc6962")
    if not isinstance(hash_, str) or receipt.get("format") != "gatekeeper-receipt-1":
        raise Unchecked("This is not a receipt of a Gatekeeper log.")
    if not isinstance(proof, str):
        raise Unchecked("This entry was not sealed yet when the receipt was made. Fetch the receipt again.")
    holds = check_proof(proof.encode("utf-8", "replace"), asked, keys, unbase64(hash_, 32))
    if asked.leaf:
        return holds
    return [*holds, "NOT proven: the receipt's other lines. The firm must show the entry with this hash (check it with --leaf)."]


def check(asked: argparse.Namespace) -> list[str]:
    """Check whatever the file is."""
    keys = [key_of(each) for each in [*asked.vkey, *asked.witness]]
    if any((key.kind == 4) != (place >= len(asked.vkey)) for place, key in enumerate(keys)):
        raise Unchecked("A log's key is given with --vkey, a witness's with --witness.")
    if asked.whole and not re.fullmatch("[0-9]{1,18}:[0-9]{1,18}", asked.whole):
        raise Unchecked("--whole is FIRST:LAST, two places in the log.")
    with Path(asked.file).open("rb") as file:
        begins = file.read(2)
    if begins == b"PK":
        with zipfile.ZipFile(asked.file) as archive:
            names = archive.namelist()
            if "evidence.zip" in names or "0-contents.pdf" in names:
                return check_pack(small(archive, "manifest.json"), names, archive.open, asked, keys)
        return check_bundle(asked.file, asked, keys)
    content = content_of(asked.file)
    if PACK.encode() in content[:MOST_SMALL] and Path(asked.file).name == "manifest.json":
        folder = Path(asked.file).resolve().parent
        here = [each.name for each in folder.iterdir()]
        return check_pack(content, here, lambda name: (folder / Path(name).name).open("rb"), asked, keys)
    if content.startswith(b"c2sp.org/tlog-proof@"):
        return check_proof(content, asked, keys)
    if content.lstrip().startswith(b"{"):
        return check_receipt(content, asked, keys)
    raise Unchecked(f"{asked.file} is neither a bundle, nor a dispute pack, nor a tlog-proof, nor a receipt.")


def main() -> int:
    """Say what holds and what is not proven."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", help="evidence.zip, a dispute pack or its manifest.json, a .tlog-proof, or a receipt as JSON")
    parser.add_argument("--vkey", action="append", required=True, help="the log's key, from elsewhere than the evidence")
    parser.add_argument("--known", action="append", default=[], help="a checkpoint that you kept")
    parser.add_argument("--whole", help="FIRST:LAST, the places that the bundle must hold completely")
    parser.add_argument("--leaf", help="the entry's bytes, where the evidence does not hold them")
    parser.add_argument("--witness", action="append", default=[], help="the key of a witness that you know")
    parser.add_argument("--quorum", type=int, help="how many witnesses must have signed (default: all that you name)")
    asked = parser.parse_args()
    try:
        said, status = ["HOLDS  \u6838\u9a8c\u901a\u8fc7", *check(asked)], 0
        said += ["The key was taken from you, not from the evidence. What the log says was recorded so; no log proves it true."]
    except Refused as error:
        said, status = ["DOES NOT HOLD  \u6838\u9a8c\u4e0d\u901a\u8fc7", str(error)], 1
    except BROKEN as error:
        damaged = not isinstance(error, OSError)
        said = [
            "DOES NOT HOLD  \u6838\u9a8c\u4e0d\u901a\u8fc7" if damaged else "NOT CHECKED  \u672a\u80fd\u6838\u9a8c",
            f"The file is damaged or cannot be read: {error}",
        ]
        status = 1 if damaged else 2
    except Unchecked as error:
        said, status = ["NOT CHECKED  \u672a\u80fd\u6838\u9a8c", str(error)], 2
    shown = ["".join(letter if letter.isprintable() else "?" for letter in each) for each in said]  # nothing steers a terminal
    sys.stdout.buffer.write("".join(each + "\n" for each in shown).encode(sys.stdout.encoding or "utf-8", "replace"))
    return status


if __name__ == "__main__":
    sys.exit(main())
