"""The texts that come with this version for the way to class C: the test of knowledge, and the warning before conversion."""

from functools import cache
from hashlib import sha256

from gatekeeper.paths import PACKAGE
from gatekeeper.rules.assessing.knowledge import KnowledgeTest, parse

_FOLDER = PACKAGE / "professional"
_WARNINGS = {"zh_CN": "warning.zh.md", "en": "warning.en.md"}


@cache
def test_text() -> str:
    """The test's text, as it is kept with each attempt."""
    return (_FOLDER / "knowledge-1.toml").read_text("utf-8")


@cache
def knowledge_test() -> KnowledgeTest:
    """The test."""
    return parse(test_text())


@cache
def warning(tag: str) -> tuple[str, str]:
    """The warning in one language, and its SHA-256."""
    text = (_FOLDER / _WARNINGS[tag]).read_text("utf-8")
    return text, sha256(text.encode()).hexdigest()


def warned_in(digest: str) -> str | None:
    """The language of the warning in force with this SHA-256; None where there is none."""
    return next((tag for tag in _WARNINGS if warning(tag)[1] == digest), None)
