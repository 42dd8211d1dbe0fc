"""Bookmarks: dated rows of one person for one investor, kept from being changed as every dated row is."""

import sqlalchemy as sa
from alembic import op

revision = "0003_bookmarks"
down_revision = "0002_links"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SQLITE_TIME = "-".join(("[0-9]" * 4, "[0-9]" * 2, "[0-9]" * 2)) + " " + ":".join(("[0-9]" * 2,) * 3) + "." + "[0-9]" * 6


def upgrade() -> None:
    op.create_table(
        "bookmark",
        sa.Column("person_id", sa.String(length=26), nullable=False),
        sa.Column("investor_id", sa.String(length=26), nullable=False),
        sa.Column("report_id", sa.String(length=26), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entry_id", BIG, nullable=False),
        sa.Column("corrects_id", BIG, nullable=True),
        sa.CheckConstraint("valid_before IS NULL OR valid_before > valid_from", name=op.f("ck_bookmark_period")),
        sa.ForeignKeyConstraint(["corrects_id"], ["bookmark.id"], name=op.f("fk_bookmark_corrects_id_bookmark")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_bookmark_entry_id_ledger_entry")),
        sa.ForeignKeyConstraint(["investor_id"], ["investor.id"], name=op.f("fk_bookmark_investor_id_investor")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_bookmark_person_id_person")),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_bookmark_report_id_report")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bookmark")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_bookmark_corrects_id")),
    )
    op.create_index(
        op.f("ix_bookmark_person_id_investor_id_report_id_id"),
        "bookmark",
        ["person_id", "investor_id", "report_id", "id"],
        unique=False,
    )
    if op.get_bind().dialect.name == "sqlite":
        guard_sqlite()
    else:
        guard_postgresql()


def guard_sqlite() -> None:
    refuse("delete", "DELETE", "1")
    refuse("update", "UPDATE", "1")
    refuse("replace", "INSERT", "EXISTS (SELECT 1 FROM bookmark WHERE (id = NEW.id) OR (corrects_id = NEW.corrects_id))")
    entry = "SELECT 1 FROM ledger_entry WHERE id = NEW.entry_id AND at <= NEW.valid_from"
    late = f"NEW.valid_from NOT GLOB '{SQLITE_TIME}' OR NOT EXISTS ({entry})"
    refuse("begins", "INSERT", late, "cannot begin before its entry")


def refuse(name: str, verb: str, when: str, why: str = "is never changed") -> None:
    op.execute(
        f"CREATE TRIGGER guard_bookmark_{name} BEFORE {verb} ON bookmark WHEN {when} "
        f"BEGIN SELECT RAISE(ABORT, 'bookmark {why}'); END"
    )


def guard_postgresql() -> None:
    """The functions are those of the first migration."""
    for name, when, each, does in (
        ("refuse", "BEFORE UPDATE OR DELETE", "ROW", "guard_refuse"),
        ("truncate", "BEFORE TRUNCATE", "STATEMENT", "guard_refuse"),
        ("begins", "BEFORE INSERT", "ROW", "guard_begins"),
    ):
        op.execute(f"CREATE TRIGGER guard_bookmark_{name} {when} ON bookmark FOR EACH {each} EXECUTE FUNCTION {does}()")
        op.execute(f"ALTER TABLE bookmark ENABLE ALWAYS TRIGGER guard_bookmark_{name}")


def downgrade() -> None:
    if op.get_bind().scalar(sa.text("SELECT EXISTS (SELECT 1 FROM bookmark)")):
        message = "this database holds bookmarks: it is not taken down"
        raise RuntimeError(message)
    op.drop_index(op.f("ix_bookmark_person_id_investor_id_report_id_id"), table_name="bookmark")
    op.drop_table("bookmark")
