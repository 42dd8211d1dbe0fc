"""Everything that one entry of the access log says, in words."""

from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from flask import url_for
from markupsafe import Markup

from gatekeeper.actions.proof.audit import Entry
from gatekeeper.rules.changes import from_data
from gatekeeper.rules.consent import Asking
from gatekeeper.rules.errors import N_
from gatekeeper.rules.events import Kind
from gatekeeper.rules.merkle import leaf_hash
from gatekeeper.rules.risk import Action, Initiative, InvestorKind
from gatekeeper.rules.roles import Role
from gatekeeper.rules.suitability import Outcome, Reason
from gatekeeper.web import context, telling
from gatekeeper.web.clients import facts_told
from gatekeeper.web.log import filter_words, log_answers
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
    is_staged: bool
    has_sheet: bool
    general: list[Row]
    decision: list[Row]
    related: list[Row]
    facts: list[tuple[str, list[Row]]]
    changes: list[tuple[str, list[Row]]]
    shown: list[tuple[str, Outcome | None]]
    answers: list[log_answers.Answer]
    more: list[Row]
    private: list[Row]
    policy_text: str | None
    words: Any
    proof: list[Row]
    leaf: str


_APART = timedelta(minutes=5)
"""The act and its entry lie no further apart, but where a demonstration makes up its past."""


def told(entry: Entry) -> Told:
    """Everything that an entry says, in words."""
    row, data = entry.row, entry.leaf["data"]
    changes = [from_data(each) for each in data.get("changes", [])]
    return Told(
        code=row.code,
        kind=telling.titled(Kind, row.kind),
        outcome=outcome(row.outcome),
        is_staged=row.log.endswith("/demo") and row.recorded_at - row.at > _APART,
        has_sheet=row.kind == Kind.STATEMENT_ACCEPTED.value,
        general=_general(entry),
        decision=_decision(entry) if row.outcome or row.policy else [],
        related=[(context.translated(_RELATED[name]), telling.entry_link(code)) for name, code in entry.related.items()],
        facts=[facts_told.fact(each, entry.names, entry.codes) for each in entry.facts],
        changes=[(telling.title(each), telling.rows(each, entry.names)) for each in changes],
        shown=[(entry.titles.get(report, report), outcome(answer)) for report, answer in data.get("shown", [])],
        answers=log_answers.told(entry),
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
    "issued_entry": N_("The link was issued by"),
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
        (say(N_("Channel")), _channel(entry.leaf["data"].get("channel"))),
        (say(N_("Request")), _linked("request_id", row.request_id, row.request_id)),
    ]
    return [(label, value) for label, value in rows if value is not None]


_CHANNELS = {
    "web": N_("These pages"),
    "cli": N_("Command line"),
    "api": N_("Interface for systems"),
    "inbox": N_("Watched folder"),
    "setup": N_("Setting up"),
    "work": N_("By itself, when it was due"),
}


def _channel(name: str | None) -> str | None:
    return context.translated(_CHANNELS[name]) if name in _CHANNELS else name


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
    "issued_entry",
} | log_answers.MEMBERS
_DATA = {
    "as_text": N_("As text too"),
    "asking": N_("How it was asked"),
    "bookmarked": N_("Only what is bookmarked"),
    "completed": N_("To the end"),
    "decisions": N_("Decisions counted"),
    "end_reached": N_("End reached"),
    "entries": N_("Entries"),
    "erased": N_("Numbers of the entries erased"),
    "erased_entries": N_("Entries erased"),
    "erased_values": N_("Private values erased"),
    "failures": N_("Failed attempts"),
    "findings": N_("Findings"),
    "first": N_("First entry shown"),
    "first_at": N_("First page shown at"),
    "format": N_("Format"),
    "grade_read": N_("Printed grade"),
    "held": N_("Entries kept under a legal hold"),
    "hidden": N_("Reports hidden"),
    "kept_since": N_("Still kept: entries since"),
    "kind": N_("Kind of investor"),
    "language": N_("Language"),
    "last": N_("Last entry shown"),
    "last_at": N_("Last page shown at"),
    "link": N_("Number of the link"),
    "older_than": N_("Entries from before"),
    "refusal": N_("Why it was refused"),
    "list": N_("List"),
    "matching": N_("Entries that match"),
    "mail": N_("Number of the mail"),
    "means": N_("Looked up by"),
    "name": N_("Name"),
    "near": N_("Codes like it"),
    "notice": N_("Privacy notice"),
    "of_pages": N_("Pages in all"),
    "opened_last": N_("Offered to go on with"),
    "opening": N_("Opened under code"),
    "origin": N_("Origin of the log"),
    "own": N_("Only the reader's own"),
    "page": N_("Page"),
    "pages": N_("Pages shown"),
    "proposal": N_("Proposal"),
    "purpose": N_("Purpose"),
    "proposed_by": N_("Proposed by"),
    "readings": N_("Decisions made meanwhile"),
    "released_at": N_("Published from"),
    "role": N_("Role"),
    "rows": N_("Entries shown"),
    "scripted": N_("The page watched the reading"),
    "serving": N_("Shown as"),
    "sessions": N_("Sessions ended"),
    "sha256": "SHA-256",
    "since": N_("From date"),
    "before": N_("To date"),
    "tries": N_("Tries to send it"),
    "version": N_("Report version"),
    "versions": N_("Versions"),
    "waiting": N_("Proposals waiting"),
    "why": N_("What failed"),
    "words": N_("SHA-256 of the words"),
    "written_before": N_("Attempts recorded before"),
} | log_answers.LABELS
_ENUMS: dict[str, type[Enum]] = {"kind": InvestorKind, "role": Role}
_ASKINGS = {Asking.FULL: N_("In full, with the box to tick"), Asking.LIGHT: N_("By one button")}


def _more(entry: Entry) -> list[Row]:
    """What else the entry says; a member of a newer version is shown under its own name."""
    data = {name: value for name, value in entry.leaf["data"].items() if name not in _TOLD_ELSEWHERE and value is not None}
    return [(context.translated(_DATA.get(name, name)), _datum(name, value, entry)) for name, value in data.items()]


def _datum(name: str, value: Any, entry: Entry) -> Any:
    if name in ("first", "last", "opening"):
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
    if name == "opened_last":
        return context.translated(N_("; ")).join(entry.titles.get(report, report) for report, _ in value)
    return _written(name, value)


_TONGUES = {"zh": "中文", "zh_CN": "中文", "en": "English"}
_REFUSALS = {
    "retention": N_("The years of keeping are not over"),
    "legal_hold": N_("Under a legal hold"),
    "nothing": N_("There was nothing to erase"),
    "clock": N_("The clocks did not agree"),
}
_SAID = {"refusal": _REFUSALS, "sought": log_answers.SOUGHT}
_CODES = ("list", "mail", "name", "origin", "page", "serving", "sha256", "version", "why", "words")


def _written(name: str, value: Any) -> Any:
    """A value that needs nothing but itself."""
    if name == "language":
        return _TONGUES.get(value, value)
    if name in ("since", "before") and isinstance(value, str):
        return filter_words.day(name, value)
    if name in ("older_than", "kept_since", "first_at", "last_at") and isinstance(value, str):
        return telling.seconds(datetime.fromisoformat(value))
    if isinstance(value, str) and value in _SAID.get(name, ()):
        return context.translated(_SAID[name][value])
    if name in _CODES and isinstance(value, str):
        return telling.code(value)
    if isinstance(value, dict) and set(value) <= set(_TONGUES):
        return Markup("<br>").join(Markup("{} {}").format(_TONGUES[each], telling.code(of)) for each, of in value.items())
    if isinstance(value, list) and not any(isinstance(each, list | dict) for each in value):
        return Markup("<br>").join(map(telling.code, value)) or "—"
    return facts_told.plain(value)


_PRIVATE = {
    "address": N_("Address"),
    "device": N_("Device"),
    "evidence": N_("Evidence"),
    "file": N_("Name of the file"),
    "filter": N_("Filter"),
    "mail_address": N_("Mail address"),
    "mail_address_before": N_("Mail address before"),
    "os_user": N_("User of the operating system"),
    "reason": N_("Reason given"),
    "report_asked_for": N_("Report asked for"),
    "subject_outside": N_("Person and investor outside the caller's branches"),
    "typed": N_("What was typed"),
    "view": N_("Name of the view"),
    "words": N_("Words searched for"),
}


def _private(entry: Entry) -> list[Row]:
    """What is kept apart so that it can be erased; of what was erased only the commitment is left."""
    kept = dict(entry.private)
    if "filter" in kept:
        kept["filter"] = filter_words.told(kept["filter"], entry.names | entry.titles)
    erased = _erased(entry)
    return [(context.translated(_PRIVATE.get(name, name)), kept.get(name, erased)) for name in sorted(entry.leaf["private"])]


def _erased(entry: Entry) -> str:
    """Why a private value is no longer there; where nobody recorded an erasure, only that it is gone."""
    if entry.erased_at is None:
        return context.translated(N_("Erased"))
    return context.translated(N_("Erased after retention on %(day)s"), day=telling.seconds(entry.erased_at))


def _proof(entry: Entry) -> list[Row]:
    row, say = entry.row, context.translated
    return [
        (say(N_("Entry number")), str(row.id)),
        (say(N_("Log")), row.log),
        (say(N_("Leaf hash (RFC 6962, SHA-256, base64)")), telling.code(b64encode(leaf_hash(row.leaf)).decode())),
        (say(N_("Written over connection")), telling.code(f"{row.w} · {row.ws}")),
        (say(N_("Leaf hash before it")), telling.code(row.wp) if row.wp else None),
    ]
