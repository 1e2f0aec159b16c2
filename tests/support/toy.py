"""Toy repositories: histories written down as what each commit holds, turned into the records of a connector.

What is written down is the truth that answers are compared with; git and DVC take no part.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from forensics.digest import Digest
from forensics.model import (
    Acquired,
    ArtifactKind,
    Change,
    Commit,
    Edge,
    EdgeKind,
    Execution,
    Finding,
    FindingKind,
    Listing,
    Origin,
    Record,
    Ref,
    RefKind,
    Release,
    Role,
    Source,
    StageMove,
    Strength,
    Version,
    commit_key,
)

#: What stands at a path: the text of a file, or the files of a directory by name.
Held = str | Mapping[str, str]


@dataclass(frozen=True)
class Step:
    """One commit: its parents by number, and all that it holds under DVC and under git."""

    parents: tuple[int, ...]
    holds: Mapping[str, Held]
    git: Mapping[str, str] = field(default_factory=dict)
    mail: str = "ann@example.com"
    message: str = ""


@dataclass(frozen=True)
class Run:
    """One execution: its stage's name, what it read and wrote by path, and the commit that recorded it."""

    name: str
    commit: int
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    script: str = "dvc.yaml"


@dataclass(frozen=True)
class Toy:
    """A repository."""

    name: str
    steps: tuple[Step, ...]
    runs: tuple[Run, ...] = ()
    branches: Mapping[str, int] = field(default_factory=dict)
    tags: Mapping[str, int] = field(default_factory=dict)
    releases: tuple[tuple[str, str, int], ...] = ()  # artifact, label, commit
    assigned: tuple[tuple[str, str, int], ...] = ()  # artifact, stage, number of a release
    models: Mapping[str, str] = field(default_factory=dict)  # path, name
    unlisted: frozenset[str] = frozenset()  # directories whose listing is missing
    unreadable: tuple[str, ...] = ()

    def oid(self, commit: int) -> str:
        return hashlib.sha1(f"{self.name} {commit}".encode()).hexdigest()

    @property
    def source(self) -> Source:
        return Source("dvc", f"/toys/{self.name}", self.name, (self.oid(0),), "sha1", "one")

    def records(self) -> Iterator[Record]:
        for number, step in enumerate(self.steps):
            yield Commit(
                self.oid(number), tuple(self.oid(parent) for parent in step.parents), "someone", step.mail,
                1_700_000_000 + number, 0, "ci", "ci@example.com", 1_700_000_000 + number, 0,
                step.message or f"step {number}", position=number,
            )  # fmt: skip
        for layer in ("dvc", "git"):
            yield from self._layer(layer)
        yield from self._runs()
        yield from self._refs()
        for path, name in self.models.items():
            yield Role(path, ArtifactKind.MODEL, Strength.RECORDED, Origin("dvc.yaml", self.oid(0)), name)
        for path in self.unreadable:
            yield Finding(FindingKind.UNREADABLE, f"{path} cannot be parsed", Origin(path, self.oid(0)), admits=True)
        yield Acquired("one", {})

    def version(self, commit: int, path: str, layer: str = "dvc") -> Version:
        step = self.steps[commit]
        held = step.holds[path] if layer == "dvc" else step.git[path]
        digest = digest_of(held) if layer == "dvc" else Digest("git", hashlib.sha1(str(held).encode()).hexdigest())
        return Version(path, digest, Origin(f"{path}.dvc", self.oid(commit)), tracked=True)

    def _layer(self, layer: str) -> Iterator[Record]:
        ancestors: list[set[int]] = []
        for number, step in enumerate(self.steps):
            ancestors.append({number}.union(*(ancestors[parent] for parent in step.parents)))
        states = [
            {path: self.version(number, path, layer) for path in (step.holds if layer == "dvc" else step.git)}
            for number, step in enumerate(self.steps)
        ]
        for number, step in enumerate(self.steps):
            here = states[number]
            for version in here.values():
                yield version
            yield from self._listings(number) if layer == "dvc" else ()
            for ordinal, before in enumerate([states[parent] for parent in step.parents] or [{}]):
                for path in sorted(here.keys() | before.keys()):
                    new, old = here.get(path), before.get(path)
                    if (new and new.key) != (old and old.key):
                        yield Change(self.oid(number), ordinal, path, new.key if new else "", layer)
            for path, version in here.items():
                ever = any(version.key == _key(states[other], path) for other in ancestors[number] - {number})
                carried = any(version.key == _key(states[parent], path) for parent in step.parents)
                if not carried:
                    kind = EdgeKind.RESTORED if ever else EdgeKind.INTRODUCED
                    yield Edge(kind, commit_key(self.oid(number)), version.key, version.origin)

    def _listings(self, number: int) -> Iterator[Record]:
        for path, held in self.steps[number].holds.items():
            if not isinstance(held, str) and path not in self.unlisted:
                names = tuple(sorted(held))
                values = tuple(digest_of(held[name]).value for name in names)
                yield Listing(digest_of(held), names, "md5", values, Origin("cache"))

    def _runs(self) -> Iterator[Record]:
        for run in self.runs:
            reads = [self.version(run.commit, path) for path in run.reads]
            writes = [self.version(run.commit, path) for path in run.writes]
            text = repr([run.name, [v.key for v in reads], [v.key for v in writes]])
            origin = Origin("dvc.lock", self.oid(run.commit), run.name)
            execution = Execution(
                hashlib.sha256(text.encode()).hexdigest(), run.name, "", f"python {run.name}.py", origin,
                script=run.script,
            )  # fmt: skip
            yield execution
            yield Edge(EdgeKind.RECORDED, commit_key(self.oid(run.commit)), execution.key, origin)
            for version in reads:
                yield Edge(EdgeKind.USED, version.key, execution.key, origin)
            for version in writes:
                yield Edge(EdgeKind.GENERATED, execution.key, version.key, origin)

    def _refs(self) -> Iterator[Record]:
        yield Ref("HEAD", RefKind.HEAD, self.oid(len(self.steps) - 1))
        for name, number in self.branches.items():
            yield Ref(f"refs/heads/{name}", RefKind.BRANCH, self.oid(number))
        for name, number in self.tags.items():
            yield Ref(f"refs/tags/{name}", RefKind.TAG, self.oid(number))
        paths = {name: path for path, name in self.models.items()}
        made = []
        for artifact, label, number in self.releases:
            name = f"{artifact}@{label}"
            release = Release(
                name, artifact, label, self.oid(number), 1_700_000_000 + number, "rel@example.com", "", name,
                Origin(f"refs/tags/{name}"),
            )  # fmt: skip
            made.append(release)
            yield release
            yield Ref(f"refs/tags/{name}", RefKind.TAG, self.oid(number), "0" * 40)
            version = self.version(number, paths[artifact])
            yield Edge(EdgeKind.RELEASED, version.key, release.key, release.origin)
        for order, (artifact, stage, which) in enumerate(self.assigned):
            ref = f"{artifact}#{stage}#{order}"
            yield StageMove(
                made[which].key, artifact, stage, "assign", made[which].commit, 1_700_000_000 + order,
                "rel@example.com", ref, order, Origin(f"refs/tags/{ref}"),
            )  # fmt: skip


def digest_of(held: Held) -> Digest:
    """The md5 of a text, or a stand-in for DVC's digest of a directory."""
    if isinstance(held, str):
        return Digest("md5", hashlib.md5(held.encode(), usedforsecurity=False).hexdigest())
    listed = repr(sorted((name, digest_of(text).value) for name, text in held.items()))
    return Digest("md5", hashlib.md5(listed.encode(), usedforsecurity=False).hexdigest() + ".dir")


def _key(state: Mapping[str, Version], path: str) -> str | None:
    found = state.get(path)
    return found.key if found else None
