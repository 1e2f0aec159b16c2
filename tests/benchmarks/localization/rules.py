"""Known rules for what is contaminated, and so for what to go back to."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.localization.incidents import Problem
from tests.benchmarks.localization.method import Method

__all__ = ["BeforeFirstBad", "Below", "NotFoundBad"]


@dataclass(frozen=True, slots=True)
class NotFoundBad:
    """Nothing is contaminated but what was found bad."""

    name: str = "newest not labelled bad"

    def probability(self, problem: Problem) -> NDArray[np.float64]:
        """0 everywhere: what was found bad is no target under any rule."""
        return np.zeros(len(problem.lineage.history.models))


@dataclass(frozen=True, slots=True)
class BeforeFirstBad:
    """All of a family from its first version on that was found bad; nothing in a family where none was."""

    name: str = "before the first bad by time"

    def probability(self, problem: Problem) -> NDArray[np.float64]:
        """1 from the first bad one on."""
        family = problem.lineage.history.family
        found = np.zeros(len(family))
        for model in problem.bad:
            found[model:][family[model:] == family[model]] = 1
        return found


@dataclass(frozen=True, slots=True)
class Below:
    """All that is downstream of the first suspects of a method."""

    judge: Method
    first: int

    @property
    def name(self) -> str:
        """Of the rule and its judge."""
        return f"not downstream of {self.judge.name} top-{self.first}"

    def probability(self, problem: Problem) -> NDArray[np.float64]:
        """1 downstream of them."""
        suspects = self.judge.rank(problem).origins[: self.first]
        return problem.lineage.reached[suspects].any(axis=0).astype(float)
