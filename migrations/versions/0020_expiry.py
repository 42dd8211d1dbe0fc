"""Proposals that nobody decides in time end by themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0020_expiry"
down_revision = "0019_professional"
branch_labels = None
depends_on = None

PENDING = sa.text("state = 'PENDING'")
STATES = "state IN ('PENDING', 'APPROVED', 'REJECTED', 'WITHDRAWN')"
STATES_NOW = "state IN ('PENDING', 'APPROVED', 'REJECTED', 'WITHDRAWN', 'EXPIRED')"
OTHER_CHECKS = {
    "ck_proposal_decided": "(state = 'PENDING') = (decided_at IS NULL)",
    "ck_proposal_kind": "kind IN ('classification', 'import', 'policy', 'publication', 'questionnaire', 'staff', 'statement')",
}


def upgrade() -> None:
    admit(STATES_NOW)


def downgrade() -> None:
    if op.get_bind().scalar(sa.text("SELECT EXISTS (SELECT 1 FROM proposal WHERE state = 'EXPIRED')")):
        message = "this database holds proposals that ended by themselves: it is not taken down"
        raise RuntimeError(message)
    admit(STATES)


def admit(states: str) -> None:
    """Let proposals be in these states."""
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint(op.f("ck_proposal_state"), "proposal", type_="check")
        op.create_check_constraint(op.f("ck_proposal_state"), "proposal", states)
        return
    op.drop_index("uq_proposal_pending", table_name="proposal")  # reflection does not tell which rows it covers,
    with op.batch_alter_table("proposal", recreate="always") as batch:
        for name, check in {"ck_proposal_state": states, **OTHER_CHECKS}.items():  # nor which checks there are
            batch.create_check_constraint(op.f(name), check)
    op.create_index("uq_proposal_pending", "proposal", ["payload_sha256"], unique=True, sqlite_where=PENDING)
    if op.get_bind().exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
        message = "rows refer to others that are not there: this database was damaged before, and is left as it is"
        raise RuntimeError(message)
