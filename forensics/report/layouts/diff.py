"""``diff``: what differs, causes before what follows from them."""

from typing import Any

from forensics.answer import Answer
from forensics.report.layout import Column, Detail, Layout
from forensics.report.layouts.parts import commit_oid, counted, labelled, one_line, said_by
from forensics.report.rows import chain
from forensics.report.words import CHANGES

__all__ = ["LAYOUTS"]

_KINDS = ("data", "model", "metric", "code", "command", "params", "import", "run")


def _opening(answer: Answer[Any]) -> str:
    causes = [row for row in answer.rows if not row.follows]
    kinds = {kind: sum(row.what == kind for row in causes) for kind in _KINDS}
    follow = len(answer.rows) - len(causes)
    return f"Differs by itself: {counted(kinds, 'nothing')}; {follow:,} more follow from what differs upstream"


def _heading(row: Any) -> str:
    if row.change == "unknown":
        return "CANNOT BE TOLD, digests that cannot be compared"
    return "FOLLOWS from what differs upstream" if row.follows else "DIFFERS BY ITSELF, nearest first"


def _where(row: Any) -> str:
    return f"{row.artifact}/{row.file}" if row.file else str(row.artifact)


def _state(state: Any) -> str:
    """A state in one text: a value where it has one, else its digest."""
    return state.value or (state.thing.digest if state.thing else "")


def _by(state: Any) -> str:
    """Who brought a state about."""
    said = [
        f"{by.action} by {commit_oid(by.commit)} {said_by(by.claimed_author, by.claimed_mail)}: {one_line(by.message)}"
        for by in state.by
    ]
    return "; ".join(said)


def _odd(row: Any) -> str:
    return f"{row.reason}: {CHANGES.get(row.reason, '')}" if row.reason else ""


def _detail(row: Any) -> tuple[Detail, ...]:
    both = row.old.thing is not None and row.new.thing is not None
    if row.follows:
        return labelled(before=_state(row.old) if both else "", odd=_odd(row))
    was = "; ".join(part for part in (_state(row.old) if both else "", _by(row.old)) if part)
    path = row.new.path or row.old.path
    return labelled(
        now=_by(row.new),
        before=was,
        odd=_odd(row),
        why=chain(path) if len(path) > 1 else "",
    )


LAYOUTS = {
    "diff": Layout(
        (
            Column("CHANGE", lambda row: row.change),
            Column("KIND", lambda row: row.what),
            Column("STEPS", lambda row: str(row.distance)),
            Column("SOURCE", lambda row: row.source, apart=True),
            Column("WHERE", _where),
            Column("FILES", lambda row: "" if row.files is None else f"{row.files:,}"),
            Column("VALUE OR DIGEST", lambda row: _state(row.new) or _state(row.old), whole=True),
        ),
        heading=_heading,
        detail=_detail,
        opening=_opening,
        empty="the lineages on record do not differ",
    ),
}
