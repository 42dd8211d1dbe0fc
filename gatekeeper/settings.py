"""What an operator sets, from ``GATEKEEPER_…`` variables. A wrong setting refuses to start and every fault is listed at once."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import time, timedelta
from email.utils import formataddr, parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gatekeeper.rules.errors import N_, Fault, Invalid
from gatekeeper.rules.roles import Role
from gatekeeper.servers import MailServer, WebAddress, Wrong, gateway, mail_server

PREFIX = "GATEKEEPER_"
_MIN_SECRET = 32
_LEAST_YEARS = 20
_WEB_ADDRESS = re.compile(r"https?://[^\s/?#]+(/[^\s?#]*)?")
_MAIL_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_VKEY = re.compile(r"[^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+")
_ORIGIN = re.compile(r"[a-z0-9][a-z0-9.-]*(/[A-Za-z0-9._-]+)+")

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class SessionLife:
    """How long a session lives: without any request, and at the most."""

    idle: timedelta
    longest: timedelta


SESSION_LIVES: dict[Role, SessionLife] = {
    Role.CLIENT: SessionLife(timedelta(hours=12), timedelta(days=7)),
    Role.COMPLIANCE: SessionLife(timedelta(minutes=60), timedelta(hours=12)),
    Role.INSPECTOR: SessionLife(timedelta(minutes=30), timedelta(hours=8)),
    Role.ADMIN: SessionLife(timedelta(minutes=30), timedelta(hours=10)),
}
"""Session lifetimes by role; a service has no session."""


def _setting(meaning: str, *, parse: Callable[[str], Any], default: str | None = None, secret: bool = False) -> Any:
    metadata = {"meaning": meaning, "parse": parse, "default": default, "secret": secret}
    return field(repr=not secret, metadata=metadata)


def _text(value: str) -> str:
    if not value.strip():
        raise Wrong(N_("%(name)s must not be empty."))
    return value.strip()


def _secret(value: str) -> str:
    if len(value) < _MIN_SECRET or len(set(value)) < _MIN_SECRET // 4:
        message = N_("%(name)s must be at least %(least)s random characters: %(how)s")
        raise Wrong(message, least=_MIN_SECRET, how="python3 -c 'import secrets; print(secrets.token_hex(32))'")
    return value


def _secret_or_none(value: str) -> str:
    return _secret(value) if value else ""


def _origin(value: str) -> str:
    if not _ORIGIN.fullmatch(value):
        raise Wrong(N_("%(name)s must look like a host and a path, for example research.example.com/gatekeeper."))
    return value


def _zone(value: str) -> ZoneInfo:
    try:
        return ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise Wrong(N_("%(name)s names no known time zone: %(value)s"), value=value) from error


def _time(value: str) -> time:
    try:
        return time.fromisoformat(value.strip())
    except ValueError as error:
        raise Wrong(N_("%(name)s must be a time of day like 07:30: %(value)s"), value=value) from error


def _networks(value: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())
    except ValueError as error:
        raise Wrong(N_("%(name)s must list networks like 10.0.0.0/8, separated by commas: %(detail)s"), detail=error) from error


def _database_url(value: str) -> str:
    if not value.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise Wrong(N_("%(name)s must begin with sqlite:/// or postgresql+psycopg://."))
    return value


@dataclass(frozen=True, slots=True)
class WitnessAddress:
    """A witness: its public key, as one word, and where it listens."""

    vkey: str
    url: str


def _path_or_none(value: str) -> Path | None:
    return Path(value) if value.strip() else None


def _inbox(value: str) -> Path | None:
    """A folder that this process may change; that it is there is looked at now, for nobody would notice later."""
    found = _path_or_none(value)
    if found is not None and not found.is_dir():
        raise Wrong(N_("%(name)s names no folder: %(value)s"), value=value)
    if found is not None and not os.access(found, os.R_OK | os.W_OK | os.X_OK):
        raise Wrong(N_("%(name)s names a folder that this process may not read and change: %(value)s"), value=value)
    return found


def _web_address(value: str) -> str:
    if value and not _WEB_ADDRESS.fullmatch(value):
        raise Wrong(N_("%(name)s must be an address like https://example.com/: %(value)s"), value=value)
    return value.rstrip("/")


def _mail_addresses(value: str) -> tuple[str, ...]:
    found = tuple(part.strip() for part in value.split(",") if part.strip())
    for each in found:
        if not _MAIL_ADDRESS.fullmatch(each):
            raise Wrong(N_("%(name)s must list mail addresses, separated by commas: %(value)s"), value=each)
    return found


def _witnesses(value: str) -> tuple[WitnessAddress, ...]:
    found = []
    for part in filter(None, (part.strip() for part in value.split(","))):
        vkey, _, url = part.partition(" ")
        if not _VKEY.fullmatch(vkey) or not _WEB_ADDRESS.fullmatch(url.strip()):
            raise Wrong(N_("%(name)s must list witnesses as “KEY ADDRESS”, separated by commas: %(value)s"), value=part)
        found.append(WitnessAddress(vkey, url.strip().rstrip("/")))
    return tuple(found)


def _sender(value: str) -> str:
    """Read ``name@example.com`` or ``The Name <name@example.com>``."""
    name, address = parseaddr(value)
    if value and not (value.isprintable() and _MAIL_ADDRESS.fullmatch(address)):
        raise Wrong(N_("%(name)s must be a mail address, or a name with an address in angle brackets."))
    return formataddr((name, address), "utf-8") if value else ""


def _flag(value: str) -> bool:
    if value not in {"yes", "no"}:
        raise Wrong(N_("%(name)s must be yes or no."))
    return value == "yes"


def _years(value: str) -> int:
    if not value.strip().isdecimal() or int(value) < _LEAST_YEARS:
        raise Wrong(N_("%(name)s must be a whole number of years from %(least)s on, as the law demands."), least=_LEAST_YEARS)
    return int(value)


_MOST_DAYS = 365


def _days(value: str) -> int:
    if not value.strip().isdecimal() or int(value) > _MOST_DAYS:
        raise Wrong(N_("%(name)s must be a whole number of days from 0 to 365."))
    return int(value)


def _whole(value: str) -> int:
    if not value.strip().isdecimal() or int(value) < 1:
        raise Wrong(N_("%(name)s must be a whole number from 1 on."))
    return int(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything an operator sets. Fields carry their meaning, default and parser; ``from_env`` fills them."""

    database_url: str = _setting(
        N_("Where the data is kept: sqlite:///FILE or postgresql+psycopg://…"), parse=_database_url, secret=True
    )
    secret_key: str = _setting(N_("Signs cookies and forms. At least 32 random characters."), parse=_secret, secret=True)
    data_dir: Path = _setting(N_("Folder where imported files are kept as they came."), parse=Path, default="gatekeeper-data")
    inbox: Path | None = _setting(
        N_("Folder that is watched for reports: whatever is put into it is imported; empty for none."), parse=_inbox, default=""
    )
    log_origin: str = _setting(N_("Name of the ledger, fixed when the database is first set up."), parse=_origin)
    firm: str = _setting(N_("The firm's name as strangers see it."), parse=_text, default="研究服务")
    branch: str = _setting(N_("Whom refused clients may turn to when no branch is on file."), parse=_text, default="客户服务部")
    time_zone: ZoneInfo = _setting(N_("The firm's time zone."), parse=_zone, default="Asia/Shanghai")
    access_answer_days: int = _setting(
        N_("Days in which a system's access request is to be answered; after them it is shown as overdue."),
        parse=_whole,
        default="5",
    )
    access_open_days: int = _setting(
        N_("Days after which an access request that nobody answered lapses."), parse=_whole, default="30"
    )
    release_time: time = _setting(
        N_("The time of day at which reports usually go out, as the morning table offers it."), parse=_time, default="07:30"
    )
    trusted_proxies: tuple[Network, ...] = _setting(
        N_("Networks whose X-Forwarded-For is believed, separated by commas."), parse=_networks, default=""
    )
    secure_cookies: bool = _setting(N_("no only for a trial without HTTPS: yes or no."), parse=_flag, default="yes")
    password_rounds: int = _setting(N_("argon2id time cost; the memory cost is 19 MiB."), parse=_whole, default="2")
    metrics_token: str = _setting(
        N_("Secret that the firm's monitoring shows at /metrics; empty: there is no such page."),
        parse=_secret_or_none,
        default="",
        secret=True,
    )
    request_log: bool = _setting(
        N_("Whether each request is told in a line of the log, which names nobody: yes or no."), parse=_flag, default="yes"
    )
    ready_unsealed_seconds: int = _setting(
        N_("Age of the oldest unsealed entry, in seconds, from which on /readyz says no."), parse=_whole, default="900"
    )
    ready_free_megabytes: int = _setting(
        N_("Room that the disks of data and database must have for /readyz to say yes, in MB."),
        parse=_whole,
        default="500",
    )
    host: str = _setting(N_("Address that serve binds to."), parse=_text, default="127.0.0.1")
    port: int = _setting(N_("Port that serve binds to."), parse=_whole, default="8000")
    retention_years: int = _setting(
        N_("Years for which the ledger's private values are kept; at least 20."), parse=_years, default="20"
    )
    workers: int = _setting(N_("Worker processes of serve."), parse=_whole, default="2")
    threads: int = _setting(N_("Threads of each worker."), parse=_whole, default="8")
    ledger_key: Path | None = _setting(
        N_("File of the key that signs the ledger's checkpoints; empty: nothing is signed."), parse=_path_or_none, default=""
    )
    public_url: str = _setting(
        N_("Address of these pages as people type it, for links in mail and the decision API: https://research.example.com"),
        parse=_web_address,
        default="",
    )
    smtp_url: MailServer | None = _setting(
        N_("Server for outgoing mail: smtp://user:password@host:587 (STARTTLS, or ?starttls=no) or smtps://…; empty for none."),
        parse=mail_server,
        default="",
        secret=True,
    )
    mail_from: str = _setting(N_("Sender of mail: an address, or a name with one in angle brackets."), parse=_sender, default="")
    mail_minutes: int = _setting(
        N_("Minutes that lie at least between two mails about waiting proposals to the same person."), parse=_whole, default="15"
    )
    mail_pace: int = _setting(
        N_("Letters a minute that the mail server takes where a report is sent to many."), parse=_whole, default="600"
    )
    distribute_on_release: bool = _setting(
        N_("Whether subscribers get a report when it is published: yes or no."), parse=_flag, default="yes"
    )
    webhook_url: WebAddress | None = _setting(
        N_("Where notices to clients are handed to the firm's own gateway for short messages: https://…; empty for none."),
        parse=gateway,
        default="",
    )
    webhook_secret: str = _setting(
        N_("Signs what goes to that gateway. At least 32 random characters."), parse=_secret_or_none, default="", secret=True
    )
    scrub_days: int = _setting(
        N_("Days in which every sealed entry is worked out again by the work process; 0: never."), parse=_days, default="7"
    )
    anchor_file: Path | None = _setting(
        N_("File on another volume that holds the ledger's newest checkpoint; empty for none."), parse=_path_or_none, default=""
    )
    anchor_mail: tuple[str, ...] = _setting(
        N_("Addresses that get the ledger's checkpoint by mail every day, separated by commas."),
        parse=_mail_addresses,
        default="",
    )
    anchor_tsa: str = _setting(
        N_("Address of a time-stamping authority (RFC 3161), asked every day; empty for none."), parse=_web_address, default=""
    )
    anchor_tsa_certificates: Path | None = _setting(
        N_("Certificates (PEM) that the time stamps must lead to."), parse=_path_or_none, default=""
    )
    anchor_witnesses: tuple[WitnessAddress, ...] = _setting(
        N_("Witnesses of the ledger as “KEY ADDRESS”, separated by commas."), parse=_witnesses, default=""
    )

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Read the settings; raise ``Invalid`` with every fault, so that one look mends them all."""
        faults: list[Fault] = []
        values: dict[str, Any] = {}
        for each in fields(cls):
            name = variable(each.name)
            text = env.get(name, each.metadata["default"])
            if text is None:
                faults.append(Fault(N_("%(name)s is not set."), name=name))
                continue
            try:
                values[each.name] = each.metadata["parse"](text)
            except Wrong as error:
                faults.append(error.fault(name))
        known = {variable(each.name) for each in fields(cls)} | OTHER_VARIABLES.keys()
        faults.extend(
            Fault(N_("%(name)s is not a setting of this version."), name=name)
            for name in sorted(env)
            if name.startswith(PREFIX) and name not in known
        )
        if values.get("smtp_url"):
            needed = ("mail_from", "public_url")
            message = N_("%(name)s is needed where mail is sent.")
            faults.extend(Fault(message, name=variable(each)) for each in needed if values.get(each) == "")
        if values.get("webhook_url"):
            needed = ("webhook_secret", "public_url")
            message = N_("%(name)s is needed where notices go to a gateway.")
            faults.extend(Fault(message, name=variable(each)) for each in needed if values.get(each) == "")
        if faults:
            raise Invalid(*faults)
        return cls(**values)

    @property
    def is_trial(self) -> bool:
        """Whether this log may be written with a moved clock: demos and tests only."""
        return self.log_origin.endswith(("/demo", "/test"))


OTHER_VARIABLES = {
    "GATEKEEPER_CHROMIUM": N_("Path of the browser that the browser tests use."),
    "GATEKEEPER_REQUIRE": N_("What the tests must not skip: browser, postgres."),
    "GATEKEEPER_SERVER": N_("Address of the server that “gatekeeper ask” asks."),
    "GATEKEEPER_TOKEN": N_("Token of the service account with which “gatekeeper ask” asks."),
}
"""Variables of this prefix that are not settings of the service."""

OTHER_SECRETS = frozenset({"GATEKEEPER_TOKEN"})
"""Those of them that are never shown."""


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.upper()
