"""Reports sent to many: each decided alone, each letter at most once, everybody accounted for, whatever dies when."""

import json
import sys
import time
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import func, select

from gatekeeper.actions.publishing import distributing as acts
from gatekeeper.actions.publishing import distributions, letters
from gatekeeper.actions.reading import inbox
from gatekeeper.ledger import leaf, replay
from gatekeeper.ledger.sending.answers import MOST, Answer, answered
from gatekeeper.ledger.verify import Findings
from gatekeeper.ledger.verify.acts import check_acts
from gatekeeper.rules.changes import CategoryChange, MandateChange
from gatekeeper.rules.errors import Conflict, NotPermitted
from gatekeeper.rules.events import Kind
from gatekeeper.rules.messages.deliveries import LEASE
from gatekeeper.rules.messages.distribution import Choice, Result, To, Totals, letters_at_once
from gatekeeper.rules.policy import valid_before
from gatekeeper.rules.risk import Initiative, RiskCategory, RiskGrade
from gatekeeper.rules.suitability import Decision, Outcome, Reason
from gatekeeper.store.proof import entries
from gatekeeper.store.proof.answers import KINDS
from gatekeeper.store.proof.filtering import Filter
from gatekeeper.store.reading import access
from gatekeeper.store.sending import distributions as store
from gatekeeper.store.sending.distributions import DistributionRecipient, ReceivedReport
from gatekeeper.work.sending import distributing
from gatekeeper.work.sending.office import Office
from tests import audience
from tests.audience import states
from tests.library import release, withdraw
from tests.processes import FORKS
from tests.work import distributing_worker
from tests.work.distributing_worker import Killed
from tests.work.test_delivering import Mailbox, configured, free_port
from tests.work.test_mail import told
from tests.world import ZONE, World

MINUTE = timedelta(minutes=1)
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

# What becomes of each kind of client when a report of a grade is sent to everybody: C1 to C5 by the match table, and the rest.
SENT_R3 = {
    "c1": "REFUSED category_below_grade",
    "c2": "REFUSED category_below_grade",
    "c3": "SENT",
    "c4": "SENT",
    "c5": "SENT",
    "pro": "SENT",
    "suspended": "REFUSED account_suspended",
    "unreachable": "NO_ADDRESS",
    "inactive": "NO_SIGN_IN",
}


PLAIN = {"MAIL_PACE": "600000", "DISTRIBUTE_ON_RELEASE": "no"}


@pytest.fixture(scope="module")
def server():
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield mailbox, controller.port
    controller.stop()


@dataclass
class Post:
    """A world with a client of each kind and an R3 report that is out, and a work process with a mail server."""

    world: World
    mailbox: Mailbox
    port: int
    report: str
    settings: object

    @property
    def office(self) -> Office:
        return Office(self.settings, self.world.database, lambda: self.world.now)

    def set(self, **more: str) -> None:
        """Other settings from now on."""
        self.settings = configured(self.port, 0, **{**PLAIN, **more})

    def work(self, forward: timedelta = timedelta()) -> None:
        """Some rounds of a work process, enough for all that is due."""
        self.world.clock.forward(forward)
        for _ in range(4):
            distributing.decide(self.office)
            distributing.mail(self.office)
            self.world.clock.forward(timedelta(seconds=2))

    def start(self, to: To = To.CLIENTS, value: str = "", **more: bool) -> str:
        return audience.start(self.world, self.report, Choice(to, value), **more)

    def to(self) -> Counter[str]:
        """Who got a letter, and how many."""
        return Counter(to.partition("@")[0] for (to,) in (each[0] for each in self.mailbox.letters))

    def totals(self, id_: str) -> Totals:
        with self.world.database.reading() as connection:
            return store.counted(connection, id_)

    def sound(self) -> bool:
        findings = Findings()
        with self.world.database.reading() as connection:
            check_acts(connection, findings)
        mine = {"distribution", "distribution_recipient", "received_report", "subscription"}
        return not [each for each in findings.first if each.values["table"] in mine]


@pytest.fixture
def post(world: World, server):
    mailbox, port = server
    mailbox.__dict__.clear()
    mailbox.__init__()
    audience.furnish(world)
    return Post(world, mailbox, port, release(world, RiskGrade.R3), configured(port, 0, **PLAIN))


# ------------------------------------------------------------------------------------------------------------------ what goes out


def test_each_is_decided_alone_gets_one_letter_at_most_and_everybody_is_accounted_for(post: Post):
    audience.subscribe(post.world, "c5")
    id_ = post.start()
    assert set(states(post.world, id_).values()) == {"PLANNED"}
    post.work()

    assert states(post.world, id_) == SENT_R3
    assert post.to() == dict.fromkeys(("c3", "c4", "c5", "pro"), 1)
    totals = post.totals(id_)
    assert (totals.sent, totals.refused, totals.skipped, totals.under_way, totals.all) == (4, 3, 2, 0, 9)
    assert totals.reasons == {"category_below_grade": 2, "account_suspended": 1}
    [finished] = told(post.world, "distribution.finished")
    assert sum(finished["data"]["totals"].values()) == 9
    [decided] = told(post.world, "report.distributed")
    initiatives = {row[1]: decided["data"]["verdicts"][row[3]][0] for row in decided["data"]["answers"]}
    assert {name for name, id_ in post.world.people.items() if initiatives.get(id_) == "PULL"} == {"c5"}
    assert {name for name, id_ in post.world.people.items() if id_ in initiatives} == {*SENT_R3} - {"inactive"}
    assert decided["data"]["skipped"] == {"NO_SIGN_IN": [state_number(post, id_of(post), "inactive")]}
    assert "example.com" not in str([each["data"] for each in told(post.world, "letters.attempted")])
    assert post.sound()


def test_each_answer_is_decided_again_from_the_rows_that_its_entry_names(post: Post):
    audience.subscribe(post.world, "c5")
    post.start()
    post.work()
    fall = CategoryChange(
        investor=post.world.investors["c4"], category=RiskCategory.C1, before=valid_before(date(2027, 5, 1), ZONE)
    )
    post.world.change("c4", fall)
    kinds = tuple(kind.value for kind in KINDS)
    with post.world.database.reading() as connection:
        rows = entries.search_leaves(connection, Filter(kind=kinds), None, 10)
        found = replay.replay(connection, rows, ZONE)

    assert found.differences == ()
    assert found.decisions == 8 + 4, "eight were decided for the inbox, four once more for the letter"


def id_of(post: Post) -> str:
    with post.world.database.reading() as connection:
        return store.newest(connection, 1)[0].id


def state_number(post: Post, id_: str, name: str) -> int:
    return list(states(post.world, id_)).index(name) + 1


@sqlite
def test_a_letter_says_that_there_is_a_report_and_nothing_of_what_it_is(post: Post):
    post.start()
    post.work()

    letter = post.mailbox.letters[0][1]
    assert str(letter["Subject"]) == "[明澈证券] 有一份新研报供您阅读 / A new report is ready for you"
    assert letter["List-Unsubscribe"] == "<https://research.example/subscriptions>"
    text = letter.get_content().replace("\r", "")
    assert text.count(f"https://research.example/reports/{post.report}\n") == 2, (
        "the report's own address, the same for everybody"
    )
    for secret in ("储能", "招标", "R3", "推荐", "方启铭", "N-c", "行业点评"):
        assert secret not in text + str(letter["Subject"])
    assert letter.get_content_type() == "text/plain"


@sqlite
@pytest.mark.parametrize(
    ("choice", "names"),
    [
        (Choice(To.SUBSCRIBERS), {"c4"}),
        (Choice(To.CATEGORY, "C3"), {"c3", "unreachable", "inactive"}),
        (Choice(To.CLASS, "PROFESSIONAL_B"), {"pro"}),
        (Choice(To.BRANCH, "上海营业部"), {*audience.KINDS} - {"suspended"}),
        (Choice(To.NUMBERS, numbers=("N-c1", "N-c4", "N-c4x")), {"c1", "c4"}),
    ],
    ids=[to.value.lower() for to in (To.SUBSCRIBERS, To.CATEGORY, To.CLASS, To.BRANCH, To.NUMBERS)],
)
def test_to_whom(post: Post, choice, names):
    audience.subscribe(post.world, "c4")
    assert set(states(post.world, audience.start(post.world, post.report, choice))) == names


@sqlite
def test_a_person_who_acts_for_two_investors_is_decided_for_each_and_gets_one_letter(post: Post):
    world = post.world
    for other in ("c4", "c1"):
        mandate = MandateChange(investor=world.investors[other], person=world.people["c5"], capacity="代理人")
        world.change(other, mandate)
    id_ = post.start(To.CLASS, "ORDINARY")
    post.work()

    with world.database.reading() as connection:
        row = DistributionRecipient
        mine = connection.execute(
            select(row.investor_id, row.state, row.reason).where(row.distribution_id == id_, row.person_id == world.people["c5"])
        ).all()
    by_investor = {investor: name for name, investor in world.investors.items()}
    found = {by_investor[each.investor_id]: each.state for each in mine}
    assert found["c1"] == "REFUSED"
    assert sorted((found["c4"], found["c5"])) == ["ONE_LETTER", "SENT"]
    assert post.to()["c5"] == 1


@sqlite
def test_whoever_has_it_is_skipped_unless_asked_for(post: Post):
    post.start()
    post.work()
    second = post.start()
    post.work()
    assert Counter(states(post.world, second).values())["HAS_IT"] == 5
    assert max(post.to().values()) == 1

    third = post.start(again=True)
    post.work()
    assert states(post.world, third) == SENT_R3
    assert set(post.to().values()) == {2}


@sqlite
def test_without_a_mail_server_the_inbox_is_all(post: Post):
    post.settings = configured(0, 0, **PLAIN)
    id_ = post.start()
    post.work()

    assert Counter(states(post.world, id_).values())["INBOX"] == 5
    assert post.totals(id_).sent == 5
    assert told(post.world, "distribution.finished")


# ----------------------------------------------------------------------------------------------- decided as it is when it is sent


@sqlite
def test_whoever_falls_before_the_letter_goes_out_gets_none_and_sees_no_title(post: Post):
    world, id_ = post.world, post.start()
    distributing.decide(post.office)
    assert states(world, id_)["c4"] == "WAITING"
    fall = CategoryChange(investor=world.investors["c4"], category=RiskCategory.C2, before=valid_before(date(2027, 5, 1), ZONE))
    world.change("c4", fall)
    post.work()

    assert states(world, id_)["c4"] == "REFUSED category_below_grade"
    assert "c4" not in post.to()
    [shown] = world.database.record(inbox.show, world.caller("c4"), world.now, ZONE)
    assert (shown.report, shown.title, shown.grade) == (None, "", RiskGrade.R3)
    assert post.totals(id_).all == 9


@sqlite
def test_a_report_that_is_stopped_meanwhile_reaches_nobody_more(post: Post):
    id_ = post.start()
    distributing.decide(post.office)
    withdraw(post.world, post.report)
    post.work()

    assert post.mailbox.letters == []
    assert post.totals(id_).reasons["report_withdrawn"] == 4
    with pytest.raises(Conflict):
        post.start()


@sqlite
def test_a_mismatch_is_refused_though_the_person_subscribes_for_another_investor(post: Post):
    world = post.world
    mandate = MandateChange(investor=world.investors["c1"], person=world.people["c5"], capacity="代理人")
    world.change("c1", mandate)
    audience.subscribe(world, "c5")
    id_ = audience.start(world, post.report, Choice(To.NUMBERS, numbers=("N-c1", "N-c5")))
    post.work()

    with world.database.reading() as connection:
        rows = connection.execute(
            select(DistributionRecipient.investor_id, DistributionRecipient.initiative, DistributionRecipient.reason).where(
                DistributionRecipient.distribution_id == id_, DistributionRecipient.person_id == world.people["c5"]
            )
        ).all()
    by_investor = {investor: name for name, investor in world.investors.items()}
    assert {by_investor[row.investor_id]: (row.initiative, row.reason) for row in rows} == {
        "c5": ("PULL", ""),
        "c1": ("PUSH", "category_below_grade"),
    }


GROUPS = [
    (RiskGrade.R1, {}),
    (RiskGrade.R4, {}),
    (RiskGrade.R3, {"categories": (RiskCategory.C4, RiskCategory.C5)}),
    (RiskGrade.R2, {"contract_clients_only": True}),
    (RiskGrade.R2, {"conflict": True}),
]


def test_what_the_preview_counts_by_groups_is_what_is_decided_one_by_one(post: Post):
    audience.subscribe(post.world, "c4")
    for grade, more in GROUPS:
        report = release(post.world, grade, **more)
        asked = (post.world.caller("compliance"), report, Choice(To.CLIENTS), post.world.now, ZONE)
        found = post.world.database.record(distributions.preview, *asked)
        parts = [distributions.Part(line.state, line.reason) for line in found.lines]
        named = [post.world.database.record(distributions.preview, *asked, part=part).people for part in parts]
        id_ = audience.start(post.world, report, Choice(To.CLIENTS))
        distributing.decide(post.office)

        assert {(each.state, each.reason): each.number for each in found.lines} == post.totals(id_).counts, (grade, more)
        for part, people in zip(parts, named, strict=True):
            mine = {who for who, where in states(post.world, id_).items() if where == f"{part.state} {part.reason}".strip()}
            assert {each.person_name for each in people} == mine


# ----------------------------------------------------------------------------------------------- at most once, whatever dies when


def test_killed_at_any_point_again_and_again_nobody_gets_two_letters_and_nobody_is_lost(post: Post, database_url, tmp_path):
    audience.multiply(post.world, database_url[0], 8)
    post.set(MAIL_PACE="1500")
    id_ = post.start()
    sums = killed(post, database_url[0], id_, tmp_path, statements=40)

    totals = post.totals(id_)
    assert len(sums) > 2
    assert set(sums) == {81}
    assert totals.under_way == 0
    assert max(post.to().values()) == 1
    assert len(post.to()) >= totals.of(Result.SENT)
    assert len(post.to()) <= totals.of(Result.SENT, Result.UNCERTAIN)
    with post.world.database.reading() as connection:
        received = connection.execute(select(func.count()).select_from(ReceivedReport)).scalar_one()
    assert received == totals.of(Result.SENT, Result.UNCERTAIN, Result.NO_ADDRESS)
    assert (totals.refused, totals.of(Result.NO_SIGN_IN)) == (27, 9)


def killed(post: Post, url: str, id_: str, folder, statements: int) -> list[int]:
    """Work until it is done, killed again and again; return the sums after each death."""
    file = folder / "sums.json"
    post.world.database.dispose()
    plan = Killed(url, id_, post.settings, post.world.now, statements, str(file))
    process = FORKS.Process(target=distributing_worker.until_done, args=(plan,))
    process.start()
    process.join()
    assert process.exitcode == 0
    return json.loads(file.read_text())


def test_a_process_killed_while_it_sends_leaves_doubt_and_no_second_letter(post: Post):
    id_ = post.start()
    distributing.decide(post.office)
    batch = post.world.database.transact(letters.take, 600000, post.world.now, ZONE)
    assert len(batch.letters) == 4
    post.work(MINUTE)
    assert post.totals(id_).of(Result.ATTEMPTED) == 4, "it may still be under way"
    post.work(LEASE)

    assert post.totals(id_).of(Result.UNCERTAIN) == 4
    assert post.mailbox.letters == []
    late = {each.number: (letters.Fate.SENT, "") for each in batch.letters[:1]}
    late |= {each.number: (letters.Fate.REFUSED, "SMTP 550") for each in batch.letters[1:]}
    post.world.database.transact(letters.settle, batch, late, post.world.now)
    assert post.totals(id_).of(Result.SENT) == 1, "that the server took it counts however late it is told"
    assert post.sound()


def test_two_work_processes_send_each_letter_once(post: Post):
    id_ = post.start()
    start = Barrier(2)

    def run():
        start.wait()
        for _ in range(3):
            distributing.decide(post.office)
            distributing.mail(post.office)
            post.world.clock.forward(timedelta(seconds=1))

    threads = [Thread(target=run) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    post.work()

    assert set(post.to().values()) == {1}
    assert states(post.world, id_) == SENT_R3


# ------------------------------------------------------------------------------------------------------ the mail server, its pace


@sqlite
def test_a_mail_server_that_is_down_loses_nothing_and_nothing_is_tried(post: Post):
    up, post.settings = post.settings, configured(free_port(), 0, **PLAIN)
    id_ = post.start()
    for _ in range(3):
        post.work(timedelta(hours=1))
    assert told(post.world, "letters.attempted") == []
    post.settings = up
    post.work()

    assert states(post.world, id_) == SENT_R3


@sqlite
@pytest.mark.parametrize("refusal", ["to_recipients", "answer"])
def test_a_letter_that_is_refused_is_tried_three_times_and_then_given_up(post: Post, refusal):
    setattr(post.mailbox, refusal, "451 c3@example.com is not liked here")
    id_ = post.start(To.CATEGORY, "C3")
    post.work()
    post.work(9 * MINUTE)
    assert len(told(post.world, "letters.attempted")) == 1, "not before the pause is over"
    assert states(post.world, id_)["c3"] == "WAITING"
    for pause in (11 * MINUTE, 61 * MINUTE, timedelta(days=1)):
        post.work(pause)

    assert len(told(post.world, "letters.attempted")) == 3
    assert states(post.world, id_)["c3"] == "FAILED"
    assert "liked" not in str([each["data"] for each in told(post.world, "letters.sent")])
    assert told(post.world, "distribution.finished")


@sqlite
def test_one_that_is_refused_keeps_nobody_else_waiting(post: Post):
    refused = "c4@example.com"

    async def only_others(_server, _session, envelope, address, _options):
        if address == refused:
            return "550 nobody here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    post.mailbox.handle_RCPT = only_others
    id_ = post.start()
    post.work()

    assert states(post.world, id_) == SENT_R3 | {"c4": "WAITING"}


@sqlite
def test_a_mail_server_that_hangs_up_over_a_letter_leaves_doubt_about_this_one_alone(post: Post):
    post.mailbox.hangs_up = True
    id_ = post.start()
    distributing.decide(post.office)
    distributing.mail(post.office)
    post.mailbox.hangs_up = False
    post.work()

    totals = post.totals(id_)
    assert totals.of(Result.UNCERTAIN) >= 1
    assert totals.of(Result.SENT, Result.UNCERTAIN) == 4
    assert set(post.to().values()) == {1}


@sqlite
def test_no_more_goes_out_in_a_minute_than_the_mail_server_takes(post: Post):
    post.start()
    post.set(MAIL_PACE="60")
    distributing.decide(post.office)
    distributing.mail(post.office)
    assert len(post.mailbox.letters) == 1
    distributing.mail(post.office)
    assert len(post.mailbox.letters) == 1
    post.world.clock.forward(timedelta(seconds=1))
    distributing.mail(post.office)

    assert len(post.mailbox.letters) == 2


@pytest.mark.parametrize(("pace", "most"), [(1, 1), (59, 1), (600, 10), (1_000_000, 100)])
def test_so_many_letters_are_taken_at_once_as_go_out_in_a_second(pace, most):
    assert letters_at_once(pace) == most


# ----------------------------------------------------------------------------------------------------------- halting and going on


@sqlite
def test_one_person_halts_at_once_and_it_goes_on_where_it_was(post: Post):
    world, id_ = post.world, post.start()
    distributing.decide(post.office)
    world.database.transact(distributions.halt, world.caller("reports"), id_, world.now)
    post.work()
    assert post.mailbox.letters == []
    assert post.totals(id_).all == 9
    with pytest.raises(Conflict):
        world.database.transact(distributions.halt, world.caller("reports"), id_, world.now)
    world.database.transact(distributions.resume, world.caller("reports"), id_, world.now)
    post.work()

    assert states(world, id_) == SENT_R3


@sqlite
def test_what_compliance_halts_only_compliance_lets_go_on(post: Post):
    world, id_ = post.world, post.start()
    world.database.transact(distributions.halt, world.caller("compliance"), id_, world.now)
    with pytest.raises(NotPermitted):
        world.database.transact(distributions.resume, world.caller("reports"), id_, world.now)
    for nobody in ("clients", "staff-admin", "c3"):
        with pytest.raises(NotPermitted):
            world.database.transact(distributions.halt, world.caller(nobody), id_, world.now)
    world.database.transact(distributions.resume, world.caller("compliance-2"), id_, world.now)
    post.work()

    assert states(world, id_) == SENT_R3


# -------------------------------------------------------------------------------------------------------- what a release sets off


def test_a_release_sends_to_its_subscribers_once_and_to_nobody_else(post: Post):
    post.set(DISTRIBUTE_ON_RELEASE="yes")
    for name in ("c3", "c5"):
        audience.subscribe(post.world, name)
    post.work()
    post.work()

    with post.world.database.reading() as connection:
        [row] = store.newest(connection, 5)
    assert (row.asked_by, row.total) == (None, 2)
    assert post.to() == {"c3": 1, "c5": 1}
    assert states(post.world, row.id) == {"c3": "SENT", "c5": "SENT"}


@sqlite
@pytest.mark.parametrize("why", ["off", "old", "embargoed"])
def test_nothing_is_set_off(post: Post, why):
    audience.subscribe(post.world, "c5")
    post.set(DISTRIBUTE_ON_RELEASE="no" if why == "off" else "yes")
    if why == "off":
        pass
    elif why == "old":
        post.world.clock.forward(timedelta(days=1, seconds=1))
    else:
        withdraw(post.world, post.report)
        release(post.world, RiskGrade.R3, at=post.world.now + timedelta(hours=2))
        with post.world.database.reading() as connection:
            released = [each.report_id for each in acts.released(connection, post.world.now)]
        assert released == [post.report]
        return
    post.work()

    assert post.mailbox.letters == []
    assert told(post.world, "distribution.started") == []


# ------------------------------------------------------------------------------------------------------------------------ entries


def test_a_hundred_recipients_with_every_reason_fit_into_one_entry(world: World):
    reasons = tuple(Reason)
    report = release(world)
    with world.database.reading() as connection:
        case = access.load(connection, person="", investor=None, report=report, zone=ZONE, now=world.now)
    used = dict.fromkeys(("mandate", "standing", "class", "category", "lowest", "objectives", "acceptance"), 10**12)

    def answer(number: int) -> Answer:
        some = reasons[number % len(reasons) :] + reasons[: number % len(reasons)]
        decision = Decision(Outcome.DENY, some[:8], (), (), None)
        return Answer(number, "0" * 26, "1" * 26, Initiative.PUSH, used, decision)

    event = answered(acts.WORK, Kind.REPORT_DISTRIBUTED, case, [answer(n) for n in range(MOST)], world.now, more={})
    assert len(json.dumps(event.data, ensure_ascii=False).encode()) < leaf.MAX_LEAF / 2


# --------------------------------------------------------------------------------------------------------------------------- many


@dataclass
class Large:
    """A list of so many, and how long each part took."""

    recipients: int
    seconds: dict[str, float]

    def timed(self, what: str, act):
        begun = time.monotonic()
        answer = act()
        self.seconds[what] = round(time.monotonic() - begun, 2)
        return answer


def distribute(post: Post, url: str, each: int, folder) -> tuple[Large, Totals, list[int]]:
    """Send to so many more of each kind: looked at beforehand, decided, and sent by processes that are killed and go on."""
    audience.multiply(post.world, url, each)
    large = Large((each + 1) * len(audience.KINDS), {})
    asked = (post.world.caller("compliance"), post.report, Choice(To.CLIENTS), post.world.now, ZONE)
    found = large.timed("preview", lambda: post.world.database.record(distributions.preview, *asked))
    assert found.total == large.recipients
    id_ = large.timed("list", post.start)
    large.timed("decided", lambda: distributing.decide(post.office))
    decided = post.totals(id_)
    assert {(line.state, line.reason): line.number for line in found.lines} == decided.counts
    sums = large.timed("sent", lambda: killed(post, url, id_, folder, statements=max(60, each // 8)))
    return large, post.totals(id_), sums


def is_right(post: Post, large: Large, totals: Totals, sums: list[int]) -> None:
    each = large.recipients // len(audience.KINDS)
    assert set(sums) == {large.recipients}
    assert len(sums) > 2
    assert totals.refused == 3 * each
    assert totals.skipped == 2 * each
    assert totals.of(Result.SENT, Result.UNCERTAIN) == 4 * each
    assert totals.all == totals.sent + totals.refused + totals.skipped + totals.of(Result.UNCERTAIN) == large.recipients
    assert max(post.to().values()) == 1
    assert totals.sent <= len(post.to()) <= 4 * each


@pytest.mark.takes_long
@sqlite
def test_a_thousand_recipients_killed_and_gone_on_with(post: Post, database_url, tmp_path):
    large, totals, sums = distribute(post, database_url[0], 120, tmp_path)

    is_right(post, large, totals, sums)


@pytest.mark.long
@pytest.mark.own_database
def test_a_hundred_thousand_recipients(post: Post, database_url, tmp_path, capsys):
    large, totals, sums = distribute(post, database_url[0], 11_111, tmp_path)

    with capsys.disabled():
        sys.stdout.write(f"\n{large}\n{totals.to_data()}\nprocesses killed: {len(sums) - 1}, letters: {len(post.to())}\n")
    is_right(post, large, totals, sums)
    assert large.seconds["preview"] < 10
    assert large.seconds["list"] + large.seconds["decided"] < 120
