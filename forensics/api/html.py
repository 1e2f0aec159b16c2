"""Results in a notebook: the answer in a sentence, a short table, and a picture; one fragment without scripts."""

from collections.abc import Iterator
from dataclasses import replace
from html import escape
from itertools import groupby
from typing import Any

from forensics.answer import Answer
from forensics.report.layout import VERBATIM, Column, Detail, Layout
from forensics.report.layouts import layout
from forensics.report.page import Page
from forensics.report.rows import steps
from forensics.report.text import safe

__all__ = ["document", "fragment", "framed"]

#: Rows that are shown; all are in the result.
_ROWS = 12
#: Said of every cell, since a notebook aligns cells to the right, and its stylesheet is not ours to change.
_CELL = "text-align:left;vertical-align:top"
_UNDER = f"{_CELL};padding-left:2em;white-space:normal"


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
    yield from (f"<div><small>{_text(line)}</small></div>" for line in _closing(chosen, answer, page))
    if any(len(path) > 1 for row in answer.rows for path in steps(row)):
        from forensics.report.graphs import render_svg

        picture = "".join(render_svg(answer, page))
        yield f"<details><summary>picture</summary>{picture}</details>"


def _closing(chosen: Layout, answer: Answer[Any], page: Page) -> Iterator[str]:
    """What stands under a table. Sources that were wholly read are named in one line, without times."""
    yield from chosen.closing(answer, replace(page, quiet=True))
    sources = answer.coverage.sources
    if sources and answer.coverage.complete:
        yield f"read: {', '.join(f'{source.name} ({source.kind})' for source in sources)}"


def _table(chosen: Layout, answer: Answer[Any], heading: str, rows: list[Any], most: int) -> Iterator[str]:
    columns = chosen.used(rows, answer)
    if heading:
        yield f"<p><strong>{_text(heading)}</strong>{f' ({len(rows):,})' if chosen.counted else ''}</p>"
    yield "<table><thead><tr>"
    yield "".join(f'<th style="{_CELL}">{_text(column.title)}</th>' for column in columns)
    yield "</tr></thead><tbody>"
    for details, group in groupby(rows[:most], key=chosen.detail):
        together = list(group)
        for row in together:
            yield f"<tr>{''.join(_cell(column, row) for column in columns)}</tr>"
        if details:
            lines = "<br>".join(_detail(detail, len(together)) for detail in details)
            yield f'<tr><td colspan="{len(columns)}" style="{_UNDER}"><small>{lines}</small></td></tr>'
    yield "</tbody></table>"


def _cell(column: Column, row: Any) -> str:
    text = _text(column.cell(row))
    return f'<td style="{_CELL}">{f"<code>{text}</code>" if column.whole and text else text}</td>'


def _detail(detail: Detail, rows: int) -> str:
    label, text = detail
    if label == VERBATIM:
        return f"<code>{_text(text)}</code>"
    shown = label if rows == 1 else f"{label.rstrip(':')}, for these {rows:,}:"
    return f"<em>{_text(shown)}</em> {_text(text)}"


def _text(text: str) -> str:
    return escape(safe(text))
