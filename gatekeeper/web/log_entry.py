"""Everything that one entry of the access log says, in words."""

from base64 import b64encode
from dataclasses import dataclass
from enum import Enum
from typing import Any

from flask import url_for
from markupsafe import Markup

from gatekeeper.actions.audit import Entry
from gatekeeper.ledger.leaf import leaf_hash
from gatekeeper.rules.changes import from_data
from gatekeeper.rules.consent import Asking
from gatekeeper.rules.errors import N_
from gatekeeper.rules.events import Kind
from gatekeeper.rules.risk import Action, Initiative, InvestorKind
from gatekeeper.rules.roles import Role
from gatekeeper.rules.suitability import Outcome, Reason
from gatekeeper.web import context, telling
from gatekeeper.web.telling import Row


def outcome(value: str | None) -> Outcome | None:
    """A stored outcome; one of a newer version is none of ours."""
    return Outcome(value) if value in list(Outcome) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One entry as its page shows it, part by part; rows are labels with values."""

    code: str
    kind: str | None
    outcome: Outcome | None
    general: list[Row]
    decision: list[Row]
    related: list[Row]
    facts: list[tuple[str, list[Row]]]
    changes: list[tuple[str, list[Row]]]
    shown: list[tuple[str, Outcome | None]]
    more: list[Row]
    private: list[Row]
    policy_text: str | None
    words: Any
    proof: list[Row]
    leaf: str


def told(entry: Entry) -> Told:
    """Everything that an entry says, in words."""
    row, data = entry.row, entry.leaf["data"]
    changes = [from_data(each) for each in data.get("changes", [])]
    return Told(
        code=row.code,
        kind=telling.titled(Kind, row.kind),
        outcome=outcome(row.outcome),
        general=_general(entry),
        decision=_decision(entry) if row.outcome or row.policy else [],
        related=[(context.translated(_RELATED[name]), telling.entry_link(code)) for name, code in entry.related.items()],
        facts=[telling.fact(each, entry.names, entry.codes) for each in entry.facts],
        changes=[(telling.title(each), telling.rows(each, entry.names)) for each in changes],
        shown=[(entry.titles.get(report, report), outcome(answer)) for report, answer in data.get("shown", [])],
        more=_more(entry),
        private=_private(entry),
        policy_text=entry.policy_text,
        words=entry.words,
        proof=_proof(entry),
        leaf=row.leaf.decode(),
    )


_RELATED = {
    "served_entry": N_("The statement was shown by"),
    "accepted_entry": N_("The statement was accepted by"),
    "proposed_entry": N_("It was proposed by"),
    "decided_entry": N_("The proposal was ended by"),
}


def _general(entry: Entry) -> list[Row]:
    row, say = entry.row, context.translated
    rows: list[Row] = [
        (say(N_("Time")), telling.seconds(row.at)),
        (say(N_("Recorded at")), telling.seconds(row.recorded_at)),
        (say(N_("Kind")), _linked("kind", row.kind, telling.titled(Kind, row.kind))),
        (say(N_("Done by")), _actor(entry)),
        (say(N_("Person concerned")), _linked("person", row.person, entry.names.get(row.person))),
        (say(N_("Investor")), _linked("investor", row.investor, entry.names.get(row.investor))),
        (say(N_("Report")), _linked("report", row.report, entry.title)),
        (say(N_("Action")), _linked("action", row.action, telling.titled(Action, row.action))),
        (say(N_("Channel")), entry.leaf["data"].get("channel")),
        (say(N_("Request")), _linked("request_id", row.request_id, row.request_id)),
    ]
    return [(label, value) for label, value in rows if value is not None]


def _linked(name: str, id_: str | None, text: str | None) -> Any:
    """What something is called, with the ways to all entries that have it, to all that have not, and to its history."""
    if id_ is None:
        return None
    only: dict[str, Any] = {name: id_}
    out: dict[str, Any] = {f"not_{name}": id_}
    leave = context.translated(N_("Leave out: %(value)s"), value=text or id_)
    ways = Markup('<a href="{}">{}</a>&nbsp;<a class="out no-print" href="{}" aria-label="{}" title="{}">≠</a>').format(
        url_for("compliance.log", **only), text or id_, url_for("compliance.log", **out), leave, leave
    )
    if name not in ("person", "investor", "report"):
        return ways
    history = url_for(f"timelines.{name}", id_=id_)
    return ways + Markup(' <a class="small no-print" href="{}">{}</a>').format(history, context.translated(N_("History")))


def _actor(entry: Entry) -> Any:
    kind, _, id_ = entry.row.actor.partition(":")
    told = telling.actor(entry.row.actor, entry.names)
    return _linked("person", id_, told) if kind == "person" else told


_OBLIGATIONS = {"accept_statement": N_("Accept the statement first"), "watermark": N_("Watermark")}


def _decision(entry: Entry) -> list[Row]:
    row, data, say = entry.row, entry.leaf["data"], context.translated

    def reasons(name: str) -> str | None:
        return context.translated(N_("; ")).join(str(telling.titled(Reason, each)) for each in data.get(name, [])) or None

    obligations = [say(_OBLIGATIONS[each]) if each in _OBLIGATIONS else each for each in data.get("obligations", [])]
    digest = telling.code(row.policy) if row.policy else None
    rows: list[Row] = [
        (say(N_("Outcome")), _linked("outcome", row.outcome, telling.titled(Outcome, row.outcome))),
        (say(N_("Reason")), _linked("reason", row.reason, telling.titled(Reason, row.reason))),
        (say(N_("All reasons")), reasons("reasons")),
        (say(N_("Warnings")), reasons("warnings")),
        (say(N_("Obligations")), context.translated(N_("; ")).join(obligations) or None),
        (say(N_("Initiative")), telling.titled(Initiative, data.get("initiative"))),
        (say(N_("Decided as of")), data.get("as_of")),
        (say(N_("Policy (SHA-256)")), _linked("policy", row.policy, digest)),
    ]
    return [(label, value) for label, value in rows if value is not None]


_TOLD_ELSEWHERE = {
    "channel",
    "facts",
    "initiative",
    "reasons",
    "warnings",
    "obligations",
    "as_of",
    "changes",
    "applies",
    "shown",
    "served_entry",
    "proposed_entry",
}
_DATA = {
    "asking": N_("How it was asked"),
    "end_reached": N_("End reached"),
    "entries": N_("Entries"),
    "findings": N_("Findings"),
    "first": N_("First entry shown"),
    "format": N_("Format"),
    "grade_read": N_("Printed grade"),
    "hidden": N_("Reports hidden"),
    "kind": N_("Kind of investor"),
    "language": N_("Language"),
    "last": N_("Last entry shown"),
    "matching": N_("Entries that match"),
    "notice": N_("Privacy notice"),
    "proposal": N_("Proposal"),
    "purpose": N_("Purpose"),
    "proposed_by": N_("Proposed by"),
    "readings": N_("Decisions made meanwhile"),
    "released_at": N_("Published from"),
    "role": N_("Role"),
    "rows": N_("Entries shown"),
    "serving": N_("Shown as"),
    "sessions": N_("Sessions ended"),
    "sha256": "SHA-256",
    "version": N_("Report version"),
    "words": N_("SHA-256 of the words"),
}
_ENUMS: dict[str, type[Enum]] = {"kind": InvestorKind, "role": Role}
_ASKINGS = {Asking.FULL: N_("In full, with the box to tick"), Asking.LIGHT: N_("By one button")}


def _more(entry: Entry) -> list[Row]:
    """What else the entry says; a member of a newer version is shown under its own name."""
    data = {name: value for name, value in entry.leaf["data"].items() if name not in _TOLD_ELSEWHERE and value is not None}
    return [(context.translated(_DATA.get(name, name)), _datum(name, value, entry)) for name, value in data.items()]


def _datum(name: str, value: Any, entry: Entry) -> Any:
    if name in ("first", "last"):
        return telling.entry_link(value)
    if name == "entries":
        return Markup(" ").join(map(telling.entry_link, value))
    if name == "proposal":
        return Markup('<a class="code" href="{}">{}</a>').format(url_for("proposals.show", proposal=value), value)
    if name == "proposed_by":
        return entry.names.get(value, value)
    if name == "asking" and value in list(Asking):
        return context.translated(_ASKINGS[Asking(value)])
    if name in _ENUMS:
        return telling.titled(_ENUMS[name], value)
    if name in ("serving", "sha256", "version", "words") and isinstance(value, str):
        return telling.code(value)
    return telling.plain(value)


_PRIVATE = {
    "address": N_("Address"),
    "device": N_("Device"),
    "evidence": N_("Evidence"),
    "filter": N_("Filter"),
    "os_user": N_("User of the operating system"),
    "reason": N_("Reason given"),
    "report_asked_for": N_("Report asked for"),
    "view": N_("Name of the view"),
    "words": N_("Words searched for"),
}


def _private(entry: Entry) -> list[Row]:
    """What is kept apart so that it can be erased; of what was erased only the commitment is left."""
    erased = context.translated(N_("Erased"))
    return [
        (context.translated(_PRIVATE.get(name, name)), entry.private.get(name, erased)) for name in sorted(entry.leaf["private"])
    ]


def _proof(entry: Entry) -> list[Row]:
    row, say = entry.row, context.translated
    return [
        (say(N_("Entry number")), str(row.id)),
        (say(N_("Log")), row.log),
        (say(N_("Leaf hash (RFC 6962, SHA-256, base64)")), telling.code(b64encode(leaf_hash(row.leaf)).decode())),
        (say(N_("Written over connection")), telling.code(f"{row.w} · {row.ws}")),
        (say(N_("Leaf hash before it")), telling.code(row.wp) if row.wp else None),
    ]
