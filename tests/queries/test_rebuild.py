"""``rebuild``: the printed commands are run in a clone, and what they leave is read into a fresh case and judged."""

import subprocess
from itertools import chain, combinations
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.answer import Answer
from forensics.case import Case
from forensics.errors import UsageError
from forensics.report.script import script
from forensics_connectors.dvc.presence import Finder
from forensics_queries.blast_radius import judged
from forensics_queries.observe import observe
from forensics_queries.plan import PlanStep
from forensics_queries.rebuild import rebuild
from forensics_queries.subject import resolve
from sample_repos.fraud import FraudSample
from tests.support.dvcrepo import DvcRepo
from tests.support.restoring import MODEL, CaseOf, ingested, lost, mark_bad, md5, poisoned_from_the_start, shell
from tests.support.toy import Run, Step, Toy


def planned(answer: Answer[PlanStep]) -> list[tuple[str, str]]:
    return [(step.action, step.thing.title.split(" ")[0]) for step in answer.rows]


def carried_out(answer: Answer[PlanStep], repository: Path, scratch: Path) -> str:
    """Runs the script of a plan in a repository and commits what it leaves; the commit."""
    ended = shell(script(answer), repository, scratch)
    assert ended.returncode == 0, ended.stderr
    identity = ["-c", "user.name=Ann", "-c", "user.email=ann@example.com", "-c", "commit.gpgsign=false"]
    git = ["git", "-C", str(repository)]
    subprocess.run([*git, "switch", "-q", "-c", "rebuilt"], check=True)
    subprocess.run([*git, "add", "-u"], check=True)
    subprocess.run([*git, *identity, "commit", "-q", "-m", "rebuild"], check=True)
    return subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()


def verdicts(case: Case, commit: str, *paths: str) -> set[str]:
    """What is said of the versions that a commit holds."""
    judgement, _, _ = judged(case, (), None)
    nodes = [node for path in paths for node in resolve(case, f"{path}@{commit}").nodes]
    assert nodes
    return {judgement.level(node).name for node in nodes}


class TestOnTheSample:
    def test_the_live_models_are_clear_once_the_commands_were_run(
        self, fraud_copy: FraudSample, tmp_path: Path
    ) -> None:
        subject = fraud_copy.poisoned_subject
        with ingested(tmp_path / "before.duckdb", fraud_copy.repository) as case:
            answer = rebuild(mark_bad(case, subject), look=Finder())
        assert planned(answer) == [
            ("start", "commit"),
            ("replace", "data/raw"),
            ("run", "prepare"),
            ("run", "featurize"),
            ("run", "train_fraud"),
            ("run", "train_chargeback"),
        ]
        assert answer.rows[1].files == ("vendor_b/2025-03.csv",)
        assert any(note.startswith("4 runs instead of 34") for note in answer.notes)
        commit = carried_out(answer, fraud_copy.repository, tmp_path / "home")
        with ingested(tmp_path / "after.duckdb", fraud_copy.repository) as case:
            mark_bad(case, subject)
            models = ("models/fraud.json", "models/chargeback.json")
            assert verdicts(case, answer.rows[0].thing.subject.removeprefix("commit:"), *models) == {"AFFECTED"}
            assert verdicts(case, commit, *models, "data/raw") == {"CLEAR"}


def test_a_pipeline_over_folders_is_rebuilt_in_a_clone(tmp_path: Path) -> None:
    repo = poisoned_from_the_start(tmp_path / "repo")
    with ingested(tmp_path / "before.duckdb", repo.path) as case:
        mark_bad(case, "raw.csv@main", "lib.txt@main")
        answer = rebuild(case, look=Finder())
    assert planned(answer)[0] == ("start", "commit")
    assert [name for action, name in planned(answer) if action == "run"] == ["prepare", "clean@a", "train"]
    commit = carried_out(answer, repo.path, tmp_path / "home")
    assert (repo.path / "sub/models/m.json").read_text(encoding="utf-8") == "clean lib\nclean rows\n"
    with ingested(tmp_path / "after.duckdb", repo.path) as case:
        mark_bad(case, f"raw.csv@{commit}~1", f"lib.txt@{commit}~1")
        assert verdicts(case, commit, "sub/models/m.json") == {"CLEAR"}


def test_a_directory_without_a_clean_version_is_rebuilt_without_its_bad_files(tmp_path: Path) -> None:
    repo = DvcRepo(tmp_path / "repo")
    stage = {"cmd": "cat raw/*.csv > m.txt", "deps": ["raw"], "outs": ["m.txt"]}
    repo.write({"raw/a b.csv": "good\n", "raw/bad 'one'.csv": "POISON\n"})
    repo.write({"dvc.yaml": yaml.safe_dump({"stages": {"train": stage}})})
    repo.dvc("add", "raw")
    repo.dvc("reproduce")
    repo.commit("poisoned from the start")
    with ingested(tmp_path / "before.duckdb", repo.path) as case:
        answer = rebuild(mark_bad(case, "raw/bad 'one'.csv"), ["m.txt"], look=Finder())
    assert planned(answer) == [("start", "commit"), ("replace", "raw"), ("run", "train")]
    assert answer.rows[1].files == ("bad 'one'.csv",)
    commit = carried_out(answer, repo.path, tmp_path / "home")
    assert (repo.path / "m.txt").read_text(encoding="utf-8") == "good\n"
    with ingested(tmp_path / "after.duckdb", repo.path) as case:
        assert verdicts(mark_bad(case, "raw/bad 'one'.csv"), commit, "m.txt") == {"CLEAR"}


CHAIN = (Run("prepare", 0, ("raw",), ("mid",)), Run("train", 0, ("mid", "base"), (MODEL,)))


class TestWhatIsUsed:
    def test_clean_inputs_are_used_as_they_are_and_their_bytes_looked_for(self, case_of: CaseOf) -> None:
        toy = Toy(
            "toy", (Step((), {"raw": "bad", "mid": "mid", "base": "base", MODEL: "m"}),), CHAIN, models={MODEL: "m"}
        )
        answer = rebuild(mark_bad(case_of(toy), md5("bad")), look=lost({"base": "missing"}))
        assert planned(answer) == [("start", "commit"), ("replace", "raw"), ("run", "prepare"), ("run", "train")]
        (used,) = answer.rows[-1].inputs
        assert (used.thing.title, used.bytes) == ("base", "missing")
        assert answer.rows[-1].blocked == f"the bytes of base {md5('base')} are missing"
        assert "the bytes of base" in script(answer)

    def test_what_is_clean_where_the_rebuild_starts_is_not_made_again(self, case_of: CaseOf) -> None:
        steps = (
            Step((), {"raw": "bad", "mid": "mid 0", "base": "base", MODEL: "m 0"}),
            Step((0,), {"raw": "good", "mid": "mid 1", "base": "base", MODEL: "m 1"}),
        )
        runs = (*CHAIN, Run("prepare", 1, ("raw",), ("mid",)), Run("train", 1, ("mid", "base"), (MODEL,)))
        toy = Toy("toy", steps, runs, models={MODEL: "m"}, releases=(("m", "v1", 0), ("m", "v2", 1)), assigned=(
            ("m", "prod", 0),))  # fmt: skip
        answer = rebuild(mark_bad(case_of(toy), md5("bad")))
        assert [name for action, name in planned(answer) if action == "run"] == ["prepare", "train"]
        answer = rebuild(mark_bad(case_of(toy), md5("bad"), md5("base")), ["m@v2"])
        assert planned(answer) == [("start", "commit"), ("replace", "base"), ("run", "train")]

    def test_another_state_than_the_run_read_is_replaced(self, case_of: CaseOf) -> None:
        steps = (
            Step((), {"raw": "bad", "base": "read", MODEL: "m"}),
            Step((0,), {"raw": "bad", "base": "newer", MODEL: "m", "b": "b"}),
        )
        runs = (Run("train", 0, ("raw", "base"), (MODEL,)), Run("other", 1, ("raw",), ("b",)))
        toy = Toy("toy", steps, runs, models={MODEL: "m", "b": "b"})
        case = mark_bad(case_of(toy), md5("bad"))
        assert not [step for step in rebuild(case).rows if step.action == "replace" and step.clean]
        answer = rebuild(mark_bad(case, md5("newer")))
        restored = [step for step in answer.rows if step.action == "replace" and step.clean]
        assert [(step.thing.digest, step.clean and step.clean.digest) for step in restored] == [
            (md5("newer"), md5("read"))
        ]

    def test_bad_code_that_no_run_names_is_replaced_where_the_rebuild_starts(self, case_of: CaseOf) -> None:
        steps = (
            Step((), {"raw": "raw", MODEL: "m 0"}, {"util.py": "v0"}),
            Step((0,), {"raw": "raw", MODEL: "m 0"}, {"util.py": "evil"}),
            Step((1,), {"raw": "raw", MODEL: "m 2"}, {"util.py": "evil"}),
        )
        runs = (Run("train", 0, ("raw",), (MODEL,)), Run("train", 2, ("raw",), (MODEL,)))
        toy = Toy("toy", steps, runs, models={MODEL: "m"})
        answer = rebuild(mark_bad(case_of(toy), f"commit:{toy.oid(1)}"))
        assert planned(answer) == [("start", "commit"), ("replace", "util.py"), ("run", "train")]
        assert answer.rows[1].clean is not None

    def test_a_warm_start_begins_from_the_newest_clean_version_of_itself(self, case_of: CaseOf) -> None:
        steps = (
            Step((), {"raw": "good", "embedded": "e 0", MODEL: "m 0"}),
            Step((0,), {"raw": "bad", "embedded": "e 1", MODEL: "m 1"}),
        )
        runs = tuple(
            run
            for at in (0, 1)
            for run in (Run("train", at, ("embedded", "raw"), (MODEL,)), Run("embed", at, (MODEL,), ("embedded",)))
        )
        answer = rebuild(mark_bad(case_of(Toy("toy", steps, runs, models={MODEL: "m"})), md5("bad")), [MODEL])
        assert planned(answer) == [
            ("start", "commit"),
            ("replace", "raw"),
            ("replace", MODEL),
            ("run", "embed"),
            ("run", "train"),
        ]
        assert [step.clean.digest for step in answer.rows if step.clean] == [md5("good"), md5("m 0")]


def test_what_is_clear_is_left_alone_and_said_to_be(case_of: CaseOf) -> None:
    toy = Toy("toy", (Step((), {"raw": "bad", "mid": "mid", "base": "base", MODEL: "m"}),), CHAIN, models={MODEL: "m"})
    case = mark_bad(case_of(toy), md5("bad"))
    answer = rebuild(case, ["base"])
    assert answer.rows == ()
    assert any("is clear: nothing is to be done for it" in note for note in answer.notes)
    with pytest.raises(UsageError, match="no version of an artifact"):
        rebuild(case, [f"commit:{toy.oid(0)}"])


def test_a_symptom_alone_is_no_reason_to_make_anything_again(case_of: CaseOf) -> None:
    toy = Toy("toy", (Step((), {"raw": "bad", "mid": "mid", "base": "base", MODEL: "m"}),), CHAIN, models={MODEL: "m"})
    case = case_of(toy)
    observe(case, [MODEL], "bad")
    with pytest.raises(UsageError, match="it takes a mark to say what is to be made again") as refused:
        rebuild(case, [MODEL])
    assert "forensics suspects" in refused.value.hint


# -- the fewest runs, against trying every set of stages

SOURCES, STAGES = 3, 5


@st.composite
def pipelines(draw: st.DrawFn) -> tuple[Toy, dict[str, tuple[str, ...]], set[str]]:
    """A pipeline at one commit, what each stage reads, and the sources that are bad."""
    reads = {}
    for stage in range(STAGES):
        before = [f"s{i}" for i in range(SOURCES)] + [f"t{i}" for i in range(stage)]
        reads[f"t{stage}"] = tuple(sorted(draw(st.sets(st.sampled_from(before), min_size=1, max_size=3))))
    bad = draw(st.sets(st.sampled_from([f"s{i}" for i in range(SOURCES)]), min_size=1))
    holds = {name: f"bytes of {name}" for name in (*(f"s{i}" for i in range(SOURCES)), *reads)}
    runs = tuple(Run(name, 0, inputs, (name,)) for name, inputs in reads.items())
    heads = draw(st.sets(st.sampled_from(sorted(reads)), min_size=1, max_size=2))
    return Toy("toy", (Step((), holds),), runs, models={head: head for head in sorted(heads)}), reads, bad


def is_clean_after(stages: set[str], toy: Toy, reads: dict[str, tuple[str, ...]], bad: set[str]) -> bool:
    """Runs some stages again, in order, with the bad sources replaced, and looks at what the models hold then."""
    poisoned = set(bad)
    for name, inputs in reads.items():
        if poisoned & set(inputs):
            poisoned.add(name)
    poisoned -= bad
    for name, inputs in reads.items():
        if name in stages and not poisoned & set(inputs):
            poisoned.discard(name)
    return poisoned.isdisjoint(toy.models)


@settings(deadline=None, max_examples=12, derandomize=True)
@given(pipelines())
def test_no_smaller_set_of_stages_makes_the_models_clean(
    made: tuple[Toy, dict[str, tuple[str, ...]], set[str]],
) -> None:
    toy, reads, bad = made
    with TemporaryDirectory() as folder, Case.open(Path(folder) / "case.duckdb", write=True, new=True) as case:
        case.ingest(toy.source, toy.records())
        answer = rebuild(mark_bad(case, *(md5(f"bytes of {name}") for name in sorted(bad))))
    stages = [step.thing.name for step in answer.rows if step.action == "run"]
    assert stages == sorted(stages, key=list(reads).index)
    assert is_clean_after(set(stages), toy, reads, bad)
    every = chain.from_iterable(combinations(reads, size) for size in range(len(reads) + 1))
    assert len(stages) == min(len(some) for some in every if is_clean_after(set(some), toy, reads, bad))
    replaced = {step.thing.path for step in answer.rows if step.action == "replace"}
    assert replaced <= bad
