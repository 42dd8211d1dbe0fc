"""The closed vocabularies: who may do what, what the ledger can say, and every name that is public once written."""

import re
from itertools import chain, combinations

import pytest

from gatekeeper.rules.errors import Conflict, Fault, GatekeeperError, Invalid, NotFound, NotPermitted, Unavailable
from gatekeeper.rules.events import Kind
from gatekeeper.rules.facts import ReleaseState
from gatekeeper.rules.risk import Action, Initiative, InvestorClass, InvestorKind, ProfessionalClause, RiskCategory, RiskGrade
from gatekeeper.rules.roles import GRANTS, Grant, Permission, Role, permissions
from gatekeeper.rules.suitability import Outcome, Reason

# -------------------------------------------------------------------------------------------------------------- who may do what

MAY = {
    Role.CLIENT: "read_as_client see_own_account",
    Role.COMPLIANCE: (
        "approve_classifications approve_reports approve_services approve_staff approve_statements change_statements "
        "make_dispute_packs review_reports "
        "search_ledger see_investors see_own_account see_proposals see_reports see_services see_staff see_statements "
        "stop_reports verify_ledger"
    ),
    Role.INSPECTOR: "search_ledger see_investors see_own_account see_proposals see_reports see_services see_staff see_statements",
    Role.SERVICE: "",
    Role.ADMIN: "see_own_account",
    Grant.ASSESSMENTS: "enter_assessments see_investors see_proposals",
    Grant.CLIENTS: "approve_classifications change_investors see_investors see_proposals",
    Grant.REPORTS: "change_reports review_reports see_proposals see_reports stop_reports",
    Grant.STAFF: "change_staff see_proposals see_staff",
    Grant.SERVICES: "change_services see_proposals see_services",
}


@pytest.mark.parametrize(("holder", "names"), MAY.items(), ids=[f"{type(holder).__name__}_{holder}".lower() for holder in MAY])
def test_each_role_and_grant_permits_exactly_this(holder: Role | Grant, names: str) -> None:
    assert sorted(GRANTS[holder]) == names.split()


def test_every_role_and_grant_has_its_row() -> None:
    assert set(GRANTS) == set(MAY) == {*Role, *Grant}


def test_an_admin_without_a_grant_has_an_account_and_nothing_else() -> None:
    assert permissions(Role.ADMIN) == {Permission.SEE_OWN_ACCOUNT}


def every_choice_of_grants() -> list[tuple[Grant, ...]]:
    return list(chain.from_iterable(combinations(Grant, size) for size in range(len(Grant) + 1)))


@pytest.mark.parametrize("grants", every_choice_of_grants(), ids=lambda grants: "+".join(grants).lower() or "none")
def test_an_admins_grants_add_up(grants: tuple[Grant, ...]) -> None:
    named = {"see_own_account", *chain.from_iterable(MAY[grant].split() for grant in grants)}

    assert permissions(Role.ADMIN, grants) == named
    assert permissions(Role.ADMIN, iter(grants)) == named


@pytest.mark.parametrize("role", [Role.CLIENT, Role.COMPLIANCE, Role.INSPECTOR, Role.SERVICE])
def test_grants_are_worth_nothing_outside_an_admins_hand(role: Role) -> None:
    assert permissions(role, Grant) == permissions(role) == set(MAY[role].split())


def test_research_cannot_set_categories() -> None:
    research = permissions(Role.ADMIN, [Grant.REPORTS])

    assert research.isdisjoint({Permission.CHANGE_INVESTORS, Permission.APPROVE_CLASSIFICATIONS, Permission.SEE_INVESTORS})


def test_nobody_both_changes_and_approves_reports_or_staff() -> None:
    for role, grants in [*((role, ()) for role in Role), *((Role.ADMIN, grants) for grants in every_choice_of_grants())]:
        allowed = permissions(role, grants)

        assert not {Permission.CHANGE_REPORTS, Permission.APPROVE_REPORTS} <= allowed
        assert not {Permission.CHANGE_STAFF, Permission.APPROVE_STAFF} <= allowed


def test_an_inspector_only_looks() -> None:
    assert {permission.split("_")[0] for permission in permissions(Role.INSPECTOR)} == {"see", "search"}


def test_only_clients_read_as_clients() -> None:
    assert [holder for holder, allowed in GRANTS.items() if Permission.READ_AS_CLIENT in allowed] == [Role.CLIENT]


def test_every_permission_is_held_by_somebody() -> None:
    assert set().union(*GRANTS.values()) == set(Permission)


# ------------------------------------------------------------------------------------------------------- what the ledger can say

KINDS = [
    "access.answered",
    "access.lapsed",
    "access.looked_back",
    "access.requested",
    "access.viewed",
    "activation_link.issued",
    "activation_link.used",
    "application.attached",
    "application.checked",
    "application.detached",
    "application.handed_in",
    "application.refused",
    "application.rejected",
    "application.saved",
    "application.started",
    "application.tested",
    "application.viewed",
    "application.warned",
    "assessment.acknowledged",
    "assessment.answered",
    "assessment.entered",
    "assessment.refused",
    "assessment.scored",
    "assessment.started",
    "assessment.viewed",
    "bookmark.removed",
    "call_back.finished",
    "call_backs.viewed",
    "checkpoint.anchored",
    "classification.approved",
    "classification.corrected",
    "classification.lowered",
    "classification.proposed",
    "classification.rejected",
    "classification.withdrawn",
    "confirmation.attempted",
    "decision.asked",
    "decisions.asked",
    "decisions.replayed",
    "declaration.checked",
    "declaration.made",
    "declaration.viewed",
    "delivery.attempted",
    "delivery.completed",
    "delivery.doubted",
    "delivery.dropped",
    "delivery.failed",
    "delivery.refused",
    "delivery.resolved",
    "dispute_pack.made",
    "distribution.exported",
    "distribution.finished",
    "distribution.halted",
    "distribution.previewed",
    "distribution.resumed",
    "distribution.started",
    "distribution.viewed",
    "entitled.searched",
    "entry.read",
    "erasure.refused",
    "evidence.exported",
    "evidence_file.downloaded",
    "evidence_file.stored",
    "evidence_file.viewed",
    "expiry.announced",
    "figures.recounted",
    "figures.viewed",
    "home.viewed",
    "import.approved",
    "import.checked",
    "import.confirmed",
    "import.continued",
    "import.discarded",
    "import.downloaded",
    "import.failed",
    "import.finished",
    "import.proposed",
    "import.rejected",
    "import.started",
    "import.viewed",
    "import.withdrawn",
    "integrity.viewed",
    "investor.chosen",
    "investor.created",
    "investor.imported",
    "investor.viewed",
    "key.rotated",
    "leak.traced",
    "ledger.exported",
    "ledger.scrubbed",
    "ledger.searched",
    "ledger.verified",
    "legal_hold.lifted",
    "legal_hold.set",
    "letters.attempted",
    "letters.doubted",
    "letters.sent",
    "log.recovered",
    "log.started",
    "mail.failed",
    "mail.sent",
    "mail_address.asked",
    "mail_address.changed",
    "notice.acknowledged",
    "notice.addressed",
    "notice.viewed",
    "page.viewed",
    "paper.dismissed",
    "paper.received",
    "paper.viewed",
    "password.changed",
    "person.created",
    "person.signed_in",
    "person.signed_out",
    "person.suspended",
    "policy.approved",
    "policy.installed",
    "policy.proposed",
    "policy.rehearsed",
    "policy.rejected",
    "policy.rematched",
    "policy.viewed",
    "policy.withdrawn",
    "privacy.erased",
    "privacy_notice.accepted",
    "privacy_notice.declined",
    "privacy_notice.installed",
    "privacy_notice.served",
    "proposal.expired",
    "publication.approved",
    "publication.proposed",
    "publication.rejected",
    "publication.withdrawn",
    "questionnaire.approved",
    "questionnaire.installed",
    "questionnaire.proposed",
    "questionnaire.rejected",
    "questionnaire.viewed",
    "questionnaire.withdrawn",
    "readers.notified",
    "readers.viewed",
    "reading.ended",
    "receipt.checked",
    "receipt.downloaded",
    "release.examined",
    "report.bookmarked",
    "report.copied",
    "report.distributed",
    "report.imported",
    "report.opened",
    "report.published",
    "report.received",
    "report.refused",
    "report.regraded",
    "report.reviewed",
    "report.stopped",
    "report.typed",
    "report.withheld",
    "reports.listed",
    "service.approved",
    "service.created",
    "service.lowered",
    "service.proposed",
    "service.refused",
    "service.rejected",
    "service.suspended",
    "service.withdrawn",
    "service_token.ended",
    "service_token.made",
    "session.ended",
    "settlement.ended",
    "sign_in.failed",
    "sign_in.locked",
    "signing.halted",
    "signing.resumed",
    "staff.approved",
    "staff.bootstrapped",
    "staff.lowered",
    "staff.proposed",
    "staff.rejected",
    "staff.withdrawn",
    "statement.accepted",
    "statement.approved",
    "statement.declined",
    "statement.installed",
    "statement.proposed",
    "statement.rejected",
    "statement.served",
    "statement.withdrawn",
    "statements.viewed",
    "subscription.added",
    "subscription.removed",
    "verification.asked",
    "view.removed",
    "view.saved",
]
"""Names are only ever added: a line that is missing here may be put in, none may be changed or taken out."""

SUBJECT = r"[a-z]+(_[a-z]+)*"
PAST_PARTICIPLE = r"([a-z]+ed|chosen|made|read|sent|set|withdrawn|withheld)(_(in|out|back))?"


def test_the_events_are_these_and_no_others() -> None:
    assert sorted(Kind) == KINDS


@pytest.mark.parametrize("kind", Kind)
def test_an_event_is_a_subject_and_a_past_participle(kind: Kind) -> None:
    assert re.fullmatch(rf"{SUBJECT}\.{PAST_PARTICIPLE}", kind)
    assert kind.name == kind.value.replace(".", "_").upper()


@pytest.mark.parametrize("vocabulary", [Kind, Permission])
def test_members_stand_in_alphabetical_order(vocabulary: type[Kind] | type[Permission]) -> None:
    names = [member.name for member in vocabulary]

    assert names == sorted(names)


# ----------------------------------------------------------------------------------------------------------------- public names

REASONS = [
    "report_unknown",
    "report_not_released",
    "report_embargoed",
    "report_withdrawn",
    "report_ungraded",
    "notice_conflict",
    "investor_unknown",
    "not_a_client",
    "no_service_contract",
    "account_suspended",
    "profile_incomplete",
    "audience_not_eligible",
    "professional_expired",
    "not_assessed",
    "assessment_expired",
    "lowest_category",
    "category_below_grade",
    "cooling_off",
    "term_mismatch",
    "variety_mismatch",
    "push_mismatch",
    "acknowledgement_required",
    "acknowledgement_outdated",
    "policy_error",
]


def test_the_reasons_stand_in_the_order_in_which_they_are_told() -> None:
    assert list(Reason) == REASONS
    assert [reason.name for reason in Reason] == [name.upper() for name in REASONS]


@pytest.mark.parametrize(
    ("vocabulary", "names"),
    [
        (Outcome, "PERMIT ACKNOWLEDGE DENY"),
        (Action, "READ BOOKMARK RECEIVE USE"),
        (Initiative, "PULL PUSH"),
        (InvestorKind, "INDIVIDUAL INSTITUTION FINANCIAL_INSTITUTION PRODUCT"),
        (InvestorClass, "ORDINARY PROFESSIONAL_A PROFESSIONAL_B PROFESSIONAL_C"),
        (ProfessionalClause, "ANY INSTITUTION FINANCIAL_INSTITUTION"),
        (ReleaseState, "UNRELEASED SCHEDULED RELEASED WITHDRAWN"),
        (Role, "CLIENT COMPLIANCE INSPECTOR SERVICE ADMIN"),
        (Grant, "ASSESSMENTS CLIENTS REPORTS STAFF SERVICES"),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_every_value_is_its_own_name(vocabulary: type[Outcome], names: str) -> None:
    assert list(vocabulary) == [member.name for member in vocabulary] == names.split()


def test_categories_and_grades_count_from_one_to_five() -> None:
    assert {member.name: int(member) for member in RiskCategory} == {"C1": 1, "C2": 2, "C3": 3, "C4": 4, "C5": 5}
    assert {member.name: int(member) for member in RiskGrade} == {"R1": 1, "R2": 2, "R3": 3, "R4": 4, "R5": 5}


def test_three_classes_are_professional() -> None:
    assert [member.name for member in InvestorClass if not member.is_professional] == ["ORDINARY"]


# ----------------------------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize("kind", [Invalid, NotFound, NotPermitted, Conflict, Unavailable])
def test_every_error_of_the_product_is_one_of_these(kind: type[GatekeeperError]) -> None:
    assert kind.__bases__ == (GatekeeperError,)


def test_an_error_is_filled_only_when_it_is_told() -> None:
    error = NotFound("There is no report %(id)s.", id="abc")

    assert error.args == ("There is no report %(id)s.",)
    assert (error.fault.message, error.fault.values, error.fault.field) == ("There is no report %(id)s.", {"id": "abc"}, None)
    assert str(error) == "There is no report abc."


def test_an_error_may_name_the_field_it_is_about() -> None:
    assert Conflict("Taken.", field="login").fault.field == "login"
    assert Invalid(Fault("Too short.", field="password")).fault.field == "password"


def test_a_fault_without_values_is_told_as_it_stands() -> None:
    assert str(Fault("100 % of nothing")) == "100 % of nothing"
    assert repr(Fault("At most %(most)s.", field="share", most=5)) == "Fault('At most 5.', field='share')"


def test_an_invalid_thing_is_told_with_all_its_faults() -> None:
    error = Invalid(Fault("%(name)s is missing.", name="grade"), Fault("Too many."))

    assert str(error) == "grade is missing. Too many."
    assert error.fault.message == "%(name)s is missing."
    assert len(error.faults) == 2
