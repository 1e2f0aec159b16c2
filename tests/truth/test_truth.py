"""Truth in the bytes: what the product says of random histories; thousands of them in the benchmarks."""

import random
from pathlib import Path

import pytest

from tests.truth.facts import Facts, subjects
from tests.truth.generator import PLAIN, generate
from tests.truth.oracle import Oracle
from tests.truth.product import affected, ancestors, ingested, introducers, known_as
from tests.truth.repository import write
from tests.truth.trial import LOSSES, trial

SEEDS = 200
BATCH = 8


@pytest.mark.parametrize("first", range(0, SEEDS, BATCH))
def test_no_verdict_contradicts_the_bytes_whatever_evidence_is_lost(tmp_path: Path, first: int) -> None:
    failures = []
    for seed in range(first, first + BATCH):
        folder = tmp_path / str(seed)
        folder.mkdir()
        failures += trial(
            seed, folder, count=2, losses=(LOSSES[seed // 3 % len(LOSSES)],) if seed % 3 == 0 else ()
        ).failures
    assert not failures, "\n" + "\n".join(map(str, failures))


@pytest.mark.parametrize("seed", range(1000, 1010))
def test_blast_radius_trace_and_blame_equal_brute_force_on_plain_histories(tmp_path: Path, seed: int) -> None:
    history = generate(seed, PLAIN)
    repository = write(history, tmp_path / "repo")
    oracle = Oracle(repository.path)
    known = oracle.versions()
    every = [each for each in subjects(Facts(history)) if each.kind == "content" and "@" not in each.text]
    with ingested(repository.path, tmp_path / "case.duckdb") as case:
        called = known_as(case)
        for subject in random.Random(seed).sample(every, min(len(every), 5)):
            assert affected(case, subject.text) & known == oracle.blast_radius(subject.text)
            expected = {(path, oid) for path, oid in oracle.blame(subject.text)}
            held = {path for path, _ in expected}
            assert {pair for pair in introducers(case, subject.text) if pair[0] in held} == expected
        for path, digest in random.Random(seed).sample(sorted(known), min(len(known), 5)):
            found = ancestors(case, called[path, digest]) & known
            assert found == oracle.trace((path, digest)) - {(path, digest)}
