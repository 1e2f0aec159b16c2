"""Where answers and messages go: answers to stdout or a file, all else to stderr."""

import os
import stat
import sys
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from forensics.answer import Answer
from forensics.cli.following import following
from forensics.cli.options import Shared
from forensics.errors import UsageError
from forensics.report.text import safe

__all__ = ["emit", "say", "write"]

_TRIPPED, _SHORT = 1, 3
#: Formats whose text has room for what an answer rests on; for the others it goes to stderr.
_COMPLETE = frozenset({"table", "json", "markdown", "sarif"})


def say(text: str) -> None:
    """Writes a line to stderr."""
    sys.stderr.write(safe(text) + "\n")


def emit(answer: Answer[Any], shared: Shared, *, tripped: bool = False) -> None:
    """Writes an answer, and ends the command with 1 where a gate tripped, else with 3 where the list may be short.

    Args:
        answer: what the library returned.
        shared: how and where to write it.
        tripped: the answer is one that a script must not go on from.

    Raises:
        UsageError: the format cannot be shown on a terminal, or has nothing to show.
        OSError: the file cannot be written.
    """
    from forensics.report import Page, render

    if shared.form == "parquet" and shared.output is None and sys.stdout.isatty():
        raise UsageError("parquet is not for a terminal", hint="name a file with --output FILE")
    page = Page(shared.case.name, shared.width, shared.colored, shared.limit, shared.quiet)
    write(render(answer, shared.form, page), shared.output)
    if shared.form not in _COMPLETE:
        _say_rest(answer, page)
    after = following(answer) if shared.form == "table" and not shared.quiet else ""
    if after:
        say(f"next: {after}")
    if tripped or answer.short:
        click.get_current_context().exit(_TRIPPED if tripped else _SHORT)


def _say_rest(answer: Answer[Any], page: Any) -> None:
    from forensics.report.layouts import layout

    for line in layout(answer).closing(answer, page):
        say(line)


def write(parts: Iterable[bytes], output: str | None) -> None:
    """Writes bytes to stdout, or to a file in full or not at all."""
    if output is None:
        for part in parts:
            sys.stdout.buffer.write(part)
        sys.stdout.buffer.flush()
        return
    target = Path(output)
    if target.exists() and not stat.S_ISREG(target.stat().st_mode):
        with target.open("wb") as stream:
            stream.writelines(parts)
        return
    _replace(target.resolve(), parts)


def _replace(target: Path, parts: Iterable[bytes]) -> None:
    """Writes beside the target and renames, so that it is there in full or as it was."""
    if not target.parent.is_dir():
        raise UsageError(f"no folder {target.parent} to write {target.name} in")
    handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.writelines(parts)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).chmod(0o666 & ~_umask())
        Path(temporary).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(temporary).unlink()
        raise


def _umask() -> int:
    current = os.umask(0o077)
    os.umask(current)
    return current
