"""Reading the ledger. The reader of the ledger is in the ledger."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger import batches
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked
from gatekeeper.rules.errors import N_, Fault, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.reading.codes import code_of
from gatekeeper.rules.roles import Permission
from gatekeeper.store import proposals
from gatekeeper.store.accounts import services, sessions
from gatekeeper.store.clients import facts_of, investors
from gatekeeper.store.proof import entries, retention, views
from gatekeeper.store.proof.entries import Match
from gatekeeper.store.proof.filtering import Filter
from gatekeeper.store.publishing import library
from gatekeeper.store.reading import words

PAGE = 50
MANY = 20
"""The most people, investors or reports that one search may mean by the same words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Whom and what a search means, in a person's words; empty leaves it open. ``excluded`` says whom and what it leaves out."""

    person: str = ""
    investor: str = ""
    report: str = ""
    excluded: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the log, names to show beside ids, and whether there is more on either side.

    ``matches`` says what the words of a search were taken to mean, ``left_out`` the same for what it leaves out. ``faults`` says
    where they mean nothing or too much; then there are no rows. ``views`` are the reader's own saved ones.
    """

    rows: list[Any]
    names: dict[str, str]
    titles: dict[str, str]
    has_older: bool
    has_newer: bool
    matches: Mapping[str, list[Match]] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    left_out: Mapping[tuple[str, str], list[Match]] = field(default_factory=dict)
    views: list[Any] = field(default_factory=list)


def search(
    connection: Connection,
    caller: Caller,
    wanted: Filter,
    position: tuple[datetime, int] | None,
    now: datetime,
    *,
    newer: bool = False,
    limit: int = PAGE,
    named: Named | None = None,
) -> Asked[Page]:
    """Search the log. The filter is private, what came of it is not. ``named`` is looked up and narrows ``wanted``."""
    _admit(connection, caller, now)
    meant = _meant(connection, wanted, named or Named())
    rows = [] if meant.faults else entries.search(connection, meant.wanted, position, limit + 1, newer=newer)
    more = len(rows) > limit
    if more:
        rows = rows[1:] if newer else rows[:limit]
    event = caller.event(
        Kind.LEDGER_SEARCHED,
        now,
        person=None,
        data={"rows": len(rows), "first": rows[0].code if rows else None, "last": rows[-1].code if rows else None},
        private=_said(wanted, named),
    )
    page = Page(
        rows=rows,
        names=_names(connection, rows),
        titles=library.titles(connection, sorted({row.report for row in rows if row.report})),
        has_older=more if not newer else position is not None,
        has_newer=more if newer else position is not None,
        matches=meant.matches,
        faults=meant.faults,
        left_out=meant.left_out,
        views=views.of_person(connection, caller.person) if caller.person else [],
    )
    return Asked(page, (event,))


def _admit(connection: Connection, caller: Caller, now: datetime) -> None:
    """Check the reader again. An operator reads without a person of ours."""
    if caller.person:
        sessions.require(connection, caller.person, caller.session, Permission.SEARCH_LEDGER, now)


def _said(wanted: Filter, named: Named | None) -> dict[str, str]:
    """What was asked, as it is kept apart from the entry: it can hold names."""
    said: dict[str, Any] = {
        name: value if isinstance(value, (str, tuple)) else str(value)
        for name, value in {**asdict(wanted), **(asdict(named) if named else {})}.items()
        if value
    }
    if excluded := [*wanted.excluded, *(named.excluded if named else ())]:
        said["excluded"] = excluded
    return {"filter": json.dumps(said, ensure_ascii=False, sort_keys=True)} if said else {}


_UNKNOWN = {
    "person": N_("No person has this name, login name or id."),
    "investor": N_("No investor has this name, client number or id."),
    "report": N_("No report has this id, code or title."),
}
_TOO_MANY = N_("More than %(most)s match. Please write more of it.")


@dataclass(frozen=True, slots=True)
class _Meant:
    """What a search means once its words are looked up."""

    wanted: Filter
    matches: dict[str, list[Match]]
    left_out: dict[tuple[str, str], list[Match]]
    faults: tuple[Fault, ...]


def _meant(connection: Connection, wanted: Filter, named: Named) -> _Meant:
    """Look up the words of a search, and say where they mean nothing or too much."""
    faults: list[Fault] = []
    words = [(name, getattr(named, name)) for name in _UNKNOWN]
    matches = {name: _matches(connection, name, text, faults) for name, text in words if text}
    left_out = {(name, text): _matches(connection, name, text, faults) for name, text in named.excluded}
    narrowed: dict[str, Any] = {name: tuple(each.id for each in found) for name, found in matches.items()}
    excluded = [(name, each.id) for (name, _), found in left_out.items() for each in found]
    return _Meant(
        replace(wanted, **narrowed, excluded=(*wanted.excluded, *excluded)),
        {name: found for name, found in matches.items() if found},
        left_out,
        tuple(faults),
    )


def _matches(connection: Connection, name: str, text: str, faults: list[Fault]) -> list[Match]:
    if name == "person":
        found = entries.persons_named(connection, text, MANY + 1)
    elif name == "investor":
        found = entries.investors_named(connection, text, MANY + 1)
    else:
        found = entries.reports_named(connection, text, code_of(text), MANY + 1)
    if not found:
        faults.append(Fault(_UNKNOWN[name], field=name))
    elif len(found) > MANY:
        faults.append(Fault(_TOO_MANY, field=name, most=MANY))
        return []
    return found


MOST_EXPORTED = 50_000
_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Plan:
    """What an export would hold: the looked-up filter, which ends at the newest entry of this moment, and how many match it.

    More than ``MOST_EXPORTED`` are counted no further. With ``faults`` nothing can be exported.
    """

    wanted: Filter
    count: int
    faults: tuple[Fault, ...]
    matches: Mapping[str, list[Match]]
    left_out: Mapping[tuple[str, str], list[Match]]

    @property
    def is_too_much(self) -> bool:
        """Whether more match than one file holds."""
        return self.count > MOST_EXPORTED


def plan(connection: Connection, caller: Caller, wanted: Filter, named: Named, now: datetime) -> Plan:
    """Count what an export would hold. Nothing of it may be shown without an entry: ``measure`` or ``exported``."""
    _admit(connection, caller, now)
    meant = _meant(connection, replace(wanted, last_id=entries.newest_id(connection)), named)
    count = 0 if meant.faults else entries.count(connection, meant.wanted, MOST_EXPORTED + 1)
    return Plan(meant.wanted, count, meant.faults, meant.matches, meant.left_out)


def measure(connection: Connection, caller: Caller, wanted: Filter, named: Named, now: datetime) -> Asked[Plan]:
    """Say how many entries match: a search that shows none of them."""
    found = plan(connection, caller, wanted, named, now)
    data = {"rows": 0, "first": None, "last": None, "matching": found.count}
    return Asked(found, (caller.event(Kind.LEDGER_SEARCHED, now, person=None, data=data, private=_said(wanted, named)),))


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some entries of an export, newest first, with what ids stand for."""

    rows: list[Any]
    names: dict[str, str]
    titles: dict[str, str]
    numbers: dict[str, str]


def chunk(connection: Connection, wanted: Filter, position: tuple[datetime, int] | None) -> Chunk:
    """The next entries of an export that ``plan`` admitted. Entries never change, so the pieces are one picture."""
    rows = entries.search(connection, wanted, position, _CHUNK)
    return Chunk(
        rows,
        _names(connection, rows),
        library.titles(connection, sorted({row.report for row in rows if row.report})),
        entries.client_numbers(connection, {row.investor for row in rows if row.investor}),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What a finished file holds."""

    form: str
    rows: int
    first: str | None
    last: str | None
    sha256: str


def exported(connection: Connection, caller: Caller, wanted: Filter, named: Named, sent: Sent, now: datetime) -> Asked[str]:
    """Record an export whose file is made and waits; return the entry's code. No byte may leave before it is durable."""
    _admit(connection, caller, now)
    data = {"format": sent.form, "rows": sent.rows, "first": sent.first, "last": sent.last, "sha256": sent.sha256}
    event = caller.event(Kind.LEDGER_EXPORTED, now, person=None, data=data, private=_said(wanted, named))
    return Asked(event.code, (event,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry with everything its decision used, as far as it is not erased.

    ``codes`` names other entries by their ids, ``related`` says how this one hangs together with them; ``names`` and ``titles``
    tell what ids stand for. ``words`` were served or accepted; under ``policy_text`` it was decided.
    """

    row: Any
    leaf: dict[str, Any]
    private: dict[str, str]
    facts: list[facts_of.Fact]
    words: Any
    policy_text: str | None
    codes: dict[int, str]
    related: dict[str, str]
    names: dict[str, str]
    titles: dict[str, str]
    erased_at: datetime | None = None

    @property
    def title(self) -> str | None:
        """The report's title, where the entry is about one."""
        return self.titles.get(self.row.report)


def read_entry(connection: Connection, caller: Caller, code: str, now: datetime) -> Asked[list[Entry]]:
    """Open the entries that bear a code, with the rows their decision used. An operator reads without a person of ours."""
    _admit(connection, caller, now)
    kept = code_of(code)
    rows = entries.by_code(connection, kept) if kept else []
    if not rows:
        raise NotFound(N_("No entry has the code %(code)s."), code=code[:40])
    found = [_entry(connection, row) for row in rows]
    event = caller.event(Kind.ENTRY_READ, now, person=None, data={"entries": [row.code for row in rows]})
    return Asked(found, (event,))


def _entry(connection: Connection, row: Any) -> Entry:
    leaf = json.loads(row.leaf)
    data = leaf["data"]
    facts = facts_of.rows(connection, data.get("facts", {}))
    links = _links(connection, data)
    codes = entries.codes(
        connection, [*links.values(), *(fact.values["entry_id"] for fact in facts if "entry_id" in fact.values)]
    )
    private = entries.private_of(connection, row.id)
    asked = entries.ids_asked(private.get("filter", ""))
    reports = [each[0] for name in ("shown", "opened_last") for each in data.get(name, [])] + asked.get("report", [])
    reports += [row.report] if row.report else []
    persons, holders, asked_about = batches.about(data) if row.kind in batches.KINDS else ([], [], [])
    return Entry(
        row=row,
        leaf=leaf,
        private=private,
        facts=facts,
        words=_words(connection, data, facts),
        policy_text=facts_of.policy_text(connection, row.policy) if row.policy else None,
        codes=codes,
        related={name: codes[id_] for name, id_ in links.items() if id_ in codes},
        names=_names(connection, [row])
        | _names_in(connection, data, facts)
        | investors.names(connection, [*asked.get("person", []), *persons], [*asked.get("investor", []), *holders]),
        titles=library.titles(connection, [*reports, *asked_about]) if reports or asked_about else {},
        erased_at=retention.erased_at(connection, row.id),
    )


def _words(connection: Connection, data: Mapping[str, Any], facts: list[facts_of.Fact]) -> Any:
    """The words this entry is about: served or accepted by it, or accepted earlier and relied upon."""
    sha256 = data.get("words")
    for fact in facts:
        sha256 = sha256 or fact.values.get("words_sha256")
    return words.words(connection, sha256) if isinstance(sha256, str) else None


def _links(connection: Connection, data: Mapping[str, Any]) -> dict[str, int]:
    """The entries before and after this one in the same matter, by how they hang together."""
    found = {name: data[name] for name in ("served_entry", "proposed_entry", "issued_entry") if name in data}
    if "serving" in data and "served_entry" not in data:
        accepted = words.acceptance_of(connection, data["serving"])
        found |= {"accepted_entry": accepted.entry_id} if accepted else {}
    if "proposal" in data and "proposed_entry" not in data:
        ended = proposals.get(connection, data["proposal"])
        found |= {"decided_entry": ended.decided_entry_id} if ended and ended.decided_entry_id else {}
    return found


def _names(connection: Connection, rows: list[Any]) -> dict[str, str]:
    actors = {row.actor.removeprefix("person:") for row in rows if row.actor.startswith("person:")}
    persons = {row.person for row in rows if row.person} | actors
    found = investors.names(connection, sorted(persons), sorted({row.investor for row in rows if row.investor}))
    systems = {row.actor.removeprefix("service:") for row in rows if row.actor.startswith("service:")}
    return found | (services.names(connection, systems) if systems else {})


def _names_in(connection: Connection, data: Mapping[str, Any], facts: list[facts_of.Fact]) -> dict[str, str]:
    """Names for the ids inside an entry's changes and the rows it used."""
    changes = data.get("changes", [])
    persons = {each.get("person") for each in changes} | {fact.values.get("person_id") for fact in facts}
    held = {each.get("investor") for each in changes} | {fact.values.get("investor_id") for fact in facts}
    persons.add(data.get("proposed_by"))
    systems = {each.get("service") for each in (*changes, data)} - {None}
    found = investors.names(connection, sorted(filter(None, persons)), sorted(filter(None, held)))
    return found | (services.names(connection, systems) if systems else {})
