"""``what-if``: what would change, what would stay and why, and the smallest cut."""

from typing import Any

from forensics.answer import Answer
from forensics.report.layout import VERBATIM, Column, Detail, Layout
from forensics.report.layouts.parts import counted, labelled
from forensics.report.rows import chain
from forensics.report.words import REASONS

__all__ = ["LAYOUTS"]

_COUNTED = {"worse": "worse", "freed": "clear", "eased": "unknown instead of affected", "gone": "not there",
            "stays": "as before"}  # fmt: skip


def _opening(answer: Answer[Any]) -> str:
    """How many versions change, and how many of these are live."""
    found = [row for row in answer.rows if row.part != "cut"]
    if not any(answer.parameters[name] for name in ("clean", "drop", "bad")):
        return "no supposition was given, so this is the least that would have to be clean to free what is live"
    said = counted({word: sum(row.part == part for row in found) for part, word in _COUNTED.items()}, "nothing changes")
    live = counted({word: sum(row.part == part and bool(row.stages) for row in found)
                    for part, word in _COUNTED.items()}, "none")  # fmt: skip
    return f"so supposed: {said}; of these live: {live}"


def _heading(row: Any) -> str:
    if row.part == "cut":
        return "THE SMALLEST CUT, what is to be clean"
    live = f" AND LIVE in {', '.join(row.stages)}" if row.stages else ""
    if row.part == "stays":
        return f"STILL {row.after.upper()}{live}"
    if row.part == "gone":
        return f"NOT THERE THEN{live.replace(' AND', ', NOW')}: nothing else on record made it ({row.before} now)"
    return f"{row.after.upper()} THEN{live.replace(' AND', ', NOW')} ({row.before} now)"


def _detail(row: Any) -> tuple[Detail, ...]:
    if row.part == "cut":
        return ((VERBATIM, row.command),)
    place = f", at {row.place.title} {row.place.digest}".rstrip() if row.place else ""
    because = f"{row.reason}: {REASONS.get(row.reason, row.reason)}{place}" if row.reason else ""
    return labelled(unknown=because, why=chain(row.path) if len(row.path) > 1 else "")


LAYOUTS = {
    "what-if": Layout(
        (
            Column("KIND", lambda row: row.kind),
            Column("SOURCE", lambda row: row.thing.source, apart=True),
            Column("WHAT", lambda row: row.thing.title),
            Column("RELEASES", lambda row: ", ".join(row.releases)),
            Column("DIGEST", lambda row: row.thing.digest, whole=True),
        ),
        heading=_heading,
        detail=_detail,
        opening=_opening,
        empty="nothing would change",
    ),
}
