"""The sample incidents, for those who want to try a question before they have a case."""

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from forensics.errors import ForensicsError, UsageError

__all__ = ["INCIDENTS", "build_sample", "sample_package"]

#: The incidents, and the package below ``sample_repos`` that builds each.
INCIDENTS = {"fraud": "fraud", "supply-chain": "supply_chain"}


def build_sample(incident: str, folder: str | Path, on_step: Callable[[int, int, str], None] | None = None) -> Any:
    """Builds a sample incident with git and DVC: the same commits and bytes every time.

    Args:
        incident: ``fraud`` or ``supply-chain``.
        folder: is made if need be.
        on_step: told of each commit: which it is, of how many, and its message.

    Returns:
        Where the sample lies, and what an investigation should find out: a ``FraudSample`` or ``SupplyChainSample``.

    Raises:
        UsageError: there is no such incident.
        ForensicsError: it could not be built, since git is missing or the folder holds a sample already.
    """
    if incident not in INCIDENTS:
        raise UsageError(f"there is no sample incident {incident!r}", hint=f"there are: {', '.join(INCIDENTS)}")
    try:
        return sample_package(INCIDENTS[incident]).build(Path(folder), on_step)
    except (RuntimeError, OSError) as error:
        last = str(error).strip().splitlines()[-1]
        raise ForensicsError(
            f"the sample could not be built: {last}", hint="git must be on the PATH, and the folder writable"
        ) from error


def sample_package(name: str) -> Any:
    """The package that builds a sample: in the wheel, or in the checkout that is installed.

    Raises:
        ForensicsError: the installation has no samples.
    """
    here = Path(__file__).resolve().parents[1]
    for parent, folder in (("forensics._samples", here / "_samples"), ("sample_repos", here.parent / "sample_repos")):
        if (folder / name / "__init__.py").exists():
            if parent not in sys.modules:
                module = ModuleType(parent)
                module.__path__ = [str(folder)]
                sys.modules[parent] = module
            return import_module(f"{parent}.{name}")
    raise ForensicsError("the sample is not part of this installation", hint="install the wheel or the whole checkout")
