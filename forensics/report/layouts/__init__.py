"""What people are shown of each question: the choice of columns, groups and reasons, a module a kind of question."""

from typing import Any

from forensics.answer import Answer
from forensics.report.layout import Layout, generic
from forensics.report.layouts import (
    blast_radius,
    diff,
    evidence,
    fsck,
    gate,
    marks,
    observations,
    reading,
    rebuild,
    releases,
    rollback,
    suspects,
    things,
    timeline,
    what_if,
)

__all__ = ["LAYOUTS", "layout"]

LAYOUTS: dict[str, Layout] = {
    **reading.LAYOUTS,
    **things.LAYOUTS,
    **diff.LAYOUTS,
    **blast_radius.LAYOUTS,
    **rollback.LAYOUTS,
    **rebuild.LAYOUTS,
    **what_if.LAYOUTS,
    **releases.LAYOUTS,
    **marks.LAYOUTS,
    **timeline.LAYOUTS,
    **fsck.LAYOUTS,
    **gate.LAYOUTS,
    **evidence.LAYOUTS,
    **observations.LAYOUTS,
    **suspects.LAYOUTS,
}


def layout(answer: Answer[Any]) -> Layout:
    """The layout of a question: its own, else one made from the fields of its rows."""
    if answer.question in LAYOUTS:
        return LAYOUTS[answer.question]
    return generic(answer.rows[0] if answer.rows else None, exact=answer.question == "sql")
