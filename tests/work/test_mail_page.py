"""The pages about mail: where one's own goes, and whom it did not reach."""

from datetime import timedelta
from html import unescape

import pytest

from gatekeeper.actions.messages import mail
from gatekeeper.store.messages import outbox
from tests.web.browser import post, visit


@pytest.fixture(params=["sqlite"])
def database_url(request, sqlite_template, tmp_path):
    """The statements are the same on both databases, and tried on both elsewhere."""
    template, made = sqlite_template
    (tmp_path / "copy.db").write_bytes(template.read_bytes())
    return f"sqlite:///{tmp_path}/copy.db", made


def address(world, name="compliance"):
    with world.database.reading() as connection:
        return outbox.address_of(connection, world.people[name])


def test_staff_set_change_and_take_away_their_address(app, world):
    browser = visit(app, "compliance")
    assert "This system sends no mail yet" in browser.get("/account").text

    assert post(browser, "/account/mail", {"mail": " wang@securities.example "}).location == "/account"
    page = browser.get("/account").text
    assert "Mail about waiting proposals goes to wang@securities.example." in page
    assert 'value="wang@securities.example"' in page

    wrong = post(browser, "/account/mail", {"mail": "wang@securities.example\nBcc: <b>@x.example"})
    assert wrong.status_code == 400
    assert "Please give one mail address like name@example.com." in wrong.text
    assert "Bcc: <b>@x.example" in unescape(wrong.text).replace("\n", " ")
    assert "<b>@x" not in wrong.text
    assert post(browser, "/account/mail", {"mail": "x" * 100_000}).status_code == 400
    assert address(world) == "wang@securities.example"

    post(browser, "/account/mail", {})
    assert "You get no mail any more." in browser.get("/account").text
    assert address(world) is None


def test_whoever_decides_nothing_is_not_asked_and_a_client_is_refused(app, world):
    world.client("zhang")
    for name in ("zhang", "reports"):
        assert 'name="mail"' not in visit(app, name).get("/account").text

    assert post(visit(app, "zhang"), "/account/mail", {"mail": "zhang@example.com"}).status_code == 403
    assert address(world, "zhang") is None


def test_compliance_and_staff_admins_see_whom_mail_did_not_reach(app, world):
    person = world.people["compliance-2"]
    world.database.transact(mail.set_address, world.caller("compliance-2"), "gone@securities.example", world.now)
    world.database.note(outbox.put, person, world.now)
    taken = mail.Taken(1, person, "gone@securities.example", "x" * 26, {"staff": 1}, 8)
    world.database.transact(mail.give_up, taken, "SMTPRecipientsRefused 550", world.now)
    world.clock.forward(timedelta(minutes=1))

    for name, seen in {"compliance": True, "staff-admin": True, "clients": False, "reports": False}.items():
        page = visit(app, name).get("/home").text
        assert ("Mail does not get through" in page) is seen, name
        assert ("compliance-2, since" in page) is seen
        assert "gone@securities.example" not in page
