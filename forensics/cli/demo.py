"""The walk-through: a sample incident is built, and the three questions are asked of it."""

import os
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import chdir, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import fill
from typing import Any

import click

from forensics.api.samples import build_sample
from forensics.cli.stories import STORIES, Story
from forensics.errors import UsageError

__all__ = ["run_demo"]

Echo = Callable[[str], None]
_WIDTH = 100


def run_demo(
    keep: Path | None = None, echo: Echo = click.echo, *, incident: str = "fraud", progress: bool | None = None
) -> int:
    """Builds a sample incident and investigates it, each command printed before its answer.

    Args:
        keep: a new or empty folder for the sources and the case; a temporary one, removed at the end, if None.
        incident: which one, by its name in ``STORIES``.
        echo: takes each line of the story; the answers of the commands go to stdout by themselves.
        progress: whether stderr shows how far the building is; by default where it is a terminal.

    Returns:
        The highest exit code of the commands.

    Raises:
        UsageError: ``keep`` holds something already.
        ForensicsError: the sample could not be built, or what a command raised.
    """
    progress = sys.stderr.isatty() if progress is None else progress
    if keep is None:
        with TemporaryDirectory(prefix="forensics-demo-") as folder:
            code = _walk(incident, Path(folder), echo, progress)
        echo("The temporary folder is removed. To go on by yourself: forensics demo --keep DIR")
        return code
    if keep.exists() and (not keep.is_dir() or any(keep.iterdir())):
        raise UsageError(f"{keep} is not an empty folder", hint="name a new one: forensics demo --keep DIR")
    code = _walk(incident, keep, echo, progress)
    echo(f"The sources and the case are kept. Go on with: cd {shlex.quote(str(keep))} && forensics --help")
    return code


def _walk(incident: str, folder: Path, echo: Echo, progress: bool) -> int:
    story = STORIES[incident]
    sample = _build(incident, story, folder, echo, progress)
    code = 0
    with _standing_in(folder):
        echo(f"$ cd {shlex.quote(str(folder))}")
        for sentence, arguments in story.steps(sample):
            echo(f"\n{fill(sentence, _WIDTH)}\n\n$ forensics {shlex.join(arguments)}")
            sys.stdout.flush()
            code = max(code, _run(arguments))
    echo("\nThe restore commands are printed, not run: that is for you to decide.")
    return code


def _build(incident: str, story: Story, folder: Path, echo: Echo, progress: bool) -> Any:
    echo(story.opening)
    start = time.perf_counter()

    def show(step: int, steps: int, message: str) -> None:
        sys.stderr.write(f"\r\x1b[Kbuilding the sample: commit {step} of {steps}, {message[:50]}")
        sys.stderr.flush()

    try:
        sample = build_sample(incident, folder, show if progress else None)
    finally:
        if progress:
            sys.stderr.write("\r\x1b[K")
    echo(f"{story.built(sample)}, built with git and DVC in {time.perf_counter() - start:.0f} s.")
    echo(f"{fill(story.trouble(sample), _WIDTH)}\n")
    return sample


@contextmanager
def _standing_in(folder: Path) -> Iterator[None]:
    """Commands see the folder's own case, whatever case the user works on."""
    case = os.environ.pop("FORENSICS_CASE", None)
    try:
        with chdir(folder):
            yield
    finally:
        if case is not None:
            os.environ["FORENSICS_CASE"] = case


def _run(arguments: Sequence[str]) -> int:
    from forensics.cli import cli

    words = sys.argv
    sys.argv = ["forensics", *arguments]  # what the journal writes down
    try:
        code = cli.main(list(arguments), prog_name="forensics", standalone_mode=False)
    finally:
        sys.argv = words
    return code if isinstance(code, int) else 0
