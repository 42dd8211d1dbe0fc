"""Reports are found by their title: what comes in is held against what came before."""

from alembic import op

revision = "0027_titles"
down_revision = "0026_morning"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_report_version_title"), "report_version", ["title"])


def downgrade() -> None:
    op.drop_index(op.f("ix_report_version_title"), table_name="report_version")
