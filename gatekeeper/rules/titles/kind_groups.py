"""The kinds of entries by what they are about, for whoever reads a history and wants one part of it."""

from enum import StrEnum

from gatekeeper.rules.events import Kind


class KindGroup(StrEnum):
    """One part of a history. A kind that no other group names belongs to the last one."""

    READING = "reading"
    STATEMENTS = "statements"
    FILES = "files"
    ASSESSMENTS = "assessments"
    NOTICES = "notices"
    REPORTS = "reports"
    ACCOUNTS = "accounts"
    OTHER = "other"


_NAMED: dict[KindGroup, frozenset[Kind]] = {
    KindGroup.READING: frozenset(
        {
            Kind.BOOKMARK_REMOVED,
            Kind.DECISIONS_ASKED,
            Kind.DECISION_ASKED,
            Kind.LETTERS_ATTEMPTED,
            Kind.ENTITLED_SEARCHED,
            Kind.RECEIPT_DOWNLOADED,
            Kind.REPORTS_LISTED,
            Kind.REPORT_BOOKMARKED,
            Kind.READING_ENDED,
            Kind.REPORT_COPIED,
            Kind.REPORT_DISTRIBUTED,
            Kind.REPORT_OPENED,
            Kind.REPORT_RECEIVED,
            Kind.REPORT_REFUSED,
            Kind.REPORT_WITHHELD,
            Kind.SUBSCRIPTION_ADDED,
            Kind.SUBSCRIPTION_REMOVED,
        }
    ),
    KindGroup.STATEMENTS: frozenset(
        {
            Kind.STATEMENT_ACCEPTED,
            Kind.STATEMENT_APPROVED,
            Kind.STATEMENT_DECLINED,
            Kind.STATEMENT_INSTALLED,
            Kind.STATEMENT_PROPOSED,
            Kind.STATEMENT_REJECTED,
            Kind.STATEMENT_SERVED,
            Kind.STATEMENT_WITHDRAWN,
        }
    ),
    KindGroup.FILES: frozenset(
        {
            Kind.ACCESS_ANSWERED,
            Kind.ACCESS_LAPSED,
            Kind.ACCESS_REQUESTED,
            Kind.ACCESS_VIEWED,
            Kind.CLASSIFICATION_APPROVED,
            Kind.CLASSIFICATION_CORRECTED,
            Kind.CLASSIFICATION_LOWERED,
            Kind.CLASSIFICATION_PROPOSED,
            Kind.CLASSIFICATION_REJECTED,
            Kind.CLASSIFICATION_WITHDRAWN,
            Kind.EVIDENCE_FILE_DOWNLOADED,
            Kind.EVIDENCE_FILE_STORED,
            Kind.EVIDENCE_FILE_VIEWED,
            Kind.IMPORT_APPROVED,
            Kind.IMPORT_CHECKED,
            Kind.IMPORT_CONFIRMED,
            Kind.IMPORT_CONTINUED,
            Kind.IMPORT_DISCARDED,
            Kind.IMPORT_DOWNLOADED,
            Kind.IMPORT_FAILED,
            Kind.IMPORT_FINISHED,
            Kind.IMPORT_PROPOSED,
            Kind.IMPORT_REJECTED,
            Kind.IMPORT_STARTED,
            Kind.IMPORT_VIEWED,
            Kind.IMPORT_WITHDRAWN,
            Kind.INVESTOR_CREATED,
            Kind.INVESTOR_IMPORTED,
            Kind.INVESTOR_VIEWED,
            Kind.PAPER_DISMISSED,
            Kind.PAPER_RECEIVED,
            Kind.PAPER_VIEWED,
            Kind.PERSON_CREATED,
        }
    ),
    KindGroup.ASSESSMENTS: frozenset(
        {
            Kind.APPLICATION_ATTACHED,
            Kind.APPLICATION_CHECKED,
            Kind.APPLICATION_DETACHED,
            Kind.APPLICATION_HANDED_IN,
            Kind.APPLICATION_REFUSED,
            Kind.APPLICATION_REJECTED,
            Kind.APPLICATION_SAVED,
            Kind.APPLICATION_STARTED,
            Kind.APPLICATION_TESTED,
            Kind.APPLICATION_VIEWED,
            Kind.APPLICATION_WARNED,
            Kind.ASSESSMENT_ACKNOWLEDGED,
            Kind.ASSESSMENT_ANSWERED,
            Kind.ASSESSMENT_ENTERED,
            Kind.ASSESSMENT_REFUSED,
            Kind.ASSESSMENT_SCORED,
            Kind.ASSESSMENT_STARTED,
            Kind.ASSESSMENT_VIEWED,
        }
    ),
    KindGroup.NOTICES: frozenset(
        {
            Kind.DECLARATION_CHECKED,
            Kind.DECLARATION_MADE,
            Kind.DECLARATION_VIEWED,
            Kind.CALL_BACKS_VIEWED,
            Kind.CALL_BACK_FINISHED,
            Kind.DELIVERY_ATTEMPTED,
            Kind.DELIVERY_COMPLETED,
            Kind.DELIVERY_DOUBTED,
            Kind.DELIVERY_DROPPED,
            Kind.DELIVERY_FAILED,
            Kind.DELIVERY_REFUSED,
            Kind.DELIVERY_RESOLVED,
            Kind.EXPIRY_ANNOUNCED,
            Kind.NOTICE_ACKNOWLEDGED,
            Kind.NOTICE_ADDRESSED,
            Kind.NOTICE_VIEWED,
            Kind.POLICY_REMATCHED,
            Kind.READERS_NOTIFIED,
        }
    ),
    KindGroup.REPORTS: frozenset(
        {
            Kind.DISTRIBUTION_EXPORTED,
            Kind.DISTRIBUTION_FINISHED,
            Kind.DISTRIBUTION_HALTED,
            Kind.DISTRIBUTION_PREVIEWED,
            Kind.DISTRIBUTION_RESUMED,
            Kind.DISTRIBUTION_STARTED,
            Kind.DISTRIBUTION_VIEWED,
            Kind.LETTERS_DOUBTED,
            Kind.LETTERS_SENT,
            Kind.PUBLICATION_APPROVED,
            Kind.PUBLICATION_PROPOSED,
            Kind.PUBLICATION_REJECTED,
            Kind.PUBLICATION_WITHDRAWN,
            Kind.READERS_VIEWED,
            Kind.REPORT_IMPORTED,
            Kind.REPORT_PUBLISHED,
            Kind.REPORT_REVIEWED,
            Kind.RELEASE_EXAMINED,
            Kind.REPORT_REGRADED,
            Kind.REPORT_STOPPED,
            Kind.REPORT_TYPED,
            Kind.SETTLEMENT_ENDED,
        }
    ),
    KindGroup.ACCOUNTS: frozenset(
        {
            Kind.ACTIVATION_LINK_ISSUED,
            Kind.ACTIVATION_LINK_USED,
            Kind.CONFIRMATION_ATTEMPTED,
            Kind.INVESTOR_CHOSEN,
            Kind.MAIL_ADDRESS_ASKED,
            Kind.PASSWORD_CHANGED,
            Kind.PERSON_SIGNED_IN,
            Kind.PERSON_SIGNED_OUT,
            Kind.PERSON_SUSPENDED,
            Kind.PRIVACY_NOTICE_ACCEPTED,
            Kind.PRIVACY_NOTICE_DECLINED,
            Kind.PRIVACY_NOTICE_SERVED,
            Kind.SERVICE_APPROVED,
            Kind.SERVICE_CREATED,
            Kind.SERVICE_LOWERED,
            Kind.SERVICE_PROPOSED,
            Kind.SERVICE_REFUSED,
            Kind.SERVICE_REJECTED,
            Kind.SERVICE_SUSPENDED,
            Kind.SERVICE_TOKEN_ENDED,
            Kind.SERVICE_TOKEN_MADE,
            Kind.SERVICE_WITHDRAWN,
            Kind.SESSION_ENDED,
            Kind.SIGN_IN_FAILED,
            Kind.SIGN_IN_LOCKED,
            Kind.STAFF_APPROVED,
            Kind.STAFF_BOOTSTRAPPED,
            Kind.STAFF_LOWERED,
            Kind.STAFF_PROPOSED,
            Kind.STAFF_REJECTED,
            Kind.STAFF_WITHDRAWN,
        }
    ),
}
GROUPS: dict[KindGroup, frozenset[Kind]] = {
    **_NAMED,
    KindGroup.OTHER: frozenset(Kind) - frozenset().union(*_NAMED.values()),
}
"""Every kind, in exactly one group."""

LOOKS = frozenset(
    {
        Kind.ACCESS_VIEWED,
        Kind.APPLICATION_VIEWED,
        Kind.ASSESSMENT_VIEWED,
        Kind.CALL_BACKS_VIEWED,
        Kind.DECLARATION_VIEWED,
        Kind.EVIDENCE_FILE_DOWNLOADED,
        Kind.EVIDENCE_FILE_VIEWED,
        Kind.IMPORT_DOWNLOADED,
        Kind.IMPORT_VIEWED,
        Kind.INVESTOR_VIEWED,
        Kind.NOTICE_VIEWED,
        Kind.PAPER_VIEWED,
    }
)
"""Of the kinds about files, those that say only that somebody looked."""

FILE_GROUPS = (KindGroup.FILES, KindGroup.ASSESSMENTS, KindGroup.NOTICES)
"""The parts of a history that whoever keeps files may read; readings and who looked at what are not theirs."""
