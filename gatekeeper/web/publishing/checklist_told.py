"""The completeness checklist of a report: each item with the printed words, or with the finding that it is missing."""

from collections.abc import Mapping, Sequence
from typing import Any

from gatekeeper.rules.errors import N_
from gatekeeper.rules.reading.file_findings import SCANNED
from gatekeeper.rules.wording.checklist import FINDINGS, Item
from gatekeeper.web import context

_TITLES = {
    Item.RESEARCH_WORDS: N_("The words 证券研究报告"),
    Item.ISSUER: N_("Name of the firm"),
    Item.LICENCE: N_("The firm's licence for investment consulting"),
    Item.ANALYSTS: N_("Signing analysts with certificate numbers"),
    Item.PUBLICATION_DATE: N_("Time of publication"),
    Item.SOURCES: N_("Sources of the information"),
    Item.RISK_NOTICE: N_("Warning of risks"),
}


def items(reading: Mapping[str, Any], findings: Sequence[tuple[Any, str]]) -> list[dict[str, Any]]:
    """Every item in the order of the rules; of reports that came in before, what was found was not kept."""
    kept = reading.get("checklist", {})
    told = []
    for item in Item:
        missing = [(found, sentence) for found, sentence in findings if found.code in (*FINDINGS[item], SCANNED)]
        told.append({"title": context.translated(_TITLES[item]), "quote": kept.get(item.value), "findings": missing})
    return told
