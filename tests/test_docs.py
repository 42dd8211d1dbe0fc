"""README and docs/: every picture and page that they lead to is there, and the repository stays light."""

import re
from pathlib import Path

import pytest

TOP = Path(__file__).parent.parent
PAGES = [TOP / "README.md", *sorted((TOP / "docs").glob("*.md"))]
PICTURES = TOP / "docs" / "screenshots"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_leads_to_is_there(page):
    targets = re.findall(r"\]\(([^)#:]+)[^)]*\)", page.read_text("utf-8"))

    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_picture_is_shown_and_small():
    shown = "".join(page.read_text("utf-8") for page in PAGES)

    assert [path.name for path in PICTURES.iterdir() if path.name not in shown] == []
    assert [path.name for path in PICTURES.iterdir() if path.stat().st_size > 150 * 1024] == []


def test_the_readme_can_be_read_in_one_go():
    assert len((TOP / "README.md").read_text("utf-8").splitlines()) <= 150
