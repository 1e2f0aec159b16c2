"""What was read: ``ingest``, ``sources``, ``joins``."""

from typing import Any

from forensics.report.layout import Column, Layout
from forensics.report.layouts.parts import counted, labelled, of_whole
from forensics.report.text import clock

__all__ = ["LAYOUTS"]


def _added(row: Any) -> str:
    found = row.details.get("found")
    if found and not row.unchanged:
        return f"{found:,} digest{'' if found == 1 else 's'} of other sources found"
    return counted(row.added, "unchanged" if row.unchanged else "nothing", "s")


LAYOUTS = {
    "ingest": Layout(
        (
            Column("SOURCE", lambda row: row.name),
            Column("READ AS", lambda row: str(row.details.get("connector", ""))),
            Column("NEW", _added),
            Column("FINDINGS", lambda row: counted(row.findings, "none")),
            Column("SECONDS", lambda row: str(row.details.get("seconds", ""))),
        ),
        detail=lambda row: labelled(could_hide_lineage=f"{row.unread:,} of the findings" if row.unread else ""),
    ),
    "sources": Layout(
        (
            Column("SOURCE", lambda row: row.source),
            Column("KIND", lambda row: row.kind),
            Column("READING", lambda row: str(row.acquisition)),
            Column("READ AT", lambda row: clock(row.finished_at)),
            Column("NEW", lambda row: f"{row.added:,}"),
            Column("FINDINGS", lambda row: f"{row.findings:,}"),
            Column("COULD HIDE LINEAGE", lambda row: f"{row.unread:,}"),
        ),
        detail=lambda row: labelled(at=row.locator, findings=row.noticed),
        empty="nothing was read into this case yet",
    ),
    "joins": Layout(
        (
            Column("JOINED BY", lambda row: row.joined_by),
            Column("KNOWN", lambda row: row.known),
            Column("JOINS", lambda row: f"{row.joins:,}" if row.of_here is None else ""),
            Column("IN THE FIRST", lambda row: of_whole(row.here, row.of_here)),
            Column("IN THE SECOND", lambda row: of_whole(row.there, row.of_there)),
        ),
        heading=lambda row: f"{row.source} and {row.other}",
        counted=False,
        empty="fewer than two sources were read, so there is nothing to join",
    ),
}
