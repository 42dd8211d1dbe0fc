"""Reading what was sent: strict about form and size, cheap about what is refused, and clear about what is wrong.

1. More bytes than ``MAX_CONTENT_LENGTH`` are not read. What has been read is bounded in depth before anything looks into it.
2. A member that stands twice in one object is refused: two readers of the same text could take different ones (I-JSON).
3. So is half of a surrogate pair: it is no character, and what cannot be written down cannot be recorded.
4. Every fault is told with a pointer to its member (RFC 6901), up to a number that a person can read.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from gatekeeper import services
from gatekeeper.api.models import Shape
from gatekeeper.rules.errors import N_, Fault, Invalid

Model = TypeVar("Model", bound=Shape)

DEEPEST = 32
"""So deep may objects and lists stand in each other. AuthZEN needs four levels; the rest is for the caller's properties."""
_TOLD = 20
_UTF_8 = frozenset({"utf-8", "utf8", "us-ascii"})
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
"""The escape of half a pair, alone or with its other half."""
_MESSAGES = {
    "missing": N_("%(member)s is missing."),
    "string_type": N_("%(member)s must be a text."),
    "string_unicode": N_("%(member)s holds a character that is none."),
    "int_type": N_("%(member)s must be a whole number."),
    "bool_type": N_("%(member)s must be true or false."),
    "dict_type": N_("%(member)s must be an object."),
    "model_type": N_("%(member)s must be an object."),
    "list_type": N_("%(member)s must be a list."),
    "string_too_long": N_("%(member)s may have at most %(max_length)s characters."),
    "too_long": N_("%(member)s may have at most %(max_length)s items. Please ask in several requests."),
    "literal_error": N_("%(member)s must be one of: %(expected)s."),
    "greater_than_equal": N_("%(member)s must be at least %(ge)s."),
}
_OTHERWISE = N_("%(member)s cannot be used.")


def read(model: type[Model]) -> Model:
    """The body of this request in the shape of ``model``, or ``Invalid`` with everything that is wrong with it."""
    return fit(model, content())


def content() -> dict[str, Any]:
    """The body of this request: one JSON object."""
    call = services.call()
    if call.mimetype != "application/json" or call.mimetype_params.get("charset", "utf-8").lower() not in _UTF_8:
        raise Invalid(Fault(N_("The body must be JSON in UTF-8. Send the header: Content-Type: application/json")))
    sent = call.get_data(cache=False)
    try:
        found = _JSON.decode(sent.decode())
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:  # not UTF-8, not JSON, or a number of thousands of digits
        raise Invalid(Fault(N_("The body is not JSON: %(detail)s"), detail=_place_of(error))) from None
    if not isinstance(found, dict):
        raise Invalid(Fault(N_("The body must be one JSON object.")))
    if _is_too_deep(found):
        raise _too_deep()
    if _HALF.search(sent) and not _is_text(found):
        raise Invalid(Fault(N_("The body holds half of a surrogate pair, which is no character.")))
    return found


def fit(model: type[Model], found: Mapping[str, Any]) -> Model:
    """An object in the shape of ``model``."""
    try:
        return model.model_validate(found)
    except ValidationError as error:
        raise Invalid(*map(_fault, error.errors(include_url=False, include_input=False)[:_TOLD])) from None


def pointer(*place: int | str) -> str:
    """A place in the body, as RFC 9457 writes it."""
    return "#" + "".join(f"/{str(each).replace('~', '~0').replace('/', '~1')}" for each in place)


def _fault(error: ErrorDetails) -> Fault:
    place, about = pointer(*error["loc"]), dict(error.get("ctx", {}))
    about["expected"] = str(about.get("expected", "")).replace(" or ", ", ").replace("'", "")
    return Fault(_MESSAGES.get(error["type"], _OTHERWISE), field=place, member=place.removeprefix("#/") or "#", **about)


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) < len(members):
        names = [name for name, _ in members]
        twice = next(name for name in names if names.count(name) > 1)
        raise Invalid(Fault(N_("“%(member)s” stands twice in one object."), member=twice[:64]))
    return found


def _no_number(name: str) -> float:
    raise Invalid(Fault(N_("%(value)s is no number in JSON."), value=name))


def _is_text(found: dict[str, Any]) -> bool:
    """Whether all of it can be written in UTF-8 (I-JSON): an escape may also name half a character."""
    try:
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


_JSON = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_number)


def _place_of(error: ValueError) -> str:
    """Where a text stops being JSON. Nothing of the text itself is told: it may be somebody's data."""
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} ({error.lineno}:{error.colno})"
    return "UTF-8" if isinstance(error, UnicodeDecodeError) else type(error).__name__


def _too_deep() -> Invalid:
    return Invalid(Fault(N_("Objects and lists may stand at most %(deepest)s deep in each other."), deepest=DEEPEST))


def _is_too_deep(found: dict[str, Any]) -> bool:
    level: list[dict[str, Any] | list[Any]] = [found]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _inside(outer) if isinstance(inner, dict | list)]
        if not level:
            return False
    return True


def _inside(outer: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return outer.values() if isinstance(outer, dict) else outer
