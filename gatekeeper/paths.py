"""Where the pages and the migrations are.

In a checkout ``templates/`` and ``migrations/`` lie at its top. The build moves them into the package, where a wheel has them.
"""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def resource_dir(name: str, *, package: Path = PACKAGE) -> Path:
    """Return a folder that ships with the product, in a checkout or in an installed package.

    Raises:
        FileNotFoundError: the installation is incomplete.
    """
    places = [package / name]
    if (package.parent / "pyproject.toml").is_file():
        places.insert(0, package.parent / name)
    for place in places:
        if place.is_dir():
            return place
    raise FileNotFoundError(f"This installation has no {name}/ folder, neither in nor beside {package}.")


FONTS = PACKAGE / "files" / "fonts"
"""The font that travels with the product, and its licence."""


def newest_migration() -> str:
    """The tables that this version needs, told by the files' names: nobody waits for Alembic to be loaded."""
    return max(path.stem for path in (resource_dir("migrations") / "versions").glob("[0-9]*.py"))
