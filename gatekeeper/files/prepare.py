"""From a file to what is kept of it: decoded, read and checked before any transaction begins."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

from gatekeeper.files.text import decode_report
from gatekeeper.rules.risk import Audience, Objectives, ProfessionalClause, RiskCategory, RiskGrade, Term, Variety
from gatekeeper.rules.wording.document import Document, read_document
from gatekeeper.rules.wording.findings import Finding, find_findings, settlement_key
from gatekeeper.rules.wording.subject import Subject, read_subject
from gatekeeper.rules.wording.tables import Table

_LONGEST_TITLE = 500
_LONGEST = 200
_LONGEST_QUOTE = 500


@dataclass(frozen=True, slots=True)
class Prepared:
    """A report read from a file. ``metadata``, ``body`` and ``findings`` are in the form in which they are stored."""

    name: str
    text: str
    sha256: str
    grade: RiskGrade | None
    metadata: dict[str, Any]
    body: str
    findings: tuple[dict[str, Any], ...]


def prepare(data: bytes, name: str) -> Prepared:
    """Read a report's file; raise ``Invalid`` with a clear sentence if it is none."""
    text = decode_report(data, name)
    document = read_document(text)
    return Prepared(
        name=name,
        text=text,
        sha256=sha256(data).hexdigest(),
        grade=document.notice.grade,
        metadata={**_metadata(document, name), "source_sha256": sha256(data).hexdigest()},
        body=_json(_body(document)),
        findings=tuple(_finding(each) for each in find_findings(document, text)),
    )


def printed_grade(reading: Mapping[str, Any]) -> RiskGrade | None:
    """The grade that a stored reading found printed."""
    return RiskGrade[reading["grade"]] if reading["grade"] else None


def printed_audience(reading: Mapping[str, Any]) -> Audience:
    """The audience that a stored reading found printed."""
    said = reading["audience"]
    return Audience(
        professional=ProfessionalClause(said["professional"]) if said["professional"] else None,
        categories=None if said["categories"] is None else frozenset(RiskCategory[name] for name in said["categories"]),
        clients_only=said["clients_only"],
        contract_clients_only=said["contract_clients_only"],
    )


def read_objectives(reading: Mapping[str, Any]) -> Objectives:
    """The term and varieties that a stored reading found; older readings looked for neither."""
    said = reading.get("objectives") or {}
    varieties = said.get("varieties")
    return Objectives(
        term=Term(said["term"]) if said.get("term") else None,
        varieties=frozenset(map(Variety, varieties)) if varieties else None,
    )


def _subject(document: Document) -> Subject:
    own = [part for each in document.sections for part in (each.heading, *each.paragraphs) if isinstance(part, str)]
    return read_subject((document.title, document.subtitle, document.kind), "\n".join(own), document.rating_definitions)


def _metadata(document: Document, name: str) -> dict[str, Any]:
    analysts = [asdict(each) for each in document.analysts]
    words = [document.title, document.subtitle, document.issuer, document.kind, *(each["name"] for each in analysts)]
    return {
        "issuer": (document.issuer or "")[:_LONGEST],
        "title": (document.title or name)[:_LONGEST_TITLE],
        "subtitle": (document.subtitle or "")[:_LONGEST_TITLE],
        "kind": (document.kind or "")[:_LONGEST],
        "language": document.language,
        "published_on": document.published_on,
        "rating": (document.rating or "")[:_LONGEST],
        "analysts": _json(analysts),
        "notice": document.special_statement or document.notice.statement,
        "reading": _json(_reading(document)),
        "conflict": bool(document.notice.conflicts),
        "search_words": " ".join(word for word in words if word).casefold(),
    }


def _reading(document: Document) -> dict[str, Any]:
    """What the notice was read as, with the printed words for each part, for the person who confirms it."""
    notice, subject = document.notice, _subject(document)
    audience, about = notice.audience, subject.about
    categories = None if audience.categories is None else [each.name for each in sorted(audience.categories)]
    return {
        "company": document.company,
        "grade": notice.grade.name if notice.grade else None,
        "label": notice.label,
        "audience": {
            "professional": audience.professional,
            "categories": categories,
            "clients_only": audience.clients_only or document.clients_only is not None,
            "contract_clients_only": audience.contract_clients_only,
        },
        "objectives": {"term": about.term, "varieties": sorted(about.varieties) if about.varieties else None},
        "denied_actions": list(notice.denied_actions),
        "confidence": {what: level.value for what, level in notice.confidence.items()},
        "evidence": [{"what": each.what, "quote": each.quote} for each in notice.evidence]
        + [{"what": what, "quote": quote} for what, quote in subject.evidence],
        "related": [
            {"title": each.title, "date": each.published_on.isoformat() if each.published_on else None}
            for each in document.related
        ],
    }


def _body(document: Document) -> dict[str, Any]:
    return {
        "sections": [
            {"heading": each.heading, "paragraphs": [_piece(part) for part in each.paragraphs]} for each in document.sections
        ],
        "risk_notice": document.risk_notice or "",
        "special_statement": document.special_statement or "",
        "analyst_statement": document.analyst_statement or "",
        "rating_definitions": document.rating_definitions or "",
        "disclaimer": document.disclaimer or "",
        "contact": document.contact or "",
        "related": _reading(document)["related"],
    }


def _piece(part: str | Table) -> str | dict[str, Any]:
    """A paragraph is kept as its words, a table as its parts."""
    return part if isinstance(part, str) else asdict(part)


def _finding(found: Finding) -> dict[str, Any]:
    return {
        "code": found.code,
        "message": found.message,
        "details": _json(dict(found.values)),
        "cited": found.cited[:_LONGEST_QUOTE],
        "key": sha256(settlement_key(found).encode()).hexdigest(),
        "blocking": found.blocking,
    }


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
