"""Evidence files: what was handed in to prove what an investor's file says. Never changed."""

import sqlalchemy as sa
from alembic import op

revision = "0014_evidence"
down_revision = "0013_notice"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
TABLE = "evidence_file"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("investor_id", sa.String(length=26), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("size", BIG, nullable=False),
        sa.Column("pages", BIG, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("kept_by", sa.String(length=26), nullable=False),
        sa.Column("kept_at", TIME, nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_file")),
        sa.ForeignKeyConstraint(["investor_id"], ["investor.id"], name=op.f("fk_evidence_file_investor_id_investor")),
        sa.ForeignKeyConstraint(["kept_by"], ["person.id"], name=op.f("fk_evidence_file_kept_by_person")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_evidence_file_entry_id_ledger_entry")),
    )
    op.create_index(op.f("ix_evidence_file_investor_id_kept_at"), TABLE, ["investor_id", "kept_at"])
    guard_sqlite() if op.get_bind().dialect.name == "sqlite" else guard_postgresql()


def guard_sqlite() -> None:
    for name, verb, when in (
        ("delete", "DELETE", "1"),
        ("update", "UPDATE", "1"),
        ("replace", "INSERT", f"EXISTS (SELECT 1 FROM {TABLE} WHERE id = NEW.id)"),
    ):
        refuse = f"SELECT RAISE(ABORT, '{TABLE} is never changed')"
        op.execute(f"CREATE TRIGGER guard_{TABLE}_{name} BEFORE {verb} ON {TABLE} WHEN {when} BEGIN {refuse}; END")


def guard_postgresql() -> None:
    """The function is that of the first migration."""
    for name, when, each in (("refuse", "BEFORE UPDATE OR DELETE", "ROW"), ("truncate", "BEFORE TRUNCATE", "STATEMENT")):
        op.execute(f"CREATE TRIGGER guard_{TABLE}_{name} {when} ON {TABLE} FOR EACH {each} EXECUTE FUNCTION guard_refuse()")
        op.execute(f"ALTER TABLE {TABLE} ENABLE ALWAYS TRIGGER guard_{TABLE}_{name}")


def downgrade() -> None:
    if op.get_bind().scalar(sa.text(f"SELECT EXISTS (SELECT 1 FROM {TABLE})")):
        message = "this database holds evidence that was handed in: it is not taken down"
        raise RuntimeError(message)
    op.drop_table(TABLE)
