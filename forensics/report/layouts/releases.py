"""``releases``: what is in use, by state."""

from typing import Any

from forensics.answer import Answer
from forensics.report.layout import Column, Detail, Layout
from forensics.report.layouts.parts import counted, labelled
from forensics.report.text import clock
from forensics.report.words import REASONS

__all__ = ["LAYOUTS"]


_STATES = {
    "live": "LIVE",
    "planned": "PLANNED, it begins later",
    "ended": "ENDED",
    "released": "RELEASED, in no stage or environment on record",
}


def _opening(answer: Answer[Any]) -> str:
    live = [row.verdict for row in answer.rows if row.window.state == "live"]
    counts = {verdict: live.count(verdict) for verdict in dict.fromkeys(live)}
    said = counted({verdict: n for verdict, n in counts.items() if verdict != "no marks"}, "")
    return f"{len(live):,} live{f': {said}' if said else ''}"


def _detail(row: Any) -> tuple[Detail, ...]:
    place = f", at {row.place.title} {row.place.digest}".rstrip() if row.place else ""
    because = f"{row.reason}: {REASONS.get(row.reason, row.reason)}{place}" if row.reason else ""
    found = [("is:", f"{thing.title} {thing.digest}".rstrip()) for thing in row.things]
    return (*found, *labelled(unknown=because, not_resolved=row.problem, ended=row.window.ended_by))


LAYOUTS = {
    "releases": Layout(
        (
            Column("VERDICT", lambda row: row.verdict),
            Column("WHERE", lambda row: row.window.where),
            Column("SOURCE", lambda row: row.window.source, apart=True),
            Column("RELEASE", lambda row: row.window.release),
            Column("CLAIMED SINCE", lambda row: clock(row.window.claimed_since)),
            Column("CLAIMED UNTIL", lambda row: clock(row.window.claimed_until)),
        ),
        heading=lambda row: _STATES[row.window.state],
        detail=_detail,
        opening=_opening,
        empty="no release and no deployment is on record",
    ),
}
