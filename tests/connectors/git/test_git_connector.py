"""What the git connector yields."""

import os
from collections import Counter
from pathlib import Path

import pytest

from forensics.errors import SourceError
from forensics.model import (
    Acquired,
    ArtifactKind,
    Change,
    Commit,
    Edge,
    EdgeKind,
    Finding,
    FindingKind,
    Gap,
    Record,
    Ref,
    Source,
    Strength,
    Version,
)
from forensics_connectors.contract import find_connector
from forensics_connectors.git import GitConnector
from tests.support.gitrepo import GitRepo, snapshot


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    made = GitRepo(tmp_path / "fraud")
    made.commit("one", train_py="code", data="clean")
    made.commit("two", data="poison")
    made.commit("three", data="clean")
    return made


def discover(path: Path) -> Source:
    source = GitConnector().discover(str(path))
    assert source is not None
    return source


def read(path: Path) -> list[Record]:
    return list(GitConnector().read(discover(path)))


def edges(records: list[Record]) -> list[tuple[EdgeKind, str, str, Strength]]:
    """Kind, message of the commit, path and strength of each edge."""
    messages = {record.key: record.message.strip() for record in records if isinstance(record, Commit)}
    paths = {record.key: record.path for record in records if isinstance(record, Version)}
    return [
        (edge.kind, messages[edge.cause], paths[edge.effect], edge.strength)
        for edge in records
        if isinstance(edge, Edge)
    ]


def test_a_poisoned_version_is_introduced_once_and_clean_bytes_are_restored(repo: GitRepo) -> None:
    records = read(repo.path)
    assert sorted(edges(records)) == [
        (EdgeKind.INTRODUCED, "one", "data", Strength.RECORDED),
        (EdgeKind.INTRODUCED, "one", "train_py", Strength.RECORDED),
        (EdgeKind.INTRODUCED, "two", "data", Strength.RECORDED),
        (EdgeKind.RESTORED, "three", "data", Strength.RECORDED),
    ]
    versions = [record for record in records if isinstance(record, Version)]
    assert len(versions) == 3
    assert {str(version.digest) for version in versions} >= {f"git:{repo.oid('HEAD:data')}"}
    assert all(version.tracked and version.size is None for version in versions)


def test_changes_name_the_version_held_from_there_on(repo: GitRepo) -> None:
    repo.commit("gone", data=None)
    records = read(repo.path)
    digests = {record.key: str(record.digest) for record in records if isinstance(record, Version)}
    order = [record.oid for record in records if isinstance(record, Commit)]
    changes = [record for record in records if isinstance(record, Change) and record.path == "data"]
    assert [order.index(change.commit) for change in changes] == [0, 1, 2, 3]
    assert [change.version and digests[change.version] for change in changes] == [
        f"git:{repo.oid('HEAD~3:data')}",
        f"git:{repo.oid('HEAD~2:data')}",
        f"git:{repo.oid('HEAD~1:data')}",
        "",
    ]
    assert {(change.parent, change.layer) for change in changes} == {(0, "git")}


def test_nodes_come_first_and_the_acquisition_last(repo: GitRepo) -> None:
    source = discover(repo.path)
    *records, last = GitConnector().read(source)
    known: set[str] = set()
    for record in records:
        if isinstance(record, Commit | Version):
            assert record.key not in known
            known.add(record.key)
        elif isinstance(record, Edge):
            assert {record.cause, record.effect} <= known
        elif isinstance(record, Change):
            assert not record.version or record.version in known
    assert isinstance(last, Acquired)
    assert last.state == source.state
    assert (last.details["commits"], last.details["refs"], last.details["head"]) == (3, 2, "refs/heads/main")


def test_two_readings_say_the_same_and_change_nothing(repo: GitRepo) -> None:
    before = snapshot(repo.path)
    first, second = read(repo.path), read(repo.path)
    assert first[:-1] == second[:-1]
    assert snapshot(repo.path) == before


def test_clones_are_one_source_and_the_state_follows_the_refs(repo: GitRepo, tmp_path: Path) -> None:
    first = discover(repo.path)
    assert (first.kind, first.name, first.object_format) == ("git", "fraud", "sha1")
    assert first.fingerprints == (repo.oid("HEAD~2"),)
    assert discover(repo.path) == first
    repo.git("clone", "-q", "--bare", str(repo.path), str(tmp_path / "copy.git"))
    copy = discover(tmp_path / "copy.git")
    assert (copy.name, copy.fingerprints) == ("copy", first.fingerprints)
    states = {first.state}
    for change in (["tag", "t"], ["checkout", "-q", "--detach"], ["branch", "-m", "main", "trunk"]):
        repo.git(*change)
        states.add(discover(repo.path).state)
    repo.commit("four", data="4")
    states.add(discover(repo.path).state)
    assert len(states) == 5


def test_a_shallow_boundary_is_a_gap_and_accuses_nobody_for_certain(repo: GitRepo, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    repo.git("clone", "-q", "--depth=2", f"file://{repo.path}", str(clone))
    assert discover(clone).fingerprints == (repo.oid("HEAD~1"),)
    records = read(clone)
    assert sorted(edges(records)) == [
        (EdgeKind.INTRODUCED, "three", "data", Strength.RECORDED),
        (EdgeKind.INTRODUCED, "two", "data", Strength.INFERRED),
        (EdgeKind.INTRODUCED, "two", "train_py", Strength.INFERRED),
    ]
    (boundary,) = (record for record in records if isinstance(record, Commit) and record.boundary)
    assert [record.node for record in records if isinstance(record, Gap)] == [boundary.key]
    assert [record.kind for record in records if isinstance(record, Finding)] == [FindingKind.SHALLOW]


def test_what_a_missing_commit_hid_keeps_the_source_readable(repo: GitRepo) -> None:
    whole = discover(repo.path).fingerprints
    repo.git("branch", "old", "HEAD~2")
    repo.loose(repo.oid("HEAD~1")).unlink()
    assert set(discover(repo.path).fingerprints) == {*whole, repo.oid("HEAD")}
    counts = Counter(type(record) for record in read(repo.path))
    assert counts[Commit] == 2
    assert counts[Ref] == 3


def test_links_and_submodules_in_place_of_dvc_documents_are_findings(repo: GitRepo) -> None:
    (repo.path / "data.csv.dvc").symlink_to("/etc/passwd")
    (repo.path / "harmless").symlink_to("train_py")
    repo.commit("links", script__py="x")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{repo.oid()},vendored.dvc")
    repo.git("commit", "-q", "-m", "submodule")
    records = read(repo.path)
    found = [record for record in records if isinstance(record, Finding)]
    assert [(finding.kind, finding.origin.path) for finding in found] == [
        (FindingKind.SYMLINK, "data.csv.dvc"),
        (FindingKind.SYMLINK, "vendored.dvc"),
    ]
    assert {record.kind for record in records if isinstance(record, Version)} == {ArtifactKind.OTHER}


def test_paths_that_are_not_utf8_stay_apart(repo: GitRepo) -> None:
    for name in (b"caf\xe9.py", b"caf\xea.py", b"caf\\xe9.py"):
        (repo.path / os.fsdecode(name)).write_bytes(b"same bytes")
    repo.commit("names")
    versions = [record for record in read(repo.path) if isinstance(record, Version)]
    paths = {version.path for version in versions if version.kind is ArtifactKind.CODE}
    assert paths == {"caf\\xe9.py", "caf\\xea.py", "caf\\\\xe9.py"}
    assert len({version.key for version in versions}) == len(versions)


def test_only_repositories_are_recognised(tmp_path: Path, repo: GitRepo) -> None:
    connector = GitConnector()
    assert connector.discover(str(tmp_path / "absent")) is None
    assert connector.discover(str(tmp_path)) is None
    assert connector.discover("https://example.com/repo.git") is None
    assert connector.discover("bad\0path") is None
    assert find_connector(str(repo.path), "git")[1] == discover(repo.path)
    empty = GitRepo(tmp_path / "empty")
    with pytest.raises(SourceError, match="no commits") as caught:
        connector.discover(str(empty.path))
    assert caught.value.hint
