"""The native format: the whole bundle but the journal, under a JSON Schema that ships with the program.

``python -m forensics.report.schema`` writes the schema with all others. A published one stays as it is: what changes
comes under a new number, so that bags of old stay checkable.
"""

import json
from dataclasses import fields
from typing import Any

from forensics.evidence.bundle import SCHEMA, Bundle
from forensics.shapes import plain, shape

__all__ = ["FILE", "schema", "write"]

FILE = "evidence.json"

_ELSEWHERE = "custody"  # has a file of its own, a record a line


def write(bundle: Bundle) -> bytes:
    """The bundle as JSON: keys sorted, one row a line, characters outside ASCII escaped."""
    stated = {"schema": SCHEMA, **{name: plain(getattr(bundle, name)) for name in _names()}}
    parts = [f"{json.dumps(key)}: {_value(stated[key])}" for key in sorted(stated)]
    return ("{\n" + ",\n".join(parts) + "\n}\n").encode()


def schema() -> dict[str, Any]:
    """The JSON Schema, from the types of the bundle."""
    shapes: dict[str, Any] = {}
    shape(Bundle, shapes)
    properties = {name: kind for name, kind in shapes.pop("Bundle")["properties"].items() if name in _names()}
    properties["schema"] = {"const": SCHEMA}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA,
        "title": "The evidence of an incident",
        "type": "object",
        "properties": properties,
        "required": sorted(properties),
        "$defs": shapes,
    }


def _names() -> list[str]:
    return [field.name for field in fields(Bundle) if field.name != _ELSEWHERE]


def _value(value: Any) -> str:
    if not isinstance(value, list) or not value:
        return _dumps(value)
    return "[\n " + ",\n ".join(map(_dumps, value)) + "\n]"


def _dumps(value: Any) -> str:
    # DEL is the one control character that JSON leaves as it is.
    return json.dumps(value, sort_keys=True, allow_nan=False).replace("\x7f", "\\u007f")
