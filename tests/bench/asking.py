"""What another system asks, as JSON: one question, and many at once."""

import json
from itertools import cycle, islice

from tests.api.asking import evaluation, resource, subject
from tests.bench.place import Place

ONE, MANY = "/access/v1/evaluation", "/access/v1/evaluations"
PER_ENTRY = 100
"""So many answers one entry holds."""


def headers(place: Place) -> dict[str, str]:
    return {"Content-Type": "application/json", "Accept": "application/json", "Authorization": f"Bearer {place.token}"}


def one(place: Place) -> str:
    """Whether the client may read the report whose statement was accepted: yes."""
    return json.dumps(evaluation(place.number, place.path.rpartition("/")[2]))


def many(place: Place, count: int) -> str:
    """Whether the same client may bookmark each of so many reports of all grades."""
    asked = [{"resource": resource(each)} for each in islice(cycle(place.shelf), count)]
    return json.dumps({"subject": subject(place.number), "action": {"name": "bookmark"}, "evaluations": asked})
