"""The letter that tells the result of an assessment: plain text, the same for the same result, kept as it was shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from gatekeeper import language
from gatekeeper.rules.assessing.questionnaire import Questionnaire
from gatekeeper.rules.assessment import Hold, Result
from gatekeeper.rules.errors import N_
from gatekeeper.rules.policy import Policy
from gatekeeper.rules.risk import RiskCategory, RiskGrade

_SEPARATOR = N_(", ")
_TITLE = N_("Result of the risk assessment")
_QUESTIONNAIRE = N_("Questionnaire: %(name)s, version %(version)s")
_HANDED_IN = N_("Handed in on: %(day)s")
_SIGNED = N_("Signed on paper on: %(day)s")
_SCORE = N_("Score: %(score)s")
_CATEGORY = N_("Risk tolerance: %(category)s")
_LOWEST = N_("Lowest category: yes, whatever the score. Ground: %(grounds)s. Nothing above R1 is given to this category.")
_TERM = N_("Investment term named: %(term)s")
_VARIETIES = N_("Varieties named: %(varieties)s")
_UNTIL = N_("Valid to: %(day)s, that day included. After it this result no longer counts; please be assessed again before.")
_BANDS = N_("Scores and risk tolerance")
_BAND = N_("%(category)s: %(first)s to %(last)s points")
_MATCHES = N_("Which risk grades suit which risk tolerance")
_MATCH = N_("%(who)s: %(grades)s")
_LOWEST_ROW = N_("Lowest category")
_HELD = N_(
    "Before this result applies, a second person at the firm looks at it: %(holds)s. Until then the lower of old and new applies."
)
_REVIEW = N_("Held for review: %(holds)s")
_MEANING = N_(
    "That a report suits you means that its risk grade fits your risk tolerance. It is no judgement and no promise about risk or "
    "return. You decide yourself and bear the risk of your decisions."
)
_CHANGES = N_("If your circumstances change in an important way, please tell us without delay, so that we assess you again.")
_PAPER_COUNTS = N_(
    "This result rests on the paper that you signed. Whatever it lowers applies at once; "
    "whatever it raises applies once a second person at the firm has approved it."
)
_PAPER = N_("On paper, signed on %(day)s")
_PAPER_HELD = N_("On paper, signed on %(day)s; to be looked at: %(holds)s")
_COUNTS = N_("This result counts once you have acknowledged this letter. Whatever it lowers applies at once.")


@dataclass(frozen=True, slots=True)
class Letter:
    """What a letter is about. ``last_day`` is the last valid day, ``holds`` why a second person looks at it first.

    ``on_paper`` tells of answers that were signed on paper.
    """

    questionnaire: Questionnaire
    result: Result
    policy: Policy
    day: date
    last_day: date
    holds: tuple[Hold, ...]
    on_paper: bool = False


def in_each_language(letter: Letter) -> dict[str, str]:
    """The letter in every language in which it is kept, by the languages' tags."""
    return {tag: text(letter, tag) for tag in language.SUPPORTED}


def text(letter: Letter, tag: str) -> str:
    """The letter in one language; its first line is the title."""
    parts = ([_say(tag, _TITLE)], _result(letter, tag), _tables(letter, tag), _end(letter, tag))
    return "\n\n".join("\n".join(lines) for lines in parts) + "\n"


def reason(holds: Sequence[Hold], tag: str) -> str:
    """Why a result waits for a second person, in one sentence."""
    return _say(tag, _REVIEW, holds=_listed(tag, [language.name_of(tag, each) for each in holds]))


def paper_reason(day: date, holds: Sequence[Hold], tag: str) -> str:
    """Why a paper waits for a second person, in one sentence."""
    if not holds:
        return _say(tag, _PAPER, day=day.isoformat())
    return _say(tag, _PAPER_HELD, day=day.isoformat(), holds=_listed(tag, [language.name_of(tag, each) for each in holds]))


def _result(letter: Letter, tag: str) -> list[str]:
    questionnaire, result = letter.questionnaire, letter.result
    lines = [
        _say(tag, _QUESTIONNAIRE, name=questionnaire.name.of(tag), version=questionnaire.version),
        _say(tag, _SIGNED if letter.on_paper else _HANDED_IN, day=letter.day.isoformat()),
        _say(tag, _SCORE, score=result.score),
        _say(tag, _CATEGORY, category=result.category),
    ]
    if result.lowest:
        grounds = [language.name_of(tag, ground) for _, ground in result.lowest_by]
        lines.append(_say(tag, _LOWEST, grounds=_listed(tag, grounds)))
    lines.append(_say(tag, _TERM, term=result.term))
    if result.varieties:
        varieties = [language.name_of(tag, each) for each in sorted(result.varieties)]
        lines.append(_say(tag, _VARIETIES, varieties=_listed(tag, varieties)))
    return [*lines, _say(tag, _UNTIL, day=letter.last_day.isoformat())]


def _tables(letter: Letter, tag: str) -> list[str]:
    policy = letter.policy
    bands = [_say(tag, _BAND, category=each.category, first=each.first, last=each.last) for each in letter.questionnaire.bands]
    rows = [(_say(tag, _LOWEST_ROW), policy.lowest_grades)]
    rows += [(language.name_of(tag, category), policy.grades_of(category)) for category in RiskCategory]
    matches = [_say(tag, _MATCH, who=who, grades=_grades(tag, grades)) for who, grades in rows]
    return [_say(tag, _BANDS), *bands, "", _say(tag, _MATCHES), *matches]


def _end(letter: Letter, tag: str) -> list[str]:
    if letter.on_paper:
        return [_say(tag, _MEANING), _say(tag, _CHANGES), _say(tag, _PAPER_COUNTS)]
    held = []
    if letter.holds:
        holds = [language.name_of(tag, each) for each in letter.holds]
        held = [_say(tag, _HELD, holds=_listed(tag, holds))]
    return [*held, _say(tag, _MEANING), _say(tag, _CHANGES), _say(tag, _COUNTS)]


def _grades(tag: str, grades: frozenset[RiskGrade]) -> str:
    return _listed(tag, [grade.name for grade in sorted(grades)]) or "—"


def _listed(tag: str, items: Sequence[str]) -> str:
    """All of them, one after the other."""
    return _say(tag, _SEPARATOR).join(items)


def _say(tag: str, sentence: str, **values: object) -> str:
    return language.translate(tag, sentence, **values)
