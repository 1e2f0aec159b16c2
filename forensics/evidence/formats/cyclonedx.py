"""CycloneDX 1.6, a machine-learning bill of materials: models, data and files with hashes, runs as workflows.

Source: CycloneDX specification 1.6 (ECMA-424), JSON.
"""

from typing import Any

from forensics.evidence.bundle import Bundle, Node
from forensics.evidence.formats.common import Incident, document, hashes, moment, uuid_of, vouched
from forensics.model import ArtifactKind, EdgeKind, NodeKind

__all__ = ["FILE", "write"]

FILE = "bom.cdx.json"

_TYPES = {ArtifactKind.MODEL.value: "machine-learning-model", ArtifactKind.DATASET.value: "data"}
_FROM = (EdgeKind.IMPORTED, EdgeKind.DECLARED, EdgeKind.PART, EdgeKind.MEMBER)


def write(bundle: Bundle) -> bytes:
    """The versions of the incident as components; the verdict stands in a property, what is bad in annotations."""
    incident = Incident(bundle)
    versions = incident.of_kind(NodeKind.VERSION)
    made = vouched(bundle)
    tool = {"type": "application", "name": bundle.tool.name, "version": bundle.tool.version}
    return document(
        {
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "serialNumber": uuid_of("cyclonedx", bundle.case, bundle.journal.digest).urn,
            "version": 1,
            "metadata": {"timestamp": made, "tools": {"components": [tool]}},
            "components": [_component(incident, node) for node in versions],
            "dependencies": [_dependency(incident, node) for node in versions],
            "formulation": [{"workflows": [_workflow(incident, run) for run in incident.of_kind(NodeKind.EXECUTION)]}],
            "annotations": list(_annotations(bundle, tool, made)),
        }
    )


def _component(incident: Incident, node: Node) -> dict[str, Any]:
    thing = node.thing
    kind = _TYPES.get(thing.artifact_kind, "file")
    found: dict[str, Any] = {
        "type": kind,
        "bom-ref": node.uid,
        "name": thing.path or thing.title,
        "properties": _properties(node),
    }
    if node.releases:
        found["version"] = ", ".join(node.releases)
    if known := hashes(node.digests):
        found["hashes"] = [{"alg": name, "content": value} for name, value in sorted(known.items())]
    if commits := incident.before(thing.id, EdgeKind.INTRODUCED):
        found["pedigree"] = {"commits": [_commit(commit) for commit in commits]}
    if kind == "data":
        found["data"] = [{"type": "dataset", "name": thing.path or thing.title}]
    if kind == "machine-learning-model":
        inputs = dict.fromkeys(
            used.uid
            for run in incident.before(thing.id, EdgeKind.GENERATED)
            for used in incident.before(run.thing.id, EdgeKind.USED)
            if used.thing.artifact_kind == ArtifactKind.DATASET
        )
        found["modelCard"] = {"modelParameters": {"datasets": [{"ref": ref} for ref in inputs]}}
    return found


def _properties(node: Node) -> list[dict[str, str]]:
    values = {
        "verdict": [node.verdict], "subject": [node.thing.subject], "source": [node.thing.source],
        "digest": list(node.digests), "live": list(node.stages), "owner": [node.thing.owner],
        "mark": [str(mark) for mark in node.marks],
    }  # fmt: skip
    return [
        {"name": f"lineage-forensics:{name}", "value": text} for name, texts in values.items() for text in texts if text
    ]


def _commit(node: Node) -> dict[str, Any]:
    """A commit: its author and date are claims."""
    author = {"name": node.person, "email": node.mail, "timestamp": moment(node.claimed_time)}
    found: dict[str, Any] = {"uid": node.thing.digest.removeprefix("git:"), "message": node.message}
    # The schema wants addresses that look like some; what does not stays in the native format.
    plain = {key: text for key, text in author.items() if text and (key != "email" or _is_address(text))}
    return found | ({"author": plain} if plain else {})


def _is_address(text: str) -> bool:
    name, at, host = text.partition("@")
    return bool(name and at and host) and text.isascii() and text.isprintable() and not set(text) & set(' "<>()[],;:\\')


def _dependency(incident: Incident, node: Node) -> dict[str, Any]:
    runs = incident.before(node.thing.id, EdgeKind.GENERATED)
    causes = [used for run in runs for used in incident.before(run.thing.id, EdgeKind.USED)]
    causes += [cause for cause in incident.before(node.thing.id, *_FROM) if cause.thing.kind == NodeKind.VERSION]
    refs = sorted({cause.uid for cause in causes} - {node.uid})
    return {"ref": node.uid, "dependsOn": refs}


def _workflow(incident: Incident, run: Node) -> dict[str, Any]:
    identity = run.thing.id
    found: dict[str, Any] = {
        "bom-ref": run.uid,
        "uid": run.uid,
        "name": run.thing.title,
        "taskTypes": ["other"],
        "inputs": [{"resource": {"ref": used.uid}} for used in incident.before(identity, EdgeKind.USED)],
        "outputs": [
            {"type": "artifact", "resource": {"ref": made.uid}} for made in incident.after(identity, EdgeKind.GENERATED)
        ],
    }
    if run.command:
        found["steps"] = [{"commands": [{"executed": run.command}]}]
    if since := moment(run.claimed_time):
        found["timeStart"] = since
    if until := moment(run.claimed_end):
        found["timeEnd"] = until
    return found


def _annotations(bundle: Bundle, tool: dict[str, str], made: str) -> Any:
    for mark in bundle.marks:
        about = [node.uid for node in bundle.nodes if mark.mark in node.marks and node.thing.kind == NodeKind.VERSION]
        state = "" if mark.standing else " (withdrawn or expired)"
        yield {
            "bom-ref": uuid_of("mark", bundle.case, str(mark.mark)).hex,
            "subjects": about,
            "annotator": {"individual": {"name": mark.author}},
            "timestamp": moment(mark.made_at) or made,
            "text": f"{mark.subject} is marked {mark.state}{state}: {mark.reason}",
        }
    for row in bundle.affected:
        known = row.reason or f"{row.known}, {row.distance} steps from what is bad"
        yield {
            "bom-ref": uuid_of("verdict", bundle.case, row.thing.subject, str(row.thing.id)).hex,
            "subjects": [node.uid for node in bundle.nodes if node.thing.id == row.thing.id],
            "annotator": {"component": tool},
            "timestamp": made,
            "text": f"{row.verdict}: {known}",
        }
