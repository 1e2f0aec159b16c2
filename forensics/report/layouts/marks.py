"""``mark add``, ``list``, ``withdraw``."""

from typing import Any

from forensics.report.layout import Column, Detail, Layout
from forensics.report.layouts.parts import labelled
from forensics.report.text import clock

__all__ = ["LAYOUTS"]


def _mark_detail(row: Any) -> tuple[Detail, ...]:
    withdrawn = f"{clock(row.withdrawn_at)} by {row.withdrawn_by}: {row.withdrawn_because}" if row.withdrawn_at else ""
    return labelled(
        reason=row.reason,
        made=f"{clock(row.made_at)} by {row.author}",
        evidence=row.evidence,
        technique=row.technique,
        expires=clock(row.expires_at),
        withdrawn=withdrawn,
    )


_MARKS = Layout(
    (
        Column("STATE", lambda row: row.state),
        Column("MARK", lambda row: str(row.mark)),
        Column("STANDS", lambda row: "yes" if row.standing else "no"),
        Column("SUBJECT", lambda row: row.subject, whole=True),
    ),
    detail=_mark_detail,
    empty="no marks",
)


LAYOUTS = {"mark-add": _MARKS, "mark-list": _MARKS, "mark-withdraw": _MARKS}
