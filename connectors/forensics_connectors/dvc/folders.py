"""Folders as DVC would have seen them at a commit: git's files and DVC's data together, rebuilt without any listing."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from forensics.digest import EMPTY, Digest
from forensics_connectors.dvc.hashing import MD5, UNIX, directory_digest
from forensics_connectors.dvc.listings import Listings
from forensics_connectors.dvc.moments import Moments
from forensics_connectors.dvc.records import Reading
from forensics_connectors.dvc.trees import Trees

__all__ = ["Folders", "Member"]

#: How many states of one folder are tried, beside those at the commits that record its use.
_TRIES = 200
#: How many things are looked at to follow one folder through the history, at most.
_LOOKS = 2_000_000


@dataclass(frozen=True, slots=True)
class Member:
    """A file of a rebuilt directory: a git blob, or a version (an index) that DVC tracks, whole or in part."""

    name: str
    values: tuple[str | None, str | None]
    blob: str = ""
    version: int = -1


class Folders:
    """Rebuilds the directories that stages read and that no cache lists.

    Args:
        reading: says what commits hold, and gives the digests of blobs.
        listings: the members of DVC's own directories.
        trees: git's folders.
        moments: what DVC holds at single commits.
        under: gives the paths inside a folder that DVC ever tracked.
    """

    def __init__(
        self,
        reading: Reading,
        listings: Listings,
        trees: Trees,
        moments: Moments,
        under: Callable[[str], list[str]],
    ) -> None:
        self._reading = reading
        self._listings = listings
        self._trees = trees
        self._moments = moments
        self._under = under
        self._states: dict[tuple[object, ...], dict[Digest, None]] = {}
        self._far: dict[str, list[int]] = {}

    def find(self, index: int, uses: Iterable[int]) -> tuple[int, list[Member]] | None:
        """Finds a commit at which what git and DVC hold in a folder has the digest of a version.

        Args:
            index: of the version.
            uses: positions of the commits that record its use: these and their parents are tried first.

        Returns:
            The commit's position and what the folder holds there, or None.
        """
        fact, history = self._reading.ledger.facts[index], self._reading.history
        near = sorted(uses)
        near += [parent for position in near for parent in history.parents[position]]
        last = near[-1] if near else 0
        far = self.changed(fact.path)
        if len(far) > _TRIES:
            place = bisect_left(far, last)
            far = far[max(0, place - _TRIES // 2) : place + _TRIES // 2]
        for position in dict.fromkeys((*near, *far)):
            if fact.digest in self._digests(fact.path, position):
                return position, self._contents(fact.path, position, fact.digest.algorithm if fact.digest else MD5)
        return None

    def changed(self, folder: str) -> list[int]:
        """The commits that change something in a folder."""
        if folder not in self._far:
            inside = set(self._under(folder))
            found = set(self._reading.code.folders.get(folder, ()))
            for position, steps in self._reading.timeline.steps.items() if inside else ():
                if any(step.path in inside for group in steps.values() for step in group):
                    found.add(position)
            found = set(sorted(found)[-_LOOKS // (len(inside) + 1) :])
            parents = self._reading.history.parents
            around = {*found, *(parent for position in found for parent in parents[position])}
            self._trees.load_folders((position, folder) for position in around)
            for position in around if inside else ():
                self._moments.ask(position, inside)
            self._moments.answer()
            self._far[folder] = sorted(found)
        return self._far[folder]

    def state(self, folder: str, position: int) -> tuple[object, ...]:
        """What git and DVC hold in a folder at a commit, to be compared."""
        return (self._trees.folder(position, folder), *self._held(folder, position))

    def _digests(self, folder: str, position: int) -> dict[Digest, None]:
        """The digests that DVC would give a folder at a commit."""
        state = (folder, *self.state(folder, position))
        if state not in self._states:
            found = self._states[state] = {}
            for side, algorithm in enumerate((MD5, UNIX)):
                members = self._contents(folder, position, algorithm)
                pairs = [(member.name, value) for member in members if (value := member.values[side]) is not None]
                if pairs and len(pairs) == len(members):
                    found[directory_digest(pairs, algorithm)] = None
        return self._states[state]

    def _contents(self, folder: str, position: int, algorithm: str) -> list[Member]:
        """The files in a folder at a commit, none where DVC would see other ones."""
        tree = self._trees.folder(position, folder)
        files = {} if tree is None else self._trees.files(tree)
        if files is None:
            return []
        members = list(self._from_git(files))
        for path, part in self._held(folder, position):
            members += self._from_data(path[len(folder) + 1 :] if folder else path, part, algorithm)
        return members

    def _held(self, folder: str, position: int) -> list[tuple[str, int]]:
        """What DVC holds in a folder at a commit, beside what git holds."""
        data = self._moments.data
        found = [(path, part) for path in self._under(folder) if (part := data.get((position, path))) is not None]
        return [(path, part) for path, part in found if part not in self._reading.code.blobs]

    def _from_git(self, files: dict[str, str]) -> Iterator[Member]:
        self._reading.blobs.load(files.values())
        for name, blob in files.items():
            both = self._reading.blobs.digests(blob)
            yield Member(name, (both[0].value, both[1].value) if both else (None, None), blob=blob)

    def _from_data(self, name: str, part: int, algorithm: str) -> Iterable[Member]:
        fact = self._reading.ledger.facts[part]
        directory = self._listings.of(fact)
        if directory is not None and directory.algorithm == algorithm:
            for below, value in zip(directory.names, directory.values, strict=True):
                yield Member(f"{name}/{below}", (value, value), version=part)
        elif fact.digest is not None and not fact.is_directory and fact.digest.algorithm == algorithm:
            yield Member(name, (fact.digest.value, fact.digest.value), version=part)
        elif fact.digest is None or str(fact.digest) not in EMPTY:
            yield Member(name, (None, None), version=part)
