"""The service of ML Metadata: its own store behind a small servicer on its own protos, asked over a real channel."""

import importlib.util
import sys
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from forensics.errors import SourceError
from forensics_connectors.mlmd.address import Address
from forensics_connectors.mlmd.servers import read_server, survey_server
from tests.support import servers

pytestmark = pytest.mark.skipif(importlib.util.find_spec("ml_metadata") is None, reason="the client needs Python 3.11")


@contextmanager
def serving(path: Path) -> Iterator[int]:
    """Serves a SQLite store opened for reading, each call forwarded to the client's own store; yields the port."""
    import grpc
    from ml_metadata.metadata_store.pywrap.metadata_store_extension import metadata_store as native
    from ml_metadata.proto import metadata_store_pb2, metadata_store_service_pb2, metadata_store_service_pb2_grpc

    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri, config.sqlite.connection_mode = str(path), 1
    store = native.CreateMetadataStore(
        config.SerializeToString(), metadata_store_pb2.MigrationOptions().SerializeToString()
    )

    def forwarded(name: str) -> Any:
        def call(request: Any, context: Any) -> Any:
            answer, message, status = getattr(native, name)(store, request.SerializeToString())
            if status:
                context.abort(grpc.StatusCode.INTERNAL, message.decode())
            return getattr(metadata_store_service_pb2, f"{name}Response").FromString(answer)

        return call

    servicer = metadata_store_service_pb2_grpc.MetadataStoreServiceServicer()
    for name in dir(native):
        if name.startswith("Get") and hasattr(servicer, name):
            setattr(servicer, name, forwarded(name))
    server = grpc.server(futures.ThreadPoolExecutor(2), options=[("grpc.max_send_message_length", -1)])
    metadata_store_service_pb2_grpc.add_MetadataStoreServiceServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield port
    finally:
        server.stop(None).wait()


def address(port: int, options: str = "") -> Address:
    return servers.address(f"grpc://127.0.0.1:{port}{options}")


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("service") / "store.db"
    store = servers.sqlite_client(made)
    servers.fill(store)
    return made


def test_a_service_tells_the_same_as_the_store_behind_it(path: Path) -> None:
    before = path.read_bytes()
    with serving(path) as port:
        store = read_server(address(port))
        survey = survey_server(address(port))
    expected = servers.rows_of_sqlite(path)
    # The service lists no types of its own, and so not which of them a type belongs to.
    expected["type"] = [row for row in expected["type"] if not row[1].startswith("mlmd.")]
    assert servers.contents(store.tables) == expected
    assert (store.backend, store.sequences) == ("grpc", {})
    assert survey.state == ""
    assert servers.contents(survey.head)["artifact"] == expected["artifact"]
    assert path.read_bytes() == before


def test_a_store_of_many_pages_and_large_answers_is_read_whole(tmp_path: Path) -> None:
    from ml_metadata.proto import metadata_store_pb2 as p

    store = servers.sqlite_client(tmp_path / "store.db")
    kind = store.put_artifact_type(p.ArtifactType(name="Dataset"))
    group = store.put_context_type(p.ContextType(name="group"))
    made = [p.Artifact(type_id=kind, uri=f"u/{number}") for number in range(250)]
    for each in made[:60]:
        each.custom_properties["note"].string_value = "x" * 100_000  # together more than the usual limit of 4 MB
    ids = store.put_artifacts(made)
    groups = store.put_contexts([p.Context(type_id=group, name="one")])
    store.put_attributions_and_associations([p.Attribution(artifact_id=each, context_id=groups[0]) for each in ids], [])
    with serving(tmp_path / "store.db") as port:
        tables = read_server(address(port)).tables
    assert tables["artifact"]["id"].to_pylist() == ids
    assert tables["attribution"]["artifact_id"].to_pylist() == ids
    assert tables["artifact_property"].num_rows == 60


def test_what_cannot_be_read_is_a_clear_error(path: Path) -> None:
    import grpc

    empty = grpc.server(futures.ThreadPoolExecutor(1))
    port = empty.add_insecure_port("127.0.0.1:0")
    empty.start()
    with servers.silent_server() as silent:
        for message, wrong in {
            "unimplemented": address(port),
            "unavailable": address(servers.free_port()),
            "deadline exceeded|unavailable": address(silent, "?timeout=1"),
        }.items():
            with pytest.raises(SourceError, match=message) as caught:
                read_server(wrong)
            assert caught.value.hint
    empty.stop(None).wait()


def test_a_property_without_a_value_fails_the_service_but_says_so(tmp_path: Path) -> None:
    import sqlite3

    servers.fill(servers.sqlite_client(tmp_path / "store.db"))
    with sqlite3.connect(tmp_path / "store.db") as connection:
        connection.execute("INSERT INTO ArtifactProperty (artifact_id, name, is_custom_property) VALUES (1, 'x', 1)")
    connection.close()
    with serving(tmp_path / "store.db") as port, pytest.raises(SourceError, match="null value") as caught:
        read_server(address(port))
    assert "read the database behind it directly" in caught.value.hint


def test_a_missing_client_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ml_metadata.proto", None)
    with pytest.raises(SourceError, match="ml-metadata client") as caught:
        read_server(address(1))
    assert "mysql://" in caught.value.hint
