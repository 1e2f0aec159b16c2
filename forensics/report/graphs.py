"""The paths of an answer as one drawing, in the languages of Mermaid and Graphviz."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from forensics.answer import Answer, Step, Thing
from forensics.errors import UsageError
from forensics.report.page import Page
from forensics.report.rows import steps
from forensics.report.text import safe

__all__ = ["render_dot", "render_mermaid"]

_RUNS = frozenset({"execution", "commit", "actor"})


@dataclass(frozen=True, slots=True)
class _Drawing:
    nodes: dict[int, Thing]
    edges: dict[tuple[int, int], str]
    verdicts: dict[int, str]


def _drawing(answer: Answer[Any], page: Page) -> _Drawing:
    drawing = _Drawing({}, {}, {})
    rows = page.rows(answer)
    if rows and isinstance(getattr(rows[0], "step", None), Step):
        _add(drawing, tuple(row.step for row in rows))
    for row in rows:
        paths = list(steps(row))
        for path in paths:
            _add(drawing, path)
        verdict = getattr(row, "verdict", "")
        if verdict and paths:
            drawing.verdicts[paths[0][-1].thing.id] = str(verdict)
    if not drawing.nodes and answer.rows:
        raise UsageError(
            f"{answer.question} has no paths to draw",
            hint="use --format table, json, ndjson, csv, markdown or parquet",
        )
    return drawing


def _add(drawing: _Drawing, path: tuple[Step, ...]) -> None:
    before: Thing | None = None
    for step in path:
        drawing.nodes[step.thing.id] = step.thing
        if before is not None:
            weak = step.strength not in {"", "recorded", "matched"}
            words = [step.edge, f"({step.strength})" if weak else "", step.reason]
            drawing.edges[before.id, step.thing.id] = " ".join(word for word in words if word)
        before = step.thing


def _label(thing: Thing, verdict: str) -> list[str]:
    lines = [f"{verdict}: {thing.title}" if verdict else thing.title]
    if thing.digest and thing.digest not in thing.title:
        lines.append(thing.digest)
    return lines


def render_mermaid(answer: Answer[Any], page: Page) -> Iterator[str]:
    """A Mermaid flowchart; labels are quoted and escaped by Mermaid's ``#code;`` entities."""
    drawing = _drawing(answer, page)
    yield "flowchart LR\n"
    for number, thing in drawing.nodes.items():
        label = "<br>".join(_mermaid(line) for line in _label(thing, drawing.verdicts.get(number, "")))
        left, right = ("([", "])") if thing.kind in _RUNS else ("[", "]")
        yield f'  n{number}{left}"{label}"{right}\n'
    for (cause, effect), words in drawing.edges.items():
        yield f'  n{cause} -->|"{_mermaid(words)}"| n{effect}\n'
    for verdict, style in (("affected", "stroke-width:3px"), ("unknown", "stroke-dasharray:4")):
        marked = [f"n{number}" for number, found in drawing.verdicts.items() if found == verdict]
        if marked:
            yield f"  classDef {verdict} {style}\n  class {','.join(marked)} {verdict}\n"


def _mermaid(text: str) -> str:
    plain = safe(text)
    return "".join(c if c.isalnum() or c in " ./-_:@=," else f"#{ord(c)};" for c in plain)


def render_dot(answer: Answer[Any], page: Page) -> Iterator[str]:
    """A Graphviz digraph; labels are quoted strings without escapes of their own."""
    drawing = _drawing(answer, page)
    yield "digraph forensics {\n  rankdir=LR;\n  node [shape=box];\n"
    for number, thing in drawing.nodes.items():
        verdict = drawing.verdicts.get(number, "")
        label = "\\n".join(_dot(line) for line in _label(thing, verdict))
        style = {"affected": ", penwidth=3", "unknown": ", style=dashed"}.get(verdict, "")
        shape = ", shape=ellipse" if thing.kind in _RUNS else ""
        yield f'  n{number} [label="{label}"{shape}{style}];\n'
    for (cause, effect), words in drawing.edges.items():
        yield f'  n{cause} -> n{effect} [label="{_dot(words)}"];\n'
    yield "}\n"


def _dot(text: str) -> str:
    return safe(text).replace("\\", "\\\\").replace('"', '\\"')
