"""Service accounts: who they are, what they may, their tokens, and what they have asked this minute."""

import sqlalchemy as sa
from alembic import op

revision = "0032_services"
down_revision = "0031_daily"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
KEY = sa.String(length=26)
SQLITE_TIME = "-".join(("[0-9]" * 4, "[0-9]" * 2, "[0-9]" * 2)) + " " + ":".join(("[0-9]" * 2,) * 3) + "." + "[0-9]" * 6
REPLACED = {
    "api_client": "(id = NEW.id) OR (name = NEW.name)",
    "api_scope": "(id = NEW.id) OR (corrects_id = NEW.corrects_id)",
    "api_token": "(id = NEW.id) OR (token_hash = NEW.token_hash)",
    "api_token_end": "id = NEW.id",
}
PENDING = sa.text("state = 'PENDING'")
KINDS = "kind IN ('classification', 'import', 'policy', 'publication', 'questionnaire', 'staff', 'statement')"
KINDS_NOW = "kind IN ('classification', 'import', 'policy', 'publication', 'questionnaire', 'service', 'staff', 'statement')"
OTHER_CHECKS = {
    "ck_proposal_decided": "(state = 'PENDING') = (decided_at IS NULL)",
    "ck_proposal_state": "state IN ('PENDING', 'APPROVED', 'REJECTED', 'WITHDRAWN', 'EXPIRED')",
}


def upgrade() -> None:
    client()
    scope()
    token()
    bookkeeping()
    admit(KINDS_NOW)
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for table in REPLACED:
        guard_sqlite(table) if is_sqlite else guard_postgresql(table)
    begins_sqlite() if is_sqlite else trigger("api_scope", "begins", "BEFORE INSERT", "ROW", "guard_begins")


def refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def client() -> None:
    name = "api_client"
    op.create_table(
        name,
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        refers(name, "entry_id", "ledger_entry"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_client")),
        sa.UniqueConstraint("name", name=op.f("uq_api_client_name")),
    )


def scope() -> None:
    name = "api_scope"
    op.create_table(
        name,
        sa.Column("client_id", KEY, nullable=False),
        sa.Column("actions", sa.String(length=64), nullable=False),
        sa.Column("register", sa.String(length=32), nullable=False),
        sa.Column("networks", sa.Text(), nullable=False),
        sa.Column("per_minute", BIG, nullable=False),
        sa.Column("token_days", BIG, nullable=False),
        sa.Column("contact", sa.String(length=200), nullable=False),
        sa.Column("branches", sa.Text(), nullable=True),
        sa.Column("may_search", sa.Boolean(), nullable=False),
        sa.Column("states_initiative", sa.Boolean(), nullable=False),
        sa.Column("omits_context", sa.Boolean(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("valid_from", TIME, nullable=False),
        sa.Column("valid_before", TIME, nullable=True),
        sa.Column("entry_id", BIG, nullable=False),
        sa.Column("corrects_id", BIG, nullable=True),
        sa.CheckConstraint("register IN ('NONE', 'CLIENT', 'STAFF')", name=op.f("ck_api_scope_register")),
        sa.CheckConstraint("valid_before IS NULL OR valid_before > valid_from", name=op.f("ck_api_scope_period")),
        refers(name, "client_id", "api_client"),
        refers(name, "corrects_id", "api_scope"),
        refers(name, "entry_id", "ledger_entry"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_scope")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_api_scope_corrects_id")),
    )
    op.create_index(op.f("ix_api_scope_client_id_id"), name, ["client_id", "id"])


def token() -> None:
    op.create_table(
        "api_token",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("client_id", KEY, nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("shown", sa.String(length=16), nullable=False),
        sa.Column("made_by", KEY, nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("ends_at", TIME, nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        refers("api_token", "client_id", "api_client"),
        refers("api_token", "made_by", "person"),
        refers("api_token", "entry_id", "ledger_entry"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    op.create_index(op.f("ix_api_token_client_id_id"), "api_token", ["client_id", "id"])
    op.create_table(
        "api_token_end",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("token_id", BIG, nullable=False),
        sa.Column("ends_at", TIME, nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        refers("api_token_end", "token_id", "api_token"),
        refers("api_token_end", "entry_id", "ledger_entry"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token_end")),
    )
    op.create_index(op.f("ix_api_token_end_token_id"), "api_token_end", ["token_id"])


def bookkeeping() -> None:
    op.create_table(
        "api_use",
        sa.Column("token_id", BIG, autoincrement=False, nullable=False),
        sa.Column("last_at", TIME, nullable=False),
        refers("api_use", "token_id", "api_token"),
        sa.PrimaryKeyConstraint("token_id", name=op.f("pk_api_use")),
    )
    op.create_table(
        "api_budget",
        sa.Column("client_id", KEY, nullable=False),
        sa.Column("minute", BIG, nullable=False),
        sa.Column("taken", BIG, nullable=False),
        refers("api_budget", "client_id", "api_client"),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_api_budget")),
    )


def admit(kinds: str) -> None:
    """Let proposals be of these kinds."""
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint(op.f("ck_proposal_kind"), "proposal", type_="check")
        op.create_check_constraint(op.f("ck_proposal_kind"), "proposal", kinds)
        return
    op.drop_index("uq_proposal_pending", table_name="proposal")  # reflection does not tell which rows it covers,
    with op.batch_alter_table("proposal", recreate="always") as batch:
        for name, check in {"ck_proposal_kind": kinds, **OTHER_CHECKS}.items():  # nor which checks there are
            batch.create_check_constraint(op.f(name), check)
    op.create_index("uq_proposal_pending", "proposal", ["payload_sha256"], unique=True, sqlite_where=PENDING)
    if op.get_bind().exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
        message = "rows refer to others that are not there: this database was damaged before, and is left as it is"
        raise RuntimeError(message)


def guard_sqlite(table: str) -> None:
    for name, verb, when in (
        ("delete", "DELETE", "1"),
        ("update", "UPDATE", "1"),
        ("replace", "INSERT", f"EXISTS (SELECT 1 FROM {table} WHERE {REPLACED[table]})"),
    ):
        refuse_sqlite(table, name, verb, when, "is never changed")


def begins_sqlite() -> None:
    entry = "SELECT 1 FROM ledger_entry WHERE id = NEW.entry_id AND at <= NEW.valid_from"
    late = f"NEW.valid_from NOT GLOB '{SQLITE_TIME}' OR NOT EXISTS ({entry})"
    refuse_sqlite("api_scope", "begins", "INSERT", late, "cannot begin before its entry")


def refuse_sqlite(table: str, name: str, verb: str, when: str, why: str) -> None:
    refuse = f"SELECT RAISE(ABORT, '{table} {why}')"
    op.execute(f"CREATE TRIGGER guard_{table}_{name} BEFORE {verb} ON {table} WHEN {when} BEGIN {refuse}; END")


def guard_postgresql(table: str) -> None:
    trigger(table, "refuse", "BEFORE UPDATE OR DELETE", "ROW", "guard_refuse")
    trigger(table, "truncate", "BEFORE TRUNCATE", "STATEMENT", "guard_refuse")


def trigger(table: str, name: str, when: str, each: str, does: str) -> None:
    """The functions are those of the first migration."""
    op.execute(f"CREATE TRIGGER guard_{table}_{name} {when} ON {table} FOR EACH {each} EXECUTE FUNCTION {does}()")
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER guard_{table}_{name}")


def downgrade() -> None:
    if op.get_bind().scalar(sa.text("SELECT EXISTS (SELECT 1 FROM api_client)")):
        message = "this database holds service accounts: it is not taken down"
        raise RuntimeError(message)
    admit(KINDS)
    for table in ("api_budget", "api_use", "api_token_end", "api_token", "api_scope", "api_client"):
        op.drop_table(table)
