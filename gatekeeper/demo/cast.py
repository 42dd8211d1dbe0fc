"""Who plays in the demonstration. Every person, firm and number is made up."""

from dataclasses import dataclass
from datetime import timedelta

from gatekeeper.rules.errors import N_
from gatekeeper.rules.risk import InvestorClass, InvestorKind, RiskCategory
from gatekeeper.rules.roles import Grant, Role

PASSWORD = "mingche-demo-2026"  # noqa: S105  (printed on purpose: it opens nothing but the demonstration)
FIRM = "明澈证券"
BRANCH = "上海世纪大道营业部"
CONTACT = "021-5550 0100"

ADMIN, COMPLIANCE, SECOND = "admin-staff", "compliance", "compliance-2"
CLIENTS, REPORTS = "admin-clients", "admin-reports"


@dataclass(frozen=True, slots=True)
class Staff:
    """A staff member."""

    login: str
    name: str
    role: Role
    may: str
    grants: tuple[Grant, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """An investor with the one person who acts for it. ``since`` is how long ago the classification was made."""

    login: str
    name: str
    number: str
    may: str
    since: timedelta
    category: RiskCategory | None = None
    lowest: bool = False
    class_: InvestorClass = InvestorClass.ORDINARY
    ground: str = ""
    kind: InvestorKind = InvestorKind.INDIVIDUAL
    investor: str = ""
    capacity: str = "本人"
    address: str


STAFF = (
    Staff(ADMIN, "何静怡", Role.ADMIN, N_("proposes staff and suspends them"), (Grant.STAFF,)),
    Staff(COMPLIANCE, "沈知微", Role.COMPLIANCE, N_("approves reports and staff, reads the ledger")),
    Staff(SECOND, "顾怀远", Role.COMPLIANCE, N_("the second compliance officer")),
    Staff(CLIENTS, "林晓岚", Role.ADMIN, N_("keeps investors' files, sets categories"), (Grant.CLIENTS,)),
    Staff(REPORTS, "周明远", Role.ADMIN, N_("imports, proposes, publishes and stops reports"), (Grant.REPORTS,)),
)
"""The first two are there from the start; they bring in the others."""

_DAYS = timedelta(days=1)

CAST = (
    Client(
        login="client-expired",
        name="罗建平",
        number="1004",
        may=N_("C4, but the assessment has lapsed: reads nothing"),
        since=765 * _DAYS,
        category=RiskCategory.C4,
        address="198.51.100.44",
    ),
    Client(
        login="client-c3",
        name="许安然",
        number="1003",
        may=N_("C3: reads R1 to R3"),
        since=480 * _DAYS,
        category=RiskCategory.C4,
        address="198.51.100.33",
    ),
    Client(
        login="client-c1",
        name="郭秀英",
        number="1001",
        may=N_("C1: reads R1"),
        since=420 * _DAYS,
        category=RiskCategory.C1,
        address="203.0.113.11",
    ),
    Client(
        login="client-c2",
        name="唐立群",
        number="1002",
        may=N_("C2: reads R1 and R2; a rise to C3 waits for approval"),
        since=330 * _DAYS,
        category=RiskCategory.C2,
        address="203.0.113.22",
    ),
    Client(
        login="client-c5",
        name="贺云帆",
        number="1005",
        may=N_("C5: reads every grade"),
        since=190 * _DAYS,
        category=RiskCategory.C5,
        address="203.0.113.55",
    ),
    Client(
        login="client-lowest",
        name="曾祥和",
        number="1006",
        may=N_("lowest category: reads R1 alone, whatever else is on file"),
        since=150 * _DAYS,
        category=RiskCategory.C1,
        lowest=True,
        address="203.0.113.66",
    ),
    Client(
        login="client-pro",
        name="秦悦",
        number="2001",
        may=N_("for a professional investor of class A: reads every grade"),
        since=120 * _DAYS,
        class_=InvestorClass.PROFESSIONAL_A,
        ground="第八条第一款第（一）项",
        kind=InvestorKind.FINANCIAL_INSTITUTION,
        investor="衡川资产管理有限公司",
        capacity="研究总监",
        address="192.0.2.200",
    ),
)
"""In the order in which they became clients. client-c3 was C4 first and was lowered since."""
