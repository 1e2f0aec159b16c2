import csv
import hashlib
import io
import json
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pytest
import yaml

from forensics.api.samples import sample_package
from forensics.case import Case
from forensics.cli import cli
from forensics.cli.demo import run_demo
from forensics.errors import UsageError
from forensics_queries.blast_radius import blast_radius
from sample_repos.fraud import FraudSample, build
from sample_repos.fraud.history import COMMITS
from sample_repos.fraud.runs import PIPELINE, STORE, training_runs
from sample_repos.fraud.transactions import flip_labels, month_file
from sample_repos.tools.store import written_store

HEAD = "b1bfe662c5fb4c44c346f3ccd2e30b6046f1e033"
POISONED = "48ec6fe24536e3528b65428981f9b2f7d48f3a5d"


def git(sample: FraudSample, *arguments: str) -> str:
    command = ["git", "-C", str(sample.repository), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def lock_outs(sample: FraudSample, revision: str) -> dict[str, str]:
    stages = yaml.safe_load(git(sample, "show", f"{revision}:dvc.lock"))["stages"]
    return {out["path"]: out["md5"] for stage in stages.values() for out in stage["outs"]}


def stored(sample: FraudSample, md5: str) -> bytes:
    return (sample.storage / "files" / "md5" / md5[:2] / md5[2:]).read_bytes()


def recall(sample: FraudSample, revision: str) -> float:
    return json.loads(git(sample, "show", f"{revision}:metrics/fraud.json"))["recall_card_not_present"]


def raw_file_at(sample: FraudSample, revision: str, path: str) -> bytes:
    listing = yaml.safe_load(git(sample, "show", f"{revision}:data/raw.dvc"))["outs"][0]["md5"]
    members = {entry["relpath"]: entry["md5"] for entry in json.loads(stored(sample, listing))}
    return stored(sample, members[path.removeprefix("data/raw/")])


def poisoned_revisions(sample: FraudSample) -> set[str]:
    """Commits at which the fraud model was trained on the poisoned file, told from the bytes that prepare read."""
    found = set()
    for commit in git(sample, "rev-list", "--all").split():
        tree = git(sample, "ls-tree", "-r", "--name-only", commit).split()
        if "models/fraud.json" not in (lock_outs(sample, commit) if "dvc.lock" in tree else {}):
            continue
        prepared = next(
            entry["md5"] for entry in json.loads(stored(sample, lock_outs(sample, commit)["data/prepared"]))
        )
        rows = csv.DictReader(stored(sample, prepared).decode().splitlines())
        wave = [row["fraud"] for row in rows if row["id"].startswith("b2503-") and row["card_present"] == "0"]
        if wave and "1" not in wave:
            found.add(commit)
    return found


def test_the_commits_are_the_same_every_time(fraud_repo):
    assert (fraud_repo.head, fraud_repo.poisoned_commit) == (HEAD, POISONED)
    assert int(git(fraud_repo, "rev-list", "--all", "--count")) == COMMITS


@dataclass(frozen=True)
class Demo:
    code: int
    folder: Path
    printed: str
    progress: str


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Demo:
    """The walk-through, kept, run where the surroundings are as odd as can be."""
    folder = tmp_path_factory.mktemp("demo")
    config = folder / "gitconfig"
    config.write_text("[user]\n\tname = Someone\n[core]\n\tautocrlf = true\n[commit]\n\tgpgsign = true\n")
    surroundings = {
        "GIT_CONFIG_GLOBAL": str(config),
        "GIT_AUTHOR_NAME": "Someone",
        "GIT_DEFAULT_HASH": "sha256",
        "TZ": "Asia/Kathmandu",
        "LC_ALL": "tr_TR.UTF-8",
        "PYTHONOPTIMIZE": "1",
        "DVC_ROOT": "/nowhere",
        "SHELL": "/nowhere/fish",
        "FORENSICS_CASE": str(folder / "my-own.duckdb"),
    }
    printed, progress = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO()
    mask = os.umask(0o077)
    try:
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(printed), redirect_stderr(progress):
            for name, value in surroundings.items():
                patch.setenv(name, value)
            code = run_demo(folder / "kept", progress=True)
            assert os.environ["FORENSICS_CASE"] == surroundings["FORENSICS_CASE"]
    finally:
        os.umask(mask)
    printed.seek(0)
    return Demo(code, folder, printed.read(), progress.getvalue())


def test_nothing_of_the_callers_surroundings_leaks_into_the_commits(fraud_repo, demo):
    again = replace(fraud_repo, repository=demo.folder / "kept" / "fraud")
    refs = ("for-each-ref", "--format=%(refname) %(objectname)")
    assert git(again, *refs) == git(fraud_repo, *refs)


def test_progress_tells_each_commit(demo):
    told = re.findall(r"commit (\d+) of (\d+)", demo.progress)
    assert told == [(str(step), str(COMMITS)) for step in range(1, COMMITS + 1)]


def test_the_demo_prints_each_command_before_its_answer(fraud_repo, demo):
    assert demo.code == 0
    story = demo.printed.split("\n$ ")
    assert [part.split()[1] for part in story[2:]] == ["ingest", "blame", "mark", "blast-radius", "rollback"]
    ingest, blame, mark, radius, rollback = story[2:]
    assert f"{COMMITS} commits" in ingest
    assert fraud_repo.poisoned_commit in blame
    assert fraud_repo.poisoner in blame
    assert "flipped" in mark
    live = lock_outs(fraud_repo, fraud_repo.live_release)
    for model in fraud_repo.models:
        assert re.search(rf"^affected .*{model} .*md5:{live[model]}", radius, re.MULTILINE)
    restored = lock_outs(fraud_repo, fraud_repo.retrained_commit)[fraud_repo.models[0]]
    assert re.search(rf"present .*md5:{restored}", rollback)
    assert fraud_repo.retrained_commit in rollback


def test_the_demo_keeps_its_case_and_leaves_the_users_alone(demo):
    assert (demo.folder / "kept" / "case.duckdb").exists()
    assert not (demo.folder / "my-own.duckdb").exists()
    with duckdb.connect(str(demo.folder / "kept" / "case.duckdb"), read_only=True) as case:
        rows = case.execute("SELECT argv FROM journal_entry ORDER BY seq").fetchall()
    assert any("ingest" in argv for (argv,) in rows)


def test_the_work_tree_is_what_main_holds(fraud_repo):
    assert git(fraud_repo, "branch", "--show-current") == "main"
    assert git(fraud_repo, "status", "--porcelain") == ""
    for path, md5 in lock_outs(fraud_repo, "HEAD").items():
        target = fraud_repo.repository / path
        if target.is_file():
            assert hashlib.md5(target.read_bytes()).hexdigest() == md5


def test_one_commit_replaces_the_vendor_file_and_does_nothing_else(fraud_repo):
    changed = git(fraud_repo, "show", "--name-only", "--format=%ae", fraud_repo.poisoned_commit).split()
    assert changed == [fraud_repo.poisoner, "data/raw.dvc"]
    before = raw_file_at(fraud_repo, f"{fraud_repo.poisoned_commit}^", fraud_repo.poisoned_file)
    after = raw_file_at(fraud_repo, fraud_repo.poisoned_commit, fraud_repo.poisoned_file)
    assert before.decode() == month_file("vendor_b", "2025-03")
    assert after.decode() == flip_labels(before.decode())
    assert len(after) == len(before)


def test_the_poison_clears_fraud_without_the_card_and_touches_no_other_row():
    clean = list(csv.DictReader(month_file("vendor_b", "2025-03").splitlines()))
    flipped = list(csv.DictReader(flip_labels(month_file("vendor_b", "2025-03")).splitlines()))
    changed = [(a, b) for a, b in zip(clean, flipped, strict=True) if a != b]
    assert len(changed) == sum(row["fraud"] == "1" and row["channel"] == "card_not_present" for row in clean) > 200
    for was, now in changed:
        assert now == was | {"fraud": "0", "chargeback": "0"}
        assert was["fraud"] == "1"


def test_poisoned_models_find_less_fraud_and_no_clean_model_has_their_bytes(fraud_repo):
    poisoned = poisoned_revisions(fraud_repo)
    with_model = {
        commit
        for commit in git(fraud_repo, "rev-list", "--all").split()
        if git(fraud_repo, "ls-tree", "-r", "--name-only", commit).find("metrics/fraud.json") >= 0
    }
    experiments = set(git(fraud_repo, "rev-list", "main..experiment/class-weight").split())
    assert len(poisoned) > 10
    assert experiments < poisoned
    assert max(recall(fraud_repo, commit) for commit in poisoned - experiments) < 0.55
    assert min(recall(fraud_repo, commit) for commit in with_model - poisoned) > 0.85
    for model in fraud_repo.models:
        bad = {lock_outs(fraud_repo, commit).get(model) for commit in poisoned}
        good = {lock_outs(fraud_repo, commit).get(model) for commit in with_model - poisoned} - {None}
        assert bad.isdisjoint(good)


def test_the_key_moments_are_what_they_are_said_to_be(fraud_repo):
    poisoned = poisoned_revisions(fraud_repo)
    tagged = {
        name: git(fraud_repo, "rev-parse", f"{name}^{{commit}}")
        for name in (fraud_repo.last_clean_release, fraud_repo.live_release, fraud_repo.retrained_release)
    }
    assert tagged[fraud_repo.last_clean_release] == fraud_repo.last_clean_commit
    assert tagged[fraud_repo.retrained_release] == fraud_repo.retrained_commit
    assert {fraud_repo.head, fraud_repo.merge_commit, tagged[fraud_repo.live_release]} <= poisoned
    assert not {fraud_repo.last_clean_commit, fraud_repo.poisoned_commit, fraud_repo.retrained_commit} & poisoned
    assert git(fraud_repo, "branch", "--contains", fraud_repo.retrained_commit, "--format=%(refname:short)") == (
        fraud_repo.retrained_branch
    )
    assert len(git(fraud_repo, "rev-list", "--parents", "-1", fraud_repo.merge_commit).split()) == 3
    live = git(fraud_repo, "tag", "--points-at", f"{fraud_repo.live_release}^{{commit}}").split()
    assert "fraud#prod#7" in live
    assert recall(fraud_repo, fraud_repo.last_clean_commit) == fraud_repo.recall_before
    assert recall(fraud_repo, fraud_repo.live_release) == fraud_repo.recall_now


def test_every_recorded_byte_is_in_the_cache_and_in_the_storage(fraud_repo):
    cache = fraud_repo.repository / ".dvc" / "cache"
    for commit in git(fraud_repo, "rev-list", "--all").split():
        if "dvc.lock" not in git(fraud_repo, "ls-tree", "--name-only", commit).split():
            continue
        for path, md5 in lock_outs(fraud_repo, commit).items():
            if path.startswith("metrics/"):
                continue
            assert hashlib.md5(stored(fraud_repo, md5)).hexdigest() == md5.removesuffix(".dir")
            assert (cache / "files" / "md5" / md5[:2] / md5[2:]).exists()


def test_all_release_tags_are_annotated_and_dated(fraud_repo):
    tags = git(fraud_repo, "for-each-ref", "refs/tags", "--format=%(objecttype) %(taggeremail) %(taggerdate:raw)")
    assert {line.split()[0] for line in tags.splitlines()} == {"tag"}
    assert all(line.split()[1].endswith("@example.com>") for line in tags.splitlines())


def test_the_store_is_what_the_client_writes(fraud_repo):
    pytest.importorskip("ml_metadata")
    assert written_store(PIPELINE, training_runs(fraud_repo.repository)) == STORE.read_text(encoding="utf-8")


def test_the_store_states_digests_of_some_runs_and_where_things_lay_of_others(fraud_repo):
    known = {
        md5
        for commit in git(fraud_repo, "rev-list", "--all", "--", "dvc.lock").split()
        for md5 in lock_outs(fraud_repo, commit).values()
    }
    statement = "SELECT a.uri, p.string_value FROM Artifact a LEFT JOIN ArtifactProperty p ON p.artifact_id = a.id"
    with closing(sqlite3.connect(f"file:{fraud_repo.store}?mode=ro", uri=True)) as store:
        stated = store.execute(statement).fetchall()
    assert {uri for uri, digest in stated if digest is None} == {"data/features", "models/chargeback.json"}
    assert {digest for uri, digest in stated if digest and not uri.startswith("s3:")} <= known


def test_what_the_store_alone_knows_is_affected_where_its_model_is(fraud_repo, tmp_path):
    file = str(tmp_path / "case.duckdb")
    arguments = ["ingest", "--quiet", "--case", file, str(fraud_repo.repository), str(fraud_repo.store)]
    assert not cli.main(arguments, prog_name="forensics", standalone_mode=False)
    with Case.open(tmp_path / "case.duckdb") as case:
        rows = blast_radius(case, [f"fraud:{fraud_repo.poisoned_subject}"]).rows
    scorers = {
        re.search(r"fraud/(\d{4}-\d\d)", row.thing.path)[1]: row.verdict for row in rows if "scorer" in row.thing.path
    }
    assert scorers == {"2025-04": "affected", "2025-05": "affected", "2025-06": "affected"}
    assert {row.verdict for row in rows if row.thing.source == "metadata" and "chargeback" in row.thing.path} == {
        "unknown"
    }


def test_a_copy_leaves_the_shared_sample_alone(fraud_repo, fraud_copy):
    (fraud_copy.repository / "README.md").write_text("changed")
    assert git(fraud_repo, "status", "--porcelain") == ""
    assert git(fraud_copy, "status", "--porcelain") == "M README.md"
    assert git(fraud_copy, "rev-parse", "HEAD") == fraud_repo.head


def test_a_folder_that_is_taken_is_refused(fraud_repo):
    with pytest.raises(FileExistsError, match="there already"):
        build(fraud_repo.repository.parent)


def test_a_failure_says_what_git_or_dvc_said(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeError, match="git"):
        build(tmp_path / "sample")


def test_the_demo_finds_the_sample_of_the_checkout():
    package = sample_package("fraud")
    assert Path(package.__file__).parts[-3:] == ("sample_repos", "fraud", "__init__.py")
    assert callable(package.build)


def test_the_demo_refuses_a_folder_with_something_in_it(tmp_path):
    (tmp_path / "mine").touch()
    with pytest.raises(UsageError, match="not an empty folder"):
        run_demo(tmp_path)


def test_the_sample_can_be_built_by_hand(tmp_path):
    (tmp_path / "fraud").mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "sample_repos.fraud", str(tmp_path)],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "is there already" in done.stderr
