"""Every command on a small case: that it answers, in every format, the same way each time."""

import csv
import io
import json
import os
import subprocess

import jsonschema
import pyarrow.parquet as pq
import pytest

from forensics.case import Case
from forensics.report.schema import load
from tests.forensics.cli.conftest import COMMIT, HOSTILE, digest

BAD = f"md5:{1:032x}"
QUESTIONS = {
    "sources": ["sources"],
    "find": ["find", "data"],
    "show": ["show", "models/m.json"],
    "log": ["log", "models/m.json"],
    "blame": ["blame", BAD],
    "trace": ["trace", "models/m.json"],
    "path": ["path", BAD, "models/m.json"],
    "blast-radius": ["blast-radius", BAD],
    "rollback": ["rollback"],
    "mark-list": ["mark", "list"],
    "sql": ["sql", "SELECT path, size, digest FROM versions ORDER BY path"],
}
DRAWN = ("trace", "path", "blast-radius")


@pytest.mark.parametrize("question", QUESTIONS)
def test_json_is_what_the_shipped_schema_says(forensics, marked, question):
    ended = forensics(*QUESTIONS[question], "--format", "json")
    assert ended.code == 0, ended.err
    assert not set(ended.out) & {"\x1b", "\u202e"}
    found = json.loads(ended.out)
    jsonschema.validate(found, load(question))
    assert found["results"]


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("form", ["table", "csv", "markdown"])
def test_no_format_passes_on_what_a_terminal_would_act_upon(forensics, marked, question, form):
    ended = forensics(*QUESTIONS[question], "--format", form)
    assert ended.code == 0, ended.err
    assert ended.out
    assert not set(ended.out + ended.err) & {"\x1b", "\u202e"}


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_same_question_gives_the_same_bytes(forensics, marked, question):
    words = [*QUESTIONS[question], "--format", "json"]
    assert forensics(*words) == forensics(*words)


@pytest.mark.parametrize("question", QUESTIONS)
def test_parquet_holds_as_many_rows_as_csv(forensics, marked, tmp_path, question):
    assert forensics(*QUESTIONS[question], "--format", "parquet", "--output", tmp_path / "a.parquet").out == ""
    rows = list(csv.DictReader(io.StringIO(forensics(*QUESTIONS[question], "--format", "csv").out, newline="")))
    assert pq.read_table(tmp_path / "a.parquet").num_rows == len(rows)


@pytest.mark.parametrize("question", DRAWN)
@pytest.mark.parametrize("form", ["mermaid", "dot"])
def test_paths_can_be_drawn(forensics, marked, question, form):
    ended = forensics(*QUESTIONS[question], "--format", form)
    assert ended.code == 0, ended.err
    assert "models/m.json" in ended.out


def test_what_has_no_paths_cannot_be_drawn(forensics, marked):
    assert forensics("sources", "--format", "dot").code == 2


def test_the_incident_commander_sees_the_model_the_reason_and_the_source(forensics, marked):
    shown = forensics("blast-radius").out
    assert "affected  model" in shown
    assert f"md5:{3:032x}" in shown
    assert "-> train (dvc.yaml) -> models/m.json" in shown
    assert "started from mark 1: bad" in shown
    assert "read: repo (git)" in shown


def test_without_anything_bad_blast_radius_says_what_to_do(forensics, case):
    ended = forensics("blast-radius")
    assert ended.code == 2
    assert "hint: name what is bad" in ended.err


def test_a_mark_is_added_listed_and_withdrawn(forensics, case):
    added = forensics("mark", "add", "bad", "data/raw.csv", "--reason", "flipped", "--author", "ann@example.com")
    assert added.code == 0, added.err
    assert "next: forensics blast-radius" in added.err
    assert forensics("blast-radius", "-q").code == 0
    assert forensics("mark", "withdraw", "1", "--reason", "wrong file").code == 0
    listed = json.loads(forensics("mark", "list", "--format", "json").out)["results"]
    assert [(mark["state"], mark["standing"], mark["withdrawn_because"]) for mark in listed] == [
        ("bad", False, "wrong file")
    ]
    journal = forensics("sql", "SELECT action, argv FROM journal ORDER BY seq", "--format", "json").out
    assert [row["action"] for row in json.loads(journal)["results"]] == ["acquisition", "mark", "withdrawal"]


def test_a_mark_needs_a_reason_and_a_state_that_exists(forensics, case):
    assert forensics("mark", "add", "bad", "data/raw.csv").code == 2
    assert forensics("mark", "add", "evil", "data/raw.csv", "--reason", "x").code == 2
    assert "no mark 7" in forensics("mark", "withdraw", "7", "--reason", "x").err


def test_an_ambiguous_subject_lists_its_candidates_to_be_typed_again(forensics, case):
    with Case.open(case, write=True) as opened:
        opened.connection.execute("INSERT INTO content VALUES (900, 'md5', ?)", ["0" * 30 + "ff"])
        opened.connection.execute("INSERT INTO node VALUES (900, 'content', 'x', 1)")
    ended = forensics("blame", "md5:00000000")
    assert ended.code == 2
    lines = ended.err.splitlines()
    assert lines[0].startswith("error: md5:00000000 can mean ")
    assert lines[1] == "hint: say which one, by one of these"
    candidates = [line.strip() for line in lines[2:]]
    assert str(digest(1)) in candidates
    assert all(forensics("show", candidate).code == 0 for candidate in candidates if candidate != f"md5:{'0' * 30}ff")


def test_a_subject_that_is_not_there_is_an_error_with_a_hint(forensics, case):
    ended = forensics("show", "no/such.file")
    assert ended.code == 2
    assert [line.split(":")[0] for line in ended.err.splitlines()][:2] == ["error", "hint"]


def test_a_hostile_name_is_shown_and_can_be_looked_up(forensics, case):
    found = json.loads(forensics("find", "gnp", "--format", "json").out)["results"]
    assert any(row["title"] == HOSTILE for row in found)
    assert "\\u001b[2J\\u202egnp.csv" in forensics("find", "gnp").out


def test_limit_cuts_rows_and_says_so_last(forensics, case):
    ended = forensics("sql", "SELECT * FROM range(10)", "--limit", "3")
    assert ended.out.splitlines()[-1] == "7 more rows not shown, cut by --limit 3"


@pytest.mark.parametrize(
    "statement", ["DELETE FROM versions", "SELECT * FROM read_csv('/etc/passwd')", "SELEC", "1; 2"]
)
def test_sql_neither_writes_nor_reads_files_nor_breaks(forensics, case, statement):
    ended = forensics("sql", statement)
    assert ended.code == 2
    assert ended.err.startswith("error: ")
    assert "internal" not in ended.err


def test_sql_can_come_from_stdin(case, process):
    running = process("sql", "-", "--format", "csv", stdin=subprocess.PIPE)
    out, _ = running.communicate(b"SELECT 42 AS answer", timeout=30)
    assert out == b'"answer"\r\n"42"\r\n'


def test_a_closed_pipe_in_the_middle_of_an_answer_ends_it_quietly(case, process):
    running = process("sql", "SELECT * FROM range(300000)", "--format", "ndjson")
    running.stdout.readline()
    running.stdout.close()
    err = running.stderr.read()
    running.stderr.close()
    assert running.wait(timeout=60) == 141
    assert err == b""


def test_rollback_writes_its_commands_as_a_script_that_a_shell_can_parse(forensics, marked, tmp_path):
    ended = forensics("rollback", "--script", tmp_path / "restore.sh")
    assert ended.code == 0, ended.err
    script = tmp_path / "restore.sh"
    assert script.read_text(encoding="utf-8").startswith("#!/bin/sh\n")
    assert os.access(script, os.X_OK)
    subprocess.run(["/bin/sh", "-n", script], check=True)
    assert forensics("rollback", "--script", "-").out == script.read_text(encoding="utf-8")


def test_the_commit_id_is_shown_in_full(forensics, case):
    assert COMMIT in forensics("blame", BAD).out
    assert COMMIT in forensics("log", "models/m.json").out
