"""The demonstration's folder: made on the first start, kept afterwards, made anew when this version needs other tables."""

import fcntl
import json
import os
import pkgutil
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import URL

from gatekeeper import __version__
from gatekeeper.demo.cast import BRANCH, FIRM
from gatekeeper.paths import PACKAGE, newest_migration
from gatekeeper.rules.errors import N_, Conflict, Unavailable
from gatekeeper.settings import PREFIX, Settings

ORIGIN = "gatekeeper.demo/demo"
_DATABASE, _SECRET, _KEY, _MARK, _LOCK = "gatekeeper.db", "secret", "ledger.pem", "demo.json", "lock"
_ANCHOR, _UNFINISHED = "anchor", "unfinished"
TOKEN_FILE = "api-token"  # noqa: S105  (a file's name)
"""Where the token of one of the other systems lies: random like any other, and readable by its owner alone."""
_OURS = frozenset({_SECRET, _MARK, _LOCK, _UNFINISHED, TOKEN_FILE, "files"})
_MAKER = "gatekeeper.demo.making:make"
_FOREIGN = N_("%(folder)s holds other files. Choose an empty folder: --data DIR")
_NO_FOLDER = N_("The folder %(folder)s cannot be used: %(detail)s")
_NEW = N_("Making the demonstration in %(folder)s (a few seconds, once) ...")
_OTHER = N_("The demonstration in %(folder)s was made by another version and is made anew ...")


def usual_folder() -> Path:
    """In a checkout its ``.demo``, else the user's data folder."""
    if (PACKAGE.parent / "pyproject.toml").is_file():
        return PACKAGE.parent / ".demo"
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "gatekeeper-demo"


def ready(folder: Path, now: datetime, say: Callable[..., None]) -> dict[str, str]:
    """Make the folder if it is not there in this version's form; return the settings that serve it."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = folder.resolve()
        _refuse_foreign(folder)
        with _alone(folder):
            made_for, wanted = _mark(folder), newest_migration()
            if made_for != wanted:
                say(_OTHER if made_for else _NEW, folder=folder)
                _make_anew(folder, wanted, now)
            return variables(folder)
    except OSError as error:
        raise Unavailable(_NO_FOLDER, folder=folder, detail=error.strerror or type(error).__name__) from error


def variables(folder: Path, database: Path | None = None) -> dict[str, str]:
    """The settings of a demonstration."""
    url = URL.create("sqlite", database=str(database or folder / _DATABASE))
    chosen = {
        "DATABASE_URL": url.render_as_string(),
        "SECRET_KEY": _secret(folder),
        "DATA_DIR": str(folder / "files"),
        "LOG_ORIGIN": ORIGIN,
        "LEDGER_KEY": str(folder / _KEY),
        "ANCHOR_FILE": str(folder / _ANCHOR),
        "FIRM": FIRM,
        "BRANCH": BRANCH,
        "SECURE_COOKIES": "no",
        "HOST": "127.0.0.1",
    }
    return {PREFIX + name: value for name, value in chosen.items()}


def _refuse_foreign(folder: Path) -> None:
    """What is not ours is never touched: an operator may have mistyped a path."""
    foreign = [
        each.name for each in folder.iterdir() if each.name not in _OURS and not each.name.startswith((_DATABASE, _ANCHOR, _KEY))
    ]
    if foreign:
        raise Conflict(_FOREIGN, folder=folder)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / _LOCK).open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _mark(folder: Path) -> str | None:
    """The revision for which the folder was made, None if it never was to the end."""
    try:
        found = json.loads((folder / _MARK).read_text("utf-8"))["revision"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    return str(found) if (folder / _DATABASE).is_file() else None


def _make_anew(folder: Path, revision: str, now: datetime) -> None:
    """Build aside, then put in place; the mark comes last, so that half a demonstration is never taken for one."""
    (folder / _MARK).unlink(missing_ok=True)
    for each in (*folder.glob(_DATABASE + "*"), *folder.glob(_ANCHOR + "*")):
        each.unlink()
    aside = folder / _UNFINISHED
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    path = aside / _DATABASE
    make: Callable[[Settings, datetime], None] = pkgutil.resolve_name(_MAKER)  # whoever starts it again needs none of that
    make(Settings.from_env(variables(folder, path)), now)
    path.replace(folder / _DATABASE)
    shutil.rmtree(aside)
    mark = {"revision": revision, "version": __version__, "made_at": now.isoformat()}
    (folder / _MARK).write_text(json.dumps(mark), "utf-8")


def _secret(folder: Path) -> str:
    """The folder's own secret, made once and readable by nobody else."""
    path = folder / _SECRET
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
    return path.read_text("ascii").strip()
