"""What the work process does with a file that was handed in: rows are judged and kept a piece at a time, then counted."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.acts import importing
from gatekeeper.ledger.caller import Caller
from gatekeeper.rules.changes import CategoryChange, Change, ClassChange, name_of
from gatekeeper.rules.errors import N_, Conflict, Fault
from gatekeeper.rules.events import Kind
from gatekeeper.rules.importing.cells import Row, Stated, read
from gatekeeper.rules.importing.judging import Earlier, Judged, Known, Pair, Verdict, facts_of, judge
from gatekeeper.store.base import new_id
from gatekeeper.store.clients import import_batch, imports, investors
from gatekeeper.store.clients.imports import Step

PIECE = 500
"""So many rows are looked up and kept at once."""
_LONGEST_CODE = 80
_OTHER_DOES = N_("Another process works on this import.")
_NOWHERE = "-"
_SYSTEM = Caller(actor="system", channel="work")


def look(connection: Connection, found: Any, rows: Sequence[Row], zone: tzinfo, now: datetime) -> list[dict[str, Any]]:
    """Judge a piece of a file against what is on file and against its earlier rows; return the rows as they are kept."""
    said = [(row, *read(row)) for row in rows]
    desk = _Desk(connection, found, [stated for _, stated, _ in said], now)
    return [desk.judged(row, stated, faults, zone) for row, stated, faults in said]


class _Desk:
    """A piece of a file beside all that is known about its rows, read in as many statements for five hundred as for one."""

    def __init__(self, connection: Connection, found: Any, said: Sequence[Stated], now: datetime) -> None:
        numbers = {each.client_number for each in said if each.client_number}
        logins = {each.login for each in said if each.login}
        self._import, self._now = found, now
        self._investors = import_batch.investors_by_number(connection, numbers)
        self._accounts = import_batch.accounts_by_login(connection, logins, now)
        self._firsts = imports.firsts(connection, found.id, numbers, logins)
        ids = [row.id for row in self._investors.values()]
        self._acting = investors.acting_for(connection, ids, now)
        self._on_file = import_batch.on_file(connection, ids, now)

    def judged(self, row: Row, stated: Stated, faults: Sequence[Fault], zone: tzinfo) -> dict[str, Any]:
        """Judge one row, and remember it for those after it."""
        known = self._known(stated)
        found = judge(stated, faults, (new_id(), new_id()), known, zone, self._now)
        kept = _kept(self._import, row, stated, known, found)
        number, login, remembered = kept["client_number"], stated.login, SimpleNamespace(**kept)
        self._firsts.of_number.setdefault(number, remembered)
        self._firsts.of_both.setdefault((number, login), row.number)
        if login and found.verdict is not Verdict.REFUSED:
            self._firsts.of_login.setdefault(login, remembered)
        return kept

    def _known(self, stated: Stated) -> Known:
        number = stated.client_number or ""
        investor, account = self._investors.get(number), self._accounts.get(stated.login or "")
        first, named = self._firsts.of_number.get(number), self._firsts.of_login.get(stated.login or "")
        person = account.id if account is not None else named.about_person if named is not None else None
        return Known(
            investor=investor,
            account=account,
            earlier=_earlier(first) if first is not None else None,
            repeats=self._firsts.of_both.get((number, stated.login)),
            person=person,
            named=json.loads(named.content)["person"] if named is not None else None,
            on_file=import_batch.facts_of(self._on_file, investor.id, person) if investor is not None else {},
            mine=investor is not None and self._import.asked_by in self._acting.get(investor.id, ()),
        )


def _earlier(row: Any) -> Earlier:
    return Earlier(row.number, json.loads(row.content)["facts"], row.login, row.about_investor)


def _kept(found: Any, row: Row, stated: Stated, known: Known, judged: Judged) -> dict[str, Any]:
    """A row as it is kept, with the digest over all of it."""
    name = known.account.name if known.account is not None else stated.person or stated.name
    content = {
        "cells": {key: text.strip() for key, text in row.cells.items() if text.strip()},
        "faults": [
            [fault.message, fault.field, {key: str(value) for key, value in fault.values.items()}] for fault in judged.faults
        ],
        "facts": facts_of(stated),
        "name": known.investor.name if known.investor is not None else stated.name,
        "on_file": known.investor is not None,
        "person": name if stated.login else None,
        "opens": {"kind": stated.kind, "name": stated.name} if judged.verdict is Verdict.NEW else None,
        "evidence": stated.evidence or "",
        "pairs": [pair.to_data() for pair in judged.pairs],
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    number = (stated.client_number or row.cells.get("client_number", "")).strip()[:_LONGEST_CODE]
    about = judged.investor, judged.person
    return {
        "import_id": found.id,
        "number": row.number,
        "client_number": number,
        "login": stated.login,
        "verdict": judged.verdict.value,
        "lowers": judged.lowers,
        "raises": judged.raises,
        "apart": judged.apart,
        "about_investor": about[0],
        "about_person": about[1],
        "content": text,
        "digest": importing.digest_of_row(row.number, judged.verdict, text, *about, number, stated.login),
        "entry_id": found.entry_id,
    }


def keep(connection: Connection, id_: str, rows: Sequence[dict[str, Any]]) -> None:
    """Keep a piece of rows that were judged, unless another process has been quicker."""
    imports.get(connection, id_, for_update=True)
    if rows and imports.last_number(connection, id_) >= rows[0]["number"]:
        raise Conflict(_OTHER_DOES)
    imports.put_rows(connection, rows)


def summary(connection: Connection, id_: str) -> dict[str, Any]:
    """What an import comes to: counts, the digest of what raises, and how many rows go from which class and category to which."""
    counts = imports.counts(connection, id_)
    moves: dict[str, Counter[str]] = {"class": Counter(), "category": Counter(), "lowest": Counter()}
    after = 0
    while rows := imports.changing(connection, id_, after, PIECE):
        for row in rows:
            for pair in map(Pair.from_data, json.loads(row.content)["pairs"]):
                fact = name_of(pair.after)
                if fact in moves:
                    moves[fact][f"{_place(pair.before)}>{_place(pair.after)}"] += 1
        after = rows[-1].number
    return {
        "rows": counts.rows,
        "verdicts": counts.by_verdict,
        "lowers": counts.lowers,
        "raises": counts.raises,
        "apart": counts.apart,
        "digest": importing.digest_of_raising(connection, id_),
        "moves": {fact: dict(sorted(found.items())) for fact, found in moves.items()},
    }


def _place(change: Change | None) -> str:
    """Where somebody stands in the summary."""
    match change:
        case ClassChange():
            return change.investor_class.value
        case CategoryChange():
            return change.category.name
        case None:
            return _NOWHERE
        case _:
            return str(getattr(change, "lowest", _NOWHERE))


def finish(connection: Connection, id_: str, told: Mapping[str, Any], now: datetime) -> None:
    """Record that every row has its verdict."""
    row = imports.get(connection, id_, for_update=True)
    if Step.CHECKED not in imports.steps(connection, [id_])[id_]:
        data = {"import": id_, "sha256": row.sha256, **told}
        event = _SYSTEM.event(Kind.IMPORT_CHECKED, now, data=data)
        importing.reach(connection, id_, Step.CHECKED, event, told)


def fail(connection: Connection, id_: str, faults: Sequence[Fault], now: datetime) -> None:
    """Record that a file cannot be used, and why. No row of it ever acts."""
    row = imports.get(connection, id_, for_update=True)
    told = [[fault.message, {key: str(value) for key, value in fault.values.items()}] for fault in faults]
    data = {"import": id_, "sha256": row.sha256, "faults": [message for message, _ in told]}
    event = _SYSTEM.event(Kind.IMPORT_FAILED, now, data=data)
    importing.reach(connection, id_, Step.FAILED, event, {"faults": told})
