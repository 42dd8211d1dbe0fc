"""What every test may ask for."""

import gc
import os
import sys
from collections.abc import Iterator

import pytest

# A run is some sixty processes. Where the environment forbids to keep bytecode, each of them compiles everything again.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# What is loaded and collected stays until the end: whoever looks for garbage needs not go through it again and again.
gc.disable()

pytest_plugins = ["tests.plugins.needs", "tests.plugins.worlds", "tests.plugins.live", "tests.plugins.order"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the long forms of load, chaos and volume tests too")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    collected = yield
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    gc.enable()
    return collected


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--long"):
        return
    left_out = [item for item in items if item.get_closest_marker("long")]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)
