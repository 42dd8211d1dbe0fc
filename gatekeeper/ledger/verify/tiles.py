"""The tiles of one log: as many and as long as its size asks for, and each hash above is the root of the tile below it."""

from collections.abc import Iterator

from sqlalchemy import Connection, or_, select

from gatekeeper.ledger import tree
from gatekeeper.ledger.verify.findings import Check, Findings
from gatekeeper.rules import merkle
from gatekeeper.rules.merkle import HASH_SIZE, TILE_HEIGHT, TILE_WIDTH
from gatekeeper.store.proof.ledger import LedgerTile

BATCH = 500

_TILES = select(LedgerTile.n, LedgerTile.hashes).order_by(LedgerTile.n).limit(BATCH)


def root_at(connection: Connection, log: tree.Log, size: int, findings: Findings) -> bytes | None:
    """The root that the tiles give; None, and a finding, if they do not go so far."""
    try:
        return tree.root_at(connection, log.id, size)
    except ValueError as error:
        findings.add(Check.TILE_MISSING, origin=log.origin, tile=str(error).partition(" ")[0])
        return None


def check_edge(connection: Connection, log: tree.Log, findings: Findings) -> None:
    """The root over the right edge."""
    if root_at(connection, log, log.size, findings) not in {log.root, None}:
        findings.add(Check.ROOT_DIFFERS, origin=log.origin, size=log.size)


def check_tiles(connection: Connection, log: tree.Log, begin: int, findings: Findings) -> None:
    """Every tile that is over a leaf from ``begin`` on, level by level."""
    level = 0
    while log.size >> TILE_HEIGHT * level:
        _Level(connection, log, level, findings).check(begin >> TILE_HEIGHT * (level + 1))
        level += 1
    nowhere = or_(LedgerTile.level >= level, LedgerTile.level < 0, LedgerTile.n < 0)
    where = LedgerTile.log_id == log.id, nowhere
    for row in connection.execute(select(LedgerTile.level, LedgerTile.n).where(*where).limit(BATCH)):
        findings.add(Check.TILE_EXTRA, origin=log.origin, tile=f"tile/{row.level}/{row.n}", size=log.size)


def check_way_up(connection: Connection, log: tree.Log, n: int, findings: Findings) -> None:
    """From one tile of level 0 up to the right edge, whose root is checked by itself."""
    tile = tree.tiles(connection, log.id)
    level = 0
    while merkle.tile_width(level, n, log.size) == TILE_WIDTH:
        _compare(log, (level, n), tile(level, n), tile(level + 1, n // TILE_WIDTH), findings)
        level, n = level + 1, n // TILE_WIDTH


class _Level:
    """The tiles of one level, and of the level above it the one tile that they become hashes of."""

    def __init__(self, connection: Connection, log: tree.Log, level: int, findings: Findings) -> None:
        self._connection, self._log, self._level, self._findings = connection, log, level, findings
        self._count = -(-(log.size >> TILE_HEIGHT * level) // TILE_WIDTH)
        self._above: tuple[int, bytes] | None = None

    def check(self, first: int) -> None:
        expected = first
        for n, hashes in self._stored(first):
            self._missing(expected, min(n, self._count))
            self._one(n, hashes)
            expected = n + 1
        self._missing(expected, self._count)

    def _one(self, n: int, hashes: bytes) -> None:
        width = merkle.tile_width(self._level, n, self._log.size)
        if len(hashes) < width * HASH_SIZE:
            self._missing(n, n + 1)
        elif len(hashes) > width * HASH_SIZE:
            tile = merkle.tile_path(self._level, n)
            self._findings.add(Check.TILE_EXTRA, origin=self._log.origin, tile=tile, size=self._log.size)
        elif width == TILE_WIDTH:
            parent = n // TILE_WIDTH
            if self._above is None or self._above[0] != parent:
                self._above = parent, tree.tiles(self._connection, self._log.id)(self._level + 1, parent)
            _compare(self._log, (self._level, n), hashes, self._above[1], self._findings)

    def _missing(self, first: int, end: int) -> None:
        for n in range(first, end):
            self._findings.add(Check.TILE_MISSING, origin=self._log.origin, tile=merkle.tile_path(self._level, n))

    def _stored(self, first: int) -> Iterator[tuple[int, bytes]]:
        of_level = _TILES.where(LedgerTile.log_id == self._log.id, LedgerTile.level == self._level)
        while rows := list(self._connection.execute(of_level.where(LedgerTile.n >= first))):
            yield from ((row.n, row.hashes) for row in rows)
            first = rows[-1].n + 1


def _compare(log: tree.Log, below: tuple[int, int], hashes: bytes, above: bytes, findings: Findings) -> None:
    """A full tile against its hash in the tile above; that one, or this, too short is a finding of its own."""
    level, (n, place) = below[0] + 1, divmod(below[1], TILE_WIDTH)
    kept = above[place * HASH_SIZE : (place + 1) * HASH_SIZE]
    if len(hashes) == TILE_WIDTH * HASH_SIZE and kept and kept != merkle.perfect_root(hashes):
        findings.add(
            Check.TILE_DIFFERS, origin=log.origin, tile=merkle.tile_path(level, n), place=place, below=merkle.tile_path(*below)
        )
