"""The addresses of servers that settings name, taken apart and checked: mail servers, and the firm's own gateway."""

from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

from gatekeeper.rules.errors import N_, Fault

_HERE = frozenset({"localhost", "127.0.0.1", "::1"})
_NO_SMTP = N_("%(name)s must look like smtp://user:password@host:587 or smtps://host, with ?starttls=no where there is no TLS.")
_NO_GATEWAY = N_("%(name)s must be an address like https://gateway.example.com/notices, without user, query or fragment.")


class Wrong(ValueError):
    """A value that a setting cannot have: a whole sentence, to be filled with the variable's name."""

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message)
        self.message = message
        self.values = values

    def fault(self, name: str) -> Fault:
        """The sentence with the variable's name."""
        return Fault(self.message, field=None, name=name, **self.values)


@dataclass(frozen=True, slots=True)
class MailServer:
    """The server that takes mail from here. ``tls`` is True for TLS from the first byte; ``starttls`` demands it afterwards."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    tls: bool
    starttls: bool


def mail_server(value: str) -> MailServer | None:
    """Read ``smtp://user:password@host:port``; a password never goes out unencrypted, but to this same machine."""
    if not value.strip():
        return None
    url, port = _split(value, _NO_SMTP)
    if url.scheme not in {"smtp", "smtps"} or not url.hostname or url.path not in {"", "/"} or url.fragment:
        raise Wrong(_NO_SMTP)
    if url.query not in {"", "starttls=yes", "starttls=no"}:
        raise Wrong(_NO_SMTP)
    tls = url.scheme == "smtps"
    starttls = not tls and url.query != "starttls=no"
    if url.username and not tls and not starttls and url.hostname not in _HERE:
        raise Wrong(N_("%(name)s would send its password unencrypted. Leave out starttls=no."))
    user, password = unquote(url.username or ""), unquote(url.password or "")
    return MailServer(url.hostname, port or (465 if tls else 587), user, password, tls, starttls)


@dataclass(frozen=True, slots=True)
class WebAddress:
    """An address that requests are sent to, taken apart."""

    tls: bool
    host: str
    port: int
    path: str


def gateway(value: str) -> WebAddress | None:
    """Read the gateway's address: HTTPS, but to this same machine."""
    if not value.strip():
        return None
    url, port = _split(value, _NO_GATEWAY)
    if url.scheme not in {"http", "https"} or not url.hostname or url.username or url.query or url.fragment:
        raise Wrong(_NO_GATEWAY)
    if not value.isascii() or not value.strip().isprintable() or " " in value.strip():
        raise Wrong(_NO_GATEWAY)
    tls = url.scheme == "https"
    if not tls and url.hostname not in _HERE:
        raise Wrong(N_("%(name)s must begin with https://, unless it is on this same machine."))
    return WebAddress(tls, url.hostname, port or (443 if tls else 80), url.path or "/")


def _split(value: str, message: str) -> tuple[SplitResult, int | None]:
    """An address taken apart, with its port; ``message`` says what it must look like where it cannot be."""
    try:
        url = urlsplit(value.strip())
        return url, url.port
    except ValueError as error:
        raise Wrong(message) from error
