"""The Merkle tree of RFC 6962 over SHA-256: roots, proofs, and the tiles of C2SP tlog-tiles that it is kept in.

1. A leaf is hashed behind a zero byte and a node behind a one, so that neither can be passed off as the other.
2. A tree of n leaves splits at the largest power of two below n: what is to the left of a split never changes again.
3. Only perfect subtrees, of 2^level leaves, are ever looked up, as ``node(level, index)``; ragged right edges are combined here.
4. A tile holds the hashes of up to 256 consecutive nodes at one tree level divisible by 8. Tiles only grow, and from the full and
   partial ones together come the root and every proof.
5. What makes proofs asks for a proof that exists, or ``ValueError``. What checks them gets its arguments from strangers: whatever
   is wrong with them is False.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import reduce
from hashlib import sha256

HASH_SIZE = 32
TILE_HEIGHT = 8
TILE_WIDTH = 256
EMPTY_ROOT = sha256().digest()
"""The root of a tree without leaves."""

Node = Callable[[int, int], bytes]
"""``node(level, index)``: the hash of the perfect subtree over the leaves ``index * 2**level`` to ``(index + 1) * 2**level``."""
Tile = Callable[[int, int], bytes]
"""``tile(level, n)``: the concatenated hashes of the n-th tile of a tile level, as many of them as there are."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node over its two children."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """A tree while it grows: nothing but its perfect subtrees, the largest first, one for each bit of ``size``."""

    __slots__ = ("hashes", "size")

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        self.size = size
        self.hashes = list(hashes)
        if size < 0 or len(self.hashes) != size.bit_count() or any(len(each) != HASH_SIZE for each in self.hashes):
            message = f"a tree of {size} leaves does not consist of these perfect subtrees"
            raise ValueError(message)

    @classmethod
    def of(cls, size: int, node: Node) -> "Frontier":
        """The frontier of a tree that stands."""
        return cls(size, (node(level, index) for level, index in _perfect_subtrees(size)))

    def append(self, leaf: bytes) -> None:
        """Add a leaf, given its hash: as often as the size ends in a one, two equals become the next larger."""
        size, node = self.size, leaf
        while size & 1:
            node = node_hash(self.hashes.pop(), node)
            size >>= 1
        self.hashes.append(node)
        self.size += 1

    def root(self) -> bytes:
        """The root of the tree as it is now."""
        return _folded(self.hashes) if self.hashes else EMPTY_ROOT


def root_of(size: int, node: Node) -> bytes:
    """The root of the tree of the first ``size`` leaves."""
    return Frontier.of(size, node).root()


def inclusion(index: int, size: int, node: Node) -> list[bytes]:
    """The proof that the leaf at ``index`` is in the tree of ``size`` leaves (RFC 6962, 2.1.1), the nearest sibling first."""
    if not 0 <= index < size:
        message = f"no leaf {index} in a tree of {size}"
        raise ValueError(message)
    proof = []
    begin, end = 0, size
    while end - begin > 1:
        split = begin + _split(end - begin)
        if index < split:
            proof.append(_hash(split, end, node))
            end = split
        else:
            proof.append(_hash(begin, split, node))
            begin = split
    return proof[::-1]


def consistency(old: int, new: int, node: Node) -> list[bytes]:
    """The proof that the tree of ``new`` leaves begins with the one of ``old`` (RFC 6962, 2.1.2); empty if it is none or all."""
    if not 0 <= old <= new:
        message = f"a tree of {new} leaves does not begin with one of {old}"
        raise ValueError(message)
    if old in {0, new}:
        return []
    proof = []
    begin, end = 0, new
    while end != old:
        split = begin + _split(end - begin)
        if old <= split:
            proof.append(_hash(split, end, node))
            end = split
        else:
            proof.append(_hash(begin, split, node))
            begin = split
    if begin:  # otherwise the old tree is itself perfect, and whoever checks has its root
        proof.append(_hash(begin, end, node))
    return proof[::-1]


def verify_inclusion(index: int, size: int, leaf: bytes, proof: list[bytes], root: bytes) -> bool:
    """Whether the proof leads from a leaf's hash to the root of the tree of ``size`` leaves (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size or not _are_hashes(leaf, root, *proof):
        return False
    here, last, node = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if here & 1 or here == last:
            node = node_hash(sibling, node)
            here, last = _skipped(here, last)
        else:
            node = node_hash(node, sibling)
        here, last = here >> 1, last >> 1
    return last == 0 and node == root


def verify_consistency(old: int, old_root: bytes, new: int, new_root: bytes, proof: list[bytes]) -> bool:
    """Whether the proof shows the tree of ``new`` leaves to begin with the one of ``old`` (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= new or not _are_hashes(old_root, new_root, *proof):
        return False
    if old in {0, new}:
        return not proof and old_root == (new_root if old == new else EMPTY_ROOT)
    here, last = old - 1, new - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    steps = proof if here else [old_root, *proof]  # a perfect old tree is its own first step
    if not steps:
        return False
    before = after = steps[0]
    for sibling in steps[1:]:
        if last == 0:
            return False
        if here & 1 or here == last:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
            here, last = _skipped(here, last)
        else:
            after = node_hash(after, sibling)
        here, last = here >> 1, last >> 1
    return last == 0 and before == old_root and after == new_root


def tile_width(level: int, n: int, size: int) -> int:
    """How many hashes a tile has in a tree of ``size`` leaves; 0 where there is no such tile."""
    return max(0, min(TILE_WIDTH, (size >> TILE_HEIGHT * level) - TILE_WIDTH * n))


def tiles(old: int, new: int) -> Iterator[tuple[int, int, int]]:
    """Level, number and new width of each tile that a tree gains, or that grows, from ``old`` to ``new`` leaves."""
    level = 0
    while count := new >> TILE_HEIGHT * level:
        if count > (before := old >> TILE_HEIGHT * level):
            for n in range(before // TILE_WIDTH, (count - 1) // TILE_WIDTH + 1):
                yield level, n, tile_width(level, n, new)
        level += 1


def tile_path(level: int, n: int, width: int = TILE_WIDTH) -> str:
    """Where a tile stands in a directory or under an address."""
    return f"tile/{level}/{_numbered(n, width)}"


def entries_path(n: int, width: int = TILE_WIDTH) -> str:
    """Where the bundle of the leaves that one tile of level 0 is over stands."""
    return f"tile/entries/{_numbered(n, width)}"


def perfect_root(hashes: bytes) -> bytes:
    """The root over 1, 2, 4 … 256 concatenated hashes of equal level, as over those of a full tile."""
    nodes = [hashes[start : start + HASH_SIZE] for start in range(0, len(hashes), HASH_SIZE)]
    if len(nodes).bit_count() != 1 or len(hashes) % HASH_SIZE:
        message = f"{len(hashes)} bytes are no perfect subtree"
        raise ValueError(message)
    while len(nodes) > 1:
        nodes = [node_hash(left, right) for left, right in zip(nodes[::2], nodes[1::2], strict=True)]
    return nodes[0]


def node_from_tiles(tile: Tile) -> Node:
    """Perfect subtrees looked up in tiles. ``ValueError`` where a tile is too short to hold one."""

    def node(level: int, index: int) -> bytes:
        tile_level, height = divmod(level, TILE_HEIGHT)
        n, first = divmod(index << height, TILE_WIDTH)
        hashes = tile(tile_level, n)[first * HASH_SIZE : (first + (1 << height)) * HASH_SIZE]
        if len(hashes) != HASH_SIZE << height:
            message = f"{tile_path(tile_level, n)} ends before hash {first + (1 << height)}"
            raise ValueError(message)
        return perfect_root(hashes)

    return node


def _split(width: int) -> int:
    """The largest power of two below a width of at least 2."""
    return 1 << ((width - 1).bit_length() - 1)


def _perfect_subtrees(size: int, begin: int = 0) -> Iterator[tuple[int, int]]:
    """Level and index of the subtrees that ``size`` leaves from ``begin`` on consist of, the largest first."""
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            yield level, begin >> level
            begin += 1 << level


def _hash(begin: int, end: int, node: Node) -> bytes:
    """The hash over the leaves from ``begin`` to before ``end``, where a split began or ended."""
    return _folded([node(level, index) for level, index in _perfect_subtrees(end - begin, begin)])


def _folded(hashes: list[bytes]) -> bytes:
    """Perfect subtrees, the largest first, become one tree: the two smallest are joined first."""
    return reduce(lambda right, left: node_hash(left, right), reversed(hashes))


def _skipped(here: int, last: int) -> tuple[int, int]:
    """Up the right edge, over the levels where a node stands alone and is its own parent."""
    while not here & 1 and here:
        here, last = here >> 1, last >> 1
    return here, last


def _are_hashes(*values: bytes) -> bool:
    return all(len(each) == HASH_SIZE for each in values)


def _numbered(n: int, width: int) -> str:
    """1234067 is x001/x234/067, so that no directory holds more than a thousand names; a partial tile ends in its width."""
    if n < 0 or not 0 < width <= TILE_WIDTH:
        message = f"no tile has the number {n} and the width {width}"
        raise ValueError(message)
    digits = f"{n:d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    *above, last = (digits[start : start + 3] for start in range(0, len(digits), 3))
    path = "/".join([*(f"x{each}" for each in above), last])
    return path if width == TILE_WIDTH else f"{path}.p/{width}"
