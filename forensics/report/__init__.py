"""Answers in the format that was asked for: table, JSON, CSV, Markdown, Parquet, or a drawing of the paths."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from forensics.answer import Answer
from forensics.report.page import Page

__all__ = ["DRAWINGS", "FORMATS", "Page", "render"]

#: Formats of every question, and those of questions whose answers hold paths.
FORMATS = ("table", "json", "ndjson", "csv", "markdown", "parquet")
DRAWINGS = ("mermaid", "dot", "svg")

_RENDERERS = {
    "table": ("table", "render"),
    "json": ("json", "render"),
    "ndjson": ("json", "render_lines"),
    "csv": ("csv", "render"),
    "markdown": ("markdown", "render"),
    "parquet": ("parquet", "render"),
    "mermaid": ("graphs", "render_mermaid"),
    "dot": ("graphs", "render_dot"),
    "svg": ("graphs", "render_svg"),
    "sarif": ("sarif", "render"),
    "timesketch": ("timesketch", "render"),
}


def render(answer: Answer[Any], form: str, page: Page) -> Iterator[bytes]:
    """Writes an answer.

    Args:
        answer: what a question returned.
        form: one of ``FORMATS`` or ``DRAWINGS``, ``sarif`` for a gate, ``timesketch`` for a timeline.
        page: width, colour, limit.

    Yields:
        UTF-8 text, or for ``parquet`` the bytes of the file.
    """
    module, function = _RENDERERS[form]
    for part in getattr(import_module(f"forensics.report.{module}"), function)(answer, page):
        yield part if isinstance(part, bytes) else part.encode("utf-8")
