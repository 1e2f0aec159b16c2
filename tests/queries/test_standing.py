"""What a question of blame starts from."""

from collections.abc import Callable
from pathlib import Path

import pytest

from forensics.case import Case
from forensics.errors import UsageError
from forensics.model import NodeKind
from forensics_queries.blast_radius import blast_radius, judged
from forensics_queries.marks import add_mark
from tests.queries.test_what_if import FORK
from tests.support.history import History, md5
from tests.support.incident import INCIDENT


@pytest.mark.parametrize("state", ["good", "cleared"])
def test_marks_that_accuse_nothing_are_no_start(tmp_path: Path, state: str) -> None:
    history = History()
    history.version("raw", "poison", history.commit())
    with history.case(tmp_path) as asked:
        add_mark(asked.case, state, str(md5("poison")), reason="looked at")
        with pytest.raises(UsageError, match="nothing is marked as bad"):
            blast_radius(asked.case)


def test_a_cleared_mark_stops_the_taint_and_says_so(tmp_path: Path) -> None:
    history = History()
    at = history.commit()
    raw, model = history.version("raw", "poison", at), history.version("model", "m", at)
    history.run([raw], [model], at)
    with history.case(tmp_path) as asked:
        add_mark(asked.case, "bad", str(md5("poison")), reason="labels flipped")
        assert {row.thing.path: row.verdict for row in blast_radius(asked.case).rows}["model"] == "affected"
        add_mark(asked.case, "cleared", f"model@{md5('m')}", reason="retested")
        answer = blast_radius(asked.case)
        assert "model" not in {row.thing.path for row in answer.rows}
        assert any(note.startswith("taint stops at mark 2: cleared") for note in answer.notes)


def test_verdicts_are_judged_once_until_a_mark_or_a_reading_changes_them(case_of: Callable[..., Case]) -> None:
    case = case_of(FORK)
    add_mark(case, "bad", "a", reason="odd", author="ana@example.com")
    first, _, when = judged(case, (), None)
    assert judged(case, (), None)[0] is first
    add_mark(case, "bad", "b", reason="odd", author="ana@example.com")
    second = judged(case, (), None)[0]
    assert set(second.reached(NodeKind.VERSION)) > set(first.reached(NodeKind.VERSION))
    case.ingest(INCIDENT.source, INCIDENT.records())
    third, _, later = judged(case, (), None)
    assert third is not second
    assert later.lineage.graph.nodes > when.lineage.graph.nodes
