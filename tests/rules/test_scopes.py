"""What of a change to a service account acts at once and what waits for a second person; which scopes are refused."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gatekeeper.rules.accounts.scopes import Register, common
from gatekeeper.rules.accounts.service_accounts import faults_of_scope, is_token
from gatekeeper.rules.changes import ServiceChange, from_data, to_data
from gatekeeper.rules.changing.raising import split
from gatekeeper.rules.risk import Action

NOW = datetime(2026, 11, 23, tzinfo=UTC)
OLD = ServiceChange(
    service="s",
    actions=(Action.READ, Action.RECEIVE),
    register=Register.CLIENT,
    networks=("10.1.0.0/16",),
    per_minute=100,
    token_days=90,
    contact="it",
    branches=("上海营业部", "北京营业部"),
)

# What is wished, what acts at once (None: nothing), what waits (None: nothing); each as the members that differ from OLD.
WISHES = {
    "nothing new": ({}, None, None),
    "fewer actions": ({"actions": (Action.READ,)}, {"actions": (Action.READ,)}, None),
    "more actions": ({"actions": tuple(Action)}, None, {"actions": tuple(Action)}),
    "other actions": ({"actions": (Action.USE,)}, {"actions": ()}, {"actions": (Action.USE,)}),
    "told less": ({"register": Register.NONE}, {"register": Register.NONE}, None),
    "told more": ({"register": Register.STAFF}, None, {"register": Register.STAFF}),
    "narrower network": ({"networks": ("10.1.2.0/24",)}, {"networks": ("10.1.2.0/24",)}, None),
    "wider network": ({"networks": ("10.0.0.0/8",)}, None, {"networks": ("10.0.0.0/8",)}),
    "from anywhere": ({"networks": ()}, None, {"networks": ()}),
    "one more network": ({"networks": ("10.1.0.0/16", "10.9.0.0/16")}, None, {"networks": ("10.1.0.0/16", "10.9.0.0/16")}),
    "elsewhere": ({"networks": ("10.9.0.0/16",)}, None, {"networks": ("10.9.0.0/16",)}),
    "the other kind": ({"networks": ("2001:db8::/32",)}, None, {"networks": ("2001:db8::/32",)}),
    "slower": ({"per_minute": 10}, {"per_minute": 10}, None),
    "faster": ({"per_minute": 101}, None, {"per_minute": 101}),
    "shorter tokens": ({"token_days": 30}, {"token_days": 30}, None),
    "longer tokens": ({"token_days": 366}, None, {"token_days": 366}),
    "fewer branches": ({"branches": ("上海营业部",)}, {"branches": ("上海营业部",)}, None),
    "all branches": ({"branches": None}, None, {"branches": None}),
    "search": ({"may_search": True}, None, {"may_search": True}),
    "the initiative": ({"states_initiative": True}, None, {"states_initiative": True}),
    "no reasons in batches": ({"omits_context": True}, {"omits_context": True}, None),
    "another contact": ({"contact": "ops"}, {"contact": "ops"}, None),
    "suspension": ({"live": False}, {"live": False}, None),
    "both ways": (
        {"per_minute": 10, "register": Register.STAFF, "contact": "ops"},
        {"per_minute": 10, "contact": "ops"},
        {"per_minute": 10, "register": Register.STAFF, "contact": "ops"},
    ),
}


@pytest.mark.parametrize("wish", WISHES)
def test_narrowing_acts_at_once_and_widening_waits(wish: str) -> None:
    wanted, at_once, later = WISHES[wish]

    lowered, raised = split(OLD, replace(OLD, **wanted), NOW)

    assert lowered == (None if at_once is None else replace(OLD, **at_once))
    assert raised == (None if later is None else replace(OLD, **later))
    if lowered is not None and raised is not None:  # what waits no longer lowers anything once the other part applies
        assert split(lowered, raised, NOW) == (None, raised)


def test_a_first_scope_waits_whole_and_so_does_the_end_of_a_suspension() -> None:
    assert split(None, OLD, NOW) == (None, OLD)
    assert split(replace(OLD, live=False), OLD, NOW) == (None, OLD)
    narrower = replace(OLD, per_minute=1)
    assert split(replace(OLD, live=False), narrower, NOW) == (None, narrower)


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ((), (), ()),
        (("10.0.0.0/8",), (), ("10.0.0.0/8",)),
        ((), ("10.0.0.0/8",), ("10.0.0.0/8",)),
        (("10.0.0.0/8",), ("10.1.0.0/16", "10.2.0.0/16"), ("10.1.0.0/16", "10.2.0.0/16")),
        (("10.1.0.0/16", "10.2.0.0/16"), ("10.0.0.0/8",), ("10.1.0.0/16", "10.2.0.0/16")),
        (("10.1.0.0/16",), ("10.2.0.0/16",), ()),
        (("10.1.0.0/16", "2001:db8::/32"), ("2001:db8:1::/48", "10.1.2.3/32"), ("2001:db8:1::/48", "10.1.2.3/32")),
    ],
)
def test_what_two_lists_of_networks_have_in_common(one: tuple[str, ...], other: tuple[str, ...], both: tuple[str, ...]) -> None:
    assert common(one, other) == both


FAULTY = [
    ({"actions": ()}, "actions"),
    ({"networks": ("10.1.2.3/8",)}, "networks"),
    ({"networks": ("intranet",)}, "networks"),
    ({"networks": ("10.0.0.0/8, 192.0.2.0/24",)}, "networks"),
    ({"networks": tuple(f"10.0.{number}.0/24" for number in range(21))}, "networks"),
    ({"branches": ("x" * 101,)}, "branches"),
    ({"branches": ()}, "branches"),
    ({"per_minute": 0}, "per_minute"),
    ({"per_minute": 60_001}, "per_minute"),
    ({"token_days": 0}, "token_days"),
    ({"token_days": 367}, "token_days"),
    ({"contact": " "}, "contact"),
]


@pytest.mark.parametrize(("wanted", "field"), FAULTY)
def test_a_scope_that_cannot_be_meant_is_refused_at_its_field(wanted: dict, field: str) -> None:
    assert [fault.field for fault in faults_of_scope(replace(OLD, **wanted))] == [field]


def test_a_usual_scope_has_no_faults_and_is_kept_whole() -> None:
    assert faults_of_scope(OLD) == []
    assert from_data(to_data(OLD)) == OLD
    everywhere = replace(OLD, branches=None, networks=())
    assert from_data(to_data(everywhere)) == everywhere


def test_what_looks_like_a_token() -> None:
    assert is_token("gk_" + "aZ0-_" * 8 + "abc")
    for text in ("", "gk_", "gk_" + "a" * 42, "gk_" + "a" * 44, "GK_" + "a" * 43, "gk_" + "a" * 42 + "\n", "gk_" + "ä" * 43):
        assert not is_token(text)
