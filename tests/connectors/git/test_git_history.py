"""The history that is read is the true one, whatever the repository claims."""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.model import FindingKind, RefKind
from forensics_connectors.git.history import History
from forensics_connectors.git.introductions import introductions
from tests.support.githistory import held, listed, read
from tests.support.gitrepo import EPOCH, GitRepo


def assert_replays(path: Path) -> History:
    history, findings = read(path)
    assert findings == []
    for commit, state in zip(history.commits, held(history), strict=True):
        assert state == listed(path, commit.oid)
    return history


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
