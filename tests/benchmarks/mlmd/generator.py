"""A large store: the schema by the official client, the rows by SQL, always the same ones."""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

__all__ = ["generate"]

_START = 1_700_000_000_000
#: What a run consists of: component, the artifacts that it reads (place in the run), those that it writes.
_RUN: tuple[tuple[str, tuple[int, ...], tuple[tuple[str, str], ...]], ...] = (
    ("CsvExampleGen", (), (("Examples", "examples"), ("Schema", "schema"))),
    ("StatisticsGen", (0,), (("ExampleStatistics", "statistics"),)),
    ("Transform", (0, 2), (("TransformGraph", "transform_graph"), ("Examples", "transformed_examples"))),
    ("Trainer", (3, 4), (("Model", "model"), ("ModelRun", "model_run"))),
    ("Evaluator", (5,), (("ModelEvaluation", "evaluation"), ("ModelBlessing", "blessing"))),
)
_ARTIFACTS = 9
_MODEL = 5


def generate(path: Path, runs: int) -> None:
    """Writes a store of ``runs`` runs of five executions each; every model starts from the one before it.

    A run has 9 artifacts with five properties each, 16 events with two path steps each, and 20 execution properties.
    """
    types = _schema(path)
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA journal_mode = MEMORY")
        pipeline = (1, types["pipeline"], "big", _START, _START)
        insert = "INSERT INTO Context (id, type_id, name, create_time_since_epoch, last_update_time_since_epoch)"
        connection.execute(f"{insert} VALUES (?, ?, ?, ?, ?)", pipeline)
        for table, columns, rows in (
            ("Context", "id, type_id, name, create_time_since_epoch, last_update_time_since_epoch",
             ((run + 2, types["pipeline_run"], f"run-{run}", _at(run, 0), _at(run, 0)) for run in range(runs))),
            ("Execution", "id, type_id, last_known_state, create_time_since_epoch, last_update_time_since_epoch",
             ((_execution(run, step), types[name], 3, _at(run, step), _at(run, step))
              for run in range(runs) for step, (name, _, _) in enumerate(_RUN))),
            ("ExecutionProperty", "execution_id, name, is_custom_property, string_value, int_value",
             _execution_properties(runs)),
            ("Artifact", "id, type_id, uri, state, create_time_since_epoch, last_update_time_since_epoch",
             ((artifact, types[kind], f"/data/big/{component}/{slot}/{_execution(run, step)}", 2, _at(run, step),
               _at(run, step)) for run, step, component, kind, slot, artifact in _outputs(runs))),
            ("ArtifactProperty", "artifact_id, name, is_custom_property, string_value, int_value",
             _artifact_properties(runs)),
            ("Event", "id, artifact_id, execution_id, type, milliseconds_since_epoch",
             (event[:5] for event in _events(runs))),
            ("EventPath", "event_id, is_index_step, step_index, step_key",
             (row for number, *_, slot in _events(runs) for row in ((number, 0, None, slot), (number, 1, 0, None)))),
            ("Association", "context_id, execution_id",
             ((context, _execution(run, step)) for run in range(runs) for step in range(len(_RUN))
              for context in (1, run + 2))),
            ("Attribution", "context_id, artifact_id",
             ((context, run * _ARTIFACTS + place + 1) for run in range(runs) for place in range(_ARTIFACTS)
              for context in (1, run + 2))),
        ):  # fmt: skip
            _insert(connection, table, columns, rows)
    connection.close()


def _schema(path: Path) -> dict[str, int]:
    from ml_metadata import metadata_store
    from ml_metadata.proto import metadata_store_pb2 as pb

    config = pb.ConnectionConfig()
    config.sqlite.filename_uri = str(path)
    store = metadata_store.MetadataStore(config)
    types = {}
    for component, _, outputs in _RUN:
        types[component] = store.put_execution_type(pb.ExecutionType(name=component))
        for kind, _ in outputs:
            types[kind] = store.put_artifact_type(pb.ArtifactType(name=kind))
    for name in ("pipeline", "pipeline_run"):
        types[name] = store.put_context_type(pb.ContextType(name=name))
    return types


def _insert(connection: sqlite3.Connection, table: str, columns: str, rows: Iterable[tuple[object, ...]]) -> None:
    marks = ", ".join("?" * (columns.count(",") + 1))
    connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)


def _execution(run: int, step: int) -> int:
    return run * len(_RUN) + step + 1


def _at(run: int, step: int) -> int:
    return _START + run * 60_000 + step * 10_000


def _outputs(runs: int) -> Iterator[tuple[int, int, str, str, str, int]]:
    artifact = 0
    for run in range(runs):
        for step, (component, _, outputs) in enumerate(_RUN):
            for kind, slot in outputs:
                artifact += 1
                yield run, step, component, kind, slot, artifact


def _events(runs: int) -> Iterator[tuple[int, int, int, int, int, str]]:
    number = 0
    for run in range(runs):
        first, place = run * _ARTIFACTS + 1, 0
        for step, (_, inputs, outputs) in enumerate(_RUN):
            execution, time = _execution(run, step), _at(run, step)
            read = [first + each for each in inputs]
            if step == 3 and run:
                read.append(first - _ARTIFACTS + _MODEL)
            for artifact in read:
                number += 1
                yield number, artifact, execution, 3, time, "input"
            for _, slot in outputs:
                number += 1
                yield number, first + place, execution, 4, time + 5_000, slot
                place += 1


def _artifact_properties(runs: int) -> Iterator[tuple[object, ...]]:
    for run, _, component, kind, slot, artifact in _outputs(runs):
        yield artifact, "name", 1, f"{slot}:{run}", None
        yield artifact, "producer_component", 1, component, None
        yield artifact, "tfx_version", 1, "1.14.0", None
        yield artifact, "span", 1, None, run
        if kind in ("Examples", "Model"):
            yield artifact, "sha256", 1, hashlib.sha256(str(artifact).encode()).hexdigest(), None
        else:
            yield artifact, "split_names", 0, '["train", "eval"]', None


def _execution_properties(runs: int) -> Iterator[tuple[object, ...]]:
    for run in range(runs):
        for step, (component, _, _) in enumerate(_RUN):
            execution = _execution(run, step)
            yield execution, "component_id", 0, component, None
            yield execution, "pipeline_name", 0, "big", None
            yield execution, "run_id", 0, f"run-{run}", None
            yield execution, "seed", 1, None, run
