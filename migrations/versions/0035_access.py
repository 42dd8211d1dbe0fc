"""What other systems ask people to look at, what came of it, and under which keys calls are repeated."""

import sqlalchemy as sa
from alembic import op

revision = "0035_access"
down_revision = "0034_entitled"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
KEY = sa.String(length=26)
REPLACED = {"access_request": "id = NEW.id", "access_answer": "request_id = NEW.request_id"}


def upgrade() -> None:
    requests()
    answers()
    calls()
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for table in REPLACED:
        guard_sqlite(table) if is_sqlite else guard_postgresql(table)


def refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def requests() -> None:
    name = "access_request"
    op.create_table(
        name,
        sa.Column("id", KEY, nullable=False),
        sa.Column("client_id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("investor_id", KEY, nullable=False),
        sa.Column("report_id", KEY, nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("grounds", sa.String(length=200), nullable=False),
        sa.Column("evaluation", sa.String(length=12), nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("lapses_at", TIME, nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        refers(name, "client_id", "api_client"),
        refers(name, "person_id", "person"),
        refers(name, "investor_id", "investor"),
        refers(name, "report_id", "report"),
        refers(name, "entry_id", "ledger_entry"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_request")),
    )
    op.create_index(op.f("ix_access_request_asked_at_id"), name, ["asked_at", "id"])
    op.create_index(op.f("ix_access_request_investor_id_id"), name, ["investor_id", "id"])


def answers() -> None:
    name = "access_answer"
    op.create_table(
        name,
        sa.Column("request_id", KEY, nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("answered_by", KEY, nullable=True),
        sa.Column("answered_at", TIME, nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.CheckConstraint("state IN ('APPROVED', 'DECLINED', 'LAPSED')", name=op.f("ck_access_answer_state")),
        refers(name, "request_id", "access_request"),
        refers(name, "answered_by", "person"),
        refers(name, "entry_id", "ledger_entry"),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_access_answer")),
    )


def calls() -> None:
    name = "idempotency_key"
    op.create_table(
        name,
        sa.Column("client_id", KEY, nullable=False),
        sa.Column("key_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("request_id", KEY, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        refers(name, "client_id", "api_client"),
        refers(name, "request_id", "access_request"),
        sa.PrimaryKeyConstraint("client_id", "key_hash", name=op.f("pk_idempotency_key")),
    )
    op.create_index(op.f("ix_idempotency_key_created_at"), name, ["created_at"])


def guard_sqlite(table: str) -> None:
    again = f"EXISTS (SELECT 1 FROM {table} WHERE {REPLACED[table]})"
    for name, verb, when in (("delete", "DELETE", "1"), ("update", "UPDATE", "1"), ("replace", "INSERT", again)):
        refuse = f"SELECT RAISE(ABORT, '{table} is never changed')"
        op.execute(f"CREATE TRIGGER guard_{table}_{name} BEFORE {verb} ON {table} WHEN {when} BEGIN {refuse}; END")


def guard_postgresql(table: str) -> None:
    """The function is that of the first migration."""
    for name, when, each in (("refuse", "BEFORE UPDATE OR DELETE", "ROW"), ("truncate", "BEFORE TRUNCATE", "STATEMENT")):
        op.execute(f"CREATE TRIGGER guard_{table}_{name} {when} ON {table} FOR EACH {each} EXECUTE FUNCTION guard_refuse()")
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER guard_{table}_{name}")


def downgrade() -> None:
    if op.get_bind().scalar(sa.text("SELECT EXISTS (SELECT 1 FROM access_request)")):
        message = "this database holds what other systems asked for: it is not taken down"
        raise RuntimeError(message)
    for table in ("idempotency_key", "access_answer", "access_request"):
        op.drop_table(table)
