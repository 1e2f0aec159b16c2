from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.errors import IntegrityError
from forensics.graph import build, is_reachable, shortest_path
from tests.support.graphs import Sample, from_edges, samples

follows = st.none() | st.frozensets(st.sampled_from([0, 1, 2, 255]))


@given(samples(), st.data(), follows)
@settings(deadline=None, max_examples=200)
def test_the_shortest_path_is_a_path_and_as_short_as_networkx_finds(
    sample: Sample, data: st.DataObject, follow: frozenset[int] | None
) -> None:
    ends = st.sets(st.integers(0, sample.nodes - 1), min_size=1, max_size=3)
    sources, targets = data.draw(ends), data.draw(ends)
    oracle = sample.oracle(follow)
    depths = nx.multi_source_dijkstra_path_length(oracle, sources)
    path = shortest_path(sample.graph, sources, targets, follow=follow)
    if not targets & depths.keys():
        assert path is None
        return
    assert path is not None
    assert path[0] in sources
    assert path[-1] in targets
    assert all(oracle.has_edge(*step) for step in pairwise(path))
    assert len(path) - 1 == min(depths[target] for target in targets & depths.keys())


def test_among_equal_paths_the_smallest_nodes_are_taken() -> None:
    edges = [(0, 3, 0), (0, 2, 0), (3, 5, 0), (2, 5, 0), (5, 9, 0), (4, 9, 0), (2, 4, 0)]
    assert shortest_path(from_edges(10, edges), [0], [9]) == [0, 2, 4, 9]
    assert shortest_path(from_edges(10, edges[::-1]), [0], [9]) == [0, 2, 4, 9]


def test_wide_graphs_have_their_paths_found_too() -> None:
    random = np.random.default_rng(3)
    ends = random.integers(0, 100_000, (2, 500_000), dtype=np.int32)
    graph = build(ends[0], ends[1], np.zeros(500_000, np.uint8), np.zeros(100_000, np.uint8))
    oracle: nx.DiGraph[int] = nx.DiGraph()
    oracle.add_nodes_from(range(100_000))
    oracle.add_edges_from(ends.T.tolist())
    for source, target in ((0, 1), (500, 77_000)):
        path = shortest_path(graph, [source], [target])
        assert path is not None
        assert len(path) - 1 == nx.shortest_path_length(oracle, source, target)
    everywhere = shortest_path(graph, range(0, 50_000, 2), range(50_001, 100_000, 2))
    assert everywhere is not None
    assert len(everywhere) == 2


@given(samples(), st.data(), follows)
@settings(deadline=None, max_examples=200)
def test_reachability_by_rank_is_that_of_networkx(
    sample: Sample, data: st.DataObject, follow: frozenset[int] | None
) -> None:
    acyclic = Sample(sample.nodes, [(min(a, b), max(a, b), code) for a, b, code in sample.edges if a != b])
    rank = data.draw(st.sampled_from([list(range(acyclic.nodes)), generations(acyclic)]))
    oracle = acyclic.oracle(follow)
    start, goal = (data.draw(st.integers(0, acyclic.nodes - 1)) for _ in range(2))
    assert is_reachable(acyclic.graph, start, goal, rank=rank, follow=follow) == nx.has_path(oracle, start, goal)


def generations(sample: Sample) -> list[int]:
    rank = [0] * sample.nodes
    for level, nodes in enumerate(nx.topological_generations(sample.oracle())):
        for node in nodes:
            rank[node] = level
    return rank


def test_ends_outside_the_graph_are_refused() -> None:
    graph = from_edges(2, [])
    with pytest.raises(IntegrityError):
        shortest_path(graph, [0], [2])
    with pytest.raises(IntegrityError):
        is_reachable(graph, 0, -1, rank=[0, 1])
