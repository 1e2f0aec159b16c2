"""The commands of a rollback or a rebuild as one shell script, to be read before it is run."""

from collections.abc import Iterable, Iterator
from shlex import quote
from typing import Any

from forensics.answer import Answer
from forensics.report.text import safe

__all__ = ["script"]


def script(answer: Answer[Any]) -> str:
    """Writes the script.

    Args:
        answer: of the question ``rollback`` or ``rebuild``.

    Returns:
        POSIX shell that stops at the first command that fails, and where a person has to act. Where clean versions
        stand on parallel branches, the commands of the first are live and the others are comments. Texts from sources
        are quoted, and made safe in comments.
    """
    said = _SAID[answer.question]
    lines = ["#!/bin/sh", f"# {said} Read it before you run it.", "set -eu"]
    lines += _restored(answer.rows) if answer.question == "rollback" else _planned(answer.rows)
    return "\n".join(lines) + "\n"


_SAID = {"rollback": "Restores the newest clean versions.", "rebuild": "Makes models again without what is bad."}


def _restored(rows: Iterable[Any]) -> Iterator[str]:
    seen: set[tuple[str, str]] = set()
    for row in rows:
        if row.outcome == "keep":
            continue
        where = (row.thing.source, row.artifact)
        yield from ("", f"# {row.outcome} {safe(row.artifact)}: {safe(row.thing.digest)}, bytes {safe(row.bytes)}")
        if where in seen:
            yield from (f"# or: {safe(command)}" for command in row.commands)
        else:
            yield from row.commands
            yield from _planned(row.plan)
        seen.add(where)


def _planned(steps: Iterable[Any]) -> Iterator[str]:
    source = None
    for step in steps:
        if step.commands and source not in {None, step.thing.source}:
            yield _stop(f"go on in a work tree of {safe(step.thing.source)}")
        source = step.thing.source if step.commands else source
        yield f"# {step.action} {safe(step.thing.title)}"
        if step.blocked:
            yield _stop(f"{step.action} {safe(step.thing.title)}: {safe(step.blocked)}. Mend that, then go on")
        elif not step.commands:
            yield _stop(f"no clean version of {safe(step.thing.title)} is on record: put one in its place, then go on")
        yield from step.commands


def _stop(said: str) -> str:
    return f"echo {quote(said)} >&2; exit 1"
