"""Child processes that read what may be hostile: one can be killed, crash or run out of memory without harm.

The parent names a module, which is run as ``python -m MODULE ARGUMENT… FOLDER SECONDS MEMORY FILE_SIZE``: it confines
itself first, and leaves its answer in the folder.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from forensics.errors import SourceError
from forensics.values import dataclass

__all__ = ["Limits", "confine", "give", "run"]

_ANSWER = "answer.json"
_LARGEST_ANSWER = 16 << 20
_HINT = "read another copy of it, or leave it out"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may use.

    Attributes:
        seconds: of processor time, and of time on the clock.
        memory: bytes of address space.
        file_size: bytes of any file that it writes.
    """

    seconds: int
    memory: int
    file_size: int


def run(module: str, arguments: list[str], folder: Path, limits: Limits, locator: str) -> dict[str, Any]:
    """Runs a module in a child process, and waits for its answer.

    Args:
        module: the name of the module.
        arguments: what comes before the folder and the limits.
        folder: a scratch folder, where the child works.
        limits: what it may use.
        locator: what is read, for errors.

    Returns:
        What the child gave.

    Raises:
        SourceError: it failed, crashed or took too long, or gave no answer.
    """
    answer = folder / _ANSWER
    answer.unlink(missing_ok=True)
    bounds = [str(limits.seconds), str(limits.memory), str(limits.file_size)]
    path = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path if entry)
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", module, *arguments, str(folder), *bounds],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=limits.seconds,
            check=False,
        )
        if done.returncode or answer.stat().st_size > _LARGEST_ANSWER:
            raise SourceError(f"{locator}: reading it failed ({_reason(done.returncode)})", hint=_HINT, locator=locator)
        return dict(json.loads(answer.read_text()))
    except subprocess.TimeoutExpired:
        message = f"{locator}: reading it took longer than {limits.seconds} s"
        raise SourceError(message, hint=_HINT, locator=locator) from None
    except (OSError, ValueError):
        raise SourceError(f"{locator}: reading it failed without an answer", hint=_HINT, locator=locator) from None


def confine(bounds: list[str]) -> None:
    """Makes limits that ``run`` wrote down hold for this process."""
    try:
        import resource
    except ImportError:  # no such limits on Windows: there the parent's timeout alone ends it
        return
    kinds = (resource.RLIMIT_CPU, resource.RLIMIT_AS, resource.RLIMIT_FSIZE)
    for kind, value in zip(kinds, map(int, bounds), strict=True):
        _, most = resource.getrlimit(kind)
        limit = value if most == resource.RLIM_INFINITY else min(value, most)
        resource.setrlimit(kind, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def give(folder: Path, answer: dict[str, Any]) -> None:
    """Leaves the answer of this process where the parent looks for it."""
    (folder / _ANSWER).write_text(json.dumps(answer))


def _reason(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
