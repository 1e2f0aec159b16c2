"""Records on their way into a case: interned to small integers, and put down as Arrow batches in temporary tables.

Keys and documents are texts that many facts share. Each is numbered once here, so the facts themselves are rows of
integers and one join a column turns them into the case's ids.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from forensics.digest import Digest
from forensics.model import (
    Acquired,
    Change,
    Commit,
    Edge,
    Execution,
    Finding,
    Gap,
    Listing,
    Origin,
    Record,
    Ref,
    Release,
    Role,
    SameBytes,
    StageMove,
    Version,
    actor_key,
    commit_key,
    content_key,
)

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["Staging"]

#: Rows held in Python before they go to DuckDB: large enough for Arrow to pay, small enough to bound memory.
_BATCH = 100_000

_I, _L, _S, _B = "INTEGER", "BIGINT", "VARCHAR", "BOOLEAN"
_TABLES: dict[str, dict[str, str]] = {
    "node": {"local": _I, "kind": _S, "key": _S},
    "origin": {"local": _I, "path": _S, "commit_oid": _S, "locus": _S},
    "artifact": {"local": _I, "path": _S, "external": _B},
    "content": {"local": _I, "algorithm": _S, "value": _S},
    "version": {
        "local": _I, "artifact": _I, "content": _I, "size": _L, "nfiles": _L, "kind": _S, "tracked": _B, "label": _S,
        "owner": _S, "origin": _I,
    },
    "execution": {
        "local": _I, "identity": _S, "name": _S, "directory": _S, "command": _S, "declared": _B, "frozen": _B,
        "script": _S, "origin": _I,
    },
    "actor": {"local": _I, "mail": _S, "name": _S},
    "git_commit": {
        "local": _I, "oid": _S, "actor": _I, "author_time": _L, "author_offset": _I, "committer_name": _S,
        "committer_mail": _S, "commit_time": _L, "commit_offset": _I, "message": _S, "boundary": _B, "position": _I,
    },
    "parent": {"child": _I, "ordinal": _I, "parent": _I},
    "ref": {
        "name": _S, "kind": _S, "git_commit": _I, "tag": _S, "tagger_mail": _S, "tag_time": _L, "message": _S,
    },
    "release": {
        "local": _I, "name": _S, "artifact_name": _S, "label": _S, "git_commit": _I, "time": _L, "actor_mail": _S,
        "message": _S, "ref": _S, "origin": _I,
    },
    "stage_move": {
        "release": _I, "artifact_name": _S, "stage": _S, "action": _S, "git_commit": _I, "time": _L, "actor_mail": _S,
        "ref": _S, "ordinal": _I, "origin": _I,
    },
    "edge": {"kind": _S, "cause": _I, "effect": _I, "strength": _S, "reason": _S, "origin": _I},
    "listing": {"directory": _I, "nfiles": _L, "strength": _S, "origin": _I},
    "member": {"directory": _I, "name": _S, "content": _I, "size": _L},
    "change": {"git_commit": _I, "parent": _I, "artifact": _I, "version": _I, "layer": _S},
    "role": {"artifact": _I, "kind": _S, "name": _S, "owner": _S, "strength": _S, "origin": _I},
    "gap": {"node": _I, "kind": _S, "size": _L, "detail": _S, "origin": _I},
    "finding": {"kind": _S, "message": _S, "admits": _B, "node": _I, "origin": _I},
}  # fmt: skip

_SOURCE_SCOPED = ("version\0", "execution\0", "release\0")


class Staging:
    """The temporary tables ``stage_*`` of one reading of one source.

    Attributes:
        acquired: the reading's own account of itself, once it was put.
        described: keys whose record was put; the rest are only mentioned.
    """

    def __init__(self, connection: "DuckDBPyConnection", source: int) -> None:
        self._connection = connection
        self._scope = f"{source}\0"
        self._rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in _TABLES}
        self._nodes: dict[str, int] = {}
        self._described: set[int] = set()
        self._origins: dict[Origin, int] = {}
        self._artifacts: dict[tuple[str, bool], int] = {}
        self._listings: set[Digest] = set()
        self.acquired: Acquired | None = None
        self._handlers: dict[type, Callable[[Any], None]] = {
            Version: self._version,
            Edge: self._edge,
            Change: self._change,
            Commit: self._commit,
            Execution: self._execution,
            Listing: self._listing,
            SameBytes: self._same_bytes,
            Gap: self._gap,
            Finding: self._finding,
            Role: self._role,
            Ref: self._ref,
            Release: self._release,
            StageMove: self._stage_move,
            Acquired: self._acquired,
        }
        for name, columns in _TABLES.items():
            spelled = ", ".join(f"{column} {kind}" for column, kind in columns.items())
            connection.execute(f"CREATE OR REPLACE TEMP TABLE stage_{name} ({spelled})")

    def put_all(self, records: Iterable[Record]) -> None:
        """Puts down every record, in the order given."""
        handlers = self._handlers
        rows = self._rows
        for count, record in enumerate(records, 1):
            handlers[type(record)](record)
            if count % 4096 == 0:
                for name, waiting in rows.items():
                    if len(waiting) >= _BATCH:
                        self._flush(name)
        for name in rows:
            self._flush(name)

    @property
    def mentioned(self) -> list[int]:
        """Local numbers of nodes that were named by a fact but not described in this reading."""
        return [number for number in self._nodes.values() if number not in self._described]

    def drop(self) -> None:
        """Removes the temporary tables."""
        for name in _TABLES:
            self._connection.execute(f"DROP TABLE IF EXISTS stage_{name}")

    def _flush(self, name: str) -> None:
        waiting = self._rows[name]
        if not waiting:
            return
        import pyarrow as pa

        types = {"INTEGER": pa.int32(), "BIGINT": pa.int64(), "VARCHAR": pa.string(), "BOOLEAN": pa.bool_()}
        columns = zip(*waiting, strict=True)
        arrays = [pa.array(values, types[kind]) for values, kind in zip(columns, _TABLES[name].values(), strict=True)]
        self._connection.register("batch", pa.Table.from_arrays(arrays, names=list(_TABLES[name])))
        self._connection.execute(f"INSERT INTO stage_{name} SELECT * FROM batch")  # noqa: S608 - a name of ours
        self._connection.unregister("batch")
        waiting.clear()

    def _node(self, key: str) -> int:
        if key.startswith(_SOURCE_SCOPED):
            key = self._scope + key
        number = self._nodes.get(key)
        if number is None:
            number = len(self._nodes)
            self._nodes[key] = number
            kind = key.removeprefix(self._scope).partition("\0")[0]
            self._rows["node"].append((number, "version" if kind == "external" else kind, key))
        return number

    def _describe(self, key: str) -> tuple[int, bool]:
        number = self._node(key)
        new = number not in self._described
        self._described.add(number)
        return number, new

    def _origin(self, origin: Origin) -> int:
        number = self._origins.get(origin)
        if number is None:
            number = len(self._origins)
            self._origins[origin] = number
            self._rows["origin"].append((number, origin.path, origin.commit, origin.locus))
        return number

    def _artifact(self, path: str, external: bool = False) -> int:
        number = self._artifacts.get((path, external))
        if number is None:
            number = len(self._artifacts)
            self._artifacts[path, external] = number
            self._rows["artifact"].append((number, path, external))
        return number

    def _content(self, digest: Digest) -> int:
        number, new = self._describe(content_key(digest))
        if new:
            self._rows["content"].append((number, digest.algorithm, digest.value))
        return number

    def _actor(self, mail: str, name: str) -> int:
        number, new = self._describe(actor_key(mail))
        if new:
            self._rows["actor"].append((number, mail, name))
        return number

    def _version(self, record: Version) -> None:
        number, _ = self._describe(record.key)
        content = None if record.digest is None else self._content(record.digest)
        artifact = self._artifact(record.path, record.external)
        self._rows["version"].append(
            (number, artifact, content, record.size, record.nfiles, record.kind.value, record.tracked, record.label,
             record.owner, self._origin(record.origin))
        )  # fmt: skip

    def _execution(self, record: Execution) -> None:
        number, _ = self._describe(record.key)
        self._rows["execution"].append(
            (number, record.identity, record.name, record.directory, record.command, record.declared, record.frozen,
             record.script, self._origin(record.origin))
        )  # fmt: skip

    def _commit(self, record: Commit) -> None:
        number, new = self._describe(record.key)
        if not new:
            return
        actor = self._actor(record.author_mail, record.author_name)
        self._rows["git_commit"].append(
            (number, record.oid, actor, record.author_time, record.author_offset, record.committer_name,
             record.committer_mail, record.commit_time, record.commit_offset, record.message, record.boundary,
             record.position)
        )  # fmt: skip
        for ordinal, parent in enumerate(record.parents):
            self._rows["parent"].append((number, ordinal, self._node(commit_key(parent))))

    def _ref(self, record: Ref) -> None:
        self._rows["ref"].append(
            (record.name, record.kind.value, self._node(commit_key(record.commit)), record.tag, record.tagger_mail,
             record.tag_time, record.message)
        )  # fmt: skip

    def _release(self, record: Release) -> None:
        number, new = self._describe(record.key)
        if new:
            self._rows["release"].append(
                (number, record.name, record.artifact, record.label, self._node(commit_key(record.commit)),
                 record.time, record.actor_mail, record.message, record.ref, self._origin(record.origin))
            )  # fmt: skip

    def _stage_move(self, record: StageMove) -> None:
        release = self._node(record.release) if record.release else None
        commit = self._node(commit_key(record.commit)) if record.commit else None
        self._rows["stage_move"].append(
            (release, record.artifact, record.stage, record.action, commit, record.time, record.actor_mail, record.ref,
             record.order, self._origin(record.origin))
        )  # fmt: skip

    def _edge(self, record: Edge) -> None:
        self._rows["edge"].append(
            (record.kind.value, self._node(record.cause), self._node(record.effect), record.strength.value,
             record.reason, self._origin(record.origin))
        )  # fmt: skip

    def _same_bytes(self, record: SameBytes) -> None:
        first, second = self._content(record.first), self._content(record.second)
        self._rows["edge"].append(
            ("content", first, second, record.strength.value, record.reason, self._origin(record.origin))
        )

    def _listing(self, record: Listing) -> None:
        if record.directory in self._listings:
            return
        self._listings.add(record.directory)
        directory = self._content(record.directory)
        origin = self._origin(record.origin)
        self._rows["listing"].append((directory, len(record.names), record.strength.value, origin))
        sizes: Iterable[int | None] = record.sizes or (None,) * len(record.names)
        for name, value, size in zip(record.names, record.values, sizes, strict=True):
            member = self._content(Digest(record.algorithm, value))
            self._rows["member"].append((directory, name, member, size))

    def _change(self, record: Change) -> None:
        version = self._node(record.version) if record.version else None
        artifact = self._artifact(record.path)
        self._rows["change"].append(
            (self._node(commit_key(record.commit)), record.parent, artifact, version, record.layer)
        )

    def _role(self, record: Role) -> None:
        self._rows["role"].append(
            (self._artifact(record.path), record.kind.value, record.name, record.owner, record.strength.value,
             self._origin(record.origin))
        )  # fmt: skip

    def _gap(self, record: Gap) -> None:
        self._rows["gap"].append(
            (self._node(record.node), record.kind.value, record.size, record.detail, self._origin(record.origin))
        )

    def _finding(self, record: Finding) -> None:
        node = self._node(record.node) if record.node else None
        self._rows["finding"].append(
            (record.kind.value, record.message, record.admits, node, self._origin(record.origin))
        )

    def _acquired(self, record: Acquired) -> None:
        self.acquired = record
