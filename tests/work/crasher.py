"""A work process that is killed while it sends."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from gatekeeper.database import Database
from gatekeeper.rules.messages.deliveries import Channel
from gatekeeper.settings import Settings
from gatekeeper.work.sending import delivering
from gatekeeper.work.sending.office import Office


def send(url: str, settings: Settings, channel: Channel, point: str, moment: datetime) -> None:
    office = Office(settings, Database(url), lambda: moment)
    lines = {
        Channel.MAIL: lambda: delivering._mail_line(office, office.settings.smtp_url),
        Channel.WEBHOOK: lambda: delivering._gateway_line(office, office.settings.webhook_url),
    }

    @contextmanager
    def line() -> Iterator[delivering.Hand]:
        with lines[channel]() as hand:

            def dying(taken):
                if point == "after sending":
                    hand(taken)
                os.kill(os.getpid(), signal.SIGKILL)

            yield dying

    delivering._send(office, channel, line)
