"""Questionnaires, and what investors answered, reached and acknowledged by them. All of it is evidence: none of it is ever changed.

Proposals may be about a policy, a questionnaire or an import from here on. SQLite makes their table anew for that, which it could not
do once rows of another table refer to it; so it comes first, and names all that will be proposed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012_assessment"
down_revision = "0011_job"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
SQLITE_TIME = "-".join(("[0-9]" * 4, "[0-9]" * 2, "[0-9]" * 2)) + " " + ":".join(("[0-9]" * 2,) * 3) + "." + "[0-9]" * 6
REPLACED = {
    "questionnaire": "(id = NEW.id) OR (corrects_id = NEW.corrects_id)",
    "assessment": "id = NEW.id",
    "assessment_page": "id = NEW.id",
    "assessment_result": "assessment_id = NEW.assessment_id",
    "assessment_acknowledgement": "assessment_id = NEW.assessment_id",
}
PENDING = sa.text("state = 'PENDING'")
KINDS = "kind IN ('classification', 'publication', 'staff', 'statement')"
KINDS_NOW = "kind IN ('classification', 'import', 'policy', 'publication', 'questionnaire', 'staff', 'statement')"
OTHER_CHECKS = {
    "ck_proposal_decided": "(state = 'PENDING') = (decided_at IS NULL)",
    "ck_proposal_state": "state IN ('PENDING', 'APPROVED', 'REJECTED', 'WITHDRAWN')",
}
CATEGORIES = ("C1", "C2", "C3", "C4", "C5")


def upgrade() -> None:
    admit(KINDS_NOW)
    create(
        "questionnaire",
        sa.Column("track", sa.String(length=32), nullable=False),
        sa.Column("version", BIG, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("valid_from", TIME, nullable=False),
        sa.Column("valid_before", TIME, nullable=True),
        sa.Column("corrects_id", BIG, nullable=True),
        sa.CheckConstraint("valid_before IS NULL OR valid_before > valid_from", name=op.f("ck_questionnaire_period")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questionnaire")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_questionnaire_corrects_id")),
        refers={"corrects_id": "questionnaire"},
    )
    op.create_index(op.f("ix_questionnaire_track_id"), "questionnaire", ["track", "id"])
    create(
        "assessment",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("investor_id", sa.String(length=26), nullable=False),
        sa.Column("person_id", sa.String(length=26), nullable=False),
        sa.Column("questionnaire_id", BIG, nullable=False),
        sa.Column("begun_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessment")),
        refers={"investor_id": "investor", "person_id": "person", "questionnaire_id": "questionnaire"},
    )
    op.create_index(op.f("ix_assessment_investor_id_begun_at"), "assessment", ["investor_id", "begun_at"])
    create(
        "assessment_page",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("assessment_id", sa.String(length=26), nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("saved_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessment_page")),
        refers={"assessment_id": "assessment"},
    )
    op.create_index(op.f("ix_assessment_page_assessment_id_id"), "assessment_page", ["assessment_id", "id"])
    create(
        "assessment_result",
        sa.Column("assessment_id", sa.String(length=26), nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("score", BIG, nullable=False),
        sa.Column(
            "category",
            sa.Enum(*CATEGORIES, name="riskcategory", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("lowest", sa.Boolean(), nullable=False),
        sa.Column("holds", sa.String(length=200), nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("letter_zh", sa.String(length=64), nullable=False),
        sa.Column("letter_en", sa.String(length=64), nullable=False),
        sa.Column("handed_in_at", TIME, nullable=False),
        sa.Column("valid_before", TIME, nullable=False),
        sa.PrimaryKeyConstraint("assessment_id", name=op.f("pk_assessment_result")),
        refers={"assessment_id": "assessment", "letter_zh": "words.sha256", "letter_en": "words.sha256"},
    )
    create(
        "assessment_acknowledgement",
        sa.Column("assessment_id", sa.String(length=26), nullable=False),
        sa.Column("person_id", sa.String(length=26), nullable=False),
        sa.Column("words_sha256", sa.String(length=64), nullable=False),
        sa.Column("proposal_id", sa.String(length=26), nullable=True),
        sa.Column("acknowledged_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("assessment_id", name=op.f("pk_assessment_acknowledgement")),
        refers={
            "assessment_id": "assessment_result.assessment_id",
            "person_id": "person",
            "words_sha256": "words.sha256",
            "proposal_id": "proposal",
        },
    )
    if op.get_bind().dialect.name == "sqlite":
        guard_sqlite()
    else:
        guard_postgresql()


def create(table: str, *parts: sa.schema.SchemaItem, refers: dict[str, str]) -> None:
    """A table whose rows name the entry of the act that wrote them."""
    keys = {"entry_id": "ledger_entry", **refers}
    named = {column: (other if "." in other else f"{other}.id") for column, other in keys.items()}
    foreign = [
        sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}_{target.partition('.')[0]}"))
        for column, target in named.items()
    ]
    columns = [part for part in parts if isinstance(part, sa.Column)]
    others = [part for part in parts if not isinstance(part, sa.Column)]
    op.create_table(table, *columns, sa.Column("entry_id", BIG, nullable=False), *others, *foreign)


def guard_sqlite() -> None:
    for table, replaced in REPLACED.items():
        refuse(table, "delete", "DELETE", "1")
        refuse(table, "update", "UPDATE", "1")
        refuse(table, "replace", "INSERT", f"EXISTS (SELECT 1 FROM {table} WHERE {replaced})")
    entry = "SELECT 1 FROM ledger_entry WHERE id = NEW.entry_id AND at <= NEW.valid_from"
    late = f"NEW.valid_from NOT GLOB '{SQLITE_TIME}' OR NOT EXISTS ({entry})"
    refuse("questionnaire", "begins", "INSERT", late, "cannot begin before its entry")


def refuse(table: str, name: str, verb: str, when: str, why: str = "is never changed") -> None:
    op.execute(
        f"CREATE TRIGGER guard_{table}_{name} BEFORE {verb} ON {table} WHEN {when} BEGIN SELECT RAISE(ABORT, '{table} {why}'); END"
    )


def guard_postgresql() -> None:
    """The functions are those of the first migration."""
    for table in REPLACED:
        guard(table, "refuse", "BEFORE UPDATE OR DELETE", "ROW", "guard_refuse")
        guard(table, "truncate", "BEFORE TRUNCATE", "STATEMENT", "guard_refuse")
    guard("questionnaire", "begins", "BEFORE INSERT", "ROW", "guard_begins")


def guard(table: str, name: str, when: str, each: str, does: str) -> None:
    op.execute(f"CREATE TRIGGER guard_{table}_{name} {when} ON {table} FOR EACH {each} EXECUTE FUNCTION {does}()")
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER guard_{table}_{name}")


def downgrade() -> None:
    if op.get_bind().scalar(sa.text("SELECT EXISTS (SELECT 1 FROM questionnaire)")):
        message = "this database holds questionnaires and what was answered: it is not taken down"
        raise RuntimeError(message)
    for table in reversed(REPLACED):
        op.drop_table(table)
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
