"""Inputs that are not on record: slot continuity."""

from forensics.localization import Evidence, Run, completeness, locate, repairs, with_repairs
from tests.support.lineages import Lines

DATA, CODE = 1, 2


def test_a_slot_that_neighbours_on_both_sides_had_is_supplied_with_its_newest_version() -> None:
    runs = [Run(10 + i, "train", float(i), {DATA: 100 + i, CODE: 200} if i != 2 else {CODE: 200}) for i in range(5)]
    found = repairs(runs, {DATA: [(0, 100), (1, 101), (2, 102), (3, 103), (4, 104)], CODE: [(0, 200)]})
    assert [(one.version, one.run, one.slot, one.confidence) for one in found] == [(102, 12, DATA, 1.0)]
    assert completeness(runs, found) == 9 / 10


def test_a_slot_that_was_taken_up_later_is_not_supplied_before() -> None:
    runs = [Run(10 + i, "train", float(i), {DATA: 100} if i > 2 else {}) for i in range(6)]
    assert repairs(runs, {DATA: [(0, 100)]}) == []


def test_the_first_run_is_judged_by_those_after_it() -> None:
    runs = [Run(10, "train", 0, {}), Run(11, "train", 1, {DATA: 100}), Run(12, "other", 0, {})]
    assert [one.run for one in repairs(runs, {DATA: [(0, 100)]})] == [10]


def test_a_slot_without_any_version_by_then_stays_empty() -> None:
    runs = [Run(10, "train", 0, {}), Run(11, "train", 1, {DATA: 100})]
    assert repairs(runs, {DATA: [(1, 100)]}) == []


def test_a_repaired_input_is_walked() -> None:
    lines = Lines()
    data = lines.content()
    root = lines.root(data)
    runs = [lines.run(root), lines.run(), lines.run(root)]
    models = [lines.made(run) for run in runs]
    slots = [Run(run, "train", float(i), {DATA: root} if i != 1 else {}) for i, run in enumerate(runs)]
    graph = with_repairs(lines.graph, repairs(slots, {DATA: [(0, root)]}))
    evidence = Evidence(bad=frozenset({models[1]}))
    assert data not in locate(lines.graph, evidence).candidates
    assert data in locate(graph, evidence).candidates
