"""One besieged world for a whole module on each database: people of every role, reports open and hidden."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from gatekeeper.actions.publishing import reports
from gatekeeper.app import create_app
from gatekeeper.database import Database
from gatekeeper.files.prepare import prepare
from gatekeeper.rules.risk import InvestorClass, RiskCategory, RiskGrade
from gatekeeper.rules.roles import Grant, Role
from gatekeeper.services import EXTENSION
from tests.library import release, withdraw
from tests.plugins.worlds import BACKENDS
from tests.postgres import Postgres
from tests.web.browser import visit
from tests.world import CHEAP, Clock, World, settings

REPORTS = Path(__file__).parents[2] / "gatekeeper" / "demo" / "reports"
HIDDEN = ("unreleased", "ungraded", "embargoed", "withdrawn", "stopped", "r3", "r5", "conflict", "contract", "institutions")
"""Everything that C2 must not see, by what hides it."""
PERSONAS = ("c2", "c5", "compliance", "inspector", "clients", "reports", "staff-admin", "services")


@dataclass
class Siege:
    """A world, its application, the reports by name, and a browser for each person who has signed in."""

    world: World
    app: Flask
    url: str
    reports: dict[str, str] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    browsers: dict[str, FlaskClient] = field(default_factory=dict)

    def browser(self, name: str) -> FlaskClient:
        """The browser in which this person is signed in; "-" is a stranger's."""
        if name not in self.browsers:
            self.browsers[name] = self.app.test_client() if name == "-" else visit(self.app, name)
        return self.browsers[name]


@pytest.fixture(scope="module", params=BACKENDS)
def siege(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Siege]:
    """Built once a module; tests that change what others rely on make their own people and reports."""
    folder = tmp_path_factory.mktemp("siege")
    if request.param == "sqlite":
        template, made = request.getfixturevalue("sqlite_template")
        url = f"sqlite:///{shutil.copy(template, folder / 'gatekeeper.db')}"
    else:
        server: Postgres = request.getfixturevalue("postgres_server")
        template, made = request.getfixturevalue("postgres_template")
        url = server.create_database(template)
    yield from _besieged(url, made, folder)
    if request.param != "sqlite":
        server.drop_database(url)


def _besieged(url: str, made: World, folder: Path) -> Iterator[Siege]:
    world = World(Database(url), Clock(made.clock.moment), dict(made.people), dict(made.investors))
    app = create_app(settings(url, folder), clock=world.clock, passwords=CHEAP)
    besieged = Siege(world, app, url)
    world.client("c2", RiskCategory.C2)
    world.client("c5", RiskCategory.C5)
    world.client("pro", None, investor_class=InvestorClass.PROFESSIONAL_A, class_last_day=date(2027, 11, 23))
    world.staff("inspector", Role.INSPECTOR)
    world.staff("services", Role.ADMIN, Grant.SERVICES)
    _furnish(besieged)
    yield besieged
    world.database.dispose()
    app.extensions[EXTENSION].database.dispose()


def _furnish(besieged: Siege) -> None:
    world, later = besieged.world, timedelta(days=1)
    made = {
        "open": {"grade": RiskGrade.R1},
        "open too": {"grade": RiskGrade.R2},
        "unreleased": {"grade": RiskGrade.R1, "released": False},
        "ungraded": {"grade": None, "released": False},
        "embargoed": {"grade": RiskGrade.R1, "at": world.now + later},
        "withdrawn": {"grade": RiskGrade.R1},
        "stopped": {"grade": RiskGrade.R1, "at": world.now + later},
        "r3": {"grade": RiskGrade.R3},
        "r5": {"grade": RiskGrade.R5},
        "conflict": {"grade": RiskGrade.R1, "conflict": True},
        "contract": {"grade": RiskGrade.R1, "contract_clients_only": True},
        "institutions": {"grade": RiskGrade.R1, "categories": ()},
    }
    for number, (name, how) in enumerate(made.items()):
        besieged.titles[name] = f"甲{number}号题目 {name}"
        besieged.reports[name] = release(world, **{"title": besieged.titles[name], "paragraph": f"机密正文{number}", **how})  # type: ignore[arg-type]
    for name in ("withdrawn", "stopped"):
        withdraw(world, besieged.reports[name])
    prepared = prepare((REPORTS / "r3-convertible-bonds.txt").read_bytes(), "bonds.txt")
    besieged.reports["imported"] = world.database.transact(
        reports.import_report, world.caller("reports"), prepared, world.now
    ).report
