"""Who is asking and from where: the part that all entries of one request have in common."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from gatekeeper.ledger.record import Event
from gatekeeper.rules.events import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """One request's origin. ``actor`` is ``person:ID``, ``service:ID``, ``operator`` or ``system``.

    ``session`` is None on the command line, where the person's password has just been given. Address, device and the operating
    system's user are personal: entries hold only commitments to them.
    """

    actor: str
    person: str | None = None
    investor: str | None = None
    session: int | None = None
    channel: str = "system"
    request_id: str | None = None
    address: str = ""
    device: str = ""
    os_user: str = ""

    def event(self, kind: Kind, now: datetime, *, private: dict[str, str] | None = None, **members: Any) -> Event:
        """An event of this caller; ``person`` and ``investor`` are the caller's own unless given."""
        members.setdefault("person", self.person)
        members.setdefault("investor", self.investor)
        data = {"channel": self.channel, **members.pop("data", {})}
        own = {"address": self.address, "device": self.device, "os_user": self.os_user}
        return Event(
            kind=kind,
            at=now,
            actor=self.actor,
            request_id=self.request_id,
            data=data,
            private={**own, **(private or {})},
            **members,
        )

    def acting_as(self, person: str) -> "Caller":
        """The same origin with a person whose identity has just been proven."""
        return replace(self, actor=f"person:{person}", person=person)
