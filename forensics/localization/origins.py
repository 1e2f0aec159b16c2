"""Where poison can have entered: candidates, what tells them apart, and how likely each is before any label."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import chain
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

#: The share of the prior that is spread over commits first, and the weight of what is made from other candidates.
_BY_COMMIT, _COMPOSITE = 1 / 3, 0.5

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
        composite: by candidate: it is made from other candidates (bool).
        newest: by candidate: a number that is larger the later it came in.
        held: by candidate that is a tampered object: the versions that can have been read from it.
    """

    nodes: "NDArray[np.int32]"
    masks: list[int]
    twins: dict[int, tuple[int, ...]]
    commits: list[tuple[int, ...]]
    executions: "NDArray[np.bool_]"
    composite: "NDArray[np.bool_]"
    newest: "NDArray[np.int32]"
    held: dict[int, tuple[int, ...]]

    def prior(self, chosen: "NDArray[np.intp]", weights: "NDArray[np.float64] | None" = None) -> "NDArray[np.float64]":
        """How likely each of some candidates is to be a source, before any label; sums to 1.

        Two thirds of it are spread over candidates, a third over the commits that brought them in and over what each
        brought in. What no commit brought in counts as brought in by itself. What is made from other candidates counts
        half each time: a run does what its code and inputs say, a directory holds its files, and these are candidates
        themselves. Where some are tampered objects, half of all this is theirs (``TAMPERED``), and spread evenly over
        them.

        Args:
            chosen: places of the candidates that are possible at all.
            weights: a factor a candidate in ``nodes``, from whoever knows better.
        """
        import numpy as np

        own = np.where(self.composite[chosen], _COMPOSITE, 1.0)
        place = np.full(len(self.nodes), -1, dtype=np.intp)
        place[chosen] = np.arange(len(chosen))
        candidates, commits, shares = self._brought
        owner, known = place[candidates], place[candidates] >= 0
        owner, share = owner[known], shares[known] * own[owner[known]]
        units, number = np.unique(commits[known], return_inverse=True)
        size = np.bincount(number, share, len(units))
        by_commit = np.bincount(owner, share / size[number], len(chosen)) / max(len(units), 1)
        found = (1 - _BY_COMMIT) * own / (own.sum() or 1.0) + _BY_COMMIT * by_commit
        tampered = np.isin(chosen, list(self.held)).astype(np.float64)
        if tampered.any():
            found = np.where(tampered, 0, found)
            usual = (1 - TAMPERED) / found.sum() if found.any() else 0.0
            found = found * usual + TAMPERED * tampered / tampered.sum()
        if weights is not None:
            found = found * weights[chosen]
        total: NDArray[np.float64] = found / found.sum() if len(found) else found
        return total

    @cached_property
    def signatures(self) -> "tuple[list[int], NDArray[np.intp]]":
        """The distinct masks, and by candidate the place of its own among them."""
        import numpy as np

        places: dict[int, int] = {}
        found = [places.setdefault(mask, len(places)) for mask in self.masks]
        return list(places), np.array(found, dtype=np.intp)

    @cached_property
    def _brought(self) -> "tuple[NDArray[np.intp], NDArray[np.int64], NDArray[np.float64]]":
        """Candidates and the commits that brought them in, and the share of each of several; itself where none did."""
        import numpy as np

        filled = [commits or (-1 - candidate,) for candidate, commits in enumerate(self.commits)]
        counts = np.fromiter(map(len, filled), dtype=np.intp, count=len(filled))
        commits = np.fromiter(chain.from_iterable(filled), dtype=np.int64, count=int(counts.sum()))
        return np.repeat(np.arange(len(filled)), counts), commits, np.repeat(1 / counts, counts)


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
    standing = np.ones(len(kinds), dtype=np.bool_)
    standing[[place for place, first in joined.items() if place != first]] = False
    standing[list(excluded)] = False
    chosen = possible[standing[possible]]
    twins: dict[int, list[int]] = {}
    for place, first in joined.items():
        if place != first:
            twins.setdefault(int(cone.nodes[first]), []).append(int(cone.nodes[place]))
    same = np.arange(len(kinds), dtype=np.int32)
    same[list(joined)] = list(joined.values())
    composite = np.zeros(influence.graph.nodes, dtype=np.bool_)
    composite[cone.nodes[same[cone.heads[same[cone.heads] != same[cone.tails]]]]] = True
    masks = dict(zip(cone.nodes[chosen].tolist(), [cone.masks[place] for place in chosen.tolist()], strict=True))
    held = read_from(influence.graph, tampered)
    for content, versions in held.items():
        masks[content] = reduce(or_, cone.of((content, *versions))) & ~blocked
    nodes = np.array(sorted(masks), dtype=np.int32)
    # Whoever brought in the recorded bytes did not change what lies in a store.
    in_store = np.isin(nodes, list(held))
    introductions = Introductions(influence.graph, nodes)
    commits = introductions.commits
    for place in np.flatnonzero(in_store).tolist():
        commits[place] = ()
    return Origins(
        nodes=nodes,
        masks=[masks[node] for node in nodes.tolist()],
        twins={int(np.searchsorted(nodes, node)): tuple(sorted(some)) for node, some in twins.items() if node in masks},
        commits=commits,
        executions=np.frombuffer(influence.graph.kinds, dtype=np.uint8)[nodes] == _EXECUTION,
        composite=composite[nodes],
        newest=np.where(in_store, -1, introductions.newest),
        held={place: held[int(nodes[place])] for place in np.flatnonzero(in_store).tolist()},
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
