"""What a reading yielded, by what tests ask for, and the contract that every reading keeps."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

from forensics.digest import Digest
from forensics.model import (
    Acquired,
    Change,
    Commit,
    Edge,
    EdgeKind,
    Execution,
    Finding,
    FindingKind,
    Gap,
    GapKind,
    Listing,
    Record,
    Release,
    Version,
)
from forensics_connectors.dvc import DvcConnector

__all__ = ["Facts", "conforms", "md5", "read"]


def read(path: Path) -> list[Record]:
    connector = DvcConnector()
    source = connector.discover(str(path))
    assert source is not None
    return list(connector.read(source))


def md5(data: str) -> str:
    return hashlib.md5(data.encode()).hexdigest()


T = TypeVar("T")


class Facts:
    """The records of one reading, by what tests ask for."""

    def __init__(self, records: Iterable[Record]) -> None:
        self.records = list(records)

    def all(self, kind: type[T]) -> list[T]:
        return [record for record in self.records if isinstance(record, kind)]

    def edges(self, kind: EdgeKind) -> list[Edge]:
        return [edge for edge in self.all(Edge) if edge.kind is kind]

    def version(self, path: str, digest: str) -> Version:
        (found,) = (v for v in self.all(Version) if v.path == path and v.digest == Digest.parse(digest))
        return found

    def execution(self, name: str, ordinal: int = 0) -> Execution:
        return [execution for execution in self.all(Execution) if execution.name == name][ordinal]

    def inputs(self, execution: Execution) -> dict[str, Edge]:
        paths = {version.key: version.path for version in self.all(Version)}
        return {paths[edge.cause]: edge for edge in self.edges(EdgeKind.USED) if edge.effect == execution.key}

    def outputs(self, execution: Execution) -> dict[str, Edge]:
        paths = {version.key: version.path for version in self.all(Version)}
        return {paths[edge.effect]: edge for edge in self.edges(EdgeKind.GENERATED) if edge.cause == execution.key}

    def gaps(self, kind: GapKind) -> list[Gap]:
        return [gap for gap in self.all(Gap) if gap.kind is kind]

    def findings(self, kind: FindingKind) -> list[Finding]:
        return [finding for finding in self.all(Finding) if finding.kind is kind]

    def held(self, layer: str = "dvc") -> dict[str, dict[str, str]]:
        """Path to version key at every commit, by the rule in the docstring of ``Change``."""
        changes: dict[tuple[str, int], dict[str, str]] = {}
        for change in self.all(Change):
            if change.layer == layer:
                changes.setdefault((change.commit, change.parent), {})[change.path] = change.version
        states: dict[str, dict[str, str]] = {}
        for commit in self.all(Commit):
            groups = [changes.get((commit.oid, i), {}) for i in range(max(1, len(commit.parents)))]
            state: dict[str, str] = {}
            for ordinal, parent in enumerate(commit.parents):
                above = states.get(parent, {})
                state |= {path: key for path, key in above.items() if path not in groups[ordinal]}
            for path in set.intersection(*map(set, groups)):
                state[path] = groups[0][path]
            states[commit.oid] = {path: key for path, key in state.items() if key}
        return states


def conforms(records: list[Record]) -> None:
    """What the contract asks of every connector."""
    assert isinstance(records[-1], Acquired)
    known: set[str] = set()
    for record in records:
        if isinstance(record, Edge):
            assert record.cause in known, record
            assert record.effect in known, record
        elif isinstance(record, (Version, Execution, Commit, Release)):
            assert record.key not in known, record
            known.add(record.key)
            assert not isinstance(record, Version) or record.digest is None or record.digest.is_well_formed
        elif isinstance(record, Change) and record.version:
            assert record.version in known, record
        elif isinstance(record, (Gap, Finding)) and record.node:
            kind = record.node.partition("\0")[0]
            assert record.node in known or kind == "content", record
        elif isinstance(record, Listing):
            assert len(record.names) == len(record.values)
    facts = [record for record in records if not isinstance(record, Acquired)]
    assert len(set(facts)) == len(facts), [fact for fact in facts if facts.count(fact) > 1][:3]
