"""Saved views: named, used with one click, removed; one's own only; each act recorded."""

import re
from html import unescape
from typing import Any

import pytest

from gatekeeper.actions.proof import views as acts
from gatekeeper.rules.roles import Role
from gatekeeper.store.proof import entries
from gatekeeper.store.proof import views as store
from tests.web.browser import hidden, post, visit
from tests.web.test_compliance import ledger
from tests.world import World

QUERY = "outcome=DENY&not_reason=not_assessed&not_reason=policy_error"


@pytest.fixture
def officer(app, world):
    return visit(app, "compliance")


def save(client: Any, name: str, query: str = QUERY) -> Any:
    return post(client, "/log/views", {"name": name, "query": query})


def mine(world: World, who: str) -> list[Any]:
    with world.database.reading() as connection:
        return store.of_person(connection, world.people[who])


def private(world: World, entry: Any) -> dict[str, str]:
    with world.database.reading() as connection:
        return entries.private_of(connection, entry.id)


def test_a_filter_is_saved_and_comes_back_with_one_click(officer, world):
    page = officer.get(f"/log?{QUERY}").text
    kept = hidden(page.partition("/log/views")[2], "query")

    answer = save(officer, "每周：拒绝", kept)

    assert (answer.status_code, answer.location) == (303, f"/log?{QUERY}")
    after = officer.get(answer.location).text
    assert "Saved. You find it above the filter." in after
    link = re.search(r'<a class="chip" href="([^"]+)"[^>]*>每周：拒绝</a>', after)
    assert unescape(link[1]) == f"/log?{QUERY}"
    assert 'aria-current="true">每周：拒绝' in after
    listed = officer.get("/log/views").text
    assert "Outcome: Refused; Reason is not Not assessed; Reason is not Policy cannot be applied" in listed


def test_saving_and_removing_are_recorded_and_what_they_say_can_be_erased(officer, world):
    save(officer, "about Wang", "person=Wang")
    [view] = mine(world, "compliance")
    removed = post(officer, f"/log/views/{view.id}/removal", {})

    assert (removed.status_code, removed.location) == (303, "/log/views")
    assert mine(world, "compliance") == []
    for kind in ("view.saved", "view.removed"):
        [entry] = ledger(world, kind)
        assert entry.actor == f"person:{world.people['compliance']}"
        assert b"Wang" not in entry.leaf
        assert private(world, entry)["filter"] == "person=Wang"
        assert private(world, entry)["view"] == "about Wang"
    assert view.entry_id == ledger(world, "view.saved")[0].id
    assert "You have no views yet." in officer.get("/log/views").text


def test_a_view_is_nobody_elses(app, officer, world):
    save(officer, "mine alone")
    [view] = mine(world, "compliance")
    world.staff("inspector", Role.INSPECTOR)

    for name in ("compliance-2", "inspector"):
        other = visit(app, name)
        assert "mine alone" not in other.get("/log").text + other.get("/log/views").text
        assert post(other, f"/log/views/{view.id}/removal", {}).status_code == 404
        assert save(other, "mine alone").status_code == 303, "the name is free for everybody"
    assert [each.name for each in mine(world, "compliance")] == ["mine alone"]
    assert ledger(world, "view.removed") == []


@pytest.mark.parametrize(
    ("name", "query", "sentence"),
    [
        ("", QUERY, "Please fill in this field."),
        ("   ", QUERY, "Please fill in this field."),
        ("x" * 101, QUERY, "At most 100 characters fit here."),
        ("a\x00b", QUERY, "This text has characters that cannot be printed."),
        ("a\u202eb", QUERY, "This text has characters that cannot be printed."),
        ("fine", "", "Nothing is filtered, so there is nothing to save."),
        ("fine", "unknown=1&older=x", "Nothing is filtered, so there is nothing to save."),
        ("fine", "from=nonsense", "Please give a date as year, month and day."),
        ("fine", "&".join(f"not_request_id={'%E7%8E%8B' * 60}{n}" for n in range(20)), "This filter is too long to be saved."),
        ("fine", "&".join(f"not_request_id={n}" for n in range(500)), "Nothing is filtered, so there is nothing to save."),
    ],
)
def test_what_cannot_be_saved_is_told_and_nothing_typed_is_lost(officer, world, name, query, sentence):
    answer = save(officer, name, query)

    assert answer.status_code == 400
    assert sentence in answer.text
    assert mine(world, "compliance") == []
    assert ledger(world, "view.saved") == []
    if query == QUERY and name.isprintable():
        assert hidden(answer.text, "query") == QUERY


def test_a_name_is_given_once_and_a_double_click_is_one_act(officer, world):
    assert save(officer, "weekly").status_code == 303

    again = save(officer, " weekly ", "outcome=PERMIT")

    assert again.status_code == 400
    assert "You already have a view of this name." in again.text
    assert 'value="weekly"' in again.text or 'value=" weekly "' in again.text
    assert len(ledger(world, "view.saved")) == 1


def test_there_are_only_so_many(officer, world, monkeypatch):
    monkeypatch.setattr(acts, "MOST", 2)
    save(officer, "a")
    save(officer, "b")

    answer = save(officer, "c")

    assert "You have 2 views already. Please remove one first." in answer.text


def test_a_view_leads_nowhere_but_to_the_log(officer, world):
    """What is kept is what the filter understood, never the words that were sent."""
    save(officer, "<b>bold</b>", "outcome=DENY&next=//evil.example&person=<script>&older=1#https://evil.example")

    [view] = mine(world, "compliance")
    assert view.query == "person=%3Cscript%3E&outcome=DENY"
    page = officer.get("/log").text + officer.get("/log/views").text
    assert "<script>" not in page.replace("<script type=", "")
    assert "<b>bold" not in page
    assert "evil.example" not in page


@pytest.mark.parametrize("view", ["0", "x", "-1", "9" * 18, "9" * 400, "%00", "１"])
def test_there_is_no_such_view(officer, world, view):
    assert post(officer, f"/log/views/{view}/removal", {}).status_code == 404
    assert ledger(world, "view.removed") == []


def test_a_form_from_elsewhere_saves_and_removes_nothing(officer, world):
    save(officer, "kept")
    [view] = mine(world, "compliance")

    assert officer.post("/log/views", data={"name": "x", "query": QUERY}).status_code == 400
    assert officer.post(f"/log/views/{view.id}/removal").status_code == 400
    assert len(mine(world, "compliance")) == 1
