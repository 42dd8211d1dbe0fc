"""``gatekeeper reports import``: what was read from each file, and what a careful person would raise about it."""

import json
from pathlib import Path
from typing import Any

import click

from gatekeeper.actions.publishing import reports
from gatekeeper.cli import screen, words
from gatekeeper.cli.arguments import as_json
from gatekeeper.cli.desk import Desk, at_desk
from gatekeeper.cli.screen import _, title
from gatekeeper.files import originals
from gatekeeper.files.prepare import Prepared, prepare, printed_audience
from gatekeeper.files.reading.source import refuse_large
from gatekeeper.rules.errors import N_, Fault, GatekeeperError, Invalid
from gatekeeper.rules.risk import Action

_TEXTS = {
    "special_statement": N_("notice"),
    "risk_notice": N_("warning of risks"),
    "rating_definitions": N_("rating definitions"),
    "disclaimer": N_("disclaimer"),
    "analyst_statement": N_("analysts' statement"),
    "contact": N_("contact"),
}
_NAMES = ("issuer", "title", "subtitle", "kind", "industry", "language", "published_on", "rating")
_UNREADABLE = N_("The file %(name)s cannot be read: %(detail)s")
_NO_FILE = N_("%(name)s is not a file.")


@click.command("import", help=_("Read reports from files: PDF, DOCX, Markdown, text. One bad file does not stop the others."))
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--brief", is_flag=True, help=_("One line for each file."))
@as_json
@click.pass_context
def import_(ctx: click.Context, files: tuple[str, ...], brief: bool, as_json: bool) -> None:  # noqa: FBT001  (click passes it so)
    """Import each file in a transaction of its own."""
    answers = []
    with at_desk() as desk:
        for name in files:
            answer = bring_in(desk, name)
            answers.append(answer)
            if not as_json:
                _put_line(answer) if brief else put(answer)
    if as_json:
        screen.put_json({"files": answers})
    ctx.exit(1 if any("error" in answer for answer in answers) else 0)


def bring_in(desk: Desk, name: str, corrects: str | None = None) -> dict[str, Any]:
    """Import one file, as a report of its own or as the corrected file of one; say what was read, or what is wrong."""
    try:
        content = _content(name)
        prepared = prepare(content, Path(name).name)
        originals.keep(desk.settings.data_dir, content)
        imported = desk.database.transact(reports.import_report, desk.operator(), prepared, desk.now(), corrects=corrects)
    except GatekeeperError as error:
        return {"file": name, "error": " ".join(screen.told(error))}
    return {"file": name, "report": imported.report, "version": imported.version, "code": imported.code, **_data(prepared)}


def _content(name: str) -> bytes:
    path = Path(name)
    try:
        if not path.is_file():
            raise Invalid(Fault(_NO_FILE, field="file", name=name))
        refuse_large(path.stat().st_size, path.name)
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise Invalid(Fault(_UNREADABLE, field="file", name=name, detail=getattr(error, "strerror", None) or error)) from error


def _data(prepared: Prepared) -> dict[str, Any]:
    metadata, body = prepared.metadata, json.loads(prepared.body)
    reading = json.loads(metadata["reading"])
    return {
        **{name: metadata[name] for name in _NAMES},
        **{name: prepared.file[name] for name in ("media_type", "pages")},
        **{name: reading[name] for name in ("company", "grade", "label", "audience", "denied_actions", "related")},
        "analysts": json.loads(metadata["analysts"]),
        "sections": [each["heading"] for each in body["sections"]],
        "texts": [name for name in _TEXTS if body[name]],
        "findings": [
            {
                "number": number,
                "code": each["code"],
                "message": _(each["message"], **json.loads(each["details"])),
                "cited": each["cited"],
                "blocking": each["blocking"],
            }
            for number, each in enumerate(prepared.findings, start=1)
        ],
    }


def _put_line(answer: dict[str, Any]) -> None:
    """Say it in one line: the file, the report's number, the grade as printed, and how much there is to look at."""
    if "error" in answer:
        screen.warn(answer["error"])
        return
    grade = answer["grade"] or _(N_("not printed"))
    findings = _(N_("findings: %(number)s"), number=len(answer["findings"]))
    screen.put("  ".join((answer["file"], answer["report"], grade, findings)))


def put(answer: dict[str, Any]) -> None:
    """Say it in lines."""
    if "error" in answer:
        screen.warn(answer["error"])
        return
    said = answer["audience"]
    grade = f"{answer['grade']} ({answer['label']})" if answer["label"] else answer["grade"]
    screen.put(answer["file"])
    pairs = [
        (_(N_("Report")), answer["report"]),
        (_(N_("Issuer")), answer["issuer"]),
        (_(N_("Title")), answer["title"]),
        (_(N_("Subtitle")), answer["subtitle"]),
        (_(N_("Kind")), answer["kind"]),
        (_(N_("Industry")), answer["industry"]),
        (_(N_("Number of pages")), str(answer["pages"] or "")),
        (_(N_("Published on")), answer["published_on"].isoformat() if answer["published_on"] else _(N_("not stated"))),
        (_(N_("Risk grade")), grade or _(N_("not printed"))),
        (_(N_("Audience")), words.audience(printed_audience({"audience": said}))),
        (_(N_("Clients only")), screen.yes(said["clients_only"])),
        (_(N_("Denied to others")), ", ".join(_action(name) for name in answer["denied_actions"])),
        *((_(N_("Analyst")), _analyst(each)) for each in answer["analysts"]),
        (_(N_("Investment rating")), _rating(answer["rating"])),
        *((_(N_("Related report")), f"{each['date'] or ''} {each['title']}".strip()) for each in answer["related"]),
        (_(N_("Sections")), str(len(answer["sections"]))),
        (_(N_("Texts found")), ", ".join(_(_TEXTS[name]) for name in answer["texts"])),
    ]
    screen.put_pairs(pairs, indent="  ")
    _put_findings(answer["findings"])


def _put_findings(findings: list[dict[str, Any]]) -> None:
    if not findings:
        screen.put("  " + _(N_("No findings.")))
        return
    screen.put("  " + _(N_("Findings to settle before publication:")))
    for each in findings:
        blocking = " " + _(N_("This blocks publication.")) if each["blocking"] else ""
        screen.put(f"  {each['number']}  {each['code']}: {each['message']}{blocking}")
        if each["cited"]:
            screen.put(f"     “{each['cited'].strip()}”")


def _action(name: str) -> str:
    return title(Action(name)) if name in list(Action) else name.casefold()


def _analyst(each: dict[str, Any]) -> str:
    return " ".join(part for part in (each["name"], each["certificate"], each["email"]) if part)


def _rating(rating: str) -> str:
    return _(N_("%(rating)s (not the risk grade)"), rating=rating) if rating else ""
