"""What a service account may do, in words."""

from collections.abc import Iterable, Mapping
from typing import Any

from markupsafe import Markup

from gatekeeper import language
from gatekeeper.rules.changes import ServiceChange
from gatekeeper.rules.errors import N_
from gatekeeper.rules.risk import Action
from gatekeeper.web import context

_CODE = Markup('<span class="code">{}</span>').format


def rows(change: ServiceChange, names: Mapping[str, str]) -> list[tuple[str, Any]]:
    """Everything that a scope states."""
    say = context.translated
    branches = None if change.branches is None else _listed(change.branches) or context.translated(N_("None"))
    networks = Markup("<br>").join(map(_CODE, change.networks))
    return [
        (say(N_("Service account")), names.get(change.service, change.service)),
        (say(N_("In use")), _yes_no(change.live)),
        (say(N_("May ask about")), actions(change)),
        (say(N_("Is told")), language.name_of(context.tag(), change.register)),
        (say(N_("Investors")), say(N_("Of all branches")) if branches is None else branches),
        (say(N_("Calls from")), networks or say(N_("Any address"))),
        (say(N_("Decisions a minute")), language.format_number(context.tag(), change.per_minute)),
        (say(N_("Tokens last")), say(N_("%(days)s days"), days=change.token_days)),
        (say(N_("May search")), _yes_no(change.may_search)),
        (say(N_("May say that the investor asked")), _yes_no(change.states_initiative)),
        (say(N_("Reasons in batches")), say(N_("Omitted") if change.omits_context else N_("Given"))),
        (say(N_("Contact")), change.contact or None),
    ]


def actions(change: ServiceChange) -> str:
    """The actions about which an account may ask."""
    return _listed(language.name_of(context.tag(), each) for each in Action if each in change.actions)


def summary(change: ServiceChange, names: Mapping[str, str]) -> list[str]:
    """A scope in a few words, for lists."""
    parts = [names.get(change.service, change.service), actions(change), language.name_of(context.tag(), change.register)]
    return parts if change.live else [*parts, context.translated(N_("Suspended"))]


def _listed(words: Iterable[str]) -> str:
    return context.translated(N_(", ")).join(words)


def _yes_no(value: object) -> str:
    return context.translated(N_("Yes") if value else N_("No"))
