"""The second person: who may decide a proposal, and whether it can still be approved.

Proposer, approver and the person concerned are three people, and a colleague whose one-time link somebody held could be that
somebody: for 30 days the two decide nothing of each other's. A proposal made against a file that has since changed cannot be
approved, nor one that is too old.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.acts import importing
from gatekeeper.ledger.caller import Caller
from gatekeeper.rules.assessment import Hold
from gatekeeper.rules.changes import (
    CategoryChange,
    Change,
    ClassChange,
    Correction,
    InvestorChange,
    LowestChange,
    MandateChange,
    PublicationChange,
    QuestionnaireChange,
    ResetChange,
    RoleChange,
    ServiceChange,
    SettlementChange,
    from_data,
)
from gatekeeper.rules.changing.raising import split
from gatekeeper.rules.errors import N_, Conflict, NotPermitted
from gatekeeper.rules.importing.change import ImportChange
from gatekeeper.rules.messages.links import apart_since
from gatekeeper.rules.roles import Permission
from gatekeeper.store.accounts import links, services
from gatekeeper.store.beside import Beside
from gatekeeper.store.clients import contacts, imports, investors
from gatekeeper.store.proof import entries
from gatekeeper.store.publishing import library
from gatekeeper.store.reading import words
from gatekeeper.store.suitability import questionnaires

_ALTERED = N_("This proposal is not the one that was recorded when it was made. Tell the operator of this system.")
APPROVERS = {
    "classification": Permission.APPROVE_CLASSIFICATIONS,
    "publication": Permission.APPROVE_REPORTS,
    "service": Permission.APPROVE_SERVICES,
    "staff": Permission.APPROVE_STAFF,
    "import": Permission.APPROVE_CLASSIFICATIONS,
    "policy": Permission.APPROVE_STATEMENTS,
    "questionnaire": Permission.APPROVE_STATEMENTS,
    "statement": Permission.APPROVE_STATEMENTS,
}


_LOWERED = N_("Part of this change lowered and applies already. Look at the whole of it.")
_HELD = {
    Hold.CONTRADICTION: N_("Answers of this assessment contradict each other. Look at them first."),
    Hold.JUMP: N_("The category rises by two steps or more. Look at the answers first."),
    Hold.LOWEST_LIFTED: N_("The investor would leave the lowest category. Look at the answers first."),
}
TAKEN = N_("%(kind)s is asked by another questionnaire already: %(track)s. Each kind of investor has one.")


class Bar(StrEnum):
    """Why somebody who sees a proposal cannot decide it."""

    OWN = "OWN"
    CONCERNED = "CONCERNED"
    HANDLED = "HANDLED"
    CONTACT = "CONTACT"
    LINKED = "LINKED"
    NOT_APPROVER = "NOT_APPROVER"


BARRED = {
    Bar.OWN: N_("You made this proposal yourself, so another person must decide it."),
    Bar.CONCERNED: N_("This proposal concerns yourself, so another person must decide it."),
    Bar.HANDLED: N_("You have handled the application behind this proposal yourself, so another person must decide it."),
    Bar.CONTACT: N_("You are this investor's contact, so another person must decide it."),
    Bar.LINKED: N_(
        "Of you two, one was handed the other's one-time link in the last 30 days, so a third person must decide this proposal."
    ),
    Bar.NOT_APPROVER: N_("Your account does not permit this."),
}


def bar_of(
    connection: Connection,
    caller: Caller,
    permissions: frozenset[Permission],
    proposal: Any,
    wanted: list[Change],
    now: datetime,
    *,
    apart: frozenset[str] | None = None,
    beside: Beside | None = None,
) -> Bar | None:
    """What keeps this caller from deciding: proposer, approver and the person concerned are three people.

    ``apart`` is what ``kept_apart`` says of the caller, for whoever asks about many proposals; ``beside`` has read for them all.
    """
    if proposal.proposed_by == caller.person:
        return Bar.OWN
    if APPROVERS[proposal.kind] not in permissions:
        return Bar.NOT_APPROVER
    concerned = {each.person for each in wanted if isinstance(each, MandateChange | RoleChange | ResetChange)}
    if proposal.investor_id:
        concerned |= (beside or Beside(connection, now)).acting_for(proposal.investor_id)
    if caller.person in concerned or _is_in_file(connection, caller, wanted, now):
        return Bar.CONCERNED
    if barred := _bar_of_application(caller, proposal, beside or Beside(connection, now)):
        return barred
    apart = kept_apart(connection, caller, now) if apart is None else apart
    return Bar.LINKED if proposal.proposed_by in apart else None


def _is_in_file(connection: Connection, caller: Caller, wanted: list[Change], now: datetime) -> bool:
    """Whether an imported file says anything of the caller, or of an investor for whom the caller acts."""
    files = [each.id for each in wanted if isinstance(each, ImportChange)]
    if not files or not caller.person:
        return False
    mine = [row.investor_id for row in investors.mandates_of(connection, now, person=caller.person)]
    return any(imports.is_about(connection, each, caller.person, mine) for each in files)


def _bar_of_application(caller: Caller, proposal: Any, beside: Beside) -> Bar | None:
    """Of an application for professional status: who approves has not handled it, and is not whom the investor turns to."""
    handlers = beside.handled(proposal)
    if not handlers or caller.person is None:
        return None
    if caller.person in handlers:
        return Bar.HANDLED
    return Bar.CONTACT if beside.is_contact(caller.person, proposal.investor_id) else None


def kept_apart(connection: Connection, caller: Caller, now: datetime) -> frozenset[str]:
    """Whose proposals the caller cannot decide because one of the two was handed the other's one-time link of late."""
    return links.between(connection, caller.person, apart_since(now)) if caller.person else frozenset()


def refuse_concerned(
    connection: Connection, caller: Caller, investor: str, wanted: Sequence[InvestorChange], now: datetime
) -> None:
    """Nobody changes the file of an investor for whom he acts, or is to act."""
    concerned = {row.person_id for row in investors.mandates_of(connection, now, investor=investor)}
    concerned |= {each.person for each in wanted if isinstance(each, MandateChange)}
    if caller.person in concerned:
        raise NotPermitted(N_("You act for this investor yourself, so others must change the file."))


def refuse_contact(connection: Connection, caller: Caller, investor: str, now: datetime) -> None:
    """The investor's contact at the firm, who sells to it, has no hand in how it is assessed (Measures, Art. 29)."""
    if contacts.contact_of(connection, caller.person or "", [investor], now):
        raise NotPermitted(N_("You are this investor's contact here, so others must assess it."))


def unfit(
    connection: Connection, proposal: Any, wanted: list[Change], now: datetime, beside: Beside | None = None
) -> Conflict | None:
    """What keeps anybody from approving this proposal as it stands."""
    beside = beside or Beside(connection, now)
    if now - proposal.proposed_at > timedelta(days=beside.open_days):
        return Conflict(N_("This proposal is older than %(days)s days. It must be made again."), days=beside.open_days)
    base = [beside.current(each) for each in wanted]
    moved = [row for row, _ in base] != json.loads(proposal.base)
    after = [investors.stated(connection, each) for each in wanted]
    lapsed = any(new is None or lowers(old, new, now) for (_, old), new in zip(base, after, strict=True))
    if moved or lapsed:
        return Conflict(N_("The file has changed since this was proposed. It must be withdrawn and made again."))
    ends: list[datetime | None] = [getattr(each, "before", None) for each in wanted]
    ends += [one.before for each in wanted if isinstance(each, PublicationChange) for one in each.settlements]
    if any(end is not None and end <= now for end in ends):
        return Conflict(N_("The last valid day has passed meanwhile, so this cannot take effect any more."))
    unfit_file = _unfit_questionnaire(connection, wanted, now) or _unfit_import(connection, wanted)
    return unfit_file or _unfit_publication(beside, proposal, wanted, now)


def lowers(old: Change | None, new: Change, now: datetime) -> bool:
    """Whether a change lowers anything. Of one professional class in place of another, only how long it is valid decides."""
    if isinstance(old, ClassChange) and isinstance(new, ClassChange) and old.investor_class.is_professional:
        alike = new.investor_class.is_professional
        old = replace(old, investor_class=new.investor_class, ground=new.ground) if alike else old
    return split(old, new, now)[0] is not None


def question(
    connection: Connection, proposal: Any, wanted: list[Change], now: datetime, beside: Beside | None = None
) -> Conflict | None:
    """What somebody must look at before approving this: then it is approved on its own page and never among others."""
    beside = beside or Beside(connection, now)
    if proposal.kind not in ("classification", "publication"):
        return Conflict(N_("Staff accounts, links, statements, questionnaires and policies are decided one by one."))
    if asked := _question_of_file(proposal, wanted, beside):
        return asked
    if asked := next((found for each in wanted if (found := _question_of_report(each, beside))), None):
        return asked
    return unfit(connection, proposal, wanted, now, beside)


def _question_of_file(proposal: Any, wanted: list[Change], beside: Beside) -> Conflict | None:
    """What somebody must look at before approving a change of an investor's file."""
    if beside.handled(proposal):
        return Conflict(N_("An application for professional status is decided by itself, with its evidence."))
    if any(isinstance(each, Correction) for each in wanted):
        return Conflict(N_("A correction of an error is decided by itself."))
    if any(isinstance(each, ClassChange | CategoryChange | LowestChange) for each in wanted) and not proposal.evidence.strip():
        return Conflict(N_("No evidence is named for the class or category."))
    return _open_in_act(beside, proposal)


def _open_in_act(beside: Beside, proposal: Any) -> Conflict | None:
    """What somebody must look at in the act that made a proposal: an assessment that isn't plain, or a part that lowered."""
    row = beside.assessment(proposal)
    if row is not None and row.signed_on is not None and row.file_id is None:
        return Conflict(N_("There is no scan of this paper. Make sure of the paper itself first."))
    for hold in row.holds.split() if row is not None else ():
        return Conflict(_HELD[Hold(hold)])
    is_mixed = (row is not None and row.lowered) or beside.has_lowered(proposal)
    return Conflict(_LOWERED) if is_mixed else None


def _question_of_report(wanted: Change, beside: Beside) -> Conflict | None:
    """What somebody must look at before a report may go out."""
    if isinstance(wanted, SettlementChange) or (isinstance(wanted, PublicationChange) and wanted.settlements):
        return Conflict(N_("With this proposal findings would be accepted. Read them first."))
    if isinstance(wanted, PublicationChange) and not _is_as_printed(beside.version(wanted.version), wanted):
        return Conflict(N_("Grade or audience are not what the report prints. Compare them first."))
    if isinstance(wanted, PublicationChange) and beside.duplicates(wanted.version):
        return Conflict(N_("A report like this one came in before. Compare the two first."))
    return None


def _is_as_printed(version: Any, wanted: PublicationChange) -> bool:
    reading = json.loads(version.reading)
    printed = reading.get("audience") or {}
    categories = printed.get("categories")
    about = reading.get("objectives") or {}
    said = reading.get("grade"), printed.get("professional"), categories and sorted(categories), about.get("term")
    proposed = (
        wanted.grade.name,
        wanted.professional.value if wanted.professional else None,
        wanted.categories and sorted(each.name for each in wanted.categories),
        wanted.term,
    )
    clauses = ("clients_only", "contract_clients_only")
    return (
        not version.conflict
        and said == proposed
        and (about.get("varieties") or None) == (sorted(wanted.varieties) if wanted.varieties else None)
        and (categories is None) == (wanted.categories is None)
        and (wanted.covers is None or set(reading.get("covers") or ()) == set(wanted.covers))
        and all(bool(printed.get(name)) == getattr(wanted, name) for name in clauses)
    )


def _unfit_publication(beside: Beside, proposal: Any, wanted: list[Change], now: datetime) -> Conflict | None:
    for each in wanted:
        if isinstance(each, PublicationChange):
            if beside.is_approved(each.version):
                return Conflict(N_("This version was approved already."))
            if each.release_at is not None and (beside.stopped_by(each.version) or 0) > proposal.entry_id:
                return Conflict(N_("The report was stopped after this was proposed, so it must be proposed again."))
            below = beside.catalogue.fault(each.covers or (), each.grade) if beside.catalogue else None
            if below is not None:
                return Conflict(below.message, field=below.field, **below.values)
            settled = {(one.code, one.key) for one in each.settlements if one.before > now}
            for finding in beside.findings(each.version):
                if finding.blocking or (finding.settled is None and (finding.code, finding.key) not in settled):
                    return Conflict(N_("The report has an open finding: %(code)s"), code=finding.code)
    return None


def _unfit_questionnaire(connection: Connection, wanted: list[Change], now: datetime) -> Conflict | None:
    """Each kind of investor is asked by one questionnaire: another one may have begun to ask it meanwhile."""
    for each in wanted:
        if isinstance(each, QuestionnaireChange):
            taken = questionnaires.taken(connection, each.track, now)
            for kind in sorted(questionnaires.parsed(each.text).kinds & set(taken)):
                return Conflict(TAKEN, kind=kind, track=taken[kind])
    return None


def _unfit_import(connection: Connection, wanted: list[Change]) -> Conflict | None:
    """What lowers in a file acts before what raises is approved: the second person sees it beside what is on file then."""
    for each in wanted:
        if isinstance(each, ImportChange) and importing.is_lowering(connection, each.id):
            return Conflict(N_("What lowers in this file is still taking effect. Please try again in a moment."))
    return None


def refuse_altered(connection: Connection, proposal: Any) -> None:
    """What is approved is what was recorded when it was made: the row can be written over, its entry cannot."""
    made = entries.by_id(connection, proposal.entry_id)
    leaf = json.loads(made.leaf)
    recorded = leaf["actor"], leaf["data"].get("proposal"), leaf["data"].get("changes")
    if recorded != (f"person:{proposal.proposed_by}", proposal.id, json.loads(proposal.payload)):
        raise Conflict(_ALTERED)
    for each in map(from_data, json.loads(proposal.payload)):
        if isinstance(each, ImportChange) and importing.digest_of_raising(connection, each.id) != each.digest:
            raise Conflict(_ALTERED)


def _lock_service(connection: Connection, proposal: Any) -> None:
    for each in map(from_data, json.loads(proposal.payload)):
        if isinstance(each, ServiceChange):
            services.lock(connection, each.service)


def lock_subject(connection: Connection, proposal: Any) -> None:
    """Hold what the proposal is about, so that two proposals about the same follow each other."""
    if proposal.investor_id:
        investors.lock_investor(connection, proposal.investor_id)
    if proposal.person_id:
        investors.lock_staff(connection, proposal.person_id)
    if proposal.kind == "service":
        _lock_service(connection, proposal)
    if proposal.kind == "statement":
        words.lock_statement(connection)
    if proposal.kind == "policy":
        words.lock_policy(connection)
    if proposal.kind == "questionnaire":
        questionnaires.lock_questionnaires(connection)
    if report := library.report_of(connection, proposal.version_id):
        library.lock_report(connection, report)


_DECIDED = {
    "APPROVED": N_("This proposal was approved already."),
    "REJECTED": N_("This proposal was rejected already."),
    "WITHDRAWN": N_("This proposal was withdrawn already."),
    "EXPIRED": N_("Nobody decided this proposal in time, so it has ended by itself. It must be made again."),
}


def refuse_ended(proposal: Any) -> None:
    """Of a proposal that has ended nothing more can be done."""
    if proposal.state != "PENDING":
        raise Conflict(_DECIDED[proposal.state])
