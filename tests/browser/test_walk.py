"""The walkers themselves: what they must not overlook."""

import pytest

from tests.browser.walk import Way

APPEND = "document.querySelector('main').append(%s)"
FAULTS = {
    "an inline script": (APPEND % "Object.assign(document.createElement('script'), {text: 'x'})", "Content Security"),
    "an inline style": ("document.querySelector('h1').setAttribute('style', 'color: red')", "Content Security"),
    "something from elsewhere": (APPEND % "Object.assign(new Image(), {src: 'http://example.com/x.png', alt: ''})", "elsewhere"),
    "an uncaught error": ("setTimeout(() => { throw new Error('left alone') })", "left alone"),
    "a warning": ("console.warn('careful')", "careful"),
    "a page that jumps": (
        "document.querySelector('main').prepend(document.createElement('canvas'))",
        "jumped",
    ),
    "a wide page": (APPEND % "Object.assign(document.createElement('canvas'), {width: 500})", "> 390"),
    "an image that says nothing": (APPEND % "document.createElement('img')", "image-alt"),
    "English among Chinese": (APPEND % "'There is no such thing'", "There is no such thing"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_walker_stumbles_over(live, walk, fault):
    mischief, said = FAULTS[fault]
    visitor = walk()
    visitor.open("/sign-in", "")

    visitor.page.evaluate(f"() => {{ {mischief} }}")

    visitor.page.wait_for_timeout(50)
    with pytest.raises(AssertionError, match=said):
        visitor.look("made for this test")
    visitor.faults.clear()


@pytest.fixture
def way():
    return Way("zh_CN", "phone")
