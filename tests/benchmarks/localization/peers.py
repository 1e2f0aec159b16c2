"""Known methods of fault localization, on the same groups of origins with equal signatures.

An origin that is upstream of no bad model is no suspect. Equal scores are ordered by chance, seeded by the history and
the labels: no formula gets the help of a tie-break that it does not have. Only among single origins of equal score what
people brought stands before runs and whole dataset versions, since so does the method that is compared.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.localization.incidents import Problem
from tests.benchmarks.localization.method import Ranking

__all__ = ["PEERS", "Groups", "Spectrum", "barinel", "ochiai"]

#: Barinel: the chance of a fault in any one group, and that of a bad label that no fault of the set explains.
FAULT, LEAK = 0.01, 0.01
#: Barinel: pairs are made of so many groups, the first by Ochiai (Staccato searches in that order too).
SHORTLIST = 60


@dataclass(frozen=True, slots=True)
class Groups:
    """Suspects of equal signature, and whom they lead to.

    Attributes:
        members: origins of each group.
        bad: groups x bad models; ``good`` likewise.
    """

    members: list[NDArray[np.int64]]
    bad: NDArray[np.bool_]
    good: NDArray[np.bool_]

    @classmethod
    def of(cls, problem: Problem) -> "Groups":
        """Groups the origins upstream of a bad model by the labelled models downstream of them."""
        bad, good = problem.bad, problem.good
        signatures = problem.lineage.reached[:, [*bad, *good]]
        suspects = np.flatnonzero(signatures[:, : len(bad)].any(axis=1))
        distinct, inverse = np.unique(signatures[suspects], axis=0, return_inverse=True)
        order = np.argsort(inverse, kind="stable")
        ends = np.cumsum(np.bincount(inverse, minlength=len(distinct)))
        members = np.split(suspects[order], ends[:-1]) if len(suspects) else []
        return cls(members, distinct[:, : len(bad)], distinct[:, len(bad) :])

    @property
    def counts(self) -> tuple[NDArray[np.float64], NDArray[np.float64], int, int]:
        """Bad and good models downstream of each group, and all bad and all good models."""
        bad, good = self.bad.sum(axis=1).astype(float), self.good.sum(axis=1).astype(float)
        return bad, good, self.bad.shape[1], self.good.shape[1]


Score = Callable[[Groups], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Spectrum:
    """A formula over groups; a commit is worth what the best of its members is.

    Attributes:
        counted: of commits that are worth the same, that with more such members stands first, rather than any.
    """

    name: str
    score: Score
    counted: bool = False

    def rank(self, problem: Problem) -> Ranking:
        """The suspects by their scores."""
        groups = Groups.of(problem)
        if not groups.members:
            nothing = np.empty(0, dtype=np.int64)
            return Ranking([], nothing, nothing)
        history = problem.lineage.history
        random = np.random.default_rng([history.seed, 7, *sorted(problem.labels)])
        scores = self.score(groups)
        order = _order(scores, random)
        origins = np.concatenate(groups.members)
        singles = np.repeat(scores, [len(members) for members in groups.members])
        brought = np.array([history.origins[origin].kind not in ("execution", "dataset") for origin in origins])
        commits = np.array([history.origins[origin].commit for origin in origins])
        best = np.full(history.topology.commits, -np.inf)
        np.maximum.at(best, commits, singles)
        ranked = _order(best, random)
        if self.counted:
            worth = np.round(singles, 9) == np.round(best, 9)[commits]
            many = np.bincount(commits[worth], minlength=len(best))
            ranked = ranked[np.lexsort((-many[ranked], -np.round(best[ranked], 9)))]
        return Ranking(
            [groups.members[group] for group in order],
            origins[np.lexsort((random.random(len(origins)), ~brought, -np.round(singles, 9)))],
            ranked[np.isfinite(best[ranked])],
        )


def intersection(groups: Groups) -> NDArray[np.float64]:
    """Upstream of all bad models and of no good one."""
    return (groups.bad.all(axis=1) & ~groups.good.any(axis=1)).astype(float)


def tarantula(groups: Groups) -> NDArray[np.float64]:
    """Jones and Harrold 2005."""
    ef, ep, fails, passes = groups.counts
    failing, passing = ef / fails, ep / max(passes, 1)
    return failing / (failing + passing)


def ochiai(groups: Groups) -> NDArray[np.float64]:
    """Abreu et al. 2007."""
    ef, ep, fails, _ = groups.counts
    scores: NDArray[np.float64] = ef / np.sqrt(fails * (ef + ep))
    return scores


def dstar(groups: Groups) -> NDArray[np.float64]:
    """Wong et al. 2014, with the exponent 2; a group without any contradiction is worth infinitely much."""
    ef, ep, fails, _ = groups.counts
    against = ep + fails - ef
    return np.where(against > 0, ef**2 / np.maximum(against, 1), 1e9 + ef)


def noisy_or(groups: Groups) -> NDArray[np.float64]:
    """One source, 5 % wrong labels of each kind, equal priors: the logarithm of the posterior, up to a constant."""
    ef, ep, _, _ = groups.counts
    scores: NDArray[np.float64] = (ef - ep) * np.log(0.95 / 0.05)
    return scores


def barinel(groups: Groups) -> NDArray[np.float64]:
    """Abreu, Zoeteweij and van Gemund 2009: the posterior of sets of one or two faults, summed for each group.

    A fault j lets a test pass with chance h_j, which is fitted to each set by maximum likelihood on a grid. A bad label
    that no fault of the set explains costs the factor ``LEAK``: else one wrong label would leave no set at all.
    """
    bad = groups.bad.astype(float)
    ef, ep, fails, _ = groups.counts
    passing = ep / (ep + ef)
    logs = np.log(FAULT) + _times_log(ep, passing) + _times_log(ef, 1 - passing) + (fails - ef) * np.log(LEAK)
    best = np.argsort(-ochiai(groups), kind="stable")[:SHORTLIST]
    i, j = (best[side] for side in np.triu_indices(len(best), 1))
    both_bad = (bad @ bad.T)[i, j]
    grid = np.linspace(0, 1, 11)
    h, k = (side.ravel() for side in np.meshgrid(grid, grid))
    pairs = np.full(len(i), -np.inf)
    if len(i):
        counts = [ep[i], ep[j], ef[i] - both_bad, ef[j] - both_bad, both_bad]
        with np.errstate(divide="ignore"):
            rates = [np.log(rate).clip(-1e6) for rate in (h, k, 1 - h, 1 - k, 1 - h * k)]
        # A test through both faults passes with chance h_i h_j, and so counts once in each of the first two terms.
        pairs = (np.stack(counts, axis=1) @ np.stack(rates)).max(axis=1)
        pairs = pairs + 2 * np.log(FAULT) + (fails - ef[i] - ef[j] + both_bad) * np.log(LEAK)
    top = max(logs.max(), pairs.max(initial=-np.inf))
    scores: NDArray[np.float64] = np.exp(logs - top)
    np.add.at(scores, i, np.exp(pairs - top))
    np.add.at(scores, j, np.exp(pairs - top))
    return scores


#: In the order of the tables.
PEERS = (
    Spectrum("intersection - good", intersection),
    Spectrum("Tarantula", tarantula),
    Spectrum("DStar2", dstar),
    Spectrum("Ochiai", ochiai),
    Spectrum("Ochiai, equal commits by count", ochiai, counted=True),
    Spectrum("Barinel (1-2 faults)", barinel),
    Spectrum("noisy-OR, 1 source, fixed 5 %", noisy_or),
)


def _order(scores: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.int64]:
    """Positions from the highest score to the lowest; equal ones by chance."""
    return np.lexsort((random.random(len(scores)), -np.round(scores, 9)))


def _times_log(count: NDArray[np.float64], rate: NDArray[np.float64]) -> NDArray[np.float64]:
    """The logarithm of ``rate ** count``, 0 where both are 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(count > 0, count * np.log(rate), 0.0)
