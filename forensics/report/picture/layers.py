"""A graph in layers, causes before effects: the method of Sugiyama, Tagawa and Toda (1981).

Cycles are broken, every node goes into the layer after its last cause, long links get a place in each layer that they
cross, the order within layers is improved by the means of neighbours and by swaps (Gansner and others, "A Technique
for Drawing Directed Graphs", 1993), and places are those that bring nodes nearest to their neighbours without changing
the order, found by pooling adjacent violators. Everything is in the order of the input, so the same graph gives the
same places.
"""

from bisect import bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["Places", "layout", "ranks"]

_SWEEPS, _SHIFTS = 24, 12
#: Links that pass a layer need less room than nodes.
_ROOM, _THIN = 1.0, 0.35

_Edge = tuple[int, int]
_Point = tuple[int, float]


@dataclass(frozen=True, slots=True)
class Places:
    """Where things are.

    Attributes:
        places: of each node, its layer from 0, and its place in it, in heights of a node from 0.
        routes: of each link, the points from cause to effect, one a layer.
        layers: how many there are.
        height: of the longest layer, in heights of a node.
    """

    places: dict[int, _Point]
    routes: dict[_Edge, tuple[_Point, ...]]
    layers: int
    height: float


def layout(nodes: Sequence[int], edges: Iterable[_Edge]) -> Places:
    """Gives every node a place.

    Args:
        nodes: the nodes; those without neighbours stand in the first layer.
        edges: from cause to effect, between these nodes; both may be on a cycle.
    """
    edges = sorted({(cause, effect) for cause, effect in edges if cause != effect})
    forward = _acyclic(nodes, edges)
    rank = _forward_ranks(nodes, forward)
    layers, chains = _with_passages(nodes, forward, rank)
    before, after = _neighbours(layers, chains)
    layers = _ordered(layers, before, after)
    at = _placed(layers, before, after, thin=set().union(*layers) - set(nodes))
    low = min(at.values(), default=0.0)
    depth = {node: number for number, layer in enumerate(layers) for node in layer}
    point = {node: (depth[node], at[node] - low) for node in depth}
    routes = {}
    for edge in edges:
        chain = chains.get(edge) or chains[edge[::-1]][::-1]
        routes[edge] = tuple(point[node] for node in chain)
    height = max((y for _, y in point.values()), default=0.0) + 1
    return Places({node: point[node] for node in nodes}, routes, len(layers), height)


def ranks(nodes: Sequence[int], edges: Iterable[_Edge]) -> dict[int, int]:
    """The layer of every node, from 0."""
    edges = sorted({(cause, effect) for cause, effect in edges if cause != effect})
    return _forward_ranks(nodes, _acyclic(nodes, edges))


def _acyclic(nodes: Sequence[int], edges: Sequence[_Edge]) -> list[_Edge]:
    """The edges, with those turned around that would close a cycle."""
    effects: dict[int, list[int]] = {node: [] for node in nodes}
    for cause, effect in edges:
        effects[cause].append(effect)
    on_path: dict[int, bool] = {}
    turned: set[_Edge] = set()
    for start in nodes:
        if start in on_path:
            continue
        on_path[start] = True
        stack = [(start, iter(effects[start]))]
        while stack:
            node, rest = stack[-1]
            found = next(rest, None)
            if found is None:
                on_path[node] = False
                stack.pop()
            elif found not in on_path:
                on_path[found] = True
                stack.append((found, iter(effects[found])))
            elif on_path[found]:
                turned.add((node, found))
    return sorted({edge[::-1] if edge in turned else edge for edge in edges})


def _forward_ranks(nodes: Sequence[int], edges: Sequence[_Edge]) -> dict[int, int]:
    """The layer after the last cause; what nothing here caused stands just before its first effect."""
    causes: dict[int, list[int]] = {node: [] for node in nodes}
    effects: dict[int, list[int]] = {node: [] for node in nodes}
    for cause, effect in edges:
        causes[effect].append(cause)
        effects[cause].append(effect)
    waiting = {node: len(causes[node]) for node in nodes}
    line = [node for node in nodes if not waiting[node]]
    rank = dict.fromkeys(nodes, 0)
    for node in line:
        for effect in effects[node]:
            rank[effect] = max(rank[effect], rank[node] + 1)
            waiting[effect] -= 1
            if not waiting[effect]:
                line.append(effect)
    for node in reversed(line):
        if effects[node] and len(causes[node]) <= 1:
            rank[node] = min(rank[effect] for effect in effects[node]) - 1
    return rank


def _with_passages(
    nodes: Sequence[int], edges: Sequence[_Edge], rank: Mapping[int, int]
) -> tuple[list[list[int]], dict[_Edge, list[int]]]:
    """Layers in which every link has a place of its own, of a negative number, in each layer between its ends."""
    layers: list[list[int]] = [[] for _ in range(max(rank.values(), default=-1) + 1)]
    chains: dict[_Edge, list[int]] = {}
    new = min([0, *nodes]) - 1
    for cause, effect in edges:
        passages = range(new, new - (rank[effect] - rank[cause] - 1), -1)
        new -= len(passages)
        chains[cause, effect] = [cause, *passages, effect]
        for passage, layer in zip(passages, range(rank[cause] + 1, rank[effect]), strict=True):
            layers[layer].append(passage)
    for node in nodes:
        layers[rank[node]].append(node)
    return layers, chains


def _neighbours(
    layers: Sequence[Sequence[int]], chains: Mapping[_Edge, Sequence[int]]
) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    before: dict[int, list[int]] = {node: [] for layer in layers for node in layer}
    after: dict[int, list[int]] = {node: [] for node in before}
    for chain in chains.values():
        for cause, effect in pairwise(chain):
            before[effect].append(cause)
            after[cause].append(effect)
    return before, after


def _ordered(
    layers: list[list[int]], before: Mapping[int, list[int]], after: Mapping[int, list[int]]
) -> list[list[int]]:
    """The order within layers with the fewest crossings that the sweeps came by."""
    layers = _by_walk(layers, before, after)
    best, fewest = layers, _crossings(layers, after)
    for sweep in range(_SWEEPS):
        layers = [list(layer) for layer in layers]
        down = sweep % 2 == 0
        numbers = range(1, len(layers)) if down else range(len(layers) - 2, -1, -1)
        neighbours = before if down else after
        for number in numbers:
            place = {node: at for at, node in enumerate(layers[number - 1 if down else number + 1])}
            keys = _means(layers[number], neighbours, place)
            layers[number].sort(key=keys.__getitem__)
        _transpose(layers, before, after)
        count = _crossings(layers, after)
        if count < fewest:
            best, fewest = layers, count
    return best


def _by_walk(
    layers: list[list[int]], before: Mapping[int, list[int]], after: Mapping[int, list[int]]
) -> list[list[int]]:
    """A first order, in which what hangs together stands together."""
    seen: dict[int, int] = {}
    for start in (node for layer in layers for node in layer):
        stack = [start]
        while stack:
            node = stack.pop()
            if node not in seen:
                seen[node] = len(seen)
                stack += [*reversed(before[node]), *reversed(after[node])]
    return [sorted(layer, key=seen.__getitem__) for layer in layers]


def _means(layer: Sequence[int], neighbours: Mapping[int, list[int]], place: Mapping[int, int]) -> dict[int, float]:
    found: dict[int, float] = {}
    last = -1.0
    for node in layer:
        at = [place[other] for other in neighbours[node]]
        # What has no neighbours there stays beside the one before it.
        last = found[node] = sum(at) / len(at) if at else last
    return found


def _transpose(layers: list[list[int]], before: Mapping[int, list[int]], after: Mapping[int, list[int]]) -> None:
    """Swaps neighbours as long as that saves crossings."""
    places = {node: at for layer in layers for at, node in enumerate(layer)}
    for _ in range(_SWEEPS):
        swapped = False
        for layer in layers:
            for at in range(len(layer) - 1):
                upper, lower = layer[at], layer[at + 1]
                now = then = 0
                for sides in (before, after):
                    above, below = ([places[other] for other in sides[node]] for node in (upper, lower))
                    now += sum(a > b for a in above for b in below)
                    then += sum(b > a for a in above for b in below)
                if then < now:
                    layer[at], layer[at + 1] = lower, upper
                    places[upper], places[lower] = at + 1, at
                    swapped = True
        if not swapped:
            return


def _crossings(layers: Sequence[Sequence[int]], after: Mapping[int, list[int]]) -> int:
    count = 0
    for layer, following in pairwise(layers):
        place = {node: at for at, node in enumerate(following)}
        passed: list[int] = []
        for node in layer:
            ends = sorted(place[effect] for effect in after[node])
            count += sum(len(passed) - bisect_right(passed, end) for end in ends)
            for end in ends:
                insort(passed, end)
    return count


def _placed(
    layers: Sequence[Sequence[int]], before: Mapping[int, list[int]], after: Mapping[int, list[int]], thin: set[int]
) -> dict[int, float]:
    """Places near the neighbours' that keep the order and the room of each."""
    at: dict[int, float] = {}
    for layer in layers:
        y = 0.0
        for node in layer:
            at[node] = y
            y += _THIN if node in thin else _ROOM
    for sweep in range(_SHIFTS):
        down = sweep % 2 == 0
        for layer in layers if down else reversed(layers):
            wanted, weights = [], []
            for node in layer:
                sides = [*before[node], *after[node]] if sweep > _SHIFTS // 2 else (before if down else after)[node]
                near = [at[other] for other in sides or [*before[node], *after[node]]]
                wanted.append(sum(near) / len(near) if near else at[node])
                # A long link stays straight rather than that a node stands in the middle of its neighbours.
                weights.append(4.0 if node in thin else 1.0 + len(near))
            rooms = [_THIN if node in thin else _ROOM for node in layer]
            at |= zip(layer, _pooled(wanted, weights, rooms), strict=True)
    return at


def _pooled(wanted: Sequence[float], weights: Sequence[float], rooms: Sequence[float]) -> list[float]:
    """Places nearest to those wanted, by weighted squares, that keep half the room of both between neighbours."""
    offsets = [0.0]
    for room, following in pairwise(rooms):
        offsets.append(offsets[-1] + (room + following) / 2)
    pools: list[tuple[float, float, int]] = []
    for want, weight, offset in zip(wanted, weights, offsets, strict=False):
        mean, mass, count = want - offset, weight, 1
        while pools and pools[-1][0] >= mean:
            other, heavy, several = pools.pop()
            mean = (mean * mass + other * heavy) / (mass + heavy)
            mass, count = mass + heavy, count + several
        pools.append((mean, mass, count))
    levels = [mean for mean, _, count in pools for _ in range(count)]
    return [level + offset for level, offset in zip(levels, offsets, strict=False)]
