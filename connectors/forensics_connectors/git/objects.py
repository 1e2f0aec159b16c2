"""Reading git objects: in bulk through ``cat-file --batch``, each checked against its id.

A pack's index can be forged to answer one id with another object, and git does not notice when it reads: only the
hash of the bytes says that they are the object that was asked for.
"""

import hashlib
import io
import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from typing import NamedTuple

from forensics.model import Finding, FindingKind, Origin

from .environment import Child, Runner

__all__ = ["BLOB_LIMIT", "Entry", "GitObject", "ObjectReader", "TreeEntry", "parse_tree"]

#: Bytes of the largest blob that is read unless the caller says otherwise.
BLOB_LIMIT = 256 << 20

_CHUNK = 50_000
_SKIPPED = 64 << 20
_DEATHS = 500
_REPORTED = 1_000
#: Paths that git takes for ones of the current folder, and gives up at, having none. No tree holds them.
_RELATIVE = ("./", "../")
_FORGED = "holds other bytes than its id says"


class GitObject(NamedTuple):
    """One object whose bytes hash to its id."""

    oid: str
    type: str
    data: bytes


class Entry(NamedTuple):
    """What ``commit:path`` names."""

    oid: str
    type: str
    size: int


_DIED = Entry("", "", -1)


class TreeEntry(NamedTuple):
    """One line of a tree; ``name`` is decoded with ``surrogateescape``."""

    mode: str
    type: str
    oid: str
    name: str


class ObjectReader:
    """Reads the objects of one git directory. One bad object is a finding and None, never an exception.

    Args:
        notice: takes each finding.
    """

    def __init__(self, runner: Runner, object_format: str, notice: Callable[[Finding], None]) -> None:
        self._runner = runner
        self._new = partial(hashlib.sha1 if object_format == "sha1" else hashlib.sha256, usedforsecurity=False)
        digits = 40 if object_format == "sha1" else 64
        self._raw = digits // 2
        self._is_oid = re.compile(rf"[0-9a-f]{{{digits}}}\Z").match
        self._notice = notice
        self._child: Child | None = None
        self._deaths = 0
        self._told: set[str] = set()

    def close(self) -> None:
        """Ends the long-lived child."""
        if self._child is not None:
            self._child.stop()
            self._child = None

    # -- one at a time ----------------------------------------------------------------------------------------------

    def read(self, oid: str, kind: str = "", limit: int = BLOB_LIMIT, *, missing_ok: bool = False) -> GitObject | None:
        """Reads one object through a long-lived child.

        Args:
            oid: its id.
            kind: the type that it must have, or empty for any.
            limit: bytes at most.
            missing_ok: a missing object is no finding.

        Returns:
            The object, or None (and a finding) where it is missing, of another type, too large or corrupt.
        """
        if not self._is_oid(oid):
            return None
        answer = self._ask(b"info " + oid.encode())
        header = self._header(oid, answer)
        if header is None and missing_ok:
            return None
        if not self._fits(oid, header, kind, limit) or header is None:
            return None
        self._ask(b"contents " + oid.encode())
        data = self._take(header.size)
        return self._checked(oid, header.type, data)

    def _ask(self, request: bytes) -> bytes:
        if self._child is None:
            self._child = self._runner.start("cat-file", "--batch-command", stdin=None)
        stdin = self._child.stdin
        try:
            if stdin is not None:
                stdin.write(request + b"\n")
                stdin.flush()
            return self._child.stdout.readline()
        except BrokenPipeError:
            return b""

    def _take(self, size: int) -> bytes | None:
        if self._child is None:
            return None
        data = self._child.stdout.read(size + 1)
        if len(data) == size + 1:
            return data[:-1]
        self.close()
        return None

    # -- in bulk ----------------------------------------------------------------------------------------------------

    def check(self, oids: Iterable[str]) -> Iterator[tuple[str, Entry | None]]:
        """Says type and size of each object without reading it, None where it is missing."""
        wanted = iter(oids)
        while chunk := list(islice(wanted, _CHUNK)):
            entries = self._entries([oid.encode("ascii", "replace") for oid in chunk])
            yield from zip(chunk, (None if entry is _DIED else entry for entry in entries), strict=True)

    def read_many(
        self, oids: Iterable[str], kind: str = "", limit: int = BLOB_LIMIT
    ) -> Iterator[tuple[str, GitObject | None]]:
        """Reads many objects in a pipeline, in the order asked for.

        Args:
            oids: their ids.
            kind: the type that all must have, or empty for any.
            limit: bytes at most, each.

        Yields:
            Each id with its object, or with None (and a finding) as for ``read``.
        """
        wanted = iter(oids)
        while chunk := list(islice(wanted, _CHUNK)):
            asked = [oid for oid in chunk if self._is_oid(oid)]
            found = self._contents(asked, kind, limit)
            if len(asked) == len(chunk):
                yield from zip(chunk, found, strict=True)
            else:
                yield from ((oid, next(found) if self._is_oid(oid) else None) for oid in chunk)

    def _contents(self, oids: list[str], kind: str, limit: int) -> Iterator[GitObject | None]:
        position = 0
        while position < len(oids):
            if self._deaths > _DEATHS:
                self._tell(FindingKind.CORRUPT_OBJECT, oids[position], "stands behind too many corrupt ones; not read")
                yield None
                position += 1
                continue
            request = "".join(f"{oid}\n" for oid in oids[position:]).encode()
            with self._runner.start("cat-file", "--batch", "--buffer", stdin=request) as child:
                for found in self._answers(child, oids[position:], kind, limit):
                    position += 1
                    yield found

    def _answers(self, child: Child, oids: list[str], kind: str, limit: int) -> Iterator[GitObject | None]:
        """One answer an id; ends early behind one that stopped git, or that is not worth waiting for."""
        expected, new = kind.encode(), self._new
        with io.BufferedReader(_raw(child.stdout), 1 << 20) as stream:
            for oid in oids:
                line = stream.readline()
                parts = line.split()
                if len(parts) == 3 and (not kind or parts[1] == expected) and (size := int(parts[2])) <= limit:
                    data = stream.read(size + 1)
                    if len(data) == size + 1:
                        data = data[:-1]
                        state = new(b"%b %b\0" % (parts[1], parts[2]))
                        state.update(data)
                        if state.hexdigest() == oid:
                            yield GitObject(oid, parts[1].decode(), data)
                        else:
                            self._tell(FindingKind.CORRUPT_OBJECT, oid, _FORGED)
                            yield None
                        continue
                elif line:
                    entry = _entry(line)
                    self._fits(oid, entry, kind, limit)
                    yield None
                    if entry is None or (entry.size <= _SKIPPED and len(stream.read(entry.size + 1)) > entry.size):
                        continue
                    return  # too large to skip: start anew behind it
                self._deaths += 1  # git gave up at this object: leave it out and go on behind it
                self._tell(FindingKind.CORRUPT_OBJECT, oid, "cannot be unpacked")
                yield None
                return

    def resolve(self, names: Iterable[tuple[str, str]]) -> Iterator[Entry | None]:
        """Looks up paths at commits or trees, in bulk.

        Args:
            names: pairs of a commit's (or tree's) id and a path decoded with ``surrogateescape``.

        Yields:
            For each pair what is there, or None.
        """
        wanted = iter(names)
        while chunk := list(islice(wanted, _CHUNK)):
            requests = [
                b"" if path.startswith(_RELATIVE) else f"{oid}:{path}".encode("utf-8", "surrogateescape")
                for oid, path in chunk
            ]
            for request, entry in zip(chunk, self._entries(requests, "-z", end=b"\0"), strict=True):
                if entry is _DIED:
                    self._tell(FindingKind.CORRUPT_OBJECT, request[0], "holds a folder that cannot be read")
                yield None if entry is _DIED else entry

    def resolve_one(self, oid: str, path: str) -> Entry | None:
        """What is at one path, through the long-lived child."""
        request = f"{oid}:{path}"
        if path.startswith(_RELATIVE):
            return None
        if not self._is_oid(oid) or any(char in path for char in "\0\r\n"):
            return next(self.resolve([(oid, path)]))
        line = self._ask(b"info " + request.encode("utf-8", "surrogateescape"))
        if not line:
            self.close()
            self._tell(FindingKind.CORRUPT_OBJECT, oid, "holds a folder that cannot be read")
        return _entry(line)

    def _entries(self, requests: list[bytes], *options: str, end: bytes = b"\n") -> Iterator[Entry | None]:
        """One answer a request, in order; ``_DIED`` for one that git could not survive."""
        position = 0
        while position < len(requests):
            asked = [b"" if end in request else request for request in requests[position:]]
            stdin = b"".join(request + end for request in asked)
            output = self._runner.run("cat-file", "--batch-check", "--buffer", *options, stdin=stdin, check=False)
            start = 0
            for request in asked:
                missing = request + b" missing\n"  # a path may hold newlines, so this cannot be told by lines
                stop = start + len(missing) if output.startswith(missing, start) else output.find(b"\n", start) + 1
                if stop <= start:
                    break
                yield _entry(output[start:stop])
                start = stop
                position += 1
            else:
                return
            yield _DIED
            position += 1
            self._deaths += 1
            if self._deaths > _DEATHS:
                yield from (_DIED for _ in requests[position:])
                return

    def tree(self, oid: str) -> list[TreeEntry] | None:
        """The entries of a tree, None (and a finding) where it cannot be read."""
        found = self.read(oid, "tree")
        return None if found is None else parse_tree(found.data, self._raw)

    # -- judging ----------------------------------------------------------------------------------------------------

    def _header(self, oid: str, line: bytes) -> Entry | None:
        if not line:  # the child died on it
            self.close()
            self._tell(FindingKind.CORRUPT_OBJECT, oid, "cannot be read")
            return Entry(oid, "", -1)
        return _entry(line.rstrip(b"\n"))

    def _fits(self, oid: str, entry: Entry | None, kind: str, limit: int) -> bool:
        if entry is None:
            self._tell(FindingKind.MISSING_OBJECT, oid, "is not in the repository, or cannot be unpacked")
        elif entry.size < 0 or (kind and entry.type != kind):
            self._tell(FindingKind.CORRUPT_OBJECT, oid, f"is not a {kind}")
        elif entry.size > limit:
            self._tell(FindingKind.TOO_LARGE, oid, f"has {entry.size:,} bytes, more than {limit:,}; not read")
        else:
            return True
        return False

    def _checked(self, oid: str, kind: str, data: bytes | None) -> GitObject | None:
        if data is None:
            self._tell(FindingKind.CORRUPT_OBJECT, oid, "cannot be unpacked")
            return None
        state = self._new(b"%s %d\0" % (kind.encode(), len(data)))
        state.update(data)
        if state.hexdigest() != oid:
            self._tell(FindingKind.CORRUPT_OBJECT, oid, _FORGED)
            return None
        return GitObject(oid, kind, data)

    def _tell(self, kind: FindingKind, oid: str, message: str) -> None:
        if oid in self._told or len(self._told) > _REPORTED:
            return
        self._told.add(oid)
        if len(self._told) > _REPORTED:
            message = f"{message}; further objects like it are not named"
        self._notice(Finding(kind, f"object {oid} {message}", Origin(locus=oid), admits=True))


def parse_tree(data: bytes, raw: int = 20) -> list[TreeEntry]:
    """Reads a tree object.

    Args:
        data: its bytes.
        raw: bytes of an id: 20 for sha1, 32 for sha256.
    """
    entries: list[TreeEntry] = []
    start = 0
    while start < len(data):
        space = data.find(b" ", start)
        null = data.find(b"\0", space)
        end = null + 1 + raw
        if space < 0 or null < 0 or end > len(data):
            break
        mode = data[start:space].decode("ascii", "replace").zfill(6)
        kind = {"040000": "tree", "160000": "commit"}.get(mode, "blob")
        name = data[space + 1 : null].decode("utf-8", "surrogateescape")
        entries.append(TreeEntry(mode, kind, data[null + 1 : end].hex(), name))
        start = end
    return entries


def _entry(line: bytes) -> Entry | None:
    parts = line.split()
    if len(parts) != 3 or not parts[2].isdigit():
        return None
    return Entry(parts[0].decode(), parts[1].decode(), int(parts[2]))


def _raw(stream: object) -> io.RawIOBase:
    raw = getattr(stream, "raw", None)
    assert isinstance(raw, io.RawIOBase)  # noqa: S101 -- Popen's pipes are buffered readers, of which nothing was read
    return raw
