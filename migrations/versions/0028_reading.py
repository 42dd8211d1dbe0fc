"""What of an opened report was given, page by page, until the reading is over: bookkeeping that goes when it is folded."""

import sqlalchemy as sa
from alembic import op

revision = "0028_reading"
down_revision = "0027_titles"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "reading_part",
        sa.Column("entry_id", BIG, autoincrement=False, nullable=False),
        sa.Column("part", sa.String(length=4), nullable=False),
        sa.Column("page", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("session_id", BIG, nullable=True),
        sa.Column("first_at", TIME, nullable=False),
        sa.Column("last_at", TIME, nullable=False),
        sa.CheckConstraint("part IN ('PAGE', 'TEXT', 'END') AND (part = 'PAGE') = (page > 0)", name=op.f("ck_reading_part_part")),
        sa.PrimaryKeyConstraint("entry_id", "part", "page", name=op.f("pk_reading_part")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_reading_part_entry_id_ledger_entry")),
        sa.ForeignKeyConstraint(["session_id"], ["login_session.id"], name=op.f("fk_reading_part_session_id_login_session")),
    )
    op.create_index(op.f("ix_reading_part_last_at"), "reading_part", ["last_at"])


def downgrade() -> None:
    if op.get_bind().scalar(sa.text("SELECT EXISTS (SELECT 1 FROM reading_part)")):
        message = "this database holds readings that are not folded yet: run the work process, then take it down"
        raise RuntimeError(message)
    op.drop_table("reading_part")
