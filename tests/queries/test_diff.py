"""What differs between two lineages, against edits that were made on purpose."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.case import Case
from forensics.errors import UsageError
from forensics_connectors.contract import find_connector
from forensics_queries.diff import Difference, State, diff
from tests.support.dvcrepo import DvcRepo
from tests.support.toy import Held, Run, Step, Toy

if TYPE_CHECKING:
    from sample_repos.fraud import FraudSample

_MIRRORED = {"added": "removed", "removed": "added"}


def read(path: Path, file: Path) -> Case:
    """A new case with one repository."""
    case = Case.open(file, write=True, new=True)
    connector, source = find_connector(str(path))
    case.ingest(source, connector.read(source))
    return case


def told(row: Difference) -> tuple[str, str, str]:
    return row.change, row.what, f"{row.artifact}/{row.file}" if row.file else row.artifact


def commits(state: State) -> list[tuple[str, str]]:
    return [(by.action, by.commit.digest.removeprefix("git:")) for by in state.by]


def mirrored(rows: tuple[Difference, ...]) -> set[tuple[object, ...]]:
    return {(_MIRRORED.get(row.change, row.change), row.what, row.follows, row.reason, row.artifact, row.file,
             row.files, row.distance, row.new, row.old) for row in rows}  # fmt: skip


def plain(rows: tuple[Difference, ...]) -> set[tuple[object, ...]]:
    return {(row.change, row.what, row.follows, row.reason, row.artifact, row.file, row.files, row.distance,
             row.old, row.new) for row in rows}  # fmt: skip


class Edited:
    """A repository that DVC made, with one edit of each sort between two releases, and where each was made."""

    def __init__(self, folder: Path) -> None:
        repo = self.repo = DvcRepo(folder / "repo")
        repo.write({f"data/raw/{name}.csv": f"{name}\n" for name in ("a", "b", "part/c")})
        repo.write({"data/other/x.csv": "x\n", "src/train.py": "train\n", "src/gone.py": "gone\n"})
        repo.write({"params.yaml": "train:\n  lr: 0.1\n  depth: {most: 4}\nseed: 1\n"})
        repo.write({"dvc.yaml": "artifacts:\n  model: {path: model.bin, type: model}\n"})
        repo.dvc("add", "data/raw")
        repo.dvc("add", "data/other")
        self._run("cat src/*.py prepared/* > model.bin", ["src/train.py", "src/gone.py"])
        self.first = repo.commit("first")
        repo.git("tag", "-a", "model@v1.0.0", "-m", "first")
        repo.write({"data/raw/a.csv": "poison\n", "data/raw/b.csv": None, "data/raw/d.csv": "d\n"})
        repo.dvc("add", "data/raw")
        self.poisoned = repo.commit("slipped in")
        repo.write({"data/raw/e.csv": "e\n", "data/other/y.csv": "y\n"})
        repo.dvc("add", "data/raw")
        repo.dvc("add", "data/other")
        self.delivered = repo.commit("deliver")
        repo.write({"params.yaml": "train:\n  lr: 0.2\n  depth: {most: 4}\nseed: 1\n"})
        repo.dvc("reproduce")
        self.rate = repo.commit("faster")
        repo.write({"params.yaml": "train:\n  lr: 0.2\n  depth: {most: 5}\nseed: 2\n"})
        repo.dvc("reproduce")
        self.depth = repo.commit("deeper")
        repo.write({"src/train.py": "train better\n", "notes.txt": "x\n"})
        repo.dvc("reproduce")
        self.code = repo.commit("better")
        self._run("cat src/train.py prepared/* > model.bin", ["src/train.py"])
        self.command = repo.commit("another command")
        repo.git("tag", "-a", "model@v1.1.0", "-m", "second")

    def _run(self, command: str, code: list[str]) -> None:
        self.repo.dvc("run", name="prepare", cmd="mkdir -p prepared && cat data/raw/*.csv > prepared/all.csv",
                      deps=["data/raw"], outs=["prepared"], force=True)  # fmt: skip
        self.repo.dvc("run", name="train", cmd=command, deps=["prepared", *code], params=["train", "seed"],
                      outs=["model.bin"], force=True)  # fmt: skip


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Edited:
    return Edited(tmp_path_factory.mktemp("edited"))


@pytest.fixture(scope="module")
def case(edited: Edited, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    with read(edited.repo.path, tmp_path_factory.mktemp("case") / "case.duckdb") as case:
        yield case


def test_every_edit_is_told_with_its_commit_and_nothing_else_differs_by_itself(edited: Edited, case: Case) -> None:
    answer = diff(case, f"model.bin@{edited.first}", f"model.bin@{edited.command}")
    found = {told(row): commits(row.new) for row in answer.rows if not row.follows}
    assert found == {
        ("replaced", "data", "data/raw/a.csv"): [("introduced", edited.poisoned)],
        ("removed", "data", "data/raw/b.csv"): [("removed", edited.poisoned)],
        ("added", "data", "data/raw/d.csv"): [("introduced", edited.poisoned)],
        ("added", "data", "data/raw/e.csv"): [("introduced", edited.delivered)],
        ("replaced", "params", "params.yaml:train.lr"): [("introduced", edited.rate)],
        ("replaced", "params", "params.yaml:train.depth.most"): [("introduced", edited.depth)],
        ("replaced", "params", "params.yaml:seed"): [("introduced", edited.depth)],
        ("replaced", "code", "src/train.py"): [("introduced", edited.code)],
        ("removed", "code", "src/gone.py"): [],
        ("replaced", "command", "train (dvc.yaml)"): [("introduced", edited.command)],
    }
    assert {told(row) for row in answer.rows if row.follows} == {
        ("replaced", "model", "model.bin"),
        ("replaced", "data", "prepared"),
    }
    assert not answer.short


def test_values_and_digests_of_both_sides_are_told(edited: Edited, case: Case) -> None:
    rows = {told(row): row for row in diff(case, "model@v1.0.0", "model@v1.1.0").rows}
    rate = rows["replaced", "params", "params.yaml:train.lr"]
    assert (rate.old.value, rate.new.value) == ("0.1", "0.2")
    assert rows["replaced", "params", "params.yaml:seed"].new.value == "2"
    command = rows["replaced", "command", "train (dvc.yaml)"]
    assert (command.old.value, command.new.value) == (
        "cat src/*.py prepared/* > model.bin", "cat src/train.py prepared/* > model.bin",
    )  # fmt: skip
    poison = rows["replaced", "data", "data/raw/a.csv"]
    assert commits(poison.old) == [("introduced", edited.first)]
    assert poison.new.by[0].claimed_mail == "ada@example.com"
    assert [step.thing.title for step in poison.new.path] == [
        "data/raw", "prepare (dvc.yaml)", "prepared", "train (dvc.yaml)", "model.bin",
    ]  # fmt: skip
    assert (poison.distance, poison.new.known) == (4, "recorded")


def test_causes_come_first_and_of_these_the_nearest(case: Case) -> None:
    rows = diff(case, "model@v1.0.0", "model@v1.1.0").rows
    places = [(row.follows, row.distance) for row in rows]
    assert places == sorted(places)


def test_releases_revisions_and_versions_answer_alike(edited: Edited, case: Case) -> None:
    by_release = diff(case, "model@v1.0.0", "model@v1.1.0").rows
    assert by_release == diff(case, f"model.bin@{edited.first}", f"model.bin@{edited.command}").rows
    by_revision = diff(case, f"commit:{edited.first}", f"commit:{edited.command}").rows
    assert {told(row) for row in by_release} < {told(row) for row in by_revision}
    assert ("added", "data", "data/other/y.csv") in {told(row) for row in by_revision}
    assert diff(case, "model@v1.0.0", f"commit:{edited.command}").rows == by_revision


def test_a_version_does_not_differ_from_itself(case: Case) -> None:
    answer = diff(case, "model@v1.1.0", "model@v1.1.0")
    assert (answer.rows, len(answer.notes)) == ((), 1)


def test_the_reverse_question_has_the_mirrored_answer(case: Case) -> None:
    there, back = diff(case, "model@v1.0.0", "model@v1.1.0"), diff(case, "model@v1.1.0", "model@v1.0.0")
    assert plain(there.rows) == mirrored(back.rows)
    assert len(plain(there.rows)) == len(there.rows)


def test_the_planted_file_and_its_commit_are_the_first_data_change(fraud_repo: "FraudSample", tmp_path: Path) -> None:
    with read(fraud_repo.repository, tmp_path / "case.duckdb") as case:
        answer = diff(case, fraud_repo.last_clean_release, fraud_repo.live_release)
        first = next(row for row in answer.rows if row.what == "data")
        assert f"{first.artifact}/{first.file}" == fraud_repo.poisoned_file
        assert commits(first.new) == [("introduced", fraud_repo.poisoned_commit)]
        assert first.new.by[0].claimed_mail == fraud_repo.poisoner
        # Trained again clean, from the same parent: nothing else but that file differs.
        mended = diff(case, fraud_repo.live_release, fraud_repo.retrained_release).rows
        assert [told(row) for row in mended if not row.follows] == [("replaced", "data", fraud_repo.poisoned_file)]
        assert commits(mended[0].new) == [("restored", fraud_repo.retrained_commit)]


TEXTS = st.sampled_from(["one", "two", "three"])
FILES = st.dictionaries(st.sampled_from(["x", "y", "sub/z"]), TEXTS, min_size=1)


@st.composite
def histories(draw: st.DrawFn) -> Toy:
    """Commits with branches and merges; a run wherever the model or what it is made from is another."""
    steps: list[Step] = []
    runs: list[Run] = []
    for number in range(draw(st.integers(2, 7))):
        parents = draw(st.lists(st.integers(0, number - 1), min_size=1, max_size=2, unique=True)) if number else []
        before: dict[str, Held] = dict(steps[parents[0]].holds) if parents else {}
        before = {"raw": {"x": "one"}, "code": "one", "model": "one", **before}
        changed: dict[str, Held] = {}
        if draw(st.booleans()):
            changed["raw"] = draw(FILES)
        changed |= draw(st.dictionaries(st.sampled_from(["code", "model"]), TEXTS))
        steps.append(Step(tuple(parents), {**before, **changed}))
        if draw(st.booleans()):
            runs.append(Run("train", number, ("raw", "code"), ("model",)))
    return Toy("toy", tuple(steps), tuple(runs))


@given(histories(), st.data())
@settings(deadline=None, max_examples=12)
def test_revisions_differ_by_what_was_written_down_and_mirror_each_other(toy: Toy, data: st.DataObject) -> None:
    numbers = st.integers(0, len(toy.steps) - 1)
    old, new = data.draw(numbers), data.draw(numbers)
    with TemporaryDirectory() as folder, Case.open(Path(folder) / "case.duckdb", write=True, new=True) as case:
        case.ingest(toy.source, toy.records())
        names = [f"commit:{toy.oid(number)}" for number in (old, new)]
        there, back = diff(case, *names), diff(case, *reversed(names))
        before, after = toy.steps[old].holds["raw"], toy.steps[new].holds["raw"]
        assert isinstance(before, dict)
        assert isinstance(after, dict)
        files = {
            (row.file, row.old.thing and row.old.thing.digest, row.new.thing and row.new.thing.digest)
            for row in there.rows
            if row.artifact == "raw" and row.distance == 0
        }
        assert {name for name, *_ in files} == {
            name for name in before.keys() | after.keys() if before.get(name) != after.get(name)
        }
        for path in ("code", "model"):
            if toy.steps[old].holds[path] != toy.steps[new].holds[path]:
                assert any(row.artifact == path and row.change == "replaced" for row in there.rows)
        assert plain(there.rows) == mirrored(back.rows)


def test_three_files_of_seventy_thousand_are_three_rows(case_of: Callable[..., Case]) -> None:
    files = {f"{number % 700:03}/{number:05}.png": f"{number}" for number in range(70_000)}
    changed = {**files, "000/00000.png": "poison", "new.png": "new"}
    del changed["001/00001.png"]
    toy = Toy("large", (Step((), {"raw": files}), Step((0,), {"raw": changed}, mail="mallory@example.com")))
    case = case_of(toy)
    started = time.perf_counter()
    rows = diff(case, f"raw@{toy.oid(0)}", f"raw@{toy.oid(1)}").rows
    assert time.perf_counter() - started < 3
    assert [told(row) for row in rows] == [
        ("replaced", "data", "raw/000/00000.png"),
        ("removed", "data", "raw/001/00001.png"),
        ("added", "data", "raw/new.png"),
    ]
    assert [commits(row.new) for row in rows] == [
        [("introduced", toy.oid(1))], [("removed", toy.oid(1))], [("introduced", toy.oid(1))],
    ]  # fmt: skip


def test_a_missing_listing_is_told_and_may_hide_differences(case_of: Callable[..., Case]) -> None:
    steps = (Step((), {"raw": {"x": "one"}}), Step((0,), {"raw": {"x": "two"}}))
    toy = Toy("bare", steps, unlisted=frozenset({"raw"}))
    (row,) = diff(case_of(toy), f"raw@{toy.oid(0)}", f"raw@{toy.oid(1)}").rows
    assert (told(row), row.reason) == (("replaced", "data", "raw"), "missing-listing")
    assert (row.file, row.files) == ("", None)


def test_lineage_that_is_missing_on_one_side_makes_the_answer_short(edited: Edited, tmp_path: Path) -> None:
    from shutil import copytree, rmtree

    copytree(edited.repo.path, tmp_path / "repo", symlinks=True)
    rmtree(tmp_path / "repo/.dvc/cache")
    with read(tmp_path / "repo", tmp_path / "case.duckdb") as case:
        answer = diff(case, "model@v1.0.0", "model@v1.1.0")
        assert answer.short
        assert any("missing-listing" in note for note in answer.notes)
        raw = next(row for row in answer.rows if row.artifact == "data/raw")
        assert raw.reason == "missing-listing"
        assert diff(case, "model@v1.1.0", "model@v1.1.0").short is False


def test_other_bytes_from_the_same_inputs_are_odd(case_of: Callable[..., Case]) -> None:
    held: dict[str, Held] = {"raw": {"x": "one"}, "model": "one"}
    steps = (Step((), held), Step((0,), {**held, "model": "two"}))
    runs = tuple(Run("train", number, ("raw",), ("model",)) for number in (0, 1))
    toy = Toy("odd", steps, runs, models={"model": "model"})
    (row,) = diff(case_of(toy), f"model@{toy.oid(0)}", f"model@{toy.oid(1)}").rows
    assert (told(row), row.follows, row.reason) == (("replaced", "model", "model"), False, "same-inputs")


def test_settings_of_runs_that_a_store_keeps_are_parameters(case_of: Callable[..., Case]) -> None:
    held: dict[str, Held] = {"raw": "one", "model": "one"}
    steps = (Step((), held), Step((0,), {**held, "model": "two"}))
    runs = tuple(Run("train", number, ("raw",), ("model",)) for number in (0, 1))
    toy = Toy("settings", steps, runs, models={"model": "model"})
    case = case_of(toy)
    first, second = (row[0] for row in case.rows("SELECT id FROM execution ORDER BY id"))
    for run, name, value in ((first, "rate", "0.1"), (second, "rate", "0.2"), (first, "depth", "4")):
        case.connection.execute("INSERT INTO property VALUES (?, ?, 'double', ?, TRUE, 1, 1)", [run, name, value])
    rows = {told(row): row for row in diff(case, f"model@{toy.oid(0)}", f"model@{toy.oid(1)}").rows}
    rate = rows["replaced", "params", "train (dvc.yaml).rate"]
    assert (rate.old.value, rate.new.value, rate.follows) == ("0.1", "0.2", False)
    assert ("removed", "params", "train (dvc.yaml).depth") in rows
    assert (rows["replaced", "model", "model"].follows, rows["replaced", "model", "model"].reason) == (True, "")


def test_the_same_bytes_of_another_run_are_told_and_a_revert_takes_them_back(case_of: Callable[..., Case]) -> None:
    held = {"code": "one", "model": "same"}
    steps = (Step((), held), Step((0,), {**held, "code": "two"}), Step((1,), held))
    toy = Toy("again", steps, tuple(Run("train", number, ("code",), ("model",)) for number in (0, 1)))
    case = case_of(toy)
    rows = diff(case, f"model@{toy.oid(0)}", f"model@{toy.oid(1)}").rows
    assert [told(row) for row in rows] == [
        ("replaced", "data", "code"),
        ("other-producer", "run", "train (dvc.yaml)"),
    ]
    assert diff(case, f"model@{toy.oid(0)}", f"model@{toy.oid(2)}").rows == ()


def test_what_was_put_in_by_hand_does_not_follow(case_of: Callable[..., Case]) -> None:
    held = {"raw": "one", "model": "one"}
    toy = Toy(
        "swapped", (Step((), held), Step((0,), {"raw": "two", "model": "backdoor"})),
        (Run("train", 0, ("raw",), ("model",)),), models={"model": "model"},
    )  # fmt: skip
    rows = {told(row): row for row in diff(case_of(toy), f"model@{toy.oid(0)}", f"model@{toy.oid(1)}").rows}
    swapped = rows["replaced", "model", "model"]
    assert not swapped.follows
    assert commits(swapped.new) == [("introduced", toy.oid(1))]
    assert rows["removed", "run", "train (dvc.yaml)"].follows is False


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("model.bin", "model@v1.0.0", r"means \d versions"),
        ("model@v1.0.0", "data/raw/a.csv@model@v1.0.0", "a file inside a directory"),
        ("HEAD", "model.bin@HEAD", "a revision can be compared with another revision only"),
        ("actor:ada@example.com", "HEAD", "a revision can be compared with another revision only"),
        ("actor:ada@example.com", "model@v1.0.0", "has no lineage of its own"),
        ("nothing", "model@v1.0.0", "nothing in the case is called nothing"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_a_hint(case: Case, old: str, new: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as refused:
        diff(case, old, new)
    assert refused.value.hint


def test_revisions_of_two_repositories_are_not_compared(case_of: Callable[..., Case]) -> None:
    toys = [Toy(name, (Step((), {"raw": "one"}),)) for name in ("here", "there")]
    with pytest.raises(UsageError, match="different repositories"):
        diff(case_of(*toys), *(f"commit:{toy.oid(0)}" for toy in toys))
