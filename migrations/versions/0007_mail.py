"""Placeholder."""

revision = "0007_mail"
down_revision = "0006_lists"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
