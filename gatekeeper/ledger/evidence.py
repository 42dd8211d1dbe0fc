"""Evidence to take away: parts of the log as files that an outsider checks with ``gkverify.py``, trusting nobody here.

1. A bundle holds leaves byte for byte, their places, and the hashes of all ranges between them: together they give the root that
   the log has signed. Nothing in it is derived again, and nothing of it is trusted by who checks.
2. Of private values only those are opened that were asked for by name; each is salt and value, and the leaf holds the commitment.
3. Everything is written in pieces, in the order of the leaves. In memory are eight bytes an entry of a selection, and some tiles.
4. What is exported is first held against the tiles: evidence that would not be accepted is never made.
"""

import json
import zipfile
from array import array
from base64 import b64encode
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection, select

from gatekeeper import __version__
from gatekeeper.ledger import tree
from gatekeeper.ledger.acts import vouched
from gatekeeper.rules import merkle
from gatekeeper.rules.errors import N_, Conflict, Fault, Invalid, NotFound, Unavailable
from gatekeeper.rules.note import BadNote, Checkpoint
from gatekeeper.store.proof import entries
from gatekeeper.store.proof.filtering import Filter
from gatekeeper.store.proof.ledger import LedgerEntry, LedgerLeaf, LedgerPrivate

FORMAT = "gatekeeper-evidence-1"
_CHUNK = 500
_TILES = 1024
_PROGRAM = Path(__file__).parents[1] / "gkverify.py"  # read, never imported: who makes evidence and who checks it share no code
_README = Path(__file__).with_name("evidence_readme.md")
_NO_CHECKPOINT = N_("Nothing of this log has been sealed and signed yet. Run: gatekeeper ledger seal")
_NO_WITNESS = N_("No checkpoint of this log has been signed by a witness.")
_NOT_SEALED = N_("This entry waits to be sealed. Try again in a minute, or run: gatekeeper ledger seal")
_GONE = N_(
    "The entry at place %(index)s is not there. It was removed after its time, or by somebody. See: gatekeeper ledger verify"
)
_CHANGED = N_("The entry at place %(index)s is not the one that was sealed. See: gatekeeper ledger verify")
_OUTSIDE = N_("The log is sealed from place 0 to %(last)s; the range asked for is not within it.")
_BAD_KNOWN = N_("The known checkpoint is not one: %(detail)s")
_OTHER_LOG = N_("The known checkpoint is of another log: %(origin)s")
_SHORTER = N_(
    "The known checkpoint has %(known)s entries, this log only %(size)s. The log was set back. Do not go on; tell the auditor."
)
_FORKED = N_("This log does not begin with what the known checkpoint says. It was rewritten. Do not go on; tell the auditor.")


@dataclass(frozen=True, slots=True)
class Head:
    """A log up to a checkpoint: what everything in one piece of evidence is shown against."""

    log: tree.Log
    size: int
    root: bytes
    note: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a bundle will hold: the leaves at ``indexes``, in order.

    ``uncovered`` entries match too but are newer than the checkpoint, ``elsewhere`` are of logs closed before this one.
    ``whole`` says that it is a range without a gap.
    """

    head: Head
    indexes: Sequence[int]
    whole: bool = False
    uncovered: int = 0
    elsewhere: int = 0
    opened: tuple[str, ...] = ()
    known: Checkpoint | None = None
    said: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Made:
    """What a finished bundle holds: codes of the first and the last entry, and how many private values are opened."""

    rows: int = 0
    first: str | None = None
    last: str | None = None
    openings: int = 0


def head(connection: Connection, origin: str | None = None, *, witnessed: bool = False) -> Head:
    """The newest checkpoint of the open log, or of the one of that name, with what witnesses signed; or the newest they did."""
    log = tree.log_of(connection, origin)
    size = vouched.witnessed_size(connection, log.id) if witnessed else None
    if witnessed and size is None:
        raise Unavailable(_NO_WITNESS)
    row = tree.latest_checkpoint(connection, log.id) if size is None else tree.first_checkpoint(connection, log.id, size)
    if row is None:
        raise Unavailable(_NO_CHECKPOINT)
    return Head(log, row.size, row.root, row.note + vouched.cosignatures(connection, log.id, row.size))


def selected(connection: Connection, at: Head, wanted: Filter) -> Plan:
    """The entries that a search finds, in the order of the log."""
    indexes, uncovered, elsewhere = array("q"), 0, 0
    wanted_ids = _ids(connection, wanted)
    for ids in wanted_ids:
        where = LedgerLeaf.entry_id.in_(ids)
        found = connection.execute(select(LedgerLeaf.log_id, LedgerLeaf.leaf_index).where(where)).all()
        here = [row.leaf_index for row in found if row.log_id == at.log.id]
        covered = [index for index in here if index < at.size]
        indexes.extend(covered)
        elsewhere += len(found) - len(here)
        uncovered += len(ids) - len(found) + len(here) - len(covered)
    return Plan(at, array("q", sorted(indexes)), uncovered=uncovered, elsewhere=elsewhere)


def both(one: Plan, other: Plan) -> Plan:
    """The entries of two selections from the same log, each once."""
    indexes = array("q", sorted({*one.indexes, *other.indexes}))
    return Plan(one.head, indexes, uncovered=one.uncovered + other.uncovered, elsewhere=one.elsewhere + other.elsewhere)


def whole(at: Head, first: int, last: int) -> Plan:
    """Every leaf from one place to another, both included."""
    if not 0 <= first <= last < at.size:
        raise Invalid(Fault(_OUTSIDE, last=at.size - 1))
    return Plan(at, range(first, last + 1), whole=True)


def with_more(plan: Plan, *, opened: tuple[str, ...], known: Checkpoint | None, said: dict[str, Any]) -> Plan:
    """The same entries with private values of these names, with the way from a checkpoint that was kept, and the filter told."""
    return replace(plan, opened=opened, known=known, said=said)


def known(connection: Connection, at: Head, text: str) -> Checkpoint:
    """A checkpoint that somebody kept, if this log still begins with it."""
    try:
        found = Checkpoint.parse(text.rpartition("\n\n")[0] + "\n")
    except BadNote as error:
        raise Invalid(Fault(_BAD_KNOWN, detail=error)) from error
    if found.origin != at.log.origin:
        raise Conflict(_OTHER_LOG, origin=found.origin)
    if found.size > at.size:
        raise Conflict(_SHORTER, known=found.size, size=at.size)
    if tree.root_at(connection, at.log.id, found.size) != found.root:
        raise Conflict(_FORKED)
    return found


def proof(connection: Connection, entry: Any, *, with_leaf: bool) -> str | None:
    """A C2SP tlog-proof of one entry, against the newest checkpoint of its log; None while none covers it.

    The leaf goes along as the proof's extra data where whoever gets it may see all that stands in it.
    """
    place = tree.leaf_of(connection, entry.id)
    if place is None:
        return None
    log_id, index = place
    checkpoint = tree.latest_checkpoint(connection, log_id, covering=index + 1)
    if checkpoint is None:
        return None
    hashes = tree.inclusion_proof(connection, log_id, index, checkpoint.size)
    extra = [f"extra {_base64(entry.leaf)}"] if with_leaf else []
    lines = ["c2sp.org/tlog-proof@v1", *extra, f"index {index}", *(_base64(each) for each in hashes), "", checkpoint.note]
    return "\n".join(lines)


def proof_of_code(connection: Connection, code: str) -> tuple[str, int]:
    """The proof of the entry with this code, and the size of the checkpoint that it leads to."""
    found = entries.by_code(connection, code)
    if not found:
        raise NotFound(N_("No entry has the code %(code)s."), code=code)
    text = proof(connection, found[0], with_leaf=True)
    if text is None:
        raise Unavailable(_NOT_SEALED)
    return text, Checkpoint.parse(text.partition("\n\n")[2].rpartition("\n\n")[0] + "\n").size


def program() -> bytes:
    """The auditor's program, as it goes into every bundle."""
    return _PROGRAM.read_bytes()


def write(
    connection: Connection, plan: Plan, file: IO[bytes], now: datetime, *, tell: Callable[[int], None] | None = None
) -> Made:
    """Write a bundle. ``tell`` hears how many entries are written."""
    made = Made()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bundle:
        _member(bundle, "README.md", [_README.read_bytes()], now)
        _member(bundle, "gkverify.py", [program()], now)
        _member(bundle, "checkpoint", [plan.head.note.encode()], now)
        _member(bundle, "index.txt", (f"{index}\n".encode() for index in plan.indexes), now)
        _member(bundle, "proof.txt", _ranges(connection, plan), now)
        _member(bundle, "entries.ndjson", _entries(connection, plan, made, tell), now)
        _member(bundle, "openings.ndjson", _openings(connection, plan, made), now)
        stamp = vouched.stamped(connection, plan.head.log.id, plan.head.size)
        if stamp:
            _member(bundle, f"tsa/{stamp.size}.checkpoint", [stamp.note.encode()], now)
            _member(bundle, f"tsa/{stamp.size}.tsr", [stamp.token], now)
        for size in sorted({each.size for each in (plan.known, stamp) if each and 0 < each.size < plan.head.size}):
            hashes = tree.consistency_proof(connection, plan.head.log.id, size, plan.head.size)
            _member(bundle, f"consistency/{size}", [f"{_base64(each)}\n".encode() for each in hashes], now)
        _member(bundle, "manifest.json", [_manifest(plan, made, now)], now)
    return made


def write_tiles(connection: Connection, at: Head, folder: Path) -> None:
    """Write the log up to its checkpoint as tlog-tiles, which other people's programs read."""
    tile = _tiles(connection, at)
    for level, n, width in merkle.tiles(0, at.size):
        _put(folder / merkle.tile_path(level, n, width), tile(level, n)[: width * merkle.HASH_SIZE])
    plan = Plan(at, range(at.size), whole=True)
    waiting, n = [], 0
    for _, row in _leaves(connection, plan):
        waiting.append(len(row.leaf).to_bytes(2) + row.leaf)
        if len(waiting) == merkle.TILE_WIDTH:
            _put(folder / merkle.entries_path(n), b"".join(waiting))
            waiting, n = [], n + 1
    if waiting:
        _put(folder / merkle.entries_path(n, len(waiting)), b"".join(waiting))
    _put(folder / "checkpoint", at.note.encode())


def _ids(connection: Connection, wanted: Filter) -> Iterator[list[int]]:
    position = None
    while rows := entries.search(connection, wanted, position, _CHUNK):
        yield [row.id for row in rows]
        position = rows[-1].at, rows[-1].id


def _leaves(connection: Connection, plan: Plan) -> Iterator[tuple[int, Any]]:
    """The entries of a plan with their places, each held against the tile that it was sealed into."""
    tile = _tiles(connection, plan.head)
    for start in range(0, len(plan.indexes), _CHUNK):
        indexes = plan.indexes[start : start + _CHUNK]
        where = (LedgerLeaf.log_id == plan.head.log.id, LedgerLeaf.leaf_index.in_(list(indexes)))
        query = select(LedgerLeaf.leaf_index, LedgerEntry.id, LedgerEntry.code, LedgerEntry.leaf)
        rows = {
            row.leaf_index: row
            for row in connection.execute(query.join(LedgerEntry, LedgerEntry.id == LedgerLeaf.entry_id).where(*where))
        }
        for index in indexes:
            if index not in rows:
                raise Conflict(_GONE, index=index)
            n, place = divmod(index, merkle.TILE_WIDTH)
            sealed = tile(0, n)[place * merkle.HASH_SIZE : (place + 1) * merkle.HASH_SIZE]
            if merkle.leaf_hash(rows[index].leaf) != sealed:
                raise Conflict(_CHANGED, index=index)
            yield index, rows[index]


def _entries(connection: Connection, plan: Plan, made: Made, tell: Callable[[int], None] | None) -> Iterator[bytes]:
    for _, row in _leaves(connection, plan):
        made.first, made.last, made.rows = made.first or row.code, row.code, made.rows + 1
        if tell and made.rows % _CHUNK == 0:
            tell(made.rows)
        yield row.leaf + b"\n"


def _openings(connection: Connection, plan: Plan, made: Made) -> Iterator[bytes]:
    """Salt and value of the private names that were asked for, in the order of the leaves."""
    for start in range(0, len(plan.indexes) if plan.opened else 0, _CHUNK):
        indexes = list(plan.indexes[start : start + _CHUNK])
        query = select(LedgerLeaf.leaf_index, LedgerPrivate.field, LedgerPrivate.salt, LedgerPrivate.value)
        query = query.join(LedgerPrivate, LedgerPrivate.entry_id == LedgerLeaf.entry_id)
        query = query.where(LedgerLeaf.log_id == plan.head.log.id, LedgerLeaf.leaf_index.in_(indexes))
        query = query.where(LedgerPrivate.field.in_(plan.opened)).order_by(LedgerLeaf.leaf_index, LedgerPrivate.field)
        for row in connection.execute(query):
            made.openings += 1
            said = {"leaf": row.leaf_index, "field": row.field, "salt": _base64(row.salt), "value": row.value}
            yield json.dumps(said, ensure_ascii=False).encode() + b"\n"


def _ranges(connection: Connection, plan: Plan) -> Iterator[bytes]:
    """The hash of each largest range without a leaf of the plan, from left to right."""
    node = merkle.node_from_tiles(_tiles(connection, plan.head))
    waiting = [(0, plan.head.size, 0, len(plan.indexes))]
    while waiting:
        low, high, first, end = waiting.pop()
        if first == end:
            yield f"{low} {high} {_base64(_hash(low, high, node))}\n".encode()
        elif end - first < high - low:
            middle = low + _split(high - low)
            split = bisect_left(plan.indexes, middle, first, end)
            waiting += [(middle, high, split, end), (low, middle, first, split)]


def _hash(low: int, high: int, node: merkle.Node) -> bytes:
    width = high - low
    if width & (width - 1) == 0:
        level = width.bit_length() - 1
        return node(level, low >> level)
    middle = low + _split(width)
    return merkle.node_hash(_hash(low, middle, node), _hash(middle, high, node))


def _split(width: int) -> int:
    return 1 << ((width - 1).bit_length() - 1)


def _tiles(connection: Connection, at: Head) -> merkle.Tile:
    """Tiles by a cache that does not grow with the log: they are asked for from left to right."""

    @lru_cache(_TILES)
    def tile(level: int, n: int) -> bytes:
        return tree.tiles(connection, at.log.id)(level, n)

    return tile


def _manifest(plan: Plan, made: Made, now: datetime) -> bytes:
    said = {
        "format": FORMAT,
        "log": plan.head.log.origin,
        "size": plan.head.size,
        "entries": made.rows,
        "whole": [plan.indexes[0], plan.indexes[-1]] if plan.whole else None,
        "openings": made.openings,
        "opened": list(plan.opened),
        "not_covered": plan.uncovered,
        "in_other_logs": plan.elsewhere,
        "filter": plan.said,
        "made_at": now.isoformat(),
        "made_by": f"gatekeeper {__version__}",
    }
    return json.dumps(said, ensure_ascii=False, indent=2).encode() + b"\n"


def _member(bundle: zipfile.ZipFile, name: str, content: Iterable[bytes], now: datetime) -> None:
    about = zipfile.ZipInfo(name, now.timetuple()[:6])
    about.compress_type = zipfile.ZIP_DEFLATED
    about.external_attr = 0o644 << 16
    with bundle.open(about, "w", force_zip64=True) as file:
        for piece in content:
            file.write(piece)


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _base64(content: bytes) -> str:
    return b64encode(content).decode()
