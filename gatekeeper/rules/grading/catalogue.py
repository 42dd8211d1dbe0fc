"""The catalogue: which grade a report has at least, by the kinds of instruments that it covers (Measures, Arts. 16 and 36).

1. It is a part of the policy's text, so it is versioned, proposed by one compliance officer and approved by another.
2. A report's grade is never below the highest floor of what it covers; nobody can lift that.
3. A kind of which the catalogue says nothing has no grade: a report that covers it waits until compliance has added it.

The part is optional. Under a policy without it no grade is held against what a report covers.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from gatekeeper.rules.errors import N_, Fault
from gatekeeper.rules.grading.instruments import Instrument
from gatekeeper.rules.parsing.toml import Reader, within
from gatekeeper.rules.risk import RiskGrade

_BELOW = N_("The grade must not be below %(grade)s: the report covers %(kind)s (%(source)s, %(dated)s).")
_UNKNOWN = N_("The catalogue in the policy says nothing of %(kind)s, which the report covers. Compliance must add it first.")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The floor of each kind, what the list rests on, and of which day it is."""

    source: str
    dated: date
    floors: Mapping[Instrument, RiskGrade]

    def highest(self, covers: Collection[Instrument]) -> Instrument | None:
        """The kind with the highest floor, the first of several; None where nothing is covered that the catalogue knows."""
        known = [each for each in Instrument if each in covers and each in self.floors]
        return max(known, key=self.floors.__getitem__, default=None)

    def fault(self, covers: Collection[Instrument], grade: RiskGrade) -> Fault | None:
        """What is wrong with this grade for a report that covers these; None if nothing is."""
        for each in Instrument:
            if each in covers and each not in self.floors:
                return Fault(_UNKNOWN, field="covers", kind=each)
        kind = self.highest(covers)
        if kind is None or grade >= self.floors[kind]:
            return None
        return Fault(
            _BELOW, field="grade", grade=self.floors[kind].name, kind=kind, source=self.source, dated=self.dated.isoformat()
        )


def catalogue(value: object, reader: Reader) -> Catalogue:
    """Read the table ``[catalogue]`` of a policy; what is wrong with it is kept by the reader."""
    table = reader.table(value, "catalogue", ("source", "dated", "floors"))
    place, floors = "catalogue.floors", dict[Instrument, RiskGrade]()
    grades = reader.table(table.get("floors"), place, (), RiskGrade.__members__)
    for grade in RiskGrade:
        for name in reader.items(grades.get(grade.name), within(place, grade.name)):
            kind = reader.member(name, within(place, grade.name), Instrument)
            if kind in floors:
                reader.fault(N_("%(place)s names %(kind)s, which stands under another grade too."), place, kind=name)
            if kind is not None:
                floors[kind] = max(grade, floors.get(kind, grade))
    source, dated = reader.text(table.get("source"), "catalogue.source"), reader.day(table.get("dated"), "catalogue.dated")
    return Catalogue(source, dated, {each: floors[each] for each in Instrument if each in floors})
