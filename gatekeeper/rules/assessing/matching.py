"""Term and variety: whether what a report is about fits what an investor means to do (Measures, Arts. 6 and 22 (4)).

1. The policy says for each of the two, and for PULL and PUSH apart, whether a misfit denies, warns, or means nothing.
2. A report of which no term or variety is confirmed restricts nothing by it. Of several varieties, each must fit.
3. Where an investor's objectives are not on file nothing fits: that denies where a misfit denies, and warns where it warns.
4. Professional investors state no objectives: Art. 22 (4) protects ordinary investors. A lapsed professional is an ordinary one.

The table is optional. Under a policy without it term and variety mean nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from gatekeeper.rules.errors import N_
from gatekeeper.rules.parsing.toml import Reader, within
from gatekeeper.rules.risk import Initiative, Objectives, Term, Variety


class Strictness(StrEnum):
    """What a misfit does."""

    OFF = "off"
    WARN = "warn"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class Matching:
    """How strictly term and variety are matched, by who moves first."""

    term: Mapping[Initiative, Strictness]
    variety: Mapping[Initiative, Strictness]


_OFF = dict.fromkeys(Initiative, Strictness.OFF)
OFF = Matching(_OFF, _OFF)
"""What a policy without the table says."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The terms and the varieties that fit; None where every one does."""

    terms: frozenset[Term] | None = None
    varieties: frozenset[Variety] | None = None

    def fits_term(self, about: Objectives) -> bool:
        """Whether the term of a report fits."""
        return self.terms is None or about.term is None or about.term in self.terms

    def fits_variety(self, about: Objectives) -> bool:
        """Whether all that a report is about fits."""
        return self.varieties is None or about.varieties is None or about.varieties <= self.varieties


ANYTHING = Scope()
_COVERED = {
    None: frozenset[Term](),
    Term.SHORT: frozenset({Term.SHORT}),
    Term.MEDIUM: frozenset({Term.SHORT, Term.MEDIUM}),
    Term.LONG: frozenset(Term),
}
"""An investor's term covers every shorter one."""


def scope(matching: Matching, objectives: Objectives | None, initiative: Initiative, strictness: Strictness) -> Scope:
    """Outside of which a report is denied, or warned of. ``objectives`` is None of whom they are not asked."""
    if matching is OFF or objectives is None:
        return ANYTHING
    return Scope(
        _COVERED[objectives.term] if matching.term[initiative] is strictness else None,
        (objectives.varieties or frozenset()) if matching.variety[initiative] is strictness else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """Whose objectives are matched, how strictly, and who moves first. ``objectives`` is None of whom they are not asked."""

    objectives: Objectives | None = None
    matching: Matching = OFF
    initiative: Initiative = Initiative.PULL

    @property
    def denied(self) -> Scope:
        """The terms and varieties outside of which a report is refused."""
        return scope(self.matching, self.objectives, self.initiative, Strictness.DENY)

    @property
    def warned(self) -> Scope:
        """The terms and varieties outside of which the investor is told of it."""
        return scope(self.matching, self.objectives, self.initiative, Strictness.WARN)


def matching(value: object, reader: Reader) -> Matching:
    """Read the table ``[matching]`` of a policy; what is wrong with it is kept by the reader."""
    table = reader.table(value, "matching", ("term", "variety"))
    return Matching(_each(reader, table.get("term"), "term"), _each(reader, table.get("variety"), "variety"))


def _each(reader: Reader, value: object, name: str) -> Mapping[Initiative, Strictness]:
    place = within("matching", name)
    table = reader.table(value, place, ("pull", "push"))
    return {initiative: _one(reader, table, initiative, place) for initiative in Initiative}


def _one(reader: Reader, table: Mapping[str, object], initiative: Initiative, place: str) -> Strictness:
    said = table.get(initiative.lower())
    found = next((each for each in Strictness if each == said), None)
    if said is not None and found is None:
        reader.fault(N_("%(place)s must be one of %(names)s."), within(place, initiative.lower()), names=", ".join(Strictness))
    return found or Strictness.DENY
