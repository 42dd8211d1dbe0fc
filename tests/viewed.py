"""Reports that came as PDF, out for reading, and what a reader gets of them."""

import re
from hashlib import sha256
from io import BytesIO
from pathlib import Path

from flask.testing import FlaskClient
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from gatekeeper.files import lettering, originals
from gatekeeper.files.viewing.marks import Mark
from tests.library import release
from tests.world import World

CODE = "k7m29xqd4t1c"
MARK = Mark(("张*三 / 明***司 · 1003", f"2026-11-23 10:00 · {CODE}", "仅供本人阅读，请勿转发"), CODE)
_LINE = "储能行业跟踪报告：招标放量而价格企稳，龙头公司盈利改善，建议关注海外渠道。"


def paper(pages: int = 3, *, sizes: tuple[tuple[float, float], ...] = ((595, 842),)) -> bytes:
    """A report as a PDF: on each page its number, a few paragraphs and some room."""
    out = BytesIO()
    canvas = Canvas(out, invariant=1)
    for number in range(pages):
        width, height = sizes[number % len(sizes)]
        canvas.setPageSize((width, height))
        canvas.setFont(lettering.font(), 10.5)
        canvas.drawString(60, height - 60, f"第{number + 1}页正文")
        for place in range(int((height - 200) // 40)):
            canvas.drawString(60, height - 90 - 40 * place, _LINE)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


PAPER = paper()


def came_as_pdf(world: World, folder: Path, data: bytes = PAPER, pages: int = 3, **how: object) -> str:
    """A report that came as this PDF, out now; return its id."""
    originals.keep(folder, data)
    file = {"name": "report.pdf", "media_type": "application/pdf", "size": len(data), "pages": pages}
    return release(world, file={**file, "sha256": sha256(data).hexdigest()}, **how)  # type: ignore[arg-type]  # a test's own words


def opening(page: str) -> str:
    """The code under which a page of pictures was opened."""
    found = re.search(r"opening=([0-9a-z]{12})", page)
    assert found, "no page of pictures"
    return found[1]


def picture(browser: FlaskClient, report: str, number: int, code: str, width: int | None = None) -> Image.Image:
    """A page as a reader gets it."""
    more = f"&width={width}" if width else ""
    answer = browser.get(f"/reports/{report}/pages/{number}?opening={code}{more}")
    assert (answer.status_code, answer.mimetype) == (200, "image/jpeg"), answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    return Image.open(BytesIO(answer.data))
