"""Assessments on paper in the demonstration: three typed wait for approval, one a rise of two, and a scan waits to be typed."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from gatekeeper.actions.clients import investors
from gatekeeper.actions.suitability import paper_scans, papers
from gatekeeper.actions.suitability.papers import Typed
from gatekeeper.demo.cast import BRANCH, CLIENTS, CONTACT, FIRM, PAPERS
from gatekeeper.demo.scenes.answers import reaching
from gatekeeper.demo.stage import Stage
from gatekeeper.files import originals, uploads
from gatekeeper.files.made import receipt
from gatekeeper.files.made.receipt import Paper
from gatekeeper.files.uploads import Upload
from gatekeeper.rules.assessing.questionnaire import Question, Questionnaire
from gatekeeper.rules.changes import CategoryChange, ClassChange, InvestorChange, StandingChange
from gatekeeper.rules.policy import last_day_after, valid_before
from gatekeeper.rules.risk import InvestorClass, InvestorKind, RiskCategory
from gatekeeper.store.suitability import papers as scans
from gatekeeper.store.suitability import questionnaires

_PEOPLE = (
    ("3001", "章慧敏", RiskCategory.C2, RiskCategory.C3),
    ("3002", "陆承志", RiskCategory.C3, RiskCategory.C4),
    ("3003", "方敬之", RiskCategory.C1, RiskCategory.C3),
    ("3004", "韦若琳", RiskCategory.C2, RiskCategory.C3),
)
"""Client number, name, the category on file, and what the signed paper comes to. The last one's scan is still to be typed."""


def _open_files(stage: Stage) -> None:
    """Clients of the counter, who don't sign in: assessed on paper once before."""
    for number, name, category, _ in _PEOPLE:
        arguments = (stage.caller(CLIENTS), InvestorKind.INDIVIDUAL, name, number, stage.now)
        investor = stage.investors[number] = stage.database.transact(investors.create_investor, *arguments)
        ends = valid_before(last_day_after(stage.today, 12), stage.zone)
        wanted: list[InvestorChange] = [
            StandingChange(investor=investor, client=True, profile_complete=True, branch=BRANCH, contact=CONTACT),
            ClassChange(investor=investor, investor_class=InvestorClass.ORDINARY),
            CategoryChange(investor=investor, category=category, before=ends),
        ]
        stage.change(number, wanted, "柜台开户，纸质测评", f"档案 {number}-1")


def _type(stage: Stage) -> None:
    """A Monday morning at the counter: four scans at once, three of them typed."""
    caller, signed = stage.caller(PAPERS), stage.today - timedelta(days=1)
    with stage.database.reading() as connection:
        questionnaire = next(each for _, each in questionnaires.questionnaires(connection, stage.now) if each.id == "individual")
    taken = [_scan(questionnaire, signed, *each) for each in _PEOPLE]
    for each in taken:
        originals.keep(stage.data_dir, each.data)
    stage.database.transact(paper_scans.receive, caller, [each.described for each in taken], stage.now)
    with stage.database.reading() as connection:
        waiting = [row.id for row in scans.waiting(connection, len(_PEOPLE))]
    for (number, _, _, reached), scan in zip(_PEOPLE[:-1], waiting, strict=False):
        stage.forward(stage.moment + timedelta(seconds=40))
        answers = reaching(questionnaire, reached)
        typed = Typed(investor=stage.investors[number], signed_on=signed, answers=answers, scan=scan)
        stage.database.transact(papers.enter, caller, typed, stage.now, stage.zone, "zh_CN")


def _scan(
    questionnaire: Questionnaire, signed: date, number: str, name: str, _before: RiskCategory, reached: RiskCategory
) -> Upload:
    """The paper as the scanner would give it."""
    answers = reaching(questionnaire, reached)
    rows = [(question.words.zh, _ticked(question, answers[question.id])) for question in questionnaire.questions]
    paper = Paper(
        firm=FIRM,
        title=questionnaire.name.zh,
        rows=(("客户号", number), ("姓名", name), *rows),
        notes=(questionnaire.declaration.zh, f"投资者签字：{name}　　签署日期：{signed.isoformat()}"),
    )
    return uploads.check(receipt.pdf(paper), f"SCAN{number}.pdf")


def _ticked(question: Question, chosen: Sequence[str]) -> str:
    return "　".join(f"{'■' if each.id in chosen else '□'} {each.words.zh}" for each in question.options)


SCENES: tuple[tuple[int, int, Callable[[Stage], object]], ...] = ((300, 12, _open_files), (1, 9, _type))
"""How many days ago, at what hour, and what was done at the counter."""
