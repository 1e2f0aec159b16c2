"""Mermaid: the incident as a drawing in words, to be rendered elsewhere."""

from forensics.evidence.bundle import Bundle
from forensics.evidence.formats.common import drawn
from forensics.report.graphs import mermaid

__all__ = ["FILE", "write"]

FILE = "incident.mmd"


def write(bundle: Bundle) -> bytes:
    """Versions, runs and what is marked; how weakly a step is known stands at its arrow."""
    return "".join(mermaid(drawn(bundle))).encode()
