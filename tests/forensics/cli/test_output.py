"""Where answers go: stdout, a file written whole or not at all, a terminal."""

import errno
import os
import pty
import stat
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import click
import pytest

from forensics.answer import Answer, Coverage
from forensics.cli.options import Shared
from forensics.cli.output import emit
from forensics.errors import UsageError


@dataclass(frozen=True, slots=True)
class Row:
    verdict: str
    name: str


def answer(*names, **more):
    return Answer("trial", {}, tuple(Row("affected", name) for name in names), **{"coverage": Coverage(), **more})


def shared(tmp_path, **more):
    return Shared(tmp_path / "case.duckdb", **more)


def test_a_file_is_written_in_full_and_nothing_else_is_left(tmp_path, capsys):
    target = tmp_path / "out" / "answer.json"
    target.parent.mkdir()
    emit(answer("a"), shared(tmp_path, form="json", output=str(target)))
    assert '"name": "a"' in target.read_text(encoding="utf-8")
    assert [path.name for path in target.parent.iterdir()] == ["answer.json"]
    assert capsys.readouterr().out == ""


def test_a_file_gets_the_permissions_of_any_new_file(tmp_path):
    target = tmp_path / "answer.csv"
    before = os.umask(0o027)
    try:
        emit(answer("a"), shared(tmp_path, form="csv", output=str(target)))
    finally:
        os.umask(before)
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_file_stays_as_it_was_when_the_answer_cannot_be_written(tmp_path):
    target = tmp_path / "answer.dot"
    target.write_text("before", encoding="utf-8")
    with pytest.raises(UsageError):
        emit(answer("a"), shared(tmp_path, form="dot", output=str(target)))
    assert target.read_text(encoding="utf-8") == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["answer.dot"]


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(UsageError, match="no folder"):
        emit(answer("a"), shared(tmp_path, output=str(tmp_path / "nowhere" / "x")))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_what_is_no_regular_file_is_written_to_directly(tmp_path):
    with pytest.raises(OSError) as caught:  # noqa: PT011 - the number is compared below
        emit(answer("a" * 100_000), shared(tmp_path, output="/dev/full"))
    assert caught.value.errno == errno.ENOSPC


def test_formats_without_room_for_it_say_on_stderr_what_was_cut(tmp_path, capsys):
    emit(answer("a", "b", notes=("times are claims",)), shared(tmp_path, form="ndjson", limit=1))
    out, err = capsys.readouterr()
    assert out.count("\n") == 1
    assert "note: times are claims" in err
    assert "1 more row not shown, cut by --limit 1" in err


def test_an_answer_that_may_be_short_ends_with_3(tmp_path, capsys):
    with click.Context(click.Command("x")), pytest.raises(click.exceptions.Exit) as stopped:
        emit(replace(answer(short=True), question="find"), shared(tmp_path))
    assert stopped.value.exit_code == 3
    out, err = capsys.readouterr()
    assert "THE LIST MAY BE SHORT" in out
    assert err == "next: forensics sources\n"


@pytest.fixture
def on_terminal(case, process):
    """What a terminal shows of a statement's answer."""

    def run(*words, **environment):
        terminal, screen = pty.openpty()
        plain = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
        paths = {"PYTHONPATH": os.pathsep.join(sys.path), "TERM": "xterm"}
        running = process(
            "sql", "SELECT 'affected' AS verdict", *words, stdout=screen, env={**plain, **paths, **environment}
        )
        os.close(screen)
        shown = b""
        while part := _read(terminal):
            shown += part
        os.close(terminal)
        _, err = running.communicate(timeout=30)
        return shown + err

    return run


def _read(terminal):
    try:
        return os.read(terminal, 65536)
    except OSError:  # how Linux says that the other end is closed
        return b""


@pytest.mark.parametrize(
    ("words", "environment", "red"),
    [
        ([], {}, True),
        ([], {"NO_COLOR": "1"}, False),
        ([], {"TERM": "dumb"}, False),
        (["--color", "never"], {}, False),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
    ],
)
def test_color_is_for_terminals_that_want_it(on_terminal, words, environment, red):
    assert (b"\x1b[31;1maffected" in on_terminal(*words, **environment)) is red


def test_parquet_is_kept_off_a_terminal(on_terminal):
    assert b"error: parquet is not for a terminal" in on_terminal("--format", "parquet")


def test_a_pipe_gets_no_color_and_a_fixed_width(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    emit(answer("x" * 60), shared(tmp_path, quiet=True))
    assert capsys.readouterr().out == f"VERDICT   NAME\naffected  {'x' * 60}\n\n"
