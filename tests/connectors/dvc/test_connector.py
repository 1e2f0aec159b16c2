"""The DVC connector on repositories that DVC itself made."""

import json
from pathlib import Path

import pytest

from forensics.digest import Digest
from forensics.model import (
    EdgeKind,
    Execution,
    Finding,
    FindingKind,
    GapKind,
    Listing,
    Release,
    Role,
    SameBytes,
    StageMove,
    Strength,
    Version,
    commit_key,
    content_key,
)
from forensics_connectors.dvc import DvcConnector
from tests.support.dvcrepo import DvcRepo
from tests.support.gitrepo import GitRepo, snapshot
from tests.support.records import Facts, conforms, md5, read


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> DvcRepo:
    """A tracked directory, a part of it used, code in git, a directory of code, a metric in git, a branch, a merge."""
    repo = DvcRepo(tmp_path_factory.mktemp("pipeline") / "repo")
    repo.write({f"data/raw/{name}.csv": f"{name}\n" for name in ("a", "b", "part/c", "part/d")})
    repo.write({"src/train.py": "train\n", "lib/one.py": "1\n", "lib/two/two.py": "2\r\n"})
    repo.write({"params.yaml": "lr: 0.1\n"})
    repo.dvc("add", "data/raw")
    repo.dvc(
        "run",
        name="prepare",
        cmd="mkdir -p prepared && cat data/raw/a.csv data/raw/part/* > prepared/all.csv && cat lib/*.py > prepared/x",
        deps=["data/raw/a.csv", "data/raw/part", "lib"],
        outs=["prepared"],
    )
    repo.dvc(
        "run",
        name="train",
        cmd="cat src/train.py prepared/all.csv > model.bin && wc -c < model.bin > metric.json",
        deps=["prepared", "src/train.py"],
        params=["lr"],
        outs=["model.bin"],
        metrics_no_cache=["metric.json"],
    )
    repo.commit("first")
    repo.git("checkout", "-q", "-b", "side")
    repo.write({"data/raw/a.csv": "poison\n"})
    repo.dvc("add", "data/raw")
    repo.commit("slipped in")
    repo.dvc("reproduce")
    repo.commit("built on")
    repo.git("checkout", "-q", "main")
    repo.dvc("checkout", force=True)
    repo.write({"src/train.py": "train better\n", "notes.txt": "x\n"})
    repo.dvc("reproduce")
    repo.commit("better")
    repo.merge("side", notes__txt="merged\n")
    repo.git("tag", "-a", "fraud@v1.0.0", "-m", "first", "main~2")
    repo.git("tag", "-a", "fraud#prod#1", "-m", "live", "main~2")
    repo.git("tag", "fraud@v9.9.9")
    repo.git("tag", "-a", "release-1", "-m", "all", "side")
    return repo


@pytest.fixture(scope="module")
def facts(pipeline: DvcRepo) -> Facts:
    return Facts(read(pipeline.path))


def test_every_record_keeps_the_contract(facts: Facts) -> None:
    conforms(facts.records)


def test_all_that_dvc_reports_per_commit_is_held(pipeline: DvcRepo, facts: Facts) -> None:
    digests = {version.key: version.digest for version in facts.all(Version)}
    equal: dict[Digest, set[Digest]] = {}
    for same in facts.all(SameBytes):
        equal.setdefault(same.first, {same.first}).add(same.second)
    reported, held = pipeline.reported(), facts.held()
    assert len(reported) == 5
    for oid, outs in reported.items():
        found = {
            (path, other.value)
            for path, key in held[oid].items()
            for other in equal.get(digests[key] or Digest("", ""), {digests[key]})
            if other is not None
        }
        assert outs <= found, oid


def test_git_tracked_code_is_gits_own_version(pipeline: DvcRepo, facts: Facts) -> None:
    blob = pipeline.git("rev-parse", "main:src/train.py")
    edge = facts.inputs(facts.execution("train", -1))["src/train.py"]
    assert edge.cause == facts.version("src/train.py", f"git:{blob}").key
    assert edge.strength is Strength.MATCHED
    same = SameBytes
    assert any(
        (s.first, s.second) == (Digest("git", blob), Digest("md5", md5("train better\n"))) for s in facts.all(same)
    )


def test_a_metric_in_git_is_generated_as_gits_own_version(facts: Facts) -> None:
    edge = facts.outputs(facts.execution("train"))["metric.json"]
    assert "git:" in edge.effect
    assert edge.strength is Strength.MATCHED


def test_a_directory_of_code_is_rebuilt_from_git_trees(pipeline: DvcRepo, facts: Facts) -> None:
    edge = facts.inputs(facts.execution("prepare"))["lib"]
    (version,) = (v for v in facts.all(Version) if v.key == edge.cause)
    (listing,) = (listing for listing in facts.all(Listing) if listing.directory == version.digest)
    assert listing.names == ("one.py", "two/two.py")
    assert listing.strength is Strength.MATCHED
    causes = {edge.cause for edge in facts.edges(EdgeKind.MEMBER) if edge.effect == version.key}
    assert causes == {
        facts.version("lib/one.py", f"git:{pipeline.git('rev-parse', 'main:lib/one.py')}").key,
        facts.version("lib/two/two.py", f"git:{pipeline.git('rev-parse', 'main:lib/two/two.py')}").key,
    }
    assert not facts.gaps(GapKind.CODE_NOT_COMMITTED)
    (edge,) = (edge for edge in facts.edges(EdgeKind.INTRODUCED) if edge.effect == version.key)
    assert edge.cause == commit_key(pipeline.oid("main~2"))


def test_parts_of_a_tracked_directory_are_joined_to_it(facts: Facts) -> None:
    wholes = [v for v in facts.all(Version) if v.path == "data/raw"]
    assert len(wholes) == 2
    assert all(v.tracked for v in wholes)
    part_of = {(e.cause, e.effect): e for e in facts.edges(EdgeKind.PART)}
    for ordinal, text in enumerate(("a\n", "poison\n")):
        file = facts.version("data/raw/a.csv", f"md5:{md5(text)}")
        assert part_of[wholes[ordinal].key, file.key].strength is Strength.MATCHED
    (folder,) = (v for v in facts.all(Version) if v.path == "data/raw/part")
    assert {cause for cause, effect in part_of if effect == folder.key} == {v.key for v in wholes}
    (listing,) = (listing for listing in facts.all(Listing) if listing.directory == folder.digest)
    assert listing.names == ("c.csv", "d.csv")
    assert listing.values == (md5("part/c\n"), md5("part/d\n"))


def test_versions_are_introduced_where_no_ancestor_held_them(pipeline: DvcRepo, facts: Facts) -> None:
    slipped = pipeline.oid("side~1")
    poisoned = [v for v in facts.all(Version) if v.path == "data/raw"][1]
    (edge,) = (e for e in facts.edges(EdgeKind.INTRODUCED) if e.effect == poisoned.key)
    assert edge.cause == commit_key(slipped)


def test_executions_are_recorded_by_their_first_commits(pipeline: DvcRepo, facts: Facts) -> None:
    recorded = {e.effect: e.cause for e in facts.edges(EdgeKind.RECORDED)}
    assert recorded[facts.execution("prepare", 0).key] == commit_key(pipeline.oid("main~2"))
    assert recorded[facts.execution("prepare", 1).key] == commit_key(pipeline.oid("side"))
    assert len(facts.all(Execution)) == 5
    assert all(execution.declared for execution in facts.all(Execution))


def test_commands_and_parameters_are_used(facts: Facts) -> None:
    inputs = facts.inputs(facts.execution("train"))
    (setting,) = (v for v in facts.all(Version) if v.path == "params.yaml:lr")
    assert setting.label == "0.1"
    assert "params.yaml:lr" in inputs
    assert any(path.startswith("$ cat src/train.py") for path in inputs)


def test_releases_name_the_version_at_their_commit(facts: Facts) -> None:
    names = {release.name: release for release in facts.all(Release)}
    assert set(names) == {"fraud@v1.0.0", "release-1"}
    (move,) = facts.all(StageMove)
    assert (move.release, move.stage, move.action) == (names["fraud@v1.0.0"].key, "prod", "assign")
    released = {e.effect: e.cause for e in facts.edges(EdgeKind.RELEASED)}
    assert released[names["release-1"].key].split("\0")[1] == "model.bin"
    assert facts.gaps(GapKind.UNLINKED)[0].node == names["fraud@v1.0.0"].key
    (finding,) = facts.findings(FindingKind.BAD_TAG)
    assert "fraud@v9.9.9" in finding.message


def test_the_last_output_is_taken_for_the_model(facts: Facts) -> None:
    roles = {role.path: (role.kind, role.strength) for role in facts.all(Role)}
    assert roles["model.bin"] == ("model", Strength.INFERRED)
    assert roles["metric.json"] == ("metric", Strength.RECORDED)
    assert "prepared" not in roles


def test_stale_inputs_are_found_beside_the_lock(pipeline: DvcRepo, facts: Facts) -> None:
    stale = facts.findings(FindingKind.STALE_LOCK)
    assert {finding.origin.commit for finding in stale} <= {pipeline.oid("side~1"), pipeline.oid("main")}


def test_reading_leaves_the_source_as_it_was(pipeline: DvcRepo) -> None:
    before = snapshot(pipeline.path)
    first, second = read(pipeline.path), read(pipeline.path)
    assert snapshot(pipeline.path) == before
    assert first[:-1] == second[:-1]


def test_a_missing_listing_is_a_gap_until_it_is_there(pipeline: DvcRepo, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    pipeline.git("clone", "-q", str(pipeline.path), str(clone))
    connector = DvcConnector()
    source = connector.discover(str(clone))
    assert source is not None
    facts = Facts(connector.read(source))
    conforms(facts.records)
    missing = {gap.node: gap for gap in facts.gaps(GapKind.MISSING_LISTING)}
    raw = next(v for v in facts.all(Version) if v.path == "data/raw")
    assert raw.digest is not None
    assert missing[content_key(raw.digest)].size == raw.size
    by_path = [e for e in facts.edges(EdgeKind.PART) if e.cause == raw.key]
    assert by_path
    assert {(e.strength, e.reason) for e in by_path} == {(Strength.INFERRED, "by-path")}
    name = raw.digest.value
    there = clone / ".dvc/cache/files/md5" / name[:2]
    there.mkdir(parents=True)
    data = (pipeline.path / ".dvc/cache/files/md5" / name[:2] / name[2:]).read_bytes()
    (there / name[2:]).write_bytes(data + b" ")
    after = connector.discover(str(clone))
    assert after is not None
    assert after.state != source.state
    assert Facts(connector.read(after)).findings(FindingKind.CORRUPT_OBJECT)
    (there / name[2:]).write_bytes(data)
    found = Facts(connector.read(after))
    assert content_key(raw.digest) not in {gap.node for gap in found.gaps(GapKind.MISSING_LISTING)}
    assert {e.strength for e in found.edges(EdgeKind.PART) if e.cause == raw.key} == {Strength.MATCHED}


def test_of_a_repository_without_dvc_git_history_alone_is_read(tmp_path: Path) -> None:
    repo = GitRepo(tmp_path / "plain")
    repo.commit("x", a__txt="a")
    found = Facts(read(repo.path))
    assert [finding.kind for finding in found.all(Finding)] == [FindingKind.NO_METADATA]
    assert [version.path for version in found.all(Version)] == ["a/txt"]
    assert DvcConnector().discover(str(tmp_path)) is None


def test_listings_prove_themselves(facts: Facts) -> None:
    for listing in facts.all(Listing):
        entries = [{"md5": v, "relpath": n} for n, v in zip(listing.names, listing.values, strict=True)]
        assert md5(json.dumps(entries)) + ".dir" == listing.directory.value
