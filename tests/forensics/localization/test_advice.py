"""What to test next, what comes of each outcome, and when to stop."""

from math import log2

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.localization import Descent, Evidence, Test, locate, next_tests
from tests.support.lineages import Incident, Lines, incidents


@given(incident=incidents(labels=3), data=st.data())
@settings(deadline=None, max_examples=40)
def test_what_no_candidate_leads_to_is_clean_and_more_sources_never_make_cleaner(
    incident: Incident, data: st.DataObject
) -> None:
    found = locate(incident.lines.graph, Evidence(incident.bad, incident.good))
    if not found.groups:
        return
    p = Descent(found).contamination(incident.models)
    assert ((p >= 0) & (p <= 1)).all()
    for model, value in zip(incident.models, p, strict=True):
        if model in incident.bad:
            above = sum(group.mass for group in found.groups if model in group.explained)
            assert value <= above + 1e-6


def test_the_probability_of_a_descendant_is_that_of_its_ancestors() -> None:
    lines = Lines()
    data, other = lines.content(), lines.content()
    both = [lines.root(data), lines.root(other)]
    bad = lines.made(lines.run(*both))
    child, stranger = lines.made(lines.run(both[0])), lines.made(lines.run(lines.root(lines.content())))
    found = locate(lines.graph, Evidence(bad=frozenset({bad})))
    p = Descent(found).contamination([bad, child, stranger])
    assert np.isclose(p[0], 1)
    assert np.isclose(p[1], found.candidates[data], atol=0.02)
    assert p[2] == 0


def test_what_descends_from_something_stated_is_contaminated() -> None:
    lines = Lines()
    data = lines.content()
    model = lines.made(lines.run(lines.root(data)))
    unexplained = lines.made(lines.run(lines.root(lines.content())))
    found = locate(lines.graph, Evidence(bad=frozenset({unexplained}), stated=frozenset({data})))
    assert Descent(found).contamination([model]) == [1.0]
    assert data not in found.candidates
    assert found.groups[0].mass > 0.5


def two_families() -> tuple[Lines, int, list[int]]:
    """Eight files, each read by models of its own half, quarter and eighth: one bad model reads all of them."""
    lines = Lines()
    roots = [lines.root(lines.content(), lines.commit()) for _ in range(8)]
    bad = lines.made(lines.run(*roots))
    models = [lines.made(lines.run(*roots[i : i + n])) for n in (4, 2, 1) for i in range(0, 8, n)]
    return lines, bad, models


def test_the_first_test_halves_what_is_possible_and_the_loop_isolates_the_source() -> None:
    lines, bad, models = two_families()
    source = lines.edges[0][1]  # the bytes of the first file
    labels = {bad: True}
    for _ in range(6):
        evidence = Evidence(
            frozenset(v for v, is_bad in labels.items() if is_bad), frozenset(v for v, b in labels.items() if not b)
        )
        found = locate(lines.graph, evidence, reliable=True)
        advice = next_tests(found, [Test(model) for model in models])
        if not advice.tests or found.candidates[source] > 0.7:
            break
        assert 0.1 < advice.tests[0].bad < 0.9
        tested = advice.tests[0].test.node
        labels[tested] = (
            Descent(locate(lines.graph, Evidence(stated=frozenset({source})))).contamination([tested])[0] > 0
        )
    assert max(found.candidates, key=lambda node: found.candidates[node]) == source
    assert len(labels) <= 5


@given(incident=incidents(labels=2))
@settings(deadline=None, max_examples=40)
def test_a_gain_is_the_fall_of_entropy_that_is_expected(incident: Incident) -> None:
    found = locate(incident.lines.graph, Evidence(incident.bad, incident.good))
    advice = next_tests(found, [Test(model) for model in incident.models], most=20)
    for weighed in advice.tests:
        assert 0 < weighed.gain <= -sum(p * log2(p) for p in (weighed.bad, 1 - weighed.bad)) + 1e-9
        assert weighed.test.node not in incident.bad | incident.good
    gains = [round(weighed.gain, 9) for weighed in advice.tests]
    assert gains == sorted(gains, reverse=True)


def test_a_dearer_test_has_to_tell_more() -> None:
    lines, bad, models = two_families()
    found = locate(lines.graph, Evidence(bad=frozenset({bad})))
    cheap = next_tests(found, [Test(models[0], cost=20), Test(models[2])])
    assert cheap.tests[0].test.node == models[2]


def test_where_no_model_can_tell_candidates_apart_the_advice_says_so_and_halves_them() -> None:
    lines = Lines()
    files = [lines.content() for _ in range(6)]
    model = lines.made(lines.run(lines.root(lines.content(*files))))
    found = locate(lines.graph, Evidence(bad=frozenset({model})))
    advice = next_tests(found, [Test(model)])
    assert advice.tests == ()
    assert advice.stop == "settled"
    assert sorted(advice.halves[0] + advice.halves[1]) == sorted(found.groups[0].members)
    assert abs(len(advice.halves[0]) - len(advice.halves[1])) <= 1


def test_an_inspection_settles_what_no_model_can() -> None:
    lines = Lines()
    files = [lines.content(), lines.content()]
    model = lines.made(lines.run(lines.root(lines.content(*files))))
    found = locate(lines.graph, Evidence(bad=frozenset({model})))
    advice = next_tests(found, [Test(file, cost=0.5, inspection=True) for file in files])
    assert advice.tests[0].test.inspection
    looked = locate(lines.graph, Evidence(bad=frozenset({model}), clean=frozenset({files[0]})))
    assert looked.candidates[files[0]] < 0.1 * looked.candidates[files[1]]


def test_a_second_source_without_a_symptom_is_sought_among_what_tests_lead_to() -> None:
    lines = Lines()
    source = lines.root(lines.content(), lines.commit())
    bad = [lines.made(lines.run(source)) for _ in range(3)]
    others = [lines.made(lines.run(lines.root(lines.content(), lines.commit()))) for _ in range(4)]
    found = locate(lines.graph, Evidence(bad=frozenset(bad)))
    tests = [Test(model) for model in others]
    assert next_tests(found, tests).tests == ()
    wider = found.beyond(others)
    advice = next_tests(wider, tests)
    assert advice.tests
    assert {weighed.test.node for weighed in advice.tests} <= set(others)
    assert max(wider.candidates, key=lambda node: wider.candidates[node]) == max(
        found.candidates, key=lambda node: found.candidates[node]
    )


def test_tests_below_the_least_gain_are_for_those_who_ask() -> None:
    lines, bad, models = two_families()
    found = locate(lines.graph, Evidence(bad=frozenset({bad})))
    tests = [Test(model) for model in models]
    few, all_of_them = next_tests(found, tests, least=0.4, most=20), next_tests(found, tests, least=0, most=20)
    assert all(weighed.gain >= 0.4 for weighed in few.tests)
    assert set(few.tests) <= set(all_of_them.tests)
    assert len(few.tests) < len(all_of_them.tests)
