"""Rule 15, newest: which versions of an artifact were followed by which, told from what every commit holds."""

from collections.abc import Callable, Iterable, Mapping

from forensics_queries.state import History

__all__ = ["Succession"]


class Succession:
    """The order of an artifact's versions.

    One version is older than another where each commit that holds it is a proper ancestor of one that holds the
    other. A version that a revert or a merge brought back is therefore as new as the last commit that holds it.

    Args:
        history: the commits of the case.
        layers: by layer, what each commit holds of the artifact (``History.held_everywhere``).
        belongs: commits that count (``--as-of``).
    """

    def __init__(
        self, history: History, layers: Iterable[Mapping[int, int]], belongs: Callable[[int], bool] = lambda _: True
    ) -> None:
        self._layers = layers = tuple(layers)
        self._place: dict[int, int] = {}
        for layer in layers:
            for commit, version in layer.items():
                if belongs(commit):
                    self._place.setdefault(version, len(self._place))
        # Sets of versions are the bits of an integer: one step a commit, however many versions there are.
        self._later: dict[int, int] = {}
        after: dict[int, int] = {}
        for commit in reversed(history.order):
            behind = after.pop(commit, 0)
            if not belongs(commit):
                continue
            here = behind
            for version in {layer[commit] for layer in layers if commit in layer}:
                self._later[version] = self._later.get(version, behind) & behind
                here |= 1 << self._place[version]
            for parent in history.parents.get(commit, ()):
                after[parent] = after.get(parent, 0) | here

    def holds(self, version: int) -> bool:
        """Whether any commit holds a version."""
        return version in self._place

    def held_at(self, commits: Iterable[int]) -> set[int]:
        """The versions that some commits hold."""
        return {layer[commit] for commit in commits for layer in self._layers if commit in layer}

    def is_older(self, version: int, other: int) -> bool:
        """Whether another version followed wherever this one stood."""
        return bool(self._later[version] >> self._place[other] & 1)

    def newest(self, versions: Iterable[int]) -> list[int]:
        """Of some versions those that are older than none of the others: several on parallel branches."""
        candidates = self.newest_first(versions)
        mask = sum(1 << self._place[version] for version in candidates)
        return [version for version in candidates if not self._later[version] & mask]

    def newest_first(self, versions: Iterable[int]) -> list[int]:
        """Versions that a commit holds, every one before those that are older than it."""
        # Whatever followed a version followed all older ones too, and so did that version itself.
        return sorted(filter(self.holds, versions), key=lambda node: (self._later[node].bit_count(), node))
