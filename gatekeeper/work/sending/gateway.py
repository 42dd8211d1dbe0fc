"""Handing a notice to the firm's own gateway for short messages or WeChat: that there is one, whose it is, and where to read it.

What the gateway must keep to: an answer of 2xx says that it has taken the notice over; any other answer says that it has not and
that nothing was sent, and then the same notice comes again with the same ``Idempotency-Key``. Redirects are not followed.
"""

import hmac
import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Timer

from gatekeeper.actions.messages.deliveries import Taken
from gatekeeper.servers import WebAddress
from gatekeeper.work.once import Doubtful, Refused

PATIENCE = 10.0
"""Seconds for which the gateway is waited for: to connect, and again for its answer."""
FAILURES = (OSError, HTTPException, ValueError)
_SUCCESS = range(200, 300)


@contextmanager
def opened(address: WebAddress) -> Iterator[HTTPConnection]:
    """The gateway, connected, with its certificate checked; one of ``FAILURES`` if it is not there."""
    if address.tls:
        context = ssl.create_default_context()
        connection: HTTPConnection = HTTPSConnection(address.host, address.port, timeout=PATIENCE, context=context)
    else:
        connection = HTTPConnection(address.host, address.port, timeout=PATIENCE)
    try:
        connection.connect()
        yield connection
    finally:
        connection.close()


def body(taken: Taken, link: str) -> bytes:
    """What the gateway learns, and nothing of what the notice says."""
    told = {"id": taken.id, "kind": taken.kind, "client": taken.client, "person": taken.person, "link": link}
    return json.dumps(told, ensure_ascii=False, sort_keys=True).encode()


def signature(secret: str, timestamp: str, content: bytes) -> str:
    """The HMAC-SHA256 over the time, a full stop, and the body as it is sent."""
    return "v1=" + hmac.digest(secret.encode(), timestamp.encode() + b"." + content, "sha256").hex()


def hand_over(connection: HTTPConnection, path: str, secret: str, taken: Taken, link: str, now: datetime) -> None:
    """Hand one notice over, once, within ``PATIENCE`` in all.

    Raise ``Refused`` where the gateway says no, and ``Doubtful`` where it says nothing in time.
    """
    content, timestamp = body(taken, link), str(int(now.timestamp()))
    headers = {
        "Content-Type": "application/json",
        "Gatekeeper-Timestamp": timestamp,
        "Gatekeeper-Signature": signature(secret, timestamp, content),
        "Idempotency-Key": taken.id,
        "User-Agent": "gatekeeper",
        "Connection": "close",
    }
    end = Timer(PATIENCE, _hang_up, (connection.sock,))  # a gateway that sends a byte now and then would never time out
    end.daemon = True
    end.start()
    try:
        connection.request("POST", path, content, headers)
        status = connection.getresponse().status
    except FAILURES as error:
        raise Doubtful(type(error).__name__) from error
    finally:
        end.cancel()
    if status not in _SUCCESS:
        raise Refused(f"HTTP {status}")


def _hang_up(line: socket.socket) -> None:
    with suppress(OSError):
        socket.socket.shutdown(line, socket.SHUT_RDWR)  # the line's own, below TLS
