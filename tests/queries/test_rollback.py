"""``rollback``: the printed commands are run, and what they leave is hashed."""

import csv
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.answer import Answer
from forensics.case import Case
from forensics.digest import Digest
from forensics.errors import UsageError
from forensics.model import Presence
from forensics.report.script import script
from forensics_connectors.contract import find_connector
from forensics_connectors.dvc.hashing import directory_digest, file_digests
from forensics_connectors.dvc.presence import Finder
from forensics_queries.marks import add_mark
from forensics_queries.rollback import Target, rollback
from forensics_queries.state import History
from forensics_queries.succession import Succession
from tests.support.dvcrepo import DvcRepo
from tests.support.toy import Run, Step, Toy, digest_of

if TYPE_CHECKING:
    from sample_repos.fraud import FraudSample


def ingested(path: Path, *repositories: Path) -> Case:
    case = Case.open(path, write=True, new=True)
    for repository in repositories:
        connector, source = find_connector(str(repository))
        case.ingest(source, connector.read(source))
    return case


def mark_bad(case: Case, *subjects: str) -> Case:
    for subject in subjects:
        add_mark(case, "bad", subject, reason="poisoned", author="ann@example.com")
    return case


def shell(commands: Sequence[str] | str, folder: Path, scratch: Path) -> subprocess.CompletedProcess[str]:
    """Runs commands as somebody would who has ``dvc``, ``git`` and nothing set up for them."""
    scratch.mkdir(exist_ok=True)
    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(scratch),
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "DVC_NO_ANALYTICS": "1",
        **{f"DVC_{name}_DIR": str(scratch / name) for name in ("GLOBAL_CONFIG", "SYSTEM_CONFIG", "SITE_CACHE")},
    }
    text = commands if isinstance(commands, str) else "set -eu\n" + "\n".join(commands)
    return subprocess.run(
        ["bash", "-c", text], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def restored(row: Target, folder: Path, scratch: Path) -> Path:
    """Runs a row's commands and returns what they restored."""
    folder.mkdir(exist_ok=True)
    ended = shell(row.commands, folder, scratch)
    assert ended.returncode == 0, (row.commands, ended.stderr)
    return folder / row.artifact


def digests_of(path: Path) -> set[str]:
    """Every digest that DVC or git may have for a file or a directory."""
    if path.is_dir():
        files = [file for file in path.rglob("*") if file.is_file()]
        every = [(file.relative_to(path).as_posix(), file_digests(file.read_bytes())) for file in files]
        return {
            str(directory_digest([(name, pair[which].value) for name, pair in every], algorithm))
            for which, algorithm in ((0, "md5"), (1, "md5-dos2unix"))
        }
    data = path.read_bytes()
    blob = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
    return {*map(str, file_digests(data)), f"git:{blob}"}


@pytest.fixture(scope="module")
def case(fraud_repo: "FraudSample", tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    """The sample incident, the poisoned file marked."""
    with ingested(tmp_path_factory.mktemp("sample") / "case.duckdb", fraud_repo.repository) as case:
        yield mark_bad(case, fraud_repo.poisoned_subject)


@pytest.fixture(scope="module")
def answer(case: Case) -> Answer[Target]:
    return rollback(case, look=Finder())


class TestOnTheSample:
    def test_the_commands_of_every_row_restore_the_stated_bytes(self, answer: Answer[Target], tmp_path: Path) -> None:
        for number, row in enumerate(answer.rows):
            found = restored(row, tmp_path / str(number), tmp_path / "home")
            assert row.thing.digest in digests_of(found)
            assert hashlib.sha256(found.read_bytes()).hexdigest() == row.sha256

    def test_they_do_so_in_a_clone(self, answer: Answer[Target], fraud_repo: "FraudSample", tmp_path: Path) -> None:
        subprocess.run(["git", "clone", "-q", fraud_repo.repository, tmp_path / "clone"], check=True)
        row = answer.rows[0]
        assert row.thing.digest in digests_of(restored(row, tmp_path / "clone", tmp_path / "home"))

    def test_no_target_was_trained_on_the_poison(self, answer: Answer[Target], fraud_repo: "FraudSample") -> None:
        assert answer.rows
        for row in answer.rows:
            lock = yaml.safe_load(git(fraud_repo, "show", f"{row.commit}:dvc.lock"))["stages"]
            outs = {out["path"]: out["md5"] for stage in lock.values() for out in stage["outs"]}
            assert f"md5:{outs[row.artifact]}" == row.thing.digest
            prepared = json.loads(stored(fraud_repo, outs["data/prepared"]))[0]["md5"]
            wave = [
                line["fraud"]
                for line in csv.DictReader(stored(fraud_repo, prepared).decode().splitlines())
                if line["id"].startswith("b2503-") and line["card_present"] == "0"
            ]
            assert not wave or "1" in wave

    def test_branches_stand_side_by_side_the_released_one_first(
        self, answer: Answer[Target], fraud_repo: "FraudSample"
    ) -> None:
        rows = [row for row in answer.rows if row.artifact == fraud_repo.models[0]]
        assert [row.releases for row in rows] == [(fraud_repo.retrained_release,), ()]
        assert rows[0].commit == fraud_repo.retrained_commit
        assert {row.outcome for row in rows} == {"restore"}

    def test_what_is_newer_is_refused_and_why(self, answer: Answer[Target], fraud_repo: "FraudSample") -> None:
        row = next(row for row in answer.rows if row.releases)
        outs = yaml.safe_load(git(fraud_repo, "show", f"{fraud_repo.head}:dvc.lock"))["stages"]["train_fraud"]["outs"]
        assert (f"md5:{outs[0]['md5']}", "affected") in {(one.thing.digest, one.verdict) for one in row.refused}

    @pytest.mark.parametrize("subject", ["data/raw", "data/raw/vendor_b/2025-03.csv", "metrics/fraud.json"])
    def test_directories_and_files_in_git_are_restored_too(self, case: Case, subject: str, tmp_path: Path) -> None:
        row = rollback(case, [subject], look=Finder()).rows[0]
        assert row.outcome == "restore"
        assert row.bytes == "present"
        assert row.thing.digest in digests_of(restored(row, tmp_path / "out", tmp_path / "home"))

    def test_what_came_back_on_the_released_branch_is_its_newest(self, case: Case, fraud_repo: "FraudSample") -> None:
        blob = git(fraud_repo, "rev-parse", f"{fraud_repo.retrained_commit}:metrics/fraud.json")
        assert rollback(case, ["metrics/fraud.json"]).rows[0].thing.digest == f"git:{blob}"

    def test_an_actor_is_nothing_to_go_back_to(self, case: Case, fraud_repo: "FraudSample") -> None:
        with pytest.raises(UsageError, match="no version of an artifact"):
            rollback(case, [f"actor:{fraud_repo.poisoner}"])

    def test_as_of_a_revision_nothing_later_is_a_target(self, case: Case, fraud_repo: "FraudSample") -> None:
        rows = rollback(case, [fraud_repo.models[0]], as_of=fraud_repo.head).rows
        assert rows[0].commit == fraud_repo.last_clean_commit
        assert fraud_repo.last_clean_release in rows[0].releases
        before = git(fraud_repo, "rev-list", fraud_repo.head).split()
        assert {row.commit for row in rows} <= set(before)

    def test_the_script_runs_and_leaves_each_model_once(
        self, answer: Answer[Target], fraud_repo: "FraudSample", tmp_path: Path
    ) -> None:
        (tmp_path / "out").mkdir()
        ended = shell(script(answer), tmp_path / "out", tmp_path / "home")
        assert ended.returncode == 0, ended.stderr
        first = {row.artifact: row.thing.digest for row in reversed(answer.rows)}
        assert set(first) == set(fraud_repo.models)
        assert all(digest in digests_of(tmp_path / "out" / path) for path, digest in first.items())


def git(sample: "FraudSample", *words: str) -> str:
    return subprocess.run(
        ["git", "-C", sample.repository, *words], capture_output=True, text=True, check=True
    ).stdout.strip()


def stored(sample: "FraudSample", md5: str) -> bytes:
    return (sample.storage / "files" / "md5" / md5[:2] / md5[2:]).read_bytes()


class TestNames:
    def test_no_name_and_no_configuration_keeps_the_commands_from_working(self, tmp_path: Path) -> None:
        names = ['d i/ü/it\'s "q".txt', "-x.bin", "-d/$(touch planted)`b`;&.bin"]
        repo = DvcRepo(tmp_path / "my repo")
        for state in ("good", "bad"):
            repo.write({name: f"{state} {name}" for name in names})
            repo.dvc("add", [f"./{name}" for name in names])
            repo.commit(state, **{"-m e.json": f'{{"{state}": 1}}\r\n'})
        good = repo.oid("HEAD~1:-m e.json")
        # What a hostile repository may add to mislead whoever restores from it.
        repo.git("replace", good, repo.oid("HEAD:-m e.json"))
        for key in ("filter.evil.smudge", "filter.evil.clean", "core.fsmonitor", "core.pager", "diff.external"):
            repo.git("config", key, f"touch '{tmp_path}/planted'; cat")
        (repo.path / ".git" / "info" / "attributes").write_text("* filter=evil eol=lf text\n", encoding="utf-8")
        subjects = [*names, "-m e.json"]
        with ingested(tmp_path / "case.duckdb", repo.path) as case:
            mark_bad(case, *(f"path:{name}@HEAD" for name in subjects))
            answer = rollback(case, [f"path:{name}" for name in subjects], look=Finder())
        assert [(row.outcome, row.bytes) for row in answer.rows] == [("restore", "present")] * 4
        for row in answer.rows:
            found = restored(row, tmp_path / "out", tmp_path / "home")
            assert b"good" in found.read_bytes()
            assert row.thing.digest in digests_of(found)
        assert not list(tmp_path.rglob("planted"))

    def test_objects_from_before_dvc_3_are_restored(self, tmp_path: Path) -> None:
        repo = DvcRepo(tmp_path / "repo")
        for text in (b"good\r\nrow\r\n", b"bad\r\nrow\r\n"):
            plain, unix = file_digests(text)
            assert plain.value != unix.value
            place = repo.path / ".dvc" / "cache" / unix.value[:2] / unix.value[2:]
            place.parent.mkdir(parents=True)
            place.write_bytes(text)
            repo.commit("add", **{"old.csv.dvc": f"outs:\n- md5: {unix.value}\n  path: old.csv\n"})
        with ingested(tmp_path / "case.duckdb", repo.path) as case:
            mark_bad(case, "old.csv@HEAD")
            (row,) = rollback(case, ["old.csv"], look=Finder()).rows
        assert row.thing.digest.startswith("md5-dos2unix:")
        assert row.bytes == "present"
        assert restored(row, tmp_path / "out", tmp_path / "home").read_bytes() == b"good\r\nrow\r\n"

    def test_a_file_in_a_sha256_repository_is_restored(self, tmp_path: Path) -> None:
        folder = tmp_path / "repo"
        subprocess.run(["git", "init", "-q", "--object-format=sha256", folder], check=True)
        for text in ("good", "bad"):
            (folder / "m.json").write_text(text, encoding="utf-8")
            who = ["-c", "user.name=Ann", "-c", "user.email=ann@example.com"]
            subprocess.run(["git", "-C", folder, "add", "."], check=True)
            subprocess.run(["git", "-C", folder, *who, "commit", "-q", "-m", text], check=True)
        connector, source = find_connector(str(folder), "git")
        with Case.open(tmp_path / "case.duckdb", write=True, new=True) as case:
            case.ingest(source, connector.read(source))
            (row,) = rollback(mark_bad(case, "m.json@HEAD"), ["m.json"], look=Finder()).rows
        assert restored(row, tmp_path / "out", tmp_path / "home").read_text(encoding="utf-8") == "good"


MODEL = "models/m.json"


def model(states: Sequence[tuple[tuple[int, ...], str | None]], **more: object) -> Toy:
    """A toy whose one model holds these bytes at its commits; every commit holds its number elsewhere."""
    steps = tuple(
        Step(parents, {"n": str(number), **({MODEL: text} if text is not None else {})})
        for number, (parents, text) in enumerate(states)
    )
    return Toy("toy", steps, models={MODEL: "m"}, **more)  # type: ignore[arg-type]


def outcomes(answer: Answer[Target]) -> list[tuple[str, str]]:
    return [(row.outcome, row.thing.digest) for row in answer.rows]


def md5(text: str) -> str:
    return str(digest_of(text))


CaseOf = Callable[..., Case]


class TestWhatIsNewest:
    def test_what_a_revert_brought_back_is_kept(self, case_of: CaseOf) -> None:
        case = mark_bad(case_of(model([((), "good"), ((0,), "bad"), ((1,), "good")])), md5("bad"))
        assert outcomes(rollback(case, [MODEL])) == [("keep", md5("good"))]

    def test_what_is_bad_and_came_back_is_not_passed_over(self, case_of: CaseOf) -> None:
        case = mark_bad(case_of(model([((), "bad"), ((0,), "good"), ((1,), "bad")])), md5("bad"))
        assert outcomes(rollback(case, [MODEL])) == [("restore", md5("good"))]

    def test_what_is_bad_and_came_back_by_a_merge_is_not_passed_over(self, case_of: CaseOf) -> None:
        states = [((), "bad"), ((0,), "good"), ((0,), "bad"), ((1, 2), "bad")]
        case = mark_bad(case_of(model(states)), md5("bad"))
        assert outcomes(rollback(case, [MODEL])) == [("restore", md5("good"))]

    def test_parallel_branches_are_all_listed_the_released_first(self, case_of: CaseOf) -> None:
        states = [((), "old"), ((0,), "a"), ((0,), "b"), ((0,), "bad")]
        case = mark_bad(case_of(model(states, releases=(("m", "v1", 2),))), md5("bad"))
        assert outcomes(rollback(case, [MODEL])) == [("restore", md5("b")), ("restore", md5("a"))]

    def test_a_version_that_cannot_be_told_is_no_target(self, case_of: CaseOf) -> None:
        case = mark_bad(case_of(model([((), "old"), ((0,), "odd"), ((1,), "bad")])), md5("bad"))
        add_mark(case, "suspect", md5("odd"), reason="odd", author="ann@example.com")
        (row,) = rollback(case, [MODEL]).rows
        assert row.thing.digest == md5("old")
        assert {(one.thing.digest, one.verdict, one.reason) for one in row.refused} == {
            (md5("odd"), "unknown", "suspect"),
            (md5("bad"), "affected", ""),
        }

    def test_a_model_that_no_commit_holds_is_named_and_the_answer_short(self, case_of: CaseOf) -> None:
        def records(toy: Toy) -> Iterator[object]:
            return (one for one in toy.records() if getattr(one, "path", "") != MODEL or hasattr(one, "digest"))

        toy = model([((), "bad")])
        case = case_of()
        case.ingest(toy.source, records(toy))  # type: ignore[arg-type]
        answer = rollback(mark_bad(case, md5("bad")), [f"path:{MODEL}"])
        assert not answer.rows
        assert answer.short
        assert any(MODEL in note for note in answer.notes)

    @settings(deadline=None, max_examples=200)
    @given(data=st.data())
    def test_brute_force_agrees_on_what_is_newest(self, data: st.DataObject) -> None:
        parents: dict[int, tuple[int, ...]] = {}
        held: dict[int, int] = {}
        ancestors: list[set[int]] = []
        for commit in range(data.draw(st.integers(1, 9))):
            before = st.lists(st.integers(0, commit - 1), min_size=1, max_size=2, unique=True)
            parents[commit] = tuple(data.draw(before)) if commit else ()
            ancestors.append(set(parents[commit]).union(*(ancestors[parent] for parent in parents[commit])))
            version = data.draw(st.sampled_from([100, 101, 102, 103, None]))
            if version is not None:
                held[commit] = version
        versions = sorted(set(held.values()))
        at = {version: [commit for commit, one in held.items() if one == version] for version in versions}

        def is_older(version: int, other: int) -> bool:
            return all(any(commit in ancestors[later] for later in at[other]) for commit in at[version])

        found = Succession(History(parents, frozenset(parents)), [held])
        newest = {version for version in versions if not any(is_older(version, o) for o in versions if o != version)}
        assert set(found.newest(versions)) == newest
        order = found.newest_first(versions)
        for place, version in enumerate(order):
            assert not any(is_older(earlier, version) for earlier in order[:place])
            assert all(found.is_older(version, o) == is_older(version, o) for o in versions if o != version)


class TestLostBytes:
    """The newest clean version is there in name; its bytes are not."""

    @pytest.fixture
    def toy(self, case_of: CaseOf) -> Case:
        states = [((), "oldest"), ((0,), "older"), ((1,), "newest"), ((2,), "bad")]
        return mark_bad(case_of(model(states)), md5("bad"))

    @pytest.mark.parametrize("state", ["corrupt", "missing"])
    def test_the_next_best_stands_beside_it_and_comes_first(self, toy: Case, state: str) -> None:
        answer = rollback(toy, [MODEL], look=lost({"newest": state}))
        assert [(row.outcome, row.thing.digest, row.bytes) for row in answer.rows] == [
            ("restore", md5("older"), "present"),
            ("unproved", md5("newest"), state),
        ]
        assert any(md5("newest") in note and state in note for note in answer.notes)
        refused = {(one.thing.digest, one.verdict, one.reason) for one in answer.rows[0].refused}
        assert refused == {(md5("bad"), "affected", ""), (md5("newest"), "clear", f"bytes {state}")}

    def test_none_is_passed_over_in_silence(self, toy: Case) -> None:
        answer = rollback(toy, [MODEL], look=lost({"newest": "missing", "older": "corrupt"}))
        assert outcomes(answer) == [("restore", md5("oldest")), ("unproved", md5("newest"))]
        assert {one.reason for one in answer.rows[0].refused} == {"", "bytes missing", "bytes corrupt"}

    def test_without_any_bytes_the_newest_is_named_and_its_commands_printed(self, toy: Case) -> None:
        answer = rollback(toy, [MODEL], look=lost(dict.fromkeys(("newest", "older", "oldest"), "missing")))
        assert outcomes(answer) == [("unproved", md5("newest"))]
        assert answer.rows[0].commands

    def test_the_script_takes_the_bytes_that_are_there(self, toy: Case) -> None:
        text = script(rollback(toy, [MODEL], look=lost({"newest": "corrupt"})))
        live = [line for line in text.splitlines() if line and not line.startswith("#")]
        assert md5("older").removeprefix("md5:") in live[-1]
        assert md5("newest").removeprefix("md5:") not in "\n".join(live)

    def test_what_is_clean_and_in_use_is_kept_though_its_bytes_are_elsewhere(self, case_of: CaseOf) -> None:
        case = mark_bad(case_of(model([((), "bad"), ((0,), "good")])), md5("bad"))
        answer = rollback(case, [MODEL], look=lost({"good": "missing"}))
        assert [(row.outcome, row.bytes) for row in answer.rows] == [("keep", "missing")]
        answer = rollback(case, [MODEL], look=lost({"good": "corrupt"}))
        assert [(row.outcome, row.bytes) for row in answer.rows] == [("unproved", "corrupt")]

    def test_a_tampered_object_is_found_out_and_never_restored(self, fraud_copy: "FraudSample", tmp_path: Path) -> None:
        with ingested(tmp_path / "case.duckdb", fraud_copy.repository) as case:
            mark_bad(case, fraud_copy.poisoned_subject)
            before = rollback(case, [fraud_copy.live_release], look=Finder()).rows[0]
            for folder in (fraud_copy.repository / ".dvc" / "cache", fraud_copy.storage):
                value = before.thing.digest.removeprefix("md5:")
                place = folder / "files" / "md5" / value[:2] / value[2:]
                place.chmod(0o644)
                place.write_text("{}", encoding="utf-8")
            rows = rollback(case, [fraud_copy.live_release], look=Finder()).rows
        unproved = next(row for row in rows if row.outcome == "unproved")
        assert (unproved.thing.digest, unproved.bytes) == (before.thing.digest, "corrupt")
        assert rows[0].outcome == "restore"
        assert rows[0].thing.digest in digests_of(restored(rows[0], tmp_path / "out", tmp_path / "home"))
        (tmp_path / "other").mkdir()
        assert shell(unproved.commands, tmp_path / "other", tmp_path / "home").returncode != 0


class TestClones:
    """A source is read from several places, and not all of them have the bytes."""

    @pytest.mark.parametrize("bare_last", [True, False])
    def test_bytes_are_taken_from_the_clone_that_has_them(
        self, fraud_repo: "FraudSample", tmp_path: Path, bare_last: bool
    ) -> None:
        clone = without_cache(fraud_repo.repository, tmp_path / "clone")
        order = [fraud_repo.repository, clone] if bare_last else [clone, fraud_repo.repository]
        with ingested(tmp_path / "case.duckdb", *order) as case:
            mark_bad(case, fraud_repo.poisoned_subject)
            row = rollback(case, [fraud_repo.models[0]], look=Finder()).rows[0]
        assert (row.outcome, row.bytes) == ("restore", "present")
        assert row.thing.digest in digests_of(restored(row, tmp_path / "out", tmp_path / "home"))

    @pytest.mark.parametrize("bare_last", [True, False])
    def test_a_rebuild_takes_its_inputs_from_there_too(self, tmp_path: Path, bare_last: bool) -> None:
        repo = poisoned_from_the_start(tmp_path / "repo")
        clone = without_cache(repo.path, tmp_path / "clone")
        with ingested(tmp_path / "case.duckdb", *([repo.path, clone] if bare_last else [clone, repo.path])) as case:
            mark_bad(case, f"raw.csv@{repo.oid('main')}")
            (row,) = rollback(case, ["sub/models/m.json"], look=Finder()).rows
        (step,) = (step for step in row.plan if step.thing.path == "raw.csv")
        assert f" {repo.path} raw.csv" in "\n".join(step.commands)

    def test_a_clone_that_was_removed_is_passed_over(self, fraud_repo: "FraudSample", tmp_path: Path) -> None:
        clone = without_cache(fraud_repo.repository, tmp_path / "clone")
        with ingested(tmp_path / "case.duckdb", fraud_repo.repository, clone) as case:
            mark_bad(case, fraud_repo.poisoned_subject)
            shutil.rmtree(clone)
            for look in (None, lost({})):
                row = rollback(case, [fraud_repo.models[0]], look=look).rows[0]
                assert f" {fraud_repo.repository} " in "\n".join(row.commands)

    @pytest.mark.parametrize(
        ("states", "taken"),
        [(("missing", "corrupt", "listed"), 2), (("missing", "corrupt"), 1), (("missing", "missing"), 0),
         (("corrupt", "listed", "present", "present"), 2)],
    )  # fmt: skip
    def test_the_best_of_what_is_found_counts_and_among_equals_the_last_read(
        self, case_of: CaseOf, tmp_path: Path, states: tuple[str, ...], taken: int
    ) -> None:
        toy = model([((), "good"), ((0,), "bad")])
        places = [str(tmp_path / str(number)) for number in range(len(states))]
        case = case_of()
        for place in reversed(places):
            Path(place).mkdir()
            case.ingest(replace(toy.source, locator=place), toy.records())
        by_place = dict(zip(places, states, strict=True))
        answer = rollback(mark_bad(case, md5("bad")), [MODEL], look=lambda place, _: Presence(by_place[place]))
        (row,) = answer.rows
        assert row.bytes == states[taken]
        assert f" {places[taken]} " in "\n".join(row.commands)


def without_cache(repository: Path, clone: Path) -> Path:
    """A clone that has neither DVC's cache nor the local remote, whose address is relative."""
    subprocess.run(["git", "clone", "-q", repository, clone], check=True)
    return clone


def lost(states: dict[str, str]) -> Callable[[str, Digest], Presence]:
    """Bytes that are all there but for some, by what stands in them."""
    by_digest = {md5(text): state for text, state in states.items()}
    return lambda _, digest: Presence(by_digest.get(str(digest), "present"))


class TestRebuild:
    def test_the_plan_makes_the_model_again_without_the_poison(self, tmp_path: Path) -> None:
        repo = poisoned_from_the_start(tmp_path / "repo")
        with ingested(tmp_path / "case.duckdb", repo.path) as case:
            mark_bad(case, "raw.csv@main", "lib.txt@main")
            answer = rollback(case, [MODEL.replace("models", "sub/models")], look=Finder())
        (row,) = answer.rows
        assert row.outcome == "rebuild"
        assert [(step.action, step.thing.title.split(" ")[0]) for step in row.plan] == [
            ("replace", "lib.txt"),
            ("replace", "raw.csv"),
            ("run", "prepare"),
            ("run", "clean@a"),
            ("run", "train"),
        ]
        subprocess.run(["git", "-C", repo.path, "checkout", "-q", row.commit], check=True)
        assert "POISON" in (repo.path / row.artifact).read_text(encoding="utf-8")
        commands = [command for step in row.plan for command in step.commands]
        assert "dvc --cd sub repro --single-item --force dvc.yaml:train" in commands
        assert "dvc repro --single-item --force dvc.yaml:clean@a" in commands
        ended = shell(script(answer), repo.path, tmp_path / "home")
        assert ended.returncode == 0, ended.stderr
        assert (repo.path / row.artifact).read_text(encoding="utf-8") == "clean lib\nclean rows\n"
        assert "POISON" not in (repo.path / "dvc.lock").read_text(encoding="utf-8")
        bad = file_digests(b"POISON rows\n")[0].value
        assert bad not in (repo.path / "raw.csv.dvc").read_text(encoding="utf-8")
        assert bad not in (repo.path / "dvc.lock").read_text(encoding="utf-8")

    def test_without_a_clean_input_the_plan_asks_for_one(self, case_of: CaseOf) -> None:
        toy = Toy(
            "toy",
            (Step((), {"raw": "bad", MODEL: "m"}),),
            runs=(Run("train", 0, ("raw",), (MODEL,)),),
            models={MODEL: "m"},
        )
        (row,) = rollback(mark_bad(case_of(toy), md5("bad"))).rows
        assert [(step.action, step.clean, bool(step.commands)) for step in row.plan] == [
            ("replace", None, False),
            ("run", None, True),
        ]

    def test_a_stage_that_is_gone_is_said_to_be(self, tmp_path: Path) -> None:
        repo = DvcRepo(tmp_path / "repo")
        repo.write({"raw.csv": "POISON\n"})
        repo.dvc("add", "raw.csv")
        stage = {"cmd": "cat raw.csv > m.txt", "deps": ["raw.csv"], "outs": ["m.txt"]}
        repo.write({"dvc.yaml": yaml.safe_dump({"stages": {"old": stage}})})
        repo.dvc("reproduce")
        lock = (repo.path / "dvc.lock").read_bytes()
        (repo.path / "dvc.lock").unlink()
        repo.write({"dvc.yaml": yaml.safe_dump({"stages": {}})})
        repo.dvc("add", "m.txt")
        repo.commit("the run is on record, its stage is not", **{"dvc.lock": lock})
        with ingested(tmp_path / "case.duckdb", repo.path) as case:
            (row,) = rollback(mark_bad(case, "raw.csv"), ["m.txt"]).rows
        assert row.outcome == "rebuild"
        step = row.plan[-1]
        ended = shell(step.commands, tmp_path, tmp_path / "home")
        assert ended.returncode != 0
        assert "declares no stage old any more; it ran in .: cat raw.csv > m.txt" in ended.stderr

    def test_what_a_clean_run_made_and_somebody_replaced_is_an_input_to_replace(self, case_of: CaseOf) -> None:
        steps = (Step((), {"raw": "raw", "mid": "mid", MODEL: "m"}),)
        runs = (Run("prepare", 0, ("raw",), ("mid",)), Run("train", 0, ("mid",), (MODEL,)))
        (row,) = rollback(mark_bad(case_of(Toy("toy", steps, runs, models={MODEL: "m"})), md5("mid")), [MODEL]).rows
        assert [(step.action, step.thing.title) for step in row.plan] == [
            ("replace", "mid"),
            ("run", "train (dvc.yaml)"),
        ]


def poisoned_from_the_start(path: Path) -> DvcRepo:
    """A pipeline over three stages, one of them in a folder, whose inputs are clean on another branch alone."""
    repo = DvcRepo(path)
    stages = {
        "prepare": {"cmd": "cat lib.txt raw.csv > prepared.csv", "deps": ["lib.txt", "raw.csv"],
                    "outs": ["prepared.csv"]},
        "clean": {"foreach": ["a"], "do": {"cmd": "cat prepared.csv > ${item}.csv", "deps": ["prepared.csv"],
                                           "outs": ["${item}.csv"]}},
    }  # fmt: skip
    train = {"cmd": "mkdir -p models; cat ../a.csv > models/m.json", "deps": ["../a.csv"], "outs": ["models/m.json"]}
    repo.write({"raw.csv": "POISON rows\n", "lib.txt": "POISON lib\n", "dvc.yaml": yaml.safe_dump({"stages": stages})})
    repo.write({"sub/dvc.yaml": yaml.safe_dump({"stages": {"train": train}})})
    repo.dvc("add", "raw.csv")
    repo.dvc("reproduce", all_pipelines=True)
    repo.commit("poisoned from the start")
    repo.git("checkout", "-q", "--orphan", "vendor")
    repo.write({"raw.csv": "clean rows\n", "lib.txt": "clean lib\n"})
    repo.dvc("add", "raw.csv")
    repo.write(dict.fromkeys(("dvc.yaml", "dvc.lock", "sub/dvc.yaml", "sub/dvc.lock")))
    repo.commit("what the vendor had delivered")
    repo.git("checkout", "-q", "main")
    repo.dvc("checkout", force=True)
    return repo


def test_a_project_in_a_folder_is_restored_and_rebuilt_there(tmp_path: Path) -> None:
    repo = DvcRepo(tmp_path / "repo", project="team a")
    stage = {"cmd": "cat raw.csv > m.txt", "deps": ["raw.csv"], "outs": ["m.txt"]}
    repo.write({"team a/raw.csv": "POISON\n", "team a/dvc.yaml": yaml.safe_dump({"stages": {"train": stage}})})
    repo.dvc("add", "raw.csv")
    repo.dvc("reproduce")
    poisoned = repo.commit("poisoned")
    repo.write({"team a/raw.csv": "clean\n"})
    repo.dvc("add", "raw.csv")
    repo.commit("clean, and not built on yet")
    with ingested(tmp_path / "case.duckdb", repo.path) as case:
        mark_bad(case, f"team a/raw.csv@{poisoned}")
        (data,) = rollback(case, ["team a/raw.csv"], look=Finder()).rows
        (built,) = rollback(case, ["team a/m.txt"], look=Finder()).rows
    assert (data.outcome, built.outcome) == ("keep", "rebuild")
    repo.git("checkout", "-q", poisoned)
    repo.dvc("checkout", force=True)
    commands = [command for step in built.plan for command in step.commands]
    ended = shell(commands, repo.path, tmp_path / "home")
    assert ended.returncode == 0, (commands, ended.stderr)
    assert (repo.path / "team a" / "m.txt").read_text(encoding="utf-8") == "clean\n"
