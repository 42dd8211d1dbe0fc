"""Checkpoints outside the house: they get there, and what they say is held against the log before it is signed again."""

import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from gatekeeper.actions.accounts import recovery
from gatekeeper.actions.accounts.recovery import Loss
from gatekeeper.actions.proof import integrity
from gatekeeper.ledger import anchors, keys, record, tree
from gatekeeper.ledger.acts import told
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.seal import Halted
from gatekeeper.rules import note
from gatekeeper.rules.errors import Conflict, Invalid, Unavailable
from gatekeeper.rules.integrity import Concern
from gatekeeper.rules.note import Checkpoint
from gatekeeper.settings import Settings
from gatekeeper.store.proof.ledger import LedgerAnchor, LedgerEntry
from gatekeeper.witness import Witness, application, cosigner
from gatekeeper.work import anchoring
from gatekeeper.work.sealer import seal_waiting
from gatekeeper.work.sending.office import Office
from tests.ledger.raw import event
from tests.work.test_mail import free_port
from tests.world import SECRET, World

ORIGIN = "gatekeeper.example/test"
OPERATOR = Caller(actor="operator", channel="cli")
DAY = timedelta(days=1)
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(scope="session")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("key") / "ledger.pem"
    keys.generate(path, ORIGIN)
    return path


class House:
    """A world's ledger with its sealer, and places outside."""

    def __init__(self, world: World, key: Path, **places: str) -> None:
        self.world = world
        self.key = key
        given = {"DATABASE_URL": "sqlite:///unused", "SECRET_KEY": SECRET, "LOG_ORIGIN": ORIGIN, "LEDGER_KEY": str(key), **places}
        settings = Settings.from_env({f"GATEKEEPER_{name}": value for name, value in given.items()})
        self.office = Office(settings, world.database, lambda: world.now)

    def act(self) -> None:
        """Something that is recorded."""
        self.world.database.transact(record.append, event())

    def seal(self) -> None:
        self.act()
        seal_waiting(self.office, publish_every=timedelta(0))

    def anchor(self) -> None:
        anchoring.anchor(self.office, at_once=True)

    def signed(self, size: int, root: bytes = bytes(32), origin: str = ORIGIN) -> str:
        signer = keys.Ed25519Signer(origin, keys.load(self.key, ORIGIN).private)
        return note.sign(Checkpoint(origin, size, root).body(), [signer])

    @property
    def standing(self) -> integrity.Integrity:
        with self.world.database.reading() as connection:
            return integrity.standing(connection, self.world.now, has_key=True)

    @property
    def rows(self) -> list[tuple[str, int]]:
        with self.world.database.reading() as connection:
            return [tuple(row) for row in connection.execute(select(LedgerAnchor.kind, LedgerAnchor.size))]

    def kinds(self, *kinds: str) -> list[str]:
        with self.world.database.reading() as connection:
            found = select(LedgerEntry.kind).where(LedgerEntry.kind.in_(kinds)).order_by(LedgerEntry.id)
            return list(connection.scalars(found))


@contextmanager
def listening(app: Callable[..., object]) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# --------------------------------------------------------------------------------------------------------------------- the file


@pytest.fixture
def house(world: World, key: Path, tmp_path: Path) -> House:
    return House(world, key, ANCHOR_FILE=str(tmp_path / "anchor"))


@pytest.fixture
def anchor_file(house: House) -> Path:
    assert house.office.settings.anchor_file is not None
    return house.office.settings.anchor_file


def test_each_checkpoint_goes_to_the_file(house: House, anchor_file: Path) -> None:
    assert Concern.NO_ANCHOR in house.standing.concerns
    for _ in range(2):
        house.seal()
        house.anchor()
        assert anchor_file.read_text() == house.standing.checkpoint.note
    house.anchor()  # nothing new

    assert len(house.rows) == 2
    assert Concern.NO_ANCHOR not in house.standing.concerns
    assert house.kinds("checkpoint.anchored") == []


def ahead(house: House) -> str:
    return house.signed(10_000)


def another_history(house: House) -> str:
    return house.signed(house.standing.checkpoint.size)


def another_log(house: House) -> str:
    return house.signed(1, origin="other.example/log")


def another_key(house: House) -> str:
    stranger = keys.Ed25519Signer(ORIGIN, Ed25519PrivateKey.generate())
    return note.sign(Checkpoint(ORIGIN, 1, bytes(32)).body(), [stranger])


FOUND = {
    "nothing any more": ("anchor_missing", None),
    "a later size: the database was put back": ("anchor_ahead", ahead),
    "another root at this size: history was made anew": ("anchor_differs", another_history),
    "another log": ("anchor_unreadable", another_log),
    "another key": ("anchor_unreadable", another_key),
    "something else": ("anchor_unreadable", lambda _: "hello\n"),
}


@pytest.mark.parametrize("name", FOUND)
def test_a_file_that_contradicts_the_log_halts_signing_and_nothing_else(house: House, anchor_file: Path, name: str) -> None:
    house.seal()
    house.anchor()
    before, note_before = house.standing, anchor_file.read_text()
    reason, make = FOUND[name]
    anchor_file.unlink()
    if make is not None:
        anchor_file.write_text(make(house))

    for _ in range(2):
        with pytest.raises(Halted) as raised:
            house.seal()
        assert raised.value.reason == reason

    after = house.standing
    assert after.checkpoint.size == before.checkpoint.size
    assert after.alarm is not None
    assert after.alarm.data["reason"] == reason
    assert after.concerns[0] is Concern.HALTED
    assert house.kinds("signing.halted") == ["signing.halted"]
    assert after.waiting > 2  # acts went on

    anchor_file.write_text(note_before)
    house.seal()
    assert house.standing.alarm is None
    assert house.standing.checkpoint.size > before.checkpoint.size


def test_two_services_that_both_believe_to_be_the_log_do_not_overwrite_each_other(house: House, anchor_file: Path) -> None:
    house.seal()
    house.anchor()
    with pytest.raises(Conflict):
        anchoring.anchor_file.replace(anchor_file, "what it held an hour ago\n", house.signed(7))
    assert anchor_file.read_text() == house.standing.checkpoint.note


def test_a_file_that_cannot_be_written_is_tried_again(world: World, key: Path, tmp_path: Path) -> None:
    house = House(world, key, ANCHOR_FILE=str(tmp_path / "absent" / "anchor"))
    house.seal()
    with pytest.raises(Unavailable):
        house.anchor()
    (tmp_path / "absent").mkdir()
    house.anchor()
    assert [kind for kind, _ in house.rows] == ["file"]


# ------------------------------------------------------------------------------------------------------------------- recovering


def test_a_log_that_lost_entries_is_closed_and_the_next_says_what_was_lost(
    house: House, anchor_file: Path, key: Path, tmp_path: Path
) -> None:
    house.seal()
    house.anchor()
    anchor_file.write_text(ahead(house))
    with pytest.raises(Halted):
        house.seal()
    lost = Checkpoint.parse(anchor_file.read_text().partition("\n\n")[0] + "\n")
    size = house.standing.log.size
    house.key = shutil.copy(house.key, tmp_path / "key")  # whose list of public keys is this test's own
    shutil.copy(f"{key}.vkeys", f"{house.key}.vkeys")
    house.office = replace(house.office, settings=replace(house.office.settings, ledger_key=house.key))
    house.world.database.dispose()  # the service is stopped

    origin = house.world.database.transact(
        recovery.open_anew, OPERATOR, Loss("the disk broke", ("Li", "Wang"), lost), house.world.now
    )

    assert origin == f"{ORIGIN}/2"
    with pytest.raises(Unavailable):  # the key does not bear the new log's name yet
        house.seal()
    keys.list_again(house.key, origin)
    house.seal()
    house.anchor()
    assert Checkpoint.parse(anchor_file.read_text().partition("\n\n")[0] + "\n").origin == origin
    assert house.standing.alarm is None
    with house.world.database.reading() as connection:
        said = told.newest(connection, told.Kind.LOG_RECOVERED)
    assert said is not None
    assert said.data["known"]["size"] == 10_000
    assert said.data["closed"]["size"] == size
    assert said.data["lost"] == 10_000 - size
    with pytest.raises(Conflict):  # a checkpoint of the closed log says nothing about this one
        house.world.database.transact(recovery.open_anew, OPERATOR, Loss("again", ("Li", "Wang"), lost), house.world.now)


@pytest.mark.parametrize(
    "loss", [Loss(" ", ("Li", "Wang"), None), Loss("why", ("Li", "Li "), None), Loss("why", ("Li", " "), None)]
)
def test_nobody_closes_a_log_alone_or_without_a_reason(house: House, loss: Loss) -> None:
    with pytest.raises(Invalid):
        house.world.database.transact(recovery.open_anew, OPERATOR, loss, house.world.now)


# -------------------------------------------------------------------------------------------------------------------- witnesses


def test_a_witness_signs_what_goes_on_and_stops_what_does_not(world: World, key: Path, tmp_path: Path) -> None:
    signer = keys.Ed25519Signer("witness.example", Ed25519PrivateKey.generate(), note.COSIGNATURE)
    watcher = Witness(tmp_path / "seen.db", cosigner(signer), {ORIGIN: [keys.load(key, ORIGIN).verifier()]})
    with listening(application(watcher)) as address:
        house = House(world, key, ANCHOR_WITNESSES=f"{signer.verifier().vkey()} {address}")
        for _ in range(2):
            house.seal()
            house.anchor()
        with world.database.reading() as connection:
            log = tree.log_of(connection)
            last = anchors.newest(connection, log.id, anchors.AnchorKind.WITNESS, address)
        assert last is not None
        assert last.size == house.standing.checkpoint.size

        house.act()
        forked = house.signed(10_000)  # somebody with the key showed the witness another history
        proof = f"old {last.size}\n" + "\n" + forked
        assert watcher.add(proof.encode(), 0).status == 422
        (tmp_path / "seen.db").unlink()
        assert watcher.add(("old 0\n\n" + forked).encode(), 0).status == 200

        house.seal()
        with pytest.raises(Unavailable):
            house.anchor()
        assert house.standing.alarm is not None
        size = house.standing.checkpoint.size
        for _ in range(2):
            with pytest.raises(Halted):
                house.seal()
        assert house.standing.checkpoint.size == size
        assert house.kinds("signing.halted") == ["signing.halted"]

        (tmp_path / "seen.db").unlink()  # the witness was found to be wrong
        world.database.transact(recovery.resume, OPERATOR, "the witness's disk was put back", world.now)
        house.seal()
        house.anchor()
        assert house.standing.alarm is None
        assert house.standing.checkpoint.size > size


@on_sqlite
@pytest.mark.parametrize("answer", [Response("no", 500), Response("— x AAAA\n", 200), Response("", 200), Response(b"\xff", 200)])
def test_a_witness_that_answers_nonsense_is_no_anchor(world: World, key: Path, answer: Response) -> None:
    signer = keys.Ed25519Signer("witness.example", Ed25519PrivateKey.generate(), note.COSIGNATURE)
    with listening(answer) as address:
        house = House(world, key, ANCHOR_WITNESSES=f"{signer.verifier().vkey()} {address}")
        house.seal()
        with pytest.raises(Unavailable):
            house.anchor()
    with pytest.raises(Unavailable):  # and one that is not there
        house.anchor()
    assert house.rows == []
    assert house.standing.alarm is None


# ------------------------------------------------------------------------------------------------------------ time stamps, mail


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a time-stamping authority's key, certificate and settings."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here to be the time-stamping authority")
    folder = tmp_path_factory.mktemp("tsa")
    (folder / "tsa.cnf").write_text(
        "[req]\ndistinguished_name=dn\nprompt=no\nx509_extensions=ext\n[dn]\nCN=Time of the tests\n"
        "[ext]\nbasicConstraints=critical,CA:false\nkeyUsage=critical,digitalSignature\n"
        "extendedKeyUsage=critical,timeStamping\n"
        "[tsa]\ndefault_tsa=one\n[one]\nserial=serial\ncrypto_device=builtin\nsigner_digest=sha256\ndefault_policy=1.2.3.4\n"
        "digests=sha256,sha512\naccuracy=secs:1\ness_cert_id_chain=no\ness_cert_id_alg=sha256\n"
    )
    (folder / "serial").write_text("01\n")
    new = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30"
    for root in ("root", "other"):
        openssl(folder, f"{new} -keyout {root}.key -out {root}.pem -subj /CN={root}")
    openssl(folder, f"{new} -CA root.pem -CAkey root.key -keyout key.pem -out cert.pem -config tsa.cnf")
    return folder


def openssl(folder: Path, command: str) -> bytes:
    return subprocess.run(command.split(), cwd=folder, check=True, capture_output=True).stdout


def stamping(folder: Path) -> Callable[..., object]:
    @Request.application
    def answer(request: Request) -> Response:
        (folder / "query").write_bytes(request.get_data())
        reply = "openssl ts -reply -queryfile query -signer cert.pem -inkey key.pem -out reply -config tsa.cnf -section one"
        openssl(folder, reply)
        return Response((folder / "reply").read_bytes(), content_type="application/timestamp-reply")

    return answer


def test_a_time_stamp_is_kept_each_day_and_can_be_checked_without_us(world: World, key: Path, authority: Path) -> None:
    pytest.importorskip("rfc3161_client")
    with listening(stamping(authority)) as address:
        house = House(world, key, ANCHOR_TSA=address, ANCHOR_TSA_CERTIFICATES=str(authority / "root.pem"))
        house.seal()
        assert len(anchoring.anchor(house.office)) == 1
        house.seal()
        assert anchoring.anchor(house.office) == []  # once a day
        with world.database.reading() as connection:
            token = connection.scalar(select(LedgerAnchor.token))
            first = tree.checkpoints(connection, 1, 5)[-1]
        world.clock.forward(DAY)
        assert len(anchoring.anchor(house.office)) == 1
    (authority / "note").write_text(first.note)
    (authority / "token").write_bytes(token)
    assert b"OK" in openssl(authority, "openssl ts -verify -data note -in token -CAfile root.pem")
    assert house.kinds("checkpoint.anchored") == ["checkpoint.anchored"] * 2


@on_sqlite
def test_a_time_stamp_that_leads_to_nobody_trusted_is_refused(world: World, key: Path, authority: Path) -> None:
    pytest.importorskip("rfc3161_client")
    for app in (stamping(authority), Response("hello"), Response("", 500)):
        with listening(app) as address:
            house = House(world, key, ANCHOR_TSA=address, ANCHOR_TSA_CERTIFICATES=str(authority / "other.pem"))
            house.seal()
            with pytest.raises(Unavailable):
                house.anchor()
    assert house.rows == []


def test_a_checkpoint_goes_by_mail_each_day(world: World, key: Path) -> None:
    letters = []

    class Postman:
        async def handle_DATA(self, _server: object, _session: object, envelope: object) -> str:  # noqa: N802  (aiosmtpd's name)
            letters.append(message_from_bytes(envelope.content, policy=default))
            return "250 OK"

    port = free_port()
    controller = Controller(Postman(), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        house = House(
            world,
            key,
            ANCHOR_MAIL="audit@firm.example, partner@auditor.example",
            SMTP_URL=f"smtp://127.0.0.1:{port}?starttls=no",
            MAIL_FROM="gate@firm.example",
            PUBLIC_URL="https://research.example",
        )
        for _ in range(2):
            house.seal()
            anchoring.anchor(house.office)
    finally:
        controller.stop()
    assert [letter["To"] for letter in letters] == ["audit@firm.example", "partner@auditor.example"]
    first = house.rows[0][1]
    for letter in letters:
        assert f"\n{ORIGIN}\n{first}\n" in letter.get_content().replace("\r\n", "\n")
    assert house.kinds("checkpoint.anchored") == ["checkpoint.anchored"] * 2
    with pytest.raises(Unavailable):
        house.anchor()  # the mail server is gone
