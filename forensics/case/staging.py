"""Records on their way into a case: interned to small integers, and appended in batches to temporary tables.

Keys and documents are texts that many facts share. Each is numbered once here, so the facts themselves are rows of
integers and one join a column turns them into the case's ids. DuckDB's appender takes rows of Python values as fast as
Arrow arrays are made of them, and needs neither pyarrow nor numpy, whose import would cost more than a small ingest.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from forensics.case.batches import highest_number, put_batch, show_batches
from forensics.case.columns import TABLES, Column
from forensics.case.sql import statements
from forensics.digest import Digest
from forensics.model import (
    Acquired,
    Batch,
    Change,
    Commit,
    Context,
    Deployment,
    Details,
    Edge,
    EdgeKind,
    Event,
    Execution,
    Finding,
    Gap,
    Listing,
    Measurement,
    Membership,
    Origin,
    Property,
    Record,
    Ref,
    Reference,
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
    from pyarrow import Table

__all__ = ["Staging"]

#: Rows held in Python before they go to DuckDB, to bound memory.
_BATCH = 50_000

_SOURCE_SCOPED = ("version\0", "execution\0", "release\0", "context\0")


_Key = TypeVar("_Key")


class _Numbers(dict[_Key, int]):
    """The numbers of texts. One that is not known yet is given where it is asked for; the others cost no call."""

    def __init__(self, give: Callable[[_Key], int]) -> None:
        super().__init__()
        self._give = give

    def __missing__(self, key: _Key) -> int:
        number = self[key] = self._give(key)
        return number


class Staging:
    """The temporary tables ``stage_*`` of one reading of one source.

    Attributes:
        acquired: the reading's own account of itself, once it was put.
        has_batches: part of it came in batches.
        highest: the highest numbers that batches name, by what they number.
        filled: the tables that hold rows.
    """

    def __init__(self, connection: "DuckDBPyConnection", source: int) -> None:
        self._connection = connection
        self._scope = f"{source}\0"
        self._rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in TABLES}
        self._described: set[int] = set()
        # Looked up by plain texts, since records and digests are slow to hash.
        self._nodes: _Numbers[str] = _Numbers(self._new_node)
        self._contents: _Numbers[tuple[str, str]] = _Numbers(self._new_content)
        self._commits: _Numbers[str] = _Numbers(lambda oid: self._nodes[commit_key(oid)])
        self._origins: _Numbers[tuple[str, str, str]] = _Numbers(self._new_origin)
        self._artifacts: _Numbers[tuple[str, bool]] = _Numbers(self._new_artifact)
        self._manners: _Numbers[tuple[str, str, str]] = _Numbers(self._new_manner)
        self._latest = Origin(), -1
        self._listings: set[Digest] = set()
        self.acquired: Acquired | None = None
        self.has_batches = False
        self.highest: dict[Column, int] = {}
        self.filled: set[str] = set()
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
            Context: self._context,
            Membership: self._membership,
            Details: self._details,
            Property: self._property,
            Event: self._event,
            Measurement: self._measurement,
            Reference: self._reference,
            Deployment: self._deployment,
            Batch: self._batch,
            Acquired: self._acquired,
        }
        self._batches: dict[str, list[Table]] = {}
        self._clear()
        for name, columns in TABLES.items():
            spelled = ", ".join(f"{column} {kind.sql}" for column, kind in columns.items())
            connection.execute(f"CREATE TEMP TABLE stage_{name} ({spelled})")

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
        for name, batches in self._batches.items():
            show_batches(self._connection, name, batches)

    @property
    def mentioned(self) -> list[int]:
        """Local numbers of nodes that were named by a fact but not described in this reading."""
        return [number for number in self._nodes.values() if number not in self._described]

    def drop(self) -> None:
        """Removes the temporary tables, and the numbers: the garbage collector would come round for them much later."""
        self._clear()
        self._batches.clear()
        for numbers in (self._nodes, self._contents, self._commits, self._origins, self._artifacts, self._manners):
            numbers.clear()

    def _clear(self) -> None:
        """Removes what this reading, or one that failed, put before the connection."""
        for kind, name in self._connection.execute(statements("forensics.case", "batches.sql")["temporary"]).fetchall():
            if name.startswith("given_"):
                self._connection.unregister(name)
            else:
                self._connection.execute(f'DROP {kind} "{name}"')

    def _flush(self, name: str) -> None:
        waiting = self._rows[name]
        if not waiting:
            return
        self.filled.add(name)
        appender = self._connection.appender(f"stage_{name}")
        appender.append_rows(waiting)
        appender.flush()
        waiting.clear()

    def _new_node(self, key: str) -> int:
        number = len(self._nodes)
        kind = key.partition("\0")[0]
        scoped = self._scope + key if key.startswith(_SOURCE_SCOPED) else key
        self._rows["node"].append((number, "version" if kind == "external" else kind, scoped))
        return number

    def _new_content(self, content: tuple[str, str]) -> int:
        number, _ = self._describe(content_key(Digest(*content)))
        self._rows["content"].append((number, *content))
        return number

    def _new_origin(self, said: tuple[str, str, str]) -> int:
        self._rows["origin"].append((len(self._origins), *said))
        return len(self._origins)

    def _new_artifact(self, artifact: tuple[str, bool]) -> int:
        self._rows["artifact"].append((len(self._artifacts), *artifact))
        return len(self._artifacts)

    def _new_manner(self, manner: tuple[str, str, str]) -> int:
        self._rows["manner"].append((len(self._manners), *manner))
        return len(self._manners)

    def _describe(self, key: str) -> tuple[int, bool]:
        number = self._nodes[key]
        new = number not in self._described
        self._described.add(number)
        return number, new

    def _origin(self, origin: Origin) -> int:
        known, number = self._latest
        if known is not origin:  # what one document says often comes in a row
            number = self._origins[origin.path, origin.commit, origin.locus]
            self._latest = origin, number
        return number

    def _actor(self, mail: str, name: str) -> int:
        number, new = self._describe(actor_key(mail))
        if new:
            self._rows["actor"].append((number, mail, name))
        return number

    def _version(self, record: Version) -> None:
        number, _ = self._describe(record.key)
        digest = record.digest
        content = None if digest is None else self._contents[digest.algorithm, digest.value]
        artifact = self._artifacts[record.path, record.external]
        self._rows["version"].append(
            (number, artifact, content, record.size, record.nfiles, record.kind, record.tracked, record.label,
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
            self._rows["parent"].append((number, ordinal, self._commits[parent]))

    def _ref(self, record: Ref) -> None:
        self._rows["ref"].append(
            (record.name, record.kind, self._commits[record.commit], record.tag, record.tagger_mail,
             record.tag_time, record.message)
        )  # fmt: skip

    def _release(self, record: Release) -> None:
        number, new = self._describe(record.key)
        if new:
            commit = self._commits[record.commit] if record.commit else None
            self._rows["release"].append(
                (number, record.name, record.artifact, record.label, commit, record.time, record.actor_mail,
                 record.message, record.ref, self._origin(record.origin))
            )  # fmt: skip

    def _stage_move(self, record: StageMove) -> None:
        release = self._nodes[record.release] if record.release else None
        commit = self._commits[record.commit] if record.commit else None
        self._rows["stage_move"].append(
            (release, record.artifact, record.stage, record.action, commit, record.time, record.actor_mail, record.ref,
             record.order, self._origin(record.origin))
        )  # fmt: skip

    def _edge(self, record: Edge) -> None:
        manner = self._manners[record.kind, record.strength, record.reason]
        nodes = self._nodes
        self._rows["edge"].append((manner, nodes[record.cause], nodes[record.effect], self._origin(record.origin)))

    def _same_bytes(self, record: SameBytes) -> None:
        first = self._contents[record.first.algorithm, record.first.value]
        second = self._contents[record.second.algorithm, record.second.value]
        manner = self._manners[EdgeKind.CONTENT, record.strength, record.reason]
        self._rows["edge"].append((manner, first, second, self._origin(record.origin)))

    def _listing(self, record: Listing) -> None:
        if record.directory in self._listings:
            return
        self._listings.add(record.directory)
        directory = self._contents[record.directory.algorithm, record.directory.value]
        origin = self._origin(record.origin)
        self._rows["listing"].append((directory, len(record.names), record.strength, origin))
        members = self._rows["member"]
        sizes: Iterable[int | None] = record.sizes or (None,) * len(record.names)
        for name, value, size in zip(record.names, record.values, sizes, strict=True):
            members.append((directory, name, self._contents[record.algorithm, value], size))

    def _change(self, record: Change) -> None:
        version = self._nodes[record.version] if record.version else None
        artifact = self._artifacts[record.path, False]
        self._rows["change"].append((self._commits[record.commit], record.parent, artifact, version, record.layer))

    def _role(self, record: Role) -> None:
        self._rows["role"].append(
            (self._artifacts[record.path, False], record.kind, record.name, record.owner, record.strength,
             self._origin(record.origin))
        )  # fmt: skip

    def _gap(self, record: Gap) -> None:
        self._rows["gap"].append(
            (self._nodes[record.node], record.kind, record.size, record.detail, self._origin(record.origin))
        )

    def _finding(self, record: Finding) -> None:
        node = self._nodes[record.node] if record.node else None
        self._rows["finding"].append((record.kind, record.message, record.admits, node, self._origin(record.origin)))

    def _context(self, record: Context) -> None:
        self._describe(record.key)
        described = record.key, record.type, record.name, "", "", "", None, None, record.origin
        self._details(Details(*described))

    def _membership(self, record: Membership) -> None:
        self._rows["membership"].append(
            (self._nodes[record.context], self._nodes[record.member], self._origin(record.origin))
        )

    def _details(self, record: Details) -> None:
        self._rows["details"].append(
            (self._nodes[record.node], record.type, record.name, record.uri, record.state, record.external_id,
             record.created, record.updated, self._origin(record.origin))
        )  # fmt: skip

    def _property(self, record: Property) -> None:
        self._rows["property"].append(
            (self._nodes[record.node], record.name, record.kind, record.value, record.custom,
             self._origin(record.origin))
        )  # fmt: skip

    def _measurement(self, record: Measurement) -> None:
        self._rows["measurement"].append(
            (self._nodes[record.version], record.name, record.value, self._origin(record.origin))
        )

    def _event(self, record: Event) -> None:
        self._rows["event"].append(
            (self._nodes[record.execution], self._nodes[record.version], record.type, record.time, record.path,
             self._origin(record.origin))
        )  # fmt: skip

    def _reference(self, record: Reference) -> None:
        self._rows["reference"].append(
            (self._nodes[record.node], record.kind, record.value, record.commit, record.repository, record.strength,
             self._origin(record.origin))
        )  # fmt: skip

    def _deployment(self, record: Deployment) -> None:
        self._rows["deployment"].append(
            (record.model, record.subject, record.environment, record.start, record.end, self._origin(record.origin))
        )

    def _batch(self, record: Batch) -> None:
        self.has_batches = True
        self._flush("manner")
        self.filled |= {record.kind, "manner"} if record.kind == "edge" else {record.kind}
        if not put_batch(self._connection, record, self._scope):
            self._batches.setdefault(record.kind, []).append(record.columns)
        for column, kind in TABLES[record.kind].items():
            if kind.is_number and column in record.columns.column_names:
                found = highest_number(record.columns[column])
                self.highest[kind] = max(self.highest.get(kind, -1), found)

    def _acquired(self, record: Acquired) -> None:
        self.acquired = record
