"""The file that a report came as, and the industry that it is about.

The new column of the guarded table is added as it is: making the table anew would lose its guards.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023_report_file"
down_revision = "0022_declaration"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLE = "report_file"


def upgrade() -> None:
    op.add_column("report_version", sa.Column("industry", sa.String(length=60), server_default="", nullable=False))
    op.create_table(
        TABLE,
        sa.Column("version_id", sa.String(length=26), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("media_type", sa.String(length=80), nullable=False),
        sa.Column("size", BIG, nullable=False),
        sa.Column("pages", BIG, nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.PrimaryKeyConstraint("version_id", name=op.f("pk_report_file")),
        sa.ForeignKeyConstraint(["version_id"], ["report_version.id"], name=op.f("fk_report_file_version_id_report_version")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_report_file_entry_id_ledger_entry")),
    )
    guard_sqlite() if op.get_bind().dialect.name == "sqlite" else guard_postgresql()


def guard_sqlite() -> None:
    for name, verb, when in (
        ("delete", "DELETE", "1"),
        ("update", "UPDATE", "1"),
        ("replace", "INSERT", f"EXISTS (SELECT 1 FROM {TABLE} WHERE version_id = NEW.version_id)"),
    ):
        refuse = f"SELECT RAISE(ABORT, '{TABLE} is never changed')"
        op.execute(f"CREATE TRIGGER guard_{TABLE}_{name} BEFORE {verb} ON {TABLE} WHEN {when} BEGIN {refuse}; END")


def guard_postgresql() -> None:
    """The function is that of the first migration."""
    for name, when, each in (("refuse", "BEFORE UPDATE OR DELETE", "ROW"), ("truncate", "BEFORE TRUNCATE", "STATEMENT")):
        op.execute(f"CREATE TRIGGER guard_{TABLE}_{name} {when} ON {TABLE} FOR EACH {each} EXECUTE FUNCTION guard_refuse()")
        op.execute(f"ALTER TABLE {TABLE} ENABLE ALWAYS TRIGGER guard_{TABLE}_{name}")


def downgrade() -> None:
    if op.get_bind().scalar(sa.text("SELECT EXISTS (SELECT 1 FROM report_file)")):
        message = "this database holds which files reports came as: it is not taken down"
        raise RuntimeError(message)
    op.drop_table(TABLE)
    op.drop_column("report_version", "industry")
