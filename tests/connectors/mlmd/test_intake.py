"""A store is copied without a trace, whatever lies beside it; what could harm is refused."""

import os
import sqlite3
import tempfile
import time
from io import FileIO
from pathlib import Path

import pytest

from forensics.errors import SourceError
from forensics.model import FindingKind
from forensics_connectors.mlmd.intake import Copy, stores_at
from forensics_connectors.mlmd.sqlite import read_copy, survey_copy
from forensics_connectors.mlmd.tables import Store
from tests.support.mlmdstore import hot_journal_store, make_store, real_stores, seen, wal_store


@pytest.fixture(autouse=True)
def scratch(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("scratch")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def read(path: Path) -> Store:
    copy = Copy(path)
    try:
        assert survey_copy(copy) is not None
        return read_copy(copy)
    finally:
        copy.close()


def kinds(store: Store) -> list[FindingKind]:
    return [note.kind for note in store.notes]


@pytest.mark.parametrize("make", [make_store, wal_store, hot_journal_store])
def test_leaves_the_folder_as_it_was_and_no_scratch_behind(make, tmp_path: Path, scratch: Path) -> None:
    path = make(tmp_path / "metadata.db")
    before = seen(tmp_path)
    store = read(path)
    assert seen(tmp_path) == before
    assert not list(scratch.iterdir())
    assert store.details["unchanged"] is True
    assert store.tables["artifact"].column("uri").to_pylist() == ["models/1", "models/2", "models/3"]
    assert {name: file["sha256"] for name, file in store.details["files"].items()} == {
        n: b[0] for n, b in before.items()
    }


def test_rows_that_stand_in_the_log_alone_are_read_and_the_log_is_noted(tmp_path: Path) -> None:
    path = wal_store(tmp_path / "metadata.db")
    quiet = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
    assert quiet.execute("SELECT count(*) FROM Event").fetchone() == (1,)
    quiet.close()
    store = read(path)
    assert store.tables["event"].num_rows == 5
    assert FindingKind.SIDE_FILE in kinds(store)
    assert len(store.details["derived"]["sha256"]) == 64
    assert store.details["derived"]["sha256"] != store.details["files"]["metadata.db"]["sha256"]


def test_what_a_cut_off_transaction_wrote_is_rolled_back(tmp_path: Path) -> None:
    path = hot_journal_store(tmp_path / "metadata.db")
    store = read(path)
    assert "forged" not in store.tables["artifact"].column("uri").to_pylist()
    assert FindingKind.SIDE_FILE in kinds(store)
    assert not any(note.admits for note in store.notes)


def test_a_journal_that_names_another_file_cannot_delete_it(tmp_path: Path) -> None:
    path = hot_journal_store(tmp_path / "metadata.db")
    victim = tmp_path / "victim.txt"
    victim.write_text("precious")
    name = os.fsencode(victim)
    journal = Path(f"{path}-journal")
    checksum = sum(byte - 256 if byte > 127 else byte for byte in name) & 0xFFFFFFFF
    pointer = b"\0\0\0\0" + name + len(name).to_bytes(4, "big") + checksum.to_bytes(4, "big")
    journal.write_bytes(journal.read_bytes() + pointer + bytes.fromhex("d9d505f920a163d7"))
    with pytest.raises(SourceError, match="names another file"):
        read(path)
    assert victim.read_text() == "precious"


HOSTILE = {
    "view": "ALTER TABLE Artifact RENAME TO Hidden; CREATE VIEW Artifact AS WITH RECURSIVE n(i) AS "
    "(SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS id, i AS type_id, '' AS uri FROM n",
    "trigger": "CREATE TRIGGER t AFTER INSERT ON Event BEGIN DELETE FROM Event; END",
    "virtual table": "CREATE VIRTUAL TABLE spread USING fts5(body)",
    "generated column": "ALTER TABLE Event ADD COLUMN slow AS (hex(zeroblob(artifact_id * 1000000)))",
    "unknown collation": "CREATE TABLE other (a TEXT COLLATE evil)",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_refuses_within_seconds_what_no_store_holds(what: str, tmp_path: Path, scratch: Path) -> None:
    path = make_store(tmp_path / "metadata.db")
    connection = sqlite3.connect(path)
    connection.create_collation("evil", lambda a, b: 0)
    connection.executescript(HOSTILE[what])
    connection.close()
    began = time.monotonic()
    with pytest.raises(SourceError, match=what):
        read(path)
    assert time.monotonic() - began < 10
    assert not list(scratch.iterdir())


def test_a_store_whose_pages_are_damaged_says_that_rows_may_be_missing(tmp_path: Path) -> None:
    path = make_store(tmp_path / "metadata.db", runs=2000)
    data = bytearray(path.read_bytes())
    middle = len(data) // 8192 * 4096
    data[middle : middle + 4096 * 4] = os.urandom(4096 * 4)
    path.write_bytes(data)
    store = read(path)
    assert any(note.kind is FindingKind.UNREADABLE and note.admits for note in store.notes)


@pytest.mark.parametrize("size", [16, 100, 1000, 4096, 40_960])
def test_a_store_that_was_cut_off_is_an_error_and_no_crash(size: int, tmp_path: Path) -> None:
    path = make_store(tmp_path / "metadata.db")
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(SourceError, match=r"damaged"):
        read(path)


def test_what_is_no_sqlite_file_is_left_to_others(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    (tmp_path / "text.db").write_text("SQLite, he said. " * 100_000)
    os.mkfifo(tmp_path / "pipe.db")
    (tmp_path / "loop.db").symlink_to("loop.db")
    (tmp_path / "folder.db").mkdir()
    for name in ("empty.db", "text.db", "pipe.db", "loop.db", "folder.db", "missing.db", "", "nul\0"):
        assert stores_at(str(tmp_path / name)) == []


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    make_store(tmp_path / "elsewhere.db")
    (tmp_path / "metadata.db").symlink_to("elsewhere.db")
    with pytest.raises(SourceError, match="is a link"):
        stores_at(str(tmp_path / "metadata.db"))


@pytest.mark.parametrize("part", ["-wal", "-journal", "-shm"])
def test_a_side_file_that_is_a_link_or_a_pipe_is_refused(part: str, tmp_path: Path) -> None:
    path = make_store(tmp_path / "metadata.db")
    side = Path(f"{path}{part}")
    side.symlink_to("/etc/hostname")
    with pytest.raises(SourceError, match="no plain file"):
        Copy(path)
    side.unlink()
    os.mkfifo(side)
    with pytest.raises(SourceError, match="no plain file"):
        Copy(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_store_that_may_not_be_read_is_a_clear_error(tmp_path: Path) -> None:
    path = make_store(tmp_path / "metadata.db")
    path.chmod(0)
    with pytest.raises(SourceError, match="no permission"):
        stores_at(str(path))


def test_a_store_that_changes_while_it_is_copied_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_store(tmp_path / "metadata.db")
    hashed = Copy._hashed

    def hashed_amid_writes(self: Copy, file: FileIO, into: FileIO | None = None) -> str:
        with path.open("ab") as store:
            store.write(b"\0" * 4096)
        return hashed(self, file, into)

    monkeypatch.setattr(Copy, "_hashed", hashed_amid_writes)
    with pytest.raises(SourceError, match="changed while"):
        Copy(path)


def test_a_store_that_is_written_to_later_is_read_as_it_was_and_that_is_said(tmp_path: Path) -> None:
    path = make_store(tmp_path / "metadata.db")
    copy = Copy(path)
    assert survey_copy(copy) is not None
    with path.open("ab") as file:
        file.write(b"\0" * 4096)
    store = read_copy(copy)
    copy.close()
    assert store.details["unchanged"] is False
    assert store.tables["artifact"].num_rows == 3


def test_a_reader_that_runs_out_of_memory_or_time_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scratch: Path
) -> None:
    copy = Copy(make_store(tmp_path / "metadata.db"))
    assert survey_copy(copy) is not None
    with monkeypatch.context() as less:
        less.setattr("forensics_connectors.mlmd.sqlite._MEMORY", 1 << 20)
        with pytest.raises(SourceError, match="reading it failed"):
            read_copy(copy)
    with monkeypatch.context() as less:
        less.setattr("forensics_connectors.mlmd.sqlite._SECONDS", 0)
        with pytest.raises(SourceError, match="took longer"):
            read_copy(copy)
    copy.close()
    assert not list(scratch.iterdir())


@pytest.mark.parametrize("path", real_stores())
def test_real_stores_are_left_alone_and_read_row_for_row(path: Path) -> None:
    from forensics_connectors.mlmd.tables import NAMES

    before = seen(path.parent)
    store = read(path)
    assert seen(path.parent) == before
    connection = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
    there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    counts = {
        table: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] if name in there else 0
        for table, name in NAMES.items()
    }
    connection.close()
    assert {table: rows.num_rows for table, rows in store.tables.items()} == counts
    assert not store.notes
