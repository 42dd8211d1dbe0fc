"""The tamper matrix: what an insider changes, who first puts the guards away, and what the verification says of it.

One sealed log for each database; every row is done in a transaction of its own, verified inside it, and rolled back.
"""

# ruff: noqa: S608  (every name in a statement is written in this file)

import json
import shutil
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy import event as events

from gatekeeper.actions.proof import verification
from gatekeeper.database import Database
from gatekeeper.ledger import anchors, keys, leaf, record, tree
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.seal import seal
from gatekeeper.ledger.verify import Check, Mode, Report, Wanted, acts, verify
from gatekeeper.rules import merkle
from gatekeeper.rules.errors import Unavailable
from gatekeeper.rules.events import Kind
from gatekeeper.rules.merkle import Frontier
from gatekeeper.rules.note import Checkpoint, sign
from tests.ledger.raw import event
from tests.plugins.worlds import BACKENDS
from tests.world import NOW, World

ORIGIN = "gatekeeper.example/test"
ALWAYS = {Check.NO_ANCHOR}
"""Without a checkpoint from outside, that is what is said of any log."""
GUARDED = ("anchor", "checkpoint", "entry", "leaf", "log", "private", "tile")
VICTIM, PAIR = 120, (121, 122)
EARLY, SIZE, WAITING = 200, 300, 5


@dataclass
class Scene:
    """A sealed log, its owner's engine, the keys, and the notes that somebody outside keeps."""

    engine: Any
    signer: keys.Ed25519Signer
    thief: keys.Ed25519Signer
    notes: dict[int, str] = field(default_factory=dict)

    def wanted(self, *known: int, **more: Any) -> Wanted:
        notes = [(f"note over {size}", self.notes[size]) for size in known]
        return Wanted(keys=[self.signer.verifier()], known=notes, **more)


@dataclass
class Insider:
    """Whoever owns the tables, inside one transaction."""

    scene: Scene
    connection: Connection

    def do(self, statement: str, **values: Any) -> Any:
        return self.connection.execute(text(statement), values)

    def disarm(self) -> None:
        if self.connection.dialect.name == "sqlite":
            guards = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'ledger_%'"
            for name in self.do(guards).scalars().all():
                self.do(f"DROP TRIGGER {name}")
        else:
            for table in GUARDED:
                self.do(f"ALTER TABLE ledger_{table} DISABLE TRIGGER ALL")

    def entry(self, index: int) -> Any:
        """The entry that is a leaf; behind the last leaf, one that waits."""
        if index < SIZE:
            where = "id = (SELECT entry_id FROM ledger_leaf WHERE leaf_index = :index)"
        else:
            where = "id = (SELECT entry_id FROM ledger_pending ORDER BY entry_id LIMIT 1 OFFSET :index)"
        return self.do(f"SELECT * FROM ledger_entry WHERE {where}", index=index % SIZE).one()

    def write(self, entry: Any, **members: Any) -> bytes:
        """Change what a leaf says, and the columns with it; return the new leaf."""
        content = leaf.canonical({**json.loads(entry.leaf), **members})
        columns = {name: value for name, value in members.items() if name not in {"data", "at", "recorded_at"}}
        each = "".join(f", {name} = :{name}" for name in columns)
        self.do(f"UPDATE ledger_entry SET leaf = :leaf{each} WHERE id = :id", leaf=content, id=entry.id, **columns)
        return content

    def first(self, kind: Kind) -> str:
        """The code of the first entry of a kind."""
        return str(self.do("SELECT code FROM ledger_entry WHERE kind = :kind ORDER BY id LIMIT 1", kind=kind.value).scalar_one())

    def copy_grant(self, **changed: Any) -> None:
        """The newest grant once more, with other values."""
        found = dict(self.do("SELECT * FROM role_grant ORDER BY id DESC LIMIT 1").one()._mapping) | changed
        del found["id"]
        self.do(f"INSERT INTO role_grant ({', '.join(found)}) VALUES (:{', :'.join(found)})", **found)

    def rewrite(self, index: int) -> None:
        """Change an entry and everything that hangs on it inside: the chain of its writer, every tile, the root."""
        victim = self.entry(index)
        before = self.write(victim, reason="rewritten")
        later = "SELECT * FROM ledger_entry WHERE w = :w AND ws > :ws ORDER BY ws"
        for entry in self.do(later, w=victim.w, ws=victim.ws).all():
            before = self.write(entry, wp=b64encode(merkle.leaf_hash(before)).decode())
        self.plant(SIZE)

    def plant(self, size: int) -> None:
        """The tree anew, from the entries as they are now."""
        ordered = "SELECT e.leaf FROM ledger_leaf l JOIN ledger_entry e ON e.id = l.entry_id WHERE leaf_index < :size"
        hashes = [merkle.leaf_hash(row.leaf) for row in self.do(f"{ordered} ORDER BY leaf_index", size=size)]
        self.do("DELETE FROM ledger_tile")
        rows = {(0, 0): hashes[:256], (0, 1): hashes[256:], (1, 0): []}
        if size >= 256:
            rows[1, 0] = [merkle.perfect_root(b"".join(hashes[:256]))]
        for (level, n), content in rows.items():
            if content:
                self.tile(level, n, b"".join(content), new=True)
        growing = Frontier()
        for each in hashes:
            growing.append(each)
        self.do("UPDATE ledger_log SET size = :size, root = :root", size=size, root=growing.root())

    def tile(self, level: int, n: int, hashes: bytes | None = None, *, new: bool = False) -> bytes:
        place = {"level": level, "n": n}
        if hashes is None:
            return bytes(self.do("SELECT hashes FROM ledger_tile WHERE level = :level AND n = :n", **place).scalar_one())
        insert = "INSERT INTO ledger_tile (log_id, level, n, hashes) SELECT id, :level, :n, :hashes FROM ledger_log"
        change = "UPDATE ledger_tile SET hashes = :hashes WHERE level = :level AND n = :n"
        self.do(insert if new else change, hashes=hashes, **place)
        return hashes

    def flip(self, level: int, n: int, place: int) -> None:
        hashes = bytearray(self.tile(level, n))
        hashes[place * 32 + 7] ^= 4
        self.tile(level, n, bytes(hashes))

    def sign_all(self, signer: keys.Ed25519Signer) -> None:
        """Every checkpoint anew over the tree as it is now."""
        log = tree.log_of(self.connection)
        for size in self.do("SELECT size FROM ledger_checkpoint").scalars().all():
            root = tree.root_at(self.connection, log.id, size)
            note = sign(Checkpoint(ORIGIN, size, root).body(), [signer])
            self.do("UPDATE ledger_checkpoint SET root = :root, note = :note WHERE size = :size", root=root, note=note, size=size)

    def erase(self, index: int, by: int) -> None:
        erased = "INSERT INTO ledger_erasure (erased_id, erased_at, entry_id) VALUES (:id, '2026-11-23 00:00:00', :by)"
        self.do(erased, id=self.entry(index).id, by=by)
        self.do("DELETE FROM ledger_private WHERE entry_id = :id", id=self.entry(index).id)

    columns = tuple(name for name in leaf.MEMBERS if name not in {"data", "private"})

    def remove(self, entry_id: int) -> None:
        self.do("DELETE FROM ledger_entry WHERE id = :id", id=entry_id)


@pytest.fixture(scope="module", params=BACKENDS)
def scene(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("tampering")
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template")[0], folder / "sealed.db")
        url = f"sqlite:///{folder}/sealed.db"
    else:
        url = request.getfixturevalue("postgres_server").create_database(request.getfixturevalue("postgres_template")[0])
    made = Scene(_owner(url), keys.generate(folder / "key.pem", ORIGIN), keys.generate(folder / "other.pem", ORIGIN))
    database = Database(url)
    _furnish(database, made)
    database.dispose()
    yield made
    made.engine.dispose()


def _owner(url: str) -> Any:
    """An engine that knows nothing of the product; a transaction of SQLite takes the dropping of triggers back too."""
    engine = create_engine(url, connect_args={"isolation_level": None} if url.startswith("sqlite") else {})
    if url.startswith("sqlite"):
        events.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine


def _furnish(database: Database, made: Scene) -> None:
    """Three hundred sealed entries, signed over at 100, 200 and 300, the last but one anchored, and five that wait."""
    with database.reading() as connection:
        missing = SIZE - connection.execute(text("SELECT count(*) FROM ledger_entry")).scalar_one()
    some = [event(private={"address": f"192.0.2.{n % 200}"}, data={"n": n}) for n in range(missing)]
    database.transact(lambda one: record.append_all(one, some, record.database_now(one)))
    for _ in range(3):
        now = NOW + timedelta(seconds=1)
        sealed = database.transact(seal, [made.signer], now, limit=100, publish_every=timedelta(0))
        made.notes[sealed.size] = sealed.checkpoint
    held = anchors.Anchored(log_id=1, size=EARLY, note=made.notes[EARLY], kind=anchors.AnchorKind.FILE, target="/mnt/anchor")
    database.transact(anchors.keep, held, NOW)
    database.transact(lambda one: record.append_all(one, [event() for _ in range(WAITING)], record.database_now(one)))


@pytest.fixture
def insider(scene: Scene) -> Iterator[Insider]:
    with scene.engine.connect() as connection:
        yield Insider(scene, connection)
        connection.rollback()


def verified(insider: Insider, wanted: Wanted | None = None, *, later: timedelta = timedelta(0)) -> Report:
    return verify(insider.connection, wanted or insider.scene.wanted(), datetime.now(UTC) + later)


def checks(report: Report) -> set[Check]:
    return set(report.findings.counts) - ALWAYS


def where(report: Report, check: Check) -> list[str]:
    return [each.where for each in report.findings.first if each.check is check]


Tampering = Callable[[Insider], Any]
ROWS: dict[str, tuple[Tampering, set[Check], int | str | None]] = {}


def row(name: str, *says: Check, at: int | str | None = None) -> Callable[[Tampering], Tampering]:
    """A line of the matrix: all that is said of it. The first check says where: the entry of a leaf, or a tile."""

    def add(does: Tampering) -> Tampering:
        ROWS[name] = does, dict.fromkeys(says), at
        return does

    return add


WRONG_TREE = (Check.ENTRIES_DIFFER, Check.CHECKPOINT_DIFFERS)


@row("a column changed", Check.COLUMNS_DIFFER, at=VICTIM)
def _(insider: Insider) -> None:
    insider.do("UPDATE ledger_entry SET outcome = 'DENY' WHERE id = :id", id=insider.entry(VICTIM).id)


@row("a time in a column changed", Check.COLUMNS_DIFFER, at=VICTIM)
def _(insider: Insider) -> None:
    change = "UPDATE ledger_entry SET at = '2020-01-01 00:00:00.000000' WHERE id = :id"
    insider.do(change, id=insider.entry(VICTIM).id)


@row("bytes and column changed", Check.BYTES_DIFFER, Check.CHAIN_DIFFERS, *WRONG_TREE, at=VICTIM)
def _(insider: Insider) -> None:
    insider.write(insider.entry(VICTIM), reason="not_a_client")


@row("bytes that are no leaf", Check.UNREADABLE, Check.BYTES_DIFFER, Check.CHAIN_GAP, *WRONG_TREE, at=VICTIM)
def _(insider: Insider) -> None:
    insider.do("UPDATE ledger_entry SET leaf = :leaf WHERE id = :id", leaf=b'{"v":1}', id=insider.entry(VICTIM).id)


@row("a number that is text", Check.UNREADABLE, Check.BYTES_DIFFER, Check.CHAIN_GAP, *WRONG_TREE, at=VICTIM)
def _(insider: Insider) -> None:
    entry = insider.entry(VICTIM)
    content = json.dumps(json.loads(entry.leaf) | {"ws": "5"}).encode()
    insider.do("UPDATE ledger_entry SET leaf = :leaf WHERE id = :id", leaf=content, id=entry.id)


@row("a private value changed", Check.PRIVATE_DIFFERS, at=VICTIM)
def _(insider: Insider) -> None:
    insider.do("UPDATE ledger_private SET value = '198.51.100.7' WHERE entry_id = :id", id=insider.entry(VICTIM).id)


@row("a private value taken away", Check.PRIVATE_MISSING, at=VICTIM)
def _(insider: Insider) -> None:
    insider.do("DELETE FROM ledger_private WHERE entry_id = :id", id=insider.entry(VICTIM).id)


@row("a private value taken away, as if erased by another act", Check.PRIVATE_MISSING, Check.ACT_OF_OTHER_KIND, at=VICTIM)
def _(insider: Insider) -> None:
    insider.erase(VICTIM, insider.entry(VICTIM).id)


@row("an entry deleted", Check.ENTRY_MISSING, Check.CHAIN_GAP, at="tile/0/000")
def _(insider: Insider) -> None:
    insider.remove(insider.entry(VICTIM).id)


@row("an act's entry deleted", Check.ENTRY_MISSING, Check.ACT_WITHOUT_ENTRY, Check.CHAIN_GAP, at="tile/0/000")
def _(insider: Insider) -> None:
    insider.remove(insider.do("SELECT min(entry_id) FROM role_grant").scalar_one())


@row("a grant that names the entry of another act", Check.ACT_OF_OTHER_KIND, at=Kind.POLICY_INSTALLED)
def _(insider: Insider) -> None:
    insider.copy_grant(entry_id=insider.do("SELECT id FROM ledger_entry WHERE kind = 'policy.installed'").scalar_one())


@row("a grant that names the entry of somebody else's", Check.ACT_ABOUT_OTHER, at=Kind.PERSON_CREATED)
def _(insider: Insider) -> None:
    named = "SELECT id FROM ledger_entry WHERE kind = 'person.created' AND person <> :person"
    whose = insider.do("SELECT person_id FROM role_grant ORDER BY id DESC LIMIT 1").scalar_one()
    insider.copy_grant(entry_id=insider.do(f"{named} ORDER BY id LIMIT 1", person=whose).scalar_one())


@row("an entry deleted with its leaf", Check.LEAF_MISSING, Check.CHAIN_GAP, at="tile/0/000")
def _(insider: Insider) -> None:
    insider.remove(insider.entry(VICTIM).id)
    insider.do("DELETE FROM ledger_leaf WHERE leaf_index = :index", index=VICTIM)


@row("a leaf deleted, its entry kept", Check.NEITHER, Check.LEAF_MISSING, Check.CHAIN_GAP, at=VICTIM)
def _(insider: Insider) -> None:
    insider.do("DELETE FROM ledger_leaf WHERE leaf_index = :index", index=VICTIM)


@row("two leaves swapped", Check.BYTES_DIFFER, Check.CHAIN_GAP, *WRONG_TREE, at=PAIR[0])
def _(insider: Insider) -> None:
    first, second = (insider.entry(index).id for index in PAIR)
    for entry, index in ((first, -1), (second, PAIR[0]), (first, PAIR[1])):
        insider.do("UPDATE ledger_leaf SET leaf_index = :index WHERE entry_id = :id", index=index, id=entry)


@row("an entry put in with a leaf behind the last", Check.LEAF_EXTRA, Check.CHAIN_GAP, at=SIZE + 1)
def _(insider: Insider) -> None:
    entry = insider.entry(SIZE + 1)
    insider.do("DELETE FROM ledger_pending WHERE entry_id = :id", id=entry.id)
    insider.do("INSERT INTO ledger_leaf (log_id, leaf_index, entry_id) VALUES (1, :index, :id)", index=SIZE, id=entry.id)


@row("the tail cut off, entries and leaves", Check.LEAF_MISSING, Check.CHAIN_GAP, at="tile/0/001")
def _(insider: Insider) -> None:
    for index in range(SIZE - 10, SIZE):
        insider.remove(insider.entry(index).id)
    insider.do("DELETE FROM ledger_leaf WHERE leaf_index >= :index", index=SIZE - 10)


@row("the size lowered", Check.CHECKPOINT_AHEAD, Check.LEAF_EXTRA, Check.TILE_EXTRA, Check.CHAIN_GAP)
def _(insider: Insider) -> None:
    growing = Frontier()
    for place in range(270):
        growing.append(insider.tile(0, place // 256)[place % 256 * 32 :][:32])
    insider.do("UPDATE ledger_log SET size = 270, root = :root", root=growing.root())


@row("the root changed", Check.ROOT_DIFFERS, Check.ENTRIES_DIFFER)
def _(insider: Insider) -> None:
    insider.do("UPDATE ledger_log SET root = :root", root=bytes(32))


@row("history rewritten, checkpoints kept", Check.CHECKPOINT_DIFFERS)
def _(insider: Insider) -> None:
    insider.rewrite(VICTIM)


@row("history rewritten, signed with another key", Check.CHECKPOINT_UNSIGNED)
def _(insider: Insider) -> None:
    insider.rewrite(VICTIM)
    insider.sign_all(insider.scene.thief)


@row("a note swapped for another size's", Check.CHECKPOINT_MISPLACED)
def _(insider: Insider) -> None:
    insider.do("UPDATE ledger_checkpoint SET note = :note WHERE size = :size", note=insider.scene.notes[100], size=EARLY)


@row("a checkpoint's root changed", Check.CHECKPOINT_MISPLACED, Check.CHECKPOINT_DIFFERS)
def _(insider: Insider) -> None:
    insider.do("UPDATE ledger_checkpoint SET root = :root WHERE size = :size", root=bytes(32), size=EARLY)


@row("a checkpoint over more than there is", Check.CHECKPOINT_AHEAD)
def _(insider: Insider) -> None:
    note = sign(Checkpoint(ORIGIN, 400, bytes(32)).body(), [insider.scene.signer])
    insider.do("UPDATE ledger_checkpoint SET size = 400, root = :root, note = :note WHERE size = 300", root=bytes(32), note=note)


@row("all checkpoints deleted", Check.NO_CHECKPOINT, Check.ANCHOR_WITHOUT_CHECKPOINT)
def _(insider: Insider) -> None:
    insider.do("DELETE FROM ledger_checkpoint")


@row("an anchor over more than there is", Check.ANCHOR_AHEAD, Check.ANCHOR_WITHOUT_CHECKPOINT)
def _(insider: Insider) -> None:
    insider.do("UPDATE ledger_anchor SET size = 500")


@row("a bit flipped in a full tile", Check.BYTES_DIFFER, Check.TILE_DIFFERS, at=VICTIM)
def _(insider: Insider) -> None:
    insider.flip(0, 0, VICTIM)


@row("a bit flipped at the right edge", Check.BYTES_DIFFER, Check.ROOT_DIFFERS, at=260)
def _(insider: Insider) -> None:
    insider.flip(0, 1, 260 - 256)


@row("a bit flipped in a tile above", Check.TILE_DIFFERS, Check.ROOT_DIFFERS, at="tile/1/000")
def _(insider: Insider) -> None:
    insider.flip(1, 0, 0)


@row("a tile deleted", Check.TILE_MISSING, at="tile/0/000")
def _(insider: Insider) -> None:
    insider.do("DELETE FROM ledger_tile WHERE level = 0 AND n = 0")


@row("a tile at the right edge cut short", Check.TILE_MISSING, at="tile/0/001")
def _(insider: Insider) -> None:
    insider.tile(0, 1, insider.tile(0, 1)[:-32])


@row("a tile that no log of this size has", Check.TILE_EXTRA, at="tile/0/007")
def _(insider: Insider) -> None:
    insider.tile(0, 7, bytes(32), new=True)
    insider.tile(3, 0, bytes(32), new=True)


@row("an unsealed entry deleted, the queue kept", Check.WAITS_WITHOUT_ENTRY, Check.CHAIN_GAP)
def _(insider: Insider) -> None:
    insider.remove(insider.entry(SIZE + 1).id)


@row("an unsealed entry deleted with its place in the queue", Check.CHAIN_GAP, at=SIZE + 2)
def _(insider: Insider) -> None:
    entry = insider.entry(SIZE + 1)
    insider.remove(entry.id)
    insider.do("DELETE FROM ledger_pending WHERE entry_id = :id", id=entry.id)


@row("an unsealed entry changed", Check.CHAIN_DIFFERS, at=SIZE + 2)
def _(insider: Insider) -> None:
    insider.write(insider.entry(SIZE + 1), actor="operator")


@row("an entry put in under a number of its own", Check.NEITHER, Check.CHAIN_GAP)
def _(insider: Insider) -> None:
    names, on_sqlite = ", ".join([*insider.columns, "leaf"]), insider.connection.dialect.name == "sqlite"
    number, how = (-5, "") if on_sqlite else (79_000_000, "OVERRIDING SYSTEM VALUE")
    copied = f"SELECT {number}, {names} FROM ledger_entry WHERE id = :id"
    insider.do(f"INSERT INTO ledger_entry (id, {names}) {how} {copied}", id=insider.entry(SIZE + 1).id)


@row("a leaf hung under a log that is none", Check.LEAF_EXTRA, Check.LEAF_MISSING, Check.CHAIN_GAP, at=VICTIM)
def _(insider: Insider) -> None:
    insider.do("UPDATE ledger_leaf SET log_id = 99 WHERE leaf_index = :index", index=VICTIM)


@row("another log opened on the quiet", Check.LOG_WITHOUT_ENTRY, Check.NOTHING_SEALED)
def _(insider: Insider) -> None:
    insider.do("INSERT INTO ledger_log (origin, opened_at) VALUES ('gatekeeper.example/test/2', '2026-11-23 00:00:00')")


@row("a place in the queue removed", Check.NEITHER, at=SIZE + 1)
def _(insider: Insider) -> None:
    insider.do("DELETE FROM ledger_pending WHERE entry_id = :id", id=insider.entry(SIZE + 1).id)


@row("a sealed entry queued again", Check.BOTH, at=VICTIM)
def _(insider: Insider) -> None:
    insider.do(
        "INSERT INTO ledger_pending (entry_id, recorded_at) SELECT id, recorded_at FROM ledger_entry WHERE id = :id",
        id=insider.entry(VICTIM).id,
    )


@row("the clock set back", Check.CLOCK_SET_BACK, Check.COLUMNS_DIFFER, at=SIZE + WAITING - 1)
def _(insider: Insider) -> None:
    insider.write(insider.entry(SIZE + WAITING - 1), recorded_at="2020-01-01T00:00:00.000000Z")


@row("an entry of another log", Check.COLUMNS_DIFFER, at=SIZE + WAITING - 1)
def _(insider: Insider) -> None:
    insider.write(insider.entry(SIZE + WAITING - 1), log="elsewhere.example/test")


def test_a_log_that_nobody_touched_has_no_fault(insider: Insider) -> None:
    report = verified(insider)
    assert report.findings.counts == Counter(ALWAYS)
    [log] = report.logs
    assert (log.origin, log.size, log.leaves, log.covered, report.unsealed) == (ORIGIN, SIZE, SIZE, None, WAITING)

    known = verified(insider, insider.scene.wanted(100, SIZE))
    assert known.findings.count == 0
    assert known.logs[0].covered == SIZE


@pytest.mark.parametrize("name", ROWS)
def test_what_was_tampered_with_is_found_and_named(name: str, insider: Insider) -> None:
    does, says, at = ROWS[name]
    named = insider.entry(at).code if isinstance(at, int) else insider.first(at) if isinstance(at, Kind) else at
    insider.disarm()

    does(insider)

    report = verified(insider)
    assert checks(report) == set(says)
    if named is not None:
        assert named in where(report, next(iter(says)))


def cut_off(insider: Insider) -> None:
    """The whole database as it was when it had two hundred leaves, and nothing left that remembers more."""
    gone = "SELECT entry_id FROM ledger_leaf WHERE leaf_index >= 200 UNION SELECT entry_id FROM ledger_pending"
    for table, column in (("ledger_entry", "id"), ("ledger_private", "entry_id")):
        insider.do(f"DELETE FROM {table} WHERE {column} IN ({gone})")
    insider.do("DELETE FROM ledger_pending")
    insider.do("DELETE FROM ledger_leaf WHERE leaf_index >= 200")
    insider.do("DELETE FROM ledger_checkpoint WHERE size > 200")
    insider.plant(EARLY)


def made_anew(insider: Insider) -> None:
    """History rewritten by somebody who has the signing key as well."""
    insider.rewrite(VICTIM)
    insider.sign_all(insider.scene.signer)


@pytest.mark.parametrize(
    ("does", "said"), [(cut_off, Check.KNOWN_AHEAD), (made_anew, Check.KNOWN_DIFFERS)], ids=["cut off", "made anew"]
)
def test_what_no_log_can_see_from_inside_is_found_with_one_checkpoint_from_outside(
    does: Tampering, said: Check, insider: Insider
) -> None:
    insider.disarm()
    does(insider)

    from_inside = verified(insider)
    assert from_inside.findings.counts == Counter(ALWAYS), "all that can be said is that nobody outside can bear it out"
    outside = verified(insider, insider.scene.wanted(SIZE))
    assert outside.findings.counts == Counter({said: 1})
    assert where(outside, said) == [said.value]
    assert outside.findings.first[0].values["known"] == "note over 300"
    assert outside.logs[0].covered is None


def test_a_checkpoint_from_outside_must_be_signed_by_the_log_and_be_its_own(insider: Insider) -> None:
    scene = insider.scene
    body = Checkpoint(ORIGIN, SIZE, bytes(32)).body()
    foreign = Checkpoint("other.example/test", SIZE, bytes(32)).body()
    other = replace(scene.signer, name="other.example/test")
    notes = [("forged", sign(body, [scene.thief])), ("garbage", "hello"), ("foreign", sign(foreign, [other]))]
    known = replace(scene.wanted(), known=notes, keys=[scene.signer.verifier(), other.verifier()])

    report = verified(insider, known)

    assert report.findings.counts == Counter({Check.KNOWN_UNSIGNED: 2, Check.KNOWN_FOREIGN: 1})


def test_without_a_key_a_seal_or_a_running_sealer_nothing_passes(insider: Insider) -> None:
    report = verified(insider, Wanted(known=[("kept", insider.scene.notes[SIZE])]))
    assert report.findings.counts == Counter({Check.NO_KEY: 1})
    assert checks(verified(insider, later=timedelta(minutes=10))) == {Check.WAITS_TOO_LONG}

    insider.disarm()
    for table in ("ledger_anchor", "ledger_checkpoint", "ledger_tile", "ledger_leaf"):
        insider.do(f"DELETE FROM {table}")
    insider.do("UPDATE ledger_log SET size = 0, root = :root", root=merkle.EMPTY_ROOT)
    assert checks(verified(insider)) == {Check.NOTHING_SEALED, Check.NEITHER}


ODDITIES = {
    "a time that is none": ("UPDATE ledger_entry SET at = 'yesterday' WHERE id = :id", Check.COLUMNS_DIFFER),
    "a number that is text": ("UPDATE ledger_entry SET ws = 'five' WHERE id = :id", Check.COLUMNS_DIFFER),
    "a leaf that is text": ("UPDATE ledger_entry SET leaf = 'hello' WHERE id = :id", Check.UNREADABLE),
    "a salt that is text": ("UPDATE ledger_private SET salt = 'salt' WHERE entry_id = :id", Check.PRIVATE_DIFFERS),
    "a value that is bytes": ("UPDATE ledger_private SET value = x'61' WHERE entry_id = :id", Check.PRIVATE_DIFFERS),
    "a tile that is text": ("UPDATE ledger_tile SET hashes = hex(hashes) WHERE n = 1 AND :id = :id", None),
    "a note that is bytes": ("UPDATE ledger_checkpoint SET note = x'61' WHERE :id = :id", None),
}
"""SQLite takes anything in any column."""


@pytest.mark.parametrize("scene", BACKENDS[:1], indirect=True)
@pytest.mark.parametrize("name", ODDITIES)
def test_what_is_not_even_of_its_kind_is_found_or_keeps_the_log_from_being_verified(name: str, insider: Insider) -> None:
    statement, said = ODDITIES[name]
    victim = insider.entry(VICTIM)
    insider.disarm()
    insider.do(statement, id=victim.id)

    if said is None:
        with pytest.raises(Unavailable):
            verified(insider)
    else:
        assert victim.code in where(verified(insider), said)


def test_what_was_erased_by_an_act_of_its_own_is_no_fault(insider: Insider) -> None:
    insider.disarm()
    act = insider.entry(SIZE + WAITING - 1)
    insider.write(act, kind="privacy.erased")
    insider.erase(VICTIM, act.id)
    assert checks(verified(insider)) == set()


def test_an_act_recorded_at_another_time_is_a_fault_unless_the_log_is_for_trials(insider: Insider) -> None:
    insider.disarm()
    insider.do("UPDATE ledger_log SET origin = 'gatekeeper.example/test/2'")
    assert Check.CLOCK_APART not in checks(verified(insider))
    insider.do("UPDATE ledger_log SET origin = 'gatekeeper.example/live'")
    report = verified(insider)
    assert report.findings.counts[Check.CLOCK_APART] == SIZE + WAITING


MODES = [
    (Mode.QUICK, 0, {"size"}, 0),
    (Mode.SINCE, 256, {"late", "size"}, SIZE - 256),
    (Mode.SINCE, 10**6, {"late", "size"}, SIZE - 256),
    (Mode.SAMPLE, 10**6, {"early", "late", "size"}, SIZE),
    (Mode.FULL, 0, {"early", "late", "size"}, SIZE),
]


@pytest.mark.parametrize(("mode", "number", "sees", "leaves"), MODES)
def test_each_mode_sees_what_it_looks_at(mode: Mode, number: int, sees: set[str], leaves: int, insider: Insider) -> None:
    wanted = insider.scene.wanted(mode=mode, number=number)
    untouched = verified(insider, wanted)
    assert untouched.findings.counts == Counter(ALWAYS)
    assert untouched.logs[0].leaves == leaves

    insider.disarm()
    found = set()
    tampered = {"early": ("outcome = 'DENY'", 10 + VICTIM), "late": ("outcome = 'DENY'", SIZE - 3)}
    for name, (change, index) in tampered.items():
        point = insider.connection.begin_nested()
        insider.do(f"UPDATE ledger_entry SET {change} WHERE id = :id", id=insider.entry(index).id)
        found |= {name} if checks(verified(insider, wanted)) else set()
        point.rollback()
    insider.do("UPDATE ledger_log SET size = 290")
    found |= {"size"} if Check.CHECKPOINT_AHEAD in checks(verified(insider, wanted)) else set()
    assert found == sees


def test_what_was_found_is_an_entry(insider: Insider) -> None:
    insider.disarm()
    insider.do("UPDATE ledger_entry SET outcome = 'DENY' WHERE id = :id", id=insider.entry(VICTIM).id)
    report = verified(insider)

    asked = verification.finished(insider.connection, Caller(actor="operator", channel="cli"), report, NOW)

    [entry] = asked.events
    assert asked.answer == entry.code
    assert entry.kind == "ledger.verified"
    assert (entry.data["mode"], entry.data["size"], entry.data["findings"]) == ("full", SIZE, 2)
    assert entry.data["root"] == report.logs[0].root.hex()
    assert entry.data["checks"] == {"columns_differ": 1, "no_anchor": 1}
    assert insider.entry(VICTIM).code in entry.data["first"]


def test_findings_are_counted_when_there_is_no_room_left_for_them(insider: Insider) -> None:
    insider.disarm()
    insider.do("UPDATE ledger_entry SET outcome = 'DENY'")
    report = verified(insider)
    assert report.findings.counts[Check.COLUMNS_DIFFER] == SIZE + WAITING
    assert len(report.findings.first) == report.findings.count


def test_a_snapshot_does_not_see_what_is_written_meanwhile(world: World) -> None:
    database: Database = world.database
    count = text("SELECT (SELECT count(*) FROM ledger_entry), (SELECT count(*) FROM ledger_pending)")
    with database.snapshot() as connection:
        before = connection.execute(count).one()
        database.record(lambda _: record.Asked(None, (event(),)))
        assert connection.execute(count).one() == before
    with database.snapshot() as connection:
        assert connection.execute(count).one() == (before[0] + 1, before[1] + 1)
        with pytest.raises(Exception, match=r"(?i)read.?only"):
            connection.execute(text("DELETE FROM ledger_pending"))


def test_it_is_said_of_every_column_that_names_an_entry_which_kinds_may_stand_there():
    assert {f"{table.name}.{column.name}" for table, column in acts.columns()} == set(acts.KINDS)
