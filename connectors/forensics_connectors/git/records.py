"""The records that a git history yields, whichever connector read it."""

import re
from collections.abc import Iterator

from forensics.digest import Digest
from forensics.model import (
    ArtifactKind,
    Change,
    Commit,
    Edge,
    EdgeKind,
    Finding,
    FindingKind,
    Gap,
    GapKind,
    Origin,
    Record,
    Strength,
    Version,
)

from .changes import FileChange
from .history import History
from .introductions import introductions
from .text import text

__all__ = ["code_kind", "git_records"]

_CODE = re.compile(
    r""".+ \.( py | pyx | ipynb | r | rmd | jl | scala | java | kt | go | rs | c | h | cc | cpp | hpp | cu | js | ts
      | sh | bash | zsh | ps1 | bat | sql | pl | rb | lua | m | mk | cmake ) | (make|docker|jenkins|snake|rake)file""",
    re.VERBOSE,
)
_LINK = "120000"
_GITLINK = "160000"


def code_kind(path: str) -> ArtifactKind:
    """Whether a file is code, by its name alone."""
    name = path.rpartition("/")[2].lower()
    return ArtifactKind.CODE if _CODE.fullmatch(name) else ArtifactKind.OTHER


def git_records(history: History) -> Iterator[Record]:
    """Yields all that git itself says: commits, refs, file versions, who introduced them, and changes.

    The view's findings are not among them: they grow while others read, so the caller yields them last. A boundary
    commit may merely hold what an ancestor that is not here introduced: its edges are inferred, and a gap stands at it.
    """
    for commit in history.commits:
        yield commit
        if commit.boundary:
            detail = "the history before this commit is not here"
            yield Gap(GapKind.SHALLOW, commit.key, detail, Origin(commit=commit.oid))
    yield from history.refs
    keys: dict[tuple[str, str], str] = {}
    yield from _versions(history, keys)
    yield from _changes(history, keys)


def _versions(history: History, keys: dict[tuple[str, str], str]) -> Iterator[Record]:
    appearances = list(history.appearances())
    facts = ((position, (change.path, change.new_oid or "")) for position, change in appearances)
    marked = introductions(history.parents, facts)
    for (_, change), (position, fact, introduced) in zip(appearances, marked, strict=True):
        commit = history.commits[position]
        origin = Origin(path=text(fact[0]), commit=commit.oid)
        if fact not in keys:
            version = _version(change, origin)
            keys[fact] = version.key
            yield version
            yield from _odd(change, origin, version.key)
        yield _edge(commit, keys[fact], origin, introduced=introduced)


def _version(change: FileChange, origin: Origin) -> Version:
    kind = ArtifactKind.OTHER if change.new_mode in {_LINK, _GITLINK} else code_kind(change.path)
    return Version(origin.path, Digest("git", change.new_oid or ""), origin, kind=kind, tracked=True)


def _edge(commit: Commit, version: str, origin: Origin, *, introduced: bool) -> Edge:
    kind = EdgeKind.INTRODUCED if introduced else EdgeKind.RESTORED
    if commit.boundary:
        return Edge(kind, commit.key, version, origin, Strength.INFERRED, "shallow")
    return Edge(kind, commit.key, version, origin)


def _odd(change: FileChange, origin: Origin, node: str) -> Iterator[Finding]:
    """A finding where a link stands in for a document that DVC would read."""
    name = change.path.rpartition("/")[2]
    if change.new_mode in {_LINK, _GITLINK} and (name in {"dvc.yaml", "dvc.lock"} or name.endswith(".dvc")):
        what = "symbolic link" if change.new_mode == _LINK else "submodule"
        yield Finding(FindingKind.SYMLINK, f"{origin.path}: a {what}, not a document; not followed", origin, True, node)


def _changes(history: History, keys: dict[tuple[str, str], str]) -> Iterator[Record]:
    paths: dict[str, str] = {}
    for commit, groups in zip(history.commits, history.changes, strict=True):
        for parent, group in enumerate(groups):
            for change in group:
                if change.new_oid == change.old_oid:
                    continue
                path = paths.get(change.path) or paths.setdefault(change.path, text(change.path))
                if change.new_oid is None:
                    yield Change(commit.oid, parent, path, "", "git")
                    continue
                fact = (change.path, change.new_oid)
                if fact not in keys:  # it came in where a tree could not be read
                    version = _version(change, Origin(path=path, commit=commit.oid))
                    keys[fact] = version.key
                    yield version
                yield Change(commit.oid, parent, path, keys[fact], "git")
