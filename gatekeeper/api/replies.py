"""What the decision API answers, as types: for its description, against which the tests hold the answers that are given.

Nothing is answered that is not described here, and what has no value is left out.
"""

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict  # pydantic reads the one of typing from Python 3.12 on

from gatekeeper.rules.errors import N_
from gatekeeper.rules.risk import InvestorClass, RiskCategory, RiskGrade
from gatekeeper.rules.suitability import Reason

Day = Annotated[str, Field(json_schema_extra={"format": "date"})]
Instant = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Uri = Annotated[str, Field(json_schema_extra={"format": "uri"})]
Category = Annotated[str, Field(json_schema_extra={"enum": [each.name for each in RiskCategory]})]
Grade = Annotated[str, Field(json_schema_extra={"enum": [each.name for each in RiskGrade]})]

Sentences = TypedDict("Sentences", {"zh-CN": str, "en": str})


class Obligation(TypedDict):
    """What goes with the answer. Whoever cannot fulfil it treats a permit as a refusal."""

    id: Annotated[
        Literal["watermark", "accept_statement"],
        Field(
            description=N_("watermark: what is handed on bears the mark. accept_statement: the person accepts the words first.")
        ),
    ]
    type: Literal["custom", "step-up"]
    properties: Annotated[
        dict[str, Any],
        Field(description=N_("What the mark bears; or which words are to be accepted, and at which address (accept_url).")),
    ]


class Rule(TypedDict):
    """A reason as staff read it."""

    reason: Reason
    rule: Sentences
    articles: list[str]


Investor = TypedDict(
    "Investor",
    {
        "class": NotRequired[InvestorClass],
        "class_valid_through": NotRequired[Day],
        "category": NotRequired[Category],
        "category_valid_through": NotRequired[Day],
        "lowest": NotRequired[bool],
    },
)


class Report(TypedDict):
    """The grade of a report."""

    grade: NotRequired[Grade]


class ItemError(TypedDict):
    """Why a question of a batch could not be judged."""

    status: int
    message: str


class Offer(TypedDict):
    """How people can be asked to look at a refusal whose ground a file can be put right of."""

    endpoint: Annotated[str, Field(description=N_("Where to ask."))]
    expires_at: Annotated[Instant, Field(description=N_("Until when the token is good."))]
    binding_token: Annotated[str, Field(description=N_("What binds the request to this refusal."))]


class DecisionContext(TypedDict):
    """What comes with a decision, as far as the account's register goes."""

    obligations: Annotated[
        NotRequired[list[Obligation]], Field(description=N_("What must be done with it. Told to every account."))
    ]
    open_url: Annotated[NotRequired[Uri], Field(description=N_("Where the person reads the report, signed in."))]
    reasons: Annotated[
        NotRequired[list[Reason]], Field(description=N_("Why not, the primary reason first. Registers CLIENT and STAFF."))
    ]
    warnings: Annotated[
        NotRequired[list[Reason]], Field(description=N_("What does not deny, but should be known. Registers CLIENT and STAFF."))
    ]
    reason_user: Annotated[
        NotRequired[Sentences],
        Field(description=N_("The reasons in sentences that the client may read. Registers CLIENT and STAFF.")),
    ]
    reason_admin: Annotated[NotRequired[list[Rule]], Field(description=N_("Each reason with its articles. Register STAFF."))]
    policy: Annotated[NotRequired[str], Field(description=N_("SHA-256 of the policy that decided. Register STAFF."))]
    investor: Annotated[NotRequired[Investor], Field(description=N_("Class and category on file. Register STAFF."))]
    report: Annotated[NotRequired[Report], Field(description=N_("The grade of the report. Register STAFF."))]
    evaluation_id: Annotated[NotRequired[str], Field(description=N_("The code of the refusal, where people can be asked."))]
    access_request: Annotated[
        NotRequired[Offer], Field(description=N_("How people can be asked to look at it. Registers CLIENT and STAFF."))
    ]
    error: Annotated[
        NotRequired[ItemError], Field(description=N_("Why this question of a batch could not be judged; it counts as refused."))
    ]


class Decision(TypedDict):
    """A decision. Only true permits."""

    decision: Annotated[bool, Field(description=N_("true permits. Whatever else happens does not."))]
    context: Annotated[NotRequired[DecisionContext], Field(description=N_("What comes with it."))]


class Decisions(TypedDict):
    """Many decisions, in the order of the questions."""

    evaluations: Annotated[list[Decision], Field(description=N_("One decision for each question, in their order."))]


class Links(TypedDict):
    """Where a request is found."""

    self: str


class RequestTask(TypedDict):
    """A request that people look at a refusal, and where it stands."""

    id: Annotated[str, Field(description=N_("What an evaluation quotes as context.approval.id once it is approved."))]
    status: Annotated[
        Literal["pending", "approved", "declined", "lapsed"],
        Field(description=N_("approved: the ground is gone, so ask for the decision again. It permits nothing.")),
    ]
    status_endpoint: Annotated[str, Field(description=N_("Where its status is asked."))]
    links: Links
    due_at: Annotated[Instant, Field(description=N_("By when it is to be answered."))]
    expires_at: Annotated[Instant, Field(description=N_("When it lapses if nobody answers."))]


class Requested(TypedDict):
    """A request and its task."""

    task: Annotated[RequestTask, Field(description=N_("The request, and where it stands."))]


class Following(TypedDict):
    """How a search goes on."""

    next_token: Annotated[
        str,
        Field(
            description=N_(
                "Sent with the same question it gives the next page, for an hour. Empty at the end. A page may be short."
            )
        ),
    ]


class Ways(TypedDict):
    """What a client number needs beside it, where it alone does not say who is meant."""

    investor: Annotated[str, Field(description=N_("The client number."))]
    login: Annotated[str, Field(description=N_("The login of the person."))]


class Subject(TypedDict):
    """A person with an investor, as a subject of other questions."""

    type: Literal["user"]
    id: Annotated[str, Field(description=N_("The client number."))]
    properties: Annotated[
        NotRequired[Ways], Field(description=N_("Given where the number alone does not say who is meant. Send it with the id."))
    ]


class Resource(TypedDict):
    """A report, as a resource of other questions."""

    type: Literal["report"]
    id: Annotated[str, Field(description=N_("The id of the report."))]


class Deed(TypedDict):
    """An action."""

    name: Literal["read", "bookmark", "receive", "use"]


class Subjects(TypedDict):
    """Who may do it."""

    page: Annotated[Following, Field(description=N_("How the search goes on."))]
    results: Annotated[list[Subject], Field(description=N_("Each would be answered with true if asked alone."))]


class Resources(TypedDict):
    """With what it may be done."""

    page: Annotated[Following, Field(description=N_("How the search goes on."))]
    results: Annotated[list[Resource], Field(description=N_("Each would be answered with true if asked alone."))]


class Deeds(TypedDict):
    """What may be done."""

    page: Annotated[Following, Field(description=N_("How the search goes on."))]
    results: Annotated[list[Deed], Field(description=N_("Each would be answered with true if asked alone."))]


class Fault(TypedDict):
    """One thing that is wrong with a request."""

    detail: Annotated[str, Field(description=N_("What is wrong, and what to do."))]
    pointer: Annotated[NotRequired[str], Field(description=N_("Which member of the body it is about (RFC 6901)."))]


class Problem(TypedDict):
    """An error as RFC 9457 writes it. It is never a permit."""

    type: Annotated[str, Field(description=N_("Always about:blank: the status says which kind of error it is."))]
    title: Annotated[str, Field(description=N_("The kind of error, in the language asked for."))]
    status: Annotated[int, Field(description=N_("The status of HTTP, once more."))]
    request_id: Annotated[str, Field(description=N_("How entries and the log call this request."))]
    detail: Annotated[NotRequired[str], Field(description=N_("What is wrong, and what to do."))]
    errors: Annotated[NotRequired[list[Fault]], Field(description=N_("Everything that is wrong, one by one."))]


class Metadata(TypedDict):
    """What the decision point says of itself."""

    policy_decision_point: Annotated[Uri, Field(description=N_("Its identifier; callers compare it with the one they know."))]
    access_evaluation_endpoint: Annotated[Uri, Field(description=N_("Where one question is asked."))]
    access_evaluations_endpoint: Annotated[NotRequired[Uri], Field(description=N_("Where many questions are asked at once."))]
    search_subject_endpoint: Annotated[NotRequired[Uri], Field(description=N_("Where it is asked who may have a report."))]
    search_resource_endpoint: Annotated[
        NotRequired[Uri], Field(description=N_("Where it is asked which reports somebody may have."))
    ]
    search_action_endpoint: Annotated[
        NotRequired[Uri], Field(description=N_("Where it is asked what somebody may do with a report."))
    ]
    access_request_endpoint: Annotated[NotRequired[Uri], Field(description=N_("Where a refusal is put to the admins."))]
    capabilities: Annotated[NotRequired[list[str]], Field(description=N_("What is offered beyond AuthZEN 1.0."))]
    supported_obligations: Annotated[NotRequired[list[str]], Field(description=N_("The types of obligations in answers."))]


Word = Literal["ok", "failed"]


class Alive(TypedDict):
    """The process answers."""

    status: Literal["ok"]


class Readiness(TypedDict):
    """Whether requests can be answered now."""

    status: Annotated[Word, Field(description=N_("Whether every check is ok."))]
    checks: Annotated[dict[str, Word], Field(description=N_("Each check by its name."))]
    details: Annotated[NotRequired[dict[str, Any]], Field(description=N_("What stands behind each, for the monitoring alone."))]
