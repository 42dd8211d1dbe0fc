"""The page at which anybody checks a receipt: it says whether the log holds it, and to nobody anything more."""

import io
import json
import re
from base64 import b64encode
from datetime import timedelta
from pathlib import Path

import pytest

from gatekeeper import gkverify
from gatekeeper.actions.proof.verify import LOCK_AFTER
from gatekeeper.ledger import keys
from gatekeeper.ledger.seal import seal
from gatekeeper.rules.merkle import leaf_hash
from gatekeeper.rules.risk import RiskCategory
from tests.ledger.raw import ON_SQLITE
from tests.ledger.test_evidence import Log
from tests.library import release
from tests.web.browser import hidden, visit
from tests.web.test_client import accept, data, kinds, last

OTHER = b64encode(bytes(32)).decode()


@pytest.fixture(scope="module")
def signer(tmp_path_factory):
    return keys.generate(tmp_path_factory.mktemp("key") / "ledger.pem", "gatekeeper.example/test")


@pytest.fixture
def client(app):
    """A stranger's browser, in English."""
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


@pytest.fixture
def entry(world, app):
    """The opening of a report by a client, which has a receipt."""
    world.client("张小三", RiskCategory.C3)
    browser = visit(app, "张小三")
    accept(browser, release(world))
    return browser, last(world, kind="report.opened")


def sealed(world, signer):
    return world.database.transact(seal, [signer], world.now, publish_every=timedelta(0))


def ask(client, code="", fingerprint="", content=None):
    token = hidden(client.get("/verify").text)
    form = {"csrf_token": token, "code": code, "fingerprint": fingerprint}
    if content is not None:
        form["receipt"] = (io.BytesIO(content), "receipt.json")
    return client.post("/verify", data=form, content_type="multipart/form-data")


def bare(answer, *parts):
    """The page without what each request has of its own."""
    text = re.sub(r'name="csrf_token" value="[^"]*"', "", answer.text.replace(answer.headers["X-Request-ID"], ""))
    for part in parts:
        text = text.replace(part, "")
    return text


def test_whoever_holds_the_receipt_learns_that_the_log_holds_it_and_whether_it_is_sealed(world, client, entry, signer):
    _, row = entry
    fingerprint = b64encode(leaf_hash(row.leaf)).decode()
    code = " ".join((row.code[:4], row.code[4:8], row.code[8:])).upper()

    before = ask(client, code, fingerprint)
    assert (before.status_code, "It is not sealed yet" in before.text) == (200, True)
    checked = last(world, kind="receipt.checked")
    assert (data(checked)["held"], data(checked)["entries"], checked.person) == (True, [row.code], None)
    made = sealed(world, signer)
    after = ask(client, code, fingerprint)
    assert "is sealed under a signed checkpoint" in after.text
    assert "c2sp.org/tlog-proof@v1\nindex " in after.text
    assert made.checkpoint.split("\n")[2] in after.text
    assert "extra " not in after.text
    for told in (row.report, row.person, row.kind, "张小三"):
        assert told not in after.text


@ON_SQLITE
def test_an_unknown_code_and_a_wrong_fingerprint_have_one_and_the_same_answer(world, client, entry):
    _, row = entry
    right = b64encode(leaf_hash(row.leaf)).decode()
    others = last(world, kind="statement.accepted")
    asked = [(row.code, OTHER), ("0" * 12, right), ("0" * 12, OTHER), (others.code, right)]

    answers = [ask(client, *each) for each in asked]

    assert {each.status_code for each in answers} == {200}
    assert len({bare(answer, *each) for answer, each in zip(answers, asked, strict=True)}) == 1
    checked = last(world, kind="receipt.checked")
    assert data(checked) == {"channel": "web", "held": False, "entries": []}
    assert b"code" not in checked.leaf.replace(b'"code":"' + checked.code.encode(), b"")


@ON_SQLITE
def test_the_receipt_itself_may_be_chosen_and_the_auditors_program_accepts_it_offline(world, client, entry, signer, tmp_path):
    browser, row = entry
    unsealed = browser.get(f"/record/receipts/{row.code}/json").data
    log = Log.__new__(Log)
    log.vkey = signer.verifier().vkey()
    kept = tmp_path / "receipt.json"
    kept.write_bytes(unsealed)
    assert (json.loads(unsealed)["sealed"], log.check(kept)[0]) == (False, 2)

    sealed(world, signer)
    content = browser.get(f"/record/receipts/{row.code}/json").data
    assert "is sealed under a signed checkpoint" in ask(client, content=unsealed).text
    kept.write_bytes(content)
    status, said = log.check(kept)
    assert (status, "NOT proven: the receipt's other lines" in said) == (0, True)
    leaf = tmp_path / "leaf.json"
    leaf.write_bytes(row.leaf)
    assert log.check(kept, "--leaf", leaf)[0] == 0
    leaf.write_bytes(last(world, kind="statement.accepted").leaf)
    assert log.check(kept, "--leaf", leaf)[0] == 1
    for change in (
        {"fingerprint_rfc6962": OTHER},
        {"tlog_proof": json.loads(content)["tlog_proof"].replace("index ", "index 1")},
    ):
        kept.write_text(json.dumps(json.loads(content) | change))
        assert log.check(kept)[0] == 1
    assert row.leaf.decode() not in content.decode()
    page = browser.get(f"/record/receipts/{row.code}").text
    assert "Yes, under a signed checkpoint" in page
    assert browser.get(f"/record/receipts/{row.code}/pdf").data[:5] == b"%PDF-"


@ON_SQLITE
def test_what_is_no_receipt_is_said_to_be_none_and_nothing_is_asked_of_the_log(world, client):
    contents = [b"", b"{", b"[]", b"null", b'{"format": "gatekeeper-receipt-1"}', b"[" * 60_000, b"\xff", b" " * 70_000]
    for content in contents:
        answer = ask(client, content=content)
        assert (answer.status_code, "There is a problem" in answer.text) == (400, True), content[:20]
    for code, fingerprint in [("", ""), ("0" * 12, "x"), ("'--", OTHER), ("0" * 12, OTHER[:-1]), ("0" * 12, "é" * 44)]:
        assert ask(client, code, fingerprint).status_code == 400
    assert kinds(world).count("receipt.checked") == 0


def test_whoever_asks_too_often_waits_and_others_do_not(world, client):
    token = hidden(client.get("/verify").text)
    form = {"csrf_token": token, "code": "0" * 12, "fingerprint": OTHER}

    statuses = [client.post("/verify", data=form).status_code for _ in range(LOCK_AFTER + 1)]

    assert statuses == [200] * LOCK_AFTER + [429]
    assert kinds(world).count("receipt.checked") == LOCK_AFTER
    elsewhere = client.post("/verify", data=form, environ_base={"REMOTE_ADDR": "198.51.100.7"})
    assert elsewhere.status_code == 200
    world.clock.forward(timedelta(minutes=16))
    assert client.post("/verify", data=form).status_code == 200


@ON_SQLITE
def test_the_page_shows_the_newest_checkpoint_and_the_keys_to_anybody(world, app, client, signer, tmp_path):
    keys.generate(tmp_path / "own.pem", "gatekeeper.example/test")
    vkey = (tmp_path / "own.pem.vkeys").read_text().strip()
    services = app.extensions["gatekeeper"]
    object.__setattr__(services.settings, "ledger_key", tmp_path / "own.pem")
    before = client.get("/verify")
    note = sealed(world, signer).checkpoint
    after = client.get("/verify")

    assert (before.status_code, "Nothing is sealed yet." in before.text) == (200, True)
    assert client.get("/verify/gkverify.py").data == Path(gkverify.__file__).read_bytes()
    assert vkey in after.text.replace("&#43;", "+")
    assert all(line in after.text.replace("&#43;", "+") for line in note.splitlines())
