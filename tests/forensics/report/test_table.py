"""What somebody reads on a terminal."""

import re
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.answer import Answer, Coverage, SourceRead, Step, Thing
from forensics.evidence.export import Exported
from forensics.report import Page, render
from forensics.report.text import width
from forensics_queries.acceptance import Refused
from forensics_queries.blast_radius import Affected
from forensics_queries.fsck import Checked
from forensics_queries.next_test import Trial
from forensics_queries.rollback import Target
from forensics_queries.timeline import Occurrence


@dataclass(frozen=True, slots=True)
class Row:
    verdict: str
    path: str
    digest: str
    why: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    message: str
    made_at: int
    done: bool
    subject: Thing | None


SHA = "sha256:" + "0123456789abcdef" * 4
WHY = (
    Step(Thing(1, "version", "data/raw.csv", "a")),
    Step(Thing(2, "version", "models/m.json", "b"), "used", "declared"),
)


def answer(*rows, **more):
    return Answer("trial", {}, rows, **{"coverage": Coverage(), **more})


def lines(given, **page):
    return b"".join(render(given, "table", Page(**page))).decode().splitlines()


def test_the_verdict_stands_first_and_the_reason_under_it():
    shown = lines(answer(Row("affected", "models/m.json", SHA, WHY)))
    assert shown[0].split() == ["VERDICT", "PATH", "DIGEST"]
    assert shown[1].split() == ["affected", "models/m.json", SHA]
    assert shown[2] == "    why: data/raw.csv -(declared)-> models/m.json"


@given(
    st.integers(min_value=40, max_value=140), st.lists(st.text("ab /", min_size=1, max_size=90), min_size=1, max_size=5)
)
@settings(deadline=None)
def test_no_line_is_wider_than_the_page_and_no_digest_is_shortened(columns, paths):
    shown = lines(answer(*(Row("unknown", path, SHA, WHY) for path in paths)), width=columns)
    assert all(width(line) <= columns for line in shown)
    whole = "".join(re.sub(r"\s", "", line) for line in shown)
    assert sum(line.startswith("unknown") or line.split()[:2] == ["VERDICT", "unknown"] for line in shown) == len(paths)
    if columns > 100:
        assert whole.count(SHA) == len(paths)


def test_a_page_too_narrow_for_columns_shows_a_record_a_row():
    shown = lines(answer(Row("affected", "x" * 50, SHA)), width=30)
    assert shown[0] == "VERDICT  affected"
    assert "".join(line[9:] for line in shown[1:] if line) == "x" * 50 + SHA


@pytest.mark.parametrize("columns", [80, 100, 200])
def test_what_to_test_next_stays_a_table_however_much_there_is_to_say(columns):
    name = "models.example.com/fraud/2025-05-02-5600/scorer.json (artifact/20)"
    things = (
        Thing(1, "version", "models/chargeback.json", "md5:" + "1" * 32, "fraud", digest="md5:" + "1" * 32),
        Thing(2, "version", name, "mlmd:artifact/20", "metadata", digest=SHA),
    )
    trials = (Trial("evaluate", thing, ("audit-2025-q1", "fraud@v1.1.0"), 0.5, 0.44, 1017, 18) for thing in things)
    sources = (SourceRead("fraud", "git", "/r", 1, 0, 0, 0), SourceRead("metadata", "mlmd", "/m", 1, 0, 0, 0))
    shown = lines(Answer("next-test", {}, tuple(trials), Coverage(sources)), width=columns)
    assert shown[1].split()[:3] == ["BITS", "COST", "P(BAD)"]
    assert [line.split()[:3] for line in shown if line.startswith("0.50")] == [["0.50", "1", "44"]] * 2
    assert all(thing.digest in "".join("".join(shown).split()) for thing in things)


def test_columns_that_hold_nothing_are_left_out_but_no_row_is():
    shown = lines(answer(Row("clear", "a", ""), Row("clear", "b", "")))
    assert shown[0].split() == ["VERDICT", "PATH"]
    assert [line.split()[1] for line in shown[1:3]] == ["a", "b"]


def test_color_only_repeats_the_word():
    given = answer(Row("affected", "a", SHA), Row("unknown", "b", SHA))
    colored = "\n".join(lines(given, color=True))
    assert "\x1b[31;1maffected" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == "\n".join(lines(given))


def test_the_last_line_says_how_many_rows_were_cut():
    given = answer(*(Row("clear", str(n), "") for n in range(7)), notes=("claimed times",))
    shown = lines(given, limit=2)
    assert shown[-1] == "5 more rows not shown, cut by --limit 2"
    assert "note: claimed times" in shown


def test_an_empty_answer_says_so_and_what_was_not_read():
    coverage = Coverage((SourceRead("repo", "git", "/r", 1, 0, 3, 1),), False, ("dvc.lock at 1a2b could not be read",))
    shown = lines(answer(coverage=coverage, short=True), quiet=True)
    assert shown[0] == "nothing found"
    assert "read: repo (git), 1970-01-01 00:00:00Z, 3 findings, 1 of them could hide lineage" in shown
    assert "NOT READ: dvc.lock at 1a2b could not be read" in shown
    assert any(line.startswith("THE LIST MAY BE SHORT") for line in shown)


def test_a_gate_that_could_not_judge_all_says_so():
    shown = lines(Answer("gate", {}, (), Coverage(), (), True))
    assert any(line.startswith("NOT ALL COULD BE JUDGED") for line in shown)
    assert not any("LIST MAY BE SHORT" in line for line in shown)


def test_quiet_leaves_out_coverage_that_is_complete():
    coverage = Coverage((SourceRead("repo", "git", "/r", 1, 0, 0, 0),))
    assert lines(answer(coverage=coverage), quiet=True) == ["nothing found"]


def test_times_truth_values_and_missing_things_are_words():
    subject = Thing(1, "version", "data/raw.csv", "data/raw.csv", "repo")
    shown = lines(answer(Event("a\tb", 0, True, subject), Event("c", 1, False, None)))
    assert shown[0].split() == ["MESSAGE", "MADE", "AT", "DONE", "SUBJECT", "SUBJECT", "SOURCE"]
    assert shown[1].split() == ["a\\tb", "1970-01-01", "00:00:00Z", "yes", "data/raw.csv", "repo"]
    assert shown[2].split() == ["c", "1970-01-01", "00:00:01Z", "no"]


@pytest.mark.parametrize("name", ["\x1b]0;title\x07", "\r\ngone", "\u202efdp"])
def test_names_stay_on_their_line(name):
    shown = lines(answer(Row("bad", name, SHA)), width=140)
    assert len(shown) == 3
    assert "\\u" in shown[1]


def test_a_source_is_named_where_there_are_several():
    row = Event("a", 0, True, Thing(1, "version", "data/raw.csv", "data/raw.csv", "one"))
    read = [SourceRead(name, "git", "/r", 1, 0, 0, 0) for name in ("one", "two")]
    assert "SOURCE" not in lines(answer(row, coverage=Coverage((read[0],))))[0]
    assert "SOURCE" in lines(answer(row, coverage=Coverage(tuple(read))))[0]


def test_rows_in_sequence_with_one_reason_share_it():
    shown = lines(answer(*(Row("affected", name, "", WHY) for name in "ab"), Row("affected", "c", "")))
    assert [line.split()[:2] for line in shown[1:3]] == [["affected", "a"], ["affected", "b"]]
    assert shown[3] == "    why, for these 2: data/raw.csv -(declared)-> models/m.json"
    assert shown[4].split() == ["affected", "c"]


def affected(number, **more):
    thing = Thing(number, "version", f"models/{number}.json", f"node:{number}", "repo", "", f"md5:{number:032x}")
    plain = Affected("affected", thing, "model", (), (), 1, "", None, "1 of 12 files", "recorded", WHY)
    return replace(plain, **more)


def test_an_incident_is_shown_live_models_first_and_unknown_by_gap():
    gap = Thing(9, "content", "bytes of data/raw", "node:9", digest="md5:" + "9" * 32)
    rows = (
        affected(1, stages=("prod",), releases=("fraud@v1",)),
        affected(2),
        affected(3, kind="dataset"),
        affected(4, verdict="unknown", reason="missing-listing", place=gap),
        affected(5, verdict="unknown", reason="missing-listing", place=gap),
    )
    shown = lines(replace(answer(*rows), question="blast-radius"))
    assert shown[0] == "3 affected (2 models, 1 live); 2 unknown (0 live)"
    headings = [line for line in shown if re.search(r"\(\d+\)$", line) or line.startswith("UNKNOWN")]
    assert headings == [
        "AFFECTED AND LIVE in prod (1)",
        "AFFECTED MODELS (1)",
        "AFFECTED DATASETS (1)",
        "UNKNOWN (missing-listing): the files of a directory are not on record, at bytes of data/raw",
        f"  md5:{'9' * 32} (2)",
    ]
    assert "1 of 12" in shown[4]


def test_a_heading_says_how_many_of_its_rows_are_shown():
    rows = tuple(affected(number) for number in range(1, 5))
    assert "AFFECTED MODELS (3 of 4)" in lines(replace(answer(*rows), question="blast-radius"), limit=3)


def test_a_narrow_page_keeps_an_md5_in_one_piece():
    rows = (affected(1, stages=("prod",), releases=("fraud@v1",)),)
    shown = lines(replace(answer(*rows), question="blast-radius"), width=60)
    assert any(line.endswith(f"md5:{1:032x}") for line in shown)
    assert all(width(line) <= 60 for line in shown)


def test_what_a_question_takes_as_bad_stands_in_the_first_line():
    asked = replace(answer(affected(1)), question="blast-radius", parameters={"subjects": "models/m.json"})
    assert lines(asked)[0].startswith("If models/m.json is bad, beside what is marked: 1 affected (1 model, 0 live)")


def test_every_word_of_an_answer_has_its_sentence():
    from forensics.model import FindingKind, GapKind, Strength
    from forensics.report.words import FINDINGS, REASONS, STRENGTHS, VERDICTS
    from forensics.taint.level import CERTAIN, Level, Reason

    assert set(VERDICTS) == {level.name.lower() for level in Level}
    assert set(STRENGTHS) == set(Strength)
    assert set(REASONS) == (set(Strength) - CERTAIN) | set(Reason) | set(GapKind) | {"unresolved"}
    assert set(FINDINGS) == set(FindingKind)


@pytest.mark.parametrize("columns", [60, 80, 90, 100, 140])
def test_what_has_no_room_beside_a_digest_stands_under_the_row(columns):
    thing = Thing(1, "version", "models/m.json", "repo:models/m.json", "repository", "models/m.json", f"md5:{32 * '0'}")
    row = Affected("unknown", thing, "dataset", (), ("fraud@v1.0.0",), 1, "inferred", None, "1 of 12 files", "", ())
    sources = tuple(SourceRead(name, "git", name, 1, 0, 0, 0) for name in ("repository", "other"))
    given = Answer("blast-radius", {}, (row,), Coverage(sources))
    shown = lines(given, width=columns)
    assert all(width(line) <= columns for line in shown)
    said = " ".join(" ".join(shown).split())
    assert "fraud@v1.0.0" in said
    assert "1 of 12" in said
    assert ("    releases: fraud@v1.0.0" in shown) is (columns == 80)


def test_versions_that_are_refused_stand_under_their_reason_with_whole_digests():
    versions = [Thing(n, "version", "models/m.json", str(n), digest=f"md5:{n:032x}") for n in range(9)]
    reasons = [("clear", "likely"), ("affected", ""), ("unknown", "inferred")]
    refused = tuple(
        Refused(thing, *reasons[n % 3], None, ("m@v1",) if n == 0 else (), 0.6 if n % 3 == 0 else None)
        for n, thing in enumerate(versions)
    )
    target = Target("keep", "models/m.json", versions[0], (), "", None, "missing", "", "", (), refused, ())
    shown = lines(Answer("rollback", {}, (target,), Coverage()))
    told = [line for line in shown if line.startswith("    refused:")]
    assert [line.partition(":")[2].partition(":")[0].strip() for line in told] == [
        "3 versions, likely contaminated, by what was observed",
        "3 versions, affected",
        "3 versions, unknown (inferred)",
    ]
    assert "(m@v1, P 60 %)" in told[0] + shown[shown.index(told[0]) + 1]
    assert all(any(thing.digest in line for line in shown) for thing in versions)


@pytest.mark.parametrize("columns", [80, 100, 160])
def test_paths_and_digests_that_people_copy_stay_in_one_piece(columns: int) -> None:
    path = "/srv/fraud/.dvc/cache/files/md5/06/e3045919b0d9c8fd0f946353253106"
    thing = Thing(1, "content", "bytes of cells.csv", "md5:06", digest="md5:06e3045919b0d9c8fd0f946353253106")
    found = f"md5:{'1' * 32}"
    checked = Checked("tampered", "fraud", path, thing.digest, found, "2" * 64, 9, thing, ("fraud@v1.4.0",), "")
    written = Exported("data/evidence.json", 404_768, "3" * 64)
    for question, row, whole in (
        ("fsck", checked, (path, thing.digest, found, "2" * 64)),
        ("export", written, ("3" * 64,)),
    ):
        text = b"".join(render(Answer(question, {}, (row,), Coverage(())), "table", Page(width=columns))).decode()
        assert [one for one in whole if one not in text] == []
        assert max(map(width, text.splitlines())) <= columns


@pytest.mark.parametrize("columns", [80, 160])
def test_what_happened_has_room_beside_its_time(columns: int) -> None:
    said = "Re-export March of vendor B with corrected time stamps"
    rows = tuple(
        Occurrence(
            1_700_000_000, 1_700_000_000_000_000, "claimed", "commit", said, None, f"ann{n}@example.com", name, "", ""
        )
        for n, name in enumerate(("consumer", "registry"))
    )
    read = Coverage((SourceRead("consumer", "git", "c", 1, 0, 0, 0), SourceRead("registry", "git", "r", 1, 0, 0, 0)))
    text = b"".join(render(Answer("timeline", {}, rows, read), "table", Page(width=columns))).decode()
    assert len(text.splitlines()) < 20
    assert "ann1@example.com" in text
    assert re.search(r"Re-export March of vendor", text)
