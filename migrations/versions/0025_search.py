"""The index of what reports say. PostgreSQL looks its terms up by GIN; SQLite by FTS5, which a trigger fills."""

import sqlalchemy as sa
from alembic import op

revision = "0025_search"
down_revision = "0024_versions"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TERMS = sa.ARRAY(sa.Text()).with_variant(sa.Text(), "sqlite")
LOOKED_UP = ("name_terms", "terms")


def upgrade() -> None:
    op.create_table(
        "report_index",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("version_id", sa.String(length=26), nullable=False),
        sa.Column("form", sa.SmallInteger(), nullable=False),
        sa.Column("names", sa.Text(), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("name_terms", TERMS, nullable=False),
        sa.Column("terms", TERMS, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_index")),
        sa.ForeignKeyConstraint(["version_id"], ["report_version.id"], name=op.f("fk_report_index_version_id_report_version")),
        sa.UniqueConstraint("version_id", "form", name=op.f("uq_report_index_version_id_form")),
    )
    if op.get_bind().dialect.name == "sqlite":
        columns = ", ".join(LOOKED_UP)
        options = "content='report_index', content_rowid='id', tokenize='ascii', detail=column"
        op.execute(f"CREATE VIRTUAL TABLE report_index_fts USING fts5({columns}, {options})")
        values = ", ".join(f"NEW.{name}" for name in ("id", *LOOKED_UP))
        op.execute(
            "CREATE TRIGGER report_index_looked_up AFTER INSERT ON report_index BEGIN "
            f"INSERT INTO report_index_fts (rowid, {columns}) VALUES ({values}); END"
        )
        guard_sqlite("report_index", "id = NEW.id OR (version_id = NEW.version_id AND form = NEW.form)")
    else:
        op.execute("ALTER TABLE report_index ALTER COLUMN lines SET STORAGE EXTERNAL")  # looked through, so never to be unpacked
        for name in LOOKED_UP:
            op.create_index(f"ix_report_index_{name}", "report_index", [name], postgresql_using="gin")
        guard_postgresql("report_index")


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
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE report_index_fts")
    op.drop_table("report_index")
