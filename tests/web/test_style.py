"""The page of styles: there in a demonstration, unknown anywhere else, and without a word of anybody's data."""

from dataclasses import replace

import pytest

from gatekeeper.app import create_app
from gatekeeper.services import EXTENSION
from tests.world import CHEAP

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_outside_a_demonstration_the_page_is_unknown(app):
    answer = app.test_client().get("/style")

    assert answer.status_code == 404
    assert "scheme-dark" not in answer.text


def test_in_a_demonstration_it_shows_every_element_in_both_themes(app):
    services = app.extensions[EXTENSION]
    demo = create_app(replace(services.settings, log_origin="gatekeeper.demo/demo"), database=services.database, passwords=CHEAP)

    page = demo.test_client().get("/style").text

    for scheme in ("light", "dark"):
        part = page.split(f'class="scheme-{scheme}"')[1].split('class="scheme-')[0]
        for element in (
            "error-summary",
            "notice warning",
            "tag-r5",
            '<table class="table" role="table">',  # cards on a phone are a table still, to who hears them
            '<tr role="row">',
            '<td role="cell"',
            "facts",
            "timeline",
            "<svg",
            "data-statement",
        ):
            assert element in part, (scheme, element)
    assert 'class="watermark"' in page
