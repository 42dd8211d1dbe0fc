"""The first sign-in as a client walks it: the sheet, the password, the privacy notice, the report that was asked for."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gatekeeper.app import create_app
from gatekeeper.rules.risk import RiskCategory
from gatekeeper.services import EXTENSION
from tests import privacy
from tests.plugins.live import Live, Present, demo_report, serving
from tests.world import CHEAP, PASSWORD, World, settings


@pytest.fixture(scope="module")
def asking(sqlite_template: tuple[Path, World], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A running Gatekeeper of a firm that has a privacy notice; the other journeys walk where nobody is asked."""
    folder = tmp_path_factory.mktemp("asking")
    path, made = shutil.copy(sqlite_template[0], folder / "gatekeeper.db"), sqlite_template[1]
    app = create_app(settings(f"sqlite:///{path}", folder), clock=Present(made.clock.moment), passwords=CHEAP)
    database = app.extensions[EXTENSION].database
    world = World(database, app.extensions[EXTENSION].clock, dict(made.people), dict(made.investors))
    privacy.install(world)
    with serving(app) as address:
        live = Live(app, world, address)
        live.publish("storage", demo_report("r3-energy-storage"))
        yield live
    database.dispose()


def test_a_client_comes_in_by_the_sheet_and_is_where_they_wanted_to_be(asking, way, walk):
    login, report = f"newcomer-{way.short}", f"/reports/{asking.reports['storage']}"
    asking.client(login, RiskCategory.C3)
    admin, reader = walk(asking), walk(asking)
    path = f"/admin/investors/{asking.world.investors[login]}/persons/{asking.world.people[login]}"
    admin.enter("clients")
    admin.open(path, "investors.persons.show")
    admin.page.locator("form[action$='/link'] button").click()
    admin.page.wait_for_selector(".sheet-square")
    admin.look("link-sheet")
    link = admin.page.locator(".sheet-link").inner_text().strip()

    reader.open(report, "sign_in.form")
    reader.open(link.removeprefix(asking.address), "activation-asking")
    reader.fill(password=PASSWORD)
    said = reader.press("privacy.show", "Set the password")
    assert ("Privacy notice" if way.tag == "en" else "个人信息处理告知书") in said
    reader.press("client.statement", "I have read it, continue")

    assert f"{report}/statement" in reader.page.url
    reader.open("/account", "account-client")
    reader.open(link.removeprefix(asking.address), "dead-link", status=409)
