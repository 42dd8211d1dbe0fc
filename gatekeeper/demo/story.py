"""What has happened in the demonstration, in the order in which it happened."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from gatekeeper.actions import audit, proposals, reports
from gatekeeper.database import Database
from gatekeeper.demo.cast import BRANCH, CAST, COMPLIANCE, CONTACT, REPORTS, SECOND, STAFF, Client
from gatekeeper.demo.stage import Stage
from gatekeeper.files.prepare import prepare, printed_audience, printed_grade
from gatekeeper.passwords import Passwords
from gatekeeper.paths import PACKAGE
from gatekeeper.rules.changes import CategoryChange, ClassChange, InvestorChange, LowestChange, MandateChange, StandingChange
from gatekeeper.rules.policy import last_day_after, valid_before
from gatekeeper.rules.risk import RiskCategory, RiskGrade
from gatekeeper.store.entries import Filter

_BEGUN = timedelta(days=790)
_SHELF = PACKAGE / "demo" / "reports"
_OUT = {
    "r3-energy-storage.txt": date(2026, 10, 21),
    "r2-high-grade-credit.txt": date(2026, 11, 3),
    "r3-convertible-bonds.txt": date(2026, 11, 5),
    "r4-star-market-metrology.txt": date(2026, 11, 12),
    "r1-treasury-market.txt": date(2026, 11, 16),
    "r5-autocallable-notes.txt": date(2026, 11, 18),
}
"""The reports and the days on which they go out, as they print them."""

_SETTLED_MONTHS = 12
_CATEGORY_MONTHS, _PROFESSIONAL_MONTHS = 24, 12

_R1, _R2, _R3, _R3_BONDS = "r1-treasury-market", "r2-high-grade-credit", "r3-energy-storage", "r3-convertible-bonds"
_R4, _R5 = "r4-star-market-metrology", "r5-autocallable-notes"
_VISITS: tuple[tuple[int, int, str, tuple[str, ...], bool], ...] = (
    (12, 9, "client-c3", (_R3,), True),
    (11, 14, "client-c2", (_R3, _R2), True),
    (10, 10, "client-c5", (_R3_BONDS, _R4), True),
    (9, 16, "client-expired", (_R2, _R3), True),
    (8, 11, "client-pro", (_R4, _R3), True),
    (6, 9, "client-c1", (_R1, _R2), True),
    (5, 15, "client-lowest", (_R2, _R1), True),
    (4, 10, "client-c3", (_R3_BONDS, _R2), True),
    (4, 17, "client-c5", (_R5,), False),
    (3, 13, "client-pro", (_R5, _R1), True),
    (2, 9, "client-c2", (_R4,), True),
    (1, 19, "client-c3", (_R3, _R5), True),
)
"""How many days ago, at what hour, who, which reports, and whether the words were accepted."""


@dataclass(frozen=True, slots=True)
class _Scene:
    at: datetime
    play: Callable[[], None]


def begun(present: datetime) -> datetime:
    """The firm's first day with Gatekeeper."""
    return present - _BEGUN


def tell(database: Database, passwords: Passwords, zone: ZoneInfo, present: datetime) -> None:
    """Play everything from the first day up to the present. The ledger is open already."""
    stage = Stage(database, passwords, zone, begun(present), present)
    known: dict[str, str] = {}
    scenes = [_Scene(stage.moment, partial(_open_house, stage))]
    today = present.astimezone(zone).date()
    scenes += [_Scene(_at(today - client.since, 10, zone), partial(_welcome, stage, client)) for client in CAST]
    scenes.append(_Scene(_at(today - timedelta(days=270), 11, zone), partial(_lower_c3, stage)))
    scenes += [
        _Scene(_at(day - timedelta(days=1), 15, zone), partial(_bring_out, stage, known, name, day)) for name, day in _OUT.items()
    ]
    for days, hour, login, reports_, accepts in _VISITS:
        when = _at(today - timedelta(days=days), hour, zone)
        scenes.append(_Scene(when, partial(_visit, stage, known, login, reports_, accepts=accepts)))
    scenes.append(_Scene(_at(today - timedelta(days=2), 16, zone), partial(_raise_c2, stage)))
    scenes.append(_Scene(_at(today - timedelta(days=1), 9, zone), partial(_audit, stage)))
    for scene in sorted(scenes, key=lambda each: min(each.at, present)):
        stage.forward(scene.at)
        scene.play()


def _at(day: date, hour: int, zone: ZoneInfo, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), zone).astimezone(UTC)


def _open_house(stage: Stage) -> None:
    stage.bootstrap(STAFF[0], STAFF[1])
    for member in STAFF[2:]:
        stage.staff(member)


def _welcome(stage: Stage, client: Client) -> None:
    stage.client(client)
    investor, today = stage.investors[client.login], stage.moment.astimezone(stage.zone).date()
    professional = client.class_.is_professional
    ends = valid_before(last_day_after(today, _PROFESSIONAL_MONTHS), stage.zone) if professional else None
    wanted: list[InvestorChange] = [
        MandateChange(investor=investor, person=stage.ids[client.login], capacity=client.capacity),
        StandingChange(investor=investor, client=True, profile_complete=True, branch=BRANCH, contact=CONTACT),
        ClassChange(investor=investor, investor_class=client.class_, ground=client.ground, before=ends),
    ]
    if client.category is not None:
        wanted.append(_category(stage, client.login, client.category))
    if client.lowest:
        wanted.append(LowestChange(investor=investor, lowest=True))
    reason = "金融机构，资质材料已核验" if professional else "开户风险测评"
    stage.change(client.login, wanted, reason, f"档案 {client.number}-1")


def _category(stage: Stage, login: str, category: RiskCategory) -> CategoryChange:
    last_day = last_day_after(stage.moment.astimezone(stage.zone).date(), _CATEGORY_MONTHS)
    return CategoryChange(investor=stage.investors[login], category=category, before=valid_before(last_day, stage.zone))


def _lower_c3(stage: Stage) -> None:
    """Lowered at once by one person; what is longer valid than before waits for the second, who approves it."""
    stage.change("client-c3", [_category(stage, "client-c3", RiskCategory.C3)], "客户收入变化，重新测评", "档案 1003-2")


def _raise_c2(stage: Stage) -> None:
    """What compliance finds waiting."""
    wanted = _category(stage, "client-c2", RiskCategory.C3)
    stage.change("client-c2", [wanted], "重新测评，得分对应 C3", "档案 1002-2", approved=False)


def _bring_out(stage: Stage, known: dict[str, str], name: str, day: date) -> None:
    """Imported, proposed, approved, and published for the morning after."""
    prepared = prepare((_SHELF / name).read_bytes(), name)
    admin = stage.caller(REPORTS)
    imported = stage.database.transact(reports.import_report, admin, prepared, stage.now)
    with stage.database.reading() as connection:
        file = reports.view(connection, imported.report, stage.now)
    settled_to = valid_before(last_day_after(stage.moment.astimezone(stage.zone).date(), _SETTLED_MONTHS), stage.zone)
    wish = reports.Wish(
        grade=printed_grade(file.reading) or RiskGrade.R5,
        audience=printed_audience(file.reading),
        settled_before={finding.id: settled_to for finding in file.open},
        reason="评级与印明范围一致" if not file.open else "月报按惯例只标月份，发布日期以系统记录为准",
    )
    proposed = stage.database.transact(reports.propose_publication, admin, imported.report, wish, stage.now)
    stage.forward(stage.moment + timedelta(minutes=50))
    stage.database.transact(proposals.approve, stage.caller(SECOND), proposed.id, "已复核，同意发布", stage.now)
    now = stage.now
    instant = max(now, min(_at(day, 8, stage.zone, 30), stage.present))
    stage.database.transact(reports.publish, admin, imported.report, instant, now)
    known[name.removesuffix(".txt")] = imported.report


def _visit(stage: Stage, known: dict[str, str], login: str, wanted: tuple[str, ...], *, accepts: bool) -> None:
    stage.visit(login, [known[name] for name in wanted if name in known], accepts=accepts)


def _audit(stage: Stage) -> None:
    """Compliance looks at the refusals, and is in the ledger for it."""
    stage.database.record(audit.search, stage.caller(COMPLIANCE), Filter(outcome="DENY"), None, stage.now)
