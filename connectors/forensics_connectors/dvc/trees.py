"""Files and folders of git trees, by commit and path."""

from collections.abc import Iterable
from functools import lru_cache, partial

from forensics_connectors.git.history import History
from forensics_connectors.git.view import View

__all__ = ["FILES", "Trees"]

FILES = frozenset({"100644", "100755", "100664"})
_FOLDER = "040000"
_DEPTH = 128
_FILE_LIMIT = 200_000
#: What DVC leaves out of every directory that it hashes (dvc.ignore, version 3.67).
_IGNORED = frozenset({".git", ".hg", ".dvc"})


class Trees:
    """The trees of a history, each read at most a few times."""

    def __init__(self, view: View, history: History) -> None:
        self._view = view
        self._roots = history.trees
        self._entries = lru_cache(maxsize=8192)(partial(_read, view))
        self._folders: dict[tuple[int, str], str | None] = {}

    def find(self, position: int, path: str) -> tuple[str, str] | None:
        """Mode and id of what a commit holds at a path, None where there is nothing."""
        mode, oid = _FOLDER, self._roots[position]
        parts = path.split("/") if path else []
        if len(parts) > _DEPTH:
            return None
        for part in parts:
            found = self._entries(oid).get(part) if mode == _FOLDER else None
            if found is None:
                return None
            mode, oid = found
        return mode, oid

    def find_file(self, position: int, path: str) -> str | None:
        """The blob of a plain file at a path, None where there is none."""
        mode, oid = self.find(position, path) or ("", "")
        return oid if mode in FILES else None

    def load_folders(self, places: Iterable[tuple[int, str]]) -> None:
        """Looks up folders at many positions and paths at once, for ``folder``."""
        wanted = [place for place in dict.fromkeys(places) if place not in self._folders]
        found = self._view.resolve((self._roots[position], path) for position, path in wanted)
        for place, entry in zip(wanted, found, strict=True):
            self._folders[place] = entry.oid if entry is not None and entry.type == "tree" else None

    def folder(self, position: int, path: str) -> str | None:
        """The tree of a folder at a path, None where a commit holds none."""
        if (position, path) not in self._folders:
            self.load_folders([(position, path)])
        return self._folders[position, path]

    def files(self, tree: str) -> dict[str, str] | None:
        """The blobs below a tree by their relative paths, as DVC would see them.

        Returns:
            None where DVC would see something else: a link, a submodule, or too much.
        """
        found: dict[str, str] = {}
        stack = [("", tree, 0)]
        while stack:
            prefix, oid, depth = stack.pop()
            for name, (mode, child) in self._entries(oid).items():
                if name in _IGNORED:
                    continue
                if mode == _FOLDER and depth < _DEPTH:
                    stack.append((f"{prefix}{name}/", child, depth + 1))
                elif mode in FILES and len(found) < _FILE_LIMIT:
                    found[f"{prefix}{name}"] = child
                else:
                    return None
        return found


def _read(view: View, oid: str) -> dict[str, tuple[str, str]]:
    return {entry.name: (entry.mode, entry.oid) for entry in view.tree_entries(oid) or ()}
