"""Where people get mail, and the mails that wait to be sent.

Neither is evidence. An address is personal and goes when its person takes it away; what was sent, and where to, stands in the entries.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007_mail"
down_revision = "0006_lists"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WAITING = sa.text("state = 'WAITING'")


def upgrade() -> None:
    op.create_table(
        "mail_address",
        sa.Column("person_id", sa.String(length=26), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_mail_address_entry_id_ledger_entry")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_mail_address_person_id_person")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_mail_address")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("person_id", sa.String(length=26), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=26), nullable=False),
        sa.Column("proposals", sa.Text(), nullable=False),
        sa.Column("tries", BIG, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('WAITING', 'SENT', 'FAILED')", name=op.f("ck_outbox_state")),
        sa.CheckConstraint("(state = 'WAITING') = (ended_at IS NULL)", name=op.f("ck_outbox_ended")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_outbox_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index(op.f("ix_outbox_person_id_id"), "outbox", ["person_id", "id"])
    op.create_index("uq_outbox_waiting", "outbox", ["person_id"], unique=True, sqlite_where=WAITING, postgresql_where=WAITING)


def downgrade() -> None:
    op.drop_table("outbox")
    op.drop_table("mail_address")
