"""From symptoms to the source on both sample incidents, and what is said where that cannot be."""

from collections.abc import Callable, Iterator
from random import Random
from statistics import median
from typing import TYPE_CHECKING

import pytest

from forensics.case import Case
from forensics.errors import UsageError
from forensics.report.layouts import layout
from forensics.taint import Level, Seed, judge
from forensics_connectors.contract import find_connector
from forensics_queries.costs import Costs
from forensics_queries.localized import Asked, percent
from forensics_queries.next_test import next_test
from forensics_queries.observe import observe
from forensics_queries.subject import resolve
from forensics_queries.suspects import Suspect, suspects
from forensics_queries.trials import Trial
from tests.support.samples import shared_folder, shared_sample
from tests.support.toy import Run, Step, Toy

if TYPE_CHECKING:
    from sample_repos.fraud import FraudSample

Make = Callable[..., Case]

#: A model that is trained again whenever a file of its data changes; the third delivery is the poisoned one.
FILES = [
    {"a.csv": "a"},
    {"a.csv": "a", "b.csv": "b"},
    {"a.csv": "a", "b.csv": "poison"},
    {"a.csv": "a2", "b.csv": "poison"},
]
STEPS = tuple(
    Step((n - 1,) if n else (), {"data": held, "model.pkl": f"model {n}"}, mail=f"dev{n}@example.com")
    for n, held in enumerate(FILES)
)
TRAINED = Toy(
    "trained",
    STEPS,
    runs=tuple(Run("train", n, ("data",), ("model.pkl",)) for n in range(len(FILES))),
    releases=tuple(("model", f"v{n}", n) for n in range(len(FILES))),
    models={"model.pkl": "model"},
)


@pytest.fixture(scope="module")
def fraud(fraud_repo: "FraudSample", tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    with Case.open(tmp_path_factory.mktemp("fraud") / "case.duckdb", write=True, new=True) as case:
        connector, source = find_connector(str(fraud_repo.repository))
        case.ingest(source, connector.read(source))
        yield case


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[tuple[Case, str]]:
    """The sample of a supply chain, and the digest of what was swapped in it."""
    from forensics.cli import cli
    from sample_repos.supply_chain import build

    sample = shared_sample(build, shared_folder(tmp_path_factory, request, "supply-chain"))
    file = tmp_path_factory.mktemp("chain") / "case.duckdb"
    arguments = ["ingest", "--quiet", "--case", str(file), *map(str, sample.sources)]
    assert not cli.main(arguments, prog_name="forensics", standalone_mode=False)
    with Case.open(file) as case:
        yield case, sample.swapped_subject


def truth(case: Case, source: str) -> dict[int, bool]:
    """Of every version of a model whether it really descends from the source, by the rules of taint."""
    judgement = judge(case, [Seed(node, Level.AFFECTED, source) for node in resolve(case, source).nodes])
    models = case.rows("SELECT version_id FROM versions WHERE kind = 'model' ORDER BY version_id")
    return {node: judgement.level(node) is Level.AFFECTED for (node,) in models}


def subject(node: int) -> str:
    return f"node:{node}"


def digests(case: Case, source: str) -> set[str]:
    """The digests of the bytes that a subject means."""
    contents = set()
    for node in resolve(case, source).nodes:
        contents |= {row[0] for row in case.rows("SELECT content FROM version WHERE id = ?", [node])} or {node}
    return {
        row[0] for row in case.rows("SELECT digest FROM contents WHERE list_contains(?, content_id)", [list(contents)])
    }


def first_group(rows: tuple[Suspect, ...]) -> set[str]:
    return {row.thing.digest for row in rows if row.group == 1}


def isolate(
    case: Case, source: str, labels: dict[int, bool], known: dict[int, bool], wrong: Random | None = None
) -> tuple[int, bool]:
    """Asks what to test, answers by the truth, and so on, until it says to inspect.

    Args:
        case: holds the sample.
        source: what was planted in it.
        labels: what was observed before.
        known: the truth of every model.
        wrong: gives 5 % of the answers the wrong way round.

    Returns:
        How many tests that took, and whether the first group then holds the source.
    """
    before, labels = len(labels), dict(labels)
    for _ in range(15):
        asked = Asked([subject(v) for v, b in labels.items() if b], [subject(v) for v, b in labels.items() if not b])
        answer = next_test(case, asked)
        best = answer.rows[0]
        if best.action != "evaluate" or any("is not ruled out" in note for note in answer.notes):
            break
        labels[best.thing.id] = known[best.thing.id] != (wrong is not None and wrong.random() < 0.05)
    return len(labels) - before, bool(digests(case, source) & first_group(suspects(case, asked).rows))


def assert_isolated(case: Case, source: str, labels: dict[int, bool], known: dict[int, bool]) -> None:
    """The loop ends at the source within 11 tests: by the truth, and in the median with wrong answers in it."""
    tests, right = isolate(case, source, labels, known)
    assert right
    assert tests <= 11
    found = [isolate(case, source, labels, known, Random(seed)) for seed in range(5)]
    assert median(tests for tests, _ in found) <= 11
    assert sum(right for _, right in found) >= 4


def test_the_file_that_was_replaced_is_the_first_suspect(fraud: Case, fraud_repo: "FraudSample") -> None:
    asked = Asked(["fraud@v1.3.0", "fraud@v1.2.0"], ["fraud@v1.1.0", "fraud@v1.4.0"])
    answer = suspects(fraud, asked)
    first = answer.rows[0]
    assert {first.thing.digest} == digests(fraud, fraud_repo.poisoned_subject)
    assert first.entrances[0].change == "replaced vendor_b/2025-03.csv in data/raw"
    assert first.entrances[0].claimed_mail == fraud_repo.poisoner
    assert first.entrances[0].commit is not None
    assert first.entrances[0].commit.digest == f"git:{fraud_repo.poisoned_commit}"
    assert {name for witness in first.explains for name in witness.version.releases} >= {"fraud@v1.2.0", "fraud@v1.3.0"}
    for witness in first.explains:
        assert witness.path[0].thing == first.thing
        assert witness.path[-1].thing == witness.version.thing
        assert all(step.edge and step.strength for step in witness.path[1:])
    assert first.contradicting == ()


def released_live(case: Case, release: str) -> dict[int, bool]:
    """The models that are in use, of which somebody says that they misbehave."""
    node = resolve(case, release).nodes[0]
    return {
        row[0]: True
        for row in case.rows("SELECT cause_id FROM edges WHERE kind = 'released' AND effect_id = ? ORDER BY 1", [node])
    }


def test_tests_answered_by_the_truth_isolate_the_file_that_was_replaced(fraud: Case, fraud_repo: "FraudSample") -> None:
    source = fraud_repo.poisoned_subject
    known, live = truth(fraud, source), released_live(fraud, fraud_repo.live_release)
    assert_isolated(fraud, source, live, known)


def test_the_swapped_component_is_the_first_suspect(chain: tuple[Case, str]) -> None:
    case, swapped = chain
    known = truth(case, swapped)
    released = {row[0] for row in case.rows("SELECT cause_id FROM edges WHERE kind = 'released'")} & known.keys()
    asked = Asked([subject(v) for v in released if known[v]], [subject(v) for v in released if not known[v]])
    assert digests(case, swapped) & first_group(suspects(case, asked).rows)


def test_tests_answered_by_the_truth_isolate_the_swapped_component(chain: tuple[Case, str]) -> None:
    case, swapped = chain
    known = truth(case, swapped)
    bad = {min(node for node, is_bad in known.items() if is_bad): True}
    assert_isolated(case, swapped, bad, known)


def test_the_same_question_gives_the_same_answer(fraud: Case) -> None:
    one = suspects(fraud, Asked(["fraud@v1.3.0"], ["fraud@v1.1.0", "fraud@v1.4.0"]), everyone=True)
    other = suspects(fraud, Asked(["fraud@v1.3.0"], ["fraud@v1.4.0", "fraud@v1.1.0"]), everyone=True)
    assert one.rows == other.rows


def test_as_of_an_earlier_revision_what_came_later_is_no_suspect(fraud: Case, fraud_repo: "FraudSample") -> None:
    asked = Asked(["fraud@v1.1.0"])
    rows = suspects(fraud, asked, everyone=True, as_of=fraud_repo.last_clean_commit).rows
    assert rows
    assert not digests(fraud, fraud_repo.poisoned_subject) & {row.thing.digest for row in rows}


def test_observations_of_what_came_later_count_for_nothing_and_it_is_said(case_of: Make) -> None:
    case = case_of(TRAINED)
    observe(case, ["model@v3"], "bad")
    observe(case, ["model@v2"], "bad")
    observe(case, ["model@v0"], "good")
    for question in (suspects, next_test):
        answer = question(case, as_of="model@v2")
        assert any("observation 1 counts for nothing" in note and "as of model@v2" in note for note in answer.notes)
        assert not any("observation 2" in note for note in answer.notes)
        with pytest.raises(UsageError, match="only good versions were observed as of model@v1"):
            question(case, as_of="model@v1")


def test_a_change_is_told_in_words(case_of: Make) -> None:
    case = case_of(TRAINED)
    rows = suspects(case, Asked(["model@v2", "model@v3"], ["model@v0", "model@v1"]), everyone=True).rows
    changes = {row.thing.digest: row.entrances[0].change for row in rows}
    assert "replaced b.csv in data" in changes.values()
    assert rows[0].entrances[0].change == "replaced b.csv in data"
    assert rows[0].entrances[0].claimed_mail == "dev2@example.com"
    assert {"added data with a.csv", "recorded this run of train"} <= set(changes.values())


def test_what_no_model_can_tell_apart_is_listed_in_two_halves(case_of: Make) -> None:
    case = case_of(TRAINED)
    answer = next_test(case, Asked(["model@v2", "model@v3"], ["model@v0", "model@v1"]))
    actions = [row.action for row in answer.rows]
    assert actions in (["inspect"], ["inspect"] * (len(actions) - 1) + ["retrain"])
    assert any("no existing model can separate" in note for note in answer.notes) or len(answer.rows) == 1
    for row in answer.rows[:-1]:
        assert row.half in {1, 2}


def test_what_tells_most_for_its_cost_comes_first(case_of: Make) -> None:
    case = case_of(TRAINED)
    asked = Asked(["model@v2"])

    def ranked(**costs: float) -> list[Trial]:
        rows = list(next_test(case, asked, costs=Costs(**costs)).rows)
        assert rows == sorted(rows, key=lambda row: -row.gain / row.cost)
        return rows

    def gains(rows: list[Trial]) -> list[float]:
        return [row.gain for row in rows if row.action == "evaluate"]

    usual, cheap, dear = ranked(), ranked(inspect=0.01), ranked(inspect=1000)
    assert usual[0].action == "evaluate"
    assert cheap[0].action == "inspect"
    assert dear[0].action == "evaluate"
    assert gains(dear) == gains(usual)
    assert {row.cost for row in dear if row.action == "evaluate"} == {1}
    assert {row.cost for row in cheap if row.action == "inspect"} == {0.01}


def test_to_train_without_half_of_what_no_model_can_tell_apart_has_its_gain_and_cost(case_of: Make) -> None:
    case = case_of(APART)
    answer = next_test(case, Asked(["a@v1"], ["a@v0", "a@v2", "a@v3"]), costs=Costs(retrain=7))
    (retrained,) = (row for row in answer.rows if row.action == "retrain")
    assert (retrained.cost, retrained.half, retrained.releases) == (7, 1, ("a@v1",))
    inspected = [row for row in answer.rows if row.action == "inspect"]
    assert {row.half for row in inspected} == {1, 2}
    assert 0 < retrained.gain < 1


def test_bytes_that_are_many_are_dear_to_inspect() -> None:
    costs = Costs()
    assert costs.inspection(None) == costs.inspection(0) == costs.inspection(1_000_000) == costs.inspect
    assert costs.inspection(10**9) == pytest.approx(4 * costs.inspect)
    assert str(Costs.read(["evaluate=2,inspect=0.5", "retrain=9"])) == "evaluate=2,inspect=0.5,retrain=9"


@pytest.mark.parametrize("given", ["look=1", "inspect", "inspect=", "inspect=0", "inspect=-1", "inspect=nan", "=3"])
def test_what_is_no_cost_is_refused(given: str) -> None:
    with pytest.raises(UsageError, match="is no cost") as refused:
        Costs.read([given])
    assert "evaluate, inspect, retrain" in refused.value.hint


#: Two models of their own data, each made bad by its second delivery.
APART = Toy(
    "apart",
    tuple(
        Step(
            (n - 1,) if n else (),
            {
                "a.csv": f"a{min(n, 3)}",
                "b.csv": f"b{n // 2}",
                "a.pkl": f"a model {min(n, 3)}",
                "b.pkl": f"b model {n // 2}",
            },
            mail=f"dev{n}@example.com",
        )
        for n in range(6)
    ),
    runs=(
        *(Run("train a", n, ("a.csv",), ("a.pkl",)) for n in range(4)),
        *(Run("train b", n, ("b.csv",), ("b.pkl",)) for n in (0, 2, 4)),
    ),
    releases=(*(("a", f"v{n}", n) for n in range(4)), *(("b", f"v{n // 2}", n) for n in (0, 2, 4))),
    models={"a.pkl": "a", "b.pkl": "b"},
)


def test_where_it_advises_to_stop_it_says_how_probable_a_second_source_is_and_how_to_go_on(case_of: Make) -> None:
    case = case_of(APART)
    asked = Asked(["a@v1"], ["a@v0", "a@v2", "a@v3"])
    (note,) = (note for note in next_test(case, asked).notes if "second source" in note)
    assert "is not ruled out" in note
    assert "forensics next-test --all-sources" in note
    assert any(char.isdigit() for char in note)


def test_for_all_sources_the_loop_goes_on_until_the_second_one_shows(case_of: Make) -> None:
    case = case_of(APART)
    bad, good = ["a@v1"], ["a@v0", "a@v2", "a@v3"]
    answer = next_test(case, Asked(bad, good), all_sources=True)
    assert {row.action for row in answer.rows} == {"evaluate"}
    tested = []
    while answer.rows[0].action == "evaluate":
        (name,) = answer.rows[0].releases
        tested.append(name)
        (bad if name == "b@v1" else good).append(name)
        answer = next_test(case, Asked(bad, good), all_sources=True)
    assert sorted(tested) == ["b@v0", "b@v1", "b@v2"]
    assert any("no model is left" in note for note in answer.notes)
    explained = {
        name
        for row in suspects(case, Asked(bad, good)).rows
        for witness in row.explains
        for name in witness.version.releases
    }
    assert explained == {"a@v1", "b@v1"}


def test_beside_what_is_stated_to_be_bad_a_further_source_is_spoken_of(case_of: Make) -> None:
    case = case_of(APART)
    observe(case, ["a@v1"], "bad")
    content = suspects(case, everyone=True).rows[0].thing.digest
    observe(case, [content], "bad")
    notes = next_test(case).notes
    assert any("beside what is stated to be bad" in note for note in notes)
    answer = suspects(case, everyone=True)
    assert answer.rows[0].stated
    assert layout(answer).opening(answer).startswith("most likely further source (")


def test_good_labels_alone_are_refused(case_of: Make) -> None:
    with pytest.raises(UsageError, match="only good versions"):
        suspects(case_of(TRAINED), Asked(good=["model@v0"]))


def test_nothing_observed_is_refused(case_of: Make) -> None:
    for question in (suspects, next_test):
        with pytest.raises(UsageError, match="nothing was observed") as refused:
            question(case_of(TRAINED))
        assert "forensics observe" in refused.value.hint


def test_observations_that_cancel_out_are_named_where_nothing_else_was_observed(case_of: Make) -> None:
    case = case_of(TRAINED)
    observe(case, ["model@v2"], "bad", author="ann@example.com")
    observe(case, ["model@v2"], "good", author="bob@example.com")
    for question in (suspects, next_test):
        with pytest.raises(UsageError, match="nothing that was observed counts") as refused:
            question(case)
        assert "observation 1, observation 2" in refused.value.hint
        assert "forensics observe withdraw" in refused.value.hint


def test_a_version_that_is_labelled_both_ways_is_refused(case_of: Make) -> None:
    with pytest.raises(UsageError, match="cannot be bad and good"):
        suspects(case_of(TRAINED), Asked(["model@v1"], ["model@v1"]))


def test_a_label_on_what_is_no_version_of_a_model_names_those_that_could_be_meant(case_of: Make) -> None:
    with pytest.raises(UsageError, match="no version of a model") as refused:
        suspects(case_of(TRAINED), Asked(["data@HEAD"]))
    assert refused.value.candidates


def test_where_the_lineage_does_not_reach_the_cause_it_is_said(case_of: Make) -> None:
    orphan = Toy("orphan", (Step((), {"model.pkl": "model"}),), models={"model.pkl": "model"})
    bare = Toy("bare", (Step((), {}),))
    case = case_of(orphan, bare)
    answer = suspects(case, Asked([next(row[0] for row in case.rows(_SUBJECT))]))
    # A model that nobody made on record came in by itself: its own bytes are all that can be suspected.
    assert [row.entrances[0].change for row in answer.rows] == ["added model.pkl"]


_SUBJECT = "SELECT 'node:' || version_id FROM versions WHERE path = 'model.pkl'"


def test_runs_that_lack_an_input_are_repaired_only_when_asked_for(case_of: Make) -> None:
    steps = tuple(
        Step((n - 1,) if n else (), {"data": f"data {min(n, 1)}", "model.pkl": f"model {n}"}) for n in range(5)
    )
    runs = tuple(Run("train", n, ("data",) if n != 2 else (), ("model.pkl",)) for n in range(5))
    releases = tuple(("model", f"v{n}", n) for n in range(5))
    case = case_of(Toy("lost", steps, runs, releases=releases, models={"model.pkl": "model"}))
    plain = suspects(case, Asked(["model@v2"]))
    assert not any(row.thing.kind == "content" for row in plain.rows)
    repaired = suspects(case, Asked(["model@v2"], repair=True))
    paths = [witness.path for row in repaired.rows if row.thing.kind == "content" for witness in row.explains]
    assert paths
    assert all("slot-continuity" in {step.reason for step in path} for path in paths)
    assert any("lineage completeness" in note for note in repaired.notes)


@pytest.mark.parametrize(
    ("p", "words"), [(0, "0 %"), (0.001, "< 1 %"), (0.5, "50 %"), (0.9999, "> 99 %"), (1, "100 %")]
)
def test_a_probability_is_never_certain_unless_it_is(p: float, words: str) -> None:
    assert percent(p) == words
