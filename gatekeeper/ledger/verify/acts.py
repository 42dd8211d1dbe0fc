"""Rows and the entries they name: an act's row is there because of an entry of the right kind, about the same people and report.

A foreign key sees to it that there is some entry. Whoever may write rows, and no entries, could still name one of another act.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, String, Table, and_, cast, exists, literal, or_, select, union_all

from gatekeeper.ledger.verify.findings import Check, Findings
from gatekeeper.rules.events import Kind
from gatekeeper.store.proof.answers import KINDS as SEVERAL
from gatekeeper.store.proof.answers import LedgerAnswer
from gatekeeper.store.proof.ledger import LedgerEntry
from gatekeeper.store.schema import metadata

_MOST = 500
_FILE = frozenset(
    {Kind.CLASSIFICATION_APPROVED, Kind.CLASSIFICATION_CORRECTED, Kind.CLASSIFICATION_LOWERED, Kind.INVESTOR_IMPORTED}
)
_IMPORT = frozenset({Kind.IMPORT_CHECKED, Kind.IMPORT_CONFIRMED, Kind.IMPORT_DISCARDED, Kind.IMPORT_FAILED, Kind.IMPORT_FINISHED})
_CLASSIFIED = _FILE | {Kind.ASSESSMENT_ACKNOWLEDGED, Kind.ASSESSMENT_ENTERED, Kind.ASSESSMENT_SCORED, Kind.DECLARATION_MADE}
_ENTERED = frozenset({Kind.ASSESSMENT_ENTERED})
_TOLD = frozenset({Kind.EXPIRY_ANNOUNCED, Kind.POLICY_REMATCHED, Kind.READERS_NOTIFIED})
_BEGUN = frozenset(
    {
        Kind.POLICY_APPROVED,
        Kind.POLICY_INSTALLED,
        Kind.PUBLICATION_APPROVED,
        Kind.REPORT_PUBLISHED,
        Kind.REPORT_STOPPED,
    }
)
"""What began before there was any telling: its one step names the entry that wrote it."""
_TROUBLE = frozenset({Kind.DELIVERY_DOUBTED, Kind.DELIVERY_FAILED, Kind.NOTICE_ADDRESSED})
_SETTLED = frozenset(
    {
        Kind.CALL_BACK_FINISHED,
        Kind.DELIVERY_COMPLETED,
        Kind.DELIVERY_RESOLVED,
        Kind.MAIL_ADDRESS_CHANGED,
        Kind.NOTICE_ACKNOWLEDGED,
    }
)
_DELIVERED = frozenset({kind for kind in Kind if kind.value.startswith("delivery.")}) | _SETTLED - {Kind.CALL_BACK_FINISHED}
_STEERED = frozenset({Kind.DISTRIBUTION_FINISHED, Kind.DISTRIBUTION_HALTED, Kind.DISTRIBUTION_RESUMED})
_LETTERS = frozenset({Kind.LETTERS_ATTEMPTED, Kind.LETTERS_DOUBTED, Kind.LETTERS_SENT})
_PUBLICATION = frozenset({Kind.PUBLICATION_APPROVED})
_VERSION = frozenset({Kind.REPORT_IMPORTED, Kind.REPORT_REGRADED, Kind.REPORT_TYPED})
_GRADED = _PUBLICATION | {Kind.REPORT_REGRADED}
"""What is lowered by one person is graded and let out by the same act."""

KINDS: dict[str, frozenset[Kind]] = {
    "access_answer.entry_id": frozenset({Kind.ACCESS_ANSWERED, Kind.ACCESS_LAPSED}),
    "access_request.entry_id": frozenset({Kind.ACCESS_REQUESTED}),
    "acknowledgement.entry_id": frozenset({Kind.STATEMENT_ACCEPTED}),
    "address_confirmation.entry_id": frozenset({Kind.MAIL_ADDRESS_ASKED}),
    "address_confirmation.sent_entry_id": frozenset({Kind.CONFIRMATION_ATTEMPTED}),
    "api_client.entry_id": frozenset({Kind.SERVICE_CREATED}),
    "api_scope.entry_id": frozenset({Kind.SERVICE_APPROVED, Kind.SERVICE_LOWERED, Kind.SERVICE_SUSPENDED}),
    "api_token.entry_id": frozenset({Kind.SERVICE_TOKEN_MADE}),
    "api_token_end.entry_id": frozenset({Kind.SERVICE_TOKEN_ENDED, Kind.SERVICE_TOKEN_MADE}),
    "assessment.entry_id": _ENTERED | {Kind.ASSESSMENT_STARTED},
    "assessment_acknowledgement.entry_id": _ENTERED | {Kind.ASSESSMENT_ACKNOWLEDGED},
    "assessment_page.entry_id": frozenset({Kind.ASSESSMENT_ANSWERED}),
    "assessment_result.entry_id": _ENTERED | {Kind.ASSESSMENT_SCORED},
    "bookmark.entry_id": frozenset({Kind.BOOKMARK_REMOVED, Kind.REPORT_BOOKMARKED}),
    "call_back.done_entry_id": _SETTLED,
    "call_back.entry_id": _TROUBLE,
    "classification.entry_id": _CLASSIFIED,
    "evidence_file.entry_id": frozenset({Kind.EVIDENCE_FILE_STORED}),
    "delivery.entry_id": frozenset({Kind.NOTICE_ADDRESSED}),
    "delivery.last_entry_id": _DELIVERED,
    "declaration.entry_id": frozenset({Kind.DECLARATION_MADE}),
    "declaration_check.entry_id": frozenset({Kind.DECLARATION_CHECKED}),
    "grading.entry_id": _GRADED,
    "distribution.entry_id": frozenset({Kind.DISTRIBUTION_STARTED}),
    "distribution.last_entry_id": _STEERED,
    "distribution_recipient.decided_entry_id": frozenset({Kind.REPORT_DISTRIBUTED}),
    "distribution_recipient.entry_id": frozenset({Kind.DISTRIBUTION_STARTED}),
    "distribution_recipient.last_entry_id": _LETTERS | {Kind.REPORT_DISTRIBUTED},
    "import_result.entry_id": frozenset({Kind.CLASSIFICATION_LOWERED, Kind.IMPORT_CONTINUED, Kind.INVESTOR_IMPORTED}),
    "import_row.entry_id": frozenset({Kind.IMPORT_STARTED}),
    "import_step.entry_id": _IMPORT,
    "investor.entry_id": frozenset({Kind.INVESTOR_CREATED, Kind.INVESTOR_IMPORTED}),
    "job.entry_id": frozenset({Kind.IMPORT_APPROVED, Kind.IMPORT_CONFIRMED, Kind.IMPORT_STARTED, Kind.VERIFICATION_ASKED}),
    "ledger_anchor.entry_id": frozenset({Kind.CHECKPOINT_ANCHORED}),
    "ledger_erasure.entry_id": frozenset({Kind.PRIVACY_ERASED}),
    "legal_hold.entry_id": frozenset({Kind.LEGAL_HOLD_LIFTED, Kind.LEGAL_HOLD_SET}),
    "login_session.entry_id": frozenset({Kind.PERSON_SIGNED_IN}),
    "mail_address.entry_id": frozenset({Kind.MAIL_ADDRESS_CHANGED}),
    "mandate.entry_id": _FILE,
    "notice.entry_id": _CLASSIFIED | _TOLD | {Kind.APPLICATION_REJECTED, Kind.CLASSIFICATION_REJECTED},
    "notice_acknowledgement.entry_id": frozenset({Kind.NOTICE_ACKNOWLEDGED}),
    "objectives.entry_id": _CLASSIFIED,
    "one_time_link.entry_id": frozenset({Kind.ACTIVATION_LINK_ISSUED, Kind.STAFF_APPROVED}),
    "paper_assessment.entry_id": _ENTERED,
    "paper_scan.entry_id": frozenset({Kind.PAPER_RECEIVED}),
    "paper_scan_end.entry_id": _ENTERED | {Kind.PAPER_DISMISSED},
    "people_import.entry_id": frozenset({Kind.IMPORT_STARTED}),
    "person.entry_id": frozenset({Kind.INVESTOR_IMPORTED, Kind.PERSON_CREATED, Kind.STAFF_BOOTSTRAPPED}),
    "policy.entry_id": frozenset({Kind.POLICY_APPROVED, Kind.POLICY_INSTALLED}),
    "privacy_acceptance.entry_id": frozenset({Kind.PRIVACY_NOTICE_ACCEPTED}),
    "privacy_notice.entry_id": frozenset({Kind.PRIVACY_NOTICE_INSTALLED}),
    "professional_application.entry_id": frozenset({Kind.APPLICATION_STARTED}),
    "professional_evidence.entry_id": frozenset({Kind.APPLICATION_ATTACHED, Kind.APPLICATION_DETACHED}),
    "professional_figures.entry_id": frozenset({Kind.APPLICATION_SAVED, Kind.APPLICATION_STARTED}),
    "professional_proposal.entry_id": frozenset({Kind.CLASSIFICATION_PROPOSED}),
    "professional_step.entry_id": frozenset(
        {
            Kind.APPLICATION_CHECKED,
            Kind.APPLICATION_HANDED_IN,
            Kind.APPLICATION_REJECTED,
            Kind.APPLICATION_TESTED,
            Kind.APPLICATION_WARNED,
            Kind.CLASSIFICATION_APPROVED,
            Kind.CLASSIFICATION_REJECTED,
        }
    ),
    "professional_test.entry_id": frozenset({Kind.APPLICATION_TESTED}),
    "proposal.decided_entry_id": frozenset(
        {
            Kind.CLASSIFICATION_APPROVED,
            Kind.CLASSIFICATION_CORRECTED,
            Kind.CLASSIFICATION_REJECTED,
            Kind.CLASSIFICATION_WITHDRAWN,
            Kind.DECLARATION_MADE,
            Kind.IMPORT_APPROVED,
            Kind.IMPORT_REJECTED,
            Kind.IMPORT_WITHDRAWN,
            Kind.POLICY_APPROVED,
            Kind.POLICY_REJECTED,
            Kind.POLICY_WITHDRAWN,
            Kind.PROPOSAL_EXPIRED,
            Kind.PUBLICATION_APPROVED,
            Kind.PUBLICATION_REJECTED,
            Kind.PUBLICATION_WITHDRAWN,
            Kind.QUESTIONNAIRE_APPROVED,
            Kind.QUESTIONNAIRE_REJECTED,
            Kind.QUESTIONNAIRE_WITHDRAWN,
            Kind.SERVICE_APPROVED,
            Kind.SERVICE_REJECTED,
            Kind.SERVICE_WITHDRAWN,
            Kind.STAFF_APPROVED,
            Kind.STAFF_REJECTED,
            Kind.STAFF_WITHDRAWN,
            Kind.STATEMENT_APPROVED,
            Kind.STATEMENT_REJECTED,
            Kind.STATEMENT_WITHDRAWN,
        }
    ),
    "proposal.entry_id": frozenset(
        {
            Kind.CLASSIFICATION_PROPOSED,
            Kind.IMPORT_PROPOSED,
            Kind.POLICY_PROPOSED,
            Kind.PUBLICATION_PROPOSED,
            Kind.QUESTIONNAIRE_PROPOSED,
            Kind.SERVICE_PROPOSED,
            Kind.STAFF_PROPOSED,
            Kind.STATEMENT_PROPOSED,
        }
    ),
    "publication.entry_id": _GRADED,
    "questionnaire.entry_id": frozenset({Kind.QUESTIONNAIRE_APPROVED, Kind.QUESTIONNAIRE_INSTALLED}),
    "rematch.entry_id": _BEGUN | {Kind.POLICY_REMATCHED, Kind.READERS_NOTIFIED},
    "received_report.entry_id": frozenset({Kind.REPORT_DISTRIBUTED}),
    "reminder.entry_id": frozenset({Kind.EXPIRY_ANNOUNCED}),
    "release.entry_id": _GRADED | {Kind.REPORT_PUBLISHED, Kind.REPORT_STOPPED},
    "report.entry_id": frozenset({Kind.REPORT_IMPORTED}),
    "report_file.entry_id": _VERSION,
    "reading_part.entry_id": frozenset({Kind.REPORT_OPENED}),
    "report_fingerprint.entry_id": frozenset({Kind.REPORT_IMPORTED}),
    "report_version.entry_id": _VERSION,
    "role_grant.entry_id": frozenset(
        {
            Kind.INVESTOR_IMPORTED,
            Kind.PERSON_CREATED,
            Kind.PERSON_SUSPENDED,
            Kind.STAFF_APPROVED,
            Kind.STAFF_BOOTSTRAPPED,
            Kind.STAFF_LOWERED,
        }
    ),
    "saved_view.entry_id": frozenset({Kind.VIEW_SAVED}),
    "served_statement.entry_id": frozenset({Kind.STATEMENT_SERVED}),
    "settlement.entry_id": _PUBLICATION,
    "settlement_end.entry_id": frozenset({Kind.SETTLEMENT_ENDED}),
    "standing.entry_id": _FILE,
    "subscription.entry_id": frozenset({Kind.SUBSCRIPTION_ADDED, Kind.SUBSCRIPTION_REMOVED}),
    "statement.entry_id": frozenset({Kind.STATEMENT_APPROVED, Kind.STATEMENT_INSTALLED}),
}
"""For each column that names an entry, the kinds of entries that may stand behind its rows."""

_ABOUT = {"person_id": LedgerEntry.person, "investor_id": LedgerEntry.investor, "report_id": LedgerEntry.report}
_ANSWERS_ALONE = (
    select(LedgerAnswer.entry_id)
    .where(~exists().where(LedgerEntry.id == LedgerAnswer.entry_id, LedgerEntry.kind.in_(sorted(SEVERAL))))
    .distinct()
    .limit(_MOST)
)


def check_acts(connection: Connection, findings: Findings) -> None:
    """Rows whose entry is gone, is of another kind, or is about somebody or something else."""
    for row in connection.execute(_gone()):
        findings.add(Check.ACT_WITHOUT_ENTRY, table=row.name, row=row.row)
    for check, statement in ((Check.ACT_OF_OTHER_KIND, _of_other_kind()), (Check.ACT_ABOUT_OTHER, _about_other())):
        for row in connection.execute(statement):
            findings.add(check, table=row.name, row=row.row, code=row.code)
    for entry_id in connection.scalars(_ANSWERS_ALONE):
        findings.add(Check.ANSWER_WITHOUT_ENTRY, entry=entry_id)


def columns() -> Iterator[tuple[Table, Column[Any]]]:
    """Every column of every table that refers to an entry."""
    for table in metadata.sorted_tables:
        for column in table.columns:
            if any(each.target_fullname == "ledger_entry.id" for each in column.foreign_keys):
                yield table, column


@cache
def _gone() -> Any:
    parts = []
    for table, column in columns():
        gone = ~exists().where(LedgerEntry.id == column)
        parts.append(select(*_row(table)).where(column.is_not(None), gone))
    return union_all(*parts).limit(_MOST)


@cache
def _of_other_kind() -> Any:
    parts = []
    for table, column in columns():
        kinds = sorted(KINDS[f"{table.name}.{column.name}"])
        parts.append(_joined(table, column, LedgerEntry.kind.not_in(kinds)))
    return union_all(*parts).limit(_MOST)


@cache
def _about_other() -> Any:
    """Where row and entry both name a person, an investor or a report, it is the same."""
    parts = []
    for table, column in columns():
        differ = [and_(theirs.is_not(None), theirs != table.c[name]) for name, theirs in _ABOUT.items() if name in table.c]
        if differ:
            parts.append(_joined(table, column, or_(*differ)))
    return union_all(*parts).limit(_MOST)


def _joined(table: Table, column: Column[Any], wrong: ColumnElement[bool]) -> Any:
    return select(*_row(table), LedgerEntry.code).join(LedgerEntry, LedgerEntry.id == column).where(wrong)


def _row(table: Table) -> tuple[Any, Any]:
    return literal(table.name).label("name"), cast(next(iter(table.primary_key.columns)), String).label("row")
