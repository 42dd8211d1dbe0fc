"""What an investor means to invest in and for how long, what a report is about, and when a category last rose.

The new columns of guarded tables are added as they are: making such a table anew would lose its guards.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018_matching"
down_revision = "0017_import"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
SQLITE_TIME = "-".join(("[0-9]" * 4, "[0-9]" * 2, "[0-9]" * 2)) + " " + ":".join(("[0-9]" * 2,) * 3) + "." + "[0-9]" * 6
TERMS = ("SHORT", "MEDIUM", "LONG")
CATEGORIES = ("C1", "C2", "C3", "C4", "C5")


def upgrade() -> None:
    op.create_table(
        "objectives",
        sa.Column("investor_id", sa.String(length=26), nullable=False),
        sa.Column("term", sa.Enum(*TERMS, name="term", native_enum=False, create_constraint=True, length=32), nullable=False),
        sa.Column("varieties", sa.SmallInteger(), nullable=False),
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("valid_from", TIME, nullable=False),
        sa.Column("valid_before", TIME, nullable=True),
        sa.Column("entry_id", BIG, nullable=False),
        sa.Column("corrects_id", BIG, nullable=True),
        sa.CheckConstraint("valid_before IS NULL OR valid_before > valid_from", name=op.f("ck_objectives_period")),
        sa.CheckConstraint("varieties BETWEEN 0 AND 31", name=op.f("ck_objectives_mask")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_objectives")),
        sa.ForeignKeyConstraint(["investor_id"], ["investor.id"], name=op.f("fk_objectives_investor_id_investor")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_objectives_entry_id_ledger_entry")),
        sa.ForeignKeyConstraint(["corrects_id"], ["objectives.id"], name=op.f("fk_objectives_corrects_id_objectives")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_objectives_corrects_id")),
    )
    op.create_index(op.f("ix_objectives_investor_id_id"), "objectives", ["investor_id", "id"])
    one_of("classification", "rose_from", CATEGORIES)
    op.add_column("classification", sa.Column("rose_at", TIME, nullable=True))
    one_of("grading", "term", TERMS)
    op.execute(
        "ALTER TABLE grading ADD COLUMN varieties SMALLINT"
        " CONSTRAINT ck_grading_varieties CHECK (varieties IS NULL OR varieties BETWEEN 0 AND 31)"
    )
    guard_sqlite() if op.get_bind().dialect.name == "sqlite" else guard_postgresql()


def one_of(table: str, column: str, values: tuple[str, ...]) -> None:
    """A column that holds one of these values; the check comes with it, for SQLite has no other way to add one."""
    listed = ", ".join(f"'{each}'" for each in values)
    op.execute(
        f"ALTER TABLE {table} ADD COLUMN {column} VARCHAR(32) CONSTRAINT ck_{table}_{column} CHECK ({column} IN ({listed}))"
    )


def guard_sqlite() -> None:
    refuse("delete", "DELETE", "1")
    refuse("update", "UPDATE", "1")
    refuse("replace", "INSERT", "EXISTS (SELECT 1 FROM objectives WHERE (id = NEW.id) OR (corrects_id = NEW.corrects_id))")
    entry = "SELECT 1 FROM ledger_entry WHERE id = NEW.entry_id AND at <= NEW.valid_from"
    late = f"NEW.valid_from NOT GLOB '{SQLITE_TIME}' OR NOT EXISTS ({entry})"
    refuse("begins", "INSERT", late, "cannot begin before its entry")


def refuse(name: str, verb: str, when: str, why: str = "is never changed") -> None:
    does = f"SELECT RAISE(ABORT, 'objectives {why}')"
    op.execute(f"CREATE TRIGGER guard_objectives_{name} BEFORE {verb} ON objectives WHEN {when} BEGIN {does}; END")


def guard_postgresql() -> None:
    """The functions are those of the first migration."""
    for name, when, each, does in (
        ("refuse", "BEFORE UPDATE OR DELETE", "ROW", "guard_refuse"),
        ("truncate", "BEFORE TRUNCATE", "STATEMENT", "guard_refuse"),
        ("begins", "BEFORE INSERT", "ROW", "guard_begins"),
    ):
        op.execute(f"CREATE TRIGGER guard_objectives_{name} {when} ON objectives FOR EACH {each} EXECUTE FUNCTION {does}()")
        op.execute(f"ALTER TABLE objectives ENABLE ALWAYS TRIGGER guard_objectives_{name}")


def downgrade() -> None:
    if op.get_bind().scalar(sa.text("SELECT EXISTS (SELECT 1 FROM objectives)")):
        message = "this database holds what investors mean to invest in: it is not taken down"
        raise RuntimeError(message)
    op.drop_table("objectives")
    for table, columns in (("grading", ("varieties", "term")), ("classification", ("rose_at", "rose_from"))):
        for column in columns:
            op.drop_column(table, column)
