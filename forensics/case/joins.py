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
#: What addresses mean in other sources than the one that states them: nothing where there is no other.
_ELSEWHERE = frozenset(_STATEMENTS[ReferenceKind.URI]) - {"logged_again"}


def join_sources(connection: "DuckDBPyConnection", acquisition: int) -> None:
    """Resolves, over the whole case, what sources say of each other (``joins.sql``).

    Args:
        connection: the case, in the transaction of an ingest.
        acquisition: the acquisition to which new edges belong.
    """
    sql = statements("forensics.case", "joins.sql")
    said = {row[0] for row in connection.execute("SELECT DISTINCT kind FROM reference").fetchall()}
    left_out = _ELSEWHERE if connection.execute("SELECT count(*) FROM source").fetchall()[0][0] < 2 else frozenset()
    names = ["upstream", *(name for kind, some in _STATEMENTS.items() if kind in said for name in some)]
    for name in (name for name in names if name not in left_out):
        connection.execute(sql[name], {"acquisition": acquisition} if "$acquisition" in sql[name] else {})
