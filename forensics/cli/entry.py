"""The process: runs a command and turns whatever ends it into an exit code and, if it went wrong, one clear message."""

import contextlib
import errno
import os
import sys
import traceback
from collections.abc import Sequence

import click

from forensics.cli.group import cli
from forensics.cli.interrupt import obeyed
from forensics.errors import ForensicsError
from forensics.report.text import safe
from forensics.secrets import without_secrets

__all__ = ["main"]

_FAILED, _INTERRUPTED, _CLOSED_PIPE = 2, 130, 141
_SUBJECTS = frozenset({"SUBJECT", "MODEL", "FROM", "TO", "A", "B"})


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line.

    Args:
        arguments: the words after ``forensics``; those of this process if not given.

    Returns:
        The exit code: 0 answered, 1 a gate tripped, 2 it could not be asked, 3 answered but the list may be short,
        130 interrupted, 141 closed pipe.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        with obeyed(_interrupted):
            code = _run(words)
            sys.stdout.flush()
    except BrokenPipeError:
        # The interpreter flushes once more at exit; that must not fail as well.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _CLOSED_PIPE
    except (KeyboardInterrupt, click.Abort):
        return _interrupted()
    except Exception as error:  # the outermost frame: any failure becomes a message and an exit code
        if str(error) == "Query interrupted":  # what DuckDB makes of Ctrl-C
            return _interrupted()
        if "--debug" in words:
            sys.stderr.write(safe_lines(traceback.format_exc()))
        return _explain(error)
    return code


def _run(words: list[str]) -> int:
    if "_FORENSICS_COMPLETE" in os.environ:
        from click.shell_completion import shell_complete

        return shell_complete(cli, {}, "forensics", "_FORENSICS_COMPLETE", os.environ["_FORENSICS_COMPLETE"])
    try:
        with cli.make_context("forensics", words or ["--help"]) as context:
            cli.invoke(context)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.exceptions.NoArgsIsHelpError as asked:
        if asked.ctx is not None:
            click.echo(asked.ctx.get_help())
    return 0


def _interrupted() -> int:
    _say("error", "interrupted; what was not finished is not in the case")
    return _INTERRUPTED


def _explain(error: Exception) -> int:
    if isinstance(error, ForensicsError):
        _say("error", error.message)
        candidates: tuple[str, ...] = getattr(error, "candidates", ())
        listed = bool(candidates) and candidates[0] in error.hint
        if error.hint:
            _say("hint", "say which one, by one of these" if listed else error.hint)
        for candidate in candidates:
            _say("  ", candidate)
        return error.exit_code
    if isinstance(error, click.UsageError):
        _say("error", _one_line(error.format_message()).rstrip("."))
        _say("hint", _usage(error))
    elif isinstance(error, click.ClickException):
        _say("error", _one_line(error.format_message()))
    elif isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        _say("error", f"no room on the disk{f' for {error.filename}' if error.filename else ''}")
        _say("hint", "free some space and run the command again; what was in the case is still there")
    elif isinstance(error, OSError) and error.filename:
        _say("error", f"{error.filename}: {error.strerror}")
        if isinstance(error, PermissionError):
            _say("hint", "change its permissions, or work on a copy that you may read")
    elif isinstance(error, MemoryError):
        _say("error", "not enough memory")
        _say("hint", "close other programs, or ask a smaller question (--limit does not save memory)")
    else:
        first = (str(error).splitlines() or [""])[0]
        _say("error", f"internal: {type(error).__name__}: {first}")
        _say("hint", "run it again with --debug for the traceback; the case was not changed by this failure")
    return _FAILED


def _usage(error: click.UsageError) -> str:
    command = error.ctx.command_path if error.ctx else "forensics"
    if isinstance(error, click.NoSuchOption) and command == "forensics":
        return "options follow the command: forensics COMMAND OPTIONS"
    asked = error.param.human_readable_name if isinstance(error, click.MissingParameter) and error.param else ""
    if asked in _SUBJECTS:
        return f"{command} --help; forensics help subjects says what can stand there"
    return f"{command} --help"


def _one_line(message: str) -> str:
    """Click breaks lines to list what can be chosen, ``safe`` would show the breaks as escapes."""
    return " ".join(part.strip() for part in message.splitlines())


def _say(label: str, text: str) -> None:
    # A closed stderr must not hide the exit code.
    with contextlib.suppress(OSError, ValueError):
        mark = f"{label}: " if label.strip() else label
        sys.stderr.write(f"{mark}{safe(without_secrets(text))}\n")


def safe_lines(text: str) -> str:
    """A text of several lines, each made safe."""
    return "".join(f"{safe(without_secrets(line))}\n" for line in text.splitlines())
