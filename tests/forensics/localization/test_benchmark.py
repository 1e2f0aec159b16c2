"""A short run of ``tests/benchmarks/localization``: targets that hold with margin, and the way through a real case."""

from pathlib import Path

import numpy as np
import pytest

from forensics.case import Case
from forensics.graph import Graph
from forensics.localization import Evidence, locate
from tests.benchmarks.localization.incidents import Problem, plant
from tests.benchmarks.localization.lineage import Lineage, lose
from tests.benchmarks.localization.ours import InformationGain, Ours, confirmed, repaired
from tests.benchmarks.localization.peers import PEERS
from tests.benchmarks.localization.records import CaseNodes, ingest
from tests.benchmarks.localization.simulator import History, Topology, simulate

SEEDS, INCIDENTS = range(1000, 1005), range(4)
#: A smaller project than that of the tables, for what need not be large.
SMALL = Topology(commits=40)


@pytest.fixture(scope="module")
def histories() -> list[History]:
    return [simulate(seed) for seed in SEEDS]


def test_the_source_comes_first_where_no_label_is_wrong(histories: list[History]) -> None:
    first = [
        Ours().rank(Problem(Lineage.whole(history), incident.labels(0))).group_rank(incident.sources[0]) == 0
        for history in histories
        for incident in (plant(history, number) for number in INCIDENTS)
    ]
    assert np.mean(first) >= 0.98


def test_two_sources_with_wrong_labels_are_found_far_more_often_than_by_ochiai(histories: list[History]) -> None:
    ochiai = next(peer for peer in PEERS if peer.name == "Ochiai")
    found: dict[str, list[bool]] = {"ours": [], "ochiai": []}
    for history in histories:
        lineage = Lineage.whole(history)
        for number in INCIDENTS:
            incident = plant(history, number, 2)
            problem = Problem(lineage, incident.labels(0.05))
            for name, method in (("ours", Ours()), ("ochiai", ochiai)):
                ranking = method.rank(problem)
                found[name].append(all(ranking.group_rank(source) < 5 for source in incident.sources))
    assert sum(found["ours"]) >= 2 * sum(found["ochiai"])
    assert np.mean(found["ours"]) >= 0.35


def test_advised_tests_lead_to_the_source(histories: list[History]) -> None:
    right, tests = [], []
    for history in histories:
        incident = plant(history, 0)
        lineage, verdicts = Lineage.whole(history), incident.verdicts(0)
        policy = InformationGain(Ours())
        labels = {int(np.flatnonzero(incident.contaminated)[0]): True}
        while (asked := policy.next(Problem(lineage, dict(labels)))) is not None and len(labels) < 40:
            labels[asked] = bool(verdicts[asked])
        right.append(policy.rank(Problem(lineage, labels)).group_rank(incident.sources[0]) == 0)
        tests.append(len(labels) - 1)
    assert all(right)
    assert np.mean(tests) <= 15


def test_a_confirmed_source_leads_to_its_models_alone_and_repair_finds_most_of_what_was_lost(
    histories: list[History],
) -> None:
    for history in histories:
        incident = plant(history, 1)
        assert (confirmed(Lineage.whole(history), incident.sources[0]) == incident.contaminated).all()
        lost = lose(history, 0.1)
        known, again = confirmed(lost, incident.sources[0]), confirmed(repaired(lost), incident.sources[0])
        assert not (known & ~again).any()
        assert again[incident.contaminated].mean() >= 0.9


def test_a_case_of_the_history_gives_the_groups_and_probabilities_of_the_arrays(tmp_path: Path) -> None:
    history = simulate(SEEDS[0], SMALL)
    lineage = lose(history, 0.05)
    labels = plant(history, 0).labels(0.05)
    with Case.open(tmp_path / "case.duckdb", write=True, new=True) as case:
        nodes = ingest(lineage, case)
        from_case = answer(case.graph(), nodes, labels)
    arrays = CaseNodes(lineage.nodes.origins, lineage.nodes.models, lineage.nodes.commits)
    assert from_case == answer(lineage.graph, arrays, labels)


def answer(graph: Graph, nodes: CaseNodes, labels: dict[int, bool]) -> tuple[object, ...]:
    """Groups, commits and their probabilities, in the numbers of the history."""
    bad, good = (
        frozenset(int(nodes.models[m]) for m, label in labels.items() if label is state) for state in (True, False)
    )
    located = locate(graph, Evidence(bad=bad, good=good))
    origins = {int(node): number for number, node in enumerate(nodes.origins)}
    models = {int(node): number for number, node in enumerate(nodes.models)}
    commits = {int(node): number for number, node in enumerate(nodes.commits)}
    groups = {
        frozenset(origins[int(located.origins.nodes[member])] for member in group.members): (
            frozenset(models[node] for i, node in enumerate(located.evidence.observed) if group.mask >> i & 1),
            round(group.mass, 9),
        )
        for group in located.groups
    }
    return groups, {commits[commit]: round(mass, 9) for commit, mass in located.commits.items()}
