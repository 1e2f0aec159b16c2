"""Rule 15, newest: of several versions those that are not an ancestor of another."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forensics.taint.lineage import Lineage
    from forensics.taint.order import Order

__all__ = ["newest"]


def newest(lineage: "Lineage", order: "Order", versions: Iterable[int]) -> list[int]:
    """The newest of some versions: with parallel branches all that none of the others comes after.

    A version comes after another when the other stands on record in the proper ancestry of each of its own places.

    Returns:
        In the order given; versions that no commit holds are never newer than one that a commit holds.
    """
    candidates = list(versions)
    placed = [version for version in candidates if lineage.places(version)]
    kept = []
    for version in placed:
        later = any(_is_before(lineage, order, version, other) for other in placed if other != version)
        if not later:
            kept.append(version)
    return kept or candidates


def _is_before(lineage: "Lineage", order: "Order", version: int, other: int) -> bool:
    places, after = set(lineage.places(version)), lineage.places(other)
    return all(not places.isdisjoint(order.ancestry(commit) - {commit}) for commit in after) and places.isdisjoint(
        after
    )
