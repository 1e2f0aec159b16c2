"""Random pairs: one or two DVC histories, and the ML Metadata stores of what ran over the same files.

Runs that a store records read what lies in a work tree, tracked by DVC or not, and write files beside it, some of which
are tracked later or read by stages. Bytes carry tokens as in ``generator``; each output holds a token of its own run.
"""

import random
from dataclasses import dataclass, field, replace
from posixpath import join

from tests.truth.generator import FEATURES, PLAIN, Generator
from tests.truth.repository import START
from tests.truth.world import Blob, Commit, History, Key, Stage, State, Thing, Tree, atom, md5

#: How the bytes of an artifact are known to its store, apart from its address.
EVIDENCE = ("md5", "sha256", "both", "cmf", "uri")
#: Features of the histories of rich pairs. Chance equality is left to the histories themselves (``test_truth``).
RICH = frozenset(FEATURES) - {"low-entropy", "lossy", "legacy", "empty", "uncommitted"}
COMPLETE, CACHED = 3, 5
#: Where the folder of a repository lies, as its users see it.
ROOTS = ("", "/srv/ml/repo{}/", "file:///srv/ml/repo{}/", "C:\\work\\repo{}\\", "s3://bucket/repo{}/")

__all__ = ["CACHED", "EVIDENCE", "PLAIN", "RICH", "Pair", "Row", "StoreRun", "StoreWorld", "generate_pair"]


@dataclass
class Row:
    """An artifact of a store.

    Attributes:
        things: what stood at its address when it was written or first read; several where it was overwritten.
        evidence: one of ``EVIDENCE``.
        made: a run of this store wrote it.
        again: another artifact of the store had the same address before.
        moved: somebody tracks its bytes at another path, so that their digest alone ties them to it.
    """

    store: int
    number: int
    place: tuple[int, str]
    uri: str
    things: list[Thing]
    evidence: str
    made: bool = False
    again: bool = False
    moved: bool = False

    @property
    def atom(self) -> str:
        return f"artifact:{self.store}/{self.number}"

    @property
    def name(self) -> str:
        return f"artifact/{self.number}"

    def is_known_by_md5(self, thing: Thing) -> bool:
        """Whether the store still holds the digest by which DVC would know these bytes."""
        return self.evidence in {"md5", "cmf"} and (self.things[-1] is thing or self.is_named_by(thing))

    def is_named_by(self, thing: Thing) -> bool:
        """Whether its name holds the digest of these bytes, whatever is written over it."""
        return self.evidence == "cmf" and self.things[0] is thing


@dataclass
class StoreRun:
    """An execution of a store.

    Attributes:
        commits: name of a property to (repository, index) of the commit that it states.
        reads: artifacts by number, each with the time of its event in milliseconds.
        writes: the same, with what was written.
    """

    store: int
    number: int
    state: int = COMPLETE
    commits: dict[str, tuple[int, int]] = field(default_factory=dict)
    reads: list[tuple[int, int]] = field(default_factory=list)
    writes: list[tuple[int, int, Thing]] = field(default_factory=list)

    @property
    def atom(self) -> str:
        return f"run:{self.store}/{self.number}"


@dataclass
class StoreWorld:
    """A store: artifacts and executions, numbered from 1; a reset begins another."""

    number: int
    rows: list[Row] = field(default_factory=list)
    runs: list[StoreRun] = field(default_factory=list)


@dataclass
class Pair:
    """Histories and stores.

    Attributes:
        wrote: the tokens that a run, or an artifact that it wrote, brought into the world, by their atom.
    """

    seed: int
    histories: list[History]
    stores: list[StoreWorld]
    wrote: dict[str, set[str]]


@dataclass
class Machine:
    """What all generators of a pair share.

    Attributes:
        plain: bytes tell descent.
        spelling: how addresses are spelled, as a place in ``ROOTS``.
        files: those on disk that runs wrote beside what DVC tracks, by repository and path, with their artifact.
        wrote: as for ``Pair``.
        tokens: how many there are.
        clock: the last time that was given out.
    """

    random: random.Random
    plain: bool
    spelling: int
    stores: list[StoreWorld] = field(default_factory=lambda: [StoreWorld(0)])
    files: dict[tuple[int, str], tuple[Blob, Row]] = field(default_factory=dict)
    wrote: dict[str, set[str]] = field(default_factory=dict)
    tokens: int = 0
    clock: int = 0

    @property
    def store(self) -> StoreWorld:
        return self.stores[-1]

    def tick(self, least: int) -> int:
        """A time in milliseconds, later than all before it."""
        self.clock = max(self.clock + 1000, least)
        return self.clock


class PairGenerator(Generator):
    """Makes one history of a pair, a step at a time."""

    def __init__(self, seed: int, features: frozenset[str], number: int, machine: Machine) -> None:
        super().__init__(seed * 2 + number, features)
        self.number = number
        self.machine = machine
        self.stated: list[str] = []

    def token(self) -> str:
        self.machine.tokens += 1
        found = f"tok{self.machine.tokens}x"
        self.now.wrote.add(found)
        self.authors[found] = self.now.index
        return found

    def home(self, thing: Thing) -> Thing:
        """A thing with the atoms of its commits named by repository, as it leaves it."""
        mine = f"repo{self.number}/"

        def named(atoms: frozenset[str]) -> frozenset[str]:
            return atoms | {mine + each for each in atoms if each.startswith("commit:")}

        if isinstance(thing, Blob):
            return Blob(thing.data, named(thing.atoms))
        members = {name: Blob(blob.data, named(blob.atoms)) for name, blob in thing.members.items()}
        return Tree(members, {name: named(atoms) for name, atoms in thing.own.items()})

    @staticmethod
    def abroad(atoms: frozenset[str]) -> frozenset[str]:
        """Without what only this repository calls by that name."""
        return frozenset(each for each in atoms if not each.startswith("commit:"))

    # -- the store

    def row(self, path: str, thing: Thing, *, made: bool, evidence: str = "") -> Row:
        """Puts an artifact on record."""
        machine, store = self.machine, self.machine.store
        chance = machine.random
        place = (self.number, path)
        evidence = evidence or chance.choice(EVIDENCE)
        if isinstance(thing, Tree) and evidence in {"sha256", "both"}:
            evidence = "md5"
        root = ROOTS[(self.number + machine.spelling) % len(ROOTS)].format(self.number)
        uri = root + (path.replace("/", "\\") if "\\" in root else path)
        again = any(row.place == place for row in store.rows)
        found = Row(store.number, len(store.rows) + 1, place, uri, [thing], evidence, made, again)
        store.rows.append(found)
        return found

    def known(self, path: str, thing: Thing) -> Row:
        """The artifact by which a run of the present store names what it reads."""
        place = (self.number, path)
        rows = [
            row for row in self.machine.store.rows if row.place == place and row.things[-1].content == thing.content
        ]
        if rows and (self.machine.random.random() < 0.75):
            return rows[-1]
        return self.row(path, thing, made=False)

    def readable(self, state: State) -> dict[str, Thing]:
        found: dict[str, Thing] = {**state.data, **state.outs()}
        found |= {path: blob for (number, path), (blob, _) in self.machine.files.items() if number == self.number}
        return {path: thing for path, thing in found.items() if thing.members}

    def train(self, state: State, commit: int, *, dirty: bool) -> None:
        """A run that the store records.

        Args:
            commit: that is checked out; below 0 where there is none yet.
            dirty: ``state`` is not that of the commit, but on its way to the next.
        """
        machine = self.machine
        chance = machine.random
        if chance.random() < 0.06:
            machine.stores.append(StoreWorld(len(machine.stores)))
        store = machine.store
        run = StoreRun(store.number, len(store.runs) + 1)
        # A commit is made on the hour; what is run on the way to it, in the hour before.
        hour = (START + 3600 * self.now.index) * 1000
        time = machine.tick(hour - 3_000_000 if dirty else hour + 100_000)
        readable = self.readable(state)
        if not readable:
            return
        mine = [path for number, path in machine.files if number == self.number]
        chosen = chance.sample(sorted(readable), min(len(readable), chance.choice([1, 1, 2])))
        if mine and chance.random() < 0.5:
            chosen = list(dict.fromkeys([*chosen, chance.choice(mine)]))
        reads: list[Thing] = [self.home(readable[path]) for path in chosen]
        rows = [self.known(path, thing) for path, thing in zip(chosen, reads, strict=True)]
        others = [(row, blob) for (n, _), (blob, row) in machine.files.items() if n != self.number]
        others = [(row, blob) for row, blob in others if row.store == store.number]
        if others and chance.random() < 0.4:
            row, blob = chance.choice(others)
            reads.append(blob)
            rows.append(row)
        run.reads = [(row.number, machine.tick(time)) for row in rows]
        atoms = frozenset({run.atom, *(row.atom for row in rows)}).union(*(thing.consumed() for thing in reads))
        carried = set().union(*(thing.tokens() for thing in reads))
        if commit >= 0 and chance.random() < 0.5:
            run.commits[chance.choice(["git_commit", "Git_Start_Commit", "commit_id"])] = (self.number, commit)
            atoms |= {f"repo{self.number}/{atom(commit)}"}
            if state.files and chance.random() < 0.6:
                code = self.home(state.files[chance.choice(sorted(state.files))])
                atoms |= code.consumed()
                carried |= code.tokens()
        store.runs.append(run)
        for _ in range(chance.choice([1, 1, 2])):
            self.output(state, run, atoms, carried, reads, dirty=dirty)
        if chance.random() < 0.15:
            again = replace(run, number=len(store.runs) + 1, state=CACHED, commits={}, reads=list(run.reads))
            again.reads = [(number, machine.tick(time)) for number, _ in run.reads]
            again.writes = [(number, machine.tick(time), thing) for number, _, thing in run.writes]
            store.runs.append(again)

    def output(
        self, state: State, run: StoreRun, atoms: frozenset[str], carried: set[str], reads: list[Thing], *, dirty: bool
    ) -> None:
        """One file that a run writes: beside the repository, or at a path that DVC tracks from the next commit on."""
        machine, chance = self.machine, self.machine.random
        machine.tokens += 1
        token = f"tok{machine.tokens}x"
        text = " ".join(sorted(carried | {token}))
        mixed = md5(b"\0".join(blob.data for thing in reads for blob in thing.members.values()) + text.encode())
        blob = Blob(f"{mixed[:8]} {text}\n".encode(), self.abroad(atoms))
        mine = [path for number, path in machine.files if number == self.number]
        file_paths = [path for path, thing in state.data.items() if isinstance(thing, Blob)]
        tracked = dirty and chance.random() < 0.4
        row = None
        if tracked:
            path = chance.choice(file_paths) if file_paths and chance.random() < 0.3 else self.somewhere()
        elif mine and chance.random() < 0.3:
            path = chance.choice(mine)
            old = machine.files[self.number, path][1]
            mixed_rows = not machine.plain and old.store == run.store and old.number not in dict(run.reads)
            written = {number for number, _, _ in run.writes}
            # What is moved would be tied to it by nothing any more.
            lost = old.moved and not old.is_named_by(old.things[-1])
            if mixed_rows and chance.random() < 0.4 and old.number not in written and not lost:
                row = old
                row.things.append(blob)
        else:
            self.paths += 1
            path = join(chance.choice(self.history.roots), f"runs/r{self.number}-{self.paths}.bin")
        row = row or self.row(path, blob, made=True)
        # The artifact itself is an atom of whatever reads it, and of the bytes that bear its name.
        blob = Blob(blob.data, blob.atoms | {row.atom})
        row.things[-1] = blob
        run.writes.append((row.number, machine.tick(0), blob))
        machine.wrote.setdefault(run.atom, set()).add(token)
        machine.wrote.setdefault(row.atom, set()).add(token)
        if tracked:
            state.data[path] = self.settle(path, self.tracked(blob))
        else:
            machine.files[self.number, path] = (blob, row)

    def somewhere(self) -> str:
        """A new path for data."""
        return self.fresh(self.machine.random.choice(self.history.roots), "data", ".csv")

    def tracked(self, blob: Blob) -> Blob:
        """A file as the commit that is being made tracks it."""
        return Blob(blob.data, blob.atoms | {atom(self.now.index)})

    # -- how files of runs come into the history

    def adopt(self, state: State) -> None:
        """Somebody tracks a file that a run wrote: where it lies, or, where its md5 is on record, elsewhere."""
        machine, chance = self.machine, self.machine.random
        found = [(place, *pair) for place, pair in machine.files.items() if place[0] == self.number]
        if not found:
            return
        (_, path), blob, row = chance.choice(found)
        if row.is_known_by_md5(blob) and chance.random() < 0.5:
            path = self.somewhere()
            row.moved = True
        elif path in state.data:
            return
        state.data[path] = self.settle(path, self.tracked(blob))

    def portable(self, state: State) -> dict[str, Thing]:
        """What is tied to its run by its address alone stays there, until a commit has held it."""
        before = [self.history.commits[number].state.data for number in self.now.parents]
        rows = [row for store in self.machine.stores for row in store.rows if row.made]
        written = {thing.content for row in rows for thing in row.things if not row.is_known_by_md5(thing)}
        return {
            path: thing
            for path, thing in state.data.items()
            if thing.content not in written
            or any(path in data and data[path].content == thing.content for data in before)
        }

    def add_stage(self, state: State) -> None:
        super().add_stage(state)
        if self.machine.plain:
            # Sorted lines of equal inputs are equal by chance.
            for key, stage in state.stages.items():
                state.stages[key] = replace(stage, outs=tuple(replace(out, function="mix") for out in stage.outs))
        mine = sorted(path for number, path in self.machine.files if number == self.number)
        if state.stages and mine and self.machine.random.random() < 0.3:
            key = list(state.stages)[-1]
            stage = state.stages[key]
            path = self.machine.random.choice(mine)
            state.stages[key] = replace(stage, deps=tuple(dict.fromkeys([*stage.deps, path])))

    def run(self, state: State, stage: Stage, key: Key) -> None:
        """A stage may read what lies beside the repository's data."""
        lent = {
            path: self.machine.files[self.number, path][0]
            for path in stage.deps
            if (self.number, path) in self.machine.files and state.lookup(path) is None
        }
        state.files.update(lent)
        super().run(state, stage, key)
        for path in lent:
            del state.files[path]

    # -- steps

    def work(self, state: State) -> str:
        chance = self.machine.random
        head = self.now.parents[0] if self.now.parents else -1
        for _ in range(chance.choice([0, 1, 1])):
            self.train(state, head, dirty=True)
        if chance.random() < 0.4:
            self.adopt(state)
        done = super().work(state)
        for _ in range(chance.choice([0, 0, 1])):
            self.train(state, head, dirty=True)
        return done

    def run_clean(self) -> None:
        """Somebody runs what was just committed."""
        for _ in range(self.machine.random.choice([0, 0, 1])):
            self.train(self.now.state, self.now.index, dirty=False)

    def step(self) -> None:
        """One more commit."""
        branches = self.history.branches
        names = sorted(branches)
        branch = self.random.choice(names)
        if len(names) > 1 and self.chance(0.4, "merges"):
            other = self.random.choice([name for name in names if name != branch])
            ours, theirs = (self.history.commits[branches[name]] for name in (branch, other))
            if theirs.index not in ours.ancestors | {ours.index} and ours.index not in theirs.ancestors:
                self.merged(ours, theirs, branch)
                return
        start = branches[branch]
        if self.chance(0.4, "branches") and len(names) < 4:
            start = self.random.choice(self.history.commits).index
            branch = f"side{len(names)}"
        self.begin((start,))
        state = self.history.commits[start].state.copy()
        message = self.work(state)
        self.commit(state, branch, message)

    def merged(self, ours: Commit, theirs: Commit, branch: str) -> None:
        self.begin((ours.index, theirs.index))
        self.commit(self.merge(ours, theirs), branch, "merge")


def generate_pair(seed: int, *, plain: bool = False) -> Pair:
    """One pair; the same for the same seed in every process.

    Args:
        seed: any number.
        plain: bytes tell descent, so that following the records is all there is to it.
    """
    machine = Machine(random.Random(f"pair {seed}"), plain, seed)
    features = PLAIN if plain else RICH
    generators = [PairGenerator(seed, features, n, machine) for n in range(machine.random.choice([1, 2]))]
    for number in range(machine.random.randint(3, 9) // len(generators) + 1):
        # Commit N of each history is made in the same hour, so that times agree with what truly came first.
        for generator in generators:
            (generator.step if number else generator.start)()
        for generator in generators:
            generator.run_clean()
    return Pair(seed, [generator.history for generator in generators], machine.stores, machine.wrote)
