"""P(contaminated) beside the verdicts, and rollback by it: on the sample, whose truth is known, and on toys."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from forensics.case import Case
from forensics.errors import UsageError
from forensics.model import Edge, EdgeKind, Gap, GapKind, Strength
from forensics_connectors.contract import find_connector
from forensics_queries.acceptance import RISKS
from forensics_queries.blast_radius import blast_radius
from forensics_queries.contamination import chance, contamination
from forensics_queries.marks import add_mark
from forensics_queries.moment import moment
from forensics_queries.observe import observe, observe_metrics
from forensics_queries.rollback import rollback
from forensics_queries.subject import resolve
from forensics_queries.things import things
from tests.support.toy import Run, Step, Toy

if TYPE_CHECKING:
    from sample_repos.fraud import FraudSample

METRIC = "recall_card_not_present"


@pytest.fixture(scope="module")
def ingested(fraud_repo: "FraudSample", tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("contamination") / "case.duckdb"
    connector, source = find_connector(str(fraud_repo.repository))
    with Case.open(path, write=True, new=True) as case:
        case.ingest(source, connector.read(source))
    return path


@pytest.fixture
def sample(ingested: Path, tmp_path: Path) -> Iterator[Case]:
    shutil.copy(ingested, tmp_path / "case.duckdb")
    with Case.open(tmp_path / "case.duckdb", write=True) as case:
        yield case


def truth(case: Case, sample: "FraudSample") -> tuple[set[int], set[int]]:
    """Versions of models that the marked source affects for certain, and those of which it cannot be told."""
    rows = [row for row in blast_radius(case, [sample.poisoned_subject]).rows if row.kind == "model"]
    affected = {row.thing.id for row in rows if row.verdict == "affected"}
    return affected, {row.thing.id for row in rows} - affected


def test_without_observations_there_is_no_probability(sample: Case, fraud_repo: "FraudSample") -> None:
    assert contamination(moment(sample, None)) is None
    add_mark(sample, "bad", fraud_repo.poisoned_subject, reason="flipped")
    assert {row.p for row in blast_radius(sample, observed=True).rows} == {None}
    assert {row.p for row in rollback(sample).rows} == {None}


def test_a_metric_alone_tells_what_is_contaminated(sample: Case, fraud_repo: "FraudSample") -> None:
    affected, doubtful = truth(sample, fraud_repo)
    observe_metrics(sample, [METRIC])
    answer = blast_radius(sample, observed=True)
    assert {row.verdict for row in answer.rows} == {"clear"}
    likely = {row.thing.id for row in answer.rows if row.chance == "likely"}
    assert affected <= likely <= affected | doubtful
    assert {row.thing.subject for row in answer.rows if row.stages} >= {resolved(sample, fraud_repo.live_release)}
    assert answer.rows[0].stages


def resolved(case: Case, release: str) -> str:
    lineage = moment(case, None).lineage
    (version,) = lineage.released(resolve(case, release).nodes[0])
    return things(case, [version])[version].subject


def test_a_metric_alone_gives_the_rollback_that_the_truth_gives(sample: Case, fraud_repo: "FraudSample") -> None:
    observe_metrics(sample, [METRIC])
    by_symptom = rollback(sample, [fraud_repo.models[0]]).rows
    marked = rollback(sample, [fraud_repo.models[0]], supposed=[fraud_repo.poisoned_subject]).rows
    assert [row.thing.digest for row in by_symptom] == [row.thing.digest for row in marked]
    assert by_symptom[0].releases == (fraud_repo.retrained_release,)
    assert by_symptom[0].p is not None
    assert by_symptom[0].p < 0.01
    assert {refused.reason for refused in by_symptom[0].refused} == {"likely"}


def test_observations_change_no_verdict(sample: Case, fraud_repo: "FraudSample") -> None:
    add_mark(sample, "bad", fraud_repo.poisoned_subject, reason="flipped")
    before = {row.thing.id: row.verdict for row in blast_radius(sample).rows}
    observe_metrics(sample, [METRIC])
    observe(sample, [fraud_repo.live_release], "good")
    assert {row.thing.id: row.verdict for row in blast_radius(sample).rows} == before
    assert all(row.p == 1 for row in blast_radius(sample).rows if row.verdict == "affected")


def test_targets_at_other_risks_say_what_they_cost(sample: Case, fraud_repo: "FraudSample") -> None:
    observe(sample, [fraud_repo.live_release], "bad")
    observe(sample, [fraud_repo.last_clean_release], "good")
    for risk in RISKS:
        first = rollback(sample, [fraud_repo.models[0]], risk=risk).rows[0]
        tiers = {tier.risk: tier for tier in first.tiers}
        assert tuple(tiers) == RISKS
        assert [tier.lost for tier in first.tiers] == sorted((tier.lost for tier in first.tiers), reverse=True)
        if first.outcome == "restore":
            assert tiers[risk].thing == first.thing
            assert first.p is not None
            assert first.p <= risk


def test_a_version_that_was_observed_to_misbehave_is_no_target(sample: Case, fraud_repo: "FraudSample") -> None:
    observe_metrics(sample, [METRIC])
    observe(sample, [fraud_repo.retrained_release], "bad")
    rows = rollback(sample, [fraud_repo.models[0]]).rows
    refused = {one.thing.subject: one.reason for row in rows for one in row.refused}
    assert refused[resolved(sample, fraud_repo.retrained_release)] == "observed"


@pytest.mark.parametrize("risk", [-0.1, 1.0, 7.0, float("nan")])
def test_a_risk_that_is_no_probability_is_refused(sample: Case, fraud_repo: "FraudSample", risk: float) -> None:
    observe(sample, [fraud_repo.live_release], "bad")
    with pytest.raises(UsageError, match="no probability"):
        rollback(sample, risk=risk)


@pytest.mark.parametrize(
    ("p", "word"), [(None, ""), (0, ""), (0.0499, ""), (0.05, "possible"), (0.5, "likely"), (1, "likely")]
)  # fmt: skip
def test_chances_have_words(p: float | None, word: str) -> None:
    assert chance(p) == word


def line(count: int) -> Toy:
    """A history in which every commit brings other data and a model that is made from it."""
    steps = tuple(
        Step((number - 1,) if number else (), {"data.csv": f"d{number}", "m.bin": f"m{number}"})
        for number in range(count)
    )
    runs = tuple(Run("train", number, ("data.csv",), ("m.bin",)) for number in range(count))
    releases = tuple(("m", f"v{number}", number) for number in range(count))
    return Toy("line", steps, runs, {"main": count - 1}, releases=releases, models={"m.bin": "m"})


def test_good_labels_alone_refuse_nothing_and_say_so(case_of: Callable[..., Case]) -> None:
    case = case_of(line(3))
    observe(case, ["m@v2"], "good")
    answer = rollback(case, ["m"])
    assert [row.outcome for row in answer.rows] == ["keep"]
    assert any("nothing was observed to misbehave" in note for note in answer.notes)


def test_what_stands_behind_missing_lineage_has_no_probability_and_is_no_target(case_of: Callable[..., Case]) -> None:
    toy = line(4)
    toy = replace(toy, runs=toy.runs[:3])
    newest = toy.version(3, "m.bin")
    gap = Gap(GapKind.NO_PRODUCER, newest.key, "the run is not on record", newest.origin)
    *records, last = toy.records()
    case = case_of()
    case.ingest(toy.source, [*records, gap, last])
    observe(case, ["m@v2"], "bad")
    observe(case, ["m@v1"], "good")
    doubt = contamination(moment(case, None))
    assert doubt is not None
    (behind,) = moment(case, None).lineage.released(resolve(case, "m@v3").nodes[0])
    assert doubt.doubts[behind][0] == "no-producer"
    assert behind not in doubt.of([behind])
    (target,) = rollback(case, ["m"]).rows
    assert target.releases == ("m@v1",)
    refused = {one.releases: (one.verdict, one.reason) for one in target.refused}
    assert refused == {("m@v2",): ("clear", "observed"), ("m@v3",): ("unknown", "no-producer")}


def test_the_same_case_gives_the_same_answer(sample: Case, fraud_repo: "FraudSample") -> None:
    observe(sample, [fraud_repo.live_release], "bad")
    observe_metrics(sample, [METRIC])
    assert blast_radius(sample, observed=True) == blast_radius(sample, observed=True)
    assert rollback(sample).rows == rollback(sample).rows


def test_where_no_version_is_within_the_risk_one_is_named_to_be_evaluated(case_of: Callable[..., Case]) -> None:
    toy = line(3)
    steps = tuple(replace(step, holds={**step.holds, "data.csv": "d"}) for step in toy.steps)
    case = case_of(replace(toy, steps=steps))
    observe(case, ["m@v2"], "bad")
    (target,) = rollback(case, ["m"]).rows
    assert target.outcome == "evaluate"
    assert target.releases in {("m@v0",), ("m@v1",)}
    assert target.p is not None
    assert target.p > 0.05
    assert (target.commands, target.plan) == ((), ())


def test_a_weak_step_from_a_likely_source_never_clears(case_of: Callable[..., Case]) -> None:
    toy = line(4)
    source, newest = toy.version(2, "data.csv"), toy.version(3, "m.bin")
    weak = Edge(EdgeKind.IMPORTED, source.key, newest.key, source.origin, Strength.INFERRED, "by-path")
    *records, last = toy.records()
    case = case_of()
    case.ingest(toy.source, [*records, weak, last])
    observe(case, ["m@v2"], "bad")
    observe(case, ["m@v1"], "good")
    (target,) = rollback(case, ["m"]).rows
    assert target.releases == ("m@v1",)
    assert {one.releases: one.reason for one in target.refused} == {("m@v2",): "observed", ("m@v3",): "inferred"}
