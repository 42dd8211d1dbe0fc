"""What is signed with ML-DSA-44: the bytes of tlog-cosignature, written out once more by hand; a key that cannot be checked."""

import struct

import pytest

from gatekeeper.rules import note
from gatekeeper.rules.note import ED25519, ML_DSA_44, BadNote, Checkpoint, Verifier

TREE = Checkpoint("research.example.com/gatekeeper", 70_000, bytes(range(32)))
BODY = TREE.body().encode()
AT = 1_790_000_000
PUBLIC = bytes(1312)


class Echo:
    """Signs by repeating what is to be signed, so that a test sees it."""

    def __init__(self, name=TREE.origin, at=AT):
        self.name, self.at = name, at
        self.key_id = note.key_id(name, ML_DSA_44, PUBLIC)

    def sign(self, text):
        return self.at.to_bytes(8) + note.subtree(self.name, text, self.at)


def echoes(public_key, message, signature):
    return public_key == PUBLIC and message == signature


def test_the_message_is_the_structure_of_the_specification():
    name = origin = TREE.origin.encode()
    expected = b"subtree/v1\n\0" + struct.pack(">B", len(name)) + name + struct.pack(">Q", AT)
    expected += struct.pack(">B", len(origin)) + origin + struct.pack(">QQ", 0, 70_000) + bytes(range(32))

    assert note.subtree(TREE.origin, BODY, AT) == expected
    assert note.subtree(TREE.origin, BODY + b"a line after the root\n", AT) == expected, "which is not signed"


def test_each_of_name_time_and_tree_is_signed():
    signed = note.sign(TREE.body(), [Echo()])
    verifier = Verifier(TREE.origin, ML_DSA_44, PUBLIC, echoes)

    assert note.open_note(signed, [verifier]) == (TREE.body(), [TREE.origin])
    assert not verifier.verify(BODY, Echo("another").sign(BODY))
    assert not verifier.verify(BODY, bytes(8) + Echo().sign(BODY)[8:])
    assert not verifier.verify(Checkpoint(TREE.origin, 70_001, TREE.root).body().encode(), Echo().sign(BODY))
    assert not verifier.verify(b"no checkpoint\n", Echo().sign(BODY))
    assert not verifier.verify(BODY, (2**63).to_bytes(8) + Echo().sign(BODY)[8:])
    assert not verifier.verify(BODY, b"")
    assert note.cosigned_at(signed, verifier) is None, "the log is no witness of itself"


@pytest.mark.parametrize(
    ("name", "origin", "at"), [("n" * 256, "o", 0), ("n", "o" * 256, 0), ("n", "o", 2**63), ("n", "o", -1), ("", "o", 0)]
)
def test_what_does_not_fit_is_not_signed(name, origin, at):
    with pytest.raises(BadNote):
        note.subtree(name, Checkpoint(origin, 1, bytes(32)).body().encode(), at)


def test_a_key_that_cannot_be_checked_is_as_good_as_unknown():
    vkey = Verifier(TREE.origin, ML_DSA_44, PUBLIC, echoes).vkey()
    blind, seeing = Verifier.parse(vkey, echoes), Verifier.parse(vkey, lambda *_: False, echoes)

    assert (blind.check, seeing.check, blind.key_id) == (None, echoes, seeing.key_id)
    assert not blind.verify(BODY, Echo().sign(BODY))
    good, bad = (note.sign(TREE.body(), [Echo(at=at)]) for at in (AT, AT + 1))
    for each in (good, bad):
        with pytest.raises(BadNote, match="no known key"):
            note.open_note(each, [blind])
    with pytest.raises(BadNote):
        Verifier(TREE.origin, ML_DSA_44, bytes(32), echoes)
    with pytest.raises(BadNote):
        Verifier(TREE.origin, ED25519, PUBLIC, echoes)
