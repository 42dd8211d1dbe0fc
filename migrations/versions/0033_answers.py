"""Whom each answer of an entry that holds several concerns; filled from the entries that are there."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0033_answers"
down_revision = "0032_services"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
KEY = sa.String(length=26)
TABLE = "ledger_answer"
KINDS = ("letters.attempted", "report.distributed")
SAME = "entry_id = NEW.entry_id AND number = NEW.number"


def upgrade() -> None:
    made = op.create_table(
        TABLE,
        sa.Column("entry_id", BIG, autoincrement=False, nullable=False),
        sa.Column("number", BIG, autoincrement=False, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("person", KEY, nullable=True),
        sa.Column("investor", KEY, nullable=True),
        sa.Column("report", KEY, nullable=True),
        sa.Column("action", sa.String(length=16), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("entry_id", "number", name=op.f("pk_ledger_answer")),
    )
    for name in ("person", "investor", "report"):
        op.create_index(op.f(f"ix_ledger_answer_{name}_at_entry_id"), TABLE, [name, "at", "entry_id"])
    fill(made)
    guard_sqlite() if op.get_bind().dialect.name == "sqlite" else guard_postgresql()


def fill(made: sa.Table) -> None:
    """An entry at a time: what its leaf says of each recipient."""
    entry = sa.table("ledger_entry", sa.column("id"), sa.column("at", TIME), sa.column("kind"), sa.column("leaf"))
    bind, last = op.get_bind(), 0
    while True:
        query = sa.select(entry.c.id, entry.c.at, entry.c.leaf).where(entry.c.kind.in_(KINDS), entry.c.id > last)
        rows = list(bind.execute(query.order_by(entry.c.id).limit(100)))
        if not rows:
            return
        last = rows[-1].id
        for row in rows:
            if found := answers(json.loads(row.leaf)):
                bind.execute(sa.insert(made), [{"entry_id": row.id, "at": row.at, **each} for each in found])


def answers(leaf: dict[str, Any]) -> list[dict[str, Any]]:
    data, found = leaf["data"], []
    for number, (_number, person, investor, place, _ids) in enumerate(data["answers"]):
        _initiative, outcome, reasons, *_rest = data["verdicts"][place]
        whose = {"person": person, "investor": investor, "report": leaf["report"], "action": leaf["action"]}
        found.append({"number": number, **whose, "outcome": outcome, "reason": reasons[0] if reasons else None})
    return found


def guard_sqlite() -> None:
    again = f"EXISTS (SELECT 1 FROM {TABLE} WHERE {SAME})"
    for name, verb, when in (("delete", "DELETE", "1"), ("update", "UPDATE", "1"), ("replace", "INSERT", again)):
        refuse = f"SELECT RAISE(ABORT, '{TABLE} is never changed')"
        op.execute(f"CREATE TRIGGER guard_{TABLE}_{name} BEFORE {verb} ON {TABLE} WHEN {when} BEGIN {refuse}; END")


def guard_postgresql() -> None:
    """The function is that of the first migration."""
    for name, when, each in (("refuse", "BEFORE UPDATE OR DELETE", "ROW"), ("truncate", "BEFORE TRUNCATE", "STATEMENT")):
        op.execute(f"CREATE TRIGGER guard_{TABLE}_{name} {when} ON {TABLE} FOR EACH {each} EXECUTE FUNCTION guard_refuse()")
        op.execute(f"ALTER TABLE {TABLE} ENABLE ALWAYS TRIGGER guard_{TABLE}_{name}")


def downgrade() -> None:
    if op.get_bind().scalar(sa.text(f"SELECT EXISTS (SELECT 1 FROM {TABLE})")):
        message = "this database holds whom answers concern: it is not taken down"
        raise RuntimeError(message)
    op.drop_table(TABLE)
