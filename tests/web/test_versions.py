"""Versions on their pages: a corrected file comes in, both texts stand side by side, another grade, and what readers see."""

import io
from datetime import timedelta

import pytest
from flask import Flask

from gatekeeper.rules.risk import RiskCategory, RiskGrade
from gatekeeper.work import telling
from tests.actions.test_telling import office
from tests.corrected import TEXT, approve, bring_in, file, propose, publish, published, regrade
from tests.web.browser import hidden, post, visit
from tests.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def send(browser, report: str, text: str):
    page = browser.get(f"/admin/reports/{report}").text
    upload = {"file": (io.BytesIO(text.encode()), "corrected.txt")}
    return post(browser, f"/admin/reports/{report}/versions", upload, page=page)


def test_a_corrected_file_is_a_version_of_its_report(app: Flask, world: World) -> None:
    world.client("c3", RiskCategory.C3)
    report = published(world)
    admin, officer = visit(app, "reports", "zh-CN"), visit(app, "compliance", "zh-CN")
    again = send(admin, report, TEXT.format(growth="41%"))
    assert again.status_code == 400
    assert "已导入" in again.text
    assert "请选择更正后的文件" in post(admin, f"/admin/reports/{report}/versions", {}).text

    assert send(admin, report, TEXT.format(growth="31%")).status_code == 303
    page = admin.get(f"/admin/reports/{report}").text
    assert "第 2 版" in page
    assert "第 1 版已发布" in page
    compared = officer.get(f"/admin/reports/{report}/versions/2/differences?against=1")
    assert "31</ins>" in compared.text
    assert "41</del>" in compared.text
    assert officer.get(f"/admin/reports/{report}/versions/1/content").status_code == 200
    for path in ("versions/9", "versions/x", "versions/2/differences?against=7", "versions/2/differences?against=x"):
        assert officer.get(f"/admin/reports/{report}/{path}").status_code in (200, 404), path


def test_another_grade_acts_at_once_and_the_form_keeps_what_was_typed(app: Flask, world: World) -> None:
    report, admin = published(world), visit(app, "reports", "zh-CN")
    address = f"/admin/reports/{report}/versions/1/grade"
    page = admin.get(address).text
    assert "R3" in page
    form = {"grade": "R4", "restricted": "yes", "professional": "ANY", "categories": ["C4", "C5"], "reason": ""}
    kept = post(admin, address, form, page=page)
    assert kept.status_code == 400
    assert 'value="R4" selected' in kept.text

    assert post(admin, address, {**form, "reason": "风险上升"}, page=page).status_code == 303
    assert "第 2 版自现在起生效" in admin.get(f"/admin/reports/{report}").text


def test_a_reader_sees_which_version_it_is_and_which_was_read(app: Flask, world: World) -> None:
    world.client("c4", RiskCategory.C4)
    report, browser = published(world), visit(app, "c4", "zh-CN")
    accept(browser, report)
    assert "这是该报告的" not in browser.get(f"/reports/{report}").text
    published(world, file("31%"), report)
    accept(browser, report)
    page = browser.get(f"/reports/{report}").text
    assert "这是该报告的第 2 版" in page
    assert "您读过第 1 版" in page
    assert "第 2 版" in browser.get("/record").text
    telling.rematch(office(world))
    inbox = browser.get("/notices").text
    assert "已发布更正版" in inbox
    assert f"/reports/{report}" in inbox


def test_whoever_lost_it_is_told_and_finds_no_version_by_any_address(app: Flask, world: World) -> None:
    world.client("c3", RiskCategory.C3)
    report, browser = published(world), visit(app, "c3", "zh-CN")
    accept(browser, report)
    regrade(world, report, 1, RiskGrade.R4)
    telling.rematch(office(world))

    assert "您不能再阅读" in browser.get("/notices").text
    assert browser.get(f"/reports/{report}").status_code == 403
    for path in ("versions/1", "versions/1/content", "versions/2/differences", "content"):
        assert browser.get(f"/admin/reports/{report}/{path}").status_code == 403


def test_a_serving_of_the_old_version_accepts_nothing_of_the_new_one(app: Flask, world: World) -> None:
    world.client("c4", RiskCategory.C4)
    report, browser = published(world), visit(app, "c4", "zh-CN")
    old = browser.get(f"/reports/{report}/statement").text
    world.clock.forward(timedelta(seconds=1))
    approve(world, propose(world, bring_in(world, file("31%"), corrects=report)))
    publish(world, report)

    said = {"answer": "accept", "end_reached": "yes", "ticked": "yes", "serving": hidden(old, "serving")}
    assert post(browser, f"/reports/{report}/acknowledgement", said, page=old).status_code == 409
    assert browser.get(f"/reports/{report}").status_code == 303


def accept(browser, report: str) -> None:
    page = browser.get(f"/reports/{report}/statement").text
    form = {"serving": hidden(page, "serving"), "answer": "accept", "end_reached": "yes", "ticked": "yes"}
    assert post(browser, f"/reports/{report}/acknowledgement", form, page=page).status_code == 303
    assert browser.get(f"/reports/{report}").status_code == 200
