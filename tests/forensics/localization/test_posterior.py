"""The posterior: against explicit enumeration, and the properties that any sane score has."""

from itertools import combinations
from math import exp, factorial, lgamma

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from forensics.localization import Evidence, Located, locate
from forensics.localization.likelihood import MIXED, Likelihood, Regime
from forensics.localization.posterior import SIZES, posterior
from tests.support.lineages import Incident, incidents


def problem(data: st.DataObject) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    count, labels = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 6))
    rows = np.array([[data.draw(st.integers(0, 1)) for _ in range(labels)] for _ in range(count)], dtype=np.float32)
    states = data.draw(st.lists(st.sampled_from([-1, 0, 1]), min_size=labels, max_size=labels))
    weights = [data.draw(st.floats(-3, 3)) if state == 0 else 0.0 for state in states]
    prior = np.array([data.draw(st.floats(0.05, 1)) for _ in range(count)])
    return rows, np.array(states) == 1, np.array(states) == -1, np.array(weights), prior / prior.sum()


def by_hand(row: np.ndarray, bad: np.ndarray, good: np.ndarray, weights: np.ndarray) -> float:
    def beta(a: float, b: float) -> float:
        return exp(lgamma(a) + lgamma(b) - lgamma(a + b))

    inside = row > 0
    total = 0.0
    for regime in MIXED:
        (a1, b1), (a0, b0) = regime.bad, regime.clean
        of_inside = beta(a1 + (bad & inside).sum(), b1 + (good & inside).sum()) / beta(a1, b1)
        of_outside = beta(a0 + (bad & ~inside).sum(), b0 + (good & ~inside).sum()) / beta(a0, b0)
        total += regime.weight * of_inside * of_outside
    return total * exp(weights[inside].sum())


@given(data=st.data())
@settings(deadline=None, max_examples=60)
def test_the_posterior_is_that_of_explicit_enumeration(data: st.DataObject) -> None:
    rows, bad, good, weights, prior = problem(data)
    found = posterior(Likelihood(bad, good, weights), rows, prior)
    sets = {}
    for size in (1, 2, 3):
        for some in combinations(range(len(rows)), size):
            likelihood = by_hand(rows[list(some)].max(0), bad, good, weights)
            sets[some] = SIZES[size - 1] * factorial(size) * prior[list(some)].prod() * likelihood
    total = sum(sets.values())
    mass = [sum(p for some, p in sets.items() if i in some) / total for i in range(len(rows))]
    assert np.allclose(found.mass, mass, atol=1e-7)
    assert np.allclose(found.sizes, [sum(p for s, p in sets.items() if len(s) == n) / total for n in (1, 2, 3)])
    share = np.array([[data.draw(st.floats(0, 1)) for _ in rows] for _ in range(2)])
    by_version = [sum(p * (1 - np.prod(1 - row[list(some)])) for some, p in sets.items()) / total for row in share]
    assert np.allclose(found.contaminated(np.arange(len(rows)), share), by_version, atol=1e-7)


@given(data=st.data())
@settings(deadline=None, max_examples=40)
def test_a_stated_source_is_in_every_set(data: st.DataObject) -> None:
    rows, bad, good, weights, prior = problem(data)
    stated = np.array([data.draw(st.integers(0, 1)) for _ in range(rows.shape[1])], dtype=np.float32)
    found = posterior(Likelihood(bad, good, weights), rows, prior, stated=stated)
    sets = {}
    for size in (0, 1, 2):
        for some in combinations(range(len(rows)), size):
            likelihood = by_hand(np.maximum(rows[list(some)].max(0, initial=0), stated), bad, good, weights)
            sets[some] = SIZES[size] * factorial(size) * prior[list(some)].prod() * likelihood
    total = sum(sets.values())
    assert np.isclose(found.alone, sets[()] / total)
    assert np.allclose(found.mass, [sum(p for s, p in sets.items() if i in s) / total for i in range(len(rows))])


@given(data=st.data())
@settings(deadline=None, max_examples=40)
def test_pairs_of_hypotheses_are_judged_as_their_union(data: st.DataObject) -> None:
    rows, bad, good, weights, _ = problem(data)
    likelihood = Likelihood(bad, good, weights)
    found = likelihood.of_pairs(rows, rows)
    for i, one in enumerate(rows):
        for j, other in enumerate(rows):
            assert np.isclose(found[i, j], likelihood.of(np.maximum(one, other)[None])[0])


def groups_by_node(found: Located) -> dict[int, float]:
    return {int(found.origins.nodes[member]): group.mass for group in found.groups for member in group.members}


@given(incident=incidents(), data=st.data())
@settings(deadline=None, max_examples=60)
def test_renaming_changes_nothing(incident: Incident, data: st.DataObject) -> None:
    names = data.draw(st.permutations(range(len(incident.lines.kinds))))
    one = locate(incident.lines.graph, Evidence(incident.bad, incident.good))
    other = locate(
        incident.lines.renamed(names),
        Evidence(frozenset(names[v] for v in incident.bad), frozenset(names[v] for v in incident.good)),
    )
    assert {names[node] for node in one.candidates} == other.candidates.keys()
    for node, p in one.candidates.items():
        assert abs(other.candidates[names[node]] - p) < 1e-6


@given(incident=incidents(labels=4))
@settings(deadline=None, max_examples=60)
def test_models_that_nobody_labelled_change_nothing(incident: Incident) -> None:
    before = locate(incident.lines.graph, Evidence(incident.bad, incident.good))
    for version in incident.models[:]:
        incident.lines.made(incident.lines.run(version))
    after = locate(incident.lines.graph, Evidence(incident.bad, incident.good))
    assert before.candidates == after.candidates


@given(incident=incidents())
@settings(deadline=None, max_examples=80)
def test_with_one_source_and_fixed_noise_a_good_label_raises_nothing_that_is_upstream_of_it(incident: Incident) -> None:
    unlabelled = [model for model in incident.models if model not in incident.bad | incident.good]
    assume(incident.bad)
    assume(unlabelled)
    fixed = (Regime(1.0, (9e6, 1e6), (5e5, 9.5e6)),)

    def weighed(good: frozenset[int]) -> dict[int, float]:
        found = locate(incident.lines.graph, Evidence(incident.bad, good))
        of_labels = Likelihood(found.likelihood.bad, found.likelihood.good, found.likelihood.weights, regimes=fixed)
        prior = np.array([sum(before[int(found.origins.nodes[m])] for m in group.members) for group in found.groups])
        mass = posterior(of_labels, found.rows, prior, largest=1).mass
        return {
            int(found.origins.nodes[m]): float(p) * before[int(found.origins.nodes[m])] / float(sum_)
            for group, p, sum_ in zip(found.groups, mass, prior, strict=True)
            for m in group.members
        }

    plain = locate(incident.lines.graph, Evidence(incident.bad, incident.good))
    before = dict.fromkeys(plain.candidates, 1 / len(plain.candidates))
    without = weighed(incident.good)
    more = locate(incident.lines.graph, Evidence(incident.bad, incident.good | {unlabelled[0]}))
    with_label = weighed(incident.good | {unlabelled[0]})
    bit = 1 << more.evidence.observed.index(unlabelled[0])
    for group in more.groups:
        for member in group.members if group.mask & bit else ():
            node = int(more.origins.nodes[member])
            assert with_label[node] <= without[node] + 1e-6


@given(incident=incidents())
@settings(deadline=None, max_examples=40)
def test_a_suspect_explains_something_bad(incident: Incident) -> None:
    for group in locate(incident.lines.graph, Evidence(incident.bad, incident.good)).groups:
        assert group.explained


def test_reliable_labels_exclude_what_one_of_them_contradicts() -> None:
    rows = np.array([[1, 1], [1, 0]], dtype=np.float32)
    labels = Likelihood(np.array([True, False]), np.array([False, True]), np.zeros(2))
    mass = posterior(labels, rows, np.array([0.5, 0.5])).mass
    assert mass[1] > mass[0]


def test_no_symptom_gives_no_suspect() -> None:
    assert locate(_one_model().lines.graph, Evidence(good=frozenset(_one_model().models))).groups == ()


def _one_model() -> Incident:
    from tests.support.lineages import Lines

    lines = Lines()
    model = lines.made(lines.run(lines.root(lines.content())))
    return Incident(lines, [model], frozenset(), frozenset({model}))
