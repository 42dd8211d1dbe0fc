"""What a scan says of itself, typed by a person: a version of its own, told as typed and never as printed."""

import json
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from gatekeeper.actions import proposals
from gatekeeper.actions.publishing import reports, typing
from gatekeeper.actions.publishing.typing import Typed
from gatekeeper.files.prepare import prepare
from gatekeeper.ledger.verify.acts import check_acts
from gatekeeper.ledger.verify.findings import Findings
from gatekeeper.rules.errors import Conflict, Invalid, NotFound, NotPermitted
from gatekeeper.rules.events import Kind
from gatekeeper.rules.risk import Audience, RiskCategory, RiskGrade
from gatekeeper.store.proof.ledger import LedgerEntry, LedgerPrivate
from gatekeeper.store.publishing import library, report_files
from tests import pdfs
from tests.world import World

TYPED = Typed(
    title="短债基金：回撤小 不是因为风险小",
    issuer="明澈证券",
    kind="基金月报",
    industry="公募基金",
    analysts="方启铭 S0999525030003\n 谭以和",
    published_on=date(2026, 6, 29),
)
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def bring(world: World, data: bytes) -> str:
    prepared = prepare(data, "扫描件.pdf")
    return world.database.transact(reports.import_report, world.caller("reports"), prepared, world.now).report


def type_(world: World, report: str, typed: Typed = TYPED, who: str = "reports") -> str:
    return world.database.transact(typing.type_report, world.caller(who), report, typed, world.now)


def view(world: World, report: str) -> reports.File:
    with world.database.reading() as connection:
        return reports.view(connection, report, world.now)


def propose(world: World, report: str) -> str:
    file = view(world, report)
    wish = reports.Wish(
        grade=RiskGrade.R2,
        audience=Audience(None, frozenset(RiskCategory) - {RiskCategory.C1}),
        settled_before={each.id: world.now + timedelta(days=90) for each in file.open},
        reason="已对照页面",
    )
    return world.database.transact(reports.propose_publication, world.caller("reports"), report, wish, world.now).id


def test_a_scan_goes_out_under_what_a_person_typed_and_another_approved(world: World) -> None:
    report = bring(world, pdfs.lines("1"))
    assert view(world, report).version.title == "扫描件.pdf"

    code = type_(world, report)

    file = view(world, report)
    version = file.version
    assert (version.number, version.title, version.issuer) == (2, "短债基金：回撤小 不是因为风险小", "明澈证券")
    assert (version.kind, version.industry, version.published_on) == ("基金月报", "公募基金", date(2026, 6, 29))
    assert [(each["name"], each["certificate"]) for each in json.loads(version.analysts)] == [
        ("方启铭", "S0999525030003"),
        ("谭以和", None),
    ]
    assert file.reading["typed"] == ["analysts", "industry", "issuer", "kind", "published_on", "title"]
    assert {each["confidence"] for each in file.reading["fields"]} == {"ABSENT"}, "nothing of it is told as printed"
    with world.database.reading() as connection:
        entry = connection.execute(select(LedgerEntry.__table__).where(LedgerEntry.code == code)).one()
        kept = connection.execute(select(LedgerPrivate.value).where(LedgerPrivate.entry_id == entry.id)).scalars().all()
    assert (entry.kind, entry.actor) == (Kind.REPORT_TYPED.value, f"person:{world.people['reports']}")
    assert "短债" not in bytes(entry.leaf).decode("utf-8", "replace")
    assert any("短债" in each for each in kept)
    with world.database.reading() as connection:
        came_as = report_files.of_version(connection, version.version)
        assert came_as.pages == 1
        check_acts(connection, findings := Findings())
        assert findings.first == []

    world.database.transact(proposals.approve, world.caller("compliance"), propose(world, report), "同意", world.now)
    world.database.transact(reports.publish, world.caller("reports"), report, None, world.now)
    assert view(world, report).version.state == "RELEASED"


@sqlite
def test_it_may_be_typed_again_until_somebody_proposes_it(world: World) -> None:
    report = bring(world, pdfs.lines("1"))
    type_(world, report)
    with pytest.raises(Conflict, match="already"):
        type_(world, report)
    type_(world, report, Typed(title="更正的标题", issuer="明澈证券"))
    assert view(world, report).version.number == 3

    propose(world, report)
    assert not typing.may_type(view(world, report))
    with pytest.raises(Conflict, match="proposed or approved"):
        type_(world, report)


@sqlite
def test_what_was_read_from_its_file_is_not_typed(world: World) -> None:
    report = bring(world, pdfs.demo("r3-energy-storage"))

    assert not typing.may_type(view(world, report))
    with pytest.raises(Conflict, match="was read from its file"):
        type_(world, report)
    with pytest.raises(NotFound):
        type_(world, "0" * 26)


@sqlite
def test_only_whoever_brings_reports_in_types(world: World) -> None:
    world.client("c3")
    report = bring(world, pdfs.lines("1"))

    for who in ("compliance", "clients", "c3"):
        with pytest.raises(NotPermitted):
            type_(world, report, who=who)
    with world.database.reading() as connection:
        assert library.one_for_staff(connection, report, world.now).number == 1


WRONG = {
    "no title": (Typed(title=" ", issuer="明澈证券"), "title"),
    "no issuer": (Typed(title="标题", issuer=""), "issuer"),
    "a title too long": (Typed(title="标" * 301, issuer="明澈证券"), "title"),
    "what cannot be printed": (Typed(title="标\u202e题", issuer="明澈证券"), "title"),
    "a certificate of another form": (Typed(title="标题", issuer="明澈证券", analysts="方启铭 S099952503"), "analysts"),
}


@sqlite
def test_what_is_wrong_is_told_with_its_field(world: World) -> None:
    report = bring(world, pdfs.lines("1"))

    for what, (typed, field) in WRONG.items():
        with pytest.raises(Invalid) as refusal:
            type_(world, report, typed)
        assert [fault.field for fault in refusal.value.faults] == [field], what
