"""Running the command line in this process, with a database, a fixed present and passwords on file descriptors."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from click.testing import CliRunner

from gatekeeper.cli.root import gatekeeper
from tests.world import NOW, PASSWORD, SECRET, World

LANGUAGE = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        assert self.code == 0, self.err
        return json.loads(self.out)


class Shell:
    """Runs ``gatekeeper``. Each password goes through a pipe of its own."""

    def __init__(self, variables: dict[str, str]) -> None:
        self.variables = variables

    def __call__(self, *arguments: object, passwords: dict[str, str] | None = None, typed: str = "") -> Ran:
        words, pipes = [str(each) for each in arguments], []
        for option, password in (passwords or {}).items():
            reading, writing = os.pipe()
            os.write(writing, f"{password}\n".encode())
            os.close(writing)
            pipes.append(reading)
            words += [option, str(reading)]
        try:
            result = CliRunner(env=self.variables).invoke(gatekeeper, words, input=typed, prog_name="gatekeeper")
        finally:
            for each in pipes:
                os.close(each)
        assert "Traceback" not in result.output
        assert PASSWORD not in result.output
        return Ran(result.exit_code, result.stdout, result.stderr)

    def by(self, login: str, *arguments: object, password: str = PASSWORD) -> Ran:
        """Run as a person, whose password comes by a pipe."""
        return self(*arguments, "--as", login, passwords={"--password-fd": password})


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*LANGUAGE, *(name for name in os.environ if name.startswith("GATEKEEPER_"))]:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def travel() -> Iterator[Callable[[timedelta], None]]:
    """The present of commands, an hour after the world was furnished; a call moves it."""
    with time_machine.travel(NOW + timedelta(hours=1)) as traveller:
        yield traveller.shift


def variables(url: str, folder: Path) -> dict[str, str]:
    return {
        "GATEKEEPER_DATABASE_URL": url,
        "GATEKEEPER_SECRET_KEY": SECRET,
        "GATEKEEPER_DATA_DIR": str(folder),
        "GATEKEEPER_LOG_ORIGIN": "gatekeeper.example/test",
        "GATEKEEPER_PASSWORD_ROUNDS": "1",
    }


@pytest.fixture
def gk(world: World, database_url: tuple[str, World], tmp_path: Path, travel) -> Shell:
    """The command line over the same database as ``world``."""
    return Shell(variables(database_url[0], tmp_path))


@pytest.fixture
def bare(tmp_path: Path, travel) -> Shell:
    """The command line over a SQLite file that does not exist yet."""
    return Shell(variables(f"sqlite:///{tmp_path}/new.db", tmp_path))
