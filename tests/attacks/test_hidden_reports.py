"""A client of category C2 looks everywhere for what C2 may not see."""

import re
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from gatekeeper.rules.events import Kind
from gatekeeper.services import EXTENSION
from gatekeeper.store.proof import entries
from gatekeeper.store.proof.filtering import Filter
from tests.attacks.conftest import HIDDEN, Siege
from tests.web.browser import post
from tests.web.test_counted import ROWS


def addresses(siege: Siege) -> list[str]:
    """Every page of the client's face, by every way that a hidden report might come onto it."""
    paths = ["/", "/account", "/investor", "/reports", "/record", "/bookmarks", "/bookmarks?after=99991231T000000000000-z"]
    paths += ["/reports?after=99991231T000000000000-z"]
    paths += ["/reports?after=20000101T000000000000-0", "/reports?q=" + "甲", "/reports?q=%25", "/reports?q=_", "/nothing"]
    for name in HIDDEN:
        report = siege.reports[name]
        paths += [f"/reports?q={siege.titles[name]}", f"/reports?q={name}", f"/reports?q={report}", f"/reports?after={report}"]
        paths += [
            f"/record?after={report}",
            f"/record/words/{report}",
            f"/bookmarks?after={report}",
            f"/record/receipts/{report}",
            f"/admin/reports/{report}",
            f"/log?report={report}",
        ]
        paths += [f"/reports/{report}", f"/reports/{report}/statement", f"/reports/{report}?q={siege.titles[name]}"]
        paths += [f"/reports/{report}/pages/1", f"/reports/{report}/text", f"/reports/{report}/pages/1?opening={'0' * 12}"]
    return paths


def refused(siege: Siege, browser: FlaskClient) -> list[str]:
    """The codes of refusals to bookmark and to open each hidden report."""
    for name in HIDDEN:
        post(browser, f"/reports/{siege.reports[name]}/bookmark", {})
        browser.get(f"/reports/{siege.reports[name]}")
    mine = Filter(person=siege.world.people["c2"], kind=Kind.REPORT_REFUSED)
    with siege.world.database.reading() as connection:
        return [row.code for row in entries.search(connection, mine, None, 2 * len(HIDDEN))]


def test_no_page_of_a_client_names_a_hidden_report(siege: Siege) -> None:
    browser = siege.browser("c2")
    found = []
    receipts = [f"/record/receipts/{code}{form}" for code in refused(siege, browser) for form in ("", "/json")]
    for path in [*addresses(siege), "/reports", "/record", "/bookmarks", *receipts]:  # once more, with all refusals behind them
        text = unescape(browser.get(path, follow_redirects=True).text)
        said = {name for name in HIDDEN if siege.titles[name].split()[0] in text and siege.titles[name] not in path}
        found += [(path, name) for name in HIDDEN if f"机密正文{list(siege.titles).index(name)}" in text]
        found += [(path, name) for name in said]
        found += [(path, name) for name in HIDDEN if siege.reports[name] in text and siege.reports[name] not in path]

    assert found == []


def test_what_is_not_hidden_is_found_by_the_same_search(siege: Siege) -> None:
    assert siege.titles["open"] in siege.browser("c2").get("/reports?q=" + siege.titles["open"]).text


@pytest.mark.parametrize("rest", ["", "/statement", "/pages/1?opening=0123456789ab", "/text"])
def test_an_unknown_and_a_hidden_id_take_the_same_statements(siege: Siege, rest: str) -> None:
    database = siege.app.extensions[EXTENSION].database
    engines = {database._reader, database._recorder, database._writer}
    statements: list[str] = []

    def note(*args: object) -> None:
        statements.append(ROWS.sub(r"\1", str(args[2])))

    browser, seen = siege.browser("c2"), {}
    browser.get("/reports/warm")
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    for report in ("0" * 26, *(siege.reports[name] for name in ("unreleased", "ungraded", "embargoed"))):
        statements.clear()
        answer = browser.get(f"/reports/{report}{rest}")
        body = re.sub(r'name="csrf_token" value="[^"]*"', "", answer.text)
        body = body.replace(answer.headers["X-Request-ID"], "CODE").replace(report, "REPORT")
        headers = {name: value for name, value in answer.headers if name not in ("X-Request-ID", "Content-Length", "Set-Cookie")}
        seen[report] = answer.status_code, body, headers, list(statements)
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)

    first, *others = seen.values()
    assert first[0] == 404
    assert first[3]
    assert all(other == first for other in others)


def test_bookmarking_an_unknown_and_a_hidden_report_gives_one_answer(siege: Siege) -> None:
    browser, seen = siege.browser("c2"), set()
    for report in ("0" * 26, *(siege.reports[name] for name in ("unreleased", "ungraded", "embargoed"))):
        for path in (f"/reports/{report}/bookmark", f"/reports/{report}/bookmark/removal"):
            got = post(browser, path, {})
            text = re.sub(r'name="csrf_token" value="[^"]*"', "", got.text).replace(got.headers["X-Request-ID"], "")
            seen.add((path.replace(report, "REPORT"), got.status_code, got.location, text.replace(report, "REPORT")))

    assert sorted((path, status) for path, status, *_ in seen) == [
        ("/reports/REPORT/bookmark", 404),
        ("/reports/REPORT/bookmark/removal", 303),
    ]


@pytest.mark.parametrize("answer", ["accept", "decline", "", "nonsense"])
def test_answering_a_statement_that_was_never_shown_tells_nothing_of_the_report(siege: Siege, answer: str) -> None:
    browser, seen = siege.browser("c2"), set()
    for report in ("0" * 26, *(siege.reports[name] for name in ("unreleased", "embargoed"))):
        form = {"serving": "0" * 26, "answer": answer, "end_reached": "yes", "ticked": "yes"}
        got = post(browser, f"/reports/{report}/acknowledgement", form)
        seen.add((got.status_code, re.sub(r"[0-9a-z]{20,}|value=\"[^\"]*\"", "", got.text)))

    assert len(seen) == 1
