"""The terms of professional status (Measures, Arts. 8 (4), 8 (5) and 11): the numbers, as part of the policy's text.

Amounts stand in the text in whole yuan, as a compliance officer reads the article, and are kept in fen. The part is optional:
under a policy without it nobody is found to be professional by assets, income or experience.
"""

from dataclasses import dataclass

from gatekeeper.rules.parsing.toml import Reader, within

_MOST_YUAN = 1_000_000_000_000


@dataclass(frozen=True, slots=True)
class InstitutionTerms:
    """What a legal person or organisation needs, all of it. Amounts in fen."""

    net_assets: int
    financial_assets: int
    experience_years: int


@dataclass(frozen=True, slots=True)
class IndividualTerms:
    """What an individual needs: assets or income, and experience or work. Amounts in fen."""

    financial_assets: int
    income: int
    income_years: int
    experience_years: int
    work_years: int


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of class B (Art. 8) and of class C (Art. 11), and how old an individual's statement of assets may be."""

    statement_days: int
    institution: InstitutionTerms
    individual: IndividualTerms
    converted_institution: InstitutionTerms
    converted_individual: IndividualTerms


_INSTITUTION = ("net_assets", "financial_assets", "experience_years")
_INDIVIDUAL = ("financial_assets", "income", "income_years", "experience_years", "work_years")


def terms(value: object, reader: Reader) -> Terms:
    """Read the table ``[professional]`` of a policy; what is wrong with it is kept by the reader."""
    names = ("institution", "individual", "converted_institution", "converted_individual")
    table = reader.table(value, "professional", ("statement_days", *names))
    return Terms(
        reader.integer(table.get("statement_days"), "professional.statement_days", 1, 366),
        InstitutionTerms(**_numbers(reader, table, "institution", _INSTITUTION)),
        IndividualTerms(**_numbers(reader, table, "individual", _INDIVIDUAL)),
        InstitutionTerms(**_numbers(reader, table, "converted_institution", _INSTITUTION)),
        IndividualTerms(**_numbers(reader, table, "converted_individual", _INDIVIDUAL)),
    )


def _numbers(reader: Reader, parent: object, name: str, members: tuple[str, ...]) -> dict[str, int]:
    place = within("professional", name)
    table = reader.table(parent.get(name) if isinstance(parent, dict) else None, place, members)
    return {
        member: reader.integer(table.get(member), within(place, member), 1, 50)
        if member.endswith("_years")
        else reader.integer(table.get(member), within(place, member), 1, _MOST_YUAN) * 100
        for member in members
    }
