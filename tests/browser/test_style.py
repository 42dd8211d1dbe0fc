"""The demonstration's page of styles, looked at as every other page is."""

from dataclasses import replace

import pytest

from gatekeeper.app import create_app
from gatekeeper.services import EXTENSION
from tests.plugins.live import serving
from tests.world import CHEAP

pytestmark = pytest.mark.browser


def test_the_page_of_styles_is_fit_to_be_seen_in_both_themes(live, walk):
    services = live.app.extensions[EXTENSION]
    settings = replace(services.settings, log_origin="gatekeeper.demo/demo")
    app = create_app(settings, clock=live.world.clock, database=services.database, passwords=CHEAP)

    with serving(app) as address:
        visitor = walk(replace(live, app=app, address=address))
        visitor.open("/style", "style.page")
        grounds = [
            visitor.page.locator(f".scheme-{scheme}").evaluate("each => getComputedStyle(each).backgroundColor")
            for scheme in ("light", "dark")
        ]

    assert grounds == ["rgb(255, 255, 255)", "rgb(18, 22, 28)"]
