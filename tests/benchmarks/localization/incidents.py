"""Incidents planted in a history, and what is seen of them: labels, symptoms, metric series, stored bytes."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.localization.lineage import Lineage
from tests.benchmarks.localization.simulator import History

__all__ = ["Incident", "Problem", "plant"]

#: An incident touches at least so many models, and at most this share of them.
LEAST, MOST = 3, 0.7
#: Kinds of origin that are planted: files with this chance, else one of the others, each as often.
FILES = 0.7
OTHERS = (("code",), ("params",), ("external",), ("execution", "dataset"))
#: The dose at which poison shows in half of the models.
HALF_DOSE = 0.02


@dataclass(frozen=True, slots=True)
class Problem:
    """What a method is given.

    Attributes:
        labels: number of a model to whether it was found bad.
        series: one measurement a model, or None.
    """

    lineage: Lineage
    labels: Mapping[int, bool]
    series: NDArray[np.float64] | None = None

    @property
    def bad(self) -> list[int]:
        """The models that were found bad, ascending."""
        return sorted(model for model, label in self.labels.items() if label)

    @property
    def good(self) -> list[int]:
        """The models that were found good, ascending."""
        return sorted(model for model, label in self.labels.items() if not label)


@dataclass(frozen=True)
class Incident:
    """Poison in one or two origins of a history.

    Attributes:
        number: which incident of the history it is; it seeds all that is drawn for it.
        sources: numbers of the poisoned origins.
        silent: whether poison shows by its dose, and not always.
    """

    history: History
    number: int
    sources: tuple[int, ...]
    silent: bool = False

    @cached_property
    def contaminated(self) -> NDArray[np.bool_]:
        """The truth of each model, by its tokens."""
        return np.asarray(self.history.contaminated[list(self.sources)].any(axis=0), dtype=bool)

    @cached_property
    def symptoms(self) -> NDArray[np.bool_]:
        """Whether each model would be found bad by an evaluation that never errs."""
        if not self.silent:
            return self.contaminated
        dose = self.history.doses[list(self.sources)].sum(axis=0).clip(0, 1)
        return np.asarray(self._draw("symptom") < dose / (dose + HALF_DOSE), dtype=bool)

    @cached_property
    def present(self) -> NDArray[np.bool_]:
        """Whether the bytes of each model are still there: 80 % are."""
        return self._draw("present") < 0.8

    def verdicts(self, noise: float) -> NDArray[np.bool_]:
        """What an evaluation says of each model: always the same, and wrong with a chance of ``noise``."""
        return self.symptoms ^ (self._draw("noise") < noise)

    def labels(self, noise: float, count: int = 30) -> dict[int, bool]:
        """Evaluates models drawn at random.

        They are drawn again until one of them is bad and truly so: else nobody would ask, and nobody could tell.
        """
        verdicts = self.verdicts(noise)
        random = self._random("labels")
        while True:
            chosen = random.permutation(len(verdicts))[:count]
            if (verdicts & self.symptoms)[chosen].any():
                return {int(model): bool(verdicts[model]) for model in chosen}

    def series(self, drop: float) -> NDArray[np.float64]:
        """A metric: a level for each family, less ``drop`` where contaminated, and noise of standard deviation 1."""
        random = self._random("series")
        levels = random.normal(0, 5, self.history.topology.families)
        noise = random.normal(0, 1, len(self.history.models))
        return levels[self.history.family] - drop * self.contaminated + noise

    def _random(self, purpose: str) -> np.random.Generator:
        return np.random.default_rng([self.history.seed, 3, self.number, len(self.sources), *purpose.encode()])

    def _draw(self, purpose: str) -> NDArray[np.float64]:
        """One number from 0 to 1 a model, the same at every call."""
        return self._random(purpose).random(len(self.history.models))


def plant(
    history: History, number: int, sources: int = 1, *, by_commit: bool = False, silent: bool = False
) -> Incident:
    """Poisons origins drawn at random, so that each source has at least three models of its own.

    Args:
        number: which incident of the history it is.
        sources: how many origins, 1 or 2.
        by_commit: draw a commit first and then any origin that it brought, not a kind first.
        silent: poison shows by its dose.
    """
    random = np.random.default_rng([history.seed, 2, number, sources, by_commit])
    truth = history.contaminated
    touched = truth.sum(axis=1)
    limit = MOST * truth.shape[1]
    eligible = (touched >= LEAST) & (touched <= limit)
    kinds = np.array([origin.kind for origin in history.origins])
    commits = np.array([origin.commit for origin in history.origins])

    def draw() -> int:
        while True:
            if by_commit:
                pool = eligible & (commits == random.integers(history.topology.commits))
            elif random.random() < FILES:
                pool = eligible & (kinds == "file")
            else:
                pool = eligible & np.isin(kinds, OTHERS[random.integers(len(OTHERS))])
            if pool.any():
                return int(random.choice(np.flatnonzero(pool)))

    while True:
        chosen = tuple(sorted(draw() for _ in range(sources)))
        found = truth[list(chosen)]
        own = (found & (found.sum(axis=0) == 1)).sum(axis=1)
        if own.min() >= LEAST and found.any(axis=0).sum() <= limit:
            return Incident(history, number, chosen, silent)
