"""The examples of docs/api.md are what they say: each is run against a live server, and its answer held against the page."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from gatekeeper.rules.accounts.scopes import Register
from gatekeeper.rules.risk import RiskCategory
from gatekeeper.services import EXTENSION
from tests.api.conftest import Api
from tests.library import release
from tests.plugins.live import serving
from tests.service_accounts import a_service
from tests.world import World

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
EXAMPLE = re.compile(r"```sh\n(?P<typed>.*?)```\n(?:\n```(?P<kind>json|text)\n(?P<told>.*?)```\n)?", re.DOTALL)

pytestmark = [
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
    pytest.mark.skipif(shutil.which("curl") is None, reason="curl is absent: the examples of docs/api.md are not run"),
]


@pytest.fixture
def variables(world: World, app, api: Api):
    """A live server, and what the page's examples take from their surroundings."""
    world.client("6010000017", RiskCategory.C3)
    world.client("6010000024", RiskCategory.C2)
    for name in ("6010000031", "6010000048"):
        world.client(name, RiskCategory.C5)
    world.client("6010000055", RiskCategory.C5, suspended=True)
    token = a_service(world, "邮件网关", register=Register.CLIENT, per_minute=600, states_initiative=True, may_search=True)
    made = app.extensions[EXTENSION]
    app.extensions[EXTENSION] = replace(made, settings=replace(made.settings, public_url="https://research.example"))
    report = release(world)
    with serving(app) as address:
        yield {
            "GATEKEEPER_SERVER": address,
            "GATEKEEPER_TOKEN": token,
            "CLIENT": "N-6010000017",
            "CAUTIOUS": "N-6010000024",
            "SUSPENDED": "N-6010000055",
            "REPORT": report,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "LANG": "C.UTF-8",
        }


def test_every_example_of_the_handbook_gives_what_is_printed(variables, tmp_path):
    examples = list(EXAMPLE.finditer(PAGE.read_text("utf-8")))
    assert len(examples) > 5
    for example in examples:
        ran = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", example["typed"]],
            cwd=tmp_path,
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ran.returncode, ran.stderr) == (0, ""), example["typed"]
        assert variables["GATEKEEPER_TOKEN"] not in ran.stdout
        told = example["told"] or ""
        for name, value in variables.items():
            told = told.replace(f"${name}", value)
        if example["kind"] == "json":
            assert_alike(json.loads(told), json.loads(ran.stdout), example["typed"])
        else:
            assert_alike(*(" ".join(text.split()) for text in (told, ran.stdout)), example["typed"])


def assert_alike(printed, given, typed: str) -> None:
    """The same, where an ellipsis in what is printed stands for anything in one word."""
    if isinstance(printed, dict) and isinstance(given, dict):
        assert printed.keys() == given.keys(), typed
        for name, value in printed.items():
            assert_alike(value, given[name], typed)
    elif isinstance(printed, list) and isinstance(given, list):
        assert len(printed) == len(given), typed
        for one, other in zip(printed, given, strict=True):
            assert_alike(one, other, typed)
    elif isinstance(printed, str) and isinstance(given, str):
        assert re.fullmatch(re.escape(printed).replace("…", r"\S+"), given), (typed, printed, given)
    else:
        assert printed == given, typed
