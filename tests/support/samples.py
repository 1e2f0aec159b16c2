"""Sample repositories, each built once for all workers of a test run."""

import fcntl
import pickle
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest

from sample_repos.fraud import FraudSample

__all__ = ["copy_sample", "shared_folder", "shared_sample"]

T = TypeVar("T")


def shared_folder(factory: pytest.TempPathFactory, request: pytest.FixtureRequest, name: str) -> Path:
    """A folder that all workers of this test run have in common."""
    base = factory.getbasetemp()
    return (base.parent if hasattr(request.config, "workerinput") else base) / name


def shared_sample(build: Callable[[Path], T], folder: Path) -> T:
    """Builds a sample in ``folder``, or waits until another process has."""
    folder.mkdir(exist_ok=True)
    known = folder / "sample.pickle"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not known.exists():
            known.write_bytes(pickle.dumps(build(folder / "sample")))
    sample: T = pickle.loads(known.read_bytes())
    return sample


def copy_sample(sample: FraudSample, folder: Path) -> FraudSample:
    """Copies the repository and its storage, so that a test may change them."""
    copies = {name: folder / getattr(sample, name).name for name in ("repository", "storage")}
    for name, target in copies.items():
        shutil.copytree(getattr(sample, name), target, symlinks=True)
    return replace(sample, **copies)
