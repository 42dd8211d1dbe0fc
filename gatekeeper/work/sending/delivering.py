"""The tasks that give notices to the channels and send them.

Each line is opened before anything is taken: while a server is down nothing is tried, and nothing is lost.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from email.message import EmailMessage

from gatekeeper.actions.messages import addresses, deliveries
from gatekeeper.actions.messages.deliveries import Taken
from gatekeeper.language import SUPPORTED, translate
from gatekeeper.rules.errors import N_
from gatekeeper.rules.messages.deliveries import Channel
from gatekeeper.servers import MailServer, WebAddress
from gatekeeper.work.once import Doubtful, Refused
from gatekeeper.work.sending import gateway, smtp
from gatekeeper.work.sending.office import Office
from gatekeeper.work.tasks import Task

_LOG = logging.getLogger(__name__)
_A_LINE = 50
"""So many letters go over one connection."""
_BETWEEN = "\n\n————————\n\n"  # two hyphens would make a signature of what follows
_SUBJECT = N_("There is a notice to you")
_NOTICE = N_(
    "The firm has put a notice into your inbox at the research gate. Please sign in to read it and to take note: %(address)s"
)
_WHY = N_("This mail was written by a machine; nobody reads an answer. Where it goes is set under Your account: %(address)s")
_CONFIRM = N_("Please confirm this mail address")
_LINK = N_(
    "Somebody, probably you, gave this address for notices from the research gate. To confirm it, sign in by this link within 24"
    " hours: %(address)s If it was not you, do nothing."
)

Hand = Callable[[Taken], None]
"""Sends one notice; raises ``Refused`` or ``Doubtful``."""


def channels(office: Office) -> frozenset[Channel]:
    """The channels that are set up."""
    found = {Channel.MAIL: office.settings.smtp_url, Channel.WEBHOOK: office.settings.webhook_url}
    return frozenset(channel for channel, server in found.items() if server is not None)


def give_out(office: Office) -> None:
    """Give new notices to the channels, and say of what was interrupted that nobody knows."""
    while office.database.transact(deliveries.sweep, office.now()) == deliveries.MOST and not office.stopping.is_set():
        pass
    while not office.stopping.is_set() and _waits(office):
        if not office.database.transact(deliveries.give_out, channels(office), office.now()):
            return  # others have them in hand


def _waits(office: Office) -> bool:
    with office.database.reading() as connection:
        return deliveries.waits(connection)


def mail(office: Office) -> None:
    """Send what is due by mail: links that confirm addresses, then notices."""
    server = office.settings.smtp_url
    if server is not None:
        _confirmations(office, server)
        _send(office, Channel.MAIL, lambda: _mail_line(office, server))


def short_messages(office: Office) -> None:
    """Hand what is due to the firm's own gateway."""
    address = office.settings.webhook_url
    if address is not None:
        _send(office, Channel.WEBHOOK, lambda: _gateway_line(office, address))


def _send(office: Office, channel: Channel, line: Callable[[], AbstractContextManager[Hand]]) -> None:
    while not office.stopping.is_set() and _is_due(office, channel):
        try:
            with line() as hand:
                goes_on = _over(office, channel, hand)
        except (*smtp.FAILURES, *gateway.FAILURES) as error:
            _LOG.warning("notices.unreached", extra={"channel": channel.value, "why": smtp.told(error)})
            return
        if not goes_on:
            return


def _is_due(office: Office, channel: Channel) -> bool:
    with office.database.reading() as connection:
        return deliveries.due(connection, channel, office.now())


def _over(office: Office, channel: Channel, hand: Hand) -> bool:
    """Send over one open line until it is used up, or something goes wrong; say whether there was anything to send."""
    for number in range(_A_LINE if channel is Channel.MAIL else 1):
        taken = None if office.stopping.is_set() else office.database.transact(deliveries.take, channel, office.now())
        if taken is None:
            return number > 0
        try:
            hand(taken)
        except Refused as error:
            office.database.transact(deliveries.refused, taken, str(error), office.now())
            return True
        except Doubtful as error:
            office.database.transact(deliveries.doubted, taken, str(error), office.now())
            return True
        office.database.transact(deliveries.sent, taken, office.now())
    return True


@contextmanager
def _mail_line(office: Office, server: MailServer) -> Iterator[Hand]:
    with smtp.opened(server) as connection:
        yield lambda taken: smtp.hand_over(connection, letter(office, taken))


@contextmanager
def _gateway_line(office: Office, address: WebAddress) -> Iterator[Hand]:
    link, secret = f"{office.settings.public_url}/notices", office.settings.webhook_secret
    with gateway.opened(address) as connection:
        yield lambda taken: gateway.hand_over(connection, address.path, secret, taken, link, office.now())


def letter(office: Office, taken: Taken) -> EmailMessage:
    """The letter, in each language: that there is a notice, and nothing of what it says."""
    return _letter(office, taken.address, taken.id, _SUBJECT, _NOTICE, f"{office.settings.public_url}/notices")


def _letter(office: Office, to: str, name: str, subject: str, sentence: str, link: str) -> EmailMessage:
    settings = office.settings
    head = " / ".join(translate(tag, subject) for tag in SUPPORTED)
    account = f"{settings.public_url}/account"
    parts = (f"{translate(tag, sentence, address=link)}\n\n{translate(tag, _WHY, address=account)}" for tag in SUPPORTED)
    return smtp.letter(settings, to, f"[{settings.firm}] {head}", _BETWEEN.join(parts) + "\n", name, office.now())


def _confirmations(office: Office, server: MailServer) -> None:
    """Mail the links that confirm addresses, each once: whom it does not reach gives the address again."""
    with office.database.reading() as connection:
        waiting = addresses.to_mail(connection, office.now())
    for row in waiting:
        link = f"{office.settings.public_url}/account/mail/{addresses.token_of(office.settings.secret_key, row.id)}"
        made = _letter(office, row.address, row.id, _CONFIRM, _LINK, link)
        try:
            with smtp.opened(server) as connection:
                if office.database.transact(addresses.mailed, row.id, office.now()):
                    smtp.hand_over(connection, made)
        except (Refused, Doubtful) as error:
            _LOG.warning("confirmation.not_sent", extra={"why": str(error)})
        except smtp.FAILURES as error:
            _LOG.warning("notices.unreached", extra={"channel": Channel.MAIL.value, "why": smtp.told(error)})
            return


TASKS = (
    Task("notices", timedelta(seconds=5), give_out),
    Task("notices by mail", timedelta(seconds=30), mail),
    Task("notices by gateway", timedelta(seconds=30), short_messages),
)
