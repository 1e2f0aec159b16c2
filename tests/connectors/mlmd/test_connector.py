"""The connector finds stores by what they hold, copies each once, and leaves nothing behind."""

import sqlite3
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from forensics.case import Case
from forensics.errors import SourceError
from forensics.model import Acquired
from forensics_connectors.mlmd import MlmdConnector
from forensics_connectors.mlmd.intake import Copy
from tests.support.mlmdstore import add_run, make_store, seen, wal_store


@pytest.fixture(autouse=True)
def scratch(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("scratch")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_a_store_is_known_by_its_tables_under_any_name(tmp_path: Path) -> None:
    path = make_store(tmp_path / "evidence-item-7.bin")
    source = MlmdConnector().discover(str(path))
    assert source is not None
    assert (source.kind, source.locator, source.name) == ("mlmd", str(path), "evidence-item-7")


def test_another_database_is_left_to_others(tmp_path: Path, scratch: Path) -> None:
    connection = sqlite3.connect(tmp_path / "metadata.db")
    connection.executescript("CREATE TABLE artifact (id INT); CREATE VIEW experiments AS SELECT 1")
    connection.close()
    assert MlmdConnector().discover(str(tmp_path / "metadata.db")) is None
    assert MlmdConnector().discover(str(tmp_path)) is None
    assert not list(scratch.iterdir())


@pytest.mark.parametrize("name", ["metadata.db", "metadata.sqlite", "mlmd"])
def test_a_folder_is_known_by_the_store_in_it(name: str, tmp_path: Path) -> None:
    path = make_store(tmp_path / name)
    source = MlmdConnector().discover(str(tmp_path))
    assert source is not None
    assert source.locator == str(path)


def test_of_two_stores_in_a_folder_one_must_be_named(tmp_path: Path, scratch: Path) -> None:
    make_store(tmp_path / "metadata.db")
    make_store(tmp_path / "mlmd")
    with pytest.raises(SourceError, match="more than one store"):
        MlmdConnector().discover(str(tmp_path))
    assert not list(scratch.iterdir())


def test_discovering_and_reading_share_one_copy_that_is_gone_afterwards(
    tmp_path: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = wal_store(tmp_path / "metadata.db")
    before, made = seen(tmp_path), []
    copied = Copy._copied
    monkeypatch.setattr(Copy, "_copied", lambda self: made.append(self.path) or copied(self))
    connector = MlmdConnector()
    source = connector.discover(str(path))
    assert source is not None
    *_, last = connector.read(source)
    assert made == [path]
    assert seen(tmp_path) == before
    assert not list(scratch.iterdir())
    assert isinstance(last, Acquired)
    assert last.state == source.state
    assert last.details["rows"]["event"] == 5


def test_a_connector_that_is_forgotten_leaves_no_copy(tmp_path: Path, scratch: Path) -> None:
    connector = MlmdConnector()
    assert connector.discover(str(make_store(tmp_path / "metadata.db"))) is not None
    assert list(scratch.iterdir())
    del connector
    assert not list(scratch.iterdir())


def test_a_store_that_is_refused_leaves_no_copy(tmp_path: Path, scratch: Path) -> None:
    path = make_store(tmp_path / "metadata.db")
    connection = sqlite3.connect(path)
    connection.execute("CREATE VIEW spy AS SELECT 1")
    connection.close()
    connector = MlmdConnector()
    with pytest.raises(SourceError, match="holds a view, spy"):
        connector.discover(str(path))
    assert not list(scratch.iterdir())


def test_a_reading_that_is_given_up_leaves_no_copy(tmp_path: Path, scratch: Path) -> None:
    connector = MlmdConnector()
    source = connector.discover(str(make_store(tmp_path / "metadata.db")))
    assert source is not None
    reading = connector.read(source)
    assert isinstance(reading, Generator)
    next(reading)
    reading.close()
    assert not list(scratch.iterdir())


def test_a_store_that_grows_is_the_same_source_in_another_state(tmp_path: Path) -> None:
    path = make_store(tmp_path / "metadata.db", runs=1)
    before = MlmdConnector().discover(str(path))
    connection = sqlite3.connect(path)
    add_run(connection, 2)
    connection.commit()
    connection.close()
    after = MlmdConnector().discover(str(path))
    assert before is not None
    assert after is not None
    assert before.fingerprints == after.fingerprints
    assert before.state != after.state


def test_a_store_that_was_begun_anew_is_another_source(tmp_path: Path) -> None:
    path = make_store(tmp_path / "metadata.db")
    before = MlmdConnector().discover(str(path))
    connection = sqlite3.connect(path)
    for table in ("Artifact", "Execution"):
        connection.execute(f"UPDATE {table} SET create_time_since_epoch = create_time_since_epoch + 86400000")
    connection.commit()
    connection.close()
    after = MlmdConnector().discover(str(path))
    assert before is not None
    assert after is not None
    assert not set(before.fingerprints) & set(after.fingerprints)


def test_an_unchanged_store_adds_nothing_to_a_case(tmp_path: Path) -> None:
    path = make_store(tmp_path / "metadata.db")
    with Case.open(tmp_path / "case.duckdb", write=True, new=True) as case:
        for unchanged in (False, True):
            connector = MlmdConnector()
            source = connector.discover(str(path))
            assert source is not None
            done = case.ingest(source, connector.read(source), argv=["forensics", "ingest"])
            assert done.unchanged is unchanged
            assert bool(done.added) is not unchanged
