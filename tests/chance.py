"""A world by chance: investors, persons and reports of every kind, whose files change from one date to the next.

Written as rows, all of one moment in one transaction: what the desk's acts would have left behind, without the way there.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import Connection, insert, select

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.rules.changes import (
    CategoryChange,
    ClassChange,
    Correction,
    LowestChange,
    MandateChange,
    ObjectivesChange,
    PolicyChange,
    PublicationChange,
    RoleChange,
    StandingChange,
    StatementChange,
)
from gatekeeper.rules.events import Kind
from gatekeeper.rules.messages.distribution import Interest
from gatekeeper.rules.risk import InvestorClass, InvestorKind, ProfessionalClause, RiskCategory, RiskGrade, Term, Variety
from gatekeeper.rules.roles import Role
from gatekeeper.rules.suitability import eligibility
from gatekeeper.store.accounts import sessions
from gatekeeper.store.accounts.people import LoginSession
from gatekeeper.store.apply import apply
from gatekeeper.store.base import new_id
from gatekeeper.store.clients import corrections, investors
from gatekeeper.store.clients.stated import TABLES
from gatekeeper.store.publishing import library
from gatekeeper.store.reading import access, subscriptions, words
from gatekeeper.store.reading.consent import WordsRow
from tests.library import READING
from tests.world import PASSWORD_HASH, POLICIES, ZONE, World

BRANCHES = ("上海营业部", "深圳营业部", "成都营业部")
ISSUERS, KINDS, INDUSTRIES = ("明澈证券", "远山证券"), ("行业点评", "公司深度"), ("", "电力设备")
ANALYSTS = ("S0999525030003", "S0999525030004")
TOPICS = ((Interest.ANALYST, ANALYSTS), (Interest.ISSUER, ISSUERS), (Interest.KIND, KINDS), (Interest.INDUSTRY, INDUSTRIES[1:]))
PARTS = ("risk_notice", "special_statement", "analyst_statement", "rating_definitions", "disclaimer")
BODY = {"sections": [], "contact": "", "related": []} | dict.fromkeys(PARTS, "")
POLICY = (POLICIES / "suitability.toml").read_text("utf-8")
_STRICTNESS = ("off", "warn", "deny")
_WAIT = "\n[cool_off]\nhours = {hours}\ncategories = {categories}\n"


@dataclass
class Chance:
    """What there is by chance. ``acting`` are the persons with the investors for whom they were ever to act."""

    world: World
    random: Random
    logins: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    acting: list[tuple[str, str]] = field(default_factory=list)
    reports: dict[str, list[str]] = field(default_factory=dict)
    sessions: dict[str, int] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        return self.world.now

    def some(self, share: float) -> bool:
        return self.random.random() < share

    def soon(self) -> datetime:
        """An end that comes before the next date, the one after, or later."""
        return self.now + timedelta(days=self.random.choice((20, 50, 400)), hours=self.random.randrange(24))

    def begin(self, people: int, reports: int) -> None:
        """Everybody and everything, as it first stands."""
        self.world.database.transact(self._begin, people, reports)

    def move(self, days: int) -> None:
        """Let days pass, and a part of everything change."""
        self.world.clock.forward(timedelta(days=days))
        self.world.database.transact(self._move)

    def let_in(self, person: str) -> None:
        """Let somebody sign in, with the password of all tests."""

        def write(connection: Connection) -> None:
            change = RoleChange(person=person, role=Role.CLIENT)
            apply(connection, change, self._entry(connection), self.now)
            sessions.set_password(connection, person, PASSWORD_HASH)

        self.world.database.transact(write)

    # ------------------------------------------------------------------------------------------------------------ all at first

    def _begin(self, connection: Connection, people: int, reports: int) -> None:
        entry_id = self._entry(connection)
        self._policy(connection, entry_id)
        connection.execute(insert(WordsRow).values(sha256="w" * 64, language="zh", text="words"))
        for number in range(people):
            self._investor(connection, entry_id, number)
        for number in range(reports):
            self._report(connection, entry_id, number)
        self._accept(connection, entry_id, people * reports // 3)

    def _entry(self, connection: Connection) -> int:
        event = Caller(actor="operator", channel="test").event(Kind.IMPORT_CONTINUED, self.now)
        return append(connection, event)

    def _investor(self, connection: Connection, entry_id: int, number: int) -> None:
        """An investor for whom one person acts, two, nobody yet, or somebody who acts for another one too."""
        investor, made = new_id(), {"created_at": self.now, "entry_id": entry_id}
        kind = self.random.choice(list(InvestorKind))
        investors.create_investor(
            connection, id=investor, kind=kind, name=f"investor {number}", client_number=f"R-{number}", **made
        )
        self.numbers[investor] = f"R-{number}"
        for which in range(self.random.choice((1, 1, 1, 2))):
            if self.logins and self.some(0.15):
                person = self.random.choice(list(self.logins))
            else:
                person, login = new_id(), f"r{number}.{which}"
                investors.create_person(connection, id=person, name=login, login=login, **made)
                self.logins[person] = login
                self.sessions[person] = self._session(connection, person, entry_id)
            if (person, investor) not in self.acting:
                self.acting.append((person, investor))
            if self.some(0.95):
                self._mandate(connection, entry_id, person, investor)
        for part in (self._standing, self._class, self._category, self._lowest, self._objectives):
            part(connection, entry_id, investor)

    def _session(self, connection: Connection, person: str, entry_id: int) -> int:
        now = self.now
        times = {"created_at": now, "last_seen": now, "ends_at": now + timedelta(days=1)}
        values = {"token_hash": person.encode(), "person_id": person, "idle_seconds": 60, "address": "", "device": ""}
        return connection.execute(insert(LoginSession).values(**values, **times, entry_id=entry_id)).inserted_primary_key[0]

    def _mandate(self, connection: Connection, entry_id: int, person: str, investor: str) -> None:
        before = self.soon() if self.some(0.15) else None
        change = MandateChange(investor=investor, person=person, capacity="本人", live=self.some(0.93), before=before)
        apply(connection, change, entry_id, self.now)
        for topic, values in TOPICS:
            if self.some(0.12):
                value = self.random.choice(values)
                own = {"person_id": person, "investor_id": investor, "topic": topic.value, "value": value, "label": value}
                subscriptions.put(connection, **own, live=self.some(0.85), valid_from=self.now, entry_id=entry_id)

    def _standing(self, connection: Connection, entry_id: int, investor: str) -> None:
        if self.some(0.06):
            return
        begins = self.now + timedelta(days=self.random.choice((-9, -9, 30)))
        has_contract = self.some(0.5)
        self.branches[investor] = self.random.choice(BRANCHES)
        change = StandingChange(
            investor=investor,
            client=self.some(0.93),
            profile_complete=self.some(0.93),
            suspended=self.some(0.07),
            closed=self.some(0.04),
            contract_from=begins if has_contract else None,
            contract_before=self.soon() + timedelta(days=31) if has_contract and self.some(0.7) else None,
            branch=self.branches[investor],
            contact="",
        )
        apply(connection, change, entry_id, self.now)

    def _class(self, connection: Connection, entry_id: int, investor: str) -> None:
        if self.some(0.93):
            class_ = self.random.choice([InvestorClass.ORDINARY] * 4 + list(InvestorClass))
            before, ground = (self.soon(), "第八条") if class_.is_professional else (None, "")
            change = ClassChange(investor=investor, investor_class=class_, ground=ground, before=before)
            apply(connection, change, entry_id, self.now)

    def _category(self, connection: Connection, entry_id: int, investor: str) -> None:
        if self.some(0.9):
            change = CategoryChange(investor=investor, category=self.random.choice(list(RiskCategory)), before=self.soon())
            apply(connection, change, entry_id, self.now)

    def _lowest(self, connection: Connection, entry_id: int, investor: str) -> None:
        if self.some(0.25):
            apply(connection, LowestChange(investor=investor, lowest=self.some(0.6)), entry_id, self.now)

    def _objectives(self, connection: Connection, entry_id: int, investor: str) -> None:
        if self.some(0.8):
            varieties = tuple(each for each in Variety if self.some(0.6))
            change = ObjectivesChange(investor=investor, term=self.random.choice(list(Term)), varieties=varieties)
            apply(connection, change, entry_id, self.now)

    def _policy(self, connection: Connection, entry_id: int) -> None:
        strict = [self.random.choice(_STRICTNESS) for _ in range(4)]
        actions = ["READ", "USE", *(each for each in ("BOOKMARK", "RECEIVE") if self.some(0.2))]
        text = POLICY.replace(
            'term = { pull = "warn", push = "deny" }', f'term = {{ pull = "{strict[0]}", push = "{strict[1]}" }}'
        )
        text = text.replace(
            'variety = { pull = "warn", push = "deny" }', f'variety = {{ pull = "{strict[2]}", push = "{strict[3]}" }}'
        )
        text = text.replace(
            'actions = ["READ", "USE"]\nmonths = 12', f"actions = {json.dumps(actions)}\nmonths = {self.random.choice((1, 12))}"
        )
        if self.some(0.5):
            text += _WAIT.format(hours=self.random.choice((24, 700)), categories=self.random.choice((1, 2)))
        apply(connection, PolicyChange(text=text), entry_id, self.now)

    # ------------------------------------------------------------------------------------------------------------------ reports

    def _report(self, connection: Connection, entry_id: int, number: int) -> None:
        report = new_id()
        self.reports[report] = []
        version = self._version(connection, entry_id, report, f"报告 {number}")
        if self.some(0.9):
            later = timedelta(days=self.random.choice((20, 60))) if self.some(0.1) else timedelta()
            self._release(connection, entry_id, report, version, later)
            if self.some(0.08):
                self._release(connection, entry_id, report, version, timedelta(), "WITHDRAWN")

    def _version(self, connection: Connection, entry_id: int, report: str, title: str) -> str:
        version, made = new_id(), {"created_at": self.now, "entry_id": entry_id}
        number = len(self.reports[report]) + 1
        analysts = [{"name": f"分析师{each}", "certificate": each, "email": None} for each in ANALYSTS if self.some(0.5)]
        said = {
            "issuer": self.random.choice(ISSUERS),
            "kind": self.random.choice(KINDS),
            "industry": self.random.choice(INDUSTRIES),
            "analysts": json.dumps(analysts, ensure_ascii=False),
            "title": title,
        }
        plain = {"subtitle": "", "language": "zh", "published_on": None, "rating": "", "notice": "", "search_words": ""}
        named = {"id": version, "report_id": report, "number": number, "source_sha256": version.ljust(64, "0")}
        body = {"version_id": version, "body": json.dumps(BODY), "source": ""}
        row = {**named, **said, **plain, "reading": json.dumps(READING), "conflict": self.some(0.05), **made}
        library.put_report(connection, {"id": report, **made} if number == 1 else None, row, body)
        self.reports[report].append(version)
        if self.some(0.93):
            apply(connection, self._graded(version, said["issuer"], said["kind"]), entry_id, self.now)
        return version

    def _graded(self, version: str, issuer: str, kind: str) -> PublicationChange:
        return PublicationChange(
            version=version,
            issuer=issuer,
            report_kind=kind,
            grade=self.random.choice(list(RiskGrade)),
            professional=self.random.choice([None, ProfessionalClause.ANY, *ProfessionalClause]),
            categories=tuple(each for each in RiskCategory if self.some(0.7)) if self.some(0.5) else None,
            clients_only=self.some(0.2),
            contract_clients_only=self.some(0.2),
            settlements=(),
            term=self.random.choice([None, *Term]),
            varieties=tuple(each for each in Variety if self.some(0.3)) if self.some(0.6) else None,
        )

    def _release(
        self, connection: Connection, entry_id: int, report: str, version: str, later: timedelta, state: str = "RELEASED"
    ) -> None:
        dated = {"valid_from": self.now + later, "entry_id": entry_id}
        library.put_release(connection, report_id=report, version_id=version, state=state, **dated)

    # ------------------------------------------------------------------------------------------------------------- as days pass

    def _move(self, connection: Connection) -> None:
        entry_id = self._entry(connection)
        if self.some(0.6):
            self._policy(connection, entry_id)
        if self.some(0.4):
            apply(connection, StatementChange(text_zh="声明\n要点", text_en="Statement\nPoint"), entry_id, self.now)
        for person, investor in self.acting:
            self._change(connection, entry_id, person, investor)
        for number, report in enumerate(self.reports):
            if self.some(0.15):
                self._release(
                    connection, entry_id, report, self._version(connection, entry_id, report, f"报告 {number}"), timedelta()
                )
            elif self.some(0.05):
                self._release(connection, entry_id, report, self.reports[report][-1], timedelta(), "WITHDRAWN")
        self._accept(connection, entry_id, len(self.acting) * len(self.reports) // 6)

    def _change(self, connection: Connection, entry_id: int, person: str, investor: str) -> None:
        parts = [self._standing, self._class, self._category, self._lowest, self._objectives]
        if self.some(0.4):
            self.random.choice(parts)(connection, entry_id, investor)
        if self.some(0.1):
            self._mandate(connection, entry_id, person, investor)
        if self.some(0.1):
            self._correct(connection, entry_id, investor)

    def _correct(self, connection: Connection, entry_id: int, investor: str) -> None:
        """Mark the newest row of a fact as entered in error."""
        fact = self.random.choice(corrections.FACTS)
        table, _ = TABLES[fact]
        mark = select(table.corrects_id).where(table.corrects_id.is_not(None))
        query = select(table.__table__).where(table.investor_id == investor, table.corrects_id.is_(None), table.id.not_in(mark))
        if fact in ("class", "category", "lowest"):
            query = query.where(table.aspect == fact.upper())
        row = connection.execute(query.order_by(table.id.desc()).limit(1)).first()
        if row is not None:
            again = corrections.again(connection, fact, row, self.now)
            apply(connection, Correction(investor=investor, of=fact, row=row.id, again=again), entry_id, self.now)

    def _accept(self, connection: Connection, entry_id: int, count: int) -> None:
        """So many acceptances, nearly all under the class and category that the investor has, of any version."""
        profiles: dict[tuple[str, str], tuple[str, int]] = {}
        for _ in range(count):
            whose, report = self.random.choice(self.acting), self.random.choice(list(self.reports))
            if whose not in profiles:
                profiles[whose] = self._profile(connection, *whose)
            profile, statement = profiles[whose]
            if profile:
                shown = {"person_id": whose[0], "investor_id": whose[1], "version_id": self.random.choice(self.reports[report])}
                shown |= {"statement_id": statement, "words_sha256": "w" * 64}
                self._accepted(connection, entry_id, whose[0], shown, "ORDINARY:C3" if self.some(0.05) else profile)

    def _profile(self, connection: Connection, person: str, investor: str) -> tuple[str, int]:
        now = self.now
        case = access.load(connection, person=person, investor=investor, report=None, zone=ZONE, now=now)
        admitted = eligibility(case.facts.investor, case.facts.policy, now).admission if case.facts.investor else None
        return admitted.profile if admitted else "", case.facts.statement_id or 0

    def _accepted(self, connection: Connection, entry_id: int, person: str, shown: dict[str, object], profile: str) -> None:
        now, serving = self.now, new_id()
        at = {"asking": "FULL", "served_at": now, "session_id": self.sessions[person]}
        words.put_serving(connection, id=serving, entry_id=entry_id, **shown, **at)
        said = {"profile": profile, "end_reached": True, "accepted_at": now, "entry_id": entry_id}
        words.put_acceptance(connection, serving_id=serving, **shown, **said)


def chance(world: World, seed: int, people: int, reports: int) -> Chance:
    """A world of so many investors and reports; the same one for the same seed, but for its ids."""
    made = Chance(world, Random(seed))
    made.begin(people, reports)
    return made
