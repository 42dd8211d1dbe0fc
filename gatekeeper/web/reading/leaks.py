"""Where a leaked page came from: by a file, a picture of a page, or the code typed from it."""

from dataclasses import dataclass
from http import HTTPStatus

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from gatekeeper.actions.reading import tracing as action
from gatekeeper.actions.reading.tracing import Sought, Traced
from gatekeeper.files.viewing import tracing
from gatekeeper.rules.errors import N_, Fault, Invalid
from gatekeeper.rules.events import Kind
from gatekeeper.rules.reading import codes
from gatekeeper.rules.roles import Permission
from gatekeeper.web import context, guards, telling

bp = Blueprint("leaks", __name__, url_prefix="/leaks")

_NOTHING = N_("Please choose a file or type the code.")
_LENGTH = N_("A code has %(length)s characters; these are %(count)s. Please compare it with the page.")
_FOREIGN = N_("No code holds: %(characters)s. Please compare it with the page.")
_LONGEST = 100
_FORM_BYTES = 64 * 1024

PLACES = {
    "identifier": N_("the file's identifier"),
    "properties": N_("the file's properties"),
    "record": N_("the file's XMP record"),
    "text": N_("the words of a page"),
    "square": N_("a square of dots on a page"),
    "typed": N_("typed"),
}
"""Where in a file a code was found."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was sent: what is to be looked up, and what is wrong with what was typed."""

    sought: Sought | None
    faults: tuple[Fault, ...] = ()


@bp.get("")
@guards.requires(Permission.SEARCH_LEDGER)
def form() -> ResponseReturnValue:
    """The form."""
    return _page("", (), None)


@bp.post("")
@guards.requires(Permission.SEARCH_LEDGER)
@guards.takes_files(tracing.MOST_BYTES + _FORM_BYTES)
def look_up() -> ResponseReturnValue:
    """Look up what was sent. A code that cannot be one is looked up too, for what may be meant by it."""
    typed = request.form.get("code", "").strip()[:_LONGEST]
    try:
        asked = _asked(typed)
    except Invalid as error:
        return _page(typed, error.faults, None)
    traced = None
    if asked.sought is not None:
        traced = context.database().record(action.trace, context.caller(), asked.sought, context.now())
    return _page(typed, asked.faults, traced)


def _asked(typed: str) -> Asked:
    """The file where there is one, and else the code."""
    sent = request.files.get(tracing.FIELD)
    if sent is not None and sent.filename:
        leak = tracing.read(sent.stream.read(tracing.MOST_BYTES + 1), sent.filename)
        return Asked(Sought(leak.codes, file=leak.name, sha256=leak.sha256))
    if not typed:
        raise Invalid(Fault(_NOTHING, field="code"))
    code = codes.code_of(typed)
    if code is not None:
        return Asked(Sought({code: ("typed",)}, typed=typed))
    return Asked(Sought({}, typed=typed), (_fault(typed),))


def _fault(typed: str) -> Fault:
    if foreign := codes.foreign(typed):
        return Fault(_FOREIGN, field="code", characters=foreign)
    return Fault(_LENGTH, field="code", length=codes.LENGTH, count=len(codes.plain(typed)))


def _page(typed: str, faults: tuple[Fault, ...], traced: Traced | None) -> ResponseReturnValue:
    page = render_template(
        "compliance/leaks.html",
        typed=typed,
        errors=[(fault.field, context.told(fault)) for fault in faults],
        traced=traced,
        places=lambda found: context.translated(N_(", ")).join(context.translated(PLACES[each]) for each in found),
        kind_of=lambda kind: telling.titled(Kind, kind),
        most=tracing.MOST_BYTES // 1024 // 1024,
        accept=tracing.ACCEPT,
    )
    return page, HTTPStatus.BAD_REQUEST if faults else HTTPStatus.OK
