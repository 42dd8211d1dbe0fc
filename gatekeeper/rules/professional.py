"""Who is a professional investor, and on which ground (Measures, Arts. 8 and 11); conversion both ways (Arts. 11 and 12).

1. An application names one ground. The ground has needs; each need is a list of alternatives of which one is enough. Every
   alternative is told, met or not, with the reason.
2. Amounts are whole fen; the threshold itself is enough (不低于), one fen below is not. The numbers are the policy's (``terms``).
3. An institution's figures are those of the latest year-end before the application: an older one does not count. An individual's
   income is the mean of exactly the latest full calendar years: fewer, others or more do not count. A statement of the assets
   must not be older than the policy says.
4. Years of experience and work are full years: from the day they began to the same day number, clamped to the month.
5. Class A goes by registration and never by figures; whoever stands behind a product is not professional by it.
6. A status is valid for the policy's months; lapsed, ``suitability`` decides as for an ordinary investor with a live assessment,
   or denies. ``conversion`` has the steps of an application, and the way back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from gatekeeper.rules.assessing.money import yuan
from gatekeeper.rules.errors import N_, Conflict, Fault, Invalid
from gatekeeper.rules.policy import Policy, last_day_after
from gatekeeper.rules.risk import InvestorClass, InvestorKind
from gatekeeper.rules.titles.terms import IndividualTerms, InstitutionTerms, Terms

GROUNDS: Final[Mapping[InvestorClass, Mapping[str, str]]] = {
    InvestorClass.PROFESSIONAL_A: {
        "第八条（一）": N_("Art. 8 (1): licensed or registered financial institution"),
        "第八条（二）": N_("Art. 8 (2): product issued by such an institution"),
        "第八条（三）": N_("Art. 8 (3): social security, pension or charitable fund, QFII, RQFII"),
    },
    InvestorClass.PROFESSIONAL_B: {
        "第八条（四）": N_("Art. 8 (4): legal person or organisation with the assets and the experience"),
        "第八条（五）": N_("Art. 8 (5): individual with the assets and the experience"),
    },
    InvestorClass.PROFESSIONAL_C: {
        "第十一条": N_("Art. 11: ordinary investor converted on application"),
    },
}
"""Each class's articles as they are kept on file, with what they say."""

_BY_GROUND = {ground: investor_class for investor_class, grounds in GROUNDS.items() for ground in grounds}
_KINDS = {
    "第八条（一）": {InvestorKind.FINANCIAL_INSTITUTION},
    "第八条（二）": {InvestorKind.PRODUCT},
    "第八条（三）": {InvestorKind.PRODUCT, InvestorKind.INSTITUTION, InvestorKind.FINANCIAL_INSTITUTION},
    "第八条（四）": {InvestorKind.INSTITUTION, InvestorKind.FINANCIAL_INSTITUTION},
    "第八条（五）": {InvestorKind.INDIVIDUAL},
    "第十一条": {InvestorKind.INDIVIDUAL, InvestorKind.INSTITUTION, InvestorKind.FINANCIAL_INSTITUTION},
}


class Need(StrEnum):
    """What a ground can ask for."""

    KIND = "KIND"
    REGISTRATION = "REGISTRATION"
    ISSUER = "ISSUER"
    NET_ASSETS = "NET_ASSETS"
    FINANCIAL_ASSETS = "FINANCIAL_ASSETS"
    INCOME = "INCOME"
    EXPERIENCE = "EXPERIENCE"
    WORK = "WORK"
    SENIOR_MANAGER = "SENIOR_MANAGER"
    QUALIFICATION = "QUALIFICATION"


class Evidence(StrEnum):
    """A kind of document that an application carries."""

    IDENTITY = "IDENTITY"
    REGISTRATION = "REGISTRATION"
    ISSUER_REGISTRATION = "ISSUER_REGISTRATION"
    FINANCIAL_STATEMENTS = "FINANCIAL_STATEMENTS"
    ASSET_STATEMENT = "ASSET_STATEMENT"
    INCOME_PROOF = "INCOME_PROOF"
    TRADING_RECORD = "TRADING_RECORD"
    EMPLOYMENT_PROOF = "EMPLOYMENT_PROOF"
    CERTIFICATE = "CERTIFICATE"
    WRITTEN_APPLICATION = "WRITTEN_APPLICATION"


_PROOFS: Final[Mapping[Need, Evidence]] = {
    Need.KIND: Evidence.IDENTITY,
    Need.REGISTRATION: Evidence.REGISTRATION,
    Need.ISSUER: Evidence.ISSUER_REGISTRATION,
    Need.NET_ASSETS: Evidence.FINANCIAL_STATEMENTS,
    Need.FINANCIAL_ASSETS: Evidence.ASSET_STATEMENT,
    Need.INCOME: Evidence.INCOME_PROOF,
    Need.EXPERIENCE: Evidence.TRADING_RECORD,
    Need.WORK: Evidence.EMPLOYMENT_PROOF,
    Need.SENIOR_MANAGER: Evidence.EMPLOYMENT_PROOF,
    Need.QUALIFICATION: Evidence.CERTIFICATE,
}


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount in fen, and the day that it is of."""

    fen: int
    on: date


@dataclass(frozen=True, slots=True)
class Registration:
    """A licence, registration or filing: with whom, its number, and its last valid day where it has one."""

    authority: str
    number: str
    last_day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What an investor states and proves on one ground, on the day it applies (in the firm's zone). Absent is not met.

    ``incomes`` holds calendar years with fen; ``experience_since`` the first day of investing in securities, funds, futures, gold
    or foreign exchange, ``work_since`` that of designing, investing or risk-managing financial products or the like.
    ``senior_manager_of`` is an institution of Art. 8 (1); ``qualification`` that of an accountant or lawyer in finance.
    """

    kind: InvestorKind
    ground: str
    applied: date
    registration: Registration | None = None
    issuer: Registration | None = None
    net_assets: Amount | None = None
    financial_assets: Amount | None = None
    incomes: tuple[tuple[int, int], ...] = ()
    experience_since: date | None = None
    work_since: date | None = None
    senior_manager_of: str = ""
    qualification: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One alternative of a need: met or not, and why, as a sentence with its values; ``needed`` says how much is enough."""

    need: Need
    met: bool
    why: Fault
    needed: Fault | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an application comes to. ``needs`` are all to be met, each by one of its alternatives.

    ``evidence`` is what must be on file, of each tuple one: for every need the proof of an alternative that is met, or of any
    where none is. ``last_day`` is the last valid day of the status if it were approved on the day of the application.
    """

    investor_class: InvestorClass
    ground: str
    needs: tuple[tuple[Finding, ...], ...]
    evidence: tuple[tuple[Evidence, ...], ...]
    last_day: date

    @property
    def met(self) -> bool:
        """Whether every need is met."""
        return not self.unmet

    @property
    def unmet(self) -> tuple[Finding, ...]:
        """The findings of the needs that are not met: the reasons of a rejection."""
        return tuple(each for alternatives in self.needs if not any(each.met for each in alternatives) for each in alternatives)

    def lacking(self, given: frozenset[Evidence]) -> tuple[tuple[Evidence, ...], ...]:
        """The evidence of which nothing was given."""
        return tuple(alternatives for alternatives in self.evidence if given.isdisjoint(alternatives))


def class_of(ground: str) -> InvestorClass:
    """The class that a ground gives; ``Invalid`` for a ground that is not there."""
    if ground not in _BY_GROUND:
        raise Invalid(Fault(N_("There is no such ground: %(name)s"), field="ground", name=ground))
    return _BY_GROUND[ground]


def grounds_for(kind: InvestorKind) -> tuple[str, ...]:
    """The grounds that are open to an investor of this kind."""
    return tuple(ground for ground, kinds in _KINDS.items() if kind in kinds)


def examine(application: Application, policy: Policy) -> Verdict:
    """Hold an application against its ground under a policy's terms.

    Raises:
        Invalid: there is no such ground.
        Conflict: the policy has no terms for professional investors, and the ground goes by figures.
    """
    investor_class = class_of(application.ground)
    needs = (_kind(application), *_needs(application, investor_class, policy.professional))
    last_day = last_day_after(application.applied, policy.professional_months)
    for registration in (application.registration, application.issuer):
        if investor_class is InvestorClass.PROFESSIONAL_A and registration and registration.last_day:
            last_day = min(last_day, registration.last_day)
    return Verdict(investor_class, application.ground, needs, _evidence(application, investor_class, needs), last_day)


def income_years(ground: str, applied: date, policy: Policy) -> tuple[int, ...]:
    """The years of which an individual's income counts on a ground; none where the policy has no terms."""
    if policy.professional is None:
        return ()
    converted = class_of(ground) is InvestorClass.PROFESSIONAL_C
    wanted = policy.professional.converted_individual if converted else policy.professional.individual
    return tuple(range(applied.year - wanted.income_years, applied.year))


def _needs(application: Application, investor_class: InvestorClass, terms: Terms | None) -> tuple[tuple[Finding, ...], ...]:
    if investor_class is InvestorClass.PROFESSIONAL_A:
        own = (_registration(Need.REGISTRATION, application.registration, application.applied),)
        behind = (_registration(Need.ISSUER, application.issuer, application.applied),)
        return (own, behind) if application.ground == "第八条（二）" else (own,)
    if terms is None:
        raise Conflict(N_("The policy in force has no terms for professional investors."))
    converted = investor_class is InvestorClass.PROFESSIONAL_C
    if application.kind is InvestorKind.INDIVIDUAL or application.ground == "第八条（五）":
        wanted = terms.converted_individual if converted else terms.individual
        return _individual(application, wanted, terms.statement_days, converted=converted)
    return _institution(application, terms.converted_institution if converted else terms.institution)


def _institution(application: Application, wanted: InstitutionTerms) -> tuple[tuple[Finding, ...], ...]:
    year_end = date(application.applied.year - 1, 12, 31)
    return (
        (_amount(Need.NET_ASSETS, application.net_assets, wanted.net_assets, year_end, year_end),),
        (_amount(Need.FINANCIAL_ASSETS, application.financial_assets, wanted.financial_assets, year_end, year_end),),
        (_years(Need.EXPERIENCE, application.experience_since, wanted.experience_years, application.applied),),
    )


def _individual(
    application: Application, wanted: IndividualTerms, days: int, *, converted: bool
) -> tuple[tuple[Finding, ...], ...]:
    today = application.applied
    means = (
        _amount(
            Need.FINANCIAL_ASSETS, application.financial_assets, wanted.financial_assets, today - timedelta(days=days), today
        ),
        _income(application, wanted),
    )
    experience = (
        _years(Need.EXPERIENCE, application.experience_since, wanted.experience_years, today),
        _years(Need.WORK, application.work_since, wanted.work_years, today),
    )
    others = (
        _stated(Need.SENIOR_MANAGER, application.senior_manager_of),
        _stated(Need.QUALIFICATION, application.qualification),
    )
    return means, experience if converted else experience + others


def _kind(application: Application) -> tuple[Finding, ...]:
    if application.kind in _KINDS[application.ground]:
        return (Finding(Need.KIND, met=True, why=Fault(N_("This ground is open to this kind of investor."))),)
    return (Finding(Need.KIND, met=False, why=Fault(N_("This ground is not open to this kind of investor."))),)


def _registration(need: Need, found: Registration | None, today: date) -> Finding:
    if found is None or not found.authority.strip() or not found.number.strip():
        return Finding(need, met=False, why=Fault(N_("No registration is stated.")))
    if found.last_day and found.last_day < today:
        return Finding(need, met=False, why=Fault(N_("The registration ended on %(day)s."), day=found.last_day))
    stated = Fault(N_("Registered with %(authority)s under %(number)s."), authority=found.authority, number=found.number)
    return Finding(need, met=True, why=stated)


def _amount(need: Need, found: Amount | None, least: int, first: date, last: date) -> Finding:
    """An amount that must be of one of the days from ``first`` to ``last``."""
    needed = _at_least(least)
    if found is None:
        return Finding(need, met=False, why=Fault(N_("No figure is stated.")), needed=needed)
    if first == last != found.on:
        late = Fault(N_("The figure is of %(day)s; that of %(last)s is needed."), day=found.on, last=last)
        return Finding(need, met=False, why=late, needed=needed)
    if not first <= found.on <= last:
        late = Fault(
            N_("The figure is of %(day)s; one of %(first)s to %(last)s is needed."), day=found.on, first=first, last=last
        )
        return Finding(need, met=False, why=late, needed=needed)
    return _enough(need, found.fen, least, 1)


def _income(application: Application, wanted: IndividualTerms) -> Finding:
    """The mean of exactly the latest full years. Their sum is compared, so that nothing is rounded."""
    last, count, needed = application.applied.year - 1, wanted.income_years, _at_least(wanted.income)
    years = list(range(last - count + 1, last + 1))
    if not application.incomes:
        return Finding(Need.INCOME, met=False, why=Fault(N_("No figure is stated.")), needed=needed)
    if sorted(year for year, _ in application.incomes) != years:
        all_years = N_("The income of each of the years %(first)s to %(last)s is needed, and no other.")
        return Finding(Need.INCOME, met=False, why=Fault(all_years, first=years[0], last=last), needed=needed)
    return _enough(Need.INCOME, sum(amount for _, amount in application.incomes), wanted.income, count)


def _enough(need: Need, total: int, least: int, count: int) -> Finding:
    met = total >= least * count
    message = N_("%(amount)s yuan; at least %(least)s yuan is needed.")
    return Finding(need, met=met, why=Fault(message, amount=yuan(total // count), least=yuan(least)), needed=_at_least(least))


def _at_least(least: int) -> Fault:
    return Fault(N_("At least %(least)s yuan"), least=yuan(least))


def _years(need: Need, since: date | None, years: int, today: date) -> Finding:
    needed = Fault(N_("At least %(years)s full years"), years=years)
    if since is None:
        return Finding(need, met=False, why=Fault(N_("No first day is stated.")), needed=needed)
    full = last_day_after(since, 12 * years)
    message = N_("Since %(day)s; the years needed (%(years)s) are full on %(full)s.")
    return Finding(need, met=full <= today, why=Fault(message, day=since, years=years, full=full), needed=needed)


def _stated(need: Need, text: str) -> Finding:
    if text.strip():
        return Finding(need, met=True, why=Fault(N_("Stated: %(text)s"), text=text.strip()))
    return Finding(need, met=False, why=Fault(N_("Nothing of this kind is stated.")))


def _evidence(
    application: Application, investor_class: InvestorClass, needs: tuple[tuple[Finding, ...], ...]
) -> tuple[tuple[Evidence, ...], ...]:
    demanded = [(Evidence.WRITTEN_APPLICATION,)] if investor_class is InvestorClass.PROFESSIONAL_C else []
    proofs: list[tuple[Evidence, ...]] = [*demanded]
    for alternatives in needs:
        relied = [each for each in alternatives if each.met] or alternatives
        proofs.append(tuple(dict.fromkeys(_proof(each.need, application.kind) for each in relied)))
    return tuple(dict.fromkeys(proofs))


def _proof(need: Need, kind: InvestorKind) -> Evidence:
    if need is Need.FINANCIAL_ASSETS and kind is not InvestorKind.INDIVIDUAL:
        return Evidence.FINANCIAL_STATEMENTS
    return _PROOFS[need]
