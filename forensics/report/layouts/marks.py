"""``mark add``, ``list``, ``withdraw``."""

from typing import Any

from forensics.atlas import labelled as labelled_techniques
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
        technique=labelled_techniques(row.technique),
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


_TECHNIQUES = Layout(
    (
        Column("STATE", lambda row: row.state),
        Column("TECHNIQUE", lambda row: row.technique),
        Column("NAME", lambda row: row.name),
        Column("OWASP LLM TOP 10", lambda row: ", ".join(row.owasp)),
        Column("BECAUSE", lambda row: row.because),
        Column("BY", lambda row: row.author),
    ),
    heading=lambda row: f"mark {row.mark}: {row.subject}",
    counted=False,
    empty="no technique is named by a mark, and none is consistent with what is on record of one",
)


LAYOUTS = {"mark-technique": _TECHNIQUES, "mark-add": _MARKS, "mark-list": _MARKS, "mark-withdraw": _MARKS}
