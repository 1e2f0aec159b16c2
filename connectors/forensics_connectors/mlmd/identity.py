"""What tells one store from others: its first rows, which a living store no longer changes."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["fingerprints"]

_TELLING = {
    "artifact": ("id", "type_id", "create_time_since_epoch", "uri", "name"),
    "execution": ("id", "type_id", "create_time_since_epoch", "name"),
    "context": ("id", "type_id", "create_time_since_epoch", "name"),
}


def fingerprints(head: Mapping[str, Sequence[Mapping[str, Any]]], locator: str) -> tuple[str, ...]:
    """Tells a store from others wherever it lies.

    A store that was deleted and begun anew has other times in its first rows. One fingerprint a table, so that a store
    that grows, or loses the first row of one table, is still the same: two stores that share one are one.

    Args:
        head: rows of ``artifact``, ``execution`` and ``context`` with the lowest ids.
        locator: tells empty stores apart.
    """
    first = {}
    for table, columns in _TELLING.items():
        rows = sorted((row for row in head.get(table, ()) if row.get("id") is not None), key=lambda row: row["id"])
        if rows:
            first[table] = [rows[0].get(column) for column in columns]
    timed = [[table, *row] for table, row in first.items() if row[2]]
    if timed:
        return tuple(_digest(row) for row in timed)
    # Schemas before version 5 have no times: only all rows together are telling.
    return (_digest(sorted(first.items()) if first else ["empty", locator]),)


def _digest(values: object) -> str:
    return f"sha256:{hashlib.sha256(json.dumps(values, ensure_ascii=True).encode()).hexdigest()}"
