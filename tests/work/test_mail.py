"""Mail to whoever has something waiting, through a real mail server on the loopback, from both databases."""

import json
import socket
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from shutil import copy
from threading import Barrier, Thread

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from sqlalchemy import func, select

from gatekeeper.actions import proposals
from gatekeeper.actions.accounts import people
from gatekeeper.actions.clients import investors
from gatekeeper.actions.messages import mail
from gatekeeper.database import Database
from gatekeeper.rules.changes import CategoryChange, MandateChange
from gatekeeper.rules.errors import Invalid, NotPermitted
from gatekeeper.rules.risk import RiskCategory
from gatekeeper.rules.roles import Grant, Role
from gatekeeper.settings import Settings
from gatekeeper.store.apply import apply
from gatekeeper.store.messages import outbox
from gatekeeper.store.proof import entries
from gatekeeper.work import loop
from gatekeeper.work.sending import mail as task
from gatekeeper.work.sending.office import Office
from tests.world import SECRET, Clock, World

MINUTE = timedelta(minutes=1)
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH")  # it never leaves this machine


class Postman:
    """What the server does with a letter: keep it, or answer as it is told to."""

    def __init__(self) -> None:
        self.letters = []
        self.answer = "250 OK"
        self.to_recipients = "250 OK"

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802  (aiosmtpd's name)
        if self.to_recipients.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.to_recipients

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802  (aiosmtpd's name)
        if self.answer.startswith("250"):
            self.letters.append((list(envelope.rcpt_tos), message_from_bytes(envelope.content, policy=default)))
        return self.answer


@pytest.fixture(scope="module")
def server():
    """A mail server that wants a password."""
    postman = Postman()
    auth = lambda *given: AuthResult(success=given[-1].login == b"gate" and given[-1].password == b"p@ss:w/rd")  # noqa: E731
    controller = Controller(
        postman, hostname="127.0.0.1", port=free_port(), authenticator=auth, auth_required=True, auth_require_tls=False
    )
    controller.start()
    yield postman, controller.port
    controller.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def postman(server):
    fresh, (kept, _) = Postman(), server
    kept.__dict__.update(fresh.__dict__)
    return kept


def settings(port: int, **more: str) -> Settings:
    given = {
        "DATABASE_URL": "sqlite:///unused",
        "SECRET_KEY": SECRET,
        "LOG_ORIGIN": "gatekeeper.example/test",
        "FIRM": "明澈证券",
        "SMTP_URL": f"smtp://gate:p%40ss%3Aw%2Frd@127.0.0.1:{port}?starttls=no",
        "MAIL_FROM": "明澈证券 <gate@securities.example>",
        "PUBLIC_URL": "https://research.example/",
    } | more
    return Settings.from_env({f"GATEKEEPER_{name}": value for name, value in given.items()})


@pytest.fixture
def office(world: World, server, postman):
    return Office(settings(server[1]), world.database, lambda: world.now)


@pytest.fixture
def addressed(world: World):
    """Both compliance officers and the admins have an address."""
    for name in ("compliance", "compliance-2", "clients", "reports", "staff-admin"):
        world.database.transact(mail.set_address, world.caller(name), f"{name}@securities.example", world.now)
    return world


def rise(world: World, name: str, by: str = "clients") -> str:
    """A proposal about a client's category; the client is made if there is none."""
    if name not in world.investors:
        world.client(name, RiskCategory.C2)
    before = world.clock.moment + timedelta(days=300)
    wanted = CategoryChange(investor=world.investors[name], category=RiskCategory.C4, before=before)
    arguments = (world.caller(by), world.investors[name], [wanted], "复评", "档案 2", world.now)
    changed = world.database.transact(investors.change, *arguments)
    assert changed.proposal
    return changed.proposal


def recipients(postman: Postman) -> list[str]:
    return sorted(to.partition("@")[0] for letter, _ in postman.letters for to in letter)


def told(world: World, kind: str) -> list[dict]:
    with world.database.reading() as connection:
        query = select(entries.LedgerEntry.leaf).where(entries.LedgerEntry.kind == kind).order_by(entries.LedgerEntry.id)
        return [json.loads(leaf) for leaf in connection.execute(query).scalars()]


# ------------------------------------------------------------------------------------------------------------- who gets a mail


def test_whoever_may_decide_gets_one_mail_with_numbers_and_links_and_nothing_else(addressed: World, office, postman):
    rise(addressed, "许安然")
    task.post(office)
    task.post(office)

    assert recipients(postman) == ["compliance", "compliance-2"], "not the proposer, and nobody who may not decide"
    [(_, letter), _] = postman.letters
    text = letter.get_content()
    assert letter["From"] == "明澈证券 <gate@securities.example>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Message-ID"].endswith("@securities.example>")
    assert letter["Date"].datetime == addressed.clock.moment.replace(microsecond=0)
    assert letter["Subject"].startswith("[明澈证券] ")
    assert letter["Subject"].endswith("/ Proposals waiting for you: 1")
    assert letter.get_content_type() == "text/plain"
    assert text.index("————") < text.rindex("proposals wait for your decision"), "Chinese first"
    assert "Investors' files: 1" in text
    assert "https://research.example/home" in text
    for secret in ("许安然", "N-许安然", "C2", "C4", "复评", "档案 2", "上海营业部"):
        assert secret not in letter.as_string() + text + letter["Subject"]

    sent = told(addressed, "mail.sent")
    assert {each["person"] for each in sent} == {addressed.people["compliance"], addressed.people["compliance-2"]}
    assert {each["actor"] for each in sent} == {"system"}
    assert sent[0]["data"]["waiting"] == 1
    assert list(sent[0]["private"]) == ["mail_address"]
    assert "securities.example" not in str(sent)


def test_a_mail_comes_again_only_for_what_is_new_and_not_before_its_time(addressed: World, office, postman):
    first = rise(addressed, "one")
    task.post(office)
    addressed.clock.forward(timedelta(hours=5))
    task.post(office)
    assert len(postman.letters) == 2, "nothing is new"

    rise(addressed, "two")
    addressed.database.transact(proposals.approve, addressed.caller("compliance"), first, "同意", addressed.now)
    task.post(office)
    rise(addressed, "three")
    addressed.clock.forward(14 * MINUTE)
    task.post(office)
    assert len(postman.letters) == 4, "three waits until a quarter of an hour has passed"

    addressed.clock.forward(2 * MINUTE)
    task.post(office)
    assert len(postman.letters) == 6
    assert "Proposals waiting for you: 2" in postman.letters[-1][1]["Subject"]


def test_what_was_decided_before_the_mail_went_out_is_not_told(addressed: World, office, postman):
    only = rise(addressed, "one")
    for name in ("compliance", "compliance-2"):
        addressed.database.note(mail.enqueue, addressed.people[name], MINUTE, addressed.now)
    addressed.database.transact(proposals.approve, addressed.caller("compliance"), only, "同意", addressed.now)
    task.post(office)

    assert postman.letters == []
    with addressed.database.reading() as connection:
        assert connection.execute(select(outbox.Outbox.id)).all() == []


def test_a_suspended_person_gets_none_and_whoever_takes_the_address_away_none_either(addressed: World, office, postman):
    rise(addressed, "one")
    suspended = addressed.people["compliance-2"]
    addressed.database.note(mail.enqueue, suspended, MINUTE, addressed.now)
    addressed.database.transact(people.suspend, addressed.caller("staff-admin"), suspended, "离职", addressed.now)
    addressed.database.transact(mail.set_address, addressed.caller("compliance"), "", addressed.now)
    task.post(office)

    assert postman.letters == []


def test_the_mail_counts_what_its_reader_may_decide(addressed: World):
    """Held against the proposals' own page, for everybody and every ground on which somebody is kept from deciding."""
    world = addressed
    world.staff("clients-2", Role.ADMIN, Grant.CLIENTS)
    world.client("fund", RiskCategory.C2)
    acts_for = MandateChange(investor=world.investors["fund"], person=world.people["compliance"], capacity="基金经理")
    last_entry = select(func.max(entries.LedgerEntry.id))
    # no action gives a staff member a mandate, but a file of an older version may hold one
    world.database.note(lambda connection: apply(connection, acts_for, connection.execute(last_entry).scalar_one(), world.now))
    made = [rise(world, "fund"), rise(world, "other", by="clients-2"), rise(world, "third")]
    for name in ("clients-2", "compliance-2"):
        reset = (world.caller("staff-admin"), world.people[name], "忘记密码", world.now)
        made.append(world.database.transact(people.propose_reset, *reset).id)
    handed = world.database.transact(
        proposals.approve, world.caller("compliance-2"), made.pop(3), "同意", world.now, link_hash=b"x" * 32
    )
    assert handed.link_issued

    numbers = {}
    with world.database.reading() as connection:
        for name in ("clients", "clients-2", "reports", "staff-admin", "compliance", "compliance-2"):
            found = mail.waiting(connection, world.people[name], world.now)
            seen = proposals.selected(connection, world.caller(name), made, world.now).lines
            assert set(found) == {line.proposal.id for line in seen if line.bar is None}, name
            numbers[name] = len(found)
    assert numbers == {"clients": 1, "clients-2": 2, "reports": 0, "staff-admin": 0, "compliance": 3, "compliance-2": 2}


# -------------------------------------------------------------------------------------------------------- what becomes of a mail


def test_two_work_processes_send_one_mail(addressed: World, office, postman):
    rise(addressed, "one")
    start = Barrier(3)

    def work():
        start.wait()
        task.post(office)

    workers = [Thread(target=work) for _ in range(3)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()

    assert recipients(postman) == ["compliance", "compliance-2"]
    assert len(told(addressed, "mail.sent")) == 2


def test_a_mail_server_that_is_down_is_tried_again_later_with_the_same_mail(addressed: World, office, postman, server):
    rise(addressed, "one")
    addressed.database.transact(mail.set_address, addressed.caller("compliance"), "", addressed.now)
    down = Office(settings(free_port()), office.database, office.clock)
    task.post(down)
    task.post(down)
    with addressed.database.reading() as connection:
        [waits] = connection.execute(select(outbox.Outbox.__table__))
    assert (waits.tries, waits.state) == (1, "WAITING"), "not at once"
    postman.answer = "451 not now"
    addressed.clock.forward(MINUTE)
    task.post(office)
    postman.answer = "250 OK"
    task.post(office)
    assert postman.letters == [], "two minutes after the second time"
    addressed.clock.forward(2 * MINUTE)
    task.post(office)

    [(to, letter)] = postman.letters
    assert to == ["compliance-2@securities.example"]
    assert letter["Message-ID"] == f"<{waits.name}@securities.example>"
    assert [(each["data"]["tries"], each["data"]["mail"]) for each in told(addressed, "mail.sent")] == [(3, waits.name)]
    assert told(addressed, "mail.failed") == []


def test_a_mail_that_never_goes_out_is_given_up_recorded_and_tried_anew_a_day_later(addressed: World, office, postman):
    addressed.database.transact(mail.set_address, addressed.caller("compliance"), "", addressed.now)
    rise(addressed, "one")
    postman.answer = "554 the client 许安然 is not liked here"
    for _ in range(mail.TRIES + 3):
        task.post(office)
        addressed.clock.forward(61 * MINUTE)

    [failed] = told(addressed, "mail.failed")
    assert failed["person"] == addressed.people["compliance-2"]
    assert (failed["data"]["tries"], failed["data"]["why"]) == (mail.TRIES, "SMTPDataError 554")
    with addressed.database.reading() as connection:
        assert [row.name for row in outbox.unreached(connection)] == ["compliance-2"]
    postman.answer = "250 OK"
    addressed.clock.forward(timedelta(days=1))
    task.post(office)
    assert recipients(postman) == ["compliance-2"]
    with addressed.database.reading() as connection:
        assert outbox.unreached(connection) == []


def test_an_address_that_is_refused_for_good_is_given_up_at_once_and_holds_up_nobody(addressed: World, office, postman):
    rise(addressed, "one")
    postman.to_recipients = "550 no such user compliance@securities.example"
    task.post(office)

    failed = told(addressed, "mail.failed")
    assert [each["data"]["why"] for each in failed] == ["SMTPRecipientsRefused 550"] * 2
    addressed.database.transact(mail.set_address, addressed.caller("compliance"), "right@securities.example", addressed.now)
    postman.to_recipients = "250 OK"
    task.post(office)
    assert recipients(postman) == ["right"], "a new address is tried at once"


def test_a_process_that_died_while_sending_leaves_the_mail_to_another(addressed: World, office, postman):
    rise(addressed, "one")
    for name in ("compliance", "compliance-2"):
        addressed.database.note(mail.enqueue, addressed.people[name], MINUTE, addressed.now)
        assert addressed.database.note(mail.take, addressed.now)
    task.post(office)
    assert postman.letters == []

    addressed.clock.forward(mail.LEASE)
    task.post(office)
    assert recipients(postman) == ["compliance", "compliance-2"]


def test_without_a_mail_server_nothing_is_written(addressed: World, office):
    rise(addressed, "one")
    none = Office(settings(1, SMTP_URL=""), office.database, office.clock)

    assert loop.once(none, [task.TASK]) == []
    with addressed.database.reading() as connection:
        assert connection.execute(select(outbox.Outbox.id)).all() == []


# ------------------------------------------------------------------------------------------------------------------ what comes in

BAD = [
    *("nobody", "@example.com", "a@b", "a@-b.com", "a b@example.com", "a@example.com, b@example.com", "<a@example.com>"),
    *("a@example.com\nBcc: all@example.com", "a@example.com\r\nSubject: x", "张@example.com", "a@例子.com", "-f@example.com"),
    *("a" * 65 + "@example.com", "a@" + "b." * 130 + "com", "a@example.com\x00", "a@b..com"),
]


@pytest.mark.parametrize("address", BAD)
def test_what_is_no_single_plain_address_is_refused(sqlite_world: World, address):
    with pytest.raises(Invalid) as raised:
        sqlite_world.database.transact(mail.set_address, sqlite_world.caller("compliance"), address, sqlite_world.now)
    assert raised.value.fault.field == "mail"


@pytest.fixture(scope="module")
def sqlite_world(sqlite_template, tmp_path_factory):
    template, made = sqlite_template
    path = copy(template, tmp_path_factory.mktemp("mail") / "mail.db")
    database = Database(f"sqlite:///{path}")
    yield World(database, Clock(made.clock.moment), dict(made.people), dict(made.investors))
    database.dispose()


def test_a_firm_of_two_lines_is_one_header(office):
    odd = settings(1, FIRM="明澈\r\nBcc: all@example.com")
    taken = mail.Taken(1, "p", "a@example.com", "x" * 26, {"staff": 1}, 1)

    letter = task.digest(Office(odd, office.database, office.clock), taken)

    assert letter["Bcc"] is None
    assert "\nBcc" not in letter.as_string()


def test_a_client_gives_no_address(world: World):
    world.client("zhang")
    with pytest.raises(NotPermitted):
        world.database.transact(mail.set_address, world.caller("zhang"), "zhang@example.com", world.now)


def test_an_address_stands_in_no_leaf_and_goes_when_it_is_taken_away(world: World):
    for address in ("one@example.com", "one@example.com", "two@example.com", ""):
        world.database.transact(mail.set_address, world.caller("compliance"), address, world.now)

    changes = told(world, "mail_address.changed")
    assert [sorted(each["private"]) for each in changes] == [
        ["address", "device", "mail_address"],
        ["address", "device", "mail_address", "mail_address_before"],
        ["address", "device", "mail_address_before"],
    ]
    assert "example.com" not in "".join(str({**each, "log": ""}) for each in changes)
    with world.database.reading() as connection:
        assert outbox.addressed(connection) == []


# ------------------------------------------------------------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("smtp://mail.example.com", ("mail.example.com", 587, "", "", False, True)),
        ("smtps://u:p%40@mail.example.com", ("mail.example.com", 465, "u", "p@", True, False)),
        ("smtp://relay:25?starttls=no", ("relay", 25, "", "", False, False)),
        ("smtp://u:p@127.0.0.1:2525?starttls=no", ("127.0.0.1", 2525, "u", "p", False, False)),
    ],
)
def test_a_mail_server_is_read_from_its_address(url, read):
    found = settings(1, SMTP_URL=url).smtp_url

    assert (found.host, found.port, found.user, found.password, found.tls, found.starttls) == read
    assert "p@" not in repr(found) or not found.password


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"SMTP_URL": "http://mail.example.com"}, "must look like"),
        ({"SMTP_URL": "smtp://"}, "must look like"),
        ({"SMTP_URL": "smtp://host:x"}, "must look like"),
        ({"SMTP_URL": "smtp://host?tls=1"}, "must look like"),
        ({"SMTP_URL": "smtp://u:secret@mail.example.com?starttls=no"}, "unencrypted"),
        ({"MAIL_FROM": ""}, "GATEKEEPER_MAIL_FROM is needed"),
        ({"PUBLIC_URL": ""}, "GATEKEEPER_PUBLIC_URL is needed"),
        ({"PUBLIC_URL": "research"}, "must be an address"),
        ({"MAIL_FROM": "a@b.example\nBcc: c@d.example"}, "must be a mail address"),
        ({"MAIL_MINUTES": "0"}, "whole number"),
    ],
)
def test_settings_that_could_not_work_are_refused_without_their_secrets(more, why):
    with pytest.raises(Invalid) as raised:
        settings(1, **more)

    assert why in str(raised.value)
    assert "secret@" not in str(raised.value)
