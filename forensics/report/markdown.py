"""Answers as a GitHub-flavoured Markdown table, in which nothing from a source is markup or a link."""

import re
from collections.abc import Iterator
from typing import Any

from forensics.answer import Answer
from forensics.report.layouts import layout
from forensics.report.page import Page
from forensics.report.text import safe

__all__ = ["escaped", "render", "tables"]

_MARKUP = re.compile(r"([\\`*_{}\[\]()<>|~&!#])")
_LINK = re.compile(r"(?<=:)//|(?<=www)\.", re.IGNORECASE)


def render(answer: Answer[Any], page: Page) -> Iterator[str]:
    """One table for each group of rows, then notes, coverage and what was cut."""
    yield from tables(answer, page)
    for line in layout(answer).closing(answer, page):
        yield f"- {escaped(line)}\n"


def tables(answer: Answer[Any], page: Page) -> Iterator[str]:
    """The answer in a sentence, and one table for each group of rows."""
    chosen = layout(answer)
    opening = chosen.opening(answer) if answer.rows else ""
    if opening:
        yield f"{escaped(opening)}\n\n"
    for heading, rows in chosen.groups(page.rows(answer)):
        columns = chosen.used(rows, answer)
        if heading:
            yield f"**{escaped(heading)}**\n\n"
        details = any(chosen.detail(row) for row in rows)
        yield _line([*(escaped(column.title) for column in columns), *(["why"] if details else [])])
        yield _line(["---"] * (len(columns) + details))
        for row in rows:
            why = "<br>".join(f"{escaped(label)} {escaped(text)}".strip() for label, text in chosen.detail(row))
            yield _line([*(escaped(column.cell(row)) for column in columns), *([why] if details else [])])
        yield "\n"


def escaped(text: str) -> str:
    """A text that Markdown shows as it is."""
    marked = _MARKUP.sub(r"\\\1", safe(text).replace("\t", "\\t"))
    return _LINK.sub(lambda found: "".join(f"\\{character}" for character in found.group()), marked)


def _line(values: list[str]) -> str:
    return f"| {' | '.join(values)} |\n"
