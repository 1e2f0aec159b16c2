"""The conformance suite: what every connector keeps to, checked on a source of its kind. For the tests of connectors.

``check(MyConnector, "path/to/source", scratch)`` runs all of it and raises an ``IntegrityError`` saying what is wrong.
The source should be an honest one: what an attacker may claim of times, say, is not checked.
"""

import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from forensics.case import Case
from forensics.case.columns import TABLES, Column
from forensics.digest import Digest
from forensics.errors import IntegrityError
from forensics.model import (
    Acquired,
    Batch,
    Change,
    Commit,
    Context,
    Deployment,
    Details,
    Edge,
    Event,
    Execution,
    Finding,
    Gap,
    Listing,
    Measurement,
    Membership,
    NodeKind,
    Origin,
    Property,
    Record,
    Reference,
    Release,
    SameBytes,
    Source,
    StageMove,
    Strength,
    Version,
    content_key,
)
from forensics_connectors.contract import Connector

__all__ = ["check", "check_ingest", "check_moved", "check_records", "check_stable", "check_untouched"]

#: Kinds of node that are the same thing in every source, so that an edge may name one without describing it.
_GLOBAL = frozenset({NodeKind.COMMIT, NodeKind.ACTOR, NodeKind.CONTENT})
_EDGE_COLUMNS = {"kind", "cause", "effect", "strength", "reason", "origin"}
#: Far beyond any time in seconds, so that milliseconds are told from them; and the same for milliseconds.
_SECONDS, _MILLISECONDS = 10**11, 10**14
#: Tables of a case that take a row with every reading.
_SNAPSHOTS = frozenset(("ref", "manner"))


def check(make: Callable[[], Connector], locator: str, scratch: Path, *, moved: bool = True) -> None:
    """Runs every check on one source.

    Args:
        make: makes the connector; its class.
        locator: a source of its kind.
        scratch: an empty folder, for a case and for a copy of the source.
        moved: the source is a file or a folder that stays the same source wherever it is copied.

    Raises:
        IntegrityError: the connector breaks the contract; the message says where.
    """
    check_untouched(make, locator)
    _, records = check_stable(make, locator)
    check_records(records)
    check_ingest(make, locator, scratch)
    if moved:
        check_moved(make, locator, scratch)


def check_stable(make: Callable[[], Connector], locator: str) -> tuple[Source, list[Record]]:
    """Checks that two readings say the same in the same order, and that the state is the source's own.

    Returns:
        The source, and the records of one reading.
    """
    (source, first), (again, second) = _read(make(), locator), _read(make(), locator)
    _expect(bool(source.fingerprints) and all(source.fingerprints), "a source without fingerprints")
    _expect(bool(source.kind and source.name and source.locator), "a source without kind, name or locator")
    _expect(source == again, f"discover says once {source}, and then {again}")
    _expect(len(first) == len(second), f"one reading yields {len(first)} records, the next {len(second)}")
    for one, other in zip(first, second, strict=True):
        if isinstance(one, Acquired) and isinstance(other, Acquired):
            _expect(one.state == other.state, f"one reading saw the state {one.state}, the next {other.state}")
        elif isinstance(one, Batch) and isinstance(other, Batch):
            same = one.kind == other.kind and one.columns.equals(other.columns)
            _expect(same, f"two readings yield two different batches of {one.kind}")
        else:
            _expect(one == other, f"one reading yields {one}, the next {other}")
    last = first[-1] if first else None
    if source.state and isinstance(last, Acquired):
        _expect(last.state == source.state, "the state in Acquired is not that of discover, though nothing changed")
    return source, first


def check_untouched(make: Callable[[], Connector], locator: str) -> None:
    """Checks that reading leaves bytes, modification times and folder listings of the source as they were."""
    place = Path(locator)
    if not place.exists():
        return  # a server
    # Beside a file too: a reader may leave a journal or a lock there.
    around = place if place.is_dir() else place.parent
    before = _snapshot(around)
    _read(make(), locator)
    after = _snapshot(around)
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    _expect(not changed, f"reading changed {', '.join(changed[:5])}")


def check_moved(make: Callable[[], Connector], locator: str, scratch: Path) -> None:
    """Checks that a copy of the source is the same source, by its fingerprints."""
    place, copy = Path(locator), scratch / "moved" / Path(locator).name
    copy.parent.mkdir(parents=True)
    if place.is_dir():
        shutil.copytree(place, copy, symlinks=True)
    else:
        shutil.copy2(place, copy)
    here, there = make().discover(locator), make().discover(str(copy))
    _expect(here is not None and there is not None, f"discover does not recognise {locator}, or not a copy of it")
    if here is not None and there is not None:
        same = here.kind == there.kind and not set(here.fingerprints).isdisjoint(there.fingerprints)
        _expect(same, f"a copy is another source: {here.fingerprints} and {there.fingerprints}")


def check_ingest(make: Callable[[], Connector], locator: str, scratch: Path) -> None:
    """Checks that a case takes the records, knows an unchanged source, and that a second reading adds nothing."""
    connector = make()
    with Case.open(scratch / "case.duckdb", write=True, new=True) as case:
        source, records = _read(connector, locator)
        case.ingest(source, records, connector=connector.kind)
        before = _counts(case)
        _expect(any(before.values()), "a reading adds nothing to an empty case")
        again = case.ingest(source, iter(()), connector=connector.kind) if source.state else None
        _expect(again is None or again.unchanged, "the state in Acquired is not that of discover, so all is read twice")
        other, records = _read(connector, locator)
        case.ingest(replace(other, state=f"{other.state} again"), records, connector=connector.kind)
        after = _counts(case)
        grown = [f"{name} from {before[name]} to {after[name]} rows" for name in before if before[name] != after[name]]
        _expect(not grown, f"a second reading of the same adds facts: {', '.join(grown)}")


def check_records(records: Sequence[Record]) -> None:
    """Checks one reading: its order, its keys, its digests and times, and that batches are those of the case."""
    _expect(bool(records) and isinstance(records[-1], Acquired), "Acquired is not the last record")
    _expect(sum(isinstance(record, Acquired) for record in records) == 1, "more than one Acquired")
    known: set[str] = set()
    told: set[Record] = set()
    for record in records:
        if isinstance(record, (Acquired, Batch)):
            continue
        _expect(record not in told, f"said twice: {record}")
        told.add(record)
        if isinstance(record, (Version, Execution, Release, Context, Commit)):
            _expect(record.key not in known, f"described twice: {record}")
            known.add(record.key)
        for digest in _digests(record):
            _expect(digest.is_well_formed, f"a digest that is not well formed: {record}")
        for key in _named(record):
            kind = key.partition("\0")[0]
            _expect(key in known or kind in _GLOBAL, f"names {key!r} before it was described, if at all: {record}")
        for time, limit in _times(record):
            _expect(time is None or (type(time) is int and -limit < time < limit), f"a time out of range: {record}")
        _expect(isinstance(getattr(record, "origin", Origin()), Origin), f"without an origin: {record}")
        if isinstance(record, Edge):
            _expect(record.strength in Strength, f"an unknown strength: {record}")
    _check_batches([record for record in records if isinstance(record, Batch)], known)


def _check_batches(batches: list[Batch], described: set[str]) -> None:
    """Checks the columns of batches, and that their numbers name what was given before."""
    if not batches:
        return
    nodes: dict[int, str] = {}
    given: dict[Column, set[int]] = {Column.NODE: set(), Column.ARTIFACT: set(), Column.ORIGIN: set()}
    spaces = {"node": Column.NODE, "artifact": Column.ARTIFACT, "origin": Column.ORIGIN}
    for batch in batches:
        wanted = _EDGE_COLUMNS if batch.kind == "edge" else set(TABLES.get(batch.kind, ()))
        _expect(set(batch.columns.column_names) == wanted, f"a batch of {batch.kind} has not the columns of staging")
        rows = batch.columns.to_pydict()
        if batch.kind in spaces:
            numbers = rows["local"]
            space = given[spaces[batch.kind]]
            _expect(len(set(numbers)) == len(numbers) and space.isdisjoint(numbers), f"a {batch.kind} numbered twice")
            space.update(numbers)
        if batch.kind == "node":
            nodes.update(zip(rows["local"], rows["key"], strict=True))
            _expect(all(kind in set(NodeKind) for kind in rows["kind"]), "a node of an unknown kind")
        if batch.kind == "content":
            digests = map(Digest, rows["algorithm"], rows["value"])
            _expect(all(digest.is_well_formed for digest in digests), "a content whose digest is not well formed")
            keys = zip(rows["local"], map(Digest, rows["algorithm"], rows["value"]), strict=True)
            _expect(all(nodes.get(local) == content_key(digest) for local, digest in keys), "a content of another key")
        for name, values in rows.items():
            column = TABLES.get(batch.kind, {}).get(name)
            column = Column.NODE if batch.kind == "edge" and name in ("cause", "effect") else column
            if column in given and name != "local":
                missing = {value for value in values if value is not None} - given[column]
                _expect(
                    not missing, f"a batch of {batch.kind} names {name} {min(missing, default=0)} before it is given"
                )
    _expect(len(set(nodes.values())) == len(nodes), "two nodes of one key in batches")
    _expect(described.isdisjoint(nodes.values()), "a node both in a batch and as a record of its own")


def _named(record: Record) -> Iterable[str]:
    """Keys of the nodes that a record names."""
    match record:
        case Edge():
            return (record.cause, record.effect)
        case Change():
            return (record.version,) if record.version else ()
        case Gap() | Details() | Property() | Reference():
            return (record.node,)
        case Finding():
            return (record.node,) if record.node else ()
        case Measurement():
            return (record.version,)
        case Event():
            return (record.execution, record.version)
        case Membership():
            return (record.context, record.member)
        case StageMove():
            return (record.release,) if record.release else ()
    return ()


def _digests(record: Record) -> Iterable[Digest]:
    match record:
        case Version():
            return () if record.digest is None else (record.digest,)
        case SameBytes():
            return (record.first, record.second)
        case Listing():
            _expect(len(record.names) == len(record.values), f"a listing of unequal columns: {record}")
            return (record.directory, *(Digest(record.algorithm, value) for value in record.values))
    return ()


def _times(record: Record) -> Iterable[tuple[int | None, int]]:
    """Times with how far they may lie from 1970."""
    match record:
        case Commit():
            return ((record.author_time, _SECONDS), (record.commit_time, _SECONDS))
        case Release() | StageMove():
            return ((record.time, _SECONDS),)
        case Deployment():
            return ((record.start, _SECONDS), (record.end, _SECONDS))
        case Details():
            return ((record.created, _MILLISECONDS), (record.updated, _MILLISECONDS))
        case Event():
            return ((record.time, _MILLISECONDS),)
    return ()


def _read(connector: Connector, locator: str) -> tuple[Source, list[Record]]:
    source = connector.discover(locator)
    if source is None:
        raise IntegrityError(f"{connector.kind}: discover does not recognise {locator}")
    return source, list(connector.read(source))


def _counts(case: Case) -> dict[str, Any]:
    tables = [name for name in TABLES if name not in _SNAPSHOTS]
    return {name: case.rows(f"SELECT count(*) FROM {name}")[0][0] for name in tables}  # noqa: S608 - our own names


def _snapshot(place: Path) -> dict[str, tuple[int, int, bytes]]:
    """Every file and folder: mode, modification time in nanoseconds, bytes."""
    found: dict[str, tuple[int, int, bytes]] = {}
    for item in [place, *place.rglob("*")]:
        about = item.lstat()
        content = item.read_bytes() if item.is_file() and not item.is_symlink() else b""
        found[str(item)] = (about.st_mode, about.st_mtime_ns, content)
    return found


def _expect(holds: bool, message: str) -> None:
    if not holds:
        raise IntegrityError(message.replace("\0", "|")[:2_000])
