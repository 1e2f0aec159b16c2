"""What several formats share: canonical JSON, times as RFC 3339, digests by their standard names, roles of nodes."""

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from forensics.evidence.bundle import Bundle, Link, Node
from forensics.model import NodeKind, Strength
from forensics_queries.neighbourhood import Link as Arrow
from forensics_queries.neighbourhood import Neighbourhood
from forensics_queries.neighbourhood import Node as Box

__all__ = ["HASHES", "Incident", "document", "drawn", "hashes", "line", "moment", "uuid_of", "vouched"]

#: Digests of the bytes themselves, by the algorithm's name in the case. A ``.dir`` value is the md5 of a listing, and
#: ``git``, ``md5-dos2unix`` and parameter values are no plain digests of a file: they are no hashes to others.
HASHES = {"md5": ("MD5", 32), "sha1": ("SHA-1", 40), "sha256": ("SHA-256", 64), "sha512": ("SHA-512", 128)}

_NAMESPACE = uuid5(NAMESPACE_URL, "urn:lineage-forensics")


def document(value: Any) -> bytes:
    """JSON with sorted keys, two spaces deep; characters outside ASCII escaped."""
    return (json.dumps(value, sort_keys=True, indent=2, allow_nan=False) + "\n").encode()


def line(value: Any) -> bytes:
    """JSON on one line, keys sorted."""
    return (json.dumps(value, sort_keys=True, allow_nan=False) + "\n").encode()


def moment(seconds: int | None) -> str:
    """RFC 3339 in UTC with a numeric offset, which every format takes; empty where no calendar has such a time."""
    if seconds is None:
        return ""
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat()
    except (OverflowError, ValueError, OSError):
        return ""


def uuid_of(*parts: str) -> UUID:
    """A UUID (version 5) made of texts: the same for the same texts."""
    return uuid5(_NAMESPACE, json.dumps(parts))


def hashes(digests: Iterable[str]) -> dict[str, str]:
    """Digests of bytes by the names that standards give the algorithms: ``{"SHA-256": "9f86…"}``."""
    found: dict[str, str] = {}
    for digest in digests:
        algorithm, _, value = digest.partition(":")
        name, digits = HASHES.get(algorithm, ("", -1))
        if len(value) == digits and all(c in "0123456789abcdef" for c in value):
            found.setdefault(name, value)
    return found


def vouched(bundle: Bundle) -> str:
    """The time as of which a bag speaks: when the last entry of its journal was made."""
    return moment(bundle.journal.made_at) or moment(0)


def drawn(bundle: Bundle) -> Neighbourhood:
    """The bundle's graph as it is drawn everywhere; bytes, which only stand beside versions, are left out."""
    boxes = tuple(
        Box(node.thing, node.verdict, "source" if node.marks else "", node.stages, node.releases)
        for node in bundle.nodes
        if node.thing.kind != NodeKind.CONTENT
    )
    shown = {box.thing.id for box in boxes}
    certain = (Strength.RECORDED, Strength.MATCHED)
    arrows = tuple(
        Arrow(
            link.cause,
            link.effect,
            link.strength,
            link.kind + ("" if link.strength in certain else f" ({link.strength})"),
        )
        for link in bundle.links
        if link.cause in shown and link.effect in shown
    )
    return Neighbourhood(boxes, arrows)


class Incident:
    """The bundle's graph by node.

    Attributes:
        nodes: all nodes by id.
        causes, effects: the links into and out of each node.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.nodes: dict[int, Node] = {node.thing.id: node for node in bundle.nodes}
        self.causes: dict[int, list[Link]] = defaultdict(list)
        self.effects: dict[int, list[Link]] = defaultdict(list)
        for link in bundle.links:
            self.causes[link.effect].append(link)
            self.effects[link.cause].append(link)

    def of_kind(self, kind: NodeKind) -> list[Node]:
        """The nodes of a kind, by id."""
        return [node for node in self.nodes.values() if node.thing.kind == kind]

    def before(self, node: int, *kinds: str) -> list[Node]:
        """What leads to a node by links of some kinds, each once."""
        found = dict.fromkeys(link.cause for link in self.causes[node] if link.kind in kinds)
        return [self.nodes[other] for other in found]

    def after(self, node: int, *kinds: str) -> list[Node]:
        """What a node leads to by links of some kinds, each once."""
        found = dict.fromkeys(link.effect for link in self.effects[node] if link.kind in kinds)
        return [self.nodes[other] for other in found]
