"""The records of versions and executions: what ran, on what, and which commit says so first."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from forensics.digest import Digest
from forensics.model import (
    Change,
    Edge,
    EdgeKind,
    Execution,
    Finding,
    FindingKind,
    Origin,
    Record,
    SameBytes,
    Strength,
    Version,
    version_key,
)
from forensics_connectors.dvc.code import Blobs, Code
from forensics_connectors.dvc.hashing import MD5, UNIX
from forensics_connectors.dvc.ledger import Ledger
from forensics_connectors.dvc.timeline import Timeline
from forensics_connectors.git.history import History
from forensics_connectors.git.introductions import introductions

__all__ = ["Reading", "execution_records", "version_records"]


@dataclass(slots=True)
class Reading:
    """All that was read, and what follows from it at once.

    Attributes:
        introduced: positions at which a version is introduced (by index), its first commits.
        restored: positions at which it comes back.
        recorded: positions at which an execution is recorded first.
        held, generated: versions that some commit holds by DVC metadata; that some execution wrote.
    """

    history: History
    ledger: Ledger
    timeline: Timeline
    code: Code
    blobs: Blobs
    introduced: dict[int, list[int]] = field(default_factory=dict)
    restored: dict[int, list[int]] = field(default_factory=dict)
    recorded: dict[int, list[int]] = field(default_factory=dict)
    held: set[int] = field(default_factory=set)
    generated: set[int] = field(default_factory=set)
    _keys: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        parents = self.history.parents
        for position, index, first in introductions(parents, self.timeline.versions):
            (self.introduced if first else self.restored).setdefault(index, []).append(position)
            self.held.add(index)
        for position, job, first in introductions(parents, self.timeline.jobs):
            if first:
                self.recorded.setdefault(job, []).append(position)
        self.generated = {index for job in self.ledger.jobs for index in job.outs}

    def keys(self, index: int) -> tuple[str, ...]:
        """The keys of the versions that an index of the ledger stands for: git's own where git holds the bytes."""
        known = self._keys.get(index)
        if known is None:
            fact = self.ledger.facts[index]
            blobs = self.code.blobs.get(index, ())
            known = tuple(version_key(fact.path, Digest("git", oid)) for oid in blobs) or (fact.key,)
            self._keys[index] = known
        return known

    def key(self, index: int) -> str:
        """The first of ``keys``."""
        return self.keys(index)[0]

    def is_merged(self, job: int) -> bool:
        """Whether an execution stands first in merges alone, and in none of their parents (rule 6)."""
        positions = self.recorded.get(job, ())
        return bool(positions) and all(len(self.history.commits[position].parents) > 1 for position in positions)

    def strength(self, job: int) -> tuple[Strength, str]:
        """How the inputs and outputs of an execution are known, and the reason where that is weak."""
        if self.is_merged(job):
            return Strength.INFERRED, "merged-lock"
        if not self.ledger.jobs[job].placed:
            return Strength.INFERRED, "unplaced"
        return Strength.RECORDED, ""

    def origin(self, position: int, path: str = "", locus: str = "") -> Origin:
        """A document at a commit."""
        return Origin(path, self.history.commits[position].oid, locus)


def version_records(reading: Reading) -> Iterator[Record]:
    """Yields the versions that DVC's documents name, who introduced them, and what each commit holds."""
    facts = reading.ledger.facts
    for index, fact in enumerate(facts):
        if index in reading.code.blobs:
            continue  # git's own version of the file stands for it
        yield Version(
            path=fact.path,
            digest=fact.digest,
            origin=fact.origin,
            size=fact.size,
            nfiles=fact.nfiles,
            kind=fact.kind,
            external=fact.external,
            tracked=fact.tracked,
            label=fact.label,
        )
    for places, kind in ((reading.introduced, EdgeKind.INTRODUCED), (reading.restored, EdgeKind.RESTORED)):
        for index, positions in places.items():
            if index not in reading.code.blobs:
                for position in positions:
                    yield _from_commit(reading, kind, position, reading.key(index), facts[index].origin)
    for (cause, effect), origin in reading.ledger.imports.items():
        yield Edge(EdgeKind.IMPORTED, reading.key(cause), reading.key(effect), origin)
    for position, by_parent in reading.timeline.steps.items():
        oid = reading.history.commits[position].oid
        for ordinal, steps in by_parent.items():
            for step in steps:
                key = "" if step.new is None else reading.key(step.new)
                yield Change(oid, ordinal, step.path, key, "dvc")
    yield from _rehashed(reading)
    yield from _compared(reading)


def _compared(reading: Reading) -> Iterator[Record]:
    """All digests of the files in git that a document names, in every state: so that any of them leads to the file."""
    told: set[str] = set()
    for path, blobs in reading.code.paths.items():
        for oid, position in blobs.items():
            if oid not in told:
                told.add(oid)
                yield from reading.blobs.same_bytes(oid, reading.origin(position, path))


def execution_records(reading: Reading) -> Iterator[Record]:
    """Yields executions, what they used and generated, and the commits that record them first."""
    for number, job in enumerate(reading.ledger.jobs):
        yield Execution(
            identity=job.identity,
            name=job.name,
            directory=job.directory,
            command=job.command,
            origin=job.origin,
            declared=job.declared,
            frozen=job.frozen,
            script=job.script,
        )
        key = job.key
        for position in reading.recorded.get(number, ()):
            yield _from_commit(reading, EdgeKind.RECORDED, position, key, job.origin)
        strength, reason = reading.strength(number)
        for index in (*job.deps, *job.settings):
            known = _known(reading, index, strength)
            for version in reading.keys(index):
                yield Edge(EdgeKind.USED, version, key, job.origin, known, reason)
        for index in job.outs:
            known = _known(reading, index, strength)
            for version in reading.keys(index):
                yield Edge(EdgeKind.GENERATED, key, version, job.origin, known, reason)
        if job.undeclared is not None:
            message = f"{job.undeclared.path} still holds {job.name}, which dvc.yaml no longer declares"
            yield Finding(FindingKind.UNDECLARED, message, job.undeclared, node=job.key)
        if reason == "merged-lock":
            message = f"the entry {job.name} first stands in a merge and in none of its parents"
            origin = reading.origin(reading.recorded[number][0], job.origin.path, job.name)
            yield Finding(FindingKind.MERGED_LOCK, message, origin, node=job.key)


def _known(reading: Reading, index: int, strength: Strength) -> Strength:
    """How an input or output is known of an execution that is known with a strength: git's versions by their bytes."""
    return Strength.MATCHED if strength is Strength.RECORDED and index in reading.code.blobs else strength


def _from_commit(reading: Reading, kind: EdgeKind, position: int, effect: str, document: Origin) -> Edge:
    commit = reading.history.commits[position]
    origin = Origin(document.path, commit.oid, document.locus)
    if commit.boundary:  # an ancestor that is not here may have been the first
        return Edge(kind, commit.key, effect, origin, Strength.INFERRED, "shallow")
    return Edge(kind, commit.key, effect, origin)


def _rehashed(reading: Reading) -> Iterator[Record]:
    """Joins the two digests of a path of which a commit changes nothing but the algorithm (rule 10)."""
    told: set[tuple[int, int]] = set()
    for position, by_parent in reading.timeline.steps.items():
        for step in (step for steps in by_parent.values() for step in steps):
            if step.old is None or step.new is None or (step.old, step.new) in told:
                continue
            old, new = reading.ledger.facts[step.old], reading.ledger.facts[step.new]
            if old.digest is None or new.digest is None or old.digest.value == new.digest.value:
                continue
            if {old.digest.algorithm, new.digest.algorithm} != {MD5, UNIX}:
                continue
            alike = old.size is not None and (old.size, old.nfiles) == (new.size, new.nfiles)
            if alike and old.is_directory == new.is_directory:
                told.add((step.old, step.new))
                origin = reading.origin(position, new.origin.path, new.origin.locus)
                yield SameBytes(old.digest, new.digest, Strength.ASSUMED, origin, "rehash")
