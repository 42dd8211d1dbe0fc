"""How a report and an investor's objectives do not fit, told to the investor in plain words."""

from collections.abc import Iterable

from gatekeeper import language
from gatekeeper.rules.errors import N_
from gatekeeper.rules.facts import Facts
from gatekeeper.rules.risk import NOT_STATED, Objectives, Variety
from gatekeeper.rules.suitability import Reason

OUTSIDE: dict[Reason, str] = {
    Reason.TERM_MISMATCH: N_(
        "The investment term of this report: %(report_term)s. On your file, the longest for which you mean to invest: %(term)s."
    ),
    Reason.VARIETY_MISMATCH: N_(
        "This report is also about: %(report_kinds)s. On your file, as what you mean to invest in: %(kinds)s."
    ),
}
_NOT_ON_FILE = N_("not on file")
_UNKNOWN = N_(
    "For how long you mean to invest, and in what, is not on file. This report: term %(report_term)s; %(report_kinds)s."
)


def values(tag: str, investor: Objectives, report: Objectives) -> dict[str, object]:
    """What the sentences name; of the report's kinds only those that the investor has not stated."""
    others = (report.varieties or frozenset()) - (investor.varieties or frozenset())
    return {
        "term": language.name_of(tag, investor.term) if investor.term else language.translate(tag, _NOT_ON_FILE),
        "report_term": language.name_of(tag, report.term) if report.term else "—",
        "kinds": kinds(tag, investor.varieties) or language.translate(tag, _NOT_ON_FILE),
        "report_kinds": kinds(tag, others) or "—",
    }


def kinds(tag: str, varieties: Iterable[Variety] | None) -> str:
    """Kinds of investment in their order."""
    stated = set(varieties or ())
    return language.translate(tag, N_(", ")).join(language.name_of(tag, each) for each in Variety if each in stated)


def warned(tag: str, facts: Facts, warnings: Iterable[Reason]) -> list[str]:
    """What a reader is told beside a report that does not fit their objectives."""
    told = [OUTSIDE[each] for each in warnings if each in OUTSIDE]
    if facts.investor is None or facts.report is None:
        return []
    if told and facts.investor.objectives == NOT_STATED:
        told = [_UNKNOWN]
    return [language.translate(tag, each, **values(tag, facts.investor.objectives, facts.report.about)) for each in told]
