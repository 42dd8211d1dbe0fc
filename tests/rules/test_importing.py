"""What cells and headings say: whatever is typed becomes a value or a fault with its column, and never anything else."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from gatekeeper.rules.importing.cells import Odd, Row, Stated, read
from gatekeeper.rules.importing.columns import COLUMNS, folded, keys_of, place_of

KEYS = [column.key for column in COLUMNS]
CELLS = some.dictionaries(
    some.sampled_from(KEYS), some.text(max_size=40) | some.sampled_from(["是", "C3", "2028-02-29", "46000", "0"])
)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(CELLS, some.dictionaries(some.sampled_from(KEYS), some.sampled_from(Odd)))
def test_whatever_is_typed_is_a_value_or_a_fault_at_its_column(cells, odd):
    stated, faults = read(Row(2, cells, odd, dict.fromkeys(odd, "A2")))

    faulty = {fault.field for fault in faults}
    for key, text in cells.items():
        assert (getattr(stated, key) is not None) or not text.strip() or key in faulty
    assert all(str(fault) for fault in faults)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(some.lists(some.text(max_size=30), max_size=30))
def test_whatever_the_headings_are_each_is_known_or_told(headings):
    keys, faults = keys_of(headings)

    assert len(keys) == len(headings)
    unknown = [heading for heading, key in zip(headings, keys, strict=True) if key is None and heading.strip()]
    assert len(faults) >= len(unknown)


def test_no_heading_means_two_columns_and_every_column_states_something():
    meant = {(folded(text), each.key) for each in COLUMNS for text in (each.key, each.zh, each.en, *each.aliases)}

    assert len({heading for heading, _ in meant}) == len(meant)
    assert [each.key for each in COLUMNS] == list(Stated.__slots__)


@pytest.mark.parametrize(("number", "letters"), [(1, "A"), (26, "Z"), (27, "AA"), (702, "ZZ"), (703, "AAA")])
def test_a_column_is_named_as_spreadsheets_do(number, letters):
    assert place_of(number) == letters
