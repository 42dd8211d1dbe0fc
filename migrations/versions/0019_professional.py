"""Applications for professional status: what was stated and proved, each step, each attempt at the test. None of it is ever changed."""

import sqlalchemy as sa
from alembic import op

revision = "0019_professional"
down_revision = "0018_matching"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEY = sa.String(length=26)
SHA256 = sa.String(length=64)
TIME = sa.DateTime(timezone=True)
REPLACED = {
    "professional_application": "id = NEW.id",
    "professional_figures": "id = NEW.id",
    "professional_evidence": "id = NEW.id",
    "professional_step": "(id = NEW.id) OR (application_id = NEW.application_id AND step = NEW.step)",
    "professional_test": "id = NEW.id",
    "professional_proposal": "proposal_id = NEW.proposal_id",
}
CLASSES = ("ORDINARY", "PROFESSIONAL_A", "PROFESSIONAL_B", "PROFESSIONAL_C")
STEPS = "'APPLIED', 'PROOFS_CHECKED', 'KNOWLEDGE_TESTED', 'WARNED', 'APPROVED', 'REJECTED', 'NOTIFIED'"


def upgrade() -> None:
    create(
        "professional_application",
        sa.Column("id", KEY, nullable=False),
        sa.Column("investor_id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column(
            "investor_class",
            sa.Enum(*CLASSES, name="investorclass", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("ground", sa.String(length=40), nullable=False),
        sa.Column("by_staff", sa.Boolean(), nullable=False),
        sa.Column("begun_at", TIME, nullable=False),
        refers={"investor_id": "investor", "person_id": "person"},
    )
    create(
        "professional_figures",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("application_id", KEY, nullable=False),
        sa.Column("stated", sa.Text(), nullable=False),
        sa.Column("saved_at", TIME, nullable=False),
        refers={"application_id": "professional_application"},
    )
    create(
        "professional_evidence",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("application_id", KEY, nullable=False),
        sa.Column("file_id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        refers={"application_id": "professional_application", "file_id": "evidence_file"},
    )
    create(
        "professional_step",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("application_id", KEY, nullable=False),
        sa.Column("step", sa.String(length=32), nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("applied_on", sa.Date(), nullable=True),
        sa.Column("policy_id", BIG, nullable=True),
        sa.Column("words_sha256", SHA256, nullable=True),
        sa.Column("at", TIME, nullable=False),
        sa.CheckConstraint(f"step IN ({STEPS})", name=op.f("ck_professional_step_step")),
        sa.UniqueConstraint("application_id", "step", name=op.f("uq_professional_step_application_id_step")),
        refers={
            "application_id": "professional_application",
            "person_id": "person",
            "policy_id": "policy",
            "words_sha256": "words.sha256",
        },
    )
    create(
        "professional_test",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("application_id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("words_sha256", SHA256, nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("score", BIG, nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        refers={"application_id": "professional_application", "person_id": "person", "words_sha256": "words.sha256"},
    )
    create(
        "professional_proposal",
        sa.Column("proposal_id", KEY, nullable=False),
        sa.Column("application_id", KEY, nullable=False),
        refers={"proposal_id": "proposal", "application_id": "professional_application"},
    )
    op.create_index(
        op.f("ix_professional_application_investor_id_begun_at"), "professional_application", ["investor_id", "begun_at"]
    )
    for name in ("professional_figures", "professional_evidence", "professional_test"):
        op.create_index(op.f(f"ix_{name}_application_id_id"), name, ["application_id", "id"])
    op.create_index(op.f("ix_professional_step_step_at"), "professional_step", ["step", "at"])
    op.create_index(op.f("ix_professional_proposal_application_id"), "professional_proposal", ["application_id"])
    for table, replaced in REPLACED.items():
        guard_sqlite(table, replaced) if op.get_bind().dialect.name == "sqlite" else guard_postgresql(table)


def create(table: str, *parts: sa.schema.SchemaItem, refers: dict[str, str]) -> None:
    """A table whose rows name the entry of the act that wrote them; its first column is its key."""
    keys = {"entry_id": "ledger_entry", **refers}
    named = {column: (other if "." in other else f"{other}.id") for column, other in keys.items()}
    foreign = [
        sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}_{target.partition('.')[0]}"))
        for column, target in named.items()
    ]
    columns = [part for part in parts if isinstance(part, sa.Column)]
    others = [part for part in parts if not isinstance(part, sa.Column)]
    key = sa.PrimaryKeyConstraint(columns[0].name, name=op.f(f"pk_{table}"))
    op.create_table(table, *columns, sa.Column("entry_id", BIG, nullable=False), key, *others, *foreign)


def guard_sqlite(table: str, replaced: str) -> None:
    for name, verb, when in (
        ("delete", "DELETE", "1"),
        ("update", "UPDATE", "1"),
        ("replace", "INSERT", f"EXISTS (SELECT 1 FROM {table} WHERE {replaced})"),
    ):
        refuse = f"SELECT RAISE(ABORT, '{table} is never changed')"
        op.execute(f"CREATE TRIGGER guard_{table}_{name} BEFORE {verb} ON {table} WHEN {when} BEGIN {refuse}; END")


def guard_postgresql(table: str) -> None:
    """The function is that of the first migration."""
    for name, when, each in (("refuse", "BEFORE UPDATE OR DELETE", "ROW"), ("truncate", "BEFORE TRUNCATE", "STATEMENT")):
        op.execute(f"CREATE TRIGGER guard_{table}_{name} {when} ON {table} FOR EACH {each} EXECUTE FUNCTION guard_refuse()")
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER guard_{table}_{name}")


def downgrade() -> None:
    if op.get_bind().scalar(sa.text("SELECT EXISTS (SELECT 1 FROM professional_application)")):
        message = "this database holds applications for professional status: it is not taken down"
        raise RuntimeError(message)
    for table in reversed(REPLACED):
        op.drop_table(table)
