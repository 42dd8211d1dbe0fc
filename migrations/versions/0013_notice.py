"""Notices: what an investor was told about a change of its file, and that it was acknowledged. Neither is ever changed."""

import sqlalchemy as sa
from alembic import op

revision = "0013_notice"
down_revision = "0012_assessment"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
REPLACED = {"notice": "id = NEW.id", "notice_acknowledgement": "notice_id = NEW.notice_id"}


def upgrade() -> None:
    op.create_table(
        "notice",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("investor_id", sa.String(length=26), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.ForeignKeyConstraint(["investor_id"], ["investor.id"], name=op.f("fk_notice_investor_id_investor")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_notice_entry_id_ledger_entry")),
        sa.UniqueConstraint("entry_id", "investor_id", name=op.f("uq_notice_entry_id_investor_id")),
    )
    op.create_index(op.f("ix_notice_investor_id_created_at"), "notice", ["investor_id", "created_at"])
    op.create_table(
        "notice_acknowledgement",
        sa.Column("notice_id", sa.String(length=26), nullable=False),
        sa.Column("person_id", sa.String(length=26), nullable=False),
        sa.Column("acknowledged_at", TIME, nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.PrimaryKeyConstraint("notice_id", name=op.f("pk_notice_acknowledgement")),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("fk_notice_acknowledgement_notice_id_notice")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_notice_acknowledgement_person_id_person")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_notice_acknowledgement_entry_id_ledger_entry")),
    )
    for table, replaced in REPLACED.items():
        guard_sqlite(table, replaced) if op.get_bind().dialect.name == "sqlite" else guard_postgresql(table)


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
    if op.get_bind().scalar(sa.text("SELECT EXISTS (SELECT 1 FROM notice)")):
        message = "this database holds what investors were told: it is not taken down"
        raise RuntimeError(message)
    op.drop_table("notice_acknowledgement")
    op.drop_table("notice")
