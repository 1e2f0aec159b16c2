"""Joins between sources: edges that follow from what one source says of another."""

from typing import TYPE_CHECKING

from forensics.case.sql import statements
from forensics.model import ReferenceKind

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["join_sources"]

_STATEMENTS = {
    ReferenceKind.COMMIT: ("checked_out",),
    ReferenceKind.URI: (
        *("address", "place", "meant", "crowds", "note_crowds", "addressed"),
        *("by_uri", "logged_again", "drop_addressed"),
    ),
    ReferenceKind.FINGERPRINT: ("by_fingerprint",),
}


def join_sources(connection: "DuckDBPyConnection", acquisition: int) -> None:
    """Resolves, over the whole case, what sources say of each other (``joins.sql``).

    Args:
        connection: the case, in the transaction of an ingest.
        acquisition: the acquisition to which new edges belong.
    """
    sql = statements("forensics.case", "joins.sql")
    said = {row[0] for row in connection.execute("SELECT DISTINCT kind FROM reference").fetchall()}
    names = ["upstream", *(name for kind, some in _STATEMENTS.items() if kind in said for name in some)]
    for name in names:
        connection.execute(sql[name], {"acquisition": acquisition} if "$acquisition" in sql[name] else {})
