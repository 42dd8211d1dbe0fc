"""A list of recipients for tests: clients of every kind by the real actions, and as many more like each as a test wants."""

from sqlalchemy import create_engine, make_url, select, update
from sqlalchemy.pool import NullPool

from gatekeeper.actions.messages import addresses
from gatekeeper.actions.publishing import distributions
from gatekeeper.actions.reading import subscriptions
from gatekeeper.rules.messages.distribution import Choice, Interest
from gatekeeper.rules.risk import InvestorClass, RiskCategory
from gatekeeper.store.accounts.people import Person
from gatekeeper.store.sending.distributions import DistributionRecipient
from tests.bench.crowd import copy
from tests.world import ZONE, World

ANALYST = "S0999525030003"
"""The certificate of who signs the reports of ``tests.library``."""

KINDS = ("c1", "c2", "c3", "c4", "c5", "pro", "suspended", "unreachable", "inactive")
"""C1 to C5, a professional, one who is suspended, one without an address, one who never set a password."""


def furnish(world: World) -> None:
    """One client of each kind. ``unreachable`` and ``inactive`` are C3."""
    for category in RiskCategory:
        world.client(category.name.lower(), category)
    world.client("pro", None, investor_class=InvestorClass.PROFESSIONAL_B)
    world.client("suspended", RiskCategory.C5, suspended=True)
    world.client("unreachable", RiskCategory.C3)
    world.client("inactive", RiskCategory.C3)
    world.database.note(_forget_password, world.people["inactive"])
    for name in KINDS:
        if name != "unreachable":
            enter_address(world, name)


def _forget_password(connection, person):
    connection.execute(update(Person).where(Person.id == person).values(password_hash=None))


def enter_address(world: World, name: str) -> None:
    """Give a client a mail address, as the desk does."""
    address = f"{name}@example.com"
    world.database.transact(addresses.enter, world.caller("clients"), world.people[name], address, world.now)


def subscribe(world: World, name: str, investor: str | None = None, value: str = ANALYST) -> bool:
    """Let a client subscribe to an analyst; there must be a report by whom that the client may read."""
    caller = world.caller(name, investor)
    return world.database.transact(subscriptions.add, caller, Interest.ANALYST, value, world.now, ZONE)


def multiply(world: World, url: str, count: int) -> None:
    """So many more clients like each kind, copied inside the database."""
    engine = create_engine(url, poolclass=NullPool)
    is_sqlite = make_url(url).get_backend_name() == "sqlite"
    n = "printf('x%025d', n.i)" if is_sqlite else "'x' || lpad(n.i::text, 25, '0')"
    for place, name in enumerate(KINDS):
        person, investor = world.people[name], world.investors[name]
        mine, its = f"person_id = '{person}'", f"investor_id = '{investor}'"
        both = {"person_id": n, "investor_id": n}

        def more(table: str, which: str, changed: dict[str, str], after: int = place * count) -> None:
            copy(engine, table, which, range(after, after + count), changed)

        more("person", f"id = '{person}'", {"id": n, "login": n})
        more("role_grant", mine, both)
        more("investor", f"id = '{investor}'", {"id": n, "client_number": n})
        more("mandate", f"{mine} AND {its}", both)
        more("standing", f"{its} AND suspended = {str(name == 'suspended').lower()}", both)
        for aspect in ("CLASS", "CATEGORY"):
            if name != "pro" or aspect == "CLASS":
                more("classification", f"{its} AND aspect = '{aspect}'", both)
        if name != "unreachable":
            more("mail_address", mine, {**both, "address": f"{n} || '@example.com'"})


def start(world: World, report: str, choice: Choice, *, again: bool = False) -> str:
    """Begin a distribution as the report admin; return its id."""
    begun = world.database.transact(distributions.start, world.caller("reports"), report, choice, world.now, ZONE, again=again)
    return begun.id


def states(world: World, id_: str) -> dict[str, str]:
    """Where each recipient stands, by the name of the person in tests, or the id."""
    names = {person: name for name, person in world.people.items()}
    row = DistributionRecipient
    with world.database.reading() as connection:
        query = select(row.person_id, row.state, row.reason).where(row.distribution_id == id_).order_by(row.number)
        rows = connection.execute(query).all()
    return {names.get(each.person_id, each.person_id): f"{each.state} {each.reason}".strip() for each in rows}
