"""The rules of taint that need what every commit holds: through the real connector, or by a question."""

from pathlib import Path

import pytest

from forensics.case import Case
from forensics_connectors.contract import find_connector
from forensics_queries.blast_radius import blast_radius
from forensics_queries.marks import add_mark
from forensics_queries.rollback import rollback
from tests.support.gitrepo import GitRepo
from tests.support.records import md5
from tests.support.toy import Step, Toy, digest_of

STAGE = "stages:\n  train:\n    cmd: train\n    deps:\n    - data\n    outs:\n    - model\n"
MODEL = "models/m.bin"


def lock(source: str, made: str) -> str:
    item = "    - path: {}\n      hash: md5\n      md5: {}\n      size: 9\n"
    deps, outs = item.format("data", md5(source)), item.format("model", md5(made))
    return f"schema: '2.0'\nstages:\n  train:\n    cmd: train\n    deps:\n{deps}    outs:\n{outs}"


def tracked(text: str) -> str:
    return f"outs:\n- md5: {md5(text)}\n  size: 9\n  hash: md5\n  path: data\n"


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    repo = GitRepo(tmp_path / "repo")
    repo.write({".dvc/config": "", "dvc.yaml": STAGE})
    return repo


def verdicts(repo: GitRepo, bad: str, **more: object) -> tuple[dict[str, str], dict[str, str], set[str]]:
    """Verdict and kind by ``path md5``, and the kinds of findings."""
    connector, source = find_connector(str(repo.path))
    with Case.open(repo.path.parent / "case.duckdb", write=True, new=True) as case:
        case.ingest(source, connector.read(source))
        rows = blast_radius(case, [f"md5:{md5(bad)}"], **more).rows  # type: ignore[arg-type]
        found = {f"{row.thing.path} {row.thing.digest.removeprefix('md5:')}": row for row in rows}
        kinds = {kind for (kind,) in case.rows("SELECT kind FROM findings")}
        return {n: r.verdict for n, r in found.items()}, {n: r.kind for n, r in found.items()}, kinds


class TestRule6WhatWasConsumedIsWhatTheLockSays:
    def test_a_run_is_judged_by_its_lock_not_by_what_lies_beside_it(self, repo: GitRepo) -> None:
        repo.commit(**{"data.dvc": tracked("poison"), "dvc.lock": lock("poison", "first")})
        repo.commit(**{"data.dvc": tracked("mended"), "dvc.lock": lock("poison", "stale")})
        found, _, findings = verdicts(repo, "poison")
        assert found[f"model {md5('stale')}"] == "affected"
        assert f"data {md5('mended')}" not in found
        assert "stale-lock" in findings

    def test_what_lies_beside_a_lock_taints_nothing(self, repo: GitRepo) -> None:
        repo.commit(**{"data.dvc": tracked("clean"), "dvc.lock": lock("clean", "m")})
        repo.commit(**{"data.dvc": tracked("poison")})
        found, _, findings = verdicts(repo, "poison")
        assert f"model {md5('m')}" not in found
        assert "stale-lock" in findings

    def test_an_undeclared_entry_is_a_past_run_and_still_judged(self, repo: GitRepo) -> None:
        repo.commit(**{"data.dvc": tracked("poison"), "dvc.lock": lock("poison", "m")})
        repo.commit(**{"dvc.yaml": "stages: {}\n"})
        found, _, findings = verdicts(repo, "poison")
        assert found[f"model {md5('m')}"] == "affected"
        assert "undeclared" in findings

    def test_an_entry_that_was_never_declared_may_have_run_elsewhere(self, repo: GitRepo) -> None:
        repo.commit(**{"data.dvc": tracked("poison"), "dvc.lock": lock("poison", "m"), "dvc.yaml": "stages: {}\n"})
        found, _, findings = verdicts(repo, "poison")
        assert found[f"model {md5('m')}"] == "unknown"
        assert "undeclared" in findings

    def test_what_a_merged_lock_says_is_unknown(self, repo: GitRepo) -> None:
        repo.commit(**{"data.dvc": tracked("clean"), "dvc.lock": lock("clean", "m0")})
        repo.git("checkout", "-q", "-b", "side")
        repo.commit(**{"data.dvc": tracked("poison"), "dvc.lock": lock("poison", "m0")})
        repo.git("checkout", "-q", "main")
        repo.commit(**{"dvc.lock": lock("clean", "m1")})
        repo.write({"data.dvc": tracked("poison"), "dvc.lock": lock("poison", "m1")})
        repo.merge("side")
        found, _, findings = verdicts(repo, "poison")
        assert found[f"model {md5('m1')}"] == "unknown"
        assert "merged-lock" in findings

    def test_a_merged_lock_clears_nothing_where_what_was_merged_is_lost(self, repo: GitRepo) -> None:
        repo.commit(**{"data.dvc": tracked("clean"), "dvc.lock": lock("clean", "m0")})
        repo.git("checkout", "-q", "-b", "side")
        repo.commit(**{"data.dvc": tracked("mended"), "dvc.lock": lock("mended", "m0")})
        repo.git("checkout", "-q", "main")
        repo.commit(**{"data.dvc": tracked("poison"), "dvc.lock": None})
        repo.write({"data.dvc": tracked("mended"), "dvc.lock": lock("mended", "m1")})
        repo.merge("side")
        assert verdicts(repo, "poison")[0][f"model {md5('m1')}"] == "unknown"


class TestRule8MemoryOfAStage:
    @pytest.mark.parametrize("persists", [False, True])
    def test_a_persisted_output_may_come_of_runs_that_nobody_committed(self, repo: GitRepo, persists: bool) -> None:
        stage = STAGE.replace("- model\n", "- model:\n        persist: true\n") if persists else STAGE
        repo.commit(**{"dvc.yaml": stage, "data.dvc": tracked("clean"), "dvc.lock": lock("clean", "m0")})
        repo.commit(**{"data.dvc": tracked("poison")})
        repo.commit(**{"data.dvc": tracked("mended"), "dvc.lock": lock("mended", "m1")})
        found, _, _ = verdicts(repo, "poison")
        assert found.get(f"model {md5('m1')}") == ("unknown" if persists else None)
        assert f"model {md5('m0')}" not in found


class TestRule12MarksOfCommits:
    def judged(self, repo: GitRepo, bad: str) -> dict[str, str]:
        connector, source = find_connector(str(repo.path))
        with Case.open(repo.path.parent / "case.duckdb", write=True, new=True) as case:
            case.ingest(source, connector.read(source))
            return {row.thing.path: row.verdict for row in blast_radius(case, [f"commit:{bad}"]).rows}

    def test_a_command_that_it_wrote_and_a_later_commit_ran(self, repo: GitRepo) -> None:
        repo.commit(**{"data.dvc": tracked("clean")})
        bad = repo.commit(**{"dvc.yaml": STAGE.replace("cmd: train", "cmd: train --slip")})
        repo.commit(**{"dvc.lock": lock("clean", "m").replace("cmd: train", "cmd: train --slip")})
        assert self.judged(repo, bad)["model"] == "affected"

    def test_a_template_that_it_wrote_and_a_later_commit_ran_is_unknown(self, repo: GitRepo) -> None:
        repo.commit(**{"data.dvc": tracked("clean")})
        bad = repo.commit(**{"dvc.yaml": STAGE.replace("cmd: train", "cmd: train --slip ${lr}")})
        repo.commit(**{"dvc.lock": lock("clean", "m").replace("cmd: train", "cmd: train --slip 0.1")})
        assert self.judged(repo, bad)["model"] == "unknown"

    def test_a_template_of_another_command_is_not_asked(self, repo: GitRepo) -> None:
        repo.commit(**{"data.dvc": tracked("clean")})
        bad = repo.commit(**{"dvc.yaml": STAGE.replace("cmd: train", "cmd: other ${lr}")})
        repo.commit(**{"dvc.lock": lock("clean", "m"), "dvc.yaml": STAGE})
        assert "model" not in self.judged(repo, bad)

    def test_a_template_that_it_only_brought_back_is_not_its_doing(self, repo: GitRepo) -> None:
        template = STAGE.replace("cmd: train", "cmd: train ${lr}")
        ran = lock("clean", "m").replace("cmd: train", "cmd: train 0.1")
        repo.commit(**{"data.dvc": tracked("clean"), "dvc.yaml": template, "dvc.lock": ran})
        repo.commit(**{"dvc.yaml": STAGE})
        bad = repo.commit(**{"dvc.yaml": template})
        assert "model" not in self.judged(repo, bad)


class TestRule15Newest:
    def targets(self, folder: Path, *states: tuple[tuple[int, ...], str]) -> set[tuple[str, str]]:
        steps = tuple(Step(parents, {"n": str(n), MODEL: text}) for n, (parents, text) in enumerate(states))
        toy = Toy("toy", steps, models={MODEL: "m"})
        with Case.open(folder / "case.duckdb", write=True, new=True) as case:
            case.ingest(toy.source, toy.records())
            add_mark(case, "bad", str(digest_of("bad")), reason="poisoned", author="ann@example.com")
            return {(row.outcome, row.thing.digest) for row in rollback(case, [MODEL]).rows}

    def test_parallel_branches_give_one_each(self, tmp_path: Path) -> None:
        found = self.targets(tmp_path, ((), "old"), ((0,), "a"), ((0,), "b"), ((0,), "bad"))
        assert found == {("restore", str(digest_of("a"))), ("restore", str(digest_of("b")))}

    def test_a_version_that_a_revert_brought_back_is_newest(self, tmp_path: Path) -> None:
        found = self.targets(tmp_path, ((), "one"), ((0,), "two"), ((1,), "one"), ((2,), "bad"))
        assert found == {("restore", str(digest_of("one")))}


class TestRule16WhatIsAModel:
    def kinds(self, repo: GitRepo, yaml: str, **more: object) -> dict[str, str]:
        repo.commit(**{"data.dvc": tracked("poison"), "dvc.lock": lock("poison", "m"), "dvc.yaml": yaml})
        return {name.split()[0]: kind for name, kind in verdicts(repo, "poison", **more)[1].items()}

    def test_the_last_out_is_taken_for_a_model(self, repo: GitRepo) -> None:
        kinds = self.kinds(repo, STAGE)
        assert kinds["model"] == "model"
        assert kinds["data"] != "model"

    def test_a_last_out_that_is_a_metric_is_none(self, repo: GitRepo) -> None:
        assert self.kinds(repo, STAGE.replace("outs:", "metrics:"))["model"] == "metric"

    def test_a_declaration_beats_the_guess(self, repo: GitRepo) -> None:
        declared = f"{STAGE}artifacts:\n  m:\n    path: model\n    type: dataset\n"
        assert self.kinds(repo, declared)["model"] == "dataset"

    def test_a_glob_overrides(self, repo: GitRepo) -> None:
        assert self.kinds(repo, STAGE, models=["da*"])["data"] == "model"

    def test_a_plain_tag_releases_every_model_out_at_its_commit(self, repo: GitRepo) -> None:
        repo.commit(**{"data.dvc": tracked("poison"), "dvc.lock": lock("poison", "m")})
        repo.git("tag", "v1")
        connector, source = find_connector(str(repo.path))
        with Case.open(repo.path.parent / "case.duckdb", write=True, new=True) as case:
            case.ingest(source, connector.read(source))
            found = {row.thing.path: row.releases for row in blast_radius(case, [f"md5:{md5('poison')}"]).rows}
        assert found["model"] == ("v1",)
        assert found["data"] == ()
