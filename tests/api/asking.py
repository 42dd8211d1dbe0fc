"""Questions as other systems send them, and what came of them."""

from typing import Any

from gatekeeper.store.proof import entries
from gatekeeper.store.proof.entries import Filter
from tests.world import World

Json = dict[str, Any]


def subject(name: str, **properties: Any) -> Json:
    """Somebody by client number or login."""
    return {"type": "user", "id": name, **({"properties": properties} if properties else {})}


def resource(report: str) -> Json:
    """A report."""
    return {"type": "report", "id": report}


def evaluation(name: str, report: str, action: str = "read", **more: Any) -> Json:
    """One whole question."""
    return {"subject": subject(name), "action": {"name": action}, "resource": resource(report), **more}


def ask(api: Any, name: str, report: str, action: str = "read") -> Json:
    """The answer to one question."""
    answer = api.post("/access/v1/evaluation", evaluation(name, report, action))
    assert answer.status_code == 200, answer.text
    found: Json = answer.get_json()
    return found


def last(world: World, **wanted: Any) -> Any:
    """The newest entry that fits, with its leaf."""
    with world.database.reading() as connection:
        return entries.by_id(connection, entries.search(connection, Filter(**wanted), None, 1)[0].id)
