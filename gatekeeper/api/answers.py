"""What a system is told of a decision: AuthZEN's answer, with as much of the grounds as its scope gives it.

1. Only a permit is true. What waits for the statement is false with an obligation that leads there; nobody accepts for anyone.
2. Obligations are told to everybody, since who hands a report on must know them; grounds by the register.
3. ``CLIENT`` gets what a client may be told, in both languages, and nothing of what is on file: a report of which nobody may know
   is one that does not exist. ``STAFF`` gets each reason with its article, the policy's digest, and class, category and grade.
4. Nothing in an answer differs when the same is asked again: no code, no time. The entry's code travels in a header.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gatekeeper import language
from gatekeeper.actions.reading.decisions import Answered, Due
from gatekeeper.rules.accounts.scopes import Register
from gatekeeper.rules.facts import Facts
from gatekeeper.rules.suitability import UNDISCLOSED, Reason
from gatekeeper.rules.titles.grounds import ARTICLES
from gatekeeper.settings import Settings
from gatekeeper.store.reading.access import Case
from gatekeeper.told.refusals import Teller

Json = dict[str, Any]

_LAW = "CSRC Order 130"
_WATERMARK: Json = {"id": "watermark", "type": "custom", "properties": {"bears": ["client_number", "code", "time"]}}
"""What is handed on bears the reader's client number, the code of the entry and the time, as our own pages do."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Tells decisions to one system, at one moment."""

    register: Register
    settings: Settings
    now: datetime
    _told: dict[tuple[int, ...], Json] = field(default_factory=dict)

    def tell(self, answered: Answered) -> Json:
        """One decision as the answer to one question."""
        context = {**self._leading(answered), **self._shared(answered)}
        return {"decision": answered.is_permit, **({"context": context} if context else {})}

    def _shared(self, answered: Answered) -> Json:
        """What is told alike of all decisions that are the same, on the same facts: many of a batch are.

        The values themselves are compared, and not what they hold: all of them are there as long as a batch is told.
        """
        facts = answered.case.facts
        same = id(answered.decision), id(facts.investor), id(facts.report)
        told = self._told.get(same)
        if told is None:
            told = {} if self.register is Register.NONE else self._grounds(answered)
            if self.register is Register.STAFF:
                told |= self._facts(answered)
            self._told[same] = told
        return told

    def _leading(self, answered: Answered) -> Json:
        """What must be done, and where it is done."""
        report = f"{self.settings.public_url}/reports/{answered.case.report}" if self.settings.public_url else ""
        if answered.is_permit:
            return {"obligations": [_WATERMARK], **({"open_url": report} if report else {})}
        return {"obligations": [_acceptance(answered.due, report)]} if answered.due else {}

    def _grounds(self, answered: Answered) -> Json:
        reasons, warnings = answered.decision.reasons, answered.decision.warnings
        if self.register is Register.CLIENT and not UNDISCLOSED.isdisjoint(reasons):
            reasons, warnings = (Reason.REPORT_UNKNOWN,), ()
        told: Json = {"warnings": list(warnings)} if warnings else {}
        if reasons:
            sentences = {_tag(tag): self._teller(tag).plainly(answered.case, reasons) for tag in language.SUPPORTED}
            told |= {"reasons": list(reasons), "reason_user": sentences}
        return told

    def _facts(self, answered: Answered) -> Json:
        """What staff are told besides: rule, article and policy, and what the decision was made on."""
        decision, case = answered.decision, answered.case
        rules = [
            {
                "reason": reason,
                "rule": {_tag(tag): language.name_of(tag, reason) for tag in language.SUPPORTED},
                "articles": [f"{_LAW}, Art. {article}" for article in ARTICLES.get(reason, ())],
            }
            for reason in decision.reasons
        ]
        facts = {"investor": self._investor(case.facts), "report": _report(case)}
        return {
            **({"reason_admin": rules} if rules else {}),
            **({"policy": decision.policy} if decision.policy else {}),
            **{name: value for name, value in facts.items() if value},
        }

    def _investor(self, facts: Facts) -> Json:
        investor = facts.investor
        if investor is None:
            return {}
        told = {
            "class": investor.investor_class,
            "class_valid_through": self._day(investor.class_before),
            "category": investor.category.name if investor.category else None,
            "category_valid_through": self._day(investor.category_before),
            "lowest": investor.lowest,
        }
        return {name: value for name, value in told.items() if value is not None}

    def _day(self, before: datetime | None) -> str | None:
        day = self._teller("en").last_day(before)
        return day.isoformat() if day else None

    def _teller(self, tag: str) -> Teller:
        own = self.settings
        return Teller(tag, own.time_zone, own.firm, own.branch, self.now)


def failed(status: int, message: str) -> Json:
    """An item of a batch about which nothing was decided."""
    return {"decision": False, "context": {"error": {"status": status, "message": message}}}


def _acceptance(due: Due, report: str) -> Json:
    """The words that the person must accept, signed in and in person; then the same question may be asked again."""
    where = {"accept_url": f"{report}/statement"} if report else {}
    words = {_tag(tag): sha256 for tag, sha256 in due.sha256.items()}
    return {
        "id": "accept_statement",
        "type": "step-up",
        "properties": {"statement": due.statement, "words_sha256": words, **where},
    }


def _report(case: Case) -> Json:
    report = case.facts.report
    return {"grade": report.grade.name} if report is not None and report.grade is not None else {}


def _tag(tag: str) -> str:
    """A language as the web writes it."""
    return tag.replace("_", "-")
