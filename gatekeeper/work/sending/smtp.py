"""Handing a letter over to the firm's mail server."""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from gatekeeper.servers import MailServer
from gatekeeper.settings import Settings
from gatekeeper.work.once import Doubtful, Refused

TIMEOUT = 20
"""Seconds for which the mail server is waited for at each step."""
FAILURES = (OSError, smtplib.SMTPException)
"""What ``send`` raises when the mail server is not there, or takes no letter."""
_ACCEPTED, _NOT_ACCEPTED = 200, 300
_REFUSED_FOR_GOOD = 500
_SENTENCES = (
    (ssl.SSLCertVerificationError, "The mail server's certificate is not trusted, or is of another name"),
    (smtplib.SMTPNotSupportedError, "The mail server offers no STARTTLS, or not what is needed to sign in or send"),
    (smtplib.SMTPAuthenticationError, "The mail server does not accept the name or password"),
)


def letter(settings: Settings, to: str, subject: str, text: str, name: str, now: datetime) -> EmailMessage:
    """A letter in plain text. ``name`` is the same each time that it is tried, so that a second copy is known for one."""
    made = EmailMessage(policy=SMTP)
    sender = parseaddr(settings.mail_from)[1]
    made["From"] = settings.mail_from
    made["To"] = to
    made["Subject"] = " ".join(subject.split())
    made["Date"] = format_datetime(now.astimezone(settings.time_zone))
    made["Message-ID"] = f"<{name}@{sender.partition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence note answers it
    made["X-Auto-Response-Suppress"] = "All"  # the same for Exchange
    made.set_content(text, charset="utf-8", cte="base64")
    return made


def send(server: MailServer, made: EmailMessage) -> None:
    """Hand a letter over; raise one of ``FAILURES`` if that fails."""
    with opened(server) as connection:
        connection.send_message(made)


@contextmanager
def opened(server: MailServer) -> Iterator[smtplib.SMTP]:
    """The mail server, ready to take letters; one of ``FAILURES`` if not. Wherever there is TLS its certificate is checked."""
    with _connected(server) as connection:
        if server.starttls:
            connection.starttls(context=ssl.create_default_context())
        if server.user:
            connection.login(server.user, server.password)
        connection.ehlo_or_helo_if_needed()
        yield connection


def hand_over(connection: smtplib.SMTP, made: EmailMessage) -> None:
    """Hand one letter over on an open connection, once.

    Raise ``Refused`` where the server has not accepted it, and ``Doubtful`` where it may have: from the first byte of the letter
    on until the server's answer nobody knows.
    """
    try:
        codes = [connection.mail(parseaddr(str(made["From"]))[1]), connection.rcpt(str(made["To"]))]
    except FAILURES as error:
        raise Refused(told(error)) from error
    for code, _ in codes:
        if not _ACCEPTED <= code < _NOT_ACCEPTED:
            raise Refused(f"SMTP {code}")
    try:
        code, _ = connection.data(made.as_bytes())
    except smtplib.SMTPDataError as error:
        raise Refused(told(error)) from error
    except FAILURES as error:
        raise Doubtful(told(error)) from error
    if not _ACCEPTED <= code < _NOT_ACCEPTED:
        raise Refused(f"SMTP {code}")


def is_usable(connection: smtplib.SMTP) -> bool:
    """Whether another letter may go over a line on which one was refused."""
    try:
        code, _ = connection.rset()
    except FAILURES:
        return False
    return _ACCEPTED <= code < _NOT_ACCEPTED


def _connected(server: MailServer) -> smtplib.SMTP:
    own_name = socket.gethostname()
    if server.tls:
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(server.host, server.port, own_name, timeout=TIMEOUT, context=context)
    return smtplib.SMTP(server.host, server.port, own_name, timeout=TIMEOUT)


def is_final(error: Exception) -> bool:
    """Whether trying again is no use: the server refuses this very address for good."""
    if not isinstance(error, smtplib.SMTPRecipientsRefused):
        return False
    return all(code >= _REFUSED_FOR_GOOD for code, _ in error.recipients.values())


def told(error: Exception) -> str:
    """A failure by its kind and the server's code; its words may hold an address."""
    codes = [code for code, _ in error.recipients.values()] if isinstance(error, smtplib.SMTPRecipientsRefused) else []
    code = codes[0] if codes else getattr(error, "smtp_code", None)
    kind = f"{type(error).__name__} {code}" if code else type(error).__name__
    sentence = next((each for failure, each in _SENTENCES if isinstance(error, failure)), None)
    return f"{sentence} ({kind})" if sentence else kind
