"""A notice that nothing could read: a person says what its words mean, a second one looks at them, and nothing lower goes out."""

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web.browser import post, visit
from tests.web.test_reports import DEMO, PROPOSAL, send
from tests.world import World

PRINTED = re.compile(r"风险等级为.{1,60}?普通投资者")
DOUBTFUL = "风险等级为 R3（中风险），仅面向合格投资者"


@pytest.fixture
def admin(app: Flask, world: World) -> FlaskClient:
    return visit(app, "reports")


def bring_in(admin: FlaskClient, path: Path, words: str) -> str:
    text = path.read_text("utf-8")
    status, told, location = send(admin, (PRINTED.sub(words, text, count=1).encode(), path.name))
    assert status == 303, told
    return location


def test_a_person_says_what_words_mean_and_never_goes_below_what_is_printed(admin: FlaskClient) -> None:
    path = bring_in(admin, DEMO / "r3-energy-storage.txt", DOUBTFUL)
    page = admin.get(path).text
    [finding] = {line.split('"')[0] for line in page.split('name="accept-')[1:]}
    proposal = {**PROPOSAL, "categories": [], f"settled-{finding}": "2099-01-01"}

    assert "合格投资者" in page
    assert post(admin, path + "/proposal", proposal).status_code == 400, "nobody has said what the words mean"
    assert post(admin, path + "/proposal", {**proposal, f"accept-{finding}": "yes", "grade": "R2"}).status_code == 400
    assert post(admin, path + "/proposal", {**proposal, f"accept-{finding}": "yes"}).status_code == 303


def test_what_was_said_of_one_report_holds_for_no_other(admin: FlaskClient, app: Flask) -> None:
    first, second = (bring_in(admin, DEMO / "r3-energy-storage.txt", DOUBTFUL + more) for more in ("", "。"))
    [finding] = {line.split('"')[0] for line in admin.get(first).text.split('name="accept-')[1:]}
    said = {**PROPOSAL, "categories": [], f"settled-{finding}": "2099-01-01", f"accept-{finding}": "yes"}
    assert post(admin, first + "/proposal", said).status_code == 303
    officer = visit(app, "compliance")
    [proposal] = {
        part.split('"')[0]
        for part in officer.get("/proposals").text.split('href="/proposals/')[1:]
        if "?" not in part.split('"')[0]
    }
    assert post(officer, f"/proposals/{proposal}/approval", {"reason": "同意"}).status_code == 303

    assert 'name="accept-' in admin.get(second).text
