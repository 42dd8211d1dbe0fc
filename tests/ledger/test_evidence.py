"""Evidence: what is taken out is accepted by the auditor's own program, and whatever is forged of it is refused."""

import io
import json
import random
import struct
import subprocess
import sys
import zipfile
from base64 import b64encode
from contextlib import redirect_stdout
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gatekeeper import gkverify
from gatekeeper.ledger import anchors, evidence, keys, record, tree
from gatekeeper.ledger.anchors import Anchored, AnchorKind
from gatekeeper.ledger.evidence import Plan
from gatekeeper.ledger.seal import seal
from gatekeeper.rules import merkle
from gatekeeper.rules.errors import Conflict, Invalid, Unavailable
from gatekeeper.rules.events import Kind
from gatekeeper.rules.note import COSIGNATURE, Checkpoint, Verifier, cosigned, sign
from gatekeeper.store.proof.filtering import Filter
from tests.ledger.raw import ON_SQLITE, event, opened
from tests.world import NOW

ORIGIN = "gatekeeper.example/test"
PERSON = "0123456789abcdefghjkmnpqrs"


@pytest.fixture(scope="module")
def signer(tmp_path_factory):
    return keys.generate(tmp_path_factory.mktemp("key") / "ledger.pem", ORIGIN)


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    return keys.generate(tmp_path_factory.mktemp("key") / "other.pem", ORIGIN)


def fill(world, count):
    """Entries of one person in seven, each with private values."""
    events = [
        event(
            kind=Kind.REPORT_OPENED if number % 7 else Kind.REPORT_REFUSED,
            person=PERSON if number % 7 == 0 else None,
            data={"number": number, "outcome": "deny"},
            private={"address": f"192.0.2.{number % 250}", "device": "手机"},
        )
        for number in range(count)
    ]
    world.database.transact(lambda one: record.append_all(one, events, record.database_now(one)))


class Log:
    """A log of a few hundred entries, sealed twice, and what an auditor would have of it."""

    def __init__(self, world, signer, folder):
        self.world, self.signer, self.folder = world, signer, folder
        self.vkey = signer.verifier().vkey()
        fill(world, 40)
        self.older = self.seal()
        fill(world, 300)
        self.newest = self.seal()

    def seal(self, now=NOW):
        made = self.world.database.transact(seal, [self.signer], now, publish_every=timedelta(0))
        path = self.folder / f"checkpoint-{made.size}"
        path.write_text(made.checkpoint)
        return path

    def export(self, plan=None, *, known=None, names=()):
        """A bundle, by its path."""
        path = self.folder / "evidence.zip"
        with self.world.database.reading() as connection, path.open("w+b") as file:
            head = evidence.head(connection)
            made = plan(connection, head) if plan else evidence.selected(connection, head, Filter(person=PERSON))
            checkpoint = evidence.known(connection, head, known.read_text()) if known else None
            evidence.write(connection, evidence.with_more(made, opened=names, known=checkpoint, said={}), file, NOW)
        return path

    def check(self, path, *arguments):
        """The auditor's program: exit status and what it says."""
        out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        before, sys.argv = sys.argv, ["gkverify.py", str(path), "--vkey", self.vkey, *map(str, arguments)]
        try:
            with redirect_stdout(out):
                status = gkverify.main()
        finally:
            sys.argv = before
        out.flush()
        return status, out.buffer.getvalue().decode()


@pytest.fixture
def log(world, signer, tmp_path):
    return Log(world, signer, tmp_path)


def members(path):
    with zipfile.ZipFile(path) as bundle:
        return {each.filename: bundle.read(each) for each in bundle.infolist()}


def bundle(path, contents, **options):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, **options) as made:
        for name, content in contents.items():
            made.writestr(name, content)
    return path


def whole(first, last):
    return lambda _, head: evidence.whole(head, first, last)


def test_an_export_is_accepted_from_an_empty_folder_by_the_program_in_it(log, tmp_path):
    path = log.export(known=log.older)
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "gkverify.py").write_bytes(members(path)["gkverify.py"])

    command = [sys.executable, "-I", "gkverify.py", path, "--vkey", log.vkey, "--known", log.older]
    ran = subprocess.run(command, cwd=empty, capture_output=True, check=False)

    said = ran.stdout.decode()
    assert (ran.returncode, ran.stderr) == (0, b""), said
    assert said.startswith("HOLDS  核验通过\n")
    assert "Its 49 entries stand in this log" in said
    assert "NOT proven: that these are all" in said
    assert "you kept, unchanged" in said
    assert "The key was taken from you" in said
    manifest = json.loads(members(path)["manifest.json"])
    assert (manifest["entries"], manifest["whole"], manifest["openings"]) == (49, None, 0)
    readme = members(path)["README.md"].decode()
    assert readme.index("不证明什么") < readme.index("What it does not prove")
    assert "another way" in readme


def forged(path, change):
    contents = members(path)
    change(contents)
    return bundle(path.with_name("forged.zip"), contents)


def _permit(contents):
    contents["entries.ndjson"] = contents["entries.ndjson"].replace(b'"deny"', b'"pass"', 1)


def _drop(contents):
    for name in ("entries.ndjson", "index.txt"):
        contents[name] = contents[name].split(b"\n", 1)[1]
    manifest = json.loads(contents["manifest.json"])
    contents["manifest.json"] = json.dumps(manifest | {"entries": manifest["entries"] - 1})


def _swap(contents):
    first, second, rest = contents["entries.ndjson"].split(b"\n", 2)
    contents["entries.ndjson"] = b"\n".join([second, first, rest])


def _resign(stranger):
    def change(contents):
        body = contents["checkpoint"].decode().rpartition("\n\n")[0] + "\n"
        contents["checkpoint"] = sign(body, [stranger])

    return change


def _age(note):
    def change(contents):
        contents["checkpoint"] = note
        manifest = json.loads(contents["manifest.json"])
        contents["manifest.json"] = json.dumps(manifest | {"size": int(note.split("\n")[1])})

    return change


def test_each_of_the_eight_forged_exports_is_refused(log, stranger, signer, tmp_path):
    path = log.export(known=log.older)
    newest = Checkpoint.parse(log.newest.read_text().rpartition("\n\n")[0] + "\n")
    fork, newer = tmp_path / "fork", tmp_path / "newer"
    fork.write_text(sign(Checkpoint(ORIGIN, newest.size - 5, merkle.leaf_hash(b"fork")).body(), [signer]))
    newer.write_text(sign(Checkpoint(ORIGIN, newest.size + 5, newest.root).body(), [signer]))

    def without_consistency(contents):
        [name] = [each for each in contents if each.startswith("consistency/")]
        del contents[name]

    unchanged = forged(path, lambda _: None)
    assert log.check(unchanged, "--known", log.older)[0] == 0
    cases = {
        "deny becomes permit": (_permit, ()),
        "entry dropped, count fixed": (_drop, ()),
        "two swapped": (_swap, ()),
        "signed by somebody else": (_resign(stranger), ()),
        "older checkpoint": (_age(log.older.read_text()), ()),
        "known checkpoint of a fork": (lambda _: None, ("--known", fork)),
        "known newer than the export": (lambda _: None, ("--known", newer)),
        "consistency proof removed": (without_consistency, ("--known", log.older)),
    }
    for name, (change, arguments) in cases.items():
        status, said = log.check(forged(path, change), *arguments)
        assert (status, said.split("\n")[0]) == (1, "DOES NOT HOLD  核验不通过"), (name, said)


def test_a_range_that_is_whole_is_proven_so_and_nothing_can_be_taken_out_of_it(log):
    path = log.export(whole(60, 90), names=("address",))

    status, said = log.check(path, "--whole", "60:90")
    assert status == 0
    assert "every entry from place 60 to place 90; nothing was left out" in said

    def hidden(contents):
        """An entry becomes its hash: a good selection, but not the range."""
        lines = {name: contents[name].split(b"\n") for name in ("entries.ndjson", "index.txt")}
        leaf = lines["entries.ndjson"].pop(4)
        lines["index.txt"].pop(4)
        contents |= {name: b"\n".join(each) for name, each in lines.items()}
        line = f"64 65 {b64encode(merkle.leaf_hash(leaf)).decode()}".encode()
        proof = [*contents["proof.txt"].split(b"\n")[:-1], line]
        contents["proof.txt"] = b"\n".join([*sorted(proof, key=lambda each: int(each.split()[0])), b""])
        kept = [each for each in contents["openings.ndjson"].split(b"\n") if each and json.loads(each)["leaf"] != 64]
        contents["openings.ndjson"] = b"".join(each + b"\n" for each in kept)
        manifest = json.loads(contents["manifest.json"])
        contents["manifest.json"] = json.dumps(manifest | {"entries": manifest["entries"] - 1})

    assert log.check(forged(path, hidden))[0] == 1

    def unsaid(contents):
        hidden(contents)
        contents["manifest.json"] = json.dumps(json.loads(contents["manifest.json"]) | {"whole": None})

    status, said = log.check(forged(path, unsaid))
    assert (status, "NOT proven: that these are all" in said) == (0, True)  # a true selection, and it is called one
    assert log.check(forged(path, unsaid), "--whole", "60:90")[0] == 1
    assert log.check(path, "--whole", "60:91")[0] == 1


@ON_SQLITE
def test_whatever_is_selected_from_the_ends_to_everything_leads_to_the_signed_root(log):
    chance = random.Random(8)
    with log.world.database.reading() as connection:
        size = evidence.head(connection).size
    some = [sorted(chance.sample(range(size), chance.randint(1, 40))) for _ in range(12)]
    for indexes in [[0], [size - 1], [255, 256], range(size), range(1, size), range(0, size, 2), *some]:
        path = log.export(lambda _, head, indexes=indexes: Plan(head, indexes))
        assert log.check(path)[0] == 0, indexes
    assert members(log.export(whole(0, size - 1)))["proof.txt"] == b""


class Witness:
    """One that signs a checkpoint with the time at which it saw it."""

    name = "witness.example/w1"

    def __init__(self):
        self.private = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
        self.verifier = Verifier(self.name, COSIGNATURE, self.private.public_key().public_bytes_raw(), keys.is_signature)
        self.key_id = self.verifier.key_id

    def sign(self, text):
        return (1_790_000_000).to_bytes(8) + self.private.sign(cosigned(text, 1_790_000_000))


@ON_SQLITE
def test_witnesses_are_demanded_by_whom_the_checker_names(log):
    witness, path = Witness(), log.export()
    body = log.newest.read_text().rpartition("\n\n")[0] + "\n"
    note = sign(body, [log.signer, witness])
    seen = forged(path, lambda contents: contents.update({"checkpoint": note}))
    vkey = witness.verifier.vkey()

    status, said = log.check(seen, "--witness", vkey)
    assert (status, "(your key, witness.example/w1)" in said) == (0, True)
    assert log.check(path, "--witness", vkey)[0] == 1
    assert log.check(forged(path, lambda contents: contents.update({"checkpoint": note + note.splitlines()[-1] + "\n"})))[0] == 0
    assert log.check(path, "--witness", vkey, "--quorum", 0)[0] == 0
    assert log.check(seen, "--witness", log.vkey)[0] == 2
    later = note[:-8] + "AAAAAA=\n"
    assert log.check(forged(path, lambda contents: contents.update({"checkpoint": later})), "--witness", vkey)[0] == 1


def test_what_others_gave_for_a_checkpoint_goes_along(log):
    witness, database = Witness(), log.world.database
    old, size = (int(each.read_text().split("\n")[1]) for each in (log.older, log.newest))
    with database.reading() as connection:
        log_id = evidence.head(connection).log.id
        with pytest.raises(Unavailable):
            evidence.head(connection, witnessed=True)
    lines = sign(log.older.read_text().rpartition("\n\n")[0] + "\n", [witness]).rpartition("\n\n")[2].encode()
    given = {"log_id": log_id, "size": old, "note": log.older.read_text(), "target": "https://outside.example"}
    database.transact(anchors.keep, Anchored(kind=AnchorKind.WITNESS, token=lines, **given), NOW)
    database.transact(anchors.keep, Anchored(kind=AnchorKind.TSA, token=b"a stamp", **given), NOW)

    path = log.export()
    contents = members(path)
    assert contents[f"tsa/{old}.tsr"] == b"a stamp"
    stamped = log.folder / "stamped"
    stamped.write_bytes(contents[f"tsa/{old}.checkpoint"])
    assert log.check(path, "--known", stamped)[0] == 0
    assert log.check(log.export(known=log.older), "--known", log.older)[0] == 0
    with database.reading() as connection:
        head = evidence.head(connection, witnessed=True)
    assert (head.size, old < size) == (old, True)
    path = log.export(lambda _, __: evidence.whole(head, 3, old - 1))
    assert log.check(path, "--witness", witness.verifier.vkey())[0] == 0


@ON_SQLITE
def test_only_the_names_asked_for_are_opened_and_each_is_held_against_its_entry(log):
    path = log.export(names=("address",))
    content = members(path)
    openings = [json.loads(each) for each in content["openings.ndjson"].splitlines()]

    status, said = log.check(path)
    assert (status, {each["field"] for each in openings}) == (0, {"address"})
    assert "49 of 98 private values are shown" in said
    assert "手机" not in content["openings.ndjson"].decode() + content["entries.ndjson"].decode()
    bent = {
        "value": lambda each: each | {"value": "198.51.100.1"},
        "salt": lambda each: each | {"salt": b64encode(bytes(32)).decode()},
        "name": lambda each: each | {"field": "device"},
        "entry": lambda each: each | {"leaf": each["leaf"] + 1},
        "not text": lambda each: each | {"value": 7},
        "surrogate": lambda each: each | {"value": "\ud800"},
    }
    for name, change in bent.items():
        lines = [json.dumps(change(each) if number == 3 else each) for number, each in enumerate(openings)]
        bad = forged(path, lambda contents, lines=lines: contents.update({"openings.ndjson": "\n".join([*lines, ""])}))
        assert log.check(bad)[0] == 1, name
    twice = "\n".join([*(json.dumps(each) for each in [openings[0], *openings]), ""])
    assert log.check(forged(path, lambda contents: contents.update({"openings.ndjson": twice})))[0] == 1


def nasties(path, tmp_path):
    """Files that should not even be unpacked, or that end in the middle."""
    good = members(path)
    yield "a bomb as the manifest", bundle(tmp_path / "1.zip", good | {"manifest.json": b" " * (1 << 22)})
    yield "a bomb of entries", bundle(tmp_path / "2.zip", good | {"entries.ndjson": b"\n" * (1 << 22)})
    yield "a strange member", bundle(tmp_path / "3.zip", good | {"../../etc/passwd": b"x"})
    yield "a member missing", bundle(tmp_path / "4.zip", {name: each for name, each in good.items() if name != "proof.txt"})
    yield "a manifest that is a list", bundle(tmp_path / "5.zip", good | {"manifest.json": b"[]"})
    yield "a manifest without end", bundle(tmp_path / "6.zip", good | {"manifest.json": b"[" * 200_000})
    yield "a line too long", bundle(tmp_path / "7.zip", good | {"index.txt": b"1" * 5000})
    yield (
        "places out of order",
        bundle(tmp_path / "8.zip", good | {"index.txt": b"\n".join([*good["index.txt"].split(b"\n")[1::-1], b""])}),
    )
    yield "a huge size", bundle(tmp_path / "9.zip", good | {"proof.txt": b"0 9999999999999999999999 x\n"})
    yield "no text", bundle(tmp_path / "10.zip", good | {"checkpoint": b"\xff\xfe"})
    yield "more proof than needed", bundle(tmp_path / "11.zip", good | {"proof.txt": good["proof.txt"] * 2})
    content = path.read_bytes()
    (tmp_path / "12.zip").write_bytes(content[: len(content) // 2] + b"\0" * 64 + content[len(content) // 2 + 64 :])
    yield "bytes changed", tmp_path / "12.zip"
    (tmp_path / "13.zip").write_bytes(content[:-30])
    yield "cut off", tmp_path / "13.zip"
    place = content.rindex(struct.pack("<4s", b"PK\x01\x02"))
    (tmp_path / "14.zip").write_bytes(content[: place + 8] + b"\x01\0" + content[place + 10 :])
    yield "said to be encrypted", tmp_path / "14.zip"


@ON_SQLITE
def test_archives_made_to_harm_are_refused_in_a_sentence(log, tmp_path):
    for name, path in nasties(log.export(), tmp_path):
        status, said = log.check(path)
        assert (status, len(said.splitlines()), "Traceback" in said) == (1, 2, False), (name, said)
    doubled = tmp_path / "doubled.zip"
    bundle(doubled, members(log.export()))
    with zipfile.ZipFile(doubled, "a") as made, pytest.warns(UserWarning, match="Duplicate"):
        made.writestr("index.txt", b"")
    assert log.check(doubled)[0] == 1


@ON_SQLITE
def test_the_proof_of_one_entry_stands_by_itself(log, tmp_path):
    path = tmp_path / "entry.tlog-proof"
    with log.world.database.reading() as connection:
        [row] = connection.exec_driver_sql("SELECT code, leaf FROM ledger_entry ORDER BY id DESC LIMIT 1").all()
        text, size = evidence.proof_of_code(connection, row.code)
    path.write_text(text)
    bare = "\n".join(line for line in text.split("\n") if not line.startswith("extra "))

    status, said = log.check(path)
    assert (status, f"at place {size - 1}" in said) == (0, True)
    assert text.startswith("c2sp.org/tlog-proof@v1\nextra ")
    path.write_text(bare)
    leaf = tmp_path / "leaf.json"
    leaf.write_bytes(bytes(row.leaf) + b"\n")
    assert log.check(path)[0] == 2
    assert log.check(path, "--leaf", leaf)[0] == 0
    assert log.check(path, "--leaf", leaf, "--known", log.newest)[0] == 0
    assert log.check(path, "--leaf", leaf, "--known", log.older)[0] == 1
    leaf.write_bytes(bytes(row.leaf).replace(b"deny", b"pass"))
    assert log.check(path, "--leaf", leaf)[0] == 1


@ON_SQLITE
def test_what_is_newer_than_the_checkpoint_is_not_passed_over_in_silence(log):
    fill(log.world, 8)
    manifest = json.loads(members(log.export())["manifest.json"])

    assert (manifest["entries"], manifest["not_covered"]) == (49, 2)
    with log.world.database.reading() as connection:
        code = connection.exec_driver_sql("SELECT code FROM ledger_entry ORDER BY id DESC LIMIT 1").scalar()
        with pytest.raises(Unavailable):
            evidence.proof_of_code(connection, code)


def test_evidence_that_would_be_refused_is_never_made(log, database_url, stranger):
    with opened(database_url[0]) as raw:
        row = raw.rows("SELECT leaf_index, entry_id FROM ledger_leaf WHERE leaf_index = 70")[0]
        if raw.is_sqlite:
            for trigger in raw.rows("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'ledger_entry'"):
                raw.execute(f"DROP TRIGGER {trigger['name']}")
        else:
            raw.execute("ALTER TABLE ledger_entry DISABLE TRIGGER ALL")
            for part in raw.rows(
                "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'ledger_entry'::regclass"
            ):
                raw.execute(f"ALTER TABLE {part['name']} DISABLE TRIGGER ALL")
        raw.execute("UPDATE ledger_entry SET leaf = ? WHERE id = ?", b'{"forged":1}', row["entry_id"])

    with pytest.raises(Conflict) as found:
        log.export(whole(60, 90))
    assert found.value.fault.values == {"index": 70}
    with log.world.database.reading() as connection:
        head = evidence.head(connection)
        with pytest.raises(Invalid):
            evidence.whole(head, 0, head.size)
        for size in (head.size - 5, head.size + 5):
            note = sign(Checkpoint(ORIGIN, size, merkle.EMPTY_ROOT).body(), [stranger])
            with pytest.raises(Conflict):
                evidence.known(connection, head, note)


def test_the_log_as_tiles_is_laid_out_as_c2sp_has_it(log, tmp_path):
    with log.world.database.reading() as connection:
        head = evidence.head(connection)
        evidence.write_tiles(connection, head, tmp_path / "tiles")
        node = tree.node(connection, head.log.id)
        root = merkle.root_of(head.size, node)

    folder = tmp_path / "tiles"
    width = head.size - 256
    assert (folder / "checkpoint").read_text() == log.newest.read_text()
    assert {str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file()} == {
        "checkpoint",
        "tile/0/000",
        f"tile/0/001.p/{width}",
        "tile/1/000.p/1",
        "tile/entries/000",
        f"tile/entries/001.p/{width}",
    }
    content = (folder / "tile/entries/000").read_bytes() + (folder / f"tile/entries/001.p/{width}").read_bytes()
    frontier = merkle.Frontier()
    while content:
        length = int.from_bytes(content[:2])
        frontier.append(merkle.leaf_hash(content[2 : 2 + length]))
        content = content[2 + length :]
    assert (frontier.size, frontier.root()) == (head.size, root)
