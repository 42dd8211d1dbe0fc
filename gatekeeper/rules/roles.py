"""Who may do what: one role a person, and for admins single grants, so that research cannot set categories.

Roles and grants give permissions; the two-person rule comes on top of them and is held by the acts themselves.
"""

from collections.abc import Iterable
from enum import StrEnum


class Role(StrEnum):
    """What a person is here. One role per person."""

    CLIENT = "CLIENT"
    COMPLIANCE = "COMPLIANCE"
    INSPECTOR = "INSPECTOR"
    SERVICE = "SERVICE"
    ADMIN = "ADMIN"


class Grant(StrEnum):
    """What an admin may change. An admin without a grant can sign in and see nothing."""

    ASSESSMENTS = "ASSESSMENTS"
    CLIENTS = "CLIENTS"
    REPORTS = "REPORTS"
    STAFF = "STAFF"
    SERVICES = "SERVICES"


class Permission(StrEnum):
    """What a page or command asks for. Kept in alphabetical order."""

    APPROVE_CLASSIFICATIONS = "approve_classifications"
    APPROVE_REPORTS = "approve_reports"
    APPROVE_SERVICES = "approve_services"
    APPROVE_STAFF = "approve_staff"
    APPROVE_STATEMENTS = "approve_statements"
    CHANGE_INVESTORS = "change_investors"
    CHANGE_REPORTS = "change_reports"
    CHANGE_SERVICES = "change_services"
    CHANGE_STAFF = "change_staff"
    CHANGE_STATEMENTS = "change_statements"
    ENTER_ASSESSMENTS = "enter_assessments"
    MAKE_DISPUTE_PACKS = "make_dispute_packs"
    READ_AS_CLIENT = "read_as_client"
    REVIEW_REPORTS = "review_reports"
    SEARCH_LEDGER = "search_ledger"
    SEE_INVESTORS = "see_investors"
    SEE_OWN_ACCOUNT = "see_own_account"
    SEE_PROPOSALS = "see_proposals"
    SEE_REPORTS = "see_reports"
    SEE_SERVICES = "see_services"
    SEE_STAFF = "see_staff"
    SEE_STATEMENTS = "see_statements"
    STOP_REPORTS = "stop_reports"
    VERIFY_LEDGER = "verify_ledger"


_EVERYONE = frozenset({Permission.SEE_OWN_ACCOUNT})

GRANTS: dict[Role | Grant, frozenset[Permission]] = {
    Role.CLIENT: _EVERYONE | {Permission.READ_AS_CLIENT},
    Role.COMPLIANCE: _EVERYONE
    | {
        Permission.APPROVE_CLASSIFICATIONS,
        Permission.APPROVE_REPORTS,
        Permission.APPROVE_SERVICES,
        Permission.APPROVE_STAFF,
        Permission.APPROVE_STATEMENTS,
        Permission.CHANGE_STATEMENTS,
        Permission.MAKE_DISPUTE_PACKS,
        Permission.REVIEW_REPORTS,
        Permission.SEARCH_LEDGER,
        Permission.SEE_INVESTORS,
        Permission.SEE_PROPOSALS,
        Permission.SEE_REPORTS,
        Permission.SEE_SERVICES,
        Permission.SEE_STAFF,
        Permission.SEE_STATEMENTS,
        Permission.STOP_REPORTS,
        Permission.VERIFY_LEDGER,
    },
    Role.INSPECTOR: _EVERYONE
    | {
        Permission.SEARCH_LEDGER,
        Permission.SEE_INVESTORS,
        Permission.SEE_PROPOSALS,
        Permission.SEE_REPORTS,
        Permission.SEE_SERVICES,
        Permission.SEE_STAFF,
        Permission.SEE_STATEMENTS,
    },
    Role.SERVICE: frozenset(),
    Role.ADMIN: _EVERYONE,
    Grant.ASSESSMENTS: frozenset({Permission.ENTER_ASSESSMENTS, Permission.SEE_INVESTORS, Permission.SEE_PROPOSALS}),
    Grant.CLIENTS: frozenset(
        {
            Permission.APPROVE_CLASSIFICATIONS,
            Permission.CHANGE_INVESTORS,
            Permission.SEE_INVESTORS,
            Permission.SEE_PROPOSALS,
        }
    ),
    Grant.REPORTS: frozenset(
        {
            Permission.CHANGE_REPORTS,
            Permission.REVIEW_REPORTS,
            Permission.SEE_PROPOSALS,
            Permission.SEE_REPORTS,
            Permission.STOP_REPORTS,
        }
    ),
    Grant.STAFF: frozenset({Permission.CHANGE_STAFF, Permission.SEE_PROPOSALS, Permission.SEE_STAFF}),
    Grant.SERVICES: frozenset({Permission.CHANGE_SERVICES, Permission.SEE_PROPOSALS, Permission.SEE_SERVICES}),
}
"""What each role and each admin's grant permits."""


def permissions(role: Role, grants: Iterable[Grant] = ()) -> frozenset[Permission]:
    """All that a person with this role and these grants may do. Grants count for admins only."""
    allowed = GRANTS[role]
    if role is Role.ADMIN:
        allowed = allowed.union(*(GRANTS[grant] for grant in grants))
    return allowed
