"""Series of measurements: which version of which model a number measures, in which order, and what cannot be told."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from forensics.case import Case
from forensics.digest import Digest
from forensics.errors import UsageError
from forensics.model import (
    ArtifactKind,
    Details,
    Edge,
    EdgeKind,
    Execution,
    Measurement,
    Origin,
    Property,
    Record,
    Source,
    Version,
)
from forensics_queries.measurements import better, find_metric, series
from forensics_queries.moment import moment
from forensics_queries.observations import evidence
from forensics_queries.observe import list_observations, observe_metrics
from forensics_queries.subject import resolve
from tests.support.toy import Run, Step, Toy

MODELS = {"models/a.bin": "a", "models/b.bin": "b"}


def history(
    reads: tuple[str, ...] = ("models/a.bin",), writes: tuple[str, ...] = ("metrics/a.json",), count: int = 3
) -> Toy:
    """A history in which every commit holds another model, and a run that reads models writes numbers."""
    steps = [
        Step(
            (number - 1,) if number else (),
            {path: f"{path} {number}" for path in (*MODELS, "metrics/a.json", "metrics/all.json")},
        )
        for number in range(count)
    ]
    runs = [Run("evaluate", number, reads, writes) for number in range(count)] if reads else []
    return Toy("repo", tuple(steps), tuple(runs), {"main": count - 1}, models=MODELS)


def measured(toy: Toy, path: str, *values: float, name: str = "auc") -> Iterator[Record]:
    yield from (record for record in toy.records() if type(record).__name__ != "Acquired")
    for number, value in enumerate(values):
        version = toy.version(number, path)
        yield Measurement(version.key, name, value, version.origin)
    yield list(toy.records())[-1]


@pytest.fixture
def read(case_of: Callable[..., Case]) -> Callable[..., Case]:
    """A case of one toy with values measured at a path, commit by commit."""

    def make(toy: Toy, path: str, *values: float, name: str = "auc") -> Case:
        case = case_of()
        case.ingest(toy.source, measured(toy, path, *values, name=name))
        return case

    return make


def versions(case: Case, toy: Toy, path: str, count: int) -> tuple[int, ...]:
    return tuple(resolve(case, f"{path}@{toy.oid(number)}").nodes[0] for number in range(count))


def test_a_number_measures_the_model_that_its_run_read(read: Callable[..., Case]) -> None:
    toy = history()
    case = read(toy, "metrics/a.json", 0.9, 0.8, 0.7)
    (found,) = series(case, "auc")
    assert (found.path, found.values, found.inferred) == ("models/a.bin", (0.9, 0.8, 0.7), False)
    assert found.versions == versions(case, toy, "models/a.bin", 3)


def test_a_number_measures_the_model_that_its_run_made_rather_than_one_that_it_read(read: Callable[..., Case]) -> None:
    toy = history(("models/a.bin",), ("models/b.bin", "metrics/a.json"))
    (found,) = series(read(toy, "metrics/a.json", 0.9, 0.8, 0.7), "auc")
    assert found.path == "models/b.bin"


def test_of_several_models_that_a_run_read_it_is_the_one_the_file_is_named_after(
    read: Callable[..., Case],
) -> None:
    toy = history(tuple(MODELS), ("metrics/a.json",))
    (found,) = series(read(toy, "metrics/a.json", 0.9, 0.8), "auc")
    assert found.path == "models/a.bin"


def test_where_it_cannot_be_told_which_model_is_meant_nothing_is_guessed(read: Callable[..., Case]) -> None:
    toy = history(tuple(MODELS), ("metrics/all.json",))
    with pytest.raises(UsageError, match="cannot be told: its runs read several"):
        series(read(toy, "metrics/all.json", 0.9, 0.8), "auc")


def test_what_no_run_wrote_measures_the_model_of_its_commit_and_is_inferred(read: Callable[..., Case]) -> None:
    toy = history(())
    case = read(toy, "metrics/a.json", 0.9, 0.8)
    (found,) = series(case, "auc")
    assert (found.path, found.inferred) == ("models/a.bin", True)
    assert found.versions == versions(case, toy, "models/a.bin", 2)
    assert "inferred" in found.words


def test_a_metric_of_one_version_says_that_nothing_can_be_compared(read: Callable[..., Case]) -> None:
    case = read(history(), "metrics/a.json", 0.9)
    with pytest.raises(UsageError, match="one version only") as caught:
        observe_metrics(case, ["auc"])
    assert "observe SUBJECT bad" in caught.value.hint
    assert list_observations(case).rows == ()


def test_an_unknown_metric_lists_those_that_there_are(read: Callable[..., Case]) -> None:
    case = read(history(), "metrics/a.json", 0.9, 0.8, name="test.recall")
    with pytest.raises(UsageError, match="called auc") as caught:
        find_metric(case, "auc")
    assert caught.value.candidates == ("test.recall",)
    assert find_metric(case, "recall")[:2] == ("test.recall", "higher")


def test_a_case_without_measurements_says_so(case_of: Callable[..., Case]) -> None:
    with pytest.raises(UsageError, match="holds no measurements"):
        find_metric(case_of(history()), "auc")


@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("auc", "higher"), ("test.AUC", "higher"), ("recall_card_not_present", "higher"), ("valAccuracy", "higher"),
        ("loss", "lower"), ("val_loss", "lower"), ("test.rmse", "lower"), ("error-rate", "lower"),
        ("score", ""), ("auc_loss", ""), ("closs", ""), ("", ""),
    ],
)  # fmt: skip
def test_the_name_tells_which_values_are_better_or_does_not(name: str, way: str) -> None:
    assert better(name) == way


def test_a_metric_whose_name_does_not_tell_needs_to_be_told(read: Callable[..., Case]) -> None:
    case = read(history(), "metrics/a.json", 3.0, 1.0, 2.0, name="oddness")
    with pytest.raises(UsageError, match="which values of oddness are better") as caught:
        observe_metrics(case, ["oddness"])
    assert "--lower-is-better" in caught.value.hint
    assert observe_metrics(case, ["oddness"], better="lower").rows[0].state == "lower"
    ((family,),) = evidence(case, moment(case, None)).evidence.series
    assert [value for _, value in family] == [-3.0, -1.0, -2.0]


def test_a_metric_that_two_documents_give_of_one_model_is_named_with_its_document(case_of: Callable[..., Case]) -> None:
    toy = history(("models/a.bin",), ("metrics/a.json", "metrics/all.json"))
    case = case_of()
    records = [*measured(toy, "metrics/a.json", 0.9, 0.8)]
    more = [record for record in measured(toy, "metrics/all.json", 0.5, 0.4) if isinstance(record, Measurement)]
    case.ingest(toy.source, [*records[:-1], *more, records[-1]])
    with pytest.raises(UsageError, match="several documents") as caught:
        observe_metrics(case, ["auc"])
    assert caught.value.candidates == ("metrics/a.json:auc", "metrics/all.json:auc")
    observe_metrics(case, ["metrics/all.json:auc"])
    (found,) = evidence(case, moment(case, None)).series
    assert found.values == (0.5, 0.4)


def test_properties_of_a_stores_metrics_and_models_are_measurements(case_of: Callable[..., Case]) -> None:
    here = Origin("Artifact", locus="1")
    records: list[Record] = []
    for number, auc in enumerate(("0.9", "0.7", "nan")):
        model = Version("m", None, here, kind=ArtifactKind.MODEL, identity=f"m{number}")
        metrics = Version("metrics", None, here, kind=ArtifactKind.METRIC, identity=f"q{number}")
        run = Execution(f"run {number}", "evaluate", "", "", here)
        records += [
            model, metrics, run, Edge(EdgeKind.USED, model.key, run.key, here),
            Edge(EdgeKind.GENERATED, run.key, metrics.key, here),
            Details(model.key, "Model", "m", "", "LIVE", "", 10 - number, None, here),
            Details(metrics.key, "system.Metrics", "metrics", "", "LIVE", "", 10, None, here),
            Property(metrics.key, "auc", "double", auc, True, here),
            Property(metrics.key, "support", "int", "40", True, here),
            Property(model.key, "recall", "double", str(number / 10), True, here),
            Property(model.key, "span", "int", "3", True, here),
        ]  # fmt: skip
    case = case_of()
    case.ingest(Source("mlmd", "/store", "store", ("s",), state="1"), records)
    (found,) = series(case, "auc")
    assert found.values == (0.7, 0.9)  # by the times that the store claims
    assert [one.values for one in series(case, "recall")] == [(0.2, 0.1, 0.0)]
    assert case.rows("SELECT DISTINCT name FROM measurements ORDER BY name") == [("auc",), ("recall",), ("support",)]


def test_metrics_grow_with_the_case(read: Callable[..., Case]) -> None:
    toy = history()
    case = read(toy, "metrics/a.json", 0.9, 0.8)
    observe_metrics(case, ["auc"])
    case.ingest(replace(toy.source, state="two"), measured(toy, "metrics/a.json", 0.9, 0.8, 0.1))
    (found,) = evidence(case, moment(case, None)).series
    assert found.values == (0.9, 0.8, 0.1)


def test_digests_of_numbers_that_are_equal_by_chance_measure_every_model_that_they_were_written_for(
    case_of: Callable[..., Case],
) -> None:
    toy = history()
    same = Version("metrics/a.json", Digest("md5", "0" * 32), Origin("dvc.lock", toy.oid(0)))
    records = [record for record in toy.records() if type(record).__name__ != "Acquired"]
    runs = [record for record in records if isinstance(record, Execution)]
    records += [Edge(EdgeKind.GENERATED, run.key, same.key, same.origin) for run in runs]
    case = case_of()
    case.ingest(toy.source, [same, *records, Measurement(same.key, "auc", 0.9, same.origin), list(toy.records())[-1]])
    (found,) = series(case, "auc")
    assert found.versions == versions(case, toy, "models/a.bin", 3)
    assert set(found.values) == {0.9}
