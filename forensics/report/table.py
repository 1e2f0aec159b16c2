"""Answers as a plain-text table for somebody woken at 3 a.m.

Verdict first, the reason right under it, no row dropped and nothing shortened: what is too wide goes on in the next
line. Colour only repeats what a word says.
"""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from forensics.answer import Answer
from forensics.report.layout import VERBATIM, Column, Detail, Layout
from forensics.report.layouts import layout
from forensics.report.page import Page
from forensics.report.text import safe, width, wrap

__all__ = ["render"]

_GAP = 2
_NARROW = 10
#: What can be read at a glance: columns that can spare it stand under the row before another is narrower.
_ROOMY = 24
#: An md5 of a directory or a git id, with its algorithm: only the longer digests of sha256 may be broken.
_MOST_DIGESTS = 44
_COLORS = {"affected": "31;1", "bad": "31;1", "unknown": "33;1", "suspect": "33;1", "clear": "32", "cleared": "32"}


def render(answer: Answer[Any], page: Page) -> Iterator[str]:
    """The lines of the table, each with its newline."""
    chosen = layout(answer)
    opening = chosen.opening(answer) if answer.rows else ""
    if opening:
        yield from _bold(opening, page)
        yield "\n"
    totals = {heading: len(rows) for heading, rows in chosen.groups(answer.rows)}
    for place, (heading, rows) in enumerate(chosen.groups(page.rows(answer))):
        if place:
            yield "\n"
        if heading:
            count = f" ({_count(len(rows), totals[heading])})" if chosen.counted else ""
            yield from _bold(heading + count, page)
        yield from _grid(chosen, answer, rows, page)
    if answer.rows:
        yield "\n"
    for line in chosen.closing(answer, page):
        for place, part in enumerate(wrap(_flat(line), page.width - 2)):
            yield f"{'  ' if place else ''}{part}\n"


def _bold(text: str, page: Page) -> Iterator[str]:
    for number, part in enumerate(wrap(_flat(text), page.width - _GAP)):
        yield _paint(f"{' ' * _GAP if number else ''}{part}", "1", page) + "\n"


def _count(shown: int, all_of_them: int) -> str:
    return f"{shown:,}" if shown == all_of_them else f"{shown:,} of {all_of_them:,}"


def _grid(chosen: Layout, answer: Answer[Any], rows: list[Any], page: Page) -> Iterator[str]:
    columns, under = chosen.used(rows, answer), list[Column]()
    table = [[_flat(column.cell(row)) for column in columns] for row in rows]
    widths = _widths(columns, table, page.width, _ROOMY)
    while widths is None and (spare := [column for column in columns if column.spare]):
        under.insert(0, spare[-1])
        columns = [column for column in columns if column is not spare[-1]]
        table = [[_flat(column.cell(row)) for column in columns] for row in rows]
        widths = _widths(columns, table, page.width, _ROOMY)
    widths = widths or _widths(columns, table, page.width, _NARROW)
    if widths is None:
        yield from _records(chosen, chosen.used(rows, answer), rows, page)
        return
    yield _paint(_join([column.title for column in columns], widths), "2", page) + "\n"
    cells = zip(rows, table, strict=True)
    for details, group in groupby(cells, key=lambda pair: (*_spared(under, pair[0]), *chosen.detail(pair[0]))):
        shared = [texts for _, texts in group]
        for texts in shared:
            yield from _row(texts, widths, page)
        yield from _details(details, page, len(shared))


def _spared(columns: list[Column], row: Any) -> tuple[Detail, ...]:
    """What of a row stands under it for want of room."""
    return tuple((f"{column.title.lower()}:", column.cell(row)) for column in columns if column.cell(row))


def _row(texts: list[str], widths: list[int], page: Page) -> Iterator[str]:
    parts = [wrap(text, columns) for text, columns in zip(texts, widths, strict=True)]
    for number in range(max(len(lines) for lines in parts)):
        line = _join([lines[number] if number < len(lines) else "" for lines in parts], widths)
        if number == 0 and texts[0] in _COLORS:
            line = _paint(texts[0], _COLORS[texts[0]], page) + line[len(texts[0]) :]
        yield line + "\n"


def _records(chosen: Layout, columns: list[Column], rows: list[Any], page: Page) -> Iterator[str]:
    label = max(len(column.title) for column in columns) + _GAP
    for place, row in enumerate(rows):
        if place:
            yield "\n"
        for column in columns:
            text = _flat(column.cell(row))
            if text:
                yield from _labelled(column.title, text, label, page)
        yield from _details(chosen.detail(row), page)


def _details(details: tuple[Detail, ...], page: Page, rows: int = 1) -> Iterator[str]:
    for label, text in details:
        if label == VERBATIM:
            yield f"    {VERBATIM} {_flat(text)}\n"
            continue
        shown = f"    {_flat(label)}" if rows == 1 else f"    {_flat(label).rstrip(':')}, for these {rows:,}:"
        yield from _labelled(shown, _flat(text), width(shown) + 1, page)


def _labelled(label: str, text: str, indent: int, page: Page) -> Iterator[str]:
    for place, part in enumerate(wrap(text, max(page.width - indent, 2 * _NARROW))):
        yield f"{label if place == 0 else '':<{indent}}{part}".rstrip() + "\n"


def _widths(columns: list[Column], table: list[list[str]], page_width: int, narrowest: int) -> list[int] | None:
    """Widths that fit the page, digests unbroken if possible; None where the page is too narrow for columns."""
    natural = [
        max(len(column.title), *(width(texts[place]) for texts in table)) for place, column in enumerate(columns)
    ]
    room = page_width - _GAP * (len(columns) - 1)
    for whole in (max(natural), _MOST_DIGESTS):
        least = [
            max(
                len(column.title),
                min(wanted, wanted if column.spare else whole) if column.whole else min(wanted, narrowest),
            )
            for column, wanted in zip(columns, natural, strict=True)
        ]
        if sum(least) <= room:
            return _shared(natural, least, room)
    return None


def _shared(natural: list[int], least: list[int], room: int) -> list[int]:
    """Cuts the widest columns down to one common width, as small as it takes to fit."""
    low, high = 0, max(natural)
    while low < high:
        level = (low + high + 1) // 2
        if sum(max(few, min(many, level)) for few, many in zip(least, natural, strict=True)) <= room:
            low = level
        else:
            high = level - 1
    return [max(few, min(many, low)) for few, many in zip(least, natural, strict=True)]


def _join(texts: list[str], widths: list[int]) -> str:
    padded = (text + " " * (columns - width(text) + _GAP) for text, columns in zip(texts, widths, strict=True))
    return "".join(padded).rstrip()


def _flat(text: str) -> str:
    return safe(text).replace("\t", "\\t")


def _paint(text: str, code: str, page: Page) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if page.color else text
