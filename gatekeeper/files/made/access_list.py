"""An access list for a court, in Chinese: the question, how often each answer was given, every entry, and how to check it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import IO
from zoneinfo import ZoneInfo

from gatekeeper import language
from gatekeeper.files.made import receipt
from gatekeeper.files.made.court import TAG, say
from gatekeeper.files.made.sheets import Column, Values, write_xlsx
from gatekeeper.rules.errors import N_, Fault, Invalid
from gatekeeper.rules.events import Kind
from gatekeeper.rules.risk import Action, Initiative
from gatekeeper.rules.suitability import Outcome, Reason

MOST_PRINTED = 2_000
"""So many entries a PDF holds; more belong in a workbook."""

TITLES = {"report": N_("Access list of a report"), "person": N_("Access list of a person")}
_QUESTIONS = {
    "report": N_("Who was given this report, refused it, sent it, or asked about it, in this period?"),
    "person": N_("Which reports was this person given, refused or sent in this period, and what did this person do with others?"),
}
_SUBJECTS = {"report": N_("Report"), "person": N_("Person")}
_NONE = N_("None. The whole log was searched for %(period)s.")
_HOLDS = N_(
    "Listed are readings, refusals, requests that a statement came before, copies, sends, bookmarks, statements shown, accepted"
    " and declined, readings by staff, and questions by other systems and at the command line. Names are those of today."
)
_LISTS = {
    "report": N_("Lists in which the title of the report stood are not in it; the log holds them as entries of their own."),
    "person": N_("Lists of titles are counted above and not listed; the log holds them as entries of their own."),
}
_WHOLE = N_(
    "The number in the last column is the entry's place in the log, under the checkpoint below or a later one. By “gatekeeper"
    " ledger export” the firm gives the same entries with their proofs, which anybody can check with gkverify.py. That nothing"
    " was left out is proven only by an export of the whole range (--whole)."
)
_TOO_LONG = N_("A PDF holds up to %(most)s entries. Please take the workbook, or a shorter period.")
_NOT_KEPT = N_("Not kept")
_DONE_BY = N_("Done by %(name)s")
_AS_OF = N_("Asked as of %(time)s")
_CHANNELS = {
    "web": N_("Pages"),
    "cli": N_("Command line"),
    "api": N_("Decision API"),
    "setup": N_("Set-up"),
    "work": N_("Service"),
}
_ACTORS = {"operator": N_("Operator at the command line"), "system": N_("The system itself")}
_HEADINGS = (
    N_("Time"),
    N_("Code"),
    N_("For whom"),
    N_("What happened"),
    N_("Answer"),
    N_("By which way"),
    N_("Place in the log"),
)
_WIDTHS = (30, 26, 44, 58, 40, 36, 18)  # millimetres of a page that is turned
_COLUMNS = (
    ("at", N_("Time"), N_("When it happened, in the firm's time zone."), 22),
    ("code", N_("Code"), N_("The entry's name outside; look it up in the access log."), 16),
    ("what", N_("What happened"), N_("The same in words."), 26),
    ("outcome", N_("Outcome"), N_("The answer; empty where nothing was decided."), 16),
    ("reasons", N_("Reasons"), N_("All reasons, the first of them decides."), 40),
    ("person_name", N_("Person concerned"), N_("The same by name today."), 18),
    ("investor_name", N_("Investor"), N_("The investor by name today."), 24),
    ("client_number", N_("Client number"), N_("The investor's number at the firm."), 20),
    ("report", N_("Report's id"), N_("The report that it is about."), 30),
    ("report_title", N_("Report"), N_("The title of the report's newest version."), 44),
    ("action", N_("Action"), N_("What was asked for."), 12),
    ("initiative", N_("Initiative"), N_("Whether the investor asked or the firm sent."), 18),
    ("channel", N_("By which way"), N_("Pages, decision API, command line or service."), 16),
    ("address", N_("Network address"), N_("From where, as far as it is kept."), 20),
    ("device", N_("Device"), N_("What the browser said of itself, as far as it is kept."), 30),
    ("done_by", N_("Done by"), N_("Who did it, where that is another than the person concerned."), 24),
    ("as_of", N_("As of"), N_("Where it was asked about an earlier time."), 24),
    ("place", N_("Place in the log"), N_("The number of the leaf in the sealed log."), 16),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One entry of the list. Empty is what does not apply, was never kept, or was erased since."""

    code: str
    at: datetime
    kind: str
    outcome: str
    reasons: tuple[str, ...]
    person: str
    person_name: str
    actor: str
    actor_name: str
    investor_name: str
    client_number: str
    report: str
    report_title: str
    action: str
    initiative: str
    channel: str
    address: str
    device: str
    as_of: datetime | None
    place: int | None


@dataclass(slots=True)
class Totals:
    """What was listed so far: how many, how often each answer and each kind, the first and the last entry."""

    rows: int = 0
    first: str | None = None
    last: str | None = None
    outcomes: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)

    def add(self, access: Access) -> Access:
        """Count one, and hand it on."""
        self.rows, self.first, self.last = self.rows + 1, self.first or access.code, access.code
        self.kinds[access.kind] += 1
        if access.outcome:
            self.outcomes[access.outcome] += 1
        return access


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What stands above the rows: whose list it is, its period, who had it made, and the newest checkpoint of the log.

    ``lists`` says how many lists of titles a person was shown besides; None where that is not asked.
    """

    about: str
    name: str
    detail: str
    since: datetime
    before: datetime
    lists: int | None
    firm: str
    made: str
    zone: ZoneInfo
    checkpoint: str | None

    def period(self) -> str:
        """The days of the period, first and last, and their zone."""
        first, last = (language.format_date(TAG, each.astimezone(self.zone).date(), self.zone) for each in self._ends())
        return say(N_("%(first)s to %(last)s, both days whole, %(zone)s"), first=first, last=last, zone=self.zone.key)

    def _ends(self) -> tuple[datetime, datetime]:
        return self.since, self.before - datetime.resolution


def summary(head: Head, totals: Totals) -> list[tuple[str, str]]:
    """The question, and how often each answer was given and each thing happened."""
    told = [
        (say(N_("Question")), say(_QUESTIONS[head.about])),
        (say(_SUBJECTS[head.about]), " · ".join(filter(None, (head.name, head.detail)))),
        (say(N_("Period")), head.period()),
        (say(N_("Entries")), str(totals.rows) if totals.rows else say(_NONE, period=head.period())),
        *((_outcome(name), str(number)) for name, number in sorted(totals.outcomes.items())),
        *((_titled(Kind, name), str(number)) for name, number in sorted(totals.kinds.items())),
    ]
    if head.lists is not None:
        told.append((say(N_("Lists of titles shown besides")), str(head.lists)))
    return told


def notes(head: Head) -> list[str]:
    """What the list holds, what not, and how it can be checked."""
    said = [head.made, say(_HOLDS), say(_LISTS[head.about]), say(_WHOLE)]
    return [*said, *((head.checkpoint or say(N_("No checkpoint of the log is signed yet."))).strip().splitlines())]


def write(file: IO[bytes], form: str, head: Head, accesses: Iterable[Access], totals: Totals) -> None:
    """Write the list as ``pdf`` or ``xlsx``, and count in ``totals`` what it holds."""
    if form == "xlsx":
        xlsx(file, head, accesses, totals)
        return
    kept = [totals.add(each) for each in islice(accesses, MOST_PRINTED + 1)]
    if len(kept) > MOST_PRINTED:
        raise Invalid(Fault(_TOO_LONG, most=MOST_PRINTED))
    file.write(pdf(head, kept, totals))


def pdf(head: Head, accesses: Sequence[Access], totals: Totals) -> bytes:
    """The list to print: at most ``MOST_PRINTED`` entries, counted in ``totals`` already."""
    table = receipt.Rows(
        headings=tuple(say(each) for each in _HEADINGS),
        widths=_WIDTHS,
        rows=tuple(_printed(each, head.zone) for each in accesses),
    )
    paper = receipt.Paper(
        firm=head.firm,
        title=say(TITLES[head.about]),
        rows=tuple(summary(head, totals)),
        notes=tuple(notes(head)),
        table=table,
        foot=f"{head.name} · {head.period()}",
    )
    return receipt.pdf(paper)


def xlsx(file: IO[bytes], head: Head, accesses: Iterable[Access], totals: Totals) -> None:
    """The list as a workbook: the entries, counted while they are written, and on a second sheet what the PDF says above them."""
    rows = (_values(totals.add(each), head.zone) for each in accesses)
    write_xlsx(file, columns(), rows, lambda: [*summary(head, totals), *(("", line) for line in notes(head) if line.strip())])


def columns() -> list[Column]:
    """The columns of the workbook."""
    return [Column(key, say(title), say(meaning), width) for key, title, meaning, width in _COLUMNS]


def _printed(access: Access, zone: ZoneInfo) -> tuple[str, ...]:
    told = _values(access, zone)
    whose = [told["person_name"], told["investor_name"], told["client_number"]]
    who = [" · ".join(filter(None, whose)), told["done_by"]]
    how = [told["channel"], told["address"], told["device"]]
    return (
        told["at"],
        told["code"],
        "\n".join(filter(None, who)),
        "\n".join(filter(None, (told["what"], told["report_title"], told["as_of"]))),
        "\n".join(filter(None, (told["outcome"], told["reasons"]))),
        "\n".join(filter(None, how)),
        told["place"],
    )


def _values(access: Access, zone: ZoneInfo) -> Values:
    is_own = access.actor == f"person:{access.person}"
    done_by = "" if is_own else access.actor_name or say(_ACTORS.get(access.actor, access.actor))
    return {
        "at": language.format_time(TAG, access.at, zone),
        "code": access.code,
        "what": _titled(Kind, access.kind),
        "outcome": _outcome(access.outcome),
        "reasons": "；".join(_titled(Reason, each) for each in access.reasons),
        "person_name": access.person_name,
        "investor_name": access.investor_name,
        "client_number": access.client_number,
        "report": access.report,
        "report_title": access.report_title,
        "action": _titled(Action, access.action),
        "initiative": _titled(Initiative, access.initiative),
        "channel": say(_CHANNELS.get(access.channel, access.channel)),
        "address": access.address or say(_NOT_KEPT),
        "device": access.device,
        "done_by": say(_DONE_BY, name=done_by) if done_by else "",
        "as_of": say(_AS_OF, time=language.format_time(TAG, access.as_of, zone)) if access.as_of else "",
        "place": say(N_("Not sealed yet")) if access.place is None else str(access.place),
    }


def _outcome(name: str) -> str:
    return _titled(Outcome, name)


def _titled(kind: type[Kind | Outcome | Reason | Action | Initiative], name: str) -> str:
    """The title of a member; the name itself of one that is not known any more."""
    return language.name_of(TAG, kind(name)) if name in list(kind) else name
