"""Placeholder."""

revision = "0008_seal"
down_revision = "0007_mail"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
