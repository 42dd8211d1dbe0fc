"""Every endpoint × every role and grant, in one table.

An endpoint that is not in it, or a view that declares nothing, fails the suite.
"""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from gatekeeper.rules.roles import Grant, Role
from gatekeeper.web import guards
from tests.web.browser import hidden, visit
from tests.world import World

PERSONAS = {
    "-": "stranger",
    "C": "client",
    "O": "compliance",
    "I": "inspector",
    "c": "clients",
    "r": "reports",
    "s": "staff-admin",
    "v": "services",
    "p": "papers",
}
"""One letter each: a stranger, a client, a compliance officer, an inspector, and an admin with each of the five grants."""

EVERYONE = "-COIcrsvp"
SIGNED_IN = "COIcrsvp"

TABLE = {
    "leaks.form": "OI",
    "leaks.look_up": "OI",
    "viewing.copy": "C",
    "viewing.end": "C",
    "viewing.picture": "C",
    "viewing.text": "C",
    "access_requests.answer": "c",
    "access_requests.index": "OIcp",
    "account.ask_mail": "C",
    "account.change_password": SIGNED_IN,
    "account.confirm": "C",
    "account.confirmation": "C",
    "account.end_session": SIGNED_IN,
    "account.set_mail_address": "OIcrsvp",
    "account.show": SIGNED_IN,
    "applications.attach": "c",
    "applications.begin": "c",
    "applications.check": "c",
    "applications.detach": "c",
    "applications.evidence": "c",
    "applications.figures": "c",
    "applications.hand_in": "c",
    "applications.index": "OIcp",
    "applications.new": "c",
    "applications.ordinary": "c",
    "applications.propose": "c",
    "applications.record_notice": "c",
    "applications.reject": "c",
    "applications.review": "c",
    "applications.save": "c",
    "applications.show": "OIcp",
    "as_of.readers": "OI",
    "as_of.readers_file": "OI",
    "as_of.readings": "OI",
    "as_of.readings_file": "OI",
    "assessments.acknowledge": "C",
    "assessments.answer": "C",
    "assessments.begin": "C",
    "assessments.hand_in": "C",
    "assessments.letter": "C",
    "assessments.look": "OIcp",
    "assessments.questions": "C",
    "assessments.review": "C",
    "assessments.show": "C",
    "bookmarks.add": "C",
    "bookmarks.index": "C",
    "bookmarks.remove": "C",
    "bookmarks.remove_by_code": "C",
    "call_backs.done": "c",
    "call_backs.index": "OIcp",
    "call_backs.resolve": "c",
    "client.accepted_words": "C",
    "client.acknowledge": "C",
    "client.read": "C",
    "client.record": "C",
    "client.reports": "C",
    "client.statement": "C",
    "compliance.entry": "OI",
    "compliance.log": "OI",
    "court.acceptance": "OI",
    "court.accesses": "OI",
    "court.accesses_file": "OI",
    "declarations.check": "Oc",
    "declarations.declare": "C",
    "declarations.index": "OIcp",
    "declarations.preview": "C",
    "declarations.show": "C",
    "distributions.download": "OI",
    "distributions.halt": "Or",
    "distributions.index": "OIr",
    "distributions.new": "Or",
    "distributions.preview": "Or",
    "distributions.resume": "Or",
    "distributions.show": "OIr",
    "distributions.start": "r",
    "evidence_files.original": "OIcp",
    "evidence_files.page": "OIcp",
    "exports.download": "OI",
    "exports.form": "OI",
    "figures.entries": "OI",
    "figures.index": "OI",
    "inbox.index": "C",
    "integrity.index": "OI",
    "integrity.verify": "O",
    "interface.show": EVERYONE,
    "investors.changes.change_standing": "c",
    "investors.changes.classification": "c",
    "investors.changes.classify": "c",
    "investors.changes.set_up": "c",
    "investors.changes.set_up_all": "c",
    "investors.changes.standing": "c",
    "investors.corrections.correct": "c",
    "investors.corrections.show": "c",
    "fair_release.file": "OI",
    "fair_release.show": "OI",
    "home.index": "OIcrsvp",
    "home.lapsing": "OIcp",
    "home.never_activated": "OIcp",
    "home.refused": "OIcp",
    "investors.create": "c",
    "investors.imports.confirm": "c",
    "investors.imports.discard": "c",
    "investors.imports.index": "OIcp",
    "investors.imports.new": "c",
    "investors.imports.result": "OIcp",
    "investors.imports.show": "OIcp",
    "investors.imports.start": "c",
    "investors.imports.template": "c",
    "investors.index": "OIcp",
    "investors.new": "c",
    "investors.dispute.make": "O",
    "investors.dispute.show": "O",
    "investors.past.show": "OIcp",
    "investors.persons.add": "c",
    "investors.persons.end": "c",
    "investors.persons.link": "c",
    "investors.persons.new": "c",
    "investors.persons.reactivate": "c",
    "investors.persons.set_mail": "c",
    "investors.persons.show": "c",
    "investors.persons.suspend": "c",
    "investors.show": "OIcp",
    "reports.mornings.bring": "r",
    "reports.mornings.propose": "r",
    "reports.mornings.show": "OIr",
    "reports.mornings.stop": "Or",
    "notices.acknowledge": "C",
    "notices.index": "C",
    "papers.choose": "p",
    "papers.chosen": "p",
    "papers.enter": "p",
    "papers.index": "p",
    "papers.page": "p",
    "papers.questions": "p",
    "papers.receive": "p",
    "papers.set_aside": "p",
    "policies.new": "O",
    "policies.propose": "O",
    "policies.rehearse": "O",
    "policies.show": "OI",
    "rehearsals.file": "O",
    "rehearsals.page": "O",
    "privacy.accept": "C",
    "privacy.decline": "C",
    "privacy.show": "C",
    "professional.acknowledge": "C",
    "professional.answer": "C",
    "professional.attach": "C",
    "professional.begin": "C",
    "professional.detach": "C",
    "professional.evidence": "C",
    "professional.figures": "C",
    "professional.give_up": "C",
    "professional.hand_in": "C",
    "professional.ordinary": "C",
    "professional.review": "C",
    "professional.save": "C",
    "professional.show": "C",
    "professional.test": "C",
    "professional.warning": "C",
    "proposals.approve": "OIcrsvp",
    "proposals.approve_selected": "OIcrsvp",
    "proposals.check": "OIcrsvp",
    "proposals.index": "OIcrsvp",
    "proposals.reject": "OIcrsvp",
    "proposals.show": "OIcrsvp",
    "proposals.withdraw": "OIcrsvp",
    "questionnaires.index": "OI",
    "questionnaires.new": "O",
    "questionnaires.propose": "O",
    "questionnaires.proposed": "OI",
    "questionnaires.show": "OI",
    "reports.readers.download": "Or",
    "reports.readers.show": "Or",
    "receipts.machine": "C",
    "receipts.pdf": "C",
    "receipts.show": "C",
    "marked.draw": "Or",
    "marked.show": "Or",
    "reports.import_files": "r",
    "reports.import_form": "r",
    "reports.index": "OIr",
    "reports.propose": "r",
    "reports.publish": "r",
    "reports.review": "Or",
    "reports.show": "OIr",
    "reports.stop": "Or",
    "reports.settlements.end": "Or",
    "reports.settlements.index": "OIr",
    "reports.settlements.renew": "r",
    "subscriptions.add": "C",
    "subscriptions.index": "C",
    "subscriptions.remove": "C",
    "sign_in.activate": EVERYONE,
    "sign_in.activation": EVERYONE,
    "sign_in.choose": "C",
    "sign_in.choose_language": EVERYONE,
    "sign_in.form": EVERYONE,
    "sign_in.investors": "C",
    "sign_in.sign_out": SIGNED_IN,
    "sign_in.start": EVERYONE,
    "sign_in.submit": EVERYONE,
    "services.change": "v",
    "services.create": "v",
    "services.index": "OIv",
    "services.make": "v",
    "services.new": "v",
    "services.revoke": "v",
    "services.scope": "v",
    "services.show": "OIv",
    "services.suspend": "v",
    "staff.change": "s",
    "staff.edit": "s",
    "staff.index": "OIs",
    "staff.new": "s",
    "staff.propose": "s",
    "staff.reset": "s",
    "staff.suspend": "s",
    "statements.compare": "OI",
    "statements.index": "OI",
    "statements.new": "O",
    "statements.propose": "O",
    "static": EVERYONE,
    "timelines.investor": "OIcp",
    "timelines.person": "OIcp",
    "timelines.report": "OI",
    "typing.form": "r",
    "typing.save": "r",
    "verify.check": EVERYONE,
    "verify.form": EVERYONE,
    "verify.program": EVERYONE,
    "versions.add": "r",
    "versions.compare": "Or",
    "versions.grade": "r",
    "versions.regrade": "r",
    "versions.review": "Or",
    "versions.show": "OIr",
    "views.index": "OI",
    "views.remove": "OI",
    "views.save": "OI",
    "style.page": EVERYONE,
}

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_the_table_names_every_endpoint(app: Flask) -> None:
    assert sorted({rule.endpoint for rule in app.url_map.iter_rules()}) == sorted(TABLE)


def test_every_view_declares_what_it_asks_for(app: Flask) -> None:
    assert [endpoint for endpoint, view in app.view_functions.items() if guards.declared(view) is None] == []


@pytest.fixture
def browsers(app: Flask, world: World) -> dict[str, FlaskClient]:
    """A browser for each persona, signed in."""
    world.client("client")
    world.staff("inspector", Role.INSPECTOR)
    world.staff("services", Role.ADMIN, Grant.SERVICES)
    world.staff("papers", Role.ADMIN, Grant.ASSESSMENTS)
    return {letter: app.test_client() if letter == "-" else visit(app, name) for letter, name in PERSONAS.items()}


@pytest.mark.takes_long
@on_sqlite
def test_each_door_opens_to_whom_the_table_says_and_to_nobody_else(app: Flask, browsers: dict[str, FlaskClient]) -> None:
    wrong = []
    tokens = {
        letter: hidden(browser.get("/sign-in" if letter == "-" else "/account").text) for letter, browser in browsers.items()
    }
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "sign_in.sign_out":  # it would end the session of the next request; it has tests of its own
            continue
        path = re.sub(r"<(?:path:)?(\w+)>", "0" * 26, rule.rule) if rule.endpoint != "static" else "/static/style.css"
        for letter, browser in browsers.items():
            token = tokens[letter]
            for method in sorted(rule.methods or set()):
                opened = _opens(browser, method, path, token)
                if opened != (letter in TABLE[rule.endpoint]):
                    wrong.append((rule.endpoint, method, PERSONAS[letter], opened))
    assert wrong == []


def _opens(browser: FlaskClient, method: str, path: str, token: str) -> bool:
    """Whether the guard lets this through; what the view then says of a made-up id is not the question here."""
    answer = browser.open(path, method=method, data={"csrf_token": token} if method == "POST" else None)
    answer.close()
    assert answer.status_code < 500, (method, path)
    to_sign_in = answer.status_code == 303 and answer.location.startswith("/sign-in")
    return answer.status_code != 403 and (not to_sign_in or path in {"/", "/language"} or path.startswith("/activate"))


@on_sqlite
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE"])
def test_a_wrong_method_is_refused_with_what_is_allowed(app: Flask, browsers: dict[str, FlaskClient], method: str) -> None:
    for letter in "-CO":
        for path in ("/reports", "/log", "/admin/reports", "/sign-in"):
            answer = browsers[letter].open(path, method=method)
            assert answer.status_code == 405
            assert "GET" in answer.headers["Allow"]


@on_sqlite
def test_a_view_that_declares_nothing_is_closed_to_everybody(app: Flask, browsers: dict[str, FlaskClient]) -> None:
    app.view_functions["account.show"] = lambda: "open"

    assert {browser.get("/account").status_code for browser in browsers.values()} == {403}
