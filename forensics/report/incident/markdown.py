"""The report as GitHub-flavoured Markdown, in which nothing from a source is markup or a link."""

from collections.abc import Iterator
from typing import Any

from forensics.answer import Answer
from forensics.report.graphs import mermaid
from forensics.report.incident.sections import Section, command
from forensics.report.layouts import layout
from forensics.report.markdown import escaped, tables
from forensics.report.page import Page

__all__ = ["render"]


def render(report: Answer[Section], page: Page) -> Iterator[str]:
    """The sentences, then the sections, each with what it holds and what a person must add."""
    yield f"# Incident report{f': {escaped(page.case)}' if page.case else ''}\n\n"
    for sentence in report.notes:
        yield f"- {escaped(sentence)}\n"
    for section in report.rows:
        yield from _section(section, page)


def _section(section: Section, page: Page) -> Iterator[str]:
    plan = section.plan
    csf = f" (CSF 2.0 {plan.csf})" if plan.csf else ""
    yield f"\n## {section.number}. {escaped(plan.title)}{csf}\n\n"
    yield f"*Filled in by the program: {escaped(plan.filled)}.*\n\n"
    for sentence in section.said:
        yield f"- {escaped(sentence)}\n"
    if section.said:
        yield "\n"
    for answer in section.tables:
        yield from _table(answer, page)
    if section.picture is not None:
        yield "```mermaid\n"
        yield from mermaid(section.picture)
        yield "```\n"
    if plan.fields:
        yield "**For a person to fill in**\n\n"
        yield from (f"- [ ] {escaped(field)}: \n" for field in plan.fields)


def _table(answer: Answer[Any], page: Page) -> Iterator[str]:
    yield f"### {command(answer)}\n\n"
    yield from tables(answer, page)
    if not answer.rows:
        yield f"{escaped(layout(answer).empty)}\n\n"
    yield from (f"- note: {escaped(note)}\n" for note in answer.notes)
    yield "\n" if answer.notes else ""
    cut = page.cut(answer)
    if cut:
        yield f"{cut:,} more not shown: {command(answer)} has them all\n\n"
