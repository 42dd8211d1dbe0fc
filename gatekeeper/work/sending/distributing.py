"""The tasks that send reports to many: what a release sets off, recipients decided, letters sent at the mail server's pace.

The line to the mail server is opened before anything is taken: while it is down nothing is tried, and nothing is lost.
"""

import logging
import smtplib
from collections.abc import Mapping
from datetime import timedelta
from email.message import EmailMessage

from gatekeeper.actions.publishing import distributing, letters
from gatekeeper.actions.publishing.letters import Batch, Fate, Letter
from gatekeeper.language import SUPPORTED, translate
from gatekeeper.rules.errors import N_
from gatekeeper.work.once import Doubtful, Refused
from gatekeeper.work.sending import smtp
from gatekeeper.work.sending.office import Office
from gatekeeper.work.tasks import Task

_LOG = logging.getLogger(__name__)
_A_LINE = 50
"""After so many letters another connection is opened."""
_BETWEEN = "\n\n————————\n\n"  # two hyphens would make a signature of what follows
_SUBJECT = N_("A new report is ready for you")
_REPORT = N_("A new report is ready for you at the research gate. Please sign in to read it: %(address)s")
_END = N_("What you subscribe to, and how to end it: %(address)s")
_WHY = N_("This mail was written by a machine; nobody reads an answer. Where it goes is set under Your account: %(address)s")


def decide(office: Office) -> None:
    """Begin what releases set off, and decide everybody who waits; say of letters that were interrupted that nobody knows."""
    while office.database.transact(letters.sweep, office.now()) and not office.stopping.is_set():
        pass
    if office.settings.distribute_on_release:
        _released(office)
    with office.database.reading() as connection:
        running = distributing.running(connection)
    for each in running:
        _go_on(office, each)


def _released(office: Office) -> None:
    with office.database.reading() as connection:
        waiting = distributing.released(connection, office.now())
    for each in waiting:
        if not office.stopping.is_set():
            office.database.transact(distributing.start, each, office.now())


def _go_on(office: Office, distribution: str) -> None:
    zone, has_mail = office.settings.time_zone, office.settings.smtp_url is not None
    while not office.stopping.is_set():
        if not office.database.transact(distributing.go_on, distribution, office.now(), zone, has_mail=has_mail):
            office.database.transact(distributing.finish, distribution, office.now())
            return


def mail(office: Office) -> None:
    """Send the letters that are due, no more in a minute than the mail server takes."""
    server = office.settings.smtp_url
    while server is not None and not office.stopping.is_set() and _is_due(office):
        try:
            with smtp.opened(server) as line:
                goes_on = _over(office, line)
        except smtp.FAILURES as error:
            _LOG.warning("letters.unreached", extra={"why": smtp.told(error)})
            return
        if not goes_on:
            return


def _is_due(office: Office) -> bool:
    with office.database.reading() as connection:
        return letters.waits(connection, office.now())


def _over(office: Office, line: smtplib.SMTP) -> bool:
    """Send over one open line until it is used up, or something goes wrong; say whether there was anything to send."""
    sent, pace, zone = 0, office.settings.mail_pace, office.settings.time_zone
    while sent < _A_LINE and not office.stopping.is_set():
        batch = office.database.transact(letters.take, pace, office.now(), zone)
        if batch is None:
            return sent > 0
        fates = _send(office, line, batch)
        office.database.transact(letters.settle, batch, fates, office.now())
        sent += max(1, len(batch.letters))
        office.stopping.wait(max(0.0, (batch.next_at - office.now()).total_seconds()))
        if any(fate in (Fate.DOUBTED, Fate.UNTRIED) for fate, _ in fates.values()):
            return True
    return True


def _send(office: Office, line: smtplib.SMTP, batch: Batch) -> Mapping[int, tuple[Fate, str]]:
    """Hand the letters over, one after the other. Where the line breaks the rest is left for another one."""
    fates = {each.number: (Fate.UNTRIED, "") for each in batch.letters}
    for each in batch.letters:
        if office.stopping.is_set():
            break
        try:
            smtp.hand_over(line, letter(office, batch, each))
        except Refused as error:
            fates[each.number] = Fate.REFUSED, str(error)
            if not smtp.is_usable(line):
                break
        except Doubtful as error:
            fates[each.number] = Fate.DOUBTED, str(error)
            break
        else:
            fates[each.number] = Fate.SENT, ""
    return fates


def letter(office: Office, batch: Batch, to: Letter) -> EmailMessage:
    """The letter, in each language: that there is a report and where; nothing of what it is, and nothing that opens it."""
    settings = office.settings
    head = " / ".join(translate(tag, _SUBJECT) for tag in SUPPORTED)
    report = f"{settings.public_url}/reports/{batch.report}"
    subscriptions, account = (f"{settings.public_url}/{page}" for page in ("subscriptions", "account"))
    said = ((_REPORT, report), (_END, subscriptions), (_WHY, account))
    parts = ("\n\n".join(translate(tag, sentence, address=address) for sentence, address in said) for tag in SUPPORTED)
    name = f"{batch.distribution}.{to.number}"
    made = smtp.letter(settings, to.address, f"[{settings.firm}] {head}", _BETWEEN.join(parts) + "\n", name, office.now())
    made["List-Unsubscribe"] = f"<{subscriptions}>"
    return made


TASKS = (
    Task("distributions", timedelta(seconds=3), decide),
    Task("letters of distributions", timedelta(seconds=3), mail),
)
