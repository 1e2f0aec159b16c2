"""Known ways to choose the next test. Those that eliminate do it for good, as the real tools do."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.localization.incidents import Problem
from tests.benchmarks.localization.method import Method, Ranking, Settling

__all__ = ["BisectByTime", "Halving", "RandomTests", "TopSuspect"]


def _left(problem: Problem) -> NDArray[np.bool_]:
    """Whether each origin is upstream of all bad models and of no good one."""
    reached = problem.lineage.reached
    return np.asarray(reached[:, problem.bad].all(axis=1) & ~reached[:, problem.good].any(axis=1), dtype=bool)


def _splits(problem: Problem) -> NDArray[np.int64]:
    """For each model, the smaller of the two parts into which its test would split what is left."""
    left = _left(problem)
    above = problem.lineage.reached[left].sum(axis=0)
    smaller: NDArray[np.int64] = np.minimum(above, left.sum() - above)
    smaller[list(problem.labels)] = 0
    return smaller


def _remaining(problem: Problem) -> Ranking:
    """What elimination has left: one group."""
    left = np.flatnonzero(_left(problem))
    commits = np.unique([problem.lineage.history.origins[origin].commit for origin in left.tolist()]).astype(np.int64)
    return Ranking([left] if len(left) else [], left, commits)


@dataclass(frozen=True, slots=True)
class Halving:
    """git bisect on the graph of versions: test what splits the remaining origins most evenly."""

    name: str = "git-bisect halving on the DAG"

    def next(self, problem: Problem, *, patient: bool = False) -> int | None:
        """The most even split."""
        splits = _splits(problem)
        return int(splits.argmax()) if splits.max() > 0 else None

    def rank(self, problem: Problem) -> Ranking:
        """What is left."""
        return _remaining(problem)


@dataclass(frozen=True, slots=True)
class BisectByTime:
    """Within a family, halve the time between the oldest bad version and the newest good one before it.

    When no version of the families with a bad one can tell anything any more, the next family is asked, its newest
    version first: the family with most versions that can.
    """

    name: str = "bisect by time within families"

    def next(self, problem: Problem, *, patient: bool = False) -> int | None:
        """The middle of the longest interval."""
        useful = _splits(problem) > 0
        if not useful.any():
            return None
        family = problem.lineage.history.family
        intervals: list[NDArray[np.int64]] = []
        for number in sorted({int(family[model]) for model in problem.bad}):
            first = min(model for model in problem.bad if family[model] == number)
            before = [model for model in problem.good if family[model] == number and model < first]
            mine = np.flatnonzero(useful & (family == number))
            intervals.append(mine[(mine < first) & (mine > max(before, default=-1))])
        longest = max(intervals, key=len, default=np.empty(0, dtype=np.int64))
        if len(longest):
            return int(longest[len(longest) // 2])
        most = np.bincount(family[useful]).argmax()
        return int(np.flatnonzero(useful & (family == most))[-1])

    def rank(self, problem: Problem) -> Ranking:
        """What is left."""
        return _remaining(problem)


@dataclass(frozen=True, slots=True)
class RandomTests:
    """Any model; another method judges what is found."""

    judge: Method

    @property
    def name(self) -> str:
        """Of the policy and its judge."""
        return f"random + {self.judge.name}"

    def next(self, problem: Problem, *, patient: bool = False) -> int | None:
        """Any model, until the judge is sure."""
        untested = _untested(problem)
        if not patient and _settled(self.judge, problem):
            return None
        random = np.random.default_rng([problem.lineage.history.seed, 8, *sorted(problem.labels)])
        return int(random.choice(untested)) if len(untested) else None

    def rank(self, problem: Problem) -> Ranking:
        """The judge's."""
        return self.judge.rank(problem)


@dataclass(frozen=True, slots=True)
class TopSuspect:
    """The newest untested model downstream of the best suspect that has one."""

    judge: Method

    @property
    def name(self) -> str:
        """Of the policy and its judge."""
        return f"test the top suspect's models + {self.judge.name}"

    def next(self, problem: Problem, *, patient: bool = False) -> int | None:
        """A model of the first suspect that has one left, until the judge is sure."""
        untested = _untested(problem)
        if not patient and _settled(self.judge, problem):
            return None
        for origin in self.judge.rank(problem).origins:
            below = untested[problem.lineage.reached[origin, untested]]
            if len(below):
                return int(below[-1])
        return None

    def rank(self, problem: Problem) -> Ranking:
        """The judge's."""
        return self.judge.rank(problem)


def _untested(problem: Problem) -> NDArray[np.int64]:
    return np.setdiff1d(np.arange(len(problem.lineage.history.models)), list(problem.labels))


def _settled(judge: Method, problem: Problem) -> bool:
    return isinstance(judge, Settling) and judge.settled(problem)
