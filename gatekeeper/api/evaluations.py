"""The two questions of AuthZEN: one evaluation, and many at once."""

import json
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, request

from gatekeeper import language, services
from gatekeeper.actions.reading import decisions
from gatekeeper.actions.reading.decisions import Question
from gatekeeper.api import answers, bodies, guard
from gatekeeper.api.answers import Answers, Json
from gatekeeper.api.models import Act, Context, Deed, Entity, Evaluation, Evaluations, Item, Part
from gatekeeper.api.requesting import offers
from gatekeeper.rules.accounts.scopes import Scope
from gatekeeper.rules.errors import N_, Fault, GatekeeperError, Invalid, NotPermitted
from gatekeeper.rules.risk import Action, Initiative
from gatekeeper.services import status_of
from gatekeeper.store.reading.meant import Whom

bp = Blueprint("evaluations", __name__, url_prefix="/access/v1")

DECISION_ID = "X-Decision-Id"
SUBJECT, RESOURCE = "user", "report"
ACTIONS = {action.value.lower(): action for action in Action}
_PARTS = ("subject", "action", "resource")
_MEMBERS = frozenset({*_PARTS, "context"})
_ENDS_WITH = {"execute_all": None, "deny_on_first_deny": False, "permit_on_first_permit": True}
_NOT_IN_SCOPE = N_("This account may not ask about the action “%(action)s”.")
_LACKS = N_("%(member)s is missing.")
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False)


@bp.post("/evaluation")
def one() -> Response:
    """Whether a subject may do something with a resource."""
    return _one(bodies.read(Evaluation))


@bp.post("/evaluations")
def many() -> Response:
    """The same for many questions, each answered in its place; without any, the question is the body itself."""
    found = bodies.content()
    asked = bodies.fit(Evaluations, found)
    return _many(asked) if asked.evaluations else _one(bodies.fit(Evaluation, found))


def question(
    subject: Entity | Part,
    action: Deed | Act,
    resource: Entity | Part,
    told: Initiative | None,
    scope: Scope,
    approval: str = "",
) -> Question:
    """What is asked, in our own words; ``NotPermitted`` where the account may not ask about this action."""
    return Question(whom_of(subject), report_of(resource), action_of(action, scope), told, approval)


def whom_of(subject: Entity | Part) -> Whom | None:
    """Whom a subject names. ``properties`` name the investor of a login, or the login of an investor; nothing else counts."""
    if subject.type != SUBJECT:
        return None
    properties = subject.properties
    return Whom(subject.id, _name(properties, "investor"), _name(properties, "login")) if properties else Whom(subject.id)


def report_of(resource: Entity | Part) -> str:
    """The id of a report as it was sent; nothing for another kind of resource."""
    return resource.id if resource.type == RESOURCE else ""


def action_of(action: Deed | Act, scope: Scope) -> Action | None:
    """The act that is meant, None for one that is none of ours; ``NotPermitted`` where the account may not ask about it."""
    known = ACTIONS.get(action.name)
    if known is not None and known not in scope.actions:
        raise NotPermitted(_NOT_IN_SCOPE, action=action.name)
    return known


def _name(properties: dict[str, Any], member: str) -> str | None:
    """A name where one is given; what is no text names nobody."""
    found = properties.get(member)
    return found if found is None or isinstance(found, str) else ""


def _one(asked: Evaluation) -> Response:
    service, settings, now = guard.service(), services.services().settings, services.now()
    said = asked.context
    wanted = question(asked.subject, asked.action, asked.resource, said.told, service.scope, said.approval.id)
    guard.spend(1)
    given = services.database().record(decisions.ask, guard.caller(), service.scope, wanted, now, settings.time_zone)
    told = Answers(service.scope.register, settings, now).tell(given.answered)
    if more := offers.of(asked, given.answered.decision, given.code, now):
        told["context"] = {**told.get("context", {}), **more}
    return _answer(told, given.code)


def _many(asked: Evaluations) -> Response:
    service, settings, now = guard.service(), services.services().settings, services.now()
    guard.spend(len(asked.evaluations))
    common = _said(asked)
    questions = [_item(common | _said(item), service.scope) for item in asked.evaluations]
    given = services.database().record(
        decisions.ask_many,
        guard.caller(),
        service.scope,
        [each if isinstance(each, Question) else None for each in questions],
        now,
        settings.time_zone,
        ends_with=_ENDS_WITH[asked.options.evaluations_semantic],
    )
    teller = Answers(service.scope.register, settings, now)
    told = [
        teller.tell(answered) if answered is not None else _failed(error)
        for answered, error in zip(given.answers, questions, strict=False)
    ]
    if service.scope.omits_context:
        told = [{"decision": each["decision"]} for each in told]
    return _answer({"evaluations": told}, *given.codes)


def _said(item: Item) -> dict[str, Any]:
    """The members that stand in an item, or in the batch for all of them."""
    return {name: getattr(item, name) for name in item.model_fields_set if name in _MEMBERS}


def _item(said: dict[str, Any], scope: Scope) -> Question | GatekeeperError:
    """One item with what it takes from the batch, each member whole; or why it is no question."""
    lacks = [name for name in _PARTS if name not in said]
    for name in _PARTS:
        if name in said and (missing := said[name].lacks):
            lacks += [f"{name}/{member}" for member in missing]
    if lacks:
        return Invalid(*(Fault(_LACKS, member=each) for each in lacks))
    context: Context | None = said.get("context")
    try:
        return question(said["subject"], said["action"], said["resource"], context.told if context else None, scope)
    except NotPermitted as error:
        return error


def _failed(error: Any) -> Json:
    tag = language.negotiate(request.headers.get("Accept-Language", ""))
    faults: Sequence[Fault] = error.faults if isinstance(error, Invalid) else (error.fault,)
    told = " ".join(language.translate(tag, fault.message, **fault.values) for fault in faults)
    return answers.failed(status_of(error).value, told)


def _answer(body: Json, *codes: str) -> Response:
    answer = Response(_JSON.encode(body), mimetype="application/json")
    answer.headers[DECISION_ID] = ", ".join(codes)
    return answer
