"""Reports of a morning for tests: variations of one text, brought in, and read out of the table again."""

from datetime import timedelta

from gatekeeper.actions.publishing import mornings, reports
from gatekeeper.actions.publishing.mornings import Morning, Row
from gatekeeper.files.prepare import prepare
from tests.plugins.live import demo_report
from tests.world import World

_BACK = timedelta(days=3)
NAME, TITLE = "r3-energy-storage", "储能招标放量而价格企稳"


def text(title: str, **changed: str) -> bytes:
    """A report of the demonstration under another title."""
    return demo_report(NAME, **{TITLE: title, **changed})


def bring(world: World, source: bytes, name: str = "report.txt") -> str:
    """A report that has come in; its id."""
    return world.database.transact(reports.import_report, world.caller("reports"), prepare(source, name), world.now).report


def look(world: World) -> Morning:
    """The morning table, as far back as it goes."""
    with world.database.reading() as connection:
        return mornings.view(connection, world.clock.moment.replace(hour=0, minute=0) - _BACK, world.now)


def row(world: World, report: str) -> Row:
    """A report's row."""
    morning = look(world)
    return next(each for each in (*morning.to_propose, *morning.on_their_way) if each.version.report_id == report)
