"""What may be sent to the decision API, as types: the published shapes of AuthZEN 1.0.

Members that nobody knows are left aside. A wrong type is refused wherever it stands, null too: what has no value is left out.
Whether something is missing depends on where it stands. A question by itself must be whole; of a batch each part may be given
once for all, so that only who puts an item together knows what it lacks (``Part``, ``Act``). Of an entity's ``properties`` only
what tells one entity from another is looked at: stored facts win.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from gatekeeper.rules.errors import N_
from gatekeeper.rules.risk import Initiative

MOST_ITEMS = 1000
"""So many questions may stand in one batch: ten entries of the ledger, all on one snapshot, within a fraction of a second."""

Type = Annotated[str, Field(description=N_("user for a subject, report for a resource. Of any other kind nothing is known."))]
Id = Annotated[str, Field(description=N_("Of a subject the client number or the login, of a resource the id of the report."))]
Name = Annotated[str, Field(description=N_("read, bookmark, receive or use."))]
Properties = Annotated[
    dict[str, Any],
    Field(description=N_("Of a subject investor or login, where its id alone does not say who is meant. Nothing else counts.")),
]
_WHO, _WHAT, _WITH, _WHEN = N_("Who wants it."), N_("What is to be done."), N_("With what."), N_("What is said of the moment.")


class Shape(BaseModel):
    """What all shapes have in common: no conversion of types, no member that was not asked for, no change afterwards."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class Entity(Shape):
    """A subject or a resource, by its kind and its name."""

    type: Type
    id: Id
    properties: Properties = Field(default_factory=dict)


class Deed(Shape):
    """An action by its name."""

    name: Name
    properties: Properties = Field(default_factory=dict)


class Part(Shape):
    """A subject or a resource of which members may be missing."""

    type: Type = Field(default_factory=str)
    id: Id = Field(default_factory=str)
    properties: Properties = Field(default_factory=dict)

    @property
    def lacks(self) -> list[str]:
        """The members that are missing."""
        said = self.model_fields_set
        return [] if "type" in said and "id" in said else [name for name in ("type", "id") if name not in said]


class Act(Shape):
    """An action whose name may be missing."""

    name: Name = Field(default_factory=str)
    properties: Properties = Field(default_factory=dict)

    @property
    def lacks(self) -> list[str]:
        """The members that are missing."""
        return [] if "name" in self.model_fields_set else ["name"]


class Approval(Shape):
    """An answer of people to a request. It permits nothing; the entry of the decision names it where it belongs."""

    id: str = Field(default_factory=str, description=N_("The id of an approved request about the same."))


_NO_APPROVAL = Approval()


class Context(Shape):
    """What the caller says about the moment. ``initiative`` says who moves first: the investor (pull) or the firm (push)."""

    approval: Approval = Field(
        default_factory=lambda: _NO_APPROVAL, description=N_("Which answer of people led to asking again.")
    )
    initiative: Literal["pull", "push"] = Field(
        default_factory=lambda: "pull", description=N_("Who moves first: the investor (pull) or the firm (push).")
    )

    @property
    def told(self) -> Initiative | None:
        """What the caller says of it, None where nothing is said."""
        return Initiative[self.initiative.upper()] if "initiative" in self.model_fields_set else None


_NOTHING, _NO_ACT, _NO_CONTEXT = Part(), Act(), Context()
"""What stands where nothing was sent: one for all, since none can be changed."""


class Evaluation(Shape):
    """One question: may this subject do this with this resource?"""

    subject: Entity = Field(description=_WHO)
    action: Deed = Field(description=_WHAT)
    resource: Entity = Field(description=_WITH)
    context: Context = Field(default_factory=lambda: _NO_CONTEXT, description=_WHEN)


class Item(Shape):
    """One question of a batch. A member that stands here takes the place of the batch's own, whole."""

    subject: Part = Field(default_factory=lambda: _NOTHING, description=_WHO)
    action: Act = Field(default_factory=lambda: _NO_ACT, description=_WHAT)
    resource: Part = Field(default_factory=lambda: _NOTHING, description=_WITH)
    context: Context = Field(default_factory=lambda: _NO_CONTEXT, description=_WHEN)


class Options(Shape):
    """How a batch is answered: all of it, or up to the first answer of a kind."""

    evaluations_semantic: Literal["execute_all", "deny_on_first_deny", "permit_on_first_permit"] = Field(
        default="execute_all",
        description=N_("Whether all are answered, or the answers end after the first no, or the first yes."),
    )


class Evaluations(Item):
    """Many questions, with what they have in common. Without ``evaluations`` it is one question."""

    evaluations: list[Item] = Field(default_factory=list, max_length=MOST_ITEMS, description=N_("The questions, at most 1,000."))
    options: Options = Field(default_factory=Options, description=N_("How they are answered."))


class Denial(Shape):
    """The refusal that people are asked to look at, as it was answered."""

    evaluation_id: str = Field(description=N_("The evaluation_id of the refusal."))
    binding_token: str = Field(description=N_("The binding_token that the refusal offered, good for a day."))


class AccessRequest(Shape):
    """A request that people look at a refusal: the question as it was asked, and what the refusal offered."""

    subject: Entity = Field(description=_WHO)
    action: Deed = Field(description=_WHAT)
    resource: Entity = Field(description=_WITH)
    denial: Denial = Field(description=N_("The refusal, as it was answered."))
    justification: str = Field(
        default_factory=str, max_length=2000, description=N_("What whoever answers should know, at most 2,000 characters.")
    )


class Sort(Shape):
    """What kind of subject or resource is sought, whichever they are."""

    type: Type
    properties: Properties = Field(default_factory=dict)


def _whole(value: Any) -> Any:
    """A number without a fraction is whole however it is written (JSON Schema): 2.0 is 2."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class PageOf(Shape):
    """Which part of the results is wanted."""

    limit: Annotated[int, BeforeValidator(_whole)] = Field(
        default=100, ge=0, description=N_("So many results at most; never more than 1,000, or than the account may ask a minute.")
    )
    token: str = Field(default="", description=N_("The next_token of the page before; everything else is sent as before."))


class Search(Shape):
    """What all searches may bear."""

    context: Context = Field(default_factory=lambda: _NO_CONTEXT, description=_WHEN)
    page: PageOf = Field(default_factory=PageOf, description=N_("Which part of the results is wanted."))


class SubjectSearch(Search):
    """Who may do this with this resource?"""

    subject: Sort = Field(description=N_("Whose kind is sought; an id is not looked at."))
    action: Deed = Field(description=_WHAT)
    resource: Entity = Field(description=_WITH)


class ResourceSearch(Search):
    """With which resources may this subject do this?"""

    subject: Entity = Field(description=_WHO)
    action: Deed = Field(description=_WHAT)
    resource: Sort = Field(description=N_("Whose kind is sought; an id is not looked at."))


class ActionSearch(Search):
    """What may this subject do with this resource? An action is not looked at."""

    subject: Entity = Field(description=_WHO)
    resource: Entity = Field(description=_WITH)
