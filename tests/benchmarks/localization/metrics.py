"""Known ways to use a metric series: make labels of it, then count."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.localization.incidents import Problem
from tests.benchmarks.localization.method import Ranking
from tests.benchmarks.localization.peers import Spectrum, ochiai

__all__ = ["ChangePoint", "Threshold", "spread_of"]

#: A measurement so many standard deviations below the family's median counts as bad.
BELOW = 2.0


def spread_of(series: NDArray[np.float64]) -> float:
    """The standard deviation of the noise: by the median of first differences, which one drop does not move."""
    if len(series) < 3:
        return 1.0
    return float(np.median(np.abs(np.diff(series))) / 0.6745 / np.sqrt(2)) or 1.0


@dataclass(frozen=True, slots=True)
class Threshold:
    """Every version far below the median of its family is bad, all others are good."""

    name: str = "threshold + Ochiai"

    def rank(self, problem: Problem) -> Ranking:
        """Ochiai on these labels."""
        assert problem.series is not None
        family, bad = problem.lineage.history.family, np.zeros(len(problem.series), dtype=bool)
        for number in np.unique(family):
            mine = problem.series[family == number]
            bad[family == number] = mine < np.median(mine) - BELOW * spread_of(mine)
        return Spectrum("Ochiai", ochiai).rank(Problem(problem.lineage, dict(enumerate(bad.tolist()))))


@dataclass(frozen=True, slots=True)
class ChangePoint:
    """The family with the clearest drop: its versions from there on are bad, those before are good."""

    name: str = "change point in one family + Ochiai"

    def rank(self, problem: Problem) -> Ranking:
        """Ochiai on these labels, in groups that the other families tell apart too: they were measured."""
        assert problem.series is not None
        family = problem.lineage.history.family
        best, labels = -np.inf, dict[int, bool]()
        for number in np.unique(family):
            mine = np.flatnonzero(family == number)
            series = problem.series[mine]
            for cut in range(1, len(mine)):
                drop = series[:cut].mean() - series[cut:].mean()
                clear = drop / spread_of(series) * np.sqrt(cut * (len(mine) - cut) / len(mine))
                if clear > best:
                    best, labels = clear, {int(model): place >= cut for place, model in enumerate(mine)}
        ranking = Spectrum("Ochiai", ochiai).rank(Problem(problem.lineage, labels))
        return _split(problem, ranking)


def _split(problem: Problem, ranking: Ranking) -> Ranking:
    """Parts each group by the signatures over all models, in a random order."""
    reached = problem.lineage.reached
    random = np.random.default_rng([problem.lineage.history.seed, 9])
    groups = []
    for group in ranking.groups:
        inverse = np.unique(reached[group], axis=0, return_inverse=True)[1]
        groups += [group[inverse == number] for number in random.permutation(inverse.max() + 1)]
    return Ranking(groups, ranking.origins, ranking.commits)
