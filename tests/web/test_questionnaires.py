"""The questionnaires' pages: the form is shown before it is proposed, every fault is told where it is typed, nothing is lost."""

import pytest

from gatekeeper.rules.roles import Role
from tests import assessed
from tests.actions.test_questionnaires import FIRST, SECOND, version
from tests.web.browser import post, visit

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def asked(world):
    assessed.install(world)
    return world


def new_page(officer):
    """The editor of the individuals' questionnaire."""
    index = officer.get("/questionnaires").text
    return next(part.partition('"')[0] for part in index.split('href="')[1:] if part.partition('"')[0].endswith("/new"))


def test_an_officer_tries_a_text_out_proposes_it_and_another_approves_after_looking(asked, app):
    officer, second = visit(app, "compliance"), visit(app, "compliance-2")
    path = new_page(officer)

    draft = officer.get(path).text
    assert "version = 2" in draft
    assert "effective = 2026-11-23" in draft
    tried = post(officer, path, {"text": SECOND, "then": "try"})
    assert tried.status_code == 200
    assert tried.text.count('name="shown-age"') == 6, "the question with its six answers, as a client sees it"
    assert "What this text would ask" in tried.text
    proposed = post(officer, path, {"text": SECOND, "reason": "措辞"})
    assert proposed.status_code == 303
    page = second.get(proposed.location).text
    assert "questions.age.words.zh" in page
    assert "您今年多大年龄？" in page
    form = second.get(f"/questionnaires/proposed/{proposed.location.rpartition('/')[2]}")
    assert form.text.count('name="shown-age"') == 6
    post(second, f"{proposed.location}/approval", {"reason": ""}, page=page)

    index = second.get("/questionnaires").text
    assert "Look at version 2" in index
    assert "Look at version 1" in index
    code = index.partition("Look at version 2")[0].rpartition("/questionnaires/")[2].partition('"')[0]
    assert "83" in second.get(f"/questionnaires/{code}").text


def test_a_text_with_faults_is_shown_again_with_every_fault(asked, app):
    officer = visit(app, "compliance")
    path, broken = new_page(officer), version(FIRST).replace("jump = 2", "jump = 9").replace("to = 19", "to = 18")

    for then in ("try", ""):
        answer = post(officer, path, {"text": broken, "reason": "原因在此", "then": then})
        assert answer.status_code == 400
        assert "review.jump must be a whole number" in answer.text
        assert "bands" in answer.text
        assert "jump = 9" in answer.text
        assert "原因在此" in answer.text


def test_an_inspector_looks_and_proposes_nothing(asked, app):
    asked.staff("inspector", Role.INSPECTOR)
    inspector = visit(app, "inspector")

    assert "/new" not in inspector.get("/questionnaires").text
    assert inspector.get(new_page(visit(app, "compliance"))).status_code == 403
    assert inspector.get("/questionnaires/nothing").status_code == 404
