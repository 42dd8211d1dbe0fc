"""What an application for professional status states: which parts each ground asks for, and the whole as plain JSON values.

Amounts are fen and days ISO dates in the JSON, so that what was stated can be read, and examined again, for ever.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from gatekeeper.rules.errors import N_, Fault
from gatekeeper.rules.parsing.texts import faults_of_text
from gatekeeper.rules.professional import Amount, Application, Registration
from gatekeeper.rules.risk import InvestorKind

_FIGURES = ("net_assets", "financial_assets", "experience_since")
_PERSON = ("financial_assets", "incomes", "experience_since", "work_since")
_PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "第八条（一）": ("registration",),
    "第八条（二）": ("registration", "issuer"),
    "第八条（三）": ("registration",),
    "第八条（四）": _FIGURES,
    "第八条（五）": (*_PERSON, "senior_manager_of", "qualification"),
}
_LONGEST = 100
_PAST = N_("This day has not come yet.")
_NO_YEAR = N_("Please give a day from 1900 on.")
_FIRST = date(1900, 1, 1)


def parts_of(ground: str, kind: InvestorKind) -> tuple[str, ...]:
    """Which parts of an application a ground asks an investor of this kind for."""
    return _PARTS.get(ground) or (_PERSON if kind is InvestorKind.INDIVIDUAL else _FIGURES)


def to_data(stated: Application) -> dict[str, Any]:
    """What is stated as plain JSON values; what is not stated is left out."""
    found: dict[str, Any] = {}
    for name in ("registration", "issuer"):
        one: Registration | None = getattr(stated, name)
        if one:
            found[name] = {
                "authority": one.authority,
                "number": one.number,
                "last_day": one.last_day and one.last_day.isoformat(),
            }
    for name in ("net_assets", "financial_assets"):
        amount: Amount | None = getattr(stated, name)
        if amount:
            found[name] = {"fen": amount.fen, "on": amount.on.isoformat()}
    for name in ("experience_since", "work_since"):
        day: date | None = getattr(stated, name)
        if day:
            found[name] = day.isoformat()
    if stated.incomes:
        found["incomes"] = [list(each) for each in sorted(stated.incomes)]
    return found | {name: text for name in ("senior_manager_of", "qualification") if (text := getattr(stated, name))}


def from_data(data: Mapping[str, Any], kind: InvestorKind, ground: str, applied: date) -> Application:
    """What ``to_data`` wrote, as it stands on the day of the application."""
    return Application(
        kind=kind,
        ground=ground,
        applied=applied,
        registration=_registration(data.get("registration")),
        issuer=_registration(data.get("issuer")),
        net_assets=_amount(data.get("net_assets")),
        financial_assets=_amount(data.get("financial_assets")),
        incomes=tuple((year, amount) for year, amount in data.get("incomes", ())),
        experience_since=_day(data.get("experience_since")),
        work_since=_day(data.get("work_since")),
        senior_manager_of=data.get("senior_manager_of", ""),
        qualification=data.get("qualification", ""),
    )


def faults_of(stated: Application) -> list[Fault]:
    """What is wrong with what was typed, whatever the needs: texts that do not print or fit, days that can't be."""
    return [*_texts(stated), *_days(stated)]


def _texts(stated: Application) -> Iterator[Fault]:
    for name in ("registration", "issuer"):
        one: Registration | None = getattr(stated, name)
        if one:
            yield from faults_of_text(f"{name}_authority", one.authority, _LONGEST)
            yield from faults_of_text(f"{name}_number", one.number, _LONGEST)
    yield from faults_of_text("senior_manager_of", stated.senior_manager_of, _LONGEST)
    yield from faults_of_text("qualification", stated.qualification, _LONGEST)


def _days(stated: Application) -> Iterator[Fault]:
    amounts = (("net_assets_on", stated.net_assets), ("financial_assets_on", stated.financial_assets))
    days = [(name, amount.on) for name, amount in amounts if amount]
    days += [(name, day) for name in ("experience_since", "work_since") if (day := getattr(stated, name))]
    for name, day in days:
        if day > stated.applied:
            yield Fault(_PAST, field=name)
        elif day < _FIRST:
            yield Fault(_NO_YEAR, field=name)


def _registration(data: Mapping[str, Any] | None) -> Registration | None:
    return Registration(data["authority"], data["number"], _day(data["last_day"])) if data else None


def _amount(data: Mapping[str, Any] | None) -> Amount | None:
    return Amount(data["fen"], date.fromisoformat(data["on"])) if data else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
