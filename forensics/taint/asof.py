"""Rule 14, as of a revision: only what stands in its ancestry, or in other sources at a claimed time before it."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from forensics.model import NodeKind

if TYPE_CHECKING:
    from forensics.taint.lineage import Lineage
    from forensics.taint.order import Order

__all__ = ["as_of_commit"]


def as_of_commit(lineage: "Lineage", order: "Order", commit: int) -> Callable[[int], bool]:
    """Whether a node belongs to the graph as it stood at a commit.

    Args:
        lineage: the graph.
        order: its ancestry.
        commit: the revision.

    Returns:
        A test on nodes. Contents and what stands in no commit always belong.
    """
    ancestry = order.ancestry(commit)
    rows = lineage.case.rows("SELECT id, source, commit_time FROM git_commit")
    home = {node: source for node, source, _ in rows}
    claimed = {node: time for node, _, time in rows}
    source, time = home.get(commit), claimed.get(commit, 0)

    def admits(node: int) -> bool:
        if lineage.kind(node) in (NodeKind.CONTENT, NodeKind.ACTOR):
            return True
        places = lineage.places(node)
        return not places or any(
            place in ancestry or (home.get(place) != source and claimed.get(place, time) <= time) for place in places
        )

    return admits
