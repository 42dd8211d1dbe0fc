"""The task that sends mail to whoever has something waiting: numbers and links, and nothing of a client or a report."""

import logging
from datetime import timedelta
from email.message import EmailMessage

from gatekeeper.actions.messages import mail
from gatekeeper.actions.messages.mail import Taken
from gatekeeper.language import SUPPORTED, translate
from gatekeeper.rules.errors import N_
from gatekeeper.servers import MailServer
from gatekeeper.work.sending import smtp
from gatekeeper.work.sending.office import Office
from gatekeeper.work.tasks import Task

_LOG = logging.getLogger(__name__)
_BETWEEN = "\n\n————————\n\n"  # two hyphens would make a signature of what follows
_KINDS = {
    "classification": N_("Investors' files: %(number)s"),
    "publication": N_("Reports to be brought out: %(number)s"),
    "staff": N_("Staff accounts: %(number)s"),
    "service": N_("Service accounts: %(number)s"),
    "statement": N_("Statements: %(number)s"),
    "policy": N_("Policies: %(number)s"),
    "questionnaire": N_("Questionnaires: %(number)s"),
    "import": N_("Imported files: %(number)s"),
}
_SUBJECT = N_("Proposals waiting for you: %(number)s")
_WAITING = N_("In the research gate, proposals wait for your decision:")
_LINK = N_("Please sign in to decide them: %(address)s")
_WHY = N_("This mail was written by a machine; nobody reads an answer. Where it goes is set under Your account: %(address)s")


def post(office: Office) -> None:
    """Let mails wait for those who should get one, and send what is due. Without a mail server nothing is done."""
    server = office.settings.smtp_url
    if server is None:
        return
    pace, database = timedelta(minutes=office.settings.mail_minutes), office.database
    with database.reading() as connection:
        due = mail.due(connection, pace, office.now())
    for person in due:
        database.note(mail.enqueue, person, pace, office.now())
    while not office.stopping.is_set() and (taken := database.note(mail.take, office.now())) is not None:
        if not _deliver(office, server, taken):
            return


TASK = Task("mail", timedelta(seconds=30), post)


def _deliver(office: Office, server: MailServer, taken: Taken) -> bool:
    """Send one mail, outside of any transaction; say whether the mail server was there."""
    try:
        smtp.send(server, digest(office, taken))
    except smtp.FAILURES as error:
        final = smtp.is_final(error)
        _LOG.warning("mail.not_sent", extra={"mail": taken.name, "why": smtp.told(error), "tries": taken.tries})
        if final or taken.tries >= mail.TRIES:
            office.database.transact(mail.give_up, taken, smtp.told(error), office.now())
        else:
            office.database.note(mail.postpone, taken, office.now())
        return final
    office.database.transact(mail.sent, taken, office.now())
    return True


def digest(office: Office, taken: Taken) -> EmailMessage:
    """The letter, in each language."""
    settings, number = office.settings, sum(taken.numbers.values())
    subject = " / ".join(translate(tag, _SUBJECT, number=number) for tag in SUPPORTED)
    text = _BETWEEN.join(_text(tag, taken, settings.public_url) for tag in SUPPORTED)
    return smtp.letter(settings, taken.address, f"[{settings.firm}] {subject}", text + "\n", taken.name, office.now())


def _text(tag: str, taken: Taken, address: str) -> str:
    numbers = [translate(tag, message, number=taken.numbers[kind]) for kind, message in _KINDS.items() if kind in taken.numbers]
    return "\n\n".join(
        [
            translate(tag, _WAITING) + "".join(f"\n  - {each}" for each in numbers),
            translate(tag, _LINK, address=f"{address}/home"),
            translate(tag, _WHY, address=f"{address}/account"),
        ]
    )
