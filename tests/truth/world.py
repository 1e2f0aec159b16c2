"""The virtual world of a truth history: bytes with tokens, and what each byte string was truly made with.

Nothing here knows the rules of taint. A *thing* is one made or written instance of a file or a directory; two things
may hold equal bytes and still have come about differently. Its *atoms* name everything it was made with:
``md5:…`` for a content that was read, ``commit:N`` for a commit that wrote, moved or recorded it.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from posixpath import join, normpath, relpath

ITEM = "${item}"
_TOKEN = re.compile(rb"tok\d+x")


@lru_cache(maxsize=100_000)
def md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


def dos2unix(data: bytes) -> bytes:
    """What DVC before 3.0 hashed of small text files."""
    return data.replace(b"\r\n", b"\n")


def tokens(data: bytes) -> set[str]:
    return {found.decode() for found in _TOKEN.findall(data)}


def as_listing(members: Iterable[tuple[str, str]]) -> bytes:
    """The bytes of a ``.dir`` object, from pairs of relative path and md5."""
    rows = [{"md5": value, "relpath": name} for name, value in sorted(members)]
    return json.dumps(rows, sort_keys=True).encode()


def atom(commit: int) -> str:
    return f"commit:{commit}"


class Blob:
    """One instance of a file."""

    __slots__ = ("atoms", "data")

    def __init__(self, data: bytes, atoms: frozenset[str]) -> None:
        self.data = data
        self.atoms = atoms

    @property
    def members(self) -> dict[str, "Blob"]:
        return {"": self}

    @property
    def content(self) -> str:
        return f"md5:{md5(self.data)}"

    @property
    def size(self) -> int:
        return len(self.data)

    @property
    def origins(self) -> frozenset[str]:
        """What made this file itself, without its content."""
        return self.atoms

    def digest(self, *, legacy: bool = False) -> str:
        return f"md5-dos2unix:{md5(dos2unix(self.data))}" if legacy else self.content

    def consumed(self) -> frozenset[str]:
        """The atoms of whatever reads this."""
        return self.atoms | {self.content}

    def tokens(self) -> set[str]:
        return tokens(self.data)


class Tree:
    """One instance of a directory.

    Attributes:
        members: files by relative path.
        own: per sub-directory (``""`` is the whole) the atoms of its listing, apart from those of its members.
    """

    def __init__(self, members: Mapping[str, Blob], own: Mapping[str, frozenset[str]]) -> None:
        self.members = dict(members)
        self.own = dict(own)

    @cached_property
    def content(self) -> str:
        return self.digest()

    @property
    def size(self) -> int:
        return sum(blob.size for blob in self.members.values())

    @property
    def origins(self) -> frozenset[str]:
        return self.own.get("", frozenset())

    def listing(self, *, legacy: bool = False) -> bytes:
        return as_listing((name, blob.digest(legacy=legacy).partition(":")[2]) for name, blob in self.members.items())

    def digest(self, *, legacy: bool = False) -> str:
        return f"{'md5-dos2unix' if legacy else 'md5'}:{md5(self.listing(legacy=legacy))}.dir"

    def consumed(self) -> frozenset[str]:
        return self.origins.union({self.content}, *(blob.consumed() for blob in self.members.values()))

    def tokens(self) -> set[str]:
        return set().union(*(blob.tokens() for blob in self.members.values()))

    def folders(self) -> set[str]:
        """All sub-directories, ``""`` for the whole."""
        names = {""}
        for name in self.members:
            parts = name.split("/")[:-1]
            names.update("/".join(parts[: depth + 1]) for depth in range(len(parts)))
        return names

    def sub(self, folder: str) -> "Tree | Blob | None":
        """The part at a relative path."""
        if folder in self.members:
            return self.members[folder]
        inside = {name[len(folder) + 1 :]: blob for name, blob in self.members.items() if name.startswith(folder + "/")}
        if not inside:
            return None
        own = {
            name.removeprefix(folder).removeprefix("/"): atoms
            for name, atoms in self.own.items()
            if name == folder or name.startswith(folder + "/")
        }
        return Tree(inside, own)


Thing = Blob | Tree


def moved(thing: Thing, commit: int) -> Thing:
    """The same bytes under another name, put there by a commit; the parts of a directory stay what they were."""
    if isinstance(thing, Blob):
        return Blob(thing.data, thing.atoms | {atom(commit)})
    return Tree(thing.members, thing.own | {"": thing.origins | {atom(commit)}})


@dataclass(frozen=True)
class Out:
    """An output of a stage.

    Attributes:
        function: how its bytes come from what was read: see ``stages.produce``.
    """

    path: str
    function: str = "mix"
    cache: bool = True
    persist: bool = False


@dataclass(frozen=True)
class Stage:
    """A stage of a dvc.yaml; paths are relative to the repository.

    Attributes:
        pipe: the folder of the dvc.yaml.
        wdir: relative to that folder.
        undeclared: code files that it reads without saying so.
        skips: it truly reads only its first dep, whatever it declares.
        items: of a foreach stage; ``${item}`` in command, deps and outs stands for each.
    """

    pipe: str
    name: str
    command: str
    deps: tuple[str, ...]
    outs: tuple[Out, ...]
    wdir: str = ""
    undeclared: tuple[str, ...] = ()
    skips: bool = False
    items: tuple[str, ...] = ()

    @property
    def base(self) -> str:
        """What its paths are relative to, in dvc.yaml and dvc.lock."""
        return normpath(join(self.pipe, self.wdir)) if self.pipe or self.wdir else ""

    def relative(self, path: str) -> str:
        return relpath(path, self.base or ".")

    def concrete(self) -> tuple["Stage", ...]:
        """The stages that really run: itself, or one an item."""
        return _concrete(self) if self.items else (self,)


@lru_cache(maxsize=100_000)
def _concrete(stage: Stage) -> tuple[Stage, ...]:
    return tuple(
        replace(
            stage,
            name=f"{stage.name}@{item}",
            command=stage.command.replace(ITEM, item),
            deps=tuple(path.replace(ITEM, item) for path in stage.deps),
            outs=tuple(replace(out, path=out.path.replace(ITEM, item)) for out in stage.outs),
            items=(),
        )
        for item in stage.items
    )


@dataclass(frozen=True, eq=False)
class Entry:
    """An entry of a dvc.lock: a run, or what a merge made of two runs.

    Attributes:
        base: what its paths are relative to, as ``Stage.base``.
        ran: somebody really ran this.
        persists: paths of outs that were built on their previous version.
        undeclared: contents of the code that it read without saying so.
    """

    pipe: str
    base: str
    command: str
    deps: tuple[tuple[str, Thing], ...]
    outs: tuple[tuple[str, Thing], ...]
    ran: bool = True
    persists: tuple[str, ...] = ()
    undeclared: tuple[str, ...] = ()
    uncommitted: tuple[str, ...] = ()

    @cached_property
    def identity(self) -> tuple[object, ...]:
        """What tells one run from another on record."""
        sides = (self.deps, self.outs)
        return (self.base, self.command, *(tuple(sorted((path, thing.content) for path, thing in s)) for s in sides))


Key = tuple[str, str]


@dataclass
class State:
    """What one commit holds.

    Attributes:
        files: git-tracked files, by path.
        data: what ``.dvc`` files track, by path.
        stages: by folder of the dvc.yaml and name.
        lock: by folder and name of the concrete stage.
    """

    files: dict[str, Blob] = field(default_factory=dict)
    data: dict[str, Thing] = field(default_factory=dict)
    stages: dict[Key, Stage] = field(default_factory=dict)
    lock: dict[Key, Entry] = field(default_factory=dict)

    def copy(self) -> "State":
        return State(dict(self.files), dict(self.data), dict(self.stages), dict(self.lock))

    def outs(self) -> dict[str, Thing]:
        """The outs of stages in the workspace; a stage that is still declared wins over a past one."""
        declared = {(stage.pipe, each.name) for stage in self.stages.values() for each in stage.concrete()}
        found: dict[str, Thing] = {}
        for _, entry in sorted(self.lock.items(), key=lambda pair: pair[0] in declared):
            found.update(entry.outs)
        return found

    def current(self) -> "State":
        """Without past runs: what documents say is there."""
        keys = {(stage.pipe, each.name) for stage in self.stages.values() for each in stage.concrete()}
        return replace(self, lock={key: entry for key, entry in self.lock.items() if key in keys})

    def declared_outs(self) -> set[str]:
        """The paths that stages declare as outputs, made or not."""
        return {out.path for stage in self.stages.values() for each in stage.concrete() for out in each.outs}

    def lookup(self, path: str) -> Thing | None:
        """What lies at a path of the workspace: a file, a part of a directory, or a folder of several."""
        everything: dict[str, Thing] = {**self.files, **self.data, **self.outs()}
        if path in everything:
            return everything[path]
        for whole, thing in everything.items():
            if isinstance(thing, Tree) and path.startswith(whole + "/"):
                return thing.sub(path[len(whole) + 1 :])
        members = {
            normpath(join(place[len(path) + 1 :], name)): blob
            for place, thing in everything.items()
            if place.startswith(path + "/")
            for name, blob in thing.members.items()
        }
        return Tree(members, {}) if members else None

    def held(self) -> Iterator[tuple[str, Thing]]:
        """Every path with what this commit holds there, as git and DVC record it."""
        yield from self.files.items()
        yield from self.data.items()
        for entry in self.lock.values():
            yield from entry.outs


@dataclass
class Commit:
    """A commit.

    Attributes:
        ancestors: of the commit, without itself.
        wrote: the tokens that first stand in this commit.
    """

    index: int
    parents: tuple[int, ...]
    state: State
    ancestors: frozenset[int]
    message: str = ""
    wrote: set[str] = field(default_factory=set)


@dataclass
class History:
    """A generated history.

    Attributes:
        roots: folders of the DVC projects.
        legacy: those that record md5-dos2unix.
        branches: name to tip.
        tags: name to commit; those with ``@`` or ``#`` are annotated.
    """

    seed: int
    roots: tuple[str, ...]
    legacy: frozenset[str]
    commits: list[Commit] = field(default_factory=list)
    branches: dict[str, int] = field(default_factory=dict)
    tags: dict[str, int] = field(default_factory=dict)

    def is_legacy(self, path: str) -> bool:
        """Whether the project of a path records md5-dos2unix."""
        inside = [root for root in self.roots if not root or path == root or path.startswith(root + "/")]
        return bool(inside) and max(inside, key=len) in self.legacy

    def first(self, holders: Iterable[int]) -> set[int]:
        """Those commits of which no ancestor is among them."""
        every = set(holders)
        return {index for index in every if not self.commits[index].ancestors & every}
