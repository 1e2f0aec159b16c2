"""The history that is read is the true one, whatever the repository claims."""

import hashlib
import random
import struct
import subprocess
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.model import FindingKind, RefKind
from forensics_connectors.git import changes, environment
from forensics_connectors.git.history import History, read_history
from forensics_connectors.git.introductions import introductions
from forensics_connectors.git.view import open_view
from tests.support.gitrepo import EPOCH, GitRepo


def read(path: Path) -> tuple[History, list[tuple[FindingKind, str]]]:
    with open_view(str(path)) as view:
        history = read_history(view)
        return history, [(finding.kind, finding.message) for finding in view.findings]


def held(history: History) -> list[dict[str, str]]:
    """What each commit holds, replayed from the changes as ``forensics.model.Change`` says."""
    states: list[dict[str, str]] = []
    for position, groups in enumerate(history.changes):
        commit = history.commits[position]
        before = [states[history.positions[oid]] if oid in history.positions else {} for oid in commit.parents]
        before = before[: len(groups)] or [{}]
        deltas = [{change.path: change.new_oid for change in group} for group in groups]
        state: dict[str, str] = {}
        for path in {*chain(*before, *deltas)}:
            quiet = [old.get(path) for old, delta in zip(before, deltas, strict=True) if path not in delta]
            new = quiet[0] if quiet else deltas[0][path]
            if new is not None:
                state[path] = new
        states.append(state)
    return states


def listed(repo: Path, oid: str) -> dict[str, str]:
    """What git lists in a commit: the oracle."""
    output = subprocess.run(
        ["git", "-C", str(repo), "ls-tree", "-r", "-z", oid], capture_output=True, check=True
    ).stdout.decode("utf-8", "surrogateescape")
    return {path: meta.split()[2] for meta, _, path in (line.partition("\t") for line in output.split("\0")[:-1])}


def assert_replays(path: Path) -> History:
    history, findings = read(path)
    assert findings == []
    for commit, state in zip(history.commits, held(history), strict=True):
        assert state == listed(path, commit.oid)
    return history


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    return GitRepo(tmp_path / "repo")


@pytest.fixture
def three(repo: GitRepo) -> list[str]:
    """Commits one, two (the poisoning) and three."""
    return [repo.commit("one", a="1"), repo.commit("two", a="poison"), repo.commit("three", b="3")]


def names(history: History) -> list[str]:
    return [commit.message.strip() for commit in history.commits]


def test_commits_carry_what_they_claim(repo: GitRepo) -> None:
    oid = repo.commit("subject\n\nbody ß", a="1")
    (commit,) = read(repo.path)[0].commits
    assert (commit.oid, commit.parents, commit.boundary, commit.position) == (oid, (), False, 0)
    assert (commit.author_name, commit.author_mail) == ("Ada", "ada@example.com")
    assert (commit.committer_name, commit.committer_mail) == ("Cem", "cem@example.com")
    assert (commit.author_time, commit.author_offset) == (EPOCH + 60, 120)
    assert commit.message == "subject\n\nbody ß\n"


def test_merges_with_changes_of_their_own_and_octopuses_replay(repo: GitRepo) -> None:
    repo.commit("root", a="1", d__b="1", d__c="1")
    for name in ("x", "y", "z"):
        repo.git("checkout", "-q", "-b", name, "main")
        repo.commit(name, **{f"file_{name}": name, "d__c": None} if name == "x" else {f"file_{name}": name})
    repo.git("checkout", "-q", "main")
    repo.commit("on", a="2")
    merge = repo.merge("x", own="by the merge")
    repo.git("merge", "-q", "-m", "octopus", "y", "z")
    repo.commit("typechange", **{"d__b": None})
    repo.commit("swap", d__b__deep="folder where a file was")
    history = assert_replays(repo.path)
    position = history.positions[merge]
    assert len(history.changes[position]) == 2
    assert [change.path for at, change in history.appearances() if at == position] == ["own"]
    assert [len(commit.parents) for commit in history.commits if "octopus" in commit.message] == [3]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("form", ["sha1", "sha256"])
def test_random_histories_replay_to_what_git_lists(tmp_path: Path, seed: int, form: str) -> None:
    chance = random.Random(seed)
    repo = GitRepo(tmp_path / "repo", f"--object-format={form}")
    stream = b""
    for mark in range(1, 40):
        branch = chance.choice("abc")
        stream += b"commit refs/heads/%b\nmark :%d\ncommitter A <a@example.com> %d +0000\ndata 0\n" % (
            branch.encode(),
            mark,
            EPOCH + chance.randrange(10**6),
        )
        parents = chance.sample(range(1, mark), min(mark - 1, chance.choice([0, 1, 1, 1, 2, 3])))
        for index, parent in enumerate(parents):
            stream += b"%b :%d\n" % (b"merge" if index else b"from", parent)
        if not parents and mark > 1:
            stream += b"deleteall\n"
        for _ in range(chance.randrange(4)):
            path = "/".join(chance.choices("pq", k=chance.randrange(1, 4))) + chance.choice([".txt", "", "é"])
            if chance.random() < 0.2:
                stream += f"D {path}\n".encode()
            else:
                stream += f"M 644 inline {path}\ndata 1\n{chance.randrange(4)}\n".encode()
    repo.git("fast-import", "--quiet", "--force", stdin=stream)
    assert_replays(repo.path)


def test_all_refs_are_read_save_the_bookkeeping_of_dvc(repo: GitRepo) -> None:
    main = repo.commit("main", a="0")
    tips = {}
    for name in ("refs/pull/1/head", "refs/exps/ab/cd/exp-x", "refs/remotes/origin/old", "refs/stash", "refs/odd/one"):
        repo.git("checkout", "-q", "--detach", main)
        tips[name] = repo.commit(name, a=name)
        repo.git("update-ref", name, tips[name])
    for name in ("stash", "exec", "apply", "celery", "temp"):
        repo.git("checkout", "-q", "--detach", main)
        repo.git("update-ref", f"refs/exps/{name}/x", repo.commit(f"skipped {name}", a=name))
    repo.git("checkout", "-q", "--detach", main)
    tips["HEAD"] = repo.commit("detached", a="5")
    tips["refs/heads/main"] = main
    repo.git("pack-refs", "--all")
    history, findings = read(repo.path)
    assert findings == []
    assert {ref.name: ref.commit for ref in history.refs} == tips
    assert {commit.oid for commit in history.commits} == set(tips.values())
    kinds = {ref.name: ref.kind for ref in history.refs}
    assert kinds["refs/exps/ab/cd/exp-x"] is RefKind.EXPERIMENT
    assert kinds["refs/remotes/origin/old"] is RefKind.REMOTE
    assert kinds["HEAD"] is RefKind.HEAD
    assert kinds["refs/pull/1/head"] is RefKind.OTHER


def test_tags_are_peeled_and_annotated_ones_carry_their_message(repo: GitRepo) -> None:
    commit = repo.commit("one", a="1")
    repo.git("tag", "light")
    repo.git("tag", "-a", "fraud@v1.0.0", "-m", "release ß")
    repo.git("tag", "-a", "nested", "-m", "outer", "fraud@v1.0.0")
    repo.git("tag", "blob", repo.oid("HEAD:a"))
    repo.git("update-ref", "refs/tags/renamed", repo.oid("fraud@v1.0.0"))
    history, findings = read(repo.path)
    tags = {ref.name.removeprefix("refs/tags/"): ref for ref in history.refs if ref.kind is RefKind.TAG}
    assert set(tags) == {"light", "fraud@v1.0.0", "nested", "renamed"}
    assert {ref.commit for ref in tags.values()} == {commit}
    assert (tags["light"].tag, tags["light"].tag_time) == ("", None)
    annotated = tags["fraud@v1.0.0"]
    assert annotated.tag == repo.oid("fraud@v1.0.0")
    assert (annotated.tagger_mail, annotated.tag_time) == ("cem@example.com", EPOCH + 60)
    assert annotated.message == "release ß\n"
    assert tags["nested"].message == "outer\n"
    assert [kind for kind, _ in findings] == [FindingKind.BAD_TAG]


def test_the_head_of_another_worktree_is_read_too(repo: GitRepo, tmp_path: Path) -> None:
    repo.commit("one", a="1")
    repo.git("worktree", "add", "-q", "--detach", str(tmp_path / "side"))
    side = GitRepo.__new__(GitRepo)
    side.path, side.clock = tmp_path / "side", EPOCH
    oid = side.commit("in the worktree", a="2")
    assert oid in read(repo.path)[0].positions
    assert {ref.name for ref in read(side.path)[0].refs} == {"HEAD", "main-worktree/HEAD", "refs/heads/main"}


def test_a_shallow_clone_ends_at_boundaries_that_hold_their_whole_tree(
    repo: GitRepo, three: list[str], tmp_path: Path
) -> None:
    clone = tmp_path / "clone"
    repo.git("clone", "-q", "--depth=2", f"file://{repo.path}", str(clone))
    history, findings = read(clone)
    assert [(commit.oid, commit.boundary) for commit in history.commits] == [(three[1], True), (three[2], False)]
    assert history.commits[0].parents == (three[0],)
    assert [[change.path for change in group] for group in history.changes[0]] == [["a"]]
    assert [kind for kind, _ in findings] == [FindingKind.SHALLOW]


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


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[list[int]], list[set[int]]]:
    """Parents of each commit, and the facts that each holds."""
    count = draw(st.integers(1, 12))
    parents = [
        draw(st.lists(st.integers(0, position - 1), max_size=3, unique=True)) if position else []
        for position in range(count)
    ]
    return parents, [draw(st.sets(st.integers(0, 4))) for _ in range(count)]


@settings(deadline=None)
@given(histories())
def test_a_fact_is_introduced_where_no_ancestor_ever_held_it(made: tuple[list[list[int]], list[set[int]]]) -> None:
    parents, facts = made
    appearances = [
        (position, fact)
        for position, above in enumerate(parents)
        for fact in sorted(facts[position])
        if not any(fact in facts[parent] for parent in above)
    ]

    def ancestors(position: int) -> set[int]:
        return {one for parent in parents[position] for one in (parent, *ancestors(parent))}

    expected = [
        (position, fact, not any(fact in facts[one] for one in ancestors(position))) for position, fact in appearances
    ]
    assert list(introductions(parents, appearances)) == expected
