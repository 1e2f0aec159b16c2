"""``gate``: what stops a pipeline, and what does not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from forensics.case import Case
from forensics.digest import Digest
from forensics.errors import UsageError
from forensics.model import Stated
from forensics_queries.gate import Gated, gate
from forensics_queries.marks import add_mark, withdraw_mark
from tests.support.incident import INCIDENT
from tests.support.toy import digest_of

POISON = str(digest_of("POISON"))
MODEL = "models/fraud.json"


def verdicts(rows: tuple[Gated, ...]) -> list[tuple[str, str, bool]]:
    return [(row.subject, row.verdict, row.tripped) for row in rows]


def mark(case: Case, state: str = "bad", subject: str = POISON, **more: object) -> int:
    return add_mark(case, state, subject, reason="poison", author="ann@example.com", **more).rows[0].mark


def test_an_affected_subject_trips_and_a_clear_one_does_not(writable: Case) -> None:
    mark(writable)
    answer = gate(writable, ["fraud@v1.0.0", "fraud@v1.1.0"])
    assert verdicts(answer.rows) == [("fraud@v1.1.0", "affected", True), ("fraud@v1.0.0", "clear", False)]
    assert [step.thing.kind for step in answer.rows[0].path][-1] == "version"
    assert not answer.short


def test_a_path_means_every_version_and_the_worst_counts(writable: Case) -> None:
    mark(writable)
    (row,) = gate(writable, [MODEL]).rows
    assert (row.verdict, row.judged) == ("affected", 5)
    (row,) = gate(writable, [f"{MODEL}@{INCIDENT.oid(4)}"]).rows
    assert (row.verdict, row.judged) == ("clear", 1)


def test_unknown_trips_only_a_strict_gate(writable: Case) -> None:
    mark(writable, "suspect")
    assert verdicts(gate(writable, ["fraud@v1.1.0"]).rows) == [("fraud@v1.1.0", "unknown", False)]
    assert verdicts(gate(writable, ["fraud@v1.1.0"], strict=True).rows) == [("fraud@v1.1.0", "unknown", True)]


def test_without_a_standing_mark_nothing_is_called_clear(writable: Case) -> None:
    answer = gate(writable, ["fraud@v1.1.0"])
    assert verdicts(answer.rows) == [("fraud@v1.1.0", "no marks", False)]
    assert answer.short


def test_a_mark_that_was_withdrawn_or_expired_trips_no_more(writable: Case) -> None:
    withdraw_mark(writable, mark(writable), reason="wrong file", author="ann@example.com")
    assert gate(writable, ["fraud@v1.1.0"]).rows[0].verdict == "no marks"
    mark(writable, "bad", MODEL, expires=datetime.now(UTC) + timedelta(hours=1))
    assert gate(writable, ["fraud@v1.1.0"]).rows[0].tripped
    writable.rows("UPDATE mark SET expires_at = made_at")
    assert not gate(writable, ["fraud@v1.1.0"]).rows[0].tripped


def test_what_the_case_does_not_know_is_said_and_makes_the_answer_short(writable: Case) -> None:
    mark(writable)
    answer = gate(writable, ["models/other.json", "fraud@v1.0.0"])
    assert verdicts(answer.rows) == [("models/other.json", "not in the case", False), ("fraud@v1.0.0", "clear", False)]
    assert answer.short


def test_a_subject_that_means_several_things_is_refused(case_of: Callable[..., Case]) -> None:
    case = case_of(INCIDENT, replace(INCIDENT, name="other"))
    mark(case)
    with pytest.raises(UsageError) as refused:
        gate(case, [MODEL])
    assert set(refused.value.candidates) == {f"fraud:{MODEL}", f"other:{MODEL}"}


def test_there_must_be_something_to_judge(writable: Case) -> None:
    with pytest.raises(UsageError):
        gate(writable, [])
    mark(writable)
    answer = gate(writable, [], checkout=[])
    assert answer.rows == ()
    assert answer.short  # the wrong folder must not read as an all-clear


def stated(path: str, text: str, *made_of: tuple[str, Digest]) -> Stated:
    return Stated(path, digest_of(text), "dvc.lock", 7, made_of)


def test_a_checkout_says_which_version_a_path_means(writable: Case) -> None:
    mark(writable)
    checkout = [stated(MODEL, "model 3"), stated("metrics.json", "0.9")]
    answer = gate(writable, [MODEL], checkout=checkout)
    assert verdicts(answer.rows) == [(MODEL, "affected", True)]
    assert (answer.rows[0].document, answer.rows[0].line, answer.rows[0].document_commit) == ("dvc.lock", 7, "")
    assert verdicts(gate(writable, [MODEL], checkout=[stated(MODEL, "model 4")]).rows) == [(MODEL, "clear", False)]
    everything = gate(writable, [], checkout=checkout)
    assert verdicts(everything.rows) == [(MODEL, "affected", True), ("metrics.json", "clear", False)]


def test_new_bytes_are_accused_by_what_they_were_made_of_and_never_cleared_by_it(writable: Case) -> None:
    mark(writable)
    bad = [("data/feb.csv", digest_of("POISON")), ("src/new.py", digest_of("nobody knows this"))]
    (row,) = gate(writable, [MODEL], checkout=[stated(MODEL, "retrained", *bad)]).rows
    assert (row.verdict, row.tripped, row.line) == ("affected", True, 7)
    assert "data/feb.csv" in row.reason
    assert "src/new.py" not in row.reason
    good = [("data/jan.csv", digest_of("a jan"))]
    answer = gate(writable, [MODEL], checkout=[stated(MODEL, "retrained", *good)])
    assert verdicts(answer.rows) == [(MODEL, "not in the case", False)]
    assert answer.short


def test_bad_bytes_under_a_name_that_the_case_never_saw_trip(writable: Case) -> None:
    mark(writable)
    assert gate(writable, [], checkout=[stated("elsewhere.csv", "POISON")]).rows[0].tripped


def test_a_document_that_could_not_be_read_makes_the_answer_short(writable: Case) -> None:
    mark(writable)
    clear = [stated(MODEL, "model 4")]
    assert not gate(writable, [], checkout=clear).short
    answer = gate(writable, [], checkout=clear, unread_documents=["dvc.lock: no valid YAML"])
    assert answer.short
    assert any("no valid YAML" in note for note in answer.notes)


def test_history_that_could_not_be_read_makes_the_answer_short_where_it_may_hide_what_is_bad(
    case_of: Callable[..., Case],
) -> None:
    case = case_of(replace(INCIDENT, unreadable=("sub/dvc.lock",)))
    mark(case, subject=f"commit:{INCIDENT.oid(2)}")
    assert not gate(case, ["fraud@v1.0.0"]).short  # the document stands before the commit that is bad
    mark(case)
    assert gate(case, ["fraud@v1.0.0"]).short
