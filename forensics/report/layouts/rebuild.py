"""``rebuild``: the steps in order, with commands to copy."""

from typing import Any

from forensics.answer import Answer
from forensics.report.layout import VERBATIM, Column, Detail, Layout
from forensics.report.layouts.parts import labelled

__all__ = ["LAYOUTS", "step_detail"]


def step_detail(step: Any) -> tuple[Detail, ...]:
    """What one step uses, what blocks it, and its commands."""
    uses = tuple(("uses:", f"{one.thing.title} {one.thing.digest} ({one.bytes})") for one in step.inputs)
    files = tuple(("bad file:", name) for name in step.files)
    return (
        *files,
        *uses,
        *labelled(BLOCKED=step.blocked),
        *((VERBATIM, command) for command in step.commands),
    )


def _opening(answer: Answer[Any]) -> str:
    """How much there is to do, and what blocks it."""
    rows = answer.rows
    runs = [row for row in rows if row.action == "run"]
    replaced = sum(row.action == "replace" for row in rows)
    blocked = sum(bool(row.blocked) for row in rows)
    if not rows:
        return ""
    said = f"{len(runs):,} run{'' if len(runs) == 1 else 's'}"
    said += f"; {replaced:,} input{'' if replaced == 1 else 's'} to replace first" if replaced else ""
    return f"{said}; {blocked:,} BLOCKED" if blocked else said


def _by(row: Any) -> str:
    if row.clean is not None:
        return str(row.clean.digest or row.clean.title)
    if row.action != "replace":
        return ""
    return "itself without its bad files" if row.commands else "what a person has to supply"


LAYOUTS = {
    "rebuild": Layout(
        (
            Column("STEP", lambda row: row.action),
            Column("SOURCE", lambda row: row.thing.source, apart=True),
            Column("WHAT", lambda row: row.thing.title),
            Column("BY", _by, whole=True),
        ),
        detail=step_detail,
        opening=_opening,
        empty="nothing has to be made again",
    ),
}
