"""A store of ML Metadata: written by the real client, kept as SQL text, and made from that text on every Python.

The client has wheels for Python 3.11 and older alone, so a sample's ``metadata.sql`` holds what it wrote; a test
compares the two where the client is installed. ``python -m sample_repos.SAMPLE DIRECTORY --store`` writes it anew.
"""

import re
import sqlite3
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

__all__ = ["Item", "Run", "load_store", "regenerate", "written_store"]

_HEAD = "-- What the ml-metadata client wrote; see tools/store.py.\n"
_STATES = {"complete": 3, "failed": 4, "cached": 5}
_INPUT, _OUTPUT, _LIVE = 3, 4, 2


@dataclass(frozen=True)
class Item:
    """An artifact. Two runs that name the same object share it.

    Attributes:
        type: name of its type: Dataset, Model, Metrics.
        properties: custom ones, all texts.
    """

    type: str
    uri: str
    properties: Mapping[str, str] = field(default_factory=dict)
    name: str = ""


@dataclass(frozen=True)
class Run:
    """An execution with its events.

    Attributes:
        type: name of its type.
        name: of the execution, unique in its type.
        date: when it began, in UTC, as ``2025-04-02 09:30``; its outputs come an hour later.
        run: name of the context that stands for the run of the pipeline.
        state: complete, failed or cached.
    """

    type: str
    name: str
    date: str
    run: str
    inputs: Sequence[tuple[str, Item]]
    outputs: Sequence[tuple[str, Item]]
    properties: Mapping[str, str] = field(default_factory=dict)
    state: str = "complete"


def load_store(text: Path, path: Path) -> None:
    """Makes a store of its text.

    Raises:
        FileExistsError: there is a file at ``path``.
    """
    if path.exists():
        raise FileExistsError(f"{path} is there already")
    with closing(sqlite3.connect(path)) as store:
        store.executescript(text.read_text(encoding="utf-8"))


def written_store(pipeline: str, runs: Sequence[Run]) -> str:
    """Lets the client write a store, and returns its text.

    Rows are sorted and attributions numbered anew, since the client writes properties and attributions in no fixed
    order; times are those of the story, since the client takes the present for them.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "metadata.db"
        _write(path, pipeline, runs)
        with closing(sqlite3.connect(path)) as store:
            _set_times(store, runs)
            _number_attributions(store)
            lines = "\n".join(store.iterdump())
    statements = [part.strip() for part in re.split(r";\n|;$", lines)]
    shape = [part for part in statements if part.startswith("CREATE")]
    rows = sorted((part for part in statements if part.startswith("INSERT")), key=_order)
    cut = next(place for place, part in enumerate(rows) if "sqlite_sequence" in part)  # its name sorts last
    rows.insert(cut, "DELETE FROM sqlite_sequence")
    return _HEAD + "".join(f"{part};\n" for part in ["BEGIN TRANSACTION", *shape, *rows, "COMMIT"])


def regenerate(text: Path, pipeline: str, runs: Sequence[Run]) -> None:
    """Writes the text of a store anew."""
    text.write_text(written_store(pipeline, runs), encoding="utf-8", newline="")


def _order(row: str) -> tuple[str, int, str]:
    match = re.match(r'INSERT INTO "?(\w+)"? VALUES\((\d+)?', row)
    assert match is not None
    return match[1], int(match[2] or 0), row


def _write(path: Path, pipeline: str, runs: Sequence[Run]) -> None:
    from ml_metadata import proto
    from ml_metadata.metadata_store import metadata_store

    config = proto.ConnectionConfig()
    config.sqlite.filename_uri = str(path)
    store = metadata_store.MetadataStore(config)
    contexts: dict[tuple[str, str], Any] = {}
    items: dict[int, Any] = {}

    def context(type_name: str, name: str) -> Any:
        if (type_name, name) not in contexts:
            type_id = store.put_context_type(proto.ContextType(name=type_name))
            (identity,) = store.put_contexts([proto.Context(type_id=type_id, name=name)])
            contexts[type_name, name] = proto.Context(id=identity, type_id=type_id, name=name)
        return contexts[type_name, name]

    def artifact(item: Item) -> Any:
        if id(item) not in items:
            type_id = store.put_artifact_type(proto.ArtifactType(name=item.type))
            made = proto.Artifact(type_id=type_id, uri=item.uri, state=_LIVE)
            if item.name:
                made.name = item.name
            for name, value in item.properties.items():
                made.custom_properties[name].string_value = value
            (made.id,) = store.put_artifacts([made])
            items[id(item)] = made
        return items[id(item)]

    def event(kind: int, slot: str, milliseconds: int) -> Any:
        made = proto.Event(type=kind, milliseconds_since_epoch=milliseconds)
        made.path.steps.add().key = slot
        return made

    for run in runs:
        type_id = store.put_execution_type(proto.ExecutionType(name=run.type))
        made = proto.Execution(type_id=type_id, name=run.name, last_known_state=_STATES[run.state])
        for name, value in run.properties.items():
            made.custom_properties[name].string_value = value
        begun = _milliseconds(run.date)
        pairs = [(artifact(item), event(_INPUT, slot, begun)) for slot, item in run.inputs]
        pairs += [(artifact(item), event(_OUTPUT, slot, begun + 3_600_000)) for slot, item in run.outputs]
        whole, part = context("pipeline", pipeline), context("run", f"{pipeline}.{run.run}")
        store.put_execution(made, pairs, [whole, part])
    for (type_name, _), part in contexts.items():
        if type_name == "run":
            link = proto.ParentContext(child_id=part.id, parent_id=contexts["pipeline", pipeline].id)
            store.put_parent_contexts([link])


def _set_times(store: sqlite3.Connection, runs: Sequence[Run]) -> None:
    """Puts the story's times in place of the client's clock: of events, and of what they are the first of."""
    first = _milliseconds(runs[0].date)
    for table, column in (("Artifact", "artifact_id"), ("Execution", "execution_id")):
        store.execute(
            f"UPDATE {table} SET create_time_since_epoch = coalesce("
            f"  (SELECT min(milliseconds_since_epoch) FROM Event WHERE {column} = {table}.id), {first})"
        )
        store.execute(f"UPDATE {table} SET last_update_time_since_epoch = create_time_since_epoch")
    store.execute(f"UPDATE Context SET create_time_since_epoch = {first}, last_update_time_since_epoch = {first}")
    store.commit()


def _number_attributions(store: sqlite3.Connection) -> None:
    earlier = "SELECT count(*) FROM Attribution e WHERE (e.artifact_id, e.context_id) <= (a.artifact_id, a.context_id)"
    store.execute(f"UPDATE Attribution AS a SET id = -({earlier})")
    store.execute("UPDATE Attribution SET id = -id")
    store.commit()


def _milliseconds(date: str) -> int:
    return int(datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp()) * 1000
