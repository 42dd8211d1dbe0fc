import re

import pytest

from gatekeeper.paths import PACKAGE, resource_dir


def test_a_checkout_uses_the_folder_at_its_top():
    assert resource_dir("templates") == PACKAGE.parent / "templates"


def test_an_installed_package_uses_the_folder_inside(tmp_path):
    inside = tmp_path / "site-packages" / "gatekeeper" / "templates"
    inside.mkdir(parents=True)
    (tmp_path / "site-packages" / "templates").mkdir()  # belongs to somebody else

    assert resource_dir("templates", package=inside.parent) == inside


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=re.escape("has no migrations/ folder")):
        resource_dir("migrations", package=tmp_path / "gatekeeper")
