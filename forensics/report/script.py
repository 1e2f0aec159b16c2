"""The restore commands of a rollback as one shell script, to be read before it is run."""

from collections.abc import Iterator
from shlex import quote
from typing import Any

from forensics.answer import Answer
from forensics.report.text import safe

__all__ = ["script"]


def script(answer: Answer[Any]) -> str:
    """Writes the script.

    Args:
        answer: of the question ``rollback``.

    Returns:
        POSIX shell that stops at the first command that fails. Where clean versions stand on parallel branches, the
        commands of the first are live and the others are comments. Texts from sources are quoted, and made safe in
        comments.
    """
    lines = ["#!/bin/sh", "# Restores the newest clean versions. Read it before you run it.", "set -eu"]
    seen: set[tuple[str, str]] = set()
    for row in answer.rows:
        if row.outcome == "keep":
            continue
        where = (row.thing.source, row.artifact)
        lines += ["", f"# {row.outcome} {safe(row.artifact)}: {safe(row.thing.digest)}, bytes {safe(row.bytes)}"]
        lines += _commands(row) if where not in seen else [f"# or: {safe(command)}" for command in row.commands]
        seen.add(where)
    return "\n".join(lines) + "\n"


def _commands(row: Any) -> Iterator[str]:
    yield from row.commands
    for step in row.plan:
        yield f"# {step.action} {safe(step.thing.title)}"
        if not step.commands:
            missing = f"no clean version of {safe(step.thing.title)} is on record: put one in its place, then go on"
            yield f"echo {quote(missing)} >&2; exit 1"
        yield from step.commands
