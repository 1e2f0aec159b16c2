"""Where lineage is missing, or what is recorded does not fit what lies beside it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from forensics.digest import Digest
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
from forensics_connectors.dvc.history import look_up
from forensics_connectors.dvc.ledger import Fact, Job
from forensics_connectors.dvc.moments import Moments
from forensics_connectors.dvc.parts import Parts
from forensics_connectors.dvc.records import Reading
from forensics_connectors.git.introductions import introductions

__all__ = ["Gaps"]

_MACHINE = re.compile(r"/|~|file:|[A-Za-z]:[\\/]|\\\\")


@dataclass(slots=True)
class Gaps:
    """Finds stale inputs, persisted outputs, and versions of which nobody says where they come from.

    Args:
        tips: positions of the commits at which all current executions are compared with what lies beside them.
    """

    reading: Reading
    parts: Parts
    moments: Moments
    tips: tuple[int, ...]
    _stale: set[tuple[int, str, object]] = field(default_factory=set)

    def ask(self) -> None:
        """Says what commits will have to be looked at."""
        for position, _, job in self._comparisons():
            paths = [fact.path for fact in self._data_deps(job)]
            self.moments.ask(position, chain(paths, *map(self.parts.around, paths)))
        for number, job in self._persisting():
            for position in self.reading.recorded.get(number, ()):
                for parent in self.reading.history.parents[position]:
                    self.moments.ask(parent, job.persisted)

    def records(self) -> Iterator[Record]:
        """Yields findings, gaps, and the inferred inputs of executions that remember."""
        yield from self._persisted()
        yield from self._stale_locks()
        yield from self._without_digest()
        yield from self._named_by_machine()
        yield from self._not_committed()
        yield from self._without_producer()
        yield from self._merged_from_unknown()
        yield from self._behind_boundary()

    # -- rule 8 -----------------------------------------------------------------------------------------------------

    def _persisting(self) -> Iterator[tuple[int, Job]]:
        return ((number, job) for number, job in enumerate(self.reading.ledger.jobs) if job.persisted)

    def _persisted(self) -> Iterator[Record]:
        for number, job in self._persisting():
            positions = self.reading.recorded.get(number, ())
            found = {
                before: position
                for position in positions
                for parent in self.reading.history.parents[position]
                for path in job.persisted
                if (before := self.moments.data.get((parent, path))) is not None
            }
            for before, position in found.items():
                origin = self.reading.origin(position, job.origin.path, job.name)
                cause = self.reading.key(before)
                yield Edge(EdgeKind.USED, cause, job.key, origin, Strength.INFERRED, "persisted")
            # No lock pins what lay there before: it may come of runs that nobody committed.
            for position in positions[:1]:
                detail = f"what was in {', '.join(job.persisted)} before {job.name} ran is not on record"
                origin = self.reading.origin(position, job.origin.path, job.name)
                yield Gap(GapKind.NO_PRODUCER, job.key, detail, origin)

    # -- rule 6 -----------------------------------------------------------------------------------------------------

    def _comparisons(self) -> Iterator[tuple[int, int, Job]]:
        """Each execution with the commits beside whose data its inputs are held: (position, number, execution)."""
        jobs = self.reading.ledger.jobs
        for number, job in enumerate(jobs):
            if job.declared and not job.frozen:
                for position in self.reading.recorded.get(number, ()):
                    yield position, number, job
        for position in self.tips:
            for number in sorted(self.reading.timeline.current.get(position, ())):
                yield position, number, jobs[number]

    def _data_deps(self, job: Job) -> Iterable[Fact]:
        facts = self.reading.ledger.facts
        named = [facts[index] for index in job.deps]
        return [fact for fact in named if not fact.external and fact.digest is not None]

    def _stale_locks(self) -> Iterator[Record]:
        for position, number, job in self._comparisons():
            for fact in self._data_deps(job):
                beside = self._beside(position, fact)
                if beside is None or (number, fact.path, beside) in self._stale:
                    continue
                self._stale.add((number, fact.path, beside))
                message = f"{job.name} ran with {fact.path} {fact.digest}, and beside it lies {beside}"
                origin = self.reading.origin(position, job.origin.path, job.name)
                yield Finding(FindingKind.STALE_LOCK, message, origin, node=job.key)

    def _beside(self, position: int, fact: Fact) -> Digest | None:
        """What a commit holds where an input lies, if that is another content for certain; else None."""
        held = self.moments.data.get((position, fact.path))
        if held is not None and held not in self.reading.code.blobs:
            return _other(fact, self.reading.ledger.facts[held])
        blob = self.moments.files.get((position, fact.path))
        if blob is not None:
            digests = self.reading.blobs.digests(blob)
            return None if digests is None or fact.digest in digests else Digest("git", blob)
        for path in self.parts.around(fact.path):
            whole = self.moments.data.get((position, path))
            directory = None if whole is None else self.parts.listings.of(self.reading.ledger.facts[whole])
            if directory is not None:
                found = directory.find(fact.path[len(path) + 1 :])
                same_kind = found is not None and fact.digest is not None and found.algorithm == fact.digest.algorithm
                return found if same_kind and found != fact.digest else None
        return None

    # -- rules 10 and 11 --------------------------------------------------------------------------------------------

    def _without_digest(self) -> Iterator[Record]:
        facts, inputs = self.reading.ledger.facts, {index for job in self.reading.ledger.jobs for index in job.deps}
        for index, fact in enumerate(facts):
            if not (fact.is_dep or fact.is_out) or (fact.digest is not None and fact.digest.is_content_hash):
                continue
            if not fact.external:
                detail = f"no document says what the bytes of {fact.path} are"
                yield Gap(GapKind.NO_DIGEST, fact.key, detail, fact.origin, fact.size)
            elif index in inputs and index not in self.reading.generated:
                detail = f"{fact.path} lies outside and is known by no digest of its bytes"
                yield Gap(GapKind.EXTERNAL, fact.key, detail, fact.origin, fact.size)

    def _named_by_machine(self) -> Iterator[Record]:
        """Inputs named by a path of some machine: that may be the very file that the repository tracks elsewhere."""
        inputs = {index for job in self.reading.ledger.jobs for index in job.deps}
        for index in sorted(inputs - self.reading.generated):
            fact = self.reading.ledger.facts[index]
            if fact.outside or (fact.external and _MACHINE.match(fact.path.removeprefix("url:"))):
                detail = f"{fact.path} is a path of the machine that ran the stage, and may lie in this repository"
                yield Gap(GapKind.UNLINKED, fact.key, detail, fact.origin, fact.size)

    def _not_committed(self) -> Iterator[Record]:
        for index, fact in enumerate(self.reading.ledger.facts):
            if fact.is_dep and fact.path in self.reading.code.paths and self._is_unknown(index):
                self.parts.linked.add(index)
                message = f"a stage ran with {fact.path} in a state that no commit holds"
                yield Gap(GapKind.CODE_NOT_COMMITTED, fact.key, message, fact.origin, fact.size)
                yield Finding(FindingKind.CODE_NOT_COMMITTED, message, fact.origin, node=fact.key)

    def _is_unknown(self, index: int) -> bool:
        """Nothing on record says where a version comes from."""
        reading, fact = self.reading, self.reading.ledger.facts[index]
        known = index in reading.held or index in reading.generated or index in reading.code.blobs or fact.tracked
        return not known and not fact.external and not fact.outside and index not in self.parts.linked

    def _without_producer(self) -> Iterator[Record]:
        reading, facts = self.reading, self.reading.ledger.facts
        written = {facts[index].path for index in reading.generated} | reading.ledger.declared_outs
        for index, fact in enumerate(facts):
            if not (fact.is_dep or fact.is_out) or fact.external or fact.tracked or index in reading.generated:
                continue
            if fact.path in written and index not in reading.code.blobs:
                detail = f"{fact.path} is the output of a stage, and no run that made this version is on record"
                yield Gap(GapKind.NO_PRODUCER, fact.key, detail, fact.origin)
            elif self._is_unknown(index):
                detail = f"{fact.path} was read by a stage, and nothing on record says where this version comes from"
                yield Gap(GapKind.NO_PRODUCER, fact.key, detail, fact.origin)
        for path, oid, position in self._made_in_git(written):
            detail = f"{path} is the output of a stage, and no run that made this version is on record"
            yield Gap(
                GapKind.NO_PRODUCER, version_key(path, Digest("git", oid)), detail, reading.origin(position, path)
            )

    def _merged_from_unknown(self) -> Iterator[Record]:
        """Outputs that merged entries alone name, where an entry that they were merged from is not on record."""
        reading, jobs = self.reading, self.reading.ledger.jobs
        sound = {index for number, job in enumerate(jobs) if not reading.is_merged(number) for index in job.outs}
        for index, position in reading.timeline.unbased.items():
            if index in reading.generated and index not in sound:
                fact = reading.ledger.facts[index]
                detail = f"{fact.path} stands in a merge, and in a parent its version is not on record"
                yield Gap(GapKind.NO_PRODUCER, reading.key(index), detail, reading.origin(position, fact.origin.path))

    def _made_in_git(self, written: set[str]) -> Iterator[tuple[str, str, int]]:
        """The git files that no run on record made, though a commit that introduces them says that a stage makes them.

        Otherwise git itself vouches for the file: that another commit calls it an output says nothing of this one.

        Args:
            written: every path that is an output at some commit.

        Yields:
            Path, blob and the position of the first such commit.
        """
        reading = self.reading
        made = {key for index in reading.generated for key in reading.keys(index)}
        suspects = {
            (path, oid): position
            for path, blobs in reading.code.paths.items()
            for oid, position in (blobs.items() if path in written else ())
            if version_key(path, Digest("git", oid)) not in made
        }
        if not suspects:
            return
        appearances = (
            (position, (change.path, change.new_oid or "")) for position, change in reading.history.appearances()
        )
        marked = introductions(reading.history.parents, (found for found in appearances if found[1] in suspects))
        places: dict[tuple[str, str], list[int]] = {}
        for position, fact, first in marked:
            if first:
                places.setdefault(fact, []).append(position)
        changes = reading.timeline.outputs
        subjects = {subject for documents in changes.values() for subject in documents}
        wanted = {position for fact in suspects for position in places.get(fact, [suspects[fact]])}
        said = look_up(
            reading.history.parents,
            lambda position: changes.get(position, {}).items(),
            dict.fromkeys(wanted, subjects),
        )
        outputs: dict[int, set[str]] = {}
        for (position, _), paths in said.items():
            outputs.setdefault(position, set()).update(paths)
        for (path, oid), position in suspects.items():
            found = [place for place in places.get((path, oid), [position]) if path in outputs.get(place, ())]
            if found:
                yield path, oid, found[0]

    def _behind_boundary(self) -> Iterator[Record]:
        reading = self.reading
        for index, positions in reading.introduced.items():
            cut = [position for position in positions if reading.history.commits[position].boundary]
            if cut and index not in reading.generated and index not in reading.code.blobs:
                fact = reading.ledger.facts[index]
                detail = f"what came before {fact.path} was not cloned"
                yield Gap(GapKind.SHALLOW, fact.key, detail, reading.origin(cut[0], fact.origin.path))


def _other(fact: Fact, held: Fact) -> Digest | None:
    """The digest of what is held, if it is another content than an input for certain."""
    if fact.digest is None or held.digest is None or fact.digest.value == held.digest.value:
        return None
    if fact.digest.algorithm == held.digest.algorithm:
        return held.digest
    sizes_differ = fact.size is not None and held.size is not None and fact.size != held.size
    return held.digest if sizes_differ else None
