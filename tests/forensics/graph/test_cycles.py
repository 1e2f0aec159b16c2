import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.graph import build, strong_components
from tests.support.graphs import Sample, from_edges, samples


@given(samples(), st.data())
@settings(deadline=None, max_examples=200)
def test_components_are_those_of_networkx_causes_before_effects(sample: Sample, data: st.DataObject) -> None:
    follow = data.draw(st.none() | st.frozensets(st.sampled_from([0, 1, 2, 255])))
    nodes = data.draw(st.none() | st.sets(st.integers(0, sample.nodes - 1)))
    oracle = sample.oracle(follow)
    if nodes is not None:
        oracle = oracle.subgraph(nodes)
    components = strong_components(sample.graph, nodes, follow=follow)
    assert sorted(components) == sorted(sorted(component) for component in nx.strongly_connected_components(oracle))
    place = {node: position for position, component in enumerate(components) for node in component}
    assert all(place[cause] <= place[effect] for cause, effect, _ in oracle.edges)


def test_the_order_of_the_edges_does_not_change_the_answer() -> None:
    edges = [(0, 1, 0), (1, 0, 0), (1, 2, 0), (3, 4, 0), (4, 3, 0), (4, 2, 0), (5, 5, 0)]
    assert strong_components(from_edges(6, edges)) == strong_components(from_edges(6, edges[::-1]))


def test_a_ring_of_200_000_nodes_is_one_component() -> None:
    nodes = np.arange(200_000, dtype=np.int32)
    graph = build(nodes, np.roll(nodes, -1), np.zeros(200_000, np.uint8), np.zeros(200_000, np.uint8))
    assert strong_components(graph) == [nodes.tolist()]
