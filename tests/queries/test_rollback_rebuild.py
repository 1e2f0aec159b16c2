"""``rollback`` where no clean version is left: the plan that makes one is run."""

import subprocess
from pathlib import Path

import yaml

from forensics.report.script import script
from forensics_connectors.dvc.hashing import file_digests
from forensics_connectors.dvc.presence import Finder
from forensics_queries.rollback import rollback
from tests.support.dvcrepo import DvcRepo
from tests.support.restoring import MODEL, CaseOf, ingested, mark_bad, md5, poisoned_from_the_start, shell
from tests.support.toy import Run, Step, Toy


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
