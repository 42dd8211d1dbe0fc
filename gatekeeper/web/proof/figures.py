"""Figures: decisions per day, refusals by reason, category by grade. Each number leads to the entries that it counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from gatekeeper.actions.proof import figures
from gatekeeper.actions.proof.figures import Cell, Figures
from gatekeeper.rules.errors import N_, Fault
from gatekeeper.rules.events import Kind
from gatekeeper.rules.policy import valid_before
from gatekeeper.rules.risk import RiskCategory, RiskGrade
from gatekeeper.rules.roles import Permission
from gatekeeper.rules.suitability import Outcome, Reason
from gatekeeper.store.proof.figures import NONE, PROFESSIONAL
from gatekeeper.web import context, guards, telling
from gatekeeper.web.log import log_entry
from gatekeeper.web.paging import numbered, token
from gatekeeper.web.proof import charts
from gatekeeper.web.proof.charts import Series, Words

bp = Blueprint("figures", __name__)

USUAL, MOST = 30, 92
"""How many days are shown unless something else is asked for, and how many at the most."""
_LONGEST = 40
_OUTCOMES = tuple(Outcome)
_CATEGORIES = (*(each.name for each in RiskCategory), PROFESSIONAL, NONE)
_GRADES = (*(each.name for each in RiskGrade), NONE)
_NO_DATE = N_("Please give a date as year, month and day.")


@dataclass(frozen=True, slots=True)
class Period:
    """The days that an address asks for: as typed, as understood, and what could not be understood."""

    typed: dict[str, str]
    days: tuple[date, ...] = ()
    faults: tuple[Fault, ...] = ()

    def instants(self, zone: tzinfo) -> list[tuple[datetime, datetime]]:
        """Each day's first instant and the first after it."""
        return [(datetime.combine(day, time(), zone).astimezone(UTC), valid_before(day, zone)) for day in self.days]

    @property
    def address(self) -> dict[str, Any]:
        """The period as addresses bear it, those of the log too."""
        return {"from": self.days[0].isoformat(), "to": self.days[-1].isoformat()}


def period(args: Mapping[str, str], today: date) -> Period:
    """Understand an address. A missing last day is today, a missing first day makes the period the usual one."""
    typed = {name: args.get(name, "").strip()[:_LONGEST] for name in ("from", "to")}
    faults: list[Fault] = []
    last = _day("to", typed["to"], today, faults)
    first = _day("from", typed["from"], last, faults)
    if not typed["from"]:
        first = max(last, date.min + timedelta(days=USUAL)) - timedelta(days=USUAL - 1)
    if not faults and first > last:
        faults.append(Fault(N_("The first day lies after the last one."), field="from"))
    elif not faults and (last - first).days >= MOST:
        faults.append(Fault(N_("At most %(most)s days can be shown at once."), field="from", most=MOST))
    if faults:
        return Period(typed, faults=tuple(faults))
    days = tuple(first + timedelta(days=n) for n in range((last - first).days + 1))
    return Period({"from": first.isoformat(), "to": last.isoformat()}, days)


_EARLIEST, _LATEST = date(1970, 1, 1), date(9990, 1, 1)


def _day(name: str, text: str, usual: date, faults: list[Fault]) -> date:
    try:
        found = date.fromisoformat(text) if text else usual
    except ValueError:
        found = date.min
    if not _EARLIEST <= found <= _LATEST:
        faults.append(Fault(_NO_DATE, field=name))
    return found


def _asked() -> Period:
    return period(request.args, context.now().astimezone(_zone()).date())


def _zone() -> tzinfo:
    return context.services().settings.time_zone


@bp.get("/log/figures")
@guards.requires(Permission.SEARCH_LEDGER)
def index() -> ResponseReturnValue:
    """What the log adds up to in a period. That it was looked at stands in the log."""
    asked = _asked()
    if asked.faults:
        return _page(asked, None), HTTPStatus.BAD_REQUEST
    found = context.database().record(figures.view, context.caller(), asked.instants(_zone()), _zone(), context.now())
    return _page(asked, found)


def _page(asked: Period, found: Figures | None) -> str:
    return render_template(
        "compliance/figures.html",
        typed=asked.typed,
        errors=[(fault.field, context.told(fault)) for fault in asked.faults],
        most=MOST,
        shown=_Shown(asked, found) if found and found.days.total() else None,
        zone=context.services().settings.time_zone.key,
    )


class _Shown:
    """Charts and tables of a period in which something was decided."""

    def __init__(self, asked: Period, found: Figures) -> None:
        self._asked, self._found = asked, found
        self.outcomes = _OUTCOMES
        self.total = found.days.total()
        self.totals = {each: found.total(each) for each in _OUTCOMES}
        self.days = [{"day": day, **{each.value: found.days[n, each] for each in _OUTCOMES}} for n, day in enumerate(asked.days)]
        self.refusals = [(reason, _reason(reason), count) for reason, count in found.refusals.most_common()]
        self.heads = [(each, _grade(each)) for each in _GRADES if each != NONE or self._counted(grade=each)]
        self.rows = [(each, _category(each)) for each in _CATEGORIES if each != NONE or self._counted(category=each)]

    def _counted(self, *, category: str | None = None, grade: str | None = None) -> int:
        return sum(
            count for (row, head, _), count in self._found.cells.items() if category in (None, row) and grade in (None, head)
        )

    def log(self, **more: Any) -> str:
        """The address of the log's entries of the period."""
        return url_for("compliance.log", **{**self._asked.address, **more})

    def log_of_day(self, day: date, outcome: Outcome) -> str:
        """The address of one day's entries of an outcome."""
        return self.log(**{"from": day.isoformat(), "to": day.isoformat(), "outcome": outcome.value})

    def cell(self, category: str, grade: str) -> dict[str, Any] | None:
        """A cell of the last table: how many decisions, how many of them refused, and where their entries are."""
        total = sum(self._found.cells[category, grade, each] for each in _OUTCOMES)
        if not total:
            return None
        where: dict[str, Any] = {**self._asked.address, "category": category, "grade": grade}
        return {
            "total": total,
            "all": url_for("figures.entries", **where),
            "refused": self._found.cells[category, grade, Outcome.DENY],
            "refusals": url_for("figures.entries", **where, outcome=Outcome.DENY.value),
        }

    @property
    def by_day(self) -> Markup:
        """Columns for each outcome."""
        say, found, labels = context.translated, self._found, [str(telling.day(day)) for day in self._asked.days]
        series = [
            Series(
                each.value.lower(),
                f"{telling.named(each)} · {self.totals[each]:,}",
                [found.days[n, each] for n in range(len(labels))],
            )
            for each in _OUTCOMES
        ]
        described = say(N_("Three rows of columns, one column a day, each row on its own scale. The numbers are in the table."))
        return charts.columns(Words("by-day", say(N_("Decisions per day")), described), series, labels)

    @property
    def by_reason(self) -> Markup:
        """A bar for each reason."""
        say = context.translated
        described = say(N_("A bar for each reason, the most frequent first. The numbers are in the table."))
        rows = [(label, count) for _, label, count in self.refusals]
        return charts.bars(Words("by-reason", say(N_("Refusals by reason")), described), rows, "deny")

    @property
    def by_category(self) -> Markup:
        """A square for each category and grade."""
        say = context.translated
        cells = {
            (row, head): (found["total"], found["refused"])
            for row, _ in self.rows
            for head, _ in self.heads
            if (found := self.cell(row, head))
        }
        described = say(N_("A square for each category and grade, as large as its count; the filled part was refused."))
        words = Words("by-category", say(N_("Category and grade")), described)
        return charts.grid(
            words, [(row, _short(row)) for row, _ in self.rows], [(head, _short(head)) for head, _ in self.heads], cells
        )


def _reason(value: str | None) -> str:
    return telling.titled(Reason, value) or context.translated(N_("No reason recorded"))


def _category(value: str) -> str:
    if value in (PROFESSIONAL, NONE):
        return _short(value)
    return telling.named(RiskCategory[value])


def _grade(value: str) -> str:
    return context.translated(N_("No grade")) if value == NONE else telling.named(RiskGrade[value])


def _short(value: str) -> str:
    return context.translated(_SHORT[value]) if value in _SHORT else value


_SHORT = {PROFESSIONAL: N_("Professional"), NONE: N_("None")}


@bp.get("/log/figures/<category>/<grade>")
@guards.requires(Permission.SEARCH_LEDGER)
def entries(category: str, grade: str) -> ResponseReturnValue:
    """The entries behind one number of category and grade: the log's own filter knows neither."""
    asked, outcome = _asked(), request.args.get("outcome") or None
    if asked.faults or category not in _CATEGORIES or grade not in _GRADES or outcome not in (None, *_OUTCOMES):
        abort(404)
    days = asked.instants(_zone())
    cell = Cell(since=days[0][0], before=days[-1][1], category=category, grade=grade, outcome=outcome)
    position = numbered(request.args.get("older", "")[:_LONGEST])
    page = context.database().record(figures.entries, context.caller(), cell, position, context.now())
    return _entries(asked, cell, page)


def _entries(asked: Period, cell: Cell, page: figures.Behind) -> str:
    where: dict[str, Any] = {**asked.address, "category": cell.category, "grade": cell.grade, "outcome": cell.outcome}
    following = token(page.rows[-1].at, page.rows[-1].id) if page.rows and page.has_older else None
    return render_template(
        "compliance/figure_entries.html",
        category=_category(cell.category) if cell.category != NONE else context.translated(N_("No category")),
        grade=_grade(cell.grade),
        outcome=log_entry.outcome(cell.outcome),
        period=asked.days,
        back=url_for("figures.index", **asked.address),
        lines=[_line(row, page) for row in page.rows],
        older=url_for("figures.entries", **where, older=following) if following else None,
        newest=url_for("figures.entries", **where) if request.args.get("older") else None,
    )


def _line(row: Any, page: figures.Behind) -> dict[str, Any]:
    return {
        "at": row.at,
        "kind": telling.titled(Kind, row.kind),
        "actor": telling.actor(row.actor, page.names),
        "investor": page.names.get(row.investor, row.investor),
        "report": page.titles.get(row.report, row.report),
        "outcome": log_entry.outcome(row.outcome),
        "reason": telling.titled(Reason, row.reason),
        "code": row.code,
    }
