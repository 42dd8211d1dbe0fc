"""What another system may ask: the scope of a service account. What it may not ask about does not exist for it."""

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network

from gatekeeper.rules.risk import Action, Initiative

Network = IPv4Network | IPv6Network


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
    networks: tuple[Network, ...]
    per_minute: int
    branches: frozenset[str] | None = None
    may_search: bool = False
    states_initiative: bool = False
    omits_context: bool = False

    def moves_first(self, action: Action | None, told: Initiative | None) -> Initiative | None:
        """Who moves first, by what a call says; None where what is on file must say it.

        A RECEIVE is the firm's wish unless a subscription asks for the report, or the account may say that the investor did. Any
        other act is the investor's own unless the call says otherwise.
        """
        if told is Initiative.PUSH:
            return Initiative.PUSH
        if action is not Action.RECEIVE or (told is Initiative.PULL and self.states_initiative):
            return Initiative.PULL
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service account whose token has just been proven: its id, the id of the token's row, and its scope as it stands now."""

    id: str
    token: int
    scope: Scope


def least(one: Register, other: Register) -> Register:
    """The register that tells less."""
    return min(one, other, key=tuple(Register).index)


def common(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """The networks that both lists admit, in the order of the second; no networks in a list is from anywhere."""
    if not one or not other:
        return other or one
    theirs = [ip_network(each) for each in one]
    found: list[Network] = []
    for mine in map(ip_network, other):
        found += [each for each in (_narrower(mine, their) for their in theirs) if each is not None and each not in found]
    return tuple(str(each) for each in found)


def _narrower(one: Network, other: Network) -> Network | None:
    """Of two networks the one that lies in the other; None where they have no address in common."""
    if isinstance(one, IPv4Network) and isinstance(other, IPv4Network):
        return one if one.subnet_of(other) else other if other.subnet_of(one) else None
    if isinstance(one, IPv6Network) and isinstance(other, IPv6Network):
        return one if one.subnet_of(other) else other if other.subnet_of(one) else None
    return None
