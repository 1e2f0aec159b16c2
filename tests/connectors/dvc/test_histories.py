"""The DVC connector on histories written by hand: old formats, broken ones, and what only time brings about."""

from forensics.digest import Digest
from forensics.model import EdgeKind, Execution, FindingKind, SameBytes, Strength, Version, commit_key, version_key
from tests.support.dvcdocuments import YAML, facts_of, lock, tracked, train, yaml
from tests.support.gitrepo import GitRepo
from tests.support.records import md5


def test_a_lock_merged_from_two_sides_is_inferred(repo: GitRepo) -> None:
    repo.write({"dvc.yaml": YAML, "data.dvc": tracked("data", md5("0")), "dvc.lock": lock(train=train("0", "m0"))})
    repo.commit()
    repo.git("checkout", "-q", "-b", "side")
    repo.write({"data.dvc": tracked("data", md5("1")), "dvc.lock": lock(train=train("1", "m0"))})
    repo.commit()
    repo.git("checkout", "-q", "main")
    repo.write({"dvc.lock": lock(train=train("0", "m1"))})
    repo.commit()
    repo.write({"dvc.lock": lock(train=train("1", "m1")), "data.dvc": tracked("data", md5("1"))})
    repo.merge("side")
    facts = facts_of(repo)
    (finding,) = facts.findings(FindingKind.MERGED_LOCK)
    assert len(facts.all(Execution)) == 4
    weak = [e for e in facts.edges(EdgeKind.USED) if e.effect == finding.node]
    assert {(e.strength, e.reason) for e in weak} == {(Strength.INFERRED, "merged-lock")}
    sound = [e for e in facts.edges(EdgeKind.USED) if e.effect != finding.node]
    assert {e.strength for e in sound} == {Strength.RECORDED}


def test_what_comes_back_is_restored_not_introduced(repo: GitRepo) -> None:
    repo.write({"data.dvc": tracked("data", md5("0"))})
    first = repo.commit()
    repo.write({"data.dvc": tracked("data", md5("1"))})
    second = repo.commit()
    repo.write({"data.dvc": tracked("data", md5("0"))})
    third = repo.commit()
    facts = facts_of(repo)
    old, new = (version_key("data", Digest("md5", md5(text))) for text in "01")
    introduced = {(e.effect, e.cause) for e in facts.edges(EdgeKind.INTRODUCED)}
    assert (new, commit_key(second)) in introduced
    assert [cause for effect, cause in introduced if effect == old] == [commit_key(first)]
    assert (old, commit_key(third)) in {(e.effect, e.cause) for e in facts.edges(EdgeKind.RESTORED)}


def test_entries_that_dvc_yaml_no_longer_declares_are_past_runs(repo: GitRepo) -> None:
    repo.write({"dvc.yaml": yaml(other=("x", [], ["o"])), "dvc.lock": lock(train=train("0", "m"))})
    repo.commit()
    facts = facts_of(repo)
    (execution,) = facts.all(Execution)
    assert not execution.declared
    (finding,) = facts.findings(FindingKind.UNDECLARED)
    assert finding.node == execution.key
    assert "model" not in facts.held()[repo.oid()]
    assert not facts.findings(FindingKind.STALE_LOCK)


def test_an_input_other_than_what_lies_beside_it_is_stale_once(repo: GitRepo) -> None:
    repo.write({"dvc.yaml": YAML, "data.dvc": tracked("data", md5("0")), "dvc.lock": lock(train=train("0", "m"))})
    repo.commit()
    repo.write({"data.dvc": tracked("data", md5("1"))})
    repo.commit()
    repo.commit(notes="x")
    facts = facts_of(repo)
    (finding,) = facts.findings(FindingKind.STALE_LOCK)
    assert finding.node == facts.all(Execution)[0].key
    assert md5("1") in finding.message


def test_a_frozen_stage_is_not_accused_of_stale_inputs(repo: GitRepo) -> None:
    frozen = YAML.replace("    cmd: train\n", "    cmd: train\n    frozen: true\n")
    repo.write({"dvc.yaml": frozen, "data.dvc": tracked("data", md5("1")), "dvc.lock": lock(train=train("0", "m"))})
    repo.commit()
    facts = facts_of(repo)
    assert facts.all(Execution)[0].frozen
    assert not facts.findings(FindingKind.STALE_LOCK)


def test_legacy_digests_of_text_with_crlf_join_the_blob(repo: GitRepo) -> None:
    stage = (
        f"cmd: train\ndeps:\n- md5: {md5('a' + chr(10))}\n  path: train.py\nouts:\n- md5: {md5('m')}\n  path: model\n"
    )
    repo.write({"model.dvc": stage, "train.py": b"a\r\n"})
    repo.commit()
    facts = facts_of(repo)
    blob = repo.git("rev-parse", "HEAD:train.py")
    (execution,) = facts.all(Execution)
    (edge,) = (e for e in facts.edges(EdgeKind.USED) if "train.py" in e.cause and e.effect == execution.key)
    assert edge.cause == version_key("train.py", Digest("git", blob))
    pairs = {(str(same.first), str(same.second)) for same in facts.all(SameBytes)}
    plain = f"md5:{md5('a' + chr(13) + chr(10))}"
    assert pairs == {(f"git:{blob}", plain), (plain, f"md5-dos2unix:{md5('a' + chr(10))}")}
    assert facts.held()[repo.oid()]["model"] == version_key("model", Digest("md5-dos2unix", md5("m")))


def test_a_change_of_the_algorithm_alone_is_a_rehash(repo: GitRepo) -> None:
    repo.write({"a.dvc": tracked("a", "1" * 32, "  size: 5\n"), "b.dvc": tracked("b", "2" * 32, "  size: 5\n")})
    repo.commit()
    repo.write({"a.dvc": tracked("a", "3" * 32, "  size: 5\n  hash: md5\n")})
    repo.write({"b.dvc": tracked("b", "4" * 32, "  size: 6\n  hash: md5\n")})
    repo.commit()
    (same,) = facts_of(repo).all(SameBytes)
    assert (str(same.first), str(same.second)) == (f"md5-dos2unix:{'1' * 32}", f"md5:{'3' * 32}")
    assert (same.strength, same.reason) == (Strength.ASSUMED, "rehash")


def test_a_persisted_output_goes_into_its_next_version(repo: GitRepo) -> None:
    stage = YAML.replace("    - model\n", "    - model:\n        persist: true\n")
    repo.write({"dvc.yaml": stage, "data.dvc": tracked("data", md5("0")), "dvc.lock": lock(train=train("0", "m0"))})
    repo.commit()
    repo.write({"data.dvc": tracked("data", md5("1")), "dvc.lock": lock(train=train("1", "m1"))})
    repo.commit()
    facts = facts_of(repo)
    (edge,) = (e for e in facts.edges(EdgeKind.USED) if e.reason == "persisted")
    assert edge.cause == version_key("model", Digest("md5", md5("m0")))
    assert edge.effect == facts.all(Execution)[1].key
    assert edge.strength is Strength.INFERRED


def test_a_document_that_comes_back_is_reported_once(repo: GitRepo) -> None:
    for content in ("stages: [\n", YAML, "stages: [\n", YAML):
        repo.write(
            {"dvc.yaml": content, "data.dvc": tracked("data", md5("0")), "dvc.lock": lock(train=train("0", "m"))}
        )
        repo.commit()
    facts = facts_of(repo)
    (finding,) = facts.findings(FindingKind.UNREADABLE)
    assert finding.origin.commit == repo.oid("HEAD~3")


def test_a_command_answers_to_the_commit_that_wrote_it(repo: GitRepo) -> None:
    repo.write({"dvc.yaml": YAML, "data.dvc": tracked("data", md5("0")), "dvc.lock": lock(train=train("0", "m0"))})
    first = repo.commit()
    repo.write({"dvc.yaml": YAML.replace("cmd: train", "cmd: train --badly")})
    second = repo.commit()
    entry = ("train --badly", [("data", md5("0"))], [("model", md5("m1"))])
    repo.write({"dvc.lock": lock(train=entry)})
    repo.commit()
    facts = facts_of(repo)
    introduced = {e.effect: e.cause for e in facts.edges(EdgeKind.INTRODUCED)}
    commands = {v.path: introduced[v.key] for v in facts.all(Version) if v.path.startswith("$")}
    assert commands == {"$ train": commit_key(first), "$ train --badly": commit_key(second)}


def test_a_command_of_a_template_answers_to_the_commit_that_gave_it_its_values(repo: GitRepo) -> None:
    """Neither to the commit that recorded the run, nor for certain to the one that wrote the template."""

    def ran(command: str, model: str) -> str:
        return lock(train=(command, [("data", md5("0"))], [("model", md5(model))]))

    template = YAML.replace("cmd: train", "cmd: train ${rate}")
    repo.write({"dvc.yaml": template, "params.yaml": "rate: 1\n", "data.dvc": tracked("data", md5("0"))})
    first = repo.commit()
    repo.write({"dvc.lock": ran("train 1", "m0")})
    repo.commit()
    repo.write({"params.yaml": "rate: 2\n"})
    second = repo.commit()
    repo.write({"dvc.lock": ran("train 2", "m1")})
    repo.commit()
    facts = facts_of(repo)
    paths = {v.key: v.path for v in facts.all(Version) if v.path.startswith("$")}
    introduced = {(paths[e.effect], e.cause, e.strength) for e in facts.edges(EdgeKind.INTRODUCED) if e.effect in paths}
    assert introduced == {
        ("$ train 1", commit_key(first), Strength.MATCHED),
        ("$ train 2", commit_key(second), Strength.MATCHED),
        ("$ train 2", commit_key(first), Strength.INFERRED),
    }


def test_a_parameter_answers_to_the_commit_that_set_it(repo: GitRepo) -> None:
    def recorded(rate: str) -> str:
        return lock(train=train("0", rate)) + f"    params:\n      params.yaml:\n        train.lr: {rate}\n"

    stage = YAML + "    params:\n    - train.lr\n"
    repo.write({"dvc.yaml": stage, "data.dvc": tracked("data", md5("0")), "params.yaml": "train: {lr: 0.1}\n"})
    repo.write({"dvc.lock": recorded("0.1")})
    repo.commit()
    repo.write({"params.yaml": "train:\n  lr: 1e9\n"})
    second = repo.commit()
    repo.write({"dvc.lock": recorded("1000000000.0")})
    third = repo.commit()
    repo.write({"dvc.lock": recorded("7")})
    fourth = repo.commit()
    facts = facts_of(repo)
    introduced = {e.effect: e.cause for e in facts.edges(EdgeKind.INTRODUCED)}
    settings = {v.label: introduced[v.key] for v in facts.all(Version) if v.path == "params.yaml:train.lr"}
    assert settings["1000000000.0"] == commit_key(second) != commit_key(third)
    assert settings["7"] == commit_key(fourth)


def test_broken_documents_are_findings_with_commit_and_path(repo: GitRepo) -> None:
    repo.write({"good.dvc": tracked("good", md5("g")), "bad.dvc": "outs: [\n", "t.dvc": "outs: {{cookiecutter.x}}\n"})
    first = repo.commit()
    repo.write({"dvc.lock": "<<<<<<< HEAD\nschema: '2.0'\n=======\nschema: '2.0'\n>>>>>>> x\n", "dvc.yaml": YAML})
    (repo.path / "link.dvc").symlink_to("/etc/passwd")
    second = repo.commit()
    facts = facts_of(repo)
    found = {(f.kind, f.origin.path): f for f in facts.findings(FindingKind.UNREADABLE)}
    assert found[FindingKind.UNREADABLE, "bad.dvc"].origin.commit == first
    assert found[FindingKind.UNREADABLE, "bad.dvc"].admits
    assert {f.origin.path for f in facts.findings(FindingKind.TEMPLATE)} == {"t.dvc"}
    assert {f.origin.commit for f in facts.findings(FindingKind.CONFLICT)} == {second}
    assert {f.origin.path for f in facts.findings(FindingKind.SYMLINK)} == {"link.dvc"}
    assert facts.held()[first]["good"] == version_key("good", Digest("md5", md5("g")))


def test_projects_in_folders_and_working_directories_give_paths_from_the_root(repo: GitRepo) -> None:
    stage = "stages:\n  train:\n    cmd: train\n    wdir: ../run\n    deps:\n    - in\n    outs:\n    - out\n"
    repo.write({"cv/.dvc/config": "", "cv/dvc.yaml": stage, "nlp/.dvc/config": "", "nlp/x.dvc": tracked("x", "1" * 32)})
    repo.write({"cv/dvc.lock": lock(train=("train", [("in", md5("i"))], [("out", md5("o"))]))})
    repo.write({".dvc/tmp/x.dvc": tracked("no", "2" * 32)})
    repo.commit()
    facts = facts_of(repo)
    assert set(facts.held()[repo.oid()]) == {"run/out", "nlp/x"}
    (execution,) = facts.all(Execution)
    assert (execution.directory, execution.script) == ("run", "cv/dvc.yaml")


def test_templates_follow_their_params_at_each_commit(repo: GitRepo) -> None:
    stage = "stages:\n  train:\n    cmd: train\n    wdir: ${where}\n    outs:\n    - out\n"
    repo.write(
        {"dvc.yaml": stage, "params.yaml": "where: a\n", "dvc.lock": lock(train=("train", [], [("out", md5("o"))]))}
    )
    first = repo.commit()
    repo.git("checkout", "-q", "-b", "side")
    side = repo.commit(notes="x")
    repo.git("checkout", "-q", "main")
    second = repo.commit(params__yaml="x")
    repo.write({"params.yaml": "where: b\n"})
    second = repo.commit()
    repo.git("checkout", "-q", "side")
    repo.write({"params.yaml": "where: c\n"})
    third = repo.commit()
    held = facts_of(repo).held()
    assert [set(held[oid]) for oid in (first, side, second, third)] == [{"a/out"}, {"a/out"}, {"b/out"}, {"c/out"}]


def test_lock_1_0_is_read_and_held(repo: GitRepo) -> None:
    entry = f"train:\n  cmd: train\n  deps:\n  - path: data\n    md5: {md5('0')}\n"
    entry += f"  outs:\n  - path: model\n    md5: {md5('m')}\n"
    repo.write({"dvc.yaml": YAML, "dvc.lock": entry, "data.dvc": tracked("data", md5("0"), "")})
    repo.commit()
    facts = facts_of(repo)
    held = facts.held()[repo.oid()]
    assert held["model"] == version_key("model", Digest("md5-dos2unix", md5("m")))
    (edge,) = (e for e in facts.edges(EdgeKind.USED) if e.cause == held["data"])
    assert edge.effect == facts.all(Execution)[0].key
    assert not facts.all(Version)[0].external
