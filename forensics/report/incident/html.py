"""The report as one page of HTML that needs nothing else: no address outside it, no script and no style but its own.

Every text is escaped by ``tag``; what the page may run and load is bound by a Content-Security-Policy with the hashes
of its one script and its one style.
"""

import hashlib
from base64 import b64encode
from collections.abc import Iterable, Iterator
from html import escape
from importlib.resources import files
from itertools import groupby
from typing import Any

from forensics.answer import Answer
from forensics.report.incident.sections import Section, command
from forensics.report.layout import VERBATIM, Detail, Layout
from forensics.report.layouts import layout
from forensics.report.page import Page
from forensics.report.picture import STYLE, draw
from forensics.report.text import safe
from forensics_queries.neighbourhood import Neighbourhood

__all__ = ["render"]

#: What is no longer than this, such as a time, is never broken.
_SHORT = 24
_VERDICTS = frozenset({"affected", "unknown", "clear"})


class _Markup(str):
    """A text that is HTML already."""

    __slots__ = ()


def tag(name: str, *children: str, **attributes: str) -> _Markup:
    """An element; children that are not markup are made safe and escaped, and so are attributes.

    Args:
        name: of the element.
        children: texts or elements.
        attributes: ``_`` in a name stands for ``-``, and one at its end for nothing; empty values are left out.
    """
    named = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(safe(value))}"' for key, value in attributes.items() if value
    )
    return _Markup(f"<{name}{named}>{''.join(map(_text, children))}</{name}>")


def _text(child: str) -> str:
    return child if isinstance(child, _Markup) else escape(safe(child).replace("\t", "\\t"))


def render(report: Answer[Section], page: Page) -> Iterator[str]:
    """The page: the sentences, the sections, and what makes the picture answer to a click."""
    style, script = f"{_resource('page.css')}\n{STYLE}", _resource("page.js")
    allowed = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'; form-action 'none'"
    )
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    yield f'<meta http-equiv="Content-Security-Policy" content="{escape(allowed)}">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
    title = f"Incident report: {page.case}" if page.case else "Incident report"
    yield f"{tag('title', title)}\n<style>{style}</style>\n</head>\n<body>\n"
    links = [tag("a", f"{section.number}. {section.plan.title}", href=f"#{section.plan.id}") for section in report.rows]
    sentences = tag("ul", *map(_sentence, report.notes), class_="lead")
    yield tag("header", tag("h1", title), sentences) + "\n" + tag("nav", *links, aria_label="Sections") + "\n<main>\n"
    for section in report.rows:
        yield from _section(section, page)
    yield f"</main>\n<script>{script}</script>\n</body>\n</html>\n"


def _resource(name: str) -> str:
    return files("forensics.report.incident").joinpath(name).read_text("utf-8").strip()


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _sentence(note: str) -> _Markup:
    """A sentence; what begins in capitals is urgent."""
    label, colon, rest = note.partition(":")
    if not (colon and label.isupper()):
        return tag("li", note)
    return tag("li", tag("b", label + colon), rest, class_="affected" if label.endswith("AFFECTED") else "unknown")


def _section(section: Section, page: Page) -> Iterator[str]:
    plan = section.plan
    csf = [tag("span", f"CSF 2.0 {plan.csf}", class_="csf")] if plan.csf else []
    yield f'<section id="{plan.id}">\n'
    yield tag("h2", f"{section.number}. {plan.title} ", *csf) + "\n"
    yield tag("p", f"Filled in by the program: {plan.filled}.", class_="filled") + "\n"
    if section.said:
        yield tag("ul", *(tag("li", sentence) for sentence in section.said)) + "\n"
    for answer in section.tables:
        yield from _tables(answer, page)
    if section.picture is not None:
        yield _legend(section.picture) + "\n"
        yield '<input type="checkbox" id="full"> <label for="full">in full size</label>\n<div class="canvas">\n'
        yield from draw(section.picture, alone=False)
        yield "</div>\n"
    if plan.fields:
        boxes = [
            tag(
                "div",
                tag("h4", field),
                tag("div", class_="box", contenteditable="true", role="textbox", aria_label=field),
            )
            for field in plan.fields
        ]
        yield tag("div", tag("h3", "For a person to fill in"), *boxes, class_="fields") + "\n"
    yield "</section>\n"


def _legend(graph: Neighbourhood) -> _Markup:
    judged = any(node.verdict for node in graph.nodes)
    signs = (
        "✖ is bad itself, ! affected, ? cannot be told, ↩ what to go back to; the rest is clear, by what is on record."
    )
    return tag(
        "p",
        "Causes stand to the left of their effects; square boxes are versions, round ones runs and commits. "
        f"{signs if judged else 'No box has a verdict.'} Broken lines are not on record as such. A click, or Enter, "
        "lights up all that leads to a box and all that it leads to; Escape ends it. Hold the pointer over a box for "
        "its full name and digest.",
        class_="legend",
    )


def _tables(answer: Answer[Any], page: Page) -> Iterator[str]:
    chosen = layout(answer)
    yield tag("h3", command(answer), class_="question") + "\n"
    opening = chosen.opening(answer) if answer.rows else chosen.empty
    if opening:
        yield tag("p", opening) + "\n"
    for heading, rows in chosen.groups(page.rows(answer)):
        yield from _table(heading, rows, chosen, answer)
    if answer.notes:
        yield tag("ul", *(tag("li", f"note: {note}") for note in answer.notes), class_="notes") + "\n"
    cut = page.cut(answer)
    if cut:
        yield tag("p", f"{cut:,} more not shown: {command(answer)} has them all", class_="cut") + "\n"


def _table(heading: str, rows: list[Any], chosen: Layout, answer: Answer[Any]) -> Iterator[str]:
    columns = chosen.used(rows, answer)
    yield '<div class="table">\n<table>\n'
    if heading:
        yield tag("caption", f"{heading} ({len(rows):,})" if chosen.counted else heading) + "\n"
    yield tag("thead", tag("tr", *(tag("th", column.title.capitalize(), scope="col") for column in columns))) + "\n"
    for details, group in groupby(rows, key=chosen.detail):
        shared = list(group)
        lines = []
        for row in shared:
            cells = [(column.cell(row), column.whole) for column in columns]
            verdict = next((text for text, _ in cells if text in _VERDICTS), "")
            lines.append(tag("tr", *(_cell(text, whole) for text, whole in cells), class_=verdict))
        if details:
            lines.append(tag("tr", tag("td", *_details(details, len(shared)), colspan=str(len(columns))), class_="why"))
        yield tag("tbody", *lines) + "\n"
    yield "</table>\n</div>\n"


def _cell(text: str, whole: bool) -> _Markup:
    if text in _VERDICTS:
        return tag("td", text, class_="verdict")
    if whole and text:
        return tag("td", tag("code", text), class_="digest" if len(text) > _SHORT else "short")
    return tag("td", text)


def _details(details: Iterable[Detail], rows: int) -> Iterator[_Markup]:
    for label, text in details:
        if label == VERBATIM:
            yield tag("pre", text)
        else:
            named = label if rows == 1 else f"{label.rstrip(':')}, for these {rows:,}:"
            # One sign, which no line breaks in two as it does with a hyphen.
            yield tag("div", tag("b", f"{named} "), text.replace("-> ", "→ "))
