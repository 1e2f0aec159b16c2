"""Batches on their way into a case: Arrow columns that go to the staging tables as they are.

A batch numbers nodes, artifacts and origins from 0 on. The numbers that ``Staging`` gives begin at 0 too, so those of
batches stand in the staging tables from ``LOWEST`` on, in the same order.
"""

from typing import TYPE_CHECKING

from forensics.case.columns import TABLES
from forensics.case.sql import statements
from forensics.errors import IntegrityError
from forensics.model import Batch

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from pyarrow import ChunkedArray, Table

__all__ = ["LOWEST", "check_batches", "highest_number", "put_batch", "show_batches"]

#: What stands in the staging tables for the number 0 of a batch.
LOWEST = -(1 << 30)


def put_batch(connection: "DuckDBPyConnection", batch: Batch, scope: str) -> bool:
    """Appends a batch of nodes or edges to its staging table; one of another kind is only looked at.

    Args:
        connection: the case, with its staging tables.
        batch: the columns.
        scope: what stands before the keys of nodes that belong to the source.

    Returns:
        Whether it was appended, so that its columns are not needed any more.

    Raises:
        IntegrityError: there is no such staging table, or the columns are not its columns.
    """
    columns = TABLES.get(batch.kind)
    given = set(batch.columns.column_names)
    # An edge says itself how it is known; the manner is made of that.
    wanted = set(columns or ()) if batch.kind != "edge" else {"kind", "strength", "reason", "cause", "effect", "origin"}
    if columns is None or given != wanted:
        raise IntegrityError(f"a batch of {batch.kind} with the columns {', '.join(sorted(given))}")
    if batch.kind not in ("node", "edge"):
        return False
    connection.register("batch", batch.columns)
    try:
        sql = statements("forensics.case", "batches.sql")
        if batch.kind == "node":
            connection.execute(sql["nodes"], {"scope": scope, "lowest": LOWEST})
        else:
            connection.execute(sql["manners"])
            connection.execute(sql["edges"], {"lowest": LOWEST})
    finally:
        connection.unregister("batch")
    return True


def show_batches(connection: "DuckDBPyConnection", kind: str, batches: "list[Table]") -> None:
    """Makes of a staging table a view of its rows and of those of batches, of which no other copy is made.

    Args:
        connection: the case.
        kind: the staging table whose columns they have.
        batches: their columns, which must not be changed until the staging tables are dropped.
    """
    import pyarrow as pa

    connection.register(f"given_{kind}", pa.concat_tables(batches, promote_options="permissive"))
    spelled = ", ".join(
        f"({name} + {LOWEST})::INTEGER AS {name}" if column.is_number else f"{name}::{column.sql} AS {name}"
        for name, column in TABLES[kind].items()
    )
    connection.execute(f"ALTER TABLE stage_{kind} RENAME TO stage_row_{kind}")
    connection.execute(
        f"CREATE TEMP VIEW stage_{kind} AS SELECT {spelled} FROM given_{kind} UNION ALL FROM stage_row_{kind}"  # noqa: S608 - ours
    )


def highest_number(column: "ChunkedArray") -> int:
    """The highest number in a column of a batch, -1 where there is none; ``-LOWEST`` where one is below 0."""
    import pyarrow.compute as pc

    found = pc.min_max(column).as_py()
    if found["max"] is None:
        return -1
    return int(found["max"]) if found["min"] >= 0 else -LOWEST


def check_batches(connection: "DuckDBPyConnection") -> None:
    """Holds a reading in batches to what a batch promises.

    Raises:
        IntegrityError: two nodes have one key, or an edge names a node that is in no batch.
    """
    sql = statements("forensics.case", "batches.sql")
    twice, unknown = connection.execute(sql["broken"]).fetchall()[0]
    if twice or unknown:
        raise IntegrityError(f"the connector's batches give {twice} keys twice and name {unknown} unknown nodes")
