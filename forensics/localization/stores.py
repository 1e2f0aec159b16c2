"""What can have been read from a stored object: whose bytes are not what the record says, so that nobody knows them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from forensics.case.codes import edge_codes, node_code
from forensics.model import EdgeKind, NodeKind

if TYPE_CHECKING:
    from forensics.graph import Graph

__all__ = ["TAMPERED", "read_from"]

#: What part of the probability, before any label, tampered objects have together. That bytes changed under their own
#: digest is a fact and no guess, so they weigh as much as all that stands on record; and no more, since disks fail too.
TAMPERED = 0.5

_CONTENT, _MEMBER = edge_codes([EdgeKind.CONTENT]), edge_codes([EdgeKind.MEMBER])
_VERSION = node_code(NodeKind.VERSION)


def read_from(graph: "Graph", contents: Iterable[int]) -> dict[int, tuple[int, ...]]:
    """The versions whose bytes are taken from stored objects, derived ones too: a run reads what lies there.

    Args:
        graph: nodes and edges with the codes of ``forensics.case.codes``.
        contents: what the objects are named after.

    Returns:
        By content, ascending: versions that have it, or that are directories which list it.
    """
    found: dict[int, tuple[int, ...]] = {}
    for content in sorted(set(contents)):
        waiting, seen, versions = [content], {content}, set[int]()
        while waiting:
            here = waiting.pop()
            targets, codes = graph.forward.neighbours(here)
            for target, code in zip(targets, codes, strict=True):
                if code in _CONTENT and graph.kinds[target] == _VERSION:
                    versions.add(target)
                elif code in _MEMBER and target not in seen:
                    seen.add(target)
                    waiting.append(target)
        found[content] = tuple(sorted(versions))
    return found
