"""At the door without a key: cookies, addresses, hosts, forms from elsewhere, redirects, sizes, methods and content types."""

import json
import logging
import re
import threading
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from gatekeeper.actions.clients import investors
from gatekeeper.app import create_app
from gatekeeper.services import EXTENSION
from gatekeeper.settings import Settings
from gatekeeper.store.accounts import sessions
from gatekeeper.store.accounts.people import LoginSession
from gatekeeper.store.proof.ledger import LedgerEntry, LedgerPrivate
from gatekeeper.watching.logs import JsonLines
from gatekeeper.web import guards
from tests.attacks.conftest import PERSONAS, Siege
from tests.web.browser import hidden, post, visit
from tests.world import CHEAP, PASSWORD, SECRET

HTTPS = {"base_url": "https://research.example"}


def entries(siege: Siege) -> int:
    with siege.world.database.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(LedgerEntry)).scalar_one())


def built(siege: Siege, folder: Path, **settings: str) -> Flask:
    """Another application over the same database, with other settings."""
    variables = {
        "DATABASE_URL": siege.url,
        "SECRET_KEY": SECRET,
        "DATA_DIR": str(folder),
        "LOG_ORIGIN": "gatekeeper.example/test",
        "FIRM": "明澈证券",
        **settings,
    }
    made = Settings.from_env({f"GATEKEEPER_{name}": value for name, value in variables.items()})
    return create_app(made, clock=siege.world.clock, passwords=CHEAP)


@pytest.fixture
def secure(siege: Siege, tmp_path: Path):
    """The application as it runs behind a proxy that ends TLS."""
    app = built(siege, tmp_path, TRUSTED_PROXIES="10.0.0.0/8,2001:db8::/32")
    yield app
    app.extensions[EXTENSION].database.dispose()


def enter(app: Flask, login: str, **how: object) -> FlaskClient:
    browser = app.test_client()
    page = browser.get("/sign-in", **HTTPS).text
    form = {"csrf_token": hidden(page), "login": login, "password": PASSWORD}
    answer = browser.post("/sign-in", data=form, headers={"Sec-Fetch-Site": "same-origin"}, **HTTPS, **how)
    assert answer.status_code == 303
    return browser


# -------------------------------------------------------------------------------------------------------- cookies and sessions


def test_over_https_every_cookie_is_secure_and_the_session_is_bound_to_the_host(secure: Flask) -> None:
    browser = secure.test_client()
    page = browser.get("/sign-in", **HTTPS)
    form = {"csrf_token": hidden(page.text), "login": "c2", "password": PASSWORD}
    signed = browser.post("/sign-in", data=form, **HTTPS)
    choice = {"csrf_token": hidden(browser.get("/account", **HTTPS).text), "language": "en"}
    chosen = browser.post("/language", data=choice, **HTTPS)

    cookies = [each for answer in (page, signed, chosen) for each in answer.headers.getlist("Set-Cookie")]
    assert {each.partition("=")[0] for each in cookies} == {"__Host-gatekeeper", "language"}
    for each in cookies:
        assert "; Secure" in each
        assert "HttpOnly" in each
        assert "SameSite=Lax" in each
        assert "Path=/" in each
        assert "Domain" not in each
    assert "Expires" not in signed.headers["Set-Cookie"], "it ends with the browser"
    assert signed.headers["Strict-Transport-Security"]


def test_a_cookie_that_was_planted_before_signing_in_is_worth_nothing_after(siege: Siege) -> None:
    victim, attacker = siege.app.test_client(), siege.app.test_client()
    page = attacker.get("/sign-in").text
    planted = attacker.get_cookie("gatekeeper")
    assert planted is not None
    victim.set_cookie("gatekeeper", planted.value)
    answer = victim.post("/sign-in", data={"csrf_token": hidden(page), "login": "c2", "password": PASSWORD})
    assert answer.status_code == 303
    fresh = victim.get_cookie("gatekeeper")

    assert fresh is not None
    assert fresh.value != planted.value
    assert attacker.get("/reports").location.startswith("/sign-in")
    token = hidden(page)
    assert victim.post("/sign-out", data={"csrf_token": token}).status_code == 400, "the token of before is no token of now"


@pytest.mark.parametrize("value", ["", "x", "." * 3000, "eyJfdXNlcl9pZCI6IngifQ.aaaa.bbbb", "%00", "null", "é"])
def test_a_made_up_cookie_makes_a_stranger(siege: Siege, value: str) -> None:
    browser = siege.app.test_client()
    headers = {"Cookie": f"gatekeeper={value}; language=../../etc/passwd"}

    assert browser.get("/reports", headers=headers).location.startswith("/sign-in")
    assert browser.get("/sign-in", headers=headers).status_code == 200


def test_a_new_sign_in_ends_the_session_that_this_browser_had(siege: Siege) -> None:
    browser = visit(siege.app, "c2")
    old = browser.get_cookie("gatekeeper")
    page = browser.get("/account").text
    answer = browser.post("/sign-in", data={"csrf_token": hidden(page), "login": "c5", "password": PASSWORD})
    assert answer.status_code == 303
    assert old is not None
    thief = siege.app.test_client()
    thief.set_cookie("gatekeeper", old.value)

    assert thief.get("/reports").location.startswith("/sign-in")
    assert browser.get("/reports").status_code == 200


# ---------------------------------------------------------------------------------------------------------- hosts and addresses


def test_an_activation_link_is_https_where_cookies_are(siege: Siege, secure: Flask) -> None:
    world = siege.world
    world.client("linked")
    admin = enter(secure, "clients")
    path = f"/admin/investors/{world.investors['linked']}/persons/{world.people['linked']}"
    form = {"csrf_token": hidden(admin.get("/account", **HTTPS).text)}
    plain = {"base_url": "https://research.example", "environ_overrides": {"wsgi.url_scheme": "http"}}
    answer = admin.post(f"{path}/link", data=form, headers={"Sec-Fetch-Site": "same-origin"}, **plain)

    assert "https://research.example/activate/" in answer.text
    assert "http://" not in answer.text


def test_a_strange_host_is_never_repeated_to_a_stranger(siege: Siege) -> None:
    browser = siege.app.test_client()
    for path in ("/", "/sign-in", "/reports", "/nothing", "/admin/investors?q=x"):
        answer = browser.get(path, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
        assert "evil.example" not in answer.text + str(answer.headers)


@pytest.mark.parametrize(
    ("peer", "forwarded", "written"),
    [
        ("203.0.113.5", "1.2.3.4", "203.0.113.5"),
        ("10.0.0.1", "1.2.3.4", "1.2.3.4"),
        ("10.0.0.1", "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        ("10.0.0.1", "6.6.6.6, 10.9.9.9, 10.0.0.2", "6.6.6.6"),
        ("10.0.0.1", "127.0.0.1, 1.2.3.4 , 10.0.0.2", "1.2.3.4"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("::ffff:10.0.0.1", "1.2.3.4", "1.2.3.4"),
        ("::ffff:203.0.113.5", "1.2.3.4", "203.0.113.5"),
        ("2001:db8::1", "2a00::7", "2a00::7"),
    ],
)
def test_only_a_trusted_proxy_says_where_somebody_is(
    siege: Siege, secure: Flask, peer: str, forwarded: str, written: str
) -> None:
    how = {"environ_overrides": {"REMOTE_ADDR": peer}}
    browser = secure.test_client()
    form = {"csrf_token": hidden(browser.get("/sign-in", **HTTPS).text), "login": "c2", "password": PASSWORD}
    headers = {"X-Forwarded-For": forwarded, "X-Real-IP": "9.9.9.9", "Forwarded": "for=8.8.8.8"}
    browser.post("/sign-in", data=form, headers=headers, **HTTPS, **how)

    with siege.world.database.reading() as connection:
        session = connection.execute(select(LoginSession.address).order_by(LoginSession.id.desc()).limit(1)).scalar_one()
        newest = select(LedgerPrivate.value).where(LedgerPrivate.field == "address").order_by(LedgerPrivate.entry_id.desc())
        entry = connection.execute(newest.limit(1)).scalar_one()
    assert (session, entry) == (written, written)


def test_a_spoofed_address_does_not_begin_the_count_of_wrong_passwords_anew(siege: Siege) -> None:
    siege.world.client("guessed")
    statuses = []
    for number in range(6):
        browser = siege.app.test_client()
        form = {"csrf_token": hidden(browser.get("/sign-in").text), "login": "guessed", "password": "wrong"}
        headers = {"X-Forwarded-For": f"198.51.100.{number}", "X-Real-IP": f"198.51.100.{number}"}
        how = {"REMOTE_ADDR": "198.51.100.200"}
        statuses.append(browser.post("/sign-in", data=form, headers=headers, environ_overrides=how).status_code)

    assert statuses == [401, 401, 401, 401, 429, 429]


def test_neighbours_on_a_dual_stack_do_not_lock_each_other_out(siege: Siege) -> None:
    """IPv4 peers come as ::ffff:a.b.c.d there, which would all be of one /64."""
    siege.world.client("neighbour")
    for address, password, wanted in [("::ffff:198.51.100.1", "wrong", 401)] * 4 + [
        ("::ffff:198.51.100.1", "wrong", 429),
        ("::ffff:198.51.100.1", PASSWORD, 429),
        ("::ffff:198.51.100.2", PASSWORD, 303),
    ]:
        browser = siege.app.test_client()
        form = {"csrf_token": hidden(browser.get("/sign-in").text), "login": "neighbour", "password": password}
        answer = browser.post("/sign-in", data=form, environ_overrides={"REMOTE_ADDR": address})
        assert answer.status_code == wanted


def test_two_wrong_passwords_at_the_same_instant_are_both_told_so(siege: Siege) -> None:
    siege.world.client("twice")
    start, answers = threading.Barrier(2), []
    browsers = [siege.app.test_client() for _ in range(2)]
    tokens = [hidden(each.get("/sign-in").text) for each in browsers]

    def wrong(browser: FlaskClient, token: str) -> None:
        start.wait()
        answers.append(browser.post("/sign-in", data={"csrf_token": token, "login": "twice", "password": "wrong"}).status_code)

    threads = [threading.Thread(target=wrong, args=each) for each in zip(browsers, tokens, strict=True)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert answers == [401, 401]


# ------------------------------------------------------------------------------------------------------------------------ links


def test_an_older_link_dies_when_a_newer_one_is_issued_and_all_die_when_one_is_used(siege: Siege) -> None:
    world = siege.world
    person = world.client("relinked")
    for letter in "ab":
        token_hash = sessions.token_hash(letter * 43)
        world.database.transact(investors.issue_link, world.caller("clients"), person, token_hash, world.now)
    browser = siege.app.test_client()

    assert browser.get("/activate/" + "a" * 43).status_code == 409
    page = browser.get("/activate/" + "b" * 43)
    assert page.status_code == 200
    assert post(browser, "/activate/" + "a" * 43, {"password": "one of them is old"}, page=page.text).status_code == 409
    assert post(browser, "/activate/" + "b" * 43, {"password": "the new one is good"}, page=page.text).status_code == 303
    other = siege.app.test_client()
    again = post(other, "/activate/" + "b" * 43, {"password": "another long password"}, page=other.get("/sign-in").text)
    assert again.status_code == 409


def test_one_link_pressed_twice_at_once_sets_one_password(siege: Siege) -> None:
    world = siege.world
    person = world.client("pressed-twice")
    world.database.transact(investors.issue_link, world.caller("clients"), person, sessions.token_hash("p" * 43), world.now)
    start, answers = threading.Barrier(2), []
    browsers = [siege.app.test_client() for _ in range(2)]
    tokens = [hidden(each.get("/activate/" + "p" * 43).text) for each in browsers]

    def use(browser: FlaskClient, token: str, password: str) -> None:
        start.wait()
        answer = browser.post("/activate/" + "p" * 43, data={"csrf_token": token, "password": password})
        answers.append(answer.status_code)

    passwords = ["the first of two passwords", "the second of two passwords"]
    threads = [threading.Thread(target=use, args=each) for each in zip(browsers, tokens, passwords, strict=True)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(answers) == [303, 409]


# ----------------------------------------------------------------------------------------------------------- forms and redirects


def test_no_form_is_taken_without_its_token_or_with_anothers(siege: Siege) -> None:
    """Every address that takes a form, as everybody who may come to it: nothing is done and nothing is written."""
    for who in ("-", *PERSONAS):
        siege.browser(who).get("/account")
    foreign = hidden(siege.app.test_client().get("/sign-in").text)
    before, wrong = entries(siege), []
    for rule in siege.app.url_map.iter_rules():
        if "POST" not in (rule.methods or set()):
            continue
        path = re.sub(r"<(?:path:)?\w+>", "0" * 26, rule.rule)
        for who in ("-", *PERSONAS):
            for token, how in ((None, {}), (foreign, {}), ("x", {}), (None, {"content_type": "application/json"})):
                data = None if how else {"csrf_token": token} if token else {"a": "b"}
                answer = siege.browser(who).post(path, data=data, **how)
                if answer.status_code not in (400, 403) and not (answer.location or "").startswith("/sign-in"):
                    wrong.append((who, path, token, answer.status_code))

    assert wrong == []
    assert entries(siege) == before


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", "", "SAME-ORIGIN"])
def test_a_form_that_the_browser_says_comes_from_elsewhere_is_refused_with_a_good_token_too(siege: Siege, site: str) -> None:
    browser = siege.browser("c2")
    form = {"csrf_token": hidden(browser.get("/account").text), "language": "en"}

    assert browser.post("/language", data=form, headers={"Sec-Fetch-Site": site}).status_code == 403


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://localhost", 303),
        ("null", 303),
        ("http://evil.example", 403),
        ("http://localhost.evil.example", 403),
        ("http://localhost@evil.example", 403),
        ("http://[", 403),
        ("http://[::1", 403),
        ("localhost", 403),
        ("", 403),
    ],
)
def test_the_origin_of_a_form_is_this_host(siege: Siege, origin: str, status: int) -> None:
    browser = siege.browser("c2")
    form = {"csrf_token": hidden(browser.get("/account").text), "language": "en"}

    assert browser.post("/language", data=form, headers={"Origin": origin}).status_code == status


ELSEWHERE = [
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "https:evil.example",
    "https://evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "evil.example",
    "//[",
    "//[::1",
    "http://[",
    "//℀.example",
    "/\u2028//evil.example",
    " //evil.example",
    "\x00//evil.example",
]


@pytest.mark.parametrize("target", ELSEWHERE)
def test_no_address_leads_to_another_site(siege: Siege, target: str) -> None:
    assert guards.local_path(target) == "/"
    browser = siege.app.test_client()
    page = browser.get("/sign-in", query_string={"next": target})
    assert page.status_code == 200
    assert hidden(page.text, "next") in ("/", "/sign-in?" + page.request.query_string.decode())
    assert post(browser, "/language", {"language": "en", "next": target}, page=page.text).location == "/"


def test_a_path_of_this_site_is_kept(siege: Siege) -> None:
    for path in ("/", "/reports/abc/statement", "/log?from=2026-01-01&person=%E5%BC%A0", "/reports?q=http://x//y"):
        assert guards.local_path(path) == path


# ---------------------------------------------------------------------------------------------- sizes, methods, content types


def test_what_is_too_large_is_told_so(siege: Siege) -> None:
    admin = siege.browser("reports")
    token = hidden(admin.get("/account").text)
    field = admin.post("/admin/reports/import", data={"csrf_token": token, "reason": "x" * 600_000})
    parts = {"csrf_token": token, **{f"field{number}": "x" for number in range(300)}}
    many = admin.post("/admin/reports/import", data=parts, content_type="multipart/form-data")

    for answer in (field, many):
        assert answer.status_code == 413
        assert "too large" in answer.text


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"login": "c2"}'),
        ("application/json", b"{" * 10_000),
        ("text/plain", b"login=c2"),
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=", b"--\r\n\r\n--"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=\r\n\r\n"),
        ("application/x-www-form-urlencoded; charset=utf-7", b"login=+ADw-"),
        ("application/x-www-form-urlencoded; charset=nonsense", b"login=%ff%fe&csrf_token=%00"),
        ("", b"\xff\xfe\x00"),
        ("\u00e9", b"a=b"),
    ],
)
def test_a_body_of_another_kind_is_a_form_without_its_token(siege: Siege, kind: str, body: bytes) -> None:
    for who, path in (("-", "/sign-in"), ("clients", "/admin/investors/new"), ("reports", "/admin/reports/import")):
        answer = siege.browser(who).post(path, data=body, content_type=kind)
        assert answer.status_code in (400, 413)
        assert "Traceback" not in answer.text


def test_a_method_hidden_in_a_request_is_not_listened_to(siege: Siege) -> None:
    browser = siege.browser("c2")
    report = siege.reports["open"]
    for how in ({"headers": {"X-HTTP-Method-Override": "POST"}}, {"query_string": {"_method": "POST"}}):
        assert browser.get(f"/reports/{report}/acknowledgement", **how).status_code == 405
    before = entries(siege)
    assert browser.options(f"/reports/{report}").data == b""
    assert browser.options("/log").status_code == 403
    assert entries(siege) == before


@pytest.mark.parametrize(
    "path", ["../app.py", "..%2f..%2fpyproject.toml", "%2e%2e/%2e%2e/etc/passwd", "....//app.py", "/etc/passwd", "%00"]
)
def test_static_files_are_the_static_folder(siege: Siege, path: str) -> None:
    assert siege.browser("-").get(f"/static/{path}").status_code in (308, 404)


# ----------------------------------------------------------------------------------------------------------------- error pages


def test_what_nobody_foresaw_tells_a_code_and_nothing_of_what_it_was(
    siege: Siege, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(**_: object) -> str:
        message = 'SELECT password_hash FROM person\n{"event": "forged"}'
        raise RuntimeError(message)

    broken.gatekeeper_permission = "public"
    monkeypatch.setitem(siege.app.view_functions, "client.read", broken)
    monkeypatch.setitem(siege.app.config, "PROPAGATE_EXCEPTIONS", False)
    answer = siege.app.test_client().get("/reports/x", headers={"Accept-Language": "en"})

    assert answer.status_code == 500
    assert answer.headers["X-Request-ID"] in unescape(answer.text)
    for secret in ("password_hash", "RuntimeError", "Traceback", "gatekeeper/", str(Path.cwd()), "werkzeug", "flask"):
        assert secret not in answer.text
    [record] = [each for each in caplog.records if each.message == "request.failed"]
    line = JsonLines().format(record)
    assert "password_hash" not in line
    assert "\n" not in line
    assert json.loads(line)["request_id"] == answer.headers["X-Request-ID"]
    assert record.levelno == logging.ERROR
