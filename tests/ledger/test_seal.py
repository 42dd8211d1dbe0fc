"""Sealing: every entry becomes one leaf, the tiles are those of a naive tree, and what dies leaves nothing half done."""

# ruff: noqa: S608  (every name in a statement is written in this file)

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import event as events

from gatekeeper.database import Database
from gatekeeper.ledger import keys, record, tree
from gatekeeper.ledger.seal import Halted, Sealed, raise_alarm, seal
from gatekeeper.rules import merkle
from gatekeeper.rules.errors import Conflict, Invalid, Unavailable
from gatekeeper.rules.note import Checkpoint, open_note
from tests.ledger import worker
from tests.ledger.raw import ON_POSTGRESQL, Raw, asking, event, opened
from tests.processes import FORKS
from tests.world import NOW, World

ORIGIN = "gatekeeper.example/test"


@pytest.fixture
def url(database_url):
    return database_url[0]


@pytest.fixture(scope="session")
def key(tmp_path_factory):
    """The path of a signing key."""
    path = tmp_path_factory.mktemp("key") / "ledger.pem"
    keys.generate(path, ORIGIN)
    return path


@pytest.fixture(scope="session")
def signer(key):
    return keys.load(key, ORIGIN)


@pytest.fixture
def sealing(world: World, signer):
    """Seal what waits and sign at once."""

    def go(**options) -> Sealed | None:
        return world.database.transact(seal, [signer], options.pop("now", NOW), **{"publish_every": timedelta(0), **options})

    return go


def fill(world: World, count: int) -> None:
    """That many entries more, in one transaction."""
    world.database.transact(lambda one: record.append_all(one, [event() for _ in range(count)], record.database_now(one)))


def naive(hashes: list[bytes]) -> bytes:
    """The root as RFC 6962 defines it, word for word."""
    if len(hashes) < 2:
        return hashes[0] if hashes else merkle.EMPTY_ROOT
    split = 1 << ((len(hashes) - 1).bit_length() - 1)
    return merkle.node_hash(naive(hashes[:split]), naive(hashes[split:]))


def naive_tiles(hashes: list[bytes]) -> dict[tuple[int, int], bytes]:
    """Every tile, made from all leaves anew."""
    made, level = {}, 0
    while hashes:
        parts = [hashes[start : start + 256] for start in range(0, len(hashes), 256)]
        made |= {(level, n): b"".join(part) for n, part in enumerate(parts)}
        hashes, level = [naive(part) for part in parts if len(part) == 256], level + 1
    return made


def check_tree(raw: Raw, verifiers=()) -> int:
    """Everything that must hold of a log, from its rows alone; return its size."""
    [log] = raw.rows("SELECT * FROM ledger_log")
    rows = raw.rows("SELECT l.*, e.leaf FROM ledger_leaf l LEFT JOIN ledger_entry e ON e.id = l.entry_id ORDER BY leaf_index")
    hashes = [merkle.leaf_hash(bytes(row["leaf"])) for row in rows]
    assert [row["leaf_index"] for row in rows] == list(range(log["size"]))
    assert bytes(log["root"]) == naive(hashes)
    stored = {(row["level"], row["n"]): bytes(row["hashes"]) for row in raw.rows("SELECT * FROM ledger_tile")}
    assert stored == naive_tiles(hashes)
    sealed = {row["entry_id"] for row in rows}
    waiting = {row["entry_id"] for row in raw.rows("SELECT entry_id FROM ledger_pending")}
    assert len(sealed) == len(rows)
    assert not sealed & waiting
    assert sealed | waiting == {row["id"] for row in raw.rows("SELECT id FROM ledger_entry")}
    check_checkpoints(raw, log["origin"], hashes, verifiers)
    return int(log["size"])


def check_checkpoints(raw: Raw, origin: str, hashes: list[bytes], verifiers) -> None:
    """Each was signed by a known key over the tree as it was then."""
    frontier, roots = merkle.Frontier(), [merkle.EMPTY_ROOT]
    for each in hashes:
        frontier.append(each)
        roots.append(frontier.root())
    for row in raw.rows("SELECT * FROM ledger_checkpoint"):
        body, _ = open_note(row["note"], verifiers)
        assert Checkpoint.parse(body) == Checkpoint(origin, row["size"], roots[row["size"]])
        assert bytes(row["root"]) == roots[row["size"]]


def tamper(raw: Raw, table: str, statement: str, *values: object) -> None:
    """A statement by someone who owns the tables and puts the guards aside while nobody looks."""
    if raw.is_sqlite:
        kept = raw.rows("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", table)
        off = [f"DROP TRIGGER {row['name']}" for row in kept]
        on = [row["sql"] for row in kept]
    else:
        names = [row["tgname"] for row in raw.rows(f"SELECT tgname FROM pg_trigger WHERE tgrelid = '{table}'::regclass")]
        off = [f"ALTER TABLE {table} DISABLE TRIGGER USER"]
        on = [f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}" for name in names if name.startswith("guard_")]
    raw.execute("BEGIN")
    for each in off:
        raw.execute(each)
    raw.execute(statement, *values)
    for each in on:
        raw.execute(each)
    raw.execute("COMMIT")


def counts(raw: Raw) -> list[int]:
    """How many rows the tables have that a sealer writes, and how far the log is sealed."""
    tables = ("ledger_leaf", "ledger_tile", "ledger_checkpoint", "ledger_pending")
    return [raw.one("SELECT max(size) FROM ledger_log"), *(raw.one(f"SELECT count(*) FROM {name}") for name in tables)]


def test_a_log_grows_by_every_width_of_a_tile_and_is_what_a_naive_tree_is(world: World, url, sealing, key):
    verifiers = keys.verifiers(key)
    with opened(url) as raw:
        for count in (0, 1, 254 - raw.one("SELECT count(*) FROM ledger_entry"), 1, 1, 600):
            fill(world, count)
            waiting = raw.one("SELECT count(*) FROM ledger_pending")
            done = sealing()
            assert done.sealed == waiting
            assert check_tree(raw, verifiers) == done.size == raw.one("SELECT count(*) FROM ledger_entry")
        sizes = [row["size"] for row in raw.rows("SELECT size FROM ledger_checkpoint ORDER BY id")]
        assert {255, 256, 257, 857} <= {size + 1 for size in sizes} | set(sizes)
    with world.database.reading() as connection:
        log = tree.log_of(connection)
        for index, size in [(0, 1), (0, log.size), (255, 256), (256, 300), (511, log.size), (log.size - 1, log.size), (300, 301)]:
            proof = tree.inclusion_proof(connection, log.id, index, size)
            leaf, root = tree.node(connection, log.id)(0, index), tree.root_at(connection, log.id, size)
            assert merkle.verify_inclusion(index, size, leaf, proof, root)
        for index, size in [(-1, 5), (5, 5), (0, 0), (0, log.size + 1)]:
            with pytest.raises(ValueError, match=r"no leaf|ends before"):
                tree.inclusion_proof(connection, log.id, index, size)
        for old, new in pairwise(sizes):
            proof = tree.consistency_proof(connection, log.id, old, new)
            roots = [tree.root_at(connection, log.id, size) for size in (old, new)]
            assert merkle.verify_consistency(old, roots[0], new, roots[1], proof)


def test_nothing_is_signed_without_a_key_or_before_it_is_due_or_twice(world: World, url, signer):
    def at(moment, signers):
        return world.database.transact(seal, signers, moment)

    assert at(NOW, []).checkpoint is None
    first = at(NOW, [signer])
    assert (first.sealed, first.checkpoint is None) == (0, False), "what was sealed without a key is signed once there is one"
    assert at(NOW + timedelta(hours=1), [signer]) == Sealed(first.size, first.root, 0, None), "nothing is new"
    fill(world, 1)
    assert at(NOW + timedelta(seconds=59), [signer]).checkpoint is None
    assert at(NOW + timedelta(seconds=60), [signer]).checkpoint is not None
    fill(world, 1)
    assert at(NOW - timedelta(days=1), [signer]).checkpoint is not None, "a clock that was set back holds nothing up"
    with opened(url) as raw:
        assert raw.one("SELECT count(*) FROM ledger_checkpoint") == 3


def test_a_batch_has_its_limit_and_the_rest_waits(world: World, url, sealing):
    fill(world, 20)
    with opened(url) as raw:
        waiting = raw.one("SELECT count(*) FROM ledger_pending")
        assert [sealing(limit=waiting - 5).sealed, sealing(limit=3).sealed, sealing(limit=3).sealed, sealing(limit=3).sealed] == [
            waiting - 5,
            *(3, 2, 0),
        ]
        ids = [row["entry_id"] for row in raw.rows("SELECT entry_id FROM ledger_leaf ORDER BY leaf_index")]
        assert ids == sorted(ids)


@ON_POSTGRESQL
def test_an_entry_that_commits_late_is_sealed_later_and_not_missed(world: World, url, sealing, key):
    with world.database._writer.connect() as late, late.begin() as transaction:
        low = record.append(late, event())
        fill(world, 3)
        sealing()
        transaction.commit()
    fill(world, 1)
    sealing()
    with opened(url) as raw:
        check_tree(raw, keys.verifiers(key))
        ids = [row["entry_id"] for row in raw.rows("SELECT entry_id FROM ledger_leaf ORDER BY leaf_index")]
        assert ids[-5:] == [low + 1, low + 2, low + 3, low, low + 4]


@ON_POSTGRESQL
def test_whoever_comes_while_another_seals_goes_away_and_writers_do_not_wait(world: World, url, sealing, signer):
    with world.database._writer.begin() as connection:
        assert seal(connection, [signer], NOW).sealed > 0
        assert sealing() is None
        fill(world, 1)
        world.database.record(asking(event()))
    assert sealing().sealed == 2


def test_several_sealers_at_once_give_every_entry_one_leaf(world: World, url, signer, key):
    fill(world, 200)
    others = [Database(url, threads=1) for _ in range(3)]

    def work(database: Database) -> int:
        done = 0
        for _ in range(60):
            got = database.transact(seal, [signer], NOW, limit=7, publish_every=timedelta(0))
            done += got.sealed if got else 0
        return done

    with ThreadPoolExecutor(3) as threads:
        total = sum(threads.map(work, others))
    for each in others:
        each.dispose()
    with opened(url) as raw:
        total += world.database.transact(seal, [signer], NOW, publish_every=timedelta(0)).sealed
        assert check_tree(raw, keys.verifiers(key)) == total == raw.one("SELECT count(*) FROM ledger_entry")


def test_a_sealer_that_fails_at_any_statement_leaves_nothing(world: World, url, sealing, key):
    fill(world, 300)
    sealing()
    fill(world, 300)
    engine, count = world.database._writer, 0

    def fail(*_):
        nonlocal count
        count -= 1
        if count == 0:
            raise InterruptedError("the power went out")

    with opened(url) as raw:
        before = counts(raw)
        events.listen(engine, "before_cursor_execute", fail)
        try:
            for number in range(1, 50):
                count = number
                try:
                    done = sealing()
                    break
                except Unavailable:
                    assert counts(raw) == before
        finally:
            events.remove(engine, "before_cursor_execute", fail)
        assert done.sealed == 300
        assert number > 8, "it was stopped before each of its statements"
        check_tree(raw, keys.verifiers(key))


# --------------------------------------------------------------------------------------------------------------- what halts it


def alarms(raw: Raw) -> list[dict]:
    return [
        json.loads(bytes(row["leaf"]))["data"] for row in raw.rows("SELECT leaf FROM ledger_entry WHERE kind = 'signing.halted'")
    ]


def flipped(content: bytes) -> bytes:
    return bytes([content[0] ^ 1]) + content[1:]


@pytest.mark.parametrize("what", ["root", "tile", "cut", "long", "entry", "size", "closed"])
def test_nothing_is_added_to_what_somebody_changed_and_acts_go_on(world: World, url, sealing, key, what):
    fill(world, 300)
    sealing()
    fill(world, 2)
    with opened(url) as raw:
        [log] = raw.rows("SELECT * FROM ledger_log")
        edge = bytes(raw.one("SELECT hashes FROM ledger_tile WHERE level = 0 AND n = 1"))
        pages = {"tile": flipped(edge), "cut": edge[:-32], "long": edge + edge[:32]}
        root, tile = "UPDATE ledger_log SET root = ?", "UPDATE ledger_tile SET hashes = ? WHERE level = 0 AND n = 1"
        if what == "root":
            tamper(raw, "ledger_log", root, flipped(bytes(log["root"])))
        elif what == "size":
            tamper(raw, "ledger_log", "UPDATE ledger_log SET size = size - 1")
        elif what == "closed":
            raw.execute("UPDATE ledger_log SET closed_at = ?", "2026-11-23 02:00:00.000000")
        elif what == "entry":
            raw.execute("INSERT INTO ledger_pending (entry_id, recorded_at) VALUES (999, '2026-11-23 02:00:00.000000')")
        else:
            tamper(raw, "ledger_tile", tile, pages[what])
        before = counts(raw)
        for _ in range(2):
            with pytest.raises(Halted) as stopped:
                sealing()
            world.database.transact(raise_alarm, stopped.value, NOW)
        assert stopped.value.reason == {"entry": "entry", "closed": "closed"}.get(what, "root")
        assert [each["reason"] for each in alarms(raw)] == [stopped.value.reason], "once"
        before[-1] += 1
        assert counts(raw) == before, "but for the entry of the alarm, which waits"
        world.database.record(asking(event()))

        if what == "closed":
            return
        if what == "entry":
            raw.execute("DELETE FROM ledger_pending WHERE entry_id = 999")
        else:
            tamper(raw, "ledger_log", "UPDATE ledger_log SET root = ?, size = ?", bytes(log["root"]), log["size"])
            tamper(raw, "ledger_tile", tile, edge)
        assert sealing().sealed == 4
        check_tree(raw, keys.verifiers(key))
        tamper(raw, "ledger_log", root, flipped(bytes(log["root"])))
        fill(world, 1)
        with pytest.raises(Halted) as stopped:
            sealing()
        world.database.transact(raise_alarm, stopped.value, NOW)
        assert len(alarms(raw)) == 2, "the next time it is told again"


def test_a_log_with_fewer_leaves_than_were_signed_and_a_key_of_another_name_sign_nothing(world: World, url, sealing, signer):
    sealing()
    fill(world, 1)
    with pytest.raises(Halted, match="the key is called other/log"):
        world.database.transact(seal, [keys.Ed25519Signer("other/log", signer.private)], NOW, publish_every=timedelta(0))
    with opened(url) as raw:
        values = (raw.one("SELECT root FROM ledger_log"), "x", "2026-11-23 02:00:00.000000")
        raw.execute("INSERT INTO ledger_checkpoint (log_id, size, root, note, signed_at) VALUES (1, 9999, ?, ?, ?)", *values)
    with pytest.raises(Halted, match="a checkpoint over 9999 leaves"):
        sealing()


# ------------------------------------------------------------------------------------------------------------- no room, no power


def test_a_full_disk_leaves_nothing_half_written_and_sealing_goes_on_when_there_is_room(url, world: World, signer, key):
    fill(world, 400)
    room, other = {"pages": 10**6}, Database(url, threads=1)
    with opened(url) as raw:
        before = counts(raw)
        if raw.is_sqlite:
            room["pages"] = raw.one("PRAGMA page_count")
            limit = lambda connection, _: connection.execute(f"PRAGMA max_page_count = {room['pages']}")  # noqa: E731
            events.listen(other._writer, "connect", limit, insert=True)
        else:
            raw.execute(
                "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ "
                "BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = '53100'; END $$"
            )
            raw.execute("CREATE TRIGGER full_disk BEFORE INSERT ON ledger_tile EXECUTE FUNCTION full_disk()")
        try:
            for _ in range(2):
                with pytest.raises(Unavailable):
                    other.transact(seal, [signer], NOW)
                assert counts(raw) == before
        finally:
            if not raw.is_sqlite:
                raw.execute("DROP FUNCTION full_disk CASCADE")
        room["pages"] = 10**6
        other.dispose()
        assert other.transact(seal, [signer], NOW).sealed == before[-1]
        other.dispose()
        check_tree(raw, keys.verifiers(key))


@pytest.mark.parametrize("seconds", [1.5, pytest.param(60.0, marks=pytest.mark.long)])
def test_killed_writers_and_killed_sealers_lose_and_double_nothing(world: World, url, sealing, key, tmp_path, seconds):
    plan = worker.Chaos(url, str(key), ORIGIN, str(tmp_path), seconds)
    process = FORKS.Process(target=worker.chaos, args=(plan,))
    process.start()
    process.join(seconds + 60)
    assert process.exitcode == 0
    sealing()
    acknowledged = (tmp_path / "acknowledged").read_text().split()
    published = (tmp_path / "published").read_text().split()
    with opened(url) as raw:
        size = check_tree(raw, keys.verifiers(key))
        kept = {row["code"] for row in raw.rows("SELECT code FROM ledger_entry")}
        assert set(acknowledged) <= kept
        assert len(acknowledged) > 10
        checkpoints = {
            f"{row['size']}:{bytes(row['root']).hex()}" for row in raw.rows("SELECT size, root FROM ledger_checkpoint")
        }
        assert set(published) <= checkpoints
        assert len(published) > 2
    killed = int((tmp_path / "killed").read_text())
    assert killed > 4
    logging.getLogger(__name__).info(
        "%s leaves, %s acknowledged, %s checkpoints, %s killed", size, len(acknowledged), len(checkpoints), killed
    )


# ---------------------------------------------------------------------------------------------------------------------- the key


def test_a_key_is_readable_by_its_owner_alone_and_never_overwritten(tmp_path):
    path = tmp_path / "keys" / "ledger.pem"
    made = keys.generate(path, ORIGIN)

    assert path.stat().st_mode & 0o777 == 0o600
    assert keys.load(path, ORIGIN).public == made.public
    [verifier] = keys.verifiers(path)
    assert verifier.vkey() == (tmp_path / "keys" / "ledger.pem.vkeys").read_text().strip()
    assert keys.fingerprint(verifier) in verifier.vkey()
    assert verifier.verify(b"text", made.sign(b"text"))
    assert not verifier.verify(b"other", made.sign(b"text"))
    with pytest.raises(Conflict, match="never overwritten"):
        keys.generate(path, ORIGIN)

    again = keys.list_again(path, "gatekeeper.example/test/2")
    keys.list_again(path, "gatekeeper.example/test/2")
    assert [each.name for each in keys.verifiers(path)] == [ORIGIN, "gatekeeper.example/test/2"]
    assert again.public == made.public


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610])
def test_a_key_that_others_can_read_is_refused(tmp_path, mode):
    path = tmp_path / "ledger.pem"
    keys.generate(path, ORIGIN)
    path.chmod(mode)

    with pytest.raises(Unavailable, match="chmod 600"):
        keys.load(path, ORIGIN)


def test_a_key_that_cannot_be_used_is_refused_in_one_sentence(tmp_path, key):
    path = tmp_path / "ledger.pem"
    with pytest.raises(Unavailable, match="no signing key"):
        keys.load(path, ORIGIN)
    ec = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for content in (b"", b"no key", ec, key.read_bytes()[:60]):
        path.write_bytes(content)
        path.chmod(0o600)
        with pytest.raises(Unavailable, match="not an Ed25519 key"):
            keys.load(path, ORIGIN)
    path.write_bytes(key.read_bytes())
    with pytest.raises(Unavailable, match="does not stand in"):
        keys.load(path, ORIGIN)
    path.with_name("ledger.pem.vkeys").write_text("# ours\n\nnot a key\n")
    with pytest.raises(Invalid, match="Line 3 of"):
        keys.verifiers(path)
    with pytest.raises(Invalid, match="cannot be called"):
        keys.generate(tmp_path / "other.pem", "two words")
