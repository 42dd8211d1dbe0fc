"""One page that shows every element in both themes. It is there in a demonstration and nowhere else."""

from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from gatekeeper.rules.errors import N_, NotFound
from gatekeeper.rules.risk import RiskCategory, RiskGrade
from gatekeeper.rules.suitability import Outcome
from gatekeeper.web import context, guards

bp = Blueprint("style", __name__)

_DEMO = "/demo"
_ABSENT = N_("There is no such page. It may have moved, or the address is incomplete.")
_TABLE: dict[str, Any] = {
    "columns": ["", "R1", "R2", "R3"],
    "rows": [["C1", "1", "0", "0"], ["C3", "4", "6", "9"]],
    "is_figure": False,
}
_BARS: dict[str, Any] = {**_TABLE, "is_figure": True}
_LINES: dict[str, Any] = {
    "columns": ["", "R3"],
    "rows": [[str(day), str(number)] for day, number in enumerate((3, 5, 4, 6, 9, 8, 11, 10, 12, 9, 13, 15), 1)],
    "is_figure": True,
}


@bp.get("/style")
@guards.public
def page() -> ResponseReturnValue:
    """Every element there is, light and dark."""
    if not context.services().settings.log_origin.endswith(_DEMO):
        raise NotFound(_ABSENT)
    return render_template(
        "style.html",
        outcomes=list(Outcome),
        grades=list(RiskGrade),
        categories=list(RiskCategory),
        pieces_shown=(_TABLE, _BARS, _LINES),
    )
