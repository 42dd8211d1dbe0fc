"""The dispute pack: nine parts, each there or named as missing, checked by a stranger with the program and the key alone."""

import json
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from datetime import timedelta
from hashlib import sha256
from io import BytesIO

import pypdfium2 as pdfium
import pytest
from sqlalchemy import make_url

from gatekeeper.actions.clients import investors
from gatekeeper.actions.messages import deliveries, notices
from gatekeeper.ledger import keys
from gatekeeper.ledger.seal import seal
from gatekeeper.rules.changes import CategoryChange
from gatekeeper.rules.messages.deliveries import Channel
from gatekeeper.rules.policy import valid_before
from gatekeeper.rules.risk import InvestorKind, RiskCategory, RiskGrade
from gatekeeper.rules.roles import Role
from gatekeeper.work import telling
from tests import assessed
from tests.actions.test_telling import office
from tests.ledger.test_replay import ask, read
from tests.library import release, withdraw
from tests.web.browser import post, visit
from tests.web.test_compliance import ledger
from tests.web.test_timelines import plain
from tests.world import ZONE

ORIGIN = "gatekeeper.example/test"
EIGHT = ["profile", "questionnaire", "letter", "report", "decisions", "notices", "acknowledgements", "timeline"]
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(scope="module")
def signer(tmp_path_factory):
    return keys.generate(tmp_path_factory.mktemp("key") / "ledger.pem", ORIGIN)


@pytest.fixture
def rich(world, signer):
    """Assessed, notified, asked for the words, let read and refused; and the log sealed over all of it."""
    assessed.install(world)
    world.client("wang", RiskCategory.C2)
    assessed.assess(world, "wang", assessed.answers(RiskCategory.C3))
    report, high = release(world, RiskGrade.R3, title="储能行业跟踪报告"), release(world, RiskGrade.R5, notice="R5 高")
    read(world, "wang", report)
    ask(world, "wang", high)
    told = world.database.record(notices.inbox, world.caller("wang"), world.now)
    world.database.transact(notices.acknowledge, world.caller("wang"), told[0].row.id, world.now)
    sealed(world, signer)
    world.report = report
    return world


def sealed(world, signer):
    world.database.transact(seal, [signer], world.now, publish_every=timedelta(0))


def address(world, name="wang"):
    return f"/admin/investors/{world.investors[name]}/dispute-pack"


def archive(browser, world, name="wang", **form):
    answer = post(browser, address(world, name), form)
    assert answer.status_code == 200, plain(answer.text)
    answer.get_data()
    answer.close()
    return answer


def opened(content, folder):
    with zipfile.ZipFile(BytesIO(content)) as pack:
        pack.extractall(folder)
    return json.loads((folder / "manifest.json").read_text("utf-8"))


def check(path, signer):
    """A stranger's computer: the pack's own program, alone."""
    program = path.parent / "gkverify.py" if path.name == "manifest.json" else path
    command = [sys.executable, "-I", str(program), str(path), "--vkey", signer.verifier().vkey()]
    done = subprocess.run(command, capture_output=True, check=False, cwd=path.parent)
    return done.returncode, done.stdout.decode()


def test_all_nine_parts_are_there_and_a_stranger_finds_that_they_hold(app, rich, signer, tmp_path):
    before = len(ledger(rich))

    answer = archive(visit(app, "compliance"), rich)
    manifest = opened(answer.data, tmp_path)

    assert [each["name"] for each in manifest["parts"]] == [*EIGHT, "verification"]
    assert not any("missing" in each for each in manifest["parts"]), manifest["parts"]
    files = {each.name for each in tmp_path.iterdir()}
    assert files == {*manifest["files"], "manifest.json"}
    assert {f"{number}-{name}.{kind}" for number, name in enumerate(EIGHT, 1) for kind in ("json", "pdf")} < files
    status, said = check(tmp_path / "manifest.json", signer)
    assert (status, said.splitlines()[0]) == (0, "HOLDS  核验通过"), said
    assert ", is what the log says." in said
    entry = next(each for each in ledger(rich)[before:] if each.kind == "dispute_pack.made")
    data = json.loads(entry.leaf)["data"]
    assert (data["sha256"], data["missing"]) == (sha256(answer.data).hexdigest(), [])
    assert entry.code in answer.headers["Content-Disposition"]


def test_each_part_says_what_was_so(app, rich, tmp_path):
    opened(archive(visit(app, "compliance"), rich).data, tmp_path)
    part = {name: json.loads((tmp_path / f"{n}-{name}.json").read_text("utf-8")) for n, name in enumerate(EIGHT, 1)}

    assert part["profile"]["corrected"]["category"]["category"] == "C3"
    assert part["profile"]["corrected"]["open_grades"] == ["R1", "R2", "R3"]
    chosen = {each["id"]: each["chosen"] for each in part["questionnaire"]["questions"]}
    assert chosen == assessed.answers(RiskCategory.C3)
    assert part["letter"]["acknowledged_at"]
    assert sha256(part["letter"]["text"].encode()).hexdigest() == part["letter"]["letter_sha256"]
    assert {each["title"] for each in part["report"]["versions"]} >= {"储能行业跟踪报告"}
    assert all(each["notice"] and each["gradings"] for each in part["report"]["versions"])
    outcomes = [each["outcome"] for each in part["decisions"]["decisions"]]
    assert outcomes == ["ACKNOWLEDGE", "PERMIT", "DENY"]
    named = {(each["fact"], each["id"]) for each in part["decisions"]["facts"]}
    assert {("category", each["facts"]["category"]) for each in part["decisions"]["decisions"]} <= named
    assert sum(each["acknowledged_at"] is not None for each in part["notices"]["notices"]) == 1
    [accepted] = part["acknowledgements"]["acceptances"]
    assert "不转发本报告" in part["acknowledgements"]["words"][accepted["words_sha256"]]["text"]
    kinds = [each["kind"] for each in part["timeline"]["entries"]]
    assert kinds[0] == "investor.created"
    assert {"assessment.scored", "statement.accepted", "report.opened", "notice.acknowledged"} <= set(kinds)


@sqlite
def test_every_kind_of_notice_stands_in_its_part_with_what_became_of_it(app, rich, tmp_path):
    end = valid_before((rich.now + timedelta(days=7, hours=8)).date(), ZONE)
    rich.change("wang", CategoryChange(investor=rich.investors["wang"], category=RiskCategory.C3, before=end))
    withdraw(rich, rich.report)
    rich.clock.moment = end - timedelta(days=1, hours=3)
    for task in telling.TASKS:
        task.run(office(rich))
    rich.database.transact(deliveries.give_out, [Channel.MAIL], rich.now)
    opened(archive(visit(app, "compliance"), rich).data, tmp_path)

    told = json.loads((tmp_path / "6-notices.json").read_text("utf-8"))["notices"]
    assert {each["kind"] for each in told} == {"change", "report", "expiring"}
    assert {one["state"] for each in told for one in each["deliveries"]} == {"NO_ADDRESS"}
    with closing(pdfium.PdfDocument(tmp_path / "6-notices.pdf")) as document:
        paper = "".join(page.get_textpage().get_text_range() for page in document)
    for sentence in ("报告不再可读", "即将到期", "已撤回", "未登记地址"):
        assert sentence in paper, sentence


@sqlite
def test_what_a_report_says_is_in_no_part(app, rich, tmp_path):
    content = archive(visit(app, "compliance"), rich).data
    opened(content, tmp_path)
    with rich.database.reading() as connection:
        sources = connection.exec_driver_sql("SELECT source FROM report_content").scalars().all()

    held = "".join(path.read_text("utf-8") for path in tmp_path.iterdir() if path.suffix == ".json")
    assert not any(each in held for each in (*sources, "政策变化的风险", "另一份报告的标题"))


@sqlite
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("1-profile.json", "it was changed"),
        ("8-timeline.pdf", "it was changed"),
        ("evidence.zip", "it was changed"),
        ("0-contents.pdf", "it was changed"),
    ],
)
def test_one_byte_changed_in_any_file_is_found(app, rich, signer, tmp_path, name, said):
    opened(archive(visit(app, "compliance"), rich).data, tmp_path)
    content = bytearray((tmp_path / name).read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / name).write_bytes(content)

    status, told = check(tmp_path / "manifest.json", signer)

    assert status == 1, told
    assert f"The file '{name}' is not the one that the manifest names: {said}" in told


@sqlite
@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("8-timeline.json", '"outcome": "PERMIT"', '"outcome": "DENY"', "is not what the log says: outcome"),
        ("5-decisions.json", '"reason": "category_below_grade"', '"reason": "not_assessed"', "is not what the log says: reason"),
        ("7-acknowledgements.json", "不转发本报告", "可转发本报告", "are not those that this SHA-256 is of"),
        ("3-letter.json", "C3", "C5", "are not those that this SHA-256 is of"),
    ],
)
def test_a_forger_who_renews_the_manifest_is_found_by_what_the_log_says(app, rich, signer, tmp_path, name, old, new, said):
    manifest = opened(archive(visit(app, "compliance"), rich).data, tmp_path)
    forged = (tmp_path / name).read_text("utf-8").replace(old, new).encode()
    (tmp_path / name).write_bytes(forged)
    manifest["files"][name] = sha256(forged).hexdigest()
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), "utf-8")

    status, told = check(tmp_path / "manifest.json", signer)

    assert (status, said in told) == (1, True), told


@sqlite
def test_a_file_more_or_less_and_another_key_are_refused(app, rich, signer, tmp_path):
    content = archive(visit(app, "compliance"), rich).data
    opened(content, tmp_path)
    path = tmp_path.parent / "pack.zip"
    path.write_bytes(content)
    other = keys.generate(tmp_path.parent / "other.pem", ORIGIN)

    assert check_with(tmp_path, path, signer)[0] == 0, "the archive itself is checked too"
    assert check_with(tmp_path, path, other)[0] == 1
    (tmp_path / "9-more.json").write_text("{}")
    assert "other files than its manifest names" in check(tmp_path / "manifest.json", signer)[1]
    (tmp_path / "9-more.json").unlink()
    (tmp_path / "2-questionnaire.pdf").unlink()
    assert check(tmp_path / "manifest.json", signer)[0] == 1


def check_with(folder, path, signer):
    command = [sys.executable, "-I", str(folder / "gkverify.py"), str(path), "--vkey", signer.verifier().vkey()]
    done = subprocess.run(command, capture_output=True, check=False)
    return done.returncode, done.stdout.decode()


def test_of_a_file_that_was_not_open_then_eight_of_nine_parts_are_missing_by_name(app, rich, signer, tmp_path):
    officer = visit(app, "compliance")
    form = {"on": "2026-11-01"}

    page = officer.get(address(rich) + "?on=2026-11-01")
    manifest = opened(archive(officer, rich, **form).data, tmp_path)

    missing = [each["name"] for each in manifest["parts"] if "missing" in each]
    assert missing == EIGHT
    assert all(each["missing"] for each in manifest["parts"][:8])
    assert plain(page.text).count("Missing") == 8
    assert "The investor's file had not been opened at that moment." in plain(page.text).replace("&#39;", "'")
    status, said = check(tmp_path / "manifest.json", signer)
    assert (status, said.count("MISSING, as the pack says")) == (0, 8), said


@sqlite
def test_an_investor_just_opened_has_a_timeline_of_one_entry_and_nothing_else(app, world, tmp_path):
    made = world.database.transact(
        investors.create_investor, world.caller("clients"), InvestorKind.INDIVIDUAL, "空", "N-0", world.now
    )
    world.investors["empty"] = made

    manifest = opened(archive(visit(app, "compliance"), world, "empty").data, tmp_path)

    assert [each["name"] for each in manifest["parts"] if "missing" not in each] == ["timeline"]
    assert "尚未封存" in manifest["parts"][8]["missing"] or "封存" in manifest["parts"][8]["missing"]


def test_the_same_facts_and_moment_give_the_same_bytes_of_the_first_eight_parts(app, rich, tmp_path):
    rich.clock.forward(timedelta(days=1))
    officer = visit(app, "compliance")

    two = [archive(officer, rich, on="2026-11-23").data for _ in range(2)]

    names = [set(zipfile.ZipFile(BytesIO(each)).namelist()) for each in two]
    assert names[0] == names[1]
    for name in sorted(names[0] - {"manifest.json", "evidence.zip"}):
        assert zipfile.ZipFile(BytesIO(two[0])).read(name) == zipfile.ZipFile(BytesIO(two[1])).read(name), name


@sqlite
def test_one_report_and_some_days_narrow_it(app, rich, tmp_path):
    manifest = opened(archive(visit(app, "compliance"), rich, report=rich.report, **{"from": "2026-11-23"}).data, tmp_path)

    decisions = json.loads((tmp_path / "5-decisions.json").read_text("utf-8"))["decisions"]
    assert manifest["about"]["report"] == rich.report
    assert {each["report"] for each in decisions} == {rich.report}
    assert len(json.loads((tmp_path / "4-report.json").read_text("utf-8"))["versions"]) == 1


@sqlite
def test_what_was_erased_is_named_as_erased(app, rich, tmp_path, database_url):
    with closing(sqlite3.connect(make_url(database_url[0]).database or "")) as raw, raw:
        guards = raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'ledger_private'").fetchall()
        for (guard,) in guards:
            raw.execute(f"DROP TRIGGER {guard}")
        raw.execute("DELETE FROM ledger_private WHERE field IN ('address', 'reason')")

    opened(archive(visit(app, "compliance"), rich).data, tmp_path)

    accepted = json.loads((tmp_path / "7-acknowledgements.json").read_text("utf-8"))["acceptances"][0]
    assert accepted["private"]["address"] == {"erased": True}
    entries = json.loads((tmp_path / "8-timeline.json").read_text("utf-8"))["entries"]
    assert {"erased": True} in [each["private"].get("reason") for each in entries]


@sqlite
@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"on": "2099-01-01"}, "Please choose a day that has come already."),
        ({"on": "x"}, "Please give a date as year, month and day."),
        ({"from": "2026-11-24", "on": "2026-11-23"}, "The first day lies after the last one."),
        ({"from": "soon"}, "Please give a date as year, month and day."),
        ({"report": "0" * 26}, "There is no such report."),
    ],
)
def test_what_is_asked_wrongly_is_said_and_nothing_is_made(app, rich, form, said):
    rich.clock.forward(timedelta(days=3))
    officer, before = visit(app, "compliance"), len(ledger(rich))

    for answer in (post(officer, address(rich), form), officer.get(address(rich), query_string=form)):
        assert answer.status_code == 400
        assert said in plain(answer.text)
    assert [entry.kind for entry in ledger(rich)[before:]] == []


@sqlite
def test_only_compliance_makes_one(app, rich):
    rich.staff("inspector", Role.INSPECTOR)

    for name in ("inspector", "clients", "reports", "staff-admin", "wang"):
        other = visit(app, name)
        assert other.get(address(rich)).status_code == 403
        assert post(other, address(rich), {}).status_code == 403
        if name in ("inspector", "clients"):
            assert "dispute-pack" not in other.get(f"/admin/investors/{rich.investors['wang']}").text
    assert visit(app, "compliance").get(address(rich).replace(rich.investors["wang"], "x")).status_code == 404


@sqlite
def test_nobody_has_a_pack_that_could_not_be_recorded(app, rich, database_url):
    officer = visit(app, "compliance")
    token = officer.get("/account").text
    refuse = "CREATE TRIGGER no_more BEFORE INSERT ON ledger_entry WHEN NEW.kind = 'dispute_pack.made'"
    with closing(sqlite3.connect(make_url(database_url[0]).database or "")) as raw, raw:
        raw.execute(f"{refuse} BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END")

    answer = post(officer, address(rich), {}, page=token)

    assert answer.status_code >= 500
    assert answer.data[:2] != b"PK"
