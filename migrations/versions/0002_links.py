"""Whom a one-time link keeps apart is found by an index; the privacy notice with its acceptances, and what a session has yet to ask.

The notice is a dated table, its acceptances are evidence: both are kept from being changed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002_links"
down_revision = "0001_initial"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SQLITE_TIME = "-".join(("[0-9]" * 4, "[0-9]" * 2, "[0-9]" * 2)) + " " + ":".join(("[0-9]" * 2,) * 3) + "." + "[0-9]" * 6
REPLACED = {
    "privacy_notice": "(id = NEW.id) OR (corrects_id = NEW.corrects_id)",
    "privacy_acceptance": "id = NEW.id",
}


def upgrade() -> None:
    op.create_index(op.f("ix_one_time_link_issued_by_issued_at"), "one_time_link", ["issued_by", "issued_at"], unique=False)
    op.add_column("login_session", sa.Column("privacy_due", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "privacy_notice",
        sa.Column("zh_sha256", sa.String(length=64), nullable=False),
        sa.Column("en_sha256", sa.String(length=64), nullable=False),
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entry_id", BIG, nullable=False),
        sa.Column("corrects_id", BIG, nullable=True),
        sa.CheckConstraint("valid_before IS NULL OR valid_before > valid_from", name=op.f("ck_privacy_notice_period")),
        sa.ForeignKeyConstraint(
            ["corrects_id"], ["privacy_notice.id"], name=op.f("fk_privacy_notice_corrects_id_privacy_notice")
        ),
        sa.ForeignKeyConstraint(["en_sha256"], ["words.sha256"], name=op.f("fk_privacy_notice_en_sha256_words")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_privacy_notice_entry_id_ledger_entry")),
        sa.ForeignKeyConstraint(["zh_sha256"], ["words.sha256"], name=op.f("fk_privacy_notice_zh_sha256_words")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_privacy_notice")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_privacy_notice_corrects_id")),
    )
    op.create_table(
        "privacy_acceptance",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("person_id", sa.String(length=26), nullable=False),
        sa.Column("notice_id", BIG, nullable=False),
        sa.Column("words_sha256", sa.String(length=64), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_privacy_acceptance_entry_id_ledger_entry")),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["privacy_notice.id"], name=op.f("fk_privacy_acceptance_notice_id_privacy_notice")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_privacy_acceptance_person_id_person")),
        sa.ForeignKeyConstraint(["words_sha256"], ["words.sha256"], name=op.f("fk_privacy_acceptance_words_sha256_words")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_privacy_acceptance")),
    )
    op.create_index(
        op.f("ix_privacy_acceptance_person_id_words_sha256"),
        "privacy_acceptance",
        ["person_id", "words_sha256"],
        unique=False,
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
    refuse("privacy_notice", "begins", "INSERT", late, "cannot begin before its entry")


def refuse(table: str, name: str, verb: str, when: str, why: str = "is never changed") -> None:
    op.execute(
        f"CREATE TRIGGER guard_{table}_{name} BEFORE {verb} ON {table} WHEN {when} BEGIN SELECT RAISE(ABORT, '{table} {why}'); END"
    )


def guard_postgresql() -> None:
    """The functions are those of the first migration."""
    for table in REPLACED:
        guard(table, "refuse", "BEFORE UPDATE OR DELETE", "ROW", "guard_refuse")
        guard(table, "truncate", "BEFORE TRUNCATE", "STATEMENT", "guard_refuse")
    guard("privacy_notice", "begins", "BEFORE INSERT", "ROW", "guard_begins")


def guard(table: str, name: str, when: str, each: str, does: str) -> None:
    op.execute(f"CREATE TRIGGER guard_{table}_{name} {when} ON {table} FOR EACH {each} EXECUTE FUNCTION {does}()")
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER guard_{table}_{name}")


def downgrade() -> None:
    if op.get_bind().scalar(sa.text("SELECT EXISTS (SELECT 1 FROM privacy_notice)")):
        message = "this database holds a privacy notice that people were asked to read: it is not taken down"
        raise RuntimeError(message)
    op.drop_index(op.f("ix_privacy_acceptance_person_id_words_sha256"), table_name="privacy_acceptance")
    op.drop_table("privacy_acceptance")
    op.drop_table("privacy_notice")
    op.drop_column("login_session", "privacy_due")
    op.drop_index(op.f("ix_one_time_link_issued_by_issued_at"), table_name="one_time_link")
