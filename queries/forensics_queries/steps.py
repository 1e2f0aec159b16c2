"""Paths of nodes as steps that people can check: each edge with the document that states it."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from forensics.answer import Step, Thing
from forensics.case import Case
from forensics.case.codes import edge_codes
from forensics.model import EdgeKind, Strength
from forensics_queries.statement import rows
from forensics_queries.things import things

if TYPE_CHECKING:
    from forensics.taint.chains import Chains

__all__ = ["INFLUENCE", "RECORDED_INFLUENCE", "explain", "weakest", "weakest_of_all"]

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
        chains: node ids from cause to effect, neighbours being joined by an edge. A negative number says how many
            nodes are left out in its place.

    Returns:
        One path a chain, in the order given. Where several edges join two nodes, the best known one is shown; what no
        document states, such as equal md5 values of two algorithms, has none.
    """
    chains = list(chains)
    pairs = sorted({pair for chain in chains for pair in pairwise(chain) if min(pair) >= 0})
    shown = things(case, {node for chain in chains for node in chain if node >= 0})
    causes, effects = [cause for cause, _ in pairs], [effect for _, effect in pairs]
    found = rows(case, "steps.between", causes=causes, effects=effects) if pairs else []
    edges = {(cause, effect): rest for cause, effect, *rest in found}
    return [tuple(_steps(chain, shown, edges)) for chain in chains]


def _steps(chain: Sequence[int], shown: dict[int, Thing], edges: dict[tuple[int, int], list[str]]) -> Iterator[Step]:
    for before, node in zip([None, *chain], chain, strict=False):
        if node < 0:
            continue
        if before is None:
            yield Step(shown[node])
        elif before < 0:
            yield Step(shown[node], skipped=-before)
        else:
            yield Step(shown[node], *edges.get((before, node), ()))


def weakest(path: Iterable[Step]) -> str:
    """The strength of a path: that of its weakest step; ``recorded`` where it has none."""
    known = [Strength(step.strength) for step in path if step.strength]
    return max(known, key=_ORDER.index, default=Strength.RECORDED).value


def weakest_of_all(path: Sequence[Step], chains: "Chains[Any]", node: int) -> str:
    """The strength of a path to a node, what is left out of it included."""
    return chains.weakest(node).value if any(step.skipped for step in path) else weakest(path)
