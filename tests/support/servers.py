"""Real database servers for tests, each in a folder of its own, and a small ML Metadata store to put into them."""

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from forensics.errors import SourceError
from forensics_connectors.mlmd.address import Address
from forensics_connectors.mlmd.servers import read_server

PASSWORD = "p@ss:w/rd?#"
QUOTED = "p%40ss%3Aw%2Frd%3F%23"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def executable(name: str) -> str | None:
    """A server's program, which Debian keeps outside of the usual path."""
    places = [*sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True), "/usr/sbin", "/usr/bin"]
    return shutil.which(name, path=os.pathsep.join([*places, os.environ.get("PATH", "")]))


@contextmanager
def mariadb() -> Iterator[int]:
    """Starts a MariaDB whose ``root`` needs no password; yields its port."""
    install, server = executable("mariadb-install-db"), executable("mariadbd")
    assert install is not None
    assert server is not None
    with _folder("mysql") as (folder, account):
        data = f"--datadir={folder}/data"
        options = ["--auth-root-authentication-method=normal", "--skip-test-db"]
        _run([install, "--no-defaults", data, *options], folder, account)
        port = free_port()
        options = [
            f"--socket={folder}/socket",
            f"--pid-file={folder}/pid",
            f"--port={port}",
            "--bind-address=127.0.0.1",
        ]
        options += ["--innodb-flush-method=nosync", "--innodb-flush-log-at-trx-commit=0", "--skip-innodb-doublewrite"]
        options += ["--innodb-buffer-pool-size=16M", "--skip-name-resolve"]
        with _serving([server, "--no-defaults", data, *options], port, folder, account, signal.SIGKILL):
            yield port


@contextmanager
def postgresql() -> Iterator[int]:
    """Starts a PostgreSQL whose ``postgres`` has the password ``PASSWORD``; yields its port."""
    initdb, server = executable("initdb"), executable("postgres")
    assert initdb is not None
    assert server is not None
    with _folder("postgres") as (folder, account):
        secret = folder / "secret"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        options = ["-U", "postgres", "-A", "scram-sha-256", f"--pwfile={secret}", "-E", "UTF8", "--locale=C"]
        _run([initdb, "-D", f"{folder}/data", *options, "--no-sync"], folder, account)
        port = free_port()
        options = ["-k", str(folder), "-p", str(port), "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]
        with _serving([server, "-D", f"{folder}/data", *options], port, folder, account, signal.SIGQUIT):
            yield port


@contextmanager
def _folder(name: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    """A folder of the account that the server runs as, and how to run as that account: no server runs as root."""
    folder = Path(tempfile.mkdtemp(prefix="forensics-server-"))
    account: dict[str, Any] = {}
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, name, name)
            account = {"user": name, "group": name, "extra_groups": []}
        yield folder, account
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(command: list[str], folder: Path, account: dict[str, Any]) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, **account)
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def _serving(
    command: list[str], port: int, folder: Path, account: dict[str, Any], end: signal.Signals
) -> Iterator[None]:
    log = folder / "log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            command, cwd=folder, stdout=stream, stderr=stream, stdin=subprocess.DEVNULL, **account
        )
    try:
        until = time.monotonic() + 60
        while not _answers(port):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.05)
        yield
    finally:
        process.send_signal(end)  # nothing of the data is needed any more
        process.wait(60)


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def address(locator: str) -> Address:
    """The address that a locator is."""
    found = Address.parse(locator)
    assert found is not None
    return found


def check_refused(wrong: dict[str, str]) -> None:
    """Each locator cannot be read, for the reason that it stands under, and what is said keeps the password."""
    for message, locator in wrong.items():
        asked = address(locator)
        with pytest.raises(SourceError, match=message) as caught:
            read_server(asked)
        shown = f"{caught.value} {caught.value.hint} {caught.value.locator} {asked!r}"
        assert PASSWORD not in shown
        assert QUOTED not in shown


def check_driver_is_named(asked: Address) -> None:
    """Without its driver, a server cannot be read, and the hint says what to install."""
    with pytest.raises(SourceError, match="not installed") as caught:
        read_server(asked)
    assert "pip install" in caught.value.hint


@contextmanager
def silent_server() -> Iterator[int]:
    """Takes connections and never says a word; yields its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


def client(configure: Callable[[Any], None]) -> Any:
    """The official client on a database, once it lets us in."""
    from ml_metadata import metadata_store
    from ml_metadata.proto import metadata_store_pb2 as proto

    config = proto.ConnectionConfig()
    configure(config)
    until = time.monotonic() + 30
    while True:
        try:
            return metadata_store.MetadataStore(config)
        except Exception:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def sqlite_client(path: Path) -> Any:
    """The official client on a SQLite file, made where there is none."""

    def configure(config: Any) -> None:
        config.sqlite.filename_uri = str(path)
        config.sqlite.connection_mode = 3

    return client(configure)


def fill(store: Any) -> None:
    """Two runs, with a value of every kind, paths, groups, and letters beyond ASCII."""
    from google.protobuf.wrappers_pb2 import StringValue
    from ml_metadata.proto import metadata_store_pb2 as p

    data = p.ArtifactType(name="Dataset", description="what is learned from")
    data.properties.update(
        {"span": p.INT, "share": p.DOUBLE, "note": p.STRING, "split": p.STRUCT, "raw": p.PROTO, "ok": p.BOOLEAN}
    )
    data_type, model_type = store.put_artifact_type(data), store.put_artifact_type(p.ArtifactType(name="Model"))
    run_type = store.put_execution_type(p.ExecutionType(name="Trainer", properties={"image": p.STRING}))
    group_type = store.put_context_type(p.ContextType(name="pipeline", properties={"owner": p.STRING}))
    dataset = p.Artifact(type_id=data_type, name="données", uri="s3://bucket/café/1", state=p.Artifact.LIVE)
    dataset.properties["span"].int_value = 7
    dataset.properties["share"].double_value = 0.25
    dataset.properties["note"].string_value = "naïve ☃ 🦉"
    dataset.properties["split"].struct_value.update({"names": ["a", 0.8, None]})
    dataset.properties["raw"].proto_value.Pack(StringValue(value="inside"))
    dataset.properties["ok"].bool_value = True
    dataset.custom_properties["md5"].string_value = "5533752565c04c423e1dd620c4c0b58f"
    model = p.Artifact(type_id=model_type, uri="s3://bucket/model/2", state=p.Artifact.PENDING, external_id="model-2")
    made = [
        p.Execution(type_id=run_type, name="first", last_known_state=p.Execution.COMPLETE),
        p.Execution(type_id=run_type, last_known_state=p.Execution.CACHED),
    ]
    made[0].properties["image"].string_value = "trainer:1"
    artifacts, executions = store.put_artifacts([dataset, model]), store.put_executions(made)
    events = []
    for number, (artifact, execution, kind) in enumerate(
        [(0, 0, p.Event.INPUT), (1, 0, p.Event.OUTPUT), (1, 1, p.Event.OUTPUT)]
    ):
        event = p.Event(artifact_id=artifacts[artifact], execution_id=executions[execution], type=kind)
        event.milliseconds_since_epoch = 1_700_000_000_000 + number
        event.path.steps.add().key = "données"
        event.path.steps.add().index = number
        events.append(event)
    store.put_events(events)
    whole, part = p.Context(type_id=group_type, name="whole"), p.Context(type_id=group_type, name="part")
    whole.custom_properties["owner"].string_value = "Ada"
    groups = store.put_contexts([whole, part])
    attributions = [p.Attribution(artifact_id=each, context_id=groups[1]) for each in artifacts]
    associations = [p.Association(execution_id=each, context_id=groups[1]) for each in executions]
    store.put_attributions_and_associations(attributions, associations)
    store.put_parent_contexts([p.ParentContext(child_id=groups[1], parent_id=groups[0])])


def rows_of_sqlite(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of a SQLite store as ``contents`` gives them, read by plain SQL: the oracle."""
    from forensics_connectors.mlmd.tables import COLUMNS, NAMES, stored_column

    found = {}
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        for table, columns in COLUMNS.items():
            names = ", ".join("rowid" if column == "ordinal" else stored_column(table, column) for column in columns)
            rows = [
                dict(zip(columns, row, strict=True))
                for row in connection.execute(f"SELECT {names} FROM {NAMES[table]}")
            ]
            for row in rows:
                for column, kind in columns.items():
                    if kind == "bool_" and row[column] is not None:
                        row[column] = bool(row[column])
                if row.get("proto_value") is not None:
                    row["proto_value"] = b64decode(row["proto_value"])
            found[table] = _comparable(rows)
    finally:
        connection.close()
    return found


def contents(tables: dict[str, Any]) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of tables, sorted, without the times at which a store was written."""
    return {table: _comparable(rows.to_pylist()) for table, rows in tables.items()}


def _comparable(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    if rows and "ordinal" in rows[0]:
        rows = [{**row, "ordinal": number} for number, row in enumerate(sorted(rows, key=lambda row: row["ordinal"]))]
    kept = [tuple(value for name, value in row.items() if not name.endswith("_time_since_epoch")) for row in rows]
    return sorted(kept, key=repr)
