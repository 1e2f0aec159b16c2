"""The rows of a copied SQLite store, written as Arrow files.

Two readers that give the same tables. The fast one (ADBC) takes values as SQLite hands them over, and gives up on a
table in which anything is not what its column should hold. The plain one (``sqlite3``) then decides value by value.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forensics.model import Finding, FindingKind, Origin

from .schema import address_of, open_store
from .snapshot import unpacked
from .tables import COLUMNS, NAMES, arrow_schema

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["write_rows"]

_LONGEST = 64 << 20  # bytes of one value
_ROWS = 65_536
_FILLERS = {"string": "''", "binary": "x''", "float64": "0.0"}
_WANTED = {
    "int64": "typeof({0}) = 'integer'",
    "bool_": "typeof({0}) = 'integer'",
    "int32": "typeof({0}) = 'integer' AND {0} BETWEEN -2147483648 AND 2147483647",
    "float64": "typeof({0}) IN ('real', 'integer')",
    "string": f"length(CAST({{0}} AS BLOB)) <= {_LONGEST}",
    "binary": f"typeof({{0}}) IN ('text', 'blob') AND length(CAST({{0}} AS BLOB)) <= {_LONGEST}",
}
#: Values that nearly every store has.
_COMMON = ("int_value", "string_value")
_CASTS = {"float64": "REAL", "string": "TEXT", "binary": "BLOB"}


class _OddError(Exception):
    """A value is not what its column should hold."""


def write_rows(
    database: Path,
    table: str,
    columns: dict[str, str],
    spelled: str,
    into: Path,
    *,
    fast: bool = True,
    rows: int = _ROWS,
) -> list[Finding]:
    """Reads one table into an Arrow file.

    Args:
        database: the copied and recovered store.
        table: one of ``COLUMNS``.
        columns: how the store spells each column that it has.
        spelled: how it spells the table.
        into: the file to write, with exactly the columns of ``arrow_schema(table)``.
        fast: by ADBC, where it is installed and nothing odd stands in the table.
        rows: rows of one batch.

    Returns:
        What could not be taken as found.
    """
    if fast:
        try:
            _write(into, table, _by_adbc(database, table, _with_values(database, columns, spelled), spelled, rows))
        except _OddError:
            pass
        else:
            return []
    notes: list[Finding] = []
    _write(into, table, _by_sqlite3(database, table, columns, spelled, rows, notes))
    return notes


def _with_values(database: Path, columns: dict[str, str], spelled: str) -> dict[str, str]:
    """The columns without those of values that no row has: looking is a fraction of the cost of reading nulls."""
    doubtful = {name: stored for name, stored in columns.items() if name.endswith("_value") and name not in _COMMON}
    if not doubtful:
        return columns
    connection = open_store(database)
    try:
        counts = ", ".join(f"count({_quoted(stored)})" for stored in doubtful.values())
        some = " OR ".join(f"{_quoted(stored)} IS NOT NULL" for stored in doubtful.values())
        table = f"{_quoted(spelled)} NOT INDEXED"
        found: tuple[int, ...] = (0,) * len(doubtful)
        if connection.execute(f"SELECT 1 FROM {table} WHERE {some} LIMIT 1").fetchone():  # noqa: S608 - quoted
            found = connection.execute(f"SELECT {counts} FROM {table}").fetchone()  # noqa: S608 - quoted
    except sqlite3.Error:
        return columns
    finally:
        connection.close()
    empty = {name for name, count in zip(doubtful, found, strict=True) if not count}
    return {name: stored for name, stored in columns.items() if name not in empty}


def _write(into: Path, table: str, batches: "Iterator[pa.RecordBatch]") -> None:
    import pyarrow as pa

    with pa.OSFile(str(into), "wb") as file, pa.ipc.new_file(file, arrow_schema(table)) as writer:
        for batch in batches:
            writer.write_batch(batch)


def _by_adbc(
    database: Path, table: str, columns: dict[str, str], spelled: str, rows: int
) -> "Iterator[pa.RecordBatch]":
    """The rows by ADBC, which tells types by the rows that come first: so a row with one value of each comes first.

    Raises:
        _OddError: the driver is missing, or a value is not what its column should hold.
    """
    try:
        # Not by its DB-API, whose import brings pandas along where that is installed.
        import adbc_driver_sqlite
        from adbc_driver_manager import AdbcConnection, AdbcStatement, Error
    except ImportError:
        raise _OddError from None
    import pyarrow as pa

    wanted = COLUMNS[table]
    fillers = ", ".join(_FILLERS.get(wanted[name], "0") for name in columns)
    shown = ", ".join(_quoted(name) for name in columns.values())
    # A number among bytes is the one thing that the driver would hide: it writes it out as text.
    binaries = [_quoted(stored) for name, stored in columns.items() if wanted[name] == "binary"]
    odd = " OR ".join(f"typeof({stored}) IN ('integer', 'real')" for stored in binaries)
    first, rest = (", 0", f", {odd}") if odd else ("", "")
    sql = f"SELECT {fillers}{first} UNION ALL SELECT {shown}{rest} FROM {_quoted(spelled)} NOT INDEXED"  # noqa: S608 - quoted
    try:
        with (
            adbc_driver_sqlite.connect(address_of(database)) as opened,
            AdbcConnection(opened) as connection,
            AdbcStatement(connection) as statement,
        ):
            for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "mmap_size = 0", "query_only = ON"):
                statement.set_sql_query(f"PRAGMA {pragma}")
                statement.execute_update()
            statement.set_options(**{"adbc.sqlite.query.batch_rows": str(rows)})
            statement.set_sql_query(sql)
            stream, _ = statement.execute_query()
            done = -1
            with pa.RecordBatchReader.from_stream(stream) as reader:
                for batch in reader:
                    found = batch.slice(1) if done < 0 else batch
                    done = max(done, 0)
                    yield _exact(table, list(columns), found, done)
                    done += found.num_rows
    except (Error, pa.ArrowException, OSError):
        raise _OddError from None


def _exact(table: str, names: list[str], found: "pa.RecordBatch", done: int) -> "pa.RecordBatch":
    """A batch with the columns of the table.

    Raises:
        _OddError, ArrowInvalid: a value is not what its column should hold.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if found.num_columns > len(names) and pc.max(found.column(len(names))).as_py():
        raise _OddError
    handed = {"bool_": pa.int64(), "int32": pa.int64(), "float64": pa.float64(), "binary": pa.binary()}
    columns = []
    for field in arrow_schema(table):
        if field.name not in names:
            columns.append(_filled(field, found.num_rows, done))
            continue
        column = found.column(names.index(field.name))
        if column.type != handed.get(COLUMNS[table][field.name], field.type):
            raise _OddError
        if field.type in (pa.string(), pa.binary()):
            if (pc.max(pc.binary_length(column)).as_py() or 0) > _LONGEST:
                raise _OddError
            column = column.cast(pa.binary())  # from where the way to text checks that it is UTF-8
        columns.append(_as(column, field))
    return pa.RecordBatch.from_arrays(columns, schema=arrow_schema(table))


def _by_sqlite3(
    database: Path, table: str, columns: dict[str, str], spelled: str, rows: int, notes: list[Finding]
) -> "Iterator[pa.RecordBatch]":
    """The rows by the standard library; what is not what its column should hold is null, and noted."""
    import pyarrow as pa

    wanted = COLUMNS[table]
    shown, odd = [], ["0"]
    for name, stored in columns.items():
        kind, value = wanted[name], _quoted(stored)
        fits = _WANTED[kind].format(value)
        cast = f"CAST({value} AS {_CASTS[kind]})" if kind in _CASTS else value
        shown.append(f"CASE WHEN {fits} THEN {cast} END")
        odd.append(f"({value} IS NOT NULL AND NOT ({fits}))")
    sql = f"SELECT {', '.join(shown)}, {' + '.join(odd)} FROM {_quoted(spelled)} NOT INDEXED"  # noqa: S608 - quoted
    origin = Origin(NAMES[table])
    done = misfits = foreign = 0
    with_connection = open_store(database)
    try:
        for found, error in _batches(with_connection, sql, rows):
            values = list(zip(*found, strict=True)) or [()] * (len(columns) + 1)
            misfits += sum(values[-1])
            arrays = []
            for field in arrow_schema(table):
                if field.name not in columns:
                    arrays.append(_filled(field, len(found), done))
                    continue
                column = list(values[list(columns).index(field.name)])
                if field.type == pa.string():
                    column, bad = _texts(column)
                    foreign += bad
                    arrays.append(pa.array(column, pa.string()))
                else:
                    handed = pa.int64() if field.type == pa.bool_() else field.type
                    arrays.append(_as(pa.array(column, handed), field))
            done += len(found)
            yield pa.RecordBatch.from_arrays(arrays, schema=arrow_schema(table))
            if error:
                message = f"{origin.path} cannot be read beyond {done:,} rows: {error}"
                notes.append(Finding(FindingKind.UNREADABLE, message, origin, admits=True))
    finally:
        with_connection.close()
    if misfits:
        message = f"{misfits:,} values of {origin.path} are not what their columns hold, and were left out"
        notes.append(Finding(FindingKind.BAD_ROW, message, origin, admits=True))
    if foreign:
        message = f"{foreign:,} texts of {origin.path} are not UTF-8; what could not be read is shown as �"
        notes.append(Finding(FindingKind.BAD_ROW, message, origin))


def _batches(connection: sqlite3.Connection, sql: str, rows: int) -> Iterator[tuple[list[Any], str]]:
    """Rows in lists, and with the last one the error that ended them."""
    found: list[Any] = []
    error = ""
    try:
        for row in connection.execute(sql):
            found.append(row)
            if len(found) >= rows:
                yield found, ""
                found = []
    except sqlite3.Error as problem:
        error = str(problem)
    yield found, error


def _texts(values: list[Any]) -> tuple[list[Any], int]:
    """Text from bytes, and how many were not UTF-8."""
    bad = 0
    texts = []
    for value in values:
        try:
            texts.append(None if value is None else value.decode())
        except UnicodeDecodeError:
            bad += 1
            texts.append(value.decode("utf-8", "replace"))
    return texts, bad


def _as(column: "pa.Array", field: "pa.Field") -> "pa.Array":
    import pyarrow as pa

    if field.name == "proto_value" and column.null_count < len(column):
        return pa.concat_arrays(unpacked(pa.chunked_array([column])).chunks)
    return column.cast(field.type)


def _filled(field: "pa.Field", count: int, done: int) -> "pa.Array":
    """A column that no store has: the order of the rows, else nulls."""
    import pyarrow as pa

    if field.name == "ordinal":
        import numpy

        return pa.array(numpy.arange(done, done + count))
    return pa.nulls(count, field.type)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
