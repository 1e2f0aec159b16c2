"""Readings of git history for tests."""

import subprocess
from itertools import chain
from pathlib import Path

from forensics.model import FindingKind
from forensics_connectors.git.history import History, read_history
from forensics_connectors.git.view import open_view

__all__ = ["held", "listed", "names", "read"]


def read(path: Path) -> tuple[History, list[tuple[FindingKind, str]]]:
    with open_view(str(path)) as view:
        history = read_history(view)
        return history, [(finding.kind, finding.message) for finding in view.findings]


def names(history: History) -> list[str]:
    return [commit.message.strip() for commit in history.commits]


def held(history: History) -> list[dict[str, str]]:
    """What each commit holds, replayed from the changes as ``forensics.model.Change`` says."""
    states: list[dict[str, str]] = []
    for position, groups in enumerate(history.changes):
        commit = history.commits[position]
        before = [states[history.positions[oid]] if oid in history.positions else {} for oid in commit.parents]
        before = before[: len(groups)] or [{}]
        deltas = [{change.path: change.new_oid for change in group} for group in groups]
        state: dict[str, str] = {}
        for path in {*chain(*before, *deltas)}:
            quiet = [old.get(path) for old, delta in zip(before, deltas, strict=True) if path not in delta]
            new = quiet[0] if quiet else deltas[0][path]
            if new is not None:
                state[path] = new
        states.append(state)
    return states


def listed(repo: Path, oid: str) -> dict[str, str]:
    """What git lists in a commit: the oracle."""
    output = subprocess.run(
        ["git", "-C", str(repo), "ls-tree", "-r", "-z", oid], capture_output=True, check=True
    ).stdout.decode("utf-8", "surrogateescape")
    return {path: meta.split()[2] for meta, _, path in (line.partition("\t") for line in output.split("\0")[:-1])}
