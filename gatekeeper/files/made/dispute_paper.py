"""The parts of a dispute pack to read and print, in Chinese, each made from the very values that stand beside it for programs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

from gatekeeper import language
from gatekeeper.files.made import change_words, notice_words
from gatekeeper.files.made.court import TAG, say
from gatekeeper.files.made.receipt import Paper, Rows
from gatekeeper.rules.errors import N_
from gatekeeper.rules.events import Kind
from gatekeeper.rules.messages.deliveries import NoticeKind
from gatekeeper.rules.risk import InvestorClass, InvestorKind, RiskCategory, RiskGrade
from gatekeeper.rules.suitability import Outcome, Reason

MOST_PRINTED = 2_000
"""So many lines a printed part holds; the values beside it hold all."""

Values = Mapping[str, Any]
Row = tuple[str, str]
_NOT_ALL = N_("Printed are the first %(most)s of %(all)s; the JSON beside this holds all of them.")
_SENT = N_("Beside the inbox")
_ERASED = N_("erased after the years of keeping")
_NO_TEXT = N_(
    "What the report says is not in this pack. Whoever must read it opens it here under a permit, which is an entry of its own."
)
_HASHES = N_("The words stand here exactly as they were on the screen. Their SHA-256 is that of the text in UTF-8.")


@dataclass(frozen=True, slots=True)
class Printer:
    """Whose paper it is, how times are written, and what stands at the foot of each page."""

    firm: str
    zone: ZoneInfo
    foot: str

    def paper(self, title: str, rows: list[Row], notes: list[str] = [], **more: Any) -> Paper:  # noqa: B006  (never changed)
        """One part as a paper."""
        told = tuple((label, value) for label, value in rows if value)
        return Paper(firm=self.firm, title=title, rows=told, notes=tuple(notes), foot=self.foot, **more)

    def when(self, text: str | None) -> str:
        """An instant of the values as people read it."""
        return language.format_time(TAG, datetime.fromisoformat(text), self.zone) if text else ""

    def last_day(self, text: str | None) -> str:
        """The last day of what ends before an instant."""
        if not text:
            return ""
        return language.format_date(TAG, datetime.fromisoformat(text) - datetime.resolution, self.zone)


def named(kind: type[Enum], value: str | None) -> str:
    """The title of an enum's member by its value or name; what is not known any more as it stands."""
    found = next((each for each in kind if value in (each.value, each.name)), None)
    return language.name_of(TAG, found) if found is not None else value or ""


def _yes(value: object) -> str:
    return say(N_("Yes") if value else N_("No"))


def _profile(printer: Printer, title: str, part: Values) -> Paper:
    investor, policy = part["investor"], part["policy"]
    rows = [
        (say(N_("Investor")), f"{investor['name']} · {investor['client_number']} · {named(InvestorKind, investor['kind'])}"),
        (say(N_("Policy")), f"{policy['name']} {policy['digest']}" if policy else say(N_("No policy was in force."))),
        *_view(printer, part["corrected"]),
    ]
    if part["known_then"]:
        rows += [("", say(N_("What was known then"))), *_view(printer, part["known_then"])]
    return printer.paper(title, rows)


def _view(printer: Printer, view: Values) -> list[Row]:
    standing, class_, category = view["standing"], view["class"], view["category"]
    grades = "、".join(view["open_grades"])
    because = "；".join(named(Reason, each) for each in view["refused_because"])
    return [
        (say(N_("Class")), named(InvestorClass, class_["class"]) if class_ else say(N_("Nothing on file"))),
        (say(N_("Ground")), (class_ or {}).get("ground") or ""),
        (say(N_("Class valid until")), printer.last_day((class_ or {}).get("valid_before"))),
        (say(N_("Category")), named(RiskCategory, category["category"]) if category else say(N_("Nothing on file"))),
        (say(N_("Category valid until")), printer.last_day((category or {}).get("valid_before"))),
        (say(N_("Lowest category")), _yes(view["lowest"])),
        *_standing(printer, standing),
        *(
            (say(N_("Acted for the investor")), f"{each['name']} · {each['login']} · {each['capacity']}")
            for each in view["mandates"]
        ),
        (say(N_("Grades open then")), grades or say(N_("None: every report was refused"))),
        (say(N_("Why")), because),
    ]


def _standing(printer: Printer, standing: Values | None) -> list[Row]:
    if standing is None:
        return [(say(N_("Standing")), say(N_("Nothing on file")))]
    flags = (("client", N_("Client")), ("profile_complete", N_("Details complete")), ("suspended", N_("Suspended")))
    return [
        *((say(label), _yes(standing[name])) for name, label in (*flags, ("closed", N_("Closed")))),
        (say(N_("Service contract from")), printer.when(standing["contract_from"])),
        (say(N_("Service contract until")), printer.last_day(standing["contract_before"])),
        (say(N_("Branch")), " ".join(filter(None, (standing["branch"], standing["contact"])))),
    ]


def _questionnaire(printer: Printer, title: str, part: Values) -> Paper:
    asked = part["questionnaire"]
    rows = [
        (say(N_("Questionnaire")), f"{asked['name']} {asked['version']}"),
        ("SHA-256", asked["sha256"]),
        (say(N_("Answered by")), part["answered_by"]),
        (say(N_("Begun")), printer.when(part["begun_at"])),
        (say(N_("Handed in")), printer.when(part["handed_in_at"])),
        (say(N_("Score")), str(part["score"])),
        (say(N_("Category")), named(RiskCategory, part["category"])),
        (say(N_("Lowest category")), _yes(part["lowest"])),
        (say(N_("Code")), part["code"]),
        *_private(part),
    ]
    lines = []
    for question in part["questions"]:
        chosen = [each for each in question["options"] if each["id"] in question["chosen"]]
        others = [each["text"] for each in question["options"] if each not in chosen]
        scored = "、".join(str(each["score"]) for each in chosen)
        lines.append((question["question"], "\n".join(each["text"] for each in chosen), scored, "\n".join(others)))
    headings = tuple(say(each) for each in (N_("Question asked"), N_("Chosen"), N_("Points"), N_("Other options")))
    return printer.paper(title, rows, table=Rows(headings=headings, widths=(80, 70, 16, 86), rows=tuple(lines)))


def _letter(printer: Printer, title: str, part: Values) -> Paper:
    taken = printer.when(part["acknowledged_at"]) or say(N_("Not acknowledged by then"))
    rows = [
        (say(N_("Acknowledged")), taken),
        (say(N_("Code")), part["code"]),
        (say(N_("SHA-256 of the words")), part["letter_sha256"]),
    ]
    return printer.paper(title, rows, [say(_HASHES)], words_title=say(N_("The letter in full")), words=part["text"])


def _report(printer: Printer, title: str, part: Values) -> Paper:
    rows: list[Row] = []
    notices = []
    for each in part["versions"]:
        name = f"{each['title']} · {say(N_('Version'))} {each['number']}"
        rows += [
            (say(N_("Report")), name),
            (say(N_("Issuer")), each["issuer"]),
            (say(N_("Report's id")), each["report_id"]),
            (say(N_("SHA-256 of the file")), each["source_sha256"]),
            *((say(N_("Grade and audience")), _grading(printer, one)) for one in each["gradings"]),
            *((say(N_("Release")), _release(printer, one)) for one in each["releases"]),
        ]
        notices += [f"【{name}】", each["notice"], ""]
    return printer.paper(
        title, rows, [say(_NO_TEXT)], words_title=say(N_("The printed notice in full")), words="\n".join(notices)
    )


def _grading(printer: Printer, one: Values) -> str:
    admitted = say(N_("Not restricted")) if one["categories"] is None else "、".join(one["categories"])
    said = [named(RiskGrade, one["grade"]), say(N_("Ordinary investors of category")) + " " + admitted]
    return " · ".join([*said, printer.when(one["valid_from"]), one["written_by_entry"]])


def _release(printer: Printer, one: Values) -> str:
    state = say(N_("Published") if one["state"] == "RELEASED" else N_("Stopped"))
    return " · ".join([state, printer.when(one["valid_from"]), one["written_by_entry"]])


_ENTRY_HEADINGS = (N_("Time"), N_("Code"), N_("What happened"), N_("Report"), N_("Answer"))


_FACTS: Mapping[str, tuple[str, tuple[tuple[str, type[Enum] | None], ...]]] = {
    "mandate": (N_("Mandate"), (("capacity", None),)),
    "standing": (N_("Standing"), ()),
    "class": (N_("Class"), (("investor_class", InvestorClass),)),
    "category": (N_("Category"), (("category", RiskCategory),)),
    "lowest": (N_("Lowest category"), ()),
    "release": (N_("Release"), ()),
    "version": (N_("Report version"), (("number", None),)),
    "grading": (N_("Grade and audience"), (("grade", RiskGrade),)),
    "acceptance": (N_("Acceptance"), ()),
    "policy": (N_("Policy"), ()),
    "statement": (N_("Statement"), ()),
}
"""How the rows that a decision used are called, and what of them is printed."""


def _fact(printer: Printer, name: str, id_: object, values: Values) -> str:
    label, shown = _FACTS.get(name, (name, ()))
    said = [str(named(kind, values.get(column)) if kind else values.get(column, "")) for column, kind in shown]
    said += [say(N_("Yes") if values["lowest"] else N_("No"))] if "lowest" in values and name == "lowest" else []
    said += [say(N_("until %(day)s"), day=printer.last_day(values["valid_before"]))] if values.get("valid_before") else []
    number = f"#{id_}" if isinstance(id_, int) else ""
    return " ".join(filter(None, (say(label), "，".join(filter(None, said)), number)))


def _decisions(printer: Printer, title: str, part: Values) -> Paper:
    values = {(each["fact"], each["id"]): each["values"] for each in part["facts"]}
    lines = [
        (
            printer.when(each["at"]),
            each["code"],
            "\n".join(filter(None, (named(Kind, each["kind"]), each["person_name"]))),
            each["report_title"] or "",
            "\n".join(filter(None, (named(Outcome, said["outcome"]), "；".join(named(Reason, one) for one in said["reasons"])))),
            "\n".join(_fact(printer, name, id_, values.get((name, id_), {})) for name, id_ in said.get("facts", {}).items()),
        )
        for each, said in ((each, each.get("answer", each)) for each in part["decisions"])
    ]
    headings = (*_ENTRY_HEADINGS, N_("Facts used, with the number of their row"))
    notes = [say(N_("What each row says stands in the JSON beside this, under its name and number."))]
    return _table(printer, title, headings, (32, 27, 36, 50, 41, 66), lines, notes)


def _notices(printer: Printer, title: str, part: Values) -> Paper:
    lines = [
        (
            printer.when(each["told_at"]),
            each["told_by_entry"],
            named(NoticeKind, each["kind"]),
            *notice_words.before_and_after(each["kind"], each["changes"], printer.zone),
            notice_words.deliveries(each["deliveries"]),
            " ".join(filter(None, (printer.when(each["acknowledged_at"]), each["acknowledged_by"]))) or say(N_("Not yet")),
        )
        for each in part["notices"]
    ]
    headings = (N_("Told at"), N_("Entry"), N_("Notice about"), N_("Before"), N_("After"), _SENT, N_("Acknowledged"))
    return _table(printer, title, headings, (32, 27, 26, 54, 54, 34, 25), lines, [])


def _acknowledgements(printer: Printer, title: str, part: Values) -> Paper:
    rows: list[Row] = []
    for each in part["acceptances"]:
        rows += [
            (say(N_("Statement accepted")), printer.when(each["accepted_at"])),
            (say(N_("Report")), each["title"]),
            (say(N_("Person")), each["person_name"] or ""),
            (say(N_("Statement shown")), printer.when(each["served_at"])),
            (say(N_("End reached")), _yes(each["end_reached"])),
            (say(N_("Code")), each["code"]),
            (say(N_("SHA-256 of the words")), each["words_sha256"]),
            *_private(each),
        ]
    words = "\n".join(f"【SHA-256 {digest}】\n{each['text']}\n" for digest, each in sorted(part["words"].items()))
    return printer.paper(title, rows, [say(_HASHES)], words_title=say(N_("The words that were accepted, in full")), words=words)


def _private(entry: Values) -> list[Row]:
    labels = {"address": N_("Network address"), "device": N_("Device")}
    found = entry["private"]
    return [(say(labels[name]), found[name].get("value") or say(_ERASED)) for name in labels if name in found]


def _timeline(printer: Printer, title: str, part: Values) -> Paper:
    lines = [_line(printer, each) for each in part["entries"]]
    headings = (*_ENTRY_HEADINGS, N_("Done by"), N_("Changes and reasons"))
    return _table(printer, title, headings, (32, 27, 42, 44, 36, 24, 47), lines, [])


def _line(printer: Printer, each: Values) -> tuple[str, ...]:
    answer = each.get("answer", each)
    said = [change_words.summary(one, printer.zone) for one in each.get("changes", ())]
    for name, label in (("reason", N_("Reason: %(reason)s")), ("details", N_("Details: %(reason)s"))):
        if name in each["private"]:
            said.append(say(label, reason=each["private"][name].get("value") or say(_ERASED)))
    return (
        printer.when(each["at"]),
        each["code"],
        named(Kind, each["kind"]),
        each["report_title"] or "",
        "\n".join(filter(None, (named(Outcome, answer["outcome"]), named(Reason, answer["reason"])))),
        each["actor_name"] or each["actor"],
        "\n".join(said),
    )


def _table(
    printer: Printer,
    title: str,
    headings: tuple[str, ...],
    widths: tuple[int, ...],
    lines: Sequence[tuple[str, ...]],
    notes: list[str],
) -> Paper:
    if len(lines) > MOST_PRINTED:
        notes = [*notes, say(_NOT_ALL, most=MOST_PRINTED, all=len(lines))]
    table = Rows(headings=tuple(say(each) for each in headings), widths=widths, rows=tuple(lines[:MOST_PRINTED]))
    return printer.paper(title, [(say(N_("Lines")), str(len(lines)))], notes, table=table)


PAPERS: Mapping[str, Callable[[Printer, str, Values], Paper]] = {
    "profile": _profile,
    "questionnaire": _questionnaire,
    "letter": _letter,
    "report": _report,
    "decisions": _decisions,
    "notices": _notices,
    "acknowledgements": _acknowledgements,
    "timeline": _timeline,
}
"""How each part is printed."""
