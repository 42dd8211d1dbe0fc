"""The first tables, with the guards that keep what is written from being changed.

A guarded table refuses UPDATE, DELETE, TRUNCATE and REPLACE, by triggers that fire for everybody. The ledger also refuses chosen ids and
times that are not this transaction's own. A dated row cannot begin before the entry of the act that wrote it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001_initial"
down_revision = None
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

DATED = ("classification", "grading", "mandate", "policy", "release", "role_grant", "settlement", "standing", "statement")
GUARDED = (
    *DATED,
    "acknowledgement",
    "finding",
    "investor",
    "ledger_entry",
    "ledger_log",
    "publication",
    "report",
    "report_content",
    "report_version",
    "served_statement",
    "words",
)
REMOVABLE = ("ledger_pending", "ledger_private")
SQLITE_TIME = "-".join(("[0-9]" * 4, "[0-9]" * 2, "[0-9]" * 2)) + " " + ":".join(("[0-9]" * 2,) * 3) + "." + "[0-9]" * 6
PARTITION_ROWS = 10_000_000
PARTITIONS = 8


def upgrade() -> None:
    op.create_table(
        "ledger_entry",
        sa.Column("id", BIG, sa.Identity(always=True, cache=1), autoincrement=True, nullable=False),
        sa.Column("v", sa.SmallInteger(), nullable=False),
        sa.Column("log", sa.String(length=200), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=26), nullable=True),
        sa.Column("investor", sa.String(length=26), nullable=True),
        sa.Column("report", sa.String(length=26), nullable=True),
        sa.Column("action", sa.String(length=16), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("policy", sa.String(length=64), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.Column("w", sa.String(length=26), nullable=False),
        sa.Column("ws", BIG, nullable=False),
        sa.Column("wp", sa.String(length=44), nullable=True),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(leaf) BETWEEN 2 AND 65535", name=op.f("ck_ledger_entry_leaf_size")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
        postgresql_partition_by="RANGE (id)",
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_ledger_entry_actor_at_id",
        "ledger_entry",
        ["actor", "at", "id"],
        unique=False,
        sqlite_where=sa.text("person IS NULL OR actor <> 'person:' || person"),
        postgresql_where=sa.text("person IS NULL OR actor <> 'person:' || person"),
    )
    op.create_index(op.f("ix_ledger_entry_at_id"), "ledger_entry", ["at", "id"], unique=False)
    op.create_index(op.f("ix_ledger_entry_code"), "ledger_entry", ["code"], unique=False)
    op.create_index(op.f("ix_ledger_entry_investor_at_id"), "ledger_entry", ["investor", "at", "id"], unique=False)
    op.create_index(op.f("ix_ledger_entry_outcome_reason_at_id"), "ledger_entry", ["outcome", "reason", "at", "id"], unique=False)
    op.create_index(op.f("ix_ledger_entry_person_at_id"), "ledger_entry", ["person", "at", "id"], unique=False)
    op.create_index(op.f("ix_ledger_entry_report_at_id"), "ledger_entry", ["report", "at", "id"], unique=False)
    op.create_index(op.f("ix_ledger_entry_request_id"), "ledger_entry", ["request_id"], unique=False)
    op.create_table(
        "ledger_log",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("origin", sa.String(length=200), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_log")),
        sa.UniqueConstraint("origin", name=op.f("uq_ledger_log_origin")),
    )
    op.create_table(
        "ledger_pending",
        sa.Column("entry_id", BIG, autoincrement=False, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_ledger_pending")),
    )
    op.create_table(
        "ledger_private",
        sa.Column("entry_id", BIG, autoincrement=False, nullable=False),
        sa.Column("field", sa.String(length=32), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=32), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", "field", name=op.f("pk_ledger_private")),
    )
    op.create_index(
        "ix_ledger_private_address",
        "ledger_private",
        ["value", "entry_id"],
        unique=False,
        sqlite_where=sa.text("field = 'address'"),
        postgresql_where=sa.text("field = 'address'"),
    )
    op.create_table(
        "sign_in_attempt",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("failures", BIG, nullable=False),
        sa.Column("last_failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recorded", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempt")),
        sa.UniqueConstraint("account", "source", name=op.f("uq_sign_in_attempt_account_source")),
    )
    op.create_index(
        op.f("ix_sign_in_attempt_account_last_failed_at"), "sign_in_attempt", ["account", "last_failed_at"], unique=False
    )
    op.create_table(
        "words",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_words")),
    )
    op.create_table(
        "investor",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "INDIVIDUAL",
                "INSTITUTION",
                "FINANCIAL_INSTITUTION",
                "PRODUCT",
                name="investorkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("client_number", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_investor_entry_id_ledger_entry")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_investor")),
        sa.UniqueConstraint("client_number", name=op.f("uq_investor_client_number")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("login", sa.String(length=80), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_person_entry_id_ledger_entry")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("login", name=op.f("uq_person_login")),
    )
    op.create_table(
        "policy",
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entry_id", BIG, nullable=False),
        sa.Column("corrects_id", BIG, nullable=True),
        sa.CheckConstraint("valid_before IS NULL OR valid_before > valid_from", name=op.f("ck_policy_period")),
        sa.ForeignKeyConstraint(["corrects_id"], ["policy.id"], name=op.f("fk_policy_corrects_id_policy")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_policy_entry_id_ledger_entry")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_policy_corrects_id")),
    )
    op.create_table(
        "report",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_report_entry_id_ledger_entry")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
    )
    op.create_table(
        "settlement",
        sa.Column("issuer", sa.String(length=200), nullable=False),
        sa.Column("report_kind", sa.String(length=200), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("cited", sa.Text(), nullable=False),
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entry_id", BIG, nullable=False),
        sa.Column("corrects_id", BIG, nullable=True),
        sa.CheckConstraint("valid_before IS NULL OR valid_before > valid_from", name=op.f("ck_settlement_period")),
        sa.ForeignKeyConstraint(["corrects_id"], ["settlement.id"], name=op.f("fk_settlement_corrects_id_settlement")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_settlement_entry_id_ledger_entry")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlement")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_settlement_corrects_id")),
    )
    op.create_index(
        op.f("ix_settlement_issuer_report_kind_code_key_id"),
        "settlement",
        ["issuer", "report_kind", "code", "key", "id"],
        unique=False,
    )
    op.create_table(
        "statement",
        sa.Column("text_zh", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entry_id", BIG, nullable=False),
        sa.Column("corrects_id", BIG, nullable=True),
        sa.CheckConstraint("valid_before IS NULL OR valid_before > valid_from", name=op.f("ck_statement_period")),
        sa.ForeignKeyConstraint(["corrects_id"], ["statement.id"], name=op.f("fk_statement_corrects_id_statement")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_statement_entry_id_ledger_entry")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_statement_corrects_id")),
    )
    op.create_table(
        "classification",
        sa.Column("investor_id", sa.String(length=26), nullable=False),
        sa.Column("aspect", sa.String(length=8), nullable=False),
        sa.Column(
            "investor_class",
            sa.Enum(
                "ORDINARY",
                "PROFESSIONAL_A",
                "PROFESSIONAL_B",
                "PROFESSIONAL_C",
                name="investorclass",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("ground", sa.String(length=200), nullable=True),
        sa.Column(
            "category",
            sa.Enum("C1", "C2", "C3", "C4", "C5", name="riskcategory", native_enum=False, create_constraint=True, length=32),
            nullable=True,
        ),
        sa.Column("lowest", sa.Boolean(), nullable=True),
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entry_id", BIG, nullable=False),
        sa.Column("corrects_id", BIG, nullable=True),
        sa.CheckConstraint(
            "(aspect = 'CLASS' AND investor_class IS NOT NULL AND category IS NULL AND lowest IS NULL AND ((investor_class = 'ORDINARY') = (valid_before IS NULL))) OR (aspect = 'CATEGORY' AND category IS NOT NULL AND investor_class IS NULL AND lowest IS NULL AND valid_before IS NOT NULL) OR (aspect = 'LOWEST' AND lowest IS NOT NULL AND investor_class IS NULL AND category IS NULL AND valid_before IS NULL)",
            name=op.f("ck_classification_one_aspect"),
        ),
        sa.CheckConstraint("valid_before IS NULL OR valid_before > valid_from", name=op.f("ck_classification_period")),
        sa.ForeignKeyConstraint(
            ["corrects_id"], ["classification.id"], name=op.f("fk_classification_corrects_id_classification")
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_classification_entry_id_ledger_entry")),
        sa.ForeignKeyConstraint(["investor_id"], ["investor.id"], name=op.f("fk_classification_investor_id_investor")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_classification")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_classification_corrects_id")),
    )
    op.create_index(
        op.f("ix_classification_investor_id_aspect_id"), "classification", ["investor_id", "aspect", "id"], unique=False
    )
    op.create_table(
        "login_session",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=26), nullable=False),
        sa.Column("investor_id", sa.String(length=26), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("idle_seconds", BIG, nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=200), nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_login_session_entry_id_ledger_entry")),
        sa.ForeignKeyConstraint(["investor_id"], ["investor.id"], name=op.f("fk_login_session_investor_id_investor")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_login_session_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_login_session_token_hash")),
    )
    op.create_index(op.f("ix_login_session_person_id"), "login_session", ["person_id"], unique=False)
    op.create_table(
        "mandate",
        sa.Column("person_id", sa.String(length=26), nullable=False),
        sa.Column("investor_id", sa.String(length=26), nullable=False),
        sa.Column("capacity", sa.String(length=200), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entry_id", BIG, nullable=False),
        sa.Column("corrects_id", BIG, nullable=True),
        sa.CheckConstraint("valid_before IS NULL OR valid_before > valid_from", name=op.f("ck_mandate_period")),
        sa.ForeignKeyConstraint(["corrects_id"], ["mandate.id"], name=op.f("fk_mandate_corrects_id_mandate")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_mandate_entry_id_ledger_entry")),
        sa.ForeignKeyConstraint(["investor_id"], ["investor.id"], name=op.f("fk_mandate_investor_id_investor")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_mandate_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mandate")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_mandate_corrects_id")),
    )
    op.create_index(op.f("ix_mandate_investor_id"), "mandate", ["investor_id"], unique=False)
    op.create_index(op.f("ix_mandate_person_id_investor_id_id"), "mandate", ["person_id", "investor_id", "id"], unique=False)
    op.create_table(
        "one_time_link",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=26), nullable=False),
        sa.Column("issued_by", sa.String(length=26), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entry_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_one_time_link_entry_id_ledger_entry")),
        sa.ForeignKeyConstraint(["issued_by"], ["person.id"], name=op.f("fk_one_time_link_issued_by_person")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_one_time_link_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_one_time_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_one_time_link_token_hash")),
    )
    op.create_index(op.f("ix_one_time_link_person_id"), "one_time_link", ["person_id"], unique=False)
    op.create_table(
        "report_version",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("report_id", sa.String(length=26), nullable=False),
        sa.Column("number", BIG, nullable=False),
        sa.Column("issuer", sa.String(length=200), nullable=False),
        sa.Column("title", sa.String(length=500), nullable=False),
        sa.Column("subtitle", sa.String(length=500), nullable=False),
        sa.Column("kind", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.Column("rating", sa.String(length=200), nullable=False),
        sa.Column("analysts", sa.Text(), nullable=False),
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("reading", sa.Text(), nullable=False),
        sa.Column("conflict", sa.Boolean(), nullable=False),
        sa.Column("search_words", sa.Text(), nullable=False),
        sa.Column("source_sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_report_version_entry_id_ledger_entry")),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_report_version_report_id_report")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_version")),
        sa.UniqueConstraint("report_id", "number", name=op.f("uq_report_version_report_id_number")),
        sa.UniqueConstraint("source_sha256", name=op.f("uq_report_version_source_sha256")),
    )
    op.create_table(
        "role_grant",
        sa.Column("person_id", sa.String(length=26), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "CLIENT",
                "COMPLIANCE",
                "INSPECTOR",
                "SERVICE",
                "ADMIN",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("grants", sa.String(length=200), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entry_id", BIG, nullable=False),
        sa.Column("corrects_id", BIG, nullable=True),
        sa.CheckConstraint("valid_before IS NULL OR valid_before > valid_from", name=op.f("ck_role_grant_period")),
        sa.ForeignKeyConstraint(["corrects_id"], ["role_grant.id"], name=op.f("fk_role_grant_corrects_id_role_grant")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_role_grant_entry_id_ledger_entry")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_role_grant_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_role_grant_corrects_id")),
    )
    op.create_index(op.f("ix_role_grant_person_id_id"), "role_grant", ["person_id", "id"], unique=False)
    op.create_table(
        "standing",
        sa.Column("investor_id", sa.String(length=26), nullable=False),
        sa.Column("client", sa.Boolean(), nullable=False),
        sa.Column("profile_complete", sa.Boolean(), nullable=False),
        sa.Column("suspended", sa.Boolean(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("contract_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("contract_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("branch", sa.String(length=200), nullable=False),
        sa.Column("contact", sa.String(length=200), nullable=False),
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entry_id", BIG, nullable=False),
        sa.Column("corrects_id", BIG, nullable=True),
        sa.CheckConstraint("valid_before IS NULL OR valid_before > valid_from", name=op.f("ck_standing_period")),
        sa.ForeignKeyConstraint(["corrects_id"], ["standing.id"], name=op.f("fk_standing_corrects_id_standing")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_standing_entry_id_ledger_entry")),
        sa.ForeignKeyConstraint(["investor_id"], ["investor.id"], name=op.f("fk_standing_investor_id_investor")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standing")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_standing_corrects_id")),
    )
    op.create_index(op.f("ix_standing_investor_id_id"), "standing", ["investor_id", "id"], unique=False)
    op.create_table(
        "finding",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("version_id", sa.String(length=26), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("cited", sa.Text(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("blocking", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["report_version.id"], name=op.f("fk_finding_version_id_report_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
    )
    op.create_index(op.f("ix_finding_version_id"), "finding", ["version_id"], unique=False)
    op.create_table(
        "grading",
        sa.Column("version_id", sa.String(length=26), nullable=False),
        sa.Column(
            "grade",
            sa.Enum("R1", "R2", "R3", "R4", "R5", name="riskgrade", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column(
            "professional",
            sa.Enum(
                "ANY",
                "INSTITUTION",
                "FINANCIAL_INSTITUTION",
                name="professionalclause",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("categories", sa.SmallInteger(), nullable=True),
        sa.Column("clients_only", sa.Boolean(), nullable=False),
        sa.Column("contract_clients_only", sa.Boolean(), nullable=False),
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entry_id", BIG, nullable=False),
        sa.Column("corrects_id", BIG, nullable=True),
        sa.CheckConstraint("categories IS NULL OR categories BETWEEN 0 AND 31", name=op.f("ck_grading_mask")),
        sa.CheckConstraint("valid_before IS NULL OR valid_before > valid_from", name=op.f("ck_grading_period")),
        sa.ForeignKeyConstraint(["corrects_id"], ["grading.id"], name=op.f("fk_grading_corrects_id_grading")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_grading_entry_id_ledger_entry")),
        sa.ForeignKeyConstraint(["version_id"], ["report_version.id"], name=op.f("fk_grading_version_id_report_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grading")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_grading_corrects_id")),
    )
    op.create_index(op.f("ix_grading_version_id_id"), "grading", ["version_id", "id"], unique=False)
    op.create_table(
        "proposal",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("investor_id", sa.String(length=26), nullable=True),
        sa.Column("person_id", sa.String(length=26), nullable=True),
        sa.Column("version_id", sa.String(length=26), nullable=True),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("payload_sha256", sa.String(length=64), nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.String(length=200), nullable=False),
        sa.Column("proposed_by", sa.String(length=26), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("decided_by", sa.String(length=26), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_reason", sa.Text(), nullable=True),
        sa.Column("decided_entry_id", BIG, nullable=True),
        sa.CheckConstraint("(state = 'PENDING') = (decided_at IS NULL)", name=op.f("ck_proposal_decided")),
        sa.CheckConstraint("kind IN ('classification', 'publication', 'staff')", name=op.f("ck_proposal_kind")),
        sa.CheckConstraint("state IN ('PENDING', 'APPROVED', 'REJECTED', 'WITHDRAWN')", name=op.f("ck_proposal_state")),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name=op.f("fk_proposal_decided_by_person")),
        sa.ForeignKeyConstraint(
            ["decided_entry_id"], ["ledger_entry.id"], name=op.f("fk_proposal_decided_entry_id_ledger_entry")
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_proposal_entry_id_ledger_entry")),
        sa.ForeignKeyConstraint(["investor_id"], ["investor.id"], name=op.f("fk_proposal_investor_id_investor")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_proposal_person_id_person")),
        sa.ForeignKeyConstraint(["proposed_by"], ["person.id"], name=op.f("fk_proposal_proposed_by_person")),
        sa.ForeignKeyConstraint(["version_id"], ["report_version.id"], name=op.f("fk_proposal_version_id_report_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
    )
    op.create_index(op.f("ix_proposal_investor_id"), "proposal", ["investor_id"], unique=False)
    op.create_index(op.f("ix_proposal_state_proposed_at_id"), "proposal", ["state", "proposed_at", "id"], unique=False)
    op.create_index(op.f("ix_proposal_version_id"), "proposal", ["version_id"], unique=False)
    op.create_index(
        "uq_proposal_pending",
        "proposal",
        ["payload_sha256"],
        unique=True,
        sqlite_where=sa.text("state = 'PENDING'"),
        postgresql_where=sa.text("state = 'PENDING'"),
    )
    op.create_table(
        "publication",
        sa.Column("version_id", sa.String(length=26), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_publication_entry_id_ledger_entry")),
        sa.ForeignKeyConstraint(["version_id"], ["report_version.id"], name=op.f("fk_publication_version_id_report_version")),
        sa.PrimaryKeyConstraint("version_id", name=op.f("pk_publication")),
    )
    op.create_table(
        "release",
        sa.Column("report_id", sa.String(length=26), nullable=False),
        sa.Column("version_id", sa.String(length=26), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entry_id", BIG, nullable=False),
        sa.Column("corrects_id", BIG, nullable=True),
        sa.CheckConstraint("state IN ('RELEASED', 'WITHDRAWN')", name=op.f("ck_release_state")),
        sa.CheckConstraint("valid_before IS NULL OR valid_before > valid_from", name=op.f("ck_release_period")),
        sa.ForeignKeyConstraint(["corrects_id"], ["release.id"], name=op.f("fk_release_corrects_id_release")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_release_entry_id_ledger_entry")),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_release_report_id_report")),
        sa.ForeignKeyConstraint(["version_id"], ["report_version.id"], name=op.f("fk_release_version_id_report_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_release_corrects_id")),
    )
    op.create_index(op.f("ix_release_report_id_id"), "release", ["report_id", "id"], unique=False)
    op.create_table(
        "report_content",
        sa.Column("version_id", sa.String(length=26), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["report_version.id"], name=op.f("fk_report_content_version_id_report_version")),
        sa.PrimaryKeyConstraint("version_id", name=op.f("pk_report_content")),
    )
    op.create_table(
        "served_statement",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("session_id", BIG, nullable=False),
        sa.Column("person_id", sa.String(length=26), nullable=False),
        sa.Column("investor_id", sa.String(length=26), nullable=False),
        sa.Column("version_id", sa.String(length=26), nullable=False),
        sa.Column("statement_id", BIG, nullable=False),
        sa.Column("words_sha256", sa.String(length=64), nullable=False),
        sa.Column("asking", sa.String(length=8), nullable=False),
        sa.Column("served_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.CheckConstraint("asking IN ('FULL', 'LIGHT')", name=op.f("ck_served_statement_asking")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_served_statement_entry_id_ledger_entry")),
        sa.ForeignKeyConstraint(["investor_id"], ["investor.id"], name=op.f("fk_served_statement_investor_id_investor")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_served_statement_person_id_person")),
        sa.ForeignKeyConstraint(["session_id"], ["login_session.id"], name=op.f("fk_served_statement_session_id_login_session")),
        sa.ForeignKeyConstraint(["statement_id"], ["statement.id"], name=op.f("fk_served_statement_statement_id_statement")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["report_version.id"], name=op.f("fk_served_statement_version_id_report_version")
        ),
        sa.ForeignKeyConstraint(["words_sha256"], ["words.sha256"], name=op.f("fk_served_statement_words_sha256_words")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_served_statement")),
    )
    op.create_index(op.f("ix_served_statement_person_id_id"), "served_statement", ["person_id", "id"], unique=False)
    op.create_table(
        "acknowledgement",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("serving_id", sa.String(length=26), nullable=False),
        sa.Column("person_id", sa.String(length=26), nullable=False),
        sa.Column("investor_id", sa.String(length=26), nullable=False),
        sa.Column("version_id", sa.String(length=26), nullable=False),
        sa.Column("statement_id", BIG, nullable=False),
        sa.Column("words_sha256", sa.String(length=64), nullable=False),
        sa.Column("profile", sa.String(length=40), nullable=False),
        sa.Column("end_reached", sa.Boolean(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_acknowledgement_entry_id_ledger_entry")),
        sa.ForeignKeyConstraint(["investor_id"], ["investor.id"], name=op.f("fk_acknowledgement_investor_id_investor")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_acknowledgement_person_id_person")),
        sa.ForeignKeyConstraint(
            ["serving_id"], ["served_statement.id"], name=op.f("fk_acknowledgement_serving_id_served_statement")
        ),
        sa.ForeignKeyConstraint(["statement_id"], ["statement.id"], name=op.f("fk_acknowledgement_statement_id_statement")),
        sa.ForeignKeyConstraint(["version_id"], ["report_version.id"], name=op.f("fk_acknowledgement_version_id_report_version")),
        sa.ForeignKeyConstraint(["words_sha256"], ["words.sha256"], name=op.f("fk_acknowledgement_words_sha256_words")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acknowledgement")),
        sa.UniqueConstraint("serving_id", name=op.f("uq_acknowledgement_serving_id")),
    )
    op.create_index(
        op.f("ix_acknowledgement_person_id_investor_id_version_id_id"),
        "acknowledgement",
        ["person_id", "investor_id", "version_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_acknowledgement_person_id_investor_id_words_sha256_id"),
        "acknowledgement",
        ["person_id", "investor_id", "words_sha256", "id"],
        unique=False,
    )
    if op.get_bind().dialect.name == "sqlite":
        guard_sqlite()
    else:
        guard_postgresql()


def guard_sqlite() -> None:
    """Triggers that abort. What REPLACE would remove is looked for beforehand: not every connection lets it fire the delete triggers."""
    for table in GUARDED:
        refuse_sqlite(table, "DELETE")
    for table in (*GUARDED, *REMOVABLE):
        refuse_sqlite(table, "UPDATE")
        same = " OR ".join("(" + " AND ".join(f"{name} = NEW.{name}" for name in key) + ")" for key in keys(table))
        if table == "words":  # the same words are kept twice without harm
            same = f"({same}) AND text <> NEW.text"
        refuse_sqlite(table, "INSERT", "replace", f"EXISTS (SELECT 1 FROM {table} WHERE {same})")
    for table in DATED:
        entry = "SELECT 1 FROM ledger_entry WHERE id = NEW.entry_id AND at <= NEW.valid_from"
        when = f"NEW.valid_from NOT GLOB '{SQLITE_TIME}' OR NOT EXISTS ({entry})"
        refuse_sqlite(table, "INSERT", "begins", when, "cannot begin before its entry")
    off = "coalesce(abs(julianday(NEW.recorded_at) - julianday('now')) * 86400.0, 61.0) > 60.0"
    when = f"NEW.recorded_at NOT GLOB '{SQLITE_TIME}' OR NEW.at NOT GLOB '{SQLITE_TIME}' OR {off}"
    refuse_sqlite("ledger_entry", "INSERT", "time", when, "is written by the clock of the database")
    op.execute(
        "CREATE TRIGGER guard_ledger_entry_id AFTER INSERT ON ledger_entry "
        "WHEN NEW.id <> 1 + coalesce((SELECT id FROM ledger_entry WHERE id < NEW.id ORDER BY id DESC LIMIT 1), 0) "
        "BEGIN SELECT RAISE(ABORT, 'ledger_entry has no chosen ids'); END"
    )
    op.execute(
        "CREATE TRIGGER guard_ledger_entry_pending AFTER INSERT ON ledger_entry "
        "BEGIN INSERT INTO ledger_pending (entry_id, recorded_at) VALUES (NEW.id, NEW.recorded_at); END"
    )


def refuse_sqlite(table: str, verb: str, name: str = "", when: str = "1", why: str = "is never changed") -> None:
    """One trigger that aborts."""
    op.execute(
        f"CREATE TRIGGER guard_{table}_{name or verb.lower()} BEFORE {verb} ON {table} WHEN {when} "
        f"BEGIN SELECT RAISE(ABORT, '{table} {why}'); END"
    )


def keys(table: str) -> list[list[str]]:
    """The columns of everything that is unique in a table."""
    inspector = sa.inspect(op.get_bind())
    unique = [each["column_names"] for each in inspector.get_unique_constraints(table)]
    return [inspector.get_pk_constraint(table)["constrained_columns"], *unique]


def guard_postgresql() -> None:
    """Triggers that raise, enabled ALWAYS so that they fire under every replication role; partitions made ahead.

    Their functions name the schema: no temporary table of the same name can stand in for the ledger.
    """
    bind = op.get_bind()
    schema = bind.dialect.identifier_preparer.quote(bind.scalar(sa.text("SELECT current_schema()")))
    function("guard_refuse", "RAISE EXCEPTION '% is never changed', TG_TABLE_NAME;")
    function(
        "guard_begins",
        f"IF NOT EXISTS (SELECT FROM {schema}.ledger_entry WHERE id = NEW.entry_id AND at <= NEW.valid_from) THEN "
        "RAISE EXCEPTION '% cannot begin before its entry', TG_TABLE_NAME; END IF; RETURN NEW;",
    )
    function(
        "guard_entry",
        "IF NEW.recorded_at < transaction_timestamp() OR NEW.recorded_at > clock_timestamp() THEN "
        "RAISE EXCEPTION 'ledger_entry is written by the clock of the database'; END IF; "
        f"IF NEW.id IS DISTINCT FROM currval('{schema}.ledger_entry_id_seq') THEN "
        "RAISE EXCEPTION 'ledger_entry has no chosen ids'; END IF; RETURN NEW;",
    )
    function(
        "guard_pending",
        f"INSERT INTO {schema}.ledger_pending (entry_id, recorded_at) VALUES (NEW.id, NEW.recorded_at); RETURN NULL;",
    )
    for table in GUARDED:
        guard(table, "refuse", "BEFORE UPDATE OR DELETE", "ROW", "guard_refuse")
        guard(table, "truncate", "BEFORE TRUNCATE", "STATEMENT", "guard_refuse")
    for table in REMOVABLE:
        guard(table, "refuse", "BEFORE UPDATE", "ROW", "guard_refuse")
        guard(table, "truncate", "BEFORE TRUNCATE", "STATEMENT", "guard_refuse")
    for table in DATED:
        guard(table, "begins", "BEFORE INSERT", "ROW", "guard_begins")
    guard("ledger_entry", "entry", "BEFORE INSERT", "ROW", "guard_entry")
    guard("ledger_entry", "pending", "AFTER INSERT", "ROW", "guard_pending")
    for number in range(PARTITIONS):
        name = f"ledger_entry_p{number:04}"
        op.execute(
            f"CREATE TABLE {name} PARTITION OF ledger_entry "
            f"FOR VALUES FROM ({number * PARTITION_ROWS}) TO ({(number + 1) * PARTITION_ROWS})"
        )
        for trigger in ("refuse", "entry", "pending"):
            op.execute(f"ALTER TABLE {name} ENABLE ALWAYS TRIGGER guard_ledger_entry_{trigger}")
        guard(name, "truncate", "BEFORE TRUNCATE", "STATEMENT", "guard_refuse")
    op.execute("ALTER TABLE ledger_pending SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000)")


def function(name: str, body: str) -> None:
    """One trigger function."""
    op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$")


def guard(table: str, name: str, when: str, each: str, does: str) -> None:
    """One trigger, enabled for every role and replication mode."""
    op.execute(f"CREATE TRIGGER guard_{table}_{name} {when} ON {table} FOR EACH {each} EXECUTE FUNCTION {does}()")
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER guard_{table}_{name}")


def downgrade() -> None:
    if op.get_bind().scalar(sa.text("SELECT EXISTS (SELECT 1 FROM ledger_entry)")):
        message = "this database holds evidence: it is not taken down"
        raise RuntimeError(message)
    op.drop_index(op.f("ix_acknowledgement_person_id_investor_id_words_sha256_id"), table_name="acknowledgement")
    op.drop_index(op.f("ix_acknowledgement_person_id_investor_id_version_id_id"), table_name="acknowledgement")
    op.drop_table("acknowledgement")
    op.drop_index(op.f("ix_served_statement_person_id_id"), table_name="served_statement")
    op.drop_table("served_statement")
    op.drop_table("report_content")
    op.drop_index(op.f("ix_release_report_id_id"), table_name="release")
    op.drop_table("release")
    op.drop_table("publication")
    op.drop_index(
        "uq_proposal_pending",
        table_name="proposal",
        sqlite_where=sa.text("state = 'PENDING'"),
        postgresql_where=sa.text("state = 'PENDING'"),
    )
    op.drop_index(op.f("ix_proposal_version_id"), table_name="proposal")
    op.drop_index(op.f("ix_proposal_state_proposed_at_id"), table_name="proposal")
    op.drop_index(op.f("ix_proposal_investor_id"), table_name="proposal")
    op.drop_table("proposal")
    op.drop_index(op.f("ix_grading_version_id_id"), table_name="grading")
    op.drop_table("grading")
    op.drop_index(op.f("ix_finding_version_id"), table_name="finding")
    op.drop_table("finding")
    op.drop_index(op.f("ix_standing_investor_id_id"), table_name="standing")
    op.drop_table("standing")
    op.drop_index(op.f("ix_role_grant_person_id_id"), table_name="role_grant")
    op.drop_table("role_grant")
    op.drop_table("report_version")
    op.drop_index(op.f("ix_one_time_link_person_id"), table_name="one_time_link")
    op.drop_table("one_time_link")
    op.drop_index(op.f("ix_mandate_person_id_investor_id_id"), table_name="mandate")
    op.drop_index(op.f("ix_mandate_investor_id"), table_name="mandate")
    op.drop_table("mandate")
    op.drop_index(op.f("ix_login_session_person_id"), table_name="login_session")
    op.drop_table("login_session")
    op.drop_index(op.f("ix_classification_investor_id_aspect_id"), table_name="classification")
    op.drop_table("classification")
    op.drop_table("statement")
    op.drop_index(op.f("ix_settlement_issuer_report_kind_code_key_id"), table_name="settlement")
    op.drop_table("settlement")
    op.drop_table("report")
    op.drop_table("policy")
    op.drop_table("person")
    op.drop_table("investor")
    op.drop_table("words")
    op.drop_index(op.f("ix_sign_in_attempt_account_last_failed_at"), table_name="sign_in_attempt")
    op.drop_table("sign_in_attempt")
    op.drop_index(
        "ix_ledger_private_address",
        table_name="ledger_private",
        sqlite_where=sa.text("field = 'address'"),
        postgresql_where=sa.text("field = 'address'"),
    )
    op.drop_table("ledger_private")
    op.drop_table("ledger_pending")
    op.drop_table("ledger_log")
    op.drop_index(op.f("ix_ledger_entry_request_id"), table_name="ledger_entry")
    op.drop_index(op.f("ix_ledger_entry_report_at_id"), table_name="ledger_entry")
    op.drop_index(op.f("ix_ledger_entry_person_at_id"), table_name="ledger_entry")
    op.drop_index(op.f("ix_ledger_entry_outcome_reason_at_id"), table_name="ledger_entry")
    op.drop_index(op.f("ix_ledger_entry_investor_at_id"), table_name="ledger_entry")
    op.drop_index(op.f("ix_ledger_entry_code"), table_name="ledger_entry")
    op.drop_index(op.f("ix_ledger_entry_at_id"), table_name="ledger_entry")
    op.drop_index(
        "ix_ledger_entry_actor_at_id",
        table_name="ledger_entry",
        sqlite_where=sa.text("person IS NULL OR actor <> 'person:' || person"),
        postgresql_where=sa.text("person IS NULL OR actor <> 'person:' || person"),
    )
    op.drop_table("ledger_entry")
    if op.get_bind().dialect.name == "postgresql":
        for name in ("guard_refuse", "guard_begins", "guard_entry", "guard_pending"):
            op.execute(f"DROP FUNCTION {name}()")
