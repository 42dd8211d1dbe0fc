"""What a careful person would raise about a report before it goes out, each with the printed words it is about.

1. What every report must bear is the ``checklist``.
2. Suitability adds: a notice, a grade, and a disclaimer that does not deny the duty which the notice fulfils (Measures, Art. 3).
3. A finding is for a person, who may settle it with a second one; text lost in extraction raises findings too. Only printed words
   that contradict each other block. Words that could not be read are for a person each time they are printed.
4. A settlement holds for the same words of the same template, so a finding names its words, and ``settlement_key`` folds them.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gatekeeper.rules.errors import N_
from gatekeeper.rules.wording import checklist
from gatekeeper.rules.wording.checklist import Item
from gatekeeper.rules.wording.document import Document
from gatekeeper.rules.wording.printed import Part, blocks, fold, sentences


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at. ``cited`` is the printed text it is about, empty where something is missing.

    ``once`` says that it is about this one file, so that whoever settles it settles it for no other.
    """

    code: str
    message: str
    values: Mapping[str, str] = field(default_factory=dict)
    cited: str = ""
    blocking: bool = False
    once: bool = False


NOTICE_UNREAD = "notice_unread"
"""The finding that a person must say what printed words mean. It holds for one report alone."""
CERTIFICATE = re.compile(r"S\d{13}")
"""A registered analyst's certificate number: S, the firm's four digits, then nine more."""

_NO_DUTY = re.compile(
    r"(?:不需要?|无需|无须|毋须|毋需|没有(?:任何)?(?:义务|责任)|无义务|不负有?|不承担)[^。,]{0,24}(?:确保|保证|核实|审查|评估|判断)[^。]{0,30}"
    r"(?:适合|适当|适宜|匹配)"
    r"|(?:notrequired|notobliged|noobligation|noduty|notbound|neednot)[^.]{0,40}(?:ensure|verify|assess|determine|check)[^.]{0,60}"
    r"(?:suitab|appropriate|fitfor)",
    re.IGNORECASE,
)


_MISSING = {
    "no_research_words": N_("The words 证券研究报告 (securities research report), which every report must bear, are missing."),
    "no_issuer": N_("The name of the issuing firm could not be found."),
    "no_title": N_("The report has no title that could be found."),
    "no_publication_date": N_("The report does not state when it was published."),
    "no_licence_statement": N_(
        "The report does not state that the firm is licensed for securities investment consulting (证券投资咨询业务资格)."
    ),
    "no_sources": N_("The report does not say where its information comes from (资料来源)."),
    "no_risk_notice": N_("The report has no warning of risks (风险提示)."),
    "no_disclaimer": N_("The report has no disclaimer (免责声明)."),
}


def find_findings(document: Document, text: str, found: Mapping[Item, str] | None = None) -> tuple[Finding, ...]:
    """List what is missing from a report, what is malformed, and what contradicts the duty of suitability.

    ``found`` is what the checklist found, where it was asked already.
    """
    found = checklist.found(document, text) if found is None else found
    return (*_missing(document, found), *_analyst_findings(document), *_denials(text), *_notice_findings(document))


def settlement_key(finding: Finding) -> str:
    """The folded cited text: two findings with the same code and key are about the same words of a template."""
    return fold(finding.cited)


def _missing(document: Document, found: Mapping[Item, str]) -> Iterator[Finding]:
    there: dict[str, object] = {
        "no_research_words": Item.RESEARCH_WORDS in found,
        "no_issuer": document.issuer,
        "no_title": document.title,
        "no_publication_date": document.published_on,
        "no_licence_statement": Item.LICENCE in found,
        "no_sources": Item.SOURCES in found,
        "no_risk_notice": document.risk_notice,
        "no_disclaimer": document.disclaimer,
    }
    for code, is_there in there.items():
        if not is_there:
            yield Finding(code, _MISSING[code])


def _analyst_findings(document: Document) -> Iterator[Finding]:
    if not document.analysts:
        yield Finding("no_analyst", N_("No signing analyst could be found."))
    for analyst in document.analysts:
        values = {"name": analyst.name}
        if not analyst.certificate:
            uncertified = N_("The analyst %(name)s is named without a certificate number.")
            yield Finding("no_certificate", uncertified, values, analyst.name)
        elif not CERTIFICATE.fullmatch(analyst.certificate):
            malformed = N_("The certificate number %(certificate)s of %(name)s is not an S followed by 13 digits.")
            yield Finding("bad_certificate", malformed, {**values, "certificate": analyst.certificate}, analyst.certificate)


def _denials(text: str) -> Iterator[Finding]:
    """Sentences that say the firm need not see to suitability. No wording of a disclaimer can lift that duty."""
    for block in blocks(text):
        for start, end in sentences(text, block.body, block.end):
            if block.part is not Part.SECTION and _NO_DUTY.search(fold(text[start:end])):
                denial = N_(
                    "A sentence denies the firm's duty to see that the report suits its readers; no disclaimer can lift it."
                )
                yield Finding("disclaimer_denies_suitability", denial, cited=text[start:end])


def _notice_findings(document: Document) -> Iterator[Finding]:
    notice = document.notice
    if not notice.statement:
        yield Finding("no_notice", N_("The report prints no notice that says for whom it is meant."))
    if not notice.evidence_for("grade"):
        yield Finding("no_grade", N_("The report prints no risk grade (R1 to R5)."))
    for conflict in notice.conflicts:
        values = {"conflict": conflict.code, **conflict.values}
        code = NOTICE_UNREAD if conflict.is_doubt else "notice_conflict"
        yield Finding(code, conflict.message, values, conflict.cited, blocking=not conflict.is_doubt, once=conflict.is_doubt)
