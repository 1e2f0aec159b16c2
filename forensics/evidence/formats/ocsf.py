"""OCSF 1.8 detection findings, one JSON line a version that is affected or unknown: what a SIEM takes in.

Source: Open Cybersecurity Schema Framework 1.8.0, class Detection Finding (2004).
"""

from collections.abc import Iterator
from typing import Any

from forensics.atlas import labelled, version
from forensics.evidence.bundle import Bundle, Node
from forensics.evidence.formats.common import Incident, hashes, line, uuid_of
from forensics_queries.blast_radius import Affected

__all__ = ["FILE", "findings", "write"]

FILE = "findings.ocsf.jsonl"

_VERSION = "1.8.0"
_CLASS, _CREATE = 2004, 1
_ALGORITHMS = {"MD5": 1, "SHA-1": 2, "SHA-256": 3, "SHA-512": 4}
_NEW, _REGULAR_FILE, _RULE = 1, 1, 1
#: Severity and its words: a live model that is affected is critical, what cannot be told is not informational.
_CRITICAL, _HIGH, _MEDIUM, _LOW = (5, "Critical"), (4, "High"), (3, "Medium"), (2, "Low")


def write(bundle: Bundle) -> bytes:
    """The findings as JSON lines, in the order of ``blast-radius``."""
    return b"".join(line(found) for found in findings(bundle))


def findings(bundle: Bundle) -> Iterator[dict[str, Any]]:
    """One detection finding a version."""
    incident = Incident(bundle)
    attacks = _attacks(bundle)
    for row in bundle.affected:
        node = incident.nodes[row.thing.id]
        severity, words = _severity(row)
        found: dict[str, Any] = {
            "activity_id": _CREATE,
            "category_uid": 2,
            "class_uid": _CLASS,
            "type_uid": _CLASS * 100 + _CREATE,
            "severity_id": severity,
            "severity": words,
            "status_id": _NEW,
            "time": (bundle.journal.made_at or 0) * 1000,
            "message": _message(row),
            "metadata": {
                "version": _VERSION,
                "product": {"name": bundle.tool.name, "vendor_name": bundle.tool.name, "version": bundle.tool.version},
                "uid": uuid_of("ocsf", bundle.case, node.uid).hex,
            },
            "finding_info": {
                "uid": uuid_of("finding", bundle.case, node.uid).hex,
                "title": f"{row.verdict}: {row.thing.title}",
                "desc": _message(row),
                "analytic": {"name": "the rules of taint", "type_id": _RULE, "type": "Rule"},
            },
            "evidences": [{"file": _file(node)}],
            "resources": [{"uid": row.thing.subject, "name": row.thing.title, "type": row.kind}],
            "observables": _observables(node),
            "unmapped": {
                "case": bundle.case,
                "verdict": row.verdict,
                "known": row.known,
                "reason": row.reason,
                "releases": list(row.releases),
                "live": list(row.stages),
                "path": [step.thing.subject for step in row.path],
            },
        }
        if attacks:
            found["finding_info"]["attacks"] = attacks
        yield found


def _severity(row: Affected) -> tuple[int, str]:
    if row.verdict == "affected":
        return _CRITICAL if row.stages else _HIGH
    return _MEDIUM if row.stages else _LOW


def _message(row: Affected) -> str:
    because = f" ({row.reason})" if row.reason else f", {row.distance} steps from what is bad"
    live = f"; live in {', '.join(row.stages)}" if row.stages else ""
    return f"{row.thing.title} is {row.verdict}{because}{live}"


def _attacks(bundle: Bundle) -> list[dict[str, Any]]:
    return [{"technique": {"uid": one, "name": labelled(one)}, "version": version()} for one in bundle.techniques]


def _file(node: Node) -> dict[str, Any]:
    thing = node.thing
    path = thing.path or thing.title
    known = [
        {"algorithm_id": _ALGORITHMS[name], "algorithm": name, "value": value}
        for name, value in sorted(hashes(node.digests).items())
    ]
    found: dict[str, Any] = {"name": path.rpartition("/")[2] or path, "path": path, "type_id": _REGULAR_FILE}
    if node.nfiles is not None or thing.digest.endswith(".dir"):
        found["type_id"] = 2
    if known:
        found["hashes"] = known
    if node.size is not None:
        found["size"] = node.size
    return found


def _observables(node: Node) -> list[dict[str, Any]]:
    return [
        {"name": "evidences.file.hashes.value", "type_id": 8, "type": "Hash", "value": value}
        for _, value in sorted(hashes(node.digests).items())
    ]
