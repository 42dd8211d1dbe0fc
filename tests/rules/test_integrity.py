"""What is wrong with how the ledger stands, and what of it is grave."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gatekeeper.rules.integrity import SERIOUS, Concern, Standing, concerns

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
GOOD = Standing(
    is_halted=False,
    has_key=True,
    signed_at=NOW - timedelta(seconds=30),
    anchored_at=NOW - timedelta(hours=26),
    oldest_unsealed=NOW - timedelta(seconds=60),
    verified_at=NOW - timedelta(days=7),
    findings=0,
)
INSTANT = timedelta(microseconds=1)
TABLE = [
    ({}, []),
    ({"is_halted": True}, [Concern.HALTED]),
    ({"findings": 1}, [Concern.FINDINGS]),
    ({"has_key": False}, [Concern.NO_KEY]),
    ({"signed_at": None}, [Concern.NO_CHECKPOINT]),
    ({"anchored_at": None}, [Concern.NO_ANCHOR]),
    ({"anchored_at": GOOD.anchored_at - INSTANT}, [Concern.ANCHOR_OLD]),
    ({"oldest_unsealed": GOOD.oldest_unsealed - INSTANT}, [Concern.UNSEALED]),
    ({"oldest_unsealed": None}, []),
    ({"verified_at": None, "findings": None}, [Concern.NEVER_VERIFIED]),
    ({"verified_at": GOOD.verified_at - INSTANT}, [Concern.VERIFIED_LONG_AGO]),
    ({"is_halted": True, "anchored_at": None, "findings": 3}, [Concern.HALTED, Concern.FINDINGS, Concern.NO_ANCHOR]),
]


@pytest.mark.parametrize(("change", "wanted"), TABLE)
def test_each_fault_is_told_the_gravest_first(change: dict[str, object], wanted: list[Concern]) -> None:
    assert concerns(replace(GOOD, **change), NOW) == wanted


def test_a_log_that_nobody_ever_looked_after_is_no_good_log() -> None:
    untouched = Standing(
        is_halted=False,
        has_key=False,
        signed_at=None,
        anchored_at=None,
        oldest_unsealed=None,
        verified_at=None,
        findings=None,
    )
    assert (
        SERIOUS
        >= set(concerns(untouched, NOW)) - {Concern.NEVER_VERIFIED}
        == {
            Concern.NO_KEY,
            Concern.NO_CHECKPOINT,
            Concern.NO_ANCHOR,
        }
    )
