"""Documents read again, each vouched for by the id of a commit: commit, trees and blob are hashed on the way."""

from collections.abc import Iterable, Iterator

from forensics.values import dataclass

from .objects import GitObject
from .view import View, open_view

__all__ = ["Proved", "prove"]


@dataclass(frozen=True, slots=True)
class Proved:
    """A document at a commit.

    Attributes:
        commit, path: as asked for.
        blob: the id of its blob; empty where it could not be reached.
        data: its bytes, which hash to that id; None where they cannot be had.
        problem: why not, in words.
    """

    commit: str
    path: str
    blob: str
    data: bytes | None
    problem: str


def prove(locator: str, wanted: Iterable[tuple[str, str]], limit: int) -> Iterator[Proved]:
    """Reads documents again.

    Args:
        locator: the repository.
        wanted: ids of commits with paths.
        limit: bytes of the largest document that is taken.

    Raises:
        SourceError: the repository cannot be read.
    """
    with open_view(locator) as view:
        for commit, path in wanted:
            blob = _blob(view, commit, path)
            if not blob:
                yield Proved(commit, path, "", None, "the repository does not hold it at that commit")
                continue
            data = view.read_blob(blob, limit)
            problem = "" if data is not None else "its bytes are missing, too large, or not those of its id"
            yield Proved(commit, path, blob, data, problem)


def _blob(view: View, commit: str, path: str) -> str:
    """The id of the blob at a path, every object on the way checked against its own id; empty where there is none."""
    found = view.read_object(commit, "commit", missing_ok=True)
    oid, kind = _tree(found), "tree"
    for part in path.split("/"):
        entries = view.tree_entries(oid) if oid and kind == "tree" else None
        entry = next((entry for entry in entries or () if entry.name == part), None)
        if entry is None:
            return ""
        oid, kind = entry.oid, entry.type
    return oid if kind == "blob" else ""


def _tree(commit: GitObject | None) -> str:
    if commit is None or not commit.data.startswith(b"tree "):
        return ""
    return commit.data[5:].partition(b"\n")[0].decode("ascii", "replace")
