"""The method of ``forensics.localization``, as the benchmark asks it."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from forensics.localization import (
    LEAST_GAIN,
    Advice,
    Descent,
    Evidence,
    Located,
    Run,
    Test,
    locate,
    next_tests,
    repairs,
)
from tests.benchmarks.localization.incidents import Problem
from tests.benchmarks.localization.lineage import Lineage
from tests.benchmarks.localization.method import Ranking
from tests.benchmarks.localization.policies import RandomTests, TopSuspect
from tests.benchmarks.localization.tables import Contestants, peers_only

__all__ = ["Contamination", "InformationGain", "Ours", "PosteriorHalving", "everybody", "repaired"]


@dataclass(frozen=True, slots=True)
class Ours:
    """The posterior over sets of sources.

    Attributes:
        reliable: labels are taken for right.
    """

    reliable: bool = False
    name: str = "posterior over sets"

    def locate(self, problem: Problem) -> Located:
        """Asks the method."""
        models, family = problem.lineage.nodes.models, problem.lineage.history.family
        series = []
        if problem.series is not None:
            measured = list(zip(models.tolist(), problem.series.tolist(), strict=True))
            series = [[[measured[n] for n in np.flatnonzero(family == number)] for number in np.unique(family)]]
        evidence = Evidence(
            bad=frozenset(models[problem.bad].tolist()), good=frozenset(models[problem.good].tolist()), series=series
        )
        return locate(problem.lineage.graph, evidence, reliable=self.reliable)

    def rank(self, problem: Problem) -> Ranking:
        """The suspects."""
        return self.ranking(problem, self.locate(problem))

    def ranking(self, problem: Problem, located: Located) -> Ranking:
        """An answer of the method, in the benchmark's numbers."""
        nodes = problem.lineage.nodes
        origins = {int(node): number for number, node in enumerate(nodes.origins)}
        commits = {int(node): number for number, node in enumerate(nodes.commits)}
        groups = [
            np.array([origins[int(located.origins.nodes[member])] for member in group.members])
            for group in located.groups
        ]
        singles = sorted(located.candidates.items(), key=lambda pair: -round(pair[1], 9))
        return Ranking(
            groups,
            np.array([origins[node] for node, _ in singles], dtype=np.int64),
            np.array([commits[node] for node in located.commits], dtype=np.int64),
            located.credible,
        )

    def settled(self, problem: Problem) -> bool:
        """Whether the method itself says so: by what all models could tell apart, not by the labels so far."""
        tests = [Test(node) for node in problem.lineage.nodes.models.tolist()]
        return next_tests(self.locate(problem), tests, most=1).stop == "settled"

    def advice(self, problem: Problem, *, least: float = LEAST_GAIN) -> Advice:
        """What to test next, of all models."""
        models = problem.lineage.nodes.models.tolist()
        located = self.locate(problem).beyond(models)
        return next_tests(located, [Test(node) for node in models], most=1, least=least)


@dataclass(frozen=True, slots=True)
class InformationGain:
    """What ``next-test`` advises, until it says that the incident is settled or that no test is worth making."""

    judge: Ours

    @property
    def name(self) -> str:
        """Of the policy."""
        return "info gain" + (", labels reliable" if self.judge.reliable else "")

    def next(self, problem: Problem, *, patient: bool = False) -> int | None:
        """The first of the advised tests."""
        # Patient: somebody who has reason to expect another source takes what little a test tells.
        advice = self.judge.advice(problem, least=0 if patient else LEAST_GAIN)
        if not advice.tests or (advice.stop and not patient):
            return None
        return int(np.flatnonzero(problem.lineage.nodes.models == advice.tests[0].test.node)[0])

    def rank(self, problem: Problem) -> Ranking:
        """The method's."""
        return self.judge.rank(problem)


@dataclass(frozen=True, slots=True)
class PosteriorHalving:
    """The model that is as likely contaminated as not."""

    judge: Ours
    name: str = "posterior halving"

    def next(self, problem: Problem, *, patient: bool = False) -> int | None:
        """The one whose probability is nearest to a half."""
        if not patient and self.judge.settled(problem):
            return None
        chance = Descent(self.judge.locate(problem)).contamination(problem.lineage.nodes.models.tolist())
        distance = np.abs(chance - 0.5)
        distance[list(problem.labels)] = np.inf
        best = int(distance.argmin())
        return best if distance[best] < 0.5 else None

    def rank(self, problem: Problem) -> Ranking:
        """The method's."""
        return self.judge.rank(problem)


@dataclass(frozen=True, slots=True)
class Contamination:
    """P(contaminated) under the posterior."""

    judge: Ours

    @property
    def name(self) -> str:
        """Of the method."""
        return self.judge.name

    def probability(self, problem: Problem) -> NDArray[np.float64]:
        """Of every model."""
        return Descent(self.judge.locate(problem)).contamination(problem.lineage.nodes.models.tolist())


def repaired(lineage: Lineage) -> Lineage:
    """The lineage with the inputs that the method infers."""
    history = lineage.history
    slots = {path: slot for slot, path in enumerate(dict.fromkeys(version.path for version in history.versions))}
    versions: dict[int, list[tuple[float, int]]] = {}
    for number, version in enumerate(history.versions):
        versions.setdefault(slots[version.path], []).append((float(number), number))
    runs = []
    for number, (run, reads) in enumerate(zip(history.runs, lineage.reads, strict=True)):
        # Versions are numbered as they are made, so a run starts just before what it wrote.
        inputs = {slots[history.versions[read].path]: read for read in reads}
        runs.append(Run(number, run.stage, run.writes - 0.5, inputs))
    return replace(lineage, inferred=[(repair.version, repair.run) for repair in repairs(runs, versions)])


def confirmed(lineage: Lineage, origin: int) -> NDArray[np.bool_]:
    """What a source that is known for certain leads to."""
    stated = Evidence(stated=frozenset({int(lineage.nodes.origins[origin])}))
    chance = Descent(locate(lineage.graph, stated)).contamination(lineage.nodes.models.tolist())
    return np.asarray(chance > 0.5, dtype=bool)


def everybody() -> Contestants:
    """The known methods and ours."""
    known, ours, reliable = peers_only(), Ours(), Ours(reliable=True, name="labels reliable")
    policies = (RandomTests(ours), TopSuspect(ours), PosteriorHalving(ours), InformationGain(ours))
    return Contestants(
        methods=(*known.methods, ours),
        policies=(*known.policies, *policies, InformationGain(reliable)),
        metrics=(*known.metrics, Ours(name="soft evidence")),
        estimates=(*known.estimates, (Contamination(ours), 0.05), (Contamination(ours), 0.01)),
        repair=repaired,
        confirmed=confirmed,
    )
