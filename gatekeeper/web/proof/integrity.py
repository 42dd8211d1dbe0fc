"""How the ledger stands, for compliance: plain words first, hashes for whoever wants them."""

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from gatekeeper.actions import jobs
from gatekeeper.actions.proof import integrity
from gatekeeper.ledger import keys
from gatekeeper.rules.errors import N_, Conflict
from gatekeeper.rules.integrity import MAX_ANCHOR_AGE, MAX_UNSEALED, MAX_VERIFICATION_AGE, SERIOUS, Concern
from gatekeeper.rules.note import ML_DSA_44, Verifier
from gatekeeper.rules.roles import Permission
from gatekeeper.web import context, guards

bp = Blueprint("integrity", __name__, url_prefix="/integrity")

SENTENCES: dict[Concern, str] = {
    Concern.HALTED: N_(
        "Signing has stopped, because the log is not as it was left. Acts are still recorded. Tell whoever runs this service."
    ),
    Concern.FINDINGS: N_("The last verification found something wrong. Its entry names what."),
    Concern.SCRUBBED: N_("Going round the log, the service found something wrong. Verify all of it; the entry below names what."),
    Concern.NO_KEY: N_("This installation has no signing key, so nothing proves to an outsider that the log is unchanged."),
    Concern.NO_CHECKPOINT: N_("Nothing of this log has been signed yet."),
    Concern.NO_ANCHOR: N_("No checkpoint is kept outside. Whoever can change the whole database could change history unseen."),
    Concern.ANCHOR_OLD: N_("For more than %(hours)s hours no checkpoint has been put outside."),
    Concern.UNSEALED: N_("Entries have waited for more than %(seconds)s seconds to be sealed. Is the work process running?"),
    Concern.NEVER_VERIFIED: N_("This log has never been verified."),
    Concern.VERIFIED_LONG_AGO: N_("The log was last verified more than %(days)s days ago."),
}
_LIMITS = {
    "hours": MAX_ANCHOR_AGE // timedelta(hours=1),
    "seconds": MAX_UNSEALED // timedelta(seconds=1),
    "days": MAX_VERIFICATION_AGE.days,
}
KINDS = {
    "file": N_("File on another volume"),
    "mail": N_("Mail"),
    "tsa": N_("Time stamp (RFC 3161)"),
    "witness": N_("Witness"),
}


@bp.get("/")
@guards.requires(Permission.SEARCH_LEDGER)
def index() -> ResponseReturnValue:
    """How the log stands."""
    known = _keys()
    found = context.database().record(integrity.view, context.caller(), context.now(), has_key=bool(known))
    return render_template(
        "compliance/integrity.html",
        found=found,
        concerns=[(concern in SERIOUS, context.translated(SENTENCES[concern], **_LIMITS)) for concern in found.concerns],
        anchors=[{"row": each, "kind": context.translated(KINDS[each.kind])} for each in found.outside],
        waited=_waited(found.oldest_unsealed),
        keys=[(each, keys.fingerprint(each)) for each in known],
        ml_dsa=ML_DSA_44,
        scrub_days=context.services().settings.scrub_days,
        round_ended_at=_moment(found.scrubbed.data["ended_at"]) if found.scrubbed else None,
        running=found.job if found.job and found.job.ended_at is None else None,
    )


@bp.post("/verification")
@guards.requires(Permission.VERIFY_LEDGER)
def verify() -> ResponseReturnValue:
    """Ask for the whole log to be verified."""
    try:
        context.database().transact(jobs.ask_verification, context.caller(), context.now())
    except Conflict as error:
        flash(context.told(error.fault), "info")
    return redirect(url_for(".index"), 303)


def _keys() -> list[Verifier]:
    path = context.services().settings.ledger_key
    return keys.verifiers(path) if path else []


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _waited(oldest: datetime | None) -> Any:
    return None if oldest is None else max(0, int((context.now() - oldest).total_seconds()))
