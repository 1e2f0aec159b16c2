"""The supply-chain sample, built once for all workers of a test run."""

import fcntl
import pickle
from pathlib import Path

from sample_repos.supply_chain import SupplyChainSample, build


def shared_sample(folder: Path) -> SupplyChainSample:
    """Builds the sample in ``folder``, or waits until another process has."""
    folder.mkdir(exist_ok=True)
    known = folder / "sample.pickle"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not known.exists():
            known.write_bytes(pickle.dumps(build(folder / "sample")))
    sample: SupplyChainSample = pickle.loads(known.read_bytes())
    return sample
