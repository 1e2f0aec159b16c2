"""Rule 9, undeclared code: a bad file that lay in the tree of a run, though the run did not name it.

And what a run of another source read in a work tree, on the way to a commit: no commit need ever hold it.
"""

import posixpath
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from forensics.case.sql import statements
from forensics.model import EdgeKind, NodeKind

if TYPE_CHECKING:
    from forensics.taint.lineage import Lineage
    from forensics.taint.spread import Spread

__all__ = ["uncommitted", "undeclared_code"]

_RUNS = (EdgeKind.RECORDED, EdgeKind.CHECKED_OUT)
_METADATA_NAMES = {"dvc.yaml", "dvc.lock", "Dvcfile", ".gitignore", ".dvcignore", ".gitattributes", ".gitmodules"}


def undeclared_code(lineage: "Lineage", spread: "Spread") -> Iterator[tuple[int, int]]:
    """Runs that could have read a bad file without saying so.

    Args:
        lineage: the graph.
        spread: what is not clear so far: commits, and versions that are files of a git tree.

    Yields:
        The run, and the version of the file.
    """
    for version, path in _bad_files(lineage, spread):
        holding, first = _commits_holding(lineage, version)
        runs = {run for commit in holding for run, _ in lineage.effects(commit, *_RUNS)}
        # What was committed next may have lain there already.
        before = {parent for commit in first for parent in lineage.parents(commit)}
        runs |= {run for commit in before for run, _ in lineage.effects(commit, EdgeKind.CHECKED_OUT)}
        for run in sorted(runs):
            if not _declares(lineage, run, path):
                yield run, version


def uncommitted(lineage: "Lineage", spread: "Spread") -> Iterator[tuple[int, int]]:
    """What another source read in a state that no commit holds, where a bad commit brought in a version.

    Whoever made the commit may have put it there on the way. Its digest ties it to none of the versions at that path,
    so nothing is said of it for the sake of their bytes.

    Args:
        lineage: the graph.
        spread: what is not clear so far: commits.

    Yields:
        The version that was read, and one that the commit brought in.
    """
    if brought := sorted(_brought_in(lineage, spread)):
        sql = statements("forensics.taint", "undeclared.sql")["uncommitted"]
        yield from lineage.case.rows(sql, {"versions": brought})


def _brought_in(lineage: "Lineage", spread: "Spread") -> set[int]:
    """The versions that commits which are not clear introduced."""
    accused = sorted({node for node, _ in spread.causes if lineage.kind(node) is NodeKind.COMMIT})
    return {version for commit in accused for version, _ in lineage.effects(commit, EdgeKind.INTRODUCED)}


def _bad_files(lineage: "Lineage", spread: "Spread") -> Iterable[tuple[int, str]]:
    bad = _brought_in(lineage, spread)
    bad |= {node for node, _ in spread.causes if lineage.kind(node) is NodeKind.VERSION}
    made = {version for version in bad if any(True for _ in lineage.causes(version, EdgeKind.GENERATED))}
    sql = statements("forensics.taint", "undeclared.sql")["git_files"]
    for version, path in lineage.case.rows(sql, {"versions": sorted(bad - made)}):
        if posixpath.basename(path) not in _METADATA_NAMES and not path.endswith(".dvc") and "/.dvc/" not in f"/{path}":
            yield version, path


def _commits_holding(lineage: "Lineage", version: int) -> tuple[set[int], frozenset[int]]:
    """All commits whose tree holds a file in this state, down from where it appears until it changes; and the first."""
    sql = statements("forensics.taint", "undeclared.sql")
    changed: set[tuple[int, int]] = set()
    holding: set[int] = set()
    for commit, parent, new in lineage.case.rows(sql["file_changes"], {"version": version}):
        changed.add((commit, parent))
        if new == version:
            holding.add(commit)
    ordinals = lineage.parent_ordinals
    first = frozenset(holding)
    waiting = sorted(holding)
    while waiting:
        commit = waiting.pop()
        for child in lineage.children(commit):
            if child not in holding and any((child, i) not in changed for i in ordinals[child, commit]):
                holding.add(child)
                waiting.append(child)
    return holding, first


def _declares(lineage: "Lineage", run: int, path: str) -> bool:
    used = lineage.used_paths(run)
    folders = path.split("/")
    return any("/".join(folders[:i]) in used for i in range(1, len(folders) + 1))
