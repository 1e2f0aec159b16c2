"""Holds a product's verdicts against the truth.

On full evidence each verdict lies between two bounds (``expectation``). With evidence taken away, of whichever kind,
nothing that holds the token and nothing that is tied to the subject (``ties``) becomes clear. This is held of what a
record can say; two things lie beyond it:

- A file that somebody put there is tied to its original by its bytes alone, and a full digest is no gap (rule 11). Once
  no other record of these bytes is left that is tied to the subject, the copy is a file like any other.
- A subject that is named by path and revision, and whose own digest there is gone, is another subject.

Versions that are not tied to the subject are clean. Those that share its bytes, or bytes with what came of it, may
become clear when the record that accused them is gone: they are right then, and were unknown for lack of proof.

Verdicts come as a mapping from (path, digest on record) to ``Verdict``. Failures are collected, never raised, so that a
run over thousands of histories can count them.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.truth.expectation import CLEAR, LEVELS, UNKNOWN, Bounds
from tests.truth.facts import Facts, Name, Subject
from tests.truth.repository import NOTHING, Loss
from tests.truth.ties import Ties


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
        kind: ``false-clear``, ``absent``, ``too-much``; ``lost``: less evidence, less taint.
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
        settled: of those, what became clear and may, by what it was and what was taken away.
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
    """Checks verdicts on full evidence."""
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
    kind: str,
    loss: Loss = NOTHING,
) -> Tally:
    """Checks verdicts after evidence was taken away, for versions that are still on record.

    What holds the token is never clear (``false-clear``), and what is tied to the subject and was not clear does not
    become so (``lost``). What may become clear is counted in ``Tally.settled``.

    Args:
        full: the same product's verdicts on full evidence.
        kind: of the evidence that was taken away.
        loss: what was taken away, as far as documents state it.
    """
    tally = Tally()
    if names_what_is_lost(facts, subject, loss):
        return tally
    every, left = Ties(facts, subject).versions, Ties(facts, subject, loss).versions
    for name, bound in bounds.items():
        version = facts.versions[name]
        key = (name[0], facts.digest(version))
        verdict, before = degraded.get(key), full.get(key)
        tally.degraded += verdict is not None
        if verdict is None or verdict.level != CLEAR:
            continue
        level = before.level if before is not None else CLEAR
        failed = ""
        if name in every - left:
            tally.settled[f"copies without their original, and what they led to, after losing {kind}"] += 1
        elif version.things[0].tokens() & subject.tokens:
            failed = "false-clear"
        elif level > CLEAR and name in left:
            failed = "lost"
        elif level > CLEAR:
            tally.settled[f"clean, {LEVELS[level]} before losing {kind}"] += 1
        if failed:
            expected = "|".join(LEVELS[UNKNOWN:])
            why = f"after losing {kind}; with it: {LEVELS[level] if before else 'absent'}; {bound.why_least}"
            tally.failures.append(Failure(failed, facts.history.seed, subject.text, *key, expected, "clear", why))
    return tally


def names_what_is_lost(facts: Facts, subject: Subject, loss: Loss) -> bool:
    """Whether the subject is named by path and revision, and its own digest there was taken away."""
    path, mark, revision = subject.text.partition("@{")
    if not mark:
        return False
    version = facts.versions[path, subject.target]
    return path in loss.digests or any(
        (run, path) in loss.digests and int(revision.rstrip("}")) in facts.runs[run].holders for run in version.runs
    )


def right(facts: Facts, bounds: Mapping[Name, Bounds], *, greatest: bool = False) -> dict[tuple[str, str], Verdict]:
    """Verdicts that pass, to test the checks themselves: the least right ones, or the greatest."""
    return {
        (name[0], facts.digest(facts.versions[name])): Verdict(bound.greatest if greatest else bound.least)
        for name, bound in bounds.items()
    }
