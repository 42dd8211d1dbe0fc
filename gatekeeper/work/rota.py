"""Every task of the work process."""

from gatekeeper.work import anchoring, counting, ending, importing, indexing, scrubbing, telling, verifying
from gatekeeper.work.publishing import inbox
from gatekeeper.work.sealer import SEALER
from gatekeeper.work.sending import delivering, distributing, mail
from gatekeeper.work.tasks import Task

TASKS: tuple[Task, ...] = (
    SEALER,
    anchoring.TASK,
    counting.TASK,
    mail.TASK,
    *delivering.TASKS,
    *distributing.TASKS,
    *telling.TASKS,
    verifying.TASK,
    scrubbing.TASK,
    importing.TASK,
    indexing.TASK,
    inbox.TASK,
    *ending.TASKS,
)
"""In no order: each is done by a thread of its own, so that a slow one (a mail server that does not answer) delays no other."""
