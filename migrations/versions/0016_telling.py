"""What investors are told of by itself: what expires soon, and whom a policy, a release or a grading touches. Never changed.

What began to decide before this version is taken for told, so that nobody hears of it years later.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016_telling"
down_revision = "0015_delivery"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEY = sa.String(length=26)
REPLACED = {
    "rematch": "cause = NEW.cause AND cause_id = NEW.cause_id AND number = NEW.number",
    "reminder": "classification_id = NEW.classification_id AND days = NEW.days",
}


def upgrade() -> None:
    op.create_table(
        "rematch",
        sa.Column("cause", sa.String(length=8), nullable=False),
        sa.Column("cause_id", BIG, autoincrement=False, nullable=False),
        sa.Column("number", BIG, autoincrement=False, nullable=False),
        sa.Column("last_investor", KEY, nullable=True),
        sa.Column("is_last", sa.Boolean(), nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.PrimaryKeyConstraint("cause", "cause_id", "number", name=op.f("pk_rematch")),
        sa.ForeignKeyConstraint(["last_investor"], ["investor.id"], name=op.f("fk_rematch_last_investor_investor")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_rematch_entry_id_ledger_entry")),
    )
    op.create_table(
        "reminder",
        sa.Column("classification_id", BIG, autoincrement=False, nullable=False),
        sa.Column("days", BIG, autoincrement=False, nullable=False),
        sa.Column("notice_id", KEY, nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.PrimaryKeyConstraint("classification_id", "days", name=op.f("pk_reminder")),
        sa.ForeignKeyConstraint(
            ["classification_id"], ["classification.id"], name=op.f("fk_reminder_classification_id_classification")
        ),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("fk_reminder_notice_id_notice")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_reminder_entry_id_ledger_entry")),
    )
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    now, yes = ("strftime('%Y-%m-%d %H:%M:%f000', 'now')", "1") if is_sqlite else ("clock_timestamp()", "true")
    for table in ("policy", "release", "grading"):
        op.execute(
            "INSERT INTO rematch (cause, cause_id, number, is_last, entry_id)"
            f" SELECT '{table}', id, 1, {yes}, entry_id FROM {table} WHERE valid_from <= {now}"
        )
    for table, replaced in REPLACED.items():
        guard_sqlite(table, replaced) if is_sqlite else guard_postgresql(table)


def guard_sqlite(table: str, replaced: str) -> None:
    for name, verb, when in (
        ("delete", "DELETE", "1"),
        ("update", "UPDATE", "1"),
        ("replace", "INSERT", f"EXISTS (SELECT 1 FROM {table} WHERE {replaced})"),
    ):
        refuse = f"SELECT RAISE(ABORT, '{table} is never changed')"
        op.execute(f"CREATE TRIGGER guard_{table}_{name} BEFORE {verb} ON {table} WHEN {when} BEGIN {refuse}; END")


def guard_postgresql(table: str) -> None:
    """The function is that of the first migration."""
    for name, when, each in (("refuse", "BEFORE UPDATE OR DELETE", "ROW"), ("truncate", "BEFORE TRUNCATE", "STATEMENT")):
        op.execute(f"CREATE TRIGGER guard_{table}_{name} {when} ON {table} FOR EACH {each} EXECUTE FUNCTION guard_refuse()")
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER guard_{table}_{name}")


def downgrade() -> None:
    told = "SELECT EXISTS (SELECT 1 FROM reminder) OR EXISTS (SELECT 1 FROM rematch WHERE last_investor IS NOT NULL)"
    if op.get_bind().scalar(sa.text(told)):
        message = "this database holds of what investors were told: it is not taken down"
        raise RuntimeError(message)
    op.drop_table("reminder")
    op.drop_table("rematch")
