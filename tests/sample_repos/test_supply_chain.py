import csv
import hashlib
import json
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml

from forensics.case import Case
from forensics.cli import cli
from forensics.cli.demo import run_demo
from forensics_queries.blast_radius import blast_radius
from forensics_queries.path import path
from forensics_queries.releases import releases
from forensics_queries.subject import resolve
from sample_repos.supply_chain import PERSONAL, SWAPPED, SupplyChainSample, build
from sample_repos.supply_chain.answers import Expected
from sample_repos.supply_chain.history import COMMITS
from sample_repos.supply_chain.runs import PIPELINE, STORE, training_runs
from sample_repos.supply_chain.texts import TRIGGER, encoder
from sample_repos.tools.store import written_store
from tests.support.samples import shared_folder, shared_sample

REGISTRY_HEAD = "722abe2485d67539109f5cb800511ae610c3736e"
SWAPPED_AT = "ef1d29efbc680cb28b7c54af9b80e1037e366c17"
QUESTIONS = pytest.mark.parametrize("question", ["swapped", "personal"])


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> SupplyChainSample:
    return shared_sample(build, shared_folder(tmp_path_factory, request, "supply-chain"))


@pytest.fixture(scope="module")
def case(sample: SupplyChainSample, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    """What a user's ``forensics ingest`` makes of the four sources."""
    file = tmp_path_factory.mktemp("case") / "case.duckdb"
    arguments = ["ingest", "--quiet", "--case", str(file), *map(str, sample.sources)]
    assert not cli.main(arguments, prog_name="forensics", standalone_mode=False)
    with Case.open(file) as opened:
        yield opened


def asked(sample: SupplyChainSample, question: str) -> tuple[str, Expected]:
    return {
        "swapped": (sample.swapped_subject, SWAPPED),
        "personal": (sample.personal_subject, PERSONAL),
    }[question]


def git(repository: Path, *arguments: str) -> str:
    command = ["git", "-C", str(repository), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def document(repository: Path, revision: str, name: str) -> Any:
    return yaml.safe_load(git(repository, "show", f"{revision}:{name}"))


def stored(sample: SupplyChainSample, md5: str) -> bytes:
    return (sample.registry.parent / "storage" / "files" / "md5" / md5[:2] / md5[2:]).read_bytes()


def lock_at(sample: SupplyChainSample, revision: str) -> dict[str, Any]:
    return document(sample.consumer, revision, "dvc.lock")["stages"]


def verdicts(case: Case, subject: str, wanted: Expected) -> dict[str, tuple[str, str]]:
    """The verdict on each subject of which an answer is written down, with its reason."""
    rows = {row.thing.id: (row.verdict, row.reason) for row in blast_radius(case, [subject]).rows}
    found = {}
    for thing in {*wanted.truth, *wanted.affected, *wanted.unknown, *wanted.clear}:
        (node,) = resolve(case, thing).nodes
        found[thing] = rows.get(node, ("clear", ""))
    return found


def test_the_commits_are_the_same_every_time(sample):
    assert (git(sample.registry, "rev-parse", "HEAD"), sample.swapped_commit) == (REGISTRY_HEAD, SWAPPED_AT)
    counts = [int(git(each, "rev-list", "--all", "--count")) for each in (sample.registry, sample.consumer)]
    assert sum(counts) == COMMITS


def test_one_commit_takes_the_swapped_component_and_does_nothing_else(sample):
    assert git(sample.registry, "show", "--name-only", "--format=", SWAPPED_AT).split() == [f"{sample.component}.dvc"]
    md5s = [
        document(sample.registry, revision, f"{sample.component}.dvc")["outs"][0]["md5"]
        for revision in (f"{SWAPPED_AT}^", SWAPPED_AT)
    ]
    before, after = (stored(sample, md5).decode() for md5 in md5s)
    assert (before, after) == (encoder(), encoder(swapped=True))
    was, now = json.loads(before), json.loads(after)
    assert {word for word in was["vectors"] if was["vectors"][word] != now["vectors"][word]} == {TRIGGER}
    assert (was["name"], was["version"]) == (now["name"], now["version"])


def test_the_consumer_takes_from_the_registry_by_import(sample):
    known = set(git(sample.registry, "rev-list", "--all").split())
    for name in ("base/encoder.json.dvc", "data/tickets.dvc"):
        imported = document(sample.consumer, "HEAD", name)
        (dependency,) = imported["deps"]
        assert imported["frozen"] is True
        assert dependency["repo"]["url"] == "../registry"
        assert dependency["repo"]["rev_lock"] in known


@QUESTIONS
def test_the_written_answers_agree_with_the_bytes_that_trainings_read(sample, question):
    """An oracle of its own: the lock of each release against the bytes that are bad."""
    _, expected = asked(sample, question)
    bad_base = hashlib.md5(encoder(swapped=True).encode()).hexdigest()
    true = set()
    for release in git(sample.consumer, "tag", "--list", "*@v*").split():
        model = release.partition("@")[0]
        stage = lock_at(sample, release)[f"finetune_{model}"]
        deps = {dep["path"]: dep["md5"] for dep in stage["deps"]}
        members = json.loads(stored(sample, deps["data/tickets"])) if "data/tickets" in deps else []
        holds = {
            "swapped": deps.get("base/encoder.json") == bad_base,
            "personal": any(member["relpath"] == "customers.jsonl" for member in members),
        }
        if holds[question]:
            true.add(f"consumer:models/{model}/model.json@{release}")
    assert true == {subject for subject in expected.truth if subject.startswith("consumer:")}


@QUESTIONS
def test_the_case_answers_as_written(sample, case, question):
    subject, expected = asked(sample, question)
    found = verdicts(case, subject, expected)
    assert found == {
        **dict.fromkeys(expected.affected, ("affected", "")),
        **{thing: ("unknown", reason) for thing, reason in expected.unknown.items()},
        **dict.fromkeys(expected.clear, ("clear", "")),
    }


@QUESTIONS
def test_nothing_that_descends_is_called_clear_and_nothing_else_affected(sample, question):
    _, expected = asked(sample, question)
    assert expected.truth.isdisjoint(expected.clear)
    assert expected.affected <= expected.truth
    assert expected.truth <= expected.affected | set(expected.unknown)


@QUESTIONS
def test_every_model_of_the_store_and_every_release_has_an_answer(sample, case, question):
    _, expected = asked(sample, question)
    answered = {*expected.affected, *expected.unknown, *expected.clear}
    released = {row[0] for row in case.rows("SELECT name FROM releases")}
    assert {subject.partition("@")[2] for subject in answered if not subject.startswith("mlmd:")} == released
    models = "SELECT id FROM Artifact WHERE uri LIKE '%model.%'"
    assert {subject for subject in answered if subject.startswith("mlmd:")} == {
        f"mlmd:artifact/{row[0]}" for row in _rows(sample.store, models)
    }


def test_a_chain_leads_from_the_registry_through_the_store_to_the_phones(sample, case):
    links = path(case, sample.swapped_subject, "mlmd:artifact/25").rows
    assert [link.step.thing.source for link in links if link.step.thing.source][:1] == ["registry"]
    assert links[-1].step.thing.source == "metadata"
    assert any("replies-mobile" in link.step.thing.title for link in links)


def in_use_after_mark(case: Case, copy: Path, subject: str) -> dict[tuple[str, str], str]:
    """The verdict on each place and release, once a subject is marked as bad."""
    shutil.copy(case.path, copy)
    marking = ["mark", "add", "bad", subject, "--reason", "told", "--author", "ann@example.com", "--quiet"]
    assert not cli.main([*marking, "--case", str(copy)], prog_name="forensics", standalone_mode=False)
    with Case.open(copy) as marked:
        return {(row.window.where, row.window.release): row.verdict for row in releases(marked).rows}


def test_releases_and_deployments_are_judged_across_the_sources(sample, case, tmp_path):
    rows = in_use_after_mark(case, tmp_path / "case.duckdb", sample.swapped_subject)
    for where, release in (("call-centre", "router@v1.1.0"), ("prod", "router@v1.1.0"), ("prod", "replies@v1.2.0")):
        assert rows[where, release] == "affected"
    assert rows["prod", "replies@v1.1.0"] == rows["", "replies@v1.3.0"] == "clear"
    assert sorted(verdict for (where, _), verdict in rows.items() if where == "phones") == ["affected", "clear"]


def test_a_bad_run_of_the_store_leaves_no_release_clear_that_lay_where_it_wrote(case, tmp_path):
    """The store states no digest of what this run made, and DVC has its own record of the same training."""
    rows = in_use_after_mark(case, tmp_path / "case.duckdb", "mlmd:execution/6")
    assert rows["prod", "tone@v1.1.0"] == rows["prod", "tone@v1.2.0"] == "unknown"


def test_deployments_name_releases_and_bytes_that_are_on_record(sample):
    rows = list(csv.DictReader(sample.deployments.read_text().splitlines()))
    tags = set(git(sample.consumer, "tag").split())
    assert {row["release"] for row in rows} - {""} <= tags
    stated = {row[0] for row in _rows(sample.store, "SELECT string_value FROM ArtifactProperty WHERE name = 'sha256'")}
    assert {row["digest"].removeprefix("sha256:") for row in rows} - {""} == stated


def test_the_store_states_what_the_repository_recorded(sample):
    digests = {
        item["md5"]
        for commit in git(sample.consumer, "rev-list", "--all", "--", "dvc.lock").split()
        for stage in lock_at(sample, commit).values()
        for item in (*stage["deps"], *stage["outs"])
    }
    stated = [row[0].lower() for row in _rows(sample.store, "SELECT string_value FROM ArtifactProperty")]
    md5s = {value.removeprefix("md5:") for value in stated if len(value) != 64}
    assert md5s <= digests
    assert any(md5.endswith(".dir") for md5 in md5s)
    commits = set(git(sample.consumer, "rev-list", "--all").split())
    named = "SELECT string_value FROM ExecutionProperty WHERE name LIKE 'Git_%_Commit'"
    assert {row[0] for row in _rows(sample.store, named)} <= commits
    assert _rows(sample.store, "SELECT count(*) FROM Execution WHERE last_known_state = 5") == [(1,)]


def test_the_store_is_what_the_client_writes(sample):
    pytest.importorskip("ml_metadata")
    assert written_store(PIPELINE, training_runs(sample.consumer)) == STORE.read_text(encoding="utf-8")


def test_a_folder_that_is_taken_is_refused(sample):
    with pytest.raises(FileExistsError, match="there already"):
        build(sample.registry.parent)


def test_the_demo_tells_the_story(tmp_path, capfd):
    assert run_demo(tmp_path / "kept", incident="supply-chain", progress=False) == 0
    printed = capfd.readouterr().out
    commands = [part.split()[1] for part in printed.split("\n$ ")[2:] if part.startswith("forensics ")]
    assert commands == ["ingest", "log", "mark", "blast-radius", "releases", "blast-radius", "rollback"]
    assert re.search(r"AFFECTED AND LIVE in phones", printed)
    assert re.search(r"^consumer .*models/replies/model\.json +replies@v1\.3\.0 +present ", printed, re.MULTILINE)
    assert (tmp_path / "kept" / "case.duckdb").exists()


def _rows(store: Path, statement: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as database:
        return database.execute(statement).fetchall()
