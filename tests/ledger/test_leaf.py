"""The canonical bytes. Their known answers stand here: a change of form must not slip in for twenty years."""

import json
from datetime import UTC, datetime, timedelta, timezone
from enum import IntEnum, StrEnum
from pathlib import Path

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from gatekeeper.ledger import leaf
from gatekeeper.rules.merkle import leaf_hash

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "ledger" / "rfc8785" / "test" / "assets"

MEMBERS = [
    "v",
    "log",
    "code",
    "at",
    "recorded_at",
    "kind",
    "actor",
    "person",
    "investor",
    "report",
    "action",
    "outcome",
    "reason",
    "policy",
    "request_id",
    "data",
    "private",
    "w",
    "ws",
    "wp",
]

SAMPLE = {
    "v": 1,
    "log": "research.example.com/gatekeeper",
    "code": "0123456789ab",
    "at": "2026-11-23T02:00:00.000000Z",
    "recorded_at": "2026-11-23T02:00:00.001000Z",
    "kind": "report.opened",
    "actor": "person:8x0000000000000000000000r1",
    "person": "8x0000000000000000000000r1",
    "investor": "8x0000000000000000000000r2",
    "report": "8x0000000000000000000000r3",
    "action": "READ",
    "outcome": "PERMIT",
    "reason": None,
    "policy": "ab" * 32,
    "request_id": "0123456789abcdef0123",
    "data": {"facts": {"mandate": 1, "version": "8x0000000000000000000000r4"}, "note": "适当性 “R3” \u2028 𝄞", "reasons": []},
    "private": {"address": "mzgFTiN3gxP3rVFkfSZZJ7b3kYCvgGQOhoQSx9RVlCc="},
    "w": "8x0000000000000000000000r5",
    "ws": 7,
    "wp": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
}
SAMPLE_BYTES = (
    '{"action":"READ","actor":"person:8x0000000000000000000000r1","at":"2026-11-23T02:00:00.000000Z","code":"0123456789ab",'
    '"data":{"facts":{"mandate":1,"version":"8x0000000000000000000000r4"},"note":"适当性 “R3” \u2028 𝄞","reasons":[]},'
    '"investor":"8x0000000000000000000000r2","kind":"report.opened","log":"research.example.com/gatekeeper","outcome":"PERMIT",'
    '"person":"8x0000000000000000000000r1",'
    '"policy":"abababababababababababababababababababababababababababababababab",'
    '"private":{"address":"mzgFTiN3gxP3rVFkfSZZJ7b3kYCvgGQOhoQSx9RVlCc="},"reason":null,'
    '"recorded_at":"2026-11-23T02:00:00.001000Z","report":"8x0000000000000000000000r3","request_id":"0123456789abcdef0123",'
    '"v":1,"w":"8x0000000000000000000000r5","wp":"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=","ws":7}'
).encode()


class Text(StrEnum):
    R3 = "R3"


class Number(IntEnum):
    C4 = 4


def test_a_leaf_has_exactly_these_bytes():
    assert leaf.encode(SAMPLE) == SAMPLE_BYTES


def test_the_hash_of_a_leaf_is_rfc_6962s():
    # The hash of the empty leaf stands in RFC 6962's test vectors; the other comes from openssl dgst -sha256.
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert leaf_hash(SAMPLE_BYTES).hex() == "287a88a53d0cffd8e8b95302ee1f46bea14bda0e88cf12a4a4f17b3852e762aa"


def test_a_commitment_has_this_value():
    # printf 'gk-pii-v1\0address\0' | cat - salt value | openssl dgst -sha256 -binary | base64
    expected = "UBeD4yXv2TrRSb521PECndu5U8S4BScrgvIP59XyX0U="

    assert leaf.commitment("address", bytes(range(32)), "192.0.2.1") == expected


def test_field_salt_and_value_of_a_commitment_cannot_be_moved_into_each_other():
    made = {
        leaf.commitment(field, salt, value)
        for field, salt, value in [
            ("address", bytes(32), "x"),
            ("device", bytes(32), "x"),
            ("address", bytes(31) + b"\1", "x"),
            ("address", bytes(32), "y"),
        ]
    }

    assert len(made) == 4


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (-1, "-1"),
        (2**53 - 1, "9007199254740991"),
        (-(2**53) + 1, "-9007199254740991"),
        ("", '""'),
        ('\x00\x01\x1f\x7f\b\f\n\r\t"\\/', '"\\u0000\\u0001\\u001f\x7f\\b\\f\\n\\r\\t\\"\\\\/"'),
        ("第八条\u00e9\u0065\u0301𝄞", '"第八条\u00e9\u0065\u0301𝄞"'),
        ([], "[]"),
        ((1, "a", None), '[1,"a",null]'),
        ({}, "{}"),
        ({"b": 1, "a": {"z": [], "": 0}}, '{"a":{"":0,"z":[]},"b":1}'),
        ({"aa": 1, "a": 2, "B": 3, "_": 4, "1": 5}, '{"1":5,"B":3,"_":4,"a":2,"aa":1}'),
        (Text.R3, '"R3"'),
        (Number.C4, "4"),
    ],
)
def test_a_value_has_one_spelling(value, spelled):
    assert leaf.canonical(value) == spelled.encode()


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        0.1,
        float("nan"),
        float("inf"),
        2**53,
        -(2**53),
        10**30,
        "\ud800",
        "a\udfffb",
        b"bytes",
        bytearray(b"bytes"),
        {1, 2},
        frozenset(),
        datetime(2026, 1, 1, tzinfo=UTC),
        timedelta(1),
        NotImplemented,
        {"é": 1},
        {1: 1},
        {None: 1},
        {True: 1},
        {"\ud800": 1},
        {"a": {"b": [1, {"c": 0.5}]}},
        [["\udc00"]],
    ],
    ids=repr,
)
def test_what_the_profile_does_not_admit_is_refused_and_never_rounded(value):
    with pytest.raises(ValueError, match=r"."):
        leaf.canonical(value)
    with pytest.raises(ValueError, match=r"."):
        leaf.encode({**SAMPLE, "data": {"value": value}})


def test_what_nests_without_end_is_refused():
    endless: list[object] = []
    endless.append(endless)
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]

    for value in (endless, deep):
        with pytest.raises(ValueError, match="nests"):
            leaf.canonical(value)


IN_PROFILE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.sampled_from(["\u2028", "\ufeff", "\U0010ffff", "\x7f\x80", "e\u0301"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(max_codepoint=127)), inner),
    max_leaves=30,
)


@given(IN_PROFILE)
@settings(max_examples=300, deadline=None)
def test_every_value_of_the_profile_is_spelled_as_rfc_8785_says(value):
    spelled = leaf.canonical(value)

    assert spelled == rfc8785.dumps(value)
    assert leaf.canonical(json.loads(spelled)) == spelled


@pytest.mark.parametrize("name", ["arrays", "french", "structures", "unicode", "values", "weird"])
def test_the_vectors_of_rfc_8785_that_the_profile_admits(name):
    if not VECTORS.is_dir():
        pytest.skip("the vectors of RFC 8785 are not here: ../shared/vectors is missing")
    value = json.loads((VECTORS / "input" / f"{name}.json").read_text("utf-8"))
    expected = (VECTORS / "output" / f"{name}.json").read_bytes().strip()

    if name in {"arrays", "unicode"}:
        assert leaf.canonical(value) == expected
    else:  # floats, or keys beyond ASCII
        with pytest.raises(ValueError, match=r"below 2\^53|ASCII"):
            leaf.canonical(value)
        assert leaf.canonical(_without_what_is_not_admitted(value)) == rfc8785.dumps(_without_what_is_not_admitted(value))


def _without_what_is_not_admitted(value):
    if isinstance(value, list):
        return [_without_what_is_not_admitted(each) for each in value if not isinstance(each, float)]
    if isinstance(value, dict):
        kept = {key: each for key, each in value.items() if key.isascii() and not isinstance(each, float)}
        return {key: _without_what_is_not_admitted(each) for key, each in kept.items()}
    return value


def test_a_leaf_has_exactly_its_members():
    assert list(leaf.MEMBERS) == MEMBERS

    for changed in ({k: v for k, v in SAMPLE.items() if k != "wp"}, {**SAMPLE, "more": 1}, {}):
        with pytest.raises(ValueError, match="exactly its members"):
            leaf.encode(changed)


@pytest.mark.parametrize("name", MEMBERS)
def test_each_member_is_of_its_type(name):
    may_be_null = name in {"person", "investor", "report", "action", "outcome", "reason", "policy", "request_id", "wp"}

    if may_be_null:
        assert json.loads(leaf.encode({**SAMPLE, name: None}))[name] is None
    else:
        with pytest.raises(ValueError, match=rf"wrong type: \['{name}'\]"):
            leaf.encode({**SAMPLE, name: None})
    with pytest.raises(ValueError, match=rf"wrong type: \['{name}'\]"):
        leaf.encode({**SAMPLE, name: []})


@pytest.mark.parametrize(
    ("moment", "spelled"),
    [
        (datetime(2026, 11, 23, 14, 8, 31, 123456, UTC), "2026-11-23T14:08:31.123456Z"),
        (datetime(2026, 11, 23, 14, 8, 31, tzinfo=UTC), "2026-11-23T14:08:31.000000Z"),
        (datetime(2026, 11, 23, 14, 8, 31, 7, timezone(timedelta(hours=8))), "2026-11-23T06:08:31.000007Z"),
        (datetime(999, 1, 1, tzinfo=UTC), "0999-01-01T00:00:00.000000Z"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00.000000Z"),
        (datetime.max.replace(tzinfo=UTC), "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_a_time_is_utc_with_six_decimals_and_always_as_wide(moment, spelled):
    assert leaf.timestamp(moment) == spelled
    assert len(spelled) == 27


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="without a zone"):
        leaf.timestamp(datetime(2026, 11, 23))  # noqa: DTZ001  (that is what is refused)


def test_a_leaf_has_at_most_65535_bytes():
    empty = len(leaf.encode({**SAMPLE, "data": {"text": ""}}))
    room = leaf.MAX_LEAF - empty

    assert leaf.MAX_LEAF == 65_535
    assert len(leaf.encode({**SAMPLE, "data": {"text": "x" * room}})) == 65_535
    for text in ("x" * (room + 1), "第" * (room // 3 + 1)):
        with pytest.raises(ValueError, match="at most 65535 bytes"):
            leaf.encode({**SAMPLE, "data": {"text": text}})
