"""Every operation of this door on one page: what it is for, what it takes and what it answers. ``openapi`` writes it down.

The addresses and methods are those of the application itself, the shapes are its own types. A test holds the two together, so
that no view is without its description and no description without its view.
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from pydantic import Field

from gatekeeper.api import replies
from gatekeeper.api.models import (
    MOST_ITEMS,
    AccessRequest,
    ActionSearch,
    Evaluation,
    Evaluations,
    Item,
    ResourceSearch,
    SubjectSearch,
)
from gatekeeper.rules.errors import N_

DECISIONS, SEARCHES, ABOUT, WATCHING = N_("Decisions"), N_("Searches"), N_("About this server"), N_("For monitoring")
TAGS = (DECISIONS, SEARCHES, ABOUT, WATCHING)
JSON = "application/json"
ACCOUNT, MONITOR = "service_account", "monitoring"
SCHEMES = {
    ACCOUNT: N_("The token of a service account. It is shown once."),
    MONITOR: N_("The token that is set for the firm's monitoring."),
}
"""Whose token a call bears; each is sent as ``Authorization: Bearer``."""

_REPORT = "01jd8w0m3qk5xv7h2n9c4b6t8r"
_SUBJECT = {"type": "user", "id": "6010000017"}
_ONE_OF_TWO = {"type": "user", "id": "6010000025", "properties": {"investor": "6010000025", "login": "fund.manager"}}
_RESOURCE = {"type": "report", "id": _REPORT}
_DUE = {
    "reasons": ["acknowledgement_required"],
    "obligations": [
        {
            "id": "accept_statement",
            "type": "step-up",
            "properties": {
                "statement": 7,
                "words_sha256": {"zh-CN": "5c6f…", "en": "b1d0…"},
                "accept_url": f"https://research.example/reports/{_REPORT}/statement",
            },
        }
    ],
}
_MARK = {"id": "watermark", "type": "custom", "properties": {"bears": ["client_number", "code", "time"]}}

_DENIAL = {"evaluation_id": "7zq4m0w8r1ck", "binding_token": "1795651200.9f2c…"}
_AT = "https://research.example/access/v1/requests/01jd8w0m3qk5xv7h2n9c4b6t8s"
_TASK = {
    "id": "01jd8w0m3qk5xv7h2n9c4b6t8s",
    "status": "pending",
    "status_endpoint": _AT,
    "links": {"self": _AT},
    "due_at": "2026-11-28T02:00:00Z",
    "expires_at": "2026-12-23T02:00:00Z",
}


@dataclass(frozen=True, slots=True)
class Example:
    """A request and its answer, in the words of the title."""

    title: str
    asked: Any
    answered: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What one address answers, and with which status. ``errors`` are statuses besides those that every operation has.

    ``otherwise`` are statuses that come with the same kind of body as an answer. ``more_with`` is the scheme
    of the token that a view without a need for one says more to.
    """

    tag: str
    title: str
    text: str
    answer: Any
    body: Any = None
    media_type: str = JSON
    status: HTTPStatus = HTTPStatus.OK
    errors: tuple[HTTPStatus, ...] = ()
    otherwise: tuple[HTTPStatus, ...] = ()
    more_with: str | None = None
    is_recorded: bool = False
    examples: tuple[Example, ...] = ()


class Several(Evaluations):
    """Many questions, and what they have in common."""

    evaluations: list[Item] = Field(min_length=1, max_length=MOST_ITEMS, description=N_("The questions, at most 1,000."))


OPERATIONS = {
    "evaluations.one": Operation(
        tag=DECISIONS,
        title=N_("May this person do this with this report?"),
        text=N_(
            "One decision, recorded before it is answered. A person or a report that nobody knows is answered with false, never "
            "with an error. Only true permits, and only together with its obligations."
        ),
        body=Evaluation,
        answer=replies.Decision,
        is_recorded=True,
        examples=(
            Example(
                N_("The firm wants to send a report"),
                {"subject": _SUBJECT, "action": {"name": "receive"}, "resource": _RESOURCE, "context": {"initiative": "push"}},
                {
                    "decision": True,
                    "context": {"obligations": [_MARK], "open_url": f"https://research.example/reports/{_REPORT}"},
                },
            ),
            Example(
                N_("The statement must be accepted first"),
                {"subject": _SUBJECT, "action": {"name": "read"}, "resource": _RESOURCE},
                {"decision": False, "context": _DUE},
            ),
        ),
    ),
    "evaluations.many": Operation(
        tag=DECISIONS,
        title=N_("Many questions at once"),
        text=N_(
            "What stands beside “evaluations” holds for every question that does not say it itself; what a question says "
            "replaces it whole. The answers come in the order of the questions. A question that lacks something is answered with "
            "false and an error, and the others go on. All are decided on the same state of the data. Without questions the body "
            "is one."
        ),
        body=Evaluation | Several,
        answer=replies.Decisions | replies.Decision,
        is_recorded=True,
        examples=(
            Example(
                N_("Which of two reports may be sent, stopping at the first that may not"),
                {
                    "subject": _SUBJECT,
                    "action": {"name": "receive"},
                    "evaluations": [{"resource": _RESOURCE}, {"resource": {"type": "report", "id": "unknown"}}],
                    "options": {"evaluations_semantic": "deny_on_first_deny"},
                },
                {"evaluations": [{"decision": True}, {"decision": False, "context": {"reasons": ["report_unknown"]}}]},
            ),
        ),
    ),
    "access_requests.ask": Operation(
        tag=DECISIONS,
        title=N_("Ask people to look at a refusal"),
        text=N_(
            "Only for what a refusal offered in access_request: that somebody is no client, has no contract, is suspended, has "
            "details missing, or that a professional status has ended; never because of a category. The same again is the same "
            "request. With the header Idempotency-Key a call may be repeated within a day."
        ),
        body=AccessRequest,
        answer=replies.Requested,
        status=HTTPStatus.ACCEPTED,
        errors=(HTTPStatus.CONFLICT,),
        examples=(
            Example(
                N_("A client is suspended"),
                {"subject": _SUBJECT, "action": {"name": "read"}, "resource": _RESOURCE, "denial": _DENIAL},
                {"task": _TASK},
            ),
        ),
    ),
    "access_requests.show": Operation(
        tag=DECISIONS,
        title=N_("Where a request stands"),
        text=N_("Approved says that the ground is gone, and nothing more: ask for the decision again, with context.approval."),
        answer=replies.Requested,
        errors=(HTTPStatus.NOT_FOUND,),
    ),
    "searching.subject": Operation(
        tag=SEARCHES,
        title=N_("Who may have this report?"),
        text=N_(
            "The persons for whom the answer would be true if it were asked for each alone, by the client numbers of their "
            "investors, of those branches that the account may ask about. Each page is found as things stand then, and counts as "
            "many decisions as it has results. A page may be shorter than asked, or empty, and still not be the last."
        ),
        body=SubjectSearch,
        answer=replies.Subjects,
        is_recorded=True,
        examples=(
            Example(
                N_("To whom may the firm send a report?"),
                {
                    "subject": {"type": "user"},
                    "action": {"name": "receive"},
                    "resource": _RESOURCE,
                    "context": {"initiative": "push"},
                    "page": {"limit": 2},
                },
                {"page": {"next_token": "gAAAAABq…"}, "results": [_SUBJECT, _ONE_OF_TWO]},
            ),
        ),
    ),
    "searching.resource": Operation(
        tag=SEARCHES,
        title=N_("Which reports may this person have?"),
        text=N_(
            "The reports for which the answer would be true if it were asked for each alone, in the order of their ids. Whoever "
            "is not known, or not of those branches that the account may ask about, may have none."
        ),
        body=ResourceSearch,
        answer=replies.Resources,
        is_recorded=True,
        examples=(
            Example(
                N_("What may a client bookmark?"),
                {"subject": _SUBJECT, "action": {"name": "bookmark"}, "resource": {"type": "report"}},
                {"page": {"next_token": ""}, "results": [_RESOURCE]},
            ),
        ),
    ),
    "searching.action": Operation(
        tag=SEARCHES,
        title=N_("What may this person do with this report?"),
        text=N_("Of the actions that the account may ask about those that would be answered with true."),
        body=ActionSearch,
        answer=replies.Deeds,
        is_recorded=True,
        examples=(
            Example(
                N_("A client whose statement is not accepted yet"),
                {"subject": _SUBJECT, "resource": _RESOURCE},
                {"page": {"next_token": ""}, "results": [{"name": "bookmark"}, {"name": "receive"}]},
            ),
        ),
    ),
    "metadata.show": Operation(
        tag=ABOUT,
        title=N_("What this decision point offers, and where"),
        text=N_("AuthZEN's metadata, made from the server's settings."),
        answer=replies.Metadata,
        errors=(HTTPStatus.NOT_FOUND,),
    ),
    "openapi.show": Operation(
        tag=ABOUT,
        title=N_("This description"),
        text=N_("OpenAPI 3.1, generated from the code."),
        answer=dict[str, Any],
    ),
    "health.alive": Operation(
        tag=WATCHING,
        title=N_("Does the process answer?"),
        text=N_("Nothing else is looked at."),
        answer=replies.Alive,
    ),
    "health.ready": Operation(
        tag=WATCHING,
        title=N_("Can requests be answered now?"),
        text=N_("Check by check; with the monitoring's token also what stands behind each."),
        answer=replies.Readiness,
        otherwise=(HTTPStatus.SERVICE_UNAVAILABLE,),
        more_with=MONITOR,
    ),
    "numbers.show": Operation(
        tag=WATCHING,
        title=N_("Numbers for Prometheus"),
        text=N_("What was counted, what waits, and how the ledger stands. Without the monitoring's token there is no such page."),
        answer=str,
        media_type="text/plain",
        errors=(HTTPStatus.NOT_FOUND,),
        more_with=MONITOR,
    ),
}
