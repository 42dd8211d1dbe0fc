"""Why not, in plain words: what is so, and who can help. No sentence says how to get a better answer.

The title of a refused report never stands here; its grade and its audience do. Pages tell it to the reader; systems that
pass it on get it without what is on file about the investor.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from gatekeeper import language
from gatekeeper.rules.errors import N_
from gatekeeper.rules.facts import Facts, ReportFacts
from gatekeeper.rules.policy import Policy
from gatekeeper.rules.risk import InvestorClass, ProfessionalClause, RiskCategory
from gatekeeper.rules.suitability import Reason
from gatekeeper.store.reading.access import Case
from gatekeeper.told import objectives
from gatekeeper.told.objectives import OUTSIDE

NO_SUCH_REPORT = N_("There is no such report.")
_SENTENCES: dict[Reason, str] = {
    Reason.REPORT_UNKNOWN: NO_SUCH_REPORT,
    Reason.REPORT_NOT_RELEASED: NO_SUCH_REPORT,
    Reason.REPORT_EMBARGOED: NO_SUCH_REPORT,
    Reason.REPORT_WITHDRAWN: N_("This report has been withdrawn. Nobody can open it any more."),
    Reason.REPORT_UNGRADED: N_("This report has no confirmed risk grade, so nobody can open it."),
    Reason.NOTICE_CONFLICT: N_("What is printed on this report about its risk contradicts itself, so nobody can open it."),
    Reason.INVESTOR_UNKNOWN: N_("You do not act for this investor at present, so no report can be opened on its behalf."),
    Reason.NOT_A_CLIENT: N_("You are not on file as a client of %(firm)s at present."),
    Reason.NO_SERVICE_CONTRACT: N_("This report is for clients with a research service contract, and none is in force for you."),
    Reason.ACCOUNT_SUSPENDED: N_("Your account is suspended, so no report can be opened."),
    Reason.PROFILE_INCOMPLETE: N_("Your details on file are incomplete, so no report can be opened."),
    Reason.AUDIENCE_NOT_ELIGIBLE: N_("This report is meant for: %(audience)s."),
    Reason.PROFESSIONAL_EXPIRED: N_("Your status as a professional investor was valid to %(class_day)s."),
    Reason.NOT_ASSESSED: N_("Your risk tolerance has not been assessed, so it is not known which reports are suitable for you."),
    Reason.ASSESSMENT_EXPIRED: N_("Your risk tolerance, %(category)s, was valid to %(category_day)s."),
    Reason.LOWEST_CATEGORY: N_("Your risk tolerance is in the lowest category, to which only reports of grade R1 are open."),
    Reason.CATEGORY_BELOW_GRADE: N_("This report's risk grade is %(grade)s. It is meant for: %(audience)s."),
    Reason.COOLING_OFF: N_("Your risk tolerance rose to %(category)s lately. Grade %(grade)s is open to you from %(from)s on."),
    **OUTSIDE,
    Reason.PUSH_MISMATCH: N_("This report does not match you, so it may not be sent to you."),
    Reason.ACKNOWLEDGEMENT_REQUIRED: N_("You have not accepted the statement for this report yet."),
    Reason.ACKNOWLEDGEMENT_OUTDATED: N_("Your acceptance of the statement for this report no longer applies."),
    Reason.POLICY_ERROR: N_("The rules on who may read what cannot be applied at the moment, so every report is closed."),
}
_SINCE: dict[Reason, str] = {
    Reason.NOT_A_CLIENT: N_("Since %(since)s you have not been on file as a client of %(firm)s."),
    Reason.ACCOUNT_SUSPENDED: N_("Your account has been suspended since %(since)s, so no report can be opened."),
    Reason.PROFILE_INCOMPLETE: N_("Your details on file have been incomplete since %(since)s, so no report can be opened."),
}
_NOTHING_ON_FILE: dict[Reason, str] = {
    Reason.PROFESSIONAL_EXPIRED: N_("Your status as a professional investor has lapsed."),
    Reason.ASSESSMENT_EXPIRED: N_("The assessment of your risk tolerance has lapsed."),
    Reason.COOLING_OFF: N_("Your risk tolerance rose lately. Grade %(grade)s is open to you from %(from)s on."),
    Reason.TERM_MISMATCH: N_("The investment term of this report, %(report_term)s, does not match what you mean to invest."),
    Reason.VARIETY_MISMATCH: N_("What this report is about does not match what you mean to invest in."),
}
"""The same where another system reads along: what is on file stays there."""
_LAPSED = N_(
    "Your status as a professional investor was valid to %(class_day)s. Since then you are treated as an ordinary investor."
)
_OWN_CATEGORY = N_("Your risk tolerance is %(category)s, valid to %(category_day)s.")
_OWN_CLASS = N_("You are on file as: %(investor_class)s, valid to %(class_day)s.")
_CHANGED = N_("If your circumstances have changed, please tell us.")
_RENEWED = N_("We will gladly tell you how this is renewed.")
_MATCHING = frozenset({Reason.AUDIENCE_NOT_ELIGIBLE, Reason.LOWEST_CATEGORY, Reason.CATEGORY_BELOW_GRADE})
_UNASSESSED = frozenset({Reason.NOT_ASSESSED, Reason.ASSESSMENT_EXPIRED})
_RENEWABLE = frozenset({Reason.PROFESSIONAL_EXPIRED, Reason.NOT_ASSESSED, Reason.ASSESSMENT_EXPIRED})

_PROFESSIONALS_AND = N_("%(professionals)s, and ordinary investors of risk tolerance %(categories)s")
_NOBODY = N_("nobody at present")
_CLIENTS = N_("%(audience)s; clients of %(firm)s only")
_CONTRACT = N_("%(audience)s; clients with a research service contract only")


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a page says of a refusal: what is so, what else there is to say, and whom to ask.

    ``may_assess`` only where no assessment serves; nobody whom a category refuses is sent to be assessed again. ``may_declare``
    where the advice asks to be told of changes.
    """

    sentences: tuple[str, ...]
    advice: str
    contact: str
    may_assess: bool = False
    may_declare: bool = False


NEVER: Mapping[Reason, datetime] = {}
"""Nothing is known of since when."""


@dataclass(frozen=True, slots=True)
class Teller:
    """Who tells it, and how: the firm and whom it names for everybody, in one language and one zone, at one moment."""

    tag: str
    zone: ZoneInfo
    firm: str
    branch: str
    now: datetime

    def explain(
        self,
        case: Case,
        reasons: Iterable[Reason],
        warnings: Iterable[Reason] = (),
        since: Mapping[Reason, datetime] = NEVER,
    ) -> Refusal:
        """Say every reason in order, and since when where that is known and stands in no other sentence."""
        told = tuple(reasons)
        values = self._values(case)
        sentences = [self._sentence(reason, since.get(reason), values) for reason in told]
        sentences += [self._say(_LAPSED, **values) for warning in warnings if warning is Reason.PROFESSIONAL_EXPIRED]
        if own := self._own(case.facts, told):
            sentences.append(self._say(own, **values))
        if not _MATCHING.isdisjoint(told):
            advice = self._say(_CHANGED)
        else:
            advice = self._say(_RENEWED) if not _RENEWABLE.isdisjoint(told) else ""
        may_assess = _MATCHING.isdisjoint(told) and not _UNASSESSED.isdisjoint(told)
        may_declare = not _MATCHING.isdisjoint(told) and case.investor is not None
        return Refusal(tuple(dict.fromkeys(sentences)), advice, self.contact(case), may_assess, may_declare)

    def plainly(self, case: Case, reasons: Iterable[Reason]) -> str:
        """Every reason in order, in one text that says nothing of what is on file about the investor."""
        values = self._values(case)
        told = [self._say(_NOTHING_ON_FILE.get(reason) or _SENTENCES[reason], **values) for reason in reasons]
        return ("" if self.tag.startswith("zh") else " ").join(dict.fromkeys(told))

    def contact(self, case: Case) -> str:
        """The branch on file with its number, or whom the firm names for everybody."""
        return " ".join(part for part in (case.branch, case.contact) if part) or self.branch

    def last_day(self, before: datetime | None) -> date | None:
        """The last day in the firm's zone on which something holds that ends before an instant."""
        return (before - datetime.resolution).astimezone(self.zone).date() if before else None

    def _say(self, message: str, **values: object) -> str:
        return language.translate(self.tag, message, **values)

    def _sentence(self, reason: Reason, since: datetime | None, values: dict[str, object]) -> str:
        if since is None or reason not in _SINCE:
            return self._say(_SENTENCES[reason], **values)
        return self._say(_SINCE[reason], since=language.format_date(self.tag, since, self.zone), **values)

    def _own(self, facts: Facts, reasons: tuple[Reason, ...]) -> str | None:
        """The sentence about the reader's own side, where the reasons are about report and reader matching."""
        investor = facts.investor
        if investor is None or _MATCHING.isdisjoint(reasons) or not _RENEWABLE.isdisjoint(reasons) or investor.lowest:
            return None
        is_live = investor.class_before is None or self.now < investor.class_before
        if investor.investor_class is not None and investor.investor_class is not InvestorClass.ORDINARY and is_live:
            return _OWN_CLASS
        return _OWN_CATEGORY if investor.category is not None else None

    def _values(self, case: Case) -> dict[str, object]:
        investor, report = case.facts.investor, case.facts.report
        values: dict[str, object] = {"firm": self.firm}
        if investor is not None:
            values |= {"category": investor.category, "investor_class": investor.investor_class}
            values |= {"category_day": self._day(investor.category_before), "class_day": self._day(investor.class_before)}
        if report is not None:
            values |= {"grade": report.grade, "audience": self._audience(report, case.facts.policy)}
        if investor is not None and report is not None:
            values |= objectives.values(self.tag, investor.objectives, report.about) | {"from": self._waits_until(case.facts)}
        return values

    def _waits_until(self, facts: Facts) -> str:
        """The instant from which a rise serves, to the minute, in the firm's zone."""
        rise, wait = facts.investor and facts.investor.rise, facts.policy and facts.policy.cool_off
        return language.format_time(self.tag, wait.ends(rise), self.zone) if rise and wait else "—"

    def _day(self, before: datetime | None) -> str:
        day = self.last_day(before)
        return language.format_date(self.tag, day, self.zone) if day else "—"

    def _audience(self, report: ReportFacts, policy: Policy | None) -> str:
        """Whom the printed notice and the match table admit together, in words."""
        printed = report.audience
        categories = [each for each in RiskCategory if printed.categories is None or each in printed.categories]
        if report.grade is not None and policy is not None:
            categories = [each for each in categories if report.grade in policy.grades_of(each)]
            if report.grade not in policy.professional_grades:
                return self._say(_NOBODY)
        who = language.name_of(self.tag, printed.professional or ProfessionalClause.ANY)
        if categories:
            names = language.format_list(self.tag, [each.name for each in categories])
            who = self._say(_PROFESSIONALS_AND, professionals=who, categories=names)
        if printed.contract_clients_only:
            return self._say(_CONTRACT, audience=who)
        return self._say(_CLIENTS, audience=who, firm=self.firm) if printed.clients_only else who
