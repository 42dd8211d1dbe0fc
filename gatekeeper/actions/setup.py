"""What a new installation begins with: an open ledger, a first policy and a first statement, each with its entry."""

from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, insert, select

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.rules import policy
from gatekeeper.rules.events import Kind
from gatekeeper.store.proof.ledger import LedgerLog
from gatekeeper.store.reading import words

SYSTEM = Caller(actor="system", channel="setup")


def install(
    connection: Connection, origin: str, policy_text: str, statement_zh: str, statement_en: str, now: datetime
) -> list[str]:
    """Open the ledger and install the first policy and statement where there are none; return what was done."""
    done = []
    opened = connection.execute(select(LedgerLog.origin)).first()
    if opened is None:
        connection.execute(insert(LedgerLog).values(origin=origin, opened_at=now))
        append(connection, SYSTEM.event(Kind.LOG_STARTED, now, data={"origin": origin}))
        done.append(f"ledger {origin}")
    if not words.has_policy(connection):
        parsed = policy.parse(policy_text)
        event = SYSTEM.event(Kind.POLICY_INSTALLED, now, policy=parsed.digest, data={"name": parsed.name})
        entry_id = append(connection, event)
        words.put_policy(connection, text=policy_text, sha256=parsed.digest, valid_from=now, entry_id=entry_id)
        done.append(f"policy {parsed.digest[:12]}")
    if words.statement(connection, now) is None:
        digests = {"zh": sha256(statement_zh.encode()).hexdigest(), "en": sha256(statement_en.encode()).hexdigest()}
        entry_id = append(connection, SYSTEM.event(Kind.STATEMENT_INSTALLED, now, data={"sha256": digests}))
        words.put_statement(connection, text_zh=statement_zh, text_en=statement_en, valid_from=now, entry_id=entry_id)
        done.append(f"statement {digests['zh'][:12]}")
    return done
