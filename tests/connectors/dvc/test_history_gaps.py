"""The DVC connector on histories written by hand: where lineage is missing, and where nothing is."""

from pathlib import Path

import pytest

from forensics.digest import Digest
from forensics.model import EdgeKind, Execution, FindingKind, GapKind, Strength, version_key
from tests.support.dvcdocuments import YAML, facts_of, lock, tracked, train, yaml
from tests.support.gitrepo import GitRepo
from tests.support.records import Facts, conforms, md5, read


def test_an_input_that_no_commit_holds_has_no_known_origin(repo: GitRepo) -> None:
    repo.write({"dvc.yaml": YAML, "dvc.lock": lock(train=train("0", "m"))})
    repo.commit()
    (gap,) = facts_of(repo).gaps(GapKind.NO_PRODUCER)
    assert gap.node == version_key("data", Digest("md5", md5("0")))


def test_an_output_of_which_the_run_is_lost_has_no_producer(repo: GitRepo) -> None:
    stages = yaml(train=("train", ["data"], ["model"]), test=("test", ["model"], ["report"]))
    repo.write({"dvc.yaml": stages, "data.dvc": tracked("data", md5("0"))})
    repo.write({"dvc.lock": lock(test=("test", [("model", md5("m"))], [("report", md5("r"))]))})
    repo.commit()
    facts = facts_of(repo)
    assert [gap.node for gap in facts.gaps(GapKind.NO_PRODUCER)] == [version_key("model", Digest("md5", md5("m")))]


def test_code_that_ran_but_was_never_committed_is_a_gap(repo: GitRepo) -> None:
    stage = yaml(train=("train", ["train.py"], ["model"]))
    entry = lock(train=("train", [("train.py", md5("draft\n"))], [("model", md5("m"))]))
    repo.write({"dvc.yaml": stage, "train.py": "final\n", "dvc.lock": entry})
    repo.commit()
    facts = facts_of(repo)
    (gap,) = facts.gaps(GapKind.CODE_NOT_COMMITTED)
    assert gap.node == version_key("train.py", Digest("md5", md5("draft\n")))
    assert facts.findings(FindingKind.CODE_NOT_COMMITTED)[0].node == gap.node
    assert not facts.gaps(GapKind.NO_PRODUCER)


def test_what_a_persisted_output_was_built_on_is_a_gap_of_every_run(repo: GitRepo) -> None:
    stage = YAML.replace("    - model\n", "    - model:\n        persist: true\n")
    repo.write({"dvc.yaml": stage, "data.dvc": tracked("data", md5("0")), "dvc.lock": lock(train=train("0", "m0"))})
    first = repo.commit()
    repo.write({"dvc.lock": lock(train=train("1", "m1"))})
    second = repo.commit()
    facts = facts_of(repo)
    found = [(gap.node, gap.origin.commit) for gap in facts.gaps(GapKind.NO_PRODUCER) if gap.node.startswith("exec")]
    assert found == [(run.key, at) for run, at in zip(facts.all(Execution), (first, second), strict=True)]


@pytest.mark.parametrize("lost", ["", "entry", "digest"])
def test_a_merged_entry_is_a_gap_where_what_it_was_merged_from_is_lost(repo: GitRepo, lost: str) -> None:
    repo.write({"dvc.yaml": YAML, "data.dvc": tracked("data", md5("0")), "dvc.lock": lock(train=train("0", "m0"))})
    repo.commit()
    repo.git("checkout", "-q", "-b", "side")
    repo.commit(**{"data.dvc": tracked("data", md5("1")), "dvc.lock": lock(train=train("1", "m0"))})
    repo.git("checkout", "-q", "main")
    side = lock(train=train("2", "m1"))
    if lost == "digest":
        side = side.replace(f"      md5: {md5('m1')}\n", "")
    repo.commit(**{"dvc.lock": None if lost == "entry" else side})
    repo.write({"dvc.lock": lock(train=train("1", "m1")), "data.dvc": tracked("data", md5("1"))})
    repo.merge("side")
    gaps = {gap.node for gap in facts_of(repo).gaps(GapKind.NO_PRODUCER)}
    assert (version_key("model", Digest("md5", md5("m1"))) in gaps) == bool(lost)


def test_what_a_run_made_in_a_merge_is_no_gap(repo: GitRepo) -> None:
    repo.write({"dvc.yaml": YAML, "data.dvc": tracked("data", md5("0")), "dvc.lock": lock(train=train("0", "m0"))})
    repo.commit()
    repo.git("checkout", "-q", "-b", "side")
    repo.commit(**{"data.dvc": tracked("data", md5("1"))})
    repo.git("checkout", "-q", "main")
    repo.commit(notes="0")
    repo.write({"dvc.lock": lock(train=train("1", "m1")), "data.dvc": tracked("data", md5("1"))})
    repo.merge("side")
    assert not facts_of(repo).gaps(GapKind.NO_PRODUCER)


def test_git_vouches_for_its_files_save_where_their_own_commit_says_that_a_stage_makes_them(repo: GitRepo) -> None:
    stage = yaml(train=("python train.py", ["train.py"], ["model"]))
    repo.write({"dvc.yaml": stage, "train.py": "1\n"})
    repo.write({"dvc.lock": lock(train=("python train.py", [("train.py", md5("1\n"))], [("model", md5("m1"))]))})
    repo.commit()
    wrong = yaml(train=("python train.py", ["train.py"], ["model", "train.py"]))
    repo.write({"dvc.yaml": wrong, "train.py": "2\n"})
    repo.write({"dvc.lock": lock(train=("python train.py", [("train.py", md5("2\n"))], [("model", md5("m2"))]))})
    repo.commit()
    repo.write({"dvc.yaml": stage, "train.py": "3\n"})
    repo.write({"dvc.lock": lock(train=("python train.py", [("train.py", md5("3\n"))], [("model", md5("m3"))]))})
    repo.commit()
    (gap,) = facts_of(repo).gaps(GapKind.NO_PRODUCER)
    assert gap.node == version_key("train.py", Digest("git", repo.git("rev-parse", "HEAD~1:train.py")))
    assert gap.origin.commit == repo.git("rev-parse", "HEAD~1")


def test_a_file_in_git_that_a_stage_makes_is_a_gap_though_no_lock_names_it(repo: GitRepo) -> None:
    stage = yaml(train=("train", ["data"], ["model"]), test=("test", ["model"], ["report/auc.json"]))
    repo.write({"dvc.yaml": stage, "data.dvc": tracked("data", md5("0")), "report/auc.json": "0.9\n"})
    repo.write({"dvc.lock": lock(train=("train", [("data", md5("0"))], [("model", md5("m"))]))})
    repo.commit()
    (gap,) = facts_of(repo).gaps(GapKind.NO_PRODUCER)
    assert gap.node == version_key("report/auc.json", Digest("git", repo.git("rev-parse", "HEAD:report/auc.json")))


def test_a_file_that_one_branch_says_a_stage_makes_is_a_gap_on_both(repo: GitRepo) -> None:
    stage = yaml(train=("python train.py", ["notes"], ["model"]))
    entry = lock(train=("python train.py", [("notes", md5("0\n"))], [("model", md5("m"))]))
    repo.write({"dvc.yaml": stage, "dvc.lock": entry, "notes": "0\n"})
    repo.commit()
    repo.git("branch", "other")
    repo.write({"notes": "1\n"})
    repo.commit()
    repo.git("checkout", "-q", "other")
    repo.write({"notes": "1\n", "dvc.yaml": yaml(note=("note", [], ["notes"]), train=("python train.py", [], []))})
    declaring = repo.commit()
    (gap,) = facts_of(repo).gaps(GapKind.NO_PRODUCER)
    assert gap.node == version_key("notes", Digest("git", repo.git("rev-parse", "HEAD:notes")))
    assert gap.origin.commit == declaring


def test_a_lost_run_of_an_old_stage_file_leaves_a_gap_at_what_git_holds(repo: GitRepo) -> None:
    entry = "cmd: note\nouts:\n- cache: false\n  md5: {}\n  path: notes\n"
    repo.write({"notes.dvc": entry.format(md5("0\n")), "notes": "1\n"})
    repo.commit()
    blob = version_key("notes", Digest("git", repo.git("rev-parse", "HEAD:notes")))
    assert blob in {gap.node for gap in facts_of(repo).gaps(GapKind.NO_PRODUCER)}


def test_a_shallow_clone_has_gaps_at_its_boundary(repo: GitRepo, tmp_path: Path) -> None:
    repo.write({"data.dvc": tracked("data", md5("0"))})
    repo.commit()
    repo.write({"other.dvc": tracked("other", md5("1"))})
    repo.commit()
    clone = tmp_path / "clone"
    repo.git("clone", "-q", "--depth", "1", f"file://{repo.path}", str(clone))
    facts = Facts(read(clone))
    conforms(facts.records)
    assert version_key("data", Digest("md5", md5("0"))) in {gap.node for gap in facts.gaps(GapKind.SHALLOW)}
    (edge,) = (e for e in facts.edges(EdgeKind.INTRODUCED) if e.effect == version_key("data", Digest("md5", md5("0"))))
    assert edge.strength is Strength.INFERRED
    assert facts.findings(FindingKind.SHALLOW)
