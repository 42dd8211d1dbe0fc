"""A scan at a desk: its pages beside the form, what was typed kept when something is wrong, and shown as typed afterwards."""

from pathlib import Path

import pytest
from flask import Flask

from gatekeeper.actions.publishing import reports
from gatekeeper.files import originals
from gatekeeper.files.prepare import prepare
from tests import pdfs
from tests.web.browser import post, visit
from tests.world import World

FORM = {"title": "短债基金：回撤小", "issuer": "明澈证券", "kind": "基金月报", "analysts": "方启铭 S0999525030003"}


@pytest.fixture
def scan(app: Flask, world: World) -> str:
    """The address of a scan's file."""
    data = pdfs.lines("1")
    originals.keep(Path(app.extensions["gatekeeper"].settings.data_dir), data)
    prepared = prepare(data, "扫描件.pdf")
    imported = world.database.transact(reports.import_report, world.caller("reports"), prepared, world.now)
    return f"/admin/reports/{imported.report}"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_scan_is_typed_beside_its_pages(app: Flask, scan: str) -> None:
    admin = visit(app, "reports")
    file = admin.get(scan).text
    assert f'href="{scan}/typing"' in file
    assert "The words were not kept when it came in." not in file, "what was not read is not complete"
    page = admin.get(f"{scan}/typing").text
    picture = page.split('<img loading="lazy" src="')[1].split('"')[0].replace("&amp;", "&")
    assert admin.get(picture).data.startswith(b"\xff\xd8"), "the page is drawn"

    wrong = post(admin, f"{scan}/typing", {**FORM, "issuer": "", "published_on": "2026-06-29"})
    assert wrong.status_code == 400
    assert "短债基金：回撤小" in wrong.text
    assert "2026-06-29" in wrong.text
    assert "year, month and day" in post(admin, f"{scan}/typing", {**FORM, "published_on": "yesterday"}).text

    assert post(admin, f"{scan}/typing", FORM).status_code == 303
    shown = admin.get(scan).text
    for words in ("短债基金：回撤小", "Typed by a person, not printed:", "title and issuer typed"):
        assert words in shown
    assert 'value="短债基金：回撤小"' in admin.get(f"{scan}/typing").text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_report_that_was_read_offers_no_typing(app: Flask, world: World) -> None:
    prepared = prepare((pdfs.REPORTS / "r1-treasury-market.txt").read_bytes(), "r1.txt")
    report = world.database.transact(reports.import_report, world.caller("reports"), prepared, world.now).report
    admin = visit(app, "reports")

    assert "/typing" not in admin.get(f"/admin/reports/{report}").text
    assert admin.get(f"/admin/reports/{report}/typing").status_code == 409
    assert post(admin, f"/admin/reports/{report}/typing", FORM).status_code == 409
