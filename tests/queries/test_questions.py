"""The plain questions on the small incident: sources, find, show, log, blame, trace, path."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest

from forensics.answer import Answer
from forensics.case import Case
from forensics.errors import UsageError
from forensics_queries.blame import blame
from forensics_queries.coverage import coverage
from forensics_queries.find import find
from forensics_queries.log import log
from forensics_queries.path import path
from forensics_queries.show import show
from forensics_queries.sources import sources
from forensics_queries.trace import trace
from tests.support.incident import INCIDENT
from tests.support.toy import Step, Toy, digest_of

FEB = "data/raw/vendor_b/feb.csv"

QUESTIONS: dict[str, Callable[[Case], Answer[Any]]] = {
    "sources": sources,
    "find": lambda case: find(case, "feb"),
    "show": lambda case: show(case, "data/raw@HEAD"),
    "log": lambda case: log(case, "models/fraud.json"),
    "blame": lambda case: blame(case, FEB),
    "trace": lambda case: trace(case, "fraud#prod"),
    "path": lambda case: path(case, FEB, "fraud#prod"),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_answer_is_the_same_each_time_and_is_json(incident: Case, question: str) -> None:
    first, second = (QUESTIONS[question](incident) for _ in range(2))
    assert first == second
    assert first.question == question
    assert first.rows
    assert not first.short
    assert json.dumps(asdict(first))


def commits(answer: Answer[Any]) -> list[tuple[str, int]]:
    numbers = {f"git:{INCIDENT.oid(number)}": number for number in range(len(INCIDENT.steps))}
    return [(row.action, numbers[row.commit.digest]) for row in answer.rows]


def test_blame_shows_who_brought_the_file_back(incident: Case) -> None:
    answer = blame(incident, f"{FEB}@HEAD")
    assert commits(answer) == [("introduced", 2), ("restored", 7)]
    assert answer.rows[0].claimed_mail == "mallory@example.com"
    assert answer.rows[0].message == "add feb"
    assert answer.rows[0].path == FEB


def test_blame_of_a_directory_names_the_commit_of_each_of_its_states(incident: Case) -> None:
    assert commits(blame(incident, "data/raw@HEAD")) == [("introduced", 2), ("restored", 7)]


def test_blame_finds_the_bytes_in_every_source(case_of: Callable[..., Case]) -> None:
    case = case_of(Toy("left", (Step((), {"a.csv": "same"}),)), Toy("right", (Step((), {"dir": {"b.csv": "same"}}),)))
    answer = blame(case, "a.csv@HEAD")
    assert [(row.source, row.path) for row in answer.rows] == [("left", "a.csv"), ("right", "dir/b.csv")]


def test_blame_of_an_empty_file_does_not_accuse_every_empty_file(case_of: Callable[..., Case]) -> None:
    case = case_of(Toy("left", (Step((), {"a.csv": ""}),)), Toy("right", (Step((), {"b.csv": ""}),)))
    assert [row.path for row in blame(case, "a.csv@HEAD").rows] == ["a.csv"]
    assert len(blame(case, str(digest_of(""))).rows) == 2


def test_log_is_newest_first_by_ancestry(incident: Case) -> None:
    answer = log(incident, "data/raw")
    assert commits(answer) == [
        ("restored", 7),
        ("restored", 6),
        ("introduced", 3),
        ("introduced", 2),
        ("introduced", 0),
    ]
    assert commits(log(incident, FEB)) == [("restored", 7), ("removed", 6), ("introduced", 2)]
    released = {row.version.digest: row.releases for row in log(incident, "models/fraud.json").rows if row.version}
    assert released[str(digest_of("model 3"))] == ("fraud@v1.1.0",)


def test_log_as_of_a_revision_ends_there(incident: Case) -> None:
    assert commits(log(incident, "data/raw", as_of="retrain")) == [("introduced", 0)]
    assert commits(blame(incident, FEB, as_of=INCIDENT.oid(3))) == [("introduced", 2)]


@pytest.mark.parametrize("subject", ["actor:mallory@example.com", "retrain", "dvc.yaml:train@HEAD"])
def test_blame_of_what_has_no_bytes_is_refused(incident: Case, subject: str) -> None:
    with pytest.raises(UsageError, match="has no bytes"):
        blame(incident, subject)


def test_log_of_what_has_no_versions_is_refused(incident: Case) -> None:
    with pytest.raises(UsageError, match="has no versions"):
        log(incident, "actor:mallory@example.com")


def test_trace_lists_all_ancestors_with_their_paths(incident: Case) -> None:
    answer = trace(incident, "fraud@v1.2.0")
    titles = {row.thing.title for row in answer.rows}
    assert {"models/fraud.json", "train (dvc.yaml)", "data/raw", 'commit f60bc44 "step 4"'} <= titles
    for row in answer.rows:
        assert len(row.path) == row.depth + 1
        assert (row.path[0].thing, row.path[-1].thing.title) == (row.thing, "fraud@v1.2.0")
        assert all(step.edge and step.document + step.document_commit for step in row.path[1:])


def test_trace_tells_what_is_only_joined_by_equal_bytes(case_of: Callable[..., Case]) -> None:
    case = case_of(Toy("left", (Step((), {"a.csv": "same"}),)), Toy("right", (Step((), {"b.csv": "same"}),)))
    found = {(row.thing.title, row.same_bytes) for row in trace(case, "a.csv@HEAD").rows}
    assert ("b.csv", True) in found
    assert ("b.csv", False) not in found


def test_path_gives_the_document_of_each_step(incident: Case) -> None:
    links = path(incident, FEB, "fraud#prod").rows
    assert [link.step.edge for link in links] == ["", "member", "content", "used", "generated", "released"]
    assert links[3].step.document == "dvc.lock"
    assert links[3].step.document_commit == INCIDENT.oid(3)


def test_no_path_is_an_answer_and_the_other_direction_is_told(incident: Case) -> None:
    answer = path(incident, "fraud#prod", FEB)
    assert not answer.rows
    assert any("other way" in note for note in answer.notes)


def test_find_looks_into_directories_and_finds_bytes_where_they_lie(incident: Case) -> None:
    assert {row.title for row in find(incident, "VENDOR_B/F").rows} == {FEB}
    by_digest = find(incident, str(digest_of("POISON"))[:12]).rows
    assert [(row.kind, row.title) for row in by_digest] == [("content", "bytes of vendor_b/feb.csv"), ("member", FEB)]
    assert not find(incident, "nothing like it").rows


def test_show_gives_each_fact_with_its_document(incident: Case) -> None:
    facts = {(row.fact, row.value): row for row in show(incident, "data/raw@HEAD").rows}
    used = facts["used by", "train (dvc.yaml)"]
    assert (used.document, used.document_commit) == ("dvc.lock", INCIDENT.oid(7))
    assert ("introduced by", 'commit 53dd90d "add feb"') in facts
    assert ("restored by", 'commit d1228d6 "step 7"') in facts


def test_what_could_not_be_read_makes_every_answer_short(case_of: Callable[..., Case]) -> None:
    case = case_of(Toy("broken", (Step((), {"a.csv": "a"}),), unreadable=("dvc.lock", "b/dvc.lock")))
    read = coverage(case)
    assert not read.complete
    assert read.sources[0].unread == 2
    assert "2 findings of kind unreadable" in read.reasons[0]
    assert blame(case, "a.csv").short
    assert not sources(case).short


def test_a_case_without_sources_covers_nothing(empty: Case) -> None:
    assert not coverage(empty).complete
    assert sources(empty).rows == ()


def test_trace_names_the_commits_that_brought_files_into_a_directory(incident: Case) -> None:
    found = {row.thing.title: row for row in trace(incident, "fraud@v1.1.0").rows}
    brought = found['commit 53dd90d "add feb"']
    titles = [step.thing.title for step in brought.path]
    assert titles[1:4] == ["data/raw", "data/raw", "train (dvc.yaml)"]
    assert "vendor_b/feb.csv" in brought.path[2].reason
    assert any(row.thing.subject == "actor:mallory@example.com" for row in found.values())
    assert 'commit 53dd90d "add feb"' not in {row.thing.title for row in trace(incident, "fraud@v1.2.0").rows}


def test_a_release_is_blamed_and_logged_as_what_it_releases(incident: Case) -> None:
    assert commits(blame(incident, "fraud#prod")) == [("introduced", 3)]
    assert commits(log(incident, "fraud#prod")) == commits(log(incident, "models/fraud.json"))
