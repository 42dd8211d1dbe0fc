"""An acceptance as a sheet for a court, in Chinese: everything that the ledger holds of it, and the accepted words in full."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from gatekeeper import language
from gatekeeper.files.made import receipt
from gatekeeper.rules.errors import N_

TAG = "zh_CN"
"""The language of the sheet, whoever asks for it: it is made for a Chinese court."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """One acceptance. Empty is what was never kept or was erased since; ``checkpoint`` is None as long as none covers it."""

    code: str
    log: str
    fingerprint: str
    person: str
    login: str
    investor: str
    client_number: str
    report: str
    report_id: str
    served_at: datetime
    served_code: str
    accepted_at: datetime
    recorded_at: datetime
    in_full: bool
    end_reached: bool
    scripted: bool
    language: str
    words: str
    words_sha256: str
    policy: str
    address: str
    device: str
    signed_in_at: datetime | None
    signed_in_code: str
    link_issued_at: datetime | None
    link_issued_by: str
    link_code: str
    link_used_at: datetime | None
    checkpoint: str | None
    leaf_index: int | None


def say(message: str, **values: object) -> str:
    """A sentence in the language of the sheet."""
    return language.translate(TAG, message, **values)


TITLE = N_("Acceptance sheet")
WORDS = N_("The words that were accepted, in full")
_CHECKED = N_(
    "The fingerprint is that of the whole entry by RFC 6962. The firm can export the entry with its proof by “gatekeeper ledger"
    " prove”; anybody can check that with gkverify.py, without the firm."
)
_ALONE = N_("The page was used without scripts: the words stood in full length, and nobody could see the end being reached.")


def rows(found: Acceptance, zone: ZoneInfo) -> list[tuple[str, str]]:
    """Labels with values, in the order in which it happened."""

    def when(moment: datetime | None) -> str:
        return f"{language.format_time(TAG, moment, zone)} ({zone.key})" if moment else ""

    asked = (
        N_("In full: the end must be reached and the box ticked") if found.in_full else N_("One button under the key sentence")
    )
    reached = say(N_("Yes") if found.end_reached else N_("No")) if found.scripted else say(_ALONE)
    told = [
        (N_("Code"), found.code),
        (N_("Person"), f"{found.person} ({found.login})"),
        (N_("Investor"), f"{found.investor} · {found.client_number}"),
        (N_("Report"), f"{found.report} ({found.report_id})"),
        (N_("Activation link issued"), when(found.link_issued_at)),
        (N_("Issued by"), found.link_issued_by),
        (N_("Entry of the link"), found.link_code),
        (N_("Link used, password set"), when(found.link_used_at)),
        (N_("Signed in"), when(found.signed_in_at)),
        (N_("Entry of the sign-in"), found.signed_in_code),
        (N_("Network address"), found.address or say(N_("Not kept"))),
        (N_("Device"), found.device or say(N_("Not kept"))),
        (N_("Statement shown"), when(found.served_at)),
        (N_("Entry of the showing"), found.served_code),
        (N_("How it was asked"), say(asked)),
        (N_("End reached"), reached),
        (N_("Statement accepted"), when(found.accepted_at)),
        (N_("Recorded at"), when(found.recorded_at)),
        (N_("Language of the words"), found.language),
        (N_("SHA-256 of the words"), found.words_sha256),
        (N_("Policy (SHA-256)"), found.policy),
        (N_("Log"), found.log),
        (N_("Fingerprint of the entry"), found.fingerprint),
        (N_("Sealed"), _sealed(found)),
    ]
    return [(say(label), value) for label, value in told if value]


def _sealed(found: Acceptance) -> str:
    if found.checkpoint is None:
        return say(N_("Not yet"))
    return say(N_("As number %(index)s of the log, under the checkpoint below"), index=found.leaf_index)


def notes(found: Acceptance) -> list[str]:
    """What the sheet says and how it can be checked."""
    said = [
        say(N_("Every line is taken from the log's entries named here and the rows that they name. Names are those of today.")),
        say(N_("The words stand here exactly as they were on the screen. Their SHA-256 is that of the text in UTF-8.")),
        say(_CHECKED),
    ]
    return said + (found.checkpoint or "").strip().splitlines()


def pdf(found: Acceptance, firm: str, zone: ZoneInfo, made: str) -> bytes:
    """The sheet to print. ``made`` says who had it made and when."""
    paper = receipt.Paper(
        firm=firm,
        title=say(TITLE),
        rows=tuple(rows(found, zone)),
        notes=(made, *notes(found)),
        words_title=say(WORDS),
        words=found.words,
        foot=found.code,
    )
    return receipt.pdf(paper)
