"""The stage on which the demonstration plays: the real actions, called at the moments of a story whose ``now`` moves forwards.

The act is the one that a person performs at a page; only the browser in between is missing.
"""

import secrets
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

from gatekeeper.actions import proposals
from gatekeeper.actions.accounts import people, privacy, sign_in
from gatekeeper.actions.clients import corrections, investors
from gatekeeper.actions.reading import access, bookmarks, consent, record
from gatekeeper.database import Database
from gatekeeper.demo.cast import ADMIN, CLIENTS, COMPLIANCE, PASSWORD, Client, Delegate, Staff
from gatekeeper.ledger.caller import Caller
from gatekeeper.passwords import Passwords
from gatekeeper.rules.changes import InvestorChange, MandateChange
from gatekeeper.rules.suitability import Outcome
from gatekeeper.settings import SESSION_LIVES
from gatekeeper.store.accounts import sessions
from gatekeeper.store.accounts.attempts import attempt_of
from gatekeeper.store.clients import investors as store

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
    data_dir: Path
    ids: dict[str, str] = field(default_factory=dict)
    investors: dict[str, str] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    informed: set[str] = field(default_factory=set)

    def forward(self, to: datetime) -> None:
        """Move the present to a later moment, or leave it."""
        self.moment = max(self.moment, min(to, self.present))

    @property
    def now(self) -> datetime:
        """The present; each look is a second later."""
        self.moment += _STEP
        return self.moment

    @property
    def today(self) -> date:
        """The firm's day."""
        return self.moment.astimezone(self.zone).date()

    @cached_property
    def _hash(self) -> str:
        """Everybody's password, hashed once: this is what the first start would otherwise spend most of its time on."""
        return self.passwords.hash(PASSWORD)

    def caller(self, login: str, session: int | None = None, investor: str | None = None) -> Caller:
        """A person at a browser, acting for an investor of their own or for the one of the login that is named."""
        return Caller(
            actor=f"person:{self.ids[login]}",
            person=self.ids[login],
            investor=self.investors.get(investor or login),
            session=session,
            channel="web",
            request_id=secrets.token_hex(10),
            address=self.addresses.get(login, "192.0.2.10"),
            device=_DEVICE,
        )

    def bootstrap(self, admin: Staff, officer: Staff) -> None:
        """The first two."""
        first, second = (people.NewStaff(each.name, each.login, self._hash) for each in (admin, officer))
        operator = Caller(actor="operator", channel="cli", os_user="demo")
        self.database.transact(people.bootstrap, operator, first, second, self.now)
        self._learn(admin.login, officer.login)

    def propose_staff(self, member: Staff, reason: str, before: datetime | None = None) -> str:
        """A staff member, proposed; return the proposal's id."""
        proposed = self.database.transact(
            people.propose_staff,
            self.caller(ADMIN),
            member.name,
            member.login,
            member.role,
            member.grants,
            reason,
            self.now,
            before=before,
        )
        if proposed.id is None:
            raise RuntimeError(member.login)
        return proposed.id

    def staff(self, member: Staff, before: datetime | None = None) -> None:
        """A staff member, proposed, approved, and in by the one-time link."""
        token = secrets.token_urlsafe(32)
        proposal = self.propose_staff(member, "岗位需要", before)
        self.database.transact(
            proposals.approve, self.caller(COMPLIANCE), proposal, "同意", self.now, link_hash=sessions.token_hash(token)
        )
        self._activate(token)
        self._learn(member.login)

    def client(self, client: Client) -> None:
        """An investor and its person, who acts for nobody yet."""
        self.investors[client.login] = self.database.transact(
            investors.create_investor,
            self.caller(CLIENTS),
            client.kind,
            client.investor or client.name,
            client.number,
            self.now,
        )
        self._person(client.login, client.name, client.address)

    def delegate(self, to: str, delegate: Delegate, *, activates: bool = True) -> None:
        """One more person who acts for an investor; compliance approves."""
        if delegate.login not in self.ids:
            self._person(delegate.login, delegate.name, delegate.address, activates=activates)
        self.investors.setdefault(delegate.login, self.investors[to])
        mandate = MandateChange(investor=self.investors[to], person=self.ids[delegate.login], capacity=delegate.capacity)
        self.change(to, [mandate], "机构授权经办人", f"授权书 {delegate.name}")

    def change(
        self, login: str, wanted: list[InvestorChange], reason: str, evidence: str, *, decision: str = "approve"
    ) -> tuple[str, ...]:
        """Change an investor's file. What raises is approved, rejected or withdrawn some hours later, or waits.

        Return the codes of the entries that the request made.
        """
        admin = self.caller(CLIENTS)
        changed = self.database.transact(investors.change, admin, self.investors[login], wanted, reason, evidence, self.now)
        if changed.proposal and decision != "wait":
            self._decide(changed.proposal, decision)
        return changed.codes

    def correct(self, login: str, code: str, fact: str, reason: str, evidence: str) -> None:
        """Say that what an entry wrote about a fact was entered in error; compliance approves."""
        admin, investor = self.caller(CLIENTS), self.investors[login]
        outlook = self.database.record(corrections.view, admin, investor, code, fact, self.now)
        mistake = corrections.Mistake(code=code, fact=fact, seen=outlook.seen, reason=reason, evidence=evidence)
        corrected = self.database.transact(corrections.correct, admin, investor, mistake, self.now)
        if corrected.proposal:
            self._decide(corrected.proposal, "approve")

    def _decide(self, proposal: str, decision: str) -> None:
        self.forward(self.moment + timedelta(hours=2))
        officer = self.caller(COMPLIANCE)
        if decision == "approve":
            self.database.transact(proposals.approve, officer, proposal, "材料齐全，同意", self.now)
        elif decision == "reject":
            self.database.transact(proposals.reject, officer, proposal, "测评问卷缺签字页，请补齐后重新提交", self.now)
        else:
            self.database.transact(proposals.withdraw, self.caller(CLIENTS), proposal, "录入有误，撤回重报", self.now)

    def visit(
        self,
        login: str,
        reports: list[str],
        *,
        investor: str = "",
        accepts: bool = True,
        lists: bool = True,
        keeps: bool = False,
        looks_back: bool = False,
    ) -> None:
        """Sign in, look at the list or not, open reports, accept or decline the words where they are asked, and sign out."""
        caller = self.caller(login, self.sign_in(login), investor or None)
        self._inform(caller, login)
        if investor:  # whoever acts for several says for whom
            self.database.transact(sign_in.choose_investor, caller, self.investors[investor], self.now)
        if lists:
            self.database.record(access.list_reports, caller, self.now, self.zone)
        for report in reports:
            self.forward(self.moment + timedelta(minutes=3))
            answer = self.database.record(access.open_report, caller, report, self.now, self.zone)
            if answer.decision.outcome is Outcome.ACKNOWLEDGE:
                self._read_words(caller, report, accepts=accepts)
            if keeps and answer.decision.outcome is not Outcome.DENY:
                self.database.transact(bookmarks.add, caller, report, self.now, self.zone)
        if looks_back:
            self.database.record(record.view, caller, self.now, self.zone)
        self.database.transact(sign_in.sign_out, caller, self.now)

    def mistype(self, login: str, times: int = 1) -> None:
        """Give a wrong password; five times lock the account for a while."""
        attempt = attempt_of(f"demonstration {login} {self.today}", login, "demonstration")
        for _ in range(times):
            self.database.transact(sign_in.fail, self._door(login), self.ids[login], attempt, self.now)

    def sign_in(self, login: str) -> int:
        """Open a session and return its id."""
        token = secrets.token_urlsafe(32)
        now = self.now
        with self.database.reading() as connection:
            account = sessions.account(connection, login, now)
        if account is None:
            raise RuntimeError(login)
        life = SESSION_LIVES[account.role]
        opened = sign_in.NewSession(sessions.token_hash(token), life.idle, life.longest)
        attempt = attempt_of(secrets.token_hex(16), login, "demonstration")
        self.database.transact(sign_in.succeed, self._door(login), account.person, attempt, opened, now)
        with self.database.reading() as connection:
            visitor = sessions.visitor(connection, token, self.now)
        if visitor is None:
            raise RuntimeError(login)
        return visitor.session

    def _inform(self, caller: Caller, login: str) -> None:
        """The privacy notice, which each person accepts at the first visit."""
        if login not in self.informed:
            self.informed.add(login)
            shown = self.database.record(privacy.serve, caller, "zh_CN", self.now)
            if shown is not None:
                self.database.transact(privacy.accept, caller, shown.sha256, self.now)

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

    def _person(self, login: str, name: str, address: str, *, activates: bool = True) -> None:
        """A person with a one-time link, who sets the password by it unless the story says not yet."""
        admin = self.caller(CLIENTS)
        self.addresses[login] = address
        self.ids[login] = person = self.database.transact(investors.create_person, admin, name, login, self.now)
        token = secrets.token_urlsafe(32)
        self.database.transact(investors.issue_link, admin, person, sessions.token_hash(token), self.now)
        if activates:
            self._activate(token)

    def _activate(self, token: str) -> None:
        self.database.transact(sign_in.use_link, self._door(""), token, self._hash, self.now)

    def _door(self, login: str) -> Caller:
        return Caller(actor="system", channel="web", address=self.addresses.get(login, "192.0.2.10"), device=_DEVICE)

    def _learn(self, *logins: str) -> None:
        with self.database.reading() as connection:
            self.ids |= {login: store.person_by_login(connection, login).id for login in logins}
