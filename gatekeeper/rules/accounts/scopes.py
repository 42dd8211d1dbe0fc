"""What another system may ask: the scope of a service account. What it may not ask about does not exist for it."""

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network

from gatekeeper.rules.risk import Action


class Register(StrEnum):
    """How much of the grounds of a decision a system is given."""

    NONE = "NONE"
    CLIENT = "CLIENT"
    STAFF = "STAFF"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What one service account may do. Nothing that a call carries widens it.

    ``branches`` are the branches of the investors it may ask about, None for all; an investor of another one is unknown to it.
    ``register`` is how much it is told: nothing, what the client would read, or what staff read, the stored category included.
    ``may_search`` opens the three searches. ``states_initiative`` lets a call say that the investor asked, which is otherwise
    known of stored subscriptions alone. ``omits_context`` keeps the context out of the answers of a batch. Requests come from
    ``networks`` (none listed: from anywhere), and at most ``per_minute`` decisions a minute are answered.
    """

    actions: frozenset[Action]
    register: Register
    networks: tuple[IPv4Network | IPv6Network, ...]
    per_minute: int
    branches: frozenset[str] | None = None
    may_search: bool = False
    states_initiative: bool = False
    omits_context: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service account whose token has just been proven: its id, the id of the token's row, and its scope as it stands now."""

    id: str
    token: int
    scope: Scope
