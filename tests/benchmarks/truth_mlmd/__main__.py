"""Thousands of pairs of sources, by hand: ``python -m tests.benchmarks.truth_mlmd --first 0 --count 1000 --jobs 2``."""

import argparse
import shutil
import tempfile
import time
import traceback
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from tests.truth.store_trial import StoreTally, store_trial


def once(seed: int, *, subjects: int, plain: bool, searched: bool) -> StoreTally:
    """One pair in a folder of its own; a crash is a failure."""
    folder = Path(tempfile.mkdtemp(prefix="truth-mlmd-"))
    try:
        return store_trial(seed, folder, count=subjects, plain=plain, searched=searched)
    except Exception:
        lines = [line.strip() for line in traceback.format_exc().strip().splitlines()[-5:]]
        return StoreTally(failures=[f"crash: seed {seed}: {' | '.join(lines)}"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    """Runs, and prints the counts and the first failures of each kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--subjects", type=int, default=6)
    parser.add_argument("--plain", action="store_true", help="bytes tell descent")
    parser.add_argument("--searched", action="store_true", help="caches hold the bytes, and are searched")
    parser.add_argument("--show", type=int, default=10, help="failures of each kind to print")
    options = parser.parse_args()
    work = partial(once, subjects=options.subjects, plain=options.plain, searched=options.searched)
    began = time.perf_counter()
    total = StoreTally()
    with ProcessPoolExecutor(options.jobs) as pool:
        for tally in pool.map(work, range(options.first, options.first + options.count), chunksize=2):
            total.add(tally)
    took = time.perf_counter() - began
    print(f"{options.count} pairs in {took:.1f} s, {options.count / took:.1f} a second")
    for title, counts in (("subject", total.counts), ("evidence", total.evidence)):
        print(f"\n| {title} | truth | clear | unknown | affected | unknown share |\n|---|---|---|---|---|---|")
        for what, truth in sorted({(what, truth) for what, truth, _ in counts}):
            found = [counts[what, truth, level] for level in ("clear", "unknown", "affected")]
            print(f"| {what} | {truth} | {' | '.join(map(str, found))} | {found[1] / sum(found):.1%} |")
    print("\n| evidence of a clean version that is unknown | reason | versions |\n|---|---|---|")
    for (evidence, reason), number in total.unknown.most_common(40):
        print(f"| {evidence} | {reason} | {number} |")
    kinds = Counter(failure.partition(":")[0] for failure in total.failures)
    print("\n| failure | count |\n|---|---|")
    for kind, number in kinds.most_common():
        print(f"| {kind} | {number} |")
    for kind in kinds:
        for failure in [each for each in total.failures if each.startswith(kind)][: options.show]:
            print(failure)
    raise SystemExit(bool(kinds))


if __name__ == "__main__":
    main()
