"""``observe`` on the sample incident: what people type, and what they are told."""

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest

from forensics.case import Case
from forensics.report.schema import load
from forensics_connectors.contract import find_connector

if TYPE_CHECKING:
    from sample_repos.fraud import FraudSample


@pytest.fixture(scope="module")
def ingested(fraud_repo: "FraudSample", tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("observing") / "case.duckdb"
    connector, source = find_connector(str(fraud_repo.repository))
    with Case.open(path, write=True, new=True) as case:
        case.ingest(source, connector.read(source))
    return path


@pytest.fixture
def sample(ingested: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(ingested, tmp_path / "case.duckdb"))


def test_a_symptom_is_recorded_listed_and_withdrawn(forensics, sample):
    ended = forensics("observe", "fraud@v1.4.0", "bad", "--by", "ana", "--why", "misses card-not-present fraud")
    assert ended.code == 0, ended.err
    assert "misses card-not-present fraud" in ended.out
    assert forensics("observe", "fraud@v1.1.0", "good").code == 0
    listed = json.loads(forensics("observe", "list", "--format", "json").out)
    jsonschema.validate(listed, load("observe"))
    first = listed["results"][0]
    assert (first["state"], first["author"]) == ("bad", "ana")
    assert forensics("observe", "withdraw", "1", "--why", "wrong holdout").code == 0
    stands = [row["standing"] for row in json.loads(forensics("observe", "list", "--format", "json").out)["results"]]
    assert stands == [False, True]


def test_a_metric_of_the_sample_gives_a_series_for_each_model(forensics, sample):
    ended = forensics("observe", "--metrics", "recall_card_not_present")
    assert ended.code == 0, ended.err
    assert "18 versions of models/fraud.json are measured" in ended.out
    assert "17 versions of models/chargeback.json are measured" in ended.out
    assert "higher values of recall_card_not_present count as better" in ended.out


def test_a_metric_that_the_case_has_not_lists_those_that_it_has(forensics, sample):
    ended = forensics("observe", "--metrics", "auc")
    assert ended.code == 2
    assert "no metric in the case is called auc" in ended.err
    assert "recall_card_not_present" in ended.err


def test_a_name_that_means_many_versions_lists_releases_to_choose_from(forensics, sample):
    ended = forensics("observe", "fraud", "bad")
    assert ended.code == 2
    assert "a label is said of one" in ended.err
    assert ended.err.index("fraud@v1.0.0") < ended.err.index("models/fraud.json@md5:")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "nothing was observed"),
        (["fraud@v1.4.0"], "no such observation: fraud@v1.4.0"),
        (["bad"], "nothing was named"),
        (["fraud@v1.4.0", "bad", "--metrics", "recall"], "observed by itself"),
        (["--metrics", "recall", "--reliability", "0.9"], "has no reliability"),
        (["fraud@v1.4.0", "bad", "--lower-is-better"], "is said of a metric"),
        (["fraud@v1.4.0", "bad", "--reliability", "1.5"], "says nothing"),
        (["withdraw", "1", "--why", "x"], "there is no observation 1"),
        (["withdraw", "1"], "needs a reason"),
        (["data/raw@HEAD", "bad"], "no version of a model"),
    ],
)
def test_what_cannot_be_recorded_is_told_plainly_with_what_to_do(forensics, sample, words, said):
    ended = forensics("observe", *words)
    assert ended.code == 2
    assert said in ended.err
    assert "hint: " in ended.err
    assert not json.loads(forensics("observe", "list", "--format", "json").out)["results"]


def test_a_name_from_a_source_never_acts_on_the_terminal(forensics, case):
    ended = forensics("observe", "models/m.json", "bad", "--why", "odd \x1b[31m")
    assert ended.code == 0, ended.err
    assert "\x1b" not in ended.out + ended.err


def test_symptoms_alone_lead_to_what_may_be_contaminated_and_to_what_to_go_back_to(forensics, sample):
    assert forensics("rollback", "fraud").code == 2
    assert forensics("observe", "--metrics", "recall_card_not_present").code == 0
    radius = forensics("blast-radius")
    assert radius.code == 0, radius.err
    assert radius.out.startswith("nothing is marked; ")
    assert "LIKELY CONTAMINATED AND LIVE in prod, by what was observed; no mark reaches them (2)" in radius.out
    ended = forensics("rollback", "fraud", "--format", "json")
    assert ended.code == 0, ended.err
    found = json.loads(ended.out)
    jsonschema.validate(found, load("rollback"))
    first = found["results"][0]
    assert first["releases"] == ["fraud@v1.4.0"]
    assert [tier["risk"] for tier in first["tiers"]] == [0.01, 0.05, 0.2]
    assert "at P <= 0.01, 0.05, 0.2: md5:" in forensics("rollback", "fraud").out


def test_a_probability_stands_beside_the_verdicts_of_marks(forensics, sample, fraud_repo):
    assert forensics("observe", "--metrics", "recall_card_not_present").code == 0
    assert forensics("mark", "add", "bad", fraud_repo.poisoned_subject, "--reason", "flipped").code == 0
    found = json.loads(forensics("blast-radius", "--format", "json").out)
    jsonschema.validate(found, load("blast-radius"))
    assert {row["verdict"] for row in found["results"]} == {"affected", "unknown"}
    assert {row["p"] for row in found["results"] if row["verdict"] == "affected"} == {1.0}
    assert {row["share"] for row in found["results"]} & {round(1 / 12, 4)}


def test_who_and_why_are_said_in_the_same_words_of_marks_and_observations(forensics, case):
    for words in (["--by", "ann", "--why", "odd"], ["--author", "ann", "--reason", "odd"]):
        for told in (["observe", "models/m.json", "bad"], ["mark", "add", "bad", "models/m.json"]):
            ended = forensics(*told, *words)
            assert ended.code == 0, ended.err
            assert "ann" in ended.out
            assert "odd" in ended.out


def test_what_was_observed_without_a_reason_stands_in_the_timeline_without_one(forensics, case):
    assert forensics("observe", "models/m.json", "bad", "--by", "ann").code == 0
    told = " ".join(forensics("timeline").out.split())
    assert "bad" in told
    assert "()" not in told
