"""Which kinds of instruments a report covers, confirmed with its grade.

The new column of a guarded table is added as it is: making such a table anew would lose its guards.
"""

import sqlalchemy as sa
from alembic import op

revision = "0029_catalogue"
down_revision = "0028_reading"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("grading", sa.Column("covers", sa.Text(), nullable=True))


def downgrade() -> None:
    if op.get_bind().scalar(sa.text("SELECT EXISTS (SELECT 1 FROM grading WHERE covers IS NOT NULL)")):
        message = "this database holds what reports cover, confirmed by two people: it is not taken down"
        raise RuntimeError(message)
    op.drop_column("grading", "covers")
