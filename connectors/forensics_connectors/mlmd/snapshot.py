"""A read-only transaction on a database server: what MySQL and PostgreSQL have in common."""

import base64
import binascii
import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from forensics.model import Finding, FindingKind, Origin
from forensics.values import dataclass

from .address import Address
from .tables import COLUMNS, NAMES, arrow_schema, stored_column

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Layout", "Snapshot", "layout_of", "unpacked", "with_version"]

_LARGEST = 8 << 30  # bytes of one reading: what a hostile server may make us hold at most
_BY_LOWER_NAME = {name.lower(): table for table, name in NAMES.items()}
_VERSION_TABLE = "mlmdenv"
_OLDER_NAMES = {("type", "type_kind"): "is_artifact_type"}  # schema version 0 and 1: the same numbers
_LEFT_OUT = {("type", "input_type"), ("type", "output_type")}


@dataclass(frozen=True, slots=True)
class Layout:
    """What a database holds of an ML Metadata store.

    Attributes:
        tables: for each table that is there, the name of each of our columns that it has as the database spells it.
        names: how the database spells each table.
        has_version_table: ``MLMDEnv`` is there.
        schema_version: what stands in it, if one number does.
        unknown: ``Table.column`` for columns that no known schema has.
    """

    tables: dict[str, dict[str, str]]
    names: dict[str, str]
    has_version_table: bool
    schema_version: int | None
    unknown: tuple[str, ...]


class Snapshot(ABC):
    """One read-only transaction on one snapshot of a database.

    Attributes:
        layout: the tables that are there.
        version: of the server, as it says.
        notes: what was noticed while rows were read.
        nbytes: bytes of the rows read so far.
    """

    layout: Layout
    version: str

    def __init__(self, address: Address) -> None:
        self.address = address
        self.notes: list[Finding] = []
        self.nbytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None:
        """Ends the transaction and the connection."""

    @abstractmethod
    def expression(self, column: str, kind: str) -> str:
        """SQL that yields a column, given as the database spells it, as an Arrow type; text as its bytes in UTF-8."""

    @abstractmethod
    def quoted(self, table: str) -> str:
        """SQL that names a table, given as the database spells it."""

    @abstractmethod
    def batches(self, sql: str, schema: "pa.Schema") -> "Iterator[pa.RecordBatch]":
        """Runs a query and yields its rows as they come."""

    @abstractmethod
    def checksum(self, table: str, columns: list[str]) -> tuple[object, ...]:
        """The number of rows of a table and sums of their hashes, in any order."""

    @abstractmethod
    def sequences(self) -> dict[str, int]:
        """The last id given out in each table, where the account may know."""

    def state(self) -> str:
        """A digest of all rows of the store, whatever their order."""
        found: list[object] = [self.address.backend, self.layout.schema_version]
        for table, columns in sorted(self.layout.tables.items()):
            found.append((table, sorted(columns), self.checksum(table, [columns[name] for name in sorted(columns)])))
        return hashlib.sha256(repr(found).encode()).hexdigest()

    def table(self, table: str, *, limit: int | None = None) -> "pa.Table":
        """Reads a table.

        Args:
            table: one of ``COLUMNS``.
            limit: read only the rows of the lowest ids, so many.

        Raises:
            SourceError: it cannot be read, or it is too large to be taken in.
        """
        import pyarrow as pa

        columns, wanted = self.layout.tables[table], COLUMNS[table]
        there = [name for name in wanted if name in columns]
        shown = ", ".join(f"{self.expression(columns[name], wanted[name])} AS c{i}" for i, name in enumerate(there))
        order = f" ORDER BY {self.expression(columns['id'], 'int64')} LIMIT {limit}" if limit is not None else ""
        kinds = {"string": "binary", "bool_": "int32"}  # as they come; made right below
        schema = pa.schema([(name, getattr(pa, kinds.get(wanted[name], wanted[name]))()) for name in there])
        found = []
        try:
            for batch in self.batches(f"SELECT {shown} FROM {self.quoted(self.layout.names[table])}{order}", schema):  # noqa: S608 - names come quoted
                self.nbytes += batch.nbytes
                if self.nbytes > _LARGEST:
                    raise self.address.error(
                        f"more than {_LARGEST >> 30} GiB at {self.address.place}", "read a copy in parts"
                    )
                found.append(batch)
            return self._finished(table, pa.Table.from_batches(found, schema))
        except (pa.ArrowException, ValueError, TypeError, OverflowError) as error:
            message = f"table {NAMES[table]} at {self.address.place} holds what does not fit its columns: {error}"
            raise self.address.error(message) from None

    def _finished(self, table: str, found: "pa.Table") -> "pa.Table":
        import pyarrow as pa

        columns = []
        for field in arrow_schema(table):
            if field.name == "ordinal":
                column = pa.chunked_array([pa.array(range(found.num_rows), pa.int64())])
            elif field.name not in found.column_names:
                column = pa.chunked_array([pa.nulls(found.num_rows, field.type)])
            elif field.type == pa.string():
                column = self.text(table, field.name, found.column(field.name))
            elif field.name == "proto_value":
                column = self.proto(found.column(field.name))
            else:
                column = found.column(field.name).cast(field.type)
            columns.append(column)
        return pa.Table.from_arrays(columns, schema=arrow_schema(table))

    def proto(self, column: "pa.ChunkedArray") -> "pa.ChunkedArray":
        """The bytes of messages, from what stands in the database."""
        return column

    def text(self, table: str, name: str, column: "pa.ChunkedArray") -> "pa.ChunkedArray":
        """A column of text, from its bytes."""
        import pyarrow as pa

        try:
            return column.cast(pa.string())
        except pa.ArrowInvalid:
            texts = [None if value is None else value.decode("utf-8", "replace") for value in column.to_pylist()]
            bad = sum(text is not None and "\ufffd" in text for text in texts)
            self.note(table, name, f"{bad:,} texts are not UTF-8; what could not be read is shown as \ufffd")
            return pa.chunked_array([pa.array(texts, pa.string())])

    def note(self, table: str, column: str, message: str) -> None:
        """Records something noticed about a column."""
        origin = Origin(NAMES[table], locus=stored_column(table, column))
        self.notes.append(Finding(FindingKind.BAD_ROW, f"{origin.path}.{origin.locus}: {message}", origin))


def layout_of(found: list[tuple[str, str]]) -> Layout:
    """Sorts out what a database lists: tables with their columns, as it spells them."""
    tables: dict[str, dict[str, str]] = {}
    names: dict[str, str] = {}
    unknown = []
    spelled: dict[str, dict[str, str]] = {}
    for name, column in found:
        spelled.setdefault(name, {})[column.lower()] = column
    # Where two tables differ in case alone, ML Metadata's own spelling wins.
    for name in sorted(spelled, key=lambda name: name not in NAMES.values()):
        table = _BY_LOWER_NAME.get(name.lower())
        if table is None or table in tables:
            continue
        left = dict(spelled[name])
        tables[table], names[table] = {}, name
        for column in COLUMNS[table]:
            for stored in (stored_column(table, column), _OLDER_NAMES.get((table, column), "")):
                if stored in left and column not in tables[table]:
                    tables[table][column] = left.pop(stored)
        unknown += [f"{name}.{left[column]}" for column in left if (table, column) not in _LEFT_OUT]
    has_version = any(name.lower() == _VERSION_TABLE for name in spelled)
    return Layout(tables, names, has_version, None, tuple(sorted(unknown)))


def with_version(layout: Layout, found: list[Any]) -> Layout:
    """The layout with the schema version, from the values in ``MLMDEnv``; none where that is not one number."""
    return replace(layout, schema_version=int(found[0]) if len(found) == 1 and found[0] is not None else None)


def unpacked(column: "pa.ChunkedArray") -> "pa.ChunkedArray":
    """Takes base64 off a column of messages; what is no base64 stays as it is."""
    import pyarrow as pa

    return pa.chunked_array([pa.array([_unpacked(value) for value in column.to_pylist()], pa.binary())])


def _unpacked(value: bytes | None) -> bytes | None:
    try:
        return None if value is None else base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return value
