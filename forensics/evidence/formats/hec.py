"""The OCSF findings in the envelope of Splunk's HTTP Event Collector. The file is for its owner to send."""

from forensics.evidence.bundle import Bundle
from forensics.evidence.formats.common import line
from forensics.evidence.formats.ocsf import findings

__all__ = ["FILE", "write"]

FILE = "findings.hec.jsonl"


def write(bundle: Bundle) -> bytes:
    """One event a line; ``time`` in seconds since 1970, as the collector takes it."""
    return b"".join(
        line(
            {
                "time": found["time"] // 1000,
                "source": bundle.tool.name,
                "sourcetype": "ocsf:detection_finding",
                "event": found,
            }
        )
        for found in findings(bundle)
    )
