"""``gatekeeper people link | privacy-notice``: a new one-time link, and new words of the privacy notice."""

from pathlib import Path

import click

from gatekeeper.actions.accounts import people, privacy
from gatekeeper.actions.clients import investors
from gatekeeper.cli import screen
from gatekeeper.cli.arguments import as_json, as_person
from gatekeeper.cli.clients import lookup
from gatekeeper.cli.desk import at_desk
from gatekeeper.cli.screen import _
from gatekeeper.rules.errors import N_, Fault, Invalid
from gatekeeper.rules.roles import Role
from gatekeeper.store.accounts.links import new_token
from gatekeeper.store.accounts.sessions import account_of, token_hash

_NEEDS_REASON = N_("A staff member's link is proposed to compliance, so it needs a reason: --reason.")
_NOT_TEXT = N_("%(file)s is not UTF-8 text.")


@click.command(
    "link", help=_("A new one-time link to set a password: for a client at once, for staff as a proposal to compliance.")
)
@click.argument("person", metavar="LOGIN")
@as_person
@click.option("--reason", default="", help=_("Why; kept with the entry. For staff."))
@as_json
def link(person: str, login: str, password_fd: int | None, reason: str, as_json: bool) -> None:  # noqa: FBT001  (click passes it so)
    """Issue or propose as this person. Whose account it is decides which."""
    token = new_token()
    with at_desk() as desk:
        now = desk.now()
        with desk.database.reading() as connection:
            who = lookup.person(connection, person)
            account = account_of(connection, who.id, now)
        is_staff = account is not None and account.role is not Role.CLIENT
        if is_staff and not reason.strip():
            raise Invalid(Fault(_NEEDS_REASON, field="reason"))
        caller = desk.person(login, password_fd)
        if is_staff:
            proposed = desk.database.transact(people.propose_reset, caller, who.id, reason, now)
            _put({"person": who.id, "login": who.login, "proposal": proposed.id, "code": proposed.code}, as_json=as_json)
            return
        issued = desk.database.transact(investors.issue_link, caller, who.id, token_hash(token), now)
    address = f"/activate/{token}"
    _put({"person": who.id, "login": who.login, "activation_link": address, "until": issued.ends_at}, as_json=as_json)


def _put(done: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        screen.put_json(done)
    elif "proposal" in done:
        screen.put(_(N_("Proposed, not in force yet: proposal %(proposal)s. Whoever approves it gets the link."), **done))
    else:
        screen.put(_(N_("One-time link to set a password, good for 72 hours: %(activation_link)s"), **done))
        screen.put(_(N_("Every older link of %(login)s is dead."), **done))


@click.command("privacy-notice", help=_("Put new words of the privacy notice in force. Clients who have not met them are asked."))
@click.argument("chinese", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("english", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_person
@click.option("--reason", required=True, help=_("Why; kept with the entry."))
@as_json
def privacy_notice(
    chinese: Path,
    english: Path,
    login: str,
    password_fd: int | None,
    reason: str,
    as_json: bool,  # noqa: FBT001  (click passes it so)
) -> None:
    """Replace the notice as this compliance officer."""
    texts = {"zh_CN": _text(chinese), "en": _text(english)}
    with at_desk() as desk:
        caller = desk.person(login, password_fd)
        digests = desk.database.transact(privacy.replace, caller, texts, reason, desk.now())
    if as_json:
        screen.put_json({"sha256": digests})
    else:
        screen.put(_(N_("The new privacy notice is in force. Clients are asked to read it at their next click.")))


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise Invalid(Fault(_NOT_TEXT, file=path.name)) from error
