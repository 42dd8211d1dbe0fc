"""Files of people that were imported: what each row said and would change, and what came of it. None of it is ever changed."""

import sqlalchemy as sa
from alembic import op

revision = "0017_import"
down_revision = "0016_telling"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
REPLACED = {
    "people_import": "id = NEW.id",
    "import_row": "import_id = NEW.import_id AND number = NEW.number",
    "import_result": "import_id = NEW.import_id AND part = NEW.part AND number = NEW.number",
    "import_step": "(id = NEW.id) OR (import_id = NEW.import_id AND step = NEW.step)",
}


def upgrade() -> None:
    op.add_column("job", sa.Column("subject", sa.String(length=26), nullable=True))
    op.create_index(op.f("ix_job_subject"), "job", ["subject"])
    create(
        "people_import",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", BIG, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.String(length=26), nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_import")),
        refers={"asked_by": "person"},
    )
    op.create_index(op.f("ix_people_import_asked_at_id"), "people_import", ["asked_at", "id"])
    create(
        "import_row",
        sa.Column("import_id", sa.String(length=26), nullable=False),
        sa.Column("number", BIG, autoincrement=False, nullable=False),
        sa.Column("client_number", sa.String(length=80), nullable=False),
        sa.Column("login", sa.String(length=80), nullable=True),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        *(sa.Column(name, sa.Boolean(), nullable=False) for name in ("lowers", "raises", "apart")),
        sa.Column("about_investor", sa.String(length=26), nullable=True),
        sa.Column("about_person", sa.String(length=26), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_import_row")),
        refers={"import_id": "people_import"},
    )
    for column in ("verdict", "client_number", "login"):
        op.create_index(op.f(f"ix_import_row_import_id_{column}_number"), "import_row", ["import_id", column, "number"])
    create(
        "import_result",
        sa.Column("import_id", sa.String(length=26), nullable=False),
        sa.Column("part", sa.String(length=8), nullable=False),
        sa.Column("number", BIG, autoincrement=False, nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("why", sa.String(length=300), nullable=True),
        sa.Column("base", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", "part", "number", name=op.f("pk_import_result")),
        refers={"import_id": "people_import"},
    )
    create(
        "import_step",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("import_id", sa.String(length=26), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("proposal_id", sa.String(length=26), nullable=True),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_step")),
        refers={"import_id": "people_import", "proposal_id": "proposal"},
    )
    op.create_index("uq_import_step_import_id_step", "import_step", ["import_id", "step"], unique=True)
    for table, replaced in REPLACED.items():
        guard_sqlite(table, replaced) if op.get_bind().dialect.name == "sqlite" else guard_postgresql(table)


def create(table: str, *columns: sa.schema.SchemaItem, refers: dict[str, str]) -> None:
    """A table whose rows name their entry."""
    keys = [
        sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))
        for column, other in {**refers, "entry_id": "ledger_entry"}.items()
    ]
    op.create_table(table, *columns, sa.Column("entry_id", BIG, nullable=False), *keys)


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
    if op.get_bind().scalar(sa.text("SELECT EXISTS (SELECT 1 FROM people_import)")):
        message = "this database holds what was imported: it is not taken down"
        raise RuntimeError(message)
    for table in reversed(REPLACED):
        op.drop_table(table)
    op.drop_index(op.f("ix_job_subject"), table_name="job")
    op.drop_column("job", "subject")
