"""``gatekeeper people bootstrap | list | suspend``; adding, assigning, importing and links stand beside it."""

from typing import Any

import click
from sqlalchemy import Connection

from gatekeeper.actions.accounts import people, sign_in
from gatekeeper.cli import screen, words
from gatekeeper.cli.arguments import Whole, as_json, as_person
from gatekeeper.cli.clients import adding, assigning, links, lookup, people_import
from gatekeeper.cli.desk import Desk, ask_password, at_desk
from gatekeeper.cli.screen import _, title
from gatekeeper.rules.errors import N_, Conflict
from gatekeeper.store.clients import investors

_STAFF_ALREADY = N_("There is staff already; more are proposed by a staff admin and approved by compliance.")


@click.group("people")
def group() -> None:
    """Nothing by itself."""


group.add_command(adding.add)
group.add_command(assigning.assign)
group.add_command(links.link)
group.add_command(links.privacy_notice)
for each in (people_import.import_, people_import.confirm, people_import.status):
    group.add_command(each)


@group.command(
    "bootstrap", help=_("Create the first staff admin and the first compliance officer. Only while there is no staff.")
)
@click.option("--admin-name", metavar="NAME", help=_("The staff admin's name."))
@click.option("--admin-login", metavar="LOGIN", help=_("The staff admin's login name."))
@click.option("--admin-password-fd", type=Whole(0, 1_000_000), metavar="N", help=_("File descriptor of the admin's password."))
@click.option("--compliance-name", metavar="NAME", help=_("The compliance officer's name."))
@click.option("--compliance-login", metavar="LOGIN", help=_("The compliance officer's login name."))
@click.option(
    "--compliance-password-fd", type=Whole(0, 1_000_000), metavar="N", help=_("File descriptor of the officer's password.")
)
@as_json
def _bootstrap(as_json: bool, **given: Any) -> None:  # noqa: FBT001  (click passes it so)
    with at_desk() as desk:
        with desk.database.reading() as connection:
            if investors.has_staff(connection):
                raise Conflict(_STAFF_ALREADY)
        admin = _first(desk, _(N_("Staff admin")), given, "admin")
        compliance = _first(desk, _(N_("Compliance officer")), given, "compliance")
        desk.database.transact(people.bootstrap, desk.operator(), admin, compliance, desk.now())
    logins = {"admin": admin.login, "compliance": compliance.login}
    if as_json:
        screen.put_json(logins)
        return
    screen.put(_(N_("Created: %(admin)s (staff admin) and %(compliance)s (compliance officer). Both can sign in now."), **logins))


def _first(desk: Desk, who: str, given: dict[str, Any], key: str) -> people.NewStaff:
    name = given[f"{key}_name"] or click.prompt(_("%(who)s: name", who=who), err=True)
    login = given[f"{key}_login"] or click.prompt(_("%(who)s: login name", who=who), err=True)
    password = ask_password(_("%(who)s: password", who=who), given[f"{key}_password_fd"], twice=True)
    sign_in.check_password(password, login)
    return people.NewStaff(name, login, desk.passwords.hash(password))


@group.command("list", help=_("List investors with what applies to them now, and staff. WORDS narrow the list."))
@click.argument("words", nargs=-1)
@click.option("--limit", type=Whole(1, 10_000), default=200, help=_("At most this many investors."))
@as_json
def _list(words: tuple[str, ...], limit: int, as_json: bool) -> None:  # noqa: FBT001  (click passes it so)
    wanted = " ".join(words)
    with at_desk() as desk:
        now = desk.now()
        with desk.database.reading() as connection:
            rows = investors.find(connection, wanted, None, limit + 1, now)
            found = [_investor(desk, connection, row, now) for row in rows[:limit]]
            staff = [_member(row) for row in investors.staff(connection, now) if _matches(row, wanted)]
    if as_json:
        screen.put_json({"investors": found, "staff": staff, "more": len(rows) > limit})
        return
    _put_investors(found)
    _put_staff(staff)
    if not found and not staff:
        screen.put(_(N_("Nobody matches.")))
    if len(rows) > limit:
        screen.warn(_(N_("There are more; narrow the list by words or raise --limit.")))


def _investor(desk: Desk, connection: Connection, row: Any, now: Any) -> dict[str, Any]:
    acting = investors.mandates_of(connection, now, investor=row.id)
    return {
        "investor": row.id,
        "client_number": row.client_number,
        "name": row.name,
        "kind": row.kind,
        "class": row.investor_class,
        "ground": row.ground,
        "class_through": words.last_day(row.class_before, desk.zone),
        "class_lapsed": row.class_before is not None and row.class_before <= now,
        "category": row.category,
        "category_through": words.last_day(row.category_before, desk.zone),
        "category_lapsed": row.category_before is not None and row.category_before <= now,
        "lowest": bool(row.lowest),
        "client": bool(row.client) and not row.closed,
        "suspended": bool(row.suspended),
        "profile_complete": bool(row.profile_complete),
        "people": [{"person": each.person_id, "login": each.login, "name": each.person_name} for each in acting],
    }


def _member(row: Any) -> dict[str, Any]:
    return {
        "person": row.id,
        "login": row.login,
        "name": row.name,
        "role": row.role,
        "grants": row.grants.split(),
        "suspended": not row.live,
        "password_set": bool(row.active),
    }


def _matches(row: Any, wanted: str) -> bool:
    return wanted.casefold() in f"{row.name} {row.login}".casefold()


def _put_investors(found: list[dict[str, Any]]) -> None:
    if not found:
        return
    headings = [_(N_("Number")), _(N_("Investor")), _(N_("Class")), _(N_("Category")), _(N_("State")), _(N_("Logins"))]
    screen.put_table(headings, [_investor_cells(each) for each in found])


def _investor_cells(each: dict[str, Any]) -> list[str]:
    states = [
        ("" if each["client"] else N_("not a client")),
        (N_("suspended") if each["suspended"] else ""),
        ("" if each["profile_complete"] else N_("details incomplete")),
    ]
    category = _with_end(each["category"], each["category_through"], lapsed=each["category_lapsed"])
    return [
        each["client_number"],
        each["name"],
        _with_end(each["class"], each["class_through"], lapsed=each["class_lapsed"]),
        ", ".join(part for part in (category, _(N_("lowest category")) if each["lowest"] else "") if part),
        ", ".join(_(state) for state in states if state),
        ", ".join(person["login"] for person in each["people"]),
    ]


def _with_end(value: Any, day: Any, *, lapsed: bool) -> str:
    if value is None:
        return ""
    if day is None:
        return title(value)
    message = N_("%(value)s, lapsed after %(day)s") if lapsed else N_("%(value)s through %(day)s")
    return _(message, value=title(value), day=day.isoformat())


def _put_staff(staff: list[dict[str, Any]]) -> None:
    if not staff:
        return
    screen.put()
    headings = [_(N_("Login")), _(N_("Staff")), _(N_("Role")), _(N_("Grants")), _(N_("State"))]
    screen.put_table(headings, [_staff_cells(each) for each in staff])


def _staff_cells(each: dict[str, Any]) -> list[str]:
    state = N_("suspended") if each["suspended"] else "" if each["password_set"] else N_("no password yet")
    return [each["login"], each["name"], title(each["role"]), " ".join(each["grants"]), _(state)]


@group.command("suspend", help=_("Suspend a person at once and end every session of theirs."))
@click.argument("person", metavar="LOGIN")
@as_person
@click.option("--reason", required=True, help=_("Why; kept with the entry."))
@as_json
def _suspend(person: str, login: str, password_fd: int | None, reason: str, as_json: bool) -> None:  # noqa: FBT001
    with at_desk() as desk:
        with desk.database.reading() as connection:
            who = lookup.person(connection, person)
        code = desk.database.transact(people.suspend, desk.person(login, password_fd), who.id, reason, desk.now())
    if as_json:
        screen.put_json({"person": who.id, "login": who.login, "code": code})
    else:
        screen.put(_(N_("%(login)s is suspended. Entry %(code)s"), login=who.login, code=code))
