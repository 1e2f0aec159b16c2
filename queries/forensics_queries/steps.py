"""Paths of nodes as steps that people can check: each edge with the document that states it."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from forensics.answer import Step
from forensics.case import Case
from forensics.case.codes import edge_codes
from forensics.model import EdgeKind, Strength
from forensics_queries.statement import rows
from forensics_queries.things import things

__all__ = ["INFLUENCE", "RECORDED_INFLUENCE", "explain", "weakest"]

#: Codes of the edges that carry influence: all but ``restored``, ``reused`` and the links between commits.
INFLUENCE = edge_codes(kind for kind in EdgeKind if kind not in {EdgeKind.RESTORED, EdgeKind.REUSED})
#: The same without equality of bytes.
RECORDED_INFLUENCE = edge_codes(
    kind for kind in EdgeKind if kind not in {EdgeKind.RESTORED, EdgeKind.REUSED, EdgeKind.CONTENT}
)

_ORDER = tuple(Strength)


def explain(case: Case, chains: Iterable[Sequence[int]]) -> list[tuple[Step, ...]]:
    """Turns chains of nodes into steps, a handful of statements for all of them.

    Args:
        case: the case.
        chains: node ids from cause to effect, neighbours being joined by an edge.

    Returns:
        One path a chain, in the order given. Where several edges join two nodes, the best known one is shown; what no
        document states, such as equal md5 values of two algorithms, has none.
    """
    chains = list(chains)
    pairs = sorted({pair for chain in chains for pair in pairwise(chain)})
    shown = things(case, (node for chain in chains for node in chain))
    causes, effects = [cause for cause, _ in pairs], [effect for _, effect in pairs]
    found = rows(case, "steps.between", causes=causes, effects=effects) if pairs else []
    edges = {(cause, effect): rest for cause, effect, *rest in found}
    return [
        tuple(
            Step(shown[node], *edges.get((before, node), ())) if before is not None else Step(shown[node])
            for before, node in zip([None, *chain], chain, strict=False)
        )
        for chain in chains
    ]


def weakest(path: Iterable[Step]) -> str:
    """The strength of a path: that of its weakest step; ``recorded`` where it has none."""
    known = [Strength(step.strength) for step in path if step.strength]
    return max(known, key=_ORDER.index, default=Strength.RECORDED).value
