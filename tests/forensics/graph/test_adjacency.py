from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.errors import IntegrityError
from forensics.graph import build, without
from forensics.graph.adjacency import _rows, mask
from tests.support.graphs import Sample, from_edges, samples


@given(samples())
@settings(deadline=None)
def test_rows_hold_every_edge_in_both_directions_sorted_by_target_then_code(sample: Sample) -> None:
    graph = sample.graph
    for rows, edges in (
        (graph.forward, sample.edges),
        (graph.reverse, [(effect, cause, code) for cause, effect, code in sample.edges]),
    ):
        found = []
        for node in range(graph.nodes):
            targets, codes = rows.neighbours(node)
            found += [(node, target, code) for target, code in zip(targets, codes, strict=True)]
        assert found == sorted(edges)
    assert bytes(graph.kinds) == bytes(range(sample.nodes))


@given(samples(), st.data())
@settings(deadline=None)
def test_a_graph_without_some_nodes_is_the_one_built_of_the_edges_between_the_others(
    sample: Sample, data: st.DataObject
) -> None:
    gone = data.draw(st.sets(st.integers(0, sample.nodes - 1))) if sample.nodes else set()
    left = [edge for edge in sample.edges if gone.isdisjoint(edge[:2])]
    found, expected = without(sample.graph, gone), from_edges(sample.nodes, left)
    for rows, others in ((found.forward, expected.forward), (found.reverse, expected.reverse)):
        assert rows.pointers.tobytes() == others.pointers.tobytes()
        assert rows.targets.tobytes() == others.targets.tobytes()
        assert rows.codes.tobytes() == others.codes.tobytes()
    assert bytes(found.kinds) == bytes(sample.graph.kinds)


@given(samples(), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_order_of_the_edges_does_not_change_a_byte(sample: Sample, random: Random) -> None:
    shuffled = list(sample.edges)
    random.shuffle(shuffled)
    first, second = sample.graph, from_edges(sample.nodes, shuffled)
    for rows, others in ((first.forward, second.forward), (first.reverse, second.reverse)):
        assert rows.pointers.tobytes() == others.pointers.tobytes()
        assert rows.targets.tobytes() == others.targets.tobytes()
        assert rows.codes.tobytes() == others.codes.tobytes()


@given(samples())
@settings(deadline=None, max_examples=30)
def test_ids_too_large_to_pack_are_sorted_the_same_way(sample: Sample) -> None:
    heads, tails, codes = np.array(sample.edges, dtype=np.int32).reshape(-1, 3).T
    packed = _rows(heads, tails, codes.astype(np.uint8), sample.nodes, bits=5)
    indexed = _rows(heads, tails, codes.astype(np.uint8), sample.nodes, bits=31)
    assert packed.targets.tobytes() == indexed.targets.tobytes()
    assert packed.codes.tobytes() == indexed.codes.tobytes()


def test_numpy_arrays_share_the_memory_of_the_views() -> None:
    rows = from_edges(3, [(0, 1, 7), (2, 0, 5)]).forward
    pointers, targets, codes = rows.arrays
    assert (pointers.tolist(), targets.tolist(), codes.tolist()) == ([0, 1, 1, 2], [1, 0], [7, 5])
    assert np.shares_memory(targets, np.asarray(rows.targets))


@pytest.mark.parametrize("edge", [(0, 3), (-1, 0), (3, 0), (0, -1)])
def test_an_edge_to_nowhere_is_refused(edge: tuple[int, int]) -> None:
    cause, effect = (np.array([end], dtype=np.int32) for end in edge)
    with pytest.raises(IntegrityError, match="outside 0 to 2"):
        build(cause, effect, np.zeros(1, np.uint8), np.zeros(3, np.uint8))


def test_columns_of_unequal_length_are_refused() -> None:
    with pytest.raises(IntegrityError, match="unequal length"):
        build(np.zeros(2, np.int32), np.zeros(1, np.int32), np.zeros(2, np.uint8), np.zeros(3, np.uint8))


def test_a_mask_is_a_set_of_codes_or_256_bytes() -> None:
    assert mask(None) is None
    assert mask(frozenset({0, 255})) == b"\1" + b"\0" * 254 + b"\1"
    assert mask(b"\0\x09" * 128) == b"\0\1" * 128
    for wrong in (b"\1", frozenset({256}), frozenset({-1})):
        with pytest.raises(ValueError, match=r"256|not in range"):
            mask(wrong)
