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
    from pyarrow import ChunkedArray

__all__ = ["LOWEST", "check_batches", "highest_number", "put_batch"]

#: What stands in the staging tables for the number 0 of a batch.
LOWEST = -(1 << 30)


def put_batch(connection: "DuckDBPyConnection", batch: Batch, scope: str) -> None:
    """Appends a batch to its staging table.

    Args:
        connection: the case, with its staging tables.
        batch: the columns.
        scope: what stands before the keys of nodes that belong to the source.

    Raises:
        IntegrityError: there is no such staging table, or the columns are not its columns.
    """
    columns = TABLES.get(batch.kind)
    given = set(batch.columns.column_names)
    # An edge says itself how it is known; the manner is made of that.
    wanted = set(columns or ()) if batch.kind != "edge" else {"kind", "strength", "reason", "cause", "effect", "origin"}
    if columns is None or given != wanted:
        raise IntegrityError(f"a batch of {batch.kind} with the columns {', '.join(sorted(given))}")
    connection.register("batch", batch.columns)
    try:
        sql = statements("forensics.case", "batches.sql")
        if batch.kind == "node":
            connection.execute(sql["nodes"], {"scope": scope, "lowest": LOWEST})
        elif batch.kind == "edge":
            connection.execute(sql["manners"])
            connection.execute(sql["edges"], {"lowest": LOWEST})
        else:
            spelled = ", ".join(f"{name} + {LOWEST}" if kind.is_number else name for name, kind in columns.items())
            connection.execute(f"INSERT INTO stage_{batch.kind} SELECT {spelled} FROM batch")  # noqa: S608 - ours
    finally:
        connection.unregister("batch")


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
