"""Digests that other sources name, looked for in the bytes of git history, which git itself knows by its ids alone.

Every distinct tree of every ref is looked at once, newest commits first. Files are hashed where their name is one under
which a digest is known; where no name is in the history, files of a plausible kind are, as far as a budget goes.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from forensics.digest import Digest
from forensics.errors import SourceError
from forensics.model import ArtifactKind, Finding, FindingKind, Origin, Record, SameBytes, Source, Strength, Wanted

from .modules import Module, match_modules, with_crlf
from .objects import parse_tree
from .records import code_kind
from .text import text
from .view import View, open_view
from .walk import root_commits, walk_commits

__all__ = ["search_history", "search_source"]

#: Bytes of all distinct trees, of the files of a wanted name, and of other files, that are looked at.
_TREES = 1 << 30
_NAMED = 4 << 30
_OTHERS = 256 << 20
_LARGEST = 128 << 20
_DEPTH = 512
_LINK = "120000"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where something was met first: a folder or file, and the newest commit that holds it."""

    path: str
    commit: str

    @property
    def origin(self) -> Origin:
        return Origin(text(self.path) or ".", self.commit, "search")

    def below(self, name: str) -> "_Place":
        return _Place(f"{self.path}/{name}" if self.path else name, self.commit)


@dataclass(slots=True)
class _Seen:
    """What the trees hold: blobs of a wanted name, all others, and the Python files of each folder."""

    named: dict[str, _Place] = field(default_factory=dict)
    others: dict[str, _Place] = field(default_factory=dict)
    modules: dict[Module, Origin] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)


def search_source(source: Source, wanted: Sequence[Wanted]) -> Iterator[Record]:
    """Looks for digests in a repository (``Searcher.search``).

    Raises:
        SourceError: the repository is gone, or another one stands in its place.
    """
    with open_view(source.locator) as view:
        if set(root_commits(view)).isdisjoint(source.fingerprints):
            raise SourceError(
                f"{source.locator} is another repository than the one that was read", hint="ingest it anew"
            )
        yield from search_history(view, wanted)


def search_history(view: View, wanted: Sequence[Wanted]) -> Iterator[Record]:
    """Looks for digests in all commits that any ref reaches.

    Yields:
        ``SameBytes`` from a wanted digest to a blob, ``Listing`` of a folder of code by blobs, and findings of what
        could not be looked at.
    """
    files = [one for one in wanted if one.digest.algorithm in _MAKE]
    modules = {one.digest.value for one in wanted if one.digest.algorithm == "tfx-code"}
    walk = walk_commits(view)
    known = len(view.findings)  # a reading has told those already
    roots: dict[str, _Place] = {}
    for commit, tree in zip(reversed(walk.commits), reversed(walk.trees), strict=True):
        roots.setdefault(tree, _Place("", commit.oid))
    seen = _look(view, roots, {name for one in files for name in one.names}, has_modules=bool(modules))
    if modules:
        yield from match_modules(view, seen.modules, modules)
    if files:
        yield from _match_files(view, seen, files)
    yield from view.findings[known:]


def _look(view: View, roots: dict[str, _Place], names: set[str], *, has_modules: bool) -> _Seen:
    seen = _Seen()
    raw = 20 if view.object_format == "sha1" else 32
    read = 0
    known, level = set(roots), roots
    for _ in range(_DEPTH):
        below: dict[str, _Place] = {}
        for oid, found in view.read_objects(level, "tree"):
            if found is None:
                continue
            read += len(found.data)
            if read > _TREES:
                _cut(view, f"{_TREES:,} bytes of folders")
                return seen
            place = level[oid]
            module: list[tuple[str, str]] = []
            for entry in parse_tree(found.data, raw):
                if entry.type == "tree":
                    if entry.oid not in known:
                        known.add(entry.oid)
                        below[entry.oid] = place.below(entry.name)
                elif entry.type == "blob" and entry.mode != _LINK:
                    name = entry.name.lower()
                    if name in names:
                        seen.names.add(name)
                        seen.named.setdefault(entry.oid, place.below(entry.name))
                    elif entry.oid not in seen.others:
                        seen.others[entry.oid] = place.below(entry.name)
                    if has_modules and entry.name.endswith(".py"):
                        module.append((entry.name, entry.oid))
            if module:
                seen.modules.setdefault(tuple(sorted(module)), place.origin)
        if not below:
            break
        level = below
    return seen


def _match_files(view: View, seen: _Seen, wanted: Sequence[Wanted]) -> Iterator[Record]:
    missing: dict[str, set[str]] = {}
    for one in wanted:
        missing.setdefault(one.digest.algorithm, set()).add(one.digest.value)
    yield from _hash(view, seen.named, missing, _NAMED)
    nameless = [
        one for one in wanted if seen.names.isdisjoint(one.names) and one.digest.value in missing[one.digest.algorithm]
    ]
    if not nameless:
        return
    only_code = all(one.is_code for one in nameless)
    others = {
        oid: place
        for oid, place in seen.others.items()
        if oid not in seen.named and (not only_code or code_kind(place.path) is ArtifactKind.CODE)
    }
    yield from _hash(view, others, missing, _OTHERS)


def _hash(view: View, places: dict[str, _Place], missing: dict[str, set[str]], budget: int) -> Iterator[Record]:
    """Hashes blobs by every algorithm that is asked for; takes what it finds out of ``missing``."""
    chosen: list[str] = []
    total = 0
    for oid, entry in view.check_objects(places):
        if entry is None or not entry.size:
            continue
        if entry.size > _LARGEST or total + entry.size > budget:
            _cut(view, f"{budget:,} bytes of files, none above {_LARGEST:,}")
            continue
        total += entry.size
        chosen.append(oid)
    for oid, data in view.read_blobs(chosen, _LARGEST):
        if not any(missing.values()):
            return
        if data is not None:
            yield from _twins(oid, data, missing, places[oid])


def _twins(oid: str, data: bytes, missing: dict[str, set[str]], place: _Place) -> Iterator[Record]:
    blob = Digest("git", oid)
    crlf = None
    for algorithm, values in missing.items():
        if not values:
            continue
        value = _digest(algorithm, data)
        if value in values:
            values.discard(value)
            yield SameBytes(Digest(algorithm, value), blob, Strength.MATCHED, place.origin)
        if crlf is None:
            crlf = with_crlf(data)
        if crlf != data and (value := _digest(algorithm, crlf)) in values:
            # It stays wanted: a commit may hold the very bytes.
            yield SameBytes(Digest(algorithm, value), blob, Strength.ASSUMED, place.origin, "crlf")


_MAKE = {"md5": hashlib.md5, "md5-dos2unix": hashlib.md5, "sha1": hashlib.sha1, "sha256": hashlib.sha256}


def _digest(algorithm: str, data: bytes) -> str:
    if algorithm == "md5-dos2unix" and b"\0" not in data:
        data = data.replace(b"\r\n", b"\n")
    return _MAKE[algorithm](data, usedforsecurity=False).hexdigest()


def _cut(view: View, budget: str) -> None:
    message = f"the search for digests that other sources name was cut: it looks at {budget}"
    finding = Finding(FindingKind.TOO_LARGE, message, Origin(locus="search"), admits=True)
    if finding not in view.findings:
        view.notice(finding)
