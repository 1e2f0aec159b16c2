"""What a commit holds: rebuilt from the changes that the case keeps, by walking back from the commit.

A commit holds at a path the version of its own change where every parent has one, else what any parent without a
change holds; so for one path the walk back is a single line, whatever the shape of the history.
"""

import heapq
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property

from forensics.case import Case
from forensics_queries.statement import rows

__all__ = ["History", "Slot", "held_at"]

#: An artifact in one layer: ``git`` for a tracked file, ``dvc`` for what DVC metadata says.
Slot = tuple[int, str]


@dataclass(frozen=True)
class History:
    """The commits of a case and their parents, in memory.

    Attributes:
        parents: ids of the parents of each commit that has any. A commit whose parents were not cloned has none.
        commits: ids of all commits.
    """

    parents: dict[int, tuple[int, ...]]
    commits: frozenset[int]

    @classmethod
    def load(cls, case: Case) -> "History":
        """Reads the commits of a case."""
        parents: dict[int, tuple[int, ...]] = {}
        for child, parent in rows(case, "state.parents"):
            parents[child] = (*parents[child], parent) if child in parents else (parent,)
        return cls(parents, frozenset(row[0] for row in rows(case, "state.commits")))

    @cached_property
    def order(self) -> list[int]:
        """All commits, every parent before its children; ties by id, so that the order is fixed."""
        waiting = dict.fromkeys(self.commits, 0)
        children: dict[int, list[int]] = {}
        for child, parents in self.parents.items():
            for parent in set(parents) & self.commits:
                waiting[child] += 1
                children.setdefault(parent, []).append(child)
        ready = [commit for commit, count in waiting.items() if count == 0]
        heapq.heapify(ready)
        order = []
        while ready:
            commit = heapq.heappop(ready)
            order.append(commit)
            for child in children.get(commit, ()):
                waiting[child] -= 1
                if waiting[child] == 0:
                    heapq.heappush(ready, child)
        return order

    @cached_property
    def rank(self) -> dict[int, int]:
        """The place of each commit in ``order``."""
        return {commit: place for place, commit in enumerate(self.order)}

    def ancestry(self, commit: int) -> set[int]:
        """A commit and all its ancestors."""
        seen = {commit}
        stack = [commit]
        while stack:
            for parent in self.parents.get(stack.pop(), ()):
                if parent not in seen:
                    seen.add(parent)
                    stack.append(parent)
        return seen

    def held_everywhere(self, case: Case, artifact: int) -> dict[str, dict[int, int]]:
        """What every commit holds of one artifact.

        Returns:
            For each layer, version ids by commit id; a commit that holds none is left out.
        """
        changes = _changes(case, [artifact])
        layers = sorted({slot[1] for slots in changes.values() for slot in slots})
        held: dict[str, dict[int, int]] = {layer: {} for layer in layers}
        for commit in self.order:
            own = changes.get(commit, {})
            parents = self.parents.get(commit, ())
            for layer in layers:
                source, version = _step(own.get((artifact, layer)), parents)
                found = held[layer].get(source) if source is not None else version
                if found is not None:
                    held[layer][commit] = found
        return held

    def first_and_again(self, holding: Collection[int]) -> tuple[list[int], list[int]]:
        """The commits at which something first stands, and those at which it stands again.

        Args:
            holding: the commits that hold it, a set.

        Returns:
            Commits that hold it when none of their ancestors ever did; and commits that hold it when none of their
            parents does but some ancestor did. Both parents first.
        """
        ever: set[int] = set()
        first, again = [], []
        for commit in self.order:
            parents = self.parents.get(commit, ())
            before = any(parent in ever for parent in parents)
            if commit in holding:
                if not before:
                    first.append(commit)
                elif not any(parent in holding for parent in parents):
                    again.append(commit)
                ever.add(commit)
            elif before:
                ever.add(commit)
        return first, again


def held_at(
    case: Case, commit: int, artifacts: Iterable[int] | None = None, *, history: History | None = None
) -> dict[Slot, int]:
    """What a commit holds of some artifacts.

    Cost follows the commits walked and the changes of these artifacts, not their product.

    Args:
        case: the case.
        commit: id of the commit.
        artifacts: ids of the artifacts; all where none are given.
        history: the loaded history, for callers that ask more than once.

    Returns:
        Version ids by artifact and layer; what is not held is left out.
    """
    history = history or History.load(case)
    changes = _changes(case, None if artifacts is None else list(artifacts))
    slots = {slot for found in changes.values() for slot in found}
    held: dict[Slot, int] = {}
    # Slots travel together and part only at merges where they come from different parents. Newer ids first, so that
    # groups that part are mostly together again when they meet.
    pending: dict[int, set[Slot]] = {commit: slots}
    heap = [-commit]
    while heap:
        at = -heapq.heappop(heap)
        here = pending.pop(at, None)
        if not here:
            continue
        parents = history.parents.get(at, ())
        own = changes.get(at, {})
        for slot in _meeting(own, here):
            source, version = _step(own[slot], parents)
            if source is None:
                here.discard(slot)
                if version is not None:
                    held[slot] = version
            elif source != parents[0]:
                here.discard(slot)
                _send(pending, heap, source, {slot})
        if parents and here:
            _send(pending, heap, parents[0], here)
    return held


def _send(pending: dict[int, set[Slot]], heap: list[int], to: int, slots: set[Slot]) -> None:
    there = pending.get(to)
    if there is None:
        pending[to] = slots
        heapq.heappush(heap, -to)
        return
    small, large = sorted((there, slots), key=len)
    large |= small
    pending[to] = large


def _meeting(own: dict[Slot, dict[int, int | None]], here: Collection[Slot]) -> list[Slot]:
    if len(own) <= len(here):
        return [slot for slot in own if slot in here]
    return [slot for slot in here if slot in own]


def _step(own: dict[int, int | None] | None, parents: tuple[int, ...]) -> tuple[int | None, int | None]:
    """Where a slot's version is to be looked up: at a parent, or here and what it is."""
    if own is None:
        return (parents[0] if parents else None), None
    for ordinal, parent in enumerate(parents):
        if ordinal not in own:
            return parent, None
    return None, own[min(own)]


def _changes(case: Case, artifacts: list[int] | None) -> dict[int, dict[Slot, dict[int, int | None]]]:
    matches = rows(case, "state.all_changes") if artifacts is None else rows(case, "state.changes", artifacts=artifacts)
    changes: dict[int, dict[Slot, dict[int, int | None]]] = {}
    for commit, artifact, layer, ordinals, versions in matches:
        changes.setdefault(commit, {})[artifact, layer] = dict(zip(ordinals, versions, strict=True))
    return changes
