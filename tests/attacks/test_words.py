"""The words and their acceptance: what a reader in a hurry, or with another's page, would like to get away with."""

import json
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select
from werkzeug.test import TestResponse

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.rules.changes import CategoryChange, ClassChange
from gatekeeper.rules.events import Kind
from gatekeeper.rules.policy import valid_before
from gatekeeper.rules.risk import InvestorClass, RiskCategory, RiskGrade
from gatekeeper.store.base import new_id
from gatekeeper.store.publishing import library
from gatekeeper.store.publishing.reports import Grading, ReportContent, ReportVersion
from gatekeeper.store.reading import words as store
from gatekeeper.store.reading.consent import Acknowledgement, ServedStatement, WordsRow
from tests.library import release
from tests.web.browser import hidden, post, visit
from tests.world import ZONE, World

FULL = {"answer": "accept", "end_reached": "yes", "ticked": "yes"}
LIGHT = {"answer": "accept"}
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # both databases: tests/web/test_client.py


@pytest.fixture
def reader(world: World, app: Flask) -> FlaskClient:
    world.client("reader", RiskCategory.C3)
    return visit(app, "reader")


def shown(reader: FlaskClient, report: str) -> str:
    page = reader.get(f"/reports/{report}/statement")
    assert page.status_code == 200
    return page.text


def send(reader: FlaskClient, report: str, page: str, form: dict[str, str], **more: str) -> TestResponse:
    return post(reader, f"/reports/{report}/acknowledgement", {"serving": hidden(page, "serving"), **form, **more}, page=page)


def accepted(world: World) -> list[Any]:
    with world.database.reading() as connection:
        return list(connection.execute(select(Acknowledgement.__table__)))


def category(world: World, to: RiskCategory) -> None:
    last = valid_before((world.clock.moment + timedelta(days=300)).date(), ZONE)
    world.change("reader", CategoryChange(investor=world.investors["reader"], category=to, before=last))


def test_an_acceptance_ends_with_the_category_under_which_it_was_given(world: World, reader: FlaskClient) -> None:
    report = release(world, RiskGrade.R2)
    assert send(reader, report, shown(reader, report), FULL).status_code == 303
    assert reader.get(f"/reports/{report}").status_code == 200

    for other in (RiskCategory.C4, RiskCategory.C2):
        category(world, other)
        assert reader.get(f"/reports/{report}").location.endswith("/statement")
    category(world, RiskCategory.C3)
    assert reader.get(f"/reports/{report}").status_code == 200, "the same words under the same category, within their months"


def test_an_acceptance_ends_with_the_class_under_which_it_was_given(world: World, reader: FlaskClient) -> None:
    report, investor = release(world, RiskGrade.R2), world.investors["reader"]
    assert send(reader, report, shown(reader, report), FULL).status_code == 303
    until = valid_before((world.clock.moment + timedelta(days=10)).date(), ZONE)
    ground = "第八条第（四）项"
    professional = ClassChange(investor=investor, investor_class=InvestorClass.PROFESSIONAL_A, ground=ground, before=until)
    world.change("reader", professional)

    assert reader.get(f"/reports/{report}").location.endswith("/statement")
    world.clock.forward(timedelta(days=11))
    browser = visit(reader.application, "reader")
    assert browser.get(f"/reports/{report}").status_code == 200, "ordinary again by lapse, as when it was accepted"


def test_a_light_page_from_before_a_change_of_category_accepts_nothing_lightly(world: World, reader: FlaskClient) -> None:
    first, second = release(world, RiskGrade.R2), release(world, RiskGrade.R2)
    send(reader, first, shown(reader, first), FULL)
    light = shown(reader, second)
    assert "One button is enough" in light
    category(world, RiskCategory.C4)

    refused = send(reader, second, light, LIGHT)

    assert refused.status_code == 409
    assert len(accepted(world)) == 1
    again = shown(reader, second)
    assert "One button is enough" not in again
    assert send(reader, second, again, FULL).status_code == 303


def test_a_light_page_is_not_good_after_the_months_of_the_acceptance_it_leans_on(world: World, reader: FlaskClient) -> None:
    first, second = release(world, RiskGrade.R2), release(world, RiskGrade.R2)
    send(reader, first, shown(reader, first), FULL)
    world.clock.forward(timedelta(days=364, hours=20))
    browser = visit(reader.application, "reader")
    light = shown(browser, second)
    assert "One button is enough" in light
    for _ in range(4):
        world.clock.forward(timedelta(hours=8))
        browser.get("/record")

    assert send(browser, second, light, LIGHT).status_code == 409


def test_words_of_an_old_statement_are_not_accepted(world: World, reader: FlaskClient) -> None:
    report = release(world, RiskGrade.R2)
    old = shown(reader, report)

    def renew(connection: Any) -> None:
        now = world.now
        entry_id = append(connection, Caller(actor="operator", channel="test").event(Kind.POLICY_INSTALLED, now))
        store.put_statement(
            connection, text_zh="新声明\n新的一句\n", text_en="New\nNew words\n", valid_from=now, entry_id=entry_id
        )

    world.database.transact(renew)

    assert send(reader, report, old, FULL).status_code == 409
    assert accepted(world) == []
    assert "New words" in shown(reader, report)


def test_words_of_an_older_version_are_not_accepted_for_the_newer(world: World, reader: FlaskClient) -> None:
    report = release(world, RiskGrade.R2)
    old = shown(reader, report)
    assert send(reader, report, shown(reader, report), FULL).status_code == 303
    world.database.transact(_new_version, world, report)

    assert reader.get(f"/reports/{report}").location.endswith("/statement"), "what was accepted was another version"
    assert send(reader, report, old, FULL).status_code == 409
    assert len(accepted(world)) == 1


def _new_version(connection: Any, world: World, report: str) -> None:
    now, version = world.now, new_id()
    entry_id = append(connection, Caller(actor="operator", channel="test").event(Kind.REPORT_IMPORTED, now, report=report))
    row = dict(connection.execute(select(ReportVersion.__table__).where(ReportVersion.report_id == report)).one()._mapping)
    body = dict(connection.execute(select(ReportContent.__table__).where(ReportContent.version_id == row["id"])).one()._mapping)
    grade = dict(connection.execute(select(Grading.__table__).where(Grading.version_id == row["id"])).one()._mapping)
    del grade["id"]
    new = {"id": version, "number": 2, "source_sha256": "0" * 64, "entry_id": entry_id}
    connection.execute(insert(ReportVersion).values(**row | new))
    connection.execute(insert(ReportContent).values(**body | {"version_id": version}))
    connection.execute(insert(Grading).values(**grade | {"version_id": version, "valid_from": now, "entry_id": entry_id}))
    library.put_release(connection, report_id=report, version_id=version, state="RELEASED", valid_from=now, entry_id=entry_id)


def test_the_language_may_change_between_showing_and_accepting_and_what_was_shown_is_kept(
    world: World, reader: FlaskClient
) -> None:
    report = release(world, RiskGrade.R2)
    page = shown(reader, report)
    assert post(reader, "/language", {"language": "zh_CN", "next": f"/reports/{report}/statement"}, page=page).status_code == 303
    assert 'lang="zh-CN"' in shown(reader, report)

    assert send(reader, report, page, FULL).status_code == 303
    with world.database.reading() as connection:
        [row] = accepted(world)
        kept = connection.execute(select(WordsRow).where(WordsRow.sha256 == row.words_sha256)).one()
        served = connection.execute(select(ServedStatement.entry_id).where(ServedStatement.id == row.serving_id)).scalar_one()
    assert (kept.language, row.entry_id > served) == ("en", True)


def test_a_full_page_is_not_accepted_as_a_light_one(world: World, reader: FlaskClient) -> None:
    report = release(world, RiskGrade.R2)
    page = shown(reader, report)

    for form in (LIGHT, {**FULL, "ticked": "on"}, {**FULL, "end_reached": "no"}, {**FULL, "asking": "LIGHT", "ticked": ""}):
        assert send(reader, report, page, form).status_code == 400
    assert accepted(world) == []


def test_a_category_lowered_between_showing_and_accepting_refuses(world: World, reader: FlaskClient) -> None:
    report = release(world, RiskGrade.R3)
    page = shown(reader, report)
    category(world, RiskCategory.C2)

    refused = send(reader, report, page, FULL)

    assert refused.status_code == 403
    assert accepted(world) == []
    assert json.dumps("储能行业跟踪报告", ensure_ascii=False)[1:-1] not in refused.text
