"""Assessments on paper: scans that wait, and what was typed from which. None of it is ever changed."""

import sqlalchemy as sa
from alembic import op

revision = "0021_paper"
down_revision = "0020_expiry"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
REPLACED = {
    "paper_scan": "id = NEW.id",
    "paper_scan_end": "scan_id = NEW.scan_id",
    "paper_assessment": "assessment_id = NEW.assessment_id",
}


def key(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.String(length=26), nullable=nullable)


def refers(table: str, column: str, other: str, to: str = "id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.{to}"], name=op.f(f"fk_{table}_{column}_{other}"))


def upgrade() -> None:
    op.create_table(
        "paper_scan",
        key("id"),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("size", BIG, nullable=False),
        sa.Column("pages", BIG, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("position", BIG, nullable=False),
        key("received_by"),
        sa.Column("received_at", TIME, nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_scan")),
        refers("paper_scan", "received_by", "person"),
        refers("paper_scan", "entry_id", "ledger_entry"),
    )
    waiting = ["received_by", "received_at", "position"]
    op.create_index(op.f("ix_paper_scan_received_by_received_at_position"), "paper_scan", waiting)
    op.create_table(
        "paper_scan_end",
        key("scan_id"),
        key("ended_by"),
        sa.Column("ended_at", TIME, nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.PrimaryKeyConstraint("scan_id", name=op.f("pk_paper_scan_end")),
        refers("paper_scan_end", "scan_id", "paper_scan"),
        refers("paper_scan_end", "ended_by", "person"),
        refers("paper_scan_end", "entry_id", "ledger_entry"),
    )
    op.create_table(
        "paper_assessment",
        key("assessment_id"),
        sa.Column("signed_on", sa.Date(), nullable=False),
        key("file_id", nullable=True),
        key("typed_by"),
        sa.Column("lowered", sa.Boolean(), nullable=False),
        sa.Column("superseded", sa.Boolean(), nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.PrimaryKeyConstraint("assessment_id", name=op.f("pk_paper_assessment")),
        refers("paper_assessment", "assessment_id", "assessment_result", "assessment_id"),
        refers("paper_assessment", "file_id", "evidence_file"),
        refers("paper_assessment", "typed_by", "person"),
        refers("paper_assessment", "entry_id", "ledger_entry"),
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
    if op.get_bind().scalar(sa.text("SELECT EXISTS (SELECT 1 FROM paper_scan) OR EXISTS (SELECT 1 FROM paper_assessment)")):
        message = "this database holds assessments on paper: it is not taken down"
        raise RuntimeError(message)
    for table in ("paper_assessment", "paper_scan_end", "paper_scan"):
        op.drop_table(table)
