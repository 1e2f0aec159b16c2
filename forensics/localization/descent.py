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
        units = sorted(_units(located), key=lambda unit: -located.groups[unit.group].mass * unit.share)
        total = sum(group.mass for group in located.groups)
        kept: list[Unit] = []
        held = 0.0
        for unit in units[: max(_MOST_UNITS, _MOST_BITS // located.influence.graph.nodes)]:
            if held >= (1 - _NEGLIGIBLE) * total:
                break
            kept.append(unit)
            held += located.groups[unit.group].mass * unit.share
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


def _units(located: "Located") -> list[Unit]:
    """Candidates by group and by the steps that leave them; other digests of a content step with it."""
    import numpy as np

    origins = located.origins
    members = np.array([member for group in located.groups for member in group.members], dtype=np.intp)
    twins = [(member, twin) for member in members.tolist() for twin in origins.twins.get(member, ())]
    owners = np.concatenate([members, np.array([member for member, _ in twins], dtype=np.intp)])
    nodes = np.concatenate([origins.nodes[members], np.array([twin for _, twin in twins], dtype=np.int32)])
    owner_of = np.full(located.influence.graph.nodes, -1, dtype=np.int32)
    owner_of[nodes] = owners
    heads, targets, codes = gather(located.influence.down, nodes)
    steps = owners[heads].astype(np.int64) << 32 | targets
    steps = np.sort(steps[(codes > 0) & (owner_of[targets] != owners[heads])])
    steps = steps[np.diff(steps, prepend=-1) != 0]
    bounds = np.searchsorted(steps, np.arange(len(origins.nodes) + 1) << 32).tolist()
    leaving = (steps & 0xFFFFFFFF).astype(np.int32)
    found: list[Unit] = []
    for number, group in enumerate(located.groups):
        by_steps: dict[bytes, list[tuple[int, float]]] = {}
        for member, share in zip(group.members, group.shares, strict=True):
            key = leaving[bounds[member] : bounds[member + 1]].tobytes()
            if member in origins.held:
                key = b"object:%d" % member
            by_steps.setdefault(key, []).append((member, share))
        found += [
            Unit(number, tuple(member for member, _ in some), sum(share for _, share in some))
            for some in by_steps.values()
        ]
    return found
