"""From observations to ranked sources: candidates, ambiguity groups, the posterior, and how far to trust it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from forensics.localization.cone import cone
from forensics.localization.evidence import Evidence
from forensics.localization.influence import Influence
from forensics.localization.likelihood import CRISP, MIXED, Likelihood, Regime
from forensics.localization.origins import Origins, origins_above
from forensics.localization.posterior import Posterior, posterior
from forensics.localization.rows import rows_of
from forensics.localization.series import series_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from forensics.graph import Graph

__all__ = ["CREDIBLE", "Group", "Located", "locate"]

#: The probability that the credible set holds.
CREDIBLE = 0.90
#: Nodes that the search upstream of tests may come by, and how many tests are followed however large the graph is.
_FOLLOWED_STEPS, _LEAST_FOLLOWED = 1 << 24, 8


@dataclass(frozen=True, slots=True)
class Group:
    """Candidates that no observation tells apart.

    Attributes:
        mask: the observed nodes that they lead to, as bits.
        members: places in ``Origins.nodes``, the likeliest first.
        shares: by member: its part of the group's probability; they sum to 1.
        prior: P(a single source is among them) before any label.
        mass: P(a source is among them).
        explained, contradicting: bad versions that they lead to; good ones that they lead to, and bad ones that they
            do not.
    """

    mask: int
    members: tuple[int, ...]
    shares: tuple[float, ...]
    prior: float
    mass: float
    explained: tuple[int, ...]
    contradicting: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Located:
    """Where poison came from, as far as the observations tell.

    Attributes:
        influence: the graph as it was walked.
        evidence: what was observed.
        upstream: all nodes that anything observed comes from, and what was observed itself; ascending.
        origins: all candidates among them.
        groups: candidates upstream of a symptom, by what tells them apart; the likeliest first.
        posterior: over ``groups``, in their order.
        likelihood, rows: what the posterior was made from; rows by group (float32, shape (groups, observed)).
        stated: what stated sources contaminate, shape (observed,); None where nothing is stated.
        weights: factors on the prior by node of the graph; None where there are none.
    """

    influence: Influence
    evidence: Evidence
    upstream: tuple[int, ...]
    origins: Origins
    groups: tuple[Group, ...]
    posterior: Posterior
    likelihood: Likelihood
    rows: "NDArray[np.float32]"
    stated: "NDArray[np.float32] | None"
    weights: "NDArray[np.float64] | None"

    def beyond(self, tests: Sequence[int]) -> "Located":
        """The same incident, with candidates that lead to no symptom yet: a second source may be among them.

        Args:
            tests: versions that could be tested. What leads to one of them is a candidate too. Of many in a large graph
                some are followed, evenly chosen.

        Returns:
            The same where a source is stated: a further one is sought by what observations leave to explain alone.
        """
        if self.evidence.stated:
            return self
        followed = max(_FOLLOWED_STEPS // self.influence.graph.nodes, _LEAST_FOLLOWED)
        some = tests[:: -(-len(tests) // followed)] if tests else tests
        return _located(self.influence, self.evidence, self.likelihood.regimes, self.weights, some)

    @property
    def sizes(self) -> tuple[float, float, float]:
        """P(1), P(2), P(3 sources)."""
        return self.posterior.sizes

    @property
    def credible(self) -> int:
        """How many of the first groups hold 90 % of the probability."""
        return self.holding(CREDIBLE)

    def holding(self, share: float) -> int:
        """How many of the first groups hold a share of all groups' probability."""
        total, held = sum(group.mass for group in self.groups), 0.0
        for count, group in enumerate(self.groups, 1):
            held += group.mass
            if held >= share * total - 1e-12:
                return count
        return len(self.groups)

    @cached_property
    def candidates(self) -> dict[int, float]:
        """P(it is a source) by node of every candidate upstream of a symptom."""
        return {
            int(self.origins.nodes[member]): group.mass * share
            for group in self.groups
            for member, share in zip(group.members, group.shares, strict=True)
        }

    @cached_property
    def commits(self) -> dict[int, float]:
        """P(it brought a source in) by commit, the likeliest first: the sum over what it brought in."""
        found: dict[int, float] = {}
        for group in self.groups:
            for member, share in zip(group.members, group.shares, strict=True):
                commits = self.origins.commits[member]
                for commit in commits:
                    found[commit] = found.get(commit, 0.0) + group.mass * share / len(commits)
        return dict(sorted(found.items(), key=lambda pair: (-round(pair[1], 9), pair[0])))

    @cached_property
    def fragile(self) -> tuple[int, ...]:
        """Labels of which one alone, were it the other way round, would put another group first."""
        import numpy as np

        known = self.evidence
        labels = sorted(known.bad | known.good)
        if not self.groups:
            return ()
        # Whatever may be a candidate after a label was turned: upstream of any label at all.
        groups = _groups(self.origins, replace(known, bad=frozenset(labels), good=frozenset()))
        rows = rows_of([mask for mask, _, _ in groups], len(known.observed))
        prior = np.array([shares.sum() for _, _, shares in groups])
        found = []
        for node in labels:
            turned = replace(known, bad=known.bad ^ {node}, good=known.good ^ {node})
            anchors = np.array([one in turned.anchors for one in known.observed], dtype=np.bool_)
            chosen = np.flatnonzero(rows[:, anchors].any(1))
            likelihood = likelihood_of(turned, self.likelihood.regimes)
            held = posterior(
                likelihood, rows[chosen], prior[chosen] / prior[chosen].sum(), stated=self.stated, largest=2, singles=60
            )
            best = np.flatnonzero(held.mass >= held.mass.max(initial=0) - 1e-9)
            some = [groups[i] for i in chosen[best].tolist()]
            order = _order(self.origins, some, held.mass[best], likelihood, rows[chosen[best]])
            if not order or some[order[0]][0] != self.groups[0].mask:
                found.append(node)
        return tuple(found)


def locate(
    graph: "Graph",
    evidence: Evidence,
    *,
    reliable: bool = False,
    weak: bool = False,
    weights: "NDArray[np.float64] | None" = None,
) -> Located:
    """Ranks where poison can have come from.

    Args:
        graph: nodes and edges with the codes of ``forensics.case.codes``.
        evidence: what was observed.
        reliable: labels are known to be right: one contradiction excludes a single source.
        weak: also walk imports and declared bases that are not known for certain.
        weights: a factor on the prior by node of the graph, from whoever knows better; shape (nodes,).

    Returns:
        Groups of candidates, the likeliest first; none where no origin is upstream of a symptom. Order and duplicates
        of labels do not matter, and neither do nodes that were not observed.
    """
    return _located(Influence(graph, weak), evidence, CRISP if reliable else MIXED, weights)


def _located(
    influence: Influence,
    evidence: Evidence,
    regimes: Sequence[Regime],
    weights: "NDArray[np.float64] | None",
    tests: Iterable[int] = (),
) -> Located:
    """As ``locate``; what leads to one of ``tests`` is a candidate too, upstream of a symptom or not."""
    import numpy as np

    observed = evidence.observed
    place = dict.fromkeys(tests, 1 << len(observed)) | {node: 1 << i for i, node in enumerate(observed)}
    blocked = sum(place[node] for node in evidence.good | evidence.clean)
    above = cone(influence.up, place, blocked=blocked)
    origins = origins_above(influence, above, evidence.tampered, blocked=blocked)
    factors = None if weights is None else weights[origins.nodes]
    found = _groups(origins, evidence, factors)
    likelihood = likelihood_of(evidence, regimes)
    stated = None
    if evidence.stated:
        below = cone(influence.down, dict.fromkeys(evidence.stated, 1))
        stated = np.array(below.of(observed), dtype=np.float32)
    rows = rows_of([mask for mask, _, _ in found], len(observed))
    prior = np.array([shares.sum() for _, _, shares in found])
    first = posterior(likelihood, rows, prior, stated=stated)
    order = _order(origins, found, first.mass, likelihood, rows)
    groups = tuple(_group(origins, *found[i], float(first.mass[i]), evidence) for i in order)
    weighed = first.reordered(np.array(order, dtype=np.intp))
    return Located(
        influence,
        evidence,
        tuple(above.nodes.tolist()),
        origins,
        groups,
        weighed,
        likelihood,
        rows[order],
        stated,
        weights,
    )


def likelihood_of(evidence: Evidence, regimes: Sequence[Regime]) -> Likelihood:
    """What evidence says of its observed nodes, in their order."""
    import numpy as np

    observed = evidence.observed
    place = {node: i for i, node in enumerate(observed)}
    unknown = np.array([node not in evidence.reliability for node in observed], dtype=np.bool_)
    families = [[[(place[node], value) for node, value in family] for family in one] for one in evidence.series]
    series = [series_of([f for f in one if len(f) > 1], len(observed)) for one in families]
    return Likelihood(
        bad=np.array([node in evidence.bad for node in observed], dtype=np.bool_) & unknown,
        good=np.array([node in evidence.good for node in observed], dtype=np.bool_) & unknown,
        weights=np.array([evidence.weight(node) for node in observed]),
        series=[one for one in series if one is not None],
        regimes=regimes,
    )


def _groups(
    origins: Origins, evidence: Evidence, factors: "NDArray[np.float64] | None" = None
) -> "list[tuple[int, NDArray[np.intp], NDArray[np.float64]]]":
    """Candidates upstream of a symptom by signature, with the prior of each; the likeliest first in each group."""
    import numpy as np

    anchors = sum(1 << i for i, node in enumerate(evidence.observed) if node in evidence.anchors)
    anchors |= 1 << len(evidence.observed)  # what leads to a test
    distinct, signature = origins.signatures
    possible = np.array([bool(mask & anchors) for mask in distinct], dtype=np.bool_)[signature]
    chosen = np.flatnonzero(possible & ~np.isin(origins.nodes, list(evidence.stated)))
    prior = origins.prior(chosen, factors)
    lowest = (1 << len(evidence.observed)) - 1
    masks = sorted({mask & lowest for mask in distinct})
    place = {mask: i for i, mask in enumerate(masks)}
    group = np.array([place[mask & lowest] for mask in distinct], dtype=np.intp)[signature[chosen]]
    # Inside a group: by prior, roots before runs, the newest first.
    newest = origins.newest[chosen].astype(np.int64)
    ranked = np.lexsort((chosen, -newest, origins.executions[chosen], -np.round(prior, 12), group))
    begins = np.flatnonzero(np.diff(group[ranked], prepend=-1))
    parts = np.split(ranked, begins[1:]) if len(begins) else []
    return [(masks[int(group[places[0]])], chosen[places], prior[places]) for places in parts]


def _order(
    origins: Origins,
    found: "list[tuple[int, NDArray[np.intp], NDArray[np.float64]]]",
    mass: "NDArray[np.float64]",
    likelihood: Likelihood,
    rows: "NDArray[np.float32]",
) -> list[int]:
    """Groups by mass; equal ones by contradicting labels, roots before runs, the newest first, then by node."""
    if not found:
        return []
    of_bad, of_good = likelihood.counts(rows)
    against = of_good + int(likelihood.bad.sum()) - of_bad

    def rank(i: int) -> tuple[object, ...]:
        first = int(found[i][1][0])
        runs, newest = bool(origins.executions[first]), -int(origins.newest[first])
        return (-round(float(mass[i]), 9), int(against[i]), runs, newest, int(origins.nodes[first]))

    return sorted(range(len(found)), key=rank)


def _group(
    origins: Origins,
    mask: int,
    members: "NDArray[np.intp]",
    prior: "NDArray[np.float64]",
    mass: float,
    evidence: Evidence,
) -> Group:
    inside = {node for i, node in enumerate(evidence.observed) if mask >> i & 1}
    total = float(prior.sum())
    shares = prior / total if total else prior
    return Group(
        mask=mask,
        members=tuple(members.tolist()),
        shares=tuple(shares.tolist()),
        prior=total,
        mass=mass,
        explained=tuple(sorted(inside & evidence.bad)),
        contradicting=tuple(sorted((inside & evidence.good) | (evidence.bad - inside))),
    )
