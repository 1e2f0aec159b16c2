"""``fsck``: stored bytes are hashed again."""

import sys
import time
from typing import TYPE_CHECKING

import click

from forensics.cli.options import Shared, asking
from forensics.cli.output import emit

if TYPE_CHECKING:
    from forensics_queries.fsck import Progress

__all__ = ["fsck_command"]

_BETWEEN = 0.2  # seconds between two lines of progress
_MEGABYTE = 1_000_000


@click.command(
    "fsck",
    epilog="""\b
Examples:
  forensics fsck                     the stores of every git repository of the case
  forensics fsck path/to/repo        one of them, by its name or its place
  forensics fsck --again             also what has the size and the time of last time

Nothing is written but to the case: it keeps what was found at each path, with sha256, and a finding for each tampered
object, which forensics suspects then lists as a possible source. A run that was stopped goes on where it was. Exits
with 3 where a file or a source cannot be read.""",
)
@click.argument("sources", nargs=-1, metavar="[SOURCE...]")
@click.option("--again", is_flag=True, help="Hash files again that look as they did when they were hashed last.")
@asking()
def fsck_command(shared: Shared, sources: tuple[str, ...], again: bool) -> None:
    """Whether stored bytes are what the record says.

    Hashes DVC caches, local remotes and tracked files of the working tree, and names what is tampered with, changed,
    missing or unrecorded, with the releases that descend from it.
    """
    found = shared.opened(progress=_shown() if shared.shows_progress else None).fsck(*sources, again=again)
    emit(found.answer, shared)


def _shown() -> "Progress":
    start = last = time.monotonic()

    def show(files: int, of_files: int, size: int, of_size: int) -> None:
        nonlocal last
        now = time.monotonic()
        if files == of_files:
            sys.stderr.write("\r\x1b[K")
        elif now - last > _BETWEEN:
            last = now
            speed = size / max(now - start, 0.001) / _MEGABYTE
            done = f"{files:,} of {of_files:,} files, {size // _MEGABYTE:,} of {of_size // _MEGABYTE:,} MB"
            sys.stderr.write(f"\r\x1b[K{done}, {speed:,.0f} MB/s")
        sys.stderr.flush()

    return show
