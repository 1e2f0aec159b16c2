"""How strongly descendants are contaminated."""

import pytest
from hypothesis import given, settings

from forensics.localization import Descent, Evidence, Influence, dose, locate
from forensics.model import EdgeKind, Strength
from tests.support.lineages import Incident, Lines, incidents


def test_a_file_counts_by_its_share_of_the_directory() -> None:
    lines = Lines()
    files = [lines.content() for _ in range(4)]
    root = lines.root(lines.content(*files))
    model = lines.made(lines.run(root))
    influence = Influence(lines.graph)
    assert dose(influence, [files[0]])[model] == pytest.approx(0.25)
    assert dose(influence, files[:3])[model] == pytest.approx(0.75)
    assert dose(influence, files[:1], sizes=dict(zip(files, [70.0, 10.0, 10.0, 10.0], strict=True)))[
        model
    ] == pytest.approx(0.7)


def test_inputs_share_a_run_and_code_takes_effect_in_full() -> None:
    lines = Lines()
    data, other, code = (lines.root(lines.content()) for _ in range(3))
    model = lines.made(lines.run(data, other, code))
    influence = Influence(lines.graph)
    bytes_of = [lines.edges[2 * i][1] for i in range(3)]
    assert dose(influence, [bytes_of[0]], whole={code})[model] == pytest.approx(0.5)
    assert dose(influence, [bytes_of[2]], whole={code})[model] == 1
    assert dose(influence, [bytes_of[0], bytes_of[2]], whole={code})[model] == 1


def test_a_warm_start_thins_a_dose_at_every_step() -> None:
    lines = Lines()
    poison = lines.root(lines.content())
    model = lines.made(lines.run(poison, lines.root(lines.content())))
    child = lines.made(lines.run(model, lines.root(lines.content())))
    assert dose(Influence(lines.graph), [lines.edges[0][1]])[child] == pytest.approx(0.25)


def test_digests_of_the_same_bytes_and_copies_in_a_circle_have_one_dose() -> None:
    lines = Lines()
    one, other = lines.content(), lines.content()
    lines.edge(EdgeKind.CONTENT, one, other, Strength.MATCHED)
    root = lines.root(other)
    lines.made(lines.run(root), other)
    found = dose(Influence(lines.graph), [one])
    assert found[other] == found[root] == 1


@given(incident=incidents(labels=2))
@settings(deadline=None, max_examples=40)
def test_exactly_what_descends_from_a_source_has_a_dose(incident: Incident) -> None:
    source = 0 if incident.lines.kinds[0] == "content" else incident.lines.kinds.index(incident.lines.kinds[-1])
    influence = Influence(incident.lines.graph)
    found = dose(influence, [source])
    assert all(0 < value <= 1 for value in found.values())
    stated = locate(incident.lines.graph, Evidence(bad=incident.bad, stated=frozenset({source})))
    descends = Descent(stated).contamination(incident.models)
    for model, p in zip(incident.models, descends, strict=True):
        if model in found:
            assert p == 1
