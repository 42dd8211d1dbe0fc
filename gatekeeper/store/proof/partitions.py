"""The ledger's partitions on PostgreSQL: made ahead, guarded each by itself, and watched.

An entry whose id no partition takes cannot be written, and then nothing is given out. So there are always some ahead. What guards
the ledger is repeated on each: PostgreSQL copies row triggers to a new partition, but as ordinary ones, which a replication role
skips, and it does not copy the trigger against TRUNCATE at all.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, text

ROWS = 10_000_000
AHEAD = 8
"""How many partitions are kept beyond the one that is being written."""
FEWEST = 2
"""With fewer than this beyond the current one, somebody must be told."""

_PARTITIONS = text(
    "SELECT child.relname FROM pg_catalog.pg_inherits JOIN pg_catalog.pg_class child ON child.oid = inhrelid "
    "WHERE inhparent = 'ledger_entry'::regclass ORDER BY child.relname"
)
_LAST_ID = text("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM ledger_entry_id_seq")
_UNGUARDED = text(
    """
    SELECT part.relname, wanted.tgname, wanted.tgtype FROM pg_catalog.pg_inherits
    JOIN pg_catalog.pg_class part ON part.oid = inhrelid
    JOIN pg_catalog.pg_trigger wanted ON wanted.tgrelid = inhparent AND NOT wanted.tgisinternal
    WHERE inhparent = 'ledger_entry'::regclass AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_trigger own WHERE own.tgrelid = part.oid AND own.tgenabled = 'A'
        AND own.tgfoid = wanted.tgfoid AND own.tgtype = wanted.tgtype
    ) ORDER BY 1, 2
    """
)
_OWNER = text("SELECT quote_ident(pg_get_userbyid(relowner)) FROM pg_catalog.pg_class WHERE oid = 'ledger_entry'::regclass")
_TRUNCATE = 32
"""The bit of ``pg_trigger.tgtype`` that says TRUNCATE."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """How far the ledger's partitions reach. ``unguarded`` names partitions that lack a guard of the ledger's."""

    partitions: int
    last_id: int
    end: int
    unguarded: tuple[str, ...]

    @property
    def ids_left(self) -> int:
        """How many entries can still be written."""
        return max(self.end - 1 - self.last_id, 0)

    @property
    def ahead(self) -> int:
        """How many partitions stand empty beyond the one being written."""
        return max((self.end - 1) // ROWS - max(self.last_id, 1) // ROWS, 0)

    @property
    def is_well(self) -> bool:
        """Whether nobody needs to do anything."""
        return self.ahead >= FEWEST and not self.unguarded


def state(connection: Connection) -> State:
    """Look at the partitions as they are."""
    names = list(connection.execute(_PARTITIONS).scalars())
    end = max((int(name.removeprefix("ledger_entry_p")) + 1 for name in names), default=0) * ROWS
    last_id = connection.execute(_LAST_ID).scalar_one()
    unguarded = sorted({row.relname for row in connection.execute(_UNGUARDED)})
    return State(partitions=len(names), last_id=last_id, end=end, unguarded=tuple(unguarded))


def ensure(connection: Connection, ahead: int = AHEAD) -> list[str]:
    """Make what is missing, and guard what is not guarded; return the new partitions. Only the tables' owner can."""
    before = state(connection)
    wanted = max(before.last_id, 1) // ROWS + 1 + ahead
    names = [f"ledger_entry_p{number:04}" for number in range(before.end // ROWS, wanted)]
    owner = connection.execute(_OWNER).scalar_one()
    for name in names:
        number = int(name.removeprefix("ledger_entry_p"))
        connection.execute(
            text(f"CREATE TABLE {name} PARTITION OF ledger_entry FOR VALUES FROM ({number * ROWS}) TO ({(number + 1) * ROWS})")
        )
        connection.execute(text(f"ALTER TABLE {name} OWNER TO {owner}"))
    for part, trigger, kind in list(connection.execute(_UNGUARDED)):
        if kind & _TRUNCATE:
            guard = f"guard_{part}_truncate"
            does = "FOR EACH STATEMENT EXECUTE FUNCTION guard_refuse()"
            connection.execute(text(f"CREATE OR REPLACE TRIGGER {guard} BEFORE TRUNCATE ON {part} {does}"))
        else:
            guard = trigger
        connection.execute(text(f"ALTER TABLE {part} ENABLE ALWAYS TRIGGER {guard}"))
    return names
