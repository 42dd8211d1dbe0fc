"""``gatekeeper policy show | check | rehearse``: the policy in force, whether another text is one, and what it would change."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from gatekeeper.actions.suitability import rehearsal as action
from gatekeeper.actions.suitability.rehearsal import Found, Lists, Question
from gatekeeper.cli import screen
from gatekeeper.cli.arguments import Moment, When, Whole, as_json
from gatekeeper.cli.desk import Desk, at_desk
from gatekeeper.cli.screen import _
from gatekeeper.rules import policy
from gatekeeper.rules.errors import N_, NotFound, Unavailable
from gatekeeper.store.clients import facts_of
from gatekeeper.store.reading import access

_SHOWN = 20
_FILE = click.Path(path_type=Path, dir_okay=False)
_HELP = N_(
    "Try a policy out without changing anything: who would gain and who would lose what to read, and which past readings it would"
    " have refused. That it was tried out is recorded."
)


@click.group("policy")
def group() -> None:
    """Nothing by itself."""


@group.command("show", help=_("Write the text of the policy in force."))
def _show() -> None:
    with at_desk() as desk, desk.database.reading() as connection:
        found = access.current_policy(connection, desk.now())
        text = facts_of.policy_text(connection, found[1].digest) if found else None
        if text is None:
            raise NotFound(N_("No policy is in force. Run: gatekeeper db upgrade"))
        click.echo(text, nl=False)


@group.command("check", help=_("Say whether a file is a policy, with every fault at once; exit with 1 if it is none."))
@click.argument("file", type=_FILE)
def _check(file: Path) -> None:
    found = policy.parse(_text(file))
    screen.put_pairs([(_(N_("Policy")), found.name), (_(N_("SHA-256")), found.digest)])


@group.command("rehearse", help=_(_HELP))
@click.argument("file", type=_FILE)
@click.option("--at", type=When(), metavar="TIME", help=_("As of the beginning of this day or time, not before now."))
@click.option("--days", type=Whole(1, action.MOST_DAYS), default=90, help=_("Days back for which readings count."))
@click.option("--list", "shown", type=Whole(0, 100_000), default=_SHOWN, help=_("How many to name in each list."))
@click.option("--as", "login", metavar="LOGIN", help=_("Who tries it out, before approving it; else it is the operator."))
@click.option(
    "--password-fd", type=Whole(0, 1_000_000), metavar="N", help=_("Read the password from this file descriptor instead.")
)
@as_json
def _rehearse(file: Path, at: Moment | None, days: int, shown: int, **options: Any) -> None:
    """Try out, record that it was done, and only then show what came of it."""
    with at_desk() as desk:
        login = options["login"]
        caller = desk.person(login, options["password_fd"]) if login else desk.operator()
        now = desk.now()
        question = Question(text=_text(file), moment=at.start(desk.zone) if at else now, days=days)
        with desk.database.snapshot() as connection:
            found = action.try_out(connection, caller, question, now, desk.zone)
            lists = action.lists(connection, found, shown)
        code = desk.database.record(action.rehearsed, caller, found, len(lists), now)
    if options["as_json"]:
        told = {name: [dict(row._mapping) for row in getattr(lists, name)] for name in ("gain", "lose", "readings")}
        cells = [asdict(each) for each in found.rehearsal.table()]
        screen.put_json({"candidate": found.candidate.digest, "counts": found.counts, "table": cells, **told, "code": code})
    else:
        _put(desk, found, lists, code)


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Unavailable(N_("%(path)s cannot be read: %(detail)s"), path=file, detail=error) from error


def _put(desk: Desk, found: Found, lists: Lists, code: str) -> None:
    counts = found.counts
    screen.put_pairs(
        [
            (_(N_("Policy")), f"{found.candidate.name} ({found.candidate.digest[:12]})"),
            (_(N_("As of")), screen.moment(found.rehearsal.moment, desk.zone)),
            (_(N_("Investors for whom somebody acts")), f"{counts['investors']:,}"),
            (_(N_("Reports that are out")), f"{counts['reports']:,}"),
            (_(N_("Investors who gain a report")), f"{counts['investors_gained']:,}"),
            (_(N_("Investors who lose a report")), f"{counts['investors_lost']:,}"),
            (_(N_("Answers gained and lost")), f"{counts['pairs_gained']:,} / {counts['pairs_lost']:,}"),
            (_(N_("Past readings it would refuse")), _readings(found)),
        ]
    )
    cells = [(each.row, each.grade, f"{each.gained:,}", f"{each.lost:,}") for each in found.rehearsal.table()]
    _table(None, [_(N_("Category")), _(N_("Grade")), _(N_("Gained")), _(N_("Lost"))], cells)
    for title, found_rows in ((N_("They gain"), lists.gain), (N_("They lose"), lists.lose)):
        rows = [(row.client_number, row.name) for row in found_rows]
        _table(_(title), [_(N_("Client number")), _(N_("Investor"))], rows)
    lost = [(row.code, screen.moment(row.at, desk.zone), row.client_number, row.grade.name, row.title) for row in lists.readings]
    headings = [_(N_("Code")), _(N_("Time")), _(N_("Client number")), _(N_("Grade")), _(N_("Report"))]
    _table(_(N_("Readings that it would refuse, the newest first")), headings, lost)
    screen.put()
    screen.put_pairs([(_(N_("Entry")), code)])


def _readings(found: Found) -> str:
    told = N_("%(readings)s by %(readers)s investors in %(days)s days")
    return _(told, readings=f"{found.readings:,}", readers=f"{found.readers:,}", days=found.days)


def _table(title: str | None, headings: list[str], rows: Sequence[Sequence[str]]) -> None:
    if rows:
        screen.put()
        if title:
            screen.put(title)
        screen.put_table(headings, rows)
