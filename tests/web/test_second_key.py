"""Where people see the log's second key (ML-DSA-44): its fingerprint, and what it is not for."""

from datetime import timedelta

import pytest
from flask import Flask

from gatekeeper.ledger import keys, ml_dsa
from gatekeeper.settings import Settings
from gatekeeper.work.sealer import seal_waiting
from gatekeeper.work.sending.office import Office
from tests.ledger.raw import ON_SQLITE
from tests.web.browser import visit
from tests.world import SECRET, World

ORIGIN = "gatekeeper.example/test"

pytestmark = pytest.mark.skipif(not ml_dsa.available(), reason="this machine's cryptography has no ML-DSA-44")


@ON_SQLITE
def test_the_pages_show_both_keys_and_which_one_the_program_takes(world: World, app: Flask, tmp_path, monkeypatch) -> None:
    path = tmp_path / "key"
    first, second = keys.generate(path, ORIGIN).verifier(), keys.generate_second(path, ORIGIN)
    given = {"DATABASE_URL": "sqlite:///unused", "SECRET_KEY": SECRET, "LOG_ORIGIN": ORIGIN, "LEDGER_KEY": str(path)}
    settings = Settings.from_env({f"GATEKEEPER_{name}": value for name, value in given.items()})
    [sealed] = seal_waiting(Office(settings, world.database, lambda: world.now), publish_every=timedelta(0))
    object.__setattr__(app.extensions["gatekeeper"].settings, "ledger_key", path)
    stranger = app.test_client()
    stranger.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"

    for_anybody = stranger.get("/verify").text
    for_compliance = visit(app, "compliance").get("/integrity/").text

    assert sealed.checkpoint in for_anybody.replace("&#43;", "+")
    assert (first.vkey() in for_anybody, second.vkey() in for_anybody) == (True, False)
    assert keys.fingerprint(second) in for_anybody
    for each in (first, second):
        assert keys.fingerprint(each) in for_compliance
        assert each.vkey() in for_compliance
    assert "cannot check its signatures" not in for_compliance
    monkeypatch.setattr(ml_dsa, "available", lambda: False)
    assert "library cannot check its signatures" in visit(app, "compliance").get("/integrity/").text
