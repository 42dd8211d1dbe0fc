"""A report as a Word document: read in a process of its own, or refused with what to do."""

import json

from gatekeeper.files import rendering
from gatekeeper.files.reading import docx
from gatekeeper.rules.errors import N_, Fault, Invalid

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_SECONDS = 30
_ZIP, _OLE = (b"PK\x03\x04", b"PK\x05\x06"), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OFFICE = b"[Content_Types].xml"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_TOO_MUCH = N_("The document %(name)s takes more time or memory than one file may have. Save it anew, or send it as PDF.")
_WRONG = {
    docx.NONE: N_("The file %(name)s is no Word document that can be read. Save it anew as DOCX, or send it as PDF."),
    docx.MACROS: N_("The document %(name)s holds macros. Save it as DOCX without macros, or send it as PDF."),
    docx.ENTITIES: N_("The document %(name)s holds a document type, which no word processor writes. It is not read."),
    docx.LARGE: _TOO_MUCH,
}
_LARGE = N_("The document %(name)s has %(megabytes)s MiB; at most %(most)s MiB are taken as DOCX. Send it as PDF.")
_PROTECTED = N_("The document %(name)s is protected by a password. Save it without one.")
_OLD = N_("The file %(name)s is an old Office document. Save it as DOCX or PDF and send that.")


def is_word(data: bytes) -> bool:
    """Whether a file is, by its content, a document of an office program: a new one, an old one or an encrypted one."""
    return data.startswith(_OLE) or (data.startswith(_ZIP) and _OFFICE in data)


def read(data: bytes, name: str) -> str:
    """The text of a DOCX; raise ``Invalid`` with a sentence that says what is wrong with it and what to do."""
    if data.startswith(_OLE):
        raise Invalid(Fault(_PROTECTED if _ENCRYPTED in data else _OLD, field="file", name=name))
    if len(data) > docx.MOST_BYTES:
        values = {"megabytes": f"{len(data) / 1024 / 1024:.1f}", "most": docx.MOST_BYTES // 1024 // 1024}
        raise Invalid(Fault(_LARGE, field="file", name=name, **values))
    ended, said = rendering.run("docx", data, seconds=_SECONDS)
    found = json.loads(said) if ended == rendering.READ else {"wrong": docx.LARGE}
    if "wrong" in found:
        raise Invalid(Fault(_WRONG[found["wrong"]], field="file", name=name))
    text: str = found["text"]
    if not text.strip():
        raise Invalid(Fault(_WRONG[docx.NONE], field="file", name=name))
    return text
