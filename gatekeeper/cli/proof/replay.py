"""``gatekeeper ledger replay``: every logged decision decided again, with the rows it named and the policy of its time.

Exit codes: 0 nothing differs, or another policy was asked about; 1 something differs; 2 it could not be checked.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from tempfile import TemporaryFile
from typing import IO, Any

import click
from click.exceptions import Exit

from gatekeeper.actions.proof import replay as action
from gatekeeper.actions.proof.replay import Plan, Tally
from gatekeeper.cli import screen
from gatekeeper.cli.arguments import Moment, When, as_json
from gatekeeper.cli.desk import Desk, at_desk
from gatekeeper.cli.screen import _
from gatekeeper.ledger.replay import Difference, Verdict
from gatekeeper.rules.errors import N_, GatekeeperError
from gatekeeper.rules.suitability import Outcome

_DIFFERS, _COULD_NOT = 1, 2
_HELP = N_(
    "Decide every logged decision again, with the rows that its entry names and the policy of its time. With --policy: what would"
    " have been different under another policy."
)


@click.command("replay", help=_(_HELP))
@click.option("--since", type=When(), metavar="TIME", help=_("Entries from this day or time on."))
@click.option("--until", type=When(), metavar="TIME", help=_("Entries up to and including this day or time."))
@click.option("--policy", metavar="N|SHA256", help=_("Decide under this policy instead of each decision's own."))
@as_json
def replay(since: Moment | None, until: Moment | None, policy: str | None, as_json: bool) -> None:  # noqa: FBT001  (click's way)
    """Decide, record that it was done, and only then show what came of it."""
    with _checked(), at_desk() as desk, TemporaryFile("w+", encoding="utf-8") as kept:
        start, end = since.start(desk.zone) if since else None, until.end(desk.zone) if until else None
        with desk.database.reading() as connection:
            planned = action.plan(connection, desk.operator(), start, end, policy, desk.now())
        tally = _run(desk, planned, kept)
        code = desk.database.record(action.finished, desk.operator(), planned, tally, desk.now())
        kept.seek(0)
        shown = (json.loads(line) for line in kept)
        if as_json:
            _put_json(planned, tally, code, shown)
        else:
            _put(desk, planned, tally, code, shown)
    if tally.differences and planned.policy is None:
        raise Exit(_DIFFERS)


@contextmanager
def _checked() -> Iterator[None]:
    """What keeps a check from being made ends in an exit code of its own: it is neither a pass nor a finding."""
    try:
        yield
    except GatekeeperError as error:
        for sentence in screen.told(error):
            screen.warn(sentence)
        raise Exit(_COULD_NOT) from error


def _run(desk: Desk, planned: Plan, kept: IO[str]) -> Tally:
    """Decide batch by batch. Differences wait in a file: there may be as many of them as entries."""
    tally, position, is_more = Tally(), None, True
    while is_more:
        with desk.database.reading() as connection:
            step = action.step(connection, planned, position, desk.zone)
        tally.add(step.found)
        for each in step.found.differences:
            kept.write(json.dumps(screen.plain(_data(each)), ensure_ascii=False) + "\n")
        position, is_more = step.position, step.position is not None
    return tally


def _data(difference: Difference) -> dict[str, Any]:
    return {
        "code": difference.code,
        "at": difference.at,
        "kind": difference.kind,
        "logged": _verdict(difference.logged),
        "found": _verdict(difference.found),
        "astray": difference.astray,
    }


def _verdict(verdict: Verdict | None) -> dict[str, Any] | None:
    return {name: getattr(verdict, name) for name in verdict.__slots__} if verdict else None


def _put_json(planned: Plan, tally: Tally, code: str, shown: Iterator[dict[str, Any]]) -> None:
    answer = {
        "decisions": tally.decisions,
        "lists": tally.lists,
        "differences": tally.differences,
        "changes": [{"from": was, "to": would_be, "count": count} for (was, would_be), count in sorted(tally.changes.items())],
        "policy": planned.policy.digest if planned.policy else None,
        "code": code,
    }
    click.echo(json.dumps(answer, ensure_ascii=False, indent=2).removesuffix("\n}") + ',\n  "entries": [', nl=False)
    for number, each in enumerate(shown):
        click.echo(("," if number else "") + "\n    " + json.dumps(each, ensure_ascii=False), nl=False)
    click.echo("\n  ]\n}" if tally.differences else "]\n}")


def _put(desk: Desk, planned: Plan, tally: Tally, code: str, shown: Iterator[dict[str, Any]]) -> None:
    screen.put(_(N_("Decided again: %(decisions)s decisions and %(lists)s lists."), decisions=tally.decisions, lists=tally.lists))
    if planned.policy:
        name = f"{planned.policy.name} {planned.policy.digest[:12]}".strip()
        screen.put(_(N_("Under policy %(policy)s instead of each decision's own: %(count)s would differ."), policy=name,
                     count=tally.differences))  # fmt: skip
    elif tally.differences:
        screen.put(_(N_("%(count)s come out differently."), count=tally.differences))
    else:
        screen.put(_(N_("None comes out differently.")))
    if tally.differences:
        headings = [_(N_("Logged")), _(N_("Decided again")), _(N_("How many"))]
        changes = sorted(tally.changes.items())
        screen.put_table(headings, [[_outcome(was), _outcome(to), str(count)] for (was, to), count in changes])
        screen.put()
    for each in shown:
        screen.put(_line(desk, each))
    screen.put_pairs([(_(N_("Entry")), code)])


def _line(desk: Desk, each: dict[str, Any]) -> str:
    at = screen.moment(datetime.fromisoformat(each["at"]), desk.zone)
    said = f"{at}  {each['code']}  {each['kind']}  {_told(each['logged'])} → {_told(each['found'])}"
    if each["astray"]:
        said += "  " + _(N_("not as it was: %(rows)s"), rows=", ".join(each["astray"]))
    return said


def _told(verdict: dict[str, Any] | None) -> str:
    if verdict is None:
        return _outcome("")
    reasons = ", ".join(verdict["reasons"])
    return f"{verdict['outcome']} ({reasons})" if reasons else str(verdict["outcome"])


def _outcome(name: str) -> str:
    if name in list(Outcome):
        return screen.title(Outcome(name))
    return {"SOMETHING": _(N_("Something listed")), "NOTHING": _(N_("Nothing to list"))}.get(name, _(N_("unreadable")))
