"""What was read, when and how far, on its own for whoever needs nothing else."""

import json

from forensics.evidence.bundle import Bundle
from forensics.shapes import plain

__all__ = ["FILE", "write"]

FILE = "acquisition.json"


def write(bundle: Bundle) -> bytes:
    """The sources and their acquisitions as JSON."""
    stated = {
        "schema": "forensics/acquisition/1",
        "case": bundle.case,
        "tool": plain(bundle.tool),
        "sources": plain(bundle.sources),
        "acquisitions": plain(bundle.acquisitions),
        "not_read": plain(bundle.not_read),
    }
    return (json.dumps(stated, sort_keys=True, indent=1, allow_nan=False) + "\n").encode()
