"""Placeholder."""

revision = "0009_lists2"
down_revision = "0008_seal"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
