"""The columns of the staging tables: what records, or batches of them, are turned into on their way into a case.

Nodes, artifacts, origins and manners (how an edge is known) are numbered within one reading.
"""

from enum import Enum, auto

__all__ = ["TABLES", "Column"]


class Column(Enum):
    """What a column holds. The last four are numbers that one reading gave to what they name."""

    INT = auto()
    LONG = auto()
    REAL = auto()
    TEXT = auto()
    FLAG = auto()
    NODE = auto()
    ARTIFACT = auto()
    ORIGIN = auto()
    MANNER = auto()

    @property
    def sql(self) -> str:
        """The column's type in SQL."""
        return _SQL.get(self, "INTEGER")

    @property
    def is_number(self) -> bool:
        """Whether it names a node, an artifact, an origin or a manner by its number."""
        return self in {Column.NODE, Column.ARTIFACT, Column.ORIGIN, Column.MANNER}


_SQL = {Column.LONG: "BIGINT", Column.REAL: "DOUBLE", Column.TEXT: "VARCHAR", Column.FLAG: "BOOLEAN"}
_I, _L, _S, _B = Column.INT, Column.LONG, Column.TEXT, Column.FLAG
_N, _A, _O, _M = Column.NODE, Column.ARTIFACT, Column.ORIGIN, Column.MANNER

#: The staging tables by name, without their prefix ``stage_``.
TABLES: dict[str, dict[str, Column]] = {
    "node": {"local": _N, "kind": _S, "key": _S},
    "origin": {"local": _O, "path": _S, "commit_oid": _S, "locus": _S},
    "artifact": {"local": _A, "path": _S, "external": _B},
    "content": {"local": _N, "algorithm": _S, "value": _S},
    "version": {
        "local": _N, "artifact": _A, "content": _N, "size": _L, "nfiles": _L, "kind": _S, "tracked": _B, "label": _S,
        "owner": _S, "origin": _O,
    },
    "execution": {
        "local": _N, "identity": _S, "name": _S, "directory": _S, "command": _S, "declared": _B, "frozen": _B,
        "script": _S, "origin": _O,
    },
    "actor": {"local": _N, "mail": _S, "name": _S},
    "git_commit": {
        "local": _N, "oid": _S, "actor": _N, "author_time": _L, "author_offset": _I, "committer_name": _S,
        "committer_mail": _S, "commit_time": _L, "commit_offset": _I, "message": _S, "boundary": _B, "position": _I,
    },
    "parent": {"child": _N, "ordinal": _I, "parent": _N},
    "ref": {
        "name": _S, "kind": _S, "git_commit": _N, "tag": _S, "tagger_mail": _S, "tag_time": _L, "message": _S,
    },
    "release": {
        "local": _N, "name": _S, "artifact_name": _S, "label": _S, "git_commit": _N, "time": _L, "actor_mail": _S,
        "message": _S, "ref": _S, "origin": _O,
    },
    "stage_move": {
        "release": _N, "artifact_name": _S, "stage": _S, "action": _S, "git_commit": _N, "time": _L, "actor_mail": _S,
        "ref": _S, "ordinal": _I, "origin": _O,
    },
    "manner": {"local": _M, "kind": _S, "strength": _S, "reason": _S},
    "edge": {"manner": _M, "cause": _N, "effect": _N, "origin": _O},
    "listing": {"directory": _N, "nfiles": _L, "strength": _S, "origin": _O},
    "member": {"directory": _N, "name": _S, "content": _N, "size": _L},
    "change": {"git_commit": _N, "parent": _I, "artifact": _A, "version": _N, "layer": _S},
    "role": {"artifact": _A, "kind": _S, "name": _S, "owner": _S, "strength": _S, "origin": _O},
    "details": {
        "node": _N, "type": _S, "name": _S, "uri": _S, "state": _S, "external_id": _S, "created": _L, "updated": _L,
        "origin": _O,
    },
    "property": {"node": _N, "name": _S, "kind": _S, "value": _S, "custom": _B, "origin": _O},
    "measurement": {"version": _N, "name": _S, "value": Column.REAL, "origin": _O},
    "event": {"execution": _N, "version": _N, "type": _S, "time": _L, "path": _S, "origin": _O},
    "membership": {"context": _N, "member": _N, "origin": _O},
    "reference": {
        "node": _N, "kind": _S, "value": _S, "commit_oid": _S, "repository": _S, "strength": _S, "origin": _O,
    },
    "deployment": {"model": _S, "subject": _S, "environment": _S, "started": _L, "ended": _L, "origin": _O},
    "gap": {"node": _N, "kind": _S, "size": _L, "detail": _S, "origin": _O},
    "finding": {"kind": _S, "message": _S, "admits": _B, "node": _N, "origin": _O},
}  # fmt: skip
