"""What tagged commits hold, for the releases that tags stand for."""

from collections.abc import Iterable

from forensics.digest import Digest
from forensics.model import Ref, version_key
from forensics_connectors.dvc.gto import parse_tag
from forensics_connectors.dvc.moments import Moments
from forensics_connectors.dvc.parts import Parts
from forensics_connectors.dvc.records import Reading
from forensics_connectors.dvc.releases import Moment, tags_of
from forensics_connectors.dvc.trees import Trees

__all__ = ["Tagged"]


class Tagged:
    """Looks up what was released at each tagged commit.

    Args:
        models: paths of models.
    """

    def __init__(self, reading: Reading, trees: Trees, parts: Parts, moments: Moments, models: Iterable[str]) -> None:
        self._reading = reading
        self._trees = trees
        self._parts = parts
        self._moments = moments
        self._models = sorted(models)
        self._tags: list[Ref] = tags_of(reading.history.refs)

    def ask(self) -> None:
        """Says what commits will have to be looked at."""
        for tag in self._tags:
            position = self._reading.history.positions[tag.commit]
            name = parse_tag(tag.name.removeprefix("refs/tags/"))
            paths = [name.artifact.replace(":", "/")] if name is not None else list(self._models)
            paths += [entry.path for entry in self._reading.timeline.artifacts.get(position, ())]
            for path in paths:
                self._moments.ask(position, (path, *self._parts.around(path), *self._parts.under(path)))

    def moments(self) -> dict[str, Moment]:
        """What each tagged commit holds, by commit id."""
        return {tag.commit: self._moment(tag.commit) for tag in self._tags}

    def _moment(self, commit: str) -> Moment:
        position = self._reading.history.positions[commit]
        models = [self._exact(position, path) for path in self._models]
        artifacts = self._reading.timeline.artifacts.get(position, ())
        return Moment(
            artifacts=artifacts,
            models=tuple(key for key in models if key is not None),
            find=lambda path: self._find(position, path),
        )

    def _exact(self, position: int, path: str) -> str | None:
        held = self._moments.data.get((position, path))
        if held is not None:
            return self._reading.key(held)
        blob = self._trees.find_file(position, path)
        return None if blob is None else version_key(path, Digest("git", blob))

    def _find(self, position: int, path: str) -> list[tuple[str, bool]]:
        exact = self._exact(position, path)
        if exact is not None:
            return [(exact, True)]
        near = [*self._parts.around(path), *self._parts.under(path)]
        held = [self._moments.data.get((position, other)) for other in near]
        return [(self._reading.key(index), False) for index in held if index is not None]
