"""What single commits hold, at the paths that matter there: asked for first, answered in one pass."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from forensics_connectors.dvc.history import look_up
from forensics_connectors.dvc.records import Reading
from forensics_connectors.dvc.trees import FILES

__all__ = ["Moments"]


@dataclass(slots=True)
class Moments:
    """Answers to what commits hold, by DVC metadata and by git.

    Attributes:
        data: version (an index of the ledger) by position and path.
        files: git blob by position and path; only of paths that stages name.
    """

    reading: Reading
    data: dict[tuple[int, str], int] = field(default_factory=dict)
    files: dict[tuple[int, str], str] = field(default_factory=dict)
    _asked: dict[int, set[str]] = field(default_factory=dict)

    def ask(self, position: int, paths: Iterable[str]) -> None:
        """Says that it will matter what a commit holds at paths."""
        self._asked.setdefault(position, set()).update(paths)

    def answer(self) -> None:
        """Answers all that was asked since the last time."""
        history, parents = self.reading.history, self.reading.history.parents
        steps = self.reading.timeline.steps
        tracked = self.reading.code.paths
        first = [
            next((ordinal for ordinal, oid in enumerate(commit.parents) if oid in history.positions), 0)
            for commit in history.commits
        ]

        def data(position: int) -> Iterator[tuple[str, int | None]]:
            for step in steps.get(position, {}).get(first[position], ()):
                yield step.path, step.new

        def files(position: int) -> Iterator[tuple[str, str | None]]:
            for change in history.changes[position][first[position]]:
                yield change.path, change.new_oid if change.new_mode in FILES else None

        self.data |= look_up(parents, data, self._asked)
        asked = {position: paths & tracked.keys() for position, paths in self._asked.items()}
        self.files |= look_up(parents, files, {position: paths for position, paths in asked.items() if paths})
        self._asked = {}
