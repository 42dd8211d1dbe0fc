"""Notices of every kind, their deliveries by mail and gateway, whom to call back, and addresses that wait to be confirmed."""

import sqlalchemy as sa
from alembic import op

revision = "0015_delivery"
down_revision = "0014_evidence"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
KEY = sa.String(length=26)


def upgrade() -> None:
    # added as it stands, never by copying the table: that would drop its guards
    op.add_column("notice", sa.Column("kind", sa.String(length=16), server_default="change", nullable=False))
    op.create_table(
        "notice_queue",
        sa.Column("notice_id", KEY, nullable=False),
        sa.PrimaryKeyConstraint("notice_id", name=op.f("pk_notice_queue")),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("fk_notice_queue_notice_id_notice")),
    )
    call_back()
    delivery()
    op.create_table(
        "address_confirmation",
        sa.Column("id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("ends_at", TIME, nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.Column("sent_at", TIME, nullable=True),
        sa.Column("sent_entry_id", BIG, nullable=True),
        sa.Column("used_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_confirmation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_address_confirmation_token_hash")),
        refers("address_confirmation", "person_id", "person"),
        refers("address_confirmation", "entry_id", "ledger_entry"),
        refers("address_confirmation", "sent_entry_id", "ledger_entry"),
    )
    op.create_index(op.f("ix_address_confirmation_person_id_asked_at"), "address_confirmation", ["person_id", "asked_at"])
    unsent = sa.text("sent_at IS NULL")
    op.create_index(
        op.f("ix_address_confirmation_unsent"),
        "address_confirmation",
        ["asked_at"],
        sqlite_where=unsent,
        postgresql_where=unsent,
    )


def refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def call_back() -> None:
    op.create_table(
        "call_back",
        sa.Column("id", KEY, nullable=False),
        sa.Column("investor_id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("why", sa.String(length=16), nullable=False),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.Column("done_at", TIME, nullable=True),
        sa.Column("done_by", KEY, nullable=True),
        sa.Column("done_entry_id", BIG, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_back")),
        refers("call_back", "investor_id", "investor"),
        refers("call_back", "person_id", "person"),
        refers("call_back", "entry_id", "ledger_entry"),
        refers("call_back", "done_by", "person"),
        refers("call_back", "done_entry_id", "ledger_entry"),
    )
    is_open = sa.text("done_at IS NULL")
    for name, columns, unique in (
        ("uq_call_back_open", ["investor_id", "person_id"], True),
        ("ix_call_back_opened_at", ["opened_at", "id"], False),
    ):
        op.create_index(op.f(name), "call_back", columns, unique=unique, sqlite_where=is_open, postgresql_where=is_open)


def delivery() -> None:
    op.create_table(
        "delivery",
        sa.Column("id", KEY, nullable=False),
        sa.Column("notice_id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("tries", BIG, nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.Column("why", sa.String(length=80), nullable=False),
        sa.Column("call_back_id", KEY, nullable=True),
        sa.Column("entry_id", BIG, nullable=False),
        sa.Column("last_entry_id", BIG, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("notice_id", "person_id", "channel", name=op.f("uq_delivery_notice_id_person_id_channel")),
        refers("delivery", "notice_id", "notice"),
        refers("delivery", "person_id", "person"),
        refers("delivery", "call_back_id", "call_back"),
        refers("delivery", "entry_id", "ledger_entry"),
        refers("delivery", "last_entry_id", "ledger_entry"),
    )
    for columns in (["state", "channel", "due_at"], ["person_id", "state"], ["call_back_id"]):
        op.create_index(op.f(f"ix_delivery_{'_'.join(columns)}"), "delivery", columns)


def downgrade() -> None:
    if op.get_bind().scalar(sa.text("SELECT EXISTS (SELECT 1 FROM delivery)")):
        message = "this database holds what became of notices: it is not taken down"
        raise RuntimeError(message)
    op.drop_table("address_confirmation")
    op.drop_table("delivery")
    op.drop_table("call_back")
    op.drop_table("notice_queue")
    op.drop_column("notice", "kind")
