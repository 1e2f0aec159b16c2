"""Compares a repository's commit-graph with the commits themselves.

The commit-graph is a cache of parent links that git believes without looking at the commits. An edited one hides
commits from ``git log``. Format: gitformat-commit-graph(5).
"""

import struct
from collections.abc import Iterator, Mapping
from itertools import islice, pairwise
from pathlib import Path

from forensics.model import Finding, FindingKind, Origin

from .layout import read_plain
from .text import text

__all__ = ["check_commit_graph"]

_LIMIT = 1 << 30
_REPORTED = 100
_NO_PARENT = 0x70000000
_EDGES = 0x80000000
_LAST_EDGE = 0x80000000

#: Commit id to (tree id, parent ids).
Truth = Mapping[str, tuple[str, tuple[str, ...]]]


def check_commit_graph(objects: Path, truth: Truth, raw: int) -> Iterator[Finding]:
    """Reports each commit whose tree or parents the commit-graph states otherwise.

    Args:
        objects: the repository's objects folder.
        truth: what the commits themselves say.
        raw: bytes of an id: 20 for sha1, 32 for sha256.
    """
    findings = _compare(objects, truth, raw)
    yield from islice(findings, _REPORTED)
    if next(findings, None) is not None:
        yield _finding("", "further commits that it states otherwise are not named")


def _compare(objects: Path, truth: Truth, raw: int) -> Iterator[Finding]:
    names: list[bytes] = []
    for path in _files(objects):
        data = read_plain(path, _LIMIT)
        if data is None:
            continue
        try:
            names += (layer := _Layer(data, raw)).names()
            for oid, tree, parents in layer.commits(names):
                if oid in truth and truth[oid] != (tree, parents):
                    yield _finding(oid, "it states another tree or other parents than the commit itself")
        except (struct.error, IndexError, KeyError, ValueError):
            message = f"{text(str(path.relative_to(objects)))} is no well-formed commit-graph"
            yield _finding("", message)


def _files(objects: Path) -> list[Path]:
    """The layers, the base first."""
    folder = objects / "info" / "commit-graphs"
    chain = (read_plain(folder / "commit-graph-chain", 1 << 20) or b"").decode("ascii", "replace").split()
    layers = [folder / f"graph-{name}.graph" for name in chain if name.isalnum()]
    single = objects / "info" / "commit-graph"
    return [single] if single.is_file() and not layers else layers + ([single] if single.is_file() else [])


class _Layer:
    def __init__(self, data: bytes, raw: int) -> None:
        if data[:4] != b"CGPH":
            raise ValueError("no signature")
        self.data = data
        self.raw = raw
        self.chunks: dict[bytes, tuple[int, int]] = {}
        table = [struct.unpack_from(">4sQ", data, 8 + 12 * index) for index in range(data[6] + 1)]
        for (name, start), (_, end) in pairwise(table):
            if not start <= end <= len(data):
                raise ValueError("a chunk beyond the end")
            self.chunks[name] = (start, end)

    def names(self) -> list[bytes]:
        """The ids of the commits, in the order of their positions."""
        start, end = self.chunks[b"OIDL"]
        return [self.data[at : at + self.raw] for at in range(start, end - self.raw + 1, self.raw)]

    def commits(self, names: list[bytes]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        """Each commit's id, tree and parents.

        Args:
            names: the ids of the layers below and of this one.
        """
        own = self.names()
        start, _ = self.chunks[b"CDAT"]
        for index, name in enumerate(own):
            at = start + index * (self.raw + 16)
            tree = self.data[at : at + self.raw]
            first, second = struct.unpack_from(">II", self.data, at + self.raw)
            parents = [names[position].hex() for position in self._parents(first, second)]
            yield name.hex(), tree.hex(), tuple(parents)

    def _parents(self, first: int, second: int) -> Iterator[int]:
        if first != _NO_PARENT:
            yield first
        if second & _EDGES:
            at, end = self.chunks[b"EDGE"]
            at += 4 * (second & ~_EDGES)
            while at < end:
                (value,) = struct.unpack_from(">I", self.data, at)
                yield value & ~_LAST_EDGE
                if value & _LAST_EDGE:
                    return
                at += 4
        elif second != _NO_PARENT:
            yield second


def _finding(oid: str, message: str) -> Finding:
    place = f"commit {oid}: " if oid else ""
    origin = Origin(path=".git/objects/info/commit-graph", commit=oid)
    return Finding(FindingKind.FORGED_COMMIT_GRAPH, f"commit-graph: {place}{message}; the commit was believed", origin)
