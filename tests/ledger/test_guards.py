"""The guards in the database, tried by someone who holds the file or owns the tables.

They stop accidents and the service's own role; who may drop a trigger is found out by the tree, not by a trigger.
"""

# ruff: noqa: S608  (every name in a statement is written in this file or comes from the database's own catalogue)

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import create_engine, insert, inspect, text
from sqlalchemy.pool import NullPool

from gatekeeper import migrating
from gatekeeper.actions.accounts import access_requests
from gatekeeper.actions.clients import declarations
from gatekeeper.actions.messages import notices
from gatekeeper.actions.publishing import distributing
from gatekeeper.ledger import keys
from gatekeeper.ledger.acts.evidence_files import keep
from gatekeeper.ledger.record import append, database_now
from gatekeeper.ledger.seal import seal
from gatekeeper.rules.accounts.access_requests import State
from gatekeeper.rules.assessing.declaration import ChangedTopic
from gatekeeper.rules.errors import Unavailable
from gatekeeper.rules.messages.distribution import Choice, To
from gatekeeper.rules.risk import RiskCategory
from gatekeeper.rules.roles import Grant, Role
from gatekeeper.store.accounts import privacy
from gatekeeper.store.accounts.people import LoginSession
from gatekeeper.store.base import new_id
from gatekeeper.store.clients.evidence_files import Described
from gatekeeper.store.messages import notices as store
from gatekeeper.store.messages import reminders
from gatekeeper.store.proof import retention
from gatekeeper.store.proof.ledger import LedgerAnchor, LedgerEntry
from gatekeeper.store.publishing import duplicates, settlements
from gatekeeper.store.publishing.reports import FindingRow, SettlementRow
from gatekeeper.store.reading.bookmarks import Bookmark
from gatekeeper.store.reading.consent import Acknowledgement, ServedStatement, StatementRow, WordsRow
from gatekeeper.store.suitability import rematches
from tests import applied, assessed, audience, papers
from tests.imported import Importer, row
from tests.ledger.raw import ON_POSTGRESQL, ON_SQLITE, REFUSED, Raw, event, leaves, opened
from tests.library import release
from tests.service_accounts import a_request, an_account, end_token
from tests.world import NOW, ZONE, World

pytestmark = pytest.mark.own_database

DATED = [
    "api_scope",
    "bookmark",
    "classification",
    "grading",
    "legal_hold",
    "mandate",
    "objectives",
    "policy",
    "privacy_notice",
    "questionnaire",
    "release",
    "role_grant",
    "settlement",
    "standing",
    "statement",
    "subscription",
]
REFUSAL = r"is never changed|referenced in a foreign key|updated to DEFAULT|written by the clock"

FILES = [
    "api_client",
    "api_token",
    "api_token_end",
    "access_answer",
    "access_request",
    "assessment",
    "assessment_acknowledgement",
    "assessment_page",
    "assessment_result",
    "declaration",
    "declaration_check",
    "evidence_file",
    "import_result",
    "import_row",
    "import_step",
    "notice",
    "notice_acknowledgement",
    "paper_assessment",
    "paper_scan",
    "paper_scan_end",
    "people_import",
    "professional_application",
    "professional_evidence",
    "professional_figures",
    "professional_proposal",
    "professional_step",
    "professional_test",
    "received_report",
    "rematch",
    "reminder",
    "report_file",
    "report_fingerprint",
    "settlement_end",
]
GUARDED = [
    *DATED,
    *FILES,
    *[
        "acknowledgement",
        "finding",
        "investor",
        "ledger_anchor",
        "ledger_answer",
        "ledger_checkpoint",
        "ledger_erasure",
        "ledger_entry",
        "ledger_leaf",
        "ledger_log",
        "ledger_tile",
        "privacy_acceptance",
        "publication",
        "report",
        "report_content",
        "report_index",
        "report_version",
    ],
    *["served_statement", "words"],
]
ACTS = [
    *DATED,
    *FILES,
    *[
        "acknowledgement",
        "address_confirmation",
        "call_back",
        "delivery",
        "distribution",
        "distribution_recipient",
        "investor",
        "job",
        "ledger_erasure",
        "login_session",
        "mail_address",
        "one_time_link",
        "person",
        "privacy_acceptance",
        "proposal",
        "publication",
        "reading_part",
        "report",
        "report_version",
        "saved_view",
    ],
    "served_statement",
]
LEFT_OPEN = [
    *("api_budget", "api_use", "idempotency_key"),
    *("address_confirmation", "call_back", "delivery", "mail_address", "notice_queue", "outbox"),
    *("distribution", "distribution_recipient"),
    *(
        "job",
        *("ledger_counted", "ledger_daily"),  # sums, made anew from the entries
        "ledger_pending",
        "ledger_private",
        "login_session",
        "one_time_link",
        "person",
        "proposal",
        "reading_part",
        "saved_view",
        "sign_in_attempt",
    ),
]
SCAN = Described(name="scan.pdf", media_type="application/pdf", size=1, pages=1, sha256="0" * 64)
PARTITIONS = [f"ledger_entry_p{number:04}" for number in range(8)]


@pytest.fixture
def url(database_url):
    return database_url[0]


@pytest.fixture
def furnished(world: World, url, tmp_path):
    """A raw connection to a database with at least one row in every table that is guarded."""

    def furnish() -> None:
        _furnish(world, tmp_path)

    if world.beginning is None:
        furnish()
    else:
        world.beginning.step(world, "furnished", furnish)
    with opened(url) as raw:
        assert [name for name in GUARDED if not raw.one(f"SELECT count(*) FROM {name}")] == []
        yield raw


def _furnish(world: World, folder: Path) -> None:
    person = world.client("c3", RiskCategory.C3)
    end_token(world, account := an_account(world))
    assessed.install(world)
    assessed.assess(world, "c3", assessed.answers(RiskCategory.C3))
    world.database.transact(_noted, world.caller("c3"), world.now)
    world.database.transact(_declared, world.caller("c3"), world.caller("compliance"), world.now)
    world.database.transact(keep, world.caller("clients"), world.investors["c3"], SCAN, world.now)
    Importer(world, folder).all([row()])
    applied.converted(world, "c3", applied.individual(world, applied.ART_11, 300 * applied.WAN))
    world.staff(papers.TYPIST, Role.ADMIN, Grant.ASSESSMENTS)
    papers.enter(world, "c3", assessed.answers(RiskCategory.C2), signed_on=NOW.date())
    report = release(world)
    world.client("off", RiskCategory.C3, suspended=True)
    asked = a_request(world, account, "off", report)
    act = access_requests.answer
    world.database.transact(act, world.caller("clients"), asked, State.DECLINED, "不予受理", world.now, ZONE)
    world.database.transact(_told, world.now)
    world.client("c4", RiskCategory.C4)
    audience.subscribe(world, "c4")
    sent = audience.start(world, report, Choice(To.SUBSCRIBERS))
    world.database.transact(distributing.go_on, sent, world.now, ZONE, has_mail=False)
    world.database.transact(_accepted, person, world.investors["c3"], report, world.now)
    signer = keys.Ed25519Signer("gatekeeper.example/test", Ed25519PrivateKey.generate())
    world.database.transact(_sealed, signer, world.now)


def _noted(connection, caller, now):
    """A notice of the file, acknowledged."""
    notices.acknowledge(connection, caller, store.of_investor(connection, caller.investor, 1)[0].id, now)


def _told(connection, now):
    """That a category expires soon, and that a policy was gone through."""
    written = connection.execute(text("SELECT max(id) FROM ledger_entry")).scalar_one()
    notice = connection.execute(text("SELECT min(id) FROM notice")).scalar_one()
    category = connection.execute(text("SELECT max(id) FROM classification")).scalar_one()
    reminders.put(connection, [{"classification_id": category, "days": 30, "notice_id": notice, "entry_id": written}])
    step = {"number": 1, "last_investor": None, "is_last": True, "entry_id": written}
    rematches.put(connection, rematches.Cause("policy", 1, now), step)


def _declared(connection, caller, officer, now):
    """A declaration that was looked at."""
    asked = declarations.preview(connection, caller, (ChangedTopic.CONTACT,), "", now, ZONE).answer
    declarations.declare(connection, caller, (ChangedTopic.CONTACT,), "", asked.seen, now, ZONE)
    [made] = declarations.overview(connection, caller, now).answer
    declarations.check(connection, officer, caller.investor, made.row.id, "", now)


def _sealed(connection, signer, now):
    """Entries in the log's tree, a checkpoint over them, and word of where it was put."""
    done = seal(connection, [signer], now)
    anchor = {"log_id": 1, "size": done.size, "kind": "file", "target": "/elsewhere", "at": now}
    connection.execute(insert(LedgerAnchor).values(anchor))


def _accepted(connection, person, investor, report, now):
    entry_id = append(connection, event(at=now))
    version = connection.execute(text("SELECT id FROM report_version WHERE report_id = :id"), {"id": report}).scalar_one()
    statement = connection.execute(text("SELECT id FROM statement")).scalar_one()
    session = connection.execute(
        insert(LoginSession).values(
            token_hash=b"x" * 32, person_id=person, created_at=now, last_seen=now, idle_seconds=60, ends_at=now, address="",
            device="", entry_id=entry_id,
        )
    ).inserted_primary_key[0]  # fmt: skip
    shown = {"person_id": person, "investor_id": investor, "version_id": version, "statement_id": statement, "words_sha256": "w"}
    connection.execute(insert(WordsRow).values(sha256="w", language="zh", text="words"))
    notice = privacy.put_notice(connection, zh_sha256="w", en_sha256="w", valid_from=now, entry_id=entry_id)
    privacy.put_acceptance(connection, person_id=person, notice_id=notice, words_sha256="w", accepted_at=now, entry_id=entry_id)
    serving = new_id()
    connection.execute(
        insert(ServedStatement).values(
            id=serving, session_id=session, asking="FULL", served_at=now, entry_id=entry_id, **shown
        )
    )  # fmt: skip
    connection.execute(
        insert(Acknowledgement).values(
            serving_id=serving, profile="C3", end_reached=True, accepted_at=now, entry_id=entry_id, **shown
        )
    )  # fmt: skip
    connection.execute(
        insert(Bookmark).values(
            person_id=person, investor_id=investor, report_id=report, live=True, valid_from=now, entry_id=entry_id
        )
    )  # fmt: skip
    retention.put_hold(connection, "person", person, live=True, valid_from=now, entry_id=entry_id)
    connection.execute(insert(retention.LedgerErasure).values(erased_id=1, erased_at=now, entry_id=entry_id))
    connection.execute(
        insert(FindingRow).values(
            version_id=version, code="x", message="x", details="{}", cited="", key="x", blocking=False
        )
    )  # fmt: skip
    settled = connection.execute(
        insert(SettlementRow).values(
            issuer="x", report_kind="x", code="x", key="x", cited="", valid_from=now, valid_before=now + timedelta(1),
            entry_id=entry_id,
        )
    ).inserted_primary_key[0]  # fmt: skip
    settlements.end(connection, [settled], ended_at=now, person_id=person, entry_id=entry_id)
    duplicates.put(connection, version, "x", entry_id)


def content(raw: Raw, name: str) -> Any:
    return sorted(map(repr, raw.rows(f"SELECT * FROM {name}")))


def attempts_on(raw: Raw, name: str) -> list[str]:
    """Every way to change or remove a row of a table."""
    columns = list(raw.rows(f"SELECT * FROM {name} LIMIT 1")[0])
    tries = [f"UPDATE {name} SET {column} = {column}" for column in columns]
    tries += [f"DELETE FROM {name}", f"DELETE FROM {name} WHERE {columns[0]} IS NOT NULL"]
    if raw.is_sqlite:
        same = f"SELECT {', '.join(columns)} FROM {name}"
        if name == "words":  # words that are the same are kept again without harm
            same = same.replace("text", "text || '!'")
        tries += [f"REPLACE INTO {name} {same}", f"INSERT OR REPLACE INTO {name} {same} LIMIT 1"]
        tries += [f"UPDATE OR REPLACE {name} SET {columns[0]} = {columns[0]}"]
        parts = [row["name"] for row in raw.rows(f"SELECT name FROM pragma_table_info('{name}') WHERE pk > 0 ORDER BY pk")]
        key = columns[0] if name == "words" else ", ".join(parts)
        tries += [f"INSERT INTO {name} {same} WHERE true ON CONFLICT({key}) DO UPDATE SET {parts[0]} = {parts[0]}"]
    else:
        tries += [f"TRUNCATE {name}", f"TRUNCATE {name} CASCADE"]
    return tries


def test_what_is_written_is_never_changed_or_removed(furnished: Raw):
    tables = GUARDED if furnished.is_sqlite else [*GUARDED, "ledger_entry_p0000"]
    for name in tables:
        before = content(furnished, name)
        for attempt in attempts_on(furnished, name):
            with pytest.raises(REFUSED, match=REFUSAL):
                furnished.execute(attempt)
        assert content(furnished, name) == before


@ON_SQLITE
def test_replacing_by_another_unique_column_is_refused_too(furnished: Raw):
    before = content(furnished, "investor")
    tries = [
        "REPLACE INTO investor SELECT 'other', kind, 'somebody else', client_number, created_at, entry_id FROM investor",
        (
            "REPLACE INTO acknowledgement SELECT 999, serving_id, person_id, investor_id, version_id, statement_id, words_sha256,"
            " 'C5', end_reached, accepted_at, entry_id FROM acknowledgement"
        ),
        "REPLACE INTO ledger_log SELECT 999, origin, opened_at, size, root, closed_at FROM ledger_log",
    ]

    for attempt in tries:
        with pytest.raises(REFUSED, match="is never changed"):
            furnished.execute(attempt)
    assert content(furnished, "investor") == before


@ON_POSTGRESQL
def test_guards_hold_in_every_replication_role(url):
    with opened(url) as raw:
        raw.execute("SET session_replication_role = replica")
        for attempt in (
            "UPDATE ledger_entry SET kind = 'x'",
            "UPDATE ledger_entry_p0000 SET kind = 'x'",
            "DELETE FROM ledger_entry",
            "TRUNCATE ledger_entry CASCADE",
            "TRUNCATE ledger_entry_p0000 CASCADE",
            "DELETE FROM policy",
            "INSERT INTO policy (text, sha256, valid_from, entry_id) VALUES ('', '', '2000-01-01', 1)",
            "INSERT INTO policy (text, sha256, valid_from, entry_id) VALUES ('', '', '2100-01-01', 999999)",
        ):
            with pytest.raises(REFUSED, match=r"is never changed|cannot begin before its entry"):
                raw.execute(attempt)
        waiting = raw.one("SELECT count(*) FROM ledger_pending")
        insert_entry(raw)
        assert raw.one("SELECT count(*) FROM ledger_pending") == waiting + 1


# ------------------------------------------------------------------------------------------------------------------ the ledger


def insert_entry(raw: Raw, *, into: str = "ledger_entry", overriding: bool = False, **columns: Any) -> None:
    """An entry written by hand, complete but for its leaf's truth."""
    clock = "strftime('%Y-%m-%d %H:%M:%f000', 'now')" if raw.is_sqlite else "clock_timestamp()"
    last = raw.rows("SELECT * FROM ledger_entry ORDER BY id DESC LIMIT 1")[0]
    row = {name: value for name, value in last.items() if name not in {"id", "recorded_at"}} | columns
    names, places = ", ".join(row), ", ".join("?" * len(row))
    if "recorded_at" not in row:
        names, places = f"{names}, recorded_at", f"{places}, {clock}"
    override = "OVERRIDING SYSTEM VALUE " if overriding else ""
    raw.execute(f"INSERT INTO {into} ({names}) {override}VALUES ({places})", *row.values())


def test_an_honest_entry_by_hand_is_taken_and_waits_to_be_sealed(furnished: Raw):
    before = furnished.one("SELECT count(*) FROM ledger_pending")
    insert_entry(furnished)

    last = furnished.one("SELECT max(id) FROM ledger_entry")
    assert furnished.one("SELECT max(entry_id) FROM ledger_pending") == last
    assert furnished.one("SELECT count(*) FROM ledger_pending") == before + 1


NOT_CHOSEN = r"has no chosen ids|is never changed|non-DEFAULT value|no partition|currval .* is not yet defined"


def test_ids_are_not_chosen(furnished: Raw):
    last = furnished.one("SELECT max(id) FROM ledger_entry")
    for chosen in (last + 2, last + 1000, 10**7, 10**7 + 5, 1, last, 0, -1, -5):
        for overriding in [False] if furnished.is_sqlite else [True, False]:
            with pytest.raises(REFUSED, match=NOT_CHOSEN):
                insert_entry(furnished, id=chosen, overriding=overriding)

    insert_entry(furnished)
    for chosen in (last + 3, last + 1000):
        with pytest.raises(REFUSED, match=NOT_CHOSEN):
            insert_entry(furnished, id=chosen, overriding=not furnished.is_sqlite)
    ids = [row["id"] for row in furnished.rows("SELECT id FROM ledger_entry ORDER BY id")]
    assert ids == sorted(set(ids))
    assert ids[-2] == last


def test_recorded_at_is_neither_back_nor_forward_dated(furnished: Raw):
    if furnished.is_sqlite:
        wrong = [
            "2026-11-23 02:00:00.000000", "1999-01-01 00:00:00.000000", "9999-12-31 23:59:59.999999",
            "now", "", "2461003.5", 2461003.5, "2026-13-45 99:99:99.999999", None,
        ]  # fmt: skip
        shape = furnished.one("SELECT strftime('%Y-%m-%dT%H:%M:%f000', 'now')")
        wrong.append(shape)
    else:
        now = furnished.one("SELECT clock_timestamp()")
        wrong = [NOW, now - timedelta(seconds=1), now + timedelta(seconds=5), now + timedelta(days=9999), None]
    before = furnished.one("SELECT count(*) FROM ledger_entry")

    for moment in wrong:
        with pytest.raises(REFUSED, match=r"clock of the database|NOT NULL|null value"):
            insert_entry(furnished, recorded_at=moment)
    assert furnished.one("SELECT count(*) FROM ledger_entry") == before


def test_an_entry_has_a_leaf_of_a_possible_size(furnished: Raw):
    for leaf in (b"", b"x", b"x" * 65_536, None):
        with pytest.raises(REFUSED, match=r"leaf_size|NOT NULL|null value"):
            insert_entry(furnished, leaf=leaf)
    insert_entry(furnished, leaf=b"x" * 65_535)


@ON_POSTGRESQL
def test_entries_are_not_written_into_a_partition(furnished: Raw):
    last = furnished.one("SELECT max(id) FROM ledger_entry")

    for chosen in (last + 1, last + 1000):
        for overriding in (True, False):
            with pytest.raises(REFUSED, match=NOT_CHOSEN):
                insert_entry(furnished, into="ledger_entry_p0000", id=chosen, overriding=overriding)
    assert furnished.one("SELECT max(id) FROM ledger_entry") == last


@ON_POSTGRESQL
def test_no_temporary_table_stands_in_for_the_ledger(furnished: Raw):
    furnished.execute("CREATE TEMP TABLE ledger_pending (entry_id bigint, recorded_at timestamptz)")
    furnished.execute("CREATE TEMP SEQUENCE ledger_entry_id_seq")
    waiting = furnished.one("SELECT count(*) FROM public.ledger_pending")
    insert_entry(furnished)

    assert furnished.one("SELECT count(*) FROM public.ledger_pending") == waiting + 1
    with pytest.raises(REFUSED, match="chosen"):
        insert_entry(furnished, id=furnished.one("SELECT nextval('ledger_entry_id_seq') + 5000"), overriding=True)


def test_what_is_erasable_can_be_erased_and_never_changed(furnished: Raw):
    insert_entry(furnished)  # so that one waits
    entry_id, field = furnished.rows("SELECT entry_id, field FROM ledger_private LIMIT 1")[0].values()
    tries = ["UPDATE ledger_private SET value = 'x'", "UPDATE ledger_pending SET entry_id = entry_id"]
    if furnished.is_sqlite:
        tries += ["REPLACE INTO ledger_private SELECT entry_id, field, salt, 'x' FROM ledger_private"]
    else:
        tries += ["TRUNCATE ledger_private", "TRUNCATE ledger_pending"]
    for attempt in tries:
        with pytest.raises(REFUSED, match="is never changed"):
            furnished.execute(attempt)

    furnished.execute("DELETE FROM ledger_private WHERE entry_id = ? AND field = ?", entry_id, field)
    furnished.execute("DELETE FROM ledger_pending WHERE entry_id = ?", entry_id)
    assert furnished.rows("SELECT 1 AS one FROM ledger_private WHERE entry_id = ? AND field = ?", entry_id, field) == []


# ------------------------------------------------------------------------------------------------------- the tree over the ledger


@pytest.mark.parametrize("role", ["origin", "replica"])
def test_a_log_goes_on_and_nothing_else_of_it_changes(furnished: Raw, role):
    if role == "replica":
        if furnished.is_sqlite:
            pytest.skip("SQLite has no replication role")
        furnished.execute("SET session_replication_role = replica")
    before = content(furnished, "ledger_log")
    day = "'2026-11-24 02:00:00.000000'"
    tries = [
        *("size = size - 1", "size = 0", "root = root", "size = NULL", "origin = 'other/log', size = size + 1"),
        *("opened_at = NULL, size = size + 1", "id = 9, size = size + 1", f"opened_at = {day}, size = size + 1"),
        *(f"closed_at = {day}, size = size + 1", f"closed_at = {day}, size = size - 1", "closed_at = NULL"),
        f"closed_at = {day}, root = {'zeroblob(32)' if furnished.is_sqlite else 'decode(repeat($$00$$, 32), $$hex$$)'}",
    ]
    for attempt in tries:
        with pytest.raises(REFUSED, match=r"is never changed|NOT NULL|null value"):
            furnished.execute(f"UPDATE ledger_log SET {attempt}")
    assert content(furnished, "ledger_log") == before

    furnished.execute("UPDATE ledger_log SET size = size + 1")
    furnished.execute(f"UPDATE ledger_log SET closed_at = {day}")
    for attempt in ("size = size + 1", "closed_at = NULL", "closed_at = '2027-11-23 02:00:00.000000'"):
        with pytest.raises(REFUSED, match="only goes on"):
            furnished.execute(f"UPDATE ledger_log SET {attempt}")


@pytest.mark.parametrize("role", ["origin", "replica"])
def test_a_tile_grows_at_its_end_and_nowhere_else(furnished: Raw, role):
    if role == "replica":
        if furnished.is_sqlite:
            pytest.skip("SQLite has no replication role")
        furnished.execute("SET session_replication_role = replica")
    [tile] = furnished.rows("SELECT * FROM ledger_tile")
    hashes, more = bytes(tile["hashes"]), b"x" * 32
    other = bytes([hashes[0] ^ 1]) + hashes[1:]
    for wrong in (hashes[:-32], other, other + more, more + hashes, hashes, hashes + b"x", hashes + b"x" * 8192, b"", None):
        with pytest.raises(REFUSED, match=r"is never changed|hashes_size|null value|NOT NULL"):
            furnished.execute("UPDATE ledger_tile SET hashes = ?", wrong)
    for moved in ("n = 1", "level = 1", "log_id = 2"):
        with pytest.raises(REFUSED, match="is never changed"):
            furnished.execute(f"UPDATE ledger_tile SET {moved}, hashes = ?", hashes + more)
    assert [bytes(row["hashes"]) for row in furnished.rows("SELECT hashes FROM ledger_tile")] == [hashes]

    furnished.execute("UPDATE ledger_tile SET hashes = ?", hashes + more)
    assert bytes(furnished.one("SELECT hashes FROM ledger_tile")) == hashes + more


@ON_SQLITE
def test_no_leaf_tile_or_checkpoint_is_replaced_by_another_key(furnished: Raw):
    for attempt in (
        "REPLACE INTO ledger_leaf SELECT log_id, 999, entry_id FROM ledger_leaf",
        "REPLACE INTO ledger_leaf SELECT log_id, leaf_index, 999 FROM ledger_leaf",
        "REPLACE INTO ledger_checkpoint SELECT 999, log_id, size, root, 'other', signed_at FROM ledger_checkpoint",
        "REPLACE INTO ledger_tile SELECT log_id, level, n, zeroblob(32) FROM ledger_tile",
    ):
        with pytest.raises(REFUSED, match="is never changed"):
            furnished.execute(attempt)


def test_a_sealed_ledger_is_not_taken_down(world: World, url):
    signer = keys.Ed25519Signer("gatekeeper.example/test", Ed25519PrivateKey.generate())
    world.database.transact(_sealed, signer, world.now)

    with pytest.raises(RuntimeError, match="is sealed"):
        migrating.downgrade(url, "0007_mail")
    with opened(url) as raw:
        assert raw.one("SELECT count(*) FROM ledger_leaf") > 0


def test_what_was_imported_is_not_taken_down(world: World, url, tmp_path):
    Importer(world, tmp_path).check([row()])

    with pytest.raises(RuntimeError, match="what was imported"):
        migrating.downgrade(url, "0016_telling")
    with opened(url) as raw:
        assert raw.one("SELECT count(*) FROM import_row") > 0


def test_what_investors_mean_to_invest_in_is_not_taken_down(world: World, url):
    world.client("c3", RiskCategory.C3)
    assessed.install(world)
    assessed.assess(world, "c3", assessed.answers(RiskCategory.C3))

    with pytest.raises(RuntimeError, match="what investors mean to invest in"):
        migrating.downgrade(url, "0017_import")
    with opened(url) as raw:
        assert raw.one("SELECT count(*) FROM objectives") > 0


def test_assessments_on_paper_are_not_taken_down(world: World, url):
    world.client("c3", RiskCategory.C3)
    assessed.install(world)
    world.staff(papers.TYPIST, Role.ADMIN, Grant.ASSESSMENTS)
    papers.enter(world, "c3", assessed.answers(RiskCategory.C2), signed_on=NOW.date())

    with pytest.raises(RuntimeError, match="assessments on paper"):
        migrating.downgrade(url, "0020_expiry")
    with opened(url) as raw:
        assert raw.one("SELECT count(*) FROM paper_assessment") > 0


def test_evidence_that_was_handed_in_is_not_taken_down(world: World, url):
    world.client("c3")
    world.database.transact(keep, world.caller("clients"), world.investors["c3"], SCAN, world.now)

    with pytest.raises(RuntimeError, match="evidence that was handed in"):
        migrating.downgrade(url, "0013_notice")
    with opened(url) as raw:
        assert raw.one("SELECT count(*) FROM evidence_file") > 0


def test_of_what_investors_were_told_by_itself_is_not_taken_down(world: World, url):
    world.client("c3")
    world.database.transact(_told, world.now)

    with pytest.raises(RuntimeError, match="of what investors were told"):
        migrating.downgrade(url, "0015_delivery")
    with opened(url) as raw:
        assert raw.one("SELECT count(*) FROM reminder") > 0


def test_what_clients_declared_is_not_taken_down(world: World, url):
    world.client("c3")
    world.database.transact(_declared, world.caller("c3"), world.caller("compliance"), world.now)

    with pytest.raises(RuntimeError, match="what clients declared"):
        migrating.downgrade(url, "0021_paper")
    with opened(url) as raw:
        assert raw.one("SELECT count(*) FROM declaration") > 0


def test_applications_are_not_taken_down(world: World, url):
    world.client("c3", RiskCategory.C3)
    applied.hand_in(world, "c3", applied.individual(world, applied.ART_11, 300 * applied.WAN))

    with pytest.raises(RuntimeError, match="applications for professional status"):
        migrating.downgrade(url, "0018_matching")
    with opened(url) as raw:
        assert raw.one("SELECT count(*) FROM professional_application") > 0


def test_what_investors_were_told_is_not_taken_down(world: World, url):
    world.client("c3")

    with pytest.raises(RuntimeError, match="what investors were told"):
        migrating.downgrade(url, "0012_assessment")
    with opened(url) as raw:
        assert raw.one("SELECT count(*) FROM notice") > 0


def test_questionnaires_and_answers_are_not_taken_down(world: World, url):
    assessed.install(world)

    with pytest.raises(RuntimeError, match="what was answered"):
        migrating.downgrade(url, "0011_job")
    with opened(url) as raw:
        assert raw.one("SELECT count(*) FROM questionnaire") == 2


def test_legal_holds_and_erasures_are_not_taken_down(world: World, url):
    world.database.transact(_held, world.people["compliance"])

    with pytest.raises(RuntimeError, match="holds legal holds"):
        migrating.downgrade(url, "0009_lists2")
    with opened(url) as raw:
        assert raw.one("SELECT count(*) FROM legal_hold") == 1


def _held(connection, person):
    entry_id = append(connection, event(at=NOW))
    row = {"person_id": person, "live": True, "valid_from": NOW, "entry_id": entry_id}
    connection.execute(insert(retention.LegalHold).values(row))


# ------------------------------------------------------------------------------------------------------- dated rows and acts


def test_a_dated_row_does_not_begin_before_its_entry(furnished: Raw):
    at = "2026-11-23 02:00:05.000000"
    insert_entry(furnished, at=at)
    entry_id = furnished.one("SELECT max(id) FROM ledger_entry")
    too_early = ["2026-11-23 02:00:04.999999", "1999-01-01 00:00:00.000000"]
    if furnished.is_sqlite:
        too_early += ["2026-11-23T02:00:06.000000", "zzzz", ""]
    for name in DATED:
        row = furnished.rows(f"SELECT * FROM {name} LIMIT 1")[0]
        del row["id"]
        row |= {"entry_id": entry_id, "corrects_id": None}
        statement = f"INSERT INTO {name} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})"
        for begins in too_early:
            with pytest.raises(REFUSED, match=r"cannot begin before its entry|invalid input syntax"):
                furnished.execute(statement, *(row | {"valid_from": begins}).values())
        with pytest.raises(REFUSED, match="cannot begin before its entry"):
            furnished.execute(statement, *(row | {"valid_from": at, "entry_id": 999_999}).values())
        furnished.execute(statement, *(row | {"valid_from": at}).values())


def test_every_act_names_its_entry(url):
    engine = create_engine(url, poolclass=NullPool)
    found = inspect(engine)
    bound = []
    for name in found.get_table_names():
        keys = [key for key in found.get_foreign_keys(name) if key["constrained_columns"] == ["entry_id"]]
        keys = [key for key in keys if key["referred_table"] == "ledger_entry"]
        mandatory = [each for each in found.get_columns(name) if each["name"] == "entry_id" and not each["nullable"]]
        assert all(not key["options"].get("deferrable") and not key["options"].get("ondelete") for key in keys)
        if keys and mandatory:
            bound.append(name)

    assert sorted(bound) == sorted(ACTS)


def test_every_table_is_guarded_or_named_as_open(url):
    names = set(inspect(create_engine(url, poolclass=NullPool)).get_table_names())
    names -= {name for name in names if name.startswith("report_index_fts")}  # SQLite's own, behind a virtual table

    assert names - {"alembic_version", *PARTITIONS} == {*GUARDED, *LEFT_OPEN}


def test_an_act_without_its_entry_is_refused(world: World):
    for entry_id in (None, 999_999):
        row = {"text_zh": "x", "text_en": "x", "valid_from": world.now, "entry_id": entry_id}
        with pytest.raises(Unavailable):
            world.database.transact(lambda connection, row=row: connection.execute(insert(StatementRow).values(**row)))


# ------------------------------------------------------------------------------------------------------- the guards themselves


def expected_triggers(*, is_sqlite: bool) -> Counter[tuple[str, str]]:
    if is_sqlite:
        names = {table: ["delete", "update", "replace"] for table in GUARDED}
        names |= {table: ["update", "replace"] for table in ("ledger_pending", "ledger_private")}
        more = {"ledger_entry": ["time", "id", "pending"]}
        looked_up = [("report_index", "report_index_looked_up")]
    else:
        names = {table: ["refuse", "truncate"] for table in (*GUARDED, "ledger_pending", "ledger_private")}
        more = {"ledger_entry": ["entry", "pending"], "ledger_log": ["grows"], "ledger_tile": ["grows"]}
        looked_up = []
    for table in DATED:
        names[table].append("begins")
    for table, parts in more.items():
        names[table] += parts
    found = Counter((table, f"guard_{table}_{part}") for table, parts in names.items() for part in parts)
    found.update(looked_up)
    if not is_sqlite:
        for table in PARTITIONS:
            found.update((table, f"guard_ledger_entry_{part}") for part in ("refuse", "entry", "pending"))
            found.update([(table, f"guard_{table}_truncate")])
    return found


def test_after_every_migration_exactly_these_triggers_stand_and_all_of_them_fire_always(url):
    with opened(url) as raw:
        if raw.is_sqlite:
            rows = raw.rows("SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'")
        else:
            rows = raw.rows(
                "SELECT relname AS tbl_name, tgname AS name, tgenabled FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
                " WHERE NOT tgisinternal"
            )
            assert {row["tgenabled"] for row in rows} in ({"A"}, {b"A"})

        assert Counter((row["tbl_name"], row["name"]) for row in rows) == expected_triggers(is_sqlite=raw.is_sqlite)


@ON_POSTGRESQL
def test_eight_partitions_stand_ready_and_no_foreign_key_can_be_put_off(url):
    with opened(url) as raw:
        ranges = raw.rows(
            "SELECT relname, pg_get_expr(relpartbound, oid) AS bound FROM pg_class"
            " WHERE relispartition AND relkind = 'r' ORDER BY 1"
        )
        assert [row["relname"] for row in ranges] == PARTITIONS
        assert ranges[1]["bound"] == "FOR VALUES FROM ('10000000') TO ('20000000')"
        assert raw.one("SELECT count(*) FROM pg_constraint WHERE condeferrable") == 0
        assert raw.one("SELECT seqcache FROM pg_sequence WHERE seqrelid = 'ledger_entry_id_seq'::regclass") == 1


FORBIDDEN = [
    "DROP TABLE ledger_entry",
    "DROP TABLE ledger_pending",
    "DROP TRIGGER guard_ledger_entry_update",
    "DROP INDEX ix_ledger_entry_code",
    "DROP VIEW x",
    "ALTER TABLE ledger_entry RENAME TO x",
    "ALTER TABLE ledger_entry ADD COLUMN x",
    "CREATE TABLE x (a)",
    "CREATE INDEX x ON ledger_entry (kind)",
    "CREATE VIEW x AS SELECT 1",
    "CREATE TRIGGER x BEFORE INSERT ON ledger_entry BEGIN SELECT 1; END",
    "CREATE TEMP TABLE ledger_pending (entry_id, recorded_at)",
    "CREATE TEMP TRIGGER x BEFORE INSERT ON ledger_entry BEGIN SELECT 1; END",
    "CREATE VIRTUAL TABLE x USING fts5(a)",
    "ATTACH ':memory:' AS x",
    "REINDEX",
    "ANALYZE",
    "PRAGMA writable_schema = ON",
    "PRAGMA recursive_triggers = OFF",
    "PRAGMA foreign_keys = OFF",
    "PRAGMA synchronous = OFF",
    "PRAGMA query_only = OFF",
    "PRAGMA ignore_check_constraints = ON",
    "UPDATE sqlite_sequence SET seq = 5",
    "DELETE FROM sqlite_sequence",
    "DELETE FROM sqlite_master",
    "UPDATE sqlite_master SET sql = '', rootpage = 1",
    "DROP TABLE report_index_fts",
]


@ON_SQLITE
@pytest.mark.parametrize("engine", ["_writer", "_reader"])
def test_the_services_own_connections_to_sqlite_change_nothing_but_rows(world: World, engine):
    with getattr(world.database, engine).connect() as connection:
        driver = connection.connection.driver_connection
        for statement in FORBIDDEN:
            with pytest.raises(REFUSED, match=r"not authorized|no such view|may not be modified"):
                driver.execute(statement)
        assert driver.execute("PRAGMA synchronous").fetchone() == (2,)
        assert driver.execute("PRAGMA foreign_keys").fetchone() == (1,)
        assert driver.execute("PRAGMA recursive_triggers").fetchone() == (1,)
        assert driver.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_the_services_own_connections_cannot_change_an_entry(world: World, url):
    for statement in ("UPDATE ledger_entry SET kind = 'x'", "DELETE FROM ledger_entry", "DELETE FROM policy"):
        with pytest.raises(Unavailable):
            world.database.transact(lambda connection, statement=statement: connection.execute(text(statement)))
    values = {
        "id": 10**6,
        "v": 1,
        "log": "x",
        "code": "x",
        "at": NOW,
        "kind": "x",
        "actor": "x",
        "w": "x",
        "ws": 0,
        "leaf": b"{}",
    }
    with pytest.raises(Unavailable):
        world.database.transact(_by_core, values)

    with opened(url) as raw:
        assert all(each["kind"] != "x" for each in leaves(raw))


def _by_core(connection, values):
    connection.execute(insert(LedgerEntry).values(recorded_at=database_now(connection), **values))
