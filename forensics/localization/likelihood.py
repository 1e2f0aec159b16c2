"""How well a set of sources explains what was observed. Arrays in, arrays out; knows no case and no graph.

A hypothesis is a row of truth values over the observed versions: which of them it would contaminate. Labels follow a
leaky noisy-OR: a contaminated version is found bad with one probability, a clean one with another, both unknown and
integrated out (Beta-Bernoulli), under a mixture of regimes. With one source and fixed rates this is linear in two
counts; see docs/localization.md for the figures against other methods.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import lgamma, log
from typing import TYPE_CHECKING

from forensics.localization.logs import log_sum

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from forensics.localization.series import Series

__all__ = ["CRISP", "MIXED", "Likelihood", "Regime"]


@dataclass(frozen=True, slots=True)
class Regime:
    """One idea of how labels come about.

    Attributes:
        weight: how likely this idea is; those of a mixture sum to 1.
        bad: parameters of the Beta distribution of P(found bad | contaminated).
        clean: parameters of the Beta distribution of P(found bad | clean).
    """

    weight: float
    bad: tuple[float, float]
    clean: tuple[float, float]


#: Crisp labels; some wrong labels or lost edges; silent poison, which shows in some contaminated versions only.
MIXED = (Regime(0.4, (30, 1), (1, 60)), Regime(0.4, (8, 1.5), (1.2, 12)), Regime(0.2, (1, 1.5), (1, 30)))
#: For labels that are known to be right: far crisper, else a search would go on testing what it has been told.
CRISP = (Regime(1.0, (300, 1), (1, 600)),)


@dataclass(frozen=True, eq=False)
class Likelihood:
    """What was observed of L versions, and how likely that is under a hypothesis.

    Attributes:
        bad, good: labels whose reliability is not known (bool, shape (L,)).
        weights: evidence of its own: the log of P(seen | contaminated) / P(seen | clean), in nats; shape (L,).
        series: metrics measured on some of them.
        regimes: how labels come about.
    """

    bad: "NDArray[np.bool_]"
    good: "NDArray[np.bool_]"
    weights: "NDArray[np.float64]"
    series: Sequence["Series"] = ()
    regimes: Sequence[Regime] = MIXED
    table: "NDArray[np.float64]" = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "table", _table(int(self.bad.sum()), int(self.good.sum()), self.regimes))

    def of(self, rows: "NDArray[np.float32]") -> "NDArray[np.float64]":
        """The log-likelihood of hypotheses, up to a constant.

        Args:
            rows: 1 where a hypothesis contaminates a version, else 0; shape (n, L).

        Returns:
            Shape (n,).
        """
        found: NDArray[np.float64] = self.of_pairs(rows, rows[:1] * 0)[:, 0]
        return found

    def of_pairs(self, rows: "NDArray[np.float32]", others: "NDArray[np.float32]") -> "NDArray[np.float64]":
        """The log-likelihood of all pairs of hypotheses taken together: what either contaminates is contaminated.

        Args:
            rows: the first of each pair, as in ``of``; shape (n, L).
            others: the second; shape (m, L).

        Returns:
            Shape (n, m).
        """
        import numpy as np

        def united(weights: "NDArray[np.float64]") -> "NDArray[np.float64]":
            """For each pair the sum of some weights over what either contaminates."""
            weighted = rows * weights
            total: NDArray[np.float64] = weighted.sum(1)[:, None] + (others @ weights)[None] - weighted @ others.T
            return total

        of_bad = np.rint(united(self.bad.astype(np.float32))).astype(np.intp)
        of_good = np.rint(united(self.good.astype(np.float32))).astype(np.intp)
        found = self.table[of_bad, of_good]
        if self.weights.any():
            found = found + united(self.weights)
        for series in self.series:
            found = found + series.log_ratio(united)
        return found

    def counts(self, rows: "NDArray[np.float32]") -> "tuple[NDArray[np.intp], NDArray[np.intp]]":
        """How many bad and how many good labels hypotheses contaminate; shapes (n,)."""
        import numpy as np

        return (
            np.rint(rows @ self.bad.astype(np.float32)).astype(np.intp),
            np.rint(rows @ self.good.astype(np.float32)).astype(np.intp),
        )

    def predictions(self, rows: "NDArray[np.float32]") -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
        """P(the next label is bad), for a contaminated version and for a clean one, given each hypothesis.

        Returns:
            Two arrays of shape (n,).
        """
        import numpy as np

        total_bad, total_good = int(self.bad.sum()), int(self.good.sum())
        inside_bad, inside_good = self.counts(rows)
        logs = np.array([_regime_table(total_bad, total_good, one)[inside_bad, inside_good] for one in self.regimes])
        shares = np.exp(logs - log_sum(logs, axis=0))
        outside_bad, outside_good = total_bad - inside_bad, total_good - inside_good
        contaminated, clean = np.zeros(len(rows)), np.zeros(len(rows))
        for share, one in zip(shares, self.regimes, strict=True):
            contaminated += share * (one.bad[0] + inside_bad) / (sum(one.bad) + inside_bad + inside_good)
            clean += share * (one.clean[0] + outside_bad) / (sum(one.clean) + outside_bad + outside_good)
        return contaminated, clean


def _table(bad: int, good: int, regimes: Sequence[Regime]) -> "NDArray[np.float64]":
    """By how many bad and good labels a hypothesis contaminates: the log-likelihood; shape (bad + 1, good + 1)."""
    import numpy as np

    return log_sum(np.array([_regime_table(bad, good, regime) for regime in regimes]), axis=0)


def _regime_table(bad: int, good: int, regime: Regime) -> "NDArray[np.float64]":
    import numpy as np

    (a1, b1), (a0, b0) = regime.bad, regime.clean
    inside = [[_log_beta(a1 + i, b1 + j) for j in range(good + 1)] for i in range(bad + 1)]
    outside = [[_log_beta(a0 + i, b0 + j) for j in range(good + 1)] for i in range(bad + 1)]
    constant = log(regime.weight) - _log_beta(a1, b1) - _log_beta(a0, b0)
    found: NDArray[np.float64] = np.array(inside) + np.array(outside)[::-1, ::-1] + constant
    return found


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)
