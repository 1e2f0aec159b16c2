"""What is held at each commit, on random histories, against reading each commit's tree on its own."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.digest import Digest
from forensics.model import Commit, Edge, EdgeKind, Execution, version_key
from forensics_connectors.dvc.history import Relay
from tests.support.gitrepo import GitRepo
from tests.support.records import Facts, conforms, read

NAMES = ("a.dvc", "b.dvc", "sub/dvc.lock", "sub/dvc.yaml")
YAML = "stages:\n  s:\n    cmd: run\n    outs:\n    - o\n"


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[list[int], dict[str, int | None]]]:
    """Commits with the positions of their parents and what their trees hold: a number for each document."""
    commits: list[tuple[list[int], dict[str, int | None]]] = []
    for position in range(draw(st.integers(1, 9))):
        parents = draw(st.lists(st.integers(0, position - 1), max_size=3, unique=True)) if position else []
        tree = dict(commits[parents[0]][1]) if parents else {}
        values = st.one_of(st.none(), st.integers(0, 2))
        tree |= draw(st.dictionaries(st.sampled_from(NAMES), values, max_size=3))
        commits.append((parents, tree))
    return commits


def document(name: str, number: int) -> str:
    value = f"{number:032x}"
    if name.endswith(".dvc"):
        # Both documents may say something of the same path.
        return f"outs:\n- md5: {value}\n  hash: md5\n  path: {'same' if number == 2 else name[0]}\n"
    if name.endswith(".lock"):
        out = f"    outs:\n    - path: o\n      hash: md5\n      md5: {value}\n"
        return f"schema: '2.0'\nstages:\n  s:\n    cmd: run\n{out}"
    return YAML if number else YAML.replace("  s:", "  other:")


def build(path: Path, commits: list[tuple[list[int], dict[str, int | None]]]) -> GitRepo:
    repo = GitRepo(path)
    script = ""
    for position, (parents, tree) in enumerate(commits):
        script += f"commit refs/heads/b{position}\nmark :{position + 1}\n"
        script += f"committer A <a@example.com> {1_700_000_000 + position} +0000\ndata 0\n"
        script += "".join(f"{'merge' if i else 'from'} :{parent + 1}\n" for i, parent in enumerate(parents))
        script += "deleteall\n"
        for name, text in (("x.dvc", "outs: []\n"), ("n", str(position)), *texts(tree)):
            script += f"M 100644 inline {name}\ndata {len(text)}\n{text}\n"
    repo.git("fast-import", "--quiet", stdin=script.encode())
    return repo


def texts(tree: dict[str, int | None]) -> list[tuple[str, str]]:
    return [(name, document(name, number)) for name, number in sorted(tree.items()) if number is not None]


def truth(tree: dict[str, int | None]) -> dict[str, set[str]]:
    """Path to the keys of all versions that the documents of one tree hold."""
    held: dict[str, set[str]] = {}
    for name, number in tree.items():
        if name.endswith(".dvc") and number is not None:
            path = "same" if number == 2 else name[0]
            held.setdefault(path, set()).add(version_key(path, Digest("md5", f"{number:032x}")))
    lock = tree.get("sub/dvc.lock")
    if lock is not None and tree.get("sub/dvc.yaml"):
        held["sub/o"] = {version_key("sub/o", Digest("md5", f"{lock:032x}"))}
    return held


@settings(deadline=None, max_examples=40)
@given(histories())
def test_each_commit_holds_what_its_own_tree_says(commits: list[tuple[list[int], dict[str, int | None]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        repo = build(Path(folder) / "repo", commits)
        facts = Facts(read(repo.path))
        oids = [repo.oid(f"b{position}") for position in range(len(commits))]
    conforms(facts.records)
    held = facts.held()
    for oid, (_, tree) in zip(oids, commits, strict=True):
        expected = truth(tree)
        assert held[oid].keys() == expected.keys()
        assert all(held[oid][path] in keys for path, keys in expected.items())

    ancestors: list[set[int]] = []
    for parents, _ in commits:
        ancestors.append({above for parent in parents for above in ancestors[parent] | {parent}})
    truths = [{key for keys in truth(tree).values() for key in keys} for _, tree in commits]
    introduced = {
        (oids[position], key)
        for position, keys in enumerate(truths)
        for key in keys
        if not any(key in truths[above] for above in ancestors[position])
    }
    found = {
        (edge.cause.partition("\0")[2], edge.effect)
        for edge in facts.edges(EdgeKind.INTRODUCED)
        if "md5:" in edge.effect
    }
    assert found == introduced

    locks = [tree.get("sub/dvc.lock") for _, tree in commits]
    first = {
        oids[position]
        for position, number in enumerate(locks)
        if number is not None and not any(locks[above] == number for above in ancestors[position])
    }
    edges: list[Edge] = facts.edges(EdgeKind.RECORDED)
    assert {edge.cause.partition("\0")[2] for edge in edges} == first
    assert len(facts.all(Execution)) == len(set(locks) - {None})
    assert len(facts.all(Commit)) == len(commits)


@settings(deadline=None)
@given(histories())
def test_a_relayed_state_is_never_seen_changed(commits: list[tuple[list[int], dict[str, int | None]]]) -> None:
    parents = [above for above, _ in commits]
    relay: Relay[dict[int, None]] = Relay(parents, dict, dict.copy)
    expected: list[dict[int, None]] = []
    for position, (above, tree) in enumerate(commits):
        assert [relay.before(position, place) for place in range(len(above))] == [expected[p] for p in above]
        state = relay.enter(position, changes=bool(tree))
        if tree:
            state[position] = None
        expected.append(dict(state))
        assert expected[-1] == (expected[above[0]] if above else {}) | ({position: None} if tree else {})
