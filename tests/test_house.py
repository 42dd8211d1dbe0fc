"""The house rules that no linter knows: sizes, one place for commits, nothing of one machine in the repository."""

import ast
import re
import subprocess
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.product import nodes

TOP = Path(__file__).parent.parent
PRODUCT = sorted((TOP / "gatekeeper").rglob("*.py"))
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def kept_files() -> list[Path]:
    """Everything that is in the repository, or would be after ``git add``; in an unpacked archive, everything."""
    listing = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=TOP, capture_output=True, check=False)
    if listing.returncode:
        found = [path for path in TOP.rglob("*") if not {".venv", "__pycache__"} & set(path.parts)]
    else:
        found = [TOP / name for name in listing.stdout.decode().split("\0") if name]
    return [path for path in found if path.is_file()]


def text_files() -> Iterator[tuple[str, str]]:
    for path in kept_files():
        content = path.read_bytes()
        if b"\0" not in content:
            yield str(path.relative_to(TOP)), content.decode("utf-8")


ONE_FILE = {"gatekeeper/gkverify.py": 702, "gatekeeper/client.py": 580}
"""The auditor's program and the client are one file by their nature: handed on and read as a whole, importing nothing of ours."""


def test_no_file_of_the_product_is_longer_than_350_lines():
    lengths = {str(path.relative_to(TOP)): len(path.read_text(encoding="utf-8").splitlines()) for path in PRODUCT}

    assert {name: length for name, length in lengths.items() if length > ONE_FILE.get(name, 350)} == {}


def test_no_folder_holds_more_than_15_modules():
    folders = Counter(path.parent for path in PRODUCT if path.name != "__init__.py")

    assert {str(folder.relative_to(TOP)): number for folder, number in folders.items() if number > 15} == {}


def test_no_function_is_longer_than_60_lines():
    too_long = [
        f"{name}:{node.lineno} {node.name}"
        for name, node in nodes()
        if isinstance(node, FUNCTIONS) and node.end_lineno - node.lineno >= 60
    ]

    assert too_long == []


def test_imports_stand_at_the_top():
    inside = [
        f"{name}:{node.lineno}"
        for name, function in nodes()
        if isinstance(function, FUNCTIONS)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]

    assert inside == []


def test_nothing_is_imported_for_type_checking_alone():
    hidden = [name for name, node in nodes() if isinstance(node, ast.Name) and node.id == "TYPE_CHECKING"]

    assert hidden == []


def test_only_the_database_module_commits():
    committing = {
        name
        for name, node in nodes()
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
    }

    assert committing <= {"database.py"}


@pytest.mark.parametrize("layer", ["rules", "store", "ledger", "files", "actions", "database"])
def test_every_layer_below_the_doors_is_kept_from_http(layer):
    contracts = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    [kept_from_http] = [contract for contract in contracts if contract["name"] == "Only the doors know HTTP"]
    exists = any((TOP / "gatekeeper" / name).exists() for name in (f"{layer}.py", f"{layer}/__init__.py"))

    assert not exists or f"gatekeeper.{layer}" in kept_from_http["source_modules"], "add the new layer to that contract"


def test_nothing_in_the_repository_knows_one_machine_or_one_registry():
    # Written so that this file does not find itself.
    places = re.compile(r"(?<![\w.])/(?:wor[k]|roo[t]|hom[e]|User[s]|opt/py[p]i|opt/wheel[s])/\w|file[:]///")
    hosts = re.compile(r"py[p]i\.org|pythonhoste[d]|registry\.npm[j]s|unpk[g]\.com|jsdeliv[r]|googleapi[s]\.com")

    named = [(name, found[0]) for name, text in text_files() for kind in (places, hosts) if (found := kind.search(text))]

    assert named == []


@pytest.mark.parametrize("lock", ["run", "dev"])
def test_a_lock_file_holds_pins_and_hashes_and_nothing_else(lock):
    lines = (TOP / "requirements" / f"{lock}.txt").read_text(encoding="utf-8").splitlines()
    pin = re.compile(r"[a-z0-9-]+==[\w.]+( ; .+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?|#.*")

    assert [line for line in lines if not pin.fullmatch(line)] == []


def test_the_development_lock_contains_the_running_one():
    pins = {
        lock: set(re.findall(r"^\S+==\S+", (TOP / "requirements" / f"{lock}.txt").read_text(encoding="utf-8"), re.MULTILINE))
        for lock in ("run", "dev")
    }

    assert pins["run"] <= pins["dev"]
