"""Stores made of rows, for what the official client would not write: forged, deleted, half-known."""

import base64
import json
from typing import Any

import pyarrow as pa

from forensics_connectors.mlmd.tables import Store, arrow_schema, empty_tables
from tests.support.mlmdclient import Rows

MADE = 1_700_000_000_000
INPUT, OUTPUT = 3, 4
CACHED = 5


class Shelf:
    """A store that is written row by row. Ids count from 1 in each table."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {table: [] for table in empty_tables()}
        self.types: dict[tuple[str, int], int] = {}
        self.sequences: dict[str, int] = {}

    def put(self, table: str, **columns: Any) -> int:
        """Adds a row; an id that is not given is the next."""
        rows = self.rows[table]
        if "id" in arrow_schema(table).names:
            columns.setdefault("id", max((row["id"] for row in rows if row.get("id")), default=0) + 1)
        rows.append(columns)
        return int(columns.get("id") or 0)

    def type(self, name: str, kind: int) -> int:
        if (name, kind) not in self.types:
            self.types[name, kind] = self.put("type", name=name, type_kind=kind)
        return self.types[name, kind]

    def artifact(self, type_name: str = "Examples", uri: str = "", **properties: Any) -> int:
        columns = {name: properties.pop(name) for name in ("name", "state", "id", "updated") if name in properties}
        updated = columns.pop("updated", MADE)
        number = self.put("artifact", type_id=self.type(type_name, 1), uri=uri, create_time_since_epoch=MADE,
                          last_update_time_since_epoch=updated, **columns)  # fmt: skip
        self.properties("artifact", number, properties)
        return number

    def execution(self, type_name: str = "Trainer", **properties: Any) -> int:
        columns = {"last_known_state": properties.pop("state", 3)}
        columns |= {name: properties.pop(name) for name in ("name", "id") if name in properties}
        number = self.put("execution", type_id=self.type(type_name, 0), create_time_since_epoch=MADE,
                          last_update_time_since_epoch=MADE, **columns)  # fmt: skip
        self.properties("execution", number, properties)
        return number

    def context(self, type_name: str, name: str) -> int:
        return self.put("context", type_id=self.type(type_name, 2), name=name)

    def properties(self, table: str, owner: int, values: dict[str, Any]) -> None:
        column = {int: "int_value", float: "double_value", str: "string_value", bool: "bool_value"}
        for name, value in values.items():
            given = {column[type(value)]: value} if value is not None else {}
            self.put(f"{table}_property", owner_id=owner, name=name, is_custom_property=True, **given)

    def event(self, artifact: int, execution: int, kind: int, time: int = MADE, path: tuple[str, ...] = ()) -> int:
        number = self.put("event", artifact_id=artifact, execution_id=execution, type=kind,
                          milliseconds_since_epoch=time)  # fmt: skip
        for ordinal, key in enumerate(path):
            self.put("event_path", event_id=number, is_index_step=False, step_key=key, ordinal=ordinal)
        return number

    def run(self, reads: tuple[int, ...] = (), writes: tuple[int, ...] = (), name: str = "Trainer", **said: Any) -> int:
        """An execution with its events."""
        execution = self.execution(name, **said)
        for artifact in reads:
            self.event(artifact, execution, INPUT)
        for artifact in writes:
            self.event(artifact, execution, OUTPUT)
        return execution

    def store(self, backend: str = "sqlite") -> Store:
        tables = empty_tables()
        for table, rows in self.rows.items():
            tables[table] = pa.Table.from_pylist(rows, schema=arrow_schema(table))
        return Store(tables, backend, 10, self.sequences, (), {})


def struct(value: dict[str, Any]) -> str:
    """As MLMD stores it."""
    from google.protobuf import json_format, struct_pb2

    message = json_format.Parse(json.dumps(value), struct_pb2.Struct())
    return "mlmd-struct::" + base64.b64encode(message.SerializeToString()).decode()


def names(rows: Rows) -> dict[int, str]:
    """Node numbers as people would call them: ``artifact/1``, ``execution/1``, a path, a digest, a release."""
    paths = {row["local"]: row["path"] for row in rows["artifact"]}
    found = {row["local"]: row["label"] or paths[row["artifact"]] for row in rows["version"]}
    found |= {row["local"]: row["identity"].replace("mlmd/", "execution/") for row in rows["execution"]}
    found |= {row["local"]: f"{row['algorithm']}:{row['value']}" for row in rows["content"]}
    return found | {row["local"]: row["name"] for row in rows["release"]}


def edges(rows: Rows) -> set[tuple[str, str, str, str, str]]:
    """(kind, cause, effect, strength, reason) of every edge, with names for nodes."""
    called = names(rows)
    return {
        (row["kind"], called[row["cause"]], called[row["effect"]], row["strength"], row["reason"])
        for row in rows["edge"]
    }


def gaps(rows: Rows) -> set[tuple[str, str]]:
    """(kind, node) of every gap."""
    called = names(rows)
    return {(row["kind"], called[row["node"]]) for row in rows["gap"]}


def paths(rows: Rows) -> dict[str, str]:
    """Paths of the store's own artifacts by their names."""
    path = {row["local"]: row["path"] for row in rows["artifact"]}
    return {row["label"]: path[row["artifact"]] for row in rows["version"] if row["label"]}


def digests(rows: Rows) -> dict[str, str | None]:
    """The digest of each of the store's own artifacts."""
    called = names(rows)
    return {
        row["label"]: None if row["content"] is None else called[row["content"]]
        for row in rows["version"]
        if row["label"]
    }


def findings(rows: Rows) -> set[tuple[str, bool]]:
    """(kind, admits) of every finding."""
    return {(row["kind"], row["admits"]) for row in rows["finding"]}
