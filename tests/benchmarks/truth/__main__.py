"""Thousands of truth histories, by hand: ``python -m tests.benchmarks.truth --first 0 --count 5000 --jobs 2``."""

import argparse
import shutil
import tempfile
import time
import traceback
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from tests.truth.check import Failure, Tally
from tests.truth.trial import LOSSES, trial


def once(seed: int, *, subjects: int, losses: tuple[str, ...]) -> Tally:
    """One history in a folder of its own; a crash is a failure."""
    folder = Path(tempfile.mkdtemp(prefix="truth-"))
    try:
        return trial(seed, folder, count=subjects, losses=losses)
    except Exception:
        last = traceback.format_exc().strip().splitlines()
        crash = Failure(
            "crash", seed, "", "", "", "an answer", last[-1], " ".join(line.strip() for line in last[-5:-1])
        )
        return Tally(failures=[crash])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    """Runs, and prints the counts and the first failures of each kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--subjects", type=int, default=6)
    parser.add_argument("--losses", default=",".join(LOSSES))
    parser.add_argument("--show", type=int, default=10, help="failures of each kind to print")
    options = parser.parse_args()
    losses = tuple(filter(None, options.losses.split(",")))
    work = partial(once, subjects=options.subjects, losses=losses)
    seeds = range(options.first, options.first + options.count)
    began = time.perf_counter()
    total = Tally()
    with ProcessPoolExecutor(options.jobs) as pool:
        for tally in pool.map(work, seeds, chunksize=4):
            total.add(tally)
    took = time.perf_counter() - began
    print(f"{options.count} histories in {took:.1f} s, {options.count / took:.1f} a second")
    print("\n| truth | verdict | versions |\n|---|---|---|")
    for (truth, verdict), count in sorted(total.counts.items()):
        print(f"| {truth} | {verdict} | {count} |")
    print(f"\nclean but unknown: {total.share('clean', 'unknown'):.2%}")
    print("\n| class of a clean version that is not clear | versions |\n|---|---|")
    for why, count in total.predicted.most_common():
        print(f"| {why or 'none: a failure'} | {count} |")
    print(f"\nafter taking evidence away, {total.degraded} verdicts; of these became clear, and may")
    print("\n| what | versions |\n|---|---|")
    for what, count in sorted(total.settled.items()):
        print(f"| {what} | {count} |")
    kinds = Counter(failure.kind for failure in total.failures)
    print("\n| failure | count | seeds |\n|---|---|---|")
    for kind, count in kinds.most_common():
        print(f"| {kind} | {count} | {len({each.seed for each in total.failures if each.kind == kind})} |")
    for kind in kinds:
        for failure in [each for each in total.failures if each.kind == kind][: options.show]:
            print(failure)
    raise SystemExit(bool(kinds))


if __name__ == "__main__":
    main()
