"""Applications for professional status in the demonstration: one waits for approval, one for the test, one was rejected."""

from collections.abc import Callable
from datetime import date, timedelta
from hashlib import sha256

from gatekeeper.actions.suitability import application_desk, applications
from gatekeeper.demo.cast import CAST, CLIENTS, FIRM
from gatekeeper.demo.stage import Stage
from gatekeeper.files import originals
from gatekeeper.files.made import receipt
from gatekeeper.files.made.receipt import Paper
from gatekeeper.rules.assessing.money import yuan
from gatekeeper.rules.professional import Amount, Application, Evidence
from gatekeeper.rules.risk import InvestorKind
from gatekeeper.store.clients.evidence_files import Described
from gatekeeper.store.suitability import applications as store

_B, _C = "第八条（五）", "第十一条"
_A_WHILE = timedelta(minutes=4)
_PAPERS = {
    Evidence.IDENTITY: ("居民身份证复印件", "与原件核对一致，仅供办理专业投资者申请使用。"),
    Evidence.WRITTEN_APPLICATION: (
        "专业投资者申请书",
        "本人自愿申请转化为专业投资者，已知悉可能承担的风险，并自行承担相应后果。",
    ),
    Evidence.ASSET_STATEMENT: ("金融资产证明", "截至出具日，客户名下金融资产合计如上。"),
    Evidence.TRADING_RECORD: ("证券账户交易流水", "首笔交易日期如上，摘自结算系统。"),
}
"""What each kind of paper is called, and what it says."""


def _apply(stage: Stage, login: str, ground: str, assets: int, since: date) -> str:
    """A client states assets and experience, adds the papers and hands in; return the application's id."""
    act, caller = stage.database.transact, stage.caller(login)
    act(applications.begin, caller, None, ground, stage.now)
    stated = Application(
        kind=InvestorKind.INDIVIDUAL,
        ground=ground,
        applied=stage.today,
        financial_assets=Amount(assets, stage.today - timedelta(days=1)),
        experience_since=since,
    )
    stage.forward(stage.moment + _A_WHILE)
    act(applications.save, caller, None, stated, stage.now)
    for alternatives in stage.database.record(applications.fill, caller, None, stage.today, stage.now).lacking:
        stage.forward(stage.moment + _A_WHILE)
        kind = alternatives[0]
        act(applications.attach, caller, None, kind, [_paper(stage, login, kind, assets, since)], stage.now)
    return act(applications.hand_in, caller, None, stage.today, stage.now, declared=True)


def _paper(stage: Stage, login: str, kind: Evidence, assets: int, since: date) -> Described:
    """A paper of one page, kept among the originals."""
    client = next(each for each in CAST if each.login == login)
    title, words = _PAPERS[kind]
    rows = [("姓名", client.name), ("客户号", client.number)]
    if kind is Evidence.ASSET_STATEMENT:
        rows.append(("金融资产（元）", yuan(assets)))
    if kind is Evidence.TRADING_RECORD:
        rows.append(("首笔交易日期", since.isoformat()))
    notes = (words, f"出具日期：{stage.today.isoformat()}")
    data = receipt.pdf(Paper(firm=FIRM, title=title, rows=tuple(rows), notes=notes))
    originals.keep(stage.data_dir, data)
    name = f"{title}-{client.name}.pdf"
    return Described(name=name, media_type="application/pdf", size=len(data), pages=1, sha256=sha256(data).hexdigest())


def _applies(login: str, ground: str, assets: int, since: date) -> Callable[[Stage], object]:
    return lambda stage: _apply(stage, login, ground, assets, since)


def _checked(login: str, reason: str) -> Callable[[Stage], object]:
    """The proofs are found in order: of class B that proposes it, of class C the test comes next."""
    return lambda stage: stage.database.transact(
        application_desk.check, stage.caller(CLIENTS), _last(stage, login), reason, stage.now, stage.zone
    )


def _rejected(login: str, reason: str) -> Callable[[Stage], object]:
    return lambda stage: stage.database.transact(
        application_desk.reject, stage.caller(CLIENTS), _last(stage, login), reason, stage.now
    )


def _last(stage: Stage, login: str) -> str:
    """The id of a client's newest application."""
    with stage.database.reading() as connection:
        return str(store.of_client(connection, stage.investors[login]).id)


SCENES: tuple[tuple[int, int, Callable[[Stage], object]], ...] = (
    (10, 14, _applies("client-c1", _B, 5_000_000_00 - 1, date(2019, 5, 20))),
    (
        9,
        11,
        _rejected(
            "client-c1",
            "金融资产为 4,999,999.99 元，未达到不低于 500 万元的要求；未提供近三年收入证明。达到条件后可重新申请。",
        ),
    ),
    (5, 11, _applies("client-c3", _C, 3_450_000_00, date(2021, 9, 1))),
    (4, 15, _checked("client-c3", "身份证明、资产证明、交易流水均已核对原件")),
    (3, 13, _applies("client-c4", _B, 6_280_000_00, date(2018, 3, 12))),
    (2, 10, _checked("client-c4", "资产证明与系统数据一致，首笔交易早于两年前，材料齐全")),
)
"""How many days ago, at what hour, and what was done with the application."""
