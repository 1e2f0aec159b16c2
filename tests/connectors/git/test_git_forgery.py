"""What a repository claims by forged, damaged and odd files neither fools a reading nor stops it."""

import hashlib
import struct
from pathlib import Path

import pytest

from forensics.model import FindingKind
from forensics_connectors.git import changes, environment
from tests.support.githistory import held, listed, names, read
from tests.support.gitrepo import GitRepo


def test_a_forged_shallow_file_hides_nothing(repo: GitRepo, three: list[str]) -> None:
    (repo.path / ".git" / "shallow").write_text(f"{three[2]}\n")
    assert repo.git("log", "--format=%s") == "three"
    history, findings = read(repo.path)
    assert names(history) == ["one", "two", "three"]
    assert [kind for kind, _ in findings] == [FindingKind.SHALLOW]


def forge_commit_graph(repo: GitRepo, child: str, parent: str, form: str = "sha1") -> None:
    """Edits the parent of one commit in the commit-graph and recomputes the checksum."""
    path = repo.path / ".git" / "objects" / "info" / "commit-graph"
    data = bytearray(path.read_bytes())
    chunks = dict(struct.unpack_from(">4sQ", data, 8 + 12 * index) for index in range(data[6]))
    size = 20 if form == "sha1" else 32
    ids = [data[at : at + size].hex() for at in range(chunks[b"OIDL"], chunks[b"CDAT"], size)]
    at = chunks[b"CDAT"] + ids.index(child) * (size + 16) + size
    struct.pack_into(">I", data, at, ids.index(parent))
    path.chmod(0o644)
    path.write_bytes(data[:-size] + hashlib.new(form, data[:-size]).digest())


@pytest.mark.parametrize("form", ["sha1", "sha256"])
def test_a_forged_commit_graph_hides_nothing_and_is_reported(tmp_path: Path, form: str) -> None:
    repo = GitRepo(tmp_path / "repo", f"--object-format={form}")
    one, _, three = (repo.commit(name, a=name) for name in ("one", "two", "three"))
    repo.git("commit-graph", "write", "--reachable")
    assert read(repo.path)[1] == []
    forge_commit_graph(repo, three, one, form)
    assert repo.git("log", "--format=%s").split() == ["three", "one"]  # git is fooled
    history, findings = read(repo.path)
    assert names(history) == ["one", "two", "three"]
    ((kind, message),) = findings
    assert kind is FindingKind.FORGED_COMMIT_GRAPH
    assert three in message


def test_true_commit_graphs_are_not_accused(repo: GitRepo) -> None:
    repo.commit("root", a="1")
    for name in ("x", "y", "z"):
        repo.git("checkout", "-q", "-b", name, "main")
        repo.commit(name, **{name: name})
    repo.git("checkout", "-q", "main")
    repo.git("commit-graph", "write", "--reachable", "--split")
    repo.git("merge", "-q", "-m", "octopus", "x", "y", "z")
    repo.commit("after", a="2")
    repo.git("commit-graph", "write", "--reachable", "--split=no-merge")
    assert read(repo.path)[1] == []
    repo.git("commit-graph", "write", "--reachable")
    assert read(repo.path)[1] == []


@pytest.mark.parametrize("damage", [b"", b"CGPH", b"CGPH\1\1\xff\0", b"CGPH\1\1\1\0" + b"\xff" * 40])
def test_a_malformed_commit_graph_is_a_finding(repo: GitRepo, three: list[str], damage: bytes) -> None:
    (repo.path / ".git" / "objects" / "info" / "commit-graph").write_bytes(damage)
    history, findings = read(repo.path)
    assert len(history.commits) == len(three)
    assert [kind for kind, _ in findings] == [FindingKind.FORGED_COMMIT_GRAPH]


def test_replace_refs_do_not_fool_and_are_reported(repo: GitRepo, three: list[str]) -> None:
    raw = repo.git("cat-file", "commit", three[1]).replace("Ada <ada@", "Eve <eve@") + "\n"
    forged = repo.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=raw.encode())
    repo.git("replace", three[1], forged)
    assert "Eve" in repo.git("log", "--format=%an")
    history, findings = read(repo.path)
    assert {commit.author_name for commit in history.commits} == {"Ada"}
    assert forged not in history.positions
    assert [kind for kind, _ in findings] == [FindingKind.REPLACE_REF]


def test_grafts_do_not_fool_and_are_reported(repo: GitRepo, three: list[str]) -> None:
    (repo.path / ".git" / "info" / "grafts").write_text(f"{three[2]} {three[0]}\n")
    assert repo.git("log", "--format=%s").split() == ["three", "one"]
    history, findings = read(repo.path)
    assert names(history) == ["one", "two", "three"]
    assert [kind for kind, _ in findings] == [FindingKind.GRAFT]


def test_a_forged_pack_index_does_not_pass_for_the_truth(repo: GitRepo, three: list[str]) -> None:
    repo.git("repack", "-adq")
    (index,) = (repo.path / ".git" / "objects" / "pack").glob("*.idx")
    data = bytearray(index.read_bytes())
    count = struct.unpack_from(">I", data, 8 + 4 * 255)[0]
    start = 8 + 1024
    ids = [data[start + 20 * i : start + 20 * i + 20].hex() for i in range(count)]
    offsets = start + 24 * count
    two, one = (offsets + 4 * ids.index(oid) for oid in (three[1], three[0]))
    data[two : two + 4] = data[one : one + 4]  # git shows commit one under the id of commit two
    index.chmod(0o644)
    index.write_bytes(data[:-20] + hashlib.sha1(data[:-20]).digest())
    assert repo.git("log", "--format=%s").split() == ["three", "one"]
    history, findings = read(repo.path)
    assert names(history) == ["three"]
    assert history.commits[0].boundary
    assert {kind for kind, _ in findings} == {FindingKind.CORRUPT_OBJECT, FindingKind.MISSING_OBJECT}


@pytest.mark.parametrize("damage", ["missing", "corrupt", "empty"])
def test_a_bad_commit_cuts_the_history_and_is_reported(repo: GitRepo, three: list[str], damage: str) -> None:
    repo.git("branch", "old", three[0])
    path = repo.loose(three[1])
    path.chmod(0o644)
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:20] if damage == "corrupt" else b"")
    history, findings = read(repo.path)
    assert [(commit.oid, commit.boundary) for commit in history.commits] == [(three[0], False), (three[2], True)]
    assert [change.path for change in history.changes[1][0]] == ["a", "b"]
    assert any(kind is FindingKind.MISSING_OBJECT and three[1] in message for kind, message in findings)


@pytest.mark.parametrize("damage", ["missing", "corrupt"])
@pytest.mark.parametrize("where", ["", "data"])
def test_a_bad_tree_does_not_stop_the_reading(repo: GitRepo, damage: str, where: str) -> None:
    repo.commit("one", a="1", data__b="1", other__c="1")
    bad = repo.commit("two", a="2", data__b="2", other__c="2")
    last = repo.commit("three", a="3", data__d="3")
    tree = repo.oid(f"{bad}:{where}") if where else repo.oid(f"{bad}^{{tree}}")
    path = repo.loose(tree)
    path.chmod(0o644)
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(b"rubbish")
    history, findings = read(repo.path)
    assert names(history) == ["one", "two", "three"]
    assert held(history)[2] == listed(repo.path, last)
    if where:
        paths = {change.path for change in history.changes[1][0]}
        assert paths == {"a", "other/c"}
    assert any(tree in message for _, message in findings)


def test_odd_names_times_and_messages_do_not_stop_the_reading(repo: GitRepo) -> None:
    tree = repo.git("hash-object", "-t", "tree", "-w", "--stdin")
    bodies = [
        b"author \xff\xfe <\xe9@example.com> 99999999999999999999 +9999\ncommitter <> -5 -0130\n\n\xff",
        b"author nobody\ncommitter A <a@example.com> 1700000000 +0100\n\nm",
        b"\n\n",
        b"author A <a@example.com> 1 +0000\ncommitter A <b<c>d> 1 +0000\nencoding iso-8859-1\n\n\xe9",
        b"author A <a@example.com> 1 +0000\ncommitter A <a@example.com> 1 +0000\nencoding zip\n\n\xe9",
    ]
    for number, body in enumerate(bodies):
        raw = f"tree {tree}\n".encode() + body
        oid = repo.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=raw)
        (repo.path / ".git" / "refs" / "heads" / f"b{number}").write_text(f"{oid}\n")
    history, findings = read(repo.path)
    assert len(history.commits) == len(bodies)
    for commit in history.commits:
        f"{commit}".encode()
    by_message = {commit.message: commit for commit in history.commits}
    first = by_message["\\xff"]
    assert (first.author_name, first.author_time, first.commit_time, first.commit_offset) == ("\\xff\\xfe", 0, -5, -90)
    assert by_message["é"].committer_mail == "b<c>d"
    assert by_message["\\xe9"].author_mail == "a@example.com"
    assert [kind for kind, _ in findings] == [FindingKind.CORRUPT_OBJECT] * 3


def tree_of(repo: GitRepo, entries: list[tuple[str, str]]) -> str:
    """A tree of folders."""
    listing = "".join(f"040000 tree {oid}\t{name}\n" for name, oid in entries)
    return repo.git("mktree", "--missing", stdin=listing.encode())


@pytest.mark.parametrize("memory", [2 << 20, 1 << 15])
def test_a_tree_that_names_too_many_files_is_left_out_and_reported(
    repo: GitRepo, monkeypatch: pytest.MonkeyPatch, memory: int
) -> None:
    monkeypatch.setattr(changes, "_LIMIT", 10_000)
    monkeypatch.setattr(environment, "_MEMORY", memory)
    good = repo.commit("good", a="1")
    tree = repo.oid("HEAD^{tree}")
    for _ in range(5):
        tree = tree_of(repo, [(f"{name:02}", tree) for name in range(10)])
    bomb = repo.git("commit-tree", tree, "-p", good, "-m", "bomb")
    after = repo.git("commit-tree", repo.oid(f"{good}^{{tree}}"), "-p", bomb, "-m", "after")
    repo.git("update-ref", "refs/heads/main", after)
    history, findings = read(repo.path)
    assert names(history) == ["good", "bomb", "after"]
    assert {kind for kind, _ in findings} == {FindingKind.TOO_LARGE}


def test_deep_folders_are_read(repo: GitRepo) -> None:
    stream = b"commit refs/heads/main\ncommitter A <a@example.com> 1 +0000\ndata 0\n"
    path = b"d/" * 1500 + b"f"
    repo.git("fast-import", "--quiet", stdin=stream + b"M 644 inline " + path + b"\ndata 1\n1\n")
    history, findings = read(repo.path)
    assert [change.path for change in history.changes[0][0]] == [path.decode()]
    assert findings == []
