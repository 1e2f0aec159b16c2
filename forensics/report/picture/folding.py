"""A graph that is too large to be read, made smaller: siblings are drawn as one, and said to be."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace

from forensics.answer import Thing
from forensics.model import NodeKind
from forensics.report.picture.layers import ranks
from forensics_queries.neighbourhood import Link, Neighbourhood, Node

__all__ = ["MANY", "fold", "kind_of"]

#: Nodes that one picture shows at most before siblings are folded.
MANY = 200

_FOLDED = "folded"
_PLURALS = {
    NodeKind.VERSION.value: "versions",
    NodeKind.EXECUTION.value: "runs",
    NodeKind.COMMIT.value: "commits",
    NodeKind.CONTENT.value: "files",
    NodeKind.ACTOR.value: "people",
    NodeKind.RELEASE.value: "releases",
    NodeKind.CONTEXT.value: "contexts",
}
_Key = Callable[[Node], Hashable]


def fold(graph: Neighbourhood, many: int = MANY) -> Neighbourhood:
    """Folds siblings, as far as it takes: clean ones first, then versions and runs of the same name.

    What is bad itself, what is live and what to go back to always stands alone. Where that is not enough, all others of
    one kind and verdict in a layer are one; and of chains that are still too long the nodes farthest from those that
    stand alone are left out and counted.

    Args:
        graph: what is to be drawn.
        many: how many nodes it may have.
    """
    if len(graph.nodes) > many:
        around = _around(graph.links)
        graph = _folded(graph, lambda node: ("clear", kind_of(node), around(node)) if node.verdict == "clear" else None)
    if len(graph.nodes) > many:
        graph = _folded(graph, lambda node: None if node.releases else _name(node))
    if len(graph.nodes) > many:
        graph = _folded(graph, _name)
    if len(graph.nodes) > many:
        rank = ranks([node.thing.id for node in graph.nodes], [(link.cause, link.effect) for link in graph.links])
        graph = _folded(graph, lambda node: (node.verdict, kind_of(node), rank[node.thing.id]))
    return _nearest(graph, many) if len(graph.nodes) > many else graph


def _name(node: Node) -> Hashable:
    return node.verdict, kind_of(node), node.thing.source, node.thing.path, node.thing.name


def _around(links: Sequence[Link]) -> Callable[[Node], Hashable]:
    """All that a node leads to and comes from."""
    found: dict[int, set[tuple[bool, int]]] = {}
    for link in links:
        found.setdefault(link.cause, set()).add((True, link.effect))
        found.setdefault(link.effect, set()).add((False, link.cause))
    return lambda node: frozenset(found.get(node.thing.id, ()))


def _folded(graph: Neighbourhood, key: _Key) -> Neighbourhood:
    groups: dict[Hashable, list[Node]] = {}
    for node in graph.nodes:
        # A key of None keeps a node apart.
        own = None if node.role or node.live else key(node)
        groups.setdefault(own if own is not None else ("alone", node.thing.id), []).append(node)
    into: dict[int, int] = {}
    nodes: list[Node] = []
    for group in groups.values():
        nodes.append(group[0] if len(group) == 1 else _one(group))
        into |= dict.fromkeys((node.thing.id for node in group), nodes[-1].thing.id)
    links: dict[tuple[int, int], Link] = {}
    for link in graph.links:
        cause, effect = into[link.cause], into[link.effect]
        if cause != effect:
            links.setdefault((cause, effect), Link(cause, effect, link.known))
    return replace(graph, nodes=tuple(nodes), links=tuple(links.values()))


def _one(group: list[Node]) -> Node:
    """Several nodes as one, by the id of the first."""
    first, count = group[0], sum(_count(node) for node in group)
    titles = {node.thing.title for node in group}
    alike = f"{first.thing.title}  × {count:,}"
    named = (
        alike if len(titles) == 1 and first.thing.kind != _FOLDED else f"+ {count:,} other {_PLURALS[kind_of(first)]}"
    )
    return Node(Thing(first.thing.id, _FOLDED, named, "", name=kind_of(first), label=str(count)), first.verdict)


def kind_of(node: Node) -> str:
    """The kind of a node, or of those that were folded into it."""
    return node.thing.name if node.thing.kind == _FOLDED else node.thing.kind


def _count(node: Node) -> int:
    return int(node.thing.label) if node.thing.kind == _FOLDED else 1


def _nearest(graph: Neighbourhood, many: int) -> Neighbourhood:
    """The nodes that stand nearest to what always stands alone."""
    beside: dict[int, list[int]] = {}
    for link in graph.links:
        beside.setdefault(link.cause, []).append(link.effect)
        beside.setdefault(link.effect, []).append(link.cause)
    line = [node.thing.id for node in graph.nodes if node.role or node.live][:many]
    kept = dict.fromkeys(line)
    for node in line:
        for other in beside.get(node, ()):
            if other not in kept and len(kept) < many:
                kept[other] = None
                line.append(other)
    nodes = tuple(node for node in graph.nodes if node.thing.id in kept)
    lost = sum(_count(node) for node in graph.nodes if node.thing.id not in kept)
    links = tuple(link for link in graph.links if link.cause in kept and link.effect in kept)
    return replace(graph, nodes=nodes, links=links, left_out=graph.left_out + lost)
