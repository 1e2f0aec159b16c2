"""``python -m tests.benchmarks.fsck``: a DVC cache hashed again, against ``md5sum`` over the same files.

``fsck`` computes sha256 beside md5, compares with the case and writes to it; its figures are of the whole process and,
in the line "hashing", of the hashing alone. Ratios are of one run on one machine, the cache warm for both; seconds of
processor time stand beside, since other work on the machine slows what uses two cores more than what uses one.
"""

import argparse
import hashlib
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from forensics_connectors.dvc.hashing import directory_digest
from forensics_connectors.dvc.stored import rehash, stored_files
from tests.support.gitrepo import GitRepo

_FORENSICS = [sys.executable, "-c", "from forensics.cli import main; raise SystemExit(main())"]
#: Files and bytes of each: what a cache of images, of tables, of models looks like.
_SHAPES = {"small": (30_000, 4 << 10), "middle": (6_000, 100 << 10), "large": (60, 16 << 20)}


def build(folder: Path, files: int, size: int) -> Path:
    """A repository that tracks one directory of that many files, all in the cache."""
    repo = GitRepo(folder / "repo")
    cache = repo.path / ".dvc" / "cache" / "files" / "md5"
    source = random.Random(files)
    members = []
    for number in range(files):
        data = source.randbytes(size)
        members.append((f"{number:06}.bin", _put(cache, data, "")))
    listing = json.dumps([{"md5": value, "relpath": name} for name, value in sorted(members)]).encode()
    digest = directory_digest(members)
    assert _put(cache, listing, ".dir") + ".dir" == digest.value
    entry = f"outs:\n- md5: {digest.value}\n  size: {files * size}\n  nfiles: {files}\n  hash: md5\n  path: data\n"
    repo.write({".dvc/config": "", ".dvc/.gitignore": "/cache\n", "data.dvc": entry})
    repo.commit("data")
    return repo.path


def _put(cache: Path, data: bytes, suffix: str) -> str:
    value = hashlib.md5(data, usedforsecurity=False).hexdigest()
    path = cache / value[:2] / (value[2:] + suffix)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return value


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds on the clock and of processor time, children included."""

    def spent() -> float:
        both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(one.ru_utime + one.ru_stime for one in both)

    start, before = time.perf_counter(), spent()
    work()
    return time.perf_counter() - start, spent() - before


def measure(shape: str, repeats: int, folder: Path) -> None:
    files, size = _SHAPES[shape]
    repo = build(folder, files, size)
    case = str(folder / "case.duckdb")
    subprocess.run([*_FORENSICS, "ingest", str(repo), "--case", case, "-q"], check=True, stdout=subprocess.DEVNULL)
    names = "\0".join(str(one.path) for one in stored_files(str(repo))).encode()

    def md5sum(*options: str) -> None:
        subprocess.run(["xargs", "-0", *options, "md5sum"], input=names, check=True, stdout=subprocess.DEVNULL)

    def fsck() -> None:
        command = [*_FORENSICS, "fsck", "--again", "--case", case, "-q", "-f", "json"]
        found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        assert found["results"] == [], found["results"][:3]

    works: dict[str, Callable[[], object]] = {
        "md5sum": md5sum,
        "md5sum, two at a time": lambda: md5sum("-P", "2", "-n", str(files // 8 + 1)),
        "hashing": lambda: sum(1 for _ in rehash(stored_files(str(repo)))),
        "fsck, whole process": fsck,
    }
    runs = {name: [timed(work) for _ in range(repeats)] for name, work in works.items()}
    found = {name: [statistics.median(column) for column in zip(*each, strict=True)] for name, each in runs.items()}
    wall = found["md5sum"][0]
    print(f"{shape}: {files:,} files of {size:,} bytes, load {os.getloadavg()[0]:.1f}")
    for name, (seconds, processor) in found.items():
        speed = files * size / seconds / 1e6
        print(
            f"  {name:24} {seconds:6.2f} s, {processor:6.2f} s cpu, {speed:6.0f} MB/s, {wall / seconds:.2f} of md5sum"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shapes", nargs="*", metavar="SHAPE", help=f"of {', '.join(_SHAPES)}; all where none is named")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where to build the repositories")
    asked = parser.parse_args()
    for shape in asked.shapes or _SHAPES:
        with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
            measure(shape, asked.repeats, Path(folder))


if __name__ == "__main__":
    main()
