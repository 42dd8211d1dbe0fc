"""Exports of the access log through the page: exactly what the filter shows, recorded before it is sent, and bounded."""

import csv
import json
import re
import zipfile
from hashlib import sha256
from io import BytesIO, StringIO
from typing import Any

import pytest
from sqlalchemy import event

from gatekeeper.actions.clients import investors
from gatekeeper.actions.proof import audit
from gatekeeper.rules.errors import Unavailable
from gatekeeper.rules.events import Kind
from gatekeeper.rules.risk import InvestorKind
from gatekeeper.store.proof import entries
from gatekeeper.web.proof import exports
from tests.web.browser import hidden, post, visit
from tests.web.test_compliance import codes, ledger, put
from tests.web.test_sheets import cells
from tests.world import NOW, World

NAMES = ['=HYPERLINK("http://evil.example","x")', "＝1+1", "@SUM(A1)", "-王敏", "'quoted", 'O\'Neil, "John"', "第一创业"]
NUMBERS = ["000123", "123456789012345678", "007-1", "1e5", "+8613800138000", "N-1", "00"]


@pytest.fixture
def officer(app, world):
    return visit(app, "compliance")


@pytest.fixture
def nasty(world: World) -> dict[str, str]:
    """An entry for each investor whose name or number a spreadsheet would misread; codes by client number."""
    found = {}
    for name, number in zip(NAMES, NUMBERS, strict=True):
        kind = InvestorKind.INDIVIDUAL
        id_ = world.database.transact(investors.create_investor, world.caller("clients"), kind, name, number, world.now)
        found[number] = put(world, NOW, investor=id_, request_id="\t=1+1\r\n")
    return found


def export(client: Any, query: str, form: str = "csv") -> Any:
    answer = post(client, f"/log/export?{query}", {"format": form})
    assert answer.data is not None  # read it before it is closed, as a server does when all is sent
    answer.close()
    return answer


def table(content: bytes) -> list[list[str]]:
    return list(csv.reader(StringIO(content.decode("utf-8-sig"), newline="")))


QUERY = "kind=decision.asked&not_outcome=DENY"


def test_csv_holds_the_filtered_entries_and_every_digit(officer, world, nasty):
    put(world, NOW, outcome=None, kind=Kind.ENTRY_READ)

    answer = export(officer, QUERY)

    assert answer.status_code == 200
    assert answer.content_type == "text/csv; charset=utf-8"
    heading, *rows = table(answer.data)
    assert heading[:3] == ["Entry number", "Code", "Time"]
    shown = [dict(zip(heading, row, strict=True)) for row in rows]
    assert [row["Code"].removeprefix("'") for row in shown] == list(nasty.values())[::-1]
    kept = [row["Client number"] for row in shown][::-1]
    assert kept == ["'000123", "'123456789012345678", "'007-1", "'1e5", "'+8613800138000", "N-1", "'00"]
    assert [row["Investor"] for row in shown][::-1] == ["'" + each for each in NAMES[:5]] + NAMES[5:]
    assert {row["Request"] for row in shown} == {"' =1+1  "}
    assert {row["Time"] for row in shown} == {"2026-11-23 10:00:00.000000+08:00"}


def test_xlsx_holds_the_same_as_text(officer, nasty):
    answer = export(officer, QUERY, "xlsx")

    rows = cells(answer.data, 1)
    heading = [text for _, text in rows[0]]
    texts = {text for row in rows[1:] for _, text in row}
    assert len(rows) == len(nasty) + 1
    assert heading[0] == "Entry number"
    assert set(NUMBERS) <= texts
    assert set(NAMES) <= texts
    about = [[text for _, text in row] for row in cells(answer.data, 2)]
    assert ["Entries", str(len(nasty))] in about
    assert ["Filter", "What happened: Decision asked for; Outcome is not Refused"] in about
    assert ["Client number", "The investor's number at the firm."] in about
    with zipfile.ZipFile(BytesIO(answer.data)) as book:
        assert not [name for name in book.namelist() if "externalLink" in name or "hyperlink" in name.lower()]


def test_json_lines_hold_what_is_kept(officer, nasty):
    lines = [json.loads(line) for line in export(officer, QUERY, "jsonl").data.splitlines()]

    assert [line["code"] for line in lines] == list(nasty.values())[::-1]
    assert [line["client_number"] for line in lines] == NUMBERS[::-1]
    assert {line["request_id"] for line in lines} == {"\t=1+1\r\n"}
    assert {line["at"] for line in lines} == {"2026-11-23T02:00:00.000000+00:00"}
    assert {line["outcome"] for line in lines} == {None}


@pytest.mark.parametrize("form", ["csv", "xlsx", "jsonl"])
def test_the_entry_says_what_was_sent(officer, world, nasty, form):
    before = len(ledger(world))

    answer = export(officer, QUERY, form)

    content = answer.data
    [entry] = ledger(world)[before:]
    data = json.loads(entry.leaf)["data"]
    assert entry.kind == "ledger.exported"
    assert entry.actor == f"person:{world.people['compliance']}"
    ordered = list(nasty.values())
    assert data == {
        "channel": "web",
        "format": form,
        "rows": len(nasty),
        "first": ordered[-1],
        "last": ordered[0],
        "sha256": sha256(content).hexdigest(),
    }
    assert b"DENY" not in entry.leaf, "the filter can be erased"
    with world.database.reading() as connection:
        said = json.loads(entries.private_of(connection, entry.id)["filter"])
    assert said == {"kind": "decision.asked", "excluded": [["outcome", "DENY"]]}
    name = re.search(r'filename="([^"]+)"', answer.headers["Content-Disposition"])[1]
    assert name == f"access-log-20261123-{len(nasty)}-entries-{entry.code}.{form}"
    assert answer.headers["Content-Length"] == str(len(content))
    page = officer.get(f"/log/{entry.code}").text
    assert sha256(content).hexdigest() in page


def test_the_whole_log_in_pieces_is_each_entry_once(officer, world, monkeypatch):
    monkeypatch.setattr(audit, "_CHUNK", 7)
    for number in range(40):
        put(world, NOW, request_id=f"r{number}")
    wanted = [row.code for row in sorted(ledger(world), key=lambda row: (row.at, row.id), reverse=True)]

    sent = [json.loads(line)["code"] for line in export(officer, "", "jsonl").data.splitlines()]

    assert [code for code in sent if code in set(wanted)] == wanted
    assert len(sent) == len(set(sent))


def test_what_is_written_while_a_file_is_made_is_not_in_it(officer, world, monkeypatch):
    monkeypatch.setattr(audit, "_CHUNK", 5)
    for _ in range(12):
        put(world, NOW, request_id="before")
    real, late = exports._chunks, []

    def chunks(plan: Any) -> Any:
        for chunk in real(plan):
            late.append(put(world, NOW.replace(year=2020), request_id="before"))
            yield chunk

    monkeypatch.setattr(exports, "_chunks", chunks)

    sent = [json.loads(line)["code"] for line in export(officer, "request_id=before", "jsonl").data.splitlines()]

    assert len(sent) == 12
    assert late
    assert set(late).isdisjoint(sent)


def test_nothing_is_sent_that_is_not_recorded(app, officer, world, nasty, monkeypatch):
    """The entry is durable before a byte leaves: where it cannot be written there is no file."""

    def fail(*_: Any, **__: Any) -> Any:
        raise Unavailable("no")

    monkeypatch.setattr(audit, "exported", fail)

    answer = export(officer, QUERY)

    assert answer.status_code == 503
    assert not [code for code in nasty.values() if code in answer.text]
    assert ledger(world, "ledger.exported") == []


def test_too_much_is_refused_with_a_clear_word_and_what_just_fits_is_sent(officer, world, monkeypatch):
    for _ in range(6):
        put(world, NOW, request_id="many")
    monkeypatch.setattr(audit, "MOST_EXPORTED", 5)

    page, refused = officer.get("/log/export?request_id=many"), export(officer, "request_id=many")

    for answer in (page, refused):
        assert answer.status_code == 400
        assert "More than 5 entries match. Please narrow the filter" in answer.text
    assert ledger(world, "ledger.exported") == []
    monkeypatch.setattr(audit, "MOST_EXPORTED", 6)
    assert "6 entries match." in officer.get("/log/export?request_id=many").text
    assert len(export(officer, "request_id=many", "jsonl").data.splitlines()) == 6


def test_the_page_tells_the_count_and_explains_every_column_and_is_recorded(officer, world, nasty):
    before = len(ledger(world))

    page = officer.get(f"/log/export?{QUERY}").text

    assert f"{len(nasty)} entries match." in page
    assert "What happened: Decision asked for; Outcome is not Refused" in page
    for column in ("Client number", "client_number", "The first reason that applied", "Policy (SHA-256)"):
        assert column in page
    assert not [code for code in nasty.values() if code in page]
    [entry] = ledger(world)[before:]
    assert entry.kind == "ledger.searched"
    assert json.loads(entry.leaf)["data"]["matching"] == len(nasty)


@pytest.mark.parametrize(
    "query", ["from=nonsense", "person=nobody+at+all", "not_person=nobody+at+all", "not_kind=x", "not_address=x"]
)
def test_a_filter_that_cannot_be_read_exports_nothing(officer, world, query):
    assert officer.get(f"/log/export?{query}").status_code == 400
    assert export(officer, query).status_code == 400
    assert ledger(world, "ledger.exported") == []


def test_a_wrong_format_is_asked_for_again(officer, world):
    answer = export(officer, "", "exe")

    assert answer.status_code == 400
    assert "Please choose a format." in answer.text
    assert ledger(world, "ledger.exported") == []


def test_nothing_to_export_is_said(officer):
    page = officer.get("/log/export?request_id=none-such").text

    assert "Nothing matches this filter." in page
    assert "<form" not in page.partition("<main")[2]


def test_one_file_at_a_time_is_made(officer, world):
    with exports._ONE:
        answer = export(officer, "")

    assert answer.status_code == 409
    assert "Another export is being made" in answer.text
    assert export(officer, "request_id=x").status_code == 200, "and afterwards the next one"


def test_a_form_from_elsewhere_exports_nothing(app, officer, world):
    token = hidden(officer.get("/account").text)
    elsewhere = {"Sec-Fetch-Site": "cross-site"}

    assert officer.post("/log/export", data={"format": "csv"}).status_code == 400
    assert officer.post("/log/export", data={"csrf_token": token, "format": "csv"}, headers=elsewhere).status_code == 403
    assert visit(app, "clients").post("/log/export", data={"format": "csv"}).status_code in (400, 403)
    assert ledger(world, "ledger.exported") == []


def test_an_export_reads_a_fixed_number_of_statements_a_piece(officer, world, nasty):
    """Each piece of a thousand entries costs the same few statements, however many investors and reports are in it."""
    said: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    def statements(query: str) -> int:
        with world.database.reading() as connection:
            engine = connection.engine
        said.clear()
        event.listen(engine, "before_cursor_execute", hear)
        assert export(officer, query).status_code == 200
        event.remove(engine, "before_cursor_execute", hear)
        return len(said)

    export(officer, QUERY)  # the page that the form's token comes from is fetched before anything is counted
    one = statements(f"code={nasty['00']}")

    assert statements(QUERY) == one


def test_the_names_of_codes_lead_back_to_the_log(officer, nasty):
    rows = table(export(officer, QUERY).data)[1:]

    assert set(codes(officer.get(f"/log?{QUERY}").text)) == {row[1].removeprefix("'") for row in rows}


def test_the_filter_of_the_page_is_the_filter_of_the_file(officer, world, nasty):
    page = officer.get(f"/log?{QUERY}").text

    assert f'href="/log/export?{QUERY.replace("&", "&amp;")}"' in page
