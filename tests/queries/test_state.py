"""What a commit holds, against the histories as they were written down."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.case import Case
from forensics_queries.blame import blame
from forensics_queries.state import History, held_at
from tests.support.toy import Held, Step, Toy, digest_of

TEXTS = st.sampled_from(["one", "two", "three"])
FILES = st.dictionaries(st.sampled_from(["x", "sub/y"]), TEXTS, min_size=1)


@st.composite
def toys(draw: st.DrawFn) -> Toy:
    steps: list[Step] = []
    for number in range(draw(st.integers(1, 9))):
        parents = draw(st.lists(st.integers(0, number - 1), max_size=3, unique=True)) if number else []
        if number and not parents and draw(st.booleans()):
            parents = [number - 1]
        inherited: dict[str, Held] = dict(steps[parents[0]].holds) if parents else {}
        changed = draw(st.dictionaries(st.sampled_from(["a", "b"]), TEXTS))
        folder = draw(st.none() | FILES)
        holds: dict[str, Held] = {**inherited, **changed, **({"dir": folder} if folder else {})}
        for gone in draw(st.sets(st.sampled_from(["a", "b", "dir"]), max_size=1)):
            holds.pop(gone, None)
        steps.append(Step(tuple(parents), holds, draw(st.dictionaries(st.just("a"), TEXTS))))
    return Toy("toy", tuple(steps))


@given(toys())
@settings(deadline=None, max_examples=8)
def test_a_commit_holds_what_was_written_down(toy: Toy) -> None:
    with TemporaryDirectory() as folder, Case.open(Path(folder) / "case.duckdb", write=True, new=True) as case:
        case.ingest(toy.source, toy.records())
        commits = {oid: node for node, oid in case.rows("SELECT id, oid FROM git_commit")}
        versions = {
            node: (path, digest) for node, path, digest in case.rows("SELECT version_id, path, digest FROM versions")
        }
        artifacts = [row[0] for row in case.rows("SELECT id FROM artifact")]
        history = History.load(case)
        everywhere = {artifact: history.held_everywhere(case, artifact) for artifact in artifacts}
        for number in range(len(toy.steps)):
            commit = commits[toy.oid(number)]
            held = held_at(case, commit)
            for layer in ("dvc", "git"):
                found = {versions[version] for (_, at), version in held.items() if at == layer}
                assert found == _truth(toy, number, layer)
                swept = {
                    versions[layers[layer][commit]] for layers in everywhere.values() if commit in layers.get(layer, {})
                }
                assert swept == found
            for artifact in artifacts:
                assert held_at(case, commit, [artifact], history=history) == {
                    slot: version for slot, version in held.items() if slot[0] == artifact
                }


@given(toys())
@settings(deadline=None, max_examples=8)
def test_blame_names_the_commits_that_a_walk_over_all_of_them_finds(toy: Toy) -> None:
    with TemporaryDirectory() as folder, Case.open(Path(folder) / "case.duckdb", write=True, new=True) as case:
        case.ingest(toy.source, toy.records())
        for text in ("one", "two"):
            if not any(text in _everything(step.holds).values() for step in toy.steps):
                continue
            answer = blame(case, str(digest_of(text)))
            found = {(row.path, row.action, row.commit.digest.removeprefix("git:")) for row in answer.rows}
            assert found == _blame_by_walking(toy, text)


def _truth(toy: Toy, number: int, layer: str) -> set[tuple[str, str]]:
    step = toy.steps[number]
    return {
        (path, str(toy.version(number, path, layer).digest)) for path in (step.holds if layer == "dvc" else step.git)
    }


def _everything(holds: Mapping[str, Held]) -> dict[str, str]:
    files: dict[str, str] = {}
    for path, held in holds.items():
        files |= {path: held} if isinstance(held, str) else {f"{path}/{name}": text for name, text in held.items()}
    return files


def _blame_by_walking(toy: Toy, text: str) -> set[tuple[str, str, str]]:
    found = set()
    ancestors: list[set[int]] = []
    for number, step in enumerate(toy.steps):
        above = set().union(*(ancestors[parent] | {parent} for parent in step.parents))
        ancestors.append(above)
        for path, held in _everything(step.holds).items():
            holds = [other for other in above if _everything(toy.steps[other].holds).get(path) == text]
            if held == text and not set(holds) & set(step.parents):
                found.add((path, "restored" if holds else "introduced", toy.oid(number)))
    return found
