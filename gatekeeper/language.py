"""The languages of the product: negotiation, catalogues, the names of things, and how times and numbers are written.

English is the language of the message ids, so its catalogue is empty; Chinese is compiled in memory from its ``.po`` file, and a
sentence without a translation is shown in English. Nothing here knows a request: the doors pass the tag and the zone in.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, tzinfo
from decimal import Decimal
from enum import Enum
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from babel import Locale
from babel.lists import format_list as babel_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations

from gatekeeper.rules.errors import N_
from gatekeeper.rules.risk import Action, Initiative, InvestorClass, InvestorKind, ProfessionalClause, RiskCategory, RiskGrade
from gatekeeper.rules.roles import Grant, Role
from gatekeeper.rules.suitability import Outcome, Reason
from gatekeeper.rules.titles.delivery_titles import TITLES as DELIVERY_TITLES
from gatekeeper.rules.titles.file_titles import TITLES as FILE_TITLES
from gatekeeper.rules.titles.kind_titles import TITLES as KIND_TITLES
from gatekeeper.rules.titles.sending_titles import TITLES as SENDING_TITLES

SUPPORTED: Final = ("zh_CN", "en")
"""Every language tag, the default first."""

_LOCALE = Path(__file__).parent / "locale"
_LONGEST_HEADER = 1000
_BY_PRIMARY = {tag.partition("_")[0]: tag for tag in SUPPORTED}

# The code stands inside the title: "Active" alone is also a state of an account, and the two differ in Chinese.
RISK_CATEGORIES: Final[Mapping[RiskCategory, str]] = {
    RiskCategory.C1: N_("C1 Conservative"),
    RiskCategory.C2: N_("C2 Cautious"),
    RiskCategory.C3: N_("C3 Steady"),
    RiskCategory.C4: N_("C4 Active"),
    RiskCategory.C5: N_("C5 Aggressive"),
}
RISK_GRADES: Final[Mapping[RiskGrade, str]] = {
    RiskGrade.R1: N_("R1 Low risk"),
    RiskGrade.R2: N_("R2 Medium-low risk"),
    RiskGrade.R3: N_("R3 Medium risk"),
    RiskGrade.R4: N_("R4 Medium-high risk"),
    RiskGrade.R5: N_("R5 High risk"),
}
INVESTOR_KINDS: Final[Mapping[InvestorKind, str]] = {
    InvestorKind.INDIVIDUAL: N_("Individual"),
    InvestorKind.INSTITUTION: N_("Institution"),
    InvestorKind.FINANCIAL_INSTITUTION: N_("Financial institution"),
    InvestorKind.PRODUCT: N_("Financial product"),
}
INVESTOR_CLASSES: Final[Mapping[InvestorClass, str]] = {
    InvestorClass.ORDINARY: N_("Ordinary investor"),
    InvestorClass.PROFESSIONAL_A: N_("Professional investor, class A"),
    InvestorClass.PROFESSIONAL_B: N_("Professional investor, class B"),
    InvestorClass.PROFESSIONAL_C: N_("Professional investor, class C"),
}
PROFESSIONAL_CLAUSES: Final[Mapping[ProfessionalClause, str]] = {
    ProfessionalClause.ANY: N_("Professional investors"),
    ProfessionalClause.INSTITUTION: N_("Institutional professional investors"),
    ProfessionalClause.FINANCIAL_INSTITUTION: N_("Professional investors that are financial institutions"),
}
ACTIONS: Final[Mapping[Action, str]] = {
    Action.READ: N_("Read"),
    Action.BOOKMARK: N_("Bookmark"),
    Action.RECEIVE: N_("Receive"),
    Action.USE: N_("Use"),
}
INITIATIVES: Final[Mapping[Initiative, str]] = {
    Initiative.PULL: N_("Asked for by the investor"),
    Initiative.PUSH: N_("Sent by the firm"),
}
OUTCOMES: Final[Mapping[Outcome, str]] = {
    Outcome.PERMIT: N_("Permitted"),
    Outcome.ACKNOWLEDGE: N_("Statement first"),
    Outcome.DENY: N_("Refused"),
}
REASONS: Final[Mapping[Reason, str]] = {
    Reason.REPORT_UNKNOWN: N_("No such report"),
    Reason.REPORT_NOT_RELEASED: N_("Report not published"),
    Reason.REPORT_EMBARGOED: N_("Report not yet published"),
    Reason.REPORT_WITHDRAWN: N_("Report withdrawn"),
    Reason.REPORT_UNGRADED: N_("Report without a risk grade"),
    Reason.NOTICE_CONFLICT: N_("Printed notice contradicts itself"),
    Reason.INVESTOR_UNKNOWN: N_("Does not act for the investor"),
    Reason.NOT_A_CLIENT: N_("Not a client"),
    Reason.NO_SERVICE_CONTRACT: N_("No service contract"),
    Reason.ACCOUNT_SUSPENDED: N_("Account suspended"),
    Reason.PROFILE_INCOMPLETE: N_("Details on file incomplete"),
    Reason.AUDIENCE_NOT_ELIGIBLE: N_("Outside the printed audience"),
    Reason.PROFESSIONAL_EXPIRED: N_("Professional status lapsed"),
    Reason.NOT_ASSESSED: N_("Not assessed"),
    Reason.ASSESSMENT_EXPIRED: N_("Assessment lapsed"),
    Reason.LOWEST_CATEGORY: N_("Lowest category, R1 only"),
    Reason.CATEGORY_BELOW_GRADE: N_("Category does not match the risk grade"),
    Reason.COOLING_OFF: N_("Waiting time after a rise"),
    Reason.TERM_MISMATCH: N_("Investment term does not match"),
    Reason.VARIETY_MISMATCH: N_("Kind of investment does not match"),
    Reason.PUSH_MISMATCH: N_("Not to be sent to a mismatched investor"),
    Reason.ACKNOWLEDGEMENT_REQUIRED: N_("Statement not accepted yet"),
    Reason.ACKNOWLEDGEMENT_OUTDATED: N_("Acceptance no longer applies"),
    Reason.POLICY_ERROR: N_("Policy cannot be applied"),
}
ROLES: Final[Mapping[Role, str]] = {
    Role.CLIENT: N_("Client"),
    Role.COMPLIANCE: N_("Compliance officer"),
    Role.INSPECTOR: N_("Inspector"),
    Role.SERVICE: N_("System account"),
    Role.ADMIN: N_("Admin"),
}
GRANTS: Final[Mapping[Grant, str]] = {
    Grant.ASSESSMENTS: N_("Assessments on paper"),
    Grant.CLIENTS: N_("Investors and their persons"),
    Grant.REPORTS: N_("Bringing out reports"),
    Grant.STAFF: N_("Staff accounts"),
    Grant.SERVICES: N_("System accounts"),
}

# Looked up by type first: as integers, C3 and R3 are equal and would be one key.
TITLES: Final[Mapping[type[Enum], Mapping[Any, str]]] = {
    RiskCategory: RISK_CATEGORIES,
    RiskGrade: RISK_GRADES,
    InvestorKind: INVESTOR_KINDS,
    InvestorClass: INVESTOR_CLASSES,
    ProfessionalClause: PROFESSIONAL_CLAUSES,
    Action: ACTIONS,
    Initiative: INITIATIVES,
    Outcome: OUTCOMES,
    Reason: REASONS,
    Role: ROLES,
    Grant: GRANTS,
    **FILE_TITLES,
    **KIND_TITLES,
    **DELIVERY_TITLES,
    **SENDING_TITLES,
}


def negotiate(accept_language: str) -> str:
    """Choose the supported language that an ``Accept-Language`` header prefers; the default where it names none of them.

    Only the primary subtag counts, so ``zh-TW`` and ``zh-Hans-CN`` are both Chinese. Equal weights go in the order written.
    """
    return _negotiated(accept_language[:_LONGEST_HEADER])


@lru_cache(maxsize=256)
def _negotiated(accept_language: str) -> str:
    """The same; browsers send few such headers."""
    weights: dict[str, float] = {}
    for part in accept_language.split(","):
        name, _, parameters = part.partition(";")
        weights.setdefault(name.strip().lower().partition("-")[0], _weight(parameters))
    named = [(weight, _BY_PRIMARY[name]) for name, weight in weights.items() if name in _BY_PRIMARY]
    unnamed = [(weights.get("*", 0.0), tag) for primary, tag in _BY_PRIMARY.items() if primary not in weights]
    weight, tag = max([*named, *unnamed], key=lambda choice: choice[0])
    return tag if weight > 0 else SUPPORTED[0]


def _weight(parameters: str) -> float:
    """Read ``q=0.8``; what cannot be read weighs nothing."""
    name, _, value = parameters.strip().partition("=")
    if not name:
        return 1.0
    try:
        weight = float(value)
    except ValueError:
        return 0.0
    return weight if name.strip().lower() == "q" and 0 <= weight <= 1 else 0.0


@cache
def translations(tag: str) -> NullTranslations:
    """Return the catalogue of a language, compiled once. A tag that is not supported is a ``ValueError``."""
    if tag not in SUPPORTED:
        raise ValueError(f"not a supported language: {tag!r}")
    if tag == "en":
        return NullTranslations()
    with (_LOCALE / tag / "LC_MESSAGES" / "messages.po").open("rb") as source:
        catalogue = read_po(source, locale=tag, abort_invalid=True)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


def translate(tag: str, message: str, /, **values: object) -> str:
    """Translate a sentence and fill it with ``%`` when there are values. An enum member is written by its name."""
    if not message:
        return ""  # the empty message id is the catalogue's own header
    translated = str(translations(tag).gettext(message))
    if not values:
        return translated
    return translated % {key: name_of(tag, value) if type(value) in TITLES else value for key, value in values.items()}


def name_of(tag: str, value: object) -> str:
    """Return what a person reads for an enum member: ``C3 稳健型``, ``C3 Steady``. ``KeyError`` for an enum without titles."""
    return translate(tag, TITLES[_titled(value)][value])


def _titled(value: object) -> type[Enum]:
    if not isinstance(value, Enum):
        raise KeyError(f"has no titles: {value!r}")
    return type(value)


def format_time(tag: str, when: datetime, zone: tzinfo, *, seconds: bool = True) -> str:  # noqa: ARG001  (all write it alike)
    """Write an instant in a zone, year first in every language: ``2026-11-23 14:08:31``. A naive time is a ``ValueError``."""
    if when.tzinfo is None:
        raise ValueError("a time without a zone has no meaning")
    return when.astimezone(zone).replace(tzinfo=None).isoformat(" ", "seconds" if seconds else "minutes")


def format_date(tag: str, day: date, zone: tzinfo) -> str:
    """Write a day as ``2026-11-23``; of an instant, the day it falls on in the zone."""
    if isinstance(day, datetime):
        return format_time(tag, day, zone).partition(" ")[0]
    return day.isoformat()


def format_number(tag: str, number: float | Decimal) -> str:
    """Write a number with the language's grouping: ``12,345.5``."""
    return format_decimal(number, locale=_locale(tag))


def format_list(tag: str, items: Sequence[str]) -> str:
    """Write several things in one sentence, any of which will do: ``C3, C4, or C5``."""
    return babel_list(items, style="or", locale=_locale(tag))


@cache
def _locale(tag: str) -> Locale:
    """Babel's own knowledge of a language, found once: by its name Babel searches a folder of a thousand files each time."""
    return Locale.parse(tag)
