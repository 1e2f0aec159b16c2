"""One history, held against the product: on full evidence, then with evidence taken away."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.truth.check import Failure, Tally, Verdict, verify, verify_degraded
from tests.truth.expectation import Bounds, expect
from tests.truth.facts import Facts, Name, Subject, subjects
from tests.truth.generator import generate
from tests.truth.product import ingested, text, verdicts
from tests.truth.repository import Loss, Repository, shallow, write
from tests.truth.world import Tree

LOSSES = ("listings", "entries", "digests", "sizes", "commits")


@dataclass
class Asked:
    """One subject with what is right and what the product said on full evidence."""

    subject: Subject
    bounds: dict[Name, Bounds]
    full: dict[tuple[str, str], Verdict]


def choose(facts: Facts, count: int, chance: random.Random) -> list[Subject]:
    """Some subjects, the kinds in turn."""
    every = subjects(facts)
    chance.shuffle(every)
    kinds = [
        [subject for subject in every if subject.kind == "content" and "@" not in subject.text],
        [subject for subject in every if subject.kind == "commit"],
        [subject for subject in every if subject.kind == "content" and "@" in subject.text],
    ]
    found: list[Subject] = []
    while len(found) < count and any(kinds):
        for kind in kinds:
            if kind and len(found) < count:
                found.append(kind.pop())
    return found


def lose(facts: Facts, kind: str, chance: random.Random) -> Loss:
    """Some evidence of one kind to take away."""

    def some(every: set[object]) -> frozenset[object]:
        ordered = sorted(every, key=repr)
        return frozenset(chance.sample(ordered, min(len(ordered), chance.randint(1, 3))))

    if kind == "listings":
        trees = {v.name[1] for v in facts.versions.values() if v.stated and isinstance(v.things[0], Tree)}
        return Loss(listings=frozenset(map(str, some(set(trees)))))
    if kind == "entries":
        return Loss(entries=frozenset(identity for identity in some(set(facts.runs)) if isinstance(identity, tuple)))
    if kind == "digests":
        lines: set[object] = {
            (identity, path) for identity, run in facts.runs.items() for path, _ in (*run.entry.deps, *run.entry.outs)
        }
        data = {version.name[0] for version in facts.versions.values() if version.stated and not version.runs}
        return Loss(digests=some(lines | data))
    return Loss(sizes=kind == "sizes")


def trial(
    seed: int, folder: Path, *, count: int = 4, losses: tuple[str, ...] = LOSSES, features: frozenset[str] | None = None
) -> Tally:
    """Checks one history.

    Args:
        folder: an empty one.
        count: how many subjects to ask about.
        losses: kinds of evidence to take away, each from the full history.
        features: as for ``generate``.
    """
    chance = random.Random(f"trial {seed}")
    history = generate(seed, features)
    facts = Facts(history)
    repository = write(history, folder / "full")
    tally = Tally()
    asked = []
    with ingested(repository.path, folder / "full.duckdb") as case:
        for subject in choose(facts, count, chance):
            said = verdicts(case, text(subject, repository))
            if said is None:
                why = "a subject that some commit holds"
                tally.failures.append(Failure("unresolved", seed, subject.text, "", "", "found", "nothing", why))
                continue
            bounds = expect(facts, subject)
            tally.add(verify(facts, subject, bounds, said))
            asked.append(Asked(subject, bounds, said))
    for kind in losses:
        for found in _degraded(facts, repository, asked, kind, chance, folder):
            tally.add(found)
    return tally


def _degraded(
    facts: Facts, repository: Repository, asked: list[Asked], kind: str, chance: random.Random, folder: Path
) -> Iterator[Tally]:
    place = folder / kind
    if kind == "commits":
        less = shallow(repository, chance.randint(1, 3), place)
    else:
        less = write(facts.history, place, lose(facts, kind, chance))
    with ingested(less.path, folder / f"{kind}.duckdb") as case:
        for each in asked:
            said = verdicts(case, text(each.subject, less))
            if said is not None:
                yield verify_degraded(facts, each.subject, each.bounds, each.full, said, kind, less.loss)
