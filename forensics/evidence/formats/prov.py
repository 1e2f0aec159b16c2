"""W3C PROV-JSON: versions, contents, releases and marks are entities, runs and commits activities, people agents.

Source: The PROV-JSON Serialization, W3C member submission, 2013.
"""

from typing import Any

from forensics.evidence.bundle import Bundle, Link, Node
from forensics.evidence.formats.common import Incident, document, moment
from forensics.model import EdgeKind, NodeKind

__all__ = ["FILE", "write"]

FILE = "prov.json"

_PREFIX = "urn:lineage-forensics:"
_RECORD = {NodeKind.EXECUTION: "activity", NodeKind.COMMIT: "activity", NodeKind.ACTOR: "agent"}
#: The relation that stands for each kind of link, with its names for the effect and the cause.
_RELATIONS = {
    EdgeKind.USED: ("used", "prov:activity", "prov:entity"),
    EdgeKind.GENERATED: ("wasGeneratedBy", "prov:entity", "prov:activity"),
    EdgeKind.MEMBER: ("wasDerivedFrom", "prov:generatedEntity", "prov:usedEntity"),
    EdgeKind.PART: ("wasDerivedFrom", "prov:generatedEntity", "prov:usedEntity"),
    EdgeKind.IMPORTED: ("wasDerivedFrom", "prov:generatedEntity", "prov:usedEntity"),
    EdgeKind.DECLARED: ("wasDerivedFrom", "prov:generatedEntity", "prov:usedEntity"),
    EdgeKind.CONTENT: ("alternateOf", "prov:alternate1", "prov:alternate2"),
    EdgeKind.RELEASED: ("specializationOf", "prov:specificEntity", "prov:generalEntity"),
    EdgeKind.AUTHORED: ("wasAssociatedWith", "prov:activity", "prov:agent"),
    EdgeKind.CHECKED_OUT: ("wasInformedBy", "prov:informed", "prov:informant"),
}
#: Whatever has no relation of its own: commits that brought, restored or recorded something, runs that reused it.
_INFLUENCE = ("wasInfluencedBy", "prov:influencee", "prov:influencer")
#: The two relations that may hold no attributes of their own.
_BARE = ("alternateOf", "specializationOf")


def write(bundle: Bundle) -> bytes:
    """The incident as PROV-JSON. Times that somebody claimed are attributes of ours and not PROV's own."""
    incident = Incident(bundle)
    found: dict[str, dict[str, Any]] = {"prefix": {"lf": _PREFIX}}
    for node in bundle.nodes:
        record = _RECORD.get(NodeKind(node.thing.kind), "entity")
        found.setdefault(record, {})[f"lf:{node.uid}"] = _attributes(node)
    for number, link in enumerate(bundle.links):
        relation, effect, cause = _RELATIONS.get(EdgeKind(link.kind), _INFLUENCE)
        ends = {effect: _name(incident, link.effect), cause: _name(incident, link.cause)}
        more = {} if relation in _BARE else _stated(link)
        found.setdefault(relation, {})[f"_:l{number}"] = ends | more
    _add_marks(bundle, found)
    return document(found)


def _name(incident: Incident, node: int) -> str:
    return f"lf:{incident.nodes[node].uid}"


def _attributes(node: Node) -> dict[str, Any]:
    thing = node.thing
    times = {"lf:claimedTime": moment(node.claimed_time), "lf:claimedEnd": moment(node.claimed_end)}
    texts = {
        "prov:label": thing.title, "lf:subject": thing.subject, "lf:source": thing.source, "lf:path": thing.path,
        "lf:verdict": node.verdict, "lf:command": node.command, "lf:message": node.message, "lf:claimedMail": node.mail,
        "lf:claimedName": node.person, "lf:claimedTimeAsWritten": node.written, **times,
    }  # fmt: skip
    found: dict[str, Any] = {"prov:type": _qualified(thing.kind)}
    found |= {name: text for name, text in texts.items() if text}
    if node.digests:
        found["lf:digest"] = list(node.digests)
    return found


def _qualified(kind: str) -> dict[str, str]:
    return {"$": f"lf:{kind}", "type": "prov:QUALIFIED_NAME"}


def _stated(link: Link) -> dict[str, Any]:
    texts = {
        "lf:edge": link.kind, "lf:strength": link.strength, "lf:reason": link.reason, "lf:document": link.document,
        "lf:documentCommit": link.document_commit, "lf:documentLocus": link.document_locus,
    }  # fmt: skip
    return {name: text for name, text in texts.items() if text}


def _add_marks(bundle: Bundle, found: dict[str, dict[str, Any]]) -> None:
    """An analyst's statements: entities of theirs, which what they are about led to."""
    for mark in bundle.marks:
        name, analyst = f"lf:mark-{mark.mark}", f"lf:analyst-{mark.author.encode().hex()}"
        texts = {"lf:state": mark.state, "lf:subject": mark.subject, "lf:reason": mark.reason,
                 "lf:technique": mark.technique, "lf:madeAt": moment(mark.made_at),
                 "lf:withdrawnAt": moment(mark.withdrawn_at)}  # fmt: skip
        found.setdefault("entity", {})[name] = {
            "prov:type": _qualified("mark"), **{key: text for key, text in texts.items() if text},
        }  # fmt: skip
        found.setdefault("agent", {})[analyst] = {"prov:type": _qualified("analyst"), "prov:label": mark.author}
        ends = {"prov:entity": name, "prov:agent": analyst}
        found.setdefault("wasAttributedTo", {})[f"_:m{mark.mark}"] = ends
        for node in bundle.nodes:
            if mark.mark in node.marks:
                influence = {"prov:influencee": name, "prov:influencer": f"lf:{node.uid}"}
                found.setdefault("wasInfluencedBy", {})[f"_:m{mark.mark}-{node.uid}"] = influence
