"""Which sentences have no Chinese yet."""

from functools import cache
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

TOP = Path(__file__).parents[2]
_KEYWORDS = {"_": None, "N_": None, "_l": None, "gettext": None, "ngettext": (1, 2)}


@cache
def untranslated() -> frozenset[str]:
    """Every sentence of the product that the Chinese catalogue lacks."""
    with (TOP / "gatekeeper/locale/zh_CN/LC_MESSAGES/messages.po").open("rb") as source:
        catalogue = read_po(source)
    with (TOP / "babel.cfg").open(encoding="utf-8") as source:
        methods, options = parse_mapping_cfg(source)
    missing = set()
    for _, _, message, _, _ in extract_from_dir(TOP, methods, options, keywords=_KEYWORDS, directory_filter=_is_ours):
        first = message[0] if isinstance(message, tuple) else message
        known = catalogue.get(first)
        if first and (known is None or not all(known.string if isinstance(known.string, tuple) else [known.string])):
            missing.add(first)
    return frozenset(missing)


def _is_ours(folder: str) -> bool:
    path = Path(folder).resolve()
    return path == TOP or path.relative_to(TOP).parts[0] in {"gatekeeper", "templates"}
