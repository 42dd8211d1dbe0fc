"""A small world for tests: one fixed present, the people of the product, and acts done by the real actions."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gatekeeper.actions import proposals, setup
from gatekeeper.actions.accounts import people
from gatekeeper.actions.clients import investors
from gatekeeper.database import Database
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.passwords import Passwords
from gatekeeper.rules.changes import (
    CategoryChange,
    ClassChange,
    InvestorChange,
    LowestChange,
    MandateChange,
    ObjectivesChange,
    StandingChange,
)
from gatekeeper.rules.events import Kind
from gatekeeper.rules.policy import valid_before
from gatekeeper.rules.risk import InvestorClass, InvestorKind, RiskCategory, Term, Variety
from gatekeeper.rules.roles import Grant, Role
from gatekeeper.settings import Settings
from gatekeeper.store.accounts import sessions
from gatekeeper.store.apply import apply
from gatekeeper.store.clients import investors as store
from tests.beginnings import Beginning

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
SECRET = "a-secret-for-tests-only-0123456789abcdef"
PASSWORD = "correct horse battery staple"
CHEAP = Passwords(1, memory_kib=8)
POLICIES = Path(__file__).parents[1] / "gatekeeper" / "policies"


def variables(url: str, data_dir: Path) -> dict[str, str]:
    """The environment of every test."""
    return {
        "GATEKEEPER_DATABASE_URL": url,
        "GATEKEEPER_SECRET_KEY": SECRET,
        "GATEKEEPER_DATA_DIR": str(data_dir),
        "GATEKEEPER_LOG_ORIGIN": "gatekeeper.example/test",
        "GATEKEEPER_FIRM": "明澈证券",
        "GATEKEEPER_SECURE_COOKIES": "no",
    }


def settings(url: str, data_dir: Path) -> Settings:
    """The settings of every test."""
    return Settings.from_env(variables(url, data_dir))


@dataclass
class Clock:
    """A present that a test moves."""

    moment: datetime = NOW

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, by: timedelta) -> None:
        self.moment += by


P = ParamSpec("P")


def often_first(act: Callable[Concatenate["World", P], str]) -> Callable[Concatenate["World", P], str]:
    """Let what a world begins with be done once for all tests that begin alike (``beginnings``)."""

    @wraps(act)
    def done(world: "World", *args: P.args, **how: P.kwargs) -> str:
        if world.beginning is None:
            return act(world, *args, **how)
        return world.beginning.step(world, (act.__name__, args, *sorted(how.items())), lambda: act(world, *args, **how))

    return done


@dataclass
class World:
    """A set-up database with its first staff. ``people`` maps a short name to a person's id, ``investors`` to an investor's."""

    database: Database
    clock: Clock = field(default_factory=Clock)
    people: dict[str, str] = field(default_factory=dict)
    investors: dict[str, str] = field(default_factory=dict)
    beginning: Beginning | None = None

    @property
    def state(self) -> tuple[datetime, dict[str, str], dict[str, str]]:
        """What acts change besides the database."""
        return self.clock.moment, dict(self.people), dict(self.investors)

    @state.setter
    def state(self, state: tuple[datetime, dict[str, str], dict[str, str]]) -> None:
        self.clock.moment = state[0]
        self.people.update(state[1])
        self.investors.update(state[2])

    @property
    def now(self) -> datetime:
        """The world's present; each look is a little later, so that acts follow each other."""
        self.clock.forward(timedelta(milliseconds=1))
        return self.clock.moment

    def caller(self, name: str, investor: str | None = None) -> Caller:
        """A person as the command line makes them: proven, without a session."""
        person = self.people[name]
        return Caller(
            actor=f"person:{person}",
            person=person,
            investor=self.investors.get(investor or name),
            channel="test",
            address="192.0.2.1",
            device="test",
        )

    @often_first
    def staff(self, name: str, role: Role, *grants: Grant) -> str:
        """A staff member, proposed by one and approved by another."""
        before = self.clock.moment + timedelta(days=30) if role is Role.INSPECTOR else None
        admin, now = self.caller("staff-admin"), self.now
        proposed = self.database.transact(people.propose_staff, admin, name, name, role, grants, "需要", now, before=before)
        self.database.transact(proposals.approve, self.caller("compliance"), proposed.id, "同意", self.now)
        with self.database.reading() as connection:
            self.people[name] = store.person_by_login(connection, name).id
        self.give_password(name)
        return self.people[name]

    @often_first
    def client(
        self,
        name: str,
        category: RiskCategory | None = RiskCategory.C3,
        *,
        last_day: date = date(2028, 11, 23),
        investor_class: InvestorClass | None = InvestorClass.ORDINARY,
        class_last_day: date | None = None,
        kind: InvestorKind = InvestorKind.INDIVIDUAL,
        lowest: bool = False,
        client: bool = True,
        complete: bool = True,
        suspended: bool = False,
        contract_from: datetime | None = None,
        contract_before: datetime | None = None,
    ) -> str:
        """An investor with one person who acts for it, all approved by a second person; return the person's id."""
        admin = self.caller("clients")
        self.investors[name] = investor = self.database.transact(
            investors.create_investor, admin, kind, name, f"N-{name}", self.now
        )
        self.people[name] = person = self.database.transact(investors.create_person, admin, name, name, self.now)
        wanted: list[InvestorChange] = [
            MandateChange(investor=investor, person=person, capacity="本人"),
            StandingChange(
                investor=investor,
                client=client,
                profile_complete=complete,
                contract_from=contract_from,
                contract_before=contract_before,
                branch="上海营业部",
                contact="021-5550 0100",
            ),
        ]
        if investor_class is not None:
            before = valid_before(class_last_day or date(2027, 11, 23), ZONE) if investor_class.is_professional else None
            ground = "第八条第（四）项" if investor_class.is_professional else ""
            wanted.append(ClassChange(investor=investor, investor_class=investor_class, ground=ground, before=before))
        if category is not None:
            wanted.append(CategoryChange(investor=investor, category=category, before=valid_before(last_day, ZONE)))
        if lowest:
            wanted.append(LowestChange(investor=investor, lowest=True))
        self.change(name, *wanted)
        if suspended:
            self.change(name, StandingChange(investor=investor, client=True, profile_complete=True, suspended=True))
        self.give_password(name)
        return person

    def change(self, name: str, *wanted: InvestorChange) -> None:
        """Change an investor's file, with the second person's approval where it raises."""
        changed = self.database.transact(
            investors.change, self.caller("clients"), self.investors[name], wanted, "测评结果", "档案 1", self.now
        )
        if changed.proposal:
            self.database.transact(proposals.approve, self.caller("compliance"), changed.proposal, "同意", self.now)

    def wish(self, name: str, term: Term, *varieties: Variety) -> None:
        """What an investor means to invest in, and for how long, as an assessment puts it on file."""
        change = ObjectivesChange(investor=self.investors[name], term=term, varieties=varieties)

        def write(connection: Connection) -> None:
            event = Caller(actor="operator", channel="test").event(
                Kind.ASSESSMENT_ACKNOWLEDGED, self.now, person=self.people[name], investor=self.investors[name]
            )
            apply(connection, change, append(connection, event), self.now)

        self.database.transact(write)

    def give_password(self, name: str) -> None:
        """Let a person sign in with ``PASSWORD``."""
        self.database.note(sessions.set_password, self.people[name], PASSWORD_HASH)


PASSWORD_HASH = CHEAP.hash(PASSWORD)


def install(database: Database, clock: Callable[[], datetime]) -> None:
    """The first ledger, policy and statement."""
    texts = [(POLICIES / name).read_text("utf-8") for name in ("suitability.toml", "statement.zh.md", "statement.en.md")]
    database.transact(setup.install, "gatekeeper.example/test", *texts, clock())


def new_world(database: Database) -> World:
    """Install, and create the staff that every test needs: one staff admin, two compliance officers, an admin of each kind."""
    world = World(database)
    install(database, world.clock)
    admin = people.NewStaff("staff-admin", "staff-admin", PASSWORD_HASH)
    compliance = people.NewStaff("compliance", "compliance", PASSWORD_HASH)
    database.transact(people.bootstrap, Caller(actor="operator", channel="test", os_user="tests"), admin, compliance, world.now)
    with database.reading() as connection:
        for name in ("staff-admin", "compliance"):
            world.people[name] = store.person_by_login(connection, name).id
    world.staff("clients", Role.ADMIN, Grant.CLIENTS)
    world.staff("reports", Role.ADMIN, Grant.REPORTS)
    world.staff("compliance-2", Role.COMPLIANCE)
    return world
