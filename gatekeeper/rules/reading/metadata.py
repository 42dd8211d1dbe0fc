"""What a report says about itself, each piece with the words it was read from and how well they support it.

``document`` takes a report apart; here each value is found again in the part that it was read from, so that a person can look.
How well it is supported (``Confidence``) is only what can be shown:

    CONFIRMED   printed twice and the same: in another part, in the running head; a rating that the definitions have; a
                certificate in the form of the register
    STATED      printed once
    DISPUTED    printed in two ways, or against its form
    ABSENT      not found
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gatekeeper.rules.notice import Confidence
from gatekeeper.rules.wording.dates import DATE, read_date
from gatekeeper.rules.wording.document import Document
from gatekeeper.rules.wording.findings import CERTIFICATE
from gatekeeper.rules.wording.printed import Block, Evidence, Folded, Part, blocks, fold, trace

_OWN = (Part.DISCLAIMER, Part.CONTACT, Part.NOTICE, Part.ANALYSTS, Part.PREFACE, Part.OTHER)
_HEAD = (Part.PREFACE,)
_SIDE = (Part.PREFACE, Part.IMPRINT, Part.OTHER, Part.ANALYSTS)
_DATED = (Part.PREFACE, Part.IMPRINT, Part.OTHER, Part.CONTACT)
_TEXTS = (
    ("risk_notice", Part.RISK),
    ("special_statement", Part.NOTICE),
    ("disclaimer", Part.DISCLAIMER),
)
_A_LABEL = 24
_LABELS = ("日期", "时间", "published", "date")


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that a report says of itself. Without ``evidence`` its words were not found again, or there are none."""

    what: str
    value: str
    confidence: Confidence
    evidence: Evidence | None = None


def read_fields(text: str, document: Document, industry: Evidence | None) -> tuple[Field, ...]:
    """Everything that is looked for in a report, in the order in which a page shows it; what is not found too."""
    said = _Said(text)
    return (
        _repeated(said, "issuer", document.company or document.issuer, _OWN),
        _repeated(said, "title", document.title, _HEAD),
        _once(said, "subtitle", document.subtitle, _HEAD),
        _once(said, "kind", document.kind, _HEAD),
        _repeated(said, "industry", industry.quote if industry else None, _SIDE, industry),
        _date(said, document),
        *_analysts(said, document),
        _rating(said, document),
        *_related(said, document),
        *_texts(said, document),
    )


class _Said:
    """A text that is searched as it is folded, part by part."""

    def __init__(self, text: str) -> None:
        self.parts = blocks(text)
        self._folded: dict[Block, Folded] = {}
        self._text = text

    def folded(self, block: Block) -> Folded:
        if block not in self._folded:
            self._folded[block] = trace(self._text, block.body, block.end)
        return self._folded[block]

    def all(self, what: str, value: str, parts: Sequence[Part]) -> Iterator[Evidence]:
        """Each place where a value is printed within these parts, in the order of the text."""
        wanted = fold(value)
        for block in self.parts if wanted else ():
            if block.part in parts:
                folded = self.folded(block)
                start = folded.text.find(wanted)
                while start >= 0:
                    yield folded.evidence(what, start, start + len(wanted))
                    start = folded.text.find(wanted, start + len(wanted))


def _once(said: _Said, what: str, value: str | None, parts: Sequence[Part]) -> Field:
    if not value:
        return Field(what, "", Confidence.ABSENT)
    return Field(what, value, Confidence.STATED, next(said.all(what, value, parts), None))


def _repeated(said: _Said, what: str, value: str | None, parts: Sequence[Part], own: Evidence | None = None) -> Field:
    """What a report has reason to say more than once."""
    if not value:
        return Field(what, "", Confidence.ABSENT)
    places = list(said.all(what, value, (*parts, Part.OTHER)))
    is_confirmed = len({place.start for place in places}) > 1
    return Field(what, value, Confidence.CONFIRMED if is_confirmed else Confidence.STATED, own or next(iter(places), None))


def _date(said: _Said, document: Document) -> Field:
    """The date of publication; another one with a label beside it disputes it."""
    day = document.published_on
    if day is None:
        return Field("published_on", "", Confidence.ABSENT)
    dates = [(folded, match) for folded in map(said.folded, _of(said, _DATED)) for match in DATE.finditer(folded.text)]
    same = [folded.evidence("published_on", *match.span()) for folded, match in dates if read_date(match[0]) == day]
    others = [match for folded, match in dates if read_date(match[0]) not in (None, day) and _is_labelled(folded, match.start())]
    level = Confidence.DISPUTED if others else Confidence.CONFIRMED if len(same) > 1 else Confidence.STATED
    return Field("published_on", day.isoformat(), level, next(iter(same), None))


def _is_labelled(folded: Folded, place: int) -> bool:
    before = folded.text[max(0, place - _A_LABEL) : place].rstrip(":").casefold()
    return before.endswith(_LABELS) and ("发布" in before or "报告" in before or "publish" in before)


def _of(said: _Said, parts: Sequence[Part]) -> Iterator[Block]:
    return (block for block in said.parts if block.part in parts)


def _analysts(said: _Said, document: Document) -> Iterator[Field]:
    """Who signed, with the certificate. One number for two people, or one that is no number of the register, is disputed."""
    if not document.analysts:
        yield Field("analyst", "", Confidence.ABSENT)
    numbers = Counter(each.certificate for each in document.analysts if each.certificate)
    for each in document.analysts:
        value = " · ".join(part for part in (each.name, each.certificate) if part)
        level = Confidence.STATED
        if each.certificate:
            is_good = CERTIFICATE.fullmatch(each.certificate) and numbers[each.certificate] == 1
            level = Confidence.CONFIRMED if is_good else Confidence.DISPUTED
        name = next(said.all("analyst", each.name, _SIDE), None)
        yield Field("analyst", value, level, name)


def _rating(said: _Said, document: Document) -> Field:
    found = _once(said, "rating", document.rating, (Part.PREFACE, Part.IMPRINT))
    word = document.rating_parts.rating if document.rating_parts else ""
    is_defined = bool(word) and fold(word) in fold(document.rating_definitions or "")
    return Field("rating", found.value, Confidence.CONFIRMED, found.evidence) if is_defined else found


def _related(said: _Said, document: Document) -> Iterator[Field]:
    if not document.related:
        yield Field("related", "", Confidence.ABSENT)
    for each in document.related:
        value = " ".join(part for part in (each.title, each.published_on.isoformat() if each.published_on else "") if part)
        yield Field(
            "related", value, Confidence.STATED, next(said.all("related", each.title, (Part.RELATED, Part.IMPRINT)), None)
        )


def _texts(said: _Said, document: Document) -> Iterator[Field]:
    for what, part in _TEXTS:
        body = getattr(document, what) or ""
        folded = next((found for found in map(said.folded, _of(said, (part,))) if found.text), None) if body else None
        evidence = folded.evidence(what, 0, len(folded.text)) if folded else None
        yield Field(what, body, Confidence.STATED if body else Confidence.ABSENT, evidence)
