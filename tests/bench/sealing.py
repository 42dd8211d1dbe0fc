"""Sealing beside bare durable inserts, writers with and without a sealer, and proofs from the tiles of a log of a given size."""

import multiprocessing
import random
import statistics
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

from gatekeeper.database import Database
from gatekeeper.ledger import keys, tree
from gatekeeper.ledger.record import Asked, Event, append_all, database_now
from gatekeeper.ledger.seal import seal
from gatekeeper.rules import merkle
from gatekeeper.rules.events import Kind
from tests.bench import floors
from tests.bench.figures import quantile
from tests.bench.place import Place
from tests.world import settings

BATCH, STEP, PROOFS, WRITERS = 100, 5_000, 500, 8
SEALING, KEPT, PROOF_MS = 6.0, 0.9, 5.0


def measure(place: Place, entries: int, rounds: int, seconds: float) -> int:
    """Print every row; return how many fell short."""
    database = Database(place.url, threads=WRITERS)
    key = Path(place.folder) / "ledger.pem"
    origin = settings(place.url, Path(place.folder)).log_origin
    signer = keys.load(key, origin) if key.exists() else keys.generate(key, origin)
    print(f"\n{place.version()}; {place.durability()}; an entry's leaf has {place.leaf_bytes} bytes")
    met = [
        _sealing(place, database, signer, rounds, seconds),
        _writers(place, database, rounds, seconds),
        _proofs(database, signer, entries),
    ]
    database.dispose()
    return met.count(False)


def _sealing(place: Place, database: Database, signer: keys.Ed25519Signer, rounds: int, seconds: float) -> bool:
    """Leaves a second in batches of a hundred, beside rows a second of single inserts, in turns."""
    insert = _bare(place)
    bare, sealed = [], []
    _drain(database, signer)
    for _ in range(rounds):
        bare.append(_rate(insert, seconds))
        fill(database, STEP)
        begun, done = perf_counter(), 0
        while (batch := _seal(database, signer, BATCH)) and batch.sealed:
            done += batch.sealed
        sealed.append(done / (perf_counter() - begun))
    ratio = statistics.median(mine / theirs for mine, theirs in zip(sealed, bare, strict=True))
    print(f"  {'bare single inserts':<40}{statistics.median(bare):>12,.0f} rows/s")
    return _told(f"sealing in batches of {BATCH}", f"{statistics.median(sealed):>12,.0f} leaves/s", ratio, SEALING)


def _writers(place: Place, database: Database, rounds: int, seconds: float) -> bool:
    """Entries a second of eight threads, alone and with a sealer in another process, in turns."""
    alone, beside = [], []
    for _ in range(rounds):
        alone.append(_recorded(database, seconds))
        with _sealer(place):
            beside.append(_recorded(database, seconds))
    ratio = statistics.median(mine / theirs for mine, theirs in zip(beside, alone, strict=True))
    print(f"  {f'{WRITERS} writers without a sealer':<40}{statistics.median(alone):>12,.0f} entries/s")
    return _told(f"{WRITERS} writers with a sealer every second", f"{statistics.median(beside):>12,.0f} entries/s", ratio, KEPT)


def _proofs(database: Database, signer: keys.Ed25519Signer, entries: int) -> bool:
    """The time of one inclusion proof from the tiles, each checked against the root."""
    size = _drain(database, signer)
    while size < entries:
        fill(database, min(STEP, entries - size))
        size = _drain(database, signer)
    times = []
    for _ in range(PROOFS):
        with database.reading() as connection:
            log = tree.log_of(connection)
            index = random.randrange(log.size)
            begun = perf_counter()
            proof = tree.inclusion_proof(connection, log.id, index, log.size)
            times.append((perf_counter() - begun) * 1000)
            leaf = tree.node(connection, log.id)(0, index)
        if not merkle.verify_inclusion(index, log.size, leaf, proof, log.root):
            raise RuntimeError(f"no proof for leaf {index} of {log.size}")
    times.sort()
    middle, far = quantile(times, 0.5), quantile(times, 0.99)
    verdict = "met" if middle < PROOF_MS else "short"
    print(f"  {f'inclusion proof at {size:,} leaves':<40}{middle:>9.2f} ms, p99 {far:.2f} ms  < {PROOF_MS:.0f} ms  {verdict}")
    return middle < PROOF_MS


def _told(name: str, figure: str, ratio: float, target: float) -> bool:
    print(f"  {name:<40}{figure}{ratio:>8.2f}  >= {target:.1f}  {'met' if ratio >= target else 'short'}", flush=True)
    return ratio >= target


def fill(database: Database, count: int) -> None:
    """That many entries, as decisions leave them."""

    def write(connection: Any) -> None:
        at = datetime.now(UTC)
        events = [Event(kind=Kind.DECISION_ASKED, at=at, actor="system", data={"facts": {"a": n}}) for n in range(count)]
        append_all(connection, events, database_now(connection))

    database.transact(write)


def _seal(database: Database, signer: keys.Ed25519Signer, limit: int) -> Any:
    return database.transact(seal, [signer], datetime.now(UTC), limit=limit)


def _drain(database: Database, signer: keys.Ed25519Signer) -> int:
    """Seal everything; return the log's size."""
    while (batch := _seal(database, signer, STEP)).sealed:
        pass
    return int(batch.size)


def _bare(place: Place) -> Callable[[], None]:
    """One row of an entry's size, durable."""
    write = floors.writer(place)
    leaf = bytes(place.leaf_bytes)
    row = {"at": "2026-11-23", "person": "p" * 26, "report": "r" * 26, "outcome": "PERMIT", "leaf": leaf}
    return lambda: write(row)


def _rate(do: Callable[[], object], seconds: float) -> float:
    """How often a second."""
    begun, count = perf_counter(), 0
    while (took := perf_counter() - begun) < seconds:
        do()
        count += 1
    return count / took


def _recorded(database: Database, seconds: float) -> float:
    """Entries a second of all writers together."""

    def ask(connection: Any) -> Asked[None]:
        connection.exec_driver_sql("SELECT id FROM policy ORDER BY id DESC LIMIT 1").all()
        return Asked(None, (Event(kind=Kind.DECISION_ASKED, at=datetime.now(UTC), actor="system", data={"n": 1}),))

    rates: list[float] = []
    threads = [
        threading.Thread(target=lambda: rates.append(_rate(lambda: database.record(ask), seconds))) for _ in range(WRITERS)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return sum(rates)


@contextmanager
def _sealer(place: Place) -> Iterator[None]:
    """A process that seals every second; it has begun when the body runs."""
    context = multiprocessing.get_context("spawn")
    begun = context.Event()
    process = context.Process(target=_every_second, args=(place, begun), daemon=True)
    process.start()
    begun.wait(30)
    try:
        yield
    finally:
        process.terminate()
        process.join()


def _every_second(place: Place, begun: Any) -> None:
    database = Database(place.url, threads=1)
    signer = keys.load(Path(place.folder) / "ledger.pem", settings(place.url, Path(place.folder)).log_origin)
    _seal(database, signer, STEP)
    begun.set()
    while True:
        while (batch := _seal(database, signer, STEP)) and batch.sealed >= STEP:
            pass
        sleep(1)
