"""Histories of data, code and models, made commit by commit, in which every artifact carries what went into it.

A token stands for an origin: a file, a code, params or external version, a dataset version as a whole, an execution.
An artifact takes the tokens of all that it is made from, with their dose, when it is made. So what a planted origin
contaminates is read off the models themselves, and never from a closure over the graph.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

__all__ = ["History", "Origin", "Run", "Topology", "Version", "simulate"]


@dataclass(frozen=True, slots=True)
class Topology:
    """The size and the habits of a project.

    Attributes:
        files: least and most files of a dataset at the first commit.
        change: chance of a dataset to change at a commit, by one file added, replaced or deleted.
        edit: chance of a stage's code to change at a commit; that of a family's params is twice as high.
        retrain: chance of a family to be brought up to date at a commit: it is trained if its inputs are new.
        warm: chance of a training run to start from the family's own last model.
        based: chance of a family to start from the newest model of an earlier family, and else of one to start from
            the external base model.
        pinned: chance of a family to read its data as it stood at an older commit; it moves on to the present with
            chance ``repin`` whenever it is brought up to date.
    """

    commits: int = 200
    datasets: int = 8
    files: tuple[int, int] = (15, 40)
    joins: int = 3
    families: int = 8
    change: float = 0.15
    edit: float = 0.02
    retrain: float = 0.35
    warm: float = 0.25
    based: float = 0.4
    pinned: float = 0.30
    repin: float = 0.05


@dataclass(frozen=True, slots=True)
class Origin:
    """Where poison can enter.

    Attributes:
        kind: ``file``, ``dataset`` (a dataset version as a whole), ``code``, ``params``, ``external``, ``execution``.
        name: for people, unique.
        commit: the number of the commit that first brought it.
        place: number of the version (or of the run, for an execution) that it is; -1 for a file.
    """

    kind: str
    name: str
    commit: int
    place: int = -1


@dataclass(frozen=True, slots=True)
class Version:
    """What stood at a path from a commit on.

    Attributes:
        files: file names and origin numbers of a dataset version, else empty.
        doses: origin number to the share of this version that came of it, more than 0 and at most 1.
    """

    path: str
    kind: str
    commit: int
    doses: Mapping[int, float]
    files: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """One execution: what it read and wrote, as numbers of versions."""

    stage: str
    commit: int
    reads: tuple[int, ...]
    writes: int


@dataclass(frozen=True)
class History:
    """All that happened, in the order of time.

    Attributes:
        models: numbers of the model versions.
        family: of each model version.
    """

    seed: int
    topology: Topology
    origins: Sequence[Origin]
    versions: Sequence[Version]
    runs: Sequence[Run]
    models: NDArray[np.int64]
    family: NDArray[np.int64]

    @cached_property
    def doses(self) -> NDArray[np.float64]:
        """The dose of each origin in each model, origins x models, read off the tokens; 0 where there is none."""
        found = np.zeros((len(self.origins), len(self.models)))
        for column, model in enumerate(self.models):
            doses = self.versions[model].doses
            found[list(doses), column] = list(doses.values())
        return found

    @cached_property
    def contaminated(self) -> NDArray[np.bool_]:
        """The truth: whether an origin's poison is in a model, origins x models."""
        return self.doses > 0


def simulate(seed: int, topology: Topology | None = None) -> History:
    """Makes a history; the same seed and topology give the same one."""
    maker = _Maker(seed, topology or Topology())
    for commit in range(maker.topology.commits):
        maker.step(commit)
    return maker.history()


@dataclass(slots=True)
class _Family:
    """How one family of models is trained.

    Attributes:
        inputs: paths of the data that it reads.
        base: path of the model that it starts from, if any.
        pin: the versions that it read when it was pinned, None where it reads the present.
        last: what its last run read, without its own model.
    """

    name: str
    inputs: tuple[str, ...]
    base: str | None
    pin: list[int] | None
    last: tuple[int, ...] = ()


class _Maker:
    """The project while it grows: what stands at each path now, and all that ever stood there."""

    def __init__(self, seed: int, topology: Topology) -> None:
        self.seed = seed
        self.topology = topology
        self.random = np.random.default_rng([seed, 1])
        self.origins: list[Origin] = []
        self.versions: list[Version] = []
        self.runs: list[Run] = []
        self.now: dict[str, int] = {}
        self._last: dict[str, int] = {}  # stage -> its last run
        self.models: list[tuple[int, int]] = []
        self.datasets = [f"data/raw/{number}" for number in range(topology.datasets)]
        prepared = [f"data/prepared/{number}" for number in range(topology.datasets)]
        self.joins: dict[str, tuple[str, ...]] = {}
        for number in range(topology.joins):
            count = int(self.random.integers(2, min(3, len(prepared)) + 1))
            self.joins[f"data/joined/{number}"] = self._some(prepared, count)
        self.families: list[_Family] = []
        for number in range(topology.families):
            inputs = self._some([*prepared, *self.joins], int(self.random.integers(1, 4)))
            base = None
            if self.families and self._chance(topology.based):
                base = f"models/{self.families[self.random.integers(len(self.families))].name}"
            elif self._chance(topology.based):
                base = "base/encoder"
            pin: list[int] | None = [] if self._chance(topology.pinned) else None
            self.families.append(_Family(f"family-{number}", inputs, base, pin))

    def step(self, commit: int) -> None:
        """One commit: people change data, code and params, then the pipeline runs."""
        topology = self.topology
        for path in self.datasets:
            if commit == 0 or self._chance(topology.change):
                self._dataset(path, commit)
        stages = ["prepare", "join", *(f"train/{family.name}" for family in self.families)]
        roots = [(f"src/{stage}.py", "code", topology.edit) for stage in stages]
        roots += [(f"params.yaml:{family.name}", "params", 2 * topology.edit) for family in self.families]
        roots.append(("base/encoder", "external", topology.edit))
        for path, kind, chance in roots:
            if commit == 0 or self._chance(chance):
                self._place(path, kind, commit, {})
        for number, family in enumerate(self.families):
            if commit == 0 or self._chance(topology.retrain):
                self._train(number, family, commit)

    def history(self) -> History:
        """What was made."""
        models, families = np.array(self.models, dtype=np.int64).T
        return History(self.seed, self.topology, self.origins, self.versions, self.runs, models, families)

    def _dataset(self, path: str, commit: int) -> None:
        """Files are added, replaced and deleted; the first time, all are new."""
        random, (least, most) = self.random, self.topology.files
        files = dict(self.versions[self.now[path]].files) if path in self.now else {}
        if not files:
            edits = ["add"] * int(random.integers(least, most + 1))
        else:
            edits = [("add", "replace", "delete")[random.integers(3)]]
        for number, edit in enumerate(edits):
            name = f"{commit:04d}-{number}"
            if edit != "add" and len(files) > 1:
                name = str(random.choice(sorted(files)))
                del files[name]
            if edit != "delete":
                files[name] = self._origin("file", f"{path}/{name}", commit)
        # A directory takes one equal share of each of its files, and all of what is done to it as a whole.
        doses = dict.fromkeys(files.values(), 1 / len(files))
        self._place(path, "dataset", commit, doses, files)

    def _place(
        self, path: str, kind: str, commit: int, doses: dict[int, float], files: Mapping[str, int] | None = None
    ) -> None:
        """Somebody brings a new version from outside of the pipeline."""
        whole = self._origin(kind, path, commit, place=len(self.versions))
        self.now[path] = len(self.versions)
        self.versions.append(Version(path, kind, commit, {**doses, whole: 1.0}, files or {}))

    def _stand(self, path: str, commit: int) -> int:
        """What stands at a prepared or joined path once its stage is up to date."""
        number = path.rpartition("/")[2]
        if path in self.joins:
            stage, inputs = "join", [self._stand(part, commit) for part in self.joins[path]]
        else:
            stage, inputs = "prepare", [self.now[f"data/raw/{number}"]]
        code = self.now[f"src/{stage}.py"]
        last = self._last.get(f"{stage}@{number}")
        if last is None or self.runs[last].reads != (*inputs, code):
            self._run(f"{stage}@{number}", inputs, [code], path, "dataset", commit)
        return self.now[path]

    def _train(self, number: int, family: _Family, commit: int) -> None:
        """Brings the stages before a family up to date, and trains it if anything that it reads is new."""
        if family.pin is None:
            data = [self._stand(path, commit) for path in family.inputs]
        else:
            if not family.pin or self._chance(self.topology.repin):
                family.pin = [self._stand(path, commit) for path in family.inputs]
            data = list(family.pin)
        if family.base:
            data.append(self.now[family.base])
        rest = [self.now[f"src/train/{family.name}.py"], self.now[f"params.yaml:{family.name}"]]
        if (*data, *rest) == family.last:
            return
        family.last = (*data, *rest)
        output = f"models/{family.name}"
        if output in self.now and self._chance(self.topology.warm):
            data.append(self.now[output])
        self._run(f"train@{family.name}", data, rest, output, "model", commit)
        self.models.append((self.now[output], number))

    def _run(self, stage: str, data: Sequence[int], rest: Sequence[int], output: str, kind: str, commit: int) -> None:
        """Makes a version: an equal share of each data input, and all of code, params and the run itself."""
        place = len(self.runs)
        own = self._origin("execution", f"{stage}#{place}", commit, place=place)
        doses: dict[int, float] = {}
        for version, share in [*((version, 1 / len(data)) for version in data), *((version, 1.0) for version in rest)]:
            for origin, dose in self.versions[version].doses.items():
                doses[origin] = min(doses.get(origin, 0.0) + share * dose, 1.0)
        doses[own] = 1.0
        self.runs.append(Run(stage, commit, (*data, *rest), len(self.versions)))
        self._last[stage] = place
        self.now[output] = len(self.versions)
        self.versions.append(Version(output, kind, commit, doses))

    def _origin(self, kind: str, name: str, commit: int, place: int = -1) -> int:
        self.origins.append(Origin(kind, f"{name}@{commit}", commit, place))
        return len(self.origins) - 1

    def _chance(self, probability: float) -> bool:
        return bool(self.random.random() < probability)

    def _some(self, items: Sequence[str], count: int) -> tuple[str, ...]:
        """That many different items, in their own order."""
        chosen = self.random.choice(len(items), min(count, len(items)), replace=False)
        return tuple(items[number] for number in sorted(chosen))
