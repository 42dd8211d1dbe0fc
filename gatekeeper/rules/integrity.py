"""Whether the ledger stands as it should, in the words of whoever is answerable for it.

What was never checked, never sealed or never put outside is a fault like any other: silence is not a good sign.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

MAX_UNSEALED = timedelta(seconds=60)
MAX_ANCHOR_AGE = timedelta(hours=26)
"""A day, and two hours for what runs once a day to be late."""
MAX_VERIFICATION_AGE = timedelta(days=7)


class Concern(StrEnum):
    """What is wrong, the gravest first."""

    HALTED = "halted"
    FINDINGS = "findings"
    SCRUBBED = "scrubbed"
    NO_KEY = "no_key"
    NO_CHECKPOINT = "no_checkpoint"
    NO_ANCHOR = "no_anchor"
    ANCHOR_OLD = "anchor_old"
    UNSEALED = "unsealed"
    NEVER_VERIFIED = "never_verified"
    VERIFIED_LONG_AGO = "verified_long_ago"


SERIOUS = frozenset(
    {Concern.HALTED, Concern.FINDINGS, Concern.SCRUBBED, Concern.NO_KEY, Concern.NO_CHECKPOINT, Concern.NO_ANCHOR}
)
"""What leaves the ledger without proof, or its proof in doubt. The rest only needs somebody to look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the ledger stands: times are None for what never happened, ``findings`` is None where nobody ever checked."""

    is_halted: bool
    has_key: bool
    signed_at: datetime | None
    anchored_at: datetime | None
    oldest_unsealed: datetime | None
    verified_at: datetime | None
    findings: int | None
    scrubbed_findings: int = 0


def concerns(standing: Standing, now: datetime) -> list[Concern]:
    """Everything that is wrong, the gravest first."""
    wrong = {
        Concern.HALTED: standing.is_halted,
        Concern.FINDINGS: bool(standing.findings),
        Concern.SCRUBBED: bool(standing.scrubbed_findings),
        Concern.NO_KEY: not standing.has_key,
        Concern.NO_CHECKPOINT: standing.signed_at is None,
        Concern.NO_ANCHOR: standing.anchored_at is None,
        Concern.ANCHOR_OLD: _is_older(standing.anchored_at, MAX_ANCHOR_AGE, now),
        Concern.UNSEALED: _is_older(standing.oldest_unsealed, MAX_UNSEALED, now),
        Concern.NEVER_VERIFIED: standing.verified_at is None,
        Concern.VERIFIED_LONG_AGO: _is_older(standing.verified_at, MAX_VERIFICATION_AGE, now),
    }
    return [concern for concern, is_so in wrong.items() if is_so]


def _is_older(moment: datetime | None, limit: timedelta, now: datetime) -> bool:
    return moment is not None and now - moment > limit
