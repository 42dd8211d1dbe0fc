"""Evidence on screen: pages as pictures and the file as it came, for staff alone, each look an entry."""

import io
import json

import pytest
from PIL import Image
from sqlalchemy import select

from gatekeeper.files import originals, uploads
from gatekeeper.ledger.acts.evidence_files import keep
from gatekeeper.store.clients import evidence_files
from gatekeeper.store.proof.ledger import LedgerEntry
from tests.scans import pdf
from tests.web.browser import visit


@pytest.fixture
def file(app, world):
    """A file of two pages about c3, with its address."""
    world.client("c3")
    upload = uploads.check(pdf(2), "问卷 <b>.pdf")
    originals.keep(app.extensions["gatekeeper"].settings.data_dir, upload.data)
    investor = world.investors["c3"]
    id_ = world.database.transact(keep, world.caller("clients"), investor, upload.described, world.now)
    return f"/admin/investors/{investor}/files/{id_}", upload, investor, id_


def test_staff_see_the_pages_and_get_the_file_and_each_look_is_recorded(app, world, file):
    address, upload, investor, id_ = file
    admin = visit(app, "clients")
    page = admin.get(f"{address}/pages/2")
    assert (page.status_code, page.content_type) == (200, "image/jpeg")
    assert Image.open(io.BytesIO(page.data)).format == "JPEG"
    whole = admin.get(address)
    assert whole.data == upload.data
    assert whole.headers["Content-Disposition"] == f'attachment; filename="evidence-{id_}.pdf"'
    assert (page.headers["Cache-Control"], whole.headers["X-Content-Type-Options"]) == ("no-store", "nosniff")
    kind = LedgerEntry.kind
    query = select(kind, LedgerEntry.investor, LedgerEntry.leaf).where(kind.startswith("evidence_file")).order_by(LedgerEntry.id)
    with world.database.reading() as connection:
        looks = connection.execute(query).all()
    assert [each.kind for each in looks] == ["evidence_file.stored", "evidence_file.viewed", "evidence_file.downloaded"]
    assert {each.investor for each in looks} == {investor}
    assert "问卷" not in str([json.loads(each.leaf) for each in looks])
    assert json.loads(looks[1].leaf)["data"]["page"] == 2


def test_a_file_is_found_under_its_own_investor_alone(app, world, file):
    address, _, investor, _ = file
    world.client("c1")
    admin = visit(app, "clients")
    assert admin.get(address.replace(investor, world.investors["c1"])).status_code == 404
    for number in ("0", "3", "x", "²", "1" * 50):
        assert admin.get(f"{address}/pages/{number}").status_code == 404
    for name in ("c3", "reports", "staff-admin"):
        assert visit(app, name).get(address).status_code == 403


def test_a_file_that_was_changed_on_disk_is_not_handed_out(app, file):
    address, upload, _, _ = file
    folder = app.extensions["gatekeeper"].settings.data_dir / "originals"
    sha256 = upload.described.sha256
    (folder / sha256[:2] / sha256).write_bytes(b"%PDF-1.4 another")
    admin = visit(app, "clients")
    assert [admin.get(each).status_code for each in (address, f"{address}/pages/1")] == [503, 503]


def test_a_look_at_the_row_needs_a_plain_id(world):
    with world.database.reading() as connection:
        assert evidence_files.of_ids(connection, "x", ["a\0b", "'", ""]) == []
