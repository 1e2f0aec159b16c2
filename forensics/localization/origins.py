"""Where poison can have entered: candidates, what tells them apart, and how likely each is before any label."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from forensics.case.codes import node_code
from forensics.localization.introductions import Introductions
from forensics.localization.stores import TAMPERED, read_from
from forensics.model import NodeKind

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from forensics.localization.cone import Cone
    from forensics.localization.influence import Influence

__all__ = ["Origins", "origins_above"]

_VERSION, _CONTENT, _EXECUTION = map(node_code, (NodeKind.VERSION, NodeKind.CONTENT, NodeKind.EXECUTION))


@dataclass(frozen=True, eq=False)
class Origins:
    """Candidates: contents that came in through roots, roots without a content, executions, and tampered objects.

    Attributes:
        nodes: one node a candidate, ascending (int32, shape (candidates,)).
        masks: by candidate: the observed nodes that it leads to, as bits.
        twins: other digests of the same bytes, by candidate that has any.
        commits: by candidate: the commits that brought it in or recorded it; none where no commit is on record.
        executions: by candidate: it is an execution (bool).
        newest: by candidate: a number that is larger the later it came in.
        held: by candidate that is a tampered object: the versions that can have been read from it.
    """

    nodes: "NDArray[np.int32]"
    masks: list[int]
    twins: dict[int, tuple[int, ...]]
    commits: list[tuple[int, ...]]
    executions: "NDArray[np.bool_]"
    newest: list[int]
    held: dict[int, tuple[int, ...]]

    def prior(self, chosen: "NDArray[np.intp]", weights: "NDArray[np.float64] | None" = None) -> "NDArray[np.float64]":
        """How likely each of some candidates is to be a source, before any label; sums to 1.

        Half of it is spread evenly over candidates, half over the commits that brought them in and evenly over what
        each brought in. What no commit brought in counts as brought in by itself. Where some are tampered objects,
        half of all this is theirs (``TAMPERED``), and spread evenly over them.

        Args:
            chosen: places of the candidates that are possible at all.
            weights: a factor a candidate in ``nodes``, from whoever knows better.
        """
        import numpy as np

        units: dict[int, int] = {}
        owners: list[int] = []
        numbers: list[int] = []
        shares: list[float] = []
        for place, candidate in enumerate(chosen.tolist()):
            commits = self.commits[candidate] or (-1 - candidate,)
            for commit in commits:
                owners.append(place)
                numbers.append(units.setdefault(commit, len(units)))
                shares.append(1 / len(commits))
        number, share = np.array(numbers, dtype=np.intp), np.array(shares)
        size = np.bincount(number, share, len(units))
        by_commit = np.bincount(np.array(owners, dtype=np.intp), share / size[number], len(chosen)) / max(len(units), 1)
        found = 0.5 / max(len(chosen), 1) + 0.5 * by_commit
        tampered = np.array([candidate in self.held for candidate in chosen.tolist()], dtype=np.float64)
        if tampered.any():
            found = np.where(tampered, 0, found)
            usual = (1 - TAMPERED) / found.sum() if found.any() else 0.0
            found = found * usual + TAMPERED * tampered / tampered.sum()
        if weights is not None:
            found = found * weights[chosen]
        total: NDArray[np.float64] = found / found.sum() if len(found) else found
        return total


def origins_above(influence: "Influence", cone: "Cone", tampered: Iterable[int] = (), *, blocked: int = 0) -> Origins:
    """The candidates among what observed nodes come from.

    Args:
        influence: the graph as localization walks it.
        cone: what observed nodes come from (``cone(influence.up, …)``).
        tampered: contents of which a stored object holds other bytes.
        blocked: bits of observed nodes that say nothing of these.
    """
    import numpy as np

    kinds = np.frombuffer(influence.graph.kinds, dtype=np.uint8)[cone.nodes]
    is_content = kinds == _CONTENT
    joined = _twins(cone, is_content)
    excluded = set()
    # Derived twins stand for the origin of bytes, unless they were made from these very bytes.
    for head, tail in _pairs(cone, is_content[cone.heads] & (kinds[cone.tails] == _VERSION)):
        if cone.loops.get(head, -1) != cone.loops.get(tail, -2):
            excluded.add(joined.get(head, head))
    with_bytes = np.zeros(len(kinds), dtype=np.bool_)
    with_bytes[cone.heads[is_content[cone.tails]]] = True
    bare = (kinds == _VERSION) & ~influence.derived[cone.nodes] & ~with_bytes
    possible = np.flatnonzero(is_content | bare | (kinds == _EXECUTION))
    chosen = [place for place in possible.tolist() if joined.get(place, place) == place and place not in excluded]
    twins: dict[int, list[int]] = {}
    for place, first in joined.items():
        if place != first:
            twins.setdefault(int(cone.nodes[first]), []).append(int(cone.nodes[place]))
    masks = {int(cone.nodes[place]): cone.masks[place] for place in chosen}
    held = read_from(influence.graph, tampered)
    for content, versions in held.items():
        masks[content] = reduce(or_, cone.of((content, *versions))) & ~blocked
    nodes = np.array(sorted(masks), dtype=np.int32)
    introductions = Introductions(influence.graph)
    # Whoever brought in the recorded bytes did not change what lies in a store.
    commits = [() if node in held else some for node, some in zip(nodes.tolist(), introductions.of(nodes), strict=True)]
    return Origins(
        nodes=nodes,
        masks=[masks[node] for node in nodes.tolist()],
        twins={i: tuple(sorted(twins[node])) for i, node in enumerate(nodes.tolist()) if node in twins},
        commits=commits,
        executions=np.frombuffer(influence.graph.kinds, dtype=np.uint8)[nodes] == _EXECUTION,
        newest=[max(map(introductions.rank, some), default=-1) for some in commits],
        held={i: held[node] for i, node in enumerate(nodes.tolist()) if node in held},
    )


def _pairs(cone: "Cone", flags: "NDArray[np.bool_]") -> list[tuple[int, int]]:
    return list(zip(cone.heads[flags].tolist(), cone.tails[flags].tolist(), strict=True))


def _twins(cone: "Cone", is_content: "NDArray[np.bool_]") -> dict[int, int]:
    """By place of a content that has other digests: the smallest place among them. Equality alone leads both ways."""
    both = set(_pairs(cone, is_content[cone.heads] & is_content[cone.tails])) if cone.loops else set()
    first: dict[int, int] = {}

    def root(place: int) -> int:
        while first.get(place, place) != place:
            place = first[place]
        return place

    for head, tail in sorted(both):
        if head < tail and (tail, head) in both:
            one, other = sorted((root(head), root(tail)))
            first[other] = one
            first.setdefault(one, one)
    return {place: root(place) for place in first}
