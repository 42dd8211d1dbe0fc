"""Reports that arrive as text: bytes in, clean text out, or a sentence that says what to do instead.

What counts is the content, never the file's name or ending. UTF-8 comes first, because it proves itself; UTF-16 only with its
mark; then GB18030, which accepts almost any bytes and so must also look like Chinese that someone wrote.
"""

import re
import unicodedata
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE

from gatekeeper.rules.errors import N_, Fault, Invalid
from gatekeeper.rules.reading.legible import is_common

MOST_BYTES = 1024 * 1024
"""The largest report taken as text: some 350,000 Chinese characters. A long one has a third of that."""

_LARGE = N_("The file %(name)s has %(megabytes)s MiB; a report may have at most %(most)s MiB as text.")
_OFFICE = N_("The file %(name)s is an Office document of a kind that is not read. Save it as DOCX, PDF or text.")
_ARCHIVE = N_("The file %(name)s is an archive. Unpack it and send each report by itself.")
_PICTURE = N_("The file %(name)s is a picture. Send the report as PDF, DOCX, Markdown or text.")
_BEGINNINGS = (
    (b"{\\rtf", _OFFICE),
    (b"PK\x03\x04", _ARCHIVE),
    (b"PK\x05\x06", _ARCHIVE),
    (b"\x1f\x8b", _ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", _ARCHIVE),
    (b"Rar!", _ARCHIVE),
    (b"\x89PNG", _PICTURE),
    (b"\xff\xd8\xff", _PICTURE),
    (b"GIF8", _PICTURE),
)
_LINE_END = re.compile(r"\r\n?|[\x85\u2028\u2029]")
_OPEN_DOCUMENT = b"mimetypeapplication/vnd.oasis"
_MOSTLY = 0.9
_HALF = 0.5


def decode_report(data: bytes, name: str) -> str:
    """Return the text of a report file, with line ends as line feeds and without a byte order mark.

    Raises:
        Invalid: the file is empty, too large, not text, or in no encoding that can be told; the sentence says what to do.
    """
    if len(data) > MOST_BYTES:
        megabytes = f"{len(data) / 1024 / 1024:.1f}"
        raise _refusal(_LARGE, name, megabytes=megabytes, most=MOST_BYTES // 1024 // 1024)
    _refuse_other_kinds(data, name)
    text = _decoded(data, name)
    if "\0" in text:
        raise _refusal(N_("The file %(name)s is not text: it contains zero bytes. Save the report as plain text (UTF-8)."), name)
    if not text.strip():
        raise _refusal(N_("The file %(name)s is empty."), name)
    return _LINE_END.sub("\n", text)


def _refusal(message: str, name: str, **values: object) -> Invalid:
    return Invalid(Fault(message, field="file", name=name, **values))


def _refuse_other_kinds(data: bytes, name: str) -> None:
    head = data[:1024].lstrip()
    for beginning, message in _BEGINNINGS:
        if head.startswith(beginning):
            is_office = message is _ARCHIVE and _OPEN_DOCUMENT in data
            raise _refusal(_OFFICE if is_office else message, name)


def _decoded(data: bytes, name: str) -> str:
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        try:
            return data.decode("utf-16")
        except UnicodeDecodeError as error:
            message = N_(
                "The file %(name)s begins as UTF-16, but breaks off at byte %(offset)s. Save it as UTF-8 and send it again."
            )
            raise _refusal(message, name, offset=error.start) from error
    if b"\0" in data:
        return "\0"
    try:
        return data.removeprefix(BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        text = _as_gb18030(data)
        if text is None:
            offset = error.start + (len(BOM_UTF8) if data.startswith(BOM_UTF8) else 0)
            message = N_("The file %(name)s is neither UTF-8 (it breaks at byte %(offset)s) nor GB18030. Save it as UTF-8.")
            raise _refusal(message, name, offset=offset) from error
        return text


def _as_gb18030(data: bytes) -> str | None:
    """Decode as GB18030 if the result looks written: broken UTF-8 passes for GB18030 too, but turns into rare characters."""
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        return None
    chinese = [character for character in text if "\u3400" <= character <= "\u9fff"]
    common = sum(is_common(character) for character in chinese)
    readable = len(chinese) + sum(_is_printable(character) for character in text)
    unwritten = any(unicodedata.category(character) in {"Cc", "Co", "Cn"} and not character.isspace() for character in set(text))
    plausible = not unwritten and readable >= _MOSTLY * len(text) and common >= _HALF * len(chinese)
    return text if plausible and chinese else None


def _is_printable(character: str) -> bool:
    """Whether a character is ASCII, white space, or punctuation as Chinese text has it."""
    return character.isascii() or character.isspace() or "\u2000" <= character <= "\u33ff" or "\uff00" <= character <= "\uffef"
