"""RO-Crate 1.1 with the Process Run Crate 0.5 profile: the bag describes itself, runs are actions on files.

The files that are described are those of the incident, which are not in the bag: they stand under ``urn:uuid:`` names.
Source: RO-Crate Metadata Specification 1.1; Process Run Crate 0.5 of the Workflow Run RO-Crate profiles.
"""

from typing import Any
from uuid import UUID

from forensics.evidence.bundle import Bundle, Node
from forensics.evidence.formats.common import Incident, document, hashes, moment, vouched
from forensics.model import EdgeKind, NodeKind

__all__ = ["FILE", "write"]

FILE = "ro-crate-metadata.json"

_PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
_LICENCE = "https://spdx.org/licenses/CC-PDDC"
#: What every bag holds beside this file, with what it is and its media type.
_FILES = {
    "evidence.json": ("The incident in full, under a JSON Schema of its own", "application/json"),
    "acquisition.json": ("What was read, when and how far", "application/json"),
    "custody.jsonl": ("The journal of the case, each entry holding the digest of the one before", "application/jsonl"),
}


def write(bundle: Bundle) -> bytes:
    """The metadata file of the crate whose root is ``data/`` of the bag."""
    incident = Incident(bundle)
    versions, runs = incident.of_kind(NodeKind.VERSION), incident.of_kind(NodeKind.EXECUTION)
    people = incident.of_kind(NodeKind.ACTOR)
    actions = [run for run in runs if incident.after(run.thing.id, EdgeKind.GENERATED)]
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": f"The evidence of case {bundle.case}",
        "description": "What is affected by bad training data, what it came from and what to go back to, "
                       "with the hashes of all that was read. Metadata only: no data file is in this crate.",
        "datePublished": vouched(bundle),
        "license": {"@id": _LICENCE},
        "conformsTo": {"@id": _PROFILE},
        "hasPart": [{"@id": name} for name in _FILES] + [_ref(node) for node in versions],
        "mentions": [_ref(run) for run in actions],
    }  # fmt: skip
    graph = [
        {
            "@id": FILE,
            "@type": "CreativeWork",
            "about": {"@id": "./"},
            "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
        },
        root,
        {"@id": _PROFILE, "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"},
        {"@id": _LICENCE, "@type": "CreativeWork", "name": "Public domain", "identifier": _LICENCE},
        *(
            {"@id": name, "@type": "File", "name": name, "description": what, "encodingFormat": media}
            for name, (what, media) in _FILES.items()
        ),
        *(_file(node) for node in versions),
        *(_action(incident, run) for run in actions),
        *(_instrument(run) for run in actions),
        *({"@id": _ref(actor)["@id"], "@type": "Person", "name": actor.person or actor.mail} for actor in people),
    ]
    context = ["https://w3id.org/ro/crate/1.1/context", "https://w3id.org/ro/terms/workflow-run/context"]
    return document({"@context": context, "@graph": graph})


def _ref(node: Node) -> dict[str, str]:
    return {"@id": UUID(node.uid).urn}


def _value(values: list[Any]) -> Any:
    """Several values as a list, one as itself, as the specification recommends."""
    return values[0] if len(values) == 1 else values


def _file(node: Node) -> dict[str, Any]:
    thing = node.thing
    known = hashes(node.digests)
    found: dict[str, Any] = {
        **_ref(node),
        "@type": "File",
        "name": thing.path or thing.title,
        "identifier": _value(list(dict.fromkeys((thing.subject, *node.digests)))),
        "description": f"{thing.artifact_kind or 'version'}; {node.verdict or 'no verdict'}",
        "encodingFormat": "application/octet-stream",
    }
    found |= {key: known[name] for key, name in (("sha256", "SHA-256"), ("md5", "MD5")) if name in known}
    if node.size is not None:
        found["contentSize"] = str(node.size)
    return found


def _action(incident: Incident, run: Node) -> dict[str, Any]:
    identity = run.thing.id
    commits = incident.before(identity, EdgeKind.RECORDED, EdgeKind.CHECKED_OUT)
    people = dict.fromkeys(_ref(actor)["@id"] for commit in commits
                           for actor in incident.before(commit.thing.id, EdgeKind.AUTHORED))  # fmt: skip
    found: dict[str, Any] = {
        **_ref(run),
        "@type": "CreateAction",
        "name": run.thing.title,
        "description": run.command or run.thing.title,
        "instrument": {"@id": f"{_ref(run)['@id']}#command"},
        "object": _value([_ref(used) for used in incident.before(identity, EdgeKind.USED)]),
        "result": _value([_ref(made) for made in incident.after(identity, EdgeKind.GENERATED)]),
        "actionStatus": "http://schema.org/CompletedActionStatus",
    }
    if people:
        found["agent"] = _value([{"@id": name} for name in people])
    # A run of which only the record in git is known gets the claimed time of the commit that recorded it.
    ends = [time for time in (run.claimed_end, run.claimed_time, *(commit.claimed_time for commit in commits)) if time]
    if run.claimed_time is not None and moment(run.claimed_time):
        found["startTime"] = moment(run.claimed_time)
    if ends and moment(ends[0]):
        found["endTime"] = moment(ends[0])
    return found


def _instrument(run: Node) -> dict[str, Any]:
    return {
        "@id": f"{_ref(run)['@id']}#command",
        "@type": "SoftwareApplication",
        "name": run.thing.name or run.thing.title,
        "description": run.command or "not on record",
        "softwareVersion": run.thing.subject,
        "url": {"@id": _ref(run)["@id"]},
    }
