"""The same tables come of every schema version and of both readers, whatever stands in the rows."""

import sqlite3
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.model import FindingKind
from forensics_connectors.mlmd.intake import Copy
from forensics_connectors.mlmd.reader import read, survey
from forensics_connectors.mlmd.rows import write_rows
from forensics_connectors.mlmd.schema import open_store, read_schema
from forensics_connectors.mlmd.sqlite import read_copy, survey_copy
from forensics_connectors.mlmd.tables import COLUMNS, NAMES, Store, arrow_schema, empty_tables
from tests.support.mlmdstore import START, VERSIONS, make_store, real_stores


def store_at(path: Path) -> Store:
    copy = Copy(path)
    try:
        assert survey_copy(copy) is not None
        return read_copy(copy)
    finally:
        copy.close()


def by(database: Path, table: str, *, fast: bool, rows: int) -> tuple[pa.Table, list[FindingKind]]:
    """A table as one of the two readers has it, and what it noted."""
    connection = open_store(database)
    layout = read_schema(connection).layout
    connection.close()
    into = database.with_name(f"{table}-{fast}.arrow")
    notes = write_rows(database, table, layout.tables[table], layout.names[table], into, fast=fast, rows=rows)
    with pa.ipc.open_file(pa.OSFile(str(into))) as file:
        return file.read_all(), [note.kind for note in notes]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_schema_version_gives_the_same_columns(version: int, tmp_path: Path) -> None:
    path = make_store(tmp_path / "store.db", version)
    answer = read(path)
    assert answer["schema_version"] == (version or None)
    assert answer["notes"] == []
    assert survey(path)["is_store"]
    tables = {}
    for table in COLUMNS:
        with pa.memory_map(str(tmp_path / f"{table}.arrow")) as file:
            tables[table] = pa.ipc.open_file(file).read_all()
        assert tables[table].schema == arrow_schema(table)
    kinds = tables["type"].select(["name", "type_kind"]).to_pylist()
    assert kinds == [{"name": "Model", "type_kind": 1}, {"name": "Trainer", "type_kind": 0}]
    assert tables["artifact"].column("uri").to_pylist() == ["models/1", "models/2", "models/3"]
    made = [START + 1, START + 2, START + 3] if version >= 5 else [None] * 3
    assert tables["artifact"].column("create_time_since_epoch").to_pylist() == made
    assert tables["event"].column("type").to_pylist() == [4, 3, 4, 3, 4]
    assert tables["artifact_property"].column("owner_id").to_pylist() == [1, 2, 3]
    assert tables["event_path"].to_pylist()[:2] == [
        {"event_id": 1, "is_index_step": False, "step_index": None, "step_key": "model", "ordinal": 0},
        {"event_id": 1, "is_index_step": True, "step_index": 0, "step_key": None, "ordinal": 1},
    ]
    assert answer["sequences"]["event"] == 5


def test_empty_tables_are_all_there() -> None:
    assert list(empty_tables()) == list(NAMES) == list(COLUMNS)
    assert len(COLUMNS) == 14


VALUES = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.sampled_from([0, 1, 2, 2**31, -(2**31) - 1]),
    st.floats(allow_nan=False),
    st.text(max_size=8),
    st.binary(max_size=8),
    st.sampled_from(
        ["", "12", "1e3", "a\0b", "ü", "mlmd-struct::CgA=", "YWJj", b"YWJj", b"\xff\xfe", "\N{PILE OF POO}"]
    ),
)


@given(rows=st.lists(st.tuples(*[VALUES] * 6), max_size=12), batch=st.sampled_from([1, 3, 100]))
@settings(deadline=None, max_examples=60)
def test_both_readers_give_the_same_table_whatever_stands_in_it(rows: list[tuple[object, ...]], batch: int) -> None:
    pytest.importorskip("adbc_driver_sqlite", reason="the driver is not installed, so there is one reader alone")
    with tempfile.TemporaryDirectory() as folder:
        path = make_store(Path(folder, "store.db"), runs=0)
        connection = sqlite3.connect(path)
        insert = (
            "INSERT INTO ArtifactProperty (artifact_id, name, is_custom_property, int_value, double_value, "
            "string_value, byte_value, proto_value, bool_value) VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?)"
        )
        connection.executemany(insert, [(place, str(place), *row) for place, row in enumerate(rows)])
        connection.executemany("INSERT INTO Artifact (type_id, state, uri) VALUES (1, ?, ?)", [row[:2] for row in rows])
        connection.commit()
        connection.close()
        for table in ("artifact_property", "artifact"):
            fast, fast_notes = by(path, table, fast=True, rows=batch)
            plain, plain_notes = by(path, table, fast=False, rows=batch)
            assert fast.to_pylist() == plain.to_pylist()
            assert fast_notes == plain_notes
            assert fast.num_rows == len(rows)
            fast.validate(full=True)
            plain.validate(full=True)


def test_without_the_driver_the_standard_library_reads_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_store(tmp_path / "store.db")
    with_driver = [by(path, table, fast=True, rows=100) for table in COLUMNS]
    monkeypatch.setitem(sys.modules, "adbc_driver_sqlite", None)
    assert [by(path, table, fast=True, rows=100) for table in COLUMNS] == with_driver


@pytest.mark.parametrize("path", real_stores())
def test_both_readers_agree_on_real_stores(path: Path, tmp_path: Path) -> None:
    pytest.importorskip("adbc_driver_sqlite", reason="the driver is not installed, so there is one reader alone")
    database = tmp_path / "store.db"
    database.write_bytes(path.read_bytes())
    connection = open_store(database)
    layout = read_schema(connection).layout
    connection.close()
    for table in layout.tables:
        assert by(database, table, fast=True, rows=7) == by(database, table, fast=False, rows=7)


def test_a_store_of_the_official_client_is_read_value_for_value(tmp_path: Path) -> None:
    pytest.importorskip("ml_metadata", reason="ml-metadata has no wheel for this Python")
    from ml_metadata.proto import metadata_store_pb2 as pb

    from tests.support.mlmdclient import client, rows_of

    path = tmp_path / "metadata.db"
    writer = client(path)
    kind = writer.put_artifact_type(pb.ArtifactType(name="Model", properties={"a": pb.DOUBLE, "b": pb.BOOLEAN}))
    run = writer.put_execution_type(pb.ExecutionType(name="Trainer"))
    group = writer.put_context_type(pb.ContextType(name="pipeline"))
    artifact = pb.Artifact(type_id=kind, uri="s3://bucket/ünï", name="model", state=2, external_id="x")
    artifact.properties["a"].double_value, artifact.properties["b"].bool_value = 1.5, False
    artifact.custom_properties["c"].int_value = -(2**62)
    artifact.custom_properties["d"].struct_value.update({"e": [1, None, "ü"]})
    artifact.custom_properties["f"].proto_value.Pack(pb.Event.Path())
    event = pb.Event(type=pb.Event.OUTPUT, milliseconds_since_epoch=START)
    event.path.steps.add().key = "model"
    event.path.steps.add().index = 0
    writer.put_execution(
        pb.Execution(type_id=run, last_known_state=3),
        [(artifact, event)],
        [pb.Context(type_id=group, name="fraud")],
    )
    del writer
    found, expected = store_at(path), rows_of(path)
    assert found.notes == ()
    assert (found.schema_version, found.sequences) == (10, expected.sequences)
    for table in COLUMNS:
        assert found.tables[table].drop_columns(["ordinal"] if table == "event_path" else []).to_pylist() == (
            expected.tables[table].drop_columns(["ordinal"] if table == "event_path" else []).to_pylist()
        )
    assert found.tables["attribution"].num_rows == 1


def test_messages_come_as_their_bytes(tmp_path: Path) -> None:
    path = make_store(tmp_path / "metadata.db", runs=0)
    connection = sqlite3.connect(path)
    insert = "INSERT INTO ArtifactProperty (artifact_id, name, is_custom_property, proto_value) VALUES (?, 'p', 1, ?)"
    connection.executemany(insert, [(1, "AP9hYmM="), (2, b"AP9hYmM="), (3, None)])
    connection.commit()
    connection.close()
    messages = store_at(path).tables["artifact_property"].column("proto_value").to_pylist()
    assert messages == [b"\0\xffabc", b"\0\xffabc", None]


def test_a_value_that_its_column_cannot_hold_is_left_out_and_noted_as_able_to_hide_lineage(tmp_path: Path) -> None:
    path = make_store(tmp_path / "metadata.db")
    connection = sqlite3.connect(path)
    connection.execute("UPDATE Event SET artifact_id = 'one' WHERE id = 2")
    connection.execute("UPDATE Artifact SET state = 4294967298 WHERE id = 1")
    connection.execute("UPDATE Artifact SET uri = CAST(x'66ff6f' AS TEXT) WHERE id = 2")
    connection.commit()
    connection.close()
    store = store_at(path)
    assert store.tables["event"].column("artifact_id").to_pylist() == [1, None, 2, 2, 3]
    assert store.tables["artifact"].column("state").to_pylist() == [None] * 3
    assert store.tables["artifact"].column("uri").to_pylist()[1] == "f\ufffdo"
    assert [(note.kind, note.admits, note.origin.path) for note in store.notes] == [
        (FindingKind.BAD_ROW, True, "Artifact"),
        (FindingKind.BAD_ROW, False, "Artifact"),
        (FindingKind.BAD_ROW, True, "Event"),
    ]


def test_columns_and_tables_of_a_newer_schema_are_noted_when_they_hold_something(tmp_path: Path) -> None:
    path = make_store(tmp_path / "metadata.db")
    connection = sqlite3.connect(path)
    connection.executescript(
        "UPDATE MLMDEnv SET schema_version = 11; ALTER TABLE Event ADD COLUMN role TEXT; "
        "ALTER TABLE Event ADD COLUMN empty TEXT; CREATE TABLE Void (id INT); CREATE TABLE Link (id INT)"
    )
    assert store_at(path).notes == ()
    connection.executescript("UPDATE Event SET role = 'teacher'; INSERT INTO Link VALUES (1)")
    connection.close()
    store = store_at(path)
    assert store.schema_version == 11
    (note,) = store.notes
    assert (note.kind, note.admits) == (FindingKind.BAD_ROW, True)
    assert "Event.role" in note.message
    assert "Link" in note.message
    assert "empty" not in note.message


def test_a_half_initialised_store_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = make_store(tmp_path / "metadata.db")
    connection = sqlite3.connect(path)
    connection.executescript("DELETE FROM MLMDEnv; DROP TABLE EventPath; DROP TABLE Event")
    connection.close()
    store = store_at(path)
    assert store.schema_version is None
    assert store.tables["event"].num_rows == 0
    assert [note.kind for note in store.notes] == [FindingKind.HALF_INITIALISED] * 2
    assert "Event, EventPath" in store.notes[1].message
    assert store.notes[1].admits


def test_an_index_that_lies_hides_no_row(tmp_path: Path) -> None:
    path = make_store(tmp_path / "metadata.db")
    connection = sqlite3.connect(path)
    connection.executescript("CREATE INDEX covering ON EventPath (event_id, is_index_step, step_index, step_key)")
    root = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'covering'").fetchone()[0]
    connection.close()
    data = bytearray(path.read_bytes())
    at = (root - 1) * int.from_bytes(data[16:18], "big")
    data[at + 3 : at + 5] = b"\0\0"  # an index page without a cell
    path.write_bytes(data)
    assert store_at(path).tables["event_path"].num_rows == 6


def test_values_of_a_megabyte_are_read_whole(tmp_path: Path) -> None:
    path = make_store(tmp_path / "metadata.db")
    connection = sqlite3.connect(path)
    connection.execute("UPDATE Artifact SET uri = ? WHERE id = 1", ["x" * (5 << 20)])
    connection.commit()
    connection.close()
    assert len(store_at(path).tables["artifact"].column("uri")[0].as_py()) == 5 << 20
