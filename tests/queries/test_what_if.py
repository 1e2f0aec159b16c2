"""``what-if``: verdicts under a supposition, held against the same history written down so; and the smallest cut."""

from itertools import chain, combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.answer import Answer
from forensics.case import Case
from forensics.errors import UsageError
from forensics.model import Gap, GapKind, Origin, content_key
from forensics.report.layouts import layout
from forensics_queries.what_if import Supposed, what_if
from tests.support.restoring import MODEL, CaseOf, mark_bad, md5
from tests.support.toy import Run, Step, Toy, digest_of


def changes(answer: Answer[Supposed]) -> dict[str, tuple[str, str]]:
    return {row.thing.title: (row.before, row.after) for row in answer.rows if row.part != "cut"}


def cut(answer: Answer[Supposed]) -> list[str]:
    return [row.thing.title for row in answer.rows if row.part == "cut"]


#: Two sources are prepared apart and trained on together; another model reads the second one alone.
HELD = {"a": "a", "b": "b", "pa": "pa", "pb": "pb", MODEL: "m", "other": "o"}
FORK = Toy(
    "toy",
    (Step((), HELD),),
    (
        Run("prepare a", 0, ("a",), ("pa",)),
        Run("prepare b", 0, ("b",), ("pb",)),
        Run("train", 0, ("pa", "pb"), (MODEL,)),
        Run("train other", 0, ("pb",), ("other",)),
    ),
    models={MODEL: "m", "other": "o"},
    releases=(("m", "v1", 0), ("o", "v1", 0)),
    assigned=(("m", "prod", 0),),
)


class TestSupposing:
    def test_what_is_supposed_clean_frees_what_came_of_it_alone(self, case_of: CaseOf) -> None:
        case = mark_bad(case_of(FORK), md5("a"), md5("b"))
        answer = what_if(case, clean=[f"b@{md5('b')}"])
        found = changes(answer)
        assert found["other"] == found["pb"] == ("affected", "clear")
        assert found[MODEL] == ("affected", "affected")
        assert (answer.rows[0].part, answer.rows[-1].part) == ("freed", "cut")
        (still,) = [row for row in answer.rows if row.thing.title == MODEL]
        assert [step.thing.title for step in still.path if step.thing.kind == "version"] == ["a", "pa", MODEL]

    def test_a_live_version_stands_first_in_its_part(self, case_of: CaseOf) -> None:
        case = mark_bad(case_of(FORK), md5("b"))
        answer = what_if(case, clean=["b"])
        assert answer.rows[0].thing.title == MODEL
        assert answer.rows[0].stages == ("prod",)

    def test_a_run_can_be_supposed_clean(self, case_of: CaseOf) -> None:
        case = mark_bad(case_of(FORK), md5("b"))
        found = changes(what_if(case, clean=["dvc.yaml:prepare b@HEAD"]))
        assert found["pb"] == ("affected", "clear")
        assert found["b"] == ("affected", "affected")

    def test_what_was_never_there_takes_along_what_only_came_of_it(self, case_of: CaseOf) -> None:
        case = mark_bad(case_of(FORK), md5("b"))
        found = changes(what_if(case, drop=["b"]))
        assert found["b"] == found["pb"] == found["other"] == ("affected", "gone")
        assert found[MODEL] == ("affected", "clear")  # it was trained on something else besides
        assert "pa" not in found

    def test_bytes_of_what_was_never_there_stay_bad_elsewhere(self, case_of: CaseOf) -> None:
        toy = Toy("toy", (Step((), {"a": "x", "copy": "x", MODEL: "m"}),), (Run("train", 0, ("copy",), (MODEL,)),),
                  models={MODEL: "m"})  # fmt: skip
        case = mark_bad(case_of(toy), f"a@{md5('x')}")
        assert changes(what_if(case, drop=["a"])) == {
            "a": ("affected", "gone"),
            "copy": ("affected", "affected"),
            MODEL: ("affected", "affected"),
        }
        assert changes(what_if(case, clean=["a"]))[MODEL] == ("affected", "clear")

    def test_what_is_supposed_bad_alone_shows_what_a_mark_would_change(self, case_of: CaseOf) -> None:
        case = case_of(FORK)
        assert changes(what_if(case, bad=[md5("a")])) == dict.fromkeys(("a", "pa", MODEL), ("clear", "affected"))
        both = changes(what_if(case, bad=[md5("a")], clean=["pa"]))
        assert both["a"] == ("affected", "affected")
        assert both[MODEL] == ("affected", "clear")

    def test_a_gap_leaves_nothing_clear_that_could_have_come_through_it(self, tmp_path: Path) -> None:
        holds = {"seen": "POISON", "raw": {"one": "POISON"}, "old": {"two": "x"}, MODEL: "m"}
        toy = Toy("toy", (Step((), holds),), (Run("train", 0, ("raw", "old"), (MODEL,)),), models={MODEL: "m"},
                  unlisted=frozenset({"old"}))  # fmt: skip
        gap = Gap(
            GapKind.MISSING_LISTING,
            content_key(digest_of({"two": "x"})),
            "not on record",
            Origin("old.dvc", toy.oid(0)),
        )
        with Case.open(tmp_path / "case.duckdb", write=True, new=True) as case:
            case.ingest(toy.source, chain([*toy.records()][:-1], [gap], [*toy.records()][-1:]))
            answer = what_if(mark_bad(case, md5("POISON")), clean=["raw"])
        assert changes(answer)[MODEL] == ("affected", "unknown")
        (row,) = [row for row in answer.rows if row.thing.title == MODEL]
        assert (row.part, row.reason) == ("eased", "missing-listing")
        assert answer.short

    def test_nothing_bad_is_refused(self, case_of: CaseOf) -> None:
        with pytest.raises(UsageError, match="nothing is supposed bad"):
            what_if(case_of(FORK), clean=["a"])

    def test_without_a_supposition_the_cut_is_given_and_how_to_suppose_something(self, case_of: CaseOf) -> None:
        answer = what_if(mark_bad(case_of(FORK), "a"))
        assert {row.part for row in answer.rows} <= {"cut"}
        assert any("--clean, --drop or --bad SUBJECT" in note for note in answer.notes)
        assert layout(answer).opening(answer).startswith("no supposition was given, so this is the least")
        supposed = what_if(mark_bad(case_of(FORK), "a"), clean=["a"])
        assert not any("--bad SUBJECT" in note for note in supposed.notes)


class TestTheSmallestCut:
    def test_one_bottleneck_frees_all_models(self, case_of: CaseOf) -> None:
        holds = {"a": "a", "b": "b", "mid": "mid", "m1": "1", "m2": "2", "m3": "3"}
        runs = (
            Run("join", 0, ("a", "b"), ("mid",)),
            *(Run(f"train {m}", 0, ("mid",), (m,)) for m in ("m1", "m2", "m3")),
        )
        toy = Toy("toy", (Step((), holds),), runs, models={"m1": "x", "m2": "y", "m3": "z"})
        case = mark_bad(case_of(toy), md5("a"), md5("b"))
        answer = what_if(case)
        assert len(cut(answer)) == 1
        (row,) = answer.rows
        options = row.command.removeprefix("forensics what-if --clean ").strip("'")
        verdicts = changes(what_if(case, clean=[options]))
        assert {verdicts[model] for model in ("m1", "m2", "m3")} == {("affected", "clear")}
        assert any("would free 3 newest versions" in note for note in answer.notes)

    def test_the_command_that_shows_what_it_would_do_asks_of_the_same_moment(self, case_of: CaseOf) -> None:
        case = mark_bad(case_of(FORK), md5("a"))
        (member,) = [row for row in what_if(case, as_of="m@v1").rows if row.part == "cut"]
        assert member.command.startswith("forensics what-if --as-of m@v1 --clean ")

    def test_it_follows_what_is_supposed(self, case_of: CaseOf) -> None:
        case = mark_bad(case_of(FORK), md5("a"), md5("b"))
        answer = what_if(case, clean=["b"])
        assert cut(answer) == ["a"]
        assert answer.rows[-1].command.startswith("forensics what-if --clean b --clean ")

    def test_where_all_is_clear_there_is_none(self, case_of: CaseOf) -> None:
        case = mark_bad(case_of(FORK), md5("a"))
        answer = what_if(case, clean=["a"])
        assert cut(answer) == []
        assert any(note == "no live version would be affected or unknown" for note in answer.notes)


SOURCES, STAGES = 3, 4


@st.composite
def pipelines(draw: st.DrawFn) -> tuple[Toy, dict[str, tuple[str, ...]], list[str]]:
    """A pipeline at one commit, what each stage reads, and the sources that are bad."""
    reads = {}
    for stage in range(STAGES):
        before = [f"s{i}" for i in range(SOURCES)] + [f"t{i}" for i in range(stage)]
        reads[f"t{stage}"] = tuple(sorted(draw(st.sets(st.sampled_from(before), min_size=1, max_size=3))))
    bad = sorted(draw(st.sets(st.sampled_from([f"s{i}" for i in range(SOURCES)]), min_size=1)))
    holds = {name: f"bytes of {name}" for name in (*(f"s{i}" for i in range(SOURCES)), *reads)}
    runs = tuple(Run(name, 0, inputs, (name,)) for name, inputs in reads.items())
    heads = draw(st.sets(st.sampled_from(sorted(reads)), min_size=1, max_size=3))
    return Toy("toy", (Step((), holds),), runs, models={head: head for head in sorted(heads)}), reads, bad


def bad_models(toy: Toy, reads: dict[str, tuple[str, ...]], bad: list[str], clean: set[str]) -> set[str]:
    """The models that hold poison where some versions, or the runs that make them, are clean."""
    poisoned = set(bad) - clean
    for name, inputs in reads.items():
        if poisoned & set(inputs) and name not in clean:
            poisoned.add(name)
    return poisoned & set(toy.models)


@settings(deadline=None, max_examples=12, derandomize=True)
@given(pipelines(), st.data())
def test_suppositions_and_cuts_are_as_brute_force_has_them(
    made: tuple[Toy, dict[str, tuple[str, ...]], list[str]], data: st.DataObject
) -> None:
    toy, reads, bad = made
    names = [*(f"s{i}" for i in range(SOURCES)), *reads]
    clean = set(data.draw(st.sets(st.sampled_from(names), min_size=1, max_size=2)))
    with TemporaryDirectory() as folder, Case.open(Path(folder) / "case.duckdb", write=True, new=True) as case:
        case.ingest(toy.source, toy.records())
        mark_bad(case, *(md5(f"bytes of {name}") for name in bad))
        answer = what_if(case, clean=sorted(f"{name}@{md5(f'bytes of {name}')}" for name in clean))
        after = {name for name, (_, verdict) in changes(answer).items() if verdict != "clear"}
        whole = what_if(case)
    left = bad_models(toy, reads, bad, clean)
    assert after & set(toy.models) == left
    touched = bad_models(toy, reads, bad, set())
    every = chain.from_iterable(combinations(names, size) for size in range(len(names) + 1))
    smallest = min(len(some) for some in every if not bad_models(toy, reads, bad, set(some)))
    found = {row.thing.path if row.thing.kind == "version" else row.thing.name for row in whole.rows}
    if found:
        assert len(found) == smallest
        assert not bad_models(toy, reads, bad, found)
    else:
        assert not touched or smallest == len(touched)


def test_what_one_hub_feeds_takes_time_that_grows_with_it_and_not_with_its_square(case_of: CaseOf) -> None:
    def seconds(count: int) -> float:
        holds = {"hub": "hub", **{f"m{n}": f"m{n}" for n in range(count)}}
        runs = tuple(Run(f"train {n}", 0, ("hub",), (f"m{n}",)) for n in range(count))
        case = case_of(Toy("toy", (Step((), holds),), runs, models={f"m{n}": f"m{n}" for n in range(count)}))
        begun = process_time()
        answer = what_if(case, bad=[md5("hub")])
        spent = process_time() - begun
        assert sum(row.part == "worse" for row in answer.rows) == count + 1
        return spent

    seconds(10)
    assert seconds(1600) < 6 * seconds(400)
