"""What is asked for beside reading is found at once in the log.

The index holds no reading, so a reading costs what it did: SQLite and PostgreSQL only look at the entry's action.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009_lists2"
down_revision = "0008_seal"
branch_labels = None
depends_on = None

SELDOM = sa.text("action <> 'READ'")


def upgrade() -> None:
    op.create_index(
        op.f("ix_ledger_entry_action_at_id"),
        "ledger_entry",
        ["action", "at", "id"],
        sqlite_where=SELDOM,
        postgresql_where=SELDOM,
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_ledger_entry_action_at_id"), table_name="ledger_entry")
