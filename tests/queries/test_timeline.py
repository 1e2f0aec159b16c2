"""``timeline``: everything that has a time, once, in order, with whose clock says so."""

import csv
import io
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.answer import Answer, Coverage
from forensics.case import Case
from forensics.digest import Digest
from forensics.errors import UsageError
from forensics.model import Acquired, Deployment, Details, Execution, Origin, Record, Source, Version
from forensics.report import Page, render
from forensics_queries.marks import add_mark, withdraw_mark
from forensics_queries.timeline import Occurrence, timeline
from tests.support.incident import INCIDENT

START = 1_700_000_000
EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def kinds(answer: Answer[Occurrence]) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in answer.rows:
        found[row.kind] = found.get(row.kind, 0) + 1
    return found


def store() -> tuple[Source, list[Record]]:
    row = Origin("Execution", locus="1")
    run = Execution("run", "train", "", "", row)
    data = Version("bucket/data.csv", Digest("md5", "d" * 32), Origin("Artifact", locus="7"))
    records: list[Record] = [
        run,
        data,
        Details(run.key, "Trainer", "nightly", "", "COMPLETE", "", START * 1000 + 5, START * 1000 + 900, row),
        Details(data.key, "Dataset", "march", "", "LIVE", "", START * 1000 + 250, START * 1000 + 250, data.origin),
        Deployment("fraud", "fraud@v1.0.0", "prod", START + 2, START + 5, Origin("deployments.csv", locus="line 2")),
        Acquired("one", {}),
    ]
    return Source("mlmd", "/x/metadata.db", "metadata", ("rows",), state="one"), records


def test_every_kind_of_occurrence_stands_in_it_once(case_of: Callable[..., Case]) -> None:
    case = case_of(INCIDENT)
    case.ingest(*store())
    mark = add_mark(case, "bad", "models/fraud.json", reason="odd", expires="2999-01-01").rows[0].mark
    withdraw_mark(case, mark, reason="not so")
    assert kinds(timeline(case)) == {
        "commit": 8, "release": 3, "stage-move": 3, "execution": 1, "execution-updated": 1, "registration": 1,
        "deployment": 1, "deployment-end": 1, "acquisition": 2, "mark": 1, "mark-withdrawal": 1, "mark-expiry": 1,
    }  # fmt: skip


def test_occurrences_are_in_the_order_of_their_times_to_the_microsecond(case_of: Callable[..., Case]) -> None:
    case = case_of(INCIDENT)
    case.ingest(*store())
    rows = timeline(case).rows
    assert [row.microseconds for row in rows] == sorted(row.microseconds for row in rows)
    (started,) = (row for row in rows if row.kind == "execution")
    assert (started.microseconds, started.happened_time) == (START * 1_000_000 + 5_000, START)
    assert rows == timeline(case).rows


def test_only_what_this_machine_wrote_down_is_not_a_claim(writable: Case) -> None:
    add_mark(writable, "bad", "models/fraud.json", reason="odd")
    recorded = {row.kind for row in timeline(writable).rows if row.clock == "recorded"}
    assert recorded == {"acquisition", "mark"}


def test_a_window_has_its_beginning_and_not_its_end(incident: Case) -> None:
    def commits(**window: str) -> list[int]:
        return [row.happened_time - START for row in timeline(incident, **window).rows if row.kind == "commit"]

    since, until = (datetime.fromtimestamp(START + after, EPOCH.tzinfo).isoformat() for after in (2, 5))
    assert commits(since=since, until=until) == [2, 3, 4]
    assert commits(since=since.replace("+00:00", "")) == [2, 3, 4, 5, 6, 7]
    with pytest.raises(UsageError):
        timeline(incident, since="yesterday")


def occurrence(**more: Any) -> Occurrence:
    given: dict[str, Any] = {
        "happened_time": 0, "microseconds": 0, "clock": "claimed", "kind": "commit", "what": "x", "thing": None,
        "actor": "", "source": "", "document": "", "document_commit": "", **more,
    }  # fmt: skip
    return Occurrence(**given)


def sketched(*rows: Occurrence) -> list[dict[str, str]]:
    answer = Answer("timeline", {}, rows, Coverage())
    text = b"".join(render(answer, "timesketch", Page())).decode("utf-8")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_timesketch_gets_the_columns_that_it_wants(writable: Case) -> None:
    add_mark(writable, "bad", "models/fraud.json", reason="odd")
    rows = timeline(writable).rows
    found = sketched(*rows)
    assert len(found) == len(rows)
    for row, line in zip(rows, found, strict=True):
        assert line["message"]
        assert line["timestamp_desc"].endswith("(claimed)") == (row.clock == "claimed")
        assert line["datetime"].endswith("+00:00")
        at = datetime.fromisoformat(line["datetime"]) - EPOCH
        assert at // timedelta(microseconds=1) == int(line["timestamp"]) == row.microseconds


@settings(max_examples=80, deadline=None)
@given(what=st.text(), actor=st.text(), at=st.integers(min_value=-(2**90), max_value=2**90))
def test_no_text_and_no_time_of_a_source_breaks_the_import(what: str, actor: str, at: int) -> None:
    what, actor = (text.encode("utf-8", "replace").decode() for text in (what, actor))
    (line,) = sketched(occurrence(what=what, actor=actor, microseconds=at, happened_time=at // 1_000_000))
    assert datetime.fromisoformat(line["datetime"]).tzinfo
    assert line["message"].startswith("commit authored: ")
    assert None not in line
    assert not set("".join(line.values())) & set("\r\n\x1b\u202e")
    assert not line["actor"].startswith(("=", "+", "-", "@"))


def test_a_time_that_no_calendar_has_keeps_its_place_and_says_so() -> None:
    (line,) = sketched(occurrence(microseconds=2**70, happened_time=2**70 // 1_000_000))
    assert line["datetime"].startswith("9999-12-31")
    assert str(2**70) in line["message"]
