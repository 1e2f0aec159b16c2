"""Breadth-first search: all that is reached, how far away it is, and one shortest path to it.

The rule that makes every answer the same whatever engine found it: nodes are discovered level by level and by
ascending id within a level, and the parent of a node is the smallest of its neighbours one level nearer to the seeds.

Engines and figures: docs/performance.md. A level of few edges is searched by plain Python over memory views, a wide
one by a handful of numpy passes. Both work on the same memory, so the search changes between them at any level.
"""

import sys
from array import array
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from itertools import compress
from typing import TYPE_CHECKING

from forensics.errors import IntegrityError
from forensics.graph.adjacency import Adjacency, Graph, Mask, mask, seeds_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    #: By node: 1 + the parent; candidates for it in the level at hand; not reached yet; touched by the level at hand.
    Dense = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.bool_], NDArray[np.bool_]]

__all__ = ["Reach", "Search", "reach"]

#: Edge visits after which numpy is used where it is loaded already, and where it has yet to be (its import costs as
#: much as a million visits in plain Python).
SWITCH_LOADED = 20_000
SWITCH_UNLOADED = 200_000

#: Edges of one level from which on numpy's fixed cost of some 30 µs is worth it.
WIDE = 400

# Nodes taken at once, so that what numpy makes on the way stays in the processor's cache.
_BLOCK = 8192

# A level of more than this part of all nodes is gathered in a bitmap over all nodes instead of being sorted.
_CROWD = 64


class Reach:
    """What a search reached. Iterating, ``len`` and ``in`` are over the nodes.

    Attributes:
        nodes: the nodes in order of discovery: nearest to the seeds first, ascending ids within a level (int32).
    """

    def __init__(self, nodes: memoryview, starts: list[int], parents: dict[int, int] | memoryview) -> None:
        self.nodes = nodes
        self._starts = starts  # position in nodes at which each level begins
        self._parents = parents  # as in Search

    def __len__(self) -> int:
        return len(self.nodes)

    def __iter__(self) -> Iterator[int]:
        return iter(self.nodes)

    def __contains__(self, node: object) -> bool:
        if isinstance(self._parents, dict):
            return node in self._parents
        return isinstance(node, int) and 0 <= node < len(self._parents) and self._parents[node] != 0

    def parent(self, node: int) -> int | None:
        """The node before this one on its shortest path; None for a seed.

        Raises:
            KeyError: the node was not reached.
        """
        if node not in self:
            raise KeyError(node)
        parent = self._parents[node] - 1
        return None if parent == node else parent

    def depth(self, node: int) -> int:
        """The number of edges on the shortest path from a seed.

        Raises:
            KeyError: the node was not reached.
        """
        if node not in self:
            raise KeyError(node)
        return self._depths[node]

    def path(self, node: int) -> list[int]:
        """The shortest path from a seed to the node, both included.

        Raises:
            KeyError: the node was not reached.
        """
        if node not in self:
            raise KeyError(node)
        parents, chain = self._parents, [node]
        while (parent := parents[node] - 1) != node:
            chain.append(parent)
            node = parent
        return chain[::-1]

    def as_arrays(self) -> "tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]":
        """Nodes, depths and parents (-1 for a seed), one row a node in order of discovery."""
        import numpy as np

        nodes = np.frombuffer(self.nodes, dtype=np.int32)
        starts = np.array([*self._starts, len(nodes)], dtype=np.intp)
        sizes = starts[1:] - starts[:-1]
        depths = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
        if isinstance(self._parents, dict):
            parents = np.fromiter(map(self._parents.__getitem__, self.nodes), np.int32, len(nodes))
        else:
            parents = np.frombuffer(self._parents, dtype=np.int32).take(nodes)
        parents -= np.int32(1)
        parents[: sizes[0] if len(sizes) else 0] = -1
        return nodes, depths, parents

    @cached_property
    def _depths(self) -> dict[int, int] | memoryview:
        """By node: its depth. Made when first asked for, since whole answers read it off the levels."""
        if not isinstance(self._parents, dict):
            import numpy as np

            nodes, values, _ = self.as_arrays()
            depths = np.zeros(len(self._parents), dtype=np.int32)
            depths[nodes] = values
            return depths.data
        found: dict[int, int] = {}
        for node in self.nodes:
            parent = self._parents[node] - 1
            found[node] = 0 if parent == node else found[parent] + 1
        return found


class Search:
    """A breadth-first search, taken level by level.

    Attributes:
        frontier: the nodes that were discovered last, ascending; empty when the search is over.
        parents: by node: 1 + the parent, a seed being its own. A dictionary at first, so that small answers touch
            little memory; from the first wide level on one int32 a node, 0 where not reached.
    """

    def __init__(
        self,
        rows: Adjacency,
        nodes: int,
        seeds: list[int],
        *,
        follow: Mask = None,
        stop: Collection[int] = (),
        switch: float | None = None,
        wide: int = WIDE,
    ) -> None:
        self.frontier: list[int] | NDArray[np.int32] = seeds
        self.parents: dict[int, int] | memoryview = {seed: seed + 1 for seed in seeds}
        self._rows = rows
        self._nodes = nodes
        self._codes = mask(follow)
        self._stop = frozenset(stop)
        self._switch = switch
        self._wide = wide
        self._visits = 0
        self._order = array("i", seeds)
        self._starts = [0] if seeds else []
        self._noted = 0  # how many of the nodes in order are noted in the array of what is not reached yet
        self._arrays: Dense | None = None

    def advance(self, levels: int = -1) -> None:
        """Discovers the next levels, as many as asked for or (negative) all.

        Raises:
            IntegrityError: the arrays are not those of a graph (a damaged sidecar).
        """
        try:
            while len(self.frontier) and levels:
                levels = self._walk(levels)
                if len(self.frontier) and levels:
                    self._leap()
                    levels -= 1
        except (IndexError, ValueError) as error:
            raise _damaged() from error

    def result(self) -> Reach:
        """What has been reached so far."""
        return Reach(memoryview(self._order), self._starts, self.parents)

    def _walk(self, levels: int) -> int:
        """Levels in plain Python, until one is wide enough for numpy; returns how many levels are left."""
        frontier, parents, codes, stop, wide = self.frontier, self.parents, self._codes, self._stop, self._wide
        if not isinstance(frontier, list):
            if len(frontier) >= wide:
                return levels
            frontier = frontier.tolist()
        known = parents.get if isinstance(parents, dict) else parents.__getitem__
        pointers, targets, labels = self._rows.pointers, self._rows.targets, self._rows.codes
        while frontier and levels and not self._is_wide(len(frontier)):
            found: list[int] = []
            edges = 0
            for node in [node for node in frontier if node not in stop] if stop else frontier:
                mark = node + 1
                begin, end = pointers[node], pointers[mark]
                edges += end - begin
                if end - begin == 1:  # the links of a chain
                    target = targets[begin]
                    if not known(target) and (codes is None or codes[labels[begin]]):
                        parents[target] = mark
                        found.append(target)
                    continue
                if edges >= wide and self._is_wide(edges):
                    break
                row: Iterable[int] = targets[begin:end].tolist()
                if codes is not None:
                    row = compress(row, labels[begin:end].tobytes().translate(codes))
                for target in row:
                    if not known(target):
                        parents[target] = mark
                        found.append(target)
            else:
                self._count(edges)
                found.sort()
                if found:
                    self._starts.append(len(self._order))
                    self._order.extend(found)
                frontier = found
                levels -= 1
                continue
            for target in found:
                parents[target] = 0
            break
        self.frontier = frontier
        return levels

    def _leap(self) -> None:
        """One level in numpy."""
        import numpy as np

        parents, candidates, unreached, touched = self._dense()
        unreached[np.frombuffer(self._order, dtype=np.int32)[self._noted :]] = False
        self._noted = len(self._order)
        frontier = np.asarray(self.frontier, dtype=np.intp)
        if self._stop:
            frontier = frontier[np.isin(frontier, list(self._stop), invert=True)]
        crowded = len(frontier) * _CROWD > self._nodes
        parts = [np.empty(0, dtype=np.int32)]
        # From the largest node down: of several writes to one place the last one stays (tests hold numpy to that), so
        # that a candidate is the smallest node of the frontier which leads there.
        for end in range(len(frontier), 0, -_BLOCK):
            found, marks = self._targets(frontier[max(end - _BLOCK, 0) : end][::-1])
            candidates[found] = marks
            if crowded:
                touched[found] = True
            else:
                parts.append(found[unreached.take(found)].astype(np.int32))
        if crowded:
            touched &= unreached
            level = np.flatnonzero(touched).astype(np.int32)
            touched.fill(False)
        else:
            level = np.concatenate(parts)
            level.sort()
            single = np.ones(len(level), dtype=np.bool_)
            np.not_equal(level[1:], level[:-1], out=single[1:])
            level = level[single]
        parents[level] = candidates.take(level)
        self.frontier = level
        if len(level):
            self._starts.append(len(self._order))
            self._order.frombytes(self.frontier.data.cast("B"))

    def _targets(self, nodes: "NDArray[np.intp]") -> "tuple[NDArray[np.intp], NDArray[np.int32]]":
        """The targets of all edges to follow out of some nodes, in their order, and 1 + the node each comes from."""
        import numpy as np

        pointers, targets, codes = self._rows.arrays
        begins = pointers.take(nodes)
        nodes = nodes + 1
        counts = pointers.take(nodes)
        counts -= begins
        ends = np.cumsum(counts)
        self._count(int(ends[-1]))
        edges = np.repeat(begins + counts - ends, counts)
        edges += np.arange(ends[-1])
        found = targets.take(edges).astype(np.intp)
        marks = np.repeat(nodes.astype(np.int32), counts)
        if self._codes is not None:
            flags = np.frombuffer(codes.take(edges).tobytes().translate(self._codes), dtype=np.bool_)
            found, marks = found[flags], marks[flags]
        return found, marks

    def _dense(self) -> "Dense":
        """The arrays over all nodes that wide levels work on: made at the first of them."""
        import numpy as np

        if self._arrays is None:
            parents = np.zeros(self._nodes, dtype=np.int32)
            if isinstance(self.parents, dict):
                count = len(self.parents)
                reached = np.fromiter(self.parents, np.intp, count)
                parents[reached] = np.fromiter(self.parents.values(), np.int32, count)
            self.parents = parents.data
            candidates = np.empty(self._nodes, dtype=np.int32)
            unreached, touched = np.ones(self._nodes, dtype=np.bool_), np.zeros(self._nodes, dtype=np.bool_)
            self._arrays = parents, candidates, unreached, touched
        return self._arrays

    def _is_wide(self, edges: int) -> bool:
        """Whether a level of so many edges is one for numpy, in a search that has come so far."""
        if edges < self._wide:
            return False
        loaded = SWITCH_LOADED if "numpy" in sys.modules else SWITCH_UNLOADED
        return self._visits + edges > (loaded if self._switch is None else self._switch)

    def _count(self, edges: int) -> None:
        """Counts edge visits. A node is left once, so that more visits than edges mean rows that overlap."""
        self._visits += edges
        if edges < 0 or self._visits > self._rows.edges:
            raise _damaged()


def reach(
    graph: Graph,
    seeds: Iterable[int],
    *,
    backward: bool = False,
    follow: Mask = None,
    stop: Collection[int] = (),
    switch: float | None = None,
    wide: int = WIDE,
) -> Reach:
    """All nodes that the seeds lead to, the seeds included, each with its depth and one shortest path.

    Args:
        graph: where to search.
        seeds: where to start.
        backward: follow the edges from effect to cause.
        follow: the edge codes to follow; None for all.
        stop: nodes that are reached and not left, seeds too.
        switch: edge visits after which wide levels go to numpy: 0 for at once, infinity for never; by default
            20,000, or 200,000 where numpy would have to be imported first.
        wide: edges (or nodes) of a level from which on it is wide.

    Raises:
        IntegrityError: a seed that is not in the graph, or arrays that are not those of a graph.
    """
    rows = graph.reverse if backward else graph.forward
    starts = seeds_of(graph, seeds)
    search = Search(rows, graph.nodes, starts, follow=follow, stop=stop, switch=switch, wide=wide)
    search.advance()
    return search.result()


def _damaged() -> IntegrityError:
    return IntegrityError("the graph's arrays do not hold together", hint="delete the sidecar graph.csr: it is rebuilt")
