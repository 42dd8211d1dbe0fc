"""What a client may tell of changed circumstances, and which of it makes an assessment stale (Measures, Arts. 13, 33)."""

from collections.abc import Collection
from enum import StrEnum

from gatekeeper.rules.errors import N_, Fault
from gatekeeper.rules.parsing.texts import faults_of_optional


class ChangedTopic(StrEnum):
    """What has changed. Names are kept for good: they are only ever added."""

    FINANCES = "FINANCES"
    WORK = "WORK"
    CAPACITY = "CAPACITY"
    PREFERENCE = "PREFERENCE"
    CONTACT = "CONTACT"


_UNIMPORTANT = frozenset({ChangedTopic.CONTACT})


def is_important(topics: Collection[ChangedTopic]) -> bool:
    """Whether an assessment rests on what has changed; whatever is not known to be unimportant counts as important."""
    return not _UNIMPORTANT.issuperset(topics)


def faults_of(topics: Collection[ChangedTopic], details: str) -> list[Fault]:
    """What is wrong with a declaration: it says at least one topic, and contact alone is contact alone."""
    faults = faults_of_optional(note=details)
    if not topics:
        faults.append(Fault(N_("Please choose what has changed."), field="topics"))
    elif len(topics) > 1 and not _UNIMPORTANT.isdisjoint(topics):
        faults.append(Fault(N_("“Contact details only” stands alone. Please choose either that or the others."), field="topics"))
    return faults
