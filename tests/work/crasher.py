"""A work process that is killed while it sends: run as ``python -m tests.work.crasher URL CHANNEL POINT MOMENT PORT``."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from gatekeeper.database import Database
from gatekeeper.rules.messages.deliveries import Channel
from gatekeeper.work.sending import delivering
from gatekeeper.work.sending.office import Office
from tests.work.test_delivering import configured


def main(url: str, channel: str, point: str, moment: str, mail: str, gateway: str) -> None:
    office = Office(configured(int(mail), int(gateway)), Database(url), lambda: datetime.fromisoformat(moment))
    lines = {
        Channel.MAIL: lambda: delivering._mail_line(office, office.settings.smtp_url),
        Channel.WEBHOOK: lambda: delivering._gateway_line(office, office.settings.webhook_url),
    }

    @contextmanager
    def line() -> Iterator[delivering.Hand]:
        with lines[Channel(channel)]() as hand:

            def dying(taken):
                if point == "after sending":
                    hand(taken)
                os.kill(os.getpid(), signal.SIGKILL)

            yield dying

    delivering._send(office, Channel(channel), line)


if __name__ == "__main__":
    main(*sys.argv[1:])
