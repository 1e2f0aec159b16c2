"""How kinds of nodes and edges stand in the graph's byte arrays.

An edge's code is its kind times eight plus its strength; so one byte says what the edge is and how it is known.
"""

from collections.abc import Iterable

from forensics.model import EdgeKind, NodeKind, Strength

__all__ = ["NODE_KINDS", "PARENT", "edge_code", "edge_codes", "edge_kind", "edge_strength", "node_code"]

NODE_KINDS: tuple[NodeKind, ...] = tuple(NodeKind)
_EDGE_KINDS: tuple[EdgeKind, ...] = tuple(EdgeKind)
_STRENGTHS: tuple[Strength, ...] = tuple(Strength)

#: The code of parent -> child links between commits. They order commits and carry no influence.
PARENT = len(_EDGE_KINDS) * 8

_NODE_CODES = {kind: code for code, kind in enumerate(NODE_KINDS)}
_EDGE_CODES = {
    (kind, strength): i * 8 + j for i, kind in enumerate(_EDGE_KINDS) for j, strength in enumerate(_STRENGTHS)
}


def node_code(kind: NodeKind) -> int:
    """The byte that stands for a node kind."""
    return _NODE_CODES[kind]


def edge_code(kind: EdgeKind, strength: Strength = Strength.RECORDED) -> int:
    """The byte that stands for an edge kind known with a strength."""
    return _EDGE_CODES[kind, strength]


def edge_codes(kinds: Iterable[EdgeKind], strengths: Iterable[Strength] = tuple(Strength)) -> frozenset[int]:
    """All bytes for some kinds and strengths: what a traversal follows."""
    return frozenset(_EDGE_CODES[kind, strength] for kind in kinds for strength in strengths)


def edge_kind(code: int) -> EdgeKind:
    """The edge kind of a code other than ``PARENT``."""
    return _EDGE_KINDS[code >> 3]


def edge_strength(code: int) -> Strength:
    """The strength in a code other than ``PARENT``."""
    return _STRENGTHS[code & 7]
