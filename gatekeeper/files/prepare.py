"""From a file to what is kept of it: decoded, read and checked before any transaction begins."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

from gatekeeper.files.reading import source
from gatekeeper.files.reading.source import Source
from gatekeeper.files.uploads import tidy
from gatekeeper.rules.grading.instruments import Instrument, read_instruments
from gatekeeper.rules.reading.file_findings import find_in_file
from gatekeeper.rules.reading.industry import read_industry
from gatekeeper.rules.reading.metadata import Field, read_fields
from gatekeeper.rules.risk import Audience, Objectives, ProfessionalClause, RiskCategory, RiskGrade, Term, Variety
from gatekeeper.rules.wording import checklist
from gatekeeper.rules.wording.checklist import Item
from gatekeeper.rules.wording.conflicts import Conflict
from gatekeeper.rules.wording.document import Document, read_document
from gatekeeper.rules.wording.findings import Finding, find_findings, settlement_key
from gatekeeper.rules.wording.printed import Evidence, Part, blocks, fold
from gatekeeper.rules.wording.subject import Subject, read_subject
from gatekeeper.rules.wording.tables import Table

_LONGEST_TITLE = 500
_LONGEST = 200
_LONGEST_QUOTE = 500
_LONGEST_INDUSTRY = 60


@dataclass(frozen=True, slots=True)
class Prepared:
    """A report read from a file. ``metadata``, ``body``, ``findings`` and ``file`` are in the form in which they are stored."""

    name: str
    text: str
    sha256: str
    text_sha256: str
    grade: RiskGrade | None
    metadata: dict[str, Any]
    body: str
    findings: tuple[dict[str, Any], ...]
    file: dict[str, Any]


def prepare(data: bytes, name: str) -> Prepared:
    """Read a report's file, whatever its kind; raise ``Invalid`` with a clear sentence if it is none."""
    name = tidy(name)
    found = source.read(data, name)
    document, digest = read_document(found.text), sha256(data).hexdigest()
    findings = [*find_in_file(found.illegible, found.carries)]
    items = checklist.found(document, found.text)
    if not found.illegible:
        findings += find_findings(document, found.text, items)
    return Prepared(
        name=name,
        text=found.text,
        sha256=digest,
        text_sha256=digest if found.illegible else sha256(fold(found.text).encode()).hexdigest(),
        grade=document.notice.grade,
        metadata={**_metadata(document, found, name, items), "source_sha256": digest},
        body=_json(_body(document, found)),
        findings=tuple(_finding(each, digest) for each in findings),
        file={"name": name, "media_type": found.media_type, "size": len(data), "sha256": digest, "pages": _pages(found)},
    )


def _pages(found: Source) -> int | None:
    return None if found.pages is None else len(found.pages)


def printed_grade(reading: Mapping[str, Any]) -> RiskGrade | None:
    """The grade that a stored reading found printed."""
    return RiskGrade[reading["grade"]] if reading["grade"] else None


def lowest_grade(reading: Mapping[str, Any]) -> RiskGrade | None:
    """The grade below which nobody may go: the highest that is printed as the report's own, also where a person must decide."""
    floor = reading.get("floor") or reading["grade"]
    return RiskGrade[floor] if floor else None


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


def read_covers(reading: Mapping[str, Any]) -> frozenset[Instrument] | None:
    """The kinds of instruments that a stored reading found covered; older readings did not look."""
    said = reading.get("covers")
    return None if said is None else frozenset(map(Instrument, said))


def _own_words(document: Document) -> str:
    """The report's own text, without the disclaimers, which name every market there is."""
    return "\n".join(part for each in document.sections for part in (each.heading, *each.paragraphs) if isinstance(part, str))


def _names(document: Document) -> tuple[str | None, ...]:
    return document.title, document.subtitle, document.kind


def _subject(document: Document) -> Subject:
    return read_subject(_names(document), _own_words(document), document.rating_definitions)


def _metadata(document: Document, found: Source, name: str, items: Mapping[Item, str]) -> dict[str, Any]:
    analysts = [asdict(each) for each in document.analysts]
    industry = read_industry(found.text, blocks(found.text))
    words = [document.title, document.subtitle, document.issuer, document.kind, *(each["name"] for each in analysts)]
    words.append(industry.quote if industry else None)
    return {
        "issuer": (document.issuer or "")[:_LONGEST],
        "title": (document.title or name)[:_LONGEST_TITLE],
        "subtitle": (document.subtitle or "")[:_LONGEST_TITLE],
        "kind": (document.kind or "")[:_LONGEST],
        "industry": fold(industry.quote)[:_LONGEST_INDUSTRY] if industry else "",
        "language": document.language,
        "published_on": document.published_on,
        "rating": (document.rating or "")[:_LONGEST],
        "analysts": _json(analysts),
        "notice": document.special_statement or document.notice.statement,
        "reading": _json({**_reading(document, found, read_fields(found.text, document, industry)), "checklist": items}),
        "conflict": document.notice.contradicts_itself,
        "search_words": " ".join(word for word in words if word).casefold(),
    }


def _reading(document: Document, found: Source, fields: Sequence[Field]) -> dict[str, Any]:
    """What the notice was read as, with the printed words for each part, for the person who confirms it."""
    notice, subject = document.notice, _subject(document)
    covers = read_instruments(_names(document), _own_words(document))
    audience, about = notice.audience, subject.about
    categories = None if audience.categories is None else [each.name for each in sorted(audience.categories)]
    return {
        "company": document.company,
        "grade": notice.grade.name if notice.grade else None,
        "floor": notice.floor.name if notice.floor else None,
        "label": notice.label,
        "audience": {
            "professional": audience.professional,
            "categories": categories,
            "clients_only": audience.clients_only or document.clients_only is not None,
            "contract_clients_only": audience.contract_clients_only,
        },
        "objectives": {"term": about.term, "varieties": sorted(about.varieties) if about.varieties else None},
        "covers": [each.value for each in covers],
        "denied_actions": list(notice.denied_actions),
        "confidence": {what: level.value for what, level in notice.confidence.items()},
        "evidence": [{"what": each.what, "quote": each.quote, **_placed(each, found)} for each in notice.evidence]
        + [{"what": what, "quote": quote} for what, quote in subject.evidence]
        + [{"what": "covers", "quote": "、".join(words)} for words in covers.values()],
        "conflicts": [_conflict(each, found) for each in notice.conflicts],
        "notice": [*_notice_ranges(found.text)],
        "fields": [_field(each, found) for each in fields],
        "related": _related(document),
    }


def _notice_ranges(text: str) -> Iterator[list[int]]:
    """Where the blocks stand of which the notice is made."""
    for block in blocks(text):
        words = text[block.body : block.end]
        if block.part is Part.NOTICE and words.strip():
            start = block.body + len(words) - len(words.lstrip())
            yield [start, start + len(words.strip())]


def _conflict(each: Conflict, found: Source) -> dict[str, Any]:
    """What a person must decide or have corrected, and the words it is about."""
    return {
        "code": each.code,
        "about": each.about,
        "is_doubt": each.is_doubt,
        "message": each.message,
        "values": dict(each.values),
        "evidence": [{"what": each.about, "quote": piece.quote, **_placed(piece, found)} for piece in each.pieces],
    }


def _field(each: Field, found: Source) -> dict[str, Any]:
    """One thing that the report says of itself, with the words it was read from."""
    told = {"what": each.what, "value": each.value[:_LONGEST_QUOTE], "confidence": each.confidence.value}
    if each.evidence is None:
        return told
    return {**told, "quote": each.evidence.quote[:_LONGEST_QUOTE], **_placed(each.evidence, found)}


def _placed(evidence: Evidence, found: Source) -> dict[str, Any]:
    """Where words stand: in the text that was read, and, of a file with pages, on which page in which box."""
    place = found.place(evidence.start, evidence.end)
    told: dict[str, Any] = {"start": evidence.start, "end": evidence.end}
    return {**told, "page": place.page, "box": place.box} if place else told


def _related(document: Document) -> list[dict[str, Any]]:
    return [
        {"title": each.title, "date": each.published_on.isoformat() if each.published_on else None} for each in document.related
    ]


def _body(document: Document, found: Source) -> dict[str, Any]:
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
        "related": _related(document),
        **({"pages": found.pages} if found.pages is not None else {}),
    }


def _piece(part: str | Table) -> str | dict[str, Any]:
    """A paragraph is kept as its words, a table as its parts."""
    return part if isinstance(part, str) else asdict(part)


def _finding(found: Finding, digest: str) -> dict[str, Any]:
    key = f"{found.code} {digest}" if found.once else settlement_key(found)
    return {
        "code": found.code,
        "message": found.message,
        "details": _json(dict(found.values)),
        "cited": found.cited[:_LONGEST_QUOTE],
        "key": sha256(key.encode()).hexdigest(),
        "blocking": found.blocking,
    }


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
