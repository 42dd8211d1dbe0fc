"""The morning of a day with many reports: texts that came before, and acceptances of findings that were ended early."""

import sqlalchemy as sa
from alembic import op

revision = "0026_morning"
down_revision = "0025_search"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
KEY = sa.String(length=26)
REPLACED = {"report_fingerprint": "version_id = NEW.version_id", "settlement_end": "settlement_id = NEW.settlement_id"}


def upgrade() -> None:
    op.create_table(
        "report_fingerprint",
        sa.Column("version_id", KEY, nullable=False),
        sa.Column("text_sha256", sa.String(length=64), nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.PrimaryKeyConstraint("version_id", name=op.f("pk_report_fingerprint")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["report_version.id"], name=op.f("fk_report_fingerprint_version_id_report_version")
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_report_fingerprint_entry_id_ledger_entry")),
    )
    op.create_index(op.f("ix_report_fingerprint_text_sha256"), "report_fingerprint", ["text_sha256"])
    op.create_table(
        "settlement_end",
        sa.Column("settlement_id", BIG, nullable=False),
        sa.Column("ended_at", TIME, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.PrimaryKeyConstraint("settlement_id", name=op.f("pk_settlement_end")),
        sa.ForeignKeyConstraint(["settlement_id"], ["settlement.id"], name=op.f("fk_settlement_end_settlement_id_settlement")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_settlement_end_person_id_person")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_settlement_end_entry_id_ledger_entry")),
    )
    op.create_index(op.f("ix_finding_key_version_id"), "finding", ["key", "version_id"])
    op.create_index(op.f("ix_settlement_valid_before_id"), "settlement", ["valid_before", "id"])
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
    for table in REPLACED:
        if op.get_bind().scalar(sa.text(f"SELECT EXISTS (SELECT 1 FROM {table})")):
            message = "this database holds acts that this version wrote: it is not taken down"
            raise RuntimeError(message)
    op.drop_index(op.f("ix_settlement_valid_before_id"), table_name="settlement")
    op.drop_index(op.f("ix_finding_key_version_id"), table_name="finding")
    op.drop_table("settlement_end")
    op.drop_table("report_fingerprint")
