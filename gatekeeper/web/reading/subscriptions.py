"""What the visitor asks for in advance, and ending it."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gatekeeper.actions.reading import subscriptions
from gatekeeper.rules.errors import N_, Conflict, Fault, GatekeeperError, Invalid
from gatekeeper.rules.messages.distribution import Interest
from gatekeeper.rules.roles import Permission
from gatekeeper.web import context, form_reader, guards, telling
from gatekeeper.web.clients.investor_told import status

bp = Blueprint("subscriptions", __name__, url_prefix="/subscriptions")

_LONGEST = 200
_ADDED = N_("You subscribe to it from now on.")
_THERE = N_("You subscribe to it already.")
_ENDED = N_("The subscription is ended. Nothing more comes by it.")


@bp.get("")
@guards.requires(Permission.READ_AS_CLIENT)
def index() -> ResponseReturnValue:
    """The visitor's subscriptions, and what else there is to subscribe to."""
    return _index()


def _index(error: GatekeeperError | None = None) -> ResponseReturnValue:
    zone = context.services().settings.time_zone
    with context.database().reading() as connection:
        found = subscriptions.overview(connection, context.caller(), context.now(), zone)
    mine = [
        {
            "topic": telling.named(Interest(row.topic)),
            "name": row.topic,
            "value": row.value,
            "label": row.label,
            "since": row.valid_from,
        }
        for row in found.mine
    ]
    offered = [(topic.value, telling.named(topic), list(values.items())) for topic, values in found.offered.items()]
    page = render_template("client/subscriptions.html", mine=mine, offered=offered, **form_reader.told(error))
    return page, status(error)


@bp.post("")
@guards.requires(Permission.READ_AS_CLIENT)
def add() -> ResponseReturnValue:
    """Subscribe."""
    zone = context.services().settings.time_zone
    try:
        topic, value = _sent()
        is_new = context.database().transact(subscriptions.add, context.caller(), topic, value, context.now(), zone)
    except (Invalid, Conflict) as error:
        return _index(error)
    flash(context.translated(_ADDED if is_new else _THERE), "success")
    return redirect(url_for(".index"), 303)


@bp.post("/ending")
@guards.requires(Permission.READ_AS_CLIENT)
def remove() -> ResponseReturnValue:
    """Unsubscribe, at once."""
    try:
        topic, value = _sent()
    except Invalid as error:
        return _index(error)
    context.database().transact(subscriptions.remove, context.caller(), topic, value, context.now())
    flash(context.translated(_ENDED), "success")
    return redirect(url_for(".index"), 303)


def _sent() -> tuple[Interest, str]:
    topic, value = Interest.__members__.get(request.form.get("topic", "")), request.form.get("value", "")
    if topic is None or not value or len(value) > _LONGEST:
        raise Invalid(Fault(N_("Please choose one of the list."), field=topic.value.lower() if topic else None))
    return topic, value
