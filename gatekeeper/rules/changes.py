"""What can be changed about investors, staff and reports, and how proposals and entries write it down.

Which part of a change raises is for ``rules.raising`` to say.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import Enum
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from gatekeeper.rules.accounts.scopes import Register
from gatekeeper.rules.grading.instruments import Instrument
from gatekeeper.rules.importing.change import ImportChange
from gatekeeper.rules.risk import Action, InvestorClass, ProfessionalClause, RiskCategory, RiskGrade, Term, Variety
from gatekeeper.rules.roles import Grant, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassChange:
    """An investor's class, with its ground (article) and the instant at which it lapses."""

    investor: str
    investor_class: InvestorClass
    ground: str = ""
    before: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryChange:
    """An ordinary investor's category and the instant at which the assessment lapses."""

    investor: str
    category: RiskCategory
    before: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LowestChange:
    """Whether the investor is of the lowest category (最低类别)."""

    investor: str
    lowest: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectivesChange:
    """The longest term for which an investor means to invest, and in what."""

    investor: str
    term: Term
    varieties: tuple[Variety, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingChange:
    """The facts of an investor that deny by themselves, with branch and contact to turn to."""

    investor: str
    client: bool = False
    profile_complete: bool = False
    suspended: bool = False
    closed: bool = False
    contract_from: datetime | None = None
    contract_before: datetime | None = None
    branch: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateChange:
    """Whether a person acts for an investor, and in which capacity."""

    investor: str
    person: str
    capacity: str
    live: bool = True
    before: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleChange:
    """A person's role, an admin's grants and the instant at which both end; ``live`` false is a suspended person."""

    person: str
    role: Role
    grants: tuple[Grant, ...] = ()
    live: bool = True
    before: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetChange:
    """That a staff member gets a new one-time link to set a password: whoever holds it holds the account."""

    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceChange:
    """What another system may ask, for how long its tokens are good, and whom to turn to; ``live`` false is a suspended account.

    ``branches`` None is all of them, no ``networks`` is from anywhere; ``Scope`` says what the rest means.
    """

    service: str
    actions: tuple[Action, ...]
    register: Register
    networks: tuple[str, ...]
    per_minute: int
    token_days: int
    contact: str
    branches: tuple[str, ...] | None = None
    may_search: bool = False
    states_initiative: bool = False
    omits_context: bool = False
    live: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """A finding that a person has looked at and accepts, until ``before``, wherever the same template prints the same text."""

    code: str
    cited: str
    key: str
    before: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicationChange:
    """A report version's confirmed grade, audience, term and varieties, with the findings settled for it.

    ``release_at`` is when the proposer wants it out; None leaves that to whoever publishes it.
    ``covers`` are the kinds of instruments that it is about; None was not asked.
    """

    version: str
    issuer: str
    report_kind: str
    grade: RiskGrade
    professional: ProfessionalClause | None
    categories: tuple[RiskCategory, ...] | None
    clients_only: bool
    contract_clients_only: bool
    settlements: tuple[Settlement, ...] = ()
    term: Term | None = None
    varieties: tuple[Variety, ...] | None = None
    release_at: datetime | None = None
    covers: tuple[Instrument, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementChange:
    """That a finding is accepted for longer, wherever reports of this issuer and kind print the same words."""

    issuer: str
    report_kind: str
    code: str
    cited: str
    key: str
    before: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """That a row of an investor's file was entered in error, so that the row ``again`` applies once more; None where none did.

    ``of`` names the fact that the row states. A correction states nothing by itself: what it comes to is judged by that row.
    """

    investor: str
    of: str
    row: int
    again: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementChange:
    """The statement that readers accept, in both languages."""

    text_zh: str
    text_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyChange:
    """A policy's text, and from when on it decides; None is from its approval."""

    text: str
    effective: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionnaireChange:
    """A version of a question set, and from when on it is asked; None is from its approval."""

    track: str
    version: int
    text: str
    effective: datetime | None = None


InvestorChange = ClassChange | CategoryChange | LowestChange | StandingChange | MandateChange
_Texts = StatementChange | PolicyChange | QuestionnaireChange
_OfReports = PublicationChange | SettlementChange
OtherChange = ObjectivesChange | ResetChange | ServiceChange | _OfReports | Correction | _Texts | ImportChange
Change = InvestorChange | RoleChange | OtherChange


_BY_NAME: dict[str, type] = {
    "class": ClassChange,
    "category": CategoryChange,
    "lowest": LowestChange,
    "objectives": ObjectivesChange,
    "standing": StandingChange,
    "mandate": MandateChange,
    "role": RoleChange,
    "reset": ResetChange,
    "service": ServiceChange,
    "publication": PublicationChange,
    "settlement": SettlementChange,
    "correction": Correction,
    "statement": StatementChange,
    "policy": PolicyChange,
    "questionnaire": QuestionnaireChange,
    "import": ImportChange,
}
_NAMES = {kind: name for name, kind in _BY_NAME.items()}


def name_of(change: Change) -> str:
    """The name of the fact that a change is about, as proposals and entries spell it."""
    return _NAMES[type(change)]


def to_data(change: Change) -> dict[str, Any]:
    """A change as plain JSON values, as proposals store it and entries quote it."""
    return {"fact": name_of(change), **_members(change)}


def from_data(data: Mapping[str, Any]) -> Change:
    """The change that ``to_data`` wrote."""
    members = {name: value for name, value in data.items() if name != "fact"}
    change: Change = _build(_BY_NAME[data["fact"]], members)
    return change


def _members(value: Any) -> dict[str, Any]:
    return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}


def _plain(value: Any) -> Any:
    match value:
        case Enum():
            return value.value if isinstance(value, str) else value.name
        case datetime():
            return value.isoformat()
        case tuple():
            return [_plain(item) for item in value]
        case Settlement():
            return _members(value)
        case _:
            return value


def _build(kind: Any, members: Mapping[str, Any]) -> Any:
    hints = get_type_hints(kind)
    return kind(**{name: _typed(hints[name], value) for name, value in members.items()})


def _typed(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    if get_origin(hint) is UnionType:
        hint = next(option for option in get_args(hint) if option is not type(None))
    if get_origin(hint) is tuple:
        return tuple(_typed(get_args(hint)[0], item) for item in value)
    if hint is Settlement:
        return _build(Settlement, value)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(value) if issubclass(hint, str) else hint[value]
    return datetime.fromisoformat(value) if hint is datetime else value
