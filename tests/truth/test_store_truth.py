"""Truth in the bytes across DVC and ML Metadata; thousands of pairs in the benchmarks."""

import random
from pathlib import Path

import pytest

from tests.truth.store_oracle import PairOracle
from tests.truth.store_product import affected, ancestors, called, ingested_pair, write_pair
from tests.truth.store_trial import store_trial
from tests.truth.store_world import CACHED, COMPLETE, EVIDENCE, generate_pair

pytest.importorskip("ml_metadata")


def test_pairs_hold_every_kind_of_evidence() -> None:
    pairs = [generate_pair(seed) for seed in range(30)]
    rows = [row for pair in pairs for store in pair.stores for row in store.rows]
    runs = [run for pair in pairs for store in pair.stores for run in store.runs]
    assert {(row.evidence, row.made) for row in rows} == {(kind, made) for kind in EVIDENCE for made in (True, False)}
    assert {run.state for run in runs} == {COMPLETE, CACHED}
    assert any(run.commits for run in runs)
    assert any(row.again and not row.made for row in rows)
    assert any(len(row.things) > 1 for row in rows)
    assert {len(pair.histories) for pair in pairs} == {1, 2}
    assert max(len(pair.stores) for pair in pairs) > 1
    states = [commit.state for pair in pairs for history in pair.histories for commit in history.commits]
    outs = [thing for state in states for thing in state.outs().values()]
    assert any(each.startswith("run:") for thing in outs for each in thing.origins), "data of runs reaches stages"
    read = [row for row in rows if not row.made and any(each.startswith("run:") for each in row.things[0].consumed())]
    assert any("/out/" in f"/{row.place[1]}" for row in read), "and comes back to runs"


@pytest.mark.parametrize("seed", range(7))
def test_no_verdict_contradicts_the_bytes_across_sources(tmp_path: Path, seed: int) -> None:
    failures = store_trial(seed, tmp_path, count=6, plain=seed % 2 == 0, searched=seed % 3 == 1).failures
    assert not failures, "\n" + "\n".join(failures)


@pytest.mark.parametrize("seed", range(1000, 1003))
def test_blast_radius_and_trace_equal_brute_force_across_sources(tmp_path: Path, seed: int) -> None:
    pair = generate_pair(seed, plain=True)
    sources = write_pair(pair, tmp_path, addressed=False)
    oracle = PairOracle([repository.path for repository in sources.repositories], sources.stores)
    known = set(oracle.digests)
    chance = random.Random(seed)
    with ingested_pair(sources, tmp_path / "case.duckdb", chance) as case:
        names = called(case)
        assert known <= set(names)
        contents = sorted({digest for digests in oracle.digests.values() for digest in digests})
        for digest in chance.sample(contents, 4):
            assert affected(case, digest) & known == oracle.blast_radius(oracle.of_digest(digest))
        for version in chance.sample(sorted(known), 6):
            assert affected(case, names[version]) & known == oracle.blast_radius({version})
            assert ancestors(case, names[version]) & known == oracle.trace(version) - {version}
