"""A version may have the file and content of an earlier one of its report: a file is unique among the versions that brought one in.

SQLite cannot take a constraint off a table, so the table of versions is made anew there from the words that made it, without that
constraint, and its rows, indexes and guards are put back as they were.
"""

import re
from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

revision = "0024_versions"
down_revision = "0023_report_file"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OWN_FILE = sa.text("copy_of IS NULL")
UNIQUE = "CONSTRAINT uq_report_version_source_sha256 UNIQUE (source_sha256)"
ORIGIN = (
    "CONSTRAINT fk_report_version_report_id_copy_of_report_version FOREIGN KEY(report_id, copy_of)"
    " REFERENCES report_version (report_id, number)"
)
SAME_FILE = "(source_sha256 = NEW.source_sha256)"
SAME_OWN_FILE = "(source_sha256 = NEW.source_sha256 AND copy_of IS NULL AND NEW.copy_of IS NULL)"


def upgrade() -> None:
    op.add_column("report_version", sa.Column("copy_of", BIG, nullable=True))
    if op.get_bind().dialect.name == "sqlite":
        remake(lambda words: without(words, UNIQUE)[:-1].rstrip() + f", \n\t{ORIGIN}\n)", {SAME_FILE: SAME_OWN_FILE})
    else:
        op.drop_constraint("uq_report_version_source_sha256", "report_version", type_="unique")
        op.execute(f"ALTER TABLE report_version ADD {ORIGIN}")
    op.create_index(
        "uq_report_version_file",
        "report_version",
        ["source_sha256"],
        unique=True,
        sqlite_where=OWN_FILE,
        postgresql_where=OWN_FILE,
    )


def downgrade() -> None:
    if op.get_bind().scalar(sa.text("SELECT EXISTS (SELECT 1 FROM report_version WHERE copy_of IS NOT NULL)")):
        message = "this database holds versions that have the file of an earlier one: it is not taken down"
        raise RuntimeError(message)
    op.drop_index("uq_report_version_file", table_name="report_version")
    if op.get_bind().dialect.name == "sqlite":
        remake(lambda words: without(words, ORIGIN)[:-1].rstrip() + f", \n\t{UNIQUE}\n)", {SAME_OWN_FILE: SAME_FILE})
    else:
        op.drop_constraint("fk_report_version_report_id_copy_of_report_version", "report_version", type_="foreignkey")
        op.create_unique_constraint("uq_report_version_source_sha256", "report_version", ["source_sha256"])
    op.drop_column("report_version", "copy_of")


def without(words: str, constraint: str) -> str:
    """The words that make the table, less one constraint and the comma before it."""
    found, times = re.subn(r",\s*" + re.escape(constraint), "", words.strip())
    if times != 1:
        message = "the table of versions is not as the first migration made it: this database is left as it is"
        raise RuntimeError(message)
    return found


def remake(change: Callable[[str], str], in_guards: dict[str, str]) -> None:
    """Make the table anew from changed words; rows, indexes and guards are those of before, the guards' words changed too."""
    bind = op.get_bind()
    kept = list(
        bind.execute(
            sa.text("SELECT type, sql FROM sqlite_master WHERE tbl_name = 'report_version' AND sql IS NOT NULL ORDER BY type")
        )
    )
    [words] = [sql for kind, sql in kept if kind == "table"]
    made = change(re.sub(r'^CREATE TABLE "?report_version"?', "CREATE TABLE report_version_made", words.strip()))
    op.execute(made.replace("REFERENCES report_version_made", "REFERENCES report_version"))
    op.execute("INSERT INTO report_version_made SELECT * FROM report_version")
    op.execute("DROP TABLE report_version")
    op.execute("ALTER TABLE report_version_made RENAME TO report_version")
    for kind, sql in kept:
        if kind != "table":
            for old, new in in_guards.items():
                sql = sql.replace(old, new)  # noqa: PLW2901  (its own words, changed)
            op.execute(sql)
    if bind.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
        message = "rows refer to others that are not there: this database was damaged before, and is left as it is"
        raise RuntimeError(message)
