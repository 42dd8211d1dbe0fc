"""PostgreSQL's roles: the service works as one of them, and none of them can do more than it must."""

# ruff: noqa: S608  (every name in a statement is written in this file)

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import create_engine, make_url, text

from gatekeeper import migrating
from gatekeeper.actions import proposals
from gatekeeper.actions.messages import addresses, call_backs, deliveries
from gatekeeper.actions.proof import audit, views
from gatekeeper.actions.proof.retention import Asking, erase
from gatekeeper.actions.publishing import reports
from gatekeeper.actions.suitability import policies
from gatekeeper.app import create_app
from gatekeeper.database import Database
from gatekeeper.files.prepare import prepare, printed_audience
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.keys import Ed25519Signer
from gatekeeper.ledger.seal import seal
from gatekeeper.rules.errors import Unavailable
from gatekeeper.rules.messages.deliveries import Channel
from gatekeeper.rules.risk import RiskCategory, RiskGrade
from gatekeeper.store import role_drift, roles
from gatekeeper.store.accounts import sessions
from gatekeeper.store.proof import partitions
from gatekeeper.store.proof.filtering import Filter
from gatekeeper.store.schema import metadata
from gatekeeper.store.suitability import assessments
from gatekeeper.store.suitability.assessments import State
from gatekeeper.work import telling
from gatekeeper.work.sending.office import Office
from tests import assessed
from tests.actions.test_policies import try_out
from tests.ledger.raw import Raw, opened
from tests.postgres import Postgres
from tests.web.browser import hidden, post, visit
from tests.world import CHEAP, POLICIES, Clock, World, settings

LOGINS = {
    "t_web": "gk_app",
    "t_work": "gk_app, gk_sealer",
    "t_eraser": "gk_app, gk_privacy",
    "t_keeper": "gk_owner",
    "t_sealer": "gk_sealer",
    "t_auditor": "gk_auditor",
    "t_privacy": "gk_privacy",
    "t_nobody": "",
}


@dataclass
class Server:
    """A furnished database whose roles are made, and the ways into it."""

    owner: str
    world: World

    def url(self, login: str) -> str:
        return make_url(self.owner).set(username=login).render_as_string(hide_password=False)


@pytest.fixture(scope="module")
def server(postgres_server: Postgres, postgres_template: tuple[str, World]) -> Iterator[Server]:
    url = postgres_server.create_database(postgres_template[0])
    with migrating.owning(url) as connection:
        roles.apply(connection)
        roles.apply(connection)  # done again it changes nothing
        for login, role in LOGINS.items():
            connection.execute(text(f"CREATE ROLE {login} LOGIN {f'IN ROLE {role}' if role else ''}"))
        connection.execute(text("ALTER ROLE t_keeper SET role = gk_owner"))
    made = postgres_template[1]
    database = Database(make_url(url).set(username="t_web").render_as_string(hide_password=False))
    yield Server(url, World(database, Clock(made.clock.moment), dict(made.people), dict(made.investors)))
    database.dispose()
    postgres_server.drop_database(url)
    with opened(postgres_server.create_database()) as raw:
        for login in LOGINS:
            raw.execute(f"DROP ROLE {login}")


# ---------------------------------------------------------------------------------------------------------- the table of rights


def test_every_table_is_in_the_table_of_rights():
    assert {*metadata.tables, "alembic_version"} == roles.RIGHTS.keys()


def test_the_rights_name_columns_that_exist():
    named = {
        (table, column)
        for table, rights in roles.RIGHTS.items()
        for may in rights.values()
        for column in (*may.update, *([may.lock] if may.lock else []))
    }
    named |= {(table, column) for table, columns in roles.HIDDEN.items() for column in columns}

    assert [each for each in named if each[1] not in metadata.tables[each[0]].columns] == []


def test_a_row_is_only_locked_where_a_guard_refuses_every_update(server: Server):
    locked = [table for table, rights in roles.RIGHTS.items() if any(may.lock for may in rights.values())]
    with opened(server.url("t_web")) as raw:
        for table in locked:
            raw.execute(f"SELECT 1 FROM {table} LIMIT 1 FOR UPDATE")
    with opened(server.owner) as raw:
        guarded = {
            row["name"] for row in raw.rows("SELECT tgrelid::regclass::text AS name FROM pg_trigger WHERE tgenabled = 'A'")
        }
    assert set(locked) <= guarded


def test_an_auditor_sees_nothing_to_sign_in_with_and_no_report():
    told = " ".join(each for each in roles.statements("public") if each.endswith("TO gk_auditor"))

    assert "password_hash" not in told
    assert "token_hash" not in told
    assert "report_content" not in told


def test_a_right_too_many_or_too_few_is_told(server: Server):
    """As ``gatekeeper db roles --check`` does it, which changes nothing."""

    def differences() -> list[str]:
        engine = create_engine(server.owner)
        with engine.connect() as connection:
            told = [each.sentence % each.values for each in role_drift.differences(connection)]
        engine.dispose()
        return told

    assert differences() == []
    with opened(server.owner) as raw:
        for spoilt, mended, told in (
            ("GRANT DELETE ON ledger_private TO gk_app", "REVOKE DELETE ON ledger_private FROM gk_app", "may DELETE on ledger_p"),
            ("GRANT UPDATE (leaf) ON ledger_entry TO gk_app", "REVOKE UPDATE (leaf) ON ledger_entry FROM gk_app", "entry.leaf"),
            ("REVOKE SELECT ON policy FROM gk_auditor", "GRANT SELECT ON policy TO gk_auditor", "lacks SELECT on policy."),
            ("GRANT SELECT ON words TO PUBLIC", "REVOKE SELECT ON words FROM PUBLIC", "PUBLIC may SELECT on words"),
            ("ALTER TABLE person OWNER TO postgres", "ALTER TABLE person OWNER TO gk_owner", "person belongs to postgres"),
            ("ALTER ROLE gk_sealer LOGIN", "ALTER ROLE gk_sealer NOLOGIN", "gk_sealer can sign in"),
        ):
            raw.execute(spoilt)
            [found] = differences()
            raw.execute(mended)
            assert told in found
    assert differences() == []


def test_the_owner_owns_everything_and_nobody_of_ours_signs_in(server: Server):
    with opened(server.owner) as raw:
        owners = raw.rows(
            "SELECT DISTINCT pg_get_userbyid(relowner) AS owner FROM pg_class "
            "WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'S')"
        )
        may_sign_in = raw.rows("SELECT rolname FROM pg_roles WHERE rolname LIKE 'gk\\_%' AND (rolcanlogin OR rolsuper)")

    assert owners == [{"owner": "gk_owner"}]
    assert may_sign_in == []


# ------------------------------------------------------------------------------------------------------------------ the service


def published(world: World) -> str:
    """A report on its whole way: imported, proposed, approved by a second person, published."""
    name = Path(__file__).parents[1] / "gatekeeper" / "demo" / "reports" / "r3-energy-storage.txt"
    admin = world.caller("reports")
    report = world.database.transact(reports.import_report, admin, prepare(name.read_bytes(), name.name), world.now).report
    with world.database.reading() as connection:
        file = reports.view(connection, report, world.now)
    wish = reports.Wish(
        grade=RiskGrade[file.reading["grade"]],
        audience=printed_audience(file.reading),
        settled_before={each.id: world.now + timedelta(days=90) for each in file.open},
        reason="与印刷一致",
    )
    proposed = world.database.transact(reports.propose_publication, admin, report, wish, world.now)
    world.database.transact(proposals.approve, world.caller("compliance"), proposed.id, "同意", world.now)
    world.database.transact(reports.publish, admin, report, None, world.now)
    return report


def test_the_whole_ordinary_way_works_as_the_services_role(server: Server, tmp_path):
    world = server.world
    with world.database.reading() as connection:
        assert connection.execute(text("SELECT current_user")).scalar() == "t_web"
    world.client("c3", RiskCategory.C3)
    report = published(world)
    app = create_app(settings(server.url("t_web"), tmp_path), clock=world.clock, database=world.database, passwords=CHEAP)

    reader = visit(app, "c3")
    assert reader.get("/reports").status_code == 200
    assert reader.get(f"/reports/{report}").location == f"/reports/{report}/statement"
    page = reader.get(f"/reports/{report}/statement").text
    form = {"serving": hidden(page, "serving"), "answer": "accept", "end_reached": "yes", "ticked": "yes"}
    assert post(reader, f"/reports/{report}/acknowledgement", form, page=page).status_code == 303
    assert reader.get(f"/reports/{report}").status_code == 200
    assert post(reader, "/sign-out", {}).status_code == 303

    world.database.transact(views.save, world.caller("compliance"), "今天", "kind=report.opened", world.now)
    with world.database.reading() as connection:
        [view] = [row.id for row in views.mine(connection, world.caller("compliance"))]
    world.database.transact(views.remove, world.caller("compliance"), view, world.now)
    found = world.database.record(
        audit.search, world.caller("compliance"), Filter(kind="report.opened"), None, world.now, limit=5
    )
    assert [row.report for row in found.rows] == [report]


def test_assessments_and_policies_work_as_the_services_role(server: Server):
    world = server.world
    world.client("assessed", RiskCategory.C2)
    assessed.install(world)

    assert assessed.assess(world, "assessed", assessed.answers(RiskCategory.C4)) is State.WAITING
    with world.database.reading() as connection:
        held = assessments.latest(connection, world.investors["assessed"]).proposal_id
    text = (POLICIES / "suitability.toml").read_text("utf-8").replace('C3 = ["R1", "R2", "R3"]', 'C3 = ["R1", "R2"]')
    proposed = world.database.transact(policies.propose_policy, world.caller("compliance"), text, None, "收紧", world.now)
    try_out(world, proposed.id, "compliance-2")

    for proposal in (held, proposed.id):
        done = world.database.transact(proposals.approve, world.caller("compliance-2"), proposal, "同意", world.now)
        assert done.state == "APPROVED"


def test_notices_go_out_and_are_told_as_the_services_role(server: Server):
    world, act = server.world, server.world.database.transact
    world.client("told", RiskCategory.C2)
    act(addresses.enter, world.caller("clients"), world.people["told"], "told@example.com", world.now)
    assert act(deliveries.give_out, list(Channel), world.now)
    taken = [act(deliveries.take, channel, world.now) for channel in Channel]
    act(deliveries.sent, taken[0], world.now)
    act(deliveries.doubted, taken[1], "TimeoutError", world.now)
    act(call_backs.resolve, world.caller("clients"), taken[1].id, world.now, arrived=True)
    name = "x" * 26
    act(addresses.ask, world.caller("told"), name, sessions.token_hash("token"), "new@example.com", world.now)
    assert act(addresses.mailed, name, world.now)
    assert act(addresses.confirm, world.caller("told"), "token", world.now) == "new@example.com"
    act(deliveries.sweep, world.now)
    stricter = (POLICIES / "suitability.toml").read_text("utf-8").replace('C2 = ["R1", "R2"]', 'C2 = ["R1"]')
    proposed = act(policies.propose_policy, world.caller("compliance"), stricter, None, "收紧", world.now)
    try_out(world, proposed.id, "compliance-2")
    act(proposals.approve, world.caller("compliance-2"), proposed.id, "同意", world.now)
    telling.rematch(Office(settings(server.url("t_web"), Path()), world.database, lambda: world.now))
    world.clock.forward(timedelta(days=700))
    telling.expiring(Office(settings(server.url("t_web"), Path()), world.database, lambda: world.now))

    with world.database.reading() as connection:
        told = set(connection.execute(text("SELECT kind FROM notice")).scalars())
        assert connection.execute(text("SELECT count(*) FROM rematch")).scalar_one() > 0
    assert {"change", "expiring", "policy"} <= told


@contextmanager
def working(server: Server, login: str) -> Iterator[Database]:
    database = Database(server.url(login))
    yield database
    database.dispose()


def test_the_clock_seals_as_its_two_roles(server: Server):
    signer = Ed25519Signer("gatekeeper.example/test", Ed25519PrivateKey.generate())
    with working(server, "t_work") as database:
        done = database.transact(seal, [signer], server.world.now)
    assert done.sealed > 0
    with pytest.raises(Unavailable):
        server.world.database.transact(seal, [signer], server.world.now)


def test_only_who_may_erase_erases(server: Server):
    asking, later = Asking(reason="申请 7"), datetime(2126, 5, 4, tzinfo=UTC)
    operator = Caller(actor="operator", channel="cli")

    with pytest.raises(Unavailable):
        server.world.database.transact(erase, operator, asking, later)
    with working(server, "t_eraser") as database:
        assert database.transact(erase, operator, asking, later).values > 0


# ------------------------------------------------------------------------------------------------------------------ the attacks

ENTRY = "v, log, code, at, recorded_at, kind, actor, w, ws, leaf"
VALUES = "1, 'x', 'x', now(), clock_timestamp(), 'x', 'x', 'x', 0, '{}'"
REFUSALS = (psycopg.errors.InsufficientPrivilege, psycopg.errors.RaiseException, psycopg.errors.GeneratedAlways)

AS_APP = [
    "UPDATE ledger_entry SET kind = 'x'",
    "DELETE FROM ledger_entry",
    "TRUNCATE ledger_entry CASCADE",
    "TRUNCATE ledger_entry_p0000",
    "UPDATE ledger_entry_p0000 SET kind = 'x'",
    f"INSERT INTO ledger_entry_p0000 (id, {ENTRY}) VALUES (999, {VALUES})",
    f"INSERT INTO ledger_entry (id, {ENTRY}) OVERRIDING SYSTEM VALUE VALUES (999, {VALUES})",
    f"INSERT INTO ledger_entry (id, {ENTRY}) VALUES (999, {VALUES})",
    "SELECT setval('ledger_entry_id_seq', 5)",
    "SELECT nextval('ledger_entry_id_seq')",
    "ALTER SEQUENCE ledger_entry_id_seq RESTART",
    "ALTER TABLE ledger_entry DISABLE TRIGGER ALL",
    "ALTER TABLE ledger_entry_p0000 DISABLE TRIGGER guard_ledger_entry_refuse",
    "ALTER TABLE ledger_entry DETACH PARTITION ledger_entry_p0000",
    "DROP TRIGGER guard_ledger_entry_refuse ON ledger_entry",
    "DROP TABLE ledger_entry_p0007",
    "DROP TABLE ledger_private",
    "DROP FUNCTION guard_refuse() CASCADE",
    "CREATE OR REPLACE FUNCTION guard_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$",
    "SET session_replication_role = replica",
    "SET ROLE gk_owner",
    "GRANT gk_owner TO t_web",
    "CREATE TABLE public.mine (id bigint)",
    "DELETE FROM ledger_private",
    "UPDATE ledger_private SET value = 'x'",
    "TRUNCATE ledger_private",
    "INSERT INTO ledger_pending VALUES (999, now())",
    "DELETE FROM ledger_pending",
    "INSERT INTO ledger_log (origin, opened_at) VALUES ('other/test', now())",
    "UPDATE ledger_log SET size = 0",
    "INSERT INTO ledger_leaf VALUES (1, 0, 1)",
    "DELETE FROM ledger_leaf",
    "INSERT INTO ledger_tile VALUES (1, 0, 0, decode(repeat('00', 32), 'hex'))",
    "INSERT INTO ledger_checkpoint (log_id, size, root, note, signed_at) VALUES (1, 1, '', '', now())",
    "INSERT INTO ledger_anchor (log_id, size, kind, target, at) VALUES (1, 1, 'file', '', now())",
    "INSERT INTO ledger_erasure VALUES (1, now(), 1)",
    "UPDATE classification SET category = 'C5'",
    "DELETE FROM classification",
    "UPDATE role_grant SET role = 'ADMIN'",
    "UPDATE legal_hold SET live = false",
    "DELETE FROM legal_hold",
    "DELETE FROM proposal",
    "UPDATE proposal SET proposed_by = decided_by",
    "UPDATE proposal SET payload = '{}'",
    "UPDATE person SET login = 'x'",
    "DELETE FROM person",
    "UPDATE login_session SET person_id = person_id",
    "UPDATE login_session SET token_hash = token_hash",
    "DELETE FROM login_session",
    "UPDATE one_time_link SET token_hash = token_hash",
    "UPDATE investor SET entry_id = entry_id",
    "UPDATE statement SET entry_id = entry_id",
    "UPDATE policy SET entry_id = entry_id",
    "UPDATE assessment_result SET score = 100",
    "DELETE FROM assessment_page",
    "UPDATE questionnaire SET text = ''",
    "UPDATE alembic_version SET version_num = 'x'",
    "SELECT * FROM ledger_entry_p0000",
    "SELECT * FROM pg_authid",
    "SELECT pg_read_file('/etc/passwd')",
    "COPY person TO PROGRAM 'cat'",
]
AS_SEALER = [
    "UPDATE ledger_entry SET kind = 'x'",
    "DELETE FROM ledger_entry",
    f"INSERT INTO ledger_entry ({ENTRY}) VALUES ({VALUES})",
    "INSERT INTO ledger_pending VALUES (999, now())",
    "UPDATE ledger_pending SET entry_id = 1",
    "UPDATE ledger_log SET origin = 'other/test'",
    "UPDATE ledger_log SET size = size - 1",
    "DELETE FROM ledger_log",
    "DELETE FROM ledger_leaf",
    "DELETE FROM ledger_tile",
    "DELETE FROM ledger_checkpoint",
    "UPDATE ledger_checkpoint SET note = ''",
    "UPDATE ledger_leaf SET entry_id = 0",
    "UPDATE ledger_tile SET level = 1",
    "SELECT value FROM ledger_private",
    "SELECT password_hash FROM person",
    "SELECT * FROM report_content",
    "SELECT * FROM report_index",
    "SET ROLE gk_app",
]
AS_AUDITOR = [
    "SELECT * FROM person",
    "SELECT password_hash FROM person",
    "SELECT token_hash FROM login_session",
    "SELECT token_hash FROM one_time_link",
    "SELECT * FROM report_content",
    "SELECT * FROM report_index",
    f"INSERT INTO ledger_entry ({ENTRY}) VALUES ({VALUES})",
    "DELETE FROM ledger_private",
    "UPDATE person SET password_hash = ''",
    "INSERT INTO words VALUES ('x', 'zh', 'x')",
    "DELETE FROM sign_in_attempt",
    "SELECT nextval('ledger_entry_id_seq')",
    "SELECT 1 FROM person FOR UPDATE",
]
AS_PRIVACY = [
    "DELETE FROM ledger_entry",
    "UPDATE ledger_private SET value = 'x'",
    "TRUNCATE ledger_private",
    "DELETE FROM ledger_erasure",
    "SELECT password_hash FROM person",
    "INSERT INTO ledger_private VALUES (1, 'x', '', 'x')",
]
AS_NOBODY = ["SELECT 1 FROM public.ledger_entry", "SELECT 1 FROM public.person", "CREATE TABLE public.mine (id bigint)"]
ATTACKS = {"t_web": AS_APP, "t_sealer": AS_SEALER, "t_auditor": AS_AUDITOR, "t_privacy": AS_PRIVACY, "t_nobody": AS_NOBODY}


@pytest.mark.parametrize("login", ATTACKS)
def test_every_attack_is_refused(server: Server, login):
    if "attacked" not in server.world.investors:  # a guard speaks up where there is a row
        server.world.client("attacked")
    with opened(server.url(login)) as raw:
        let_through = [each for each in ATTACKS[login] if not is_refused(raw, each)]
    assert let_through == []


def is_refused(raw: Raw, statement: str) -> bool:
    try:
        raw.execute(statement)
    except REFUSALS:
        return True
    except psycopg.Error as error:
        raise AssertionError(f"{statement}: {error}") from error
    return False


def test_nobody_fills_the_queue_through_a_table_of_their_own(server: Server):
    with opened(server.url("t_web")) as raw:
        raw.execute("CREATE TEMP TABLE mine (id bigint, recorded_at timestamptz)")
        hung = "CREATE TRIGGER mine AFTER INSERT ON mine FOR EACH ROW EXECUTE FUNCTION guard_pending()"
        assert is_refused(raw, hung)


def test_the_sealers_and_the_erasers_own_work_is_allowed(server: Server):
    allowed = {
        "t_sealer": [
            "SELECT leaf FROM ledger_entry WHERE id = 1",
            "INSERT INTO ledger_leaf SELECT id, 1000000, 1000000 FROM ledger_log",
            "INSERT INTO ledger_tile SELECT id, 0, 1000000, decode(repeat('00', 32), 'hex') FROM ledger_log",
            "UPDATE ledger_tile SET hashes = hashes || substr(hashes, 1, 32)",
            "DELETE FROM ledger_pending WHERE entry_id = 1",
            "UPDATE ledger_log SET size = size + 1, root = decode(repeat('00', 32), 'hex')",
        ],
        "t_privacy": ["DELETE FROM ledger_private WHERE entry_id = 1"],
        "t_auditor": ["SELECT id, login FROM person", "SELECT * FROM ledger_entry", "SELECT * FROM ledger_private"],
    }
    for login, statements in allowed.items():
        with opened(server.url(login)) as raw:
            for each in statements:
                raw.execute(f"BEGIN; {each}; ROLLBACK")


# --------------------------------------------------------------------------------------------------------------- partitions


def test_partitions_are_made_ahead_and_each_is_guarded_by_itself(server: Server):
    with opened(server.owner) as raw:
        raw.execute("ALTER TABLE ledger_entry_p0003 ENABLE TRIGGER guard_ledger_entry_refuse")
        raw.execute("DROP TRIGGER guard_ledger_entry_p0004_truncate ON ledger_entry_p0004")
    with migrating.owning(server.url("t_keeper")) as connection:
        before = partitions.state(connection)
        assert before.unguarded == ("ledger_entry_p0003", "ledger_entry_p0004")
        assert not before.is_well
        assert partitions.ensure(connection, 9) == ["ledger_entry_p0008", "ledger_entry_p0009"]
        assert partitions.ensure(connection, 9) == []
        after = partitions.state(connection)

    assert (after.partitions, after.ahead, after.unguarded, after.is_well) == (10, 9, (), True)
    assert after.ids_left == 100_000_000 - 1 - after.last_id
    assert migrating.differences(server.owner) == []
    with opened(server.owner) as raw:
        raw.execute("SET session_replication_role = replica")
        for part in ("ledger_entry_p0003", "ledger_entry_p0004", "ledger_entry_p0009"):
            assert is_refused(raw, f"TRUNCATE {part} CASCADE")
        assert is_refused(raw, "UPDATE ledger_entry_p0000 SET kind = 'x'")
        raw.execute("SET session_replication_role = origin")
        raw.execute("BEGIN; SELECT setval('ledger_entry_id_seq', 90000000)")
        raw.execute(f"INSERT INTO ledger_entry ({ENTRY}) VALUES ({VALUES})")
        assert is_refused(raw, "DELETE FROM ledger_entry_p0009")
        raw.execute("ROLLBACK")
        owners = raw.rows(
            "SELECT DISTINCT pg_get_userbyid(relowner) AS owner FROM pg_class WHERE relname LIKE 'ledger_entry_p0%'"
        )
    assert owners == [{"owner": "gk_owner"}]


def test_a_near_end_is_told(server: Server):
    with opened(server.owner) as raw:
        last = raw.one("SELECT last_value FROM ledger_entry_id_seq")
        raw.execute("SELECT setval('ledger_entry_id_seq', 79999990)")
    with migrating.owning(server.owner) as connection:
        found = partitions.state(connection)
    with opened(server.owner) as raw:
        raw.execute(f"SELECT setval('ledger_entry_id_seq', {last})")

    assert found.is_well is (found.ahead >= partitions.FEWEST)
    assert found.ahead == found.partitions - 8
