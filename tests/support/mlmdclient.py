"""The official MLMD client as a writer and as an oracle, and a plain reader of SQLite stores for tests."""

import base64
import sqlite3
from collections import defaultdict
from pathlib import Path
from typing import Any

import pyarrow as pa

from forensics.model import Batch
from forensics_connectors.mlmd.records import records
from forensics_connectors.mlmd.tables import COLUMNS, NAMES, Store, arrow_schema, stored_column

Rows = dict[str, list[dict[str, Any]]]


def client(path: Path, *, readonly: bool = False) -> Any:
    """Opens a store with the official client; makes it where there is none."""
    from ml_metadata import metadata_store
    from ml_metadata.proto import metadata_store_pb2 as pb

    config = pb.ConnectionConfig()
    config.sqlite.filename_uri = str(path)
    if readonly:
        config.sqlite.connection_mode = 1
    return metadata_store.MetadataStore(config)


def rows_of(path: Path, *, backend: str = "sqlite") -> Store:
    """The rows of a quiet SQLite store, read row by row."""
    connection = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    tables = {}
    for table, columns in COLUMNS.items():
        name, schema = NAMES[table], arrow_schema(table)
        if name not in there:
            tables[table] = schema.empty_table()
            continue
        has = {row[1] for row in connection.execute(f"PRAGMA table_info({name})")}
        spelled = [stored_column(table, column) for column in columns]
        wanted = ["rowid" if each == "ordinal" else each if each in has else "NULL" for each in spelled]
        found = connection.execute(f"SELECT {', '.join(wanted)} FROM {name} ORDER BY rowid").fetchall()
        values = {
            column: pa.array([_value(kind, column, row[place]) for row in found], schema.field(column).type)
            for place, (column, kind) in enumerate(columns.items())
        }
        tables[table] = pa.table(values, schema=schema)
    table_of = {name: table for table, name in NAMES.items()}
    given = connection.execute("SELECT name, seq FROM sqlite_sequence").fetchall()
    connection.close()
    return Store(tables, backend, None, {table_of[name]: last for name, last in given if name in table_of}, (), {})


def batches_of(store: Store, folder: Path | None = None) -> Rows:
    """What the connector makes of a store: rows by kind of batch."""
    found: Rows = defaultdict(list)
    for record in records(store, folder):
        assert isinstance(record, Batch)
        found[record.kind] += record.columns.to_pylist()
    return found


def read(path: Path, folder: Path | None = None) -> Rows:
    """The batches of a quiet SQLite store."""
    return batches_of(rows_of(path), folder)


def _value(kind: str, column: str, value: Any) -> Any:
    if value is None:
        return None
    if column == "proto_value":
        return base64.b64decode(value)
    return bool(value) if kind == "bool_" else value
