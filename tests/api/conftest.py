"""What the tests of the API may ask for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.service_accounts import a_service


@dataclass
class Api:
    """Another system: it posts JSON with its token, and takes what comes."""

    client: FlaskClient
    token: str = ""
    address: str = "198.51.100.7"

    def post(self, path: str, body: Any = None, *, token: str | None = None, **how: Any) -> TestResponse:
        """Post a body as JSON; ``headers`` come on top of the token."""
        return self.client.post(path, json=body, **self._how(token, how))

    def get(self, path: str, *, token: str | None = None, **how: Any) -> TestResponse:
        """Get an address."""
        return self.client.get(path, **self._how(token, how))

    def _how(self, token: str | None, how: dict[str, Any]) -> dict[str, Any]:
        bears = self.token if token is None else token
        headers: Mapping[str, str] = {"Authorization": f"Bearer {bears}"} if bears else {}
        how["headers"] = {**headers, **how.get("headers", {})}
        how.setdefault("environ_base", {"REMOTE_ADDR": self.address})
        return how


@pytest.fixture
def api(app: Flask) -> Api:
    """A system without a token yet: set ``api.token``, or give one with each call."""
    return Api(app.test_client())


@pytest.fixture
def service(world: Any, api: Api) -> Callable[..., str]:
    """Make a service account with a scope, and let ``api`` bear its token."""

    def made(**wanted: Any) -> str:
        api.token = a_service(world, **wanted)
        return api.token

    return made
