"""Marks: stated, expired, withdrawn, never erased, and each in the journal."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from forensics.case import Case
from forensics.errors import UsageError
from forensics_queries.marks import add_mark, list_marks, withdraw_mark
from forensics_queries.show import show
from forensics_queries.subject import resolve
from tests.support.incident import INCIDENT
from tests.support.toy import Step, Toy


def test_a_mark_is_kept_as_what_its_subject_meant(writable: Case) -> None:
    meant = resolve(writable, "data/raw/vendor_b/feb.csv@HEAD").nodes
    made = add_mark(
        writable, "bad", "data/raw/vendor_b/feb.csv@HEAD", reason="labels flipped", author="ann@example.com"
    )
    mark = made.rows[0]
    assert mark.subject == f"fraud:data/raw/vendor_b/feb.csv@{INCIDENT.oid(7)}"
    assert mark.standing
    assert resolve(writable, "mark:1").nodes == meant
    moved = Toy("fraud", (*INCIDENT.steps, Step((7,), {})), branches={"main": 8})
    writable.ingest(replace(moved.source, state="two"), moved.records())
    assert resolve(writable, "mark:1").nodes == meant


def test_a_mark_on_a_path_stays_on_the_path(writable: Case) -> None:
    assert add_mark(writable, "suspect", "models/fraud.json", reason="odd").rows[0].subject == "fraud:models/fraud.json"


def test_a_withdrawn_mark_stays_on_record(writable: Case) -> None:
    add_mark(writable, "bad", "HEAD", reason="rash", technique="AML.T0020", evidence="ticket 4")
    withdraw_mark(writable, 1, reason="wrong commit", author="bob@example.com")
    (mark,) = list_marks(writable).rows
    assert not mark.standing
    assert (mark.reason, mark.withdrawn_by, mark.withdrawn_because) == ("rash", "bob@example.com", "wrong commit")
    with pytest.raises(UsageError, match="already"):
        withdraw_mark(writable, 1, reason="again")
    with pytest.raises(UsageError, match="no mark"):
        withdraw_mark(writable, 2, reason="again")


def test_every_mark_and_withdrawal_is_in_the_journal(writable: Case) -> None:
    add_mark(writable, "cleared", "fraud@v1.2.0", reason="retested", argv=["mark", "add"])
    withdraw_mark(writable, 1, reason="not yet")
    entries = writable.rows("SELECT action, argv, details FROM journal ORDER BY seq")[1:]
    assert [entry[0] for entry in entries] == ["mark", "withdrawal"]
    assert json.loads(entries[0][1]) == ["mark", "add"]
    assert json.loads(entries[0][2])["subject"] == "release:fraud@v1.2.0"


def test_a_mark_expires_by_itself(writable: Case) -> None:
    until = datetime.now(UTC) + timedelta(hours=1)
    assert add_mark(writable, "bad", "HEAD", reason="watch", expires=until).rows[0].expires_at == int(until.timestamp())
    writable.connection.execute("UPDATE mark SET expires_at = made_at")
    assert not list_marks(writable).rows[0].standing


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "evil"},
        {"reason": " "},
        {"technique": "T0020"},
        {"expires": "soon"},
        {"expires": "2001-01-01"},
        {"subject": "nothing"},
    ],
)
def test_an_unclear_mark_is_refused_and_nothing_is_kept(writable: Case, wrong: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        add_mark(writable, **{"state": "bad", "subject": "HEAD", "reason": "r", **wrong})
    assert list_marks(writable).rows == ()
    assert len(writable.rows("FROM journal")) == 1


def test_show_tells_of_marks(writable: Case) -> None:
    add_mark(writable, "bad", "data/raw@HEAD", reason="poisoned", author="ann@example.com")
    said = [row.value for row in show(writable, "data/raw@HEAD").rows if row.fact == "mark"]
    assert said == ["bad by ann@example.com: poisoned"]
