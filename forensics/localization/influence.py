"""The edges along which poison can have come: the graph as localization walks it.

It agrees with the rules of taint (``forensics.taint``): what a run made comes from the run, and what nothing made comes
in with its bytes. So a version is *derived* (a run made it, or it is known for certain to be imported, or built from
parts, or read out of what is derived), else it is a *root*, and

- a derived version leads back to what supplied it, a root to its content;
- a content leads back to its members, to other digests of its bytes, and to derived versions that have it;
- a part that was read out of a root counts by its own bytes, not by the whole directory.

Commits, actors, releases, what was restored or given out again from a cache, and ``assumed`` bytes are not walked.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from forensics.case.codes import edge_codes, node_code
from forensics.graph import Adjacency, Graph
from forensics.model import EdgeKind, NodeKind, Strength

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["CERTAIN_STEP", "STEPS", "WEAK_STEP", "Influence"]

#: Codes of the edges of an ``Influence``: known for certain; known otherwise, so that it may accuse and not clear.
CERTAIN_STEP, WEAK_STEP = 1, 2
#: Both, to be followed by a traversal.
STEPS = frozenset({CERTAIN_STEP, WEAK_STEP})

_CERTAIN = (Strength.RECORDED, Strength.MATCHED)
_WEAK = (Strength.DECLARED, Strength.INFERRED, Strength.ASSUMED)
#: Runs are walked however they are known. Where bytes may have been taken from by address or by a card is a tier apart.
_RUNS = (EdgeKind.USED, EdgeKind.GENERATED, EdgeKind.MEMBER)
_TAKEN = (EdgeKind.IMPORTED, EdgeKind.DECLARED)
_CONTENT, _PART, _WEAK_PART = 3, 4, 5  # judged edge by edge

VERSION = node_code(NodeKind.VERSION)


@dataclass(frozen=True, eq=False)
class Influence:
    """A graph in which only the edges that localization walks are left.

    Attributes:
        graph: the whole graph, with the codes of ``forensics.case.codes``.
        weak: also walk imports and declared bases that are not known for certain.
    """

    graph: Graph
    weak: bool = False

    @cached_property
    def derived(self) -> "NDArray[np.bool_]":
        """By node: a version that something on record made or supplied; shape (nodes,)."""
        import numpy as np

        _, effects, codes = self.graph.forward.arrays
        makers = edge_codes([EdgeKind.GENERATED]) | edge_codes([EdgeKind.IMPORTED, EdgeKind.MEMBER], _CERTAIN)
        derived = np.zeros(self.graph.nodes, dtype=np.bool_)
        derived[effects[_flags(makers)[codes]]] = True
        derived &= self._is_version
        places = np.flatnonzero(_flags(edge_codes([EdgeKind.PART]))[codes])
        wholes, parts = self._heads(self.graph.forward, places), effects[places]
        while (found := derived[wholes] & ~derived[parts]).any():
            derived[parts[found]] = True
        return derived

    @cached_property
    def up(self) -> Adjacency:
        """From effect to cause: the reverse rows of the graph, whose codes say which steps to follow."""
        return self._steps(self.graph.reverse, backward=True)

    @cached_property
    def down(self) -> Adjacency:
        """From cause to effect: the forward rows of the graph, whose codes say which steps to follow."""
        return self._steps(self.graph.forward, backward=False)

    @cached_property
    def _is_version(self) -> "NDArray[np.bool_]":
        import numpy as np

        found: NDArray[np.bool_] = np.frombuffer(self.graph.kinds, dtype=np.uint8) == VERSION
        return found

    def _steps(self, rows: Adjacency, *, backward: bool) -> Adjacency:
        import numpy as np

        _, targets, codes = rows.arrays
        table = np.zeros(256, dtype=np.uint8)
        table[list(edge_codes(_RUNS, _CERTAIN) | edge_codes(_TAKEN, _CERTAIN))] = CERTAIN_STEP
        table[list(edge_codes((*_RUNS, *_TAKEN) if self.weak else _RUNS, _WEAK))] = WEAK_STEP
        table[list(edge_codes([EdgeKind.CONTENT], _CERTAIN))] = _CONTENT
        table[list(edge_codes([EdgeKind.PART], _CERTAIN))] = _PART
        table[list(edge_codes([EdgeKind.PART], _WEAK))] = _WEAK_PART
        steps = table[codes]
        places = np.flatnonzero(steps >= _CONTENT)
        heads, tails = self._heads(rows, places), targets[places]
        causes, effects = (tails, heads) if backward else (heads, tails)
        of_bytes = np.where(
            self._is_version[effects], ~self.derived[effects], self.derived[causes] | ~self._is_version[causes]
        )
        is_part = steps[places] != _CONTENT
        kept = np.where(is_part, self.derived[causes], of_bytes)
        steps[places] = np.where(kept, np.where(steps[places] == _WEAK_PART, WEAK_STEP, CERTAIN_STEP), 0)
        return Adjacency(rows.pointers, rows.targets, steps.data)

    @staticmethod
    def _heads(rows: Adjacency, places: "NDArray[np.intp]") -> "NDArray[np.int32]":
        """The nodes that own some edges, by the edges' places."""
        import numpy as np

        found: NDArray[np.int32] = (np.searchsorted(rows.arrays[0], places, side="right") - 1).astype(np.int32)
        return found


def _flags(codes: frozenset[int]) -> "NDArray[np.bool_]":
    import numpy as np

    flags = np.zeros(256, dtype=np.bool_)
    flags[list(codes)] = True
    return flags
