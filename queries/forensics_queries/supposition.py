"""A supposition: what is clean, what was never there, what is bad beside the marks; and the verdicts, were that so.

What is supposed clean is as a ``cleared`` mark would have it, and is bad no more where it was itself marked. What is
dropped takes along what only came of it: the versions of a run, what a commit alone introduced. What used it is judged
without it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from forensics.graph import without
from forensics.model import EdgeKind, NodeKind
from forensics.taint import Judgement, Lineage, Seed, judge
from forensics.taint.level import CERTAIN
from forensics_queries.moment import Moment
from forensics_queries.standing import Accused
from forensics_queries.statement import rows

__all__ = ["Supposition", "supposed"]

_RECORDING = (EdgeKind.RECORDED, EdgeKind.CHECKED_OUT)


@dataclass(frozen=True, slots=True)
class Supposition:
    """What is supposed.

    Attributes:
        clean: nodes that are clean.
        gone: nodes that were never there.
    """

    clean: frozenset[int] = frozenset()
    gone: frozenset[int] = frozenset()

    @classmethod
    def of(cls, lineage: Lineage, clean: Iterable[int], dropped: Iterable[int]) -> "Supposition":
        """A supposition of what is named, and of what comes with it."""
        return cls(frozenset(clean), _with_it(lineage, dropped))


def supposed(when: Moment, start: Accused, supposition: Supposition) -> Judgement:
    """The verdicts, were it so.

    Args:
        when: the moment that is asked of.
        start: what is bad, and what was cleared.
        supposition: what else is to be taken for granted.
    """
    lineage = when.lineage
    seeds = tuple(_seeds(lineage, start.seeds, supposition))
    if supposition.gone:
        lineage = Lineage(when.case, without(lineage.graph, supposition.gone))
    return judge(when.case, seeds, cleared=start.cleared | supposition.clean, as_of=when.commit, lineage=lineage)


def _seeds(lineage: Lineage, seeds: Iterable[Seed], supposition: Supposition) -> Iterable[Seed]:
    for seed in seeds:
        content = lineage.content(seed.node) if lineage.kind(seed.node) is NodeKind.VERSION else None
        if not supposition.clean.isdisjoint({seed.node, content}):
            continue
        if seed.node not in supposition.gone:
            yield seed
        elif content is not None and content not in supposition.gone:
            # That it stood nowhere here does not make its bytes good elsewhere.
            yield replace(seed, node=content)


def _with_it(lineage: Lineage, dropped: Iterable[int]) -> frozenset[int]:
    """What is dropped, and all that nothing else on record made, brought in or recorded, or that is left without data.

    What a run would have made of nothing is on record nowhere, so that nothing can be said of it.
    """
    gone = set(dropped)
    waiting = sorted(gone)
    while waiting:
        consumers: set[int] = set()
        while waiting:
            node = waiting.pop()
            consumers.update(run for run, _ in lineage.effects(node, EdgeKind.USED))
            for effect in _following(lineage, node):
                if effect not in gone and _rests_on(lineage, effect, gone):
                    gone.add(effect)
                    waiting.append(effect)
        inputs: dict[int, list[int]] = {}
        for run, version in rows(lineage.case, "what_if.data", runs=sorted(consumers - gone)):
            inputs.setdefault(run, []).append(version)
        waiting = [run for run, versions in inputs.items() if gone.issuperset(versions)]
        gone.update(waiting)
    return frozenset(gone)


def _following(lineage: Lineage, node: int) -> list[int]:
    """What may have come of a node alone."""
    kind = lineage.kind(node)
    if kind is NodeKind.CONTENT:
        return list(lineage.holders(node))
    if kind is NodeKind.RELEASE:
        return lineage.released(node)
    edges = (EdgeKind.AUTHORED, *_RECORDING, EdgeKind.INTRODUCED, EdgeKind.GENERATED, EdgeKind.PART, EdgeKind.IMPORTED,
             EdgeKind.RELEASED)  # fmt: skip
    return [effect for effect, _ in lineage.effects(node, *edges)]


def _rests_on(lineage: Lineage, node: int, gone: set[int]) -> bool:
    kind = lineage.kind(node)
    if kind is NodeKind.VERSION:
        if lineage.content(node) in gone:
            return True
        suppliers, introducers = lineage.supplies(node)
        causes = [link for link in suppliers if link[1] in CERTAIN] or suppliers or introducers
    else:
        edges = {NodeKind.EXECUTION: _RECORDING, NodeKind.RELEASE: (EdgeKind.RELEASED,)}
        causes = lineage.causes(node, *edges.get(kind, (EdgeKind.AUTHORED,)))
    return bool(causes) and all(cause in gone for cause, _ in causes)
