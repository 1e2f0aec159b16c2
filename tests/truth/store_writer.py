"""Writes the stores of a pair with the official client."""

import hashlib
from pathlib import Path
from typing import Any

from tests.support.mlmdclient import client
from tests.truth.store_world import Row, StoreRun, StoreWorld
from tests.truth.world import Thing

#: Spellings of a property that holds an md5.
_NAMES = ("md5", "checksum", "digest", "data_md5")
_OUTPUT, _INPUT = 4, 3


def stated(row: Row, thing: Thing) -> dict[str, str]:
    """The properties by which a store knows some bytes."""
    value = thing.content.removeprefix("md5:")
    sha256 = hashlib.sha256(thing.members[""].data).hexdigest() if "" in thing.members else ""
    match row.evidence:
        case "md5":
            name = _NAMES[row.number % len(_NAMES)]
            return {name: f"md5:{value}" if name == "digest" else value}
        case "sha256":
            return {"sha256": sha256}
        case "both":
            return {"SHA-256": sha256.upper(), "md5sum": value}
        case "cmf":
            return {"Commit": value}
    return {}


def called(row: Row, thing: Thing) -> tuple[str, str]:
    """Name and uri of an artifact."""
    if row.evidence == "cmf":
        value = thing.content.removeprefix("md5:")
        return f"{row.uri}:{value}:{row.number}", value
    return "", row.uri


class Writer:
    """One store that is being written."""

    def __init__(self, path: Path, store: StoreWorld, oids: list[list[str]], *, addressed: bool) -> None:
        from ml_metadata.proto import metadata_store_pb2

        pb: Any = metadata_store_pb2
        self.pb = pb
        self.world = store
        self.addressed = addressed
        self.oids = oids
        self.written: set[int] = set()
        self.store = client(path)
        self.file = self.store.put_artifact_type(pb.ArtifactType(name="File"))
        self.trainer = self.store.put_execution_type(pb.ExecutionType(name="Trainer"))

    def artifact(self, number: int, thing: Thing) -> Any:
        """An artifact as it is when a run names it."""
        row = self.world.rows[number - 1]
        name, uri = called(row, thing) if self.addressed else ("", f"object-{self.world.number}-{number}")
        found = self.pb.Artifact(type_id=self.file, uri=uri, state=2)
        if name:
            found.name = name
        if number in self.written:
            found.id = number
        for key, value in stated(row, thing).items():
            found.custom_properties[key].string_value = value
        return found

    def event(self, kind: int, time: int) -> Any:
        return self.pb.Event(type=kind, milliseconds_since_epoch=time)

    def run(self, run: StoreRun, now: dict[int, Thing]) -> None:
        """One execution with its events."""
        execution = self.pb.Execution(type_id=self.trainer, last_known_state=run.state)
        for name, (repository, index) in run.commits.items():
            execution.custom_properties[name].string_value = self.oids[repository][index]
        pairs: list[Any] = []
        order: list[int] = []
        for number, time in run.reads:
            now.setdefault(number, self.world.rows[number - 1].things[0])
            pairs.append((self.artifact(number, now[number]), self.event(_INPUT, time)))
            order.append(number)
        for number, time, thing in run.writes:
            now[number] = thing
            pairs.append((self.artifact(number, thing), self.event(_OUTPUT, time)))
            order.append(number)
        execution_id, artifact_ids, _ = self.store.put_execution(execution, pairs, [])
        self.written |= set(order)
        if (execution_id, list(artifact_ids)) != (run.number, order):
            raise AssertionError(f"ids {execution_id}, {artifact_ids}, expected {run.number}, {order}")


def write_store(path: Path, store: StoreWorld, oids: list[list[str]], *, addressed: bool = True) -> Path:
    """Writes a store.

    Args:
        path: of the file to make.
        store: what stands in it.
        oids: the commit ids of each history.
        addressed: uris lead to files; else they are names that mean nothing elsewhere.
    """
    writer = Writer(path, store, oids, addressed=addressed)
    now: dict[int, Thing] = {}
    for run in store.runs:
        writer.run(run, now)
    return path
