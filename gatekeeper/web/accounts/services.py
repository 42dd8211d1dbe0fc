"""Service accounts, by which other systems ask: who they are, what they may, and their tokens."""

from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gatekeeper.actions.accounts import services
from gatekeeper.actions.accounts.services import Account, Changed, NewToken, Overview
from gatekeeper.rules.accounts.scopes import Register
from gatekeeper.rules.accounts.service_accounts import MOST_TOKENS
from gatekeeper.rules.changes import ServiceChange
from gatekeeper.rules.errors import N_, Conflict, GatekeeperError, Invalid
from gatekeeper.rules.risk import Action
from gatekeeper.rules.roles import Permission
from gatekeeper.store.accounts.services import Token, new_token, shown
from gatekeeper.store.accounts.sessions import token_hash
from gatekeeper.web import context, form_reader, guards, telling
from gatekeeper.web.accounts import services_told
from gatekeeper.web.clients import investor_told
from gatekeeper.web.form_reader import Reader

bp = Blueprint("services", __name__, url_prefix="/admin/services")

_ACTIONS = {action.value: action for action in Action}
_REGISTERS = {register.value: register for register in Register}
_WHAT = {
    Register.NONE: N_("For systems that only let through or hold back, such as a mail gateway."),
    Register.CLIENT: N_("For systems that the client sees, such as the app: reasons in plain words, no rule and no article."),
    Register.STAFF: N_("For systems that only colleagues use: reasons with rule and article, class and category."),
}
_KEEP, _NOW, _DAY = "keep", "now", "day"


@bp.get("")
@guards.requires(Permission.SEE_SERVICES)
def index() -> ResponseReturnValue:
    """Every service account."""
    with context.database().reading() as connection:
        found = services.overview(connection, context.now())
    return render_template("services/index.html", accounts=[_line(each) for each in found.accounts])


@bp.get("/new")
@guards.requires(Permission.CHANGE_SERVICES)
def new() -> ResponseReturnValue:
    """The form that proposes a service account."""
    return _scope_form(None)


@bp.post("/new")
@guards.requires(Permission.CHANGE_SERVICES)
def create() -> ResponseReturnValue:
    """Put a service account on file and propose what it may do."""
    reader = _reader()
    try:
        wanted = _wanted(reader, "")
        texts = (reader.text("name"), reader.text("purpose"), wanted, reader.text("reason"))
        created = context.database().transact(services.create, context.caller(), *texts, context.now())
    except (Invalid, Conflict) as error:
        return _scope_form(None, error)
    return _back(created)


@bp.get("/<service>")
@guards.requires(Permission.SEE_SERVICES)
def show(service: str) -> ResponseReturnValue:
    """One service account with its tokens."""
    return _show(service)


@bp.get("/<service>/scope")
@guards.requires(Permission.CHANGE_SERVICES)
def scope(service: str) -> ResponseReturnValue:
    """The form that changes what an account may do."""
    return _scope_form(service)


@bp.post("/<service>/scope")
@guards.requires(Permission.CHANGE_SERVICES)
def change(service: str) -> ResponseReturnValue:
    """Change what an account may do: narrowing acts at once, widening is proposed."""
    reader = _reader()
    try:
        wanted = _wanted(reader, service)
        changed = context.database().transact(services.change, context.caller(), wanted, reader.text("reason"), context.now())
    except (Invalid, Conflict) as error:
        return _scope_form(service, error)
    return _back(changed)


@bp.post("/<service>/tokens")
@guards.requires(Permission.CHANGE_SERVICES)
def make(service: str) -> ResponseReturnValue:
    """Make a token. It is shown on this one answer and nowhere else: neither in a redirect nor on a reload."""
    reader, token, now = _reader(), new_token(), context.now()
    try:
        after, ends = reader.text("after"), _old_ends(reader, now)
        wanted = NewToken(
            token_hash=token_hash(token), shown=shown(token), after=int(after) if after.isdecimal() else -1, old_ends_at=ends
        )
        made = context.database().transact(services.make_token, context.caller(), service, wanted, now)
    except (Invalid, Conflict) as error:
        return _show(service, error, "token")
    return render_template("services/token.html", account=_line(_one(service).accounts[0]), token=token, made=made)


@bp.post("/<service>/revocation")
@guards.requires(Permission.CHANGE_SERVICES)
def revoke(service: str) -> ResponseReturnValue:
    """Revoke a token at once."""
    reader = _reader()
    token = reader.text("token")
    try:
        number = int(token) if token.isascii() and token.isdecimal() and len(token) < 19 else 0  # noqa: PLR2004  (64 bits)
        context.database().transact(services.end_token, context.caller(), service, number, reader.text("reason"), context.now())
    except (Invalid, Conflict) as error:
        return _show(service, error, "revoke")
    return _done(service, N_("The token is revoked: the next call that bears it is refused."))


@bp.post("/<service>/suspension")
@guards.requires(Permission.CHANGE_SERVICES)
def suspend(service: str) -> ResponseReturnValue:
    """Suspend an account at once."""
    try:
        context.database().transact(services.suspend, context.caller(), service, _reader().text("reason"), context.now())
    except (Invalid, Conflict) as error:
        return _show(service, error, "suspend")
    return _done(service, N_("The account is suspended: its next call is refused."))


def _reader() -> Reader:
    return Reader(request.form, context.services().settings.time_zone)


def _one(service: str) -> Overview:
    with context.database().reading() as connection:
        return services.view(connection, service, context.now())


def _wanted(reader: Reader, service: str) -> ServiceChange:
    actions = tuple(reader.choices("actions", _ACTIONS))
    register = reader.needed("register", reader.choice("register", _REGISTERS))
    numbers = [reader.needed(name, reader.number(name)) for name in ("per_minute", "token_days")]
    branches = reader.lines("branches")
    reader.check()
    return ServiceChange(
        service=service,
        actions=actions,
        register=register or Register.NONE,
        networks=tuple(reader.lines("networks")),
        per_minute=numbers[0] or 0,
        token_days=numbers[1] or 0,
        contact=reader.text("contact"),
        branches=tuple(branches) or None,
        may_search=reader.ticked("may_search"),
        states_initiative=reader.ticked("states_initiative"),
        omits_context=reader.ticked("omits_context"),
    )


def _old_ends(reader: Reader, now: datetime) -> datetime | None:
    """When the older token ends; None lets it go on."""
    chosen = reader.choice("older", {each: each for each in (_KEEP, _NOW, _DAY)}) or _KEEP
    ends = reader.needed("old_ends", reader.last_day("old_ends")) if chosen == _DAY else None
    reader.check()
    return now if chosen == _NOW else ends


def _back(changed: Changed) -> ResponseReturnValue:
    if changed.lowered:
        flash(context.translated(N_("What narrows the account applies already.")), "success")
    if changed.proposal:
        flash(context.translated(N_("Proposed, not in force yet: a compliance officer must approve it.")), "info")
    return redirect(url_for("services.show", service=changed.service), HTTPStatus.SEE_OTHER)


def _done(service: str, said: str) -> ResponseReturnValue:
    flash(context.translated(said), "success")
    return redirect(url_for("services.show", service=service), HTTPStatus.SEE_OTHER)


def _scope_form(service: str | None, error: GatekeeperError | None = None) -> ResponseReturnValue:
    account = _one(service).accounts[0] if service else None
    typed: Any = request.form if error else _on_file(account.scope if account else None)
    page = render_template(
        "services/scope.html" if account else "services/new.html",
        account=_line(account) if account else None,
        typed=typed,
        ticked=request.form.getlist("actions") if error else typed.get("actions", "").split(),
        actions=[(each.value, telling.named(each)) for each in Action],
        registers=[(each.value, telling.named(each), context.translated(_WHAT[each])) for each in Register],
        **form_reader.told(error),
    )
    return page, investor_told.status(error)


def _on_file(stated: ServiceChange | None) -> dict[str, str]:
    """What the form begins with: what applies, or what is usual."""
    if stated is None:
        return {"per_minute": "600", "token_days": "90"}
    boxes = ("may_search", "states_initiative", "omits_context")
    return {
        "actions": " ".join(stated.actions),
        "register": stated.register.value,
        "networks": "\n".join(stated.networks),
        "per_minute": str(stated.per_minute),
        "token_days": str(stated.token_days),
        "contact": stated.contact,
        "branches": "\n".join(stated.branches or ()),
        **{name: "yes" for name in boxes if getattr(stated, name)},
    }


def _show(service: str, error: GatekeeperError | None = None, form: str = "") -> ResponseReturnValue:
    found, now = _one(service), context.now()
    account = found.accounts[0]
    live = [each for each in account.tokens if each.is_live(now)]
    page = render_template(
        "services/show.html",
        account=_line(account),
        purpose=account.row.purpose,
        facts=services_told.rows(account.scope, found.names)[1:] if account.scope else [],
        is_live=account.is_live,
        tokens=[_token(each, found.names, now) for each in account.tokens],
        live=[(each.id, each.shown + "…") for each in live],
        is_full=len(live) >= MOST_TOKENS,
        newest=account.tokens[0].id if account.tokens else 0,
        older=[
            (_KEEP, context.translated(N_("Goes on until its own end"))),
            (_DAY, context.translated(N_("Ends with the day below"))),
            (_NOW, context.translated(N_("Ends at once"))),
        ],
        waiting=[_waiting(row, each, found.names) for row, each in account.waiting],
        typed=request.form if error else {},
        form=form,
        **form_reader.told(error, f"{form}-" if form else ""),
    )
    return page, investor_told.status(error)


def _line(account: Account) -> dict[str, Any]:
    now, stated = context.now(), account.scope
    live = [each for each in account.tokens if each.is_live(now)]
    used = [each.used_at for each in account.tokens if each.used_at]
    return {
        "id": account.row.id,
        "name": account.row.name,
        "state": _state(account),
        "actions": services_told.actions(stated) if stated else None,
        "register": telling.named(stated.register) if stated else None,
        "tokens": len(live),
        "ends_at": max((each.ends_at for each in live), default=None),
        "used_at": max(used, default=None),
        "waits": bool(account.waiting),
    }


def _state(account: Account) -> tuple[str, str]:
    if account.scope is None:
        return context.translated(N_("Not approved yet")), "warn"
    return (context.translated(N_("In use")), "good") if account.is_live else (context.translated(N_("Suspended")), "bad")


def _token(token: Token, names: dict[str, str], now: datetime) -> dict[str, Any]:
    state = (N_("Good"), "good") if token.is_live(now) else (N_("Ended"), "")
    return {
        "shown": token.shown + "…",
        "made_at": token.made_at,
        "by": names.get(token.made_by, token.made_by),
        "used_at": token.used_at,
        "ends_at": token.ends_at,
        "state": (context.translated(state[0]), state[1]),
    }


def _waiting(row: Any, wanted: ServiceChange, names: dict[str, str]) -> dict[str, Any]:
    return {
        "what": context.translated(N_(", ")).join(services_told.summary(wanted, names)[1:]),
        "by": names.get(row.proposed_by, row.proposed_by),
        "at": row.proposed_at,
        "address": investor_told.proposal_address(row.id),
    }
