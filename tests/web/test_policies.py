"""The policy's pages: what a text would change is told before it is proposed, and every fault of it where it is typed."""

import pytest

from gatekeeper.rules.risk import RiskCategory, RiskGrade
from gatekeeper.rules.roles import Role
from tests.actions.test_policies import DEFAULT, NO_R3
from tests.library import release
from tests.web.browser import post, visit

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def kinds(world):
    with world.database.reading() as connection:
        return connection.exec_driver_sql("SELECT kind FROM ledger_entry ORDER BY id").scalars().all()


def test_an_officer_tries_a_text_out_proposes_it_and_another_approves_after_looking(world, app):
    world.client("c3", RiskCategory.C3)
    release(world, RiskGrade.R3)
    officer, second = visit(app, "compliance"), visit(app, "compliance-2")

    assert 'C3 = ["R1", "R2", "R3"]'.replace('"', "&#34;") in officer.get("/policy/new").text
    tried = post(officer, "/policy/new", {"text": NO_R3, "then": "try"})
    assert tried.status_code == 200
    assert "They lose" in tried.text
    assert "N-c3" in tried.text
    proposed = post(officer, "/policy/new", {"text": NO_R3, "reason": "收紧"})
    page = second.get(proposed.location).text
    assert "/policy/rehearsal/" in page
    looked = second.get(f"/policy/rehearsal/{proposed.location.rpartition('/')[2]}")
    assert "They lose" in looked.text
    assert post(second, f"{proposed.location}/approval", {"reason": ""}, page=page).status_code in (200, 303)

    assert "C3 = [&#34;R1&#34;, &#34;R2&#34;]" in second.get("/policy").text
    assert kinds(world).count("policy.rehearsed") == 2
    assert kinds(world).count("policy.approved") == 1


def test_a_text_with_faults_is_shown_again_with_every_fault_and_nothing_is_recorded(world, app):
    officer = visit(app, "compliance")
    broken = DEFAULT.replace('C2 = ["R1", "R2"]', 'C2 = ["R9"]').replace("assessment_months = 24", "assessment_months = 99")

    for then in ("try", ""):
        answer = post(officer, "/policy/new", {"text": broken, "reason": "x", "then": then})
        assert answer.status_code == 400
        assert "R9" in answer.text
        assert "There is a problem" in answer.text
    assert "policy.proposed" not in kinds(world)
    assert "policy.rehearsed" not in kinds(world)


def test_a_day_that_is_none_is_told_at_its_field(world, app):
    answer = post(visit(app, "compliance"), "/policy/new", {"text": NO_R3, "reason": "x", "effective": "tomorrow"})

    assert answer.status_code == 400
    assert "effective-error" in answer.text


def test_an_inspector_sees_the_policy_and_proposes_none(world, app):
    world.staff("inspector", Role.INSPECTOR)
    inspector = visit(app, "inspector")

    assert inspector.get("/policy").status_code == 200
    assert "/policy/new" not in inspector.get("/policy").text
    assert inspector.get("/policy/new").status_code == 403
