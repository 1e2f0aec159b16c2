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

__all__ = ["Picture", "document", "fragment", "framed"]

#: Rows that are shown, and of each group at least, so that none is passed over; all are in the result.
_ROWS, _LEAST = 15, 3
#: Groups that are shown: what is unknown has one for each gap.
_GROUPS = 10
#: Said of every cell, since a notebook aligns cells to the right, and its stylesheet is not ours to change.
_CELL = "text-align:left;vertical-align:top"
_UNDER = f"{_CELL};padding-left:2em;white-space:normal"
#: Characters of a cell that is kept in one line.
_SHORT = 24


class Picture(str):
    """SVG, which a notebook draws as wide as it is, to be scrolled: scaled to the page it could not be read."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<picture: {len(self):,} characters of SVG>"

    def _repr_html_(self) -> str:
        drawn = self.replace("<svg ", '<svg style="max-width:none" ', 1)
        return f'<div style="overflow-x:auto">{drawn}</div>'


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
    groups = chosen.groups(answer.rows)
    shown = _shared([len(rows) for _, rows in groups[:_GROUPS]])
    for (heading, rows), count in zip(groups, shown, strict=False):
        yield from _table(chosen, answer, heading, rows, count)
    left = len(answer.rows) - sum(shown)
    if left:
        yield f"<p>{left:,} more row{'s' if left > 1 else ''}: iterate over the result, or take .df() or .arrow().</p>"
    yield from (f"<div><small>{_text(line)}</small></div>" for line in _closing(chosen, answer, page))
    if any(len(path) > 1 for row in answer.rows for path in steps(row)):
        from forensics.report.graphs import render_svg

        picture = Picture("".join(render_svg(answer, page)))
        yield f"<details><summary>picture</summary>{picture._repr_html_()}</details>"


def _shared(sizes: list[int]) -> list[int]:
    """How many rows of each group are shown: a few of each, and more of the first ones."""
    shown = [min(size, _LEAST) for size in sizes]
    for place, size in enumerate(sizes):
        shown[place] += min(size - shown[place], max(_ROWS - sum(shown), 0))
    return shown


def _closing(chosen: Layout, answer: Answer[Any], page: Page) -> Iterator[str]:
    """What stands under a table. Sources that were wholly read are named in one line, without times."""
    yield from chosen.closing(answer, replace(page, quiet=True))
    sources = answer.coverage.sources
    if sources and answer.coverage.complete:
        yield f"read: {', '.join(f'{source.name} ({source.kind})' for source in sources)}"


def _table(chosen: Layout, answer: Answer[Any], heading: str, rows: list[Any], shown: int) -> Iterator[str]:
    columns = chosen.used(rows, answer)
    if heading:
        count = f"{shown:,} of {len(rows):,}" if shown < len(rows) else f"{shown:,}"
        yield f"<p><strong>{_text(heading)}</strong>{f' ({count})' if chosen.counted else ''}</p>"
    yield "<table><thead><tr>"
    yield "".join(f'<th style="{_CELL}">{_text(column.title)}</th>' for column in columns)
    yield "</tr></thead><tbody>"
    for details, group in groupby(rows[:shown], key=chosen.detail):
        together = list(group)
        for row in together:
            yield f"<tr>{''.join(_cell(column, row) for column in columns)}</tr>"
        if details:
            lines = "<br>".join(_detail(detail, len(together)) for detail in details)
            yield f'<tr><td colspan="{len(columns)}" style="{_UNDER}"><small>{lines}</small></td></tr>'
    yield "</tbody></table>"


def _cell(column: Column, row: Any) -> str:
    text = _text(column.cell(row))
    style = f"{_CELL};{'white-space:nowrap' if len(text) <= _SHORT or column.whole else 'overflow-wrap:anywhere'}"
    return f'<td style="{style}">{f"<code>{text}</code>" if column.whole and text else text}</td>'


def _detail(detail: Detail, rows: int) -> str:
    label, text = detail
    if label == VERBATIM:
        return f"<code>{_text(text)}</code>"
    shown = label if rows == 1 else f"{label.rstrip(':')}, for these {rows:,}:"
    return f"<em>{_text(shown)}</em> {_text(text)}"


def _text(text: str) -> str:
    return escape(safe(text))
