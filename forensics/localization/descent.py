"""What candidates lead to, beyond what was observed: P(contaminated) of any version."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from forensics.localization.cone import Cone, cone, gather
from forensics.localization.rows import rows_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from forensics.localization.locate import Located

__all__ = ["Descent", "Unit"]

#: Units that are followed. What the others hold counts as upstream of everything, so that nothing is cleared by it.
_MOST_UNITS = 512
#: More than these where the graph is small: bits that all its nodes may have together.
_MOST_BITS = 1 << 28
#: Signatures that are weighed at once, so that memory stays small.
_BLOCK = 4096
#: Probability that may be left to units that are not followed.
_NEGLIGIBLE = 1e-4


@dataclass(frozen=True, slots=True)
class Unit:
    """Candidates of one group that lead to the same things by the same steps: no test can tell them apart.

    Attributes:
        group: place in ``Located.groups``.
        members: places in ``Origins.nodes``.
        share: of the group's probability.
    """

    group: int
    members: tuple[int, ...]
    share: float


class Descent:
    """The likeliest candidates of an incident, and what comes of each.

    Attributes:
        located: the incident.
        units: the candidates that are followed, by group.
    """

    def __init__(self, located: "Located") -> None:
        self.located = located
        most = max(_MOST_UNITS, _MOST_BITS // located.influence.graph.nodes)
        kept = _units(located, most)
        self.units = tuple(sorted(kept, key=lambda unit: (unit.group, unit.members)))

    @cached_property
    def groups(self) -> "NDArray[np.intp]":
        """The groups of the units, ascending."""
        import numpy as np

        return np.unique(np.array([unit.group for unit in self.units], dtype=np.intp))

    @cached_property
    def below(self) -> Cone:
        """All that the units lead to; bit i is unit i, and the bit after the last what is stated to be bad."""
        nodes = self.located.origins.nodes
        held = self.located.origins.held
        marks: dict[int, int] = {}
        for i, unit in enumerate(self.units):
            for node in (int(nodes[unit.members[0]]), *held.get(unit.members[0], ())):
                marks[node] = marks.get(node, 0) | 1 << i
        for node in self.located.evidence.stated:
            marks[node] = marks.get(node, 0) | 1 << len(self.units)
        return cone(self.located.influence.down, marks)

    def masks(self, versions: Iterable[int]) -> list[int]:
        """By version: the units that lead to it, as bits, and whether anything stated does."""
        return self.below.of(versions)

    def contamination(self, versions: Iterable[int]) -> "NDArray[np.float64]":
        """P(contaminated) of versions, or of any other nodes, under all sets of sources.

        Returns:
            In the order of the versions; 1 for what descends from something stated to be bad. 0 means that no
            candidate leads there.
        """
        import numpy as np

        masks = self.masks(versions)
        distinct = sorted(set(masks))
        stated = 1 << len(self.units)
        by_mask: dict[int, float] = {}
        for begin in range(0, len(distinct), _BLOCK):
            some = distinct[begin : begin + _BLOCK]
            found = self.located.posterior.contaminated(self.groups, self.members(some)).tolist()
            by_mask |= {mask: 1.0 if mask & stated else p for mask, p in zip(some, found, strict=True)}
        return np.array([by_mask[mask] for mask in masks])

    def members(self, masks: list[int]) -> "NDArray[np.float64]":
        """By signature and one of ``groups``: the share of the group's probability that leads there.

        Returns:
            Shape (masks, len(groups)).
        """
        import numpy as np

        if not self.units:
            return np.empty((len(masks), 0))
        of_unit = np.array([unit.group for unit in self.units])
        begins = np.flatnonzero(np.diff(of_unit, prepend=-1))
        shares = np.array([unit.share for unit in self.units])
        bits = rows_of(masks, len(self.units)).astype(np.float64)
        found: NDArray[np.float64] = np.add.reduceat(bits * shares, begins, axis=1)
        found += 1 - np.add.reduceat(shares, begins)  # units that are not followed
        return found.clip(0, 1)


def _units(located: "Located", most: int) -> list[Unit]:
    """Candidates by group and by the steps that leave them, the likeliest first, until next to nothing is left."""
    import numpy as np

    origins, groups = located.origins, located.groups
    of_group = np.repeat(np.arange(len(groups)), [len(group.members) for group in groups])
    members = np.array([member for group in groups for member in group.members], dtype=np.intp)
    shares = np.array([share for group in groups for share in group.shares])
    # What is in a store by other bytes is told apart from all others.
    alone = np.isin(members, list(origins.held))
    steps = np.where(alone, len(members) + members, _steps(located, members))
    _, first, unit = np.unique(of_group * int(steps.max(initial=0) + 1) + steps, return_index=True, return_inverse=True)
    share = np.bincount(unit, shares, len(first))
    mass = np.array([group.mass for group in groups])[of_group[first]] * share
    likeliest = np.lexsort((first, -mass))
    total = sum(group.mass for group in groups)
    before = np.cumsum(mass[likeliest]) - mass[likeliest]
    kept = likeliest[:most][before[:most] < (1 - _NEGLIGIBLE) * total]
    by_unit = np.argsort(unit, kind="stable")
    bounds = np.concatenate([[0], np.cumsum(np.bincount(unit, minlength=len(first)))])
    found = [(int(of_group[first[i]]), members[by_unit[bounds[i] : bounds[i + 1]]], float(share[i])) for i in kept]
    return [Unit(group, tuple(some.tolist()), held) for group, some, held in found]


def _steps(located: "Located", members: "NDArray[np.intp]") -> "NDArray[np.intp]":
    """By candidate: a number that those have in common whose steps lead to the same nodes.

    Other digests of a content step with it.
    """
    import numpy as np

    origins, down = located.origins, located.influence.down
    twins = [(member, twin) for member in members.tolist() for twin in origins.twins.get(member, ())]
    owners = np.concatenate([members, np.array([member for member, _ in twins], dtype=np.intp)])
    nodes = np.concatenate([origins.nodes[members], np.array([twin for _, twin in twins], dtype=np.int32)])
    owner_of = np.full(located.influence.graph.nodes, -1, dtype=np.int32)
    owner_of[nodes] = owners
    heads, targets, codes = gather(down, nodes)
    steps = owners[heads].astype(np.int64) << 32 | targets
    steps = np.sort(steps[(codes > 0) & (owner_of[targets] != owners[heads])])
    steps = steps[np.diff(steps, prepend=-1) != 0]
    leaving = (steps & 0xFFFFFFFF).astype(np.int32)
    counts = np.bincount((steps >> 32).astype(np.intp), minlength=len(origins.nodes))
    begins = np.cumsum(counts) - counts
    # Rows of one length at a time: as rows of a matrix they are compared as a whole.
    found = np.zeros(len(members), dtype=np.intp)
    known = 0
    lengths = counts[members]
    order = np.argsort(lengths, kind="stable")
    for places in np.split(order, np.flatnonzero(np.diff(lengths[order])) + 1):
        rows = leaving[begins[members[places]][:, None] + np.arange(lengths[places[0]])] if len(places) else leaving
        if rows.size:
            distinct, inverse = np.unique(rows, axis=0, return_inverse=True)
            found[places] = known + inverse.ravel()
            known += len(distinct)
        else:
            found[places] = known
            known += 1
    return found
