"""Holds a product's verdicts against the truth.

Verdicts come as a mapping from (path, digest on record) to ``Verdict``. Failures are collected, never raised, so that a
run over thousands of histories can count them.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.truth.expectation import CLEAR, LEVELS, UNKNOWN, Bounds
from tests.truth.facts import Facts, Name, Subject


@dataclass(frozen=True)
class Verdict:
    """What a product says of one version."""

    level: int
    reasons: tuple[str, ...] = ()


Verdicts = Mapping[tuple[str, str], Verdict]


@dataclass(frozen=True)
class Failure:
    """A verdict that cannot be right.

    Attributes:
        kind: ``false-clear`` (rule 1), ``absent``, ``too-much`` (rule 2), ``lost`` (rule 3: less evidence, less taint).
    """

    kind: str
    seed: int
    subject: str
    path: str
    digest: str
    expected: str
    got: str
    why: str

    def __str__(self) -> str:
        where = f"seed {self.seed}, {self.subject}: {self.path} {self.digest}"
        return f"{self.kind}: {where}: expected {self.expected}, got {self.got} ({self.why})"


@dataclass
class Tally:
    """Counts over many histories.

    Attributes:
        counts: (truth, verdict) pairs on full evidence, where truth is ``made`` or ``clean``.
        predicted: classes of clean versions that are not clear.
        degraded: verdicts compared after evidence was taken away.
        settled: of those, clean bytes that became clear, by what they were and what was taken away.
    """

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    predicted: Counter[str] = field(default_factory=Counter)
    settled: Counter[str] = field(default_factory=Counter)
    degraded: int = 0
    failures: list[Failure] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        self.counts += other.counts
        self.predicted += other.predicted
        self.settled += other.settled
        self.degraded += other.degraded
        self.failures += other.failures

    def share(self, truth: str, verdict: str) -> float:
        """Share of the versions of one truth that got a verdict."""
        total = sum(count for (each, _), count in self.counts.items() if each == truth)
        return self.counts[truth, verdict] / total if total else 0.0


def verify(facts: Facts, subject: Subject, bounds: Mapping[Name, Bounds], verdicts: Verdicts) -> Tally:
    """Checks verdicts on full evidence: rules 1 and 2."""
    tally = Tally()
    for name, bound in bounds.items():
        version = facts.versions[name]
        key = (name[0], facts.digest(version))
        verdict = verdicts.get(key)
        made = any(subject.target in thing.consumed() for thing in version.things)
        got = LEVELS[verdict.level] if verdict else "absent"
        tally.counts["made" if made else "clean", got] += 1
        if verdict and not made and verdict.level != CLEAR:
            tally.predicted[bound.why_greatest] += 1
        kind = ""
        if verdict is None:
            kind = "absent"
        elif verdict.level < bound.least:
            kind = "false-clear"
        elif verdict.level > bound.greatest:
            kind = "too-much"
        if kind:
            expected = "|".join(LEVELS[bound.least : bound.greatest + 1])
            why = f"truth: {bound.why_least or 'nothing'} | {bound.why_greatest or 'nothing'}"
            said = f"{got} {','.join(verdict.reasons)}".strip() if verdict else got
            failure = Failure(kind, facts.history.seed, subject.text, *key, expected, said, why)
            tally.failures.append(failure)
    return tally


def verify_degraded(
    facts: Facts,
    subject: Subject,
    bounds: Mapping[Name, Bounds],
    full: Verdicts,
    degraded: Verdicts,
    lost: str,
) -> Tally:
    """Checks verdicts after evidence was taken away: rule 3, for versions that are still on record.

    What holds the token is never clear, and what was made with it and affected never becomes so. A version with clean
    bytes may become clear where the record that accused it is gone (one of several runs that made equal bytes, say):
    these are counted in ``Tally.settled``.

    Args:
        full: the same product's verdicts on full evidence.
        lost: what was taken away, in words.
    """
    tally = Tally()
    for name, bound in bounds.items():
        key = (name[0], facts.digest(facts.versions[name]))
        verdict, before = degraded.get(key), full.get(key)
        tally.degraded += verdict is not None
        if verdict is None or verdict.level != CLEAR:
            continue
        version = facts.versions[name]
        made = any(subject.target in thing.consumed() for thing in version.things)
        # A subject that was named by a path which lost its digest no longer leads to equal bytes elsewhere.
        named = not (lost == "digests" and "@" in subject.text)
        holds = bool(version.things[0].tokens() & subject.tokens) or (named and subject.target in version.contents)
        kind = ""
        if holds and lost == "entries" and not version.runs and version.stated:
            # Copied by hand from an output of which every record is gone: nothing is left that leads there.
            tally.settled["copied by hand without entries"] += 1
        elif holds:
            kind = "false-clear"
        elif named and before is not None and before.level > UNKNOWN and made:
            kind = "lost"
        elif before is not None and before.level > CLEAR:
            # The accusation rested on the very record that was taken away, and the bytes are clean.
            tally.settled[f"{LEVELS[before.level]} without {lost}"] += 1
        if kind:
            expected = "|".join(LEVELS[UNKNOWN:])
            why = f"after losing {lost}; with it: {LEVELS[before.level] if before else 'absent'}; {bound.why_least}"
            tally.failures.append(Failure(kind, facts.history.seed, subject.text, *key, expected, "clear", why))
    return tally


def right(facts: Facts, bounds: Mapping[Name, Bounds], *, greatest: bool = False) -> dict[tuple[str, str], Verdict]:
    """Verdicts that pass, to test the checks themselves: the least right ones, or the greatest."""
    return {
        (name[0], facts.digest(facts.versions[name])): Verdict(bound.greatest if greatest else bound.least)
        for name, bound in bounds.items()
    }
