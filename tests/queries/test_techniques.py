"""Techniques beside marks: what the evidence is consistent with, and the analyst's last word."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from forensics.atlas import find_technique
from forensics.case import Case
from forensics.errors import UsageError
from forensics_connectors.contract import find_readers
from forensics_queries.localized import Asked
from forensics_queries.marks import add_mark, list_marks
from forensics_queries.subject import resolve
from forensics_queries.suspects import suspects
from forensics_queries.techniques import (
    SIGNALS,
    Attribution,
    attributions,
    consistent_with,
    judge_technique,
    techniques,
)
from tests.support.incident import INCIDENT
from tests.support.toy import digest_of

if TYPE_CHECKING:
    from sample_repos.fraud import FraudSample

POISON = str(digest_of("POISON"))


def mark(case: Case, subject: str = POISON, state: str = "bad", **more: str) -> int:
    return add_mark(case, state, subject, reason="poison", author="ann@example.com", **more).rows[0].mark


def states(rows: tuple[Attribution, ...]) -> dict[str, str]:
    return {row.technique: row.state for row in rows}


def test_every_signal_names_techniques_of_the_catalogue() -> None:
    for _, named in SIGNALS.values():
        assert all(find_technique(one).id == one for one in named)


def test_poisoned_data_that_a_commit_brought_in_is_consistent_with_poisoning(
    fraud_repo: "FraudSample", tmp_path: Path
) -> None:
    with Case.open(tmp_path / "case.duckdb", write=True, new=True) as case:
        for connector, source in find_readers(str(fraud_repo.repository)):
            case.ingest(source, connector.read(source), connector=connector.kind)
        found = consistent_with(case, resolve(case, fraud_repo.poisoned_subject).nodes)
        assert set(found) == {"AML.T0020", "AML.T0059"}
        assert found == consistent_with(case, resolve(case, f"commit:{fraud_repo.poisoned_commit}").nodes)
        made = resolve(case, f"{fraud_repo.models[0]}@HEAD").nodes
        assert consistent_with(case, made) == {}


def test_only_what_accuses_is_consistent_with_a_technique(writable: Case) -> None:
    mark(writable, state="good")
    mark(writable, state="cleared")
    assert techniques(writable).rows == ()


def test_an_analyst_confirms_and_rejects_and_the_last_word_counts(writable: Case) -> None:
    number = mark(writable, technique="AML.T0018")
    assert states(attributions(writable))["AML.T0018"] == "stated"
    judge_technique(writable, number, "AML.T0020", "confirmed", reason="labels flipped", author="ann@example.com")
    answer = judge_technique(writable, number, "AML.T0018", "rejected", author="bob@example.com")
    assert {"AML.T0020": "confirmed", "AML.T0018": "rejected"}.items() <= states(answer.rows).items()
    assert list_marks(writable).rows[0].technique == "AML.T0020"
    judge_technique(writable, number, "AML.T0018", "confirmed", author="ann@example.com")
    assert list_marks(writable).rows[0].technique == "AML.T0018, AML.T0020"
    (row,) = (row for row in attributions(writable, number) if row.technique == "AML.T0018")
    assert (row.state, row.author, row.owasp) == ("confirmed", "ann@example.com", find_technique("AML.T0018").owasp)


def test_what_was_said_stands_in_the_journal_and_is_not_erased(writable: Case) -> None:
    number = mark(writable)
    judge_technique(writable, number, "AML.T0019", "confirmed", argv=["forensics", "mark", "technique"])
    judge_technique(writable, number, "AML.T0019", "rejected")
    entries = writable.rows("SELECT details FROM journal WHERE action = 'technique' ORDER BY seq")
    details = [json.loads(one) for (one,) in entries]
    assert [one["verdict"] for one in details] == ["confirmed", "rejected"]
    assert {(one["technique"], one["typed"], one["atlas"]) for one in details} == {
        ("AML.T0115.000", "AML.T0019", "2026.09")
    }
    assert len(writable.rows("FROM technique_judgements")) == 2


def test_what_is_not_known_is_refused_and_nothing_is_written(writable: Case) -> None:
    number = mark(writable)
    for arguments in (
        (number, "AML.T9999", "confirmed"),
        (99, "AML.T0020", "confirmed"),
        (number, "AML.T0020", "maybe"),
    ):
        with pytest.raises(UsageError):
            judge_technique(writable, *arguments)
    with pytest.raises(UsageError):
        techniques(writable, 99)
    assert writable.rows("FROM technique_judgements") == []


def test_a_retired_technique_is_kept_as_what_it_has_become(writable: Case) -> None:
    answer = add_mark(writable, "bad", POISON, reason="poison", technique="AML.T0058")
    assert answer.rows[0].technique == "AML.T0115.001"
    assert any("AML.T0058 is retired" in note for note in answer.notes)


def test_a_technique_that_this_release_does_not_know_is_shown_as_such(writable: Case) -> None:
    mark(writable, f"commit:{INCIDENT.oid(0)}", technique="AML.T0020")
    writable.rows("UPDATE mark SET technique = 'AML.T0999'")
    (row,) = (row for row in attributions(writable) if row.technique == "AML.T0999")
    assert row.name.startswith("not in MITRE ATLAS")


def test_suspects_say_what_the_likeliest_are_consistent_with(fraud_repo: "FraudSample", tmp_path: Path) -> None:
    with Case.open(tmp_path / "case.duckdb", write=True, new=True) as case:
        for connector, source in find_readers(str(fraud_repo.repository)):
            case.ingest(source, connector.read(source), connector=connector.kind)
        answer = suspects(case, Asked(bad=(fraud_repo.live_release,), good=(fraud_repo.last_clean_release,)))
    (said,) = (note for note in answer.notes if "consistent with" in note)
    assert "AML.T0020 (Training Data Poisoning)" in said
    assert said.endswith("an analyst confirms")
