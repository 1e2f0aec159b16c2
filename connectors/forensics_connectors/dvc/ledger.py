"""What all documents of a history say, each distinct fact once, under small numbers.

Versions and executions get an index each in the order in which they are first met, so that what a commit holds is
a set of integers, and two commits are compared by set operations.
"""

import hashlib
import json
from dataclasses import field
from itertools import chain

from forensics.digest import Digest
from forensics.model import ArtifactKind, Finding, Origin, external_key, version_key
from forensics.values import dataclass
from forensics_connectors.dvc.documents import Declared, Document, Item, Run, Tracked

__all__ = ["Fact", "Job", "Ledger", "Sheet"]


@dataclass(slots=True)
class Fact:
    """A version in the making.

    Attributes:
        listed: members of a directory that a document itself lists: path, digest, bytes.
        is_dep, is_out, cached: what some document says it is.
    """

    path: str
    digest: Digest | None
    origin: Origin
    size: int | None = None
    nfiles: int | None = None
    kind: ArtifactKind = ArtifactKind.DATASET
    external: bool = False
    outside: bool = False
    tracked: bool = False
    label: str = ""
    listed: tuple[tuple[str, Digest | None, int | None], ...] = ()
    is_dep: bool = False
    is_out: bool = False
    cached: bool = False

    @property
    def key(self) -> str:
        """The key of the version, as ``Version.key``."""
        return external_key(self.path, self.digest) if self.external else version_key(self.path, self.digest)

    @property
    def is_directory(self) -> bool:
        """Whether it is known by the digest of a directory."""
        return self.digest is not None and self.digest.is_directory


@dataclass(slots=True)
class Job:
    """An execution in the making.

    Attributes:
        deps, settings, outs: indexes of versions; ``settings`` are the parameters and the command.
        persisted: paths of outputs that were not removed before the run.
        declared: some commit that holds the entry declares its stage.
        undeclared: the first document that holds it without a declaration.
        placed: the directory is known, so the paths are no guesses.
    """

    identity: str
    name: str
    directory: str
    command: str
    origin: Origin
    script: str
    deps: tuple[int, ...]
    settings: tuple[int, ...]
    outs: tuple[int, ...]
    persisted: tuple[str, ...]
    frozen: bool
    placed: bool
    declared: bool = False
    undeclared: Origin | None = None

    @property
    def key(self) -> str:
        """The key of the execution, as ``Execution.key``."""
        return f"execution\0{self.identity}"


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Sheet:
    """What one document, or one pair of dvc.yaml and dvc.lock, says, as indexes into the ledger.

    Attributes:
        jobs: all executions that it records.
        current: those that dvc.yaml declares and that are not frozen.
        holds: versions that it says are there.
        declares: paths of outputs that dvc.yaml declares, recorded or not.
        outputs: those, and outputs of which only a recorded run says so: of stages whose declaration cannot be told,
            and of all where no dvc.yaml declares any.
        commands: what templates of dvc.yaml make.
    """

    jobs: frozenset[int] = frozenset()
    current: frozenset[int] = frozenset()
    holds: frozenset[int] = frozenset()
    artifacts: tuple[Declared, ...] = ()
    declares: tuple[str, ...] = ()
    outputs: frozenset[str] = frozenset()
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Entry:
    """One stage entry of a sheet.

    Attributes:
        outputs: paths that it says are outputs; none for one whose outputs are all declared.
        run: kept, so that its id() stays its own.
    """

    job: int
    current: bool
    declared: bool
    holds: tuple[int, ...]
    outputs: tuple[str, ...]
    run: Run


@dataclass(slots=True)
class Ledger:
    """All facts, and how they hang together.

    Attributes:
        imports: pairs of versions, from what was imported to what it became, with the document.
        roles: (path, what it is declared as) with the document that was first to say so.
        artifacts: entries of ``artifacts:``, with the document that was first to say so.
        declared_outs: every path that some stage declares as its output, run or not.
        findings: what is wrong with documents.
        params, commands: by index, the parameters as (file, key, value as JSON) and the texts of commands.
    """

    facts: list[Fact] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    imports: dict[tuple[int, int], Origin] = field(default_factory=dict)
    roles: dict[tuple[str, ArtifactKind], Origin] = field(default_factory=dict)
    artifacts: dict[Declared, Origin] = field(default_factory=dict)
    declared_outs: set[str] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)
    params: dict[int, tuple[str, str, str]] = field(default_factory=dict)
    commands: dict[int, str] = field(default_factory=dict)
    _fact_of: dict[tuple[str, str, str, bool], int] = field(default_factory=dict)
    _command_of: dict[str, int] = field(default_factory=dict)
    _job_of: dict[str, int] = field(default_factory=dict)
    _entries: dict[int, _Entry] = field(default_factory=dict)
    _placed: list[tuple[str, Run, int]] = field(default_factory=list)
    _alike: dict[tuple[object, ...], int] = field(default_factory=dict)
    _looked: int = 0
    _outputs: dict[tuple[str, ...], frozenset[str]] = field(default_factory=dict)

    def add(self, document: Document, path: str, commit: str, script: str) -> Sheet:
        """Takes down a document.

        Args:
            document: what it says.
            path: of the document.
            commit: the first that holds it.
            script: the document that defines its stages.
        """
        declares = document.declared_outs
        if declares not in self._outputs:
            self._outputs[declares] = frozenset(declares)
        outputs = self._outputs[declares]
        known = list(map(self._entries.get, map(id, document.runs)))
        entries = [
            entry or self._add_run(run, path, commit, script, outputs)
            for entry, run in zip(known, document.runs, strict=True)
        ]
        holds = list(chain.from_iterable([entry.holds for entry in entries]))
        for tracked in document.tracked:
            holds += self._add_tracked(tracked, Origin(path, commit))
        jobs = frozenset([entry.job for entry in entries])
        current = frozenset([entry.job for entry in entries if entry.current])
        more = [entry.outputs for entry in entries if entry.outputs and (entry.declared or not declares)]
        if more:
            outputs = outputs.union(*more)
        origin = Origin(path, commit)
        for kind, paths in (
            (ArtifactKind.METRIC, document.metrics),
            (ArtifactKind.PARAMS, document.params),
            (ArtifactKind.OTHER, document.plots),
        ):
            for name in paths:
                self.roles.setdefault((name, kind), origin)
        for artifact in document.artifacts:
            self.artifacts.setdefault(artifact, Origin(script, commit, artifact.name))
        self.declared_outs.update(document.declared_outs)
        return Sheet(
            jobs=jobs,
            current=jobs if current == jobs else current,
            holds=frozenset(holds),
            artifacts=document.artifacts,
            declares=declares,
            outputs=outputs,
            commands=document.commands,
        )

    def _add_run(self, run: Run, path: str, commit: str, script: str, declared: frozenset[str]) -> _Entry:
        """Takes down a run; one of which the directory is not known may be one that is known by all else."""
        origin = Origin(path, commit, run.name)
        outputs = tuple([item.path for item in run.outs if item.declared])
        if run.declared and declared.issuperset(outputs):
            outputs = ()
        twin = None if run.placed else self._find_placed(run, path)
        if twin is not None:
            entry = self._entries[id(run)] = _Entry(twin, False, run.declared, (), outputs, run)
            job = self.jobs[twin]
            job.undeclared = job.undeclared or origin
            return entry
        deps = tuple(dict.fromkeys([self._add_item(item, origin) for item in run.deps]))
        written = [self._add_item(item, origin) for item in run.outs]
        outs = tuple(dict.fromkeys(written))
        settings = tuple(self._add_param(*param, origin) for param in run.params)
        if run.command:
            settings += (self._add_command(run.command, origin),)
        said = [
            run.directory,
            run.command,
            sorted([item.path, str(item.digest or "")] for item in run.deps),
            sorted(map(list, run.params)),
            sorted([item.path, str(item.digest or "")] for item in run.outs),
        ]
        identity = hashlib.sha256(_compact(said).encode()).hexdigest()
        index = self._job_of.setdefault(identity, len(self.jobs))
        if index == len(self.jobs):
            persisted = tuple(item.path for item in run.outs if item.persist)
            self.jobs.append(
                Job(
                    identity=identity,
                    name=run.name,
                    directory=run.directory,
                    command=run.command,
                    origin=origin,
                    script=script,
                    deps=deps,
                    settings=settings,
                    outs=outs,
                    persisted=persisted,
                    frozen=run.frozen,
                    placed=run.placed,
                )
            )
        job = self.jobs[index]
        job.placed |= run.placed
        if run.placed:
            self._placed.append((path, run, index))
        job.declared |= run.declared
        if not run.declared and job.undeclared is None:
            job.undeclared = origin
        held = [number for number, item in zip(written, run.outs, strict=True) if item.declared and run.declared]
        is_current = run.declared and not run.frozen
        entry = self._entries[id(run)] = _Entry(index, is_current, run.declared, tuple(held), outputs, run)
        return entry

    def _find_placed(self, run: Run, path: str) -> int | None:
        """The first execution that is this run by all but where it ran; looked for in those that were added so far."""
        for number in range(self._looked, len(self._placed)):
            self._alike.setdefault(_but_place(*self._placed[number][:2]), self._placed[number][2])
        self._looked = len(self._placed)
        return self._alike.get(_but_place(path, run))

    def _add_tracked(self, tracked: Tracked, origin: Origin) -> list[int]:
        causes = [(item, self._add_item(item, origin)) for item in tracked.deps]
        known = next((item for item, _ in causes if item.digest is not None and item.digest.is_content_hash), None)
        holds = []
        for item in tracked.outs:
            # A partial import has downloaded nothing: what it will be is what its source is.
            digest = item.digest or (known.digest if known else None)
            index = self._add_item(item, origin, digest=digest)
            self.facts[index].tracked = True
            holds.append(index)
            for _, cause in causes:
                if cause != index:
                    self.imports.setdefault((cause, index), origin)
        return holds

    def _add_item(self, item: Item, origin: Origin, digest: Digest | None = None) -> int:
        digest = item.digest or digest
        path = item.path
        if item.upstream is not None:
            path = f"url:{item.upstream.url}@{item.upstream.rev_lock}:{item.upstream.path}"
        elif item.external:
            path = f"url:{path}"
        index = self._index(path, digest, origin, external=item.external)
        fact = self.facts[index]
        fact.size = item.size if fact.size is None else fact.size
        fact.nfiles = item.nfiles if fact.nfiles is None else fact.nfiles
        fact.outside |= item.outside
        fact.listed = fact.listed or item.files
        if item.role == "dep":
            fact.is_dep = True
        else:
            fact.is_out = True
            fact.cached |= item.cached
        if item.role in ("metric", "plot"):
            kind = ArtifactKind.METRIC if item.role == "metric" else ArtifactKind.OTHER
            fact.kind = kind
            self.roles.setdefault((path, kind), origin)
        return index

    def _add_param(self, file: str, key: str, value: str, origin: Origin) -> int:
        digest = hashlib.sha256(_compact([file, key, value]).encode()).hexdigest()
        index = self._index(f"{file}:{key}", Digest("param", digest), origin, external=False)
        self.facts[index].kind, self.facts[index].label = ArtifactKind.PARAMS, value
        self.params[index] = (file, key, value)
        return index

    def _add_command(self, command: str, origin: Origin) -> int:
        known = self._command_of.get(command)
        if known is not None:
            return known
        digest = Digest("sha256", hashlib.sha256(command.encode("utf-8", "surrogatepass")).hexdigest())
        index = self._index(f"$ {command}", digest, origin, external=False)
        self.facts[index].kind = ArtifactKind.CODE
        self.commands[index] = command
        self._command_of[command] = index
        return index

    def _index(self, path: str, digest: Digest | None, origin: Origin, *, external: bool) -> int:
        index = self._fact_of.setdefault(_name(path, digest, external=external), len(self.facts))
        if index == len(self.facts):
            self.facts.append(Fact(path, digest, origin, external=external))
        return index

    def find(self, path: str, digest: Digest | None) -> int | None:
        """The version of that path and content, if some document names it."""
        return self._fact_of.get(_name(path, digest, external=False))


_compact = json.JSONEncoder(separators=(",", ":")).encode


def _name(path: str, digest: Digest | None, *, external: bool) -> tuple[str, str, str, bool]:
    """What tells versions apart, as plain texts, which are fast to hash."""
    return (path, "", "", external) if digest is None else (path, digest.algorithm, digest.value, external)


def _but_place(path: str, run: Run) -> tuple[object, ...]:
    """What a run says, save for what depends on the folder in which it ran."""
    contents = [sorted(str(item.digest) for item in items) for items in (run.deps, run.outs)]
    return (path, run.name, run.command, str(contents), tuple(value for _, _, value in run.params))
