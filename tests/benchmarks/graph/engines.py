"""One engine answers one question in a fresh process: ``… -m tests.benchmarks.graph.engines ENGINE QUESTION DIR T0``.

Prints one JSON line: seconds from T0 (the monotonic clock when the process was started) to the first answer, the
median of the warm repeats, nodes reached, sum of depths where the engine gives depth, and peak memory in MB. An answer
is complete where it can be: depths of all nodes, and the path to the node found last.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.integer]

STAMP = "benchmark"
REPEATS = 5

#: How many nodes were reached, and the sum of their depths (-1 where the engine gives none).
Figures = tuple[int, int]
Ask = Callable[[], Figures]


def ours(folder: Path, question: str, follow: frozenset[int] | None = None) -> Ask:
    """The engine of the package on its sidecar."""
    from forensics.graph import load, reach

    graph = load(folder, STAMP)
    assert graph is not None
    seeds = _seeds(folder, question)

    def ask() -> Figures:
        found = reach(graph, seeds, follow=follow)
        depths = int(found.as_arrays()[1].sum()) if "numpy" in sys.modules else sum(map(found.depth, found))
        found.path(found.nodes[-1])
        return len(found), depths

    return ask


def filtered(folder: Path, question: str) -> Ask:
    """The same, told to follow certain edge codes (all there are, so that the answer is the same)."""
    return ours(folder, question, frozenset({0, 1, 2}))


def compiled(folder: Path, question: str) -> Ask:
    """A plain search in C, or scipy's where there is no compiler, on the same arrays; only the search is timed."""
    import ctypes

    import numpy as np

    from forensics.graph import load

    graph = load(folder, STAMP)
    assert graph is not None
    pointers, targets, _ = graph.forward.arrays
    seeds = np.array(_seeds(folder, question), dtype=np.int32)
    library = folder / "search.so"
    if not library.exists():
        return _scipy(pointers, targets, seeds)
    function = ctypes.CDLL(str(library)).search
    function.restype = ctypes.c_int64

    def ask() -> Figures:
        order, parents = np.empty(graph.nodes, np.int32), np.empty(graph.nodes, np.int32)
        depths = np.full(graph.nodes, -1, np.int32)
        places = [ctypes.c_void_p(array.ctypes.data) for array in (pointers, targets, seeds, order, depths, parents)]
        count = function(*places[:3], ctypes.c_int64(len(seeds)), *places[3:])
        node = int(order[count - 1])
        while node >= 0:
            node = int(parents[node])
        return int(count), int(depths.take(order[:count]).sum())

    return ask


def _scipy(pointers: "Numbers", targets: "Numbers", seeds: "Numbers") -> Ask:
    import numpy as np
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import breadth_first_order

    # It takes one start: a node before all others that leads to the seeds.
    nodes = len(pointers) - 1
    rows = np.append(pointers, pointers[-1] + len(seeds))
    matrix = csr_array((np.ones(rows[-1], np.int8), np.append(targets, seeds), rows), shape=(nodes + 1, nodes + 1))
    return lambda: (len(breadth_first_order(matrix, nodes)[0]) - 1, -1)


def duckdb(folder: Path, question: str) -> Ask:
    """A recursive CTE, default plan, on edges sorted by cause; nodes only."""
    import duckdb

    connection = duckdb.connect(str(folder / "edges.duckdb"), read_only=True)
    sql = """
    WITH RECURSIVE reached (node) AS (
        SELECT node FROM seed WHERE question = $question
        UNION
        SELECT e.effect FROM reached JOIN edge e ON e.cause = reached.node
    ) SELECT count(*) FROM reached
    """

    def ask() -> Figures:
        return int(connection.execute(sql, {"question": question}).fetchall()[0][0]), -1

    return ask


def igraph(folder: Path, question: str) -> Ask:
    """igraph on a graph built from the edges; one more node leads to the seeds, since its search takes one start."""
    import igraph
    import numpy as np

    edges = np.load(folder / "edges.npy")
    nodes = int(np.load(folder / "nodes.npy"))
    seeds = _seeds(folder, question)
    starts = np.column_stack([np.full(len(seeds), nodes), seeds]).astype(edges.dtype)
    graph = igraph.Graph(n=nodes + 1, edges=np.concatenate([edges, starts]).data, directed=True)

    def ask() -> Figures:
        found, starts, parents = graph.bfs(nodes, mode="out")
        sizes = np.diff(starts)[1:]
        node = found[-1]
        while node != nodes:
            node = parents[node]
        return int(sizes.sum()), int((sizes * np.arange(len(sizes))).sum())

    return ask


ENGINES = {"ours": ours, "ours, filtered": filtered, "C": compiled, "DuckDB": duckdb, "igraph": igraph}


def _seeds(folder: Path, question: str) -> list[int]:
    seeds: list[int] = json.loads((folder / "questions.json").read_text())[question]
    return seeds


def main() -> None:
    engine, question, folder, started = sys.argv[1:]
    ask = ENGINES[engine](Path(folder), question)
    nodes, depths = ask()
    cold = time.monotonic() - float(started)
    warm = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        ask()
        warm.append(time.perf_counter() - begin)
    # Of this program alone: what getrusage tells begins with the peak of the process that started it.
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    memory = int(status["VmHWM"].split()[0]) // 1024
    print(
        json.dumps(
            {
                "cold": cold,
                "warm": sorted(warm)[REPEATS // 2],
                "nodes": nodes,
                "depths": depths,
                "memory": memory,
                "numpy": "numpy" in sys.modules,
            }
        )
    )


if __name__ == "__main__":
    main()
