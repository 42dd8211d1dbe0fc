"""Schemathesis asks everything that the description says can be asked, and what it says cannot, and finds nothing."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
import schemathesis
from flask import Flask
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from gatekeeper.api.operations import OPERATIONS
from gatekeeper.services import EXTENSION

PATH = "/access/v1/openapi.json"
SEED = 20261129
"""Its suggestions are the same each time, so that a suite that was green stays so; whoever mends this door takes others."""


NEEDS_A_REFUSAL = {"POST /access/v1/requests"}
"""What is taken only with the token of a refusal, so that whoever makes one up is not let in."""


@pytest.fixture
def asked_for(app: Flask) -> Flask:
    """An application with a public address, which its metadata wants."""
    made = app.extensions[EXTENSION]
    app.extensions[EXTENSION] = replace(made, settings=replace(made.settings, public_url="https://research.example"))
    return app


def bears_no_token(_context: Any, body: Any) -> bool:
    """Leave out searches that go on from a page before: a token of its own making is refused however well it is formed."""
    page = body.get("page") if isinstance(body, dict) else None
    return not (isinstance(page, dict) and isinstance(page.get("token"), str) and page["token"])


def let_loose(app: Flask, examples: int, headers: dict[str, str], **checks: Any) -> dict[str, Counter[int]]:
    """Let it ask; give the statuses of its answers by operation, or fail with what it found."""
    how = {
        "seed": SEED,
        "continue-on-failure": True,
        "workers": 1,
        "headers": headers,
        "generation": {"mode": "all", "max-examples": examples, "database": "none", "deterministic": True, "no-shrink": True},
        "analysis": {"constants": {"enabled": False}},
        "phases": {"stateful": {"enabled": False}},
        # It probes this with an argument that WSGI does not have; the test without a token does it in its place.
        "checks": {"ignored_auth": {"enabled": False}, **checks},
    }
    schema = schemathesis.openapi.from_wsgi(PATH, app, config=SchemathesisConfig.from_dict(how))
    schema.hook("filter_body")(bears_no_token)
    statuses: dict[str, Counter[int]] = {}
    found: list[Any] = []
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            found.append(event)
        elif isinstance(event, events.ScenarioFinished):
            counted = statuses.setdefault(event.recorder.label, Counter())
            counted.update(each.response.status_code for each in event.recorder.interactions.values() if each.response)
            found += [
                (each.name, str(each.failure_info.failure), each.failure_info.code_sample)
                for checked in event.recorder.checks.values()
                for each in checked
                if each.failure_info is not None
            ]
    assert found == []
    return statuses


@pytest.mark.takes_long
def test_with_a_token_it_finds_nothing(asked_for, service):
    token = service(per_minute=60_000, may_search=True)
    statuses = let_loose(asked_for, 25, {"Authorization": f"Bearer {token}"})

    posted = {label: counted for label, counted in statuses.items() if label.startswith("POST")}
    assert len(posted) == sum(each.body is not None for each in OPERATIONS.values())
    good = {label: counted[403 if label in NEEDS_A_REFUSAL else 200] for label, counted in posted.items()}
    assert [label for label, counted in posted.items() if not good[label] or not counted[400]] == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_without_one_it_gets_nothing(asked_for):
    statuses = let_loose(asked_for, 2, {}, missing_required_header={"enabled": False})

    for label, counted in statuses.items():
        if label.startswith("POST"):
            assert counted[401], label
            assert set(counted) <= {401, 405, 429}, label
