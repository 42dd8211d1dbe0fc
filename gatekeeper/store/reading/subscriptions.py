"""Subscriptions: what a person asks for on behalf of an investor, in advance. Dated rows: the newest of a topic counts.

A subscription makes the sending of a report that matches it the investor's own wish (PULL). It lets nobody have anything.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    String,
    and_,
    bindparam,
    false,
    insert,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from gatekeeper.rules.messages.distribution import Interest
from gatekeeper.store.accounts.people import Person
from gatekeeper.store.base import NOW, Base, Dated, Key, current_id, current_row, period_check

LONGEST = 200
"""So long may be what a subscription is about."""
Topics = Mapping[Interest, Sequence[str]]
"""What a report is about, by the topics of subscriptions."""


class Subscription(Dated, Base):
    """That a person, for an investor, asks for what matches, or, where ``live`` is false, no longer does.

    ``value`` is what reports are matched by, an analyst's certificate number for example; ``label`` is what people read.
    """

    __tablename__ = "subscription"
    __table_args__ = (
        Index(None, "person_id", "investor_id", "topic", "value", "id"),
        Index(None, "topic", "value"),
        period_check(),
        CheckConstraint("topic IN ('ANALYST', 'INDUSTRY', 'ISSUER', 'KIND')", name="topic"),
    )
    person_id: Mapped[Key] = mapped_column(ForeignKey("person.id"))
    investor_id: Mapped[Key] = mapped_column(ForeignKey("investor.id"))
    topic: Mapped[str] = mapped_column(String(8))
    value: Mapped[str]
    label: Mapped[str]
    live: Mapped[bool]


_KEYS = ("person_id", "investor_id", "topic", "value")
_newest = current_id(Subscription, NOW, *((getattr(Subscription, name), getattr(Subscription, name)) for name in _KEYS))
_LIVE = and_(Subscription.live, Subscription.id == _newest)


def matching(topics: Topics) -> Any:
    """Who asks for what is about these topics: persons with the investors for whom they ask."""
    about: list[ColumnElement[bool]] = [
        and_(Subscription.topic == topic.value, Subscription.value.in_(values)) for topic, values in topics.items() if values
    ]
    query = select(Subscription.person_id, Subscription.investor_id).where(_LIVE, or_(*about) if about else false())
    return query.distinct()


def wished_by(row: Any, topics: Topics) -> ColumnElement[bool]:
    """Whether the person of a row asks, for its investor, for what is about as many topics as these; ``wished`` says which."""
    about = (and_(Subscription.topic == topic.value, Subscription.value == bindparam(name)) for name, topic, _ in _each(topics))
    own = (Subscription.person_id == row.person_id, Subscription.investor_id == row.investor_id)
    return select(Subscription.id).where(_LIVE, *own, or_(false(), *about)).exists()


def wished(topics: Topics) -> dict[str, str]:
    """The parameters of ``wished_by``."""
    return {name: value for name, _, value in _each(topics)}


def _each(topics: Topics) -> Iterator[tuple[str, Interest, str]]:
    for topic in Interest:
        for place, value in enumerate(topics.get(topic, ())):
            yield f"{topic.value.lower()}_{place}", topic, value


def asking(connection: Connection, topics: Topics, persons: Collection[str], now: datetime) -> set[tuple[str, str]]:
    """Of these persons those who ask for what is about these topics, with the investors for whom they do."""
    rows = connection.execute(matching(topics).where(Subscription.person_id.in_(persons)), {"now": now})
    return {(row.person_id, row.investor_id) for row in rows}


def asked_by(connection: Connection, persons: Collection[str], now: datetime) -> dict[tuple[str, str], set[tuple[Interest, str]]]:
    """What these persons ask for, by person and investor."""
    query = select(Subscription.person_id, Subscription.investor_id, Subscription.topic, Subscription.value)
    found: dict[tuple[str, str], set[tuple[Interest, str]]] = {}
    for row in connection.execute(query.where(Subscription.person_id.in_(persons), _LIVE), {"now": now}) if persons else ():
        found.setdefault((row.person_id, row.investor_id), set()).add((Interest(row.topic), row.value))
    return found


def of(connection: Connection, person: str, investor: str, now: datetime) -> list[Any]:
    """What a person asks for on behalf of an investor, by topic and name."""
    query = select(Subscription.__table__).where(Subscription.person_id == person, Subscription.investor_id == investor, _LIVE)
    return list(connection.execute(query.order_by(Subscription.topic, Subscription.label, Subscription.id), {"now": now}))


def live(connection: Connection, person: str, investor: str, topic: Interest, value: str, now: datetime) -> Any:
    """The row by which a person asks for this, or None."""
    keys = {"person_id": person, "investor_id": investor, "topic": topic.value, "value": value}
    row = current_row(connection, Subscription, now, **keys)
    return row if row is not None and row.live else None


def hold(connection: Connection, person: str) -> None:
    """Let the subscriptions of one person change one after the other."""
    connection.execute(select(Person.id).where(Person.id == person).with_for_update(key_share=True))


def put(connection: Connection, **columns: Any) -> None:
    """Write that somebody asks for something, or no longer does."""
    connection.execute(insert(Subscription).values(**columns))


def topics_of(version: Any) -> dict[Interest, list[str]]:
    """What a version is about, by the topics of subscriptions."""
    return {
        Interest.ANALYST: [key for key, _ in analysts_of(version.analysts)],
        Interest.INDUSTRY: [version.industry] if version.industry else [],
        Interest.ISSUER: [version.issuer] if version.issuer else [],
        Interest.KIND: [version.kind] if version.kind else [],
    }


def analysts_of(text: str) -> list[tuple[str, str]]:
    """Who has signed a version: the certificate's number, or the name where none is printed, with the name."""
    people = [(each.get("certificate") or each.get("name") or "", each.get("name") or "") for each in json.loads(text)]
    return [(key[:LONGEST], name[:LONGEST]) for key, name in people if key and name]
