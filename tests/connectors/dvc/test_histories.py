"""The DVC connector on histories written by hand: old formats, broken ones, and what only time brings about."""

import json
from pathlib import Path

import pytest

from forensics.digest import Digest
from forensics.model import (
    EdgeKind,
    Execution,
    FindingKind,
    GapKind,
    Listing,
    SameBytes,
    Strength,
    Version,
    commit_key,
    content_key,
    external_key,
    version_key,
)
from tests.support.gitrepo import GitRepo
from tests.support.records import Facts, conforms, md5, read

Item = tuple[str, str]  # path, md5


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    repo = GitRepo(tmp_path / "repo")
    repo.write({".dvc/config": ""})
    return repo


def facts_of(repo: GitRepo) -> Facts:
    facts = Facts(read(repo.path))
    conforms(facts.records)
    return facts


def lock(**stages: tuple[str, list[Item], list[Item]]) -> str:
    def items(key: str, entries: list[Item]) -> str:
        lines = [f"    - path: {path}\n      hash: md5\n      md5: {value}\n      size: 9\n" for path, value in entries]
        return f"    {key}:\n{''.join(lines)}" if lines else ""

    parts = [
        f"  {name}:\n    cmd: {cmd}\n{items('deps', deps)}{items('outs', outs)}"
        for name, (cmd, deps, outs) in stages.items()
    ]
    return "schema: '2.0'\nstages:\n" + "".join(parts)


def yaml(**stages: tuple[str, list[str], list[str]]) -> str:
    def paths(key: str, names: list[str]) -> str:
        return f"    {key}:\n" + "".join(f"    - {name}\n" for name in names) if names else ""

    parts = [
        f"  {name}:\n    cmd: {cmd}\n{paths('deps', deps)}{paths('outs', outs)}"
        for name, (cmd, deps, outs) in stages.items()
    ]
    return "stages:\n" + "".join(parts)


def tracked(path: str, value: str, more: str = "  size: 9\n  hash: md5\n") -> str:
    return f"outs:\n- md5: {value}\n{more}  path: {path}\n"


def directory(**members: str) -> tuple[str, str]:
    """A listing and its digest."""
    text = json.dumps([{"md5": value, "relpath": name} for name, value in sorted(members.items())])
    return text, md5(text) + ".dir"


def store(repo: GitRepo, text: str, folder: str = ".dvc/cache/files/md5") -> None:
    name = md5(text)
    repo.write({f"{folder}/{name[:2]}/{name[2:]}.dir": text, ".gitignore": "/.dvc/cache\n"})


def train(source: str, model: str) -> tuple[str, list[Item], list[Item]]:
    return "train", [("data", md5(source))], [("model", md5(model))]


YAML = yaml(train=("train", ["data"], ["model"]))


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


def test_outputs_inside_a_read_directory_are_its_members(repo: GitRepo) -> None:
    inner, inner_md5 = directory(x=md5("x"), y=md5("y"))
    ignore = "/one\n/sub\n"
    _, whole = directory(
        **{
            "one": md5("one"),
            "sub/x": md5("x"),
            "sub/y": md5("y"),
            "readme": md5("hello\n"),
            ".gitignore": md5(ignore),
            "one.dvc": md5(tracked("one", md5("one"))),
            "sub.dvc": md5(tracked("sub", inner_md5)),
        }
    )
    store(repo, inner)
    repo.write({"all/readme": "hello\n", "all/.gitignore": ignore})
    repo.write({"all/one.dvc": tracked("one", md5("one")), "all/sub.dvc": tracked("sub", inner_md5)})
    repo.write({"dvc.yaml": yaml(train=("train", ["all"], ["model"]))})
    repo.write({"dvc.lock": lock(train=("train", [("all", whole)], [("model", md5("m"))]))})
    repo.commit()
    facts = facts_of(repo)
    target = version_key("all", Digest("md5", whole))
    causes = {e.cause for e in facts.edges(EdgeKind.MEMBER) if e.effect == target and e.strength is Strength.MATCHED}
    assert version_key("all/one", Digest("md5", md5("one"))) in causes
    assert version_key("all/sub", Digest("md5", inner_md5)) in causes
    assert version_key("all/readme", Digest("git", repo.git("rev-parse", "HEAD:all/readme"))) in causes
    (listing,) = (listing for listing in facts.all(Listing) if listing.directory.value == whole)
    assert len(listing.names) == 7
    assert not facts.gaps(GapKind.CODE_NOT_COMMITTED)
    assert not facts.gaps(GapKind.MISSING_LISTING)


def test_without_its_listing_a_whole_is_joined_by_path(repo: GitRepo) -> None:
    repo.write({"all.dvc": tracked("all/one", md5("one")), "dvc.yaml": yaml(train=("train", ["all"], ["model"]))})
    repo.write({"dvc.lock": lock(train=("train", [("all", "7" * 32 + ".dir")], [("model", md5("m"))]))})
    repo.commit()
    facts = facts_of(repo)
    (edge,) = facts.edges(EdgeKind.MEMBER)
    assert (edge.strength, edge.reason) == (Strength.INFERRED, "by-path")
    (gap,) = facts.gaps(GapKind.MISSING_LISTING)
    assert gap.node == content_key(Digest("md5", "7" * 32 + ".dir"))


def test_a_part_that_no_known_whole_holds_is_unlinked(repo: GitRepo) -> None:
    text, digest = directory(a=md5("a"))
    store(repo, text)
    repo.write({"data.dvc": tracked("data", digest), "dvc.yaml": yaml(train=("train", ["data/a"], ["model"]))})
    repo.write({"dvc.lock": lock(train=("train", [("data/a", md5("other"))], [("model", md5("m"))]))})
    repo.commit()
    facts = facts_of(repo)
    assert [gap.node for gap in facts.gaps(GapKind.UNLINKED)] == [version_key("data/a", Digest("md5", md5("other")))]
    assert facts.findings(FindingKind.STALE_LOCK)


@pytest.mark.parametrize("folder", [".dvc/cache", ".dvc/cache/files/md5", "remote", "remote/files/md5", "elsewhere"])
def test_listings_are_read_from_caches_and_local_remotes(repo: GitRepo, folder: str) -> None:
    text, digest = directory(a=md5("a"), b=md5("b"))
    repo.write({".dvc/config": "['remote \"r\"']\n    url = ../remote\n[cache]\n    dir = ../elsewhere\n"})
    store(repo, text, folder)
    repo.write({"data.dvc": tracked("data", digest)})
    repo.commit()
    (listing,) = facts_of(repo).all(Listing)
    assert listing.names == ("a", "b")
    assert listing.values == (md5("a"), md5("b"))


def test_a_directory_of_single_versions_in_the_cloud_gets_its_digest(repo: GitRepo) -> None:
    _, digest = directory(**{"a": md5("a"), "sub/b": md5("b")})
    entries = "".join(
        f"  - relpath: {name}\n    md5: {md5(name[-1])}\n    size: 1\n    cloud: {{s3: {{etag: x, version_id: v}}}}\n"
        for name in ("sub/b", "a")
    )
    repo.write({"data.dvc": f"outs:\n- hash: md5\n  path: data\n  files:\n{entries}"})
    repo.commit()
    (listing,) = facts_of(repo).all(Listing)
    assert (listing.directory.value, listing.names, listing.sizes) == (digest, ("a", "sub/b"), (1, 1))


def test_an_import_comes_from_the_locked_commit_of_another_repository(repo: GitRepo) -> None:
    text = (
        "frozen: true\ndeps:\n- path: data/x\n  repo:\n    url: https://me:secret@example.com/reg.git\n"
        f"    rev: v1\n    rev_lock: {'a' * 40}\n" + tracked("x", md5("x"))
    )
    repo.write({"x.dvc": text})
    repo.commit()
    facts = facts_of(repo)
    (edge,) = facts.edges(EdgeKind.IMPORTED)
    assert edge.cause == external_key(f"url:https://example.com/reg.git@{'a' * 40}:data/x", None)
    assert edge.effect == version_key("x", Digest("md5", md5("x")))
    assert not any("secret" in repr(record) for record in facts.records)


def test_an_imported_url_is_an_external_origin(repo: GitRepo) -> None:
    deps = "deps:\n- etag: '\"abc\"'\n  size: 3\n  path: https://example.com/x.csv\n"
    repo.write({"x.csv.dvc": deps + tracked("x.csv", md5("x"))})
    repo.write({"part.dvc": "deps:\n- path: s3://b/y\n  md5: " + md5("y") + "\n  hash: md5\nouts:\n- path: y\n"})
    repo.write({"none.dvc": "deps:\n- path: s3://b/z\n  etag: q\nouts:\n- path: z\n"})
    repo.commit()
    facts = facts_of(repo)
    imported = {e.effect: e.cause for e in facts.edges(EdgeKind.IMPORTED)}
    origin = external_key("url:https://example.com/x.csv", Digest("etag", '"abc"'))
    assert imported[version_key("x.csv", Digest("md5", md5("x")))] == origin
    assert version_key("y", Digest("md5", md5("y"))) in imported
    assert [gap.node for gap in facts.gaps(GapKind.NO_DIGEST)] == [version_key("z", None)]


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
