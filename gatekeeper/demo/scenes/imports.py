"""Imported files in the demonstration: one is done, one waits for a second person; both with what goes wrong in such files."""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from io import StringIO

from gatekeeper.actions import proposals
from gatekeeper.actions.clients import imports
from gatekeeper.demo.cast import BRANCH, CLIENTS, COMPLIANCE, CONTACT
from gatekeeper.demo.stage import Stage
from gatekeeper.files import originals
from gatekeeper.rules.importing.columns import BY_KEY
from gatekeeper.rules.policy import last_day_after
from gatekeeper.work import importing
from gatekeeper.work.importing import Bench

_Cells = Mapping[str, str]
_SURNAMES = "陆钟宋汪范石姚谭廖邹熊金郝孔白崔康毛邱秦"
_GIVEN = ("思远", "雨桐", "俊杰", "静雯", "建国", "晓梅", "志强", "雅琴", "文博", "丽华", "立新", "慧敏")
_MONTHS = 24


def _new(first: int, count: int, day: date) -> Iterator[_Cells]:
    """New clients, in the order of their numbers."""
    until = last_day_after(day, _MONTHS).isoformat()
    for number in range(first, first + count):
        name = _SURNAMES[number % len(_SURNAMES)] + _GIVEN[number % len(_GIVEN)]
        yield {
            "client_number": f"0{number}",
            "kind": "个人",
            "name": name,
            "login": f"client-0{number}",
            "class_": "普通投资者",
            "category": f"C{1 + number % 5}",
            "category_until": until,
            "client": "是",
            "profile_complete": "是",
            "branch": BRANCH,
            "contact": CONTACT,
            "evidence": f"档案 0{number}",
        }


def _first(day: date) -> list[_Cells]:
    """Twenty new clients, one of them twice, and one that states nothing new."""
    rows = list(_new(5001, 20, day))
    return [*rows, rows[3], {"client_number": "1006", "lowest": "是"}]


def _second(day: date) -> list[_Cells]:
    """The yearly assessment of those before, eight new ones, a lowering, a rise of two, and rows that must be mended."""
    until = last_day_after(day, _MONTHS).isoformat()
    again = [
        {"client_number": f"0{number}", "category": f"C{max(1, 1 + number % 5 - (number % 4 == 0))}", "category_until": until}
        for number in range(5001, 5021)
    ]
    rises = [
        {"client_number": "1001", "category": "C3", "category_until": until, "evidence": "测评 2026-1001"},
        {"client_number": "1005", "category": "C5", "category_until": until, "evidence": "测评 2026-1005"},
    ]
    wrong = [
        {"client_number": "05031", "name": "无类型", "category": "C2", "category_until": until, "evidence": "档案 05031"},
        {"client_number": "05001", "category": "C7", "category_until": until, "evidence": "档案 05001-2"},
        {"client_number": "1003", "name": "许安", "branch": BRANCH},
        {"client_number": "1004", "category": "C4", "category_until": "46357", "evidence": "测评 2026-1004"},
        {"client_number": "1007", "category": "C5", "category_until": until},
    ]
    return [*({**row, "evidence": f"测评 2026-{row['client_number']}"} for row in again), *_new(5021, 8, day), *rises, *wrong]


def _file(rows: Sequence[_Cells]) -> bytes:
    keys = list(dict.fromkeys(key for row in rows for key in row))
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([BY_KEY[key].zh for key in keys])
    writer.writerows([row.get(key, "") for key in keys] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _import(name: str, reason: str, rows: Callable[[date], Sequence[_Cells]], *, approves: bool) -> Callable[[Stage], object]:
    """The admin hands a file in, looks at it and confirms; compliance approves, or has not come to it yet."""
    return lambda stage: _hand_in(stage, name, reason, _file(rows(stage.today)), approves=approves)


def _hand_in(stage: Stage, name: str, reason: str, content: bytes, *, approves: bool) -> None:
    admin, act = stage.caller(CLIENTS), stage.database.transact
    path = originals.keep(stage.data_dir, content)
    file = {"name": name, "sha256": path.name, "size": len(content)}
    id_ = act(imports.start, admin, file, reason, stage.now)
    bench = Bench(stage.database, stage.data_dir, stage.zone, lambda: stage.now)
    importing.do(bench)
    stage.forward(stage.moment + timedelta(minutes=20))
    confirmed = act(imports.confirm, admin, id_, stage.now)
    importing.do(bench)
    if approves and confirmed.proposal:
        stage.forward(stage.moment + timedelta(hours=3))
        act(proposals.approve, stage.caller(COMPLIANCE), confirmed.proposal, "已抽查十户，与档案一致", stage.now)
        importing.do(bench)


SCENES: tuple[tuple[int, int, Callable[[Stage], object]], ...] = (
    (20, 9, _import("新开户客户.csv", "营业部十月新开户客户", _first, approves=True)),
    (1, 9, _import("年度测评更新.csv", "年度风险承受能力测评结果", _second, approves=False)),
)
"""How many days ago, at what hour, and which file."""
