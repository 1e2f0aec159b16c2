import subprocess
import sys
from math import inf
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.errors import IntegrityError
from forensics.graph import Adjacency, Graph, Reach, build, reach, save
from tests.support.graphs import Sample, from_edges, samples

#: Plain Python alone, numpy alone, and changes between the two in mid-search.
ENGINES = {"python": (inf, 0), "numpy": (0, 0), "mixed": (3, 3), "default": (None, 400)}

follows = st.none() | st.frozensets(st.sampled_from([0, 1, 2, 255]))


def table(found: Reach) -> list[tuple[int, int, int | None]]:
    return [(node, found.depth(node), found.parent(node)) for node in found]


def expected(
    oracle: "nx.MultiDiGraph[int]", seeds: set[int], stop: frozenset[int]
) -> list[tuple[int, int, int | None]]:
    """The rule, from networkx's distances: by depth and id; the parent is the smallest of the nearest."""
    oracle.remove_edges_from([(cause, effect, key) for cause, effect, key in oracle.edges if cause in stop])
    depths = nx.multi_source_dijkstra_path_length(oracle, seeds) if seeds else {}
    rows: list[tuple[int, int, int | None]] = []
    for node, depth in sorted(depths.items(), key=lambda item: (item[1], item[0])):
        nearer = [cause for cause in oracle.predecessors(node) if depths.get(cause, inf) == depth - 1]
        rows.append((node, int(depth), min(nearer) if depth else None))
    return rows


@given(samples(), st.data(), follows, st.booleans())
@settings(deadline=None, max_examples=300)
def test_every_engine_gives_the_nodes_depths_and_parents_of_the_rule(
    sample: Sample, data: st.DataObject, follow: frozenset[int] | None, backward: bool
) -> None:
    nodes = st.sets(st.integers(0, sample.nodes - 1), max_size=4)
    seeds, stop = data.draw(nodes), frozenset(data.draw(nodes))
    rule = expected(sample.oracle(follow, backward=backward), seeds, stop)
    for switch, wide in ENGINES.values():
        found = reach(sample.graph, seeds, backward=backward, follow=follow, stop=stop, switch=switch, wide=wide)
        assert table(found) == rule
        assert [len(found), [node in found for node in range(sample.nodes)]] == [
            len(rule),
            [node in {row[0] for row in rule} for node in range(sample.nodes)],
        ]
        columns = [column.tolist() for column in found.as_arrays()]
        assert list(zip(*columns, strict=True)) == [(a, b, -1 if c is None else c) for a, b, c in rule]
        for node, depth, _ in rule:
            path = found.path(node)
            assert (len(path), path[0] in seeds, path[-1]) == (depth + 1, True, node)


def random_graph(nodes: int, edges: int, seed: int) -> Graph:
    random = np.random.default_rng(seed)
    ends = random.integers(0, nodes, (2, edges), dtype=np.int32)
    ends[0, : edges // 4] = ends[0, 0]  # a hub
    return build(ends[0], ends[1], random.integers(0, 3, edges).astype(np.uint8), np.zeros(nodes, np.uint8))


@pytest.mark.parametrize("follow", [None, frozenset({0, 2})])
def test_engines_agree_on_wide_levels_that_take_many_blocks(follow: frozenset[int] | None) -> None:
    graph = random_graph(60_000, 150_000, seed=1)
    seeds = [int(np.diff(graph.forward.arrays[0]).argmax()), 5, 17]
    python = reach(graph, seeds, follow=follow, switch=inf)
    assert len(python) > 20_000
    for switch, wide in ((0, 0), (0, 400), (30_000, 400), (None, 400)):
        found = reach(graph, seeds, follow=follow, switch=switch, wide=wide)
        for column, other in zip(python.as_arrays(), found.as_arrays(), strict=True):
            assert column.tolist() == other.tolist()


@pytest.mark.parametrize("switch", [inf, 0])
def test_a_chain_of_200_000_nodes_is_followed_to_its_end(switch: float) -> None:
    length = 200_000
    links = np.arange(length, dtype=np.int32)
    graph = build(links[:-1], links[1:], np.zeros(length - 1, np.uint8), np.zeros(length, np.uint8))
    found = reach(graph, [0], switch=switch)
    assert (len(found), found.depth(length - 1)) == (length, length - 1)
    assert found.path(length - 1) == list(range(length))
    assert len(reach(graph, [length - 1], backward=True, switch=switch)) == length


def test_no_seeds_reach_nothing() -> None:
    found = reach(from_edges(2, [(0, 1, 0)]), [])
    assert list(found) == []
    assert [column.tolist() for column in found.as_arrays()] == [[], [], []]


def test_what_was_not_reached_has_no_depth_and_no_path() -> None:
    found = reach(from_edges(2, []), [0])
    for question in (found.depth, found.parent, found.path):
        for stranger in (1, 2, -1):
            with pytest.raises(KeyError):
                question(stranger)


@pytest.mark.parametrize("seed", [-1, 2])
def test_a_seed_outside_the_graph_is_refused(seed: int) -> None:
    with pytest.raises(IntegrityError, match="not in the graph"):
        reach(from_edges(2, []), [seed])


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("pointers", "targets"),
    [([0, 2, 0, 2], [1, 2]), ([0, 1, 2, 2], [1, 9]), ([0, 2, 4, 2], [1, 2]), ([0, 1, -5, 2], [1, 2])],
)
def test_arrays_that_do_not_hold_together_end_in_an_error_or_an_answer_but_never_run_wild(
    engine: str, pointers: list[int], targets: list[int]
) -> None:
    first, second = (np.array(values, dtype=np.int32).data for values in (pointers, targets))
    rows = Adjacency(first, second, memoryview(bytes(2)))
    switch, wide = ENGINES[engine]
    try:
        assert len(reach(Graph(3, rows, rows, memoryview(bytes(3))), [0], switch=switch, wide=wide)) <= 3
    except IntegrityError as error:
        assert "sidecar" in error.hint  # noqa: PT017


def test_a_small_answer_from_a_large_sidecar_imports_no_numpy(tmp_path: Path) -> None:
    save(random_graph(50_000, 60_000, seed=2), tmp_path, "stamp")
    script = (
        "import sys; from forensics.graph import load, reach, shortest_path, strong_components\n"
        "graph = load(sys.argv[1], 'stamp')\n"
        "found = reach(graph, [7], backward=True, stop=[8], follow=frozenset({0, 1}))\n"
        "rows = [(node, found.depth(node), found.path(node)) for node in found]\n"
        "shortest_path(graph, [rows[-1][0]], [7]); strong_components(graph, list(found))\n"
        "print(len(rows), [name for name in ('numpy', 'duckdb', 'networkx', 'tempfile') if name in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True, cwd=Path.cwd()
    )
    count, modules = result.stdout.split(maxsplit=1)
    assert int(count) >= 1
    assert modules.strip() == "[]"
