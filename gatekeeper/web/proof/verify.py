"""The page at which anybody checks a receipt, without an account: does this log hold the entry, and under which checkpoint."""

import json
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from gatekeeper.actions.proof import verify
from gatekeeper.actions.proof.verify import Held
from gatekeeper.ledger import evidence, keys
from gatekeeper.rules.errors import N_, Fault, GatekeeperError, Invalid
from gatekeeper.rules.note import ED25519, ML_DSA_44, Verifier
from gatekeeper.rules.reading.codes import code_of
from gatekeeper.web import context, guards
from gatekeeper.web.accounts.sign_in import attempt_at, locked
from gatekeeper.web.proof import receipts

bp = Blueprint("verify", __name__, url_prefix="/verify")

MAX_RECEIPT = 64 * 1024
_SOURCE = "a receipt, and no account"
_TOO_LARGE = N_("This file is too large to be a receipt. Choose the JSON file that you kept.")
_NO_RECEIPT = N_("This file is not a receipt of ours. Choose the JSON file that you kept, not the PDF.")
_NO_CODE = N_("A code has 12 letters and digits.")
_NO_HASH = N_("A fingerprint has 44 characters and ends in =. Copy it whole from the receipt.")


@dataclass(frozen=True, slots=True)
class _Typed:
    """What was typed, or stood in the file."""

    code: str = ""
    fingerprint: str = ""


@bp.get("")
@guards.public
def form() -> ResponseReturnValue:
    """The form, and what anybody may know of the log."""
    return _page(_Typed())


@bp.post("")
@guards.public
def check() -> ResponseReturnValue:
    """Whether the log holds the entry."""
    typed = _Typed(request.form.get("code", "").strip()[:40], "".join(request.form.get("fingerprint", "")[:200].split()))
    attempt = attempt_at(_SOURCE)
    until = context.database().note(verify.admit, attempt.account_key, attempt.source_key, context.now())
    if until:
        return _page(typed, faults=[(None, locked(until))]), HTTPStatus.TOO_MANY_REQUESTS
    try:
        typed = _uploaded() or typed
        code, fingerprint = _read(typed)
    except Invalid as error:
        return _page(typed, faults=[(each.field, context.told(each)) for each in error.faults]), HTTPStatus.BAD_REQUEST
    return _page(typed, context.database().record(verify.check, context.caller(), code, fingerprint, context.now()))


@bp.get("/gkverify.py")
@guards.public
def program() -> ResponseReturnValue:
    """The auditor's program, for who has a receipt and no bundle."""
    headers = {"Content-Disposition": 'attachment; filename="gkverify.py"'}
    return Response(evidence.program(), mimetype="text/x-python", headers=headers)


def _uploaded() -> _Typed | None:
    """Code and fingerprint from a receipt as JSON, if a file was chosen."""
    file = request.files.get("receipt")
    if file is None or not file.filename:
        return None
    content = file.read(MAX_RECEIPT + 1)
    if len(content) > MAX_RECEIPT:
        raise Invalid(Fault(_TOO_LARGE, field="receipt"))
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Invalid(Fault(_NO_RECEIPT, field="receipt")) from error
    said = found if isinstance(found, dict) and found.get("format") == receipts.FORMAT else {}
    code, fingerprint = said.get("code"), said.get("fingerprint_rfc6962")
    if not isinstance(code, str) or not isinstance(fingerprint, str):
        raise Invalid(Fault(_NO_RECEIPT, field="receipt"))
    return _Typed(code[:40], fingerprint[:100])


def _read(typed: _Typed) -> tuple[str, bytes]:
    """Code and hash as they are kept; every fault at once."""
    code = code_of(typed.code)
    try:
        fingerprint = b64decode(typed.fingerprint.encode("ascii"), validate=True)
    except (NotBase64, ValueError):
        fingerprint = b""
    faults = [] if code else [Fault(_NO_CODE, field="code")]
    if len(fingerprint) != sha256().digest_size or b64encode(fingerprint).decode() != typed.fingerprint:
        faults.append(Fault(_NO_HASH, field="fingerprint"))
    if faults or not code:
        raise Invalid(*faults)
    return code, fingerprint


def _page(typed: _Typed, held: Held | None = None, *, faults: list[tuple[str | None, str]] | None = None) -> str:
    with context.database().reading() as connection:
        log = verify.show(connection)
    known = _keys(log.origin)
    return render_template(
        "verify.html",
        typed=typed,
        held=held,
        errors=faults or [],
        log=log,
        vkeys=[each.vkey() for each in known if each.algorithm == ED25519],
        second=[keys.fingerprint(each) for each in known if each.algorithm == ML_DSA_44],
    )


def _keys(origin: str) -> list[Verifier]:
    """The log's public keys, the newest first; none where this process cannot read them."""
    path = context.services().settings.ledger_key
    try:
        found = keys.verifiers(path) if path else []
    except GatekeeperError:
        found = []
    return [each for each in reversed(found) if each.name == origin]
