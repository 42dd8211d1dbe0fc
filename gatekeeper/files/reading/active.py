"""What a PDF carries beside its pages: scripts, programs to start, files inside. None of it runs here; who hands it on must know.

The names are looked for in the objects as they stand in the file, and in object streams, which are unpacked up to a bound. A name
may be spelled with escapes (``/J#61vaScript``). What stands inside other streams is drawing, pictures and fonts.
"""

import re
import zlib
from collections.abc import Iterator

MOST_UNPACKED = 64 * 1024 * 1024
"""The most bytes of object streams that are unpacked. Where there are more, the file counts as one that carries something."""
SCRIPT, PROGRAM, FILES, FORM, MEDIA, MORE = "script", "program", "files", "form", "media", "more"

_NAMES = {
    b"JavaScript": SCRIPT,
    b"JS": SCRIPT,
    b"Launch": PROGRAM,
    b"ImportData": PROGRAM,
    b"SubmitForm": FORM,
    b"GoToE": FILES,
    b"EmbeddedFile": FILES,
    b"EmbeddedFiles": FILES,
    b"Filespec": FILES,
    b"FileAttachment": FILES,
    b"XFA": FORM,
    b"RichMedia": MEDIA,
    b"Movie": MEDIA,
    b"Sound": MEDIA,
    b"Screen": MEDIA,
    b"3D": MEDIA,
}
_LONGEST = 40
_NAME = re.compile(rb"/((?:[!-$&'*-.0-;=?-Z^-z|~\\]|#[0-9A-Fa-f]{2}){2,%d})(?=[\x00\s/<>\[\]()%%]|$)" % _LONGEST)
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_STREAM = re.compile(rb"\bstream\r?\n")
_END = b"endstream"
_PACKED = re.compile(rb"/ObjStm\b")
_BEFORE = 2000


def carried(data: bytes) -> tuple[str, ...]:
    """What a PDF carries, each kind once, in the order of ``_NAMES``; nothing for one that only has pages."""
    found = {kind for part in _parts(data) for kind in _in(part)}
    return tuple(kind for kind in (*dict.fromkeys(_NAMES.values()), MORE) if kind in found)


def _in(part: bytes | None) -> Iterator[str]:
    if part is None:
        yield MORE
        return
    for match in _NAME.finditer(part):
        name = match[1]
        if b"#" in name:
            name = _ESCAPE.sub(lambda each: bytes([int(each[1], 16)]), name)
        if name in _NAMES:
            yield _NAMES[name]


def _parts(data: bytes) -> Iterator[bytes | None]:
    """The file without its streams, and each object stream unpacked; None once there is more than is unpacked."""
    place, room = 0, MOST_UNPACKED
    while stream := _STREAM.search(data, place):
        yield data[place : stream.start()]
        end = data.find(_END, stream.end())
        end = len(data) if end < 0 else end
        dictionary = data[max(place, stream.start() - _BEFORE) : stream.start()]
        if _PACKED.search(_ESCAPE.sub(lambda each: bytes([int(each[1], 16)]), dictionary)):
            unpacked = _unpacked(data[stream.end() : end], room)
            room -= len(unpacked or b"")
            yield unpacked
            if unpacked is None or room <= 0:
                yield None
                return
        place = end
    yield data[place:]


def _unpacked(packed: bytes, room: int) -> bytes | None:
    """An object stream's content, as far as it can be unpacked; None where it is too large."""
    unpacker = zlib.decompressobj()
    try:
        found = unpacker.decompress(packed, room)
    except zlib.error:
        return packed  # not packed, or in a way of which its names cannot be told apart
    return None if unpacker.unconsumed_tail else found
