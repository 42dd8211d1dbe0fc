"""A statement can be proposed; what lapses soon and who never activated an account are found by an index.

SQLite cannot change a check, so the table of proposals is made anew there and its rows are copied. It bears no guards, and nothing
refers to it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005_desk"
down_revision = "0004_saved_views"
branch_labels = None
depends_on = None

KINDS = "kind IN ('classification', 'publication', 'staff')"
KINDS_NOW = "kind IN ('classification', 'publication', 'staff', 'statement')"
OTHER_CHECKS = {
    "ck_proposal_decided": "(state = 'PENDING') = (decided_at IS NULL)",
    "ck_proposal_state": "state IN ('PENDING', 'APPROVED', 'REJECTED', 'WITHDRAWN')",
}
PENDING = sa.text("state = 'PENDING'")
NO_PASSWORD = sa.text("password_hash IS NULL")


def upgrade() -> None:
    admit(KINDS_NOW)
    op.create_index(op.f("ix_classification_aspect_valid_before"), "classification", ["aspect", "valid_before"])
    op.create_index(op.f("ix_standing_contract_before"), "standing", ["contract_before"])
    op.create_index(
        "ix_person_without_password",
        "person",
        ["created_at", "id"],
        sqlite_where=NO_PASSWORD,
        postgresql_where=NO_PASSWORD,
    )


def downgrade() -> None:
    if op.get_bind().scalar(sa.text("SELECT count(*) FROM proposal WHERE kind = 'statement'")):
        message = "a statement was proposed in this database; it holds evidence and is not taken down"
        raise RuntimeError(message)
    op.drop_index("ix_person_without_password", table_name="person")
    op.drop_index(op.f("ix_standing_contract_before"), table_name="standing")
    op.drop_index(op.f("ix_classification_aspect_valid_before"), table_name="classification")
    admit(KINDS)


def admit(kinds: str) -> None:
    """Let proposals be of these kinds."""
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint(op.f("ck_proposal_kind"), "proposal", type_="check")
        op.create_check_constraint(op.f("ck_proposal_kind"), "proposal", kinds)
        return
    op.drop_index("uq_proposal_pending", table_name="proposal")  # reflection does not tell which rows it covers,
    with op.batch_alter_table("proposal", recreate="always") as batch:
        for name, check in {"ck_proposal_kind": kinds, **OTHER_CHECKS}.items():  # nor which checks there are
            batch.create_check_constraint(op.f(name), check)
    op.create_index("uq_proposal_pending", "proposal", ["payload_sha256"], unique=True, sqlite_where=PENDING)
