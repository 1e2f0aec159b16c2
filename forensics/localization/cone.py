"""Signatures: which of some marked nodes each node leads to, or comes from, as bits of an integer.

One breadth-first search finds the nodes; one sweep in topological order gives them their bits, so that the cost does
not grow with depth. Only what lies on cycles, or behind them, is looked at by strong components.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forensics.graph import Adjacency, build, strong_components
from forensics.graph.reach import Search
from forensics.localization.influence import STEPS, WEAK_STEP

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Cone", "cone", "gather"]


@dataclass(frozen=True, eq=False)
class Cone:
    """All that some marked nodes lead to by the steps of an influence, and by which of them each node is reached.

    Attributes:
        nodes: ids in the graph, ascending (int32, shape (n,)).
        masks: by place in ``nodes``: bit i is set where marked node i leads here.
        heads, tails: the steps between these nodes, as places in ``nodes`` (int32, shape (steps,)).
        loops: places that lie on a cycle with others, each with the number of its cycle.
    """

    nodes: "NDArray[np.int32]"
    masks: list[int]
    heads: "NDArray[np.int32]"
    tails: "NDArray[np.int32]"
    loops: dict[int, int]

    def of(self, nodes: Iterable[int]) -> list[int]:
        """The bits of some nodes, in their order; 0 where nothing marked leads there."""
        import numpy as np

        places = self.places(np.fromiter(nodes, dtype=np.int32)).tolist()
        return [self.masks[place] if place >= 0 else 0 for place in places]

    def places(self, nodes: "NDArray[np.int32]") -> "NDArray[np.intp]":
        """Where some nodes stand in ``nodes``; -1 for what nothing marked leads to."""
        import numpy as np

        if not len(self.nodes):
            return np.full(len(nodes), -1, dtype=np.intp)
        found = np.searchsorted(self.nodes, nodes).clip(max=len(self.nodes) - 1)
        return np.where(self.nodes[found] == nodes, found, -1)


def cone(rows: Adjacency, marks: Mapping[int, int], *, blocked: int = 0) -> Cone:
    """Spreads bits from marked nodes along all steps.

    Args:
        rows: the steps, in the direction to go (``Influence.up`` or ``Influence.down``).
        marks: bits of the nodes to start from.
        blocked: bits that do not pass a weak step.

    Returns:
        Every node that is reached, with the union of the bits that lead there.
    """
    import numpy as np

    search = Search(rows, len(rows.pointers) - 1, sorted(marks), follow=STEPS)
    search.advance()
    nodes = np.sort(np.frombuffer(search.result().nodes, dtype=np.int32))
    heads, targets, codes = gather(rows, nodes)
    kept = codes > 0
    heads, targets, weak = heads[kept], targets[kept], codes[kept] == WEAK_STEP
    places = np.empty(len(rows.pointers) - 1, dtype=np.int32)
    places[nodes] = np.arange(len(nodes), dtype=np.int32)
    tails = places[targets]
    masks = [0] * len(nodes)
    for node, bits in marks.items():
        masks[int(np.searchsorted(nodes, node))] |= bits
    passing = weak if blocked else None
    # What leads no further takes its bits at the end, all at once, where they fit a word: mostly these are files.
    inner = np.ones(len(nodes), dtype=np.bool_)
    if max(marks.values(), default=0) < 1 << 64:
        inner[tails] = False
        inner[heads] = True
    among = inner[tails]
    loops = _sweep(masks, heads[among], tails[among], None if passing is None else passing[among], blocked)
    last = np.flatnonzero(~among)
    if len(last):
        _finish(masks, heads[last], tails[last], None if passing is None else passing[last], blocked)
    return Cone(nodes, masks, heads, tails, loops)


def gather(
    rows: Adjacency, nodes: "NDArray[np.int32]"
) -> "tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.uint8]]":
    """All edges that leave some nodes: the place of the node in ``nodes``, the target, and the code of each."""
    import numpy as np

    pointers, targets, codes = rows.arrays
    begins = pointers[nodes].astype(np.int64)
    counts = pointers[nodes + 1] - begins
    heads = np.repeat(np.arange(len(nodes), dtype=np.int32), counts)
    places = np.arange(len(heads), dtype=np.int64) + np.repeat(begins - (np.cumsum(counts) - counts), counts)
    return heads, targets[places], codes[places]


def _finish(
    masks: list[int],
    heads: "NDArray[np.int32]",
    tails: "NDArray[np.int32]",
    weak: "NDArray[np.bool_] | None",
    blocked: int,
) -> None:
    """Unites bits in what leads no further; they fit a word of 64."""
    import numpy as np

    order = np.argsort(tails, kind="stable")
    heads, tails = heads[order], tails[order]
    origins, place = np.unique(heads, return_inverse=True)
    bits = np.array([masks[head] for head in origins.tolist()], dtype=np.uint64)[place]
    if weak is not None:
        bits = np.where(weak[order], bits & np.uint64(~blocked & (1 << 64) - 1), bits)
    begins = np.flatnonzero(np.diff(tails, prepend=-1))
    united = np.bitwise_or.reduceat(bits, begins)
    for target, found in zip(tails[begins].tolist(), united.tolist(), strict=True):
        masks[target] |= found


def _sweep(
    masks: list[int],
    heads: "NDArray[np.int32]",
    tails: "NDArray[np.int32]",
    weak: "NDArray[np.bool_] | None",
    blocked: int,
) -> dict[int, int]:
    """Unites bits in topological order (Kahn 1962), then over what cycles leave.

    The heads ascend.

    Returns:
        Places on cycles, with the number of the cycle.
    """
    import numpy as np

    count = len(masks)
    waiting = np.bincount(tails, minlength=count).tolist()
    pointers = [0, *np.cumsum(np.bincount(heads, minlength=count)).tolist()]
    targets = tails.tolist()
    weaker = {} if weak is None else _weak_targets(heads, tails, weak)
    ready = [place for place in range(count) if not waiting[place]]
    for place in ready:  # grows while it is walked
        bits = masks[place]
        behind = weaker.get(place)
        for i in range(pointers[place], pointers[place + 1]):
            target = targets[i]
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
            masks[target] |= bits if behind is None or i not in behind else bits & ~blocked
    if len(ready) == count:
        return {}
    left = np.ones(count, dtype=np.bool_)
    left[ready] = False
    among = np.flatnonzero(left[heads])  # whatever they lead to is left over too
    codes = np.zeros(len(among), dtype=np.uint8)
    graph = build(heads[among], tails[among], codes, np.zeros(count, dtype=np.uint8))
    loops: dict[int, int] = {}
    for number, component in enumerate(strong_components(graph, np.flatnonzero(left).tolist())):
        if len(component) > 1:
            loops |= dict.fromkeys(component, number)
        inside, rising = set(component), list(component)
        while rising:
            place = rising.pop()
            behind = weaker.get(place, frozenset())
            for i in range(pointers[place], pointers[place + 1]):
                target = targets[i]
                bits = masks[place] & ~blocked if i in behind else masks[place]
                if bits & ~masks[target]:
                    masks[target] |= bits
                    if target in inside:
                        rising.append(target)
    return loops


def _weak_targets(
    heads: "NDArray[np.int32]", tails: "NDArray[np.int32]", weak: "NDArray[np.bool_]"
) -> dict[int, frozenset[int]]:
    """By head: the places of its steps that are weak, unless a certain step leads to the same node."""
    import numpy as np

    certain = set(zip(heads[~weak].tolist(), tails[~weak].tolist(), strict=True)) if weak.any() else set()
    found: dict[int, set[int]] = {}
    for i in np.flatnonzero(weak).tolist():
        if (int(heads[i]), int(tails[i])) not in certain:
            found.setdefault(int(heads[i]), set()).add(i)
    return {head: frozenset(places) for head, places in found.items()}
