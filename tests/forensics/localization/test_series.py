"""Metrics as soft evidence: against a brute-force regression."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.localization import Evidence, locate
from forensics.localization.likelihood import Likelihood
from forensics.localization.series import DROPS, series_of
from tests.support.lineages import Lines


@given(data=st.data())
@settings(deadline=None, max_examples=60)
def test_the_ratio_is_that_of_a_regression_with_a_level_for_each_family(data: st.DataObject) -> None:
    lengths = data.draw(st.lists(st.integers(2, 5), min_size=1, max_size=3))
    values = [[data.draw(st.integers(-40, 40)) / 10 for _ in range(length)] for length in lengths]
    place, families = 0, []
    for family in values:
        families.append([(place + i, value) for i, value in enumerate(family)])
        place += len(family)
    series = series_of(families, place)
    if series is None:
        assert all(len(set(family)) == 1 for family in values)
        return
    row = np.array([[data.draw(st.integers(0, 1)) for _ in range(place)]], dtype=np.float32)
    nothing = np.zeros(place, dtype=np.bool_)
    found = Likelihood(nothing, nothing, np.zeros(place), [series]).of(row)[0]
    steps = np.concatenate([np.diff(family) for family in values]) / np.sqrt(2)
    noise = 1.4826 * np.median(np.abs(steps)) or np.sqrt((steps**2).mean())
    ratios = []
    for drop in DROPS:
        total = 0.0
        for family in families:
            x = np.array([value for _, value in family]) / noise
            lowered = -drop * row[0][[at for at, _ in family]]
            # The best level of the family under either hypothesis is the mean of what is left.
            without, with_drop = x - x.mean(), (x - lowered) - (x - lowered).mean()
            total += (without @ without - with_drop @ with_drop) / 2
        ratios.append(np.exp(total))
    assert np.isclose(found, np.log(np.mean(ratios)), atol=1e-6)


def test_a_drop_points_to_what_came_in_before_it() -> None:
    lines = Lines()
    old, new = lines.content(), lines.content()
    before, after = lines.root(lines.content(old)), lines.root(lines.content(old, new))
    models = [lines.made(lines.run(before if i < 6 else after)) for i in range(12)]
    values = [0.90, 0.91, 0.90, 0.89, 0.90, 0.91, 0.80, 0.81, 0.79, 0.80, 0.81, 0.80]
    evidence = Evidence(series=[[list(zip(models, values, strict=True))]])
    found = locate(lines.graph, evidence)
    assert new in {int(found.origins.nodes[member]) for member in found.groups[0].members}
    assert found.candidates[new] > 5 * found.candidates[old]


def test_values_that_never_differ_say_nothing() -> None:
    assert series_of([[(0, 1.0), (1, 1.0)], [(2, 0.5)]], 3) is None
