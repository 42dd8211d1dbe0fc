"""Word documents for tests, as parts in an archive."""

import io
import zipfile
from html import escape

MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Override PartName="/word/document.xml" ContentType="{main}"/></Types>'
)
_DOCUMENT = (
    '<?xml version="1.0" encoding="UTF-8"?>{before}<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><w:body>{body}</w:body></w:document>'
)
_STYLES = (
    '<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
    '<w:style w:styleId="a1"><w:name w:val="heading 1"/></w:style>'
    '<w:style w:styleId="a2"><w:name w:val="own"/><w:pPr><w:outlineLvl w:val="1"/></w:pPr></w:style></w:styles>'
)


def paragraph(words: str, style: str = "", properties: str = "") -> str:
    """A paragraph of one run."""
    styled = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f'<w:p>{styled}<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{escape(words)}</w:t></w:r></w:p>'


def table(*rows: tuple[str, ...]) -> str:
    """A table of cells, each one paragraph."""
    cells = ("".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) for row in rows)
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in cells) + "</w:tbl>"


def document(body: str, *, before: str = "", main: str = MAIN, **others: bytes | str) -> bytes:
    """A document with this body; other parts by their names, with _ for / and . as in word_footnotes_xml."""
    parts: dict[str, bytes | str] = {
        "[Content_Types].xml": _TYPES.format(main=main),
        "word/document.xml": _DOCUMENT.format(body=body, before=before),
        "word/styles.xml": _STYLES,
        **{name.replace("_", "/", 1).replace("_", "."): part for name, part in others.items()},
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return out.getvalue()


def report(text: str) -> bytes:
    """A report's text, its tables as tables."""
    body, rows = [], []
    for line in [*(line for line in text.split("\n") if line.strip()), ""]:
        if line.startswith("|"):
            rows.append(tuple(cell.strip() for cell in line.strip("|").split("|")))
            continue
        if rows:
            body.append(table(*(row for row in rows if set("".join(row)) != {"-"})))
            rows = []
        body.append(paragraph(line) if line else "")
    return document("".join(body))
