"""Random multigraphs, as columns of edges and as networkx sees them."""

from dataclasses import dataclass

import networkx as nx
import numpy as np
from hypothesis import strategies as st

from forensics.graph import Graph, build


@dataclass(frozen=True)
class Sample:
    nodes: int
    edges: list[tuple[int, int, int]]

    @property
    def graph(self) -> Graph:
        return from_edges(self.nodes, self.edges)

    def oracle(self, follow: frozenset[int] | None = None, *, backward: bool = False) -> "nx.MultiDiGraph[int]":
        oracle: nx.MultiDiGraph[int] = nx.MultiDiGraph()
        oracle.add_nodes_from(range(self.nodes))
        for cause, effect, code in self.edges:
            if follow is None or code in follow:
                oracle.add_edge(*((effect, cause) if backward else (cause, effect)))
        return oracle


def from_edges(nodes: int, edges: list[tuple[int, int, int]]) -> Graph:
    columns = np.array(edges, dtype=np.int32).reshape(-1, 3).T
    return build(columns[0], columns[1], columns[2].astype(np.uint8), np.arange(nodes).astype(np.uint8))


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    """Cycles, self-loops, parallel edges of several codes, nodes without any edge."""
    nodes = draw(st.integers(1, 24))
    node = st.integers(0, nodes - 1)
    edges = draw(st.lists(st.tuples(node, node, st.sampled_from([0, 1, 2, 255])), max_size=80))
    return Sample(nodes, edges)
