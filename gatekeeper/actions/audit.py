"""Reading the ledger. The reader of the ledger is in the ledger."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import CODE_LENGTH, Asked
from gatekeeper.rules.errors import N_, Fault, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.roles import Permission
from gatekeeper.store import entries, facts_of, investors, library, proposals, sessions, words
from gatekeeper.store.base import CROCKFORD
from gatekeeper.store.entries import Filter, Match

PAGE = 50
MANY = 20
"""The most people, investors or reports that one search may mean by the same words."""

_READ_AS = str.maketrans("oil", "011", "-\u2010\u2011\u2013 \u3000\t")


def code_of(typed: str) -> str | None:
    """An entry's code as it is kept, from what a person typed: in any case and in groups, o for 0, i or l for 1."""
    code = typed.strip().lower().translate(_READ_AS)
    return code if len(code) == CODE_LENGTH and set(code) <= set(CROCKFORD) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Whom and what a search means, in a person's words. Empty leaves it open."""

    person: str = ""
    investor: str = ""
    report: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the log, names to show beside ids, and whether there is more on either side.

    ``matches`` says what the words of a search were taken to mean. ``faults`` says where they mean nothing or too much; then
    there are no rows.
    """

    rows: list[Any]
    names: dict[str, str]
    titles: dict[str, str]
    has_older: bool
    has_newer: bool
    matches: Mapping[str, list[Match]] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()


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
    if caller.person:
        sessions.require(connection, caller.person, caller.session, Permission.SEARCH_LEDGER, now)
    said = {name: str(value) for name, value in {**asdict(wanted), **_said(named)}.items() if value}
    matches, faults = _meant(connection, named)
    meant: dict[str, Any] = {name: tuple(each.id for each in found) for name, found in matches.items()}
    wanted = replace(wanted, **meant)
    rows = [] if faults else entries.search(connection, wanted, position, limit + 1, newer=newer)
    more = len(rows) > limit
    if more:
        rows = rows[1:] if newer else rows[:limit]
    event = caller.event(
        Kind.LEDGER_SEARCHED,
        now,
        person=None,
        data={"rows": len(rows), "first": rows[0].code if rows else None, "last": rows[-1].code if rows else None},
        private={"filter": json.dumps(said, ensure_ascii=False, sort_keys=True)} if said else {},
    )
    page = Page(
        rows=rows,
        names=_names(connection, rows),
        titles=library.titles(connection, sorted({row.report for row in rows if row.report})),
        has_older=more if not newer else position is not None,
        has_newer=more if newer else position is not None,
        matches=matches,
        faults=faults,
    )
    return Asked(page, (event,))


def _said(named: Named | None) -> dict[str, str]:
    return {name: text for name, text in asdict(named).items() if text} if named else {}


_UNKNOWN = {
    "person": N_("No person has this name, login name or id."),
    "investor": N_("No investor has this name, client number or id."),
    "report": N_("No report has this id, code or title."),
}
_TOO_MANY = N_("More than %(most)s match. Please write more of it.")


def _meant(connection: Connection, named: Named | None) -> tuple[dict[str, list[Match]], tuple[Fault, ...]]:
    """What the words of a search mean, and where they mean nothing or too much."""
    matches: dict[str, list[Match]] = {}
    faults = []
    for name, text in _said(named).items():
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
        else:
            matches[name] = found
    return matches, tuple(faults)


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

    @property
    def title(self) -> str | None:
        """The report's title, where the entry is about one."""
        return self.titles.get(self.row.report)


def read_entry(connection: Connection, caller: Caller, code: str, now: datetime) -> Asked[list[Entry]]:
    """Open the entries that bear a code, with the rows their decision used. An operator reads without a person of ours."""
    if caller.person:
        sessions.require(connection, caller.person, caller.session, Permission.SEARCH_LEDGER, now)
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
    reports = [each[0] for each in data.get("shown", [])] + ([row.report] if row.report else [])
    return Entry(
        row=row,
        leaf=leaf,
        private=entries.private_of(connection, row.id),
        facts=facts,
        words=_words(connection, data, facts),
        policy_text=facts_of.policy_text(connection, row.policy) if row.policy else None,
        codes=codes,
        related={name: codes[id_] for name, id_ in links.items() if id_ in codes},
        names=_names(connection, [row]) | _names_in(connection, data, facts),
        titles=library.titles(connection, reports) if reports else {},
    )


def _words(connection: Connection, data: Mapping[str, Any], facts: list[facts_of.Fact]) -> Any:
    """The words this entry is about: served or accepted by it, or accepted earlier and relied upon."""
    sha256 = data.get("words")
    for fact in facts:
        sha256 = sha256 or fact.values.get("words_sha256")
    return words.words(connection, sha256) if isinstance(sha256, str) else None


def _links(connection: Connection, data: Mapping[str, Any]) -> dict[str, int]:
    """The entries before and after this one in the same matter, by how they hang together."""
    found = {name: data[name] for name in ("served_entry", "proposed_entry") if name in data}
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
    return investors.names(connection, sorted(persons), sorted({row.investor for row in rows if row.investor}))


def _names_in(connection: Connection, data: Mapping[str, Any], facts: list[facts_of.Fact]) -> dict[str, str]:
    """Names for the ids inside an entry's changes and the rows it used."""
    changes = data.get("changes", [])
    persons = {each.get("person") for each in changes} | {fact.values.get("person_id") for fact in facts}
    held = {each.get("investor") for each in changes} | {fact.values.get("investor_id") for fact in facts}
    persons.add(data.get("proposed_by"))
    return investors.names(connection, sorted(filter(None, persons)), sorted(filter(None, held)))
