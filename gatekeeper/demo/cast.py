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
CLIENTS, REPORTS, INSPECTOR = "admin-clients", "admin-reports", "inspector"
PAPERS, SERVICES = "admin-papers", "admin-services"
FUND = "fund-manager"


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
    """An investor with its first person. ``since`` is how long ago it was classified; ``new`` is not classified yet."""

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
    contract: bool = False
    new: bool = False
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegate:
    """Another person who acts for an investor; whoever is in ``CAST`` too has an account of their own."""

    login: str
    name: str
    capacity: str
    may: str
    address: str


STAFF = (
    Staff(ADMIN, "何静怡", Role.ADMIN, N_("proposes staff and suspends them"), (Grant.STAFF,)),
    Staff(COMPLIANCE, "沈知微", Role.COMPLIANCE, N_("approves reports and staff, reads the ledger")),
    Staff(SECOND, "顾怀远", Role.COMPLIANCE, N_("the second compliance officer")),
    Staff(CLIENTS, "林晓岚", Role.ADMIN, N_("keeps investors' files, sets categories"), (Grant.CLIENTS,)),
    Staff(PAPERS, "夏清和", Role.ADMIN, N_("types assessments that were signed on paper"), (Grant.ASSESSMENTS,)),
    Staff(SERVICES, "陆则行", Role.ADMIN, N_("looks after the accounts of other systems"), (Grant.SERVICES,)),
    Staff(REPORTS, "周明远", Role.ADMIN, N_("imports, proposes, publishes and stops reports"), (Grant.REPORTS,)),
)
"""The first two are there from the start; they bring in the others."""

GUEST = Staff(INSPECTOR, "钟怀德", Role.INSPECTOR, N_("an inspector for a few weeks: sees everything, changes nothing"))
NEWCOMER = Staff("admin-reports-2", "白露", Role.ADMIN, "", (Grant.REPORTS,))
"""Proposed and not approved yet, so this account does not open."""

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
        may=N_("C3: reads R1 to R3, but nothing that is for contract clients alone"),
        since=480 * _DAYS,
        category=RiskCategory.C4,
        address="198.51.100.33",
    ),
    Client(
        login="client-c1",
        name="郭秀英",
        number="1001",
        may=N_("C1: reads R1"),
        since=650 * _DAYS,
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
        ground="第八条（一）",
        kind=InvestorKind.FINANCIAL_INSTITUTION,
        investor="衡川资产管理有限公司",
        capacity="研究总监",
        address="192.0.2.200",
    ),
    Client(
        login="client-c4",
        name="沈若谷",
        number="1007",
        may=N_("C4 with a service contract: reads R1 to R4"),
        since=300 * _DAYS,
        category=RiskCategory.C5,
        contract=True,
        address="203.0.113.77",
    ),
    Client(
        login="client-suspended",
        name="祁东来",
        number="1008",
        may=N_("suspended: signs in and reads nothing"),
        since=300 * _DAYS,
        category=RiskCategory.C3,
        address="203.0.113.88",
    ),
    Client(
        login="client-pro-b",
        name="梁若衡",
        number="2002",
        may=N_("for a professional investor of class B"),
        since=320 * _DAYS,
        class_=InvestorClass.PROFESSIONAL_B,
        ground="第八条（四）",
        kind=InvestorKind.INSTITUTION,
        investor="澄川实业股份有限公司",
        capacity="财务负责人",
        address="192.0.2.202",
    ),
    Client(
        login="client-pro-c",
        name="洪以宁",
        number="1009",
        may=N_("an individual turned professional (class C): every grade, but nothing that is for institutions alone"),
        since=260 * _DAYS,
        category=RiskCategory.C5,
        address="203.0.113.99",
    ),
    Client(
        login="fund-trader",
        name="罗一帆",
        number="1010",
        may=N_("trader of the fund manager, and privately a C2: chooses at sign-in for whom"),
        since=180 * _DAYS,
        category=RiskCategory.C2,
        address="192.0.2.213",
    ),
    Client(
        login=FUND,
        name="钱若水",
        number="2003",
        may=N_("investment director of a fund manager (class A, service contract)"),
        since=170 * _DAYS,
        class_=InvestorClass.PROFESSIONAL_A,
        ground="第八条（一）",
        kind=InvestorKind.FINANCIAL_INSTITUTION,
        investor="霁川基金管理有限公司",
        capacity="投资总监",
        contract=True,
        address="192.0.2.210",
    ),
    Client(
        login="client-new",
        name="欧阳雪",
        number="1011",
        may=N_("a new client: not assessed yet, so reads nothing"),
        since=6 * _DAYS,
        new=True,
        address="203.0.113.111",
    ),
)
"""client-c3 was C4 first and was lowered since. Some of what is on file lapses within the next ninety days."""

DELEGATES = (
    Delegate(
        login="fund-analyst",
        name="施南枝",
        capacity="研究员",
        may=N_("analyst of the fund manager"),
        address="192.0.2.211",
    ),
    Delegate(
        login="fund-trader",
        name="罗一帆",
        capacity="交易员",
        may=N_("trader of the fund manager, and privately a C2: chooses at sign-in for whom"),
        address="192.0.2.213",
    ),
)
"""Who acts for the fund manager besides its investment director."""

LATECOMER = Delegate(login="pro-b-deputy", name="乔楚", capacity="证券事务代表", may="", address="192.0.2.203")
"""Of client-pro-b: has a link and has not used it, so this account does not open."""

ACCOUNTS = (
    *((each.login, each.name, each.role, each.may) for each in (*STAFF, GUEST)),
    *((each.login, each.name, Role.CLIENT, each.may) for each in (*CAST, DELEGATES[0])),
)
"""Everybody who can sign in: login, name, role, and what the account may do."""
