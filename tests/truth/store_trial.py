"""One pair of sources, held against the product."""

import random
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.truth.expectation import AFFECTED, CLEAR, LEVELS
from tests.truth.facts import Facts
from tests.truth.store_facts import Asked, Held, Key, choose_subjects, held
from tests.truth.store_product import Sources, asked_as, chain, ingested_pair, levels, write_pair
from tests.truth.store_world import generate_pair


@dataclass
class StoreTally:
    """Counts over many pairs.

    Attributes:
        counts: (kind of subject, truth, verdict), where truth is ``made`` or ``clean``.
        evidence: (kind of evidence, truth, verdict).
        unknown: (kind of evidence, reason) of clean versions that are unknown.
    """

    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    evidence: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    unknown: Counter[tuple[str, str]] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def add(self, other: "StoreTally") -> None:
        self.counts += other.counts
        self.evidence += other.evidence
        self.unknown += other.unknown
        self.failures += other.failures


def reached(asked: Asked, every: list[Held]) -> set[Key]:
    """Versions that may be affected.

    Those that were truly made with the subject; and those that no run on record made and that share bytes with one of
    these, or a member: a copy, as far as can be told (rule 3); and what was made with them.
    """
    found: set[Key] = set()
    targets, shared, size = set(asked.targets), set(asked.targets), -1
    while size != len(found):
        size = len(found)
        now = replace(asked, targets=frozenset(targets))
        for each in every:
            if each.key not in found and (each.made(now) or (each.is_root and shared & each.contents)):
                found.add(each.key)
                targets.update(thing.content for thing in each.things)
                shared |= each.contents
    return found


def check(tally: StoreTally, asked: Asked, every: list[Held], said: dict) -> list[tuple[str, Held]]:  # type: ignore[type-arg]
    """Counts, and returns what cannot be right."""
    wrong = []
    led_to = reached(asked, every)
    for each in every:
        made = each.key in led_to
        if each.key not in said:
            wrong.append(("absent", each))
            continue
        level, reason, _ = said[each.key]
        truth = "made" if made else "clean"
        tally.counts[asked.kind, truth, LEVELS[level]] += 1
        tally.evidence[each.evidence, truth, LEVELS[level]] += 1
        if not made and LEVELS[level] == "unknown":
            tally.unknown[each.evidence, reason] += 1
        if level == CLEAR and each.holds(asked):
            wrong.append(("false-clear", each))
        if level == AFFECTED and not made:
            wrong.append(("too-much", each))
    return wrong


def store_trial(seed: int, folder: Path, *, count: int = 4, plain: bool = False, searched: bool = False) -> StoreTally:
    """Checks one pair.

    Args:
        seed: of the pair.
        folder: an empty one.
        count: how many subjects to ask about.
        plain: as for ``generate_pair``.
        searched: caches hold the bytes, which are searched for what the stores name, as ``ingest`` does.
    """
    chance = random.Random(f"store trial {seed}")
    pair = generate_pair(seed, plain=plain)
    facts = [Facts(history) for history in pair.histories]
    every = list(held(pair, facts))
    sources: Sources = write_pair(pair, folder, files=searched)
    tally = StoreTally()
    with ingested_pair(sources, folder / "case.duckdb", chance, searched=searched) as case:
        for asked in choose_subjects(pair, facts, count, chance):
            text = asked_as(asked, sources)
            said = levels(case, text)
            if said is None:
                tally.failures.append(f"unresolved: seed {seed}: {text}")
                continue
            for kind, each in check(tally, asked, every, said):
                path = chain(case, text, said[each.key][2]) if each.key in said else ""
                tally.failures.append(f"{kind}: seed {seed}, {asked.text} ({text}): {each.key} {each.evidence} {path}")
    return tally
