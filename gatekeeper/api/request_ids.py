"""The name of a request: what the caller calls it, and what stands in entries and the log.

``X-Request-ID`` comes back as it was sent on every answer, errors included, as AuthZEN demands: up to 1,024 visible characters of
ASCII. Anything else is no name that a header can safely carry, and the answer bears ours instead.

An entry is kept for decades and its leaf can't be erased, so a caller's name for a request stands in it, and in the log, only
where it is a random one by its form: a UUID, a ULID, or 32 to 64 hexadecimal digits. A telephone number, the number of an
identity card, a mail address or a login are none of these. Otherwise ours stands there, and problems tell it in ``request_id``.
"""

import re

from gatekeeper import services

HEADER = "X-Request-ID"
_VISIBLE = re.compile(r"[!-~]{1,1024}")
_RANDOM = re.compile(
    r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|[0-7][0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{25}|[0-9A-Fa-f]{32,64}", re.ASCII
)


class Named(services.Call):
    """A request that may bring its own name."""

    @services.once
    def id(self) -> str:
        """Its name in entries and logs."""
        sent = self.headers.get(HEADER, "")
        return sent if _RANDOM.fullmatch(sent) else super().id

    @property
    def echo(self) -> str:
        """Its name in the headers of the answer."""
        sent = self.headers.get(HEADER)
        return self.id if sent is None or not _VISIBLE.fullmatch(sent) else sent
