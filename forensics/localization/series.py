"""A metric over the versions of a family as soft evidence: a fixed-effects log-likelihood ratio, never a threshold.

The value of a version is the level of its family, less a drop where it is contaminated, plus noise. The levels are
taken out by centring each family; the size of the drop is averaged over. So a source is believed as far as the values
of what descends from it are lower than those of what does not, in every family at once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING

from forensics.localization.logs import log_sum

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["DROPS", "Series", "series_of"]

#: Sizes of a drop that are thought equally likely, in standard deviations of the noise.
DROPS = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0)

#: Median absolute deviation to standard deviation, for a normal distribution.
_MAD = 1.4826


@dataclass(frozen=True, eq=False)
class Series:
    """One metric, in units of its noise.

    Attributes:
        values: by observed version: the value less the mean of its family, in standard deviations; 0 where it was not
            measured. Shape (L,).
        families: by family: which observed versions belong to it; shape (families, L), bool.
    """

    values: "NDArray[np.float64]"
    families: "NDArray[np.bool_]"

    def log_ratio(self, total: "Callable[[NDArray[np.float64]], NDArray[np.float64]]") -> "NDArray[np.float64]":
        """The log of P(values | a hypothesis) / P(values | nothing is contaminated), in nats.

        With D = 1 for a contaminated version, both centred a family: Sxy = sum of D * x, Sxx = sum of D * D, and the
        ratio for a drop of d standard deviations is exp(-d * Sxy - d * d * Sxx / 2).

        Args:
            total: sums weights, shape (L,), over what each hypothesis contaminates; of any shape.

        Returns:
            Of the shape that ``total`` returns.
        """
        import numpy as np

        together = total(self.values)
        spread = np.zeros_like(together)
        for family in self.families:
            inside = total(family.astype(np.float64))
            spread += inside * (1 - inside / family.sum())
        logs = np.array([-drop * together - drop * drop * spread / 2 for drop in DROPS])
        ratio: NDArray[np.float64] = log_sum(logs, axis=0) - log(len(DROPS))
        return ratio


def series_of(families: Sequence[Sequence[tuple[int, float]]], count: int) -> Series | None:
    """Puts measured values into units of their noise.

    Args:
        families: of each family the observed versions (0 to ``count`` - 1) and values, in the order of the family;
            lower is worse.
        count: L, how many versions are observed.

    Returns:
        None where the values say nothing: no family has two versions, or no two values differ. The noise is the median
        absolute deviation of the differences between neighbours, over all families, which a drop hardly moves.
    """
    import numpy as np

    measured = [family for family in families if len(family) > 1]
    steps = [np.diff([value for _, value in family]) / np.sqrt(2) for family in measured]
    differences = np.concatenate(steps) if steps else np.empty(0)
    noise = _MAD * float(np.median(np.abs(differences))) if len(differences) else 0.0
    noise = noise or (float(np.sqrt((differences**2).mean())) if len(differences) else 0.0)
    if not noise > 0 or not np.isfinite(noise):
        return None
    values = np.zeros(count)
    belongs = np.zeros((len(measured), count), dtype=np.bool_)
    for row, family in zip(belongs, measured, strict=True):
        places = [place for place, _ in family]
        own = np.array([value for _, value in family]) / noise
        row[places] = True
        values[places] = own - own.mean()
    return Series(values, belongs)
