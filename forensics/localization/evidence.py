"""What was observed, by node of the graph: the input of localization. A symptom is never a cause by itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import log

from forensics.errors import UsageError

__all__ = ["INSPECTED", "Evidence"]

#: P(an inspection finds nothing | what it looked at is contaminated).
INSPECTED = 0.02

#: A reliability is taken for no more than this, so that one wrong label cannot exclude the truth.
_MOST_RELIABLE = 0.999


@dataclass(frozen=True, slots=True)
class Evidence:
    """Observations of nodes. What is not observed is unknown, never healthy.

    Attributes:
        bad, good: labelled versions.
        reliability: of some labels: P(the label is right). Of the others it is not known and integrated out.
        clean: nodes that were inspected and found clean.
        stated: contents, versions or executions that are known to be bad: sources for certain.
        tampered: contents of which a stored object holds other bytes than the record says. What was read from it after
            it changed may be contaminated; what was read before is not, so nothing good speaks against it.
        series: metrics, each as its families, each as versions and values in the family's order; lower is worse.
    """

    bad: frozenset[int] = frozenset()
    good: frozenset[int] = frozenset()
    reliability: Mapping[int, float] = field(default_factory=dict)
    clean: frozenset[int] = frozenset()
    stated: frozenset[int] = frozenset()
    tampered: frozenset[int] = frozenset()
    series: Sequence[Sequence[Sequence[tuple[int, float]]]] = ()

    def __post_init__(self) -> None:
        both = self.bad & self.good
        if both:
            raise UsageError(
                f"{len(both)} versions are labelled bad and good",
                hint="combine the labels of a version into one, with its reliability",
            )

    @property
    def told(self) -> tuple[object, ...]:
        """All that was observed, so that equal evidence is known again: it can be hashed."""
        series = tuple(tuple(map(tuple, one)) for one in self.series)
        known = self.bad, self.good, self.clean, self.stated, self.tampered
        return *known, tuple(sorted(self.reliability.items())), series

    @property
    def measured(self) -> frozenset[int]:
        """Versions with a value of some metric, in families of two and more."""
        return frozenset(node for one in self.series for family in one if len(family) > 1 for node, _ in family)

    @property
    def observed(self) -> tuple[int, ...]:
        """All nodes that say anything, ascending: bit i of a signature is the i-th of them."""
        return tuple(sorted(self.bad | self.good | self.clean | self.measured))

    @property
    def anchors(self) -> frozenset[int]:
        """Symptoms: what no origin of leads to any of them is no candidate."""
        return self.bad | self.measured

    def weight(self, node: int) -> float:
        """Evidence of its own that a node is contaminated, in nats: of labels with a reliability, and inspections."""
        found = log(INSPECTED) if node in self.clean else 0.0
        if node in self.reliability:
            right = min(max(self.reliability[node], 1 - _MOST_RELIABLE), _MOST_RELIABLE)
            ratio = log(right / (1 - right))
            found += ratio if node in self.bad else -ratio if node in self.good else 0.0
        return found
