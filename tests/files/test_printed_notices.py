"""Notices through PDFs of five makes, and back: read as from the text itself.

Every wording of the table and every sample stands on a page of its own, if the vendored font has its letters; whole reports go so
too. Here it is the text layers that differ; other spellings of the same letters are in the table of variations.
"""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from gatekeeper.files.prepare import Prepared, prepare
from gatekeeper.files.reading import pdf
from gatekeeper.rules.notice import NoticeReading, fold, read_notice
from tests.files.printers import FONT, PRINTERS, Pages, by_chromium
from tests.rules.test_wordings import CATEGORIES, GRADES, READERS

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"
DEMO = Path(__file__).parents[2] / "gatekeeper" / "demo" / "reports"
Printer = Callable[[Pages], bytes]
ABSENT = "../shared/samples is absent"
WORDINGS = [words for words, _ in (*GRADES, *CATEGORIES, *READERS) if "\n" not in words]


def told(reading: NoticeReading) -> tuple[object, ...]:
    return (
        reading.grade,
        reading.label,
        reading.audience,
        reading.denied_actions,
        reading.floor,
        [conflict.code for conflict in reading.conflicts],
    )


@pytest.fixture(params=[*PRINTERS, pytest.param("Chromium", marks=pytest.mark.browser)])
def printer(request: pytest.FixtureRequest) -> Printer:
    """Each maker of PDF; Chromium is the browser of all tests."""
    return PRINTERS.get(request.param) or partial(by_chromium, browser=request.getfixturevalue("browser"))


def test_each_wording_is_read_from_paper_as_from_text(printer: Printer) -> None:
    path = SAMPLES / "notices.jsonl"
    samples = [json.loads(line)["text"] for line in path.read_text("utf-8").splitlines()] if path.exists() else []
    letters = TTFont(FONT).getBestCmap()
    notices = [words for words in (*samples, *WORDINGS) if all(ord(each) in letters for each in words)]

    pages = pdf.read(printer([[words] for words in notices]), "notices.pdf").printed.pages()

    assert {words: told(read_notice(page)) for words, page in zip(notices, pages, strict=False)} == {
        words: told(read_notice(words)) for words in notices
    }


def summary(prepared: Prepared) -> dict[str, object]:
    reading = json.loads(prepared.metadata["reading"])
    about = ("title", "kind", "rating", "published_on", "analysts")
    return {
        **{name: reading[name] for name in ("company", "grade", "floor", "label", "audience", "denied_actions", "confidence")},
        **{name: fold(str(prepared.metadata[name])) for name in about},
        "notice": "".join(prepared.metadata["notice"].split()),
        "findings": [each["code"] for each in prepared.findings],
    }


def reports() -> list[object]:
    seed = SAMPLES / "000_cf454c4bef53ffae.txt"
    marks = [] if seed.exists() else [pytest.mark.skip(reason=ABSENT)]
    own = [DEMO / "r3-hog-cycle.txt", DEMO / "r2-water-utilities-en.txt"]
    return [*(pytest.param(path, id=path.stem) for path in own), pytest.param(seed, id="seed", marks=marks)]


@pytest.mark.parametrize("path", reports())
def test_a_report_is_read_from_paper_as_from_text(path: Path, printer: Printer) -> None:
    data = path.read_bytes()
    lines = [line for line in data.decode("utf-8").splitlines() if line.strip()]

    printed = prepare(printer([lines]), "report.pdf")

    assert summary(printed) == summary(prepare(data, path.name))
