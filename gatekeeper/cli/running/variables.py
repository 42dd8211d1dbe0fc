"""``gatekeeper settings``: what can be set, what is set, and where from."""

import os
from dataclasses import Field, fields
from typing import Any

import click

from gatekeeper.cli import screen
from gatekeeper.cli.arguments import as_json
from gatekeeper.cli.screen import _
from gatekeeper.rules.errors import N_, Invalid
from gatekeeper.settings import OTHER_SECRETS, OTHER_VARIABLES, Settings, variable

_SOURCES = {"environment": N_("environment"), "default": N_("default"), "not set": N_("not set")}
_HIDDEN = "***"


@click.command("settings")
@as_json
def settings(as_json: bool) -> None:  # noqa: FBT001  (click passes it so)
    """List them, whether or not they are complete."""
    rows = [_row(each) for each in fields(Settings)]
    rows += [
        {
            "name": name,
            "value": _HIDDEN if name in OTHER_SECRETS else os.environ[name],
            "source": "environment",
            "meaning": meaning,
        }
        for name, meaning in OTHER_VARIABLES.items()
        if name in os.environ
    ]
    try:
        Settings.from_env(os.environ)
        faults: list[str] = []
    except Invalid as error:
        faults = screen.told(error)
    if as_json:
        screen.put_json({"settings": rows, "faults": faults})
        return
    headings = [_(N_("Setting")), _(N_("Source")), _(N_("Value")), _(N_("Meaning"))]
    table = [[row["name"], _(_SOURCES[row["source"]]), row["value"] or "", _(row["meaning"])] for row in rows]
    screen.put_table(headings, table)
    for sentence in faults:
        screen.warn(sentence)


def _row(each: Field[Any]) -> dict[str, Any]:
    name = variable(each.name)
    source = "environment" if name in os.environ else "not set" if each.metadata["default"] is None else "default"
    value = os.environ.get(name, each.metadata["default"])
    if each.metadata["secret"] and value is not None:
        value = _HIDDEN
    return {"name": name, "value": value, "source": source, "meaning": each.metadata["meaning"]}
