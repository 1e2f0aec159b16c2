"""The paths of an answer as one drawing: SVG of our own, or in the languages of Mermaid and Graphviz."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from forensics.answer import Answer, Step
from forensics.errors import UsageError
from forensics.report.page import Page
from forensics.report.rows import steps
from forensics.report.text import safe
from forensics_queries.neighbourhood import Link, Neighbourhood, Node

__all__ = ["dot", "drawing", "mermaid", "render_dot", "render_mermaid", "render_svg"]

_RUNS = frozenset({"execution", "commit", "actor"})
_VERDICTS = ("", "clear", "unknown", "affected")


def drawing(answer: Answer[Any], page: Page) -> Neighbourhood:
    """The union of the paths that an answer holds, in the order of its rows.

    Raises:
        UsageError: it holds none.
    """
    nodes: dict[int, Node] = {}
    links: dict[tuple[int, int], Link] = {}
    rows = page.rows(answer)
    if rows and isinstance(getattr(rows[0], "step", None), Step):
        _add(tuple(row.step for row in rows), nodes, links)
    for row in rows:
        paths = list(steps(row))
        for path in paths:
            _add(path, nodes, links)
        verdict = str(getattr(row, "verdict", ""))
        if verdict and paths:
            last = paths[0][-1].thing.id
            nodes[last] = replace(nodes[last], verdict=verdict)
    if not nodes and answer.rows:
        raise UsageError(
            f"{answer.question} has no paths to draw",
            hint="use --format table, json, ndjson, csv, markdown or parquet",
        )
    return Neighbourhood(tuple(nodes.values()), tuple(links.values()))


def _add(path: tuple[Step, ...], nodes: dict[int, Node], links: dict[tuple[int, int], Link]) -> None:
    before: int | None = None
    for step in path:
        here = step.thing.id
        nodes.setdefault(here, Node(step.thing, ""))
        if before is not None:
            weak = step.strength not in {"", "recorded", "matched"}
            left_out = f"{step.skipped:,} more steps" if step.skipped else ""
            words = [left_out, step.edge, f"({step.strength})" if weak else "", step.reason]
            links[before, here] = Link(before, here, step.strength, " ".join(word for word in words if word))
        before = here


def _label(node: Node) -> list[str]:
    thing = node.thing
    lines = [f"{node.verdict}: {thing.title}" if node.verdict else thing.title]
    if thing.digest and thing.digest not in thing.title:
        lines.append(thing.digest)
    return lines


def render_svg(answer: Answer[Any], page: Page) -> Iterator[str]:
    """A picture in layers; what leads to something affected is shown as affected, and large answers are folded."""
    from forensics.report.picture import draw, fold

    graph = drawing(answer, page)
    verdicts: dict[int, str] = {}
    for row in page.rows(answer):
        verdict = str(getattr(row, "verdict", ""))
        for step in (step for path in steps(row) for step in path):
            before = verdicts.get(step.thing.id, "")
            verdicts[step.thing.id] = max(before, verdict, key=_VERDICTS.index)
    nodes = tuple(replace(node, verdict=node.verdict or verdicts.get(node.thing.id, "")) for node in graph.nodes)
    yield from draw(fold(replace(graph, nodes=nodes)))


def render_mermaid(answer: Answer[Any], page: Page) -> Iterator[str]:
    """A Mermaid flowchart; labels are quoted and escaped by Mermaid's ``#code;`` entities."""
    yield from mermaid(drawing(answer, page))


def mermaid(graph: Neighbourhood) -> Iterator[str]:
    """A graph as a Mermaid flowchart."""
    yield "flowchart LR\n"
    for node in graph.nodes:
        label = "<br>".join(map(_mermaid, _label(node)))
        left, right = ("([", "])") if node.thing.kind in _RUNS else ("[", "]")
        yield f'  n{node.thing.id}{left}"{label}"{right}\n'
    for link in graph.links:
        words = f'|"{_mermaid(link.words)}"|' if link.words else ""
        yield f"  n{link.cause} -->{words} n{link.effect}\n"
    for verdict, style in (("affected", "stroke-width:3px"), ("unknown", "stroke-dasharray:4")):
        marked = [f"n{node.thing.id}" for node in graph.nodes if node.verdict == verdict]
        if marked:
            yield f"  classDef {verdict} {style}\n  class {','.join(marked)} {verdict}\n"


def _mermaid(text: str) -> str:
    plain = safe(text)
    return "".join(c if c.isalnum() or c in " ./-_:@=," else f"#{ord(c)};" for c in plain)


def render_dot(answer: Answer[Any], page: Page) -> Iterator[str]:
    """A Graphviz digraph; labels are quoted strings without escapes of their own."""
    yield from dot(drawing(answer, page))


def dot(graph: Neighbourhood) -> Iterator[str]:
    """A graph as a Graphviz digraph."""
    yield "digraph forensics {\n  rankdir=LR;\n  node [shape=box];\n"
    for node in graph.nodes:
        label = "\\n".join(map(_dot, _label(node)))
        style = {"affected": ", penwidth=3", "unknown": ", style=dashed"}.get(node.verdict, "")
        shape = ", shape=ellipse" if node.thing.kind in _RUNS else ""
        yield f'  n{node.thing.id} [label="{label}"{shape}{style}];\n'
    for link in graph.links:
        yield f'  n{link.cause} -> n{link.effect} [label="{_dot(link.words)}"];\n'
    yield "}\n"


def _dot(text: str) -> str:
    return safe(text).replace("\\", "\\\\").replace('"', '\\"')
