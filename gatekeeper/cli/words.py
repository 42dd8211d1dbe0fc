"""What changes, audiences and validity read like on a line."""

from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from gatekeeper.cli.screen import _, moment, title, yes
from gatekeeper.rules.changes import (
    CategoryChange,
    Change,
    ClassChange,
    Correction,
    LowestChange,
    MandateChange,
    ObjectivesChange,
    OtherChange,
    PolicyChange,
    PublicationChange,
    QuestionnaireChange,
    ResetChange,
    RoleChange,
    ServiceChange,
    SettlementChange,
    StandingChange,
    StatementChange,
)
from gatekeeper.rules.errors import N_
from gatekeeper.rules.importing.change import ImportChange
from gatekeeper.rules.risk import Audience, Objectives, Variety


def last_day(before: datetime | None, zone: tzinfo) -> date | None:
    """The last day of something that ends before an instant."""
    return (before - timedelta(microseconds=1)).astimezone(zone).date() if before else None


def through(before: datetime | None, zone: tzinfo, now: datetime | None = None) -> str:
    """Until when something is valid, and whether that is over."""
    day = last_day(before, zone)
    if before is None or day is None:
        return ""
    lapsed = now is not None and before <= now
    return _(N_("%(day)s (lapsed)"), day=day.isoformat()) if lapsed else day.isoformat()


def audience(of: Audience) -> str:
    """Whom an audience admits."""
    parts = []
    if of.professional is not None:
        parts.append(title(of.professional))
    if of.categories is not None:
        parts.append(", ".join(each.name for each in sorted(of.categories)) or _(N_("no ordinary investor")))
    if of.clients_only:
        parts.append(_(N_("clients only")))
    if of.contract_clients_only:
        parts.append(_(N_("clients with a service contract only")))
    return "; ".join(parts) or _(N_("not printed"))


def change(of: Change, zone: tzinfo) -> str:
    """One change in a few words."""
    match of:
        case CategoryChange():
            return _(N_("category %(category)s through %(day)s"), category=of.category.name, day=through(of.before, zone))
        case ClassChange():
            return _class(of, zone)
        case LowestChange():
            return _(N_("lowest category: %(answer)s"), answer=yes(of.lowest))
        case StandingChange():
            return _standing(of, zone)
        case MandateChange():
            return _(N_("acts as %(capacity)s: %(answer)s"), capacity=of.capacity, answer=yes(of.live))
        case RoleChange():
            grants = ", ".join(grant.name for grant in of.grants)
            return f"{title(of.role)} {grants}".strip() if of.live else _(N_("suspended"))
        case _:
            return _other(of, zone)


def objectives(of: Objectives) -> str:
    """Term and varieties, of an investor or of a report."""
    stated = [title(of.term)] if of.term else []
    stated += [title(each) for each in Variety if of.varieties and each in of.varieties]
    return "; ".join(stated) or _(N_("not stated"))


_ALWAYS = {
    ResetChange: N_("new password by a one-time link"),
    StatementChange: N_("new version of the statement"),
    PolicyChange: N_("new version of the policy"),
}
"""What is said in the same words whatever such a change holds."""


def _other(of: OtherChange, zone: tzinfo) -> str:
    match of:
        case ResetChange() | StatementChange() | PolicyChange():
            return _(_ALWAYS[type(of)])
        case ObjectivesChange():
            return objectives(Objectives(of.term, frozenset(of.varieties)))
        case ServiceChange():
            return _service(of)
        case PublicationChange() | SettlementChange():
            return _report(of, zone)
        case Correction():
            return _(N_("%(fact)s entered in error"), fact=of.of)
        case QuestionnaireChange():
            return _(N_("questionnaire %(track)s, version %(version)s"), track=of.track, version=of.version)
        case ImportChange():
            said = N_("%(rows)s rows of an imported file, %(opened)s of them new investors")
            return _(said, rows=f"{of.raised:,}", opened=f"{of.opened:,}")


def _service(of: ServiceChange) -> str:
    if not of.live:
        return _(N_("suspended"))
    actions = ", ".join(title(each) for each in of.actions)
    message = N_("%(actions)s; told: %(register)s; %(number)s a minute; from %(networks)s")
    anywhere = ", ".join(of.networks) or _(N_("any address"))
    return _(message, actions=actions, register=title(of.register), number=of.per_minute, networks=anywhere)


def _class(of: ClassChange, zone: tzinfo) -> str:
    if of.before is None:
        return title(of.investor_class)
    message = N_("%(name)s (%(ground)s) through %(day)s")
    return _(message, name=title(of.investor_class), ground=of.ground, day=through(of.before, zone))


def _report(of: PublicationChange | SettlementChange, zone: tzinfo) -> str:
    if isinstance(of, SettlementChange):
        said = N_("finding %(code)s of %(issuer)s %(kind)s accepted through %(day)s")
        return _(said, code=of.code, issuer=of.issuer, kind=of.report_kind, day=through(of.before, zone))
    said = _publication(of)
    return _(N_("%(said)s; out from %(time)s"), said=said, time=moment(of.release_at, zone)) if of.release_at else said


def _publication(of: PublicationChange) -> str:
    categories = None if of.categories is None else frozenset(of.categories)
    admits = audience(Audience(of.professional, categories, of.clients_only, of.contract_clients_only))
    settled = ", ".join(each.code for each in of.settlements)
    about = objectives(Objectives(of.term, None if of.varieties is None else frozenset(of.varieties)))
    said = _(N_("grade %(grade)s for %(audience)s; term and kinds: %(about)s"), grade=of.grade.name, audience=admits, about=about)
    return _(N_("%(said)s; settled: %(codes)s"), said=said, codes=settled) if settled else said


def _standing(of: StandingChange, zone: tzinfo) -> str:
    flags: list[tuple[str, Any]] = [
        (N_("client"), of.client),
        (N_("details complete"), of.profile_complete),
        (N_("suspended"), of.suspended),
        (N_("closed"), of.closed),
    ]
    parts = [_(name) for name, holds in flags if holds]
    if of.contract_from:
        parts.append(_(N_("service contract from %(time)s"), time=moment(of.contract_from, zone)))
    return ", ".join(parts) or _(N_("not a client"))
