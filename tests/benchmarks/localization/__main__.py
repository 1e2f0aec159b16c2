"""The localization benchmark: ``python -m tests.benchmarks.localization --first 1000 --count 40 --jobs 2``.

Seeds 1000 to 1039 are for development, those from 2000 on for what is reported, those from 5000 on for the closing run.
"""

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from tests.benchmarks.localization.ours import everybody
from tests.benchmarks.localization.tables import TABLES, peers_only, show, trial


def main() -> None:
    """Runs the tables that were asked for and prints them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=int, default=1000, help="first seed")
    parser.add_argument("--count", type=int, default=40, help="histories, a seed each")
    parser.add_argument("--incidents", type=int, default=5, help="planted in each history")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--tables", default=",".join(TABLES), help=f"some of {', '.join(TABLES)}")
    parser.add_argument("--peers", action="store_true", help="the known methods alone")
    options = parser.parse_args()
    tables = options.tables.split(",")
    work = partial(
        trial, tables=tables, incidents=options.incidents, contestants=peers_only if options.peers else everybody
    )
    seeds = range(options.first, options.first + options.count)
    began = time.perf_counter()
    with ProcessPoolExecutor(options.jobs) as pool:
        trials = []
        for seed, found in zip(seeds, pool.map(work, seeds), strict=True):
            trials.append(found)
            print(f"seed {seed}: {time.perf_counter() - began:.0f} s", file=sys.stderr)
    took = time.perf_counter() - began
    print(f"Seeds {seeds[0]} to {seeds[-1]}, {options.incidents} incidents each (one in table C), {took:.0f} s.\n")
    print(show(trials))


if __name__ == "__main__":
    main()
