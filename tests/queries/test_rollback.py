"""``rollback``: the printed commands are run, and what they leave is hashed."""

import csv
import hashlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from forensics.answer import Answer
from forensics.case import Case
from forensics.errors import UsageError
from forensics.report.script import script
from forensics_connectors.contract import find_connector
from forensics_connectors.dvc.hashing import file_digests
from forensics_connectors.dvc.presence import Finder
from forensics_queries.rollback import Target, rollback
from tests.support.dvcrepo import DvcRepo
from tests.support.restoring import digests_of, ingested, mark_bad, restored, shell

if TYPE_CHECKING:
    from sample_repos.fraud import FraudSample


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
