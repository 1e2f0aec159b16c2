"""The journal: one entry a line, each holding the digest of the one before."""

import json

from forensics.evidence.bundle import Bundle
from forensics.shapes import plain

__all__ = ["FILE", "write"]

FILE = "custody.jsonl"


def write(bundle: Bundle) -> bytes:
    """The journal as JSON lines."""
    return "".join(json.dumps(plain(entry), sort_keys=True) + "\n" for entry in bundle.custody).encode()
