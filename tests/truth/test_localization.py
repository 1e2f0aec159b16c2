"""The histories of the localization benchmark tell the truth about themselves."""

import numpy as np
import pytest

from forensics.graph import reach
from tests.benchmarks.localization.incidents import Incident, Problem, plant
from tests.benchmarks.localization.lineage import Lineage, lose
from tests.benchmarks.localization.peers import PEERS
from tests.benchmarks.localization.simulator import History, simulate

SEED = 1000


@pytest.fixture(scope="module")
def history() -> History:
    return simulate(SEED)


def test_the_same_seed_gives_the_same_history_and_incidents(history: History) -> None:
    again = simulate(SEED)
    assert again.versions == history.versions
    assert again.runs == history.runs
    assert plant(again, 2, 2).labels(0.05) == plant(history, 2, 2).labels(0.05)


def test_what_the_artifacts_carry_is_what_the_whole_lineage_says(history: History) -> None:
    lineage = Lineage.whole(history)
    assert (lineage.reached == history.contaminated).all()
    for number in range(0, len(history.origins), 97):
        below = reach(lineage.graph, [int(lineage.nodes.origins[number])]).nodes
        models = np.isin(lineage.nodes.models, np.asarray(below))
        assert (models == history.contaminated[number]).all()


def test_lost_edges_hide_and_never_invent(history: History) -> None:
    lost = lose(history, 0.1)
    assert not (lost.reached & ~history.contaminated).any()
    assert lost.reached.sum() < history.contaminated.sum()
    assert lost.graph.edges < Lineage.whole(history).graph.edges


def test_each_source_of_an_incident_has_models_of_its_own(history: History) -> None:
    for number in range(5):
        incident = plant(history, number, 2)
        first, second = history.contaminated[list(incident.sources)]
        assert min((first & ~second).sum(), (second & ~first).sum()) >= 3
        assert incident.contaminated.mean() <= 0.7


def test_without_wrong_labels_known_methods_find_one_source(history: History) -> None:
    lineage = Lineage.whole(history)
    for number in range(5):
        incident = plant(history, number)
        problem = Problem(lineage, incident.labels(0))
        for peer in PEERS:
            if peer.name != "Tarantula":
                assert peer.rank(problem).group_rank(incident.sources[0]) == 0, peer.name


def test_a_verdict_is_always_the_same(history: History) -> None:
    incident: Incident = plant(history, 0)
    wrong = incident.verdicts(0.15) != incident.symptoms
    assert (incident.verdicts(0.15) == incident.verdicts(0.15)).all()
    assert 0.05 < wrong.mean() < 0.3
