"""What the benchmark asks of a method, whichever it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.localization.incidents import Problem

__all__ = ["Estimate", "Method", "Policy", "Ranking", "Settling"]


@dataclass(frozen=True, slots=True)
class Ranking:
    """A method's answer, the best first.

    Attributes:
        groups: members of each group of origins that the labels cannot tell apart; an origin stands in one at most.
        origins: single origins.
        commits: numbers of commits.
        credible: how many of the first groups the method is 90 % sure of, if it says so.
    """

    groups: Sequence[NDArray[np.int64]]
    origins: NDArray[np.int64]
    commits: NDArray[np.int64]
    credible: int | None = None

    def group_rank(self, origin: int) -> float:
        """How many groups stand before that of an origin; infinite where it is in none."""
        return next((place for place, group in enumerate(self.groups) if origin in group), np.inf)

    def origin_rank(self, origin: int) -> float:
        """How many origins stand before it; infinite where it is not ranked."""
        return _place(self.origins, origin)

    def commit_rank(self, commit: int) -> float:
        """How many commits stand before it; infinite where it is not ranked."""
        return _place(self.commits, commit)


class Method(Protocol):
    """Ranks origins by labels or by a metric series."""

    @property
    def name(self) -> str:
        """What the tables call it."""

    def rank(self, problem: Problem) -> Ranking:
        """The suspects."""


@runtime_checkable
class Settling(Protocol):
    """A method that knows when it is sure."""

    def settled(self, problem: Problem) -> bool:
        """Whether further tests would tell little."""


class Policy(Protocol):
    """Chooses what to evaluate next, and says what it holds for the source."""

    @property
    def name(self) -> str:
        """What the tables call it."""

    def next(self, problem: Problem, *, patient: bool = False) -> int | None:
        """The model to evaluate, of those without a label; None to stop. Patient: go on when it seems settled."""

    def rank(self, problem: Problem) -> Ranking:
        """The suspects by now."""


class Estimate(Protocol):
    """Says of every model how likely it is to be contaminated."""

    @property
    def name(self) -> str:
        """What the tables call it."""

    def probability(self, problem: Problem) -> NDArray[np.float64]:
        """A number from 0 to 1 a model; what was found bad is no target to go back to, whatever it says."""


def _place(ranked: NDArray[np.int64], wanted: int) -> float:
    found = np.flatnonzero(ranked == wanted)
    return float(found[0]) if len(found) else np.inf
