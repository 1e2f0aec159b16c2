"""``python -m tests.benchmarks.ingest``: ingest against DVC's own walk, a second ingest, large locks, long histories.

Ratios are of one run on one machine; absolute times are only there to form them.
"""

import argparse
import compileall
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from tests.benchmarks.ingest.histories import deep_lock, many_files, pipeline

_WALK = """
import random, sys, time
from dvc.repo import Repo
repo = Repo(sys.argv[1])
revs = repo.scm.list_all_commits()
sample = random.Random(1).sample(revs, min(int(sys.argv[2]), len(revs)))
start = time.perf_counter()
for _ in repo.brancher(revs=sample):
    if _ == "workspace":
        continue
    len(list(repo.index.outs))
print(len(revs), (time.perf_counter() - start) / len(sample))
"""


#: Of both sides alike: modules are taken from their compiled form, as they are wherever nobody forbids it.
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def run(command: list[str]) -> tuple[float, int]:
    """Runs a whole process: seconds of wall clock, and its own peak memory in MB."""
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+") as said:
        child = subprocess.Popen(command, env=_ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=said)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode not in (0, 3):
            said.seek(0)
            raise SystemExit(said.read())
    return time.perf_counter() - start, used.ru_maxrss // 1024


def ingest(repository: Path, case: Path) -> tuple[float, int, dict[str, float]]:
    """Ingests in a process of its own: seconds, peak MB, and the seconds of each phase."""
    forensics = [sys.executable, "-c", "from forensics.cli import main; main()"]
    seconds, peak = run([*forensics, "ingest", str(repository), "--case", str(case)])
    with duckdb.connect(str(case), read_only=True) as connection:
        details = connection.execute("SELECT details FROM acquisitions ORDER BY acquisition_id DESC").fetchall()[0][0]
    return seconds, peak, json.loads(details)


def against_dvc(folder: Path, commits: int, sample: int) -> list[str]:
    """The pipeline history: first and second ingest, and DVC's walk on a sample of its commits."""
    repository, case = folder / "pipeline", folder / "pipeline.duckdb"
    pipeline(repository, commits)
    first, peak, phases = ingest(repository, case)
    second, _, _ = ingest(repository, case)
    walked = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _WALK, str(repository), str(sample)],
        capture_output=True, text=True, check=True, env=_ENVIRONMENT,
    )  # fmt: skip
    count, each = walked.stdout.split()[-2:]
    dvc = int(count) * float(each)
    split = ", ".join(f"{name} {value}" for name, value in sorted(phases.items()) if "second" in name)
    return [
        f"| ingest of {count} commits, whole process | {first:.2f} s, {peak} MB | 1 |",
        f"| of that | {split} | |",
        f"| second ingest, nothing new | {second:.2f} s | {second / first:.3f} |",
        f"| DVC's walk, {sample} commits scaled to {count} | {dvc:.0f} s | {dvc / first:.0f} |",
    ]


def large_lock(folder: Path, commits: int, stages: int) -> list[str]:
    """Reading cost follows the distinct stages: the same lock at ten times the commits is not ten times the work."""
    rows = []
    times = []
    for count in (commits // 10, commits):
        repository = folder / f"lock-{count}"
        deep_lock(repository, count, stages)
        seconds, peak, _ = ingest(repository, folder / f"lock-{count}.duckdb")
        times.append(seconds)
        rows.append(
            f"| dvc.lock of {stages} stages, {count} commits | {seconds:.2f} s, {peak} MB | {seconds / times[0]:.2f} |"
        )
    return rows


def long_history(folder: Path, commits: int, files: int) -> list[str]:
    """Memory follows the distinct metadata, not commits times files."""
    repository = folder / "many"
    many_files(repository, commits, files)
    seconds, peak, _ = ingest(repository, folder / "many.duckdb")
    return [f"| {commits} commits of {files} tracked files | {seconds:.1f} s, {peak} MB | |"]


def main() -> None:
    """Runs the benchmarks that are named, all by default."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("which", nargs="*", default=["dvc", "lock", "long"])
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full size")
    parser.add_argument("--sample", type=int, default=40, help="commits that DVC walks")
    parser.add_argument("--output", type=Path)
    given = parser.parse_args()

    def size(full: int) -> int:
        return max(10, int(full * given.scale))

    tables: dict[str, Callable[[Path], list[str]]] = {
        "dvc": lambda folder: against_dvc(folder, size(2000), given.sample),
        "lock": lambda folder: large_lock(folder, size(500), size(3000)),
        "long": lambda folder: long_history(folder, size(50_000), size(8000)),
    }
    for folder in ("forensics", "connectors", "queries"):
        compileall.compile_dir(folder, quiet=2)
    lines = ["| what | figure | ratio to the first row |", "|---|---|---|"]
    for name in given.which:
        with tempfile.TemporaryDirectory() as folder:
            lines += tables[name](Path(folder))
        sys.stdout.write("\n".join(lines) + "\n")
    if given.output:
        given.output.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
