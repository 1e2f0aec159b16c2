"""The walk-through: a sample incident is built, and the three questions are asked of it."""

import os
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import chdir, contextmanager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import fill
from typing import Any

import click

from forensics.errors import ForensicsError, UsageError

__all__ = ["run_demo"]

Echo = Callable[[str], None]
_WIDTH = 100


def run_demo(keep: Path | None = None, echo: Echo = click.echo, *, progress: bool | None = None) -> int:
    """Builds the sample incident and investigates it, each command printed before its answer.

    Args:
        keep: a new or empty folder for the repository and the case; a temporary one, removed at the end, if None.
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
            code = _walk(Path(folder), echo, progress)
        echo("The temporary folder is removed. To go on by yourself: forensics demo --keep DIR")
        return code
    if keep.exists() and (not keep.is_dir() or any(keep.iterdir())):
        raise UsageError(f"{keep} is not an empty folder", hint="name a new one: forensics demo --keep DIR")
    code = _walk(keep, echo, progress)
    echo(f"The repository and the case are kept. Go on with: cd {shlex.quote(str(keep))} && forensics --help")
    return code


def _walk(folder: Path, echo: Echo, progress: bool) -> int:
    sample = _build(folder, echo, progress)
    suspect = f"{sample.poisoned_file}@HEAD"
    model = sample.models[0]
    story: list[tuple[str, list[str]]] = [
        (
            "First read the evidence into a case: every commit of every branch, and what DVC recorded there. "
            "The repository itself is not touched.",
            ["ingest", sample.repository.name],
        ),
        (
            "Where did it come from? In March of vendor B there is no online fraud at all, which is odd. "
            "Who brought these bytes in?",
            ["blame", suspect],
        ),
        (
            f"Not the vendor's feed, but a later commit by {sample.poisoner}, which put another file in its place. "
            "State that these bytes are bad, with who says so and why: every verdict starts from such marks.",
            ["mark", "add", "bad", suspect, "--reason", "labels of online fraud were flipped", "--author",
             "analyst@example.com"],
        ),
        ("What does it touch? Everything that was made from the bad bytes, what is in use first.", ["blast-radius"]),
        (
            f"What do we go back to? {sample.live_release} is in production and affected. "
            "Find the newest clean version, with its bytes re-hashed.",
            ["rollback", model],
        ),
    ]  # fmt: skip
    code = 0
    with _standing_in(folder):
        echo(f"$ cd {shlex.quote(str(folder))}")
        for sentence, arguments in story:
            echo(f"\n{fill(sentence, _WIDTH)}\n\n$ forensics {shlex.join(arguments)}")
            sys.stdout.flush()
            code = max(code, _run(arguments))
    echo("\nThe restore commands are printed, not run: that is for you to decide.")
    return code


def _build(folder: Path, echo: Echo, progress: bool) -> Any:
    echo("A team trains two models on card payments that two vendors deliver. Their repository, with its DVC data:")
    start = time.perf_counter()

    def show(step: int, steps: int, message: str) -> None:
        sys.stderr.write(f"\r\x1b[Kbuilding the repository: commit {step} of {steps}, {message[:50]}")
        sys.stderr.flush()

    try:
        sample = _sample_package().build(folder, show if progress else None)
    except (RuntimeError, OSError) as error:
        last = str(error).strip().splitlines()[-1]
        raise ForensicsError(
            f"the sample could not be built: {last}", hint="git must be on the PATH, and the folder writable"
        ) from error
    finally:
        if progress:
            sys.stderr.write("\r\x1b[K")
    echo(f"{sample.repository.name}/, built with git and DVC in {time.perf_counter() - start:.0f} s.")
    trouble = (
        f"Since spring, fraud in online shops slips through: the model found {sample.recall_before:.0%} of it, now it "
        f"finds {sample.recall_now:.0%}. Nobody noticed, because its accuracy went up."
    )
    echo(f"{fill(trouble, _WIDTH)}\n")
    return sample


def _sample_package() -> Any:
    """The package that builds the sample: in the wheel, or in the checkout that is installed."""
    here = Path(__file__).resolve().parents[1]
    for folder in (here / "_samples" / "fraud", here.parent / "sample_repos" / "fraud"):
        start, name = folder / "__init__.py", "forensics_sample_fraud"
        spec = spec_from_file_location(name, start, submodule_search_locations=[str(folder)])
        if start.exists() and spec is not None and spec.loader is not None:
            module = sys.modules[name] = module_from_spec(spec)
            spec.loader.exec_module(module)
            return module
    raise ForensicsError("the sample is not part of this installation", hint="install the wheel or the whole checkout")


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
