"""The graph as compressed sparse rows, one direction per ``Adjacency``."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forensics.errors import IntegrityError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Adjacency", "Graph", "Mask", "build", "mask", "without"]

#: Edge codes to follow: a set of codes, or 256 bytes of which those that are not zero are followed; None for all.
Mask = frozenset[int] | bytes | None


@dataclass(frozen=True, slots=True, eq=False)
class Adjacency:
    """The edges of one direction, grouped by the node that they leave: compressed sparse rows.

    Attributes:
        pointers: ``nodes + 1`` integers (format ``i``, or ``q`` from 2**31 edges on), ascending: the edges of node v
            are those from ``pointers[v]`` up to ``pointers[v + 1]``.
        targets: one int32 (format ``i``) an edge, ascending within a row.
        codes: one byte (format ``B``) an edge, ascending among the parallel edges of one target.
    """

    pointers: memoryview
    targets: memoryview
    codes: memoryview

    @property
    def edges(self) -> int:
        """How many edges there are."""
        return len(self.targets)

    @property
    def arrays(self) -> "tuple[NDArray[Any], NDArray[np.int32], NDArray[np.uint8]]":
        """Pointers, targets and codes as numpy arrays over the same memory."""
        import numpy as np

        return (
            np.frombuffer(self.pointers, dtype=self.pointers.format),
            np.frombuffer(self.targets, dtype=np.int32),
            np.frombuffer(self.codes, dtype=np.uint8),
        )

    def neighbours(self, node: int) -> tuple[memoryview, memoryview]:
        """The targets and the codes of the edges that leave a node, without a copy."""
        begin, end = self.pointers[node], self.pointers[node + 1]
        return self.targets[begin:end], self.codes[begin:end]


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """A directed multigraph of the nodes ``0 … nodes-1``, held in both directions.

    Attributes:
        forward: the edges from cause to effect.
        reverse: the same edges from effect to cause.
        kinds: one byte a node, whose meaning is the caller's.
    """

    nodes: int
    forward: Adjacency
    reverse: Adjacency
    kinds: memoryview

    @property
    def edges(self) -> int:
        """How many edges there are."""
        return self.forward.edges


def mask(follow: Mask) -> bytes | None:
    """Edge codes as 256 bytes of 0 and 1, or None where every code is followed.

    Raises:
        ValueError: bytes of another length, or a code that is no byte.
    """
    if follow is None:
        return None
    if isinstance(follow, bytes):
        if len(follow) != 256:
            raise ValueError(f"a mask of edge codes has 256 bytes, not {len(follow)}")
        return follow.translate(b"\0" + b"\1" * 255)
    flags = bytearray(256)
    for code in follow:
        flags[range(256).index(code)] = 1
    return bytes(flags)


def build(
    causes: "NDArray[np.int32]",
    effects: "NDArray[np.int32]",
    codes: "NDArray[np.uint8]",
    kinds: "NDArray[np.uint8]",
) -> Graph:
    """Builds both directions from edges in any order.

    The same set of edges gives the same bytes, whatever their order. Parallel edges are kept.

    Args:
        causes: the node that each edge leaves, from 0 up to ``len(kinds) - 1``.
        effects: the node that each edge enters.
        codes: the code of each edge.
        kinds: one byte a node; its length is the number of nodes.

    Raises:
        IntegrityError: columns of unequal length, or an edge that names a node that is not there.
    """
    import numpy as np

    nodes = len(kinds)
    if not len(causes) == len(effects) == len(codes):
        raise IntegrityError(f"edge columns of unequal length: {len(causes)}, {len(effects)}, {len(codes)}")
    for ends in (causes, effects):
        if len(ends) and (int(ends.min()) < 0 or int(ends.max()) >= nodes):
            raise IntegrityError(
                f"an edge names a node outside 0 to {nodes - 1}", hint="the case is damaged: ingest into a new one"
            )
    bits = max(nodes - 1, 1).bit_length()
    return Graph(
        nodes=nodes,
        forward=_rows(causes, effects, codes, nodes, bits),
        reverse=_rows(effects, causes, codes, nodes, bits),
        kinds=np.array(kinds, dtype=np.uint8).data,
    )


def without(graph: Graph, nodes: Iterable[int]) -> Graph:
    """The same nodes without the edges that leave or enter some of them.

    Raises:
        IntegrityError: a node that is not in the graph.
    """
    import numpy as np

    kept = np.ones(graph.nodes, dtype=np.bool_)
    kept[seeds_of(graph, nodes)] = False
    pointers, effects, codes = graph.forward.arrays
    causes = np.repeat(np.arange(graph.nodes, dtype=np.int32), np.diff(pointers))
    edges = kept[causes] & kept[effects]
    kinds = np.frombuffer(graph.kinds, dtype=np.uint8)
    return build(causes[edges], effects[edges], codes[edges], kinds)


def _rows(
    heads: "NDArray[np.int32]", tails: "NDArray[np.int32]", codes: "NDArray[np.uint8]", nodes: int, bits: int
) -> Adjacency:
    """Groups edges by head; ``bits`` is how many a node id takes."""
    import numpy as np

    width = np.int32 if len(heads) < 2**31 else np.int64
    pointers = np.zeros(nodes + 1, dtype=width)
    np.cumsum(np.bincount(heads, minlength=nodes), out=pointers[1:])
    if 2 * bits + 8 <= 64:
        # Sorting whole edges packed into one integer is several times faster than sorting an index of them.
        packed = heads.astype(np.uint64)
        packed <<= np.uint64(bits)
        packed |= tails.astype(np.uint64)
        packed <<= np.uint64(8)
        packed |= codes
        packed.sort()
        codes = packed.astype(np.uint8)
        packed >>= np.uint64(8)
        packed &= np.uint64((1 << bits) - 1)
        tails = packed.astype(np.int32)
    else:
        order = np.lexsort((codes, tails, heads))
        tails, codes = tails[order].astype(np.int32, copy=False), codes[order]
    return Adjacency(pointers.data, tails.data, codes.data)


def seeds_of(graph: Graph, seeds: Iterable[int]) -> list[int]:
    """Start nodes, ascending and each once.

    Raises:
        IntegrityError: a node that is not in the graph.
    """
    starts = sorted(set(map(int, seeds)))
    if starts and not (starts[0] >= 0 and starts[-1] < graph.nodes):
        stray = starts[0] if starts[0] < 0 else starts[-1]
        raise IntegrityError(f"node {stray} is not in the graph of {graph.nodes} nodes")
    return starts
