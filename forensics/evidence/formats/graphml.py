"""GraphML: the incident as a graph for Gephi, yEd, networkx and the like."""

import io
from xml.etree import ElementTree

from forensics.evidence.bundle import Bundle
from forensics.report.text import safe

__all__ = ["FILE", "write"]

FILE = "incident.graphml"

_NODE = ("kind", "title", "subject", "source", "path", "digest", "artifact_kind", "verdict", "live")
_EDGE = ("edge", "strength", "reason", "document", "commit", "locus")


def write(bundle: Bundle) -> bytes:
    """Nodes by their lasting ids; what XML cannot hold of a name is shown escaped."""
    root = ElementTree.Element("graphml", xmlns="http://graphml.graphdrawing.org/xmlns")
    for target, names in (("node", _NODE), ("edge", _EDGE)):
        for name in names:
            key = {"id": f"{target}-{name}", "for": target, "attr.name": name, "attr.type": "string"}
            ElementTree.SubElement(root, "key", key)
    graph = ElementTree.SubElement(root, "graph", edgedefault="directed")
    uids = {}
    for node in bundle.nodes:
        thing = node.thing
        uids[thing.id] = node.uid
        values = (thing.kind, thing.title, thing.subject, thing.source, thing.path, thing.digest,
                  thing.artifact_kind, node.verdict, ", ".join(node.stages))  # fmt: skip
        _add(ElementTree.SubElement(graph, "node", id=node.uid), "node", _NODE, values)
    for link in bundle.links:
        said = (link.kind, link.strength, link.reason, link.document, link.document_commit, link.document_locus)
        edge = ElementTree.SubElement(graph, "edge", source=uids[link.cause], target=uids[link.effect])
        _add(edge, "edge", _EDGE, said)
    ElementTree.indent(root)
    written = io.BytesIO()
    ElementTree.ElementTree(root).write(written, encoding="utf-8", xml_declaration=True)
    return written.getvalue() + b"\n"


def _add(parent: ElementTree.Element, target: str, names: tuple[str, ...], values: tuple[str, ...]) -> None:
    for name, value in zip(names, values, strict=True):
        if value:
            ElementTree.SubElement(parent, "data", key=f"{target}-{name}").text = safe(value)
