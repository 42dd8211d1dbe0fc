"""Who may do what in PostgreSQL: one table, from which the grants are written.

1. Nobody who serves owns anything: ``gk_owner`` owns the tables and cannot sign in. Only owners can drop a guard.
2. ``gk_app`` writes what people do, ``gk_sealer`` extends the tree, ``gk_privacy`` erases what was kept long enough,
   ``gk_auditor`` reads. Login names are the operator's own, and members of these.
3. A right that is not in the table is not granted, and a table that is not in it stops the tests.
4. PostgreSQL asks for a right to update before it lets a row be locked. Where rows are only locked, that right is given for the
   column in which nothing can be changed, since a guard refuses every update of these tables.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, text

from gatekeeper.store.schema import metadata

OWNER, APP, SEALER, AUDITOR, PRIVACY = ROLES = ("gk_owner", "gk_app", "gk_sealer", "gk_auditor", "gk_privacy")


@dataclass(frozen=True, slots=True, kw_only=True)
class May:
    """What one role may do with one table. ``update`` names columns; ``lock`` is the column of rule 4."""

    read: bool = True
    insert: bool = False
    update: tuple[str, ...] = ()
    delete: bool = False
    lock: str = ""


_READ, _ADD = May(), May(insert=True)

_WRITTEN_ONCE = (
    *("acknowledgement", "bookmark", "classification", "finding", "grading", "mandate", "privacy_acceptance"),
    *("privacy_notice", "publication", "release", "report_file", "report_version", "role_grant", "settlement", "standing"),
    *("privacy_notice", "publication", "release", "report_version", "role_grant", "settlement", "standing"),
    *("report_fingerprint", "settlement_end"),
    *("assessment", "assessment_acknowledgement", "assessment_page", "assessment_result", "declaration_check"),
    *("paper_assessment", "paper_scan", "paper_scan_end"),
    *("professional_application", "professional_evidence", "professional_figures"),
    *("professional_proposal", "professional_step", "professional_test"),
    *("evidence_file", "legal_hold", "notice_acknowledgement", "objectives", "rematch", "reminder", "words"),
    *("import_result", "import_row", "import_step"),
    *("received_report", "subscription"),
    *("access_answer", "api_scope", "api_token", "api_token_end"),
)
_LOCKED = (
    "access_request",
    "api_client",
    "declaration",
    "investor",
    "notice",
    "people_import",
    "policy",
    "questionnaire",
    "report",
    "served_statement",
    "statement",
)
_DECIDED = ("state", "decided_by", "decided_at", "decided_reason", "decided_entry_id")
_SENT = ("state", "proposals", "tries", "due_at", "ended_at")
_DELIVERED = ("state", "tries", "due_at", "changed_at", "why", "call_back_id", "last_entry_id")
_SPREAD = ("total", "state", "halted_by", "mail_due_at", "ended_at", "totals", "last_entry_id")
_RECEIVED = ("initiative", "state", "reason", "tries", "due_at", "changed_at", "why", "decided_entry_id", "last_entry_id")
_TRIED = ("failures", "last_failed_at", "locked_until", "recorded")

RIGHTS: Mapping[str, Mapping[str, May]] = {
    **{name: {APP: _ADD, AUDITOR: _READ} for name in _WRITTEN_ONCE},
    **{name: {APP: May(insert=True, lock="entry_id"), AUDITOR: _READ} for name in _LOCKED},
    "person": {APP: May(insert=True, update=("password_hash",)), AUDITOR: _READ},
    "login_session": {
        APP: May(insert=True, update=("last_seen", "ended_at", "investor_id", "privacy_due")),
        AUDITOR: _READ,
    },
    "one_time_link": {APP: May(insert=True, update=("ends_at", "used_at")), AUDITOR: _READ},
    "api_budget": {APP: May(insert=True, update=("minute", "taken")), AUDITOR: _READ},
    "idempotency_key": {APP: May(insert=True, delete=True), AUDITOR: _READ},
    "api_use": {APP: May(insert=True, update=("last_at",)), AUDITOR: _READ},
    "proposal": {APP: May(insert=True, update=_DECIDED), AUDITOR: _READ},
    "job": {APP: May(insert=True, update=("seen_at", "done", "total", "ended_at", "failed")), AUDITOR: _READ},
    "mail_address": {APP: May(insert=True, update=("address",), delete=True), AUDITOR: _READ},
    "outbox": {APP: May(insert=True, update=_SENT, delete=True), AUDITOR: _READ},
    "notice_queue": {APP: May(insert=True, update=("notice_id",), delete=True), AUDITOR: _READ},
    "address_confirmation": {APP: May(insert=True, update=("ends_at", "sent_at", "sent_entry_id", "used_at")), AUDITOR: _READ},
    "delivery": {APP: May(insert=True, update=_DELIVERED), AUDITOR: _READ},
    "distribution": {APP: May(insert=True, update=_SPREAD), AUDITOR: _READ},
    "distribution_recipient": {APP: May(insert=True, update=_RECEIVED), AUDITOR: _READ},
    "call_back": {APP: May(insert=True, update=("done_at", "done_by", "done_entry_id")), AUDITOR: _READ},
    **{name: {APP: _ADD} for name in ("report_content", "report_index")},  # what a report says takes a permit, never this way
    "report_content": {APP: _ADD},  # what a report says is given out with a permit, and never by this way
    "reading_part": {APP: May(insert=True, update=("last_at",), delete=True), AUDITOR: _READ},
    "saved_view": {APP: May(insert=True, delete=True), AUDITOR: _READ},
    "sign_in_attempt": {APP: May(insert=True, update=_TRIED, delete=True), AUDITOR: _READ},
    # the ledger
    "ledger_entry": {APP: _ADD, SEALER: _READ, AUDITOR: _READ, PRIVACY: _READ},
    "ledger_answer": {APP: _ADD, AUDITOR: _READ, PRIVACY: _READ},
    "ledger_private": {APP: _ADD, AUDITOR: _READ, PRIVACY: May(delete=True)},
    "ledger_pending": {APP: _READ, SEALER: May(delete=True), AUDITOR: _READ},
    "ledger_log": {APP: _READ, SEALER: May(update=("size", "root", "closed_at")), AUDITOR: _READ, PRIVACY: _READ},
    "ledger_leaf": {APP: _READ, SEALER: _ADD, AUDITOR: _READ},
    "ledger_tile": {APP: _READ, SEALER: May(insert=True, update=("hashes",)), AUDITOR: _READ},
    "ledger_checkpoint": {APP: _READ, SEALER: _ADD, AUDITOR: _READ},
    "ledger_anchor": {APP: _READ, SEALER: _ADD, AUDITOR: _READ},
    "ledger_counted": {APP: _READ, SEALER: May(insert=True, update=("size",), delete=True), AUDITOR: _READ},
    "ledger_daily": {APP: _READ, SEALER: May(insert=True, update=("number",), delete=True), AUDITOR: _READ},
    "ledger_erasure": {APP: _READ, AUDITOR: _READ, PRIVACY: _ADD},
    "alembic_version": {APP: _READ, SEALER: _READ, AUDITOR: _READ, PRIVACY: _READ},
}
"""Every table, and what each role may do with it. ``gk_owner`` owns them all."""

HIDDEN = {
    "person": ("password_hash",),
    "address_confirmation": ("token_hash",),
    "api_token": ("token_hash",),
    "login_session": ("token_hash",),
    "one_time_link": ("token_hash",),
}
"""What an auditor has no need to see: with it one could sign in, or try passwords at leisure."""

CHOSEN_BY_THE_DATABASE = {"ledger_entry": ("id",)}
"""Columns that nobody but the database fills: with ``OVERRIDING SYSTEM VALUE`` whoever may insert them could choose an id."""


def statements(schema: str) -> list[str]:
    """Everything that makes the roles and their rights, in order; done again it changes nothing."""
    return [*_roles(), *_ownership(schema), *_cleared(schema), *_granted(schema)]


def apply(connection: Connection) -> int:
    """Make the roles and their rights in this database; return how many statements that took."""
    found = statements(schema_of(connection))
    for each in found:
        connection.execute(text(each.replace(":", r"\:")))
    return len(found)


def schema_of(connection: Connection) -> str:
    """The schema in which the tables are, quoted."""
    name: str = connection.execute(text("SELECT quote_ident(current_schema())")).scalar_one()
    return name


def _roles() -> Iterator[str]:
    for role in ROLES:
        exists = f"SELECT FROM pg_catalog.pg_roles WHERE rolname = '{role}'"
        yield f"DO $$ BEGIN IF NOT EXISTS ({exists}) THEN CREATE ROLE {role} NOLOGIN; END IF; END $$"
        yield f"ALTER ROLE {role} NOLOGIN"


def _ownership(schema: str) -> Iterator[str]:
    """Tables with their partitions and sequences, and the functions of the guards."""
    yield f"GRANT USAGE, CREATE ON SCHEMA {schema} TO {OWNER}"
    for name in _tables():
        yield f"ALTER TABLE {schema}.{name} OWNER TO {OWNER}"
    parts = f"pg_catalog.pg_inherits WHERE inhparent = '{schema}.ledger_entry'::regclass"
    guards = f"pg_catalog.pg_proc WHERE pronamespace = '{schema}'::regnamespace AND proname LIKE 'guard\\_%'"
    yield _for_each(f"inhrelid::regclass AS name FROM {parts}", f"'ALTER TABLE %s OWNER TO {OWNER}'")
    yield _for_each(f"oid::regprocedure AS name FROM {guards}", f"'ALTER FUNCTION %s OWNER TO {OWNER}'")


def _cleared(schema: str) -> Iterator[str]:
    """What was granted before, to these roles or to everybody. The rights on single columns go with those on their table."""
    others = ", ".join(("PUBLIC", *ROLES[1:]))
    yield f"REVOKE ALL ON SCHEMA {schema} FROM {others}"
    for kind in ("TABLES", "SEQUENCES", "FUNCTIONS"):
        yield f"REVOKE ALL ON ALL {kind} IN SCHEMA {schema} FROM {others}"


def _granted(schema: str) -> Iterator[str]:
    yield f"GRANT USAGE ON SCHEMA {schema} TO {', '.join(ROLES[1:])}"
    for name in _tables():
        for role, may in RIGHTS.get(name, {}).items():
            found = rights_of(name, role, may)
            rights = ", ".join(f"{right} ({_list(columns)})" if columns else right for right, columns in found)
            yield f"GRANT {rights} ON {schema}.{name} TO {role}"
            if may.insert and (counter := counter_of(name)):
                yield f"GRANT {counter[0]} ON SEQUENCE {schema}.{counter[1]} TO {role}"


def _tables() -> list[str]:
    """The tables of this version."""
    return sorted({*metadata.tables, "alembic_version"})


def rights_of(name: str, role: str, may: May) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each right on a table, and on which of its columns; without columns it is on the whole table."""
    table = metadata.tables.get(name)
    columns = [column.name for column in table.columns] if table is not None else []
    if may.read:
        hidden = HIDDEN.get(name, ()) if role == AUDITOR else ()
        yield "SELECT", tuple(each for each in columns if each not in hidden) if hidden else ()
    if may.insert:
        chosen = CHOSEN_BY_THE_DATABASE.get(name, ())
        yield "INSERT", tuple(each for each in columns if each not in chosen) if chosen else ()
    if changed := (*may.update, *([may.lock] if may.lock else [])):
        yield "UPDATE", changed
    if may.delete:
        yield "DELETE", ()


def _list(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def counter_of(name: str) -> tuple[str, str] | None:
    """The right on the sequence that numbers a table's rows, and its name. Of the ledger's own only the last may be read."""
    if name in CHOSEN_BY_THE_DATABASE:
        return "SELECT", f"{name}_id_seq"
    table = metadata.tables[name]
    column = table.autoincrement_column
    return ("USAGE", f"{name}_{column.name}_seq") if column is not None and len(table.primary_key) == 1 else None


def _for_each(found: str, command: str) -> str:
    return (
        f"DO $$ DECLARE each record; BEGIN FOR each IN SELECT {found} LOOP EXECUTE format({command}, each.name); END LOOP; END $$"
    )
