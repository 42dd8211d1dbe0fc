"""``gatekeeper ask SUBJECT ACTION REPORT``: ask a server elsewhere, over the decision API, with the token of a service account.

Exit codes: 0 permitted, 1 refused, 2 no answer (or the command line cannot be read), 70 a fault of ours, 130 stopped. Of many
questions 0 says that all are permitted, 1 that one is refused, 2 that one was not answered. Nothing but 0 is a permit.
"""

import csv
import os
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NoReturn, TextIO

import click
from click.exceptions import Exit

from gatekeeper.cli import screen
from gatekeeper.cli.arguments import Name, as_json
from gatekeeper.cli.screen import _, title
from gatekeeper.client import Answer, Gatekeeper, NoAnswer, Question, RequestRefused
from gatekeeper.rules.errors import N_
from gatekeeper.rules.risk import Action, Initiative
from gatekeeper.rules.suitability import Outcome, Reason

_PERMITTED, _REFUSED, _NO_ANSWER = 0, 1, 2
_COLUMNS = ("subject", "action", "report", "initiative")
_WORDS_DUE = frozenset({Reason.ACKNOWLEDGEMENT_REQUIRED.value, Reason.ACKNOWLEDGEMENT_OUTDATED.value})
_LONGEST_TOKEN = 4096


@click.command("ask")
@click.argument("question", nargs=-1, metavar="[SUBJECT ACTION REPORT]")
@click.option("--csv", "file", type=click.File(encoding="utf-8-sig"), help=_("Questions, one a line; - for standard input."))
@click.option("--server", envvar="GATEKEEPER_SERVER", metavar="URL", help=_("Address of the server; or GATEKEEPER_SERVER."))
@click.option("--token-file", type=click.File(), help=_("File that holds the token, instead of GATEKEEPER_TOKEN."))
@click.option("--initiative", type=Name(Initiative), help=_("PUSH if the firm sends, PULL if the investor asks."))
@click.option("--investor", metavar="NUMBER", help=_("The client number, where the person acts for several investors."))
@click.option("--login", metavar="LOGIN", help=_("The person, where several act for the investor."))
@click.option("--timeout", type=float, default=5.0, metavar="SECONDS", help=_("How long one request may take."))
@as_json
def ask(question: tuple[str, ...], file: TextIO | None, **options: Any) -> None:
    """Ask, show, and exit with what the answer is."""
    questions = _from_csv(file) if file is not None else [_typed(question, **options)]
    if file is not None and question:
        _stop(_(N_("Please give one question, or --csv with many, but not both.")))
    with _server(options["server"], _token(options["token_file"]), options["timeout"]) as gatekeeper:
        try:
            answers = gatekeeper.evaluate_many(questions) if file is not None else [gatekeeper.ask(questions[0])]
        except NoAnswer as error:
            _no_answer(error)
    if options["as_json"]:
        told = [_data(*each) for each in zip(questions, answers, strict=True)]
        screen.put_json(told if file is not None else told[0])
    elif file is not None:
        _show_many(questions, answers)
    else:
        _show(answers[0])
    raise Exit(_code(answers))


def _typed(question: Sequence[str], **options: Any) -> Question:
    try:
        subject, action, report = question
    except ValueError:
        _stop(_(N_("Please give SUBJECT, ACTION and REPORT, or --csv with many questions.")))
    initiative = options["initiative"].name.lower() if options["initiative"] else None
    return Question(
        subject=subject,
        action=_action(action),
        resource=report,
        initiative=initiative,
        investor=options["investor"],
        login=options["login"],
    )


def _action(typed: str) -> str:
    """The name as AuthZEN has it. One that nobody knows is the server's to refuse."""
    return typed.strip().lower()


def _from_csv(file: TextIO) -> list[Question]:
    """All questions of a file, before the first is asked; a line that cannot be read stops everything."""
    questions: list[Question] = []
    try:
        for row in (reader := csv.reader(file)):
            cells = [cell.strip() for cell in row]
            if not any(cells) or cells == list(_COLUMNS[: len(cells)]):
                continue
            if not 3 <= len(cells) <= len(_COLUMNS) or not all(cells[:3]):  # noqa: PLR2004  (the three that are asked for)
                said = N_("Line %(line)s is not SUBJECT,ACTION,REPORT or SUBJECT,ACTION,REPORT,INITIATIVE. Nothing was asked.")
                _stop(_(said, line=reader.line_num))
            subject, action, report, initiative = (*cells, "")[:4]
            questions.append(
                Question(subject=subject, action=_action(action), resource=report, initiative=initiative.lower() or None)
            )
    except (UnicodeDecodeError, csv.Error):
        _stop(_(N_("This file is not CSV in UTF-8. Nothing was asked.")))
    if not questions:
        _stop(_(N_("There is no question in this file.")))
    return questions


def _token(file: TextIO | None) -> str:
    """The token, which never stands on a command line, where every user of the machine could read it."""
    found = ""
    with suppress(UnicodeDecodeError):
        found = (file.read(_LONGEST_TOKEN) if file is not None else os.environ.get("GATEKEEPER_TOKEN", "")).strip()
    if not found or not found.isascii() or not found.isprintable() or " " in found:
        _stop(_(N_("There is no token. Set GATEKEEPER_TOKEN, or name a file that holds nothing else with --token-file.")))
    return found


def _server(address: str | None, token: str, timeout: float) -> Gatekeeper:
    if not address:
        _stop(_(N_("There is no server. Name it with --server or in GATEKEEPER_SERVER.")))
    try:
        return Gatekeeper(address, token, timeout=timeout, language=screen.tag().partition("_")[0])
    except ValueError:
        _stop(_(N_("%(address)s cannot be asked: it must be https://HOST, or http:// on this machine itself."), address=address))


def _no_answer(error: NoAnswer) -> NoReturn:
    """What is no answer, in the operator's language; the server's own words where it said any."""
    said = str(error.problem.get("detail") or error.problem.get("title") or "")
    if isinstance(error, RequestRefused):
        message = N_("The server does not answer this: %(said)s (HTTP %(status)s, request %(request)s)")
    elif error.status is not None:
        message = N_("There is no answer that can be used (HTTP %(status)s, request %(request)s). %(said)s")
    else:
        message = N_("There is no answer: the server cannot be reached or did not answer in time (request %(request)s).")
    _stop(_(message, said=said, status=error.status, request=error.request_id).strip())


def _stop(sentence: str) -> NoReturn:
    screen.warn(sentence)
    raise Exit(_NO_ANSWER)


def _code(answers: Sequence[Answer]) -> int:
    if any(answer.error for answer in answers):
        return _NO_ANSWER
    return _PERMITTED if all(answers) else _REFUSED


def _outcome(answer: Answer) -> str:
    if answer.error:
        return _(N_("Not judged"))
    if answer:
        return title(Outcome.PERMIT)
    due = answer.reasons and answer.reasons[0] in _WORDS_DUE
    return title(Outcome.ACKNOWLEDGE if due else Outcome.DENY)


def _reasons(answer: Answer) -> list[tuple[str, str]]:
    """The codes with their titles."""
    return [(code, next((title(each) for each in Reason if each.value == code), code)) for code in answer.reasons]


def _show(answer: Answer) -> None:
    screen.put(_outcome(answer))
    screen.put_pairs(_reasons(answer), indent="  ")
    if sentences := str(answer.told.get(screen.tag().replace("_", "-"), "")):
        screen.put(f"  {sentences}")
    screen.put_pairs([(each.id, str(each.properties.get("accept_url") or each.type)) for each in answer.obligations], indent="  ")
    screen.put_pairs([(_(N_("Open at")), str(answer.context.get("open_url") or "")), (_(N_("Entry")), answer.decision_id or "")])


def _show_many(questions: Sequence[Question], answers: Sequence[Answer]) -> None:
    headings = [_(N_("Subject")), _(N_("Action")), _(N_("Report")), _(N_("Answer")), _(N_("Reason"))]
    rows = []
    for question, answer in zip(questions, answers, strict=True):
        reasons = _reasons(answer)
        said = answer.error or (reasons[0][1] if reasons else "")
        rows.append([question.subject, _titled(question.action), question.resource, _outcome(answer), said])
    screen.put_table(headings, rows)


def _titled(action: str) -> str:
    return next((title(each) for each in Action if each.name.lower() == action), action)


def _data(question: Question, answer: Answer) -> dict[str, Any]:
    asked = {"subject": question.subject, "action": question.action, "report": question.resource}
    told = {"decision": answer.decision, "context": answer.context}
    return asked | told | {"decision_id": answer.decision_id, "request_id": answer.request_id}
