"""Reports for tests: rows as they stand after import, approval and publication, without the way there."""

import json
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.rules.changes import PublicationChange
from gatekeeper.rules.events import Kind
from gatekeeper.rules.risk import NOT_STATED, Objectives, ProfessionalClause, RiskCategory, RiskGrade
from gatekeeper.store.apply import apply
from gatekeeper.store.base import new_id
from gatekeeper.store.publishing import library, report_files
from tests.world import World

NOTICE = "本公司评定此研报的风险等级为 R3（中风险），适用于专业投资者及风险承受能力为 C3、C4、C5 的普通投资者。"

READING = {
    "company": None,
    "grade": None,
    "label": None,
    "audience": {"professional": None, "categories": None, "clients_only": False, "contract_clients_only": False},
    "denied_actions": [],
    "confidence": {},
    "evidence": [],
    "related": [],
}
"""What ``files.prepare`` keeps of a notice in which nothing was found."""


def release(
    world: World,
    grade: RiskGrade | None = RiskGrade.R3,
    *,
    title: str = "储能行业跟踪报告",
    paragraph: str = "招标放量而价格企稳。",
    notice: str = NOTICE,
    professional: ProfessionalClause | None = ProfessionalClause.ANY,
    categories: tuple[RiskCategory, ...] | None = None,
    clients_only: bool = False,
    contract_clients_only: bool = False,
    conflict: bool = False,
    about: Objectives = NOT_STATED,
    released: bool = True,
    at: datetime | None = None,
    file: dict[str, Any] | None = None,
) -> str:
    """A report, out now unless ``released`` is false or ``at`` is later; return its id."""
    now, report, version = world.now, new_id(), new_id()

    def write(connection: Connection) -> None:
        event = Caller(actor="operator", channel="test").event(Kind.REPORT_IMPORTED, now, report=report)
        entry_id = append(connection, event)
        metadata = _metadata(title, paragraph, notice, conflict=conflict)
        written = {"created_at": now, "entry_id": entry_id}
        body = {key: metadata.pop(key) for key in ("body", "source")}
        library.put_report(
            connection,
            {"id": report, **written},
            {"id": version, "report_id": report, "number": 1, "source_sha256": _digest(report), **metadata, **written},
            {"version_id": version, **body},
        )
        described = {"name": "report.txt", "media_type": "text/plain", "size": len(body["source"]), "pages": None}
        described = {"sha256": _digest(report), **described, **(file or {})}
        report_files.put(connection, version_id=version, entry_id=entry_id, **described)
        if grade is not None:
            change = PublicationChange(
                version=version,
                issuer="明澈证券",
                report_kind="行业点评",
                grade=grade,
                professional=professional,
                categories=categories,
                clients_only=clients_only,
                contract_clients_only=contract_clients_only,
                settlements=(),
                term=about.term,
                varieties=tuple(about.varieties) if about.varieties else None,
            )
            apply(connection, change, entry_id, now)
        if released:
            library.put_release(
                connection, report_id=report, version_id=version, state="RELEASED", valid_from=at or now, entry_id=entry_id
            )

    world.database.transact(write)
    return report


def withdraw(world: World, report: str) -> None:
    """Take a report back."""

    def write(connection: Connection) -> None:
        now = world.now
        last = library.release_state(connection, report)
        event = Caller(actor="operator", channel="test").event(Kind.REPORT_STOPPED, now, report=report)
        library.put_release(
            connection,
            report_id=report,
            version_id=last.version_id,
            state="WITHDRAWN",
            valid_from=now,
            entry_id=append(connection, event),
        )

    world.database.transact(write)


def _metadata(title: str, paragraph: str, notice: str, *, conflict: bool) -> dict[str, Any]:
    body = {
        "sections": [{"heading": "事件", "paragraphs": [paragraph]}],
        "risk_notice": "政策变化的风险。",
        "special_statement": notice,
        "analyst_statement": "",
        "rating_definitions": "",
        "disclaimer": "本报告仅供客户使用。",
        "contact": "",
        "related": [{"title": "另一份报告的标题", "date": "2026-09-08"}],
    }
    return {
        "issuer": "明澈证券",
        "title": title,
        "subtitle": "",
        "kind": "行业点评",
        "language": "zh",
        "published_on": None,
        "rating": "推荐（维持评级）",
        "analysts": json.dumps([{"name": "方启铭", "certificate": "S0999525030003", "email": None}]),
        "notice": notice,
        "reading": json.dumps(READING, ensure_ascii=False),
        "conflict": conflict,
        "search_words": f"{title} 明澈证券 行业点评 方启铭".casefold(),
        "body": json.dumps(body, ensure_ascii=False),
        "source": paragraph,
    }


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
