"""Subscriptions, distributions with their recipients, and what got into whose inbox."""

import sqlalchemy as sa
from alembic import op

revision = "0030_distribution"
down_revision = "0029_catalogue"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
KEY = sa.String(length=26)
SQLITE_TIME = "-".join(("[0-9]" * 4, "[0-9]" * 2, "[0-9]" * 2)) + " " + ":".join(("[0-9]" * 2,) * 3) + "." + "[0-9]" * 6
REPLACED = {
    "subscription": "(id = NEW.id) OR (corrects_id = NEW.corrects_id)",
    "received_report": "(id = NEW.id) OR (distribution_id = NEW.distribution_id AND person_id = NEW.person_id"
    " AND investor_id = NEW.investor_id)",
}


def upgrade() -> None:
    subscription()
    distribution()
    recipients()
    received()
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for table in REPLACED:
        guard_sqlite(table) if is_sqlite else guard_postgresql(table)
    begins_sqlite() if is_sqlite else trigger("subscription", "begins", "BEFORE INSERT", "ROW", "guard_begins")


def refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def subscription() -> None:
    op.create_table(
        "subscription",
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("investor_id", KEY, nullable=False),
        sa.Column("topic", sa.String(length=8), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("valid_from", TIME, nullable=False),
        sa.Column("valid_before", TIME, nullable=True),
        sa.Column("entry_id", BIG, nullable=False),
        sa.Column("corrects_id", BIG, nullable=True),
        sa.CheckConstraint("valid_before IS NULL OR valid_before > valid_from", name=op.f("ck_subscription_period")),
        sa.CheckConstraint("topic IN ('ANALYST', 'INDUSTRY', 'ISSUER', 'KIND')", name=op.f("ck_subscription_topic")),
        refers("subscription", "corrects_id", "subscription"),
        refers("subscription", "entry_id", "ledger_entry"),
        refers("subscription", "investor_id", "investor"),
        refers("subscription", "person_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_subscription_corrects_id")),
    )
    columns = ["person_id", "investor_id", "topic", "value", "id"]
    op.create_index(op.f("ix_subscription_person_id_investor_id_topic_value_id"), "subscription", columns)
    op.create_index(op.f("ix_subscription_topic_value"), "subscription", ["topic", "value"])


def distribution() -> None:
    op.create_table(
        "distribution",
        sa.Column("id", KEY, nullable=False),
        sa.Column("report_id", KEY, nullable=False),
        sa.Column("version_id", KEY, nullable=False),
        sa.Column("release_id", BIG, nullable=True),
        sa.Column("choice", sa.Text(), nullable=False),
        sa.Column("again", sa.Boolean(), nullable=False),
        sa.Column("total", BIG, nullable=False),
        sa.Column("asked_by", KEY, nullable=True),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("halted_by", sa.String(length=32), nullable=True),
        sa.Column("mail_due_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("totals", sa.String(length=2000), nullable=True),
        sa.Column("entry_id", BIG, nullable=False),
        sa.Column("last_entry_id", BIG, nullable=True),
        sa.CheckConstraint("state IN ('RUNNING', 'HALTED', 'DONE')", name=op.f("ck_distribution_state")),
        refers("distribution", "report_id", "report"),
        refers("distribution", "version_id", "report_version"),
        refers("distribution", "release_id", "release"),
        refers("distribution", "asked_by", "person"),
        refers("distribution", "entry_id", "ledger_entry"),
        refers("distribution", "last_entry_id", "ledger_entry"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distribution")),
        sa.UniqueConstraint("release_id", name=op.f("uq_distribution_release_id")),
    )
    op.create_index(op.f("ix_distribution_asked_at_id"), "distribution", ["asked_at", "id"])
    op.create_index(op.f("ix_distribution_report_id_asked_at"), "distribution", ["report_id", "asked_at"])
    op.create_index(op.f("ix_distribution_state"), "distribution", ["state"])


def recipients() -> None:
    name = "distribution_recipient"
    op.create_table(
        name,
        sa.Column("distribution_id", KEY, nullable=False),
        sa.Column("number", BIG, autoincrement=False, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("investor_id", KEY, nullable=False),
        sa.Column("initiative", sa.String(length=8), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("tries", BIG, nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.Column("why", sa.String(length=80), nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.Column("decided_entry_id", BIG, nullable=True),
        sa.Column("last_entry_id", BIG, nullable=True),
        refers(name, "distribution_id", "distribution"),
        refers(name, "person_id", "person"),
        refers(name, "investor_id", "investor"),
        refers(name, "entry_id", "ledger_entry"),
        refers(name, "decided_entry_id", "ledger_entry"),
        refers(name, "last_entry_id", "ledger_entry"),
        sa.PrimaryKeyConstraint("distribution_id", "number", name=op.f("pk_distribution_recipient")),
        sa.UniqueConstraint(
            "distribution_id",
            "person_id",
            "investor_id",
            name=op.f("uq_distribution_recipient_distribution_id_person_id_investor_id"),
        ),
    )
    columns = ["distribution_id", "state", "reason", "number"]
    op.create_index(op.f("ix_distribution_recipient_distribution_id_state_reason_number"), name, columns)


def received() -> None:
    name = "received_report"
    op.create_table(
        name,
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("investor_id", KEY, nullable=False),
        sa.Column("report_id", KEY, nullable=False),
        sa.Column("version_id", KEY, nullable=False),
        sa.Column("distribution_id", KEY, nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        refers(name, "person_id", "person"),
        refers(name, "investor_id", "investor"),
        refers(name, "report_id", "report"),
        refers(name, "version_id", "report_version"),
        refers(name, "distribution_id", "distribution"),
        refers(name, "entry_id", "ledger_entry"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_received_report")),
        sa.UniqueConstraint(
            "distribution_id", "person_id", "investor_id", name=op.f("uq_received_report_distribution_id_person_id_investor_id")
        ),
    )
    op.create_index(op.f("ix_received_report_person_id_investor_id_id"), name, ["person_id", "investor_id", "id"])
    columns = ["version_id", "person_id", "investor_id"]
    op.create_index(op.f("ix_received_report_version_id_person_id_investor_id"), name, columns)


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
    refuse_sqlite("subscription", "begins", "INSERT", late, "cannot begin before its entry")


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
    held = " OR ".join(f"EXISTS (SELECT 1 FROM {table})" for table in ("subscription", "distribution"))
    if op.get_bind().scalar(sa.text(f"SELECT {held}")):
        message = "this database holds what was sent and subscribed to: it is not taken down"
        raise RuntimeError(message)
    for table in ("received_report", "distribution_recipient", "distribution", "subscription"):
        op.drop_table(table)
