"""What a client may keep of one entry of their own: a page, a PDF and a JSON file that say the same."""

import json
from typing import Any

from flask import Blueprint, Response, render_template, url_for
from flask.typing import ResponseReturnValue

from gatekeeper import language
from gatekeeper.actions.reading import record
from gatekeeper.actions.reading.record import Past, Receipt
from gatekeeper.files.made import receipt as files
from gatekeeper.rules.errors import N_
from gatekeeper.rules.events import Kind
from gatekeeper.rules.reading.codes import CROCKFORD
from gatekeeper.rules.roles import Permission
from gatekeeper.web import context, guards, paging
from gatekeeper.web.reading import refusals, watermark

bp = Blueprint("receipts", __name__)

FORMAT = "gatekeeper-receipt-1"
_TITLE = N_("Receipt from your record")
_WORDS = N_("The words that you accepted")
_CHECK = N_(
    "To have this checked, ask %(contact)s and quote the code. The firm keeps the entry in its log and can show it to you."
)
_PRINT = N_("The fingerprint is that of the whole entry by RFC 6962 (Base64): were one letter changed, it would be another.")
_HASH = N_("The SHA-256 is that of the words in UTF-8, exactly as they stand in the JSON file of this receipt.")
_SEALED = N_(
    "The entry is sealed under a signed checkpoint of the log. With the JSON file anybody can check that, without us, with the"
    " program gkverify.py and the log's public key; or with us at %(address)s"
)
_UNSEALED = N_(
    "The entry is not sealed under a signed checkpoint yet. Fetch this receipt again in some minutes: then it can be checked"
    " without us. Until then keep code and fingerprint, and check them at %(address)s"
)
_YES, _NOT_YET = N_("Yes, under a signed checkpoint"), N_("Not yet")
_MASKED = N_("Names are shortened, so that you can show this to others.")


@bp.get("/record/receipts/<code>")
@guards.requires(Permission.READ_AS_CLIENT)
def show(code: str) -> ResponseReturnValue:
    """One entry of the visitor's own, and the files to keep."""
    found = _found(code, None)
    return render_template("client/receipt.html", receipt=found, rows=_rows(found), notes=_notes(found))


@bp.get("/record/receipts/<code>/pdf")
@guards.requires(Permission.READ_AS_CLIENT)
def pdf(code: str) -> ResponseReturnValue:
    """The receipt to print."""
    found = _found(code, "pdf")
    paper = files.Paper(
        firm=context.services().settings.firm,
        title=context.translated(_TITLE),
        rows=tuple(_rows(found)),
        notes=tuple(_notes(found)),
        words_title=context.translated(_WORDS),
        words=found.words.text if found.words else "",
        foot=found.past.code,
    )
    return _file(files.pdf(paper), "application/pdf", found, "pdf")


@bp.get("/record/receipts/<code>/json")
@guards.requires(Permission.READ_AS_CLIENT)
def machine(code: str) -> ResponseReturnValue:
    """The receipt for a program."""
    found = _found(code, "json")
    text = json.dumps(_data(found), ensure_ascii=False, indent=2) + "\n"
    return _file(text.encode(), "application/json", found, "json")


def _found(code: str, file: str | None) -> Receipt:
    """The entry with this code: of upper and lower case and spaces, as people copy a code, nothing depends."""
    kept = "".join(each for each in paging.key(code).lower() if each in CROCKFORD)
    zone = context.services().settings.time_zone
    return context.database().record(record.receipt, context.caller(), kept, context.now(), zone, file=file)


def _file(content: bytes, mimetype: str, found: Receipt, ending: str) -> Response:
    name = f"receipt-{found.past.code}.{ending}"
    return Response(content, mimetype=mimetype, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _rows(found: Receipt) -> list[tuple[str, str]]:
    """What happened, as labels with values."""
    past, words = found.past, found.words
    reason = language.name_of(context.tag(), past.reason) if past.reason else None
    told: list[tuple[str, str | None]] = [
        (N_("What"), _what(past)),
        (N_("Action"), language.name_of(context.tag(), found.action) if found.action else None),
        (N_("Time"), _when(past.at)),
        (N_("Who"), watermark.reader()),
        (N_("Report"), past.title),
        (N_("Reason"), reason),
        (N_("Statement shown"), _when(words.served_at) if words else None),
        (N_("SHA-256 of the words"), found.words_sha256),
        (N_("Statement accepted under code"), found.accepted_under),
        (N_("Policy (SHA-256)"), found.policy),
        (N_("Code"), past.code),
        (N_("Log"), found.log),
        (N_("Fingerprint of the entry"), found.fingerprint),
        (N_("Sealed"), context.translated(_YES if found.proof else _NOT_YET)),
    ]
    return [(context.translated(label), value) for label, value in told if value]


def _what(past: Past) -> str:
    """What happened; of a report sent to many what it came to for this reader."""
    if past.kind is Kind.REPORT_DISTRIBUTED:
        return context.translated(N_("Sent to your inbox") if past.is_sent else N_("Not sent to you"))
    return language.name_of(context.tag(), past.kind)


def _notes(found: Receipt) -> list[str]:
    """How it can be checked."""
    notes = [context.translated(_CHECK, contact=refusals.contact(found.case)), context.translated(_PRINT)]
    notes.append(context.translated(_SEALED if found.proof else _UNSEALED, address=_verify_address()))
    if found.words:
        notes.append(context.translated(_HASH))
    return [*notes, context.translated(_MASKED)]


def _verify_address() -> str:
    """Where receipts are checked, as it is to be typed."""
    public = context.services().settings.public_url
    return f"{public}{url_for('verify.form')}" if public else url_for("verify.form", _external=True)


def _when(moment: Any) -> str:
    zone = context.services().settings.time_zone
    return f"{language.format_time(context.tag(), moment, zone)} ({zone.key})"


def _data(found: Receipt) -> dict[str, Any]:
    """The same for programs. The names of members are public: they are only ever added."""
    past, words, settings = found.past, found.words, context.services().settings
    return {
        "format": FORMAT,
        "firm": settings.firm,
        "log": found.log,
        "code": past.code,
        "kind": past.kind.value,
        "at": past.at.astimezone(settings.time_zone).isoformat(),
        "zone": settings.time_zone.key,
        "who": watermark.reader(),
        "action": found.action.value if found.action else None,
        "outcome": found.outcome,
        "reason": past.reason.value if past.reason else None,
        "report": {"id": past.report, "title": past.title} if past.title else None,
        "policy_sha256": found.policy,
        "words_sha256": found.words_sha256,
        "words": words.text if words else None,
        "words_language": words.language if words else None,
        "accepted_under": found.accepted_under,
        "fingerprint_rfc6962": found.fingerprint,
        "sealed": found.proof is not None,
        "tlog_proof": found.proof,
        "how_to_check": _notes(found),
    }
