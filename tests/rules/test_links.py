"""One-time links: their life and death, and for how long they keep two people apart."""

from datetime import UTC, datetime, timedelta

import pytest

from gatekeeper.rules.messages.links import APART_FOR, LIFE, State, apart_since, state_of

ISSUED = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
CASES = {
    "just issued": (None, timedelta(0), State.LIVE),
    "its last instant but one": (None, LIFE - INSTANT, State.LIVE),
    "exactly 72 hours later": (None, LIFE, State.OVER),
    "a year later": (None, timedelta(days=365), State.OVER),
    "used a moment ago": (ISSUED, timedelta(seconds=1), State.USED),
    "used, and over since": (ISSUED, timedelta(days=365), State.USED),
}


@pytest.mark.parametrize(("used_at", "after", "state"), CASES.values(), ids=CASES)
def test_a_link_lives_once_and_for_72_hours(used_at: datetime | None, after: timedelta, state: State) -> None:
    assert timedelta(hours=72) == LIFE
    assert state_of(used_at=used_at, ends_at=ISSUED + LIFE, now=ISSUED + after) is state


def test_it_keeps_two_apart_for_thirty_days() -> None:
    assert timedelta(days=30) == APART_FOR
    assert apart_since(ISSUED + APART_FOR - INSTANT) < ISSUED
    assert apart_since(ISSUED + APART_FOR) == ISSUED
