"""Repositories written to make a reader hang, run out of memory, fail, or look where it should not."""

import hashlib
import json
import os
from pathlib import Path

import pytest

from forensics.case import Case
from forensics.digest import Digest
from forensics.model import FindingKind, GapKind, Listing, Version
from forensics_connectors.dvc import DvcConnector
from forensics_connectors.dvc.documents import Problem
from forensics_connectors.dvc.lockfile import MAX_FAILED, MAX_STAGES, read_project
from forensics_connectors.dvc.presence import find_bytes
from forensics_connectors.dvc.storage import StorageProblem, parse_listing
from forensics_connectors.dvc.yaml import MAX_BYTES
from forensics_queries.blast_radius import blast_radius
from tests.support.gitrepo import GitRepo, snapshot
from tests.support.records import Facts, read

YAML = "stages:\n  train:\n    cmd: python t.py\n    deps: [data]\n    outs: [model]\n"
LOCK = f"""schema: '2.0'
stages:
  train:
    cmd: python t.py
    deps:
    - path: data
      hash: md5
      md5: {"a" * 32}
      size: 1
    outs:
    - path: model
      hash: md5
      md5: {"b" * 32}
      size: 1
"""


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    """A project of one run."""
    repo = GitRepo(tmp_path / "repo")
    repo.write({"dvc.yaml": YAML, "dvc.lock": LOCK})
    repo.commit("a run")
    return repo


def ingest(repo: GitRepo) -> None:
    """Reads the repository into a case: what a connector yields must also be storable."""
    connector = DvcConnector()
    source = connector.discover(str(repo.path))
    assert source is not None
    with Case.open(repo.path.parent / "case.duckdb", write=True, new=True) as case:
        case.ingest(source, connector.read(source))


def problems(lock: bytes, yaml: bytes | None = None) -> tuple[Problem, ...]:
    return read_project("", yaml, lock, lambda path: None, "").problems


def hide(repo: GitRepo, data: bytes, folder: str = ".dvc/cache/files/md5") -> str:
    """Puts a listing into a cache and returns its md5."""
    name = hashlib.md5(data).hexdigest()
    repo.write({f"{folder}/{name[:2]}/{name[2:]}.dir": data})
    return name


# -- waiting for ever -------------------------------------------------------------------------------------------------


def test_a_pipe_in_place_of_a_loose_object_is_a_missing_object(repo: GitRepo) -> None:
    lock = repo.loose(repo.oid("HEAD:dvc.lock"))
    lock.unlink()
    os.mkfifo(lock)
    before = [path.name for path in sorted(repo.path.rglob("*"))]
    facts = Facts(read(repo.path))
    assert any(lock.name in finding.message for finding in facts.findings(FindingKind.OUTSIDE))
    assert any(finding.admits for finding in facts.findings(FindingKind.MISSING_OBJECT))
    assert [path.name for path in sorted(repo.path.rglob("*"))] == before


def _bomb(repo: GitRepo, levels: int) -> None:
    """Commits a tree in which each folder holds one and the same folder a hundred times."""
    blob = repo.git("hash-object", "-w", "--stdin", stdin=b"x")
    tree = repo.git("mktree", stdin=f"100644 blob {blob}\tf\n".encode())
    for _ in range(levels):
        tree = repo.git("mktree", stdin="".join(f"040000 tree {tree}\td{i:02}\n" for i in range(100)).encode())
    root = f"{repo.git('ls-tree', 'HEAD')}\n040000 tree {tree}\tz\n"
    oid = repo.git("commit-tree", repo.git("mktree", stdin=root.encode()), "-p", "HEAD", "-m", "bomb")
    repo.git("update-ref", "refs/heads/main", oid)


def test_folders_without_end_do_not_keep_a_repository_from_being_recognised(
    repo: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    from forensics_connectors.dvc import connector

    monkeypatch.setattr(connector, "_FOLDER_BYTES", 1 << 20)
    _bomb(repo, 9)
    assert DvcConnector().discover(str(repo.path)) is not None


def test_a_history_that_repeats_its_changes_is_cut_and_said_to_be(
    repo: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    from forensics_connectors.git import changes

    monkeypatch.setattr(changes, "_SUM_LIMIT", 1_000)
    for number in range(12):
        repo.write({f"many/{name}": str(number % 2) for name in range(100)})
        repo.commit("to and fro")
    facts = Facts(read(repo.path))
    (cut,) = facts.findings(FindingKind.TOO_LARGE)
    assert cut.admits


def test_a_tree_that_git_gives_up_on_is_weighed_before_it_is_walked(repo: GitRepo) -> None:
    from forensics_connectors.git import changes
    from forensics_connectors.git.view import open_view

    _bomb(repo, 9)
    with open_view(str(repo.path)) as view:
        assert changes._weight(view, repo.oid("HEAD^{tree}")) > 10**18
        assert changes._weight(view, repo.oid("HEAD~1^{tree}")) == 2


def test_a_merge_that_names_one_parent_many_times_is_read(repo: GitRepo) -> None:
    parent = repo.oid()
    who = "a <a@example.com> 1700000000 +0000"
    repo.write({"new": "1"})
    repo.git("add", "-A")
    lines = [f"tree {repo.git('write-tree')}", *[f"parent {parent}"] * 200, f"author {who}", f"committer {who}"]
    oid = repo.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=("\n".join(lines) + "\n\nm\n").encode())
    repo.git("update-ref", "refs/heads/main", oid)
    assert any(version.path == "new" for version in Facts(read(repo.path)).all(Version))


# -- documents --------------------------------------------------------------------------------------------------------


def test_of_a_lock_of_broken_entries_only_the_first_are_tried() -> None:
    lock = b"schema: '2.0'\nstages:\n" + b"  a\n" * (MAX_BYTES // 4 + 10_000)
    (found,) = [problem for problem in problems(lock) if problem.kind is FindingKind.TOO_LARGE and not problem.locus]
    assert found.admits
    assert str(MAX_FAILED) in found.message


def test_entries_beyond_the_limit_are_said_to_be_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    from forensics_connectors.dvc import lockfile

    assert MAX_STAGES >= 100_000
    monkeypatch.setattr(lockfile, "MAX_STAGES", 2)
    monkeypatch.setattr(lockfile, "MAX_BYTES", 10)
    entries = "".join(LOCK.partition("stages:\n")[2].replace("train", f"train{n}") for n in range(5))
    document = read_project("", None, f"schema: '2.0'\nstages:\n{entries}".encode(), lambda path: None, "")
    assert len(document.runs) < 5
    assert any(problem.admits for problem in document.problems)


def test_a_huge_lock_with_conflict_markers_is_not_taken_apart() -> None:
    found = problems(b"<<<<<<< a\n" + b"\n" * (MAX_BYTES + 1))
    assert [problem.kind for problem in found] == [FindingKind.TOO_LARGE]
    assert found[0].admits


def test_a_template_that_asks_for_one_long_list_again_and_again_uses_up_its_budget() -> None:
    big = "big:\n" + "".join(f"- f{number}\n" for number in range(20_000))
    yaml = "stages:\n" + "".join(f"  s{number}:\n    cmd: x\n    outs: ${{big}}\n" for number in range(5_000))
    document = read_project("", yaml.encode(), None, {"params.yaml": big.encode()}.get, "")
    assert any(problem.kind is FindingKind.TEMPLATE and problem.admits for problem in document.problems)


def test_a_params_file_that_every_stage_loads_uses_up_the_budget() -> None:
    big = "".join(f"k{number}: {number}\n" for number in range(2_000)) + "#" * 1_000_000
    yaml = "stages:\n" + "".join(f"  s{number}:\n    cmd: x\n    vars: [p.yaml]\n" for number in range(2_000))
    document = read_project("", yaml.encode(), None, {"p.yaml": big.encode()}.get, "")
    assert any("more text than is read" in problem.message for problem in document.problems)


def test_a_command_that_asks_for_too_much_hides_no_other_stage() -> None:
    greedy = '"' + "${big}" * 1_200 + '"'
    yaml = f"vars:\n- big: {'x' * 60_000}\nstages:\n  eat: {{cmd: {greedy}}}\n  train: {{cmd: t, outs: [model]}}\n"
    document = read_project("", yaml.encode(), None, lambda _: None, "")
    assert document.declared_outs == ("model",)
    assert document.commands == ()


def test_values_of_a_document_are_not_copied_for_each_stage() -> None:
    big = "".join(f"k{number}: {number}\n" for number in range(20_000))
    yaml = "stages:\n" + "".join(
        f"  s{number}:\n    cmd: x\n    vars: [{{a: b{number}}}]\n    outs: ['${{a}}']\n" for number in range(1_500)
    )
    document = read_project("", yaml.encode(), None, {"params.yaml": big.encode()}.get, "")
    assert len(document.declared_outs) == 1_500
    assert not document.problems


# -- what cannot be stored --------------------------------------------------------------------------------------------


def test_sizes_that_add_up_beyond_64_bits_do_not_lose_the_reading(repo: GitRepo) -> None:
    files = "".join(f"  - relpath: f{n}\n    md5: {n:032x}\n    size: {2**62}\n" for n in range(4))
    repo.commit(**{"d.dvc": f"outs:\n- path: d\n  files:\n{files}"})
    ingest(repo)
    (whole,) = [version for version in Facts(read(repo.path)).all(Version) if version.path == "d"]
    assert whole.size is None


@pytest.mark.parametrize(
    "params",
    [
        pytest.param({"p.json": json.dumps({"x": "\ud800"})}, id="lone surrogate in JSON"),
        pytest.param({"p.json": json.dumps({"x": "a\0b"})}, id="NUL in JSON"),
        pytest.param({"p.json": json.dumps({"x": "m", "\ud800": [{"\0": 1}]})}, id="in a key"),
        pytest.param({"p.toml": 'x = "a\\u0000b"'}, id="NUL in TOML"),
    ],
)
def test_text_that_no_path_can_hold_is_refused_wherever_templates_take_it_from(
    repo: GitRepo, params: dict[str, str]
) -> None:
    (name,) = params
    yaml = f"vars: [{name}]\n{YAML}artifacts:\n  m:\n    path: ${{x}}\n    type: ${{x}}\nmetrics: ['${{x}}']\n"
    repo.commit(**params, **{"dvc.yaml": yaml})
    ingest(repo)
    facts = Facts(read(repo.path))
    assert any(finding.admits for finding in facts.findings(FindingKind.TEMPLATE))
    assert not any("\0" in version.path for version in facts.all(Version))


# -- other places -----------------------------------------------------------------------------------------------------


def test_a_digest_that_is_a_path_leads_to_no_file(repo: GitRepo, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    found = find_bytes(str(repo.path), Digest("etag", f"xx{secret}"))
    assert (found.state, found.where, found.sha256) == ("missing", "", "")
    listing = json.dumps([{"etag": f"xx{secret}", "relpath": "a"}]).encode()
    found = find_bytes(str(repo.path), Digest("md5", f"{hide(repo, listing)}.dir"))
    assert found.state == "missing"
    assert hashlib.sha256(b"secret").hexdigest() not in str(found)


def test_refs_that_are_a_link_are_not_followed(repo: GitRepo, tmp_path: Path) -> None:
    repo.git("pack-refs", "--all")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "private-name").write_text("private")
    refs = repo.path / ".git" / "refs"
    refs.rename(tmp_path / "refs")
    refs.symlink_to(elsewhere)
    facts = Facts(read(repo.path))
    assert "private-name" not in str(facts.records)
    assert any(finding.admits for finding in facts.findings(FindingKind.OUTSIDE))


def test_objects_of_another_repository_are_not_read_unsaid(repo: GitRepo, tmp_path: Path) -> None:
    other = GitRepo(tmp_path / "other")
    other.commit("private", **{"dvc.yaml": YAML, "dvc.lock": LOCK})
    (repo.path / ".git" / "commondir").write_text(f"{other.path}/.git\n")
    findings = Facts(read(repo.path)).findings(FindingKind.OUTSIDE)
    assert any(str(other.path) in finding.message for finding in findings)


def test_a_linked_worktree_is_no_finding_of_its_common_folder(repo: GitRepo, tmp_path: Path) -> None:
    repo.git("worktree", "add", "-q", str(tmp_path / "linked"))
    findings = Facts(read(tmp_path / "linked")).findings(FindingKind.OUTSIDE)
    assert not any("commondir" in finding.message for finding in findings)


def test_a_forged_folder_name_does_not_lead_out_of_the_working_tree(repo: GitRepo, tmp_path: Path) -> None:
    listing = json.dumps([{"md5": "c" * 32, "relpath": "private"}]).encode()
    outside = GitRepo(tmp_path / "outside")
    name = hide(outside, listing)
    repo.commit(**{"d.dvc": f"outs:\n- path: d\n  hash: md5\n  md5: {name}.dir\n"})
    blob = repo.git("hash-object", "-w", "--stdin", stdin=b"")
    tree = repo.git("mktree", stdin=f"100644 blob {blob}\tconfig\n".encode())
    entries = [(line.split()[2], line.partition("\t")[2]) for line in repo.git("ls-tree", "HEAD").split("\n")]
    for forged in ("..", str(outside.path)):
        folder = _forge(repo, [("40000", ".dvc", tree)])
        if forged == "..":
            folder = _forge(repo, [("40000", "outside", folder)])
        root = _forge(repo, [("40000", forged, folder), *(("100644", path, oid) for oid, path in entries)])
        oid = repo.git("commit-tree", root, "-p", "HEAD", "-m", "forged")
        repo.git("update-ref", "refs/heads/main", oid)
        assert not any("private" in listing.names for listing in Facts(read(repo.path)).all(Listing))


def _forge(repo: GitRepo, entries: list[tuple[str, str, str]]) -> str:
    data = b"".join(f"{mode} {name}\0".encode() + bytes.fromhex(oid) for mode, name, oid in entries)
    return repo.git("hash-object", "-t", "tree", "-w", "--stdin", "--literally", stdin=data)


def test_a_listing_that_names_a_member_twice_is_not_believed(repo: GitRepo) -> None:
    listing = json.dumps([{"md5": digit * 32, "relpath": "x"} for digit in "cd"]).encode()
    name = hide(repo, listing)
    repo.commit(**{".dvc/.gitignore": "/cache\n", "d.dvc": f"outs:\n- path: d\n  hash: md5\n  md5: {name}.dir\n"})
    facts = Facts(read(repo.path))
    assert not facts.all(Listing)
    assert facts.gaps(GapKind.MISSING_LISTING)
    assert any(finding.admits for finding in facts.findings(FindingKind.CORRUPT_OBJECT))


def test_a_listing_with_an_endless_name_is_not_parsed() -> None:
    member = {"md5": "c" * 32, "relpath": "a" * 200_000}
    with pytest.raises(StorageProblem, match="longer than any path"):
        parse_listing(json.dumps([member]).encode(), "md5")
    members = [{"md5": "c" * 32, "relpath": f"{number}/{'a' * 4_000}"} for number in range(100)]
    assert len(parse_listing(json.dumps(members).encode(), "md5").names) == 100


def test_reading_a_hostile_repository_changes_nothing_in_it(repo: GitRepo) -> None:
    _bomb(repo, 1)
    before = snapshot(repo.path)
    read(repo.path)
    assert snapshot(repo.path) == before


def test_an_input_named_by_a_machines_path_is_never_clear(tmp_path: Path) -> None:
    repo = GitRepo(tmp_path / "repo")
    repo.write({"raw.dvc": f"outs:\n- md5: {'c' * 32}.dir\n  size: 9\n  nfiles: 2\n  hash: md5\n  path: raw\n"})
    repo.commit("data")
    absolute = f"{repo.path}/raw/a.csv"
    repo.write(
        {
            "dvc.yaml": YAML.replace("[data]", f"[{absolute}]"),
            "dvc.lock": LOCK.replace("path: data", f"path: {absolute}"),
        }
    )
    repo.commit("a run that reads out of it by its full name")
    ingest(repo)
    with Case.open(tmp_path / "case.duckdb") as case:
        rows = blast_radius(case, [f"md5:{'c' * 32}.dir"]).rows
    assert {row.thing.path: row.verdict for row in rows}["model"] == "unknown"
