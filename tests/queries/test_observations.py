"""Observations: pinned, journalled, withdrawn, combined by version; a symptom that never makes anything affected."""

import json
import math
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forensics.case import Case
from forensics.errors import UsageError
from forensics_queries.blast_radius import blast_radius
from forensics_queries.marks import add_mark
from forensics_queries.moment import moment
from forensics_queries.observations import Observed, evidence
from forensics_queries.observe import list_observations, observe, withdraw_observation
from forensics_queries.show import show
from forensics_queries.subject import resolve
from tests.support.incident import INCIDENT
from tests.support.toy import Step, Toy


def known(case: Case, as_of: str | None = None) -> Observed:
    return evidence(case, moment(case, as_of))


def node(case: Case, subject: str) -> int:
    (found,) = resolve(case, subject).nodes
    return found


def model(case: Case, commit: int) -> int:
    return node(case, f"models/fraud.json@{INCIDENT.oid(commit)}")


def test_a_release_stands_for_the_version_that_it_released(writable: Case) -> None:
    made = observe(writable, ["fraud@v1.1.0"], "bad", reason="misses fraud", author="ana").rows[0]
    assert (made.kind, made.state, made.author, made.reason) == ("label", "bad", "ana", "misses fraud")
    assert resolve(writable, made.subject).nodes == (model(writable, 3),)
    found = known(writable).evidence
    assert (found.bad, found.good, found.reliability) == ({model(writable, 3)}, set(), {})


def test_a_note_says_what_is_kept_where_it_is_not_what_was_typed(writable: Case) -> None:
    first = observe(writable, ["fraud@v1.1.0"], "bad")
    assert first.notes == (f"fraud@v1.1.0 is kept as {first.rows[0].subject}",)
    assert observe(writable, [first.rows[0].subject], "bad").notes == ()


def test_an_observation_stays_with_the_version_that_was_meant(writable: Case) -> None:
    observe(writable, ["models/fraud.json@HEAD"], "bad")
    before = known(writable).evidence.bad
    moved = Toy("fraud", (*INCIDENT.steps, Step((7,), {"models/fraud.json": "model 8"})), branches={"main": 8})
    writable.ingest(replace(moved.source, state="two"), moved.records())
    assert known(writable).evidence.bad == before == {model(writable, 7)}


def test_an_observation_never_makes_anything_affected(writable: Case) -> None:
    observe(writable, ["fraud@v1.1.0"], "bad")
    observe(writable, ["data/raw/vendor_b/feb.csv@HEAD"], "bad")
    with pytest.raises(UsageError, match="nothing is marked"):
        blast_radius(writable)


def test_every_observation_and_withdrawal_is_in_the_journal_and_on_record(writable: Case) -> None:
    observe(writable, ["fraud@v1.1.0", "fraud@v1.2.0"], "good", reliability=0.8, argv=["observe"])
    withdraw_observation(writable, 2, reason="wrong holdout", author="bob")
    entries = writable.rows("SELECT action, details FROM journal ORDER BY seq")[1:]
    assert [entry[0] for entry in entries] == ["observation", "observation", "observation-withdrawal"]
    assert json.loads(entries[0][1])["typed"] == "fraud@v1.1.0"
    first, second = list_observations(writable).rows
    assert (first.standing, second.standing, second.withdrawn_because) == (True, False, "wrong holdout")
    assert len(known(writable).evidence.good) == 1
    assert writable.rows("SELECT withdrawn_by FROM observations ORDER BY observation_id") == [(None,), ("bob",)]
    with pytest.raises(UsageError, match="already"):
        withdraw_observation(writable, 2, reason="again")


def test_bytes_are_bad_without_being_a_version_of_a_model(writable: Case) -> None:
    made = observe(writable, ["data/raw/vendor_b/feb.csv@HEAD"], "bad").rows[0]
    assert made.kind == "content"
    assert known(writable).evidence.stated == set(resolve(writable, "data/raw/vendor_b/feb.csv@HEAD").nodes)
    assert not known(writable).evidence.bad


def test_the_bytes_of_a_model_that_a_run_made_are_that_version(writable: Case) -> None:
    digest = str(INCIDENT.version(3, "models/fraud.json").digest)
    assert observe(writable, [digest], "bad").rows[0].kind == "label"
    assert known(writable).evidence.bad == {model(writable, 3)}


@pytest.mark.parametrize(
    "subject", ["data/raw@HEAD", "data/raw/vendor_b/feb.csv@HEAD", "fraud@v1.1.0", "dvc.yaml:train@HEAD"]
)
def test_a_version_a_file_and_a_run_can_be_found_clean(writable: Case, subject: str) -> None:
    observe(writable, [subject], "clean")
    found = known(writable).evidence.clean
    assert found
    assert found <= {*resolve(writable, subject).nodes, model(writable, 3)}


@pytest.mark.parametrize(
    ("subject", "state", "said"),
    [
        ("fraud", "bad", "means 5 versions, and a label is said of one"),
        ("models/fraud.json", "good", "means 5 versions"),
        ("data/raw@HEAD", "bad", "no version of a model"),
        (INCIDENT.oid(2), "bad", "no version of a model"),
        ("actor:mallory@example.com", "good", "no version of a model"),
        ("data/raw/vendor_b/feb.csv@HEAD", "good", "no version of a model"),
        ("data/raw", "clean", "which of these 3 was inspected"),
        (INCIDENT.oid(2), "clean", "cannot be inspected"),
        ("fraud@v1.1.0", "odd", "no such observation"),
        ("nothing", "bad", "nothing in the case"),
    ],
)
def test_what_no_observation_can_be_of_is_refused_and_nothing_is_kept(
    writable: Case, subject: str, state: str, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        observe(writable, ["fraud@v1.2.0", subject], state)
    assert list_observations(writable).rows == ()
    assert len(writable.rows("FROM journal")) == 1


def test_a_label_on_data_names_the_models_that_it_could_be_meant_for(writable: Case) -> None:
    with pytest.raises(UsageError) as caught:
        observe(writable, [f"data/raw@{INCIDENT.oid(3)}"], "bad")
    assert "fraud@v1.1.0" in caught.value.candidates
    for candidate in caught.value.candidates:
        assert resolve(writable, candidate).nodes


@pytest.mark.parametrize("reliability", [0.5, 1.0, 0.0, -1.0, math.nan, math.inf])
def test_a_reliability_that_says_nothing_is_refused(writable: Case, reliability: float) -> None:
    with pytest.raises(UsageError, match="says nothing"):
        observe(writable, ["fraud@v1.1.0"], "bad", reliability=reliability)


def test_contradicting_observations_are_weighed_and_told(writable: Case) -> None:
    observe(writable, ["fraud@v1.1.0"], "bad", author="ana", reliability=0.95)
    answer = observe(writable, ["fraud@v1.1.0"], "good", author="bob", reliability=0.8)
    assert any("the opposite" in note and "observe withdraw 1" in note for note in answer.notes)
    found = known(writable)
    assert found.evidence.bad == {model(writable, 3)}
    assert found.evidence.reliability[model(writable, 3)] == pytest.approx(19 / (19 + 4))
    assert any("contradict" in note for note in found.notes)


def test_observations_that_cancel_out_leave_the_version_unlabelled(writable: Case) -> None:
    observe(writable, ["fraud@v1.1.0"], "bad", author="ana")
    observe(writable, ["fraud@v1.1.0"], "good", author="bob")
    assert not known(writable).evidence.observed
    assert any("cancel out" in note for note in known(writable).notes)


STATEMENTS = st.lists(
    st.tuples(
        st.sampled_from(["bad", "good"]), st.sampled_from(["ana", "bob", "cem"]), st.sampled_from([None, 0.7, 0.9])
    ),
    min_size=1,
    max_size=4,
)


@settings(deadline=None, max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STATEMENTS, st.randoms(use_true_random=False))
def test_order_and_repetition_of_observations_do_not_matter(writable: Case, said: list, random) -> None:
    outcomes = []
    for turn in range(2):
        writable.connection.execute("DELETE FROM observation")
        for state, author, reliability in said:
            observe(writable, ["fraud@v1.1.0"], state, author=author, reliability=reliability)
        outcomes.append(known(writable).evidence)
        if turn == 0:
            said = [*said, random.choice(said)]
            random.shuffle(said)
    first, second = outcomes
    assert (first.bad, first.good) == (second.bad, second.good)
    assert first.reliability == pytest.approx(second.reliability)


def test_as_of_a_revision_only_what_stood_there_is_evidence(writable: Case) -> None:
    observe(writable, ["fraud@v1.0.0", "fraud@v1.1.0"], "good")
    assert known(writable, INCIDENT.oid(1)).evidence.good == {model(writable, 0)}


def test_marks_of_something_bad_or_good_are_evidence_too(writable: Case) -> None:
    add_mark(writable, "bad", "data/raw/vendor_b/feb.csv@HEAD", reason="poison")
    add_mark(writable, "bad", "fraud@v1.1.0", reason="misses fraud")
    add_mark(writable, "good", "fraud@v1.2.0", reason="retested")
    add_mark(writable, "good", f"data/raw@{INCIDENT.oid(0)}", reason="looked through")
    found = known(writable)
    assert found.count == 0
    assert found.evidence.stated == set(resolve(writable, "data/raw/vendor_b/feb.csv@HEAD").nodes)
    assert (found.evidence.bad, found.evidence.good) == ({model(writable, 3)}, {model(writable, 4)})
    assert found.evidence.clean == set(resolve(writable, f"data/raw@{INCIDENT.oid(0)}").nodes)


def test_a_bad_commit_stands_for_what_it_brought_in_and_ran(writable: Case) -> None:
    add_mark(writable, "bad", INCIDENT.oid(3), reason="odd")
    stated = known(writable).evidence.stated
    assert node(writable, f"data/raw@{INCIDENT.oid(3)}") in stated
    assert model(writable, 3) not in stated


def test_a_label_and_a_mark_that_contradict_each_other_are_told(writable: Case) -> None:
    observe(writable, ["fraud@v1.1.0"], "bad", author="ana", reliability=0.95)
    add_mark(writable, "good", "fraud@v1.1.0", reason="retested")
    (note,) = known(writable).notes
    assert "observation 1, mark 1" in note
    assert "contradict" in note


def test_show_tells_of_observations(writable: Case) -> None:
    observe(writable, ["fraud@v1.1.0"], "bad", author="ana", reason="misses fraud")
    withdraw_observation(writable, 1, reason="rash")
    said = [row.value for row in show(writable, f"models/fraud.json@{INCIDENT.oid(3)}").rows if row.fact == "observed"]
    assert said == ["bad by ana: misses fraud (no longer standing)"]
