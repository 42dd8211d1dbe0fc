"""The handbook of the decision API: its own description (OpenAPI) as a page for whoever connects a system to it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue

from gatekeeper.rules.accounts.scopes import Register
from gatekeeper.rules.errors import N_
from gatekeeper.services import DESCRIPTION
from gatekeeper.web import guards

bp = Blueprint("interface", __name__)

Json = dict[str, Any]

_REGISTERS = {
    Register.NONE: N_("Nothing but the decision and what must be done with it."),
    Register.CLIENT: N_("Codes, and sentences that the client may read; nothing of what is on file about the client."),
    Register.STAFF: N_("Also rule, article and policy, and class, category and grade as they are on file."),
}
_DEEPEST = 4
_FEW = 8
_ROOM = 72


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a body: where it stands, what it holds, what it means."""

    name: str
    is_needed: bool
    kind: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Sample:
    """An example as it is typed, and what comes back."""

    title: str
    typed: str
    answered: str


@dataclass(frozen=True, slots=True)
class Told:
    """One operation as a reader needs it, with every address at which it answers."""

    id: str
    method: str
    paths: list[str]
    title: str
    text: str
    is_public: bool
    asked: tuple[Member, ...]
    answered: tuple[Member, ...]
    samples: tuple[Sample, ...]
    statuses: tuple[str, ...]


@bp.get("/interface")
@guards.public
def show() -> ResponseReturnValue:
    """Everything that a programmer needs, without a script and without any other server."""
    described = cast("Json", current_app.extensions[DESCRIPTION]())
    parts: dict[str, list[Told]] = {tag["name"]: [] for tag in described["tags"]}
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            part = parts[operation["tags"][0]]
            if part and part[-1].title == operation["summary"]:
                part[-1].paths.append(path)
            else:
                part.append(_told(described, method.upper(), path, operation))
    return render_template(
        "interface.html",
        about=described["info"]["description"],
        parts={name: told for name, told in parts.items() if told},
        errors={status: answer["description"] for status, answer in described["components"]["responses"].items()},
        headers={name: header["description"] for name, header in described["components"]["headers"].items()},
        registers=_REGISTERS,
    )


def _told(described: Json, method: str, path: str, operation: Json) -> Told:
    good = next(status for status in operation["responses"] if status.startswith("2"))
    body, answer = operation.get("requestBody", {}), operation["responses"][good]
    asked, answered = _content(body), _content(answer)
    return Told(
        id=operation["operationId"],
        method=method,
        paths=[path],
        title=operation["summary"],
        text=operation["description"],
        is_public={} in (operation["security"] or [{}]),
        asked=tuple(_members(described, asked.get("schema", {}))),
        answered=tuple(_members(described, answered.get("schema", {}))),
        samples=tuple(_samples(path, asked, answered)),
        statuses=tuple(status for status in operation["responses"] if status != good),
    )


def _content(part: Json) -> Json:
    found: Json = part.get("content", {}).get("application/json", {})
    return found


def _samples(path: str, asked: Json, answered: Json) -> Iterator[Sample]:
    for name, example in asked.get("examples", {}).items():
        answer = answered["examples"][name]["value"]
        yield Sample(example["summary"], _curl(path, example["value"]), _written(answer))


def _curl(path: str, body: Json) -> str:
    """A question at the command line. The token lies in a file, so that no list of processes shows it."""
    lines = (
        f'curl -sS "$GATEKEEPER_SERVER{path}"',
        "-H @token.header",
        '-H "Content-Type: application/json"',
        f"-d '{_written(body)}'",
    )
    return " \\\n  ".join(lines)


def _written(value: Any, indent: str = "") -> str:
    """A body as a person writes it: what fits on a line stands on one."""
    line = json.dumps(value, ensure_ascii=False)
    if len(indent + line) <= _ROOM or not isinstance(value, dict | list):
        return line
    deeper = indent + "  "
    if isinstance(value, list):
        parts, ends = [_written(each, deeper) for each in value], "[]"
    else:
        parts, ends = [f"{json.dumps(name)}: {_written(each, deeper)}" for name, each in value.items()], "{}"
    return ends[0] + ",".join(f"\n{deeper}{part}" for part in parts) + f"\n{indent}{ends[1]}"


def _members(described: Json, schema: Json, above: str = "", depth: int = 0) -> Iterator[Member]:
    """The members of a shape and of what stands in it, each by its whole name. Of two shapes the larger is told."""
    schema = _largest(described, schema)
    needed = schema.get("required", ())
    for name, inner in schema.get("properties", {}).items() if depth < _DEEPEST else ():
        shape = _resolved(described, inner)
        meaning = inner.get("description", "") if "$ref" in inner else shape.get("description", "")
        yield Member(above + name, name in needed, _kind(described, shape), meaning)
        if shape.get("type") == "array":
            yield from _members(described, shape["items"], f"{above}{name}[].", depth + 1)
        else:
            yield from _members(described, shape, f"{above}{name}.", depth + 1)


def _largest(described: Json, schema: Json) -> Json:
    choices = [_resolved(described, each) for each in schema.get("anyOf", (schema,))]
    return max(choices, key=lambda each: len(each.get("properties", {})))


def _resolved(described: Json, schema: Json) -> Json:
    reference: str = schema.get("$ref", "")
    found: Json = described["components"]["schemas"][reference.rpartition("/")[2]] if reference else schema
    return found


def _kind(described: Json, shape: Json) -> str:
    """What a member holds, in the words of JSON; all values where there are few."""
    if shape.get("type") == "array":
        return f"[{_kind(described, _resolved(described, shape['items']))}]"
    if len(shape.get("enum", ())) in range(1, _FEW):
        return " | ".join(shape["enum"])
    return str(shape.get("format") or shape.get("type", "any"))
