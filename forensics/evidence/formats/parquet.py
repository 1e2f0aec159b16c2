"""Parquet: the links of the incident, one row each, with what both ends are."""

import io
from dataclasses import asdict
from typing import Any

from forensics.evidence.bundle import Bundle, Node

__all__ = ["FILE", "write"]

FILE = "incident.parquet"

_END = ("uid", "kind", "title", "subject", "source", "path", "digest", "verdict")
_LINK = ("kind", "strength", "reason", "document", "document_commit", "document_locus")


def write(bundle: Bundle) -> bytes:
    """All columns are texts: ``edge_…`` of the link, ``cause_…`` and ``effect_…`` of its ends."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    ends = {node.thing.id: _end(node) for node in bundle.nodes}
    rows: list[dict[str, str]] = []
    for link in bundle.links:
        said: dict[str, Any] = asdict(link)
        row = {f"edge_{name}": str(said[name]) for name in _LINK}
        row |= {f"cause_{name}": text for name, text in ends[link.cause].items()}
        row |= {f"effect_{name}": text for name, text in ends[link.effect].items()}
        rows.append(row)
    names = [f"edge_{name}" for name in _LINK]
    names += [f"{end}_{name}" for end in ("cause", "effect") for name in _END]
    table = pa.Table.from_pylist(rows, schema=pa.schema([(name, pa.string()) for name in names]))
    written = io.BytesIO()
    pq.write_table(table, written)
    return written.getvalue()


def _end(node: Node) -> dict[str, str]:
    thing = node.thing
    values = (node.uid, thing.kind, thing.title, thing.subject, thing.source, thing.path, thing.digest, node.verdict)
    return dict(zip(_END, values, strict=True))
