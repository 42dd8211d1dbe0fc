"""Time stamps of RFC 3161 over checkpoints: a third party's word that the log stood so at a time. Needs the extra ``tsa``."""

from pathlib import Path
from typing import Any

from cryptography.x509 import load_pem_x509_certificates

from gatekeeper.rules.errors import N_, Unavailable

try:
    import rfc3161_client
except ImportError:  # pragma: no cover  (the extra is not installed, which is said when it is needed)
    rfc3161_client = None  # type: ignore[assignment,unused-ignore]  # the same

_NOT_INSTALLED = N_("Time stamps need the extra: pip install 'gatekeeper[tsa]'")
_NO_CERTIFICATES = N_("Set GATEKEEPER_ANCHOR_TSA_CERTIFICATES: a time stamp that nobody can check is none.")
_UNREADABLE = N_("The certificates in %(path)s cannot be read: %(detail)s")
_BAD = N_("The time-stamping authority gave an answer that does not hold: %(detail)s")


def request(note: str) -> Any:
    """Ask for the time at which a note was there. The authority sees its hash alone."""
    if rfc3161_client is None:  # pragma: no cover
        raise Unavailable(_NOT_INSTALLED)
    return rfc3161_client.TimestampRequestBuilder().data(note.encode()).nonce(nonce=True).cert_request(cert_request=True).build()


def checked(answer: bytes, asked: Any, note: str, certificates: Path | None) -> bytes:
    """The answer as it came, if it is over this note and this request and leads to a certificate that is trusted."""
    if certificates is None:
        raise Unavailable(_NO_CERTIFICATES)
    try:
        roots = load_pem_x509_certificates(certificates.read_bytes())
    except (OSError, ValueError) as error:
        raise Unavailable(_UNREADABLE, path=certificates, detail=error) from error
    builder = rfc3161_client.VerifierBuilder.from_request(asked)
    for each in roots:
        builder = builder.add_root_certificate(each)
    try:
        builder.build().verify_message(rfc3161_client.decode_timestamp_response(answer), note.encode())
    except (rfc3161_client.VerificationError, ValueError) as error:
        raise Unavailable(_BAD, detail=error) from error
    return answer
