"""The demonstration's present while its folder is made, and the people acting in it by the real actions."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from gatekeeper.actions import access, consent, investors, people, proposals, sign_in
from gatekeeper.database import Database
from gatekeeper.demo.cast import ADMIN, CLIENTS, COMPLIANCE, PASSWORD, Client, Staff
from gatekeeper.ledger.caller import Caller
from gatekeeper.passwords import Passwords
from gatekeeper.rules.changes import InvestorChange
from gatekeeper.rules.suitability import Outcome
from gatekeeper.settings import SESSION_LIVES
from gatekeeper.store import investors as store
from gatekeeper.store import sessions

_DEVICE = "Mozilla/5.0 (demonstration)"
_STEP = timedelta(seconds=1)


@dataclass
class Stage:
    """``now`` moves forwards only and never passes the real present."""

    database: Database
    passwords: Passwords
    zone: ZoneInfo
    moment: datetime
    present: datetime
    ids: dict[str, str] = field(default_factory=dict)
    investors: dict[str, str] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)

    def forward(self, to: datetime) -> None:
        """Move the present to a later moment, or leave it."""
        self.moment = max(self.moment, min(to, self.present))

    @property
    def now(self) -> datetime:
        """The present; each look is a second later."""
        self.moment += _STEP
        return self.moment

    def caller(self, login: str, session: int | None = None) -> Caller:
        """A person at a browser."""
        return Caller(
            actor=f"person:{self.ids[login]}",
            person=self.ids[login],
            investor=self.investors.get(login),
            session=session,
            channel="web",
            request_id=secrets.token_hex(10),
            address=self.addresses.get(login, "192.0.2.10"),
            device=_DEVICE,
        )

    def bootstrap(self, admin: Staff, officer: Staff) -> None:
        """The first two."""
        first, second = (people.NewStaff(each.name, each.login, self.passwords.hash(PASSWORD)) for each in (admin, officer))
        operator = Caller(actor="operator", channel="cli", os_user="demo")
        self.database.transact(people.bootstrap, operator, first, second, self.now)
        self._learn(admin.login, officer.login)

    def staff(self, member: Staff) -> None:
        """A staff member, proposed, approved, and in by the one-time link."""
        token = secrets.token_urlsafe(32)
        proposed = self.database.transact(
            people.propose_staff,
            self.caller(ADMIN),
            member.name,
            member.login,
            member.role,
            member.grants,
            "岗位需要",
            self.now,
        )
        if proposed.id is None:
            raise RuntimeError(member.login)
        self.database.transact(
            proposals.approve, self.caller(COMPLIANCE), proposed.id, "同意", self.now, link_hash=sessions.token_hash(token)
        )
        self._activate(token)
        self._learn(member.login)

    def client(self, client: Client) -> None:
        """An investor and its person, who acts for nobody yet."""
        admin = self.caller(CLIENTS)
        self.addresses[client.login] = client.address
        self.investors[client.login] = self.database.transact(
            investors.create_investor, admin, client.kind, client.investor or client.name, client.number, self.now
        )
        person = self.database.transact(investors.create_person, admin, client.name, client.login, self.now)
        self.ids[client.login] = person
        token = secrets.token_urlsafe(32)
        self.database.transact(investors.issue_link, admin, person, sessions.token_hash(token), self.now)
        self._activate(token)

    def change(self, login: str, wanted: list[InvestorChange], reason: str, evidence: str, *, approved: bool = True) -> None:
        """Change an investor's file; compliance approves what raises, unless it is to wait."""
        admin = self.caller(CLIENTS)
        changed = self.database.transact(investors.change, admin, self.investors[login], wanted, reason, evidence, self.now)
        if changed.proposal and approved:
            self.forward(self.moment + timedelta(hours=2))
            self.database.transact(proposals.approve, self.caller(COMPLIANCE), changed.proposal, "材料齐全，同意", self.now)

    def visit(self, login: str, reports: list[str], *, accepts: bool = True) -> None:
        """Sign in, look at the list, open reports, accept or decline the words where they are asked, and sign out."""
        session = self._sign_in(login)
        caller = self.caller(login, session)
        self.database.record(access.list_reports, caller, self.now, self.zone)
        for report in reports:
            self.forward(self.moment + timedelta(minutes=3))
            answer = self.database.record(access.open_report, caller, report, self.now, self.zone)
            if answer.decision.outcome is Outcome.ACKNOWLEDGE:
                self._read_words(caller, report, accepts=accepts)
        self.database.transact(sign_in.sign_out, caller, self.now)

    def _read_words(self, caller: Caller, report: str, *, accepts: bool) -> None:
        outcomes = self.database.transact(consent.serve, caller, report, "zh_CN", self.now, self.zone)
        if outcomes.served is None:  # nothing to accept after all
            return
        self.forward(self.moment + timedelta(minutes=1))
        serving = outcomes.served.id
        if not accepts:
            self.database.transact(consent.decline, caller, report, serving, self.now)
            return
        self.database.transact(consent.acknowledge, caller, report, serving, self.now, self.zone, end_reached=True, ticked=True)
        self.database.record(access.open_report, caller, report, self.now, self.zone)

    def _sign_in(self, login: str) -> int:
        token = secrets.token_urlsafe(32)
        now = self.now
        with self.database.reading() as connection:
            account = sessions.account(connection, login, now)
        if account is None:
            raise RuntimeError(login)
        life = SESSION_LIVES[account.role]
        opened = sign_in.NewSession(sessions.token_hash(token), life.idle, life.longest)
        attempt = sign_in.attempt_of(secrets.token_hex(16), login, "demonstration")
        origin = Caller(actor="system", channel="web", address=self.addresses.get(login, "192.0.2.10"), device=_DEVICE)
        self.database.transact(sign_in.succeed, origin, account.person, attempt, opened, now)
        with self.database.reading() as connection:
            visitor = sessions.visitor(connection, token, self.now)
        if visitor is None:
            raise RuntimeError(login)
        return visitor.session

    def _activate(self, token: str) -> None:
        origin = Caller(actor="system", channel="web", device=_DEVICE)
        self.database.transact(sign_in.use_link, origin, token, self.passwords.hash(PASSWORD), self.now)

    def _learn(self, *logins: str) -> None:
        with self.database.reading() as connection:
            self.ids |= {login: store.person_by_login(connection, login).id for login in logins}
