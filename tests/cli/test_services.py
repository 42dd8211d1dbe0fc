"""``gatekeeper services``: who may ask, and stopping one from the command line."""

from gatekeeper.actions.accounts import services
from tests.ledger.raw import ON_SQLITE
from tests.service_accounts import ADMIN, a_token, an_account, scope


@ON_SQLITE
def test_accounts_are_listed_and_suspended_by_name(gk, world):
    assert "No other system asks here yet." in gk("services", "list").out
    account = an_account(world, "邮件网关", networks=("10.1.2.0/24",))
    token = a_token(world, account)
    an_account(world, "手机应用")

    listed = gk("services", "list").out
    assert "邮件网关" in listed
    assert "In use" in listed
    [first, second] = gk("services", "list", "--json").json["services"]
    assert (first["name"], first["tokens"]) == ("手机应用", [])
    assert second["scope"]["networks"] == ["10.1.2.0/24"]
    assert second["tokens"][0]["token"] == token[:8]
    assert token[8:] not in gk("services", "list", "--json").out

    assert gk.by("compliance", "services", "suspend", "邮件网关", "--reason", "查问").code == 1
    done = gk.by(ADMIN, "services", "suspend", "邮件网关", "--reason", "查问", "--json").json
    assert done["service"] == account
    assert [each["state"] for each in gk("services", "list", "--json").json["services"]] == ["live", "suspended"]
    unknown = gk.by(ADMIN, "services", "suspend", "没有", "--reason", "查问")
    assert (unknown.code, "There is no such service account." in unknown.err) == (1, True)


@ON_SQLITE
def test_a_proposal_about_an_account_is_told_and_approved(gk, world):
    account = an_account(world, "客户关系系统")
    wider = scope(service=account, per_minute=20_000)
    world.database.transact(services.change, world.caller(ADMIN), wider, "促销", world.now)
    [waiting] = gk("proposals", "list", "--json").json["proposals"]
    assert (waiting["kind"], waiting["about"]) == ("service", "客户关系系统")
    assert "20000 a minute" in gk("proposals", "list").out
    assert gk.by("compliance", "proposals", "approve", waiting["proposal"]).code == 0
    assert gk("services", "list", "--json").json["services"][0]["scope"]["per_minute"] == 20_000
