"""Large histories for speed: ``python -m tests.benchmarks.localization.large --nodes 1000000 --shape wide``.

Graphs of the kinds and codes of a case, with 4.4 edges a node, and 30 labels: what is upstream of them is some 19,000
nodes where the history is wide, and up to 400,000 in chains of warm starts where it is deep.
"""

import argparse
import resource
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forensics.case.codes import PARENT, edge_code, node_code
from forensics.graph import Graph, build
from forensics.localization import Evidence, Test, locate, next_tests
from forensics.model import EdgeKind, NodeKind

__all__ = ["Large", "generate"]

#: Versions of a project, and files of its dataset: each version replaces one file.
VERSIONS, FILES = 200, 24
#: Models of the deep shape in one chain of warm starts.
CHAIN = 2_500


@dataclass(frozen=True, slots=True)
class Large:
    """A graph and what was observed in it.

    Attributes:
        models: all model versions.
    """

    graph: Graph
    models: NDArray[np.int64]
    evidence: Evidence


def generate(nodes: int, *, deep: bool, labels: int = 30, seed: int = 7) -> Large:
    """Projects side by side, of about so many nodes in all.

    A version of a project is a dataset directory that somebody brings, a run that trains on it and starts from the
    project's last model, and a model. In the deep shape a chain of such runs goes on through many projects.
    """
    random = np.random.default_rng(seed)
    per_project = VERSIONS * 8 + FILES  # see the numbering below
    projects = max(nodes // per_project, 1)
    count = projects * VERSIONS
    # Commit, directory version and content, run, code version, model version and content: one each; then the files.
    commits, roots, listings, runs, codes, models, weights = (np.arange(count) + part * count for part in range(7))
    files = 7 * count + np.arange(projects * (VERSIONS + FILES))
    project, version = np.divmod(np.arange(count), VERSIONS)
    base = project * (VERSIONS + FILES)
    slots = np.arange(FILES)
    # At version v the slots v % FILES and those before it were replaced last; slot s holds the newest file of its own.
    newest = version[:, None] - (version[:, None] - slots) % FILES
    held = files[base[:, None] + np.where(newest < 0, slots, FILES + newest)]
    previous = np.arange(count) - 1
    warm = np.arange(count) % (CHAIN if deep else VERSIONS) > 0
    same = version > 0
    parts = [
        (EdgeKind.INTRODUCED, commits, roots),
        (EdgeKind.RECORDED, commits, runs),
        (EdgeKind.INTRODUCED, commits, codes),
        (EdgeKind.CONTENT, roots, listings),
        (EdgeKind.CONTENT, listings, roots),
        (EdgeKind.CONTENT, models, weights),
        (EdgeKind.CONTENT, weights, models),
        (EdgeKind.MEMBER, held.ravel(), np.repeat(listings, FILES)),
        (EdgeKind.USED, roots, runs),
        (EdgeKind.USED, codes, runs),
        (EdgeKind.GENERATED, runs, models),
        (EdgeKind.USED, models[previous[warm]], runs[warm]),
        (EdgeKind.USED, codes[previous[same]], runs[same]),
    ]
    after = commits[same]  # each project is a repository with a history of its own
    causes = np.concatenate([after - 1, *(cause for _, cause, _ in parts)]).astype(np.int32)
    effects = np.concatenate([after, *(effect for _, _, effect in parts)]).astype(np.int32)
    coded = [(PARENT, len(after)), *((edge_code(kind), len(cause)) for kind, cause, _ in parts)]
    codes_of = np.concatenate([np.full(length, code, dtype=np.uint8) for code, length in coded])
    order = [NodeKind.COMMIT, NodeKind.VERSION, NodeKind.CONTENT, NodeKind.EXECUTION, NodeKind.VERSION]
    order += [NodeKind.VERSION, NodeKind.CONTENT]
    node_kinds = np.repeat([*map(node_code, order), node_code(NodeKind.CONTENT)], [count] * 7 + [len(files)])
    graph = build(causes, effects, codes_of, node_kinds.astype(np.uint8))
    chosen = random.choice(count, labels, replace=False)
    bad = models[chosen[: labels // 2]]
    good = models[chosen[labels // 2 :]]
    return Large(graph, models, Evidence(bad=frozenset(bad.tolist()), good=frozenset(good.tolist())))


def main() -> None:
    """Times the questions once, on a graph that is in memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=1_000_000)
    parser.add_argument("--shape", choices=("wide", "deep"), default="wide")
    parser.add_argument("--tests", type=int, default=10_000, help="models that next-test may choose from")
    options = parser.parse_args()
    large = generate(options.nodes, deep=options.shape == "deep")
    print(f"{options.shape}: {large.graph.nodes:,} nodes, {large.graph.edges:,} edges, {len(large.models):,} models")
    step = max(len(large.models) // options.tests, 1)
    tests = [Test(node) for node in large.models[::step].tolist()]
    began = Clock.now()
    located = locate(large.graph, large.evidence)
    found = Clock.now()
    flipped = len(located.fragile)
    turned = Clock.now()
    grade = next_tests(located, tests).grade
    graded = Clock.now()
    # As the command asks: from the observations on, with what leads to no symptom yet.
    wider = locate(large.graph, large.evidence).beyond([test.node for test in tests])
    next_tests(wider, tests)
    advised = Clock.now()
    print(f"suspects {graded - began}: {len(located.origins.nodes):,} candidates, {len(located.groups):,} groups")
    print(f"  to locate {found - began}, to turn labels ({flipped} fragile) {turned - found}")
    print(f"  to grade ({grade}) {graded - turned}")
    print(f"next-test of {len(tests):,} models {advised - graded}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


@dataclass(frozen=True, slots=True)
class Clock:
    """Seconds on the wall and on the processor: they differ where the machine is shared."""

    wall: float
    processor: float

    @classmethod
    def now(cls) -> "Clock":
        """Both clocks."""
        return cls(time.perf_counter(), time.process_time())

    def __sub__(self, other: "Clock") -> str:
        return f"{self.wall - other.wall:.2f} s ({self.processor - other.processor:.2f} s of processor)"


if __name__ == "__main__":
    main()
