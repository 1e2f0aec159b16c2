"""A story is told in a process of its own, so that nothing of the caller's leaks into the commits."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .repository import environment

__all__ = ["OnStep", "Reporter", "report", "run_story"]

#: Told of each commit: which it is, of how many, and its message.
OnStep = Callable[[int, int, str], None]


def run_story(module: str, arguments: list[str], steps: int, on_step: OnStep | None = None) -> dict[str, Any]:
    """Runs a module that tells a story, in the parent's part of the conversation that ``report`` begins.

    Args:
        module: its full name.
        arguments: for it.
        steps: how many commits it makes.
        on_step: told of each of them.

    Returns:
        What the story said at its end.

    Raises:
        RuntimeError: git or DVC failed, or is not installed; with the end of what they said.
    """
    here = Path(__file__).resolve()
    with tempfile.TemporaryDirectory(prefix="sample-") as scratch, tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=here.parents[len(__name__.split(".")) - 1],
            env=environment(Path(scratch)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            encoding="utf-8",
            umask=0o022,
        )
        moments: dict[str, Any] | None = None
        try:
            assert process.stdout is not None
            for line in process.stdout:
                told = json.loads(line)
                moments = told.get("moments")
                if on_step is not None and moments is None:
                    on_step(told["step"], steps, told["message"])
        except BaseException:
            process.kill()
            raise
        finally:
            process.communicate()
        if process.returncode or moments is None:
            log.seek(0)
            raise RuntimeError(f"the sample could not be built: {log.read().decode(errors='replace')[-2000:].strip()}")
    return moments


class Reporter:
    """Tells the parent process of each commit, one line of JSON each; call it with the message."""

    def __init__(self, channel: int) -> None:
        self._channel = channel
        self._step = 0

    def __call__(self, message: str) -> None:
        """Tells the parent of one commit."""
        self._step += 1
        self._write({"step": self._step, "message": message.partition("\n")[0]})

    def end(self, moments: dict[str, Any]) -> None:
        """Tells the key moments, last."""
        self._write({"moments": moments})

    def _write(self, line: dict[str, Any]) -> None:
        os.write(self._channel, (json.dumps(line) + "\n").encode())


@contextmanager
def report() -> Iterator[Reporter]:
    """Reports on stdout, where nothing else may write from then on."""
    channel = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    try:
        yield Reporter(channel)
    finally:
        os.close(channel)
