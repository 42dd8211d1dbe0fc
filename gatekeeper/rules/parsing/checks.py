"""What is wrong with a change to an investor's file, whoever asks for it: what a form or a command must mend first."""

from datetime import datetime, timedelta

from gatekeeper.rules.changes import CategoryChange, ClassChange, InvestorChange, LowestChange, MandateChange, StandingChange
from gatekeeper.rules.errors import N_, Fault
from gatekeeper.rules.parsing.texts import faults_of, faults_of_optional

_FARTHEST = timedelta(days=3660)
_PAST = N_("The last valid day must not lie in the past.")
_FAR = N_("This day lies more than ten years ahead.")


def faults_of_change(wanted: InvestorChange, now: datetime) -> list[Fault]:
    """Everything that is wrong with one change, each with the field that it is about."""
    match wanted:
        case ClassChange():
            return _class(wanted, now)
        case CategoryChange():
            return _end(wanted.before, now, "category_last_day")
        case StandingChange():
            return _standing(wanted, now)
        case MandateChange(live=True):
            return faults_of(capacity=wanted.capacity) + _end(wanted.before, now, "mandate_last_day")
        case MandateChange() | LowestChange():
            return []


def faults_of_all(wanted: list[InvestorChange], now: datetime) -> list[Fault]:
    """Everything that is wrong with changes that are asked for together; each fact is stated once."""
    facts = [(type(each), each.person if isinstance(each, MandateChange) else "") for each in wanted]
    twice = [Fault(N_("The same fact is stated twice, and only one can be meant."))] if len(set(facts)) < len(facts) else []
    return twice + [fault for each in wanted for fault in faults_of_change(each, now)]


def _class(wanted: ClassChange, now: datetime) -> list[Fault]:
    if not wanted.investor_class.is_professional:
        lasting = N_("An ordinary investor's class has no last valid day.")
        return [Fault(lasting, field="class_last_day")] if wanted.before else []
    if wanted.before is None or not wanted.ground.strip():
        return [Fault(N_("A professional status needs its ground (article) and a last valid day."), field="class_last_day")]
    return faults_of_optional(ground=wanted.ground) + _end(wanted.before, now, "class_last_day")


def _standing(wanted: StandingChange, now: datetime) -> list[Fault]:
    faults = faults_of_optional(branch=wanted.branch, contact=wanted.contact)
    begins, before = wanted.contract_from, wanted.contract_before
    if before is not None and begins is None:
        faults.append(Fault(N_("A contract that ends also begins on a day."), field="contract_from"))
    elif begins is not None and before is not None and before <= begins:
        faults.append(Fault(N_("The contract's last day must not lie before its first."), field="contract_to"))
    faults += [
        Fault(_FAR, field=field)
        for field, moment in (("contract_from", begins), ("contract_to", before))
        if moment is not None and moment - now > _FARTHEST
    ]
    return faults


def _end(before: datetime | None, now: datetime, field: str) -> list[Fault]:
    if before is None:
        return []
    if before <= now:
        return [Fault(_PAST, field=field)]
    return [Fault(_FAR, field=field)] if before - now > _FARTHEST else []
