"""What the documents of a truth history state, as plain dictionaries, for predictions and for choosing subjects.

A version is named by its path and the content of its bytes; ``Facts.name`` gives the digest that is on record for it.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from posixpath import join

from tests.truth.world import Blob, Entry, History, State, Thing, Tree

Name = tuple[str, str]


@dataclass
class Run:
    """All lock entries of one identity.

    Attributes:
        recorded: the commits that first hold it.
        merged: every one of these is a merge, so that nobody need have run it.
        placed: some commit declares its stage, which alone tells where it ran.
    """

    entry: Entry
    entries: list[Entry] = field(default_factory=list)
    holders: set[int] = field(default_factory=set)
    recorded: frozenset[int] = frozenset()
    reach: frozenset[int] = frozenset()
    merged: bool = False
    placed: bool = True


@dataclass
class Version:
    """A path with a content.

    Attributes:
        things: the instances of it that the world knows.
        stated: a ``.dvc`` file or the outs of a lock entry name it; else it is only read.
        runs: identities of the runs that made it.
        commits: those that first hold it, where no run made it.
        wholes: the directories, as names, that it is a part of.
        parts: what a directory that nobody tracks as one is made of.
        read_by: whether the projects of the runs that read it record md5-dos2unix.
    """

    name: Name
    things: list[Thing] = field(default_factory=list)
    stated: bool = False
    runs: set[tuple[object, ...]] = field(default_factory=set)
    holders: set[int] = field(default_factory=set)
    commits: frozenset[int] = frozenset()
    wholes: set[Name] = field(default_factory=set)
    parts: set[Name] = field(default_factory=set)
    read_by: set[bool] = field(default_factory=set)

    @property
    def is_unseen(self) -> bool:
        """A directory that was read in a state that no commit states, so that its members are not on record."""
        return isinstance(self.things[0], Tree) and not (self.stated or self.parts or self.wholes or self.holders)

    @property
    def contents(self) -> set[str]:
        """Its own content and those of its members."""
        return {self.name[1]} | {blob.content for blob in self.things[0].members.values()}


def _beneath(state: State, path: str) -> Iterator[tuple[str, Thing]]:
    for place, thing in (*state.files.items(), *state.data.items(), *state.outs().items()):
        if place.startswith(path + "/"):
            yield place, thing


class Facts:
    """The record of one history.

    Attributes:
        holds: content to the commits in which it stands on record by a digest of its bytes, members and sub-directories
            included.
        tracked: content to the commits in which git tracks it as a file.
        outs: by commit, what stages made there.
        compared: contents of files in git that a lock names, or a directory that it names, so that their md5 is known
            beside their git id. No data digest leads to those of others.
    """

    def __init__(self, history: History) -> None:
        self.history = history
        self.runs: dict[tuple[object, ...], Run] = {}
        self.versions: dict[Name, Version] = {}
        self.holds: dict[str, set[int]] = defaultdict(set)
        self.tracked: dict[str, set[int]] = defaultdict(set)
        self.outs = [commit.state.outs() for commit in history.commits]
        self._current = [commit.state.current() for commit in history.commits]
        self._seen: dict[int, tuple[Thing, list[str]]] = {}  # holds the things, so that no other gets their id
        self._declared = {
            (stage.pipe, each.name)
            for commit in history.commits
            for stage in commit.state.stages.values()
            for each in stage.concrete()
        }
        for commit in history.commits:
            self._read(commit.index, commit.state)
        self._stand()
        for run in self.runs.values():
            run.recorded = frozenset(history.first(run.holders))
            run.reach = run.recorded.union(*(history.commits[index].ancestors for index in run.recorded))
            run.merged = all(len(history.commits[index].parents) > 1 for index in run.recorded)
        for version in self.versions.values():
            version.commits = frozenset(history.first(version.holders))
        named = {path for run in self.runs.values() for path, _ in (*run.entry.deps, *run.entry.outs)}
        states = (commit.state.files.items() for commit in history.commits)
        self.compared = {blob.content for files in states for path, blob in files if path in named}
        self.compared.update(*(version.contents for version in self.versions.values() if version.parts))
        for content in self.compared & self.tracked.keys():
            self.holds[content] |= self.tracked[content]
        self._join()
        self._hold_deps()

    def is_comparable(self, subject: "Subject") -> bool:
        """Whether digests of data lead to a subject: a file in git that no lock names is known by its git id alone."""
        return subject.algorithm != "git" or subject.target in self.compared

    def digest(self, version: Version) -> str:
        """As it is on record: where only locks name it, as their projects hash."""
        legacy = self.history.is_legacy(version.name[0])
        if version.read_by and not version.stated and not version.holders:
            legacy = legacy if legacy in version.read_by else not legacy
        return version.things[0].digest(legacy=legacy)

    def _version(self, path: str, thing: Thing) -> Version:
        name = (path, thing.content)
        version = self.versions.setdefault(name, Version(name))
        if not any(thing is known for known in version.things):
            version.things.append(thing)
        return version

    def _hold(self, commit: int, thing: Thing) -> None:
        if id(thing) not in self._seen:
            parts = [thing.content, *(blob.content for blob in thing.members.values())]
            if isinstance(thing, Tree):
                subs = [thing.sub(folder) for folder in thing.folders() if folder]
                parts += [sub.content for sub in subs if sub is not None]
            self._seen[id(thing)] = (thing, parts)
        for content in self._seen[id(thing)][1]:
            self.holds[content].add(commit)

    def _read(self, commit: int, state: State) -> None:
        for path, blob in state.files.items():
            self._version(path, blob).holders.add(commit)
            self.tracked[blob.content].add(commit)
        for path, thing in state.data.items():
            version = self._version(path, thing)
            version.holders.add(commit)
            version.stated = True
            self._hold(commit, thing)
        for key, entry in state.lock.items():
            run = self.runs.setdefault(entry.identity, Run(entry))
            run.placed &= key in self._declared or entry.base == entry.pipe
            run.entries.append(entry)
            run.holders.add(commit)
            legacy = self.history.is_legacy(join(entry.pipe, "dvc.yaml"))
            for path, thing in entry.deps:
                self._version(path, thing).read_by.add(legacy)
            for path, thing in entry.outs:
                version = self._version(path, thing)
                version.runs.add(entry.identity)
                version.stated = True
                self._hold(commit, thing)
        for run in self.runs.values():
            if commit in run.holders:
                for path, thing in run.entry.deps:
                    self._parts(self._current[commit], path, thing)

    def _stand(self) -> None:
        """A directory that nobody tracks as one stands wherever all its parts do, read or not."""
        for (path, content), version in self.versions.items():
            if isinstance(version.things[0], Tree) and not version.stated:
                for index, state in enumerate(self._current):
                    here = state.lookup(path)
                    if here is not None and here.content == content:
                        self._hold(index, here)

    def _hold_deps(self) -> None:
        """What runs read; of a directory whose members nobody states its own digest alone."""
        for run in self.runs.values():
            for path, thing in run.entry.deps:
                for commit in run.holders:
                    if self.versions[path, thing.content].is_unseen:
                        self.holds[thing.content].add(commit)
                    else:
                        self._hold(commit, thing)

    def _parts(self, state: State, path: str, thing: Thing) -> None:
        everything = {**state.files, **state.data, **state.outs()}
        inside = any(isinstance(whole, Tree) and path.startswith(place + "/") for place, whole in everything.items())
        here = state.lookup(path)
        same = here is not None and here.content == thing.content
        if isinstance(thing, Tree) and path not in everything and not inside and same:
            for place, part in _beneath(state, path):
                self.versions[path, thing.content].parts.add((place, part.content))
                self._version(place, part)

    def _join(self) -> None:
        wholes = [
            version for version in self.versions.values() if version.stated and isinstance(version.things[0], Tree)
        ]
        for version in list(self.versions.values()):
            path, content = version.name
            for whole in wholes:
                if path.startswith(whole.name[0] + "/"):
                    tree = whole.things[0]
                    part = tree.sub(path[len(whole.name[0]) + 1 :]) if isinstance(tree, Tree) else None
                    if part is not None and part.content == content:
                        version.wholes.add(whole.name)


@dataclass(frozen=True)
class Subject:
    """What is asked about.

    Attributes:
        kind: ``content`` or ``commit``.
        target: the content, or the commit's index as an atom ``commit:N``: what versions were made with.
        text: how the product is asked; ``{N}`` stands for the id of commit N.
        tokens: those that stand in it and were written by it.
        origins: the commits at which it appears.
        algorithm: of the digest that is asked about.
        path: a code file that only ``path@rev`` names.
    """

    kind: str
    target: str
    text: str
    tokens: frozenset[str]
    origins: frozenset[int]
    algorithm: str = ""
    path: str = ""


def subjects(facts: Facts) -> list[Subject]:
    """All that can be asked of a history: every commit, every content, some of them by path and revision."""
    history = facts.history
    found = [
        Subject("commit", f"commit:{c.index}", f"commit:{{{c.index}}}", frozenset(c.wrote), frozenset({c.index}))
        for c in history.commits
    ]
    named = {(path, thing.content) for run in facts.runs.values() for path, thing in run.entry.deps}
    declared = {path for path, _ in named}
    asked = set()

    def content(thing: Thing, text: str, algorithm: str, path: str = "") -> None:
        if text in asked or thing.size == 0 or not thing.members:
            return
        asked.add(text)
        # What a run made, and a directory, hold the tokens of others; only a written file holds its own.
        mine = thing.tokens() if isinstance(thing, Blob) and thing.data.startswith(b"tok") else set()
        places = facts.holds[thing.content] | (facts.tracked[thing.content] if algorithm == "git" else set())
        origins = frozenset(history.first(places))
        found.append(Subject("content", thing.content, text, frozenset(mine), origins, algorithm, path))

    for version in facts.versions.values():
        path, thing = version.name[0], version.things[0]
        known = version.stated or path in declared
        if known:
            digest = facts.digest(version)
            algorithm = digest.partition(":")[0]
            if version.stated or version.name in named:
                content(thing, digest, algorithm)
            if version.stated and isinstance(thing, Tree):
                for blob in thing.members.values():
                    value = blob.digest(legacy=algorithm != "md5")
                    content(blob, value, algorithm)
            if version.commits:
                # A file in git that no lock names is known by its git id alone.
                by = algorithm if version.stated or version.name in named else "git"
                content(thing, f"{path}@{{{min(version.commits)}}}", by)
        elif isinstance(thing, Blob) and version.commits:
            content(thing, f"{path}@{{{min(version.commits)}}}", "git", path)
    return found
