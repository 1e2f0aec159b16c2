"""``observe``: what people observed, with who says so."""

from typing import Any

from forensics.report.layout import Column, Detail, Layout
from forensics.report.layouts.parts import labelled
from forensics.report.text import clock

__all__ = ["LAYOUTS"]


def _detail(row: Any) -> tuple[Detail, ...]:
    withdrawn = f"{clock(row.withdrawn_at)} by {row.withdrawn_by}: {row.withdrawn_because}" if row.withdrawn_at else ""
    return labelled(why=row.reason, made=f"{clock(row.made_at)} by {row.author}", withdrawn=withdrawn)


def _observed(row: Any) -> str:
    return f"{row.state} is better" if row.kind == "metric" else str(row.state)


LAYOUTS = {
    "observe": Layout(
        (
            Column("OBSERVED", _observed),
            Column("NUMBER", lambda row: str(row.observation)),
            Column("OF A", lambda row: {"label": "version", "inspection": ""}.get(row.kind, row.kind)),
            Column("STANDS", lambda row: "yes" if row.standing else "no"),
            Column("RELIABILITY", lambda row: "" if row.reliability is None else f"{row.reliability:g}"),
            Column("SUBJECT", lambda row: row.metric or row.subject, whole=True),
        ),
        detail=_detail,
        empty="no observations",
    ),
}
