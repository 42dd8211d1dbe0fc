"""What people do away from the screen, so that a journey finds it done."""

from flask.testing import FlaskClient

from tests.plugins.live import Live
from tests.web.browser import hidden, post, visit


def has_read(live: Live, login: str, report: str) -> FlaskClient:
    """Accept the words of a report and open it."""
    reader = visit(live.app, login)
    page = reader.get(f"/reports/{report}/statement").text
    form = {"serving": hidden(page, "serving"), "answer": "accept", "end_reached": "yes", "ticked": "yes"}
    assert post(reader, f"/reports/{report}/acknowledgement", form, page=page).status_code == 303
    assert reader.get(f"/reports/{report}").status_code == 200
    return reader
