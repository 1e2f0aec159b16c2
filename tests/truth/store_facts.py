"""What can be asked of a pair, and what its things truly were made with."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.truth.facts import Facts, subjects
from tests.truth.store_world import CACHED, Pair, Row
from tests.truth.world import Blob, Thing

#: A version by source and by what tells it there: path and digest, or its row.
Key = tuple[str, str, str]


@dataclass(frozen=True)
class Asked:
    """A subject of a pair.

    Attributes:
        kind: ``content``, ``commit``, ``artifact`` or ``execution``.
        text: as the product is asked, but for commit ids: ``{N}`` stands for the id of commit N of ``repository``.
        targets: atoms; whatever was made with the subject has one of them.
        tokens: those that the subject brought into the world.
    """

    kind: str
    text: str
    targets: frozenset[str]
    tokens: frozenset[str]
    repository: int = 0


@dataclass(frozen=True)
class Held:
    """A version on record.

    Attributes:
        things: all that stood under its name.
        evidence: kind of evidence, to count by.
        is_root: no run on its own record made it.
    """

    key: Key
    things: tuple[Thing, ...]
    evidence: str
    repository: int = -1
    row: Row | None = None
    is_root: bool = False

    @property
    def contents(self) -> set[str]:
        """Its own and those of its members."""
        return {blob.content for thing in self.things for blob in thing.members.values()}.union(
            thing.content for thing in self.things
        )

    def holds(self, asked: Asked) -> bool:
        """Whether the bytes say that the subject led to it."""
        return any(thing.tokens() & asked.tokens for thing in self.things)

    def made(self, asked: Asked) -> bool:
        """Whether it was truly made with the subject, by whatever way."""
        targets = set(asked.targets)
        if self.repository >= 0:
            mine = f"repo{self.repository}/"
            targets |= {each.removeprefix(mine) for each in asked.targets if each.startswith(mine)}
        atoms = {self.row.atom} if self.row is not None else set()
        return not targets.isdisjoint(atoms.union(*(thing.consumed() for thing in self.things)))


def repository_name(number: int) -> str:
    return f"repo{number}"


def store_name(number: int) -> str:
    return f"store{number}"


def held(pair: Pair, facts: Iterable[Facts]) -> Iterator[Held]:
    """Every version that a document or a store names."""
    for number, each in enumerate(facts):
        named = {(path, thing.content) for run in each.runs.values() for path, thing in run.entry.deps}
        for name, version in each.versions.items():
            if version.stated or name in named:
                key = (repository_name(number), name[0], each.digest(version))
                yield Held(key, tuple(version.things), "dvc", number, is_root=not version.runs)
    for store in pair.stores:
        for row in store.rows:
            kind = "made" if row.made else "read"
            evidence = f"{kind}, {row.evidence}" + (", overwritten" if len(row.things) > 1 else "")
            yield Held(
                (store_name(store.number), row.name, ""), tuple(row.things), evidence, row=row, is_root=not row.made
            )


def every_subject(pair: Pair, facts: Iterable[Facts]) -> list[Asked]:
    """All that can be asked of a pair: commits, contents, artifacts and executions of the stores."""
    found = []
    rows = [row for store in pair.stores for row in store.rows if row.made and len(row.things) == 1]
    own = {row.things[0].content: frozenset(pair.wrote.get(row.atom, ())) for row in rows}
    for number, each in enumerate(facts):
        for subject in subjects(each):
            targets = {subject.target}
            if subject.kind == "commit":
                targets = {f"repo{number}/{subject.target}"}
            text = subject.text
            if "@{" in text:
                text = f"{repository_name(number)}:{text}"
            tokens = subject.tokens | own.get(subject.target, frozenset())
            found.append(Asked(subject.kind, text, frozenset(targets), tokens, number))
    for store in pair.stores:
        for row in store.rows:
            targets, brought = {row.atom}, pair.wrote.get(row.atom, set()) | _written(row.things[-1])
            if row.evidence != "uri":
                targets.add(row.things[-1].content)
            text = f"mlmd:{store_name(store.number)}:{row.name}"
            found.append(Asked("artifact", text, frozenset(targets), frozenset(brought)))
        for run in store.runs:
            if run.state != CACHED:
                text = f"mlmd:{store_name(store.number)}:execution/{run.number}"
                brought = pair.wrote.get(run.atom, set())
                found.append(Asked("execution", text, frozenset({run.atom}), frozenset(brought)))
    return found


def _written(thing: Thing) -> frozenset[str]:
    """The tokens of a file that somebody wrote: what a run made, and a directory, hold those of others."""
    return frozenset(thing.tokens() if isinstance(thing, Blob) and thing.data.startswith(b"tok") else ())


def choose_subjects(pair: Pair, facts: list[Facts], count: int, chance: random.Random) -> list[Asked]:
    """Some subjects, the kinds in turn."""
    every = every_subject(pair, facts)
    chance.shuffle(every)
    kinds = [[each for each in every if each.kind == kind] for kind in ("content", "artifact", "commit", "execution")]
    found: list[Asked] = []
    while len(found) < count and any(kinds):
        for kind in kinds:
            if kind and len(found) < count:
                found.append(kind.pop())
    return found
