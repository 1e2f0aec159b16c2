"""The documented format: which kinds of row there are, which fields each has, and what a field may hold.

``docs/records.md`` explains it, and ``records.schema.json`` says the same as a JSON Schema (``schema``).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from forensics.digest import ALGORITHMS, Digest
from forensics.model import ArtifactKind, EdgeKind, GapKind, ReferenceKind, Strength
from forensics_connectors.records.rows import Row

__all__ = ["ROWS", "Field", "check", "milliseconds", "schema"]

_LONGEST = 64 << 10
_SAID = (Strength.RECORDED, Strength.DECLARED, Strength.INFERRED, Strength.ASSUMED)
_EDGES = (
    EdgeKind.USED,
    EdgeKind.GENERATED,
    EdgeKind.REUSED,
    EdgeKind.IMPORTED,
    EdgeKind.DECLARED,
    EdgeKind.RELEASED,
)


@dataclass(frozen=True, slots=True)
class Field:
    """One field.

    Attributes:
        schema: what it may hold, as a JSON Schema.
        read: turns the value into what it means.
        required: every row of this kind has it.
    """

    schema: Mapping[str, Any]
    read: Callable[[Any], Any]
    required: bool = False


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST or "\0" in value:
        raise ValueError(f"no text of at most {_LONGEST:,} characters")
    return value


def _name(value: Any) -> str:
    if not _text(value).strip():
        raise ValueError("an empty text")
    return str(value)


def _count(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 2**63:
        raise ValueError("no whole number from 0 on")
    return value


def _scalar(value: Any) -> str | int | float | bool:
    if isinstance(value, str):
        return _text(value)
    if not isinstance(value, (bool, int, float)):
        raise ValueError("no text, number or truth value")
    return value


def _digest(value: Any) -> Digest:
    algorithm, colon, rest = _text(value).partition(":")
    return Digest.parse(f"{algorithm}{colon}{rest.lower() if algorithm in ALGORITHMS else rest}")


def _digests(value: Any) -> tuple[Digest, ...]:
    if not isinstance(value, list):
        raise ValueError("no list of digests")
    return tuple(_digest(one) for one in value)


def milliseconds(value: Any) -> int:
    """A time as RFC 3339 writes it, in milliseconds since 1970; one without a zone is UTC.

    Raises:
        ValueError: it is no such time.
    """
    time = value if isinstance(value, datetime) else datetime.fromisoformat(_text(value))
    time = time if time.tzinfo else time.replace(tzinfo=UTC)
    try:
        return int(time.timestamp() * 1000)
    except (OverflowError, OSError) as error:
        raise ValueError(f"a time out of range: {value}") from error


def _one_of(*words: str) -> Field:
    def read(value: Any) -> str:
        if value not in words:
            raise ValueError(f"none of {', '.join(words)}")
        return str(value)

    return Field({"enum": list(words)}, read)


def _required(field: Field) -> Field:
    return Field(field.schema, field.read, required=True)


TEXT = Field({"type": "string", "maxLength": _LONGEST, "pattern": "^[^\\u0000]*$"}, _text)
NAME = Field({"type": "string", "maxLength": _LONGEST, "pattern": "^[^\\u0000]*[^\\u0000\\s][^\\u0000]*$"}, _name)
COUNT = Field({"type": "integer", "minimum": 0, "exclusiveMaximum": 2**63}, _count)
SCALAR = Field({"type": ["string", "number", "boolean"]}, _scalar)
TIME = Field({"type": "string", "format": "date-time"}, milliseconds)
DIGEST = Field({"type": "string", "pattern": "^[^:]+:.+$"}, _digest)
DIGESTS = Field({"type": "array", "items": dict(DIGEST.schema)}, _digests)
_ID = _required(NAME)
_DETAILS = {"type": TEXT, "name": TEXT, "uri": TEXT, "state": TEXT, "created": TIME, "updated": TIME}

#: The fields of each kind of row, without ``record`` itself.
ROWS: dict[str, dict[str, Field]] = {
    "source": {"id": _ID, "name": TEXT},
    "version": {
        "id": _ID,
        "path": _required(NAME),
        "digest": DIGEST,
        "digests": DIGESTS,
        "size": COUNT,
        "nfiles": COUNT,
        "kind": _one_of(*ArtifactKind),
        "label": TEXT,
        "owner": TEXT,
        **_DETAILS,
    },
    "execution": {
        "id": _ID,
        **_DETAILS,
        "name": _required(NAME),
        "directory": TEXT,
        "command": TEXT,
        "script": TEXT,
        "commit": TEXT,
        "repository": TEXT,
    },
    "context": {"id": _ID, "name": _required(NAME), "type": TEXT},
    "release": {
        "id": _ID,
        "name": _required(NAME),
        "artifact": TEXT,
        "label": TEXT,
        "time": TIME,
        "actor": TEXT,
        "message": TEXT,
    },
    "edge": {
        "kind": _required(_one_of(*_EDGES)),
        "from": _ID,
        "to": _ID,
        "strength": _one_of(*_SAID),
        "reason": TEXT,
    },
    "membership": {"context": _ID, "member": _ID},
    "property": {"of": _ID, "name": _required(NAME), "value": _required(SCALAR)},
    "reference": {
        "of": _ID,
        "kind": _required(_one_of(*ReferenceKind)),
        "value": _required(NAME),
        "commit": TEXT,
        "repository": TEXT,
        "strength": _one_of(*_SAID),
    },
    "gap": {"of": _ID, "kind": _required(_one_of(*GapKind)), "detail": TEXT, "size": COUNT},
    "stage": {
        "release": _ID,
        "stage": _required(NAME),
        "action": _one_of("assign", "unassign"),
        "time": TIME,
        "actor": TEXT,
    },
    "deployment": {
        "model": _required(NAME),
        "subject": _required(NAME),
        "environment": _required(NAME),
        "from": TIME,
        "to": TIME,
    },
}


def check(row: Row) -> tuple[str, dict[str, Any]]:
    """Reads the fields of a row.

    Returns:
        The kind of the row, and what its fields mean.

    Raises:
        ValueError: it is no row of the format; the message says why.
    """
    kind = row.get("record")
    fields = ROWS.get(kind) if isinstance(kind, str) else None
    if fields is None:
        raise ValueError(f"{str(kind)[:80]!r} is no kind of record")
    found: dict[str, Any] = {}
    for name, value in row.items():
        if name == "record":
            continue
        if name not in fields:
            raise ValueError(f"a {kind} has no field {name[:80]!r}")
        try:
            found[name] = fields[name].read(value)
        except ValueError as error:
            raise ValueError(f"{name}: {str(error)[:200]}") from None
    missing = [name for name, field in fields.items() if field.required and name not in found]
    if missing:
        raise ValueError(f"a {kind} needs {', '.join(missing)}")
    return str(kind), found


def schema() -> dict[str, Any]:
    """The JSON Schema of one row; ``python -m forensics_connectors.records.fields`` prints it."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "One row of lineage for the records connector of lineage-forensics",
        "oneOf": [
            {
                "type": "object",
                "properties": {
                    "record": {"const": kind},
                    **{
                        name: dict(field.schema)
                        if field.required
                        else {"anyOf": [dict(field.schema), {"type": "null"}]}
                        for name, field in fields.items()
                    },
                },
                "required": ["record", *(name for name, field in fields.items() if field.required)],
                "additionalProperties": False,
            }
            for kind, fields in ROWS.items()
        ],
    }


if __name__ == "__main__":
    import json
    import sys

    sys.stdout.write(json.dumps(schema(), indent=2) + "\n")
