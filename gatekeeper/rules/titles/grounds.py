"""On which articles of the Measures (CSRC Order 130) a reason rests, for staff. Reasons that are not here rest on house rules."""

from gatekeeper.rules.suitability import Reason

ARTICLES: dict[Reason, tuple[str, ...]] = {
    Reason.REPORT_UNGRADED: ("15", "16", "17"),
    Reason.NOTICE_CONFLICT: ("3",),
    Reason.AUDIENCE_NOT_ELIGIBLE: ("18",),
    Reason.PROFESSIONAL_EXPIRED: ("8", "11"),
    Reason.NOT_ASSESSED: ("3", "10"),
    Reason.ASSESSMENT_EXPIRED: ("13", "21"),
    Reason.LOWEST_CATEGORY: ("22(5)",),
    Reason.CATEGORY_BELOW_GRADE: ("18",),
    Reason.COOLING_OFF: ("20",),
    Reason.TERM_MISMATCH: ("22(4)",),
    Reason.VARIETY_MISMATCH: ("22(4)",),
    Reason.PUSH_MISMATCH: ("22(3)",),
    Reason.ACKNOWLEDGEMENT_REQUIRED: ("23", "24"),
    Reason.ACKNOWLEDGEMENT_OUTDATED: ("23", "24"),
}
