"""Rows of the documented format into records: first what they describe, then what they say of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from forensics.digest import Digest
from forensics.model import (
    ArtifactKind,
    Context,
    Deployment,
    Details,
    Edge,
    EdgeKind,
    Execution,
    Gap,
    GapKind,
    Membership,
    Origin,
    Property,
    Record,
    Reference,
    ReferenceKind,
    Release,
    SameBytes,
    StageMove,
    Strength,
    Version,
)
from forensics_connectors.records.fields import check
from forensics_connectors.records.ledger import Ledger
from forensics_connectors.records.rows import Row

__all__ = ["Native"]

_NODES = frozenset(("version", "execution", "context", "release"))
_ENDS = {
    EdgeKind.USED: ("version", "execution"),
    EdgeKind.GENERATED: ("execution", "version"),
    EdgeKind.REUSED: ("execution", "version"),
    EdgeKind.IMPORTED: ("version", "version"),
    EdgeKind.DECLARED: ("version", "version"),
    EdgeKind.RELEASED: ("version", "release"),
}
_DETAILS = ("type", "uri", "state", "created", "updated")
_PROPERTY_KINDS = {bool: "bool", int: "int", float: "double", str: "string"}


@dataclass(slots=True)
class Native:
    """Reads rows that have a ``record`` field.

    Attributes:
        keys: what the ids of the file stand for, as keys of nodes.
    """

    ledger: Ledger
    keys: dict[str, str] = field(default_factory=dict)
    _rows: dict[str, int] = field(default_factory=dict)
    _artifacts: dict[str, str] = field(default_factory=dict)
    _moves: int = 0

    def describe(self, number: int, row: Row) -> Iterator[Record]:
        """Yields the node that a row describes, if it does, and what it says of it by the way.

        Raises:
            ValueError: it is no row of the format, or its id stands for something else already.
        """
        kind, said = check(row)
        if kind not in _NODES:
            return
        origin = self.ledger.origin(number)
        record = _node(kind, said, origin)
        name = said["id"]
        if self.keys.setdefault(name, record.key) != record.key:
            raise ValueError(f"the id {name[:80]!r} stands for something else already")
        if name in self._rows:
            return
        self._rows[name] = number
        if isinstance(record, (Version, Execution)):
            yield from self.ledger.node(record)
        else:
            yield record
        if isinstance(record, Release):
            self._artifacts[record.key] = record.artifact
        yield from _beside(said, record.key, kind, origin)

    def state(self, number: int, row: Row) -> Iterator[Record]:
        """Yields what a row says of nodes.

        Raises:
            ValueError: it names what the file does not describe.
        """
        kind, said = check(row)
        origin = self.ledger.origin(number)
        match kind:
            case "edge":
                yield from self.ledger.edge(self._edge(said, origin))
            case "membership":
                yield Membership(self._key(said["context"], "context"), self._key(said["member"]), origin)
            case "property":
                value = said["value"]
                text = str(value).lower() if isinstance(value, bool) else str(value)
                of = self._key(said["of"])
                yield Property(of, said["name"], _PROPERTY_KINDS[type(value)], text, custom=True, origin=origin)
            case "reference":
                wanted = "execution" if said["kind"] == ReferenceKind.COMMIT else "version"
                yield Reference(
                    self._key(said["of"], wanted),
                    ReferenceKind(said["kind"]),
                    said["value"],
                    origin,
                    said.get("commit", ""),
                    said.get("repository", ""),
                    Strength(said.get("strength", Strength.RECORDED)),
                )
            case "gap":
                detail = said.get("detail", "")
                yield Gap(GapKind(said["kind"]), self._key(said["of"]), detail, origin, said.get("size"))
            case "stage":
                yield self._move(said, origin)
            case "deployment":
                start, end = (None if name not in said else said[name] // 1000 for name in ("from", "to"))
                yield Deployment(said["model"], said["subject"], said["environment"], start, end, origin)

    def _key(self, name: str, kind: str = "") -> str:
        key = self.keys.get(name)
        if key is None:
            raise ValueError(f"nothing in the file has the id {name[:80]!r}")
        found = key.partition("\0")[0].replace("external", "version")
        if kind and found != kind:
            raise ValueError(f"{name[:80]!r} is a {found}, where a {kind} is needed")
        return key

    def _edge(self, said: dict[str, Any], origin: Origin) -> Edge:
        kind = EdgeKind(said["kind"])
        cause, effect = (self._key(said[name], end) for name, end in zip(("from", "to"), _ENDS[kind], strict=True))
        usual = Strength.DECLARED if kind is EdgeKind.DECLARED else Strength.RECORDED
        return Edge(kind, cause, effect, origin, Strength(said.get("strength", usual)), said.get("reason", ""))

    def _move(self, said: dict[str, Any], origin: Origin) -> StageMove:
        release = self._key(said["release"], "release")
        time = said["time"] // 1000 if "time" in said else None
        self._moves += 1
        artifact = self._artifacts[release]
        ref = f"row {origin.locus}"
        return StageMove(
            release, artifact, said["stage"], said.get("action", "assign"), "", time, said.get("actor", ""), ref,
            self._moves - 1, origin,
        )  # fmt: skip


def _node(kind: str, said: dict[str, Any], origin: Origin) -> Version | Execution | Context | Release:
    match kind:
        case "version":
            digests: list[Digest | None] = [said.get("digest"), *said.get("digests", ())]
            external = said["path"].startswith("url:")
            return Version(
                path=said["path"],
                digest=next((digest for digest in digests if digest is not None), None),
                origin=origin,
                size=said.get("size"),
                nfiles=said.get("nfiles"),
                kind=ArtifactKind(said.get("kind", ArtifactKind.OTHER)),
                external=external,
                label=said.get("label", ""),
                owner=said.get("owner", ""),
                identity="" if external else said["id"],
            )
        case "execution":
            return Execution(
                identity=said["id"],
                name=said["name"],
                directory=said.get("directory", ""),
                command=said.get("command", ""),
                origin=origin,
                script=said.get("script", ""),
            )
        case "context":
            return Context(said["id"], said["name"], said.get("type", ""), origin)
        case _:
            time = said["time"] // 1000 if "time" in said else None
            return Release(
                name=said["name"],
                artifact=said.get("artifact", said["name"].partition("@")[0]),
                label=said.get("label", ""),
                commit="",
                time=time,
                actor_mail=said.get("actor", ""),
                message=said.get("message", ""),
                ref="",
                origin=origin,
            )


def _beside(said: dict[str, Any], key: str, kind: str, origin: Origin) -> Iterator[Record]:
    """What the row of a node says beside the node."""
    digests = [digest for digest in (said.get("digest"), *said.get("digests", ())) if digest is not None]
    for other in dict.fromkeys(digests[1:]):
        if other != digests[0] and other.is_content_hash and digests[0].is_content_hash:
            yield SameBytes(digests[0], other, Strength.RECORDED, origin, "same-record")
    if kind == "version" and said.get("uri"):
        yield Reference(key, ReferenceKind.URI, said["uri"].replace("\\", "/"), origin)
    if kind == "execution" and said.get("commit"):
        yield Reference(key, ReferenceKind.COMMIT, said["commit"], origin, repository=said.get("repository", ""))
    if kind in ("version", "execution") and any(name in said for name in _DETAILS):
        yield Details(
            node=key,
            type=said.get("type", ""),
            name=said.get("name", ""),
            uri=said.get("uri", ""),
            state=said.get("state", ""),
            external_id=said["id"],
            created=said.get("created"),
            updated=said.get("updated"),
            origin=origin,
        )
