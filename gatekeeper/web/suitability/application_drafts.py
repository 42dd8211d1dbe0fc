"""Filling in an application for professional status: figures, evidence, the look before handing in. The same for both faces.

A client fills in the application of the investor for whom he acts, so no id stands in the addresses; a colleague one with an id.
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from gatekeeper.actions.suitability import applications
from gatekeeper.files import uploads
from gatekeeper.ledger.acts.applying import Examined
from gatekeeper.rules.assessing.money import yuan
from gatekeeper.rules.changing.stating import parts_of
from gatekeeper.rules.errors import N_, GatekeeperError, Invalid
from gatekeeper.rules.professional import Amount, Application, Evidence, Registration
from gatekeeper.web import context, form_reader, paging, telling
from gatekeeper.web.clients import evidence_files, investor_told
from gatekeeper.web.form_reader import Reader
from gatekeeper.web.suitability.application_told import by_kind, ground_named, needs

_SAVED = N_("What you stated is saved. You can go on whenever you like.")
_ADDED = N_("The evidence is added.")
_REMOVED = N_("The file is no longer part of this application.")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the pages of one draft are, and where one comes from."""

    back: str
    figures: str
    evidence: str
    removal: str
    review: str


def today() -> date:
    """The firm's day."""
    return context.now().astimezone(context.services().settings.time_zone).date()


@dataclass(frozen=True, slots=True)
class Draft:
    """One draft as somebody fills it in: the client's own, or the one with this id."""

    application: str | None
    addresses: Addresses

    def figures(self, error: GatekeeperError | None = None) -> ResponseReturnValue:
        """The form for what is stated."""
        found = self._found()
        typed = request.form if error else _typed(found)
        parts = parts_of(found.row.ground, found.row.kind)
        return self._page("figures", found, error, typed=typed, stated_parts=parts, last_year_end=_year_end(found.stated))

    def save(self) -> ResponseReturnValue:
        """Save what was typed, and go on or leave."""
        try:
            stated = _read(self._found())
            context.database().transact(applications.save, context.caller(), self.application, stated, context.now())
        except Invalid as error:
            return self.figures(error)
        if request.form.get("then") == "leave":
            flash(context.translated(_SAVED), "success")
            return redirect(self.addresses.back, 303)
        return redirect(self.addresses.evidence, 303)

    def evidence(self, error: GatekeeperError | None = None) -> ResponseReturnValue:
        """What evidence there is, what is lacking, and the form to add some."""
        found = self._found()
        wanted = [each for alternatives in found.lacking for each in alternatives]
        kinds = list(dict.fromkeys([*wanted, *Evidence]))
        options = [(each.value, telling.named(each)) for each in kinds]
        typed = request.form if error else {"kind": wanted[0].value if wanted else ""}
        files = [(telling.named(kind), each) for kind, each in by_kind(found)]
        return self._page("evidence", found, error, typed=typed, kinds=options, files=files, accept=uploads.ACCEPT)

    def attach(self) -> ResponseReturnValue:
        """Add files as evidence of one kind."""
        self._found()  # nothing is kept for whoever has no draft
        try:
            reader = Reader(request.form, context.services().settings.time_zone)
            kind = reader.needed("kind", reader.choice("kind", {each.value: each for each in Evidence}))
            reader.check()
            handed = [each.described for each in evidence_files.taken(request.files.getlist(uploads.FIELD))]
            caller = context.caller()
            context.database().transact(applications.attach, caller, self.application, kind, handed, context.now())
        except Invalid as error:
            return self.evidence(error)
        flash(context.translated(_ADDED), "success")
        return redirect(self.addresses.evidence, 303)

    def detach(self) -> ResponseReturnValue:
        """Take a file out again."""
        file = paging.key(request.form.get("file", ""))
        context.database().transact(applications.detach, context.caller(), self.application, file, context.now())
        flash(context.translated(_REMOVED), "success")
        return redirect(self.addresses.evidence, 303)

    def review(self, error: GatekeeperError | None = None) -> ResponseReturnValue:
        """What the rules find of each need, and what evidence is lacking, before it is handed in."""
        found = self._found()
        problem = context.told(found.problem.fault) if found.problem else ""
        return self._page("review", found, error, needs=needs(found.now), problem=problem)

    def hand_in(self) -> str | ResponseReturnValue:
        """Hand it in; return its id, or the page with what is still to be done."""
        declared = request.form.get("declared") == "yes"
        arguments = (context.caller(), self.application, today(), context.now())
        try:
            return context.database().transact(applications.hand_in, *arguments, declared=declared)
        except Invalid as error:
            return self.review(error)

    def _found(self) -> Examined:
        return context.database().record(applications.fill, context.caller(), self.application, today(), context.now())

    def _page(self, name: str, found: Examined, error: GatekeeperError | None, **values: Any) -> ResponseReturnValue:
        page = render_template(
            f"professional/{name}.html",
            found=found,
            row=found.row,
            ground=ground_named(found.row.ground),
            addresses=self.addresses,
            is_staff=self.application is not None,
            lacking=[[telling.named(each) for each in alternatives] for alternatives in found.lacking],
            **values,
            **form_reader.told(error),
        )
        return page, investor_told.status(error)


def _year_end(stated: Application) -> date:
    return date(stated.applied.year - 1, 12, 31)


def _typed(found: Examined) -> dict[str, str]:
    """What the form begins with: what was saved, and the days that are mostly meant."""
    stated, kind = found.stated, found.row.kind
    usual = stated.applied if kind.value == "INDIVIDUAL" else _year_end(stated)
    typed = {"net_assets_on": usual.isoformat(), "financial_assets_on": usual.isoformat()}
    for name in ("net_assets", "financial_assets"):
        amount: Amount | None = getattr(stated, name)
        if amount:
            typed |= {name: yuan(amount.fen), f"{name}_on": amount.on.isoformat()}
    for name in ("registration", "issuer"):
        one: Registration | None = getattr(stated, name)
        if one:
            last_day = one.last_day.isoformat() if one.last_day else ""
            typed |= {f"{name}_authority": one.authority, f"{name}_number": one.number, f"{name}_last_day": last_day}
    typed |= {f"income_{year}": yuan(amount) for year, amount in stated.incomes}
    for name in ("experience_since", "work_since"):
        day: date | None = getattr(stated, name)
        typed[name] = day.isoformat() if day else ""
    return typed | {"senior_manager_of": stated.senior_manager_of, "qualification": stated.qualification}


def _read(found: Examined) -> Application:
    """What was typed; raise ``Invalid`` with every fault."""
    reader = Reader(request.form, context.services().settings.time_zone)
    incomes = [(year, reader.amount(f"income_{year}")) for year in found.years]
    stated = replace(
        found.stated,
        registration=_registration(reader, "registration"),
        issuer=_registration(reader, "issuer"),
        net_assets=_amount(reader, "net_assets"),
        financial_assets=_amount(reader, "financial_assets"),
        incomes=tuple((year, amount) for year, amount in incomes if amount is not None),
        experience_since=reader.day("experience_since"),
        work_since=reader.day("work_since"),
        senior_manager_of=reader.text("senior_manager_of"),
        qualification=reader.text("qualification"),
    )
    reader.check()
    return stated


def _registration(reader: Reader, name: str) -> Registration | None:
    authority, number = reader.text(f"{name}_authority"), reader.text(f"{name}_number")
    last_day = reader.day(f"{name}_last_day")
    return Registration(authority, number, last_day) if authority or number else None


def _amount(reader: Reader, name: str) -> Amount | None:
    amount, day = reader.amount(name), reader.day(f"{name}_on")
    if amount is None:
        return None
    day = reader.needed(f"{name}_on", day)
    return Amount(amount, day) if day else None
