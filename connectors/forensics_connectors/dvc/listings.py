"""What the members of directories are: as a document or the cache lists them, or as a part of a known directory."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import field

from forensics.digest import EMPTY, Digest
from forensics.model import Finding, FindingKind, Gap, GapKind, Listing, Origin, Record, Strength, content_key
from forensics.values import dataclass
from forensics_connectors.dvc.hashing import directory_digest
from forensics_connectors.dvc.ledger import Fact, Ledger
from forensics_connectors.dvc.storage import Storage, StorageProblem
from forensics_connectors.git.text import text

__all__ = ["Directory", "Listings", "read_listings"]

#: How deep folders are looked for inside directories: what lies in many of them is hashed once for each.
_DEEPEST = 16


@dataclass(frozen=True, slots=True)
class Directory:
    """The members of one directory content, sorted by name."""

    digest: Digest
    names: tuple[str, ...]
    algorithm: str
    values: tuple[str, ...]
    origin: Origin
    strength: Strength = Strength.RECORDED
    sizes: tuple[int | None, ...] = ()
    _parts: dict[str, Digest | None] = field(default_factory=dict, compare=False)

    def find(self, name: str) -> Digest | None:
        """The digest of what lies at a relative path: a file, or a folder by DVC's formula; None where nothing does."""
        if name not in self._parts:
            place = bisect_left(self.names, name)
            if place < len(self.names) and self.names[place] == name:
                self._parts[name] = Digest(self.algorithm, self.values[place])
            else:
                start, end = self._range(name)
                members = [(self.names[i][len(name) + 1 :], self.values[i]) for i in range(start, end)]
                self._parts[name] = directory_digest(members, self.algorithm) if members else None
        return self._parts[name]

    def part(self, name: str, digest: Digest) -> "Directory":
        """The folder at a relative path as a directory of its own."""
        start, end = self._range(name)
        return Directory(
            digest=digest,
            names=tuple(member[len(name) + 1 :] for member in self.names[start:end]),
            algorithm=self.algorithm,
            values=self.values[start:end],
            origin=self.origin,
            strength=Strength.MATCHED,
            sizes=self.sizes[start:end],
        )

    def record(self) -> Listing:
        """As a connector yields it."""
        return Listing(
            self.digest,
            tuple(map(text, self.names)),
            self.algorithm,
            self.values,
            self.origin,
            self.strength,
            sizes=self.sizes,
        )

    def _range(self, name: str) -> tuple[int, int]:
        # "0" follows "/" in every order that Python and DVC know.
        return bisect_left(self.names, f"{name}/"), bisect_left(self.names, f"{name}0")


@dataclass(slots=True)
class Listings:
    """All directory contents that are known by their members.

    Attributes:
        known: by digest.
        missing: directory contents that no document and no cache lists, with a version that has each.
        findings: what was wrong with stored listings.
    """

    known: dict[Digest, Directory] = field(default_factory=dict)
    missing: dict[Digest, Fact] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def add(self, directory: Directory) -> None:
        """Takes a directory down, unless it is known."""
        self.known.setdefault(directory.digest, directory)
        self.missing.pop(directory.digest, None)

    def of(self, fact: Fact) -> Directory | None:
        """The members of a version, None where they are not known or it is no directory."""
        return None if fact.digest is None else self.known.get(fact.digest)

    def records(self) -> Iterator[Record]:
        """Yields the listings, and a gap for each that is missing."""
        yield from self.findings
        for directory in self.known.values():
            yield directory.record()
        for digest, fact in self.missing.items():
            key = content_key(digest)
            message = f"the members of {fact.path} ({digest}) are not known: no cache or local remote has its listing"
            yield Finding(FindingKind.MISSING_LISTING, message, fact.origin, admits=True, node=key)
            yield Gap(GapKind.MISSING_LISTING, key, f"the members of {fact.path}", fact.origin, fact.size)


def read_listings(ledger: Ledger, storage: Storage) -> Listings:
    """Finds the members of every directory that some document names by its digest.

    Where neither a document nor a store lists them, a folder inside another directory with the same digest does.
    """
    listings = Listings()
    for fact in ledger.facts:
        digest = fact.digest
        if digest is None or not fact.is_directory or not digest.is_content_hash or str(digest) in EMPTY:
            continue
        if digest in listings.known:
            continue
        directory = _listed(fact, digest) or _stored(digest, storage, listings)
        if directory is not None:
            listings.add(directory)
        else:
            listings.missing.setdefault(digest, fact)
    if listings.missing:
        for directory in list(listings.known.values()):
            _look_inside(directory, listings)
    return listings


def _look_inside(directory: Directory, listings: Listings) -> None:
    """Takes down those folders of a directory whose own listing is missing; none is hashed that cannot be one."""
    sizes = {fact.nfiles for fact in listings.missing.values()}
    counts: Counter[str] = Counter()
    for name in directory.names:
        end = -1
        for _ in range(_DEEPEST):
            end = name.find("/", end + 1)
            if end < 0:
                break
            counts[name[:end]] += 1
    for folder, count in counts.items():
        if count in sizes or None in sizes:
            digest = directory.find(folder)
            if digest is not None and digest in listings.missing:
                listings.add(directory.part(folder, digest))


def _listed(fact: Fact, digest: Digest) -> Directory | None:
    """From a document that lists the members itself (cloud versioning)."""
    members = sorted((name, member, size) for name, member, size in fact.listed if member is not None)
    if not members or len(members) != len(fact.listed) or len({member.algorithm for _, member, _ in members}) != 1:
        return None
    return Directory(
        digest=digest,
        names=tuple(name for name, _, _ in members),
        algorithm=members[0][1].algorithm,
        values=tuple(member.value for _, member, _ in members),
        origin=fact.origin,
        sizes=tuple(size for _, _, size in members),
    )


def _stored(digest: Digest, storage: Storage, listings: Listings) -> Directory | None:
    """From a cache or a local remote."""
    origin = Origin(path=".dvc/cache", locus=str(digest))
    try:
        found = storage.read_directory(digest)
    except StorageProblem as problem:
        message = f"the stored listing of {digest} was not used: {problem}"
        listings.findings.append(
            Finding(FindingKind.CORRUPT_OBJECT, message, origin, admits=True, node=content_key(digest))
        )
        return None
    if found is None:
        return None
    members = sorted(zip(found.names, found.values, strict=True))
    names, values = zip(*members, strict=True) if members else ((), ())
    return Directory(digest, names, found.algorithm, values, origin)
