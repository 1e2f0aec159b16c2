"""What is on record of a history: the graph as an ingest of a DVC repository makes it, whole or with edges lost."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from forensics.case.codes import PARENT, edge_code, node_code
from forensics.graph import Graph, build
from forensics.model import EdgeKind, NodeKind, Strength
from tests.benchmarks.localization.simulator import History

__all__ = ["ACTORS", "Lineage", "lose"]

#: How many people commit, in turn.
ACTORS = 6


@dataclass(frozen=True)
class Lineage:
    """A history as it was recorded.

    Attributes:
        reads: the recorded inputs of each run, as numbers of versions.
        inferred: further inputs, as numbers of a version and of the run that most likely read it.
    """

    history: History
    reads: Sequence[tuple[int, ...]]
    inferred: Sequence[tuple[int, int]] = ()

    @classmethod
    def whole(cls, history: History) -> "Lineage":
        """Nothing is lost."""
        return cls(history, [run.reads for run in history.runs])

    @cached_property
    def nodes(self) -> "Nodes":
        """Which node of the graph is what."""
        return Nodes(self.history)

    @cached_property
    def graph(self) -> Graph:
        """The graph of the case, with the codes of ``forensics.case.codes``."""
        history, nodes = self.history, self.nodes
        columns: list[tuple[int, int, int]] = []

        def add(kind: EdgeKind, pairs: Iterable[tuple[int, int]], strength: Strength = Strength.RECORDED) -> None:
            code = edge_code(kind, strength)
            columns.extend((int(cause), int(effect), code) for cause, effect in pairs)

        commits, versions, contents, runs = nodes.commits, nodes.versions, nodes.contents, nodes.runs
        columns.extend((int(commits[n - 1]), int(commits[n]), PARENT) for n in range(1, len(commits)))
        add(EdgeKind.AUTHORED, ((n % ACTORS, commit) for n, commit in enumerate(commits)))
        add(EdgeKind.INTRODUCED, ((commits[v.commit], versions[n]) for n, v in enumerate(history.versions)))
        add(EdgeKind.RECORDED, ((commits[run.commit], runs[n]) for n, run in enumerate(history.runs)))
        add(EdgeKind.CONTENT, zip(versions, contents, strict=True))
        add(EdgeKind.CONTENT, zip(contents, versions, strict=True))
        for number, version in enumerate(history.versions):
            add(EdgeKind.MEMBER, ((nodes.origins[file], contents[number]) for file in version.files.values()))
        for number, reads in enumerate(self.reads):
            add(EdgeKind.USED, ((versions[read], runs[number]) for read in reads))
            add(EdgeKind.GENERATED, [(runs[number], versions[history.runs[number].writes])])
        add(EdgeKind.USED, ((versions[version], runs[run]) for version, run in self.inferred), Strength.INFERRED)
        causes, effects, codes = np.array(columns, dtype=np.int32).T
        return build(causes, effects, codes.astype(np.uint8), nodes.kinds)

    @cached_property
    def reached(self) -> NDArray[np.bool_]:
        """Which origins are upstream of which models by what is on record or inferred: origins x models."""
        history = self.history
        masks = [0] * len(history.versions)
        for number, origin in enumerate(history.origins):
            if origin.place >= 0 and origin.kind != "execution":
                masks[origin.place] = 1 << number
        for number, made in enumerate(history.versions):
            for file in made.files.values():
                masks[number] |= 1 << file
        reads = [list(some) for some in self.reads]
        for version, reader in self.inferred:
            reads[reader].append(version)
        owns = {origin.place: n for n, origin in enumerate(history.origins) if origin.kind == "execution"}
        for number, run in enumerate(history.runs):
            mask = 1 << owns[number]
            for read in reads[number]:
                mask |= masks[read]
            masks[run.writes] = mask
        width = -(-len(history.origins) // 8)
        packed = b"".join(masks[model].to_bytes(width, "little") for model in history.models)
        rows = np.frombuffer(packed, dtype=np.uint8).reshape(-1, width)
        return np.unpackbits(rows, axis=1, count=len(history.origins), bitorder="little").T.astype(bool)


class Nodes:
    """The numbering of a history's nodes: actors, commits, file contents, versions and their contents, executions.

    Attributes:
        kinds: the code of each node's kind.
        origins: the node that stands for each origin: an execution, else a content.
        models: the version node of each model.
    """

    def __init__(self, history: History) -> None:
        files = [number for number, origin in enumerate(history.origins) if origin.kind == "file"]
        sizes = [ACTORS, history.topology.commits, len(files), len(history.versions), len(history.versions)]
        starts = np.cumsum([0, *sizes, len(history.runs)])
        _, self.commits, contents, self.versions, self.contents, self.runs = (
            np.arange(start, end) for start, end in pairwise(starts)
        )
        self.models = self.versions[history.models]
        order = [NodeKind.ACTOR, NodeKind.COMMIT, NodeKind.CONTENT, NodeKind.VERSION, NodeKind.CONTENT]
        codes = [node_code(kind) for kind in [*order, NodeKind.EXECUTION]]
        self.kinds = np.repeat(codes, np.diff(starts)).astype(np.uint8)
        self.origins = np.empty(len(history.origins), dtype=np.int64)
        self.origins[files] = contents
        for number, origin in enumerate(history.origins):
            if origin.kind == "execution":
                self.origins[number] = self.runs[origin.place]
            elif origin.kind != "file":
                self.origins[number] = self.contents[origin.place]


def lose(history: History, share: float) -> Lineage:
    """Each recorded input of each run is lost with some chance."""
    random = np.random.default_rng([history.seed, 5])
    kept = [tuple(read for read in run.reads if random.random() >= share) for run in history.runs]
    return Lineage(history, kept)
