"""P(contaminated): how probable it is, by what was observed, that a version descends from a source of poison.

It stands beside the verdicts, which come from marks alone, and never changes them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forensics.model import NodeKind
from forensics.taint import Level, Seed
from forensics_queries.moment import Moment
from forensics_queries.observations import Observed, evidence
from forensics_queries.standing import judge_once

if TYPE_CHECKING:
    from forensics.localization import Descent

__all__ = ["LIKELY", "POSSIBLE", "Contamination", "chance", "contamination"]

#: From these probabilities on it is likely, or cannot be excluded.
LIKELY, POSSIBLE = 0.5, 0.05

#: Candidates whose reach is judged, the likeliest first.
_MOST_CANDIDATES = 200
_DIGITS, _LEAST = 4, 0.0001


def chance(p: float | None) -> str:
    """A probability in a word: ``likely``, ``possible``, or an empty text where neither."""
    if p is None or p < POSSIBLE:
        return ""
    return "likely" if p >= LIKELY else "possible"


@dataclass(frozen=True)
class Contamination:
    """What the observations that stand say of all versions.

    Attributes:
        observed: the observations.
        notes: what a reader of the answer must know.
        doubts: versions of which it is unknown whether a likely source reaches them, by weak steps or missing lineage:
            the reason, and the place. Of them no low probability can be told.
    """

    observed: Observed
    notes: tuple[str, ...]
    doubts: dict[int, tuple[str, int]]
    _descent: "Descent | None" = field(repr=False)

    def of(self, versions: Iterable[int]) -> dict[int, float]:
        """P(contaminated) of versions, those left out of which it cannot be told.

        Rounded, so that equal cases give equal answers on every machine.
        """
        asked = sorted(set(versions))
        if self._descent is None:
            return {}
        found = zip(asked, self._descent.contamination(asked).tolist(), strict=True)
        known = {version: _rounded(p) for version, p in found}
        return {
            version: p
            for version, p in known.items()
            # A version that misbehaves, and to which nothing leads, is a hole in the lineage and no proof of health.
            if (p > 0 or version not in self.observed.evidence.bad) and (version not in self.doubts or p >= POSSIBLE)
        }

    @property
    def speaks(self) -> bool:
        """Whether anything was observed that a source could explain; good labels alone speak against nothing."""
        known = self.observed.evidence
        return bool(known.bad or known.series or known.stated)

    @property
    def bad(self) -> frozenset[int]:
        """Versions that were observed to misbehave."""
        return self.observed.evidence.bad


def contamination(when: Moment) -> Contamination | None:
    """Weighs the observations that stood at a moment; None where there are none."""
    observed = evidence(when.case, when)
    if not observed.count:
        return None
    from forensics.localization import Descent, locate

    known = observed.evidence
    located = when.case.keep(("located", when.until, *known.told), lambda: locate(when.lineage.graph, known))
    counts = {("bad label", "s"): known.bad, ("good label", "s"): known.good, ("inspection", "s"): known.clean,
              ("stated source", "s"): known.stated, ("series of metrics", ""): observed.series}  # fmt: skip
    said = ", ".join(f"{len(found):,} {one}{many * (len(found) > 1)}" for (one, many), found in counts.items() if found)
    notes = [*observed.notes, f"P(contaminated) rests on {said}: forensics observe list"]
    if not located.groups and not known.stated:
        notes.append(_why_nothing(observed))
        return Contamination(observed, tuple(notes), {}, None)
    likely = [group for group in located.groups[: located.credible] if group.mass >= POSSIBLE]
    nodes = [*sorted(known.stated), *(int(located.origins.nodes[one]) for group in likely for one in group.members)]
    doubts = _doubts(when, nodes[:_MOST_CANDIDATES])
    return Contamination(observed, tuple(notes), doubts, Descent(located))


def _rounded(p: float) -> float:
    """Never certain unless it is."""
    return p if p in {0.0, 1.0} else min(max(round(p, _DIGITS), _LEAST), 1 - _LEAST)


def _why_nothing(observed: Observed) -> str:
    known = observed.evidence
    if known.bad or known.series:
        return (
            "the lineage on record does not reach the cause: nothing is upstream of what misbehaves, so no probability "
            "can be told; see what is missing: forensics trace MODEL"
        )
    return "nothing was observed to misbehave, so no probability can be told: forensics observe SUBJECT bad"


def _doubts(when: Moment, candidates: list[int]) -> dict[int, tuple[str, int]]:
    """What is unknown if the likely candidates are bad, by the rules of taint: a weak step may never clear anything."""
    seeds = tuple(Seed(node, Level.AFFECTED, "candidate") for node in sorted(set(candidates)))
    judgement = judge_once(when, seeds)
    found = {}
    for version in judgement.reached(NodeKind.VERSION):
        cause = judgement.cause(version)
        if cause is not None and cause.level is Level.UNKNOWN:
            found[version] = (cause.reason, cause.place)
    return found
