"""``gate``: what trips first, and why."""

from typing import Any

from forensics.answer import Answer
from forensics.report.layout import Column, Detail, Layout
from forensics.report.layouts.parts import counted, labelled
from forensics.report.rows import chain
from forensics.report.words import REASONS

__all__ = ["LAYOUTS"]


def _opening(answer: Answer[Any]) -> str:
    tripped = sum(row.tripped for row in answer.rows)
    verdicts = [row.verdict for row in answer.rows]
    counts = counted({verdict: verdicts.count(verdict) for verdict in dict.fromkeys(verdicts)}, "nothing to judge")
    return f"{'STOP: ' if tripped else ''}{counts}"


def _detail(row: Any) -> tuple[Detail, ...]:
    place = f", at {row.place.title} {row.place.digest}".rstrip() if row.place else ""
    line = f", line {row.line}" if row.line else ""
    commit = f" at commit {row.document_commit}" if row.document_commit else ""
    several = f"the worst of {row.judged:,} that the subject means; @REV names one, --repo the one checked out"
    told = row.verdict in {"affected", "unknown"}
    itself = "it is what is marked itself" if told and not row.reason else ""
    return labelled(
        why=chain(row.path) if len(row.path) > 1 else itself,
        because=f"{REASONS.get(row.reason, row.reason)}{place}" if row.reason else "",
        stated_in=f"{row.document}{line}{commit}" if row.document and row.verdict != "clear" else "",
        judged=several if row.judged > 1 and not row.line else "",
    )


LAYOUTS = {
    "gate": Layout(
        (
            Column("VERDICT", lambda row: row.verdict),
            Column("SUBJECT", lambda row: row.subject),
            Column("DIGEST", lambda row: row.thing.digest if row.thing else "", whole=True),
        ),
        detail=_detail,
        opening=_opening,
        empty="the checkout states no bytes of any path",
        short="NOT ALL COULD BE JUDGED: what could not stands above (exit code 3, unless something trips)",
    ),
}
