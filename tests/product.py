"""The product's own source, parsed once for all tests that look at how it is written."""

import ast
import gc
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1] / "gatekeeper"


@cache
def _parsed() -> tuple[tuple[str, ast.Module], ...]:
    return tuple((path.relative_to(ROOT).as_posix(), ast.parse(path.read_text("utf-8"))) for path in sorted(ROOT.rglob("*.py")))


def trees() -> Iterator[tuple[str, ast.Module]]:
    """Each module, by its place in the package, and its syntax."""
    yield from _parsed()


@cache
def _nodes() -> tuple[tuple[str, ast.AST], ...]:
    found = tuple((name, node) for name, tree in _parsed() for node in ast.walk(tree))
    gc.freeze()  # half a million nodes that stay: nobody who looks for garbage needs to go through them
    return found


def nodes() -> Iterator[tuple[str, ast.AST]]:
    """Every node of every module."""
    yield from _nodes()
