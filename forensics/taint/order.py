"""Rule 14, time is the graph's: order is ancestry between commits, and nothing else."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forensics.taint.lineage import Lineage

__all__ = ["Order"]


class Order:
    """Ancestry between the commits of a case, computed where it is asked for and remembered."""

    def __init__(self, lineage: "Lineage") -> None:
        self._lineage = lineage
        self._ancestors: dict[int, frozenset[int]] = {}

    def ancestry(self, commit: int) -> frozenset[int]:
        """A commit and all its ancestors."""
        found = self._ancestors.get(commit)
        if found is None:
            seen = {commit}
            waiting = [commit]
            while waiting:
                known = self._ancestors.get(top := waiting.pop())
                if known is not None:
                    seen |= known
                    continue
                for parent in self._lineage.parents(top):
                    if parent not in seen:
                        seen.add(parent)
                        waiting.append(parent)
            found = self._ancestors[commit] = frozenset(seen)
        return found

    def within(self, places: Iterable[int], commits: Iterable[int]) -> bool:
        """Whether any of some places is in the ancestry, or is one, of any of some commits."""
        wanted = set(places)
        return any(not wanted.isdisjoint(self.ancestry(commit)) for commit in commits)

    def before_all(self, commits: Iterable[int]) -> frozenset[int]:
        """The proper ancestors that all of some commits share; none where there are no commits."""
        common: frozenset[int] | None = None
        for commit in commits:
            proper = self.ancestry(commit) - {commit}
            common = proper if common is None else common & proper
            if not common:
                return frozenset()
        return common or frozenset()
