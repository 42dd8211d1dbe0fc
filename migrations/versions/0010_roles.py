"""Legal holds, and which entries' private values were erased; the queue of the sealer is filled by its trigger alone.

A legal hold is a dated row, an erasure is an act: both are kept from being changed. On PostgreSQL the trigger that fills
``ledger_pending`` runs with its owner's rights, so that whoever writes entries needs none on the queue; and nobody may hang the
guards' functions on a table of their own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010_roles"
down_revision = "0009_lists2"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SQLITE_TIME = "-".join(("[0-9]" * 4, "[0-9]" * 2, "[0-9]" * 2)) + " " + ":".join(("[0-9]" * 2,) * 3) + "." + "[0-9]" * 6
ONE_SUBJECT = " OR ".join(
    "("
    + " AND ".join(f"{each} IS {'NOT ' if each == one else ''}NULL" for each in ("person_id", "investor_id", "report_id"))
    + ")"
    for one in ("person_id", "investor_id", "report_id")
)
REPLACED = {
    "legal_hold": "(id = NEW.id) OR (corrects_id = NEW.corrects_id)",
    "ledger_erasure": "erased_id = NEW.erased_id",
}
FUNCTIONS = ("guard_refuse", "guard_begins", "guard_entry", "guard_pending", "guard_tile", "guard_log")


def upgrade() -> None:
    op.create_table(
        "legal_hold",
        sa.Column("person_id", sa.String(length=26), nullable=True),
        sa.Column("investor_id", sa.String(length=26), nullable=True),
        sa.Column("report_id", sa.String(length=26), nullable=True),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entry_id", BIG, nullable=False),
        sa.Column("corrects_id", BIG, nullable=True),
        sa.CheckConstraint(ONE_SUBJECT, name=op.f("ck_legal_hold_one_subject")),
        sa.CheckConstraint("valid_before IS NULL OR valid_before > valid_from", name=op.f("ck_legal_hold_period")),
        sa.ForeignKeyConstraint(["corrects_id"], ["legal_hold.id"], name=op.f("fk_legal_hold_corrects_id_legal_hold")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_legal_hold_entry_id_ledger_entry")),
        sa.ForeignKeyConstraint(["investor_id"], ["investor.id"], name=op.f("fk_legal_hold_investor_id_investor")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_legal_hold_person_id_person")),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_legal_hold_report_id_report")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_legal_hold_corrects_id")),
    )
    op.create_table(
        "ledger_erasure",
        sa.Column("erased_id", BIG, autoincrement=False, nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_ledger_erasure_entry_id_ledger_entry")),
        sa.PrimaryKeyConstraint("erased_id", name=op.f("pk_ledger_erasure")),
    )
    if op.get_bind().dialect.name == "sqlite":
        guard_sqlite()
    else:
        guard_postgresql()


def guard_sqlite() -> None:
    for table, replaced in REPLACED.items():
        refuse(table, "delete", "DELETE", "1")
        refuse(table, "update", "UPDATE", "1")
        refuse(table, "replace", "INSERT", f"EXISTS (SELECT 1 FROM {table} WHERE {replaced})")
    entry = "SELECT 1 FROM ledger_entry WHERE id = NEW.entry_id AND at <= NEW.valid_from"
    late = f"NEW.valid_from NOT GLOB '{SQLITE_TIME}' OR NOT EXISTS ({entry})"
    refuse("legal_hold", "begins", "INSERT", late, "cannot begin before its entry")


def refuse(table: str, name: str, verb: str, when: str, why: str = "is never changed") -> None:
    op.execute(
        f"CREATE TRIGGER guard_{table}_{name} BEFORE {verb} ON {table} WHEN {when} BEGIN SELECT RAISE(ABORT, '{table} {why}'); END"
    )


def guard_postgresql() -> None:
    """The functions are those of the first migration."""
    for table in REPLACED:
        guard(table, "refuse", "BEFORE UPDATE OR DELETE", "ROW", "guard_refuse")
        guard(table, "truncate", "BEFORE TRUNCATE", "STATEMENT", "guard_refuse")
    guard("legal_hold", "begins", "BEFORE INSERT", "ROW", "guard_begins")
    op.execute("ALTER FUNCTION guard_pending() SECURITY DEFINER SET search_path = pg_catalog, pg_temp")
    for name in FUNCTIONS:
        op.execute(f"REVOKE EXECUTE ON FUNCTION {name}() FROM PUBLIC")


def guard(table: str, name: str, when: str, each: str, does: str) -> None:
    op.execute(f"CREATE TRIGGER guard_{table}_{name} {when} ON {table} FOR EACH {each} EXECUTE FUNCTION {does}()")
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER guard_{table}_{name}")


def downgrade() -> None:
    bind = op.get_bind()
    if bind.scalar(sa.text("SELECT EXISTS (SELECT 1 FROM legal_hold) OR EXISTS (SELECT 1 FROM ledger_erasure)")):
        message = "this database holds legal holds or erasures: it is not taken down"
        raise RuntimeError(message)
    op.drop_table("ledger_erasure")
    op.drop_table("legal_hold")
    if bind.dialect.name == "postgresql":
        op.execute("ALTER FUNCTION guard_pending() SECURITY INVOKER RESET search_path")
        for name in FUNCTIONS:
            op.execute(f"GRANT EXECUTE ON FUNCTION {name}() TO PUBLIC")
