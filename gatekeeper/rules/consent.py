"""Which words are due, how they are asked, and whether an acceptance is still good.

1. The words are the statement in one language plus the report's printed notice, verbatim, as one text; its SHA-256 names them.
   Title, name and date are left out, so that the same words are recognised on the next report.
2. An acceptance serves its person, investor and report version for the policy's months, to the end of the last day in the firm's
   zone, unless the statement, the investor's class or the category has changed since.
3. Words met for the first time are asked in full: the end reached, the box ticked. The same words accepted before, under the same
   class and category and within those months, are asked by one button. From the policy's grade on every version asks in full.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from hashlib import sha256

from gatekeeper.rules.policy import Policy, last_day_after, valid_before
from gatekeeper.rules.risk import RiskGrade


class Asking(StrEnum):
    """How the words are put before the reader."""

    FULL = "FULL"
    LIGHT = "LIGHT"


@dataclass(frozen=True, slots=True)
class Words:
    """What a reader is asked to accept, exactly as it stands on the screen."""

    language: str
    statement: str
    notice: str

    @property
    def text(self) -> str:
        """The one stored text: the statement, and under it the report's printed notice."""
        return f"{self.statement.strip()}\n\n{self.notice.strip()}\n" if self.notice.strip() else f"{self.statement.strip()}\n"

    @property
    def title(self) -> str:
        """The statement's first line."""
        return self.statement.strip().partition("\n")[0].strip()

    @property
    def key_sentence(self) -> str:
        """The statement's second line: what it comes to."""
        return self.statement.strip().partition("\n")[2].strip().partition("\n")[0].strip()

    @property
    def sha256(self) -> str:
        """The name of the words, in hex."""
        return sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Acceptance:
    """One acceptance, with what it depended on. ``profile`` is the class and category under which it was given."""

    id: int
    accepted_at: datetime
    statement_id: int
    profile: str


def is_good(acceptance: Acceptance, *, statement_id: int, profile: str, policy: Policy, now: datetime, zone: tzinfo) -> bool:
    """Whether an acceptance still serves: same statement, same class and category, within the policy's months."""
    if acceptance.statement_id != statement_id or acceptance.profile != profile or acceptance.accepted_at > now:
        return False
    last_day = last_day_after(acceptance.accepted_at.astimezone(zone).date(), policy.acknowledgement_months)
    return now < valid_before(last_day, zone)


def first_day_serving(today: date, months: int) -> date:
    """The first day of acceptance that still serves today: what was accepted earlier has lapsed."""
    day = today - timedelta(days=31 * months + 1)
    while last_day_after(day, months) < today:
        day += timedelta(days=1)
    return day


def asking(grade: RiskGrade, policy: Policy, *, words_accepted_before: bool) -> Asking:
    """How the words are asked for a report of this grade."""
    return Asking.LIGHT if words_accepted_before and grade < policy.in_full_from else Asking.FULL
