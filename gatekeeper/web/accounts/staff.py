"""Staff: who may do what here, proposing it, and suspending."""

from http import HTTPStatus
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gatekeeper.actions.accounts import people
from gatekeeper.actions.accounts.people import Staffed
from gatekeeper.rules.changes import ResetChange, RoleChange
from gatekeeper.rules.errors import N_, Conflict, GatekeeperError, Invalid, NotFound
from gatekeeper.rules.roles import Grant, Permission, Role
from gatekeeper.web import context, form_reader, guards, telling
from gatekeeper.web.clients import investor_told
from gatekeeper.web.form_reader import Reader

bp = Blueprint("staff", __name__, url_prefix="/admin/staff")

_ROLES = {role.value: role for role in (Role.ADMIN, Role.COMPLIANCE, Role.INSPECTOR)}
_GRANTS = {grant.value: grant for grant in Grant}
_WHAT = {
    Role.ADMIN: N_("Changes what the grants below name."),
    Role.COMPLIANCE: N_("Approves, sees every file and reads the access log."),
    Role.INSPECTOR: N_("Sees what compliance sees until a last day, and changes nothing."),
}


@bp.get("")
@guards.requires(Permission.SEE_STAFF)
def index() -> ResponseReturnValue:
    """Everybody with a staff role, and what waits for compliance."""
    staff, now = _staff(), context.now()
    members = [_member(row, now) for row in staff.members]
    waiting = [_waiting(row, change, staff.names) for row, change in staff.waiting]
    return render_template("staff/index.html", members=members, waiting=waiting)


@bp.get("/new")
@guards.requires(Permission.CHANGE_STAFF)
def new() -> ResponseReturnValue:
    """The form that proposes a new staff member."""
    return _form(None)


@bp.post("/new")
@guards.requires(Permission.CHANGE_STAFF)
def propose() -> ResponseReturnValue:
    """Propose a new staff member."""
    reader = _reader()
    try:
        staffed = _propose(reader, reader.text("name"), reader.text("login"))
    except (Invalid, Conflict) as error:
        return _form(None, error)
    return _back(staffed)


@bp.get("/<person>")
@guards.requires(Permission.CHANGE_STAFF)
def edit(person: str) -> ResponseReturnValue:
    """The forms that change or suspend a staff member."""
    return _form(person)


@bp.post("/<person>")
@guards.requires(Permission.CHANGE_STAFF)
def change(person: str) -> ResponseReturnValue:
    """Change a staff member's role and grants: taking away acts at once, giving is proposed."""
    member = _row(person)
    try:
        staffed = _propose(_reader(), member.name, member.login)
    except (Invalid, Conflict) as error:
        return _form(person, error)
    return _back(staffed)


@bp.post("/<person>/suspension")
@guards.requires(Permission.CHANGE_STAFF)
def suspend(person: str) -> ResponseReturnValue:
    """Suspend a staff member at once."""
    member, reason = _row(person), _reader().text("reason")
    try:
        context.database().transact(people.suspend, context.caller(), member.id, reason, context.now())
    except (Invalid, Conflict) as error:
        return _form(person, error, "suspend")
    flash(context.translated(N_("%(name)s is suspended, and all sessions have ended."), name=member.name), "success")
    return redirect(url_for("staff.index"), HTTPStatus.SEE_OTHER)


@bp.post("/<person>/reset")
@guards.requires(Permission.CHANGE_STAFF)
def reset(person: str) -> ResponseReturnValue:
    """Propose that a staff member sets a new password; the link goes to whoever approves it."""
    member, reason = _row(person), _reader().text("reason")
    try:
        context.database().transact(people.propose_reset, context.caller(), member.id, reason, context.now())
    except (Invalid, Conflict) as error:
        return _form(person, error, "reset")
    flash(context.translated(N_("Proposed. A compliance officer must approve it, and then gets the link to hand over.")), "info")
    return redirect(url_for("staff.index"), HTTPStatus.SEE_OTHER)


def _reader() -> Reader:
    return Reader(request.form, context.services().settings.time_zone)


def _staff() -> people.Staff:
    with context.database().reading() as connection:
        return people.staff(connection, context.now())


def _row(person: str) -> Any:
    found = next((row for row in _staff().members if row.id == person), None)
    if found is None:
        raise NotFound(N_("There is no such staff member."))
    return found


def _propose(reader: Reader, name: str, login: str) -> Staffed:
    role = reader.needed("role", reader.choice("role", _ROLES))
    grants = tuple(reader.choices("grants", _GRANTS)) if role is Role.ADMIN else ()
    before = reader.last_day("last_day")
    reader.check()
    wanted = (name, login, role or Role.INSPECTOR, grants, reader.text("reason"))
    return context.database().transact(people.propose_staff, context.caller(), *wanted, context.now(), before=before)


def _back(staffed: Staffed) -> ResponseReturnValue:
    if staffed.lowered:
        flash(context.translated(N_("What was taken away is gone at once, and this person must sign in again.")), "success")
    if staffed.raised:
        flash(context.translated(N_("Proposed, not in force yet: a compliance officer must approve it.")), "info")
    return redirect(url_for("staff.index"), HTTPStatus.SEE_OTHER)


def _form(person: str | None, error: GatekeeperError | None = None, form: str = "") -> ResponseReturnValue:
    member = _row(person) if person else None
    typed = request.form if error and not form else _on_file(member)
    page = render_template(
        "staff/member.html" if member else "staff/new.html",
        member=_member(member, context.now()) if member else None,
        typed=typed,
        ticked=request.form.getlist("grants") if error and not form else typed.get("grants", "").split(),
        form=form,
        roles=[(role.value, telling.named(role), context.translated(_WHAT[role])) for role in _ROLES.values()],
        grants=[(grant.value, telling.named(grant)) for grant in Grant],
        reason_typed=request.form.get("reason", "") if form else "",
        **form_reader.told(error, f"{form}-" if form else ""),
    )
    return page, investor_told.status(error)


def _on_file(member: Any) -> dict[str, str]:
    if member is None:
        return {}
    zone = context.services().settings.time_zone
    end = member.valid_before
    last = (end - end.resolution).astimezone(zone).date().isoformat() if end and end > context.now() else ""
    return {"role": member.role.value, "grants": member.grants, "last_day": last}


def _member(row: Any, now: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "login": row.login,
        "role": telling.named(row.role),
        "grants": [telling.named(Grant(grant)) for grant in row.grants.split()],
        "until": investor_told.validity(row.valid_before, now),
        "account": investor_told.account_state(row),
        "active": row.active,
        "live": row.live and (row.valid_before is None or row.valid_before > now),
        "is_me": row.id == context.signed_in().person,
    }


def _waiting(row: Any, wanted: RoleChange | ResetChange, names: dict[str, str]) -> dict[str, Any]:
    is_reset = isinstance(wanted, ResetChange)
    return {
        "name": names.get(wanted.person, wanted.person),
        "what": telling.title(wanted) if is_reset else investor_told.in_words(wanted, names),
        "by": names.get(row.proposed_by, row.proposed_by),
        "at": row.proposed_at,
        "address": investor_told.proposal_address(row.id),
    }
