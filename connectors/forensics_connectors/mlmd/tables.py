"""The rows of an ML Metadata store as Arrow tables: the same 14 tables with the same columns, whatever holds them.

Tables and columns have the names of schema version 10 in snake case. What an older schema lacks is null.
"""

from typing import TYPE_CHECKING

from forensics.model import Finding
from forensics.values import dataclass

if TYPE_CHECKING:
    import pyarrow

__all__ = ["COLUMNS", "NAMES", "Store", "Tables", "arrow_schema", "empty_tables", "stored_column"]

Tables = dict[str, "pyarrow.Table"]

_TIMES = {"create_time_since_epoch": "int64", "last_update_time_since_epoch": "int64"}
_NAMED = {"name": "string", "external_id": "string", **_TIMES}
_VALUES = {
    "owner_id": "int64",
    "name": "string",
    "is_custom_property": "bool_",
    "int_value": "int64",
    "double_value": "float64",
    "string_value": "string",
    "byte_value": "binary",
    "proto_value": "binary",  # the bytes of the message: base64 is taken off where the store has it
    "bool_value": "bool_",
}

#: The columns of each table with the names of their Arrow types in ``pyarrow``.
COLUMNS: dict[str, dict[str, str]] = {
    "type": {
        "id": "int64",
        "name": "string",
        "version": "string",
        "type_kind": "int32",  # 0 execution, 1 artifact, 2 context
        "description": "string",
        "external_id": "string",
    },
    "type_property": {"type_id": "int64", "name": "string", "data_type": "int32"},
    "parent_type": {"type_id": "int64", "parent_type_id": "int64"},
    "artifact": {"id": "int64", "type_id": "int64", "uri": "string", "state": "int32", **_NAMED},
    "execution": {"id": "int64", "type_id": "int64", "last_known_state": "int32", **_NAMED},
    "context": {"id": "int64", "type_id": "int64", **_NAMED},
    "artifact_property": _VALUES,
    "execution_property": _VALUES,
    "context_property": _VALUES,
    "event": {
        "id": "int64",
        "artifact_id": "int64",
        "execution_id": "int64",
        "type": "int32",
        "milliseconds_since_epoch": "int64",
    },
    "event_path": {
        "event_id": "int64",
        "is_index_step": "bool_",
        "step_index": "int64",
        "step_key": "string",
        "ordinal": "int64",  # the order of the steps: the store has no column for it, so the order of the rows
    },
    "association": {"id": "int64", "context_id": "int64", "execution_id": "int64"},
    "attribution": {"id": "int64", "context_id": "int64", "artifact_id": "int64"},
    "parent_context": {"context_id": "int64", "parent_context_id": "int64"},
}

#: How ML Metadata itself spells the tables (PostgreSQL: in lower case).
NAMES: dict[str, str] = {table: "".join(word.capitalize() for word in table.split("_")) for table in COLUMNS}


@dataclass(frozen=True, slots=True)
class Store:
    """All that was read of one store, and what was noticed on the way.

    Attributes:
        tables: the rows, one entry for each table of ``COLUMNS``.
        backend: ``sqlite``, ``mysql``, ``postgresql`` or ``grpc``.
        schema_version: as the store states it; None where it states none (before version 1, or half-initialised).
        sequences: the last id that was given out in each table, where the backend remembers it.
        notes: side files, half-initialised schema, damaged pages, columns and text that could not be taken as found.
        details: JSON-able pairs for the acquisition: sizes and digests of what was read, seconds by phase.
    """

    tables: Tables
    backend: str
    schema_version: int | None
    sequences: dict[str, int]
    notes: tuple[Finding, ...]
    details: dict[str, object]


def arrow_schema(table: str) -> "pyarrow.Schema":
    """The Arrow schema of a table of ``COLUMNS``, columns in that order, all nullable."""
    import pyarrow as pa

    return pa.schema([(name, getattr(pa, kind)()) for name, kind in COLUMNS[table].items()])


def empty_tables() -> Tables:
    """Every table with its columns and no rows."""
    return {table: arrow_schema(table).empty_table() for table in COLUMNS}


def stored_column(table: str, column: str) -> str:
    """The name under which ML Metadata has a column: ``artifact_id`` for the ``owner_id`` of an artifact's property."""
    return f"{table.removesuffix('_property')}_id" if column == "owner_id" else column
