"""The smallest cut: the fewest versions and runs which, were they clean, would free some versions of all taint.

A minimum vertex cut between what is bad, or a gap, and the versions, in the graph of what is not clear. Plain reach is
the upper bound of the rules of taint, so that the cut holds under them too; each is judged again all the same, and
what is not needed for it under the rules is left out.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from forensics.model import EdgeKind, NodeKind
from forensics.taint import Judgement, Level
from forensics.taint.level import Facet

__all__ = ["MOST_NODES", "smallest_cut"]

#: Nodes in the graph of what is not clear; beyond, a cut would take minutes.
MOST_NODES = 20_000
#: Members of a cut that are each tried for being needed.
_MOST_TRIED = 16
_ONE = 1_000_000
_SILENT = frozenset({EdgeKind.RESTORED, EdgeKind.REUSED})
_CARRYING = tuple(kind for kind in EdgeKind if kind not in _SILENT)
_MENDABLE = frozenset({NodeKind.VERSION, NodeKind.EXECUTION})

_Edge = tuple[int, int]


def smallest_cut(
    judgement: Judgement, targets: Sequence[int], suppose: Callable[[frozenset[int]], Judgement]
) -> list[int] | None:
    """Finds a smallest cut.

    Args:
        judgement: the verdicts.
        targets: versions that are not clear.
        suppose: the verdicts, were some nodes clean.

    Returns:
        Versions and runs, ascending; of several cuts of one size one near to what is bad. Nothing where no cut was
        found to free all targets, None where there is too much to search.
    """
    upstream = _upstream(judgement, targets)
    if upstream is None:
        return None
    cut = _minimum(judgement, targets, *upstream)

    def frees(nodes: Iterable[int]) -> bool:
        then = suppose(frozenset(nodes))
        return all(then.level(target) is Level.CLEAR for target in targets)

    if not cut or not frees(cut):
        return []
    if len(cut) <= _MOST_TRIED:
        for node in tuple(cut):
            rest = [other for other in cut if other != node]
            if rest and frees(rest):
                cut = rest
    return cut


def _upstream(judgement: Judgement, targets: Sequence[int]) -> tuple[set[int], set[_Edge]] | None:
    """What is not clear and leads to some versions, with its edges; None where that is too much."""
    reached: set[int] = set()
    causes: dict[int, set[int]] = {}
    for (node, _), why in judgement.spread.causes.items():
        reached.add(node)
        if why.before is not None:
            chain = [why.before[0], *([why.via] if why.via >= 0 else []), node]
            for before, after in pairwise(chain):
                causes.setdefault(after, set()).add(before)
    seen = set(targets)
    waiting = list(targets)
    edges: set[_Edge] = set()
    while waiting:
        node = waiting.pop()
        linked = {cause for cause, _ in judgement.lineage.causes(node, *_CARRYING)} & reached
        for cause in (linked | causes.get(node, set())) - {node}:
            edges.add((cause, node))
            if cause not in seen:
                seen.add(cause)
                waiting.append(cause)
        if len(seen) > MOST_NODES:
            return None
    return seen, edges


def _minimum(judgement: Judgement, targets: Sequence[int], nodes: set[int], edges: set[_Edge]) -> list[int]:
    import networkx as nx
    from networkx.algorithms.flow import edmonds_karp

    flow: nx.DiGraph[object] = nx.DiGraph()
    aims = frozenset(targets)
    for node in sorted(nodes):
        weight = _weight(judgement, node, node in aims)
        flow.add_edge((node, "in"), (node, "out"), **({} if weight is None else {"capacity": weight}))
        if _begins(judgement, node):
            flow.add_edge("bad", (node, "in"))
        if node in aims:
            flow.add_edge((node, "out"), "freed")
    for cause, effect in sorted(edges):
        flow.add_edge((cause, "out"), (effect, "in"))
    if "bad" not in flow:
        return []
    _, (side, _) = nx.minimum_cut(flow, "bad", "freed", flow_func=edmonds_karp)
    return sorted(node for node in nodes if (node, "in") in side and (node, "out") not in side)


def _begins(judgement: Judgement, node: int) -> bool:
    """Whether taint starts at a node: it is marked, or a gap."""
    causes = (judgement.spread.causes.get((node, facet)) for facet in Facet)
    return any(cause is not None and cause.before is None for cause in causes)


def _weight(judgement: Judgement, node: int, is_target: bool) -> int | None:
    """What it costs to clean a node: one, and a little more the farther it is from what is bad; None for never."""
    kind = judgement.lineage.kind(node)
    if kind not in _MENDABLE:
        return None
    cause = judgement.cause(node)
    depth = min(cause.depth if cause else 0, 400)
    return _ONE + (900 if is_target else 2 * depth + (kind is NodeKind.EXECUTION))
