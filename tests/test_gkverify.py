"""The auditor's program by itself: other people's vectors, and nothing of the product in it."""

import ast
import json
import subprocess
import sys
from base64 import b64decode
from hashlib import sha256
from pathlib import Path

import pytest

from gatekeeper import gkverify

PROGRAM = Path(gkverify.__file__)
VECTORS = Path(__file__).parents[2] / "shared" / "vectors" / "ledger"
needs_vectors = pytest.mark.skipif(not VECTORS.is_dir(), reason="../shared/vectors is absent")

# RFC 8032, section 7.1: tests 1, 2, 3 and SHA(abc)
RFC_8032 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
]


@pytest.mark.parametrize(("key", "message", "signature"), RFC_8032)
def test_the_signatures_of_rfc_8032_are_good_and_with_one_bit_changed_they_are_not(key, message, signature):
    key, message, signature = (bytes.fromhex(each) for each in (key, message, signature))

    assert gkverify.signed(key, message, signature)
    assert not gkverify.signed(key, message + b"!", signature)
    for place in (0, 31, 32, 63):
        bent = bytearray(signature)
        bent[place] ^= 1
        assert not gkverify.signed(key, message, bytes(bent))


@needs_vectors
def test_every_signature_of_wycheproof_is_judged_as_it_should_be():
    groups = json.loads((VECTORS / "wycheproof" / "ed25519_test.json").read_text())["testGroups"]
    judged = [
        (each["tcId"], each["result"] == "valid", gkverify.signed(*(bytes.fromhex(part) for part in parts)))
        for group in groups
        for each in group["tests"]
        for parts in [(group["publicKey"]["pk"], each["msg"], each["sig"])]
    ]

    assert len(judged) == 151
    assert [id_ for id_, expected, found in judged if expected != found] == []


@needs_vectors
def test_the_notes_of_others_open_and_bent_ones_do_not():
    vectors = json.loads((VECTORS / "c2sp-note-vectors.json").read_text())["vectors"]
    for each in vectors:
        if len(each["note"].split("\n")) > 5:  # a checkpoint, not just a note
            found = holds(each["note"].encode(), [gkverify.key_of(vkey) for vkey in each["vkeys"]])
            assert (found is not None) is each["ok"], each["desc"]
            if each["desc"] == "checkpoint + cosignature/v1":
                assert (found.size, found.witnesses) == (8, {"witness.example/w1"})


def holds(note, keys):
    try:
        return gkverify.opened(note, keys)
    except gkverify.Refused:
        return None


@needs_vectors
def test_the_reference_tree_of_certificate_transparency_is_recomputed_and_its_proofs_hold():
    tree = json.loads((VECTORS / "rfc6962-reference-tree.json").read_text())
    leaves = [gkverify.leaf_hash(bytes.fromhex(each)) for each in tree["leaves"]]
    roots = {int(size): bytes.fromhex(root) for size, root in tree["roots_by_size"].items()}
    for size, root in roots.items():
        entries = gkverify.Stream(enumerate(leaves[:size]))
        assert gkverify.root_of(0, size, entries, gkverify.Stream([])) == root
    for each in tree["inclusion"]:
        proof = [bytes.fromhex(part) for part in each["proof"]]
        index, size = each["index"], each["size"]
        assert gkverify.included(index, size, leaves[index], proof, roots[size])
        assert not gkverify.included(index, size, leaves[index], [*proof, leaves[0]], roots[size])
        assert not gkverify.included(index ^ 1, size, leaves[index], proof, roots[size]) or size == 1
    for each in tree["consistency"]:
        old, new = (each[name] for name in ("old", "new")) if "old" in each else (each["size1"], each["size2"])
        proof = [bytes.fromhex(part) for part in each["proof"]]
        assert gkverify.continued(old, roots[old], new, roots[new], proof)
        assert not gkverify.continued(old, sha256(b"other").digest(), new, roots[new], proof)
        assert not gkverify.continued(old, roots[old], new, roots[new], [*proof, leaves[0]])


def test_it_imports_nothing_but_the_standard_library_and_is_readable_to_python_3_8():
    tree = ast.parse(PROGRAM.read_text(encoding="utf-8"), feature_version=(3, 8))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else [each.name for each in node.names])
    }

    assert imported <= sys.stdlib_module_names
    assert "gatekeeper" not in imported


VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"


@pytest.mark.parametrize(
    ("content", "arguments", "status", "said"),
    [
        (b"hello", ["--vkey", VKEY], 2, "neither a bundle, nor a dispute pack, nor a tlog-proof"),
        (b"{}", ["--vkey", VKEY], 2, "not a receipt"),
        (b"{" * 100_000, ["--vkey", VKEY], 1, "not JSON"),
        (b"c2sp.org/tlog-proof@v1\nindex 007\n\nx", ["--vkey", VKEY], 1, "should be a number"),
        (b"c2sp.org/tlog-proof@v1\nextra !!\nindex 7\n\nx", ["--vkey", VKEY], 1, "Base64"),
        (b"c2sp.org/tlog-proof@v1\nextra YQ==\nindex 7\n\nx", ["--vkey", VKEY], 1, "not a signed note"),
        (b"c2sp.org/tlog-proof@v1\nindex 7\n\nx", ["--vkey", VKEY], 2, "--leaf FILE"),
        (
            b"c2sp.org/tlog-proof@v1\nextra YQ==\nindex 7\n\n\xc2\x9b2J\n7\nx\n\n\xe2\x80\x94 a YQ==\n",
            ["--vkey", VKEY],
            1,
            "log ?2J",
        ),
        (b"x" * (1 << 21), ["--vkey", VKEY], 2, "too large"),
        (b"hello", ["--vkey", VKEY[:-1] + "l"], 2, "mistyped"),
        (b"hello", ["--vkey", "key"], 2, "NAME+HASH+KEY"),
        (b"hello", ["--witness", VKEY, "--vkey", VKEY], 2, "--witness"),
        (b"hello", ["--whole", "1-2", "--vkey", VKEY], 2, "FIRST:LAST"),
        (None, ["--vkey", VKEY], 2, "No such file"),
        (b"hello", [], 2, "--vkey"),
    ],
)
def test_what_is_no_evidence_is_said_to_be_none_in_a_sentence(
    content, arguments, status, said, tmp_path, capsysbinary, monkeypatch
):
    path = tmp_path / "evidence"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setattr(sys, "argv", ["gkverify.py", str(path), *arguments])
    try:
        found = gkverify.main()
    except SystemExit as ended:  # argparse's own
        found = ended.code

    out, err = capsysbinary.readouterr()
    assert (found, b"Traceback" in out + err) == (status, False)
    assert said in (out + err).decode()


def test_it_says_by_itself_how_it_is_used(tmp_path):
    ran = subprocess.run([sys.executable, "-I", PROGRAM, "--help"], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert "must come to you by another way than the evidence" in ran.stdout


def test_base64_has_one_spelling():
    for text in ("YQ=", "YR==", "YQ==\n", "Y Q==", "é"):
        with pytest.raises(gkverify.Refused):
            gkverify.unbase64(text)
    assert gkverify.unbase64("YQ==") == b64decode("YQ==")
