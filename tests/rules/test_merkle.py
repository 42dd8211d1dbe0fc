"""The tree against the definition of RFC 6962 spelled out, against outside vectors, and against whoever forges a proof."""

import json
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatekeeper.rules import merkle
from gatekeeper.rules.merkle import Frontier

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "ledger" / "rfc6962-reference-tree.json"
needs_vectors = pytest.mark.skipif(not VECTORS.is_file(), reason="../shared/vectors is absent")

MOST = 64
SIZES = range(1, MOST + 1)
LEAVES = [merkle.leaf_hash(bytes([number])) for number in range(MOST)]
FOREIGN = sha256(b"foreign").digest()


def definition(leaves):
    """MTH of RFC 6962, 2.1, over hashed leaves."""
    if not leaves:
        return sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    split = max(1 << power for power in range(len(leaves).bit_length()) if 1 << power < len(leaves))
    return sha256(b"\x01" + definition(leaves[:split]) + definition(leaves[split:])).digest()


@cache
def node(level, index):
    width = 1 << level
    begin = index * width
    assert begin + width <= MOST, "only perfect subtrees of the tree are ever looked up"
    return definition(LEAVES[begin : begin + width])


ROOTS = [definition(LEAVES[:size]) for size in range(MOST + 1)]


def flipped(value, bit):
    return bytes(byte ^ (1 << bit % 8 if place == bit // 8 else 0) for place, byte in enumerate(value))


def spoilt(proof, salt):
    """One bit of each hash changed, one left out, one too many, two in the wrong order."""
    for place, each in enumerate(proof):
        yield [*proof[:place], flipped(each, (salt * 7 + place * 31) % 256), *proof[place + 1 :]]
        yield proof[:place] + proof[place + 1 :]
    yield [*proof, FOREIGN]
    yield [FOREIGN, *proof]
    if len(proof) > 1:
        yield proof[::-1]


@pytest.mark.parametrize("size", [0, *SIZES])
def test_a_growing_tree_has_the_root_of_the_definition(size):
    tree = Frontier()
    for leaf in LEAVES[:size]:
        tree.append(leaf)

    assert (tree.size, tree.root()) == (size, ROOTS[size])
    assert Frontier.of(size, node).hashes == tree.hashes
    assert merkle.root_of(size, node) == ROOTS[size]


def test_every_leaf_of_every_small_tree_is_proven_and_at_no_other_place():
    for size in SIZES:
        for index in range(size):
            proof = merkle.inclusion(index, size, node)
            taken_for = [
                (at, of)
                for at, of in [*((at, size) for at in range(size)), (index, size - 1), (index, size + 1)]
                if merkle.verify_inclusion(at, of, LEAVES[index], proof, ROOTS[size])
            ]
            assert taken_for[0] == (index, size)
            assert all(of != size for _, of in taken_for[1:])


def test_a_proof_of_inclusion_changed_anywhere_is_refused():
    for size in SIZES:
        for index in range(size):
            proof, leaf, root = merkle.inclusion(index, size, node), LEAVES[index], ROOTS[size]
            assert not merkle.verify_inclusion(index, size, flipped(leaf, index), proof, root)
            assert not merkle.verify_inclusion(index, size, leaf, proof, flipped(root, index))
            assert not any(merkle.verify_inclusion(index, size, leaf, each, root) for each in spoilt(proof, index))


def test_every_small_tree_is_proven_to_begin_with_every_smaller():
    for new in [0, *SIZES]:
        for old in range(new + 1):
            proof = merkle.consistency(old, new, node)
            assert merkle.verify_consistency(old, ROOTS[old], new, ROOTS[new], proof)
            assert not merkle.verify_consistency(old, flipped(ROOTS[old], new), new, ROOTS[new], proof)
            says_nothing = old == 0 < new  # every tree begins with the empty one
            assert says_nothing or not merkle.verify_consistency(old, ROOTS[old], new, flipped(ROOTS[new], old), proof)
            assert not any(merkle.verify_consistency(old, ROOTS[old], new, ROOTS[new], each) for each in spoilt(proof, old))


def test_a_tree_that_was_rewritten_is_consistent_with_nothing():
    other = [*LEAVES[:20], FOREIGN, *LEAVES[21:]]

    def forged(level, index):
        return definition(other[index << level : (index + 1) << level])

    for old in range(21, 64):
        proof = merkle.consistency(old, MOST, forged)
        assert not merkle.verify_consistency(old, ROOTS[old], MOST, definition(other), proof)


def test_each_single_bit_of_a_proof_counts():
    proof, root = merkle.inclusion(37, 61, node), ROOTS[61]
    for place, each in enumerate(proof):
        for bit in range(256):
            changed = [*proof[:place], flipped(each, bit), *proof[place + 1 :]]
            assert not merkle.verify_inclusion(37, 61, LEAVES[37], changed, root)


@pytest.mark.parametrize(
    ("index", "size"), [(0, 0), (5, 5), (-1, 5), (0, -1)], ids=["empty tree", "past the end", "before the beginning", "no tree"]
)
def test_a_leaf_outside_the_tree_has_no_proof(index, size):
    with pytest.raises(ValueError, match="no leaf"):
        merkle.inclusion(index, size, node)
    assert not merkle.verify_inclusion(index, size, LEAVES[0], [], LEAVES[0])


@pytest.mark.parametrize(("old", "new"), [(6, 5), (-1, 5)], ids=["shrunk", "no tree"])
def test_a_larger_tree_is_not_where_a_smaller_began(old, new):
    with pytest.raises(ValueError, match="does not begin"):
        merkle.consistency(old, new, node)
    assert not merkle.verify_consistency(old, ROOTS[5], new, ROOTS[5], [])


def test_what_is_no_hash_proves_nothing():
    short = ROOTS[1][:31]
    assert not merkle.verify_inclusion(0, 1, short, [], short)
    assert not merkle.verify_inclusion(0, 2, LEAVES[0], [LEAVES[1] + b"\x00"], ROOTS[2])
    assert not merkle.verify_consistency(1, short, 1, short, [])
    assert not merkle.verify_consistency(3, ROOTS[3], 5, ROOTS[5], [])


@pytest.mark.parametrize(
    ("size", "hashes"), [(1, []), (3, LEAVES[:1]), (-1, []), (1, [b"short"])], ids=["too few", "three", "negative", "short"]
)
def test_a_frontier_is_made_of_its_own_subtrees_only(size, hashes):
    with pytest.raises(ValueError, match="perfect subtrees"):
        Frontier(size, hashes)


@needs_vectors
def test_the_reference_tree_of_certificate_transparency():
    vectors = json.loads(VECTORS.read_text())
    hasher = {name: bytes.fromhex(value) for name, value in vectors["hasher"].items()}
    leaves = [merkle.leaf_hash(bytes.fromhex(each)) for each in vectors["leaves"]]
    roots = {int(size): bytes.fromhex(value) for size, value in vectors["roots_by_size"].items()}

    def look_up(level, index):
        return definition(leaves[index << level : (index + 1) << level])

    assert hasher["empty_root"] == merkle.EMPTY_ROOT
    assert hasher["empty_leaf"] == merkle.leaf_hash(b"")
    assert hasher["leaf_L123456"] == merkle.leaf_hash(b"L123456")
    assert hasher["node_N123_N456"] == merkle.node_hash(b"N123", b"N456")
    assert roots == {size: merkle.root_of(size, look_up) for size in roots}
    for each in vectors["inclusion"]:
        index, size, proof = each["index"], each["size"], [bytes.fromhex(hashed) for hashed in each["proof"]]
        assert merkle.inclusion(index, size, look_up) == proof
        assert merkle.verify_inclusion(index, size, leaves[index], proof, roots[size])
    for each in vectors["consistency"]:
        old, new, proof = each["old"], each["new"], [bytes.fromhex(hashed) for hashed in each["proof"]]
        assert merkle.consistency(old, new, look_up) == proof
        assert merkle.verify_consistency(old, roots[old], new, roots[new], proof)


LARGEST = 70_000


@pytest.fixture(scope="module")
def tree():
    """The hashes of every level of a tree of 70,000 leaves; level by level, perfect subtrees only."""
    levels = [[merkle.leaf_hash(number.to_bytes(3)) for number in range(LARGEST)]]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append([merkle.node_hash(*pair) for pair in zip(below[::2], below[1::2], strict=False)])
    return levels


def tiled(tree, size):
    """The tile function of the first ``size`` leaves, as C2SP defines a tile."""

    def tile(level, n):
        width = merkle.tile_width(level, n, size)
        assert width > 0, "a tile that does not exist is never asked for"
        return b"".join(tree[level * 8][n * 256 : n * 256 + width])

    return tile


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_tiles_prove_what_the_tree_proves(tree, data):
    new = data.draw(st.one_of(st.integers(1, 1200), st.integers(1, LARGEST)), "size")
    old, index = data.draw(st.integers(0, new), "old"), data.draw(st.integers(0, new - 1), "index")

    def whole(level, place):
        return tree[level][place]

    from_tiles = merkle.node_from_tiles(tiled(tree, new))

    root = merkle.root_of(new, from_tiles)
    assert root == merkle.root_of(new, whole)
    proof = merkle.inclusion(index, new, from_tiles)
    assert proof == merkle.inclusion(index, new, whole)
    assert merkle.verify_inclusion(index, new, tree[0][index], proof, root)
    proof = merkle.consistency(old, new, from_tiles)
    assert proof == merkle.consistency(old, new, whole)
    assert merkle.verify_consistency(old, merkle.root_of(old, whole), new, root, proof)


def test_a_tree_of_70000_has_the_tiles_that_c2sp_says(tree):
    found = list(merkle.tiles(0, LARGEST))

    assert [each for each in found if each[2] < 256] == [(0, 273, 112), (1, 1, 17), (2, 0, 1)]
    assert len(found) == 273 + 1 + 1 + 1 + 1
    assert merkle.perfect_root(tiled(tree, LARGEST)(0, 5)) == tree[8][5]


@given(st.integers(0, 300_000), st.integers(0, 3000))
def test_a_growing_tree_touches_the_tiles_whose_width_changes(old, more):
    new = old + more
    near = [(level, n) for level in range(4) for n in range((old >> 8 * level + 8), (new >> 8 * level + 8) + 2)]
    expected = [
        (level, n, merkle.tile_width(level, n, new))
        for level, n in near
        if merkle.tile_width(level, n, new) > merkle.tile_width(level, n, old)
    ]
    assert list(merkle.tiles(old, new)) == expected


def test_a_tile_that_is_too_short_is_never_taken_for_a_proof(tree):
    look_up = merkle.node_from_tiles(tiled(tree, 300))
    assert look_up(0, 299) == tree[0][299]
    for level, index in [(0, 300), (3, 37), (8, 1)]:
        with pytest.raises(ValueError, match="ends before"):
            look_up(level, index)
    with pytest.raises(ValueError, match="tile/0/001 ends before hash 64"):
        look_up(5, 9)


@pytest.mark.parametrize("length", [0, 31, 32 * 3, 33])
def test_only_a_power_of_two_of_hashes_is_a_perfect_subtree(length):
    with pytest.raises(ValueError, match="no perfect subtree"):
        merkle.perfect_root(bytes(length))


PATHS = [
    (0, 0, 256, "tile/0/000"),
    (0, 5, 256, "tile/0/005"),
    (0, 999, 1, "tile/0/999.p/1"),
    (1, 1000, 256, "tile/1/x001/000"),
    (2, 1234067, 255, "tile/2/x001/x234/067.p/255"),
    (63, 1234567890, 256, "tile/63/x001/x234/x567/890"),
]


@pytest.mark.parametrize(("level", "n", "width", "path"), PATHS, ids=[path for *_, path in PATHS])
def test_tiles_stand_where_c2sp_says(level, n, width, path):
    assert merkle.tile_path(level, n, width) == path
    assert merkle.entries_path(n, width) == path.replace(f"tile/{level}/", "tile/entries/")


@pytest.mark.parametrize(("n", "width"), [(-1, 256), (0, 0), (0, 257)])
def test_what_is_no_tile_has_no_path(n, width):
    with pytest.raises(ValueError, match="no tile"):
        merkle.tile_path(0, n, width)
