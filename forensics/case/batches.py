"""Batches on their way into a case: Arrow columns that go to the staging tables as they are.

A batch numbers nodes, artifacts and origins from 0 on. The numbers that ``Staging`` gives begin at 0 too, so those of
batches stand in the staging tables as -1, -2, and so on.
"""

from typing import TYPE_CHECKING

from forensics.case.columns import TABLES
from forensics.case.sql import statements
from forensics.errors import IntegrityError
from forensics.model import Batch

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["check_batches", "put_batch"]


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
            connection.execute(sql["nodes"], {"scope": scope})
        elif batch.kind == "edge":
            connection.execute(sql["manners"])
            connection.execute(sql["edges"])
        else:
            spelled = ", ".join(f"-1 - {name}" if kind.is_number else name for name, kind in columns.items())
            connection.execute(f"INSERT INTO stage_{batch.kind} SELECT {spelled} FROM batch")  # noqa: S608 - ours
    finally:
        connection.unregister("batch")


def check_batches(connection: "DuckDBPyConnection") -> None:
    """Holds a reading in batches to what a batch promises.

    Raises:
        IntegrityError: two nodes have one key, or an edge names a node that is in no batch.
    """
    sql = statements("forensics.case", "batches.sql")
    twice, unknown = connection.execute(sql["broken"]).fetchall()[0]
    if twice or unknown:
        raise IntegrityError(f"the connector's batches give {twice} keys twice and name {unknown} unknown nodes")
