"""Who is named as an investor's contact: by name or login, however it is written, and nobody else."""

import pytest

from gatekeeper.rules.messages.contacts import is_contact

CASES = [
    # what the file says            name      login      is the contact
    ("", "王芳", "wang.fang", False),
    ("021-5550 0100", "王芳", "wang.fang", False),
    ("王芳 021-5550 0100", "王芳", "wang.fang", True),
    ("客户经理：王　芳", "王芳", "wang.fang", True),
    ("客户经理：王芳芳", "王芳", "wang.fang", True),
    ("李雷", "王芳", "wang.fang", False),
    ("WANG.FANG", "王芳", "wang.fang", True),
    ("ｗａｎｇ．ｆａｎｇ", "王芳", "wang.fang", True),
    ("wang.fang@firm.example", "王芳", "wang.fang", True),
    ("wang.fang2", "王芳", "wang.fang", False),
    ("my-wang.fang", "王芳", "wang.fang", False),
    ("Jane  Doe, desk 4", "Jane Doe", "jdoe", True),
    ("Jane Doe", "", "", False),
]


@pytest.mark.parametrize(("contact", "name", "login", "expected"), CASES)
def test_the_contact_is_found_by_name_or_login(contact: str, name: str, login: str, expected: bool) -> None:  # noqa: FBT001
    assert is_contact(contact, name=name, login=login) is expected
