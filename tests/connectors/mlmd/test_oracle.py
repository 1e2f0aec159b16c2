"""What the connector reads of a store equals what the official client returns, row by row and property by property."""

import base64
import json
import shutil
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("ml_metadata", reason="ml-metadata has no wheel for this Python")

from google.protobuf import any_pb2, json_format
from ml_metadata import errors
from ml_metadata.proto import metadata_store_pb2

from forensics.case import Case
from forensics_connectors.contract import find_connector
from tests.support.mlmdclient import Rows, client, read

pb: Any = metadata_store_pb2  # made at run time, unknown to type checkers
REAL = Path(__file__).parents[4] / "shared" / "data" / "mlmd"


def real_stores() -> list[Any]:
    found = [path for path in sorted(REAL.glob("*/*")) if _schema_version(path) == 10]
    if not found:
        return [pytest.param(None, marks=pytest.mark.skip(reason=f"no real stores under {REAL.name}"))]
    return [pytest.param(path, id=f"{path.parent.name}-{path.name[-12:]}") for path in found]


def _schema_version(path: Path) -> int:
    connection = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
    try:
        return int(connection.execute("SELECT schema_version FROM MLMDEnv").fetchone()[0])
    except sqlite3.Error:
        return -1
    finally:
        connection.close()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with properties of every kind, all types of event, versions of types, and contexts in contexts."""
    path = tmp_path_factory.mktemp("made") / "metadata.db"
    store = client(path)
    declared = {"a": pb.INT, "b": pb.DOUBLE, "c": pb.STRING, "d": pb.STRUCT, "e": pb.PROTO, "f": pb.BOOLEAN}
    types = [
        store.put_artifact_type(
            pb.ArtifactType(name="Model", version=version, properties=declared), can_add_fields=True
        )
        for version in ("", "1", "2")
    ]
    runs = store.put_execution_type(pb.ExecutionType(name="Trainer", properties=declared))
    outer = store.put_context_type(pb.ContextType(name="pipeline", properties=declared))
    packed = any_pb2.Any(type_url="type.googleapis.com/x", value=b"\x00\xff")
    artifacts, executions = [], []
    for number in range(12):
        artifact = pb.Artifact(type_id=types[number % 3], uri=f"s3://bucket/ünï/{number}", state=number % 7)
        if number % 2:
            artifact.name, artifact.external_id = f"model-{number}", f"ext-{number}"
        for properties in (artifact.properties, artifact.custom_properties):
            _fill(properties, number, packed)
        artifacts.append(artifact)
        execution = pb.Execution(type_id=runs, last_known_state=number % 7)
        _fill(execution.custom_properties, -number, packed)
        executions.append(execution)
    for number, identity in enumerate(store.put_artifacts(artifacts)):
        artifacts[number].id = identity
    for number, identity in enumerate(store.put_executions(executions)):
        executions[number].id = identity
    events = []
    for number, artifact in enumerate(artifacts):
        event = pb.Event(artifact_id=artifact.id, execution_id=executions[number // 2].id, type=number % 7 + 1)
        event.milliseconds_since_epoch = 1_700_000_000_000 + number
        for step in range(number % 4):
            event.path.steps.add(key=f"k{step}") if step % 2 == 0 else event.path.steps.add(index=step)
        events.append(event)
    store.put_events(events)
    contexts = [pb.Context(type_id=outer, name=f"context-{number}") for number in range(4)]
    _fill(contexts[0].custom_properties, 7, packed)
    ids = store.put_contexts(contexts)
    store.put_parent_contexts([pb.ParentContext(child_id=ids[n], parent_id=ids[n // 2]) for n in (1, 2, 3)])
    store.put_attributions_and_associations(
        [pb.Attribution(artifact_id=a.id, context_id=ids[n % 4]) for n, a in enumerate(artifacts)],
        [pb.Association(execution_id=e.id, context_id=ids[n % 3]) for n, e in enumerate(executions)],
    )
    return path


def _fill(properties: Any, number: int, packed: any_pb2.Any) -> None:
    properties["a"].int_value = number * 2**40
    properties["b"].double_value = number / 3
    properties["c"].string_value = f"täxt\n{number}"
    properties["d"].struct_value.update({"n": number, "half": 0.5, "list": [1, None, "x", {"deep": True}], "": ""})
    properties["e"].proto_value.CopyFrom(packed)
    properties["f"].bool_value = bool(number % 2)


def test_a_made_store_is_read_as_the_client_reads_it(made: Path) -> None:
    compare(read(made), client(made, readonly=True))


def test_a_made_store_stands_in_a_case_as_the_client_reads_it(made: Path, tmp_path: Path) -> None:
    compare(ingested(made, tmp_path), client(made, readonly=True))


@pytest.mark.parametrize("path", real_stores())
def test_a_real_store_is_read_as_the_client_reads_it(path: Path, tmp_path: Path) -> None:
    compare(read(path), opened(path, tmp_path))


@pytest.mark.parametrize("path", real_stores()[:2])
def test_a_real_store_stands_in_a_case_as_the_client_reads_it(path: Path, tmp_path: Path) -> None:
    compare(ingested(path, tmp_path), opened(path, tmp_path))


def opened(path: Path, folder: Path) -> Any:
    """A copy of a store, opened with the official client."""
    copy, scratch = folder / "copy", folder / "scratch"
    shutil.copyfile(path, copy)
    shutil.copyfile(path, scratch)
    try:
        store = client(copy, readonly=True)
        store.get_artifact_types()
    except errors.StatusError:  # it lacks the mlmd.* types, which the client adds
        store = client(scratch)
    return store


def ingested(path: Path, folder: Path) -> Rows:
    """The rows of a store as the public views of a case give them, by the names of the batches."""
    with Case.open(folder / "case.duckdb", write=True, new=True) as case:
        connector, source = find_connector(str(path), "mlmd")
        case.ingest(source, connector.read(source))

        def view(name: str, columns: dict[str, str]) -> list[dict[str, Any]]:
            found = case.rows(f"SELECT {', '.join(columns.values())} FROM {name}")
            return [dict(zip(columns, row, strict=True)) for row in found]

        described = ("type", "name", "uri", "state", "external_id", "created", "updated")
        return {
            "origin": view("descriptions", {"local": "node_id", "path": "document", "locus": "document_locus"}),
            "details": view("descriptions", {"node": "node_id", "origin": "node_id", **{n: n for n in described}}),
            "property": view("properties", {"node": "node_id", **{n: n for n in ("name", "kind", "value", "custom")}}),
            "event": view(
                "events",
                {"execution": "execution_id", "version": "version_id", **{n: n for n in ("type", "time", "path")}},
            ),
            "membership": view("memberships", {"context": "context_id", "member": "member_id"}),
        }


def compare(rows: Rows, store: Any) -> None:
    contexts = store.get_contexts()
    things = {"artifact": store.get_artifacts(), "execution": store.get_executions(), "context": contexts}
    types = {
        "artifact": store.get_artifact_types(),
        "execution": store.get_execution_types(),
        "context": store.get_context_types(),
    }
    assert details(rows) == {
        (what, each.id): described(what, each, {kind.id: kind for kind in types[what]})
        for what, all_of_it in things.items()
        for each in all_of_it
    }
    assert properties(rows) == {
        (what, each.id, name, custom): spelled(value)
        for what, all_of_it in things.items()
        for each in all_of_it
        for custom, values in ((False, each.properties), (True, each.custom_properties))
        for name, value in values.items()
    }
    assert events(rows) == Counter(
        (
            event.artifact_id,
            event.execution_id,
            pb.Event.Type.Name(event.type),
            event.milliseconds_since_epoch,
            "/".join(step.key if step.WhichOneof("value") == "key" else str(step.index) for step in event.path.steps),
        )
        for event in store.get_events_by_artifact_ids([artifact.id for artifact in things["artifact"]] or [0])
    )
    members = {("context", c.id, "artifact", a.id) for c in contexts for a in store.get_artifacts_by_context(c.id)}
    members |= {("context", c.id, "execution", e.id) for c in contexts for e in store.get_executions_by_context(c.id)}
    members |= {
        ("context", p.id, "context", c.id) for c in contexts for p in store.get_parent_contexts_by_context(c.id)
    }
    assert memberships(rows) == members


def described(what: str, each: Any, types: dict[int, Any]) -> tuple[object, ...]:
    kind = types[each.type_id]
    state = ""
    if what == "artifact" and each.state:
        state = pb.Artifact.State.Name(each.state)
    elif what == "execution" and each.last_known_state:
        state = pb.Execution.State.Name(each.last_known_state)
    return (
        f"{kind.name}@{kind.version}" if kind.version else kind.name,
        each.name,
        each.uri if what == "artifact" else "",
        state,
        each.external_id,
        each.create_time_since_epoch or None,
        each.last_update_time_since_epoch or None,
    )


def spelled(value: Any) -> tuple[str, object]:
    """A property's kind and value, as the connector names the kind."""
    kind = value.WhichOneof("value").removesuffix("_value")
    found = getattr(value, f"{kind}_value")
    if kind == "struct":
        return kind, json_format.MessageToDict(found)
    return kind, found


def parsed(kind: str, text: str) -> object:
    read_by: dict[str, Any] = {"int": int, "double": float, "struct": json.loads, "bool": "true".__eq__, "string": str}
    return any_pb2.Any.FromString(base64.b64decode(text)) if kind == "proto" else read_by[kind](text)


def named(rows: Rows) -> dict[int, tuple[str, int]]:
    """Node numbers as table and id, by their origins."""
    documents = {row["local"]: (row["path"].lower(), row["locus"]) for row in rows["origin"]}
    of = {row["node"]: row["origin"] for row in rows["details"]}
    return {node: (documents[origin][0], int(documents[origin][1])) for node, origin in of.items()}


def details(rows: Rows) -> dict[tuple[str, int], tuple[object, ...]]:
    names, columns = named(rows), ("type", "name", "uri", "state", "external_id", "created", "updated")
    return {names[row["node"]]: tuple(row[column] for column in columns) for row in rows["details"]}


def properties(rows: Rows) -> dict[tuple[str, int, str, bool], tuple[str, object]]:
    names = named(rows)
    return {
        (*names[row["node"]], row["name"], row["custom"]): (row["kind"], parsed(row["kind"], row["value"]))
        for row in rows["property"]
    }


def events(rows: Rows) -> Counter[tuple[object, ...]]:
    names = named(rows)
    return Counter(
        (names[row["version"]][1], names[row["execution"]][1], row["type"], row["time"], row["path"])
        for row in rows["event"]
    )


def memberships(rows: Rows) -> set[tuple[object, ...]]:
    names = named(rows)
    return {(*names[row["context"]], *names[row["member"]]) for row in rows["membership"]}
