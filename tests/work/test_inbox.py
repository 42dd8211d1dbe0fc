"""The watched folder: every file once, never half of one, nothing from elsewhere, and a word on what became of it."""

import os
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from gatekeeper.files import originals
from gatekeeper.rules.errors import Invalid
from gatekeeper.settings import Settings
from gatekeeper.store.publishing.reports import ReportFile, ReportVersion
from gatekeeper.work.publishing import inbox
from gatekeeper.work.sending.office import Office
from tests import docxs, pdfs
from tests.world import SECRET, World

TEXT = (pdfs.REPORTS / "r1-treasury-market.txt").read_bytes()
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def settings(**given: str) -> Settings:
    given = {"DATABASE_URL": "sqlite:///unused", "SECRET_KEY": SECRET, "LOG_ORIGIN": "gatekeeper.example/test", **given}
    return Settings.from_env({f"GATEKEEPER_{name}": value for name, value in given.items()})


@pytest.fixture
def office(world: World, tmp_path: Path) -> Office:
    (tmp_path / "inbox").mkdir()
    given = settings(INBOX=str(tmp_path / "inbox"), DATA_DIR=str(tmp_path / "files"))
    return Office(given, world.database, lambda: world.now)


@pytest.fixture
def folder(office: Office) -> Path:
    assert office.settings.inbox is not None
    return office.settings.inbox


def put(office: Office, folder: Path, name: str, data: bytes, *, seconds: float = 60) -> Path:
    """A file that was last changed so many seconds ago."""
    path = folder / name
    path.write_bytes(data)
    at = office.now().timestamp() - seconds
    os.utime(path, (at, at))
    return path


def lying(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())


def number(world: World) -> int:
    with world.database.reading() as connection:
        return connection.execute(select(func.count()).select_from(ReportVersion)).scalar_one()


def test_every_kind_comes_in_and_bad_files_are_told(office: Office, folder: Path, world: World) -> None:
    put(office, folder, "甲.txt", TEXT)
    put(office, folder, "乙.pdf", pdfs.demo("r3-energy-storage"))
    put(office, folder, "丙.docx", docxs.report((pdfs.REPORTS / "r3-toll-roads.txt").read_text("utf-8")))
    put(office, folder, "丁.pdf", b"%PDF-1.7 ...")
    put(office, folder, "戊.txt", TEXT)

    inbox.look(office)

    assert lying(folder) == sorted(
        [f"done/{name}{more}" for name in ("乙.pdf", "丙.docx") for more in ("", ".txt")]
        + ["refused/丁.pdf", "refused/丁.pdf.txt"]
        + [f"{place}{more}" for place in ("done/戊.txt", "refused/甲.txt") for more in ("", ".txt")]
    ), "of the same file under two names, the first in order comes in"
    told = (folder / "refused" / "丁.pdf.txt").read_text("utf-8")
    assert "已损坏" in told
    assert "is damaged" in told
    assert "come in before" in (folder / "refused" / "甲.txt.txt").read_text("utf-8")
    with world.database.reading() as connection:
        rows = connection.execute(select(ReportFile.name, ReportFile.sha256, ReportVersion.report_id).join(ReportVersion)).all()
    assert {row.name for row in rows} == {"戊.txt", "乙.pdf", "丙.docx"}
    assert all(originals.read(office.settings.data_dir, row.sha256) for row in rows)
    assert all(row.report_id in (folder / "done" / f"{row.name}.txt").read_text("utf-8") for row in rows)


@sqlite
def test_what_is_still_being_written_waits(office: Office, folder: Path, world: World) -> None:
    put(office, folder, "writing.txt", TEXT, seconds=2)
    put(office, folder, ".upload.txt", TEXT)

    inbox.look(office)
    assert lying(folder) == [".upload.txt", "writing.txt"]

    world.clock.forward(timedelta(seconds=10))
    (folder / ".upload.txt").rename(folder / "uploaded.txt")
    inbox.look(office)
    assert number(world) == 1
    assert [path for path in lying(folder) if "/" not in path] == []


@sqlite
def test_a_file_that_changes_while_it_is_read_is_put_back(office: Office, folder: Path, world: World) -> None:
    """Its writer has it open still, wherever it was moved to."""
    path = put(office, folder, "slow.txt", b"")
    real = os.fstat
    with path.open("ab") as writer:

        def fstat(file: int) -> os.stat_result:
            found = real(file)
            writer.write("风险提示".encode())
            writer.flush()
            return found

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "fstat", fstat)
            inbox.look(office)

    assert [name for name in lying(folder) if not name.startswith(".")] == ["slow.txt"]
    assert number(world) == 0


@sqlite
def test_nothing_outside_the_folder_is_read(office: Office, folder: Path, world: World, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_bytes(TEXT)
    (folder / "link.txt").symlink_to(secret)
    (folder / "folder").mkdir()
    (folder / "folder" / "inside.txt").write_bytes(TEXT)
    os.mkfifo(folder / "pipe")
    os.utime(folder / "pipe", (0, 0))
    os.utime(folder / "link.txt", (0, 0), follow_symlinks=False)

    inbox.look(office)

    assert number(world) == 0
    assert secret.read_bytes() == TEXT
    assert "no plain file" in (folder / "refused" / "link.txt.txt").read_text("utf-8")
    assert "no plain file" in (folder / "refused" / "pipe.txt").read_text("utf-8")
    assert (folder / "folder" / "inside.txt").exists()


@sqlite
def test_what_a_dead_process_had_taken_is_taken_again_and_comes_in_once(
    office: Office, folder: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "GIVEN_UP", timedelta(days=-10_000))
    (folder / inbox.TAKEN).mkdir()
    put(office, folder / inbox.TAKEN, "before.txt", TEXT)
    inbox.look(office)
    assert number(world) == 1, "it died before the report was in"

    put(office, folder / inbox.TAKEN, "after.txt", TEXT)
    inbox.look(office)

    assert number(world) == 1, "it died after it"
    assert lying(folder) == ["done/after.txt", "done/after.txt.txt", "done/before.txt", "done/before.txt.txt"]
    assert "The report has come in" in (folder / "done" / "after.txt.txt").read_text("utf-8")


@sqlite
def test_two_work_processes_bring_each_file_in_once(office: Office, folder: Path, world: World) -> None:
    for place in range(6):
        put(office, folder, f"{place}.txt", TEXT + f"\n第{place}期。\n".encode())
    threads = [threading.Thread(target=inbox.look, args=(office,)) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert number(world) == 6
    assert lying(folder) == sorted(f"done/{place}.txt{more}" for place in range(6) for more in ("", ".txt"))


@sqlite
def test_the_same_name_twice_overwrites_nothing(office: Office, folder: Path) -> None:
    for issue in (1, 2):
        put(office, folder, "日报.txt", TEXT + f"\n第{issue}期。\n".encode())
        inbox.look(office)

    assert {"done/日报.txt", "done/日报 (2).txt"} <= set(lying(folder))


@pytest.mark.parametrize("missing", ["nowhere", "file"])
def test_a_folder_that_cannot_be_used_refuses_to_start(tmp_path: Path, missing: str) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(Invalid, match="GATEKEEPER_INBOX names no folder"):
        settings(INBOX=str(tmp_path / missing))
