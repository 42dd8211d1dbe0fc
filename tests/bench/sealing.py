"""The ledger beside bare durable inserts: sealing, verifying, writers with a sealer; and a large log, from sealing to an auditor.

Of the large log: what sealing and verifying it keep in memory, beside a tenth of it, and one person's entries checked by the
program that an auditor has.
"""

import multiprocessing
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

from sqlalchemy import select

from gatekeeper import gkverify
from gatekeeper.database import Database
from gatekeeper.ledger import evidence, keys, tree
from gatekeeper.ledger.record import Asked, Event, append_all, database_now
from gatekeeper.ledger.seal import seal
from gatekeeper.ledger.verify import Check, Wanted, verify
from gatekeeper.rules import merkle
from gatekeeper.rules.events import Kind
from gatekeeper.store.accounts.people import Person
from gatekeeper.store.proof.filtering import Filter
from tests.bench import floors
from tests.bench.figures import quantile
from tests.bench.place import Place
from tests.world import settings

BATCH, STEP, PROOFS, WRITERS, ONE_IN = 100, 5_000, 500, 8, 1_000
SEALING, VERIFYING, KEPT, PROOF_MS, GROWN = 6.0, 8.0, 0.9, 5.0, 1.2


def measure(place: Place, entries: int, rounds: int, seconds: float) -> int:
    """Print every row; return how many fell short."""
    database = Database(place.url, threads=WRITERS)
    key = Path(place.folder) / "ledger.pem"
    origin = settings(place.url, Path(place.folder)).log_origin
    signer = keys.load(key, origin) if key.exists() else keys.generate(key, origin)
    print(f"\n{place.version()}; {place.durability()}; an entry's leaf has {place.leaf_bytes} bytes")
    met = [
        _sealing(place, database, signer, rounds, seconds),
        _verifying(place, database, signer, rounds, seconds),
        _writers(place, database, rounds, seconds),
    ]
    small = _memory(place, database, signer, entries // 10)
    large = _memory(place, database, signer, entries)
    met += [_told_memory(name, small[name], large[name]) for name in large]
    met += [_proofs(database), _taken_away(place, database, signer)]
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


def _verifying(place: Place, database: Database, signer: keys.Ed25519Signer, rounds: int, seconds: float) -> bool:
    """Entries a second that are verified in full, beside rows a second of single inserts, in turns."""
    insert = _bare(place)
    bare, verified = [], []
    for _ in range(rounds):
        bare.append(_rate(insert, seconds))
        begun = perf_counter()
        verified.append(_verify(database, signer) / (perf_counter() - begun))
    ratio = statistics.median(mine / theirs for mine, theirs in zip(verified, bare, strict=True))
    print(f"  {'bare single inserts':<40}{statistics.median(bare):>12,.0f} rows/s")
    return _told("verifying in full", f"{statistics.median(verified):>12,.0f} leaves/s", ratio, VERIFYING)


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


def _memory(place: Place, database: Database, signer: keys.Ed25519Signer, entries: int) -> dict[str, float]:
    """The most memory, in MiB, that sealing what waits and then verifying the whole log take, each in a process of its own."""
    size = _drain(database, signer)
    for begin in range(size, entries, STEP):
        fill(database, min(STEP, entries - begin))
    took = {}
    for name, do in (("sealing", _drain_alone), ("verifying", _verify_alone)):
        begun = perf_counter()
        took[name] = _apart(do, place)
        print(
            f"  {f'{name}: {entries:,} entries, in full':<40}{perf_counter() - begun:>10.1f} s, {took[name]:.0f} MiB", flush=True
        )
    return took


def _told_memory(name: str, small: float, large: float) -> bool:
    is_met = large <= small * GROWN
    verdict = "met" if is_met else "short"
    print(f"  {f'memory of {name}, beside a tenth':<40}{large:>8.0f} MiB{large / small:>12.2f}  <= {GROWN:.1f}  {verdict}")
    return is_met


def _taken_away(place: Place, database: Database, signer: keys.Ed25519Signer) -> bool:
    """One person's entries, exported and checked by a Python that knows nothing of the product, in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="gatekeeper-auditor-") as folder:
        bundle, program = Path(folder, "evidence.zip"), Path(folder, "gkverify.py")
        shutil.copy(gkverify.__file__, program)
        begun = perf_counter()
        with database.snapshot() as connection, bundle.open("wb") as file:
            head = evidence.head(connection)
            plan = evidence.selected(connection, head, Filter(person=_person(database)))
            made = evidence.write(connection, plan, file, datetime.now(UTC))
        exported = perf_counter() - begun
        begun = perf_counter()
        vkey = signer.verifier().vkey()
        done = subprocess.run(
            [sys.executable, "-I", program, bundle, "--vkey", vkey], cwd=folder, capture_output=True, check=False
        )
        checked = perf_counter() - begun
        size = bundle.stat().st_size / 1024
    print(f"  one person's {made.rows:,} of {head.size:,} entries: exported in {exported:.2f} s ({size:,.0f} KiB)")
    print(f"  gkverify, without the product: exit {done.returncode} after {checked:.2f} s")
    return done.returncode == 0


def _proofs(database: Database) -> bool:
    """The time of one inclusion proof from the tiles, each checked against the root."""
    with database.reading() as connection:
        size = tree.log_of(connection).size
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
    """That many entries, as decisions leave them; some concern one person."""
    whose = _person(database)

    def write(connection: Any) -> None:
        at = datetime.now(UTC)
        event = partial(Event, kind=Kind.DECISION_ASKED, at=at, actor="system")
        events = [event(data={"facts": {"a": n}}, person=None if n % ONE_IN else whose) for n in range(count)]
        append_all(connection, events, database_now(connection))

    database.transact(write)


def _person(database: Database) -> str:
    with database.reading() as connection:
        return str(connection.scalar(select(Person.id).order_by(Person.id).limit(1)))


def _apart(do: Callable[[Place], None], place: Place) -> float:
    """The most memory that something takes in a new process, in MiB."""
    context = multiprocessing.get_context("spawn")
    told = context.SimpleQueue()
    process = context.Process(target=_weighed, args=(do, place, told))
    process.start()
    process.join()
    if process.exitcode:
        raise RuntimeError(f"{do.__name__} ended with {process.exitcode}")
    return float(told.get())


def _weighed(do: Callable[[Place], None], place: Place, told: Any) -> None:
    do(place)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    told.put(peak / (1024 * 1024 if sys.platform == "darwin" else 1024))


def _at(place: Place) -> tuple[Database, keys.Ed25519Signer]:
    signer = keys.load(Path(place.folder) / "ledger.pem", settings(place.url, Path(place.folder)).log_origin)
    return Database(place.url, threads=1), signer


def _drain_alone(place: Place) -> None:
    _drain(*_at(place))


def _verify_alone(place: Place) -> None:
    _verify(*_at(place))


def _verify(database: Database, signer: keys.Ed25519Signer) -> int:
    """Verify everything; return how many leaves that were. That nobody outside knows this log is all there may be to find."""
    with database.snapshot() as connection:
        report = verify(connection, Wanted(keys=[signer.verifier()]), datetime.now(UTC))
    if report.findings.counts.keys() - {Check.NO_ANCHOR}:
        raise RuntimeError(f"found {report.findings.counts}")
    return sum(each.leaves for each in report.logs)


def _seal(database: Database, signer: keys.Ed25519Signer, limit: int) -> Any:
    return database.transact(seal, [signer], datetime.now(UTC), limit=limit)


def _drain(database: Database, signer: keys.Ed25519Signer) -> int:
    """Seal everything and sign it; return the log's size."""
    while (batch := _seal(database, signer, STEP)).sealed:
        pass
    database.transact(seal, [signer], datetime.now(UTC), publish_every=timedelta(0))
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
    database, signer = _at(place)
    _seal(database, signer, STEP)
    begun.set()
    while True:
        while (batch := _seal(database, signer, STEP)) and batch.sealed >= STEP:
            pass
        sleep(1)
