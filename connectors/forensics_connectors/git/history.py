"""The whole history of a repository: commits of all refs, and what each changed against each of its parents."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from forensics.model import Commit, Ref

from .changes import FileChange, diff_trees, empty_tree
from .commitgraph import check_commit_graph
from .view import View
from .walk import Walk, walk_commits

__all__ = ["FileChange", "History", "read_history"]


@dataclass(frozen=True)
class History:
    """What all refs of a repository reach. Lists run in parallel, by ``Commit.position``.

    Attributes:
        commits: parents before children. ``boundary`` marks those of which a parent is not here.
        trees: ids of the root trees.
        changes: for each commit a tuple of changes a parent, in the order of ``Commit.parents``. A parent that is not
            here counts as empty, so the whole tree is added against it. A root commit, and one of which no parent is
            here, has one tuple: its whole tree, added.
        refs: those that reach a commit, with the message of an annotated tag.
    """

    commits: list[Commit]
    trees: list[str]
    changes: list[tuple[tuple[FileChange, ...], ...]]
    refs: list[Ref]

    @cached_property
    def positions(self) -> dict[str, int]:
        """Commit id to position."""
        return {commit.oid: commit.position for commit in self.commits}

    @cached_property
    def parents(self) -> list[tuple[int, ...]]:
        """For each commit the positions of those parents that are here."""
        known = self.positions
        return [tuple(known[oid] for oid in commit.parents if oid in known) for commit in self.commits]

    def appearances(self) -> Iterator[tuple[int, FileChange]]:
        """Each (path, content) that a commit holds and none of its parents does.

        Yields:
            The commit's position, and its change against the first parent.
        """
        for position, groups in enumerate(self.changes):
            # One parent at a time: of a merge of thousands there is no room for all at once.
            common: set[tuple[str, str | None]] | None = None
            for group in groups[1:]:
                facts = {(c.path, c.new_oid) for c in group if c.new_oid != c.old_oid}
                common = facts if common is None else common & facts
            for change in groups[0]:
                fact = (change.path, change.new_oid)
                if change.new_oid not in {None, change.old_oid} and (common is None or fact in common):
                    yield position, change


def read_history(view: View) -> History:
    """Reads all commits that any ref reaches, and their changes; what cannot be read is a finding of the view."""
    walk = walk_commits(view)
    truth = {commit.oid: (tree, commit.parents) for commit, tree in zip(walk.commits, walk.trees, strict=True)}
    raw = 20 if view.object_format == "sha1" else 32
    for finding in check_commit_graph(view.git_dir / "objects", truth, raw):
        view.notice(finding)
    return History(walk.commits, walk.trees, _changes(view, walk), walk.refs)


def _changes(view: View, walk: Walk) -> list[tuple[tuple[FileChange, ...], ...]]:
    tree_of = {commit.oid: tree for commit, tree in zip(walk.commits, walk.trees, strict=True)}
    empty = empty_tree(view.object_format)
    groups: list[list[str]] = []
    for commit in walk.commits:
        old = [tree_of.get(parent, empty) for parent in commit.parents]
        groups.append(old if any(parent in tree_of for parent in commit.parents) else [empty])
    pairs = [(old, new) for olds, new in zip(groups, walk.trees, strict=True) for old in olds if old != new]
    below: dict[str, None] = dict.fromkeys(walk.trees)
    answers = diff_trees(view, pairs, below)
    changes = [
        tuple(next(answers) if old != new else () for old in olds) for olds, new in zip(groups, walk.trees, strict=True)
    ]
    # git did not check the trees that it compared.
    below.pop(empty, None)
    for _ in view.read_objects(below, "tree"):
        pass
    return changes
