"""Who has accepted the words of a version is found by the version too."""

from alembic import op

revision = "0034_entitled"
down_revision = "0033_answers"
branch_labels = None
depends_on = None

NAME = "ix_acknowledgement_version_id_investor_id"


def upgrade() -> None:
    op.create_index(op.f(NAME), "acknowledgement", ["version_id", "investor_id"])


def downgrade() -> None:
    op.drop_index(op.f(NAME), "acknowledgement")
