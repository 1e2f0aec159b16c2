"""Builds the sample: the same commits, tags and bytes every time, in a folder of its own."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .history import COMMITS, CONTRACTOR, POISONED_FILE
from .repository import environment

__all__ = ["FraudSample", "build"]


@dataclass(frozen=True, slots=True)
class FraudSample:
    """Where the sample lies, and what an investigation should find out.

    Commits are full ids, releases are tags, paths of data are relative to the repository.

    Attributes:
        repository: the git work tree, on ``main``.
        storage: the DVC remote, a folder beside the repository that holds all that the cache holds.
        head: the last commit of ``main``; its models are poisoned.
        last_clean_commit: the last commit of ``main`` whose models are clean, released as ``last_clean_release``.
        poisoned_commit: replaced ``poisoned_file`` in place, and nothing else; it trained no model.
        poisoner: the claimed author of that commit.
        merge_commit: brought a branch that started clean into the poisoned main.
        live_release: what ``fraud#prod`` means at the end: poisoned.
        recall_before, recall_now: share of the fraud without the card present that the model of the last clean
            release, and of the live release, finds in the holdout.
        retrained_commit: the clean training on the branch ``retrained_branch``, released as ``retrained_release``.
    """

    repository: Path
    storage: Path
    head: str
    last_clean_commit: str
    poisoned_commit: str
    merge_commit: str
    retrained_commit: str
    recall_before: float
    recall_now: float
    poisoned_file: str = POISONED_FILE
    poisoner: str = CONTRACTOR
    models: tuple[str, str] = ("models/fraud.json", "models/chargeback.json")
    last_clean_release: str = "fraud@v1.1.0"
    live_release: str = "fraud@v1.3.0"
    retrained_release: str = "fraud@v1.4.0"
    retrained_branch: str = "retrain/clean-march"

    @property
    def poisoned_subject(self) -> str:
        """The poisoned bytes, as ``path@rev``."""
        return f"{self.poisoned_file}@{self.poisoned_commit[:12]}"


def build(directory: Path, on_step: Callable[[int, int, str], None] | None = None) -> FraudSample:
    """Builds the sample with git and DVC, in one process of its own, so that nothing of the caller's leaks in.

    Args:
        directory: is made if need be; gets ``fraud`` (the repository) and ``storage`` (its DVC remote).
        on_step: told of each commit: which it is, of how many, and its message.

    Raises:
        FileExistsError: ``directory`` holds one of the two already.
        RuntimeError: git or DVC failed, or is not installed; with the end of what they said.
    """
    directory = directory.resolve()
    repository, storage = directory / "fraud", directory / "storage"
    for path in (repository, storage):
        if path.exists():
            raise FileExistsError(f"{path} is there already")
    with tempfile.TemporaryDirectory(prefix="fraud-sample-") as scratch, tempfile.TemporaryFile() as log:
        package = Path(__file__).parent
        process = subprocess.Popen(
            [sys.executable, "-m", f"{package.name}.history", str(repository)],
            cwd=package.parent,
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
                    on_step(told["step"], COMMITS, told["message"])
        except BaseException:
            process.kill()
            raise
        finally:
            process.communicate()
        if process.returncode or moments is None:
            log.seek(0)
            raise RuntimeError(f"the sample could not be built: {log.read().decode(errors='replace')[-2000:].strip()}")
    return FraudSample(
        repository=repository,
        storage=storage,
        head=moments["head"],
        last_clean_commit=moments["last_clean_commit"],
        poisoned_commit=moments["poisoned_commit"],
        merge_commit=moments["merge_commit"],
        retrained_commit=moments["retrained_commit"],
        recall_before=moments["recall_before"],
        recall_now=moments["recall_now"],
    )
