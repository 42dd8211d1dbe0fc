"""The kinds of instruments that a report covers, in words."""

from collections.abc import Collection

from gatekeeper import language
from gatekeeper.rules.errors import N_
from gatekeeper.rules.grading.instruments import Instrument
from gatekeeper.web import context


def instruments(covers: Collection[Instrument] | None) -> str | None:
    """What is covered, in the catalogue's order; None where that was not asked."""
    if covers is None:
        return None
    listed = [language.name_of(context.tag(), each) for each in Instrument if each in covers]
    return context.translated(N_(", ")).join(listed) or context.translated(N_("None of the catalogue"))
