"""Small lineages written down node by node, as the graph of a case has them."""

from dataclasses import dataclass, field

import numpy as np
from hypothesis import strategies as st

from forensics.case.codes import PARENT, edge_code, node_code
from forensics.graph import Graph, build
from forensics.model import EdgeKind, NodeKind, Strength


@dataclass
class Lines:
    """A graph in the making: each method adds something and returns its node."""

    kinds: list[NodeKind] = field(default_factory=list)
    edges: list[tuple[int, int, int]] = field(default_factory=list)

    def node(self, kind: NodeKind) -> int:
        self.kinds.append(kind)
        return len(self.kinds) - 1

    def edge(self, kind: EdgeKind, cause: int, effect: int, strength: Strength = Strength.RECORDED) -> None:
        self.edges.append((cause, effect, edge_code(kind, strength)))
        if kind is EdgeKind.CONTENT:
            self.edges.append((effect, cause, edge_code(kind, strength)))

    def content(self, *members: int) -> int:
        content = self.node(NodeKind.CONTENT)
        for member in members:
            self.edge(EdgeKind.MEMBER, member, content)
        return content

    def commit(self, *parents: int) -> int:
        commit = self.node(NodeKind.COMMIT)
        self.edges += [(parent, commit, PARENT) for parent in parents]
        return commit

    def root(self, content: int | None = None, commit: int | None = None) -> int:
        version = self.node(NodeKind.VERSION)
        if content is not None:
            self.edge(EdgeKind.CONTENT, version, content)
        if commit is not None:
            self.edge(EdgeKind.INTRODUCED, commit, version)
        return version

    def run(self, *inputs: int, commit: int | None = None) -> int:
        run = self.node(NodeKind.EXECUTION)
        for version in inputs:
            self.edge(EdgeKind.USED, version, run)
        if commit is not None:
            self.edge(EdgeKind.RECORDED, commit, run)
        return run

    def made(self, run: int, content: int | None = None) -> int:
        version = self.root(content)
        self.edge(EdgeKind.GENERATED, run, version)
        return version

    @property
    def graph(self) -> Graph:
        return self.renamed(list(range(len(self.kinds))))

    def renamed(self, names: list[int]) -> Graph:
        """The graph with other ids: node i is called ``names[i]``."""
        kinds = np.zeros(len(self.kinds), dtype=np.uint8)
        kinds[names] = [node_code(kind) for kind in self.kinds]
        columns = np.array(self.edges, dtype=np.int32).reshape(-1, 3).T
        ids = np.array(names, dtype=np.int32)
        return build(ids[columns[0]], ids[columns[1]], columns[2].astype(np.uint8), kinds)


@dataclass(frozen=True)
class Incident:
    """A lineage with labelled models."""

    lines: Lines
    models: list[int]
    bad: frozenset[int]
    good: frozenset[int]


@st.composite
def incidents(draw: st.DrawFn, labels: int = 6) -> Incident:
    """Files in directories, trainings that read directories and older models, and labels on some of the models."""
    lines = Lines()
    commits = [lines.commit()]
    for _ in range(draw(st.integers(0, 3))):
        commits.append(lines.commit(commits[-1]))
    files = [lines.content() for _ in range(draw(st.integers(1, 5)))]
    roots = []
    for _ in range(draw(st.integers(1, 4))):
        held = draw(st.lists(st.sampled_from(files), min_size=1, max_size=4, unique=True))
        roots.append(lines.root(lines.content(*held), draw(st.sampled_from(commits))))
    models: list[int] = []
    for _ in range(draw(st.integers(1, 7))):
        inputs = draw(st.lists(st.sampled_from(roots + models), min_size=1, max_size=3, unique=True))
        models.append(lines.made(lines.run(*inputs, commit=draw(st.sampled_from(commits)))))
    said = draw(st.dictionaries(st.sampled_from(models), st.booleans(), min_size=1, max_size=labels))
    bad = frozenset(model for model, is_bad in said.items() if is_bad)
    return Incident(lines, models, bad, frozenset(said) - bad)
