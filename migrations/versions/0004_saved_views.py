"""Saved views of the access log, and an index by which its rarer kinds are found.

A saved view is a convenience and no evidence: whoever saved it may remove it, and it can hold names, so the row goes and its entry
stays.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004_saved_views"
down_revision = "0003_bookmarks"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
RARE = "kind NOT IN ('decision.asked', 'person.signed_in', 'report.opened', 'report.received', 'reports.listed')"


def upgrade() -> None:
    op.create_table(
        "saved_view",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("person_id", sa.String(length=26), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_saved_view_entry_id_ledger_entry")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_saved_view_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
        sa.UniqueConstraint("person_id", "name", name=op.f("uq_saved_view_person_id_name")),
    )
    op.create_index(
        "ix_ledger_entry_kind_at_id",
        "ledger_entry",
        ["kind", "at", "id"],
        unique=False,
        sqlite_where=sa.text(RARE),
        postgresql_where=sa.text(RARE),
    )


def downgrade() -> None:
    op.drop_index("ix_ledger_entry_kind_at_id", table_name="ledger_entry")
    op.drop_table("saved_view")
