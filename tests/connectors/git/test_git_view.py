"""What the config-less view lets through, and what it does not."""

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.errors import SourceError
from forensics.model import FindingKind
from forensics_connectors.git import GitConnector
from forensics_connectors.git.text import text
from forensics_connectors.git.view import open_view
from tests.support.gitrepo import GitRepo, snapshot

HOSTILE = """
[core]
    repositoryFormatVersion = 1
    fsmonitor = {script}
    hooksPath = {script}
    sshCommand = {script}
    gitProxy = {script}
    askPass = {script}
    pager = {script}
    editor = {script}
    alternateRefsCommand = {script}
    attributesFile = {script}
[extensions]
    partialClone = origin
[remote "origin"]
    promisor = true
    url = ext::{script}
    uploadpack = {script}
[diff]
    external = {script}
[diff "x"]
    command = {script}
    textconv = {script}
[filter "x"]
    clean = {script}
    smudge = {script}
    process = {script}
[merge "x"]
    driver = {script}
[gpg]
    program = {script}
[gpg "ssh"]
    program = {script}
[uploadpack]
    packObjectsHook = {script}
[pager]
    cat-file = {script}
[alias]
    rev-list = !{script}
[sequence]
    editor = {script}
[credential]
    helper = {script}
[interactive]
    diffFilter = {script}
[includeIf "gitdir:/nonexistent/"]
    path = {script}
"""


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    made = GitRepo(tmp_path / "repo")
    made.commit("one", a="1", data__b="2")
    made.commit("two", a="3")
    return made


def kinds(path: Path) -> set[FindingKind]:
    with open_view(str(path)) as view:
        return {finding.kind for finding in view.findings}


def test_a_clean_repository_gives_no_finding(repo: GitRepo) -> None:
    assert kinds(repo.path) == set()


@pytest.mark.parametrize("form", ["worktree", "dot-git", "bare", "linked", "sha256", "detached", "link"])
def test_every_form_of_repository_opens(repo: GitRepo, tmp_path: Path, form: str) -> None:
    path, worktree = repo.path, repo.path
    if form == "dot-git":
        path = repo.path / ".git"
    elif form == "bare":
        path = worktree = tmp_path / "bare.git"
        repo.git("clone", "-q", "--bare", str(repo.path), str(path))
    elif form == "linked":
        path = worktree = tmp_path / "linked"
        repo.git("worktree", "add", "-q", "-b", "side", str(path))
    elif form == "sha256":
        repo = GitRepo(tmp_path / "sha256", "--object-format=sha256")
        repo.commit("one", a="1", data__b="2")
        repo.commit("two", a="3")
        path = worktree = repo.path
    elif form == "detached":
        repo.git("checkout", "-q", "--detach", "HEAD~1")
        repo.commit("aside", a="3")
    elif form == "link":
        path = tmp_path / "link"
        path.symlink_to(repo.path)
    with open_view(str(path)) as view:
        head = repo.oid()
        assert view.worktree == (None if form == "bare" else worktree)
        assert view.object_format == ("sha256" if form == "sha256" else "sha1")
        assert view.git_dir.joinpath("objects").is_dir()
        assert {ref.oid for ref in view.refs() if ref.name == "HEAD"} == {head}
        (entry,) = view.resolve([(head, "a")])
        assert entry is not None
        assert view.read_blob(entry.oid) == b"3"
        assert [(e.type, e.name) for e in view.tree(head)] == [("blob", "a"), ("tree", "data")]
        assert [e.name for e in view.tree(head, "data")] == ["b"]
        assert view.tree(head, "nowhere") == []
        found = {finding.kind for finding in view.findings}
        assert found == ({FindingKind.OUTSIDE} if form == "linked" else set())


def test_the_view_is_gone_afterwards(repo: GitRepo) -> None:
    with open_view(str(repo.path)) as view:
        path = view.path
        assert path.exists()
    assert not path.parent.exists()


def test_an_unborn_head_beside_a_branch_opens(repo: GitRepo) -> None:
    repo.git("symbolic-ref", "HEAD", "refs/heads/unborn")
    with open_view(str(repo.path)) as view:
        assert view.head == "refs/heads/unborn"
        assert [ref.name for ref in view.refs()] == ["refs/heads/main"]


@pytest.mark.parametrize("case", ["absent", "plain", "empty", "reftable", "format", "gitfile", "objects"])
def test_what_cannot_be_read_is_one_clear_error(tmp_path: Path, case: str) -> None:
    path = tmp_path / "repo"
    if case == "plain":
        path.mkdir()
    elif case != "absent":
        repo = GitRepo(path)
        if case == "empty":
            pass
        elif case == "reftable":
            repo.git("config", "extensions.refstorage", "reftable")
        elif case == "format":
            repo.git("config", "extensions.objectformat", "md4")
        elif case == "gitfile":
            (path / ".git").rename(tmp_path / "elsewhere")
            (path / ".git").write_text("gitdir: ../nowhere\n")
        elif case == "objects":
            (path / ".git" / "objects").rename(tmp_path / "objects")
            (path / ".git" / "objects").symlink_to(tmp_path / "objects")
    with pytest.raises(SourceError) as caught, open_view(str(path)):
        pass
    assert caught.value.locator
    assert caught.value.hint or case == "format"


def test_a_missing_git_program_is_one_clear_error(repo: GitRepo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(SourceError, match="git program") as caught, open_view(str(repo.path)):
        pass
    assert caught.value.hint


def test_the_callers_environment_does_not_reach_git(
    repo: GitRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = GitRepo(tmp_path / "other")
    stranger = other.commit("stranger", x="secret")
    monkeypatch.setenv("GIT_ALTERNATE_OBJECT_DIRECTORIES", str(other.path / ".git" / "objects"))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(other.path / ".git" / "objects"))
    monkeypatch.setenv("GIT_TRACE", str(tmp_path / "trace"))
    with open_view(str(repo.path)) as view:
        assert dict(view.check_objects([stranger])) == {stranger: None}
        assert view.read_object(repo.oid(), "commit") is not None
    assert not (tmp_path / "trace").exists()


def test_hostile_settings_run_nothing_and_are_reported(repo: GitRepo, tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    script = tmp_path / "attack"
    script.write_text(f"#!/bin/sh\ntouch {marker}\ncat\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    (repo.path / ".gitattributes").write_text("* filter=x diff=x merge=x\n")
    (repo.path / ".git" / "info" / "attributes").write_text("* filter=x diff=x merge=x\n")
    for name in ("post-index-change", "reference-transaction", "pre-auto-gc", "fsmonitor-watchman"):
        hook = repo.path / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(script.read_text())
        hook.chmod(0o755)
    with (repo.path / ".git" / "config").open("a") as config:
        config.write(HOSTILE.format(script=script))
    os.utime(repo.path / "a", (1, 1))
    shutil.copytree(repo.path, tmp_path / "control")
    subprocess.run(["git", "status"], cwd=tmp_path / "control", capture_output=True, check=False)
    assert marker.exists()  # the attack works where git is run as usual
    marker.unlink()
    before = snapshot(repo.path)
    connector = GitConnector()
    source = connector.discover(str(repo.path))
    assert source is not None
    records = list(connector.read(source))
    with open_view(str(repo.path)) as view:
        view.read_object("1" * 40)  # a promisor would be asked for it
        list(view.read_blobs(["2" * 40]))
        messages = [f.message for f in view.findings if f.kind is FindingKind.ACTIVE_CONFIG]
    assert not marker.exists()
    assert snapshot(repo.path) == before
    assert len(records) > 5
    keys = [message.split()[1].lower() for message in messages if message.startswith("config: ")]
    assert len(keys) == len(set(keys)) == HOSTILE.count("{script}") + 2
    assert len([message for message in messages if message.startswith("hooks/")]) == 4
    assert not any(str(script) in message for message in messages)


def test_credentials_in_keys_are_not_shown(repo: GitRepo) -> None:
    repo.git("config", "--file", ".git/config", "credential.https://ada:hunter2@example.com.helper", "store")
    with open_view(str(repo.path)) as view:
        (finding,) = view.findings
    assert "hunter2" not in finding.message


def test_links_that_leave_the_repository_are_not_followed(repo: GitRepo, tmp_path: Path) -> None:
    other = GitRepo(tmp_path / "other")
    stranger = other.commit("stranger", x="secret")
    repo.git("repack", "-adq")
    objects = repo.path / ".git" / "objects"
    (objects / stranger[:2]).symlink_to(other.path / ".git" / "objects" / stranger[:2])
    (repo.path / ".git" / "refs" / "heads" / "evil").symlink_to("/etc/passwd")
    (repo.path / ".git" / "refs" / "evil").symlink_to(other.path / ".git" / "refs")
    os.mkfifo(repo.path / ".git" / "refs" / "heads" / "pipe")
    with open_view(str(repo.path)) as view:
        assert {ref.name for ref in view.refs()} == {"HEAD", "refs/heads/main"}
        assert dict(view.check_objects([stranger])) == {stranger: None}
        assert [f.kind for f in view.findings].count(FindingKind.OUTSIDE) == 3


def test_borrowed_objects_are_not_read_and_reported(repo: GitRepo, tmp_path: Path) -> None:
    other = GitRepo(tmp_path / "other")
    stranger = other.commit("stranger", x="secret")
    (repo.path / ".git" / "objects" / "info" / "alternates").write_text(f"{other.path}/.git/objects\n")
    with open_view(str(repo.path)) as view:
        assert dict(view.check_objects([stranger])) == {stranger: None}
        assert FindingKind.ALTERNATES in {f.kind for f in view.findings}


def test_bad_ref_names_and_values_are_reported_and_do_not_hide_commits(repo: GitRepo) -> None:
    heads = repo.path / ".git" / "refs" / "heads"
    (heads / "a..b").write_text(f"{repo.oid('HEAD~1')}\n")
    (heads / "none").write_text("no id\n")
    (heads / "main.lock").write_text("")
    with open_view(str(repo.path)) as view:
        assert "refs/heads/a..b" in {ref.name for ref in view.refs()}
        assert sorted(f.origin.path for f in view.findings) == ["refs/heads/a..b", "refs/heads/none"]
        assert view.run("for-each-ref", "--format=%(refname)") == b"refs/heads/main\n"


def test_an_object_that_is_not_what_its_id_says_is_reported_and_not_believed(repo: GitRepo) -> None:
    good, bad = repo.oid("HEAD:a"), repo.oid("HEAD~1:a")
    repo.loose(bad).chmod(0o644)
    repo.loose(bad).write_bytes(repo.loose(good).read_bytes())
    cut = repo.oid("HEAD:data/b")
    repo.loose(cut).chmod(0o644)
    repo.loose(cut).write_bytes(repo.loose(cut).read_bytes()[:5])
    asked = [bad, good, cut, "0" * 40, good, "nonsense"]
    expected = [None, b"3", None, None, b"3", None]
    with open_view(str(repo.path)) as view:
        assert list(view.read_blobs(asked)) == list(zip(asked, expected, strict=True))
        told = {(f.kind, f.origin.locus) for f in view.findings}
    assert (FindingKind.CORRUPT_OBJECT, bad) in told
    assert {oid for _, oid in told} == {bad, cut, "0" * 40}
    with open_view(str(repo.path)) as view:
        assert [view.read_blob(oid) for oid in asked] == expected
        assert {f.origin.locus for f in view.findings} == {bad, cut, "0" * 40}


def test_large_blobs_and_other_types_are_left_out(repo: GitRepo) -> None:
    repo.commit("large", large=b"x" * 5000, small="s")
    large, small, tree = repo.oid("HEAD:large"), repo.oid("HEAD:small"), repo.oid("HEAD:data")
    with open_view(str(repo.path)) as view:
        assert list(view.read_blobs([large, tree, small], limit=1000)) == [(large, None), (tree, None), (small, b"s")]
        assert view.read_blob(large, limit=1000) is None
        assert view.read_blob(large) == b"x" * 5000
        assert {f.kind for f in view.findings} == {FindingKind.TOO_LARGE, FindingKind.CORRUPT_OBJECT}


def test_paths_of_any_bytes_are_resolved(repo: GitRepo) -> None:
    names = [b"caf\xe9.csv", "naïve.csv".encode(), b"new\nline", b" blank ", b'"quoted"', b"-dash"]
    for name in names:
        (repo.path / os.fsdecode(name)).write_bytes(name)
    commit = repo.commit("names")
    asked = [(commit, os.fsdecode(name)) for name in names] + [(commit, "no\nsuch"), (commit, "")]
    with open_view(str(repo.path)) as view:
        *found, absent, root = view.resolve(asked)
        assert [view.read_blob(entry.oid) for entry in found if entry] == names
        assert absent is None
        assert root is not None
        assert root.type == "tree"
        assert {e.name for e in view.tree(commit)} >= {os.fsdecode(name) for name in names}


def test_paths_that_lead_out_of_the_tree_are_not_there_and_harm_nothing(repo: GitRepo) -> None:
    commit = repo.commit("one", **{"a.csv": "a"})
    with open_view(str(repo.path)) as view:
        asked = [(commit, "../a.csv"), (commit, "./a.csv"), (commit, "a.csv"), (commit, "../../x/../a.csv")]
        assert [entry is not None for entry in view.resolve(asked)] == [False, False, True, False]
        assert view.tree(commit, "../a") == []
        assert view.findings == []


@settings(deadline=None)
@given(st.sets(st.binary(max_size=6) | st.sampled_from([b"\\xff", b"\xff", b"\\\\xff", b"\\", b"\\\xff"]), min_size=2))
def test_different_bytes_are_different_valid_texts(paths: set[bytes]) -> None:
    texts = {text(path) for path in paths}
    assert len(texts) == len(paths)
    for one in texts:
        one.encode()


def test_ordinary_text_stays_as_it_is() -> None:
    assert text("C:\\data\\train.csv") == "C:\\data\\train.csv"
    assert text("données/ß") == "données/ß"
    assert text(b"caf\xe9") == "caf\\xe9"
