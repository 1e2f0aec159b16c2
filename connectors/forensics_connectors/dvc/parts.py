"""Dependencies that lie inside tracked directories, and directories that contain what is tracked (rules 5 and 7)."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from forensics.digest import EMPTY, Digest
from forensics.model import (
    Edge,
    EdgeKind,
    Finding,
    FindingKind,
    Gap,
    GapKind,
    Record,
    Strength,
    version_key,
)
from forensics_connectors.dvc.folders import Folders, Member
from forensics_connectors.dvc.hashing import MD5, UNIX
from forensics_connectors.dvc.listings import Directory, Listings
from forensics_connectors.dvc.moments import Moments
from forensics_connectors.dvc.records import Reading
from forensics_connectors.dvc.trees import Trees
from forensics_connectors.git.introductions import introductions
from forensics_connectors.git.text import text

__all__ = ["Parts"]


@dataclass(slots=True)
class Parts:
    """Joins parts to wholes by what directories list, else by path.

    Attributes:
        linked: versions that have been joined to something.
    """

    reading: Reading
    listings: Listings
    trees: Trees
    moments: Moments
    linked: set[int] = field(default_factory=set)
    _paths: list[str] = field(default_factory=list)
    _around: dict[str, list[str]] = field(default_factory=dict)
    _wholes: dict[str, list[int]] = field(default_factory=dict)
    _uses: dict[int, set[int]] = field(default_factory=dict)
    _beside: dict[int, list[int]] = field(default_factory=dict)
    _shown: set[str] = field(default_factory=set)
    _held_in: dict[tuple[str, str], dict[Digest | None, list[int]]] = field(default_factory=dict)
    _folders: Folders = field(init=False)
    _rebuilt: dict[str, dict[tuple[object, ...], list[int]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        paths: set[str] = set()
        for index, fact in enumerate(self.reading.ledger.facts):
            if fact.is_out and not fact.external and not fact.outside:
                paths.add(fact.path)
                if fact.is_directory:
                    self._wholes.setdefault(fact.path, []).append(index)
        self._paths = sorted(paths)
        # Not by a method of its own: a cycle would keep all that was read until the collector comes round.
        self._folders = Folders(self.reading, self.listings, self.trees, self.moments, partial(_under, self._paths))
        for number, job in enumerate(self.reading.ledger.jobs):
            for index in job.deps:
                self._uses.setdefault(index, set()).update(self.reading.recorded.get(number, ()))

    def around(self, path: str) -> list[str]:
        """The directories around a path that DVC ever tracked."""
        found = self._around.get(path)
        if found is None:
            found = self._around[path] = []
            while "/" in path:
                path = path.rpartition("/")[0]
                if path in self._wholes:
                    found.append(path)
        return found

    def under(self, folder: str) -> list[str]:
        """The paths inside a folder that DVC ever tracked."""
        return _under(self._paths, folder)

    def ask(self) -> None:
        """Says what commits will have to be looked at."""
        for index in self._uses:
            fact = self.reading.ledger.facts[index]
            paths = self.around(fact.path) + (self.under(fact.path) if fact.is_directory else [])
            for position in self._uses[index] if paths else ():
                self.moments.ask(position, paths)
                for parent in self.reading.history.parents[position]:
                    self.moments.ask(parent, paths)

    def records(self) -> Iterator[Record]:
        """Yields edges between parts and wholes, and the gaps where there should be some.

        It adds to the listings those that it can rebuild.
        """
        facts, parents = self.reading.ledger.facts, self.reading.history.parents
        named = [index for index in self._uses if not facts[index].external and facts[index].digest is not None]
        wholes = [index for index in named if facts[index].is_directory and not self._has_source(index)]
        near = ((p, index) for index in wholes for use in self._uses[index] for p in (use, *parents[use]))
        self.trees.load_folders((position, facts[index].path) for position, index in near)
        for index in wholes:
            yield from self._whole(index)
        yield from self._introduced()
        for index in named:
            if index not in self.reading.code.blobs and self.around(facts[index].path):
                yield from self._part(index)
        for parts in self._beside.values():
            yield from self._nested(parts)

    def _has_source(self, index: int) -> bool:
        """Some commit or some execution states where the version itself comes from."""
        return index in self.reading.held or index in self.reading.generated

    # -- a dependency inside a directory ----------------------------------------------------------------------------

    def _part(self, index: int) -> Iterator[Record]:
        reading, fact = self.reading, self.reading.ledger.facts[index]
        found = False
        for path in self.around(fact.path):
            name = fact.path[len(path) + 1 :]
            for whole in self._holders(path, name).get(fact.digest, ()):
                found = True
                directory = self.listings.of(reading.ledger.facts[whole])
                if fact.is_directory and directory is not None and fact.digest is not None:
                    self.listings.add(directory.part(name, fact.digest))
                yield self._edge(EdgeKind.PART, whole, index, "listing")
        if found:
            self.linked.add(index)
        elif not self._has_source(index) and index not in self.linked:
            beside = {
                held
                for position in self._uses[index]
                for path in self.around(fact.path)
                if (held := self.moments.data.get((position, path))) is not None
                and reading.ledger.facts[held].is_directory
                and self.listings.of(reading.ledger.facts[held]) is None
            }
            for held in sorted(beside):
                self.linked.add(index)
                self._beside.setdefault(held, []).append(index)
                yield self._edge(EdgeKind.PART, held, index, "by-path")
            if not beside:
                self.linked.add(index)
                detail = f"{fact.path} lies inside {self.around(fact.path)[0]}, and no known version of that holds it"
                yield Gap(GapKind.UNLINKED, reading.key(index), detail, fact.origin)

    def _nested(self, parts: list[int]) -> Iterator[Record]:
        """Parts of one directory that nobody lists: some may be parts of others, too."""
        facts = self.reading.ledger.facts
        folders: dict[str, list[int]] = {}
        for index in parts:
            if facts[index].is_directory:
                folders.setdefault(facts[index].path, []).append(index)
        for index in parts if folders else ():
            path = facts[index].path
            while "/" in path:
                path = path.rpartition("/")[0]
                for folder in folders.get(path, ()):
                    yield self._edge(EdgeKind.PART, folder, index, "by-path")

    def _holders(self, path: str, name: str) -> dict[Digest | None, list[int]]:
        """The versions of a directory by what lies in them at a relative path."""
        if (path, name) not in self._held_in:
            holders = self._held_in[path, name] = {}
            for whole in self._wholes[path]:
                directory = self.listings.of(self.reading.ledger.facts[whole])
                if directory is not None:
                    holders.setdefault(directory.find(name), []).append(whole)
        return self._held_in[path, name]

    # -- a directory that holds tracked things ----------------------------------------------------------------------

    def _whole(self, index: int) -> Iterator[Record]:
        reading, fact = self.reading, self.reading.ledger.facts[index]
        if fact.digest is None or str(fact.digest) in EMPTY:
            return
        inside, in_git = self.under(fact.path), fact.path in reading.code.folders
        if not inside and not in_git:
            return
        self.linked.add(index)
        rebuilt = self._folders.find(index, self._uses[index])
        if rebuilt is not None:
            position, members = rebuilt
            self._rebuilt.setdefault(fact.path, {}).setdefault(self._folders.state(fact.path, position), []).append(
                index
            )
            yield from self._members(index, position, members)
            return
        directory = self.listings.of(fact)
        found = False
        if directory is not None:
            for path in inside:
                within = directory.find(path[len(fact.path) + 1 :])
                held_part = None if within is None else reading.ledger.find(path, within)
                if held_part is not None and reading.ledger.facts[held_part].is_out:
                    found = True
                    yield self._edge(EdgeKind.MEMBER, held_part, index, "listing")
        elif in_git:
            self.listings.missing.pop(fact.digest, None)
            message = f"a stage ran with {fact.path} in a state that no commit holds"
            yield Gap(GapKind.CODE_NOT_COMMITTED, reading.key(index), message, fact.origin)
            yield Finding(FindingKind.CODE_NOT_COMMITTED, message, fact.origin, node=reading.key(index))
        if directory is None:
            beside = {
                held
                for position in self._uses[index]
                for path in inside
                if (held := self.moments.data.get((position, path))) is not None
            }
            found = bool(beside) or in_git
            for held in sorted(beside):
                yield self._edge(EdgeKind.MEMBER, held, index, "by-path")
        if not found:
            detail = f"{fact.path} contains {', '.join(inside[:3])}, and in no known version of them"
            yield Gap(GapKind.UNLINKED, reading.key(index), detail, fact.origin)

    def _introduced(self) -> Iterator[Record]:
        """Which commits first hold a folder in the state of a rebuilt directory."""
        reading, parents = self.reading, self.reading.history.parents
        for folder, rebuilt in self._rebuilt.items():
            appearances = []
            for position in self._folders.changed(folder):
                state = self._folders.state(folder, position)
                if state in rebuilt and all(
                    self._folders.state(folder, parent) != state for parent in parents[position]
                ):
                    appearances += [(position, index) for index in rebuilt[state]]
            for position, index, first in introductions(parents, appearances):
                kind = EdgeKind.INTRODUCED if first else EdgeKind.RESTORED
                commit = reading.history.commits[position]
                weak = (Strength.INFERRED, "shallow") if commit.boundary else (Strength.MATCHED, "listing")
                yield Edge(kind, commit.key, reading.key(index), reading.origin(position, folder), *weak)

    def _members(self, index: int, position: int, members: list[Member]) -> Iterator[Record]:
        """The listing of a rebuilt directory, and the versions that are in it."""
        reading, fact = self.reading, self.reading.ledger.facts[index]
        digest = fact.digest or Digest("", "")
        side = (MD5, UNIX).index(digest.algorithm)
        members.sort(key=lambda member: member.name)
        origin = reading.origin(position, fact.path)
        self.listings.add(
            Directory(
                digest=digest,
                names=tuple(member.name for member in members),
                algorithm=digest.algorithm,
                values=tuple(member.values[side] or "" for member in members),
                origin=origin,
                strength=Strength.MATCHED,
            )
        )
        causes: dict[str, None] = {}
        for member in members:
            if member.blob:
                causes[version_key(text(f"{fact.path}/{member.name}"), Digest("git", member.blob))] = None
                if member.blob not in self._shown:
                    self._shown.add(member.blob)
                    yield from reading.blobs.same_bytes(member.blob, origin)
            else:
                causes[reading.key(member.version)] = None
        for cause in causes:
            yield Edge(EdgeKind.MEMBER, cause, reading.key(index), origin, Strength.MATCHED, "listing")

    def _edge(self, kind: EdgeKind, cause: int, effect: int, reason: str) -> Edge:
        strength = Strength.MATCHED if reason == "listing" else Strength.INFERRED
        origin = self.reading.ledger.facts[effect].origin
        return Edge(kind, self.reading.key(cause), self.reading.key(effect), origin, strength, reason)


def _under(paths: list[str], folder: str) -> list[str]:
    """Of sorted paths those inside a folder."""
    start = bisect_left(paths, f"{folder}/") if folder else 0
    return paths[start : bisect_left(paths, f"{folder}0") if folder else None]
