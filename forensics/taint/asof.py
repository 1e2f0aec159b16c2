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
        A test on nodes. Contents always belong, and so does what stands in no commit and claims no time of its own.
    """
    ancestry = order.ancestry(commit)
    rows = lineage.case.rows("SELECT id, source, commit_time FROM git_commit")
    home = {node: source for node, source, _ in rows}
    claimed = {node: time for node, _, time in rows}
    source, time = home.get(commit), claimed.get(commit, 0)
    made = dict(lineage.case.rows("SELECT node, min(created) FROM details WHERE created > 0 GROUP BY node"))

    def admits(node: int) -> bool:
        if lineage.kind(node) in (NodeKind.CONTENT, NodeKind.ACTOR):
            return True
        if made.get(node, 0) > time * 1000:
            return False
        places = lineage.places(node)
        return not places or any(
            place in ancestry or (home.get(place) != source and claimed.get(place, time) <= time) for place in places
        )

    return admits
