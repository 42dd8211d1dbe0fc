"""Changing an investor's file: the first set-up, class and category, standing. What raises is proposed to a second person."""

from collections.abc import Sequence
from datetime import date, datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gatekeeper.actions.clients import investors
from gatekeeper.actions.clients.investors import Changed, Confirmation, Delegate, File
from gatekeeper.rules.changes import CategoryChange, ClassChange, InvestorChange, LowestChange, StandingChange
from gatekeeper.rules.errors import N_, Conflict, GatekeeperError, Invalid
from gatekeeper.rules.policy import last_day_after
from gatekeeper.rules.professional import GROUNDS
from gatekeeper.rules.risk import InvestorClass, RiskCategory
from gatekeeper.rules.roles import Permission
from gatekeeper.web import context, form_reader, guards, telling
from gatekeeper.web.clients import investor_told
from gatekeeper.web.form_reader import Reader

bp = Blueprint("changes", __name__)

_CLASSES = {"ORDINARY": (InvestorClass.ORDINARY, "")} | {
    f"{investor_class.value}/{ground}": (investor_class, ground)
    for investor_class, grounds in GROUNDS.items()
    for ground in grounds
}
_YES_NO = {"yes": True, "no": False}


@bp.get("/<investor>/set-up")
@guards.requires(Permission.CHANGE_INVESTORS)
def set_up(investor: str) -> ResponseReturnValue:
    """The form that holds everything for a new investor."""
    return _form("set_up", investor)


@bp.post("/<investor>/set-up")
@guards.requires(Permission.CHANGE_INVESTORS)
def set_up_all(investor: str) -> ResponseReturnValue:
    """Put everything for a new investor on file, as one proposal."""
    try:
        reader = read_form()
        classified = _classification(investor, reader)
        wanted: list[InvestorChange] = [*_standing_if_any(investor, reader), *classified]
        delegate = read_delegate(reader) if reader.text("login") or reader.text("name") else None
        if not wanted and delegate is None:
            reader.fault("client", N_("Nothing has been filled in yet."))
        reader.check()
        changed = change(investor, wanted, reader, delegate=delegate, confirmed=_confirmed(reader) if classified else None)
    except (Invalid, Conflict) as error:
        return _form("set_up", investor, error)
    return back(investor, changed)


@bp.get("/<investor>/classification")
@guards.requires(Permission.CHANGE_INVESTORS)
def classification(investor: str) -> ResponseReturnValue:
    """The form for class, category and lowest flag."""
    return _form("classification", investor)


@bp.post("/<investor>/classification")
@guards.requires(Permission.CHANGE_INVESTORS)
def classify(investor: str) -> ResponseReturnValue:
    """Change class, category or lowest flag."""
    try:
        reader = read_form()
        wanted = _classification(investor, reader)
        if not wanted:
            reader.fault("category", N_("Please choose at least one thing to change."))
        reader.check()
        changed = change(investor, wanted, reader, confirmed=_confirmed(reader))
    except (Invalid, Conflict) as error:
        return _form("classification", investor, error)
    return back(investor, changed)


@bp.get("/<investor>/standing")
@guards.requires(Permission.CHANGE_INVESTORS)
def standing(investor: str) -> ResponseReturnValue:
    """The form for the standing, filled in with what is on file."""
    return _form("standing", investor)


@bp.post("/<investor>/standing")
@guards.requires(Permission.CHANGE_INVESTORS)
def change_standing(investor: str) -> ResponseReturnValue:
    """Change the standing."""
    try:
        reader = read_form()
        wanted = _standing(investor, reader)
        reader.check()
        changed = change(investor, [wanted], reader)
    except (Invalid, Conflict) as error:
        return _form("standing", investor, error)
    return back(investor, changed)


def _confirmed(reader: Reader) -> Confirmation:
    """That the form is about whom its sender means: the last four typed from the document, and the file as it was seen."""
    return Confirmation(last_four=reader.text("last_four"), seen=reader.text("seen"))


def read_form() -> Reader:
    """The form of this request."""
    return Reader(request.form, context.services().settings.time_zone)


def change(
    investor: str,
    wanted: Sequence[InvestorChange],
    reader: Reader,
    *,
    delegate: Delegate | None = None,
    confirmed: Confirmation | None = None,
) -> Changed:
    """Ask for changes with the reason and the evidence that the form gives."""
    why = (reader.text("reason"), reader.text("evidence"))
    return context.database().transact(
        investors.change, context.caller(), investor, wanted, *why, context.now(), delegate=delegate, confirmed=confirmed
    )


def back(investor: str, changed: Changed) -> ResponseReturnValue:
    """Back to the file, with a word on what acts already and what waits for whom."""
    if changed.lowered:
        done = N_("In force at once: %(what)s.")
        flash(context.translated(done, what=investor_told.briefly(changed.lowered)), "success")
    if changed.raised:
        waits = N_("Proposed, not in force yet: %(what)s. Compliance or another client admin must approve it.")
        flash(context.translated(waits, what=investor_told.briefly(changed.raised)), "info")
    return redirect(url_for("investors.show", investor=investor), 303)


def _form(name: str, investor: str, error: GatekeeperError | None = None) -> ResponseReturnValue:
    file = context.database().record(investors.view, context.caller(), investor, context.now())
    page = render_template(
        f"investors/{name}.html",
        row=file.overview,
        typed=request.form if error else _on_file(file),
        classes=_class_options(),
        categories=[(each.name, telling.named(each)) for each in RiskCategory],
        standing=investor_told.standing(file.overview, context.now()),
        on_file=_before(file),
        masked=investor_told.masked(file.overview.client_number),
        seen=file.seen,
        **form_reader.told(error),
    )
    return page, investor_told.status(error)


def _on_file(file: File) -> dict[str, str]:
    """What a form begins with: the standing on file, and the policy's last days counted from today."""
    row, today = file.overview, context.now().astimezone(context.services().settings.time_zone).date()
    months = {"category": file.policy.assessment_months, "class": file.policy.professional_months} if file.policy else {}
    days = {f"{name}_last_day": last_day_after(today, count).isoformat() for name, count in months.items()}
    ticks = {name: "yes" for name in ("client", "profile_complete", "suspended", "closed") if getattr(row, name)}
    texts = {"branch": row.branch or "", "contact": row.contact or ""}
    return {**days, **ticks, **texts, "contract_from": _first(row.contract_from), "contract_to": _last(row.contract_before)}


def _first(moment: datetime | None) -> str:
    return _local(moment).isoformat() if moment else ""


def _last(before: datetime | None) -> str:
    return _local(before - datetime.resolution).isoformat() if before else ""


def _local(moment: datetime) -> date:
    return moment.astimezone(context.services().settings.time_zone).date()


def _before(file: File) -> dict[str, str]:
    """What is on file of each fact, as the hint beside its field."""
    row, now = file.overview, context.now()
    said = {}
    for fact, value, before in (
        ("class", row.investor_class, row.class_before),
        ("category", row.category, row.category_before),
    ):
        end = investor_told.validity(before, now)
        if value is None:
            said[fact] = context.translated(N_("On file: nothing"))
        elif end is None:
            said[fact] = context.translated(N_("On file: %(value)s"), value=telling.named(value))
        elif end.tag and before <= now:
            said[fact] = context.translated(
                N_("On file: %(value)s, lapsed after %(day)s"), value=telling.named(value), day=end.day
            )
        else:
            said[fact] = context.translated(N_("On file: %(value)s, until %(day)s"), value=telling.named(value), day=end.day)
    said["lowest"] = context.translated(N_("On file: %(value)s"), value=telling.yes_no(row.lowest))
    return said


def _class_options() -> list[tuple[str, str]]:
    options = [("ORDINARY", telling.named(InvestorClass.ORDINARY))]
    for investor_class, grounds in GROUNDS.items():
        name = telling.named(investor_class)
        options += [(f"{investor_class.value}/{key}", f"{name}: {context.translated(title)}") for key, title in grounds.items()]
    return options


def _classification(investor: str, reader: Reader) -> list[InvestorChange]:
    wanted: list[InvestorChange] = []
    chosen = reader.choice("class", _CLASSES)
    if chosen is not None:
        investor_class, ground = chosen
        before = None
        if investor_class.is_professional:
            before = reader.needed("class_last_day", reader.last_day("class_last_day"))
        wanted.append(ClassChange(investor=investor, investor_class=investor_class, ground=ground, before=before))
    category = reader.choice("category", RiskCategory.__members__)
    if category is not None:
        end = reader.needed("category_last_day", reader.last_day("category_last_day"))
        if end is not None:
            wanted.append(CategoryChange(investor=investor, category=category, before=end))
    lowest = reader.choice("lowest", _YES_NO)
    if lowest is not None:
        wanted.append(LowestChange(investor=investor, lowest=lowest))
    return wanted


def _standing(investor: str, reader: Reader) -> StandingChange:
    return StandingChange(
        investor=investor,
        client=reader.ticked("client"),
        profile_complete=reader.ticked("profile_complete"),
        suspended=reader.ticked("suspended"),
        closed=reader.ticked("closed"),
        contract_from=reader.first_day("contract_from"),
        contract_before=reader.last_day("contract_to"),
        branch=reader.text("branch"),
        contact=reader.text("contact"),
    )


def _standing_if_any(investor: str, reader: Reader) -> list[StandingChange]:
    wanted = _standing(investor, reader)
    return [wanted] if wanted != StandingChange(investor=investor) else []


def read_delegate(reader: Reader) -> Delegate:
    """Who is to act for the investor."""
    return Delegate(name=reader.text("name"), login=reader.text("login"), capacity=reader.text("capacity"))
