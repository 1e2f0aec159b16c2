"""Which sets of one to three sources explain the observations, and how likely each is. Arrays in, arrays out.

Sets rather than single sources, since an incident may have two; all the probability that a group has is that of the
sets it is in. The number of sets is kept small by a shortlist: the best single groups, and for each of the best the
groups that complement it.
"""

from dataclasses import dataclass, replace
from math import log
from typing import TYPE_CHECKING

from forensics.localization.likelihood import Likelihood
from forensics.localization.logs import log_sum

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["SIZES", "Posterior", "posterior"]

#: P(1), P(2), P(3 sources) before any label.
SIZES = (0.80, 0.16, 0.04)

_SINGLES, _COMPLEMENTED, _COMPLEMENTS, _EXTENDED = 300, 8, 40, 40


@dataclass(frozen=True, eq=False)
class Posterior:
    """Probabilities of sets of groups; all sum to 1, with what is stated alone where something is stated.

    Attributes:
        mass: by group: P(it is in the set of sources); shape (groups,).
        alone: P(no further source than what is stated); 0 where nothing is.
        singles: by group: P(it is the only further source); shape (groups,).
        shortlist: groups that pairs and triples are made of; shape (s,).
        pairs: P(these two), for each two of the shortlist, symmetrical with an empty diagonal; shape (s, s).
        extended: the pairs, as places in the shortlist, that triples are made of; shape (t, 2).
        triples: P(that pair and this one); shape (t, s).
        sizes: P(1), P(2), P(3 sources).
    """

    mass: "NDArray[np.float64]"
    alone: float
    singles: "NDArray[np.float64]"
    shortlist: "NDArray[np.intp]"
    pairs: "NDArray[np.float64]"
    extended: "NDArray[np.intp]"
    triples: "NDArray[np.float64]"
    sizes: tuple[float, float, float]

    def reordered(self, order: "NDArray[np.intp]") -> "Posterior":
        """The same, with the groups in another order: that at place i stood at ``order[i]``."""
        import numpy as np

        places = np.empty_like(order)
        places[order] = np.arange(len(order))
        return replace(self, mass=self.mass[order], singles=self.singles[order], shortlist=places[self.shortlist])

    def contaminated(self, groups: "NDArray[np.intp]", members: "NDArray[np.float64]") -> "NDArray[np.float64]":
        """P(some source is upstream), under all sets.

        Args:
            groups: the groups whose descendants are known; any other is taken to be upstream of everything, so that
                nothing is cleared by what was not followed.
            members: by version and one of these groups: the share of the group's probability that is upstream of the
                version, from 0 to 1; shape (n, len(groups)). What is stated to be bad is the caller's.

        Returns:
            Shape (n,).
        """
        import numpy as np

        found = members @ self.singles[groups] + (self.singles.sum() - self.singles[groups].sum())
        places = np.full(len(self.mass), len(groups), dtype=np.intp)
        places[groups] = np.arange(len(groups))
        short = np.column_stack([members, np.ones(len(members))])[:, places[self.shortlist]]
        # Either of two: a + b - ab; over all pairs once, so that each half of the symmetrical matrix counts half.
        found = found + short @ self.pairs.sum(1) - ((short @ self.pairs) * short).sum(1) / 2
        if len(self.extended):
            one, other = short[:, self.extended[:, 0]], short[:, self.extended[:, 1]]
            both = one + other - one * other
            found = found + both @ self.triples.sum(1) + short @ self.triples.sum(0)
            found = found - ((both @ self.triples) * short).sum(1)
        total: NDArray[np.float64] = found.clip(0, 1)
        return total


def posterior(
    likelihood: Likelihood,
    rows: "NDArray[np.float32]",
    prior: "NDArray[np.float64]",
    *,
    stated: "NDArray[np.float32] | None" = None,
    largest: int = 3,
    singles: int = _SINGLES,
    complements: int = _COMPLEMENTS,
) -> Posterior:
    """Weighs all sets of one to three groups.

    Args:
        likelihood: what was observed.
        rows: by group: 1 where it contaminates an observed version; shape (groups, L).
        prior: by group; sums to 1.
        stated: what sources that are known for certain contaminate; shape (L,). They are in every set, so that groups
            are judged by what is left to explain.
        largest: sets of more sources are not weighed.
        singles: how many of the best single groups to pair.
        complements: how many groups to pair with each of the very best, beside those.

    Source: noisy-OR, Pearl 1988; the Beta-Bernoulli marginal likelihood is textbook conjugacy.
    """
    import numpy as np

    count = len(rows)
    if not count and stated is None:
        nothing, nobody = np.empty(0), np.empty(0, dtype=np.intp)
        square, pairless = np.empty((0, 0)), np.empty((0, 2), dtype=np.intp)
        return Posterior(nothing, 0.0, nothing, nobody, square, pairless, square, (0.0, 0.0, 0.0))
    given = 0 if stated is None else 1
    if stated is not None:
        rows = np.maximum(rows, stated[None])
    weights = np.log(prior)
    alone = np.array([log(SIZES[0]) + likelihood.of(stated[None])[0]]) if stated is not None else np.array([-np.inf])
    one = log(SIZES[given]) + weights + likelihood.of(rows) if count else np.empty(0)
    short = _shortlist(likelihood, rows, weights, one, singles, complements)
    pairs = np.full((len(short), len(short)), -np.inf)
    if largest > 1 and len(short) > 1:
        pairs = log(2 * SIZES[given + 1]) + weights[short][:, None] + weights[short][None]
        pairs = pairs + likelihood.of_pairs(rows[short], rows[short])
        np.fill_diagonal(pairs, -np.inf)
    extended, triples = np.empty((0, 2), dtype=np.intp), np.empty((0, len(short)))
    if largest > 2 and not given and len(short) > 2:
        extended, triples = _triples(likelihood, rows[short], weights[short], pairs)
    parts = [alone, one, pairs[np.triu_indices(len(short), 1)], triples.ravel()]
    total = float(log_sum(np.concatenate(parts)))
    with_pairs, with_triples = np.exp(pairs - total), np.exp(triples - total)
    only = np.exp(one - total)
    mass = only.copy()
    mass[short] += with_pairs.sum(1) + with_triples.sum(0)
    for place in (0, 1):
        np.add.at(mass, short[extended[:, place]], with_triples.sum(1))
    by_size = [float(np.exp(alone - total).sum()), float(only.sum()), float(with_pairs.sum() / 2)]
    by_size = [*by_size[1 - given :], float(with_triples.sum())][:3]
    sizes = (by_size[0], by_size[1], by_size[2])
    return Posterior(
        mass.clip(0, 1), float(np.exp(alone - total)[0]), only, short, with_pairs, extended, with_triples, sizes
    )


def _shortlist(
    likelihood: Likelihood,
    rows: "NDArray[np.float32]",
    weights: "NDArray[np.float64]",
    one: "NDArray[np.float64]",
    singles: int,
    complements: int,
) -> "NDArray[np.intp]":
    """The best single groups, and those that complement the very best."""
    import numpy as np

    best = np.argsort(-one, kind="stable")
    if len(best) <= singles:
        return np.sort(best)
    tops = best[:_COMPLEMENTED]
    completed = likelihood.of_pairs(rows[tops], rows) + weights[None]
    completing = np.argsort(-completed, axis=1, kind="stable")[:, :complements]
    return np.unique(np.concatenate([best[:singles], completing.ravel()]))


def _triples(
    likelihood: Likelihood, rows: "NDArray[np.float32]", weights: "NDArray[np.float64]", pairs: "NDArray[np.float64]"
) -> "tuple[NDArray[np.intp], NDArray[np.float64]]":
    """The best pairs, each with every third group; a triple that follows from several pairs counts once."""
    import numpy as np

    firsts, seconds = np.triu_indices(len(rows), 1)
    order = np.argsort(-pairs[firsts, seconds], kind="stable")[:_EXTENDED]
    extended = np.column_stack([firsts[order], seconds[order]]).astype(np.intp)
    united = np.maximum(rows[extended[:, 0]], rows[extended[:, 1]])
    found = log(6 * SIZES[2]) + weights[extended].sum(1)[:, None] + weights[None] + likelihood.of_pairs(united, rows)
    seen: set[tuple[int, int]] = set()
    for row, (first, second) in zip(found, extended.tolist(), strict=True):
        row[[first, second]] = -np.inf
        # An earlier pair of two of these three has taken this triple already.
        row[[third for third in range(len(rows)) if _is_seen(seen, first, second, third)]] = -np.inf
        seen.add((first, second))
    return extended, found


def _is_seen(seen: set[tuple[int, int]], first: int, second: int, third: int) -> bool:
    return (min(first, third), max(first, third)) in seen or (min(second, third), max(second, third)) in seen
