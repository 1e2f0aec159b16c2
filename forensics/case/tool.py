"""Which program this is: its version, and the commit that it was built from where that is known."""

import json
import re
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import forensics
from forensics import __version__

__all__ = ["tool"]

_OID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")


@cache
def tool() -> str:
    """The version, with the commit as PEP 440 writes it: ``0.1.0+1a2b3c4d5e6f``.

    The commit is what the installer recorded (PEP 610), else the one that is checked out where the program runs from
    its own repository; git is not run.
    """
    commit = _installed() or _checked_out(Path(forensics.__file__).resolve().parents[1])
    return f"{__version__}+{commit[:12]}" if commit else __version__


def _installed() -> str:
    try:
        found: Distribution = distribution("lineage-forensics")
        recorded = json.loads(found.read_text("direct_url.json") or "{}")
        commit = str(recorded.get("vcs_info", {}).get("commit_id", ""))
    except (PackageNotFoundError, ValueError, AttributeError):
        return ""
    return commit if _OID.match(commit) else ""


def _checked_out(root: Path) -> str:
    if not (root / "pyproject.toml").is_file():
        return ""
    git = root / ".git"
    head = _read(git / "HEAD")
    if not head.startswith("ref: "):
        return head if _OID.match(head) else ""
    name = head.removeprefix("ref: ")
    loose = _read(git / name)
    if _OID.match(loose):
        return loose
    packed = (line.partition(" ") for line in _read(git / "packed-refs").splitlines())
    return next((oid for oid, _, ref in packed if ref == name and _OID.match(oid)), "")


def _read(path: Path) -> str:
    try:
        return path.read_text("ascii").strip()
    except (OSError, ValueError):
        return ""
