"""The acceptance sheet: everything about one acceptance, in Chinese, recorded with its digest before it is sent."""

import json
import re
from hashlib import sha256

import pytest

from gatekeeper.actions.proof import sheets
from gatekeeper.files.made import court
from gatekeeper.rules.risk import RiskGrade
from gatekeeper.store.proof import entries
from gatekeeper.store.proof.filtering import Filter
from tests.ledger.test_replay import read
from tests.library import NOTICE, release
from tests.web.browser import visit
from tests.web.test_sheets import cells
from tests.world import ZONE

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def newest(world, kind):
    with world.database.reading() as connection:
        return entries.search_leaves(connection, Filter(kind=kind), None, 1)[0]


@pytest.fixture
def accepted(world):
    """The code of an acceptance."""
    world.client("c3")
    read(world, "c3", release(world, RiskGrade.R3, title="储能行业跟踪报告"))
    return newest(world, "statement.accepted").code


def test_the_sheet_holds_who_accepted_what_when_and_from_where(app, world, accepted):
    with world.database.reading() as connection:
        found = sheets.acceptance(connection, world.caller("compliance"), accepted, world.now)
    rows = dict(court.rows(found, ZONE))

    assert (found.person, found.client_number, found.report) == ("c3", "N-c3", "储能行业跟踪报告")
    assert NOTICE in found.words
    assert sha256(found.words.encode()).hexdigest() == found.words_sha256
    assert (found.address, found.device, found.end_reached, found.in_full) == ("192.0.2.1", "test", True, True)
    assert found.served_at < found.accepted_at
    assert found.signed_in_code == newest(world, "person.signed_in").code
    assert found.served_code == newest(world, "statement.served").code
    assert (found.checkpoint, found.link_code) == (None, "")
    assert all(value for value in rows.values())
    assert sum("Asia/Shanghai" in value for value in rows.values()) >= 4


def test_a_sheet_is_recorded_with_its_digest_before_it_is_sent(app, world, accepted):
    officer = visit(app, "compliance")
    assert f'href="/log/{accepted}/acceptance"' in officer.get(f"/log/{accepted}").text

    for form, begins in (("pdf", b"%PDF"), ("xlsx", b"PK")):
        answer = officer.get(f"/log/{accepted}/acceptance?format={form}")
        content = answer.data
        answer.close()
        entry = newest(world, "ledger.exported")
        data = json.loads(entry.leaf)["data"]
        assert content.startswith(begins)
        assert (data["sheet"], data["format"], data["sha256"]) == ("acceptance", form, sha256(content).hexdigest())
        assert data["first"] == accepted
        assert re.search(rf'filename="acceptance-{accepted}\.{form}"', answer.headers["Content-Disposition"])
    assert "储能行业跟踪报告" in str(cells(content, 1))


@sqlite
def test_only_an_acceptance_has_a_sheet(app, world, accepted):
    officer = visit(app, "compliance")
    other = newest(world, "statement.served").code

    assert officer.get(f"/log/{other}/acceptance").status_code == 404
    assert "/acceptance" not in officer.get(f"/log/{other}").text
    assert officer.get("/log/zzzzzzzzzzzz/acceptance").status_code == 404
    assert visit(app, "c3").get(f"/log/{accepted}/acceptance").status_code == 403
