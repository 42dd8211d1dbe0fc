"""Printed words marked beside what was made of them: on the report's file, on the page of all words, on the proposal."""

import json
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from gatekeeper.rules.events import Kind
from gatekeeper.rules.roles import Role
from gatekeeper.store.proof import entries
from gatekeeper.store.proof.filtering import Filter
from gatekeeper.web.publishing.marks import cut, marks_of, moved
from tests import pdfs
from tests.web.browser import post, visit
from tests.web.test_report_doubts import DOUBTFUL, PRINTED
from tests.web.test_reports import DEMO, PROPOSAL, send
from tests.world import World

STORAGE = "r3-energy-storage"


@pytest.fixture
def admin(app: Flask, world: World) -> FlaskClient:
    return visit(app, "reports")


def bring_in(admin: FlaskClient, content: bytes, name: str = "r3.txt") -> str:
    status, told, location = send(admin, (content, name))
    assert status == 303, told
    return location


def text(**changes: str) -> bytes:
    found = (DEMO / f"{STORAGE}.txt").read_text("utf-8")
    for old, new in changes.items():
        found = found.replace(old, new)
    return found.encode()


def reviews(world: World) -> list[dict[str, object]]:
    with world.database.reading() as connection:
        rows = entries.search(connection, Filter(kind=Kind.REPORT_REVIEWED), None, 10)
        return [json.loads(entries.by_code(connection, row.code)[0].leaf)["data"] for row in rows]


def marked(page: str, part: str) -> list[str]:
    """The words that are marked with a part."""
    return re.findall(rf'<a href="#read-{part}"[^>]*><mark[^>]*>([^<]*)</mark>', page)


def test_each_mark_leads_to_its_part_and_the_part_back(admin: FlaskClient) -> None:
    path = bring_in(admin, text())

    for page in (admin.get(path).text, admin.get(path + "/read").text):
        ids = re.findall(r'\bid="((?:mark|read)-[^"]+)"', page)
        links = re.findall(r'href="#((?:mark|read)-[^"]+)"', page)
        assert len(ids) == len(set(ids))
        assert set(links) <= set(ids)
        assert {"read-grade", "read-professional", "read-categories", "read-clients_only", "read-denied_actions"} <= set(links)
        assert marked(page, "grade") == ["风险等级为 R3（中风险）"]
        assert marked(page, "categories") == ["C3及以上", "低于 C3"]
        assert marked(page, "denied_actions") == ["阅读", "收藏", "接收", "使用"]
    assert "储能招标放量而价格企稳，盈利修复看成本传导" in marked(page, "title")
    assert marked(page, "published_on")
    assert marked(page, "analyst") == ["方启铭", "谭以和"]


def test_what_a_person_must_decide_stands_beside_the_words(admin: FlaskClient) -> None:
    path = bring_in(admin, PRINTED.sub(DOUBTFUL, text().decode(), count=1).encode())

    page = admin.get(path).text

    assert 'class="doubt">合格投资者<' in page
    assert "a person must say who is admitted" in page
    assert "Printed is R3. A person confirms it; nothing below it can be proposed." in page


def test_what_is_proposed_otherwise_is_said_on_the_file_and_on_the_proposal(app: Flask, admin: FlaskClient) -> None:
    path = bring_in(admin, text())
    stricter = {**PROPOSAL, "grade": "R4", "categories": ["C4", "C5"]}
    assert "say why" in admin.get(path).text
    assert post(admin, path + "/proposal", {**stricter, "reason": ""}).status_code == 400
    assert post(admin, path + "/proposal", {**stricter, "reason": "海外资产"}).status_code == 303
    officer = visit(app, "compliance")
    [proposal] = set(re.findall(r'href="(/proposals/\w{26})"', officer.get("/proposals").text))

    for page in (admin.get(path).text, officer.get(proposal).text):
        assert "read: R3 Medium risk · proposed: R4 Medium-high risk" in page
        assert "read: C3, C4, C5 · proposed: C4, C5" in page
        assert marked(page, "grade") == ["风险等级为 R3（中风险）"]


def test_a_page_is_shown_as_it_was_printed_and_each_look_is_an_entry(admin: FlaskClient, world: World) -> None:
    path = bring_in(admin, pdfs.demo(STORAGE), "r3.pdf")

    page = admin.get(path + "/read").text
    picture = admin.get(path + "/pages/1")

    assert picture.data.startswith(b"\xff\xd8\xff")
    assert picture.headers["Cache-Control"] == "no-store"
    assert f'src="{path}/pages/1?number=1"' in page
    assert len(re.findall(r"<rect ", page)) >= 8
    assert re.search(r"page \d", page)
    assert [each.get("page") for each in reviews(world)] == [1, None]
    assert [admin.get(f"{path}/pages/{number}").status_code for number in ("0", "99", "x", "-1")] == [404] * 4
    assert admin.get(bring_in(admin, text(储能="蓄能")) + "/pages/1").status_code == 404, "it came as text"


def test_only_who_may_review_sees_all_words(app: Flask, admin: FlaskClient, world: World) -> None:
    path = bring_in(admin, text())
    world.staff("inspector", Role.INSPECTOR)
    inspector = visit(app, "inspector")

    assert marked(inspector.get(path).text, "grade"), "the notice is metadata"
    assert path + "/read" not in inspector.get(path).text
    assert [inspector.get(path + rest).status_code for rest in ("/read", "/pages/1")] == [403, 403]


def test_printed_words_never_become_markup(admin: FlaskClient) -> None:
    path = bring_in(admin, text(的普通投资者="的普通投资者<script>alert(1)</script><b id=read-grade>"))

    for page in (admin.get(path).text, admin.get(path + "/read").text):
        assert "&lt;script&gt;alert(1)" in page
        assert "<script>alert" not in page
        assert "<b id" not in page


def test_readings_from_before_places_were_kept_show_their_notice_unmarked() -> None:
    older = {"evidence": [{"what": "grade", "quote": "风险等级为R3"}]}

    assert marks_of(older) == []
    assert [piece.text for piece in cut("风险等级为R3", moved([], "风险等级为R3", []))] == ["风险等级为R3"]


@pytest.mark.parametrize("ranges", [[[2, 9]], []])
def test_overlapping_marks_cut_the_words_where_they_begin_and_end(ranges: list[list[int]]) -> None:
    words = "甲甲一二三四五六七"
    told = [("clients_only", 2, 6), ("professional", 4, 6), ("grade", 5, 9)]
    reading = {"evidence": [{"what": what, "quote": words[start:end], "start": start, "end": end} for what, start, end in told]}

    pieces = cut(words[2:], moved(marks_of(reading), words[2:], ranges))

    assert [(piece.text, piece.mark and piece.mark.part) for piece in pieces] == [
        ("一二", "clients_only"),
        ("三", "professional"),
        ("四", "professional"),
        ("五六七", "grade"),
    ]
    assert [[mark.part for mark in piece.ends] for piece in pieces] == [[], [], ["clients_only", "professional"], ["grade"]]
