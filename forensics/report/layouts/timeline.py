"""``timeline``: one line an occurrence, claimed times told apart."""

from typing import Any

from forensics.answer import Answer
from forensics.report.layout import Column, Layout
from forensics.report.layouts.parts import one_line
from forensics.report.text import clock
from forensics.report.timesketch import KINDS

__all__ = ["LAYOUTS"]

#: Kinds of which the title of the thing says more than the source's own words.
_TITLED = frozenset({"commit", "commit-written", "execution", "registration"})


def _opening(answer: Answer[Any]) -> str:
    claimed = sum(row.clock == "claimed" for row in answer.rows)
    return f"{len(answer.rows):,} occurrences, {claimed:,} of them at claimed times"


def _what(row: Any) -> str:
    title = row.thing.title if row.thing else ""
    return title if row.kind in _TITLED and title else one_line(row.what) or title


def _mail(actor: str) -> str:
    return actor[actor.rfind("<") + 1 : -1] if actor.endswith(">") else actor


LAYOUTS = {
    "timeline": Layout(
        (
            Column("TIME", lambda row: clock(row.happened_time), whole=True),
            Column("CLOCK", lambda row: row.clock),
            Column("KIND", lambda row: KINDS[row.kind]),
            Column("SOURCE", lambda row: row.source, apart=True, spare=True),
            Column("BY", lambda row: _mail(row.actor), spare=True),
            Column("WHAT", _what),
        ),
        opening=_opening,
        empty="nothing that has a time",
    ),
}
