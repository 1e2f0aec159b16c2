"""STIX 2.1: affected files with an indicator each, what they derive from, the techniques that marks name.

Source: STIX Version 2.1, OASIS Standard, 2021.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from forensics.atlas import labelled
from forensics.evidence.bundle import Bundle, Node
from forensics.evidence.formats.common import Incident, document, hashes, uuid_of
from forensics.model import EdgeKind, NodeKind
from forensics_queries.marks import Mark

__all__ = ["FILE", "write"]

FILE = "incident.stix.json"

#: The namespace that the standard gives for the ids of observed files.
_OBSERVED = UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
_PREFERRED = ("MD5", "SHA-1", "SHA-256", "SHA-512")


def write(bundle: Bundle) -> bytes:
    """A bundle of STIX objects, each with the id that its content gives it."""
    objects = {found["id"]: found for found in _objects(bundle)}
    identity = uuid_of("stix", bundle.case, bundle.journal.digest)
    return document({"type": "bundle", "id": f"bundle--{identity}", "objects": list(objects.values())})


def _objects(bundle: Bundle) -> Iterator[dict[str, Any]]:
    incident = Incident(bundle)
    tool = _dated(bundle, "identity", bundle.tool.name, name=bundle.tool.name, identity_class="system")
    yield tool
    by = {"created_by_ref": tool["id"]}
    files: dict[int, str] = {}
    for node in incident.of_kind(NodeKind.VERSION):
        found = _file(node)
        files[node.thing.id] = found["id"]
        yield found
    case = _dated(bundle, "incident", name=f"Bad training data, case {bundle.case}", **by)
    yield case
    attacks = {}
    for technique in bundle.techniques:
        known = {"source_name": "mitre-atlas", "external_id": technique}
        name = labelled(technique)
        attacks[technique] = _dated(bundle, "attack-pattern", name=name, external_references=[known], **by)
        yield attacks[technique]
    for row in bundle.affected:
        if row.verdict == "affected" and (known := hashes(incident.nodes[row.thing.id].digests)):
            yield from _indicated(bundle, row.thing.title, known, files[row.thing.id], list(attacks.values()), by)
    for node in incident.of_kind(NodeKind.VERSION):
        runs = incident.before(node.thing.id, EdgeKind.GENERATED)
        causes = [used for run in runs for used in incident.before(run.thing.id, EdgeKind.USED)]
        causes += incident.before(node.thing.id, EdgeKind.IMPORTED, EdgeKind.DECLARED, EdgeKind.PART)
        for cause in dict.fromkeys(files[cause.thing.id] for cause in causes):
            if cause != files[node.thing.id]:
                yield _related(bundle, "derived-from", files[node.thing.id], cause, by)
    for mark in bundle.marks:
        about = [files[node.thing.id] for node in bundle.nodes if mark.mark in node.marks and node.thing.id in files]
        yield _note(bundle, mark, about or [case["id"]], by)


def _time(seconds: int | None) -> str:
    try:
        return datetime.fromtimestamp(seconds or 0, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    except (OverflowError, ValueError, OSError):
        return "1970-01-01T00:00:00.000Z"


def _dated(bundle: Bundle, kind: str, /, *identity: str, **properties: Any) -> dict[str, Any]:
    """A domain object, created when the bag speaks; its id comes from what it says."""
    said = identity or (json.dumps(properties, sort_keys=True),)
    made = _time(bundle.journal.made_at)
    number = uuid_of("stix", bundle.case, kind, *said)
    common = {"type": kind, "spec_version": "2.1", "id": f"{kind}--{number}", "created": made, "modified": made}
    return common | properties


def _file(node: Node) -> dict[str, Any]:
    path = node.thing.path or node.thing.title
    known = hashes(node.digests)
    told: dict[str, Any] = {"name": path.rpartition("/")[2] or path}
    if known:
        told["hashes"] = known
    # The id is made of the preferred hash and the name, in canonical JSON (RFC 8785).
    first = next((name for name in _PREFERRED if name in known), None)
    basis: dict[str, Any] = {"name": told["name"]} | ({"hashes": {first: known[first]}} if first else {})
    text = json.dumps(basis, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    number = uuid5(_OBSERVED, text)
    found = {"type": "file", "spec_version": "2.1", "id": f"file--{number}"} | told
    return found | ({"size": node.size} if node.size is not None else {})


def _indicated(
    bundle: Bundle, title: str, known: dict[str, str], file: str, attacks: list[dict[str, Any]], by: dict[str, str]
) -> Iterator[dict[str, Any]]:
    pattern = " OR ".join(f"file:hashes.'{name}' = '{value}'" for name, value in sorted(known.items()))
    indicator = _dated(bundle, "indicator", name=f"affected: {title}", description="Made from bad training data.",
                       pattern=f"[{pattern}]", pattern_type="stix",
                       indicator_types=["compromised"], valid_from=_time(bundle.journal.made_at), **by)  # fmt: skip
    yield indicator
    yield _related(bundle, "related-to", indicator["id"], file, by)
    for attack in attacks:
        yield _related(bundle, "indicates", indicator["id"], attack["id"], by)


def _related(bundle: Bundle, how: str, source: str, target: str, by: dict[str, str]) -> dict[str, Any]:
    return _dated(bundle, "relationship", relationship_type=how, source_ref=source, target_ref=target, **by)


def _note(bundle: Bundle, mark: Mark, about: list[str], by: dict[str, str]) -> dict[str, Any]:
    state = "" if mark.standing else " (withdrawn or expired)"
    text = f"{mark.subject} is marked {mark.state}{state}: {mark.reason}"
    return _dated(bundle, "note", str(mark.mark), content=text, authors=[mark.author],
                  object_refs=sorted(dict.fromkeys(about)), **by)  # fmt: skip
