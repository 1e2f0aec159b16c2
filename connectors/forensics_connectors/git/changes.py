"""Which files differ between pairs of trees: ``git diff-tree`` in one stream, and by hand where that gives up."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from forensics.model import Finding, FindingKind, Origin

from .objects import TreeEntry
from .text import decode
from .view import View

__all__ = ["FileChange", "diff_trees", "empty_tree"]

_EMPTY = {
    "sha1": "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    "sha256": "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}
_BATCH = 20_000
_DEPTH = 512
_DEATHS = 200
_STOPS = 3
# A tree can name the same subtree many times over, level by level: a few kilobytes then stand for billions of files.
_LIMIT = 3_000_000
_TOTAL_LIMIT = 10_000_000
# Histories that swap such trees to and fro, and merges of thousands of parents, repeat few changes without end.
_SUM_LIMIT = 20_000_000
_FOLDER = b"040000"
_MARK = ord("#")
_NOTHING = TreeEntry("000000", "", "", "")


class FileChange(NamedTuple):
    """A file that differs between two trees.

    Attributes:
        path: decoded with ``surrogateescape``.
        old_mode, new_mode: octal digits, ``000000`` where there is no file.
        old_oid, new_oid: blob ids (commit ids for mode ``160000``), None where there is no file.
    """

    path: str
    old_mode: str
    old_oid: str | None
    new_mode: str
    new_oid: str | None


def empty_tree(object_format: str) -> str:
    """The id of the tree without entries."""
    return _EMPTY[object_format]


def diff_trees(
    view: View, pairs: Sequence[tuple[str, str]], trees: dict[str, None]
) -> Iterator[tuple[FileChange, ...]]:
    """Says which files differ between trees.

    Trees are named instead of commits, so that nothing that claims other parents has a say.

    Args:
        view: the repository.
        pairs: ids of an old and a new root tree.
        trees: takes the ids of all new trees met below the roots, in the order met.

    Yields:
        For each pair its changes, in the order of paths. Where a tree cannot be read, the changes that can be told
        without it; reading it is a finding.
    """
    known = _Interned(trees)
    position = deaths = stops = total = 0
    while position < len(pairs):
        if stops > _STOPS or len(known) > _TOTAL_LIMIT or total > _SUM_LIMIT:
            _notice(view, pairs[position][1], "and all that follow it were left out: there are too many changes")
            yield from (() for _ in pairs[position:])
            return
        batch = pairs[position : position + (1 if deaths > _DEATHS else _BATCH)]
        done = 0
        try:
            for changes in _stream(view, batch, known):
                found = tuple(_by_hand(view, *batch[done], known)) if changes is None else changes
                yield found
                done += 1
                total += len(found)
                if total > _SUM_LIMIT:
                    break
            if done < len(batch) and total <= _SUM_LIMIT:  # git died within this pair
                deaths += 1
                yield tuple(_by_hand(view, *batch[done], known))
                done += 1
        except _TooManyError:
            stops += 1
            _notice(view, batch[done][1], "was left out: it holds more files, or deeper folders, than are read")
            yield ()
            done += 1
        position += done


class _TooManyError(Exception):
    pass


def _notice(view: View, tree: str, message: str) -> None:
    view.notice(Finding(FindingKind.TOO_LARGE, f"tree {tree} {message}", Origin(locus=tree), admits=True))


class _Interned(dict[tuple[bytes, bytes], FileChange | None]):
    """Changes by git's own words for them, so that equal ones are one object, and so are equal strings.

    Folders are no file changes: they map to None, and the new ones are noted in ``trees``.
    """

    def __init__(self, trees: dict[str, None]) -> None:
        super().__init__()
        self.trees = trees
        self.strings: dict[bytes, str] = {}

    def __missing__(self, key: tuple[bytes, bytes]) -> FileChange | None:
        meta, path = key
        old_mode, new_mode, old, new, _ = meta.split(b" ")
        change: FileChange | None = None
        if new_mode == _FOLDER:
            self.trees[new.decode()] = None
        elif old_mode != _FOLDER:
            change = FileChange(
                self.string(path),
                self.string(old_mode),
                self.string(old) if old.strip(b"0") else None,
                self.string(new_mode),
                self.string(new) if new.strip(b"0") else None,
            )
        self[key] = change
        return change

    def string(self, raw: bytes) -> str:
        return self.strings.get(raw) or self.strings.setdefault(raw, decode(raw))


def _stream(view: View, pairs: Sequence[tuple[str, str]], known: _Interned) -> Iterator[tuple[FileChange, ...] | None]:
    """Changes of each pair, None where git skipped it; ends early where git died.

    A line that is no id is echoed by git as it is: ``#`` marks where each pair begins, and the end.
    """
    request = "".join(f"#\n{old} {new}\n" for old, new in pairs) + "#\n"
    arguments = ("diff-tree", "--stdin", "-r", "-t", "--raw", "-z", "--no-renames", "--no-abbrev")
    header = len(pairs[0][0]) + len(pairs[0][1]) + 2
    changes: list[FileChange] = []
    began = answered = False
    meta = rest = b""
    for chunk in chain(view.stream(*arguments, stdin=request.encode()), (b"\0",)):
        tokens = (rest + chunk).split(b"\0")
        rest = tokens.pop()
        for token in tokens:
            if meta:
                change = known[meta, token]
                meta = b""
                if change is not None:
                    changes.append(change)
                    if len(changes) > _LIMIT:
                        raise _TooManyError
                continue
            start = 0
            while token.startswith(b"#\n", start):
                if began:
                    yield tuple(changes) if answered else None
                start += 2
                began, answered, changes = True, False, []
                if start < len(token) and token[start] != _MARK:
                    answered = True
                    start += header
            meta = token[start + 1 :]


def _by_hand(view: View, old: str, new: str, known: _Interned) -> Iterator[FileChange]:
    """The same, reading tree by tree.

    An unreadable tree is a finding. As the new one it changes nothing, since nothing is known to be gone; as the old
    one it counts as empty, so that no version goes unseen.
    """
    if _weight(view, new) > _LIMIT:
        raise _TooManyError
    stack = [("", old, new, 0)]
    count = 0
    while stack:
        prefix, old_tree, new_tree, depth = stack.pop()
        before, after = _entries(view, old_tree), _entries(view, new_tree)
        if after is None:
            continue
        if count > _LIMIT or depth > _DEPTH:
            raise _TooManyError
        olds, news = ({entry.name: entry for entry in entries or ()} for entries in (before, after))
        for name in sorted(olds.keys() | news.keys()):
            path, first, second = f"{prefix}{name}", olds.get(name), news.get(name)
            if first == second:
                continue
            old_folder = first.oid if first is not None and first.type == "tree" else ""
            new_folder = second.oid if second is not None and second.type == "tree" else ""
            if old_folder or new_folder:
                stack.append((f"{path}/", old_folder, new_folder, depth + 1))
            if new_folder:
                known.trees[new_folder] = None
            old_file = first if first is not None and not old_folder else _NOTHING
            new_file = second if second is not None and not new_folder else _NOTHING
            if old_file != new_file:
                count += 1
                yield FileChange(path, old_file.mode, old_file.oid or None, new_file.mode, new_file.oid or None)


def _weight(view: View, tree: str) -> int:
    """How many entries a tree stands for, each distinct one read once; those of what cannot be read count as none."""
    weights: dict[str, int] = {}
    folders: dict[str, list[str]] = {}
    stack = [tree]
    while stack:
        oid = stack[-1]
        if oid not in folders:
            entries = _entries(view, oid) or []
            folders[oid] = [entry.oid for entry in entries if entry.type == "tree"]
            weights[oid] = len(entries)
            stack += [folder for folder in folders[oid] if folder not in folders]
        else:
            stack.pop()
            weights[oid] += sum(weights[folder] for folder in folders.pop(oid, ()))
            folders[oid] = []
    return weights[tree]


def _entries(view: View, oid: str) -> list[TreeEntry] | None:
    if not oid or oid == empty_tree(view.object_format):
        return []
    return view.tree_entries(oid)
