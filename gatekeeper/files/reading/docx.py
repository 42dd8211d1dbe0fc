"""The text of a DOCX: paragraphs, headings, tables, text boxes, notes. Runs in the child process of ``files.rendering``.

The archive is looked at as a stranger's before anything of it is parsed. Its XML is read as it streams by, nothing is kept of it
but words, and a document type, with which XML can be made to grow or to fetch, ends the reading at once.

What is printed is read, and no more: no deleted words, none that are hidden, no comments, no instructions of fields.
"""

import io
import re
import zipfile
import zlib
from dataclasses import dataclass, field
from xml.parsers import expat

MOST_BYTES = 20 * 1024 * 1024
"""The largest DOCX that is taken: what it has beside its text is pictures, which are not read."""
MOST_UNPACKED = 32 * 1024 * 1024
"""The most bytes that a part which is read may have unpacked. ``zipfile`` unpacks no more than the directory says."""
MOST_CHARACTERS = 1_000_000
_MOST_PARTS = 4000
_DOCUMENT = "word/document.xml"
_STYLES, _NOTES = "word/styles.xml", ("word/footnotes.xml", "word/endnotes.xml")
_RUNNING = re.compile(r"word/(?:header|footer)\d*\.xml")
_RUNNING_HEADING, _NOTES_HEADING = "页眉页脚说明", "脚注说明"
_MACROS = (b"macroEnabled", b"vbaProject")
_HEADING = re.compile(r"(?:heading|标题) ?([1-6])", re.IGNORECASE)
_LONGEST_CELL = 60
_DEEPEST = 6

_FAILURES = (
    *(zipfile.BadZipFile, zlib.error, expat.ExpatError, EOFError, KeyError, NotImplementedError, OSError, RuntimeError),
    *(ValueError, UnicodeError),
)

MACROS, ENTITIES, LARGE, NONE = "macros", "entities", "large", "none"


class UnusableError(Exception):
    """A file that is not read, with the reason: one of the four words above."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def read(data: bytes) -> str:
    """The text of a DOCX; ``UnusableError`` for what is none, or dangerous."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = _names(archive)
            styles = _styles(_part(archive, _STYLES)) if _STYLES in names else {}
            pieces = [_text(_part(archive, _DOCUMENT), styles)]
            for heading, parts in (
                (_NOTES_HEADING, [each for each in _NOTES if each in names]),
                (_RUNNING_HEADING, sorted(filter(_RUNNING.fullmatch, names))),
            ):
                lines = dict.fromkeys(line for each in parts for line in _text(_part(archive, each), {}).split("\n") if line)
                pieces += ["\n".join((heading, *lines))] if lines else []
    except _FAILURES as error:
        raise UnusableError(NONE) from error
    return "\n\n".join(pieces)


def _names(archive: zipfile.ZipFile) -> frozenset[str]:
    """The parts of the archive, once it is found harmless."""
    parts = archive.infolist()
    if len(parts) > _MOST_PARTS:
        raise UnusableError(LARGE)
    names = frozenset(part.filename for part in parts)
    if _DOCUMENT not in names:
        raise UnusableError(NONE)
    types = _part(archive, "[Content_Types].xml")
    if any(name.casefold().endswith("vbaproject.bin") for name in names) or any(mark in types for mark in _MACROS):
        raise UnusableError(MACROS)
    return names


def _part(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > MOST_UNPACKED:
        raise UnusableError(LARGE)
    return archive.read(name)


@dataclass
class _Table:
    """A table while it is read: its rows of cells, each a list of paragraphs."""

    rows: list[list[list[str]]] = field(default_factory=list)

    def told(self) -> list[str]:
        """A table of short cells as rows between bars; one that only arranges text is its text."""
        cells = [cell for row in self.rows for cell in row]
        wide = {len(row) for row in self.rows}
        is_data = len(self.rows) > 1 and len(wide) == 1 and max(wide) > 1
        if not is_data or any(len(cell) > 1 or len("".join(cell)) > _LONGEST_CELL for cell in cells):
            return [paragraph for cell in cells for paragraph in cell]
        lines = ["| " + " | ".join("".join(cell).replace("|", "/") for cell in row) + " |" for row in self.rows]
        return ["\n".join(lines)]


@dataclass
class _Paragraph:
    words: list[str] = field(default_factory=list)
    level: int = 0


class _Reader:
    """What the parser tells, as paragraphs: in a table into its cell, in a text box before the paragraph around it."""

    def __init__(self, styles: dict[str, int]) -> None:
        self._styles = styles
        self._written: list[str] = []
        self._open: list[_Paragraph] = []
        self._tables: list[_Table] = []
        self._skipped = 0
        self._is_word = False
        self._is_hidden = False
        self._length = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        name = _local(name)
        if self._skipped or name in ("Fallback", "del", "moveFrom", "instrText"):
            self._skipped += 1
        elif name == "p":
            self._open.append(_Paragraph())
        elif name == "tbl":
            self._tables.append(_Table())
        elif name == "tr" and self._tables:
            self._tables[-1].rows.append([])
        elif name == "tc" and self._tables and self._tables[-1].rows:
            self._tables[-1].rows[-1].append([])
        elif self._open:
            self._inside(name, {_local(key): value for key, value in attributes.items()})

    def _inside(self, name: str, attributes: dict[str, str]) -> None:
        if name == "t":
            self._is_word = not self._is_hidden
        elif name == "r":
            self._is_hidden = False
        elif name == "vanish":
            self._is_hidden = attributes.get("val", "1") not in ("0", "false", "off")
        elif name in ("tab", "br", "cr"):
            self.words(" " if name == "tab" else "\n", always=True)
        elif name == "pStyle":
            self._open[-1].level = self._styles.get(attributes.get("val", ""), self._open[-1].level)
        elif name == "outlineLvl":
            self._open[-1].level = _level(attributes.get("val", "")) or self._open[-1].level

    def end(self, name: str) -> None:
        name = _local(name)
        if self._skipped:
            self._skipped -= 1
        elif name == "t":
            self._is_word = False
        elif name == "p" and self._open:
            self._write(self._open.pop())
        elif name == "tbl" and self._tables:
            for paragraph in self._tables.pop().told():
                self._put(paragraph)

    def words(self, text: str, *, always: bool = False) -> None:
        if self._open and not self._skipped and (self._is_word or always):
            self._length += len(text)
            if self._length > MOST_CHARACTERS:
                raise UnusableError(LARGE)
            self._open[-1].words.append(text)

    def text(self) -> str:
        return "\n\n".join(self._written)

    def _write(self, paragraph: _Paragraph) -> None:
        words = "".join(paragraph.words).strip()
        if not words:
            return
        if paragraph.level and not self._tables and "\n" not in words:
            is_first = not self._written
            words = "#" * (1 if is_first else min(paragraph.level + 1, _DEEPEST)) + " " + words
        self._put(words)

    def _put(self, words: str) -> None:
        rows = self._tables[-1].rows if self._tables else []
        if rows and rows[-1]:
            rows[-1][-1].append(words)
        else:
            self._written.append(words)


def _text(part: bytes, styles: dict[str, int]) -> str:
    reader = _Reader(styles)
    parser = _parser()
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.words
    parser.Parse(part, True)
    return reader.text()


def _styles(part: bytes) -> dict[str, int]:
    """The level of each style of headings, by its id."""
    found: dict[str, int] = {}
    current = [""]

    def start(name: str, attributes: dict[str, str]) -> None:
        own = {_local(key): value for key, value in attributes.items()}
        if _local(name) == "style":
            current[0] = own.get("styleId", "")
        elif _local(name) == "name" and (heading := _HEADING.fullmatch(own.get("val", ""))):
            found[current[0]] = int(heading[1])
        elif _local(name) == "outlineLvl" and (level := _level(own.get("val", ""))):
            found.setdefault(current[0], level)

    parser = _parser()
    parser.StartElementHandler = start
    parser.Parse(part, True)
    return found


def _parser() -> expat.XMLParserType:
    """A parser that goes no further than a document type: there are no entities without one."""
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    return parser


def _refuse(*_: object) -> None:
    raise UnusableError(ENTITIES)


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _level(value: str) -> int:
    """A level of the outline counts from zero; nine of them are no heading."""
    return int(value) + 1 if value.isdecimal() and len(value) == 1 and int(value) < _DEEPEST else 0
