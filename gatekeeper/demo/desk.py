"""What staff do in the demonstration: reports are brought out and stopped, the log is searched, colleagues are proposed."""

from collections.abc import Callable
from datetime import datetime, timedelta

from gatekeeper.actions import proposals
from gatekeeper.actions.clients import investors
from gatekeeper.actions.proof import audit, views
from gatekeeper.actions.publishing import reports, statements
from gatekeeper.actions.reading import access
from gatekeeper.demo.cast import COMPLIANCE, GUEST, INSPECTOR, NEWCOMER, REPORTS, SECOND
from gatekeeper.demo.scenes import files
from gatekeeper.demo.stage import Stage
from gatekeeper.files.prepare import Prepared, prepare, printed_audience, printed_grade, read_objectives
from gatekeeper.paths import PACKAGE
from gatekeeper.rules.policy import last_day_after, valid_before
from gatekeeper.rules.risk import Audience, ProfessionalClause, RiskGrade
from gatekeeper.store.proof.filtering import Filter

_SHELF = PACKAGE / "demo" / "reports"
_SETTLED_MONTHS = 12
_GUEST_STAYS = timedelta(days=60)
_STOPPED = "r3-hog-cycle"
_MISPRINT, _CORRECTED = "去化放缓而成本下移，猪价波动收窄", "去化放缓而成本下移，猪价波动收窄（更正版）"


def bring_out(stage: Stage, known: dict[str, str], name: str, at: datetime) -> None:
    """Imported, looked at, proposed, approved, and published for the morning after."""
    report, proposal = _propose(stage, files.brought(stage, name))
    stage.forward(stage.moment + timedelta(minutes=50))
    stage.database.record(access.review_report, stage.caller(SECOND), report, stage.now)
    stage.forward(stage.moment + timedelta(minutes=10))
    stage.database.transact(proposals.approve, stage.caller(SECOND), proposal, "已复核，同意发布", stage.now)
    now = stage.now
    stage.database.transact(reports.publish, stage.caller(REPORTS), report, max(now, min(at, stage.present)), now)
    known[name] = report


def _propose(stage: Stage, prepared: Prepared, corrects: str | None = None) -> tuple[str, str]:
    """Import a report, or the corrected file of one, and propose what it prints; return its id and the proposal's."""
    admin = stage.caller(REPORTS)
    imported = stage.database.transact(reports.import_report, admin, prepared, stage.now, corrects=corrects)
    with stage.database.reading() as connection:
        file = reports.view(connection, imported.report, stage.now)
    settled_to = valid_before(last_day_after(stage.today, _SETTLED_MONTHS), stage.zone)
    wish = reports.Wish(
        grade=printed_grade(file.reading) or RiskGrade.R5,
        audience=_confirmed(printed_audience(file.reading)),
        about=read_objectives(file.reading),
        settled_before={finding.id: settled_to for finding in file.open},
        reason="评级与印明范围一致" if not file.open else "月报按惯例只标月份，发布日期以系统记录为准",
    )
    proposed = stage.database.transact(reports.propose_publication, admin, imported.report, wish, stage.now)
    return imported.report, proposed.id


def _confirmed(printed: Audience) -> Audience:
    """An audience of institutions alone admits no ordinary investor, whether its notice says so or not."""
    if printed.professional in (None, ProfessionalClause.ANY):
        return printed
    return Audience(printed.professional, frozenset(), printed.clients_only, printed.contract_clients_only)


def _stop(stage: Stage, known: dict[str, str]) -> None:
    """A report with an error in a table is stopped; its corrected edition waits for approval from the next day on."""
    if report := known.get(_STOPPED):
        stage.database.transact(reports.stop, stage.caller(REPORTS), report, "表1数据有误，更正后重新发布", stage.now)


def _read_stopped(stage: Stage, known: dict[str, str]) -> None:
    """Whoever kept the address finds that the report is gone."""
    if report := known.get(_STOPPED):
        stage.visit("client-c3", [report])


def _correct(stage: Stage, known: dict[str, str]) -> None:
    """The corrected file of a stopped report is its next version."""
    text = (_SHELF / f"{_STOPPED}.txt").read_text("utf-8").replace(_MISPRINT, _CORRECTED, 1)
    _propose(stage, prepare(text.encode(), f"{_STOPPED}-2.txt"), corrects=known.get(_STOPPED))


REPORT_SCENES: tuple[tuple[int, int, Callable[[Stage, dict[str, str]], None]], ...] = (
    (12, 11, _stop),
    (10, 20, _read_stopped),
    (1, 15, _correct),
)
"""How many days ago, at what hour, and what became of a report."""


def _search(login: str, wanted: Filter, named: audit.Named | None = None, *, reads: int = 0) -> Callable[[Stage], None]:
    """Look through the log, and into some of the entries found. The reader of the ledger is in the ledger."""

    def play(stage: Stage) -> None:
        caller = stage.caller(login, stage.sign_in(login))
        page = stage.database.record(audit.search, caller, wanted, None, stage.now, named=named)
        for row in page.rows[:reads]:
            stage.forward(stage.moment + timedelta(minutes=2))
            stage.database.record(audit.read_entry, caller, row.code, stage.now)

    return play


def _look_up(login: str, of: str) -> Callable[[Stage], None]:
    """Look at an investor's file."""

    def play(stage: Stage) -> None:
        stage.database.record(investors.view, stage.caller(login), stage.investors[of], stage.now)

    return play


def _save_view(name: str, query: str) -> Callable[[Stage], None]:
    """Keep a filter of the log under a name."""
    return lambda stage: stage.database.transact(views.save, stage.caller(COMPLIANCE), name, query, stage.now)


def _amended(*additions: tuple[str, str]) -> tuple[str, str]:
    """The statement that an installation begins with, its last point longer by a few sentences, in both languages."""
    chinese, english = ((PACKAGE / "policies" / f"statement.{tag}.md").read_text("utf-8").rstrip() for tag in ("zh", "en"))
    added = tuple(zip(*additions, strict=True))
    return chinese + "".join(added[0]), " ".join([english, *added[1]])


_PICTURES = ("以截屏、拍照方式留存的内容视同报告副本。", "Pictures taken of the screen count as copies of the report.")
_MACHINES = ("不得将报告内容输入第三方人工智能工具。", "The report must not be given to anybody's artificial intelligence.")


def _approve_statement(stage: Stage) -> None:
    """The statement is changed once, by two officers, before the first report comes out."""
    texts = _amended(_PICTURES)
    proposed = stage.database.transact(statements.propose_statement, stage.caller(SECOND), *texts, "明确截屏", stage.now)
    stage.forward(stage.moment + timedelta(hours=3))
    stage.database.transact(proposals.approve, stage.caller(COMPLIANCE), proposed.id, "同意", stage.now)


def _propose_statement(stage: Stage) -> None:
    texts = _amended(_PICTURES, _MACHINES)
    stage.database.transact(statements.propose_statement, stage.caller(SECOND), *texts, "补充人工智能工具的使用限制", stage.now)


def _lock_out(stage: Stage) -> None:
    stage.mistype("client-c1", times=5)


def _bring_in_guest(stage: Stage) -> None:
    """An inspector for some weeks, proposed and approved as any colleague."""
    stage.staff(GUEST, before=stage.present + _GUEST_STAYS)


def _turn_down(stage: Stage) -> None:
    proposal = stage.propose_staff(NEWCOMER, "临时支援")
    stage.forward(stage.moment + timedelta(hours=1))
    stage.database.transact(proposals.reject, stage.caller(COMPLIANCE), proposal, "请补充岗位说明与期限", stage.now)


def _propose_newcomer(stage: Stage) -> None:
    stage.propose_staff(NEWCOMER, "研报发布岗轮换，说明见岗位表")


_REFUSED = Filter(outcome="DENY")
SCENES: tuple[tuple[int, int, Callable[[Stage], None]], ...] = (
    (200, 10, _approve_statement),
    (77, 9, _search(COMPLIANCE, _REFUSED, reads=1)),
    (63, 9, _search(COMPLIANCE, _REFUSED, audit.Named(person="郭秀英"), reads=1)),
    (49, 9, _search(SECOND, Filter(kind="statement.declined"), reads=1)),
    (40, 16, _look_up(COMPLIANCE, "client-suspended")),
    (35, 9, _search(COMPLIANCE, _REFUSED, audit.Named(investor="霁川"))),
    (30, 14, _turn_down),
    (21, 9, _search(COMPLIANCE, Filter(reason="category_below_grade"), reads=2)),
    (20, 9, _save_view("全部拒绝", "outcome=DENY")),
    (20, 10, _save_view("类别变动", "kind=classification.approved")),
    (19, 20, _lock_out),
    (18, 9, _bring_in_guest),
    (14, 10, _search(INSPECTOR, _REFUSED, reads=3)),
    (14, 11, _look_up(INSPECTOR, "client-lowest")),
    (8, 10, _search(INSPECTOR, Filter(kind="classification.approved"), reads=2)),
    (7, 9, _search(COMPLIANCE, _REFUSED, reads=2)),
    (3, 14, _propose_newcomer),
    (2, 11, _propose_statement),
    (1, 9, _search(COMPLIANCE, _REFUSED, audit.Named(person="许安然"), reads=1)),
)
"""How many days ago, at what hour, and what staff did."""
