"""Decisions by day, added up, and how far that goes. Nothing is lost with it: the sums are made from the entries again."""

import sqlalchemy as sa
from alembic import op

revision = "0031_daily"
down_revision = "0030_distribution"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "ledger_daily",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("category", sa.String(length=16), nullable=False),
        sa.Column("grade", sa.String(length=16), nullable=False),
        sa.Column("number", BIG, nullable=False),
        sa.PrimaryKeyConstraint("day", "outcome", "reason", "category", "grade", name=op.f("pk_ledger_daily")),
    )
    op.create_table(
        "ledger_counted",
        sa.Column("log_id", BIG, autoincrement=False, nullable=False),
        sa.Column("size", BIG, nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["log_id"], ["ledger_log.id"], name=op.f("fk_ledger_counted_log_id_ledger_log")),
        sa.PrimaryKeyConstraint("log_id", name=op.f("pk_ledger_counted")),
    )


def downgrade() -> None:
    op.drop_table("ledger_counted")
    op.drop_table("ledger_daily")
