"""The tree over the ledger: how far a log is sealed, its leaves, tiles and checkpoints, and where checkpoints were put.

Leaves, checkpoints and anchors are kept from being changed. A tile only grows at its end. A log's size and root only go on, and
stand still once it is closed; its name and its beginning are kept as before.
"""

from hashlib import sha256

import sqlalchemy as sa
from alembic import op

revision = "0008_seal"
down_revision = "0007_mail"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
EMPTY = sha256().hexdigest()
NEVER = ("ledger_anchor", "ledger_checkpoint", "ledger_leaf")
KEYS = {
    "ledger_anchor": ("id",),
    "ledger_checkpoint": ("id", "log_id, size"),
    "ledger_leaf": ("log_id, leaf_index", "entry_id"),
    "ledger_tile": ("log_id, level, n",),
}


def upgrade() -> None:
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    empty = sa.text(f"x'{EMPTY}'" if on_sqlite else f"decode('{EMPTY}', 'hex')")
    op.add_column("ledger_log", sa.Column("size", BIG, server_default=sa.text("0"), nullable=False))
    op.add_column("ledger_log", sa.Column("root", sa.LargeBinary(length=32), server_default=empty, nullable=False))
    op.add_column("ledger_log", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "ledger_leaf",
        sa.Column("log_id", BIG, autoincrement=False, nullable=False),
        sa.Column("leaf_index", BIG, autoincrement=False, nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(["log_id"], ["ledger_log.id"], name=op.f("fk_ledger_leaf_log_id_ledger_log")),
        sa.PrimaryKeyConstraint("log_id", "leaf_index", name=op.f("pk_ledger_leaf")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_ledger_leaf_entry_id")),
    )
    op.create_table(
        "ledger_tile",
        sa.Column("log_id", BIG, autoincrement=False, nullable=False),
        sa.Column("level", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("n", BIG, autoincrement=False, nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "length(hashes) BETWEEN 32 AND 8192 AND length(hashes) % 32 = 0", name=op.f("ck_ledger_tile_hashes_size")
        ),
        sa.ForeignKeyConstraint(["log_id"], ["ledger_log.id"], name=op.f("fk_ledger_tile_log_id_ledger_log")),
        sa.PrimaryKeyConstraint("log_id", "level", "n", name=op.f("pk_ledger_tile")),
    )
    op.create_table(
        "ledger_checkpoint",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("log_id", BIG, nullable=False),
        sa.Column("size", BIG, nullable=False),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["log_id"], ["ledger_log.id"], name=op.f("fk_ledger_checkpoint_log_id_ledger_log")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_checkpoint")),
        sa.UniqueConstraint("log_id", "size", name=op.f("uq_ledger_checkpoint_log_id_size")),
    )
    op.create_table(
        "ledger_anchor",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("log_id", BIG, nullable=False),
        sa.Column("size", BIG, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entry_id", BIG, nullable=True),
        sa.CheckConstraint("kind IN ('file', 'mail', 'tsa', 'witness')", name=op.f("ck_ledger_anchor_kind")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_ledger_anchor_entry_id_ledger_entry")),
        sa.ForeignKeyConstraint(["log_id"], ["ledger_log.id"], name=op.f("fk_ledger_anchor_log_id_ledger_log")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_anchor")),
    )
    op.create_index(op.f("ix_ledger_anchor_log_id_kind_size"), "ledger_anchor", ["log_id", "kind", "size"])
    if on_sqlite:
        guard_sqlite()
    else:
        guard_postgresql()


MOVED = "NEW.id <> OLD.id OR NEW.origin <> OLD.origin OR NEW.opened_at <> OLD.opened_at"
"""What is changed of a log though it never may be."""
KEPT = "NEW.size = OLD.size AND NEW.root = OLD.root AND NEW.closed_at IS NOT NULL"
"""A log that is closed is closed where it stands."""
GROWS = "NEW.size > OLD.size AND NEW.closed_at IS NULL"
PLACED = "NEW.log_id = OLD.log_id AND NEW.level = OLD.level AND NEW.n = OLD.n"
LONGER = "length(NEW.hashes) > length(OLD.hashes) AND substr(NEW.hashes, 1, length(OLD.hashes)) = OLD.hashes"


def guard_sqlite() -> None:
    for table, unique in KEYS.items():
        refuse(table, "delete", "DELETE", "1")
        same = " OR ".join("(" + " AND ".join(f"{name} = NEW.{name}" for name in key.split(", ")) + ")" for key in unique)
        refuse(table, "replace", "INSERT", f"EXISTS (SELECT 1 FROM {table} WHERE {same})")
    for table in NEVER:
        refuse(table, "update", "UPDATE", "1")
    refuse("ledger_tile", "update", "UPDATE", f"({PLACED} AND {LONGER}) IS NOT 1", "only grows at its end and is never changed")
    op.execute("DROP TRIGGER guard_ledger_log_update")
    goes_on = f"OLD.closed_at IS NULL AND (({GROWS}) OR ({KEPT}))"
    refuse("ledger_log", "update", "UPDATE", f"{MOVED} OR ({goes_on}) IS NOT 1", "only goes on and is never changed")


def refuse(table: str, name: str, verb: str, when: str, why: str = "is never changed") -> None:
    op.execute(
        f"CREATE TRIGGER guard_{table}_{name} BEFORE {verb} ON {table} WHEN {when} BEGIN SELECT RAISE(ABORT, '{table} {why}'); END"
    )


def guard_postgresql() -> None:
    """``guard_refuse`` is the first migration's."""
    for table in NEVER:
        guard(table, "refuse", "BEFORE UPDATE OR DELETE", "ROW", "guard_refuse")
        guard(table, "truncate", "BEFORE TRUNCATE", "STATEMENT", "guard_refuse")
    function(
        "guard_tile",
        f"IF ({PLACED} AND {LONGER}) IS NOT TRUE THEN "
        "RAISE EXCEPTION 'ledger_tile only grows at its end and is never changed'; END IF; RETURN NEW;",
    )
    guard("ledger_tile", "refuse", "BEFORE DELETE", "ROW", "guard_refuse")
    guard("ledger_tile", "truncate", "BEFORE TRUNCATE", "STATEMENT", "guard_refuse")
    guard("ledger_tile", "grows", "BEFORE UPDATE", "ROW", "guard_tile")
    function(
        "guard_log",
        f"IF {MOVED} OR (OLD.closed_at IS NULL AND (({GROWS}) OR ({KEPT}))) IS NOT TRUE THEN "
        "RAISE EXCEPTION 'ledger_log only goes on and is never changed'; END IF; RETURN NEW;",
    )
    op.execute("DROP TRIGGER guard_ledger_log_refuse ON ledger_log")
    guard("ledger_log", "refuse", "BEFORE DELETE", "ROW", "guard_refuse")
    guard("ledger_log", "grows", "BEFORE UPDATE", "ROW", "guard_log")


def function(name: str, body: str) -> None:
    op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$")


def guard(table: str, name: str, when: str, each: str, does: str) -> None:
    op.execute(f"CREATE TRIGGER guard_{table}_{name} {when} ON {table} FOR EACH {each} EXECUTE FUNCTION {does}()")
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER guard_{table}_{name}")


def downgrade() -> None:
    sealed = " UNION ALL ".join(f"SELECT 1 FROM {table}" for table in ("ledger_leaf", "ledger_checkpoint", "ledger_anchor"))
    if op.get_bind().scalar(sa.text(f"SELECT EXISTS ({sealed})")):
        message = "the ledger of this database is sealed; it holds evidence and is not taken down"
        raise RuntimeError(message)
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    op.execute(f"DROP TRIGGER guard_ledger_log_{'update' if on_sqlite else 'grows ON ledger_log'}")
    op.drop_index(op.f("ix_ledger_anchor_log_id_kind_size"), table_name="ledger_anchor")
    for table in ("ledger_anchor", "ledger_checkpoint", "ledger_tile", "ledger_leaf"):
        op.drop_table(table)
    for column in ("closed_at", "root", "size"):
        op.drop_column("ledger_log", column)
    if on_sqlite:
        refuse("ledger_log", "update", "UPDATE", "1")
        return
    op.execute("DROP TRIGGER guard_ledger_log_refuse ON ledger_log")
    guard("ledger_log", "refuse", "BEFORE UPDATE OR DELETE", "ROW", "guard_refuse")
    op.execute("DROP FUNCTION guard_tile()")
    op.execute("DROP FUNCTION guard_log()")
