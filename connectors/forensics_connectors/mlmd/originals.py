"""Rows of a store as they stand now, in full: what facts were read from."""

import base64
from collections.abc import Iterable, Mapping
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forensics.errors import SourceError

from .address import Address
from .intake import Copy
from .servers import read_server
from .sqlite import read_copy, survey_copy
from .tables import NAMES, Store

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["originals"]

#: For a table of things, the tables whose rows belong to one of them, and the column that says to which.
_PARTS = {
    "artifact": {"artifact_property": "owner_id"},
    "execution": {"execution_property": "owner_id"},
    "context": {"context_property": "owner_id"},
    "event": {"event_path": "event_id"},
}


def originals(locator: str, wanted: Mapping[str, Iterable[int]]) -> dict[str, list[dict[str, Any]]]:
    """Reads rows again.

    Args:
        locator: the store.
        wanted: ids by the name of their table, as the documents of facts have it: ``Artifact``, ``Event``.

    Returns:
        For each table its rows, ascending by id: every column by name, and under ``TABLE`` the rows that belong to
        it. An id that is gone has none.

    Raises:
        SourceError: the store cannot be read.
    """
    store = _store(locator)
    tables = {name: table for table, name in NAMES.items()}
    return {name: _rows(store, tables[name], sorted(set(ids))) for name, ids in wanted.items() if name in tables}


def _store(locator: str) -> Store:
    address = Address.parse(locator)
    if address is not None:
        return read_server(address)
    copy = Copy(Path(locator))
    try:
        if survey_copy(copy) is None:
            raise SourceError(f"{locator} is no ML Metadata store any more", locator=locator)
        return read_copy(copy)
    finally:
        copy.close()


def _rows(store: Store, table: str, ids: list[int]) -> list[dict[str, Any]]:
    rows = _picked(store.tables[table], "id", ids)
    for part, column in _PARTS.get(table, {}).items():
        belonging: dict[int, list[dict[str, Any]]] = {}
        for row in _picked(store.tables[part], column, ids):
            belonging.setdefault(row[column], []).append(row)
        for row in rows:
            row[NAMES[part]] = belonging.get(row["id"], [])
    return rows


def _picked(table: "pa.Table", column: str, ids: list[int]) -> list[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.compute as pc

    found = table.filter(pc.is_in(table.column(column), pa.array(ids, pa.int64())))
    rows: list[dict[str, Any]] = found.to_pylist()
    plain = [{key: _plain(value) for key, value in row.items()} for row in rows]
    return sorted(plain, key=lambda row: (row[column], *(str(value) for value in row.values())))


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return str(value) if isinstance(value, float) and not isfinite(value) else value
