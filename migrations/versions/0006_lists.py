"""Lists are read in their own order: investors by name, releases and imports by time."""

from alembic import op

revision = "0006_lists"
down_revision = "0005_desk"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_investor_name_id"), "investor", ["name", "id"])
    op.create_index(op.f("ix_release_valid_from_report_id"), "release", ["valid_from", "report_id"])
    op.create_index(op.f("ix_report_version_created_at_id"), "report_version", ["created_at", "id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_report_version_created_at_id"), table_name="report_version")
    op.drop_index(op.f("ix_release_valid_from_report_id"), table_name="release")
    op.drop_index(op.f("ix_investor_name_id"), table_name="investor")
