"""Signed notes: the examples of others open, ours are opened by the same code, and nothing that was bent does."""

import json
from base64 import b64encode
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.rules import note
from gatekeeper.rules.note import COSIGNATURE, ED25519, BadNote, Checkpoint, Verifier

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "ledger" / "c2sp-note-vectors.json"
needs_vectors = pytest.mark.skipif(not VECTORS.is_file(), reason="../shared/vectors is absent")

EXAMPLE = (
    "This is an example message.\n"
    "\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
"""The example of the specification of signed notes."""
EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"

ORIGIN = "research.example.com/gatekeeper"
TREE = Checkpoint(ORIGIN, 70_000, bytes(range(32)))


def check(public_key, message, signature):
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


class Key:
    """A key made from a number, so that the tests are the same each time."""

    def __init__(self, name, number, algorithm=ED25519, at=1_790_000_000):
        self.name, self.algorithm, self.at = name, algorithm, at
        self.private = Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
        self.public = Verifier(name, algorithm, self.private.public_key().public_bytes_raw(), check)
        self.key_id = self.public.key_id

    def sign(self, text):
        if self.algorithm == ED25519:
            return self.private.sign(text)
        return self.at.to_bytes(8) + self.private.sign(note.cosigned(text, self.at))


LOG = Key(ORIGIN, 1)
NEXT = Key(ORIGIN, 2)
WITNESS = Key("witness.example/w1", 3, COSIGNATURE)
SIGNED = note.sign(TREE.body(), [LOG, WITNESS])


def lines(text):
    return text.splitlines(keepends=True)


def test_a_checkpoint_signed_by_log_and_witness_opens():
    text, signed = note.open_note(SIGNED, [LOG.public, WITNESS.public])

    assert signed == [ORIGIN, "witness.example/w1"]
    assert Checkpoint.parse(text) == TREE
    assert note.cosigned_at(SIGNED, WITNESS.public) == 1_790_000_000


def test_the_example_of_the_specification_opens():
    assert note.open_note(EXAMPLE, [Verifier.parse(EXAMPLE_KEY, check)]) == ("This is an example message.\n", ["example.com/foo"])


@needs_vectors
def test_the_notes_of_another_implementation():
    for each in json.loads(VECTORS.read_text("utf-8"))["vectors"]:
        verifiers = [Verifier.parse(vkey, check) for vkey in each["vkeys"]]
        assert [verifier.vkey() for verifier in verifiers] == each["vkeys"]
        if each["ok"]:
            text, signed = note.open_note(each["note"], verifiers)
            assert each["note"].startswith(text)
            assert signed == [verifier.name for verifier in verifiers], each["desc"]
        else:
            with pytest.raises(BadNote):
                note.open_note(each["note"], verifiers)


def test_a_note_is_good_while_one_of_its_keys_is_known():
    rotating = note.sign(TREE.body(), [LOG, NEXT])

    assert note.open_note(rotating, [NEXT.public])[1] == [ORIGIN]
    assert note.open_note(rotating, [LOG.public, NEXT.public])[1] == [ORIGIN]
    with pytest.raises(BadNote, match="no known key"):
        note.open_note(rotating, [WITNESS.public])
    with pytest.raises(BadNote, match="no known key"):
        note.open_note(rotating, [])


def test_a_key_of_the_same_name_is_another_key():
    with pytest.raises(BadNote, match="no known key"):
        note.open_note(SIGNED, [NEXT.public])


def test_one_bad_signature_of_a_known_key_spoils_the_note():
    other = note.sign(Checkpoint(ORIGIN, 70_001, TREE.root).body(), [WITNESS])
    spliced = "".join([*lines(SIGNED)[:-1], lines(other)[-1]])

    assert note.open_note(spliced, [LOG.public])[1] == [ORIGIN]
    with pytest.raises(BadNote, match=r"witness\.example/w1"):
        note.open_note(spliced, [LOG.public, WITNESS.public])
    assert note.cosigned_at(spliced, WITNESS.public) is None
    assert note.cosigned_at(note.sign(TREE.body(), [LOG]), WITNESS.public) is None


def test_the_time_of_a_witness_is_signed_too():
    line = lines(SIGNED)[-1]
    earlier = Key(WITNESS.name, 3, COSIGNATURE, at=WITNESS.at - 1)
    forged = b64encode(WITNESS.key_id + earlier.at.to_bytes(8) + WITNESS.sign(TREE.body().encode())[8:]).decode()

    with pytest.raises(BadNote):
        note.open_note(SIGNED.replace(line, f"— {WITNESS.name} {forged}\n"), [WITNESS.public])
    assert note.cosigned_at(SIGNED, LOG.public) is None, "the log's own signature bears no time"


def test_a_cosignature_is_no_signature_of_the_log():
    same_key = Verifier(WITNESS.name, ED25519, WITNESS.public.public_key, check)
    with pytest.raises(BadNote, match="no known key"):
        note.open_note(SIGNED, [same_key])


def test_no_letter_of_a_signed_note_may_change():
    for place, letter in enumerate(SIGNED):
        for other in {"\n", "A", "\u3000", chr(ord(letter) ^ 1)} - {letter}:
            bent = SIGNED[:place] + other + SIGNED[place + 1 :]
            try:
                text, signed = note.open_note(bent, [LOG.public, WITNESS.public])
            except ValueError:
                continue
            assert text == TREE.body(), "a text that nobody signed"
            assert len(signed) == 1, "a signature was bent until it was nobody's; the other one still holds"


MALFORMED = {
    "empty": "",
    "no signature": TREE.body(),
    "nothing below the empty line": TREE.body() + "\n",
    "no text": "\n\n" + "".join(lines(SIGNED)[4:]),
    "no newline at the end": SIGNED[:-1],
    "another line below": SIGNED + "and more\n",
    "an empty line below": SIGNED + "\n",
    "a tabulator": SIGNED.replace("gatekeeper\n", "gate\tkeeper\n", 1),
    "a carriage return": SIGNED.replace("\n", "\r\n"),
    "a hyphen for the dash": SIGNED.replace("—", "-"),
    "two spaces": SIGNED.replace("— r", "—  r"),
    "no base64": SIGNED[:-3] + "!\n",
    "only a key id": TREE.body() + "\n— " + ORIGIN + " " + b64encode(LOG.key_id).decode() + "\n",
    "a name with a plus": SIGNED.replace("— research", "— re+search"),
    "too many": SIGNED + lines(SIGNED)[-1] * 100,
}


@pytest.mark.parametrize("bent", MALFORMED.values(), ids=MALFORMED)
def test_what_is_no_note_is_never_opened(bent):
    with pytest.raises(BadNote):
        note.open_note(bent, [LOG.public, WITNESS.public])


BODIES = {
    "empty": "",
    "two lines": "origin\n5\n",
    "no newline at the end": TREE.body()[:-1],
    "no origin": TREE.body().removeprefix(ORIGIN),
    "leading zero": TREE.body().replace("\n7", "\n07"),
    "sign": TREE.body().replace("\n7", "\n+7"),
    "negative": TREE.body().replace("\n7", "\n-7"),
    "digits of another script": TREE.body().replace("\n70000", "\n\u0667"),
    "endless": TREE.body().replace("\n7", "\n" + "7" * 5000),
    "short root": f"{ORIGIN}\n5\n{b64encode(bytes(31)).decode()}\n",
    "long root": f"{ORIGIN}\n5\n{b64encode(bytes(33)).decode()}\n",
    "another spelling of the root": TREE.body().replace("Hh8=", "Hh9="),
    "not base64": TREE.body().replace("Hh8=", "Hh8"),
    "empty extension": TREE.body() + "\nextension\n",
}


@pytest.mark.parametrize("bent", BODIES.values(), ids=BODIES)
def test_what_is_no_checkpoint_is_refused(bent):
    assert Checkpoint.parse(TREE.body()) == TREE
    with pytest.raises(BadNote):
        Checkpoint.parse(bent)


@given(
    st.text(st.characters(codec="utf-8", min_codepoint=32), min_size=1),
    st.integers(0, 10**19 - 1),
    st.binary(min_size=32, max_size=32),
    st.lists(st.text(st.characters(codec="utf-8", min_codepoint=32), min_size=1), max_size=2),
)
def test_a_checkpoint_is_read_as_it_was_written(origin, size, root, extensions):
    written = Checkpoint(origin, size, root, tuple(extensions))
    assert Checkpoint.parse(written.body()) == written


KEYS = {
    "empty": "",
    "no name": EXAMPLE_KEY.removeprefix("example.com/foo"),
    "another name": EXAMPLE_KEY.replace("foo", "bar"),
    "another id": EXAMPLE_KEY.replace("530d903a", "530d903b"),
    "id in capitals": EXAMPLE_KEY.replace("530d903a", "530D903A"),
    "cut short": EXAMPLE_KEY[:-4],
    "not base64": EXAMPLE_KEY.replace("Aek", "A k"),
    "no key": "example.com/foo+530d903a+",
    "another algorithm": EXAMPLE_KEY.replace("+Aek", "+Buk"),
    "two lines": EXAMPLE_KEY + "\n",
}


@pytest.mark.parametrize("bent", KEYS.values(), ids=KEYS)
def test_what_is_no_key_is_refused(bent):
    with pytest.raises(BadNote):
        Verifier.parse(bent, check)


@pytest.mark.parametrize("text", ["no newline", "a\ttabulator\n", "a\rreturn\n"])
def test_what_cannot_stand_in_a_note_is_not_signed(text):
    with pytest.raises(BadNote):
        note.sign(text, [LOG])
