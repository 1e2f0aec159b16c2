"""Chains of verdicts: whole where they are short, told by their ends where they are long."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from forensics.case import Case
from forensics.report.rows import chain
from forensics.taint import Accusations, Judgement, Level, Seed, Steps, judge
from forensics.taint.chains import LONGEST
from forensics_queries.blast_radius import blast_radius
from forensics_queries.moment import moment
from forensics_queries.steps import INFLUENCE
from forensics_queries.trace import trace
from tests.support.toy import Run, Step, Toy, digest_of

LENGTH = 60  # warm starts, of two steps each


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    """A model that is trained on from itself, commit after commit."""
    steps = [Step((), {"data": "bad", "model": "model 0"})]
    runs = [Run("train", 0, ("data",), ("model",))]
    for number in range(1, LENGTH + 1):
        steps.append(Step((number - 1,), {"model": f"model {number}", "model.before": f"model {number - 1}"}))
        runs.append(Run("train", number, ("model.before",), ("model",)))
    toy = Toy("warm", tuple(steps), runs=tuple(runs), models={"model": "model"})
    file: Path = tmp_path_factory.mktemp("warm") / "case.duckdb"
    with Case.open(file, write=True, new=True) as opened:
        opened.ingest(toy.source, toy.records())
        yield opened


def judged(case: Case) -> Judgement:
    bad = case.rows("SELECT content_id FROM contents WHERE digest = ?", [str(digest_of("bad"))])[0][0]
    return judge(case, [Seed(bad, Level.AFFECTED, "bad")])


def told(whole: list[int], brief: list[int]) -> bool:
    """Whether a brief chain is the whole one, or its ends and the number of what is left out."""
    if len(whole) <= LONGEST:
        return brief == whole
    at = next(place for place, node in enumerate(brief) if node < 0)
    first, last = brief[:at], brief[at + 1 :]
    return whole[: len(first)] == first and whole[-len(last) :] == last and len(brief) - 1 - brief[at] == len(whole)


def test_chains_of_verdicts_are_the_paths_that_the_judgement_gives(case: Case) -> None:
    judgement = judged(case)
    chains = Accusations(judgement)
    reached = sorted(node for node, _ in judgement.spread.causes)
    lengths = [len(judgement.path(node)) for node in reached]
    assert min(lengths) < LONGEST < max(lengths)
    # In either order, since what is known of one chain is used for the next.
    for nodes in (reached, reached[::-1]):
        assert all(told(judgement.path(node), chains.nodes(node)) for node in nodes)
        chains = Accusations(judgement)


def test_steps_of_a_search_are_its_paths(case: Case) -> None:
    when = moment(case, None)
    last = max(row[0] for row in case.rows("SELECT version_id FROM versions WHERE path = 'model'"))
    reach, nodes = when.reach([last], backward=True, follow=INFLUENCE)
    steps = Steps(when.lineage, reach)
    assert all(told(reach.path(node), steps.nodes(node)) for node in nodes)


def test_answers_say_how_many_steps_they_leave_out(case: Case) -> None:
    rows = blast_radius(case, [str(digest_of("bad"))]).rows
    long = [row for row in rows if any(step.skipped for step in row.path)]
    assert long
    assert len(long) < len(rows)
    assert all(len(row.path) <= LONGEST and row.known == "recorded" for row in long)
    assert all("more steps)->" in chain(row.path) for row in long)
    far = [row for row in trace(case, f"model@{digest_of(f'model {LENGTH}')}").rows if row.depth > LONGEST]
    assert far
    assert all(sum(step.skipped or 1 for step in row.path) >= row.depth for row in far)
