"""What may be sent to the decision API, as types: the published shapes of AuthZEN 1.0.

Members that nobody knows are left aside. A wrong type is refused wherever it stands, null too: what has no value is left out.
Whether something is missing depends on where it stands. A question by itself must be whole; of a batch each part may be given
once for all, so that only who puts an item together knows what it lacks (``Part``, ``Act``). Of an entity's ``properties`` only
what tells one entity from another is looked at: stored facts win.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from gatekeeper.rules.risk import Initiative

MOST_ITEMS = 1000
"""So many questions may stand in one batch: ten entries of the ledger, all on one snapshot, within a fraction of a second."""


class Shape(BaseModel):
    """What all shapes have in common: no conversion of types, no member that was not asked for, no change afterwards."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class Entity(Shape):
    """A subject or a resource, by its kind and its name."""

    type: str
    id: str
    properties: dict[str, Any] = Field(default_factory=dict)


class Deed(Shape):
    """An action by its name."""

    name: str
    properties: dict[str, Any] = Field(default_factory=dict)


class Part(Shape):
    """A subject or a resource of which members may be missing."""

    type: str = Field(default_factory=str)
    id: str = Field(default_factory=str)
    properties: dict[str, Any] = Field(default_factory=dict)

    @property
    def lacks(self) -> list[str]:
        """The members that are missing."""
        return [name for name in ("type", "id") if name not in self.model_fields_set]


class Act(Shape):
    """An action whose name may be missing."""

    name: str = Field(default_factory=str)
    properties: dict[str, Any] = Field(default_factory=dict)

    @property
    def lacks(self) -> list[str]:
        """The members that are missing."""
        return [] if "name" in self.model_fields_set else ["name"]


class Context(Shape):
    """What the caller says about the moment. ``initiative`` says who moves first: the investor (pull) or the firm (push)."""

    initiative: Literal["pull", "push"] = Field(default_factory=lambda: "pull")

    @property
    def told(self) -> Initiative | None:
        """What the caller says of it, None where nothing is said."""
        return Initiative[self.initiative.upper()] if "initiative" in self.model_fields_set else None


class Evaluation(Shape):
    """One question: may this subject do this with this resource?"""

    subject: Entity
    action: Deed
    resource: Entity
    context: Context = Field(default_factory=Context)


class Item(Shape):
    """One question of a batch. A member that stands here takes the place of the batch's own, whole."""

    subject: Part = Field(default_factory=Part)
    action: Act = Field(default_factory=Act)
    resource: Part = Field(default_factory=Part)
    context: Context = Field(default_factory=Context)


class Options(Shape):
    """How a batch is answered: all of it, or up to the first answer of a kind."""

    evaluations_semantic: Literal["execute_all", "deny_on_first_deny", "permit_on_first_permit"] = "execute_all"


class Evaluations(Item):
    """Many questions, with what they have in common. Without ``evaluations`` it is one question."""

    evaluations: list[Item] = Field(default_factory=list, max_length=MOST_ITEMS)
    options: Options = Field(default_factory=Options)
