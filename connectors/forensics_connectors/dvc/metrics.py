"""The numbers in metrics files: in git blobs at every commit that changes one, and in caches and local remotes.

A metrics file is evidence like all else: it is read within limits, and one that cannot be read in full, or that says
a thing twice, counts for nothing rather than for a part of what it says.
"""

import json
import math
import tomllib
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from forensics.digest import Digest
from forensics.model import ArtifactKind, Finding, FindingKind, Measurement, Origin, Record, version_key
from forensics_connectors.dvc.documents import Problem
from forensics_connectors.dvc.hashing import file_digests
from forensics_connectors.dvc.ledger import Ledger
from forensics_connectors.dvc.records import Reading
from forensics_connectors.dvc.storage import Storage, open_plain
from forensics_connectors.dvc.trees import FILES
from forensics_connectors.dvc.yaml import decode, load, value
from forensics_connectors.git.text import text
from forensics_connectors.git.view import View

__all__ = ["metric_records", "read_numbers"]

_BYTES = 2**20
_DEPTH = 32
_NUMBERS = 2_000
_NAME = 300


def metric_records(view: View, reading: Reading, storage: Storage) -> Iterator[Record]:
    """Yields what metrics files say, each distinct one read once.

    Args:
        view: gives git's blobs.
        reading: which files are metrics, and which versions of them there are.
        storage: the caches and local remotes, for metrics that git does not hold.
    """
    paths = {path for path, kind in reading.ledger.roles if kind is ArtifactKind.METRIC}
    if paths:
        yield from _in_git(view, reading, paths)
        yield from _in_storage(reading.ledger, storage, paths)


def _in_git(view: View, reading: Reading, paths: set[str]) -> Iterator[Record]:
    held: dict[tuple[str, str], int] = {}
    for position, groups in enumerate(reading.history.changes):
        for change in (change for group in groups for change in group):
            if change.path in paths and change.new_oid is not None and change.new_mode in FILES:
                held.setdefault((change.path, change.new_oid), position)
    entries = view.check_objects(dict.fromkeys(oid for _, oid in held))
    fits = {oid for oid, entry in entries if entry is not None and entry.type == "blob" and 0 <= entry.size <= _BYTES}
    by_blob: dict[str, list[tuple[str, int]]] = {}
    for (path, oid), position in held.items():
        if oid in fits:
            by_blob.setdefault(oid, []).append((path, position))
    for oid, data in view.read_blobs(list(by_blob), _BYTES):
        if data is None:
            continue
        for path, position in by_blob[oid]:
            yield from _measured(
                path, version_key(text(path), Digest("git", oid)), data, reading.origin(position, path)
            )


def _in_storage(ledger: Ledger, storage: Storage, paths: set[str]) -> Iterator[Record]:
    for fact in ledger.facts:
        digest = fact.digest
        stored = fact.is_out and fact.cached and fact.path in paths and not (fact.external or fact.outside)
        if not stored or digest is None or fact.is_directory or (fact.size or 0) > _BYTES:
            continue
        data = _stored(storage, digest)
        if data is not None:
            yield from _measured(fact.path, fact.key, data, fact.origin)


def _stored(storage: Storage, digest: Digest) -> bytes | None:
    """The bytes of an object that is what its name says; None where no place has them."""
    for place in storage.places(digest):
        file = open_plain(place)
        if file is not None:
            with file:
                data = file.read(_BYTES + 1)
            if len(data) <= _BYTES and digest in file_digests(data):
                return data
    return None


def _measured(path: str, version: str, data: bytes, origin: Origin) -> Iterator[Record]:
    problems: list[str] = []
    numbers = read_numbers(path, data, problems)
    for problem in problems[:1]:
        yield Finding(
            FindingKind.UNREADABLE, f"no measurement is taken from {text(path)}: {problem}", origin, node=version
        )
    for name, number in numbers.items():
        yield Measurement(version, name, number, origin)


def read_numbers(path: str, data: bytes, problems: list[str]) -> dict[str, float]:
    """The finite numbers of a JSON, TOML or YAML document, by their keys joined with dots.

    Texts, truth values and what stands in lists are no measurements; neither are infinities and what no float can
    hold. A document that is one number has the name of the file.

    Args:
        path: of the document; its suffix tells the format, YAML where it is none of the others, as for DVC.
        data: its bytes.
        problems: gets why nothing was taken, where the document cannot be read in full or is ambiguous.

    Returns:
        Nothing where there is a problem.
    """
    suffix = PurePosixPath(path).suffix.lower()
    said: list[Problem] = []
    document = decode(data, said, _BYTES)
    if document is not None:
        try:
            tree = _READERS.get(suffix, _yaml)(document, said)
            found = dict(_numbers(tree, PurePosixPath(path).stem))
        except (ValueError, RecursionError) as error:
            problems.append(f"it cannot be read: {' '.join(str(error).split())[:200]}")
            return {}
    problems += [problem.message for problem in said]
    return {} if problems else found


def _json(document: str, _: list[Problem]) -> object:
    return json.loads(document, object_pairs_hook=_unique, parse_int=_integer)


def _toml(document: str, _: list[Problem]) -> object:
    return tomllib.loads(document)


def _yaml(document: str, said: list[Problem]) -> object:
    return value(load(document, said))


_READERS: dict[str, Callable[[str, list[Problem]], object]] = {".json": _json, ".toml": _toml}


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice in one mapping")
    return found


def _integer(digits: str) -> float | int:
    """Python refuses very long integers, which are no measurements anyway."""
    return int(digits) if len(digits) < _NAME else math.inf


def _numbers(tree: object, name: str) -> Iterator[tuple[str, float]]:
    """Walks mappings without recursion, in the order of the document."""
    waiting: list[tuple[tuple[str, ...], object]] = [((), tree)]
    seen: set[str] = set()
    while waiting:
        keys, node = waiting.pop()
        if isinstance(node, dict):
            if len(keys) >= _DEPTH:
                raise ValueError(f"deeper than {_DEPTH} levels")
            waiting += [((*keys, str(key)), inner) for key, inner in reversed(node.items())]
            continue
        number = _finite(node)
        called = text(".".join(keys) or name).replace("\0", "\ufffd")
        if number is None or len(called) > _NAME:
            continue
        if called in seen:
            raise ValueError(f"two numbers are called {called[:80]!r}")
        if len(seen) == _NUMBERS:
            raise ValueError(f"more than {_NUMBERS} numbers")
        seen.add(called)
        yield called, number


def _finite(node: object) -> float | None:
    if isinstance(node, bool) or not isinstance(node, int | float):
        return None
    try:
        number = float(node)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
