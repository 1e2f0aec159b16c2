"""The truth checks accept what is right and reject what is wrong, and the generator covers what it says."""

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.truth.check import Verdict, right, verify, verify_degraded
from tests.truth.expectation import AFFECTED, CLEAR, UNKNOWN, Bounds, expect
from tests.truth.facts import Facts, Name, Subject, subjects
from tests.truth.generator import FEATURES, PLAIN, generate
from tests.truth.oracle import Oracle
from tests.truth.repository import Loss, write
from tests.truth.world import Blob, Tree

SEEDS = range(12)


def asked(seed: int, count: int = 3) -> Iterator[tuple[Facts, Subject, dict[Name, Bounds]]]:
    facts = Facts(generate(seed))
    every = subjects(facts)
    for subject in random.Random(seed).sample(every, min(count, len(every))):
        yield facts, subject, expect(facts, subject)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_least_and_the_greatest_right_verdicts_pass(seed: int) -> None:
    for facts, subject, bounds in asked(seed):
        for greatest in (False, True):
            assert not verify(facts, subject, bounds, right(facts, bounds, greatest=greatest)).failures


@pytest.mark.parametrize("seed", SEEDS)
def test_every_single_wrong_verdict_is_rejected(seed: int) -> None:
    for facts, subject, bounds in asked(seed):
        good = right(facts, bounds)
        for name, bound in bounds.items():
            key = (name[0], facts.digest(facts.versions[name]))
            for level in (CLEAR, UNKNOWN, AFFECTED):
                failures = verify(facts, subject, bounds, good | {key: Verdict(level)}).failures
                assert bool(failures) == (not bound.least <= level <= bound.greatest)
            missing = {each: verdict for each, verdict in good.items() if each != key}
            assert [failure.kind for failure in verify(facts, subject, bounds, missing).failures] == ["absent"]


def test_verdicts_that_ignore_one_rule_are_rejected_somewhere() -> None:
    """Clearing all that was only reached through a run, and accusing all that shares bytes, must both be caught."""
    caught: Counter[str] = Counter()
    for seed in range(40):
        for facts, subject, bounds in asked(seed):
            blind = {
                key: Verdict(AFFECTED if facts.versions[name].name[1] == subject.target else CLEAR)
                for name in bounds
                for key in [(name[0], facts.digest(facts.versions[name]))]
            }
            caught.update(failure.kind for failure in verify(facts, subject, bounds, blind).failures)
            everything = {key: Verdict(AFFECTED) for key in blind}
            caught.update(failure.kind for failure in verify(facts, subject, bounds, everything).failures)
    assert caught["false-clear"] > 100
    assert caught["too-much"] > 100


def test_losing_evidence_must_not_lose_taint() -> None:
    caught: Counter[str] = Counter()
    for seed in SEEDS:
        for facts, subject, bounds in asked(seed):
            full = right(facts, bounds, greatest=True)
            assert not verify_degraded(facts, subject, bounds, full, full, "nothing").failures
            gone = {key: Verdict(CLEAR) for key in full}
            for failure in verify_degraded(facts, subject, bounds, full, gone, "all").failures:
                caught[failure.kind] += 1
            assert not verify_degraded(facts, subject, bounds, full, {}, "every version").failures
    assert caught.keys() == {"false-clear", "lost"}


def test_a_copy_may_only_be_clear_when_no_original_is_left() -> None:
    settled = failed = 0
    for seed in range(60):
        for facts, subject, bounds in asked(seed):
            full = right(facts, bounds, greatest=True)
            made = [version for version in facts.versions.values() if version.runs]
            for version in facts.versions.values():
                originals = [each for each in made if each.name[1] == version.name[1]]
                if version.stated and not version.runs and originals and version.name in bounds:
                    clear = {(version.name[0], facts.digest(version)): Verdict(CLEAR)}
                    lost = Loss(entries=frozenset(run for each in originals for run in each.runs))
                    settled += sum(
                        verify_degraded(facts, subject, bounds, full, clear, "entries", lost).settled.values()
                    )
                    failed += len(verify_degraded(facts, subject, bounds, full, clear, "entries").failures)
    assert settled > 5
    assert failed > 5


@pytest.mark.parametrize("seed", range(40))
def test_what_holds_a_token_was_made_with_the_file_that_it_was_written_to(seed: int) -> None:
    history = generate(seed)
    facts = Facts(history)
    for subject in subjects(facts):
        for version in facts.versions.values():
            for thing in version.things:
                if subject.kind == "content" and thing.tokens() & subject.tokens:
                    assert subject.target in thing.consumed()


def test_the_generator_makes_all_that_it_lists() -> None:
    seen: Counter[str] = Counter()
    for seed in range(150):
        history = generate(seed)
        facts = Facts(history)
        made = Counter[str]()
        for run in facts.runs.values():
            made["merged lock"] += any(not entry.ran for entry in run.entries)
            made["persisted"] += any(entry.persists for entry in run.entries)
            made["undeclared code"] += any(entry.undeclared for entry in run.entries)
            made["uncommitted code"] += any(entry.uncommitted for entry in run.entries)
            made["recorded twice"] += len(run.recorded) > 1
        for version in facts.versions.values():
            thing = version.things[0]
            made["part of a directory"] += bool(version.wholes) and isinstance(thing, Blob)
            made["sub-directory"] += bool(version.wholes) and isinstance(thing, Tree)
            made["directory of outs"] += bool(version.parts) and any(facts.versions[p].runs for p in version.parts)
            made["directory of code"] += bool(version.parts) and all(not facts.versions[p].runs for p in version.parts)
            made["made in two ways"] += len(version.runs) > 1
            made["empty"] += thing.size == 0
            made["without a token"] += bool(version.runs) and not thing.tokens()
        made["several projects"] += len(history.roots) > 1
        made["legacy"] += bool(history.legacy)
        made["uncommitted run"] += any("rehearse" in commit.message for commit in history.commits)
        made["merge"] += any(len(commit.parents) > 1 for commit in history.commits)
        made["foreach"] += any(stage.items for commit in history.commits for stage in commit.state.stages.values())
        made["annotated tag"] += any("@" in tag for tag in history.tags)
        seen.update(kind for kind, count in made.items() if count)
    rare = {kind: count for kind, count in seen.items() if count < 5}
    assert not rare
    assert len(seen) == 18


@pytest.mark.parametrize("seed", range(3))
def test_the_oracle_and_the_world_agree_on_plain_histories(tmp_path: Path, seed: int) -> None:
    history = generate(seed, PLAIN)
    facts = Facts(history)
    oracle = Oracle(write(history, tmp_path / "repo").path)
    for subject in subjects(facts):
        if subject.kind == "content" and "@" not in subject.text:
            made = {
                (version.name[0], facts.digest(version))
                for version in facts.versions.values()
                if any(subject.target in thing.consumed() for thing in version.things)
            }
            assert oracle.blast_radius(subject.text) == {pair for pair in made if pair in oracle.versions()}


def test_features_are_chosen_by_name() -> None:
    assert FEATURES.keys() >= PLAIN
