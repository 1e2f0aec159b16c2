"""Signatures: against a closure by hand, on graphs with cycles."""

from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.graph import Adjacency
from forensics.localization.cone import cone
from forensics.localization.influence import CERTAIN_STEP, WEAK_STEP
from tests.support.graphs import from_edges

Edges = list[tuple[int, int, int]]


def closure(edges: Edges, start: int, *, blocked: bool) -> set[int]:
    seen, waiting = {start}, [start]
    while waiting:
        node = waiting.pop()
        for cause, effect, code in edges:
            passes = code == CERTAIN_STEP or (code == WEAK_STEP and not blocked)
            if cause == node and passes and effect not in seen:
                seen.add(effect)
                waiting.append(effect)
    return seen


def rows(nodes: int, edges: Edges) -> Adjacency:
    return from_edges(nodes, edges).forward


@given(data=st.data())
@settings(deadline=None, max_examples=150)
def test_masks_equal_a_closure_by_hand_on_graphs_with_cycles(data: st.DataObject) -> None:
    nodes = data.draw(st.integers(1, 14))
    node = st.integers(0, nodes - 1)
    edges = data.draw(st.lists(st.tuples(node, node, st.sampled_from([0, CERTAIN_STEP, WEAK_STEP])), max_size=40))
    marked = data.draw(st.lists(node, min_size=1, max_size=5, unique=True))
    blocked = data.draw(st.integers(0, 2 ** len(marked) - 1))
    found = cone(rows(nodes, edges), {start: 1 << i for i, start in enumerate(marked)}, blocked=blocked)
    reached = [closure(edges, start, blocked=bool(blocked >> i & 1)) for i, start in enumerate(marked)]
    by_hand = [sum(1 << i for i, some in enumerate(reached) if at in some) for at in range(nodes)]
    assert found.of(range(nodes)) == by_hand


def test_a_chain_of_many_thousand_links_is_swept_at_once() -> None:
    links = 200_000
    found = cone(rows(links + 1, [(i, i + 1, CERTAIN_STEP) for i in range(links)]), {0: 1, links // 2: 2})
    assert found.of([links, links // 2 - 1]) == [3, 1]


def test_nodes_on_one_cycle_are_told_from_nodes_behind_it() -> None:
    edges = [(0, 1, CERTAIN_STEP), (1, 2, CERTAIN_STEP), (2, 1, CERTAIN_STEP), (2, 3, CERTAIN_STEP)]
    found = cone(rows(4, edges), {0: 1})
    assert found.masks == [1, 1, 1, 1]
    assert found.loops.keys() == {1, 2}
    assert found.loops[1] == found.loops[2]


def test_what_nothing_marked_leads_to_has_no_bits() -> None:
    found = cone(rows(3, [(0, 1, CERTAIN_STEP)]), {0: 1})
    assert found.of([2]) == [0]
