"""Notices on their way: at most once for each event and channel, through a real mail server and gateway, whatever dies when.

Nobody here is told twice, and nothing is lost: what is not known to have arrived waits for a person.
"""

import hmac
import json
import signal
import socket
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Barrier, Thread
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from gatekeeper.actions.messages import addresses, call_backs, deliveries, notices
from gatekeeper.database import Database
from gatekeeper.ledger.record import append
from gatekeeper.ledger.verify import Findings
from gatekeeper.ledger.verify.acts import check_acts
from gatekeeper.rules.changes import CategoryChange, MandateChange
from gatekeeper.rules.errors import Conflict, Invalid, NotFound, NotPermitted
from gatekeeper.rules.events import Kind
from gatekeeper.rules.messages.deliveries import LEASE, Channel, NoticeKind
from gatekeeper.rules.policy import valid_before
from gatekeeper.rules.risk import RiskCategory
from gatekeeper.store.accounts import sessions
from gatekeeper.store.messages import notices as store
from gatekeeper.store.messages.deliveries import Delivery
from gatekeeper.store.messages.notices import NoticeQueue
from gatekeeper.work.sending import delivering, gateway
from gatekeeper.work.sending.office import Office
from tests.processes import FORKS
from tests.work import crasher
from tests.work.test_mail import Postman, free_port, settings, told
from tests.world import SECRET, ZONE, World

MINUTE = timedelta(minutes=1)
END = valid_before(date(2028, 11, 23), ZONE)
KEY = "0123456789abcdefghijklmnopqrstuvwxyz"
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Mailbox(Postman):
    """A mail server that may also hang up after it has taken a letter, before it says so."""

    hangs_up = False

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  (aiosmtpd's name)
        answer = await super().handle_DATA(server, session, envelope)
        if self.hangs_up:
            server.transport.abort()
        return answer


@dataclass
class Gateway:
    """The firm's gateway: what it was handed, and how it answers."""

    taken: list = field(default_factory=list)
    status: int = 200
    wait: float = 0.0
    location: str = ""
    drips: bool = False


def configured(mail: int, web: int, **more: str):
    webhook = {"WEBHOOK_URL": f"http://127.0.0.1:{web}/notices", "WEBHOOK_SECRET": KEY} if web else {}
    smtp = {"SMTP_URL": f"smtp://127.0.0.1:{mail}?starttls=no"} if mail else {"SMTP_URL": ""}
    return settings(1, **smtp, **webhook, **more)


@pytest.fixture(scope="module")
def servers():
    mailbox, gate = Mailbox(), Gateway()
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    controller.start()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            content = self.rfile.read(int(self.headers["Content-Length"]))
            gate.taken.append((dict(self.headers), content, self.path))
            time.sleep(gate.wait)
            if gate.drips:
                for each in b"HTTP/1.1 200 OK":
                    time.sleep(0.1)
                    self.wfile.write(bytes([each]))
            self.send_response(gate.status)
            if gate.location:
                self.send_header("Location", gate.location)
            self.end_headers()

        def log_message(self, *_):
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_):
            """A client that hung up is what some of these tests are about."""

    web = Server(("127.0.0.1", 0), Handler)
    Thread(target=web.serve_forever, daemon=True).start()
    yield mailbox, controller.port, gate, web.server_port
    web.shutdown()
    web.server_close()
    controller.stop()


@dataclass
class Post:
    """A world with one client whose notice waits, and both servers."""

    world: World
    office: Office
    mailbox: Mailbox
    gate: Gateway
    ports: tuple[int, int]

    def work(self, forward: timedelta = timedelta()) -> None:
        """One round of a work process."""
        self.world.clock.forward(forward)
        for task in delivering.TASKS:
            task.run(self.office)

    def silent(self, *, silent: bool) -> None:
        """Let the gateway say nothing in time, or speak again. Only then is it waited for so shortly: a busy machine is slow."""
        self.gate.wait, gateway.PATIENCE = (0.6, 0.3) if silent else (0.0, 5.0)

    def states(self) -> dict[str, str]:
        with self.world.database.reading() as connection:
            rows = connection.execute(select(Delivery.channel, Delivery.state))
            return {row.channel: row.state for row in rows}

    def call_backs(self) -> list:
        caller = self.world.caller("clients")
        return self.world.database.record(call_backs.listing, caller, None, self.world.now).tasks

    def sent(self, channel: Channel) -> int:
        return len(self.mailbox.letters if channel is Channel.MAIL else self.gate.taken)

    def sound(self) -> bool:
        """Whether every row names an entry of the right kind, about the same people."""
        findings = Findings()
        with self.world.database.reading() as connection:
            check_acts(connection, findings)
        return findings.count == 0


@pytest.fixture
def post(world: World, servers, monkeypatch):
    mailbox, mail, gate, web = servers
    mailbox.__dict__.clear()
    mailbox.__init__()
    gate.__dict__.update(Gateway().__dict__)
    monkeypatch.setattr(gateway, "PATIENCE", 5.0)
    world.client("c3", RiskCategory.C3)
    world.database.transact(addresses.enter, world.caller("clients"), world.people["c3"], "c3@example.com", world.now)
    office = Office(configured(mail, web), world.database, lambda: world.now)
    return Post(world, office, mailbox, gate, (mail, web))


def only(post: Post, channel: Channel) -> Post:
    """The same post with one channel alone."""
    mail, web = post.ports
    ports = (mail, 0) if channel is Channel.MAIL else (0, web)
    post.office = Office(configured(*ports), post.world.database, post.office.clock)
    return post


# ------------------------------------------------------------------------------------------------------------------ what goes out


def test_a_notice_goes_out_once_by_each_channel_and_says_nothing_of_what_is_in_it(post: Post):
    for _ in range(3):
        post.work(timedelta(hours=2))

    [(to, letter)] = post.mailbox.letters
    [(headers, content, path)] = post.gate.taken
    body = json.loads(content)
    assert (to, path) == (["c3@example.com"], "/notices")
    assert body == {
        "id": headers["Idempotency-Key"],
        "kind": "change",
        "client": "N-c3",
        "person": post.world.people["c3"],
        "link": "https://research.example/notices",
    }
    signed = hmac.new(KEY.encode(), f"{headers['Gatekeeper-Timestamp']}.".encode() + content, "sha256").hexdigest()
    assert headers["Gatekeeper-Signature"] == f"v1={signed}"
    text = letter.get_content()
    assert "https://research.example/notices" in text
    assert letter["Auto-Submitted"] == "auto-generated"
    for secret in ("C3", "稳健", "Steady", "普通投资者", "N-c3"):
        assert secret not in text + letter.as_string() + content.decode().replace('"client": "N-c3"', "")
    assert post.states() == {"MAIL": "SENT", "WEBHOOK": "SENT"}
    assert post.call_backs() == []
    assert Counter(each["data"]["by"] for each in told(post.world, "delivery.attempted")) == {"MAIL": 1, "WEBHOOK": 1}
    assert "example.com" not in str([each["data"] for each in told(post.world, "delivery.attempted")])
    assert post.sound()


@sqlite
def test_everybody_who_acts_is_told_and_whoever_does_not_act_any_more_is_not(post: Post):
    world = post.world
    world.client("agent", None)
    world.change("c3", MandateChange(investor=world.investors["c3"], person=world.people["agent"], capacity="代理人"))
    post.world.database.transact(deliveries.give_out, delivering.channels(post.office), world.now)
    gone = MandateChange(investor=world.investors["c3"], person=world.people["agent"], capacity="代理人", live=False)
    world.change("c3", gone)
    post.work()

    body = [json.loads(content) for _, content, _ in post.gate.taken]
    assert sorted((each["client"], each["person"] == world.people["agent"]) for each in body) == [
        ("N-agent", True),
        ("N-c3", False),
    ]
    assert len(told(world, "delivery.dropped")) == 1


@sqlite
def test_without_any_channel_nothing_but_the_inbox_is_told(post: Post):
    post.office = Office(configured(0, 0), post.world.database, post.office.clock)
    post.work()

    with post.world.database.reading() as connection:
        assert connection.execute(select(NoticeQueue.notice_id)).all() == []
    assert post.states() == {}
    assert told(post.world, "notice.addressed") == []


# ----------------------------------------------------------------------------------------------- at most once, whatever dies when

WALK = [(channel, point) for channel in Channel for point in ("before sending", "after sending")]


@pytest.mark.parametrize(("channel", "point"), WALK, ids=[f"{channel.value}-{point}".lower() for channel, point in WALK])
def test_a_process_killed_while_sending_leaves_it_to_a_person_and_never_sends_twice(post: Post, channel, point, database_url):
    only(post, channel)
    post.world.database.transact(deliveries.give_out, [channel], post.world.now)
    killed = FORKS.Process(target=crasher.send, args=(database_url[0], configured(*post.ports), channel, point, post.world.now))
    killed.start()
    killed.join(60)

    assert killed.exitcode == -signal.SIGKILL
    arrived = 1 if point == "after sending" else 0
    assert post.states() == {channel.value: "ATTEMPTED"}, "written down before anything was sent"
    post.work(MINUTE)
    assert post.states() == {channel.value: "ATTEMPTED"}, "it may still be under way"
    for _ in range(3):
        post.work(LEASE)
    assert post.states() == {channel.value: "UNCERTAIN"}
    assert post.sent(channel) == arrived
    [task] = post.call_backs()
    assert [each.why for each in task.deliveries] == ["interrupted"]
    assert post.sound()


class Killed(BaseException):
    """What kills a work process in the middle of a step, as far as this process can be."""


OUTCOMES = {"accepted": ("sent", 1), "refused": ("refused", 0), "silent": ("doubted", 1)}
"""What a server may do, the act that records it, and whether the server has taken the notice over."""
POINTS = ("before the try is written", "after the try is written", "after sending", "after its outcome is written")
EXPECTED = {
    ("before the try is written", "accepted"): "SENT",
    ("before the try is written", "refused"): "FAILED",
    ("before the try is written", "silent"): "UNCERTAIN",
    ("after the try is written", "accepted"): "UNCERTAIN",
    ("after the try is written", "refused"): "UNCERTAIN",
    ("after the try is written", "silent"): "UNCERTAIN",
    ("after sending", "accepted"): "UNCERTAIN",
    ("after sending", "refused"): "UNCERTAIN",
    ("after sending", "silent"): "UNCERTAIN",
    ("after its outcome is written", "accepted"): "SENT",
    ("after its outcome is written", "refused"): "FAILED",
    ("after its outcome is written", "silent"): "UNCERTAIN",
}
"""Where a delivery comes to rest that is killed once at a point and then worked on as long as anybody likes."""


def dies_at(post: Post, monkeypatch, point: str, outcome: str) -> None:
    """Let the process die once: in the transaction, between transactions, or right after one."""
    transact, hands = post.world.database.transact, (delivering.smtp, delivering.gateway)

    def dying(act, *arguments, **more):
        if point == POINTS[0] and act is deliveries.take:
            transact(lambda connection: (act(connection, *arguments, **more), die()))
        answer = transact(act, *arguments, **more)
        last = deliveries.take if point == POINTS[1] else getattr(deliveries, OUTCOMES[outcome][0])
        if point in (POINTS[1], POINTS[3]) and act is last:
            die()
        return answer

    def die(*_):
        raise Killed

    post.office = Office(post.office.settings, Dying(dying, post.world.database), post.office.clock)
    for hand in hands if point == POINTS[2] else ():
        honest = hand.hand_over

        def sending(*arguments, honest=honest):
            try:
                honest(*arguments)
            finally:
                die()

        monkeypatch.setattr(hand, "hand_over", sending)


@dataclass
class Dying:
    """A database whose transactions a process dies in."""

    transact: Any
    database: Database

    def __getattr__(self, name):
        return getattr(self.database, name)


def behave(post: Post, outcome: str) -> None:
    """What both servers do from now on."""
    post.mailbox.hangs_up = outcome == "silent"
    post.silent(silent=outcome == "silent")
    post.mailbox.answer, post.gate.status = ("451 not now", 503) if outcome == "refused" else ("250 OK", 200)


@pytest.mark.parametrize("channel", list(Channel))
def test_at_most_once_at_every_point_of_death_whatever_the_server_answers(post: Post, channel, monkeypatch):
    only(post, channel)
    living = post.office
    post.work()
    for (point, outcome), rests in EXPECTED.items():
        behave(post, "accepted")
        before, where = post.sent(channel), f"{channel} {point} {outcome}"
        tell(post)
        post.world.database.transact(deliveries.give_out, [channel], post.world.now)
        behave(post, outcome)
        with monkeypatch.context() as patch:
            dies_at(post, patch, point, outcome)
            with pytest.raises(Killed):
                post.work()
        post.office = living
        for _ in range(4):
            post.work(timedelta(hours=2))

        assert newest(post) == rests, where
        if channel is Channel.MAIL:
            assert post.sent(channel) - before <= OUTCOMES[outcome][1], where
        elif outcome != "refused":
            assert post.sent(channel) - before <= 1, where
        assert len(post.call_backs()) == (rests != "SENT"), where
        for task in post.call_backs():
            done = (post.world.caller("clients"), task.row.id, "已电话告知", post.world.now)
            post.world.database.transact(call_backs.done, *done)
    assert post.sound()


def tell(post: Post) -> None:
    """One more notice to the client."""

    def write(connection):
        event = post.world.caller("clients").event(Kind.CLASSIFICATION_LOWERED, post.world.now, person=None)
        investor = post.world.investors["c3"]
        event = replace(event, investor=investor)
        store.put(connection, NoticeKind.CHANGE, {investor: "[]"}, append(connection, event), post.world.now)

    post.world.database.transact(write)


def newest(post: Post) -> str:
    with post.world.database.reading() as connection:
        return connection.execute(select(Delivery.state).order_by(Delivery.entry_id.desc()).limit(1)).scalar_one()


def test_two_work_processes_send_each_notice_once(post: Post):
    for number in range(6):
        post.world.client(f"x{number}", RiskCategory.C2)
    start = Barrier(2)

    def run():
        start.wait()
        for task in delivering.TASKS * 2:
            task.run(post.office)

    threads = [Thread(target=run) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    ids = Counter(json.loads(content)["id"] for _, content, _ in post.gate.taken)
    assert len(ids) == 7
    assert set(ids.values()) == {1}
    assert len(post.mailbox.letters) == 1


def test_what_an_older_try_comes_to_changes_nothing_of_a_later_one(post: Post):
    only(post, Channel.WEBHOOK)
    world, act = post.world, post.world.database.transact
    act(deliveries.give_out, [Channel.WEBHOOK], world.now)
    first = act(deliveries.take, Channel.WEBHOOK, world.now)
    world.clock.forward(LEASE)
    act(deliveries.sweep, world.now)
    act(call_backs.resolve, world.caller("clients"), first.id, world.now, arrived=False)
    second = act(deliveries.take, Channel.WEBHOOK, world.now)
    act(deliveries.refused, first, "late", world.now)
    act(deliveries.sent, first, world.now)

    assert second.tries == 2
    assert post.states() == {"WEBHOOK": "ATTEMPTED"}


# -------------------------------------------------------------------------------------------------------- what servers may answer


@sqlite
def test_a_mail_server_that_is_down_loses_nothing_and_nothing_is_tried(post: Post):
    only(post, Channel.MAIL)
    up, down = post.office, Office(configured(free_port(), 0), post.world.database, post.office.clock)
    post.office = down
    for _ in range(5):
        post.work(timedelta(hours=1))
    assert post.states() == {"MAIL": "WAITING"}
    assert told(post.world, "delivery.attempted") == []

    post.office = up
    post.work()
    assert len(post.mailbox.letters) == 1


@sqlite
@pytest.mark.parametrize("refusal", ["to_recipients", "answer"])
def test_a_letter_that_is_refused_is_tried_three_times_and_then_left_to_a_person(post: Post, refusal):
    only(post, Channel.MAIL)
    setattr(post.mailbox, refusal, "550 c3@example.com is not liked here")
    post.work()
    post.work(9 * MINUTE)
    assert len(told(post.world, "delivery.attempted")) == 1, "not before the pause is over"
    post.work(2 * MINUTE)
    post.work(61 * MINUTE)
    for _ in range(3):
        post.work(timedelta(days=1))

    assert len(told(post.world, "delivery.attempted")) == 3
    assert [each["data"]["tries"] for each in told(post.world, "delivery.refused")] == [1, 2]
    [failed] = told(post.world, "delivery.failed")
    assert "liked" not in str(failed)
    [task] = post.call_backs()
    assert (task.row.why, task.row.person_name) == ("FAILED", "c3")
    assert post.mailbox.letters == []
    assert post.sound()


def test_three_notices_that_fail_are_one_call_back(post: Post):
    only(post, Channel.MAIL)
    post.mailbox.to_recipients = "550 no"
    for to in (RiskCategory.C2, RiskCategory.C1):
        post.world.change("c3", CategoryChange(investor=post.world.investors["c3"], category=to, before=END))
    for _ in range(4):
        post.work(timedelta(hours=2))

    [task] = post.call_backs()
    assert len(task.deliveries) == 3


@sqlite
def test_a_mail_server_that_hangs_up_over_the_letter_leaves_doubt_and_no_second_letter(post: Post):
    only(post, Channel.MAIL)
    post.mailbox.hangs_up = True
    for _ in range(3):
        post.work(timedelta(hours=2))

    assert post.states() == {"MAIL": "UNCERTAIN"}
    assert len(post.mailbox.letters) == 1


@sqlite
@pytest.mark.parametrize(
    ("answer", "state", "tries"),
    [
        ({"status": 500}, "FAILED", 3),
        ({"status": 302, "location": "http://127.0.0.1:1/elsewhere"}, "FAILED", 3),
        ({"status": 202}, "SENT", 1),
        ({"wait": 0.8}, "UNCERTAIN", 1),
        ({"drips": True}, "UNCERTAIN", 1),
    ],
    ids=["500", "redirect", "accepted", "late", "drips"],
)
def test_what_a_gateway_may_answer(post: Post, answer, state, tries):
    only(post, Channel.WEBHOOK)
    post.silent(silent="wait" in answer or "drips" in answer)
    post.gate.__dict__.update({"wait": 0.0} | answer)
    begun = time.monotonic()
    for _ in range(4):
        post.work(timedelta(hours=2))

    assert post.states() == {"WEBHOOK": state}
    assert len(post.gate.taken) == tries
    assert len({headers["Idempotency-Key"] for headers, _, _ in post.gate.taken}) == 1
    assert len(post.call_backs()) == (state != "SENT")
    assert time.monotonic() - begun < 20


@sqlite
def test_a_gateway_that_takes_the_line_and_says_nothing_is_not_waited_for(post: Post):
    post.silent(silent=True)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        post.office = Office(configured(0, silent.getsockname()[1]), post.world.database, post.office.clock)
        post.work()

    assert post.states() == {"WEBHOOK": "UNCERTAIN"}


# ------------------------------------------------------------------------------------------------------------------ call-backs


@pytest.fixture
def doubtful(post: Post) -> Post:
    only(post, Channel.WEBHOOK)
    post.silent(silent=True)
    post.work()
    post.silent(silent=False)
    return post


def delivery_of(post: Post) -> str:
    with post.world.database.reading() as connection:
        return connection.execute(select(Delivery.id)).scalar_one()


def test_doubt_is_settled_by_a_person_it_arrived_or_it_goes_once_more(doubtful: Post):
    world, act, admin = doubtful.world, doubtful.world.database.transact, doubtful.world.caller("clients")
    act(call_backs.resolve, admin, delivery_of(doubtful), world.now, arrived=False)
    assert doubtful.call_backs() == []
    doubtful.silent(silent=True)
    doubtful.work()
    doubtful.silent(silent=False)
    assert len({headers["Idempotency-Key"] for headers, _, _ in doubtful.gate.taken}) == 1, "the second is known for a copy"

    act(call_backs.resolve, admin, delivery_of(doubtful), world.now, arrived=True)
    with pytest.raises(Conflict):
        act(call_backs.resolve, admin, delivery_of(doubtful), world.now, arrived=False)
    for _ in range(3):
        doubtful.work(timedelta(hours=2))
    assert doubtful.states() == {"WEBHOOK": "ARRIVED"}
    assert len(doubtful.gate.taken) == 2
    assert [each["data"]["arrived"] for each in told(world, "delivery.resolved")] == [False, True]
    assert doubtful.sound()


@sqlite
def test_a_call_back_is_done_once_with_a_note_that_stands_in_no_leaf(doubtful: Post):
    world, act = doubtful.world, doubtful.world.database.transact
    [task] = doubtful.call_backs()
    with pytest.raises(Invalid):
        act(call_backs.done, world.caller("clients"), task.row.id, " ", world.now)
    act(call_backs.done, world.caller("clients"), task.row.id, "已电话告知本人", world.now)
    with pytest.raises(Conflict):
        act(call_backs.done, world.caller("clients"), task.row.id, "又一次", world.now)

    assert doubtful.call_backs() == []
    [entry] = told(world, "call_back.finished")
    assert "电话" not in str(entry)
    assert "note" in entry["private"]


def test_only_who_keeps_files_settles_and_nothing_is_found_under_a_made_up_name(doubtful: Post):
    world, act = doubtful.world, doubtful.world.database.transact
    [task] = doubtful.call_backs()
    for name in ("compliance", "reports", "c3"):
        with pytest.raises(NotPermitted):
            act(call_backs.done, world.caller(name), task.row.id, "好", world.now)
        with pytest.raises(NotPermitted):
            act(call_backs.resolve, world.caller(name), delivery_of(doubtful), world.now, arrived=True)
    for name in ("nothing", "a\x00b", "' OR 1=1"):
        with pytest.raises(NotFound):
            act(call_backs.done, world.caller("clients"), name, "好", world.now)
        with pytest.raises(NotFound):
            act(call_backs.resolve, world.caller("clients"), name, world.now, arrived=True)


def test_whoever_takes_note_in_the_inbox_need_not_be_called(doubtful: Post):
    world = doubtful.world
    [notice] = world.database.record(notices.inbox, world.caller("c3"), world.now)
    world.database.transact(notices.acknowledge, world.caller("c3"), notice.row.id, world.now)

    assert doubtful.call_backs() == []
    assert doubtful.states() == {"WEBHOOK": "ARRIVED"}
    assert doubtful.sound()


# ------------------------------------------------------------------------------------------------------------------- addresses


def test_nowhere_to_send_it_is_a_call_back_until_there_is_an_address(post: Post):
    world, act = post.world, post.world.database.transact
    only(post, Channel.MAIL)
    act(addresses.take_away, world.caller("c3"), world.now)
    post.work()
    [task] = post.call_backs()
    assert task.row.why == "NO_ADDRESS"

    act(addresses.enter, world.caller("clients"), world.people["c3"], "new@example.com", world.now)
    assert post.call_backs() == []
    post.work()
    assert [to for to, _ in post.mailbox.letters] == [["new@example.com"]]
    assert post.sound()


def ask(post: Post, address: str, name: str = "x" * 26) -> str:
    token = addresses.token_of(SECRET, name)
    arguments = (post.world.caller("c3"), name, sessions.token_hash(token), address, post.world.now)
    post.world.database.transact(addresses.ask, *arguments)
    return token


def test_a_client_confirms_an_address_by_the_link_that_is_mailed_there(post: Post):
    world, act = post.world, post.world.database.transact
    only(post, Channel.MAIL)
    post.work()
    token = ask(post, "mine@example.com")
    post.work()
    post.work()

    [(to, letter)] = post.mailbox.letters[1:]
    assert to == ["mine@example.com"]
    assert f"https://research.example/account/mail/{token}" in letter.get_content()
    with pytest.raises(NotFound):
        act(addresses.confirm, world.caller("c3"), token[:-1] + "x", world.now)
    assert act(addresses.confirm, world.caller("c3"), token, world.now) == "mine@example.com"
    with pytest.raises(NotFound):
        act(addresses.confirm, world.caller("c3"), token, world.now)
    assert "mine@example.com" not in str(told(world, "mail_address.asked") + told(world, "confirmation.attempted"))
    assert post.sound()


@sqlite
def test_a_link_is_its_owners_alone_dies_with_a_newer_one_and_after_a_day(post: Post):
    world, act = post.world, post.world.database.transact
    world.client("c2", RiskCategory.C2)
    older = ask(post, "one@example.com")
    newer = ask(post, "two@example.com", "y" * 26)
    with pytest.raises(NotFound):
        act(addresses.confirm, world.caller("c3"), older, world.now)
    with pytest.raises(NotFound):
        act(addresses.confirm, world.caller("c2"), newer, world.now)
    with pytest.raises(NotPermitted):
        act(addresses.confirm, world.caller("clients"), newer, world.now)
    world.clock.forward(timedelta(days=1))
    with pytest.raises(NotFound):
        act(addresses.confirm, world.caller("c3"), newer, world.now)


@sqlite
def test_nobody_has_mail_sent_to_strangers_all_day_long(post: Post):
    for number in range(5):
        ask(post, f"stranger{number}@example.com", f"{number}" * 26)
    with pytest.raises(Conflict):
        ask(post, "stranger6@example.com", "6" * 26)
    post.world.clock.forward(timedelta(days=2))
    with pytest.raises(Invalid):
        ask(post, "a@b\nBcc: c@example.com", "7" * 26)


# --------------------------------------------------------------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("https://gateway.example.com", (True, "gateway.example.com", 443, "/")),
        ("https://gateway.example.com:8443/a/b", (True, "gateway.example.com", 8443, "/a/b")),
        ("http://127.0.0.1:9000/notices", (False, "127.0.0.1", 9000, "/notices")),
        ("http://[::1]:9000/", (False, "::1", 9000, "/")),
    ],
)
def test_a_gateway_is_read_from_its_address(url, read):
    found = settings(1, WEBHOOK_URL=url, WEBHOOK_SECRET=KEY).webhook_url

    assert (found.tls, found.host, found.port, found.path) == read


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"WEBHOOK_URL": "http://gateway.example.com/"}, "must begin with https"),
        ({"WEBHOOK_URL": "http://localhost.example.com/"}, "must begin with https"),
        ({"WEBHOOK_URL": "https://user:secret@gateway.example.com/"}, "must be an address"),
        ({"WEBHOOK_URL": "https://gateway.example.com/?to=all"}, "must be an address"),
        ({"WEBHOOK_URL": "https://gateway.example.com/a b"}, "must be an address"),
        ({"WEBHOOK_URL": "https://gateway.example.com:x/"}, "must be an address"),
        ({"WEBHOOK_URL": "ftp://gateway.example.com/"}, "must be an address"),
        ({"WEBHOOK_URL": "https://gateway.example.com/", "WEBHOOK_SECRET": ""}, "GATEKEEPER_WEBHOOK_SECRET is needed"),
        ({"WEBHOOK_URL": "https://gateway.example.com/", "WEBHOOK_SECRET": "short"}, "at least 32"),
        ({"WEBHOOK_URL": "https://gateway.example.com/", "PUBLIC_URL": ""}, "GATEKEEPER_PUBLIC_URL is needed"),
    ],
)
def test_a_gateway_that_could_not_work_is_refused_without_its_secrets(more, why):
    with pytest.raises(Invalid) as raised:
        settings(1, **{"WEBHOOK_SECRET": KEY, **more})

    assert why in " ".join(map(str, raised.value.faults))
    assert "user:secret" not in str(raised.value)
