"""What a report's notice was read as, part by part: its words, how well they support it, what is proposed, what to decide."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gatekeeper.files.prepare import lowest_grade, printed_audience, printed_grade, read_objectives
from gatekeeper.rules.changes import PublicationChange
from gatekeeper.rules.errors import N_, Fault
from gatekeeper.web import context, telling
from gatekeeper.web.publishing.marks import Mark, Piece, cut, marks_of, moved

_NOTICE = ("grade", "professional", "categories", "clients_only", "contract_clients_only")
"""The parts of a notice in the order in which ``telling.audience`` tells them."""
_ITSELF = {
    "title": N_("Title"),
    "subtitle": N_("Subtitle"),
    "issuer": N_("Issuer"),
    "kind": N_("Kind"),
    "industry": N_("Industry"),
    "published_on": N_("Published on"),
    "analyst": N_("Analyst"),
    "rating": N_("Investment rating (not the grade)"),
}
_LABELS = {
    "grade": N_("Grade"),
    "professional": N_("Class of investors"),
    "categories": N_("Categories"),
    "clients_only": N_("Clients only"),
    "contract_clients_only": N_("Contract clients only"),
    "denied_actions": N_("Denied acts"),
    **_ITSELF,
}
_DENIED = {
    "READ": N_("read"),
    "BOOKMARK": N_("bookmark"),
    "RECEIVE": N_("receive"),
    "USE": N_("use"),
    "FORWARD": N_("forward"),
    "SUBSCRIBE": N_("subscribe"),
    "FOLLOW": N_("follow"),
}
_CONFIDENCE = {
    "CONFIRMED": (N_("Printed twice and the same"), "good"),
    "STATED": (N_("Printed once"), "info"),
    "DISPUTED": (N_("For a person to look at"), "warn"),
    "ABSENT": (N_("Not printed"), ""),
}

_SUPPORT = {**_CONFIDENCE, "CONFIRMED": (N_("Well supported"), "good"), "ABSENT": (N_("Not found"), "warn")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part: what was read, how well that is supported, what is proposed where it differs, its marks, and what to decide."""

    name: str
    label: str
    read: str | None
    confidence: tuple[str, str]
    proposed: str | None = None
    marks: tuple[Mark, ...] = ()
    decide: tuple[str, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether something else is proposed than what was read."""
        return self.proposed is not None and self.proposed != (self.read or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """The parts of the notice, what the report says of itself, and the notice's words, marked."""

    parts: tuple[Part, ...]
    itself: tuple[Part, ...]
    notice: list[Piece]
    inside: frozenset[int]
    marks: list[Mark]

    @property
    def labels(self) -> Mapping[str, str]:
        """What each part is called beside its marks."""
        return {name: context.translated(label) for name, label in _LABELS.items()}


def read(reading: Mapping[str, Any], notice: str, proposed: PublicationChange | None = None) -> Read:
    """What was read of a report, beside what is proposed for it."""
    marks = marks_of(reading)
    within = moved(marks, notice, reading.get("notice", ()))
    return Read(
        parts=tuple(_parts(reading, marks, proposed)) if "audience" in reading else (),
        itself=tuple(_itself(reading, marks)),
        notice=cut(notice, within),
        inside=frozenset(each.number for each in within),
        marks=marks,
    )


def _parts(reading: Mapping[str, Any], marks: Sequence[Mark], proposed: PublicationChange | None) -> Iterable[Part]:
    said = telling.audience(printed_grade(reading), printed_audience(reading), read_objectives(reading))
    wanted = [value for _, value in telling.rows(proposed, {})] if proposed else [None] * len(said)
    contract = reading["confidence"].get("clients_only", "ABSENT") if reading["audience"]["contract_clients_only"] else "ABSENT"
    levels, conflicts = reading.get("confidence", {}), reading.get("conflicts", ())
    for name, (label, value), other in zip(_NOTICE, said, wanted, strict=False):
        decide = [context.told(Fault(each["message"], **each["values"])) for each in conflicts if each["about"] == name]
        yield Part(
            name=name,
            label=label,
            read=None if decide else value,
            confidence=_level(levels.get(name, contract if name == "contract_clients_only" else "ABSENT")),
            proposed=other,
            marks=_of(marks, name),
            decide=(*decide, *(_withheld(reading) if name == "grade" else ())),
        )
    denied = [context.translated(_DENIED[each]) for each in reading.get("denied_actions", ()) if each in _DENIED]
    yield Part(
        name="denied_actions",
        label=context.translated(_LABELS["denied_actions"]),
        read=context.translated(N_(", ")).join(denied) or None,
        confidence=_level(levels.get("denied_actions", "ABSENT")),
        marks=_of(marks, "denied_actions"),
    )


def _withheld(reading: Mapping[str, Any]) -> Iterable[str]:
    """That a grade is printed, but not proposed."""
    floor = lowest_grade(reading)
    if floor and not reading["grade"]:
        yield context.translated(
            N_("Printed is %(grade)s. A person confirms it; nothing below it can be proposed."), grade=floor.name
        )


def _itself(reading: Mapping[str, Any], marks: Sequence[Mark]) -> Iterable[Part]:
    told: dict[str, list[Mapping[str, Any]]] = {}
    for each in reading.get("fields", ()):
        if each["what"] in _ITSELF:
            told.setdefault(each["what"], []).append(each)
    for name, fields in told.items():
        yield Part(
            name=name,
            label=context.translated(_ITSELF[name]),
            read=context.translated(N_("; ")).join(each["value"] for each in fields if each["value"]) or None,
            confidence=_level(max((each["confidence"] for each in fields), key=list(_SUPPORT).index), _SUPPORT),
            marks=_of(marks, name),
        )


def _of(marks: Sequence[Mark], name: str) -> tuple[Mark, ...]:
    return tuple(each for each in marks if each.part == name)


def _level(name: str, words: Mapping[str, tuple[str, str]] = _CONFIDENCE) -> tuple[str, str]:
    word, colour = words[name]
    return context.translated(word), colour
