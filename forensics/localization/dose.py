"""How strongly something is contaminated: the share of what it was made from that goes back to a source."""

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from forensics.case.codes import node_code
from forensics.localization.cone import Cone, cone, gather
from forensics.model import NodeKind

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from forensics.localization.influence import Influence

__all__ = ["dose"]

_CONTENT, _VERSION, _EXECUTION = map(node_code, (NodeKind.CONTENT, NodeKind.VERSION, NodeKind.EXECUTION))


def dose(
    influence: "Influence",
    sources: Iterable[int],
    *,
    sizes: Mapping[int, float] | None = None,
    whole: Collection[int] = frozenset(),
) -> dict[int, float]:
    """Passes doses forward: taint with attenuation, linear in the shares of inputs.

    Args:
        influence: the graph as localization walks it.
        sources: nodes that are contaminated in full.
        sizes: rows, bytes or files of contents and of versions, all in one unit. The inputs of a run, or the members of
            a directory, of which some size is not known count equally.
        whole: versions that take effect in full whatever their size: code, parameters, commands.

    Returns:
        By node that a source leads to: above 0 and up to 1. What lies on a cycle has one dose.
    """
    import numpy as np

    starts = set(sources)
    below = cone(influence.down, dict.fromkeys(starts, 1))
    places = {place: below.loops[place] for place in below.loops}
    first: dict[int, int] = {}
    for place, loop in sorted(places.items()):
        first.setdefault(loop, place)
    # Each cycle is one place, so that an order exists.
    owner = np.arange(len(below.nodes))
    owner[list(places)] = [first[loop] for loop in places.values()]
    shares = _shares(influence, below, sizes or {}, whole)
    heads, tails = owner[below.heads], owner[below.tails]
    between = heads != tails
    found = _pass_on(heads[between], tails[between], shares[between], owner, below, starts)
    return {int(node): found[place] for node, place in zip(below.nodes.tolist(), owner.tolist(), strict=True)}


def _pass_on(
    heads: "NDArray[np.int64]",
    tails: "NDArray[np.int64]",
    shares: "NDArray[np.float64]",
    owner: "NDArray[np.int64]",
    below: Cone,
    starts: set[int],
) -> list[float]:
    import numpy as np

    doses = [0.0] * len(below.nodes)
    for place, node in enumerate(below.nodes.tolist()):
        if node in starts:
            doses[int(owner[place])] = 1.0
    order = np.argsort(heads, kind="stable")
    heads, targets, weights = heads[order], tails[order].tolist(), shares[order].tolist()
    begins = np.searchsorted(heads, np.arange(len(doses) + 1)).tolist()
    waiting = np.bincount(tails, minlength=len(doses)).tolist()
    ready = [place for place in range(len(doses)) if not waiting[place]]
    for place in ready:  # grows while it is walked
        doses[place] = min(doses[place], 1.0)
        for i in range(begins[place], begins[place + 1]):
            target = targets[i]
            doses[target] += doses[place] * weights[i]
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    return doses


def _shares(
    influence: "Influence", below: Cone, sizes: Mapping[int, float], whole: Collection[int]
) -> "NDArray[np.float64]":
    """By step: which part of the effect the cause is."""
    import numpy as np

    kinds = np.frombuffer(influence.graph.kinds, dtype=np.uint8)[below.nodes]
    causes, effects = kinds[below.heads], kinds[below.tails]
    # Of what is put together: members of a directory, by content or by version, and the inputs of a run.
    divided = (effects == _EXECUTION) | ((causes == effects) & ((effects == _CONTENT) | (effects == _VERSION)))
    shares = np.ones(len(below.heads))
    steps = np.flatnonzero(divided)
    distinct = np.unique(below.tails[steps])
    owners, inputs, codes = gather(influence.up, below.nodes[distinct])
    kept = (codes > 0) & (np.frombuffer(influence.graph.kinds, dtype=np.uint8)[inputs] != _EXECUTION)
    owners, inputs = owners[kept], inputs[kept]
    parts: dict[int, dict[int, float | None]] = {}
    for at, node in zip(owners.tolist(), inputs.tolist(), strict=True):
        if node not in whole:
            parts.setdefault(int(distinct[at]), {})[node] = sizes.get(node)
    for step in steps.tolist():
        cause, effect = int(below.nodes[below.heads[step]]), int(below.tails[step])
        if cause not in whole:
            shares[step] = _share(cause, parts[effect])
    return shares


def _share(cause: int, parts: Mapping[int, float | None]) -> float:
    known = [size for size in parts.values() if size is not None]
    own = parts[cause]
    if own is None or len(known) < len(parts) or not sum(known):
        return 1 / len(parts)
    return own / sum(known)
