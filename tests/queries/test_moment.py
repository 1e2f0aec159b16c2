"""``--as-of``: every question answers as the graph stood then, and says so."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from forensics.answer import Answer
from forensics.case import Case
from forensics.errors import UsageError
from forensics_queries.blame import blame
from forensics_queries.blast_radius import blast_radius
from forensics_queries.find import find
from forensics_queries.log import log
from forensics_queries.marks import add_mark, withdraw_mark
from forensics_queries.path import path
from forensics_queries.rollback import rollback
from forensics_queries.show import show
from forensics_queries.trace import trace
from tests.support.history import History
from tests.support.incident import INCIDENT
from tests.support.toy import Step, Toy, digest_of

FEB = "data/raw/vendor_b/feb.csv"
FIRST = "models/fraud.json@fraud@v1.0.0"

Question = Callable[[Case, str], Answer[Any]]

#: Questions of something that stood from the first commit on.
QUESTIONS: dict[str, Question] = {
    "find": lambda case, when: find(case, "raw", as_of=when),
    "show": lambda case, when: show(case, FIRST, as_of=when),
    "log": lambda case, when: log(case, "data/raw", as_of=when),
    "blame": lambda case, when: blame(case, FIRST, as_of=when),
    "trace": lambda case, when: trace(case, FIRST, as_of=when),
    "path": lambda case, when: path(case, "data/raw@base", FIRST, as_of=when),
    "blast-radius": lambda case, when: blast_radius(case, ["data/raw@base"], as_of=when),
}

#: Questions of something that only a later commit brought.
LATER: dict[str, Question] = {
    "show": lambda case, when: show(case, "models/fraud.json@HEAD", as_of=when),
    "log": lambda case, when: log(case, FEB, as_of=when),
    "blame": lambda case, when: blame(case, str(digest_of("POISON")), as_of=when),
    "trace": lambda case, when: trace(case, "models/fraud.json@HEAD", as_of=when),
    "path from": lambda case, when: path(case, FEB, FIRST, as_of=when),
    "path to": lambda case, when: path(case, "data/raw@base", "models/fraud.json@HEAD", as_of=when),
}


def read_twice(make: Callable[..., Case], first: Toy, second: Toy) -> Case:
    """Reads one toy in the year 2020 and another in 2022."""
    case = make(first)
    case.connection.execute("UPDATE acquisition SET finished_at = TIMESTAMP '2020-01-01' WHERE id = 1")
    case.ingest(second.source, second.records())
    case.connection.execute("UPDATE acquisition SET finished_at = TIMESTAMP '2022-01-01' WHERE id = 2")
    return case


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_time_before_the_first_reading_is_refused(incident: Case, question: str) -> None:
    first = incident.rows("SELECT min(finished_at) FROM acquisition")[0][0]
    with pytest.raises(UsageError, match="had read nothing by 2000-01-01T00:00:00Z") as refused:
        QUESTIONS[question](incident, "2000-01-01")
    assert f"{first.isoformat()}Z" in refused.value.hint


def test_rollback_before_the_first_reading_is_refused(writable: Case) -> None:
    add_mark(writable, "bad", FEB, reason="labels flipped")
    with pytest.raises(UsageError, match="had read nothing"):
        rollback(writable, as_of="2000-01-01")


@pytest.mark.parametrize("when", ["someday", "0001-01-01T00:00:00+14:00"])
def test_what_is_neither_a_revision_nor_a_time_is_refused(incident: Case, when: str) -> None:
    with pytest.raises(UsageError, match="neither"):
        find(incident, "mallory", as_of=when)


@pytest.mark.parametrize("when", ["base", "2999-01-01"])
@pytest.mark.parametrize("question", QUESTIONS)
def test_every_answer_says_as_of_when_it_is(incident: Case, question: str, when: str) -> None:
    answer = QUESTIONS[question](incident, when)
    assert answer.rows
    assert any(note.startswith(f"as of {when}") for note in answer.notes)
    assert answer.parameters["as_of"] == when


@pytest.mark.parametrize("question", LATER)
def test_a_subject_that_did_not_stand_then_is_refused(incident: Case, question: str) -> None:
    with pytest.raises(UsageError, match="did not stand as of base"):
        LATER[question](incident, "base")


def test_blast_radius_says_that_its_subject_did_not_stand_then(incident: Case) -> None:
    answer = blast_radius(incident, ["models/fraud.json@HEAD"], as_of="base")
    assert not answer.rows
    assert any("of which nothing stood as of base" in note for note in answer.notes)


@pytest.mark.parametrize("revision", range(len(INCIDENT.steps)))
def test_a_trace_goes_by_way_of_what_stood_alone(incident: Case, revision: int) -> None:
    oid = INCIDENT.oid(revision)
    ancestry, waiting = {oid}, [revision]
    while waiting:
        parents = INCIDENT.steps[waiting.pop()].parents
        waiting += parents
        ancestry |= {INCIDENT.oid(parent) for parent in parents}
    for row in trace(incident, f"models/fraud.json@{oid}", members=True, as_of=oid).rows:
        for step in row.path:
            assert step.thing.kind != "commit" or step.thing.digest.removeprefix("git:") in ancestry
            assert not step.document_commit or step.document_commit in ancestry


def test_a_longer_chain_is_found_where_the_shortest_one_did_not_stand(tmp_path: Path) -> None:
    history = History()
    first = history.commit()
    raw, clean, model = (history.version(name, name, first) for name in ("raw", "clean", "model"))
    history.run([raw], [clean], first)
    history.run([clean], [model], first)
    later = history.commit(first)
    history.run([raw], [model], later)
    with history.case(tmp_path) as asked:
        now = path(asked.case, "raw", "model").rows
        then = path(asked.case, "raw", "model", as_of=first).rows
        assert len(now) == 3
        assert [link.step.thing.path for link in then if link.step.thing.kind == "version"] == ["raw", "clean", "model"]


def test_a_time_sees_what_was_read_by_then(case_of: Callable[..., Case]) -> None:
    early = Toy("early", (Step((), {"a.csv": "same"}),))
    late = Toy("late", (Step((), {"b.csv": "same"}),), unreadable=("dvc.lock",))
    case = read_twice(case_of, early, late)
    bytes_ = str(digest_of("same"))
    for question in (blame, show, trace, log):
        now, then = question(case, "a.csv"), question(case, "a.csv", as_of="2021-01-01")
        assert [source.name for source in now.coverage.sources] == ["early", "late"]
        assert [source.name for source in then.coverage.sources] == ["early"]
        assert not now.coverage.complete
        assert then.coverage.complete
        assert not then.short
    assert {row.path for row in blame(case, bytes_).rows} == {"a.csv", "b.csv"}
    assert {row.path for row in blame(case, bytes_, as_of="2021-01-01").rows} == {"a.csv"}
    assert "b.csv" not in {row.title for row in find(case, ".csv", as_of="2021-01-01").rows}
    spread = blast_radius(case, [bytes_], as_of="2021-01-01")
    assert {row.thing.path for row in spread.rows} == {"a.csv"}
    assert [source.name for source in spread.coverage.sources] == ["early"]
    assert not spread.short
    assert blast_radius(case, [bytes_]).short


def test_find_counts_the_versions_that_stood(incident: Case) -> None:
    now, then = (
        {row.title: row for row in find(incident, "raw", as_of=when).rows if row.kind == "artifact"}["data/raw"]
        for when in ("", "base")
    )
    assert (now.versions, now.digest) == (3, "")
    assert (then.versions, bool(then.digest)) == (1, True)
    assert FEB not in {row.title for row in find(incident, "vendor_b", as_of="base").rows}


def test_marks_are_shown_as_they_were_then(writable: Case) -> None:
    def shown(when: str) -> list[str]:
        return [row.value for row in show(writable, "data/raw@base", as_of=when).rows if row.fact == "mark"]

    add_mark(writable, "bad", "data/raw@base", reason="odd", author="auditor")
    withdraw_mark(writable, 1, reason="it was not", author="auditor")
    writable.connection.execute("UPDATE acquisition SET finished_at = TIMESTAMP '2020-01-01'")
    writable.connection.execute("UPDATE mark SET made_at = TIMESTAMP '2021-01-01'")
    writable.connection.execute("UPDATE mark_withdrawal SET made_at = TIMESTAMP '2022-01-01'")
    assert shown("2020-06-01") == []
    assert shown("2021-06-01") == ["bad by auditor: odd"]
    assert shown("2022-06-01") == ["bad by auditor: odd (no longer standing)"]


def test_a_listing_that_was_missing_then_makes_the_answer_short(case_of: Callable[..., Case]) -> None:
    case = case_of(Toy("early", (Step((), {"a.csv": "a"}),)))
    case.connection.execute("UPDATE acquisition SET finished_at = TIMESTAMP '2020-01-01'")
    node = case.rows("SELECT id FROM node WHERE kind = 'content'")[0][0]
    case.connection.execute("INSERT INTO gap VALUES (?, 'missing-listing', NULL, '', NULL, 1)", [node])
    case.connection.execute("INSERT INTO filled VALUES (?, 'missing-listing', 2)", [node])
    assert blast_radius(case, [str(digest_of("a"))], as_of="2021-01-01").short
    assert not blast_radius(case, [str(digest_of("a"))]).short
    assert trace(case, str(digest_of("a")), members=True, as_of="2021-01-01").short
    assert not trace(case, str(digest_of("a")), members=True).short
