#!/usr/bin/env python3
"""Prepare this checkout and run one job in it: ``python3 dev.py demo``, ``python3 dev.py test``, ...

A Python is all that is needed beforehand. The packages are those of ``requirements/``, every one pinned and held to its hash;
they go to ``.venv`` beside this file and nowhere else. The second start finds everything in place.

This file keeps to the standard library and to syntax that Python 3.6 can read, so that an old ``python3`` looks for a newer one,
or says in a sentence what is missing, where it would otherwise stop at a SyntaxError.
"""

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, Iterator

try:
    import fcntl
except ImportError:  # Windows: two set-ups at the same time are then the user's own affair
    fcntl = None  # type: ignore[assignment]

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
PYTHON = VENV / "Scripts" / "python.exe" if os.name == "nt" else VENV / "bin" / "python"
OLDEST, NEWEST = (3, 11), (3, 14)
CATALOGUE = HERE / "gatekeeper" / "locale" / "zh_CN" / "LC_MESSAGES" / "messages.po"


class Stop(Exception):
    """The job cannot go on; the message says why, and what to do."""


# ---------------------------------------------------------------------------------------------------------------- running things


def run(*command: object, stdout: "IO[str] | None" = None, env: "dict[str, str] | None" = None) -> int:
    """Run a command at the top of the checkout and return its exit code."""
    sys.stdout.flush()
    return subprocess.call([str(part) for part in command], cwd=str(HERE), stdout=stdout, env=env)


def succeeds(*command: object) -> bool:
    """Tell whether a command can be run and exits with 0, without showing what it prints."""
    nothing = subprocess.DEVNULL
    try:
        return subprocess.call([str(part) for part in command], cwd=str(HERE), stdin=nothing, stdout=nothing, stderr=nothing) == 0
    except OSError:
        return False


def become(*command: object) -> int:
    """Run a job's last command in place of this process, so that signals reach the one that does the work."""
    if os.name != "nt":
        sys.stdout.flush()
        os.chdir(str(HERE))
        os.execv(str(command[0]), [str(part) for part in command])
    return run(*command)


def tell(sentence: str) -> None:
    """Report progress on standard error; standard output belongs to the job."""
    print(sentence, file=sys.stderr, flush=True)


# ----------------------------------------------------------------------------------------------------------- the environment


def is_new_enough(python: object) -> bool:
    """Tell whether an interpreter exists, starts, and is one that the product supports."""
    return succeeds(python, "-c", f"import sys; sys.exit(sys.version_info[:2] < {OLDEST!r})")


def find_python() -> str:
    """Find a Python that is new enough: this one, else the newest on PATH. Empty when there is none."""
    if sys.version_info[:2] >= OLDEST:
        return sys.executable
    names = [f"python3.{minor}" for minor in range(NEWEST[1], OLDEST[1] - 1, -1)]
    found = [path for path in map(shutil.which, names) if path and is_new_enough(path)]
    return found[0] if found else ""


def make_environment() -> None:
    """Create an empty ``.venv`` that has a pip, by the first way that works on this machine."""
    python, uv = find_python(), shutil.which("uv")
    ways = []
    if python and succeeds(python, "-c", "import ensurepip, venv"):
        ways.append([[python, "-m", "venv", VENV]])
    if uv:
        ways.append([[uv, "venv", "--quiet", "--seed", "--python", python or ">=%d.%d" % OLDEST, VENV]])
    if python and succeeds(python, "-m", "pip", "--version"):  # Debian splits ensurepip off, but some pip is there
        ways.append(
            [[python, "-m", "venv", "--without-pip", VENV], [python, "-m", "pip", "--python", PYTHON, "install", "-q", "pip"]]
        )
    if python and is_root_on_debian():
        ways.append(
            [["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "python3-venv"], [python, "-m", "venv", VENV]],
        )
    for steps in ways:
        shutil.rmtree(str(VENV), ignore_errors=True)
        if all(run(*step, stdout=sys.stderr) == 0 for step in steps) and succeeds(PYTHON, "-m", "pip", "--version"):
            return
    shutil.rmtree(str(VENV), ignore_errors=True)
    raise Stop(what_is_missing(python))


def is_root_on_debian() -> bool:
    """Tell whether Debian's own packages may be installed from here."""
    return Path("/etc/debian_version").exists() and shutil.which("apt-get") is not None and os.geteuid() == 0


def what_is_missing(python: str) -> str:
    """Put into words what a person has to install first."""
    if python:
        return (
            f"{python} cannot make a virtual environment. On Debian or Ubuntu: sudo apt-get install -y python3-venv. "
            "Then run this again."
        )
    return (
        "Gatekeeper needs Python %d.%d or newer, and this is %d.%d. "
        % (OLDEST + sys.version_info[:2])
        + "On macOS: brew install python. On Debian 12, Ubuntu 24.04 or newer: sudo apt-get install -y python3 python3-venv. "
        "Or install uv, which brings a Python of its own. Then run this again."
    )


def stamp_of(lock: str) -> str:
    """Return the digest of everything that decides what ``.venv`` must contain."""
    digest = hashlib.sha256(str(HERE).encode())  # an environment that was copied with its checkout points to the old one
    for part in (HERE / "requirements" / f"{lock}.txt", HERE / "pyproject.toml", Path(__file__).resolve()):
        digest.update(part.read_bytes())
    return digest.hexdigest()


def prepare(lock: str) -> None:
    """Bring ``.venv`` to what a lock file says, unless it is there already."""
    stamp, wanted = VENV / f".prepared-{lock}", stamp_of(lock)
    if stamp.exists() and stamp.read_text() == wanted and PYTHON.exists():
        return
    begun = time.time()
    tell(f"Preparing .venv from requirements/{lock}.txt (about half a minute when it is new) ...")
    home = VENV / ".home"
    if not (
        home.exists() and home.read_text() == str(HERE) and is_new_enough(PYTHON) and succeeds(PYTHON, "-m", "pip", "--version")
    ):
        make_environment()
        home.write_text(str(HERE))
    pip = [PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    if run(*pip, "--require-hashes", "--only-binary", ":all:", "-r", HERE / "requirements" / f"{lock}.txt", stdout=sys.stderr):
        raise Stop(
            "The locked packages could not be installed; pip says why above. Is there a network, or a package index set for pip?"
        )
    if run(*pip, "--no-deps", "--no-build-isolation", "--editable", HERE, stdout=sys.stderr):
        raise Stop("The checkout could not be installed into .venv; pip says why above.")
    for done in ("run", "dev") if lock == "dev" else ("run",):  # dev.txt holds all of run.txt, pin for pin
        (VENV / f".prepared-{done}").write_text(stamp_of(done))
    tell(f"Prepared in {time.time() - begun:.1f} s.")


@contextlib.contextmanager
def one_at_a_time() -> "Iterator[None]":
    """Let a second dev.py wait while a first one prepares the environment."""
    with (HERE / ".venv.lock").open("w") as handle:
        if fcntl is not None:
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


# ---------------------------------------------------------------------------------------------------------------------- the jobs


def demo(arguments: "list[str]") -> int:
    """Start a filled demonstration system (SQLite, nothing else needed)."""
    return become(PYTHON, "-m", "gatekeeper.cli", "demo", *arguments)


def test(arguments: "list[str]") -> int:
    """Run the tests; --long runs the long forms too. One more than the cores: browsers, servers and databases are waited for."""
    workers = str((os.cpu_count() or 1) + 1)
    return become(PYTHON, "-m", "pytest", "-q", "-n", workers, "--dist", "worksteal", *arguments)


def check(arguments: "list[str]") -> int:
    """Run the checks that read code: format, lint, types, imports, translations (or those named)."""
    chosen = arguments or list(CHECKS)
    unknown = [name for name in chosen if name not in CHECKS]
    if unknown:
        raise Stop(f"There is no check called {', '.join(unknown)}. The checks: {', '.join(CHECKS)}.")
    failed = []
    for name in chosen:
        begun = time.time()
        passed = CHECKS[name]() == 0
        failed += [] if passed else [name]
        tell(f"{name}: {'passed' if passed else 'FAILED'} in {time.time() - begun:.1f} s")
    return 1 if failed else 0


def tidy(arguments: "list[str]") -> int:
    """Format the code, and correct what the linter can correct by itself."""
    corrected = run(PYTHON, "-m", "ruff", "check", "--fix", *(arguments or ["."]))
    return run(PYTHON, "-m", "ruff", "format", *(arguments or ["."])) or corrected


def translate(arguments: "list[str]") -> int:
    """Collect the sentences and bring the Chinese catalogue up to date."""
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "messages.pot"
        if collect_sentences(template):
            return 1
        if not CATALOGUE.exists():
            return pybabel("init", "-i", template, "-o", CATALOGUE, "-l", "zh_CN", *arguments)
        return update_catalogue(template, *arguments)


def bench(arguments: "list[str]") -> int:
    """Measure the hot paths."""
    return become(PYTHON, "-m", "tests.bench", *arguments)


def screenshots(arguments: "list[str]") -> int:
    """Take the pictures of README and docs/ from a demonstration made for it."""
    return become(PYTHON, "-m", "tests.screenshots", *arguments)


def lock(arguments: "list[str]") -> int:
    """Renew requirements/*.txt from pyproject.toml (needs uv); --upgrade takes the newest of everything."""
    compile_lock = [
        find_uv(),
        "pip",
        "compile",
        "--quiet",
        "--universal",
        "--python-version",
        "%d.%d" % OLDEST,
        "--generate-hashes",
    ]
    compile_lock += ["--no-annotate", "--no-emit-index-url", "--no-emit-find-links", *arguments, "pyproject.toml"]
    environment = dict(os.environ, UV_CUSTOM_COMPILE_COMMAND="python3 dev.py lock", **package_index())
    ran_well = not run(*compile_lock, "--group", "build", "-o", "requirements/run.txt", env=environment) and not run(
        *compile_lock,
        "--group",
        "dev",
        "--extra",
        "postgres",
        "--extra",
        "tsa",
        "-c",
        "requirements/run.txt",
        "-o",
        "requirements/dev.txt",
        env=environment,
    )
    for path in sorted((HERE / "requirements").glob("*.txt")):
        if re.search(r"://|file:|(^|\s)[./~]*/|^-", path.read_text(), re.MULTILINE):
            raise Stop(f"{path.name} names a host, a path or an option. A lock file must not; do not commit it.")
    return 0 if ran_well else 1


JOBS = {
    "demo": ("run", demo),
    "test": ("dev", test),
    "check": ("dev", check),
    "format": ("dev", tidy),
    "translate": ("dev", translate),
    "bench": ("dev", bench),
    "screenshots": ("dev", screenshots),
    "lock": ("", lock),
}


# ------------------------------------------------------------------------------------------------------ what the jobs are made of


def pybabel(*arguments: object) -> int:
    """Run one of Babel's commands without its chatter (the answer to ``--check`` would be a traceback)."""
    command = (PYTHON, "-m", "babel.messages.frontend", "--quiet", *arguments)
    return int(not succeeds(*command)) if "--check" in arguments else run(*command)


def collect_sentences(template: Path) -> int:
    """Write every marked sentence to a template, sorted and without places, so that a diff shows words alone."""
    layout = [
        "--no-location",
        "--sort-output",
        "--width=130",
        "--project=Gatekeeper",
        "--copyright-holder=the Gatekeeper authors",
    ]
    marks = ["--keywords=N_", "--keywords=_l"]
    folders = [name for name in ("gatekeeper", "templates") if (HERE / name).is_dir()]
    return pybabel("extract", "-F", "babel.cfg", *layout, *marks, "--ignore-dirs=.* __pycache__", "-o", template, *folders)


def update_catalogue(template: Path, *options: object) -> int:
    """Merge a template into the catalogue (with ``--check``: only say whether that would change it)."""
    rules = ["--ignore-obsolete", "--no-fuzzy-matching", "--ignore-pot-creation-date", "--width=130"]
    return pybabel("update", "-i", template, "-o", CATALOGUE, "-l", "zh_CN", *rules, *options)


def check_imports() -> int:
    """Hold the layers to their contracts; the checker's long report is shown only when one is broken."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as report:
        failed = run(PYTHON.parent / "lint-imports", "--no-cache", stdout=report)
        report.seek(0)
        if failed:
            tell(report.read())
    return failed


def check_translations() -> int:
    """Fail when the catalogue is behind the code, or has an entry without a Chinese sentence or with a doubtful one."""
    if not CATALOGUE.exists():
        tell("There is no Chinese catalogue yet: python3 dev.py translate")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "messages.pot"
        behind = collect_sentences(template) or update_catalogue(template, "--check")
    if behind:
        tell("The catalogue is behind the code: python3 dev.py translate, then fill in what is new.")
    entries = CATALOGUE.read_text(encoding="utf-8").split("\n\n")  # the first is the header
    empty = [entry for entry in entries[1:] if re.search(r'^msgstr(\[\d\])? ""\n?(?!")', entry, re.MULTILINE)]
    doubtful = [entry for entry in entries[1:] if re.search(r"^#,.*\bfuzzy\b", entry, re.MULTILINE)]
    for title, found in (("not translated", empty), ("marked fuzzy", doubtful)):
        for entry in found:
            tell(f"{title}: {entry}\n")
    return 1 if behind or empty or doubtful else 0


def find_uv() -> str:
    """Find uv on PATH or in ``.venv``; put it there when it is in neither."""
    places = os.pathsep.join([os.environ.get("PATH", ""), str(PYTHON.parent)])
    if not shutil.which("uv", path=places):
        with one_at_a_time():
            prepare("dev")
        run(PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "uv", stdout=sys.stderr)
    found = shutil.which("uv", path=places)
    if not found:
        raise Stop("uv could not be installed; it makes the lock files.")
    return found


def package_index() -> "dict[str, str]":
    """Tell uv the package index that pip is set to use; uv does not read pip's settings."""
    if {"UV_DEFAULT_INDEX", "UV_INDEX_URL"} & set(os.environ):
        return {}
    try:
        setting = subprocess.check_output(
            [sys.executable, "-m", "pip", "config", "get", "global.index-url"], stderr=subprocess.DEVNULL
        )
    except (OSError, subprocess.CalledProcessError):
        setting = b""
    index = os.environ.get("PIP_INDEX_URL") or setting.decode().strip()
    return {"UV_DEFAULT_INDEX": index} if index else {}


CHECKS = {
    "format": lambda: run(PYTHON, "-m", "ruff", "format", "--check", "--quiet", "."),
    "lint": lambda: run(PYTHON, "-m", "ruff", "check", "--quiet", "."),
    "types": lambda: run(PYTHON, "-m", "mypy", "--no-error-summary"),
    "imports": check_imports,
    "translations": check_translations,
}


def main() -> int:
    """Prepare the environment for the job that was asked for, then run it."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in JOBS:
        lines = [f"  {job:<12} {function.__doc__}" for job, (_, function) in JOBS.items()]
        tell("\n".join(["usage: python3 dev.py JOB [arguments of the job]", "", *lines]))
        return 0 if name in ("-h", "--help", "help") else 2
    lock_file, job = JOBS[name]
    if lock_file:
        with one_at_a_time():
            prepare(lock_file)
    return job(sys.argv[2:])


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Stop as reason:
        tell(str(reason))
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
