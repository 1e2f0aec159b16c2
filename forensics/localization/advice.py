"""What to test next: the version whose evaluation is expected to tell most about where poison came from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forensics.localization.descent import Descent
from forensics.localization.evidence import INSPECTED
from forensics.localization.inspection import FALSE_FINDING
from forensics.localization.posterior import posterior
from forensics.localization.rows import rows_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from forensics.localization.locate import Located

__all__ = ["LEAST_GAIN", "NARROWED", "SETTLED", "Advice", "Test", "Weighed", "likely_sources", "next_tests"]

#: Expected sources from which on there are taken to be several.
_SEVERAL = 1.5
#: Bits below which a test is not worth making.
LEAST_GAIN = 0.02
#: Units that are paired, and the pairs that are weighed.
_PAIRED, _COMPLEMENTS, _PAIRS = 150, 400, 3000
#: Signatures that are weighed with pairs.
_MOST_TESTS = 1024
#: The share of the probability by which an incident counts as settled, and how many ties may hold it.
SETTLED, _ISOLATED, NARROWED = 0.95, 3, 20


@dataclass(frozen=True, slots=True)
class Test:
    """Something that could be done.

    Attributes:
        node: the version to evaluate, or whatever is to be inspected.
        cost: in evaluations of a model.
        inspection: it is looked at, rather than evaluated.
    """

    __test__ = False

    node: int
    cost: float = 1.0
    inspection: bool = False


@dataclass(frozen=True, slots=True)
class Weighed:
    """A test, and what each outcome would leave.

    Attributes:
        test: the test.
        gain: expected information, in bits.
        bad: P(it is found bad).
        left_if_bad, left_if_good: how many candidates would hold 90 % of the probability then.
    """

    test: Test
    gain: float
    bad: float
    left_if_bad: int
    left_if_good: int


@dataclass(frozen=True, slots=True)
class Advice:
    """What to test next, and whether to go on at all.

    A *tie* is a set of candidates that no test could tell apart: they lead to the same of the things that could be
    tested or were.

    Attributes:
        tests: those worth making, the best for its cost first.
        ties: how many ties hold a source with 95 % (where several sources are likely, that share of them); 0 where
            there is no candidate.
        stop: ``settled`` where three ties do; ``inseparable`` where no test is worth making; else empty.
        first: the candidates of the likeliest tie, the likeliest first (places in ``Origins.nodes`` of the incident).
        left: how many candidates hold 90 % of the probability now.
    """

    tests: tuple[Weighed, ...]
    ties: int
    stop: str
    first: tuple[int, ...]
    left: int

    @property
    def grade(self) -> str:
        """``isolated`` where three ties hold 95 %, ``narrowed`` where twenty do, else ``open``."""
        return "isolated" if self.ties <= _ISOLATED else "narrowed" if self.ties <= NARROWED else "open"

    @property
    def halves(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The likeliest tie in two parts of about equal weight: a run without one of them would tell which it is."""
        return self.first[::2], self.first[1::2]


def next_tests(
    located: "Located",
    tests: Sequence[Test],
    *,
    descent: Descent | None = None,
    most: int = 6,
    least: float = LEAST_GAIN,
) -> Advice:
    """Ranks tests by expected information for their cost, over single sources and pairs.

    Args:
        located: where the incident stands; with what is ``beyond`` it, a second source without a symptom is sought too.
        tests: what could be done: versions that were not labelled yet, in any order.
        descent: of ``located``, for callers that have it.
        most: how many to return.
        least: bits that a test must be expected to tell. Below the default a test is not worth making, except to
            somebody who has reason to expect another source.

    Source: information gain as in adaptive group testing (Gonzalez-Sanchez 2010; Cuturi 2020), here over sets.
    """
    import numpy as np

    descent = descent or Descent(located)
    if not descent.units:
        return Advice((), 0, "inseparable", (), 0)
    hypotheses = _Hypotheses(located, descent)
    observed = located.evidence.bad | located.evidence.good | located.evidence.clean
    places = descent.below.places(np.fromiter((test.node for test in tests), dtype=np.int32, count=len(tests)))
    # Tests of one signature tell the same: the cheapest stands for them. What nothing leads to tells nothing.
    best: dict[tuple[int, bool], Test] = {}
    for i in np.flatnonzero(places >= 0).tolist():
        test, key = tests[i], (descent.below.masks[places[i]], tests[i].inspection)
        known = best.get(key)
        if test.node not in observed and (known is None or (test.cost, test.node) < (known.cost, known.node)):
            best[key] = test
    distinct = hypotheses.promising(sorted(best, key=lambda key: best[key].node))
    found: list[Weighed] = []
    if distinct and hypotheses.total:
        leads = hypotheses.leads([mask for mask, _ in distinct])
        inspections = np.array([inspection for _, inspection in distinct], dtype=np.bool_)
        bad, gains = hypotheses.gains(leads, inspections)
        value = gains / np.array([best[key].cost for key in distinct])
        order = np.lexsort((np.array([best[key].node for key in distinct]), -np.round(value, 9)))
        for i in order[:most].tolist():
            if gains[i] < least:
                continue
            outcomes = hypotheses.outcomes(leads[i], bool(inspections[i]))
            found.append(Weighed(best[distinct[i]], float(gains[i]), float(bad[i]), *map(hypotheses.left, outcomes)))
    ties = hypotheses.ties([mask for mask, _ in best])
    worth = any(weighed.gain >= LEAST_GAIN for weighed in found)
    stop = "settled" if 0 < len(ties) <= _ISOLATED else "" if worth else "inseparable"
    return Advice(tuple(found), len(ties), stop, ties[0] if ties else (), hypotheses.left(hypotheses.weights))


def likely_sources(expected: float) -> float:
    """How many sources an incident has to be narrowed down to.

    One, as long as one is likelier than more; else as many as are expected. A second source that nothing speaks for
    would keep an incident open for ever, and one that something speaks for must not be passed over.
    """
    return expected if expected >= _SEVERAL else min(expected, 1.0)


class _Hypotheses:
    """Single units and the best pairs of them, with their weights, and how likely each makes an outcome.

    Attributes:
        weights: of each hypothesis: units first, then pairs, then that there is nothing beside what is stated.
        total: what they hold of all probability.
    """

    def __init__(self, located: "Located", descent: Descent) -> None:
        import numpy as np

        self._descent = descent
        self._located = located
        units = descent.units
        of_unit = np.array([unit.group for unit in units], dtype=np.intp)
        prior = np.array([located.groups[unit.group].prior * unit.share for unit in units])
        rows = located.rows[of_unit]
        symptoms = np.array([node in located.evidence.anchors for node in located.evidence.observed], dtype=np.bool_)
        self._suspected = rows[:, symptoms].any(1)
        held = posterior(
            located.likelihood,
            rows,
            prior / prior.sum(),
            stated=located.stated,
            largest=2,
            singles=_PAIRED,
            complements=_COMPLEMENTS,
        )
        first, second = np.triu_indices(len(held.shortlist), 1)
        weight = held.pairs[first, second]
        order = np.argsort(-weight, kind="stable")[:_PAIRS]
        self._first, self._second = held.shortlist[first[order]], held.shortlist[second[order]]
        weights = np.concatenate([held.singles, weight[order], [held.alone]])
        self.total = float(weights.sum())
        self.weights: NDArray[np.float64] = weights / self.total if self.total else weights
        if located.stated is not None:
            rows = np.maximum(rows, located.stated[None])
        pairs = np.maximum(rows[self._first], rows[self._second])
        alone = np.zeros((1, rows.shape[1]), dtype=np.float32) if located.stated is None else located.stated[None]
        self._contaminated, self._clean = located.likelihood.predictions(np.concatenate([rows, pairs, alone]))

    def promising(self, keys: "list[tuple[int, bool]]") -> "list[tuple[int, bool]]":
        """The signatures that part single sources most evenly, where there are too many to weigh all with pairs."""
        import numpy as np

        if len(keys) <= _MOST_TESTS:
            return keys
        count = len(self._descent.units)
        parted = np.empty(len(keys))
        for begin in range(0, len(keys), _MOST_TESTS):
            some = keys[begin : begin + _MOST_TESTS]
            parted[begin : begin + len(some)] = rows_of([mask for mask, _ in some], count) @ self.weights[:count]
        order = np.argsort(np.abs(parted - self.weights[:count].sum() / 2), kind="stable")[:_MOST_TESTS]
        return [keys[i] for i in sorted(order.tolist())]

    def leads(self, masks: list[int]) -> "NDArray[np.float64]":
        """By signature and hypothesis: 1 where the hypothesis contaminates what has the signature, else 0."""
        import numpy as np

        count = len(self._descent.units)
        bits = rows_of(masks, count + 1).astype(np.bool_)
        either = bits[:, self._first] | bits[:, self._second]
        # What is stated to be bad leads there whatever else does.
        led = np.concatenate([bits[:, :count], either, bits[:, count:]], axis=1) | bits[:, count:]
        found: NDArray[np.float64] = led.astype(np.float64)
        return found

    def gains(
        self, leads: "NDArray[np.float64]", inspections: "NDArray[np.bool_]"
    ) -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
        """By signature: P(found bad), and the expected information in bits."""
        import numpy as np

        bad, uncertain = np.empty(len(leads)), np.empty(len(leads))
        for inspection in (False, True):
            chosen = inspections == inspection
            yes, no = self._rates(inspection)
            bad[chosen] = leads[chosen] @ (self.weights * (yes - no)) + (self.weights * no).sum()
            uncertain[chosen] = leads[chosen] @ (self.weights * (_entropy(yes) - _entropy(no)))
            uncertain[chosen] += (self.weights * _entropy(no)).sum()
        return bad, np.maximum(_entropy(bad) - uncertain, 0)

    def outcomes(
        self, leads: "NDArray[np.float64]", inspection: bool
    ) -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
        """The weights of the hypotheses if a test is found bad, and if it is found good."""
        yes, no = self._rates(inspection)
        bad = self.weights * (no + leads * (yes - no))
        good = self.weights - bad
        return bad / max(bad.sum(), 1e-300), good / max(good.sum(), 1e-300)

    def left(self, weights: "NDArray[np.float64]") -> int:
        """How many candidates hold a source with 90 %; where several are likely, that share of them."""
        import numpy as np

        from forensics.localization.locate import CREDIBLE

        sizes = np.array([len(unit.members) for unit in self._descent.units])
        # What leads to no symptom is no suspect, however many it may be.
        held = self._held(weights) * self._suspected
        order = np.argsort(-held / sizes, kind="stable")
        wanted = CREDIBLE * likely_sources(float(held.sum()))
        reached = int(np.searchsorted(np.cumsum(held[order]), wanted - 1e-12)) + 1
        return int(sizes[order[:reached]].sum())

    def ties(self, masks: list[int]) -> list[tuple[int, ...]]:
        """The ties that hold most of the probability, the likeliest first: their candidates, the likeliest first.

        Args:
            masks: signatures of all that could be tested.
        """
        import numpy as np

        units = self._descent.units
        bits = rows_of(masks, len(units)).astype(np.bool_)
        held = self._held(self.weights)
        together: dict[tuple[int, bytes], list[int]] = {}
        for i, unit in enumerate(units):
            together.setdefault((unit.group, np.packbits(bits[:, i]).tobytes()), []).append(i)
        ties = sorted(together.values(), key=lambda tie: (-round(float(held[tie].sum()), 9), tie))
        reached, wanted, found = 0.0, SETTLED * likely_sources(float(held.sum())), []
        for tie in ties:
            if reached >= wanted - 1e-12:
                break
            reached += float(held[tie].sum())
            found.append(self._members(tie))
        return found

    def _members(self, tie: list[int]) -> tuple[int, ...]:
        """The candidates of some units of one group, the likeliest first."""
        units = self._descent.units
        wanted = {member for i in tie for member in units[i].members}
        return tuple(member for member in self._located.groups[units[tie[0]].group].members if member in wanted)

    def _held(self, weights: "NDArray[np.float64]") -> "NDArray[np.float64]":
        """By unit: P(a source is among its members), singles and pairs together."""
        import numpy as np

        count = len(self._descent.units)
        found = weights[:count].copy()
        np.add.at(found, self._first, weights[count:-1])
        np.add.at(found, self._second, weights[count:-1])
        return found

    def _rates(self, inspection: bool) -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
        import numpy as np

        if inspection:
            return np.full(len(self.weights), 1 - INSPECTED), np.full(len(self.weights), FALSE_FINDING)
        return self._contaminated, self._clean


def _entropy(p: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """Of a truth value, in bits."""
    import numpy as np

    p = p.clip(1e-15, 1 - 1e-15)
    found: NDArray[np.float64] = -(p * np.log2(p) + (1 - p) * np.log2(1 - p))
    return found
