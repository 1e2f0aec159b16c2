"""Results in a notebook: the answer in a sentence, a short table, and a picture; one fragment without scripts."""

from collections.abc import Iterator
from dataclasses import replace
from html import escape
from typing import Any

from forensics.answer import Answer
from forensics.report.layout import Layout
from forensics.report.layouts import layout
from forensics.report.page import Page
from forensics.report.rows import steps
from forensics.report.text import safe

__all__ = ["document", "fragment", "framed"]

#: Rows that are shown, and rows of which the paths are drawn.
_ROWS = 20
_LEFT = ' style="text-align:left;vertical-align:top"'


def fragment(answer: Answer[Any], page: Page) -> str:
    """An answer as HTML. Whatever comes from a source is text in it."""
    return f"<div>{''.join(_parts(answer, page))}</div>"


def document(answer: Answer[Any], page: Page) -> str:
    """A report as the page that the command writes."""
    from forensics.report.incident import MOST, render

    return render(answer, "html", replace(page, limit=MOST))


def framed(html: str) -> str:
    """A page inside another, where neither can change the other."""
    return f'<iframe sandbox style="width:100%;height:40em;border:0" srcdoc="{escape(html)}"></iframe>'


def _parts(answer: Answer[Any], page: Page) -> Iterator[str]:
    chosen = layout(answer)
    opening = chosen.opening(answer) if answer.rows else ""
    if opening:
        yield f"<p><strong>{_text(opening)}</strong></p>"
    left = _ROWS
    for heading, rows in chosen.groups(answer.rows):
        if left > 0:
            yield from _table(chosen, answer, heading, rows, left)
        left -= len(rows)
    if left < 0:
        yield f"<p>{-left:,} more rows: iterate over the result, or take .df() or .arrow().</p>"
    shown = list(chosen.closing(answer, page))
    yield "".join(f"<div>{_text(line)}</div>" for line in shown)
    if any(len(path) > 1 for row in answer.rows for path in steps(row)):
        from forensics.report.graphs import render_svg

        picture = "".join(render_svg(answer, page))
        yield f"<details><summary>picture</summary>{picture}</details>"


def _table(chosen: Layout, answer: Answer[Any], heading: str, rows: list[Any], most: int) -> Iterator[str]:
    columns = chosen.used(rows, answer)
    if heading:
        yield f"<p><strong>{_text(heading)}</strong>{f' ({len(rows):,})' if chosen.counted else ''}</p>"
    yield "<table><thead><tr>"
    yield "".join(f"<th{_LEFT}>{_text(column.title)}</th>" for column in columns)
    yield "</tr></thead><tbody>"
    for row in rows[:most]:
        yield f"<tr>{''.join(f'<td{_LEFT}>{_text(column.cell(row))}</td>' for column in columns)}</tr>"
    yield "</tbody></table>"


def _text(text: str) -> str:
    return escape(safe(text))
