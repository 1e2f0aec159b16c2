"""The sample incident, built once for all workers of a test run."""

import fcntl
import pickle
import shutil
from dataclasses import replace
from pathlib import Path

from sample_repos.fraud import FraudSample, build


def shared_sample(folder: Path) -> FraudSample:
    """Builds the sample in ``folder``, or waits until another process has."""
    folder.mkdir(exist_ok=True)
    known = folder / "sample.pickle"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not known.exists():
            known.write_bytes(pickle.dumps(build(folder / "sample")))
    sample: FraudSample = pickle.loads(known.read_bytes())
    return sample


def copy_sample(sample: FraudSample, folder: Path) -> FraudSample:
    """Copies the repository and its storage, so that a test may change them."""
    copies = {name: folder / getattr(sample, name).name for name in ("repository", "storage")}
    for name, target in copies.items():
        shutil.copytree(getattr(sample, name), target, symlinks=True)
    return replace(sample, **copies)
