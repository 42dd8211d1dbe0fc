"""Declarations of changed circumstances, and that somebody at the firm looked at them. Neither is ever changed."""

import sqlalchemy as sa
from alembic import op

revision = "0022_declaration"
down_revision = "0021_paper"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
KEY = sa.String(length=26)
REPLACED = {"declaration": "id = NEW.id", "declaration_check": "declaration_id = NEW.declaration_id"}


def upgrade() -> None:
    op.create_table(
        "declaration",
        sa.Column("id", KEY, nullable=False),
        sa.Column("investor_id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("topics", sa.String(length=80), nullable=False),
        sa.Column("important", sa.Boolean(), nullable=False),
        sa.Column("has_details", sa.Boolean(), nullable=False),
        sa.Column("declared_at", TIME, nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_declaration")),
        sa.ForeignKeyConstraint(["investor_id"], ["investor.id"], name=op.f("fk_declaration_investor_id_investor")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_declaration_person_id_person")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_declaration_entry_id_ledger_entry")),
    )
    op.create_index(op.f("ix_declaration_investor_id_declared_at"), "declaration", ["investor_id", "declared_at"])
    op.create_index(op.f("ix_declaration_declared_at_id"), "declaration", ["declared_at", "id"])
    op.create_table(
        "declaration_check",
        sa.Column("declaration_id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("checked_at", TIME, nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.PrimaryKeyConstraint("declaration_id", name=op.f("pk_declaration_check")),
        sa.ForeignKeyConstraint(
            ["declaration_id"], ["declaration.id"], name=op.f("fk_declaration_check_declaration_id_declaration")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_declaration_check_person_id_person")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_declaration_check_entry_id_ledger_entry")),
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
    if op.get_bind().scalar(sa.text("SELECT EXISTS (SELECT 1 FROM declaration)")):
        message = "this database holds what clients declared: it is not taken down"
        raise RuntimeError(message)
    op.drop_table("declaration_check")
    op.drop_table("declaration")
