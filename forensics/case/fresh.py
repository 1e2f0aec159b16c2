"""Whether all of a reading is new to a case, and then shorter statements for its way there."""

from typing import TYPE_CHECKING

from forensics.case.batches import LOWEST
from forensics.case.columns import Column
from forensics.case.sql import statements

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from forensics.case.staging import Staging

__all__ = ["fresh_statements"]

_SPACES = {"node": Column.NODE, "artifact": Column.ARTIFACT, "origin": Column.ORIGIN}


def fresh_statements(connection: "DuckDBPyConnection", staging: "Staging") -> dict[str, str]:
    """The statements that take the place of those of ``merge.sql``; none where they would not do the same.

    Args:
        connection: the case, which has no acquisition of the source yet.
        staging: the whole reading.
    """
    sql = dict(statements("forensics.case", "fresh.sql"))
    if connection.execute(sql.pop("known")).fetchall()[0][0]:
        return {}
    for space, batched, is_dense, first in connection.execute(sql.pop("numbered"), {"lowest": LOWEST}).fetchall():
        if not is_dense or staging.highest.get(_SPACES[space], -1) >= batched:
            return {}
        connection.execute(f"SET VARIABLE batched_{space}s = {first - LOWEST}")
        connection.execute(f"SET VARIABLE other_{space}s = {first + batched}")
    connection.execute(sql.pop("macros"))
    return sql
