"""Placeholder."""

revision = "0010_roles"
down_revision = "0009_lists2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
