"""The observations that stand, resolved and combined: what localization starts from."""

import math
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, median

from forensics.case import Case
from forensics.case.ingest import now
from forensics.errors import UsageError
from forensics.model import NodeKind
from forensics_queries.measurements import Series, series
from forensics_queries.moment import Moment
from forensics_queries.statement import rows
from forensics_queries.subject import resolve
from forensics_queries.things import things

__all__ = ["Evidence", "Label", "evidence"]

#: What an observation weighs against a contradicting one, where nobody says how reliable it is.
_USUAL = 0.9


@dataclass(frozen=True, slots=True)
class Label:
    """What all observations of one version come to.

    Attributes:
        is_bad: it misbehaves; else it is fine.
        reliability: the probability that this is right; None where nobody says, so that it is integrated out.
        observations: their numbers, those that were outweighed too.
    """

    is_bad: bool
    reliability: float | None
    observations: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The observations that stand.

    Attributes:
        labels: by version, in ascending order; a version of which nothing is known is in none of these.
        bad_contents: contents that are known to be bad.
        inspected: versions, contents and executions that were found clean.
        series: of metrics, one an artifact, as measured.
        lower: names of metrics of which lower values are better.
        notes: sentences that a reader of the answer must know: contradictions, what stands for nothing.
    """

    labels: dict[int, Label]
    bad_contents: tuple[int, ...]
    inspected: tuple[int, ...]
    series: tuple[Series, ...]
    lower: frozenset[str]
    notes: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.labels or self.bad_contents or self.inspected or self.series)

    @property
    def families(self) -> tuple[tuple[tuple[int, float], ...], ...]:
        """By series its versions and values, the oldest first; lower is worse, in units of the steps of its metric."""
        steps: dict[str, list[float]] = defaultdict(list)
        for one in self.series:
            steps[one.metric] += [abs(after - before) for before, after in pairwise(one.values)]
        units = {metric: (median(found) or fmean(found) or 1.0) for metric, found in steps.items()}
        return tuple(
            tuple(
                (version, (-value if one.metric in self.lower else value) / units[one.metric])
                for version, value in zip(one.versions, one.values, strict=True)
            )
            for one in self.series
        )

    @property
    def bad(self) -> tuple[int, ...]:
        """The versions that misbehave."""
        return tuple(version for version, label in self.labels.items() if label.is_bad)

    @property
    def good(self) -> tuple[int, ...]:
        """The versions that are fine."""
        return tuple(version for version, label in self.labels.items() if not label.is_bad)


def evidence(case: Case, when: Moment) -> Evidence:
    """Gathers the observations that stood at a moment.

    Several observations of one version are combined by their odds, taken for independent; an author who repeats one
    counts once. Where they cancel out, the version has no label: unknown is never turned into good.

    Args:
        case: the case.
        when: the moment; what did not stand then is left out.
    """
    said: dict[int, dict[tuple[str, bool], tuple[int, float | None]]] = defaultdict(dict)
    numbers: dict[int, list[int]] = defaultdict(list)
    nodes: dict[str, set[int]] = {"content": set(), "inspection": set()}
    found: list[Series] = []
    lower: set[str] = set()
    notes: list[str] = []
    for number, kind, subject, state, metric, reliability, author in _standing(case, when):
        try:
            if kind == "metric":
                found += series(case, metric, until=when.until)
                lower |= {metric} if state == "lower" else set()
                continue
            meant = [node for node in resolve(case, subject).nodes if when.stood(node)]
        except UsageError as error:
            notes.append(f"observation {number} counts for nothing: {error.message}")
            continue
        if kind != "label":
            nodes[kind].update(meant)
            continue
        for node in (node for node in meant if when.lineage.kind(node) is NodeKind.VERSION):
            told = author, state == "bad"
            before = said[node].get(told, (number, None))[1]
            said[node][told] = number, max((one for one in (before, reliability) if one is not None), default=None)
            numbers[node].append(number)
    labels = {}
    for node in sorted(said):
        label = _combined(said[node], tuple(numbers[node]))
        states = {is_bad for _, is_bad in said[node]}
        if len(states) > 1:
            notes.append(_contradicted(case, node, numbers[node], label))
        if label is not None:
            labels[node] = label
    bad, clean = (tuple(sorted(nodes[kind])) for kind in ("content", "inspection"))
    return Evidence(labels, bad, clean, tuple(_once(found)), frozenset(lower), tuple(notes))


def _standing(case: Case, when: Moment) -> list[tuple[int, str, str, str, str, float | None, str]]:
    """Number, kind, subject, state, metric, reliability and author of each."""
    return [(*row[:6], row[7]) for row in rows(case, "observations.all", at=when.at or now()) if row[12]]


def _combined(said: dict[tuple[str, bool], tuple[int, float | None]], numbers: tuple[int, ...]) -> Label | None:
    """One label of all that was said of a version; None where it cancels out."""
    states = {is_bad for _, is_bad in said}
    given = [reliability for _, reliability in said.values()]
    if len(states) == 1 and all(reliability is None for reliability in given):
        return Label(states.pop(), None, numbers)
    odds = 0.0
    for (_, is_bad), (_, reliability) in sorted(said.items()):
        certain = _USUAL if reliability is None else reliability
        odds += math.log(certain / (1 - certain)) * (1 if is_bad else -1)
    if math.isclose(odds, 0, abs_tol=1e-9):
        return None
    return Label(odds > 0, 1 / (1 + math.exp(-abs(odds))), numbers)


def _contradicted(case: Case, node: int, numbers: list[int], label: Label | None) -> str:
    shown = things(case, [node])[node].subject
    listed = ", ".join(map(str, numbers))
    outcome = "they cancel out, so it counts as unlabelled"
    if label is not None:
        outcome = f"together {'bad' if label.is_bad else 'good'} with a reliability of {label.reliability or 0:.2f}"
    return (
        f"observations {listed} of {shown} contradict each other: {outcome}; withdraw the wrong one with: "
        "forensics observe withdraw N --why TEXT"
    )


def _once(found: list[Series]) -> list[Series]:
    """Each series once, though its metric was named twice."""
    return list({(one.metric, one.artifact): one for one in found}.values())
