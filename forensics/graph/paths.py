"""One path between two sets of nodes, and whether there is any."""

from collections.abc import Iterable, Sequence

from forensics.graph.adjacency import Graph, Mask, mask, seeds_of
from forensics.graph.reach import Search

__all__ = ["is_reachable", "shortest_path"]


def shortest_path(
    graph: Graph, sources: Iterable[int], targets: Iterable[int], *, follow: Mask = None
) -> list[int] | None:
    """One shortest path from any of the sources to any of the targets, both ends included; None if there is none.

    Searches from both ends, always from the one that has fewer nodes to leave. The same question gives the same path:
    the halves meet in the smallest node they can, and each half follows the smallest parents (see ``reach``).

    Raises:
        IntegrityError: an end that is not in the graph.
    """
    ahead = Search(graph.forward, graph.nodes, seeds_of(graph, sources), follow=follow)
    behind = Search(graph.reverse, graph.nodes, seeds_of(graph, targets), follow=follow)
    newest, other = ahead, behind
    while True:
        # The first nodes seen from both ends all lie on shortest paths: everything nearer was searched in vain.
        meeting = _first_shared(newest, other)
        if meeting is not None:
            return ahead.result().path(meeting) + behind.result().path(meeting)[-2::-1]
        if not len(ahead.frontier) or not len(behind.frontier):
            return None
        newest, other = (ahead, behind) if len(ahead.frontier) <= len(behind.frontier) else (behind, ahead)
        newest.advance(1)


def is_reachable(graph: Graph, start: int, goal: int, *, rank: Sequence[int], follow: Mask = None) -> bool:
    """Whether the start leads to the goal, in a graph without cycles. A node leads to itself.

    Args:
        graph: where to search.
        start: the supposed cause.
        goal: the supposed effect.
        rank: one integer a node, larger in every effect than in its causes (a topological position or generation);
            only nodes ranked below the goal are looked at.
        follow: the edge codes to follow; None for all.

    Raises:
        IntegrityError: a node that is not in the graph.
    """
    seeds_of(graph, (start, goal))
    codes = mask(follow)
    limit = rank[goal]
    seen = {start}
    waiting = [start] if rank[start] < limit else []
    while waiting:
        targets, labels = graph.forward.neighbours(waiting.pop())
        for target, label in zip(targets, labels, strict=True):
            if target in seen or (codes is not None and not codes[label]):
                continue
            if target == goal:
                return True
            seen.add(target)
            if rank[target] < limit:
                waiting.append(target)
    return start == goal


def _first_shared(newest: Search, other: Search) -> int | None:
    """The smallest node of one search's frontier that the other search has reached."""
    if isinstance(newest.frontier, list) or isinstance(other.parents, dict):
        reached = other.result()
        return next((int(node) for node in newest.frontier if int(node) in reached), None)
    import numpy as np

    shared = np.flatnonzero(np.frombuffer(other.parents, dtype=np.int32).take(newest.frontier))
    return int(newest.frontier[shared[0]]) if len(shared) else None
