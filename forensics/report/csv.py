"""Answers as CSV that a spreadsheet can open without running any of it.

Every cell is quoted. A cell that a spreadsheet would take for a formula gets a ``'`` in front (OWASP, "CSV Injection"),
also where blanks or a full-width form hide its first character; control characters are made visible. Take JSON where
the exact text matters.
"""

import csv
import io
import unicodedata
from collections.abc import Iterator
from typing import Any

from forensics.answer import Answer
from forensics.report.page import Page
from forensics.report.rows import flat
from forensics.report.text import safe

__all__ = ["render"]

_FORMULA = frozenset("=+-@")


def render(answer: Answer[Any], page: Page) -> Iterator[str]:
    """A header and one line a row, ended by CRLF (RFC 4180)."""
    header, rows = flat(page.rows(answer))
    if not header:
        return
    yield _line(header)
    for row in rows:
        yield _line([_cell(row.get(name)) for name in header])


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return "" if value is None else guarded(str(value))


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    first = unicodedata.normalize("NFKC", text.lstrip()[:1])
    dangerous = first[:1] in _FORMULA or text[:1] in {"\t", "\r"}
    return ("'" if dangerous else "") + safe(text)


def _line(values: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(values)
    return out.getvalue()
