"""What the roles of PostgreSQL hold now, beside what they should: somebody may have granted by hand, or an upgrade added tables.

Only the catalogues are read, and nothing is locked: a monitor may look as often as it likes.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, text

from gatekeeper.rules.errors import N_
from gatekeeper.store.roles import OWNER, RIGHTS, ROLES, counter_of, rights_of

MISSING = N_("%(role)s lacks %(right)s on %(what)s.")
TOO_MUCH = N_("%(role)s may %(right)s on %(what)s, and should not.")
ABSENT = N_("The role %(role)s is not there.")
SIGNS_IN = N_("%(role)s can sign in, or is a superuser, and should not.")
OWNED = N_("%(what)s belongs to %(role)s, and should to %(owner)s.")

_HERE = "relnamespace = current_schema()::regnamespace"
_HELD = f"""
    SELECT relname, coalesce(rolname, 'PUBLIC'), privilege_type, NULL
    FROM pg_class, aclexplode(relacl) LEFT JOIN pg_roles ON pg_roles.oid = grantee WHERE {_HERE} AND relkind IN ('r', 'p', 'S')
    UNION ALL
    SELECT relname, coalesce(rolname, 'PUBLIC'), privilege_type, attname
    FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid, aclexplode(attacl) LEFT JOIN pg_roles ON pg_roles.oid = grantee
    WHERE {_HERE} AND relkind IN ('r', 'p')
    UNION ALL
    SELECT proname, 'PUBLIC', 'EXECUTE', NULL FROM pg_proc
    WHERE pronamespace = current_schema()::regnamespace AND proname LIKE 'guard\\_%'
    AND (proacl IS NULL OR EXISTS (SELECT FROM aclexplode(proacl) WHERE grantee = 0))
"""  # noqa: S608  (words of our own)
_OWNERS = f"""
    SELECT relname, pg_get_userbyid(relowner) FROM pg_class WHERE {_HERE} AND relkind IN ('r', 'p')
    UNION ALL
    SELECT proname, pg_get_userbyid(proowner) FROM pg_proc
    WHERE pronamespace = current_schema()::regnamespace AND proname LIKE 'guard\\_%'
"""  # noqa: S608
_ROLES = "SELECT rolname, rolcanlogin OR rolsuper AS signs_in FROM pg_roles WHERE rolname LIKE 'gk\\_%'"

Right = tuple[str, str, str, str | None]
"""Of what (table, sequence, function), who, which right, on which column."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which a role is not as it should be: a sentence, and what belongs in it."""

    sentence: str
    values: dict[str, str]


def differences(connection: Connection) -> list[Difference]:
    """Everything that is missing and everything that is too much; empty when the roles are as this version needs them."""
    roles = {row.rolname: row.signs_in for row in connection.execute(text(_ROLES))}
    found = [Difference(ABSENT, {"role": each}) for each in ROLES if each not in roles]
    found += [Difference(SIGNS_IN, {"role": each}) for each in ROLES if roles.get(each)]
    held: set[Right] = {(row[0], row[1], row[2], row[3]) for row in connection.execute(text(_HELD))}
    ours = {each for each in held if each[1] in {"PUBLIC", *ROLES[1:]}}
    wanted = set(_wanted())
    found += [_told(MISSING, each) for each in sorted(wanted - ours, key=str)]
    found += [_told(TOO_MUCH, each) for each in sorted(ours - wanted, key=str)]
    owners = connection.execute(text(_OWNERS)).all()
    found += [
        Difference(OWNED, {"what": what, "role": owner, "owner": OWNER}) for what, owner in sorted(owners) if owner != OWNER
    ]
    return found


def _wanted() -> Iterator[Right]:
    for name, roles in RIGHTS.items():
        for role, may in roles.items():
            for right, columns in rights_of(name, role, may):
                yield from ((name, role, right, column) for column in columns or (None,))
            if may.insert and (counter := counter_of(name)):
                yield counter[1], role, counter[0], None


def _told(sentence: str, each: tuple[str, str, str, str | None]) -> Difference:
    what, role, right, column = each
    return Difference(sentence, {"role": role, "right": right, "what": f"{what}.{column}" if column else what})
