"""Original files are kept once, whole, under the name of what is in them."""

import stat
from hashlib import sha256
from pathlib import Path

from gatekeeper.files import originals


def test_a_file_is_kept_under_its_hash_and_found_again(tmp_path: Path) -> None:
    kept = originals.keep(tmp_path, b"\xb1\xa8\xb8\xe6")

    assert kept.read_bytes() == b"\xb1\xa8\xb8\xe6"
    assert kept.name == sha256(b"\xb1\xa8\xb8\xe6").hexdigest()
    assert originals.keep(tmp_path, b"\xb1\xa8\xb8\xe6") == kept
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [kept]


def test_a_file_is_closed_to_other_accounts(tmp_path: Path) -> None:
    assert stat.S_IMODE(originals.keep(tmp_path, b"x").stat().st_mode) == 0o600
