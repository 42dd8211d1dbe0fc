"""What findings are called in lists, where no single report is meant."""

from gatekeeper.rules.errors import N_

FINDING_TITLES: dict[str, str] = {
    "bad_certificate": N_("Malformed certificate number"),
    "disclaimer_denies_suitability": N_("Disclaimer denies the duty of suitability"),
    "no_analyst": N_("No signing analyst"),
    "no_certificate": N_("Analyst without a certificate number"),
    "no_disclaimer": N_("No disclaimer"),
    "no_grade": N_("No risk grade"),
    "no_issuer": N_("No issuing firm"),
    "no_licence_statement": N_("No statement of the firm's licence"),
    "no_notice": N_("No suitability notice"),
    "no_publication_date": N_("No date of publication"),
    "no_research_words": N_("Without the words 证券研究报告"),
    "no_risk_notice": N_("No warning of risks"),
    "no_sources": N_("No sources of information"),
    "no_title": N_("No title"),
    "notice_conflict": N_("The notice contradicts itself"),
}
"""By the finding's code. A code of a newer version is shown as it stands."""
