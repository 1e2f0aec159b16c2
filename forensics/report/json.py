"""Answers as JSON: one envelope, or one row a line.

Strings stand exactly as they were found; what is not ASCII is escaped, so that no terminal acts upon it. Keys are
sorted and no clock is read: the same case and question give the same bytes.
"""

import json
from collections.abc import Iterator
from typing import Any

from forensics.answer import Answer
from forensics.report.page import Page
from forensics.shapes import plain

__all__ = ["VERSION", "envelope", "render", "render_lines", "schema_name"]

#: Version of the published envelope; fields may be added to it, never changed.
VERSION = 1


def schema_name(question: str) -> str:
    """The name under which a question's JSON Schema ships: ``forensics/blast-radius/1``."""
    return f"forensics/{question}/{VERSION}"


def render(answer: Answer[Any], page: Page) -> Iterator[str]:
    """The envelope, with one row a line so that two answers can be compared by ``diff``."""
    frame = envelope(answer, page)
    yield "{"
    for place, key in enumerate(sorted([*frame, "results"])):
        yield ",\n" if place else "\n"
        yield f' "{key}": '
        if key == "results":
            yield from _rows(page.rows(answer))
        else:
            yield _dumps(frame[key])
    yield "\n}\n"


def _rows(rows: tuple[Any, ...]) -> Iterator[str]:
    yield "["
    for place, row in enumerate(rows):
        yield ",\n  " if place else "\n  "
        yield _dumps(plain(row))
    yield "\n ]" if rows else "]"


def render_lines(answer: Answer[Any], page: Page) -> Iterator[str]:
    """One row a line (``ndjson``)."""
    for row in page.rows(answer):
        yield _dumps(plain(row)) + "\n"


def envelope(answer: Answer[Any], page: Page) -> dict[str, Any]:
    """All of an answer but its rows."""
    return {
        "schema": schema_name(answer.question),
        "case": page.case,
        "parameters": plain(answer.parameters),
        "coverage": plain(answer.coverage),
        "notes": plain(answer.notes),
        "short": answer.short,
        "cut": page.cut(answer),
    }


def _dumps(value: Any) -> str:
    # DEL is the one control character that JSON leaves as it is.
    return json.dumps(value, sort_keys=True, allow_nan=False).replace("\x7f", "\\u007f")
