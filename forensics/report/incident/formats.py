"""The formats of a report: one page of HTML, Markdown, or the JSON envelope of every answer."""

from collections.abc import Iterator
from importlib import import_module

from forensics.answer import Answer
from forensics.report.incident.sections import Section
from forensics.report.page import Page

__all__ = ["FORMATS", "MOST", "render"]

#: Format: the module that writes it.
FORMATS = {
    "html": "forensics.report.incident.html",
    "markdown": "forensics.report.incident.markdown",
    "json": "forensics.report.json",
}

#: Rows of one table at most, where nobody says how many.
MOST = 1000


def render(report: Answer[Section], form: str, page: Page | None = None) -> str:
    """Writes a report.

    Args:
        report: of ``incident``.
        form: one of ``FORMATS``.
        page: the name of the case, and how many rows of a table are shown; JSON holds all of them.
    """
    page = page or Page(limit=MOST)
    parts: Iterator[str] = import_module(FORMATS[form]).render(report, page)
    return "".join(parts)
