"""The timeline as CSV that Timesketch imports as it is.

It needs the columns ``message``, ``datetime`` (ISO 8601 with an offset) and ``timestamp_desc``; ``timestamp`` is
microseconds since 1970. All other columns become attributes that can be searched for.
"""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from forensics.answer import Answer
from forensics.report.csv import guarded
from forensics.report.page import Page

__all__ = ["KINDS", "render"]

_HEADER = (
    "message", "timestamp", "datetime", "timestamp_desc", "clock", "kind", "source", "actor", "subject", "digest",
    "document", "commit",
)  # fmt: skip
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

#: What happened, for people.
KINDS = {
    "commit": "commit authored",
    "commit-written": "commit written",
    "execution": "run started",
    "execution-updated": "run last updated",
    "registration": "artifact registered",
    "release": "released",
    "stage-move": "moved between stages",
    "deployment": "deployed",
    "deployment-end": "deployment ended",
    "acquisition": "source read",
    "mark": "marked",
    "mark-expiry": "mark expires",
    "mark-withdrawal": "mark withdrawn",
    "observation": "observed",
    "observation-withdrawal": "observation withdrawn",
}


def render(answer: Answer[Any], page: Page) -> Iterator[str]:
    """A header and one line a row. What no calendar has is written as its first or last moment, and says so."""
    yield _line(_HEADER)
    for row in page.rows(answer):
        moment, beyond = _moment(row.microseconds)
        claimed = " (claimed)" if row.clock == "claimed" else ""
        thing = row.thing
        what = " ".join(row.what.split()) or (thing.title if thing else row.kind)
        yield _line(
            (
                guarded(f"{KINDS[row.kind]}: {what}{beyond}"),
                str((moment - _EPOCH) // timedelta(microseconds=1)),
                moment.isoformat(timespec="microseconds"),
                f"{KINDS[row.kind].capitalize()}{claimed}",
                row.clock,
                row.kind,
                guarded(row.source),
                guarded(row.actor),
                guarded(thing.subject if thing else ""),
                guarded(thing.digest if thing else ""),
                guarded(row.document),
                row.document_commit,
            )
        )


def _moment(microseconds: int) -> tuple[datetime, str]:
    try:
        return _EPOCH + timedelta(microseconds=microseconds), ""
    except OverflowError:
        nearest = datetime.max.replace(tzinfo=UTC) if microseconds > 0 else datetime.min.replace(tzinfo=UTC)
        return nearest, f" (dated {microseconds} microseconds from 1970, which no calendar has)"


def _line(values: tuple[str, ...]) -> str:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(values)
    return out.getvalue()
