"""How the process ends: exit codes, messages, pipes, signals."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from forensics.case import Case
from forensics.cli.help import EXIT_CODES

ROOT = Path(__file__).parents[3]
HEAVY = ("duckdb", "numpy", "pyarrow", "git", "dvc", "rich", "networkx", "yaml")


def test_the_command_line_imports_nothing_heavy():
    script = f"import sys, forensics.cli; print(sorted(set({HEAVY}) & set(sys.modules)))"
    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "[]"


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["help"], ["mark", "-h"], ["help", "mark", "add"], ["mark"], []])
def test_help_is_an_answer(forensics, words):
    ended = forensics(*words)
    assert ended.code == 0
    assert "Usage: forensics" in ended.out


def test_the_version_is_told(forensics):
    assert forensics("--version").out.startswith("forensics 0.")


def test_a_mistyped_command_is_an_error_that_names_the_nearest(forensics):
    ended = forensics("blast-radios", "x")
    assert ended.code == 2
    assert ended.out == ""
    assert ended.err.startswith("error: no command 'blast-radios'; did you mean blast-radius?\nhint: ")


@pytest.mark.parametrize(
    "words", [["sql"], ["mark", "add"], ["sql", "--nosuch", "x"], ["sql", "x", "--format", "pdf"], ["help", "x"]]
)
def test_wrong_usage_is_one_error_and_one_hint(forensics, words):
    ended = forensics(*words)
    assert (ended.code, ended.out) == (2, "")
    assert [line.split(":")[0] for line in ended.err.splitlines()] == ["error", "hint"]
    assert "\\u000a" not in ended.err


def test_every_exit_code_is_documented(forensics):
    shown = forensics("help", "exit-codes").out
    page = (ROOT / "docs/exit-codes.md").read_text(encoding="utf-8")
    for code, meaning in EXIT_CODES.items():
        assert meaning in shown
        assert f"| {code} | {meaning} |" in page


def test_topics_explain_subjects_and_words(forensics):
    assert "fraud#prod" in forensics("help", "subjects").out
    assert "merged-lock" in forensics("help", "words").out
    assert "forensics help subjects" in forensics("blame").err


def test_an_option_before_the_command_is_told_its_place(forensics):
    assert "hint: options follow the command" in forensics("--format", "json", "blame").err


def test_without_a_case_it_says_how_to_make_one(forensics):
    ended = forensics("sql", "SELECT 1")
    assert ended.code == 2
    assert ended.err.startswith("error: no case at case.duckdb\nhint: make one with: forensics ingest")


def test_the_case_is_named_by_option_else_by_environment(forensics, case, monkeypatch, tmp_path):
    moved = case.rename(tmp_path / "other.duckdb")
    assert forensics("sql", "SELECT 1", "--case", moved).code == 0
    monkeypatch.setenv("FORENSICS_CASE", str(moved))
    assert forensics("sql", "SELECT 1").code == 0
    assert forensics("sql", "SELECT 1", "--case", tmp_path / "nowhere.duckdb").code == 2


def test_a_case_of_a_newer_program_is_refused(forensics, case):
    with Case.open(case, write=True) as opened:
        opened.connection.execute("UPDATE meta SET value = '999' WHERE key = 'schema_version'")
    ended = forensics("sql", "SELECT 1")
    assert ended.code == 2
    assert "schema 999" in ended.err
    assert "hint: use the version" in ended.err


def test_a_case_that_another_process_writes_is_told_apart(case, process):
    with Case.open(case, write=True):
        _, err = (running := process("sql", "SELECT 1")).communicate(timeout=30)
    assert running.returncode == 2
    assert b"is being written by another process" in err


def test_what_is_no_case_is_named_as_such(forensics, tmp_path):
    (tmp_path / "text.duckdb").write_text("no case at all", encoding="utf-8")
    duckdb.connect(str(tmp_path / "bare.duckdb")).close()
    assert "is not a readable case" in forensics("sql", "SELECT 1", "--case", "text.duckdb").err
    assert "not a case" in forensics("sql", "SELECT 1", "--case", "bare.duckdb").err


def test_a_message_cannot_act_upon_the_terminal(forensics):
    ended = forensics("sql", "SELECT 1", "--case", "\x1b]0;title\x07.duckdb")
    assert "\x1b" not in ended.err
    assert "\\u001b]0;title\\u0007.duckdb" in ended.err


def test_a_traceback_is_shown_on_demand_alone(forensics):
    assert "Traceback" not in forensics("sql", "SELECT 1").err
    assert "Traceback" in forensics("sql", "SELECT 1", "--debug").err


def test_a_failure_of_ours_is_one_line_with_a_way_to_see_more(forensics, monkeypatch):
    monkeypatch.setitem(sys.modules, "forensics.case", None)
    monkeypatch.delitem(sys.modules, "forensics.cli.sql", raising=False)
    monkeypatch.delitem(sys.modules, "forensics.cli.options", raising=False)
    monkeypatch.delitem(sys.modules, "forensics.cli.output", raising=False)
    ended = forensics("sql", "SELECT 1")
    assert ended.code == 2
    assert ended.err.startswith("error: internal: ")
    assert "--debug" in ended.err.splitlines()[1]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_told(process):
    with Path("/dev/full").open("wb") as full:
        _, err = (running := process("help", "exit-codes", stdout=full)).communicate(timeout=30)
    assert running.returncode == 2
    assert err.startswith(b"error: no room on the disk")
    assert b"Traceback" not in err


def test_a_closed_pipe_ends_it_quietly(process):
    running = process("help", "exit-codes", stdin=subprocess.PIPE)
    running.stdout.close()
    running.stdin.close()
    err = running.stderr.read()
    running.stderr.close()
    assert running.wait(timeout=30) == 141
    assert err == b""


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks at /proc to see it wait")
def test_an_interrupt_ends_it_with_one_line(case, process):
    running = process("sql", "-", stdin=subprocess.PIPE)
    # It waits for its statement once the modules are there; before that the interpreter itself would be hit.
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and not _reads_stdin(running.pid):
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=30)
    assert running.returncode == 130
    assert err.startswith(b"error: interrupted")
    assert b"Traceback" not in err


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks at /proc to see it at work")
def test_an_interrupt_stops_a_statement_that_runs(case, process):
    running = process("sql", "SELECT sum(sin(range)) FROM range(1000000000000)")
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and len(list(Path(f"/proc/{running.pid}/task").iterdir())) < 2:
        time.sleep(0.02)
    time.sleep(0.5)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=30)
    assert running.returncode == 130
    assert err.startswith(b"error: interrupted")


def _reads_stdin(pid: int) -> bool:
    wait = Path(f"/proc/{pid}/wchan")
    syscall = Path(f"/proc/{pid}/syscall")
    try:
        return "pipe" in wait.read_text(encoding="ascii") or syscall.read_text(encoding="ascii").startswith("0 0x0")
    except OSError:
        return False


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
def test_completion_knows_the_commands(process):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "_FORENSICS_COMPLETE": "bash_complete"}
    words = {"COMP_WORDS": "forensics bl", "COMP_CWORD": "1"}
    out, _ = process(env={**environment, **words}).communicate(timeout=30)
    assert b"blast-radius" in out
    assert b"blame" in out
