"""Cycles: the strongly connected components of a graph."""

from collections.abc import Iterable

from forensics.graph.adjacency import Graph, Mask, mask, seeds_of

__all__ = ["strong_components"]


def strong_components(graph: Graph, nodes: Iterable[int] | None = None, *, follow: Mask = None) -> list[list[int]]:
    """The sets of nodes that lead to each other, causes before effects.

    A component of several nodes is a cycle; a single node is one only if an edge leads from it to itself. The order
    is topological: no edge leads from a component to an earlier one. The same graph gives the same list.

    Args:
        graph: where to search.
        nodes: the nodes to look at, and the edges between them; all by default.
        follow: the edge codes to follow; None for all.

    Returns:
        One ascending list of nodes a component.

    Raises:
        IntegrityError: a node that is not in the graph.

    Source: R. Tarjan, Depth-first search and linear graph algorithms, 1972; here without recursion, so that a deep
    chain cannot overflow the stack.
    """
    wanted = range(graph.nodes) if nodes is None else seeds_of(graph, nodes)
    inside = None if nodes is None else set(wanted)
    codes = mask(follow)
    reached: dict[int, int] = {}  # node -> when it was reached; lowered to the earliest it leads back to
    settled: set[int] = set()
    pending: list[int] = []  # reached and not yet given to a component
    components = []

    def ahead(node: int) -> list[int]:
        targets, labels = graph.forward.neighbours(node)
        found = targets.tolist()
        if codes is not None:
            found = [target for target, label in zip(found, labels, strict=True) if codes[label]]
        return found[::-1] if inside is None else [target for target in reversed(found) if target in inside]

    for root in wanted:
        if root in reached:
            continue
        trail = [(root, len(reached), ahead(root))]
        reached[root] = len(reached)
        pending.append(root)
        while trail:
            node, arrival, targets = trail[-1]
            if targets:
                target = targets.pop()
                if target not in reached:
                    trail.append((target, len(reached), ahead(target)))
                    reached[target] = len(reached)
                    pending.append(target)
                elif target not in settled:
                    reached[node] = min(reached[node], reached[target])
                continue
            trail.pop()
            if trail:
                before = trail[-1][0]
                reached[before] = min(reached[before], reached[node])
            if reached[node] == arrival:
                position = len(pending) - 1
                while pending[position] != node:
                    position -= 1
                component = sorted(pending[position:])
                del pending[position:]
                settled.update(component)
                components.append(component)
    components.reverse()
    return components
