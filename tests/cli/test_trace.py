"""``gatekeeper trace``: a leaked file or a code, and who had it."""

import json
from datetime import UTC, datetime

import pytest

from gatekeeper.actions.reading import access
from gatekeeper.files.viewing import copies
from gatekeeper.files.viewing.copies import About
from gatekeeper.files.viewing.marks import Mark
from gatekeeper.rules.risk import RiskCategory, RiskGrade
from gatekeeper.store.proof import entries
from gatekeeper.store.proof.filtering import Filter
from tests.library import release
from tests.viewed import PAPER
from tests.world import ZONE

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def code(world):
    """The code of an opening that asked for the statement: an entry like any other."""
    world.client("zhang", RiskCategory.C3)
    report = release(world, RiskGrade.R1, title="国债市场周报")
    return world.database.record(access.open_report, world.caller("zhang"), report, world.now, ZONE).code


def newest(world):
    with world.database.reading() as connection:
        row = entries.search(connection, Filter(kind="leak.traced"), None, 1)[0]
        return json.loads(entries.by_id(connection, row.id).leaf)


def test_a_code_and_a_file_lead_to_the_entry(world, gk, code, tmp_path):
    ran = gk("trace", code.upper())
    assert ran.code == 0
    assert all(each in ran.out for each in ("zhang", "N-zhang", "国债市场周报", code, "192.0.2.1"))
    assert newest(world)["actor"] == "operator"

    copy = tmp_path / "leak.pdf"
    copy.write_bytes(
        copies.make(PAPER, Mark(("张*", f"· {code}"), code), About("国债", "明澈证券", datetime(2026, 11, 23, tzinfo=UTC)))
    )
    assert code in gk("trace", copy).out
    assert newest(world)["data"]["entries"] == [code]


def test_what_leads_nowhere_says_so(world, gk, code, tmp_path):
    none = gk("trace", "0" * 12)
    assert none.code == 1
    assert "Nothing was found" in none.err
    assert "neither a file nor a code" in gk("trace", "nowhere.pdf").err
    other = tmp_path / "other.txt"
    other.write_text("x")
    assert "neither a PDF nor" in gk("trace", other).err
