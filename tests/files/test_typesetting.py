"""A report set as a PDF: every word of it is there, on pages of paper, whatever its tables are like."""

import json
from pathlib import Path

import pypdfium2
import pytest

from gatekeeper.files.prepare import prepare
from gatekeeper.files.typesetting import Manuscript, pdf

REPORTS = Path(__file__).parents[2] / "gatekeeper" / "demo" / "reports"
LONG = "储能行业招标放量而价格企稳，" * 400


def manuscript(**parts):
    body = {"sections": [{"heading": "事件", "paragraphs": ["招标放量而价格企稳。"]}]}
    return Manuscript(**{"title": "储能行业跟踪报告", "issuer": "明澈证券", "body": body, **parts})


def table(columns: int, rows: int, cell: str = "12.5%"):
    return {"caption": "表1：比较", "columns": ["项目"] * columns, "rows": [[cell] * columns] * rows, "is_figure": False}


def with_table(columns: int, rows: int, cell: str = "12.5%"):
    return manuscript(body={"sections": [{"heading": "表", "paragraphs": [table(columns, rows, cell)]}]})


def pages(document: bytes) -> list[str]:
    """What each page says, without spaces and line ends."""
    with pypdfium2.PdfDocument(document) as opened:
        return ["".join(page.get_textpage().get_text_range().split()) for page in opened]


def test_the_same_report_gives_the_same_bytes():
    assert pdf(manuscript()) == pdf(manuscript()) != pdf(manuscript(title="其他"))


@pytest.mark.parametrize("name", ["r1-household-savings.txt", "r3-container-ports-en.txt"])
def test_a_report_of_the_demonstration_is_set_whole(name):
    prepared = prepare((REPORTS / name).read_bytes(), name)
    body, told = json.loads(prepared.body), prepared.metadata

    set_ = pages(pdf(Manuscript(title=told["title"], body=body, language=told["language"])))

    words = "".join(page.removeprefix(str(number)) for number, page in enumerate(set_, 1))
    pieces = [piece for section in body["sections"] for piece in section["paragraphs"]]
    cells = [cell for piece in pieces if not isinstance(piece, str) for row in piece["rows"] for cell in row]
    ends = [body[name] for name in ("risk_notice", "special_statement", "disclaimer", "analyst_statement", "contact")]
    told_words = [*(piece for piece in pieces if isinstance(piece, str)), *cells, *ends]
    assert [each for each in told_words if "".join(each.split()) not in words] == []


def test_pages_are_numbered_and_name_the_issuer():
    set_ = pages(pdf(manuscript(body={"sections": [{"heading": "事件", "paragraphs": [LONG] * 3}]})))

    assert len(set_) > 3
    assert all(f"明澈证券{number}" in page for number, page in enumerate(set_, 1))


@pytest.mark.parametrize(
    "report",
    [
        pytest.param(with_table(3, 200), id="many rows"),
        pytest.param(with_table(40, 2), id="many columns"),
        pytest.param(with_table(2, 1, LONG), id="a cell longer than a page"),
        pytest.param(with_table(1, 1, "A" * 3000), id="a word longer than a page"),
        pytest.param(manuscript(title="B" * 500), id="a title without a space"),
        pytest.param(manuscript(title="<b>&amp;</b> &#0;"), id="a title that looks like markup"),
        pytest.param(manuscript(body={"sections": []}), id="nothing to say"),
        pytest.param(manuscript(language="en", title="Ports <i>and</i> ships"), id="English"),
    ],
)
def test_whatever_it_holds_is_set(report):
    assert pages(pdf(report))


def test_what_looks_like_markup_is_printed_as_it_is():
    assert "<b>&amp;</b>" in pages(pdf(manuscript(title="<b>&amp;</b>")))[0]
