"""Whether this process answers, and whether it can do its work: for load balancers and monitors.

Both are public and say no more than names and ok or not; what stands behind it is for whoever shows the monitoring's token.
"""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from shutil import disk_usage
from time import monotonic
from typing import Any, cast

from flask import Blueprint, Flask, Response, current_app
from sqlalchemy import Connection, make_url

from gatekeeper import services
from gatekeeper.api import guard, numbers
from gatekeeper.ledger import tree
from gatekeeper.paths import newest_migration
from gatekeeper.rules.errors import GatekeeperError, Unavailable
from gatekeeper.services import Services
from gatekeeper.settings import Settings
from gatekeeper.store import waiting
from gatekeeper.store.reading import access

bp = Blueprint("health", __name__)

_KEPT_FOR = 1.0
"""Seconds for which an answer is given again: a flood of probes costs no more than one."""
_PATIENCE = 2.0
"""Seconds after which what has not answered counts as not ready; a probe must not wait with it."""
_EXTENSION = "gatekeeper.readiness"
_MB = 1_000_000

Told = tuple[bool, dict[str, Any]]


@bp.get("/healthz")
@guard.public
def alive() -> Response:
    """The process answers. Nothing else is looked at: whoever restarts it for a database's sake helps nobody."""
    return _answer(HTTPStatus.OK, {"status": "ok"})


@bp.get("/readyz")
@guard.public
def ready() -> Response:
    """Whether requests can be answered now, check by check."""
    found = cast("Readiness", current_app.extensions[_EXTENSION]).found(services.services())
    is_ready = all(ok for ok, _ in found.values())
    body: dict[str, Any] = {"status": _word(is_ready), "checks": {name: _word(ok) for name, (ok, _) in found.items()}}
    if numbers.is_monitor():
        body["details"] = {name: detail for name, (_, detail) in found.items() if detail}
    return _answer(HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE, body)


def init_app(app: Flask) -> None:
    """Give an application what remembers the last look."""
    app.extensions[_EXTENSION] = Readiness()


def _word(ok: bool) -> str:  # noqa: FBT001  (it is what the word is made of)
    return "ok" if ok else "failed"


def _answer(status: HTTPStatus, body: dict[str, Any]) -> Response:
    return Response(json.dumps(body) + "\n", status.value, mimetype="application/json")


def _database(connection: Connection, _: Services) -> Told:
    return bool(connection.exec_driver_sql("SELECT 1").scalar()), {}


def _tables(connection: Connection, _: Services) -> Told:
    found, wanted = waiting.revision(connection), newest_migration()
    return found == wanted, {"found": found, "wanted": wanted}


def _ledger(connection: Connection, _: Services) -> Told:
    return tree.log_of(connection).closed_at is None, {}


def _sealing(connection: Connection, made_of: Services) -> Told:
    oldest, most = waiting.oldest_unsealed(connection), made_of.settings.ready_unsealed_seconds
    age = max(0.0, (made_of.clock() - oldest).total_seconds()) if oldest else 0.0
    return age <= most, {"oldest_unsealed_seconds": round(age, 1), "most": most}


def _policy(connection: Connection, made_of: Services) -> Told:
    return access.current_policy(connection, made_of.clock()) is not None, {}


def _disk(settings: Settings) -> Told:
    """Room where the originals lie and, where that is a file, where the database lies."""
    url = make_url(settings.database_url)
    places = [settings.data_dir.resolve()]
    if url.get_backend_name() == "sqlite":
        places.append(Path(url.database or "").resolve().parent)
    free = min(disk_usage(next(each for each in (place, *place.parents) if each.is_dir())).free for place in places) // _MB
    return free >= settings.ready_free_megabytes, {"free_megabytes": free, "least": settings.ready_free_megabytes}


_CHECKS: dict[str, Callable[[Connection, Services], Told]] = {
    "database": _database,
    "tables": _tables,
    "ledger": _ledger,
    "sealing": _sealing,
    "policy": _policy,
}
_NAMES = (*_CHECKS, "disk")


def _look(made_of: Services) -> dict[str, Told]:
    """Ask everything; whatever fails says so and keeps nothing else from being asked."""
    found = {name: _checked(check, made_of) for name, check in _CHECKS.items()}
    try:
        return found | {"disk": _disk(made_of.settings)}
    except OSError as error:
        return found | {"disk": (False, {"error": type(error).__name__})}


def _checked(check: Callable[[Connection, Services], Told], made_of: Services) -> Told:
    try:
        with made_of.database.reading() as connection:
            return check(connection, made_of)
    except GatekeeperError as error:
        return False, {"error": type(error.__cause__ or error).__name__}


@dataclass(slots=True)
class _Look:
    """One look at everything, in a thread of its own: a database that does not answer holds up this thread alone."""

    begun: float = field(default_factory=monotonic)
    over: threading.Event = field(default_factory=threading.Event)
    found: dict[str, Told] = field(default_factory=dict)

    def take(self, made_of: Services) -> None:
        try:
            self.found = _look(made_of)
        finally:
            self.over.set()

    @property
    def is_old(self) -> bool:
        return self.over.is_set() and monotonic() - self.begun > _KEPT_FOR


class Readiness:
    """What the last look found. There is never more than one under way."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._look: _Look | None = None

    def found(self, made_of: Services) -> dict[str, Told]:
        """Each check by its name; all of them failed where no answer came in time."""
        with self._lock:
            look = self._look
            if look is None or look.is_old:
                look = self._look = _Look()
                threading.Thread(target=look.take, args=(made_of,), name="readiness", daemon=True).start()
        look.over.wait(max(0.0, look.begun + _PATIENCE - monotonic()))
        late = (False, {"error": Unavailable.__name__})
        return look.found or dict.fromkeys(_NAMES, late)
