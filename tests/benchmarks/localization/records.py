"""A simulated history as the records that a connector yields, and as a case."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forensics.case import Case
from forensics.digest import Digest
from forensics.model import (
    Acquired,
    ArtifactKind,
    Change,
    Commit,
    Edge,
    EdgeKind,
    Execution,
    Listing,
    Origin,
    Record,
    Ref,
    RefKind,
    Role,
    Source,
    Strength,
    Version,
    commit_key,
)
from tests.benchmarks.localization.lineage import ACTORS, Lineage

__all__ = ["CaseNodes", "ingest", "records"]

_KINDS = {
    "dataset": ArtifactKind.DATASET,
    "model": ArtifactKind.MODEL,
    "params": ArtifactKind.PARAMS,
    "code": ArtifactKind.CODE,
}
_START = 1_700_000_000


@dataclass(frozen=True, slots=True)
class CaseNodes:
    """Which nodes of a case stand for the parts of a history.

    Attributes:
        origins: the node of each origin: an execution, else a content.
        models: the version node of each model.
        commits: the node of each commit.
    """

    origins: NDArray[np.int64]
    models: NDArray[np.int64]
    commits: NDArray[np.int64]


def records(lineage: Lineage) -> Iterator[Record]:
    """What a connector would yield of the history as it was recorded."""
    history = lineage.history
    last = history.topology.commits - 1
    for number in range(last + 1):
        person, time = f"person-{number % ACTORS}", _START + 3600 * number
        yield Commit(
            _oid(lineage, number), (_oid(lineage, number - 1),) if number else (), person, f"{person}@example.com",
            time, 0, person, f"{person}@example.com", time, 0, f"step {number}", position=number,
        )  # fmt: skip
    made = [_version(lineage, number) for number in range(len(history.versions))]
    for number, (version, record) in enumerate(zip(history.versions, made, strict=True)):
        yield record
        if version.files:
            assert record.digest is not None
            names = tuple(sorted(version.files))
            values = tuple(_hash(lineage, "file", version.files[name]) for name in names)
            yield Listing(record.digest, names, "md5", values, Origin("cache"))
        oid = _oid(lineage, version.commit)
        layer = "git" if version.kind == "code" else "dvc"
        yield Change(oid, 0, version.path, record.key, layer)
        yield Edge(EdgeKind.INTRODUCED, commit_key(oid), made[number].key, record.origin)
    for number, (run, reads) in enumerate(zip(history.runs, lineage.reads, strict=True)):
        oid = _oid(lineage, run.commit)
        origin = Origin("dvc.lock", oid, run.stage)
        execution = Execution(_identity(number), run.stage, "", "python run.py", origin, script="dvc.yaml")
        yield execution
        yield Edge(EdgeKind.RECORDED, commit_key(oid), execution.key, origin)
        for read in reads:
            yield Edge(EdgeKind.USED, made[read].key, execution.key, origin)
        yield Edge(EdgeKind.GENERATED, execution.key, made[run.writes].key, origin)
    for path in sorted({version.path for version in history.versions if version.kind == "model"}):
        yield Role(path, ArtifactKind.MODEL, Strength.RECORDED, Origin("dvc.yaml"), path.partition("/")[2])
    yield Ref("HEAD", RefKind.HEAD, _oid(lineage, last))
    yield Acquired("one", {})


def ingest(lineage: Lineage, case: Case) -> CaseNodes:
    """Reads a history into a case that is open for writing."""
    history = lineage.history
    name = f"history-{history.seed}"
    case.ingest(Source("dvc", f"/simulated/{name}", name, (_oid(lineage, 0),), "sha1", "one"), records(lineage))
    contents = {str(Digest(algorithm, value)): node for node, algorithm, value in case.rows("FROM content")}
    executions = dict(case.rows("SELECT identity, id FROM execution"))
    versions = dict(case.rows("SELECT content, id FROM version"))
    commits = dict(case.rows("SELECT oid, id FROM git_commit"))
    origins = []
    for number, origin in enumerate(history.origins):
        if origin.kind == "execution":
            origins.append(executions[_identity(origin.place)])
        elif origin.kind == "file":
            origins.append(contents[f"md5:{_hash(lineage, 'file', number)}"])
        else:
            origins.append(contents[str(_version(lineage, origin.place).digest)])
    models = [versions[contents[str(_version(lineage, int(model)).digest)]] for model in history.models]
    ordered = [commits[_oid(lineage, number)] for number in range(history.topology.commits)]
    return CaseNodes(np.array(origins), np.array(models), np.array(ordered))


def _version(lineage: Lineage, number: int) -> Version:
    version = lineage.history.versions[number]
    value = _hash(lineage, "version", number)
    digest = Digest("md5", value + ".dir" if version.files else value)
    if version.kind == "code":
        digest = Digest("git", _sha1(f"{value}"))
    elif version.kind == "params":
        digest = Digest("param", value)
    origin = Origin("dvc.lock", _oid(lineage, version.commit))
    kind = _KINDS.get(version.kind, ArtifactKind.OTHER)
    return Version(version.path, digest, origin, kind=kind, tracked=version.kind in ("dataset", "external", "code"))


def _oid(lineage: Lineage, commit: int) -> str:
    return _sha1(f"{lineage.history.seed} commit {commit}")


def _hash(lineage: Lineage, what: str, number: int) -> str:
    return hashlib.md5(f"{lineage.history.seed} {what} {number}".encode(), usedforsecurity=False).hexdigest()


def _sha1(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def _identity(run: int) -> str:
    return hashlib.sha256(f"run {run}".encode()).hexdigest()
