"""Reports sent to many: choosing to whom, who would get it, sending, and what became of it."""

from collections.abc import Iterator
from functools import partial
from typing import IO, Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gatekeeper.actions.publishing import distributions
from gatekeeper.actions.publishing.distributions import Part, Preview, Rows
from gatekeeper.files.importing import numbers as numbers_file
from gatekeeper.files.made import sheets
from gatekeeper.files.made.sheets import Column
from gatekeeper.rules.errors import N_, Conflict, Fault, GatekeeperError, Invalid, NotPermitted
from gatekeeper.rules.messages.distribution import Choice, Numbers, Result, To, read_numbers
from gatekeeper.rules.risk import InvestorClass, RiskCategory
from gatekeeper.rules.roles import Permission
from gatekeeper.rules.suitability import Reason
from gatekeeper.store.sending import recipients
from gatekeeper.web import context, form_reader, guards, telling
from gatekeeper.web.clients.investor_told import status
from gatekeeper.web.paging import key, position, token
from gatekeeper.web.proof import made
from gatekeeper.web.sending import distributions_told as told

bp = Blueprint("distributions", __name__, url_prefix="/admin/distributions")

_FORM = 600_000
"""What the rest of the form may have beside the file."""
_PIECE = 1000
_MOST_DIGITS = 9


@bp.get("")
@guards.requires(Permission.SEE_REPORTS)
def index() -> ResponseReturnValue:
    """The distributions, the newest first."""
    where = position(request.args.get("after"))
    with context.database().reading() as connection:
        found, more = distributions.listing(connection, where)
    older = url_for(".index", after=token(found[-1][0].asked_at, found[-1][0].id)) if more else None
    lines = [told.line(*each) for each in found]
    return render_template("reports/distributions.html", lines=lines, older=older, newest=url_for(".index") if where else None)


@bp.get("/new/<report>")
@guards.requires(Permission.REVIEW_REPORTS)
def new(report: str) -> ResponseReturnValue:
    """The form: to whom a report goes."""
    return _form(key(report))


@bp.post("/new/<report>/preview")
@guards.requires(Permission.REVIEW_REPORTS)
@guards.takes_files(numbers_file.MOST_BYTES + _FORM)
def preview(report: str) -> ResponseReturnValue:
    """Who would get it, counted, and for those who may see files by name."""
    report, settings = key(report), context.services().settings
    try:
        choice, numbers = _choice()
        found = context.database().record(
            distributions.preview,
            context.caller(),
            report,
            choice,
            context.now(),
            settings.time_zone,
            again=_again(),
            has_mail=settings.smtp_url is not None,
            part=_part(),
        )
    except (Invalid, Conflict) as error:
        return _form(report, error=error)
    return _form(report, found, numbers)


@bp.post("/new/<report>/sending")
@guards.requires(Permission.CHANGE_REPORTS)
@guards.takes_files(numbers_file.MOST_BYTES + _FORM)
def start(report: str) -> ResponseReturnValue:
    """Begin to send it."""
    report, zone = key(report), context.services().settings.time_zone
    try:
        choice, _ = _choice()
        asked = (context.caller(), report, choice, context.now(), zone)
        begun = context.database().transact(distributions.start, *asked, again=_again())
    except (Invalid, Conflict) as error:
        return _form(report, error=error)
    return redirect(url_for(".show", distribution=begun.id), 303)


def _choice() -> tuple[Choice, Numbers]:
    """To whom, as the form says it; raise ``Invalid`` for what cannot be read."""
    sent, nothing = request.form, Numbers((), 0)
    to = To.__members__.get(sent.get("to", ""))
    if to is None:
        raise Invalid(Fault(N_("Please choose to whom the report goes."), field="to"))
    if to is not To.NUMBERS:
        return Choice(to, key(sent.get(to.value.lower(), "")) if to is not To.BRANCH else sent.get("branch", "")[:200]), nothing
    file = request.files.get("file")
    if file is not None and file.filename:
        numbers = numbers_file.read(file.stream.read(numbers_file.MOST_BYTES + 1))
    else:
        numbers = read_numbers(sent.get("numbers", ""))
    return Choice(to, numbers=numbers.numbers), numbers


def _again() -> bool:
    return request.form.get("again") == "yes"


def _part() -> Part | None:
    """The line whose people are wanted: ``STATE/reason``, and from where on."""
    state, _, rest = request.form.get("part", "").partition("/")
    reason, _, after = rest.partition("/")
    number, _, person = after.partition("/")
    if state not in Result.__members__:
        return None
    return Part(Result[state], key(reason), (key(number), key(person)) if person else None)


def _form(
    report: str, found: Preview | None = None, numbers: Numbers | None = None, *, error: GatekeeperError | None = None
) -> ResponseReturnValue:
    """The form with what was typed, and what it would come to."""
    sent = request.form
    with context.database().reading() as connection:
        version = found.version if found is not None else told.out(connection, report, context.now())
        branches = recipients.branches(connection, context.now())
    page = render_template(
        "reports/distribute.html",
        report=report,
        version=version,
        form={
            "to": sent.get("to", To.SUBSCRIBERS.value),
            **{name: sent.get(name, "") for name in ("branch", "class", "category")},
            "numbers": "\n".join(numbers.numbers) if numbers is not None else sent.get("numbers", ""),
            "again": _again(),
        },
        choices=[(each.value, telling.named(each)) for each in To],
        branches=[("", "—"), *((each, each) for each in branches)],
        classes=[("", "—"), *((each.value, telling.named(each)) for each in InvestorClass)],
        categories=[("", "—"), *((each.name, telling.named(each)) for each in RiskCategory)],
        preview=told.preview(found, numbers, _part()) if found is not None else None,
        **form_reader.told(error),
    )
    return page, status(error)


@bp.get("/<distribution>")
@guards.requires(Permission.SEE_REPORTS)
def show(distribution: str) -> ResponseReturnValue:
    """How far a distribution is, what became of its recipients, and who they are."""
    return _show(key(distribution))


def _show(id_: str, error: GatekeeperError | None = None) -> ResponseReturnValue:
    after, only = request.args.get("after", ""), request.args.get("only", "")
    state, _, reason = only.partition("/")
    wanted = Rows(
        after=int(after) if after.isdecimal() and len(after) <= _MOST_DIGITS else 0,
        state=Result.__members__.get(state),
        reason=reason if reason in set(Reason) else None,
    )
    found = context.database().record(distributions.view, context.caller(), id_, wanted, context.now())
    address = partial(url_for, ".show", distribution=id_, only=only or None)
    page = render_template(
        "reports/distribution.html",
        **told.whole(found, only),
        following=address(after=found.following) if found.following else None,
        beginning=address() if wanted.after else None,
        **form_reader.told(error),
    )
    return page, status(error)


@bp.post("/<distribution>/halt")
@guards.requires(Permission.REVIEW_REPORTS)
def halt(distribution: str) -> ResponseReturnValue:
    """Halt it at once."""
    return _turned(key(distribution), distributions.halt, N_("Halted. No further letter goes out."))


@bp.post("/<distribution>/resumption")
@guards.requires(Permission.REVIEW_REPORTS)
def resume(distribution: str) -> ResponseReturnValue:
    """Let it go on."""
    return _turned(key(distribution), distributions.resume, N_("It goes on where it was halted."))


def _turned(id_: str, act: Any, said: str) -> ResponseReturnValue:
    try:
        context.database().transact(act, context.caller(), id_, context.now())
    except (Conflict, NotPermitted) as error:
        return _show(id_, error)
    flash(context.translated(said), "success")
    return redirect(url_for(".show", distribution=id_), 303)


@bp.post("/<distribution>/list")
@guards.requires(Permission.SEARCH_LEDGER)
def download(distribution: str) -> ResponseReturnValue:
    """The decided list as a file. It is finished and recorded before it is sent."""
    id_, form = key(distribution), request.form.get("format", "")
    database, caller, now = context.database(), context.caller(), context.now()
    with database.reading() as connection:
        found = distributions.to_download(connection, caller, id_, now)
    if form not in ("csv", "xlsx"):
        return _show(id_, Invalid(Fault(N_("Please choose a format."), field="format")))
    count = [0]
    file = made.make(partial(_write, form, found, count))
    about = {"format": form, "rows": count[0], "sha256": file.sha256}
    code = made.recorded(file, lambda: database.record(distributions.downloaded, caller, id_, about, now))
    name = f"distribution-{now:%Y%m%d}-{count[0]}-recipients-{code}.{form}"
    return made.sending(file, name, sheets.FORMATS[form][1])


def _write(form: str, found: Any, count: list[int], out: IO[bytes]) -> None:
    say = context.translated
    about = [(say(N_("Firm")), context.services().settings.firm), (say(N_("Report")), found.title)]
    sheets.FORMATS[form][0](out, _columns(), _rows(found.id, count), lambda: about)


def _columns() -> list[Column]:
    say = context.translated
    return [
        Column("number", say(N_("No.")), say(N_("The recipient's number on the list.")), 8, is_plain=True),
        Column("client_number", say(N_("Client number")), say(N_("The investor's number at the firm.")), 20),
        Column("investor", say(N_("Investor")), say(N_("The investor by name today.")), 24),
        Column("person", say(N_("Person")), say(N_("Who acts for the investor and was to get the report.")), 20),
        Column("initiative", say(N_("Who asked")), say(N_("The investor by a subscription, or the firm.")), 18),
        Column("state", say(N_("Result")), say(N_("What became of it.")), 34),
        Column("reason", say(N_("Reason")), say(N_("Why it was refused: the first reason that applied.")), 34),
        Column("changed_at", say(N_("Since")), say(N_("Since when that is so.")), 20, is_plain=True),
        Column("code", say(N_("Entry")), say(N_("The code of the entry that decided it.")), 16),
    ]


def _rows(id_: str, count: list[int]) -> Iterator[dict[str, Any]]:
    after = 0
    while True:
        with context.database().reading() as connection:
            rows = distributions.piece(connection, id_, after, _PIECE)
        if not rows:
            return
        count[0] += len(rows)
        yield from map(told.cells, rows)
        after = rows[-1].number
