"""A graph in layers as SVG: boxes for versions, rounded ones for runs, links from left to right.

What a node is stands in it as a sign and in words beside the colour, so that print and poor sight lose nothing. All
texts are escaped; the style is one block, so that a page can allow it by its hash.
"""

from collections.abc import Iterator, Mapping
from html import escape

from forensics.model import NodeKind
from forensics.report.picture.folding import kind_of
from forensics.report.picture.layers import Places, layout
from forensics.report.text import safe, width
from forensics_queries.neighbourhood import Link, Neighbourhood, Node

__all__ = ["STYLE", "draw"]

_RUNS = frozenset({NodeKind.EXECUTION.value, NodeKind.COMMIT.value, NodeKind.ACTOR.value})
_SIGNS = {"source": "✖", "target": "↩", "affected": "!", "unknown": "?"}
#: Pixels: of a box, between rows, between layers, of a character, and around all.
_HEIGHT, _ROW, _GAP, _LETTER, _PAD, _EDGE = 36, 46, 40, 7.3, 10, 12
_LONGEST = 40
_DIGITS = 8

STYLE = """
.picture { font: 12px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; color-scheme: light dark;
  --line: #8a94a6; --box: #f3f5f8; --ink: #1c2330; --bad: #c62828; --badbox: #ffd6d2; --doubt: #8a5a00;
  --doubtbox: #fff0c8; --good: #1b7f3b; --goodbox: #c4ecc9; }
@media (prefers-color-scheme: dark) { .picture { --line: #76829a; --box: #222a36; --ink: #e8ecf3; --bad: #ff7a70;
  --badbox: #56201f; --doubt: #f0b64a; --doubtbox: #463513; --good: #5fd483; --goodbox: #17452a; } }
.picture rect { fill: var(--box); stroke: var(--line); stroke-width: 1; }
.picture text { fill: var(--ink); white-space: pre; direction: ltr; unicode-bidi: isolate; }
.picture .small { font-size: 10px; }
.picture path { fill: none; stroke: var(--line); stroke-width: 1.2; }
.picture path.affected { stroke: var(--bad); stroke-width: 2; }
.picture path.unknown { stroke: var(--doubt); stroke-width: 1.6; }
.picture path.weak { stroke-dasharray: 5 4; }
.picture .affected rect { fill: var(--badbox); stroke: var(--bad); }
.picture .unknown rect { fill: var(--doubtbox); stroke: var(--doubt); stroke-dasharray: 5 3; }
.picture .target rect { fill: var(--goodbox); stroke: var(--good); stroke-width: 2.5; }
.picture .source rect { fill: var(--bad); stroke: var(--bad); }
.picture .source text { fill: #fff; font-weight: bold; }
.picture .live rect { stroke-width: 3; }
.picture .live text.small { font-weight: bold; }
@media (prefers-color-scheme: dark) { .picture .source text { fill: #000; } }
""".strip()


def draw(graph: Neighbourhood, *, alone: bool = True) -> Iterator[str]:
    """Draws a graph.

    Args:
        graph: the nodes and links.
        alone: as a file of its own, with its style; else as part of a page that has ``STYLE``.

    Yields:
        SVG. Nodes are ``g`` with an id ``n`` and a number, links are ``path`` with ``data-cause`` and ``data-effect``.
    """
    places = layout([node.thing.id for node in graph.nodes], [(link.cause, link.effect) for link in graph.links])
    lefts, rights = _columns(graph, places)
    wide, high = (rights[-1] if rights else 0) + _EDGE, places.height * _ROW - (_ROW - _HEIGHT) + 2 * _EDGE
    size = f'width="{wide:.0f}" height="{high:.0f}" viewBox="0 0 {wide:.0f} {high:.0f}"'
    yield f'<svg xmlns="http://www.w3.org/2000/svg" class="picture" role="group" aria-label="lineage" {size}>\n'
    if alone:
        yield f"<style>{STYLE}</style>\n"
    verdicts = {node.thing.id: node.verdict for node in graph.nodes}
    for link in sorted(graph.links, key=lambda link: (_heat(link, verdicts), link.cause, link.effect)):
        yield _path(link, verdicts, places, lefts, rights)
    for node in graph.nodes:
        layer, row = places.places[node.thing.id]
        yield _box(node, lefts[layer], rights[layer] - lefts[layer], row * _ROW + _EDGE)
    yield "</svg>\n"


def _columns(graph: Neighbourhood, places: Places) -> tuple[list[float], list[float]]:
    """Where each layer begins and ends, by the longest text in it."""
    widths = [60.0] * places.layers
    for node in graph.nodes:
        layer = places.places[node.thing.id][0]
        longest = max(width(_title(node)) * _LETTER, width(_about(node)) * _LETTER * 10 / 12)
        widths[layer] = max(widths[layer], longest + 2 * _PAD)
    lefts, x = [], float(_EDGE)
    for wide in widths:
        lefts.append(x)
        x += wide + _GAP
    return lefts, [left + wide for left, wide in zip(lefts, widths, strict=True)]


def _heat(link: Link, verdicts: Mapping[int, str]) -> int:
    """0 for a link that carries nothing bad, 1 for one that perhaps does, 2 for one that does: the last are on top."""
    order = ("clear", "unknown", "affected")
    ends = [verdicts[link.cause], verdicts[link.effect]]
    return min(order.index(verdict) if verdict in order else 0 for verdict in ends)


def _path(link: Link, verdicts: Mapping[int, str], places: Places, lefts: list[float], rights: list[float]) -> str:
    points = places.routes[link.cause, link.effect]
    at = [(layer, row * _ROW + _EDGE + _HEIGHT / 2) for layer, row in points]
    forward = at[0][0] < at[-1][0]
    leave, enter = (rights, lefts) if forward else (lefts, rights)
    x, y = leave[at[0][0]], at[0][1]
    drawn = [f"M{x:.1f} {y:.1f}"]
    for layer, down in at[1:]:
        to = enter[layer]
        middle = (x + to) / 2
        drawn.append(f"C{middle:.1f} {y:.1f} {middle:.1f} {down:.1f} {to:.1f} {down:.1f}")
        x, y = to, down
        if layer != at[-1][0]:
            x = leave[layer]
            drawn.append(f"H{x:.1f}")
    heat = ("", "unknown", "affected")[_heat(link, verdicts)]
    weak = "" if link.known in {"", "recorded", "matched"} else "weak"
    name = " ".join(word for word in (heat, weak) if word)
    styled = f' class="{name}"' if name else ""
    ends = f'data-cause="n{link.cause}" data-effect="n{link.effect}"'
    return f'<path{styled} {ends} d="{"".join(drawn)}"><title>{escape(link.known)}</title></path>\n'


def _box(node: Node, x: float, wide: float, y: float) -> str:
    thing = node.thing
    name = " ".join(word for word in ("node", node.verdict, node.role, "live" if node.live else "") if word)
    corner = _HEIGHT / 2 if kind_of(node) in _RUNS else 4
    about = _about(node)
    middle = y + (15 if about else 22)
    lines = f'<text x="{x + _PAD:.1f}" y="{middle:.1f}">{escape(_title(node))}</text>'
    if about:
        lines += f'<text class="small" x="{x + _PAD:.1f}" y="{y + 29:.1f}">{escape(about)}</text>'
    words = [
        node.verdict,
        node.role,
        thing.title,
        thing.digest,
        *node.releases,
        *(f"live in {one}" for one in node.live),
    ]
    whole = escape("\n".join(safe(word) for word in words if word))
    box = f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{_HEIGHT}" rx="{corner:.0f}"/>'
    return f'<g id="n{thing.id}" class="{name}" tabindex="0"><title>{whole}</title>{box}{lines}</g>\n'


def _title(node: Node) -> str:
    sign = _SIGNS.get(node.role) or _SIGNS.get(node.verdict, "")
    return f"{sign} {_cut(_flat(node.thing.title))}".strip()


def _about(node: Node) -> str:
    """What tells a version from others of its name, and what is urgent about it."""
    algorithm, _, value = node.thing.digest.partition(":")
    digest = f"{algorithm}:{value[:_DIGITS]}" if value and node.thing.kind != NodeKind.COMMIT.value else ""
    live = f"LIVE {', '.join(node.live)}" if node.live else ""
    return _cut(_flat("  ".join(part for part in (live, ", ".join(node.releases), digest) if part)), _LONGEST * 4 // 3)


def _flat(text: str) -> str:
    return safe(text).replace("\t", "\\t")


def _cut(text: str, most: int = _LONGEST) -> str:
    """The start and the end of a text that is too long; it stands in full in the tooltip."""
    if width(text) <= most:
        return text
    head, tail = most // 3, most - most // 3 - 1
    while width(text[:head]) + width(text[-tail:]) >= most and tail > 1:
        tail -= 1
    return f"{text[:head]}…{text[-tail:]}"
