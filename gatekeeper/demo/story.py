"""What has happened in the demonstration, in the order in which it happened."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from gatekeeper.database import Database
from gatekeeper.demo import access_requests, asking, desk, services
from gatekeeper.demo.cast import BRANCH, CAST, CONTACT, DELEGATES, FUND, LATECOMER, STAFF, Client
from gatekeeper.demo.scenes import (
    assessments,
    declarations,
    distributions,
    files,
    imports,
    mornings,
    notices,
    papers,
    professionals,
    questionnaires,
    readings,
    versions,
    viewing,
)
from gatekeeper.demo.scenes.visits import Visit, visits
from gatekeeper.demo.stage import Stage
from gatekeeper.passwords import Passwords
from gatekeeper.rules.changes import CategoryChange, ClassChange, InvestorChange, LowestChange, MandateChange, StandingChange
from gatekeeper.rules.policy import last_day_after, valid_before
from gatekeeper.rules.risk import InvestorClass, RiskCategory

_BEGUN = timedelta(days=830)
_OUT = {
    "r2-policy-bank-bonds": date(2026, 8, 27),
    "r3-toll-roads": date(2026, 9, 8),
    "r2-water-utilities-en": date(2026, 9, 18),
    "r3-hog-cycle": date(2026, 9, 22),
    "r2-short-bond-funds": date(2026, 9, 29),
    "r5-offshore-high-yield": date(2026, 10, 9),
    "r3-innovative-drugs": date(2026, 10, 15),
    "r3-energy-storage": date(2026, 10, 21),
    "r4-low-altitude": date(2026, 10, 28),
    "r2-high-grade-credit": date(2026, 11, 3),
    "r3-convertible-bonds": date(2026, 11, 5),
    "r3-container-ports-en": date(2026, 11, 6),
    "r4-star-market-metrology": date(2026, 11, 12),
    "r1-treasury-market": date(2026, 11, 16),
    "r5-autocallable-notes": date(2026, 11, 18),
    "r1-household-savings": date(2026, 11, 20),
}
"""The reports and the days on which they go out, as they print them."""

_CATEGORY_MONTHS, _PROFESSIONAL_MONTHS, _CONTRACT_MONTHS = 24, 12, 12


@dataclass(frozen=True, slots=True)
class _Scene:
    at: datetime
    play: Callable[[], object]


def begun(present: datetime) -> datetime:
    """The firm's first day with Gatekeeper."""
    return present - _BEGUN


def tell(
    database: Database,
    passwords: Passwords,
    zone: ZoneInfo,
    present: datetime,
    data_dir: Path,
    *,
    after: Callable[[datetime], object],
) -> None:
    """Play everything from the first day up to the present, with ``after`` done after each scene. The ledger is open already."""
    stage = Stage(database, passwords, zone, begun(present), present, data_dir)
    known: dict[str, str] = {}
    today = present.astimezone(zone).date()
    scenes = [
        _Scene(stage.moment, partial(_open_house, stage)),
        *(_Scene(_at(today - client.since, 10, zone), partial(_welcome, stage, client)) for client in CAST),
        *(
            _Scene(_at(day - timedelta(days=1), 15, zone), partial(desk.bring_out, stage, known, name, _at(day, 8, zone, 30)))
            for name, day in _OUT.items()
        ),
        *(
            _Scene(_at(today - timedelta(days=each.days_ago), each.hour, zone, each.minute), partial(_visit, stage, known, each))
            for each in visits(today, _OUT)
        ),
        *(
            _Scene(_at(today - timedelta(days=days), hour, zone), partial(play, stage))
            for part in (
                *(_FILES, assessments.SCENES, declarations.SCENES, notices.SCENES, professionals.SCENES, questionnaires.SCENES),
                *(imports.SCENES, papers.SCENES, files.SCENES, readings.SCENES, desk.SCENES, mornings.SCENES, services.SCENES),
            )
            for days, hour, play in part
        ),
        *(
            _Scene(_at(today - timedelta(days=days), hour, zone), partial(play, stage, known))
            for days, hour, play in (
                *(
                    (4, 19, _knock),
                    *desk.REPORT_SCENES,
                    *versions.REPORT_SCENES,
                    *viewing.SCENES,
                    *distributions.SCENES,
                    *asking.SCENES,
                    *access_requests.SCENES,
                ),
            )
        ),
    ]
    for scene in sorted(scenes, key=lambda each: min(each.at, present)):
        stage.forward(scene.at)
        scene.play()
        after(stage.moment)


def _at(day: date, hour: int, zone: ZoneInfo, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), zone).astimezone(UTC)


def _open_house(stage: Stage) -> None:
    stage.bootstrap(STAFF[0], STAFF[1])
    for member in STAFF[2:]:
        stage.staff(member)


def _visit(stage: Stage, known: dict[str, str], visit: Visit) -> None:
    if visit.mistypes:
        stage.mistype(visit.login)
    several = any(each.login == visit.login for each in DELEGATES) and any(each.login == visit.login for each in CAST)
    stage.visit(
        visit.login,
        [known[name] for name in visit.reports if name in known],
        investor=(visit.login if visit.privately else FUND) if several else "",
        accepts=visit.accepts,
        lists=not (visit.by_link and visit.reports),
        keeps=visit.keeps,
        looks_back=visit.looks_back,
    )


# ------------------------------------------------------------------------------------------------------------- investors' files


def _welcome(stage: Stage, client: Client) -> None:
    stage.client(client)
    investor = stage.investors[client.login]
    professional = client.class_.is_professional
    wanted: list[InvestorChange] = [
        MandateChange(investor=investor, person=stage.ids[client.login], capacity=client.capacity),
        _standing(stage, client.login, contract=client.contract, complete=not client.new),
    ]
    if not client.new:
        ends = _ends(stage, _PROFESSIONAL_MONTHS) if professional else None
        wanted.append(ClassChange(investor=investor, investor_class=client.class_, ground=client.ground, before=ends))
    if client.category is not None:
        wanted.append(_category(stage, client.login, client.category))
    if client.lowest:
        wanted.append(LowestChange(investor=investor, lowest=True))
    reason = "专业投资者，资质材料已核验" if professional else "开户资料录入" if client.new else "开户风险测评"
    stage.change(client.login, wanted, reason, f"档案 {client.number}-1")
    for delegate in DELEGATES if client.login == FUND else ():
        stage.delegate(FUND, delegate)


def _standing(
    stage: Stage, login: str, *, contract: bool = False, complete: bool = True, suspended: bool = False
) -> StandingChange:
    return StandingChange(
        investor=stage.investors[login],
        client=True,
        profile_complete=complete,
        suspended=suspended,
        contract_from=stage.moment if contract else None,
        contract_before=_ends(stage, _CONTRACT_MONTHS) if contract else None,
        branch=BRANCH,
        contact=CONTACT,
    )


def _category(stage: Stage, login: str, category: RiskCategory) -> CategoryChange:
    return CategoryChange(investor=stage.investors[login], category=category, before=_ends(stage, _CATEGORY_MONTHS))


def _ends(stage: Stage, months: int) -> datetime:
    return valid_before(last_day_after(stage.today, months), stage.zone)


def _assess(
    login: str, category: RiskCategory, reason: str, evidence: str, decision: str = "approve"
) -> Callable[[Stage], object]:
    """A category set by hand. What lowers acts at once; what raises, if only by a longer validity, takes the second person."""
    return lambda stage: stage.change(login, [_category(stage, login, category)], reason, evidence, decision=decision)


def _suspend(stage: Stage) -> None:
    stage.change("client-suspended", [_standing(stage, "client-suspended", suspended=True)], "证件过期，待更新", "档案 1008-2")


def _slip(stage: Stage) -> None:
    """A category typed wrongly lowers at once. It is corrected, not overwritten: the one before applies again."""
    investor, ends = stage.investors["client-c5"], _ends(stage, _CATEGORY_MONTHS // 2)
    wrong = CategoryChange(investor=investor, category=RiskCategory.C2, before=ends)
    codes = stage.change("client-c5", [wrong], "年度复评", "档案 1006-2")
    stage.forward(stage.moment + timedelta(hours=5))
    stage.correct("client-c5", codes[0], "category", "误将 1006 号客户的测评录入本户", "档案 1006-2")


def _turn_professional(stage: Stage) -> None:
    change = ClassChange(
        investor=stage.investors["client-pro-c"],
        investor_class=InvestorClass.PROFESSIONAL_C,
        ground="第十一条",
        before=_ends(stage, _PROFESSIONAL_MONTHS),
    )
    stage.change("client-pro-c", [change], "本人申请转化，已完成测试与风险揭示", "档案 1009-2")


def _knock(stage: Stage, known: dict[str, str]) -> None:
    """Whoever is not assessed yet is told so, whatever the report."""
    stage.visit("client-new", [known[name] for name in ("r1-treasury-market", "r3-energy-storage") if name in known])


_FILES: tuple[tuple[int, int, Callable[[Stage], object]], ...] = (
    (270, 11, _assess("client-c3", RiskCategory.C3, "客户收入变化，重新测评", "档案 1003-2")),
    (84, 11, _assess("client-c1", RiskCategory.C2, "客户要求复评", "档案 1001-2", "reject")),
    (68, 14, _turn_professional),
    (54, 11, _assess("client-c4", RiskCategory.C4, "投资期限缩短，重新测评", "档案 1007-2")),
    (41, 10, _suspend),
    (38, 10, _slip),
    (33, 15, _assess("client-c2", RiskCategory.C4, "重新测评", "档案 1002-2", "withdraw")),
    (26, 11, _assess("client-c5", RiskCategory.C5, "年度复评，维持原等级", "档案 1005-2")),
    (9, 10, lambda stage: stage.delegate("client-pro-b", LATECOMER, activates=False)),
    (2, 16, _assess("client-c2", RiskCategory.C3, "重新测评，得分对应 C3", "档案 1002-3", "wait")),
    (1, 16, _assess("client-new", RiskCategory.C3, "首次测评，得分对应 C3", "档案 1011-2", "wait")),
)
"""How many days ago, at what hour, and what became of an investor's file."""
